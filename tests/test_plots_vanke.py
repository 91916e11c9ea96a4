"""Figures of the residents' club: what their sentences say, that nothing is cut off, that bad frames are refused."""

import numpy as np
import pandas as pd
import pytest
from figures import check

from casekit import datasets, labels, loyalty, plots
from casekit.errors import InputError
from casekit.plots import chart

LINKS = datasets.load("vanke_referrals")
WAYS = datasets.load("vanke_ways")
PLAN = loyalty.points_plan(WAYS, WAYS.set_index("earn_way")["reward_points"], members=2_128, cost_per_point_cny=1)
RANKS = {"rfm": pd.DataFrame({"people_share": [0.2, 1], "gain": [0.24, 1]}),
         "relation": pd.DataFrame({"people_share": [0.2, 1], "gain": [0.42, 1]})}  # fmt: skip
ESTIMATES = pd.DataFrame({"effect": [0.144, 0.143, 0.067], "low": [0.118, 0.111, 0.021], "high": [0.17, 0.174, 0.113]},
                         index=["naive", "traits", "before"])  # fmt: skip
BALANCE = pd.DataFrame({"difference_before": [0.3, -0.66], "difference_after": [-0.02, 0.06]}, index=["owns", "satisfaction_before"])
WORTH = np.arange(0, 161, 20)
ACCOUNTS = pd.DataFrame({"naive": 22_000 + 2_659 * WORTH, "matched": -175_000 + 2_659 * WORTH, "low": -292_000 + 2_659 * WORTH,
                         "high": -58_000 + 2_659 * WORTH}, index=WORTH)  # fmt: skip
SMALL = pd.DataFrame({"customer_id": ["B", "C", "D"], "referrer_id": ["A", "B", "B"], "bought": [0, 1, 1]})
FIGURES = {
    "ranks": lambda: plots.vanke_ranks(RANKS),
    "effects": lambda: plots.vanke_effects(ESTIMATES, truth=0.066),
    "effects_unknown": lambda: plots.vanke_effects(ESTIMATES),
    "balance": lambda: plots.vanke_balance(BALANCE),
    "chains": lambda: plots.vanke_chains(LINKS),
    "chains_small": lambda: plots.vanke_chains(SMALL),
    "laboratory": lambda: plots.vanke_laboratory(ACCOUNTS),
    "points": lambda: plots.vanke_points(PLAN),
    "points_over": lambda: plots.vanke_points(PLAN, 80_000),
    "points_none": lambda: plots.vanke_points(loyalty.points_plan(WAYS, {}, members=9, cost_per_point_cny=1), 80_000),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_word_lies_within_the_figure_and_speaks_one_language(name, lang):
    check(FIGURES[name](), lang)


def test_effects_tell_the_truth_only_where_it_is_known(lang):
    known, unknown = FIGURES["effects"]().alt, FIGURES["effects_unknown"]().alt
    assert all(number in known for number in ("14.4", "6.7", "2.1", "11.3", "6.6"))
    assert "6.6" not in unknown and "6.7" in unknown


def test_balance_names_the_trait_that_was_furthest_apart_whatever_its_sign(lang):
    made = plots.vanke_balance(BALANCE)
    assert labels.text("col.satisfaction_before") in made.alt and "0.66" in made.alt and "0.06" in made.alt
    assert made.axes[0].get_yticklabels()[-1].get_text().replace("\n", "") == labels.text("col.satisfaction_before")


def test_chains_put_each_generation_below_the_one_that_brought_it(lang):
    made = plots.vanke_chains(SMALL)
    assert "100%" in made.alt  # both buyers came at second hand
    founder, bought, looking = (group.get_offsets() for group in made.axes[0].collections)
    assert len(founder) == 1 and founder[0][1] == 0 and len(bought) == 2 and set(bought[:, 1]) == {-2} and looking[0][1] == -1
    assert bought[:, 0].mean() == looking[0][0] == founder[0][0]


def test_the_laboratory_pays_from_where_the_line_crosses(lang):
    made = plots.vanke_laboratory(ACCOUNTS)
    assert all(number in made.alt for number in ("66", "22", "110"))


def test_points_to_the_left_are_cost_and_to_the_right_value(lang):
    made = plots.vanke_points(PLAN)
    widths = np.array([bar.get_width() for bar in made.axes[0].patches]).reshape(3, len(PLAN))
    assert np.allclose(widths[0], PLAN["value_cny"]) and np.allclose(-widths[1:].sum(axis=0), PLAN["cost_cny"])
    assert "93%" in made.alt and "80,000" not in made.alt
    assert chart.number(PLAN["cost_cny"].sum() - 80_000) in plots.vanke_points(PLAN, 80_000).alt


@pytest.mark.parametrize("code, make", [
    ("missing_column", lambda: plots.vanke_ranks({"rfm": RANKS["rfm"].drop(columns="gain")})),
    ("missing_column", lambda: plots.vanke_effects(ESTIMATES.drop(columns="low"))),
    ("input.empty", lambda: plots.vanke_balance(BALANCE.iloc[:0])),
    ("missing_column", lambda: plots.vanke_chains(LINKS.drop(columns="bought"))),
    ("loyalty.circle", lambda: plots.vanke_chains(SMALL.assign(referrer_id=["C", "B", "B"]))),
    ("missing_column", lambda: plots.vanke_laboratory(ACCOUNTS.drop(columns="low"))),
    ("missing_column", lambda: plots.vanke_points(PLAN.drop(columns="value_cny"))),
])  # fmt: skip
def test_bad_frames_are_refused_in_words(code, make, lang):
    with pytest.raises(InputError) as refused:
        make()
    assert refused.value.code == code and "{" not in str(refused.value)
