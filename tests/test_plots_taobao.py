"""Figures and the budget game of the Taobao case: what their sentences say, that nothing is cut off, that bad frames are refused."""

import pandas as pd
import pytest
from figures import check

from casekit import behaviour, labels, plots, widgets
from casekit.errors import InputError

LOG = pd.DataFrame({
    "user_id": [1, 1, 1, 2, 2, 3, 3, 4], "item_id": [1, 1, 1, 1, 2, 1, 1, 5],
    "behaviour": ["pv", "cart", "buy", "pv", "pv", "pv", "buy", "pv"], "hour": [21, 21, 22, 4, 9, 21, 21, 13],
})  # fmt: skip
SHOWS = pd.DataFrame({"exposure": [1, 1, 1, 1, 2, 2, 2, 2, 9], "clicked": [1, 1, 0, 0, 1, 0, 0, 0, 0]})
GROUPS = pd.DataFrame({"people": [504, 93, 203], "margin_gain_cny": [3.2, -1.8, 2.7],
                       "gain_low": [1.1, -5.3, -1.0], "gain_high": [5.2, 1.7, 6.4]},
                      index=["hesitant", "buyer", "taster"])  # fmt: skip
COUNTS = pd.DataFrame({"pv": [90, 40, 30, 10, 50, 60], "cart": [9, 5, 1, 0, 6, 0], "fav": 0, "buy": [0, 1, 1, 0, 0, 4]}, index=range(1, 7))
GAIN = pd.Series([6.0, 4, -1, 0, 5, -3], index=COUNTS.index)
ACCOUNT = behaviour.settle(GAIN, {"likely": [6], "hesitant": [1, 5]}, cost_cny=2, budget_cny=8)
FIGURES = {
    "funnel": lambda: plots.taobao_funnel(behaviour.funnel(LOG)),
    "funnel_people": lambda: plots.taobao_funnel(behaviour.funnel(LOG, ["user_id"]) * [1, 10_000, 1, 1]),
    "hours": lambda: plots.taobao_hours(LOG),
    "fatigue": lambda: plots.taobao_fatigue(SHOWS),
    "uplift": lambda: plots.taobao_uplift(GROUPS, 2),
    "plans": lambda: plots.taobao_plans(ACCOUNT),
    "plans_large": lambda: plots.taobao_plans(ACCOUNT * 1e6),
    "plans_lost": lambda: plots.taobao_plans(ACCOUNT.assign(profit_cny=-5.0)),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_word_lies_within_the_figure_and_speaks_one_language(name, lang):
    check(FIGURES[name](), lang)


def test_the_funnel_tells_of_short_cuts(lang):
    made = plots.taobao_funnel(behaviour.funnel(LOG))
    assert all(number in made.alt for number in ("5", "1", "20%", "100%", "2", "40%", "50%"))
    came, skipped = made.axes[0].containers
    assert [bar.get_width() for bar in came] == [5, 1, 1] and [bar.get_width() for bar in skipped] == [0, 0, 1]
    assert {bar.get_hatch() for bar in came} != {bar.get_hatch() for bar in skipped}


def test_the_busiest_hour_is_named(lang):
    made = plots.taobao_hours(LOG)
    assert "21" in made.alt and len(made.axes[0].lines) == 2
    assert sum(made.axes[0].lines[0].get_ydata()) == pytest.approx(1)


def test_fatigue_leaves_out_what_is_hardly_seen(lang):
    made = plots.taobao_fatigue(SHOWS, most=2)
    assert "50%" in made.alt and "25%" in made.alt and made.axes[0].get_xticks().tolist() == [1, 2]


def test_uplift_marks_what_is_clear_of_zero(lang):
    made = plots.taobao_uplift(GROUPS, 2)
    assert [text.get_text() for text in made.axes[0].texts] == ["+3.2", "+2.7", "−1.8"]
    assert [line.get_marker() for line in made.axes[0].lines if len(line.get_xdata()) == 1] == ["D", "o", "o"]
    assert all(number in made.alt for number in ("+3.2", "−1.0", "+6.4"))


def test_plans_are_told_with_mass_and_best(lang):
    made = plots.taobao_plans(ACCOUNT)
    assert labels.text("audience.hesitant") in made.alt and "−5" in made.alt and "9" in made.alt
    blue, orange = made.axes[0].containers
    assert min(bar.get_width() for bar in orange) == -5 and all(bar.get_width() > 0 for bar in blue)
    assert all(bar.get_hatch() for bar in orange) and not any(bar.get_hatch() for bar in blue)


@pytest.mark.parametrize("draw", [
    lambda: plots.taobao_funnel(pd.DataFrame({"units": [1]})),
    lambda: plots.taobao_hours(LOG.iloc[:0]),
    lambda: plots.taobao_fatigue(pd.DataFrame({"exposure": [1]})),
    lambda: plots.taobao_uplift(GROUPS.drop(columns="gain_low"), 2),
    lambda: plots.taobao_plans(ACCOUNT.drop(columns="contacts")),
])  # fmt: skip
def test_bad_frames_are_refused(draw):
    with pytest.raises(InputError):
        draw()


# ---- the budget game

def test_the_game_shows_what_the_model_gives(lang):
    face = widgets.budget_game(COUNTS, GAIN, cost_cny=2, budget_cny=8)
    assert list(face.controls) == ["sooner", "buyer", "hesitant", "taster", "looker"]
    for control in face.controls.values():
        assert control.description
    with face.together():
        for name, number in {"buyer": 0, "hesitant": 2, "taster": 0, "looker": 0}.items():
            face.controls[name].value = number
    told = labels.text("widget.taobao", contacts=2, spent=4, budget=8, profit=7, share="78%")  # 1 and 5 are hesitant, and so is 2
    assert told in face.picture.value and "<img alt" in face.picture.value
    face.controls["sooner"].value = "rate"  # 2 marks more for each look than 1
    assert labels.text("widget.taobao", contacts=2, spent=4, budget=8, profit=5, share="56%") in face.picture.value
    names = {"behaviour": behaviour, "plots": plots, "counts": COUNTS, "gain": GAIN}
    *lines, last = face.code.splitlines()
    exec("\n".join(lines), names)  # noqa: S102
    assert eval(last, names).alt.count("5") >= 1  # noqa: S307


def test_a_plan_beyond_the_budget_is_told_so(lang):
    face = widgets.budget_game(COUNTS, GAIN, cost_cny=2, budget_cny=4)
    face.controls["hesitant"].value = 3
    face.controls["looker"].value = 1
    assert labels.text("error.behaviour.budget", contacts=4, most=2) in face.picture.value
