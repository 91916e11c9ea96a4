"""Figures of warnings, CRM and precision marketing: what their sentences say, that nothing is cut off, that bad frames are refused."""

import numpy as np
import pandas as pd
import pytest
from figures import check
from matplotlib.colors import to_hex

from casekit import alerts, crm, datasets, labels, plots, style, targeting
from casekit.errors import InputError
from casekit.plots import chart

LEDGER, ACCOUNTS = datasets.load("alerts_ledger"), datasets.load("alerts_accounts")
TODAY = alerts.measure(LEDGER, ACCOUNTS, as_of="2025-06-30")
COURSE = pd.DataFrame({"cost_climb": [0.9, 1.2, 3.4, 2.0, 5.0]}, index=pd.date_range("2025-01-06", periods=5, freq="7D"))
EVALUATED = pd.DataFrame({"warnings": [16, 26], "right": [10, 8], "troubles": [10, 6], "found": [10, 6]}, index=["churn", "sales_cost"])
SETTINGS = pd.DataFrame({"way": ["one_cut"] * 2 + ["own_rhythm"] * 2, "setting": [45, 75, 0.1, 0.02],
                         "precision": [0.32, 0.64, 0.53, 0.625], "lead_days": [46, 16, 75, 61.5]})  # fmt: skip
WAITS = pd.DataFrame({agents: crm.waiting(20, 5.5, agents) for agents in range(1, 6)}).T
HISTORY = crm.join(datasets.load("crm_events"), datasets.load("crm_identities"))
HITS = {name: pd.DataFrame({"hit_rate": [0.1, rate], "coverage": [0.2, 0.9]}, index=[1, 2]) for name, rate in (("popularity", 0.2), ("item_item", 0.6))}
TRIALS = pd.DataFrame({"measure": ["bought", "margin_cny"], "arm": "discount_20", "lift": [0.025, -0.3], "low": [0.007, -1.7], "high": [0.044, 1.0]})
CELLS = pd.DataFrame({"test_rate": [0.05, 0.02, 0.0], "mailed": [True, True, False], "true_rate": [0.03, 0.01, 0.02]})
PRESSURE = targeting.pressure(datasets.load("targeting_pressure"), margin_cny=30, cost_cny=0.5, leaver_cny=200)
FIGURES = {
    "board": lambda: plots.alert_board(TODAY),
    "board_one": lambda: plots.alert_board(TODAY.head(1)),
    "board_quiet": lambda: plots.alert_board(TODAY[TODAY["progress"] > 0.9]),
    "course": lambda: plots.alert_course(COURSE, "cost_climb"),
    "course_marks": lambda: plots.alert_course(COURSE, "cost_climb", onset="2025-01-10", harm="2025-02-20"),
    "course_quiet": lambda: plots.alert_course(COURSE.head(2), "cost_climb"),
    "quality": lambda: plots.alert_quality(EVALUATED),
    "quality_large": lambda: plots.alert_quality(EVALUATED * 10_000),
    "tradeoff": lambda: plots.alert_tradeoff(SETTINGS),
    "tradeoff_one": lambda: plots.alert_tradeoff(SETTINGS.head(2)),
    "waiting": lambda: plots.crm_waiting(WAITS),
    "waiting_one": lambda: plots.crm_waiting(WAITS.loc[[3]]),
    "waiting_never": lambda: plots.crm_waiting(WAITS.loc[[1]]),
    "journey": lambda: plots.crm_journey(HISTORY, "M202"),
    "journey_busiest": lambda: plots.crm_journey(HISTORY, HISTORY["customer_id"].value_counts().index[0]),
    "hits": lambda: plots.targeting_hits(HITS),
    "hits_one": lambda: plots.targeting_hits({"popularity": HITS["popularity"]}),
    "trials": lambda: plots.targeting_trials(TRIALS),
    "cells": lambda: plots.targeting_cells(CELLS, 0.01375),
    "pressure": lambda: plots.targeting_pressure(PRESSURE),
    "pressure_flat": lambda: plots.targeting_pressure(PRESSURE.head(2)),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_word_lies_within_the_figure_and_speaks_one_language(name, lang):
    check(FIGURES[name](), lang)


def test_the_board_marks_who_is_beyond_a_line(lang):
    made = plots.alert_board(TODAY)
    rules = alerts.rules()
    for axis, (name, rule) in zip(made.axes, rules.iterrows(), strict=True):
        tripped = [line for line in axis.lines if line.get_marker() == "D"][0]
        value = TODAY[name]
        assert len(tripped.get_xdata()) == ((value > rule.threshold) if rule.direction == "above" else (value < rule.threshold)).sum()
        assert to_hex(tripped.get_color()) == style.VERMILION.lower()
    assert "60" in made.alt and "16" in made.alt and "9" in made.alt


def test_the_course_warns_on_or_after_the_onset(lang):
    assert "2025-01-20" in plots.alert_course(COURSE, "cost_climb").alt
    late = plots.alert_course(COURSE, "cost_climb", onset="2025-01-25", harm="2025-03-01")
    assert "2025-02-03" in late.alt and "26" in late.alt


def test_quality_names_the_warning_that_is_most_often_false(lang):
    made = plots.alert_quality(EVALUATED)
    assert chart.name_of("alert", "sales_cost") in made.figure.get_suptitle() and "18" in made.figure.get_suptitle()
    assert len({bar.get_hatch() for bar in made.axes[0].patches}) == 2


def test_ways_are_compared_where_they_are_equally_precise(lang):
    made = plots.alert_tradeoff(SETTINGS)
    assert "46" in made.figure.get_suptitle() and "62" in made.figure.get_suptitle()  # 62 − 16, not 75 − 46


def test_waiting_says_what_one_more_agent_brings(lang):
    made = plots.crm_waiting(WAITS)
    assert all(part in made.alt for part in ("28.9", "1.7", "94%"))
    assert labels.text("plot.crm_waiting.over") in [words.get_text() for words in made.axes[0].texts]


def test_the_journey_has_a_line_for_each_channel(lang):
    made = plots.crm_journey(HISTORY, "M202")
    assert [words.get_text() for words in made.axes[0].get_yticklabels()] == [chart.name_of("channel", c) for c in ("wechat", "hotline", "store")]
    with pytest.raises(InputError, match="M999"):
        plots.crm_journey(HISTORY, "M999")


def test_trials_tell_points_from_money(lang):
    made = plots.targeting_trials(TRIALS)
    assert "+2.5" in made.alt and "−0.3" in made.alt
    assert "1" in made.figure.get_suptitle() and len(made.axes) == 2


def test_cells_count_errors_of_both_kinds(lang):
    made = plots.targeting_cells(CELLS, 0.01375)
    assert "3.50%" in made.alt and "2.00%" in made.alt
    assert made.alt.count("1") >= 2


@pytest.mark.parametrize("call", [
    lambda: plots.alert_board(TODAY.drop(columns="progress")), lambda: plots.alert_course(COURSE, "mood"),
    lambda: plots.alert_quality(EVALUATED.drop(columns="found")), lambda: plots.alert_tradeoff(SETTINGS.head(0)),
    lambda: plots.crm_waiting(WAITS[["busy"]]), lambda: plots.targeting_hits({}), lambda: plots.targeting_trials(TRIALS.head(0)),
    lambda: plots.targeting_cells(CELLS.drop(columns="true_rate"), 0.01), lambda: plots.targeting_pressure(PRESSURE.head(0)),
    lambda: plots.alert_tradeoff(pd.concat([SETTINGS.assign(way=f"w{n}") for n in range(8)])),
])  # fmt: skip
def test_bad_frames_are_refused(call):
    with pytest.raises(InputError):
        call()


def test_values_on_the_line_are_not_beyond_it():
    values = pd.Series([1.0, 1.1, np.nan])
    assert alerts.beyond(values, {"direction": "above", "threshold": 1}).tolist() == [False, True, False]
    assert alerts.beyond(values, {"direction": "below", "threshold": 1.1}).tolist() == [True, False, False]
