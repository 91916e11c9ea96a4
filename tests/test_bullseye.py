import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casekit import bullseye, labels
from casekit.errors import InputError

FACTORS = bullseye.read()
ratings = st.dictionaries(st.sampled_from(list(FACTORS.index)), st.integers(0, 10), min_size=1)


def long(*rows, columns=("rater", "factor", "rating")):
    return pd.DataFrame(rows, columns=columns)


# --- the table of factors -------------------------------------------------------------------------------------------

def test_thirty_factors_with_their_marks():
    assert len(FACTORS) == 30
    assert FACTORS["status"].value_counts().to_dict() == {"source": 24, "confirmed": 4, "reconstructed": 2}
    assert (FACTORS["anchor_status"] == "confirmed").sum() == 4  # only 1-4 could be seen in a public source
    assert FACTORS.index[FACTORS["critical"] == "yes"].tolist() == [
        "internet_share", "seen_or_tried", "legal", "technology"]


def test_each_factor_has_four_different_anchors_and_says_why_it_departs_from_the_source():
    for lang in labels.LANGUAGES:
        anchors = FACTORS[[name for name in bullseye.ANCHORS if f"_{lang}_" in name]]
        assert (anchors.nunique(axis=1) == 4).all()
        unusual = (FACTORS["direction"] != "straight") | (FACTORS["status"] == "reconstructed")
        assert (FACTORS.loc[unusual, f"note_{lang}"] != "").all()


def test_every_code_of_the_table_has_a_label():
    keys = [f"group.{code}" for code in FACTORS["group"].unique()]
    keys += [f"bullseye.direction.{code}" for code in FACTORS["direction"].unique()]
    keys += [f"reading.{code}" for code in bullseye.READINGS]
    assert set(keys) <= set(labels.table())


def test_a_teacher_may_replace_the_file(tmp_path):
    own = FACTORS.head(3).assign(critical="yes")
    own.to_csv(tmp_path / "own.csv", index=False, encoding="utf-8-sig")
    card = bullseye.scorecard({"computer_users": 0}, factors=tmp_path / "own.csv")
    assert len(card.factors) == 3 and card.total["vetoes"] == ("computer_users",)


@pytest.mark.parametrize("change, code", [
    ({"anchor_zh_0_1": " "}, "bullseye.blank"),
    ({"critical": "perhaps"}, "input.unknown_code"),
    ({"status": "rumour"}, "input.unknown_code"),
    ({"id": "same"}, "input.duplicates"),
])
def test_a_bad_factor_file_is_refused(change, code):
    with pytest.raises(InputError) as caught:
        bullseye.read(FACTORS.assign(**change))
    assert caught.value.code == code


# --- the score card -------------------------------------------------------------------------------------------------

@given(st.integers(0, 10))
@settings(max_examples=6, deadline=None)
def test_the_same_rating_everywhere_is_every_mean(rating):
    total = bullseye.scorecard(dict.fromkeys(FACTORS.index, rating)).total
    assert total["factor_mean"] == total["group_mean"] == rating
    assert total["percent"] == 10 * rating and total["points"] == 30 * rating and total["maximum"] == 300
    assert total["reading"] == total["group_reading"] == bullseye.reading(rating).item()
    assert bool(total["vetoes"]) == (rating < 2)


@pytest.mark.parametrize("rating, code", [
    (0, "very_low"), (1, "very_low"), (2, "low"), (4, "low"), (5, "medium"), (7, "medium"), (8, "high"), (10, "high")])
def test_whole_ratings_read_as_the_bands_of_the_course(rating, code):
    assert bullseye.reading([rating]).tolist() == [code]


@given(ratings, st.randoms())
@settings(max_examples=8, deadline=None)
def test_order_does_not_matter_and_means_stay_within_the_ratings(given_ratings, random):
    shuffled = dict(random.sample(list(given_ratings.items()), len(given_ratings)))
    first, second = bullseye.scorecard(given_ratings), bullseye.scorecard(shuffled)
    pd.testing.assert_frame_equal(first.factors, second.factors)
    low, high = min(given_ratings.values()), max(given_ratings.values())
    for name in ("factor_mean", "group_mean"):
        assert low - 1e-9 <= first.total[name] <= high + 1e-9
    assert first.total["answered"] == len(given_ratings)


def test_factor_mean_and_group_mean_differ_by_the_size_of_the_groups():
    product = FACTORS.index[FACTORS["group"] == "product"]
    total = bullseye.scorecard({**dict.fromkeys(product, 8), "brand_trust": 2}).total
    assert total["factor_mean"] == pytest.approx(82 / 11) and total["group_mean"] == 5


def test_a_high_mean_does_not_hide_a_veto():
    card = bullseye.scorecard({**dict.fromkeys(FACTORS.index, 10), "legal": 1})
    assert card.total["reading"] == "high" and card.total["vetoes"] == ("legal",)
    assert bullseye.scorecard(dict.fromkeys(FACTORS.index, 10) | {"price_changes": 0}).total["vetoes"] == ()


def test_several_raters_are_averaged_and_their_spread_is_shown():
    card = bullseye.scorecard(long(("A", "legal", 2), ("B", "legal", 6), ("B", "standard", None)))
    row = card.factors.loc["legal"]
    assert (row["mean"], row["lowest"], row["highest"], row["raters"]) == (4, 2, 6, 2)
    assert card.total["answered"] == 1 and card.total["raters"] == 2
    assert row["spread"] == pytest.approx(8 ** .5)


@pytest.mark.parametrize("bad, code, named", [
    ({"legal": 11}, "input.out_of_range", "legal"),
    ({"legal": "high"}, "input.not_numbers", "legal"),
    ({"legal": 2.5}, "input.not_whole", "legal"),
    ({"leagl": 3}, "input.unknown_code", "leagl"),
    ({}, "input.empty", "."),
    ({"legal": None}, "bullseye.no_ratings", "."),
    (long(("A", "legal", 3), ("A", "legal", 4)), "bullseye.rated_twice", "0, 1"),
    (long((None, "legal", 3)), "input.missing_values", "rater"),
    (long(("x", "legal", 3), ("y", "legal", 4), columns=("product", "factor", "rating")),
     "bullseye.several_products", "x, y"),
    (long(("A", 3), columns=("rater", "rating")), "missing_column", "factor"),
])
def test_bad_ratings_are_refused_by_name(bad, code, named):
    with pytest.raises(InputError, match=named) as caught:
        bullseye.scorecard(bad)
    assert caught.value.code == code


# --- robustness, agreement, comparison ------------------------------------------------------------------------------

@given(st.dictionaries(st.sampled_from(["legal", "standard", "brand_trust", "price_level"]), st.integers(0, 10),
                       min_size=2))
@settings(max_examples=5, deadline=None)
def test_tornado_is_the_score_without_the_group(some):
    table = bullseye.tornado(some)
    for group, row in table.iterrows():
        rest = bullseye.scorecard({id: rating for id, rating in some.items() if FACTORS.loc[id, "group"] != group})
        assert row["factor_mean"] == pytest.approx(rest.total["factor_mean"])
        assert row["group_mean"] == pytest.approx(rest.total["group_mean"])
    assert table["factor_change"].abs().is_monotonic_decreasing


def test_tornado_needs_two_groups():
    with pytest.raises(InputError) as caught:
        bullseye.tornado({"legal": 3})
    assert caught.value.code == "bullseye.one_group"


@pytest.mark.parametrize("over, expected", [("factors", 6.0), ("groups", 4.75)])
def test_simulated_scores_centre_on_the_mean_they_vary(over, expected):
    # A flat Dirichlet has equal expected weights, so the long-run mean is the plain one.
    scores = bullseye.simulate({"standard": 9, "high_tech": 8, "legal": 1}, over=over, runs=20_000)["1"]
    assert scores.mean() == pytest.approx(expected, abs=.05)
    assert scores.between(1, 9).all() and scores.std() > .5


def test_simulation_is_repeatable_and_draws_raters():
    panel = long(("A", "legal", 2), ("B", "legal", 8))
    first, again = (bullseye.simulate(panel, runs=400, seed=7) for _ in range(2))
    pd.testing.assert_frame_equal(first, again)
    assert set(first["1"].round(9)) == {2.0, 5.0, 8.0}


def test_agreement_is_krippendorffs_published_example():
    # Krippendorff (2011), Computing Krippendorff's alpha-reliability, section C: 4 observers, 12 units.
    observers = {"A": [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None], "B": [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
                 "C": [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None], "D": [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None]}
    panel = long(*((rater, factor, value) for rater, values in observers.items()
                   for factor, value in zip(FACTORS.index, values)))
    for level, alpha in (("nominal", .743), ("ordinal", .815), ("interval", .849)):
        assert bullseye.agreement(panel, level=level) == pytest.approx(alpha, abs=5e-4)


def test_agreement_is_missing_where_it_is_undefined():
    assert np.isnan(bullseye.agreement({"legal": 3, "standard": 5}))
    assert np.isnan(bullseye.agreement(long(("A", "legal", 3), ("B", "legal", 3))))


def test_compare_ranks_products_and_shares_the_first_place():
    same = pd.DataFrame([(product, "legal", rating) for product, rating in (("a", 7), ("b", 7), ("c", 1))],
                        columns=["product", "factor", "rating"])
    table = bullseye.compare(same, runs=50)
    assert table["best"].to_dict() == {"a": .5, "b": .5, "c": 0.0}
    assert table.index[-1] == "c" and table.loc["c", "vetoes"] == ("legal",)
    assert table["best"].sum() == pytest.approx(1)


def test_profiles_are_the_group_means_of_each_product():
    ratings = long(("lens", "legal", 2), ("lens", "economic", 4), ("print", "brand_trust", 9), columns=("product", "factor", "rating"))
    found = bullseye.profiles(ratings)
    assert found.loc["environment", "lens"] == 3 and found.loc["brand", "print"] == 9
    assert found.notna().to_numpy().sum() == 2 and len(found) == FACTORS["group"].nunique()
