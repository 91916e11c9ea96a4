"""What chapter 07 tells in its prose is what its data gives: each number is counted again here."""

import functools
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from casekit import datasets, loyalty, notebooks, rfm, targeting

FOLDER = Path(__file__).parents[1] / "notebooks"
AS_OF, MARGIN, YEARS = "2025-12-31", 0.3, 20


@functools.cache
def lived(emotion):
    """Return the programmes compared, a frame a year, for members who care for emotion that much of what they do."""
    members = datasets.load("loyalty_members")
    members = members.assign(cares_emotion=members["cares_emotion"] * emotion)
    return [loyalty.compare(loyalty.simulate(members, rng=np.random.default_rng(seed))) for seed in range(YEARS)]


def facts():
    """Return the numbers that the cells of the chapter state, by cell, as they are written there."""
    panel = datasets.load("loyalty_panel")
    card = panel[panel["arm"] == "card"]
    used = card.groupby("used")
    after, before = used["after_cny"].mean(), used["before_cny"].mean()
    told = {"decision": [len(card), *(round(value) for value in after), round(100 * (after[1] / after[0] - 1))],
            "card-problem": [(card["used"] == 0).sum(), round(100 * (card["used"] == 0).mean())],
            "predict-card": [(card["used"] == 1).sum()], "explain-card": [round(100 * (before[1] / before[0] - 1))]}  # fmt: skip
    change = (panel["after_cny"] - panel["before_cny"]).groupby(panel["arm"])
    trial = targeting.ab_test(change.get_group("control"), change.get_group("card"))
    level = panel.loc[panel["arm"] == "control", "after_cny"].mean()
    told["ab-read"] = [round(trial.lift), f"{trial.low:.1f}", f"{trial.high:.1f}", round(100 * trial.lift / level)]
    kinds = card.merge(datasets.load("loyalty_panel_truth")).groupby("member_kind")[["reward_cny", "uplift_cny"]].agg(["size", "sum"])
    riders, changed = kinds.loc["free_rider"], kinds.loc["changed"]
    told["predict-riders"] = [round(card["reward_cny"].sum())]
    told["explain-riders"] = [round(100 * riders["reward_cny", "sum"] / card["reward_cny"].sum()), round(riders["reward_cny", "sum"]),
                              int(riders["reward_cny", "size"]), int(changed["reward_cny", "size"]), round(changed["uplift_cny", "sum"]),
                              round(MARGIN * changed["uplift_cny", "sum"])]  # fmt: skip
    assert trial.lift * MARGIN < card["reward_cny"].mean()
    told["explain-break-even"] = [f"{1 + .05 / (.2 - .05):.2f}"]

    points = datasets.load("loyalty_points")
    sums = [loyalty.liability(loyalty.ledger(points, as_of=AS_OF, expiry_days=days), as_of=AS_OF, expiry_days=days, cost_per_point_cny=.01)
            for days in (365, 730)]  # fmt: skip
    told["predict-points"] = [sums[0]["earned"]]
    collectors = points["member_id"].nunique()
    told["explain-points"] = [*(round(100 * sums[0][name] / sums[0]["earned"]) for name in ("burned", "expired", "balance")),
                              collectors, round(collectors * sums[0]["never_used"])]  # fmt: skip
    told["liability-read"] = [round(each["liability_cny"]) for each in sums]

    warm, cold = (sum(lived(emotion)) / YEARS for emotion in (1, .4))
    assert (warm["profit_cny"].idxmax(), warm["joined"].idxmin(), warm["joined"].idxmax()) == ("club", "club", "price")
    told["explain-types"] = [-round(warm.loc["price", "profit_cny"])]
    told["explain-cold"] = [-round(cold.loc["club", "profit_cny"]), *(round(cold.loc[name, "profit_cny"]) for name in ("cobrand", "coalition"))]
    assert cold["profit_cny"].rank(ascending=False)["club"] == 4 and warm.loc["cobrand", "free_riders"] > .68 * warm.loc["cobrand", "joined"]

    options = datasets.load("loyalty_rewards")
    chosen = loyalty.best_rewards(options)
    truth = options.drop(columns="value_cny").merge(datasets.load("loyalty_rewards_truth"))
    given = chosen.table[["member_id", "reward"]].merge(truth)
    told["predict-rewards"] = [round(chosen.uniform_gain_cny), options["member_id"].nunique()]
    loss = (options["value_cny"] - options["cost_cny"]).groupby(options["reward"]).sum().min()
    told["explain-rewards"] = [round(chosen.gain_cny), -round(loss), (chosen.table["reward"] == "workshop").sum()]
    told["rewards-read"] = [round(chosen.gain_cny), round((given["value_cny"] - given["cost_cny"]).sum())]

    orders = datasets.load("orders").drop_duplicates()
    measures = rfm.measure(orders, customer="customer_id", date="order_date", amount="amount_cny", as_of=AS_OF, future="drop")
    treated = loyalty.policy(rfm.segment(rfm.score(measures)))
    table = pd.crosstab(treated["policy"], treated["stage"])
    assert table["gold"].sum() == table.loc["reward", "gold"]
    told["policy-read"] = [len(treated), table["gold"].sum(), table["silver"].sum(), table.loc["stimulate", "silver"]]
    return told


@pytest.fixture(scope="module")
def counted():
    return facts()


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_prose_states_what_the_data_gives(counted, lang):
    cells = {cell.id: cell.source for cell in notebooks.read(FOLDER / f"07_loyalty.{lang}.ipynb").cells}
    for name, numbers in counted.items():
        stated = re.findall(r"\d+(?:\.\d+)?", cells[name].replace(",", ""))
        for number in numbers:
            assert str(number) in stated, f"{name} does not state {number}"


def test_with_little_emotion_the_club_loses_in_every_year():
    years = [year["profit_cny"] for year in lived(.4)]
    assert max(year["club"] for year in years) < 0
    assert {year.idxmax() for year in years} == {"cobrand", "coalition"}
