"""What chapter 03 tells in its prose is what its data gives: each number is counted again here."""

import re
from pathlib import Path

import pandas as pd
import pytest

from casekit import bullseye, datasets, notebooks, value

FOLDER = Path(__file__).parents[1] / "notebooks"


def facts():
    """Return the numbers that the cells of the chapter state, by cell, as they are written there."""
    ratings = datasets.load("bullseye_ratings")
    compared = bullseye.compare(ratings, runs=10_000, seed=20250101)
    rest = ratings[ratings["rater"] != "R06"]
    recompared = bullseye.compare(rest, runs=10_000, seed=20250101)
    lens = ratings[ratings["product"] == "used_lens"]
    card, changes = bullseye.scorecard(lens), bullseye.tornado(lens)
    ranks = compared[["factor_mean", "group_mean"]].rank(ascending=False).loc["used_lens"]
    assert ranks.tolist() == [4, 2]  # the surprise of prediction 2
    assert (compared["reading"] == "medium").all() and not compared["vetoes"].any()
    assert recompared["vetoes"]["used_lens"] == ("seen_or_tried",)  # the surprise of prediction 4
    assert compared["factor_mean"].rank().equals(recompared["factor_mean"].rank())
    assert recompared["best"]["camera_kit"] > 0.9
    worst = card.factors["spread"].nlargest(3).index
    assert set(worst) <= set(bullseye.read().query("direction == 'reversed'").index)
    alpha = {rater: bullseye.agreement(ratings[ratings["rater"] != rater]) for rater in ratings["rater"].unique()}
    assert max(alpha, key=alpha.get) == "R06" and sorted(alpha, key=alpha.get)[-2] == "R02"
    survey = datasets.load("wallets")
    usage = pd.cut(survey["uses_per_month"], [0, 2, 5, 1000], labels=["light", "medium", "heavy"])
    heavy = value.bases(survey.assign(usage=usage), ["usage", "region", "gender"], "category_cny").loc["usage"]
    return {
        "panel-read": [len(ratings), ratings["rating"].isna().sum()],
        "explain-means": [f"{card.groups['mean'][group]:.1f}" for group in ("product", "brand")],
        "tornado-read": [f"{changes.loc['product', 'factor_change']:.2f}", f"{-changes.loc['brand', 'group_change']:.2f}"],
        "explain-veto": [f"{card.factors.loc['seen_or_tried', 'mean']:.1f}"],
        "explain-drop": [f"{frame.loc['used_lens', 'factor_mean']:.2f}" for frame in (compared, recompared)],
        "alpha-read": [f"{a:.3f}" for a in (bullseye.agreement(ratings), alpha["R06"], alpha["R02"])],
        "simulate-read": [f"{abs(recompared['group_mean']['print_service'] - recompared['group_mean']['tripod']):.1f}"],
        "explain-bases": [f"{100 * heavy[share]:.0f}" for share in ("customer_share", "value_share", "explained")],
    }


@pytest.fixture(scope="module")
def counted():
    return facts()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_prose_states_what_the_data_gives(counted, lang):
    cells = {cell.id: cell.source for cell in notebooks.read(FOLDER / f"03_bullseye.{lang}.ipynb").cells}
    for name, numbers in counted.items():
        stated = re.findall(r"\d+\.\d+|\d+", cells[name].replace(",", ""))
        assert {str(number) for number in numbers} <= set(stated), name
