"""The budget game of the fast-food case in a real JupyterLab, by keyboard alone: what it says is what the models give."""

import pytest

from casekit import crm, datasets, labels

pytestmark = pytest.mark.browser

START = """
import casekit
from casekit import datasets, widgets
casekit.start("en")
people = {people}
costs = {costs}
widgets.kfc_game(datasets.load("kfc_trial"), datasets.load("kfc_trial_truth"), people, 1600, costs)"""
PEOPLE = {"regular": 1297, "cooling": 619, "occasional": 2318, "lapsed": 5275}
COSTS = {"cost_cny": 0.04, "given_cny": {"coupon": 6, "points": 1.5}, "leaver_cny": dict.fromkeys(PEOPLE, 10)}


def test_the_budget_game_by_keyboard(desk):
    labels.use("en")
    [shown] = desk.show("kfc-game", [START.format(people=PEOPLE, costs=COSTS)])
    assert shown["errors"] == []
    face, keys = desk.cell(0), desk.page.keyboard

    def press(group, name):
        button = face.locator(".widget-toggle-buttons").nth(group).get_by_role("button", name=name, exact=True)
        button.focus()
        keys.press("Space")

    press(0, labels.text("message.new_product"))
    press(3, labels.text("message.coupon"))
    press(5, "2")
    face.get_by_label(labels.text("control.rolled_out")).focus()
    keys.press("Space")
    truth = datasets.load("kfc_trial_truth")
    sent = truth[(truth["timing"] == "lunch") & (truth["times"] == 2) | (truth["message"] == "control")]
    moves = crm.messages(sent, PEOPLE, **COSTS).set_index(["segment", "message"])["profit_cny"]
    came = moves[("regular", "new_product")] + moves[("lapsed", "coupon")]
    face.get_by_text(labels.text("widget.kfc.yuan", n=f"{came:,.0f}"), exact=True).first.wait_for()
    face.get_by_role("button", name=labels.text("widget.code")).focus()
    keys.press("Space")
    face.get_by_text("crm.messages(sent, people, **costs)").wait_for()
    desk.photograph("kfc-game")
