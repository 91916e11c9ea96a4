"""Figures of the fast-food case and of one touchpoint: what their sentences say, that nothing is cut off, that bad frames are refused."""

import pandas as pd
import pytest
from figures import check

from casekit import datasets, labels, plots, satisfaction
from casekit.errors import InputError

FACTS, STEPS = datasets.load("kfc_facts"), satisfaction.blueprint()
ORDERS = datasets.load("kfc_orders").iloc[::40]
PLACES = pd.MultiIndex.from_product([["regular", "lapsed"], ["coupon", "points"]], names=["segment", "message"])


def lifts(*values, p=(0.01, 0.01, 0.3, 0.01)):
    return pd.DataFrame({"lift": values, "p_holm": p}, PLACES).eval("low = lift - 0.02\nhigh = lift + 0.02")


UP, MONEY = lifts(0.05, 0.02, 0.01, 0.03), lifts(-2.0, 0.4, 0.1, 0.5)
TIMES = pd.DataFrame({"order_rate": [0.19, 0.20, 0.21], "leave_rate": [0.004, 0.01, 0.04], "profit_cny": [0.2, 0.5, -0.1]}, [1, 2, 4])
MARKS = pd.DataFrame({"mark": [2.8, 3.0, 4.1], "low_share": [0.4, 0.3, 0.05]}, ["collect", "ask_to_wait", "cook"])
FIGURES = {
    "members": lambda: plots.kfc_members(FACTS),
    "members_alone": lambda: plots.kfc_members(FACTS[:1]),
    "known": lambda: plots.kfc_known(ORDERS),
    "nobody_known": lambda: plots.kfc_known(ORDERS[ORDERS["member_id"].isna()]),
    "trial": lambda: plots.kfc_trial(UP, MONEY),
    "trial_plain": lambda: plots.kfc_trial(UP, UP),
    "fatigue": lambda: plots.kfc_fatigue(TIMES),
    "fatigue_none": lambda: plots.kfc_fatigue(TIMES.assign(profit_cny=[0.1, 0.2, 0.3])),
    "touchpoint": lambda: plots.blueprint_touchpoint(STEPS, "purchase"),
    "touchpoint_marked": lambda: plots.blueprint_touchpoint(STEPS, "ask_to_wait", MARKS),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_word_lies_within_the_figure_and_speaks_one_language(name, lang):
    check(FIGURES[name](), lang)


def test_members_compare_what_can_be_compared(lang):
    alt = plots.kfc_members(FACTS).alt
    assert all(part in alt for part in ("470", "590", "65%", "55%")) and "62%" not in alt and "330" not in alt


def test_known_tells_what_fell_and_what_rose(lang):
    alt = plots.kfc_known(ORDERS).alt
    assert labels.text("plot.kfc_known.known").lower() in alt.lower() and labels.text("channel.platform").lower() in alt.lower()


def test_the_trial_names_who_orders_more_and_brings_less(lang):
    made = plots.kfc_trial(UP, MONEY)
    assert labels.text("segment.regular") in made.alt and labels.text("message.coupon") in made.alt and labels.text("message.points") not in made.alt
    hollow = [line for line in made.axes[0].lines if line.get_markerfacecolor() == "white"]
    assert len(hollow) == 1, "what does not stand after the correction is hollow"
    assert len({line.get_marker() for line in made.axes[0].lines if line.get_marker() not in ("None", "")}) == 2


def test_fatigue_tells_the_best_from_the_most(lang):
    alt = plots.kfc_fatigue(TIMES).alt
    assert "0.50" in alt and "−0.10" in alt and "4.0%" in alt


def test_a_touchpoint_is_framed_and_the_rest_faint(lang):
    made = plots.blueprint_touchpoint(STEPS, "ask_to_wait", MARKS)
    assert STEPS.at["ask_to_wait", lang] in made.alt and "30%" in made.alt and STEPS.at["purchase", lang] in made.alt
    boxes = dict(zip(STEPS.index, made.axes[0].texts, strict=False))
    near = satisfaction.touchpoint(STEPS, "ask_to_wait").index
    assert {name for name, box in boxes.items() if box.get_alpha() is None} == set(near)
    assert {"2.8", "3.0", "4.1"} <= {words.get_text() for words in made.axes[0].texts}


@pytest.mark.parametrize(("code", "make"), [
    ("missing_column", lambda: plots.kfc_members(FACTS.drop(columns="scope"))),
    ("input.empty", lambda: plots.kfc_known(ORDERS[:0])),
    ("missing_column", lambda: plots.kfc_trial(UP.drop(columns="low"), MONEY)),
    ("missing_column", lambda: plots.kfc_fatigue(TIMES.drop(columns="leave_rate"))),
    ("input.option", lambda: plots.blueprint_touchpoint(STEPS, "drive_through")),
    ("missing_column", lambda: plots.blueprint_touchpoint(STEPS, "cook", MARKS.drop(columns="mark"))),
])  # fmt: skip
def test_bad_frames_are_refused_in_words(code, make, lang):
    with pytest.raises(InputError) as refused:
        make()
    assert refused.value.code == code and "{" not in str(refused.value)
