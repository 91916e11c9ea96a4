"""rfm.segment: every customer has one name, and the names mean what their codes say."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casekit import labels, rfm
from casekit.errors import InputError

SCORES = ["r_score", "f_score", "m_score"]
CODES = {
    "222": "important_value",
    "122": "important_keep",
    "212": "important_develop",
    "112": "important_retain",
    "221": "general_value",
    "121": "general_keep",
    "211": "general_develop",
    "111": "general_retain",
}


def scored(cells, **more):
    return pd.DataFrame([list(map(int, cell)) for cell in cells], columns=SCORES).assign(**more)


ALL_TWO = ["".join(cell) for cell in product("12", repeat=3)]
ALL_FIVE = ["".join(cell) for cell in product("12345", repeat=3)]


def test_the_eight_follow_the_order_and_the_codes_of_the_source():
    table = rfm.strategies("eight")
    assert table["cells"].tolist() == list(CODES) and table["segment"].tolist() == list(CODES.values())
    assert rfm.segment(scored(ALL_TWO))["segment"].tolist() == [CODES[cell] for cell in ALL_TWO]


@pytest.mark.parametrize("lang", labels.LANGUAGES)
@pytest.mark.parametrize("names", ["eight", "ten"])
def test_every_segment_and_strategy_has_words_in_both_languages(names, lang):
    table = rfm.strategies(names)
    for code, cells, strategy in zip(table["segment"], table["cells"], table["strategy"], strict=True):
        name = labels.text(f"segment.{code}", lang)
        assert labels.text(strategy, lang)
        # The same Chinese names are given to different cells by different authors: the code stands beside.
        assert names != "eight" or cells in name
    assert set(table["strategy_status"]) == {"reconstructed"}


def test_other_schemes_are_cut_at_the_mean_of_their_scores():
    frame = scored(["555", "151", "315", "111"])  # means 2.5, 3, 3
    assert rfm.segment(frame)["segment"].tolist() == [
        "important_value",
        "general_keep",
        "important_develop",
        "general_retain",
    ]


def test_a_two_level_table_is_taken_as_it_is_even_if_all_are_alike():
    measures = pd.DataFrame({"recency_days": [5, 5], "frequency": [1, 1], "monetary": [9.0, 9.0]})
    assert rfm.segment(rfm.score(measures, "two_level"))["segment"].tolist() == ["important_value"] * 2
    assert rfm.segment(scored(["111", "111"]))["segment"].tolist() == ["general_retain"] * 2


def test_the_unreversed_recency_bug_swaps_what_counts_most():
    """A much copied script takes days above the mean as "1 = good" and still calls 111 the best."""
    rng = np.random.default_rng(1)
    measures = pd.DataFrame(
        {
            "recency_days": rng.integers(0, 365, 400),
            "frequency": rng.geometric(0.3, 400),
            "monetary": rng.integers(1, 90_000, 400) / 100,
        }
    )
    right = rfm.segment(rfm.score(measures, "two_level"))
    bits = (measures - measures.mean() >= 0).astype(int)
    copied = {
        "111": "important_value",
        "011": "important_keep",
        "101": "important_retain",
        "001": "important_develop",
        "110": "general_value",
        "010": "general_keep",
        "100": "general_retain",
        "000": "general_develop",
    }
    wrong = bits.astype(str).agg("".join, axis=1).map(copied)
    pairs = {(good, bad) for good, bad in zip(right["segment"], wrong, strict=True) if good != bad}
    assert pairs == {
        ("important_value", "important_keep"),
        ("important_keep", "important_value"),
        ("general_value", "general_keep"),
        ("general_keep", "general_value"),
    }
    worst = measures[wrong == "important_value"]
    assert worst["recency_days"].min() > measures["recency_days"].mean()


def test_the_ten_have_the_bounds_of_the_r_package():
    counts = rfm.segment(scored(ALL_FIVE), "ten")["segment"].value_counts().to_dict()
    assert counts == {
        "potential_loyalist": 35,
        "loyal": 15,
        "new_customer": 15,
        "lost": 14,
        "about_to_sleep": 10,
        "other": 10,
        "promising": 8,
        "at_risk": 7,
        "cannot_lose": 6,
        "needs_attention": 4,
        "champion": 1,
    }
    named = dict(zip(ALL_FIVE, rfm.segment(scored(ALL_FIVE), "ten")["segment"], strict=True))
    assert (named["555"], named["554"], named["144"], named["155"]) == (
        "champion",
        "potential_loyalist",
        "cannot_lose",
        "at_risk",
    )


def test_scores_must_suit_the_names():
    measures = pd.DataFrame({"recency_days": [5, 50], "frequency": [1, 9], "monetary": [9.0, 99.0]})
    for scheme in ("two_level", "quartiles", "deciles", "p1_points", "p6_cells"):
        with pytest.raises(InputError) as caught:
            rfm.segment(rfm.score(measures, scheme), "ten")
        assert caught.value.code == "rfm.segment_levels"
        assert set(rfm.segment(rfm.score(measures, scheme))["segment"]) <= set(CODES.values())


RANGE = st.tuples(st.integers(1, 3), st.integers(1, 3)).map(sorted)
RULES = st.lists(
    st.fixed_dictionaries({"code": st.sampled_from("abcde"), "r": RANGE, "f": RANGE, "m": RANGE}),
    min_size=1,
    max_size=6,
)


@given(RULES, st.booleans(), st.booleans())
@settings(max_examples=60, deadline=None)
def test_own_rules_are_complete_and_do_not_overlap_or_are_refused(rules, first, rest):
    table = (
        {"levels": 3, "segment": rules}
        | ({"first": True} if first else {})
        | ({"otherwise": "z"} if rest else {})
    )
    cells = list(product((1, 2, 3), repeat=3))
    claims = {
        cell: [
            rule["code"]
            for rule in rules
            if all(
                low <= level <= high
                for level, (low, high) in zip(cell, (rule["r"], rule["f"], rule["m"]), strict=True)
            )
        ]
        for cell in cells
    }
    frame = pd.DataFrame(cells, columns=SCORES)
    overlap = not first and any(len(set(codes)) > 1 for codes in claims.values())
    gap = not rest and not all(claims.values())
    if overlap or gap:
        with pytest.raises(InputError) as caught:
            rfm.segment(frame, table)
        assert caught.value.code == ("rfm.rules_overlap" if overlap else "rfm.rules_incomplete")
    else:
        assert rfm.segment(frame, table)["segment"].tolist() == [(claims[cell] or ["z"])[0] for cell in cells]


def test_messages_about_own_rules_name_the_cell():
    twice = {"levels": 2, "segment": [{"code": "a", "r": [1, 2]}, {"code": "b", "r": [2, 2], "f": [2, 2]}]}
    with pytest.raises(InputError, match="221.*a.*b"):
        rfm.segment(scored(["222"]), twice)
    short = {"levels": 2, "segment": [{"code": "a", "f": [2, 2]}]}
    with pytest.raises(InputError, match="4.*111, 112, 211, 212"):
        rfm.segment(scored(["222"]), short)


@pytest.mark.parametrize(
    ("names", "code"),
    [
        ("nine", "rfm.segments"),
        (8, "rfm.segments"),
        ({"segment": [{"code": "a", "r": [0, 5]}]}, "rfm.segment_rule"),
        ({"segment": [{"code": "a", "r": [4, 6]}]}, "rfm.segment_rule"),
        ({"segment": [{"code": "a", "r": [5, 4]}]}, "rfm.segment_rule"),
        ({"segment": [{"code": "a", "r": 5}]}, "rfm.segment_rule"),
        ({"segment": [{"code": "a", "cells": ["22"]}]}, "rfm.segment_rule"),
        ({"segment": [{"code": "a", "cells": ["2x2"]}]}, "rfm.segment_rule"),
        ({"segment": [{"r": [1, 5]}]}, "rfm.segment_rule"),
        ({"segment": []}, "rfm.rules_incomplete"),
    ],
)
@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_bad_names_and_rules_are_refused(names, code, lang):
    labels.use(lang)
    with pytest.raises(InputError) as caught:
        rfm.segment(scored(["222"]), names)
    assert caught.value.code == code and code not in str(caught.value)


@pytest.mark.parametrize(
    "frame",
    [
        scored(["222"]).assign(r_score=np.nan),
        scored(["222"]).assign(r_score="2"),
    ],
)
def test_scores_must_be_numbers(frame):
    with pytest.raises(InputError) as caught:
        rfm.segment(frame)
    assert caught.value.code == "rfm.unscored"


def test_a_teachers_file_adds_and_replaces(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('[vip]\nlevels = 2\notherwise = "rest"\nsegment = [{ code = "gold", cells = ["222"] }]\n')
    frame = rfm.segment(scored(["222", "112"]), rfm.segments(path)["vip"])
    assert frame["segment"].tolist() == ["gold", "rest"]
    assert rfm.strategies(rfm.segments(path)["vip"])["cells"].tolist() == [
        "222",
        "221 212 211 122 121 112 111",
    ]


MONEY = {"frequency": [2, 1, 0, 4], "monetary": [30.0, 10.05, 0.0, 60.0]}


def test_overview_by_hand():
    frame = pd.DataFrame({"segment": ["a", "a", "b", "c"], **MONEY})
    table = rfm.overview(frame)
    assert table["segment"].tolist() == ["c", "a", "b"]
    assert table["customers"].tolist() == [1, 2, 1] and table["orders"].tolist() == [4, 3, 0]
    assert table["revenue"].tolist() == [60.0, 40.05, 0.0]
    assert table["average_order"].fillna(-1).tolist() == [15.0, 13.35, -1]
    assert table["customer_share"].tolist() == [0.25, 0.5, 0.25]
    assert table["revenue_share"].tolist() == pytest.approx([60 / 100.05, 40.05 / 100.05, 0])


def test_overview_in_the_order_of_the_names_with_empty_segments():
    frame = rfm.segment(scored(["222", "111", "111", "121"], **MONEY))
    table = rfm.overview(frame, "eight")
    assert table["segment"].tolist() == list(CODES.values())
    assert table["customers"].tolist() == [1, 0, 0, 0, 0, 1, 0, 2]
    with pytest.raises(InputError, match="important_value"):
        rfm.overview(frame, "ten")


def test_overview_without_revenue_has_no_shares_of_it():
    frame = pd.DataFrame({"segment": ["a"], "frequency": [1], "monetary": [-5.0]})
    assert rfm.overview(frame)["revenue_share"].isna().all()
