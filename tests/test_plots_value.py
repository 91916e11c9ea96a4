"""Figures of customer value: what their sentences say, that nothing is cut off, that bad frames are refused."""

import numpy as np
import pandas as pd
import pytest
from figures import check

from casekit import labels, plots, value
from casekit.errors import InputError
from casekit.plots import chart

YEARS = np.arange(1, 6)
GROWTH = pd.DataFrame({r: value.lifetime_value(100, r, 0.1, acquisition=120, years=YEARS) for r in (0.4, 0.8)}, index=YEARS)
LOG = pd.DataFrame({"id": ["a", "b", "a", "b", "c"], "pay": [100, 50, 150, 10, 20],
                    "day": ["2024-02-01", "2024-05-01", "2024-08-01", "2024-08-01", "2024-11-01"]})
COHORTS = value.cohorts(LOG, customer="id", date="day", amount="pay", as_of="2025-01-15", acquisition=80)
TIERS = value.tier(pd.Series(np.arange(-10, 90) ** 2.0))
SHARES = pd.DataFrame({"market_share": [0.1, 0.2], "penetration": [0.5, 0.5], "share_of_customer": [0.2, 0.4]},
                      index=["now", "more_share"])
STEPS = pd.DataFrame({"item": ["light_body", "carried_daily", "memories", "my own words 自己的话"],
                      "level": ["attribute", "consequence", "goal", "attribute"],
                      "leads_to": ["carried_daily", "memories", None, "carried_daily"]})
BASES = value.bases(pd.DataFrame({"gender": list("mmff"), "usage": ["heavy", "light", "heavy", "light"], "pay": [90, 20, 80, 10]}),
                    ["gender", "usage"], "pay")
FIGURES = {
    "bases": lambda: plots.value_bases(BASES), "years": lambda: plots.value_years(GROWTH),
    "cohorts": lambda: plots.value_cohorts(COHORTS), "tiers": lambda: plots.value_tiers(TIERS),
    "shares": lambda: plots.value_shares(SHARES), "ladder": lambda: plots.value_ladder(STEPS),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_word_lies_within_the_figure_and_speaks_one_language(name, lang):
    check(FIGURES[name](), lang, "自己的话")


def test_bases_name_the_sharpest(lang):
    alt = plots.value_bases(BASES).alt
    assert labels.text("base.usage") in alt and labels.text("usage.heavy") in alt and "50%" in alt and "85%" in alt


def test_years_quote_both_ends(lang):
    alt = plots.value_years(GROWTH).alt
    assert "40%" in alt and "80%" in alt
    assert all(chart.number(GROWTH[r].iloc[-1]) in alt for r in (0.4, 0.8))


def test_cohorts_count_those_that_paid_back_and_leave_out_single_periods(lang):
    made = plots.value_cohorts(COHORTS)
    names = [text.get_text() for text in made.axes[0].get_legend().get_texts()]
    assert [name[:6] for name in names] == ["2024Q1", "2024Q2"]  # 2024Q4 has one complete period
    assert ("2 批客户中有 1 批" if lang == "zh" else "1 of 2") in made.alt


def test_tiers_quote_people_and_money(lang):
    made = plots.value_tiers(value.tier(pd.Series([800.0, 100, 50, 50, 0])))
    assert "20%" in made.alt and "80%" in made.alt and "50%" not in made.alt.split("A")[0]


def test_shares_are_drawn_to_scale():
    areas = [[p.get_width() * p.get_height() for p in axis.patches][1] for axis in plots.value_shares(SHARES).axes]
    assert areas == pytest.approx([0.1, 0.2])


def test_the_ladder_takes_own_words_and_counts_what_meets(lang):
    made = plots.value_ladder(STEPS)
    assert "my own words" in made.alt and labels.text("ladder.carried_daily") in made.alt
    assert sum(bool(text.arrow_patch) for text in made.axes[0].texts if hasattr(text, "arrow_patch")) == 3


@pytest.mark.parametrize("code, make", [
    ("missing_column", lambda: plots.value_bases(GROWTH)),
    ("plot.too_many", lambda: plots.value_years(pd.DataFrame(np.ones((2, 8))))),
    ("plot.no_cohort", lambda: plots.value_cohorts(COHORTS.groupby(level=0).head(1))),
    ("input.empty", lambda: plots.value_cohorts(COHORTS.assign(complete=False))),
    ("value.nothing_positive", lambda: plots.value_tiers(TIERS.assign(value=0.0))),
    ("plot.too_many", lambda: plots.value_shares(pd.concat([SHARES, SHARES]))),
    ("input.unknown_code", lambda: plots.value_ladder(STEPS.assign(level="roof"))),
    ("input.unknown_code", lambda: plots.value_ladder(STEPS.assign(leads_to="nowhere"))),
])
def test_bad_frames_are_refused_in_words(code, make, lang):
    with pytest.raises(InputError) as refused:
        make()
    assert refused.value.code == code and "{" not in str(refused.value)
