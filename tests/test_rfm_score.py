"""rfm.score: edges, ties, nesting, points and weights, held against exact arithmetic and printed examples."""

import time
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casekit import labels, rfm
from casekit.errors import InputError

SCORES = ["r_score", "f_score", "m_score"]
CENTS = st.integers(-5_000, 200_000)
ROWS = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 6), CENTS), min_size=1, max_size=60)


def measures(rows, index=None):
    index = [f"C{number:03d}" for number in range(len(rows))] if index is None else index
    recency, frequency, cents = zip(*rows, strict=True)
    return pd.DataFrame(
        {"recency_days": recency, "frequency": frequency, "monetary": [c / 100 for c in cents]}, index=index
    )


def exact_class(values, bins):
    """Return, for each value, how many type-7 edges lie below it, in fractions."""
    ordered, below = sorted(values), []
    for k in range(1, bins):
        place = Fraction(k * (len(values) - 1), bins)
        low = int(place)
        high = min(low + 1, len(values) - 1)
        below.append(ordered[low] + (place - low) * (ordered[high] - ordered[low]))
    return [sum(edge < value for edge in below) for value in values]


@given(ROWS, st.integers(2, 12))
@settings(max_examples=40, deadline=None)
def test_quantile_scores_are_exact(rows, bins):
    scores = rfm.score(measures(rows), {"bins": bins})
    recency, frequency, cents = zip(*rows, strict=True)
    assert scores["r_score"].tolist() == [bins - c for c in exact_class(recency, bins)]
    assert scores["f_score"].tolist() == [1 + c for c in exact_class(frequency, bins)]
    assert scores["m_score"].tolist() == [1 + c for c in exact_class(cents, bins)]


def test_an_edge_on_a_value_belongs_to_the_class_below():
    """Float edges miss the data value that they should hit in every fourth of these sizes."""
    for n in range(2, 240):
        zero, money = np.zeros(n), np.arange(n) / 10
        scores = rfm.score_arrays(zero, zero, money)[:, 2]
        assert [scores[k * (n - 1) // 5] for k in range(1, 5) if k * (n - 1) % 5 == 0] == [
            k for k in range(1, 5) if k * (n - 1) % 5 == 0
        ]


SCHEMES = st.sampled_from(
    [
        *rfm.schemes(),
        {"bins": 3, "ties": "current"},
        {"bins": 4, "ties": "next", "nested": True},
        {"bins": 3, "nested": True},
        {
            "recency": {"bins": 3},
            "frequency": {"mean": True},
            "monetary": {"at_least": [[0.01, 1], [10, 2]], "otherwise": 0},
        },
    ]
)


@given(ROWS, SCHEMES, st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_row_order_never_matters(rows, scheme, random):
    table = measures(rows)
    names = list(table.index)
    random.shuffle(names)
    pd.testing.assert_frame_equal(
        rfm.score(table.loc[names], scheme).loc[table.index], rfm.score(table, scheme)
    )


@given(ROWS, SCHEMES)
@settings(max_examples=40, deadline=None)
def test_scores_stay_in_their_range(rows, scheme):
    scored = rfm.score(measures(rows), scheme)
    for column, highest in zip(SCORES, scored.attrs["rfm_levels"], strict=True):
        assert scored[column].min() >= 0
        assert highest is None or scored[column].max() <= highest


SINGLE = [
    name for name, scheme in rfm.schemes().items() if not scheme.get("nested") and not scheme.get("average")
]


@given(ROWS, st.sampled_from(SINGLE))
@settings(max_examples=40, deadline=None)
def test_better_never_scores_less_and_ties_score_alike(rows, scheme):
    scored = rfm.score(measures(rows), scheme)
    together = rfm.schemes()[scheme].get("ties") != "split"
    for column, score, sign in zip(
        ["recency_days", "frequency", "monetary"], SCORES, (-1, 1, 1), strict=True
    ):
        ordered = scored.sort_values(column, ascending=sign > 0)
        by_value = ordered.groupby(column, sort=False)[score].agg(["min", "max"])
        assert (by_value["min"].iloc[1:].to_numpy() >= by_value["max"].iloc[:-1].to_numpy()).all()
        assert not together or (by_value["min"] == by_value["max"]).all()


@given(ROWS, st.integers(2, 9))
@settings(max_examples=40, deadline=None)
def test_split_ties_are_sql_ntile(rows, bins):
    import duckdb

    table = measures(rows).rename_axis("id").reset_index()
    expected = (
        duckdb.from_df(table)
        .query(
            "log",
            f"""
        select ntile({bins}) over (order by recency_days desc, id) as r_score,
               ntile({bins}) over (order by frequency, id) as f_score,
               ntile({bins}) over (order by monetary, id) as m_score from log order by id""",
        )
        .df()
    )
    scores = rfm.score(table.set_index("id"), {"bins": bins, "ties": "split"})[SCORES].reset_index(drop=True)
    pd.testing.assert_frame_equal(scores, expected, check_dtype=False)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 3), st.integers(0, 9)), min_size=1, max_size=700))
@settings(max_examples=30, deadline=None)
def test_nested_cells_are_near_equal(rows):
    scored = rfm.score(measures(rows), "quintiles_nested")
    sizes = (
        scored["rfm_code"]
        .value_counts()
        .reindex([f"{r}{f}{m}" for r in range(1, 6) for f in range(1, 6) for m in range(1, 6)], fill_value=0)
    )
    assert sizes.max() - sizes.min() <= 1


def test_nested_cuts_frequency_inside_each_recency_class():
    table = measures([(1, 9, 1), (2, 8, 1), (50, 3, 1), (60, 1, 1)])
    assert rfm.score(table, {"bins": 2})["f_score"].tolist() == [2, 2, 1, 1]
    nested = rfm.score(table, {"bins": 2, "nested": True})
    assert nested["r_score"].tolist() == [2, 2, 1, 1]
    assert nested["f_score"].tolist() == [2, 1, 2, 1]


def test_ties_by_hand():
    table = measures([(0, f, 0) for f in (1, 1, 1, 1, 1, 1, 2, 3, 4, 5)])
    by_ties = {
        ties: rfm.score(table, {"bins": 5, "ties": ties})["f_score"].tolist()
        for ties in ("together", "split", "current", "next")
    }
    assert by_ties == {
        "together": [1, 1, 1, 1, 1, 1, 4, 4, 5, 5],  # edges 1, 1, 1.4, 3.2
        "split": [1, 1, 2, 2, 3, 3, 4, 4, 5, 5],
        "current": [1, 1, 1, 1, 1, 1, 4, 4, 5, 5],
        "next": [3, 3, 3, 3, 3, 3, 4, 4, 5, 5],
    }


def test_edges_are_those_that_the_scores_obey():
    rng = np.random.default_rng(3)
    table = measures(
        list(
            zip(
                rng.integers(0, 700, 443),
                rng.geometric(0.5, 443),
                rng.integers(100, 90_000, 443),
                strict=True,
            )
        )
    )
    edges = rfm.edges(table)
    np.testing.assert_allclose(edges["monetary"], np.quantile(table["monetary"], [0.2, 0.4, 0.6, 0.8]))
    scored = rfm.score(table)
    assert (scored["f_score"] == 1 + np.searchsorted(edges["frequency"], table["frequency"])).all()
    assert (scored["r_score"] == 5 - np.searchsorted(edges["recency_days"], table["recency_days"])).all()
    assert rfm.edges(table, "quintiles_nested")["monetary"].size == 0
    assert rfm.edges(table, "p3_cuts")["monetary"].tolist() == [5_000, 10_000, 20_000, 50_000.01]
    assert rfm.edges(table, "two_level")["monetary"].tolist() == [pytest.approx(table["monetary"].mean())]


# P3, the eight customers of slideplayer.com/slide/2779490: month of the last purchase ("now" is July 2008),
# orders, thousands of dollars, the printed code. E and F are printed wrongly: its own rule gives 112 and 345.
PRINTED = {
    "A": ("2008-05", 12, 6, "422"),
    "B": ("2008-01", 18, 9, "322"),
    "C": ("2007-11", 35, 40, "244"),
    "D": ("2008-07", 1, 1, "511"),
    "E": ("2007-01", 6, 5, "122"),
    "F": ("2008-03", 40, 90, "355"),
    "G": ("2007-05", 5, 2, "111"),
    "H": ("2008-07", 20, 9, "532"),
}


def test_p3_finds_the_two_misprints_of_its_source():
    now = pd.Timestamp("2008-07-01")
    table = measures(
        [((now - pd.Timestamp(month)).days, n, k * 100_000) for month, n, k, _ in PRINTED.values()],
        index=list(PRINTED),
    )
    codes = rfm.score(table, "p3_cuts")["rfm_code"].to_dict()
    wrong = {name: code for name, code in codes.items() if code != PRINTED[name][3]}
    assert wrong == {"E": "112", "F": "345"}


@pytest.mark.parametrize(
    ("scheme", "row", "code", "total"),
    [
        ("p1_points", (60, 3, 5_000), "24-12-5", 41),  # 24 + 3 x 4 + 10 % of 50
        ("p1_points", (300, 1, 40_000), "3-4-9", 16),  # at most 9 for money
        ("p1_points", (400, 1, -2_000), "0-4-0", 4),  # longer than a year ago; more returned than bought
        ("p2_points", (80, 9, 100_000), "20-20-20", 200),  # the highest possible
        ("p2_points", (100, 2, 8_050), "10-8-8.05", 90.1),
        ("p2_points", (700, 1, 1_000), "1-4-1", 19),
        ("p3_cuts", (0, 40, 5_000_000), "544", 544),  # "30-40" and "$20k-$50k" keep their upper bounds
        ("p3_cuts", (400, 41, 5_000_001), "155", 155),
        ("p4_weighted", (1, 1, 1), "511", 18),  # alone in the file: R best, F and M lowest class
        ("p4_percent", (1, 1, 1), "511", 59.4),
        ("p5_spss", (1, 1, 1), "111", 111),
        ("p6_cells", (180, 1, 2_500), "511", 511),
        ("p6_cells", (400, 4, 40_400), "334", 334),  # an average order of 101
        ("p6_cells", (1200, 5, 100_100), "145", 145),  # 200.20 an order
    ],
)
def test_printed_schemes_by_hand(scheme, row, code, total):
    scored = rfm.score(measures([row]), scheme).iloc[0]
    assert (scored["rfm_code"], scored["rfm_score"]) == (code, total)


def test_two_levels_by_hand():
    table = measures([(10, 5, 90_000), (10, 1, 1_000), (70, 5, 90_000), (110, 1, 19_000)])  # means 50, 3, 500
    assert rfm.score(table, "two_level")["rfm_code"].tolist() == ["222", "211", "122", "111"]
    at_the_mean = measures([(10, 1, 10), (20, 2, 20), (30, 3, 30)])
    assert rfm.score(at_the_mean, "two_level")["rfm_code"].tolist() == ["211", "222", "122"]
    assert rfm.score(table, "two_level_scores")["rfm_code"].tolist() == ["222", "211", "122", "111"]


def test_weights_may_be_ones_own():
    table = measures([(1, 1, 100), (2, 2, 200), (3, 3, 300)])
    assert rfm.score(table, {"bins": 3}, weights=[5, 3, 2])["rfm_score"].tolist() == [20, 20, 20]
    assert rfm.score(table, {"bins": 3}, weights=[0.5, 0, 0])["rfm_score"].tolist() == [1.5, 1, 0.5]


def test_codes_with_two_digits_have_hyphens():
    table = measures([(n, n + 1, n) for n in range(11)])
    assert rfm.score(table, "deciles")["rfm_code"].iloc[[0, 10]].tolist() == ["10-1-1", "1-10-10"]


def test_rescoring_keeps_other_columns_and_the_report():
    table = measures([(1, 2, 3), (4, 5, 6)]).assign(city="上海")
    table.attrs["rfm_report"] = "[]"
    again = rfm.score(rfm.score(table, "p1_points"), "quartiles")
    assert again.columns.tolist() == [
        "recency_days",
        "frequency",
        "monetary",
        "city",
        *SCORES,
        "rfm_code",
        "rfm_score",
    ]
    assert again.attrs["rfm_report"] == "[]" and again.attrs["rfm_levels"] == [4, 4, 4]
    pd.testing.assert_frame_equal(again, rfm.score(table, "quartiles"))


def test_a_teachers_file_adds_and_replaces(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        "[ours]\nfrequency = { at_least = [[3, 9]], otherwise = 2 }\nrecency = { bins = 2 }\n"
        "monetary = { mean = true }\n[quartiles]\nbins = 3\n",
        encoding="utf-8-sig",
    )
    mine = rfm.schemes(path)
    assert mine["quartiles"] == {"bins": 3} and "quintiles" in mine
    assert rfm.score(measures([(1, 3, 100), (2, 2, 100)]), mine["ours"])["rfm_code"].tolist() == [
        "292",
        "122",
    ]
    assert rfm.schemes()["quartiles"]["bins"] == 4


def test_every_scheme_says_where_it_comes_from():
    for name, scheme in rfm.schemes().items():
        assert scheme["status"] in ("source", "confirmed", "reconstructed") and scheme["source"], name


GOOD = measures([(1, 2, 300), (4, 5, 600)], index=["u", "v"])


@pytest.mark.parametrize(
    ("table", "scheme", "code", "named"),
    [
        ([1], "quintiles", "input.not_a_table", "list"),
        (GOOD.iloc[:0], "quintiles", "input.empty", ""),
        (GOOD.drop(columns="frequency"), "quintiles", "missing_column", "frequency"),
        (GOOD.assign(monetary=["3.0", "6.0"]), "quintiles", "rfm.measure_type", "monetary"),
        (GOOD.assign(monetary=[3.0, np.nan]), "quintiles", "rfm.measure_value", "v"),
        (GOOD.assign(recency_days=[-1, 5]), "quintiles", "rfm.measure_value", "u"),
        (GOOD.assign(frequency=[np.inf, 5]), "quintiles", "rfm.measure_value", "u"),
        (pd.concat([GOOD, GOOD.loc[["v"]]]), "quintiles", "rfm.customer_twice", "v"),
        (GOOD.set_axis([1, "x"]).iloc[::-1], "quintiles_split", "rfm.mixed_customer", "None"),
        (GOOD, "quintile", "rfm.scheme", "quintile"),
        (GOOD, 5, "rfm.scheme", "5"),
        (GOOD, {"bin": 5}, "rfm.scheme_field", "bin"),
        (GOOD, {"bins": 1}, "rfm.scheme_field", "recency = {'bins': 1}"),
        (GOOD, {"bins": 5, "ties": "first"}, "rfm.scheme_field", "recency = {'bins': 5}"),
        (
            GOOD,
            {"bins": 5, "frequency": {"at_least": [[1, 2]]}},
            "rfm.scheme_field",
            "frequency = {'at_least': [[1, 2]]}",
        ),
        (GOOD, {"bins": 5, "frequency": {"mean": True, "max": 3}}, "rfm.scheme_field", "frequency"),
        (GOOD, {"bins": 5, "weights": [1, 2]}, "rfm.scheme_field", "weights = (1, 2)"),
        (GOOD, {"bins": 5, "nested": True, "monetary": {"mean": True}}, "rfm.scheme_field", "nested"),
        (GOOD, {"recency": {"bins": 3}}, "rfm.scheme_field", "frequency"),
    ],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_bad_input_is_named(table, scheme, code, named, lang):
    labels.use(lang)
    with pytest.raises(InputError) as caught:
        rfm.score(table, scheme)
    assert caught.value.code == code
    assert named in str(caught.value) and code not in str(caught.value)


def test_a_broken_definitions_file_is_named(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("[ours\n")
    for bad in (path, tmp_path / "nowhere.toml"):
        with pytest.raises(InputError, match=bad.name):
            rfm.schemes(bad)


@given(ROWS)
@settings(max_examples=20, deadline=None)
def test_the_kernel_is_what_score_uses(rows):
    table = measures(rows)
    arrays = [table[name].to_numpy() for name in table]
    np.testing.assert_array_equal(
        rfm.score_arrays(*arrays, "quintiles_split"), rfm.score(table, "quintiles_split")[SCORES].to_numpy()
    )


def test_nested_needs_ranks_of_customers_not_of_rows():
    table = measures([(5, 1, 100)] * 6, index=list("fbdace"))
    scored = rfm.score(table, {"bins": 3, "ties": "split"})["f_score"]
    assert scored.sort_index().tolist() == [1, 1, 2, 2, 3, 3]


def test_rescoring_450_customers_takes_well_under_a_millisecond():
    rng = np.random.default_rng(0)
    arrays = rng.integers(0, 700, 450), rng.geometric(0.4, 450), np.round(rng.lognormal(5, 1, 450), 2)
    spent = []
    for _ in range(20):
        start = time.process_time()
        for _ in range(20):
            rfm.score_arrays(*arrays)
        spent.append((time.process_time() - start) / 20)
    assert min(spent) < 0.5e-3
