"""What chapter 06 tells in its prose is what its data gives: each number is counted again here."""

import re
from pathlib import Path

import pandas as pd
import pytest

from casekit import datasets, notebooks, satisfaction

FOLDER = Path(__file__).parents[1] / "notebooks"
ITEMS = ["image", "taste", "hygiene", "price", "speed", "information", "care"]
STATEMENTS = ["pleased", "again", "regret"]
SCALE = dict(zip("ABCDE", (5, 4, 3, 2, 1), strict=True))


def facts():
    """Return the numbers that the cells of the chapter state, by cell, as they are written there."""
    survey = datasets.load("survey").set_index("respondent_id")
    coded = satisfaction.code_survey(survey, items=ITEMS + STATEMENTS, scale=SCALE, reverse=["regret"])
    reviews = coded["review"].value_counts()
    told = {"review-read": [reviews["usable"], reviews["incomplete"], reviews["straight_line"]]}
    usable = coded[coded["review"] == "usable"]
    turned = satisfaction.code_survey(survey, items=STATEMENTS, scale=SCALE).loc[usable.index]
    told["explain-alpha"] = [f"{satisfaction.cronbach(frame[STATEMENTS]):.2f}" for frame in (usable, turned)]

    heard = datasets.load("expectations").query("respondent_id in @usable.index")
    gaps = satisfaction.gaps(heard)
    told["predict-gap"] = [f"{gaps.loc['care', 'perceived']:.1f}"]
    told["explain-gap"] = [
        *(f"{gaps.loc['speed', what]:.1f}" for what in ("perceived", "expected", "gap")), f"{gaps.loc['care', 'gap']:.1f}",
        *(f"{gaps.loc['hygiene', what]:.2f}" for what in ("perceived", "expected", "gap")),
    ]  # fmt: skip
    assert gaps.loc["taste", list(satisfaction.FEELINGS)].between(.3, .37).all()
    importance = heard.groupby("item")["important"].mean()
    told["predict-importance"] = [f"{importance['price']:.1f}"]
    assert importance.rank(ascending=False)["price"] == 2
    guests = usable.assign(index=usable[STATEMENTS].mean(axis=1))
    derived = satisfaction.importance_performance(guests, items=ITEMS, overall="index")
    assert (derived["importance"].idxmin(), derived["importance"].idxmax()) == ("price", "speed")
    assert derived.loc[["speed", "information"], "quadrant"].eq("concentrate").all()

    kano = satisfaction.kano(datasets.load("kano_answers"))
    told["kano-read"] = [round(100 * kano.loc["loud_music", "reverse"])]
    tree = satisfaction.post_purchase(1000)
    total = tree["reach"] * tree["loss"]
    told["explain-tree"] = [f"{tree.loc['sue', 'loss']:.0f}", f"{100 * tree.loc['dissatisfied_rests', 'reach']:.0f}"]
    told["complaint"] = [round(total["dissatisfied_rests"]), round(total["claim"])]
    branches = datasets.load("post_purchase").set_index("node")
    numbers = ["stays", "told", "cost_cny"]
    branches.loc["dissatisfied_rests", numbers] = branches.loc[["dissatisfied_rests", "claim"], numbers].mean()
    better = satisfaction.post_purchase(1000, tree=branches.reset_index())
    told["complaint-read"] = [f"{tree.loc['purchase', 'value']:.1f}", f"{better.loc['purchase', 'value']:.1f}",
                              *(f"{tree.loc[node, 'value']:.0f}" for node in ("satisfied", "dissatisfied")),
                              f"{tree.loc['dissatisfied', 'loss']:.0f}"]  # fmt: skip

    visits = guests.join(survey[["competition", "stayed"]])
    there = visits.groupby("competition")
    told["predict-curve"] = [*there.size(), ((visits["competition"] == "fierce") & (visits["pleased"] == 4)).sum()]
    stayed = visits.groupby(["competition", "pleased"])["stayed"].mean()
    top = visits["pleased"].dropna() >= 4
    told["explain-curve"] = [f"{100 * value:.0f}" for value in (stayed["fierce", 4], stayed["weak", 4], top.mean())]
    assert stayed[:, 5].min() > .9
    assert 1 - visits[(visits["pleased"] >= 4) & (visits["competition"] == "fierce")]["stayed"].mean() > 1 / 3
    told["settle"] = [f"{100 * value:.0f}" for value in there["stayed"].mean()]

    incidents = datasets.load("incidents")
    same = incidents["service_level"] == incidents["second_level"]
    shares = [incidents[name].value_counts(normalize=True) for name in ("service_level", "second_level")]
    chance = (shares[0] * shares[1]).sum()
    told["explain-levels"] = [len(same), same.sum(), f"{100 * same.mean():.0f}", f"{(same.mean() - chance) / (1 - chance):.2f}"]
    steps = satisfaction.blueprint()
    told["blueprint-read"] = [satisfaction.flows(steps)["interaction"].sum(), steps["fail"].sum(),
                              (steps["fail"] & steps["lane"].isin(["back", "support"])).sum()]  # fmt: skip
    stores = datasets.load("stores")
    effects = satisfaction.total_effects(satisfaction.service_profit_chain(stores))
    told["explain-chain"] = [f"{stores['internal_quality'].corr(stores['profit_growth']):.2f}",
                             f"{effects.loc['internal_quality', 'profit_growth']:.2f}"]  # fmt: skip
    return told


@pytest.fixture(scope="module")
def counted():
    return facts()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_prose_states_what_the_data_gives(counted, lang):
    cells = {cell.id: cell.source for cell in notebooks.read(FOLDER / f"06_satisfaction.{lang}.ipynb").cells}
    for name, numbers in counted.items():
        stated = re.findall(r"−?\d+(?:\.\d+)?", cells[name].replace(",", ""))
        for number in numbers:
            written = str(number).replace("-", "−")
            assert written in stated, f"{name} does not state {written}"


def test_the_exponents_that_made_the_data_come_back():
    survey = datasets.load("survey")
    marks = pd.DataFrame({"competition": survey["competition"], "mark": survey["pleased"].map(SCALE), "stayed": survey["stayed"]}).dropna()
    bends = {name: satisfaction.fit_loyalty_curve(part["mark"], part["stayed"]) for name, part in marks.groupby("competition")}
    assert .4 < bends["weak"] < 1 and 3 < bends["fierce"] < 5.5
