"""The Taobao case: the log has the published shape at any size, and chapter 11 tells what its cells give."""

import importlib.util
import sys

import numpy as np
import pandas as pd
import pytest
from test_chapter_idic import LEFT_OUT, run, unstated

from casekit import behaviour, datasets, labels
from casekit.errors import InputError

CHAPTER = "11_case_taobao"
FIRST, LAST = "2025-11-25", "2025-12-03"
FACTS = datasets.load("taobao_facts")


@pytest.fixture(scope="module")
def maker():
    home = datasets.folder() / "make"
    source = importlib.util.spec_from_file_location("make_taobao", home / "taobao.py")
    module = importlib.util.module_from_spec(source)
    sys.path.insert(0, str(home))
    try:
        source.loader.exec_module(module)
    finally:
        sys.path.remove(str(home))
    return module


def gathered(maker, users, seed):
    chunks = list(maker.stream(users, seed))
    return {name: pd.concat([chunk[name] for chunk in chunks], ignore_index=True) for name in chunks[0]}


def calibrated(tables):
    measured = behaviour.shape(tables["taobao_events"], FIRST, LAST, tables["taobao_impressions"], tables["taobao_users"])
    table = behaviour.calibrate(measured, FACTS)
    print(table.to_string(float_format="{:.4f}".format))
    return table


# ---- data

def test_the_bundled_log_has_the_published_shape():
    table = calibrated({name: datasets.load(name) for name in ("taobao_events", "taobao_impressions", "taobao_users")})
    assert len(table) == 21 and table.index[~table["within"]].tolist() == []


def test_a_log_of_another_shape_would_be_seen():
    events = datasets.load("taobao_events").head(20_000)
    table = calibrated({"taobao_events": events, "taobao_impressions": datasets.load("taobao_impressions"), "taobao_users": datasets.load("taobao_users")})
    assert not table["within"].all()


@pytest.mark.slow
@pytest.mark.parametrize(("users", "seed"), [(1_500, 77), (12_000, 3)])
def test_other_seeds_and_sizes_have_the_same_shape(maker, users, seed):
    table = calibrated(gathered(maker, users, seed))
    assert table.index[~table["within"]].tolist() == []


def test_the_tolerances_are_narrow():
    """Each is at most a tenth of what is published, but for the longest row of all and the hours."""
    asked = FACTS.dropna(subset="tolerance").set_index("fact").drop(index=["user_max", "item_p50", "peak_hour", "low_hour", "item_top"])
    assert (asked["tolerance"] <= 0.1 * asked["published"]).all()
    assert FACTS["status"].eq("confirmed").all() and FACTS["period"].str.match(r"20\d\d-").all()


def test_ads_tire_and_favourites_are_clicked():
    shows = datasets.load("taobao_impressions")
    rates = shows[shows["exposure"] <= 6].groupby("exposure")["clicked"].mean()
    assert (rates.diff().dropna() < 0).all() and rates[1] > 1.5 * rates[6]


def test_the_chunks_of_a_large_log_fit_together(maker, monkeypatch):
    monkeypatch.setattr(maker, "CHUNK", 300)
    chunks = list(maker.stream(700, 1))
    assert [len(chunk["taobao_users"]) for chunk in chunks] == [300, 300, 100]
    tables = {name: pd.concat([chunk[name] for chunk in chunks], ignore_index=True) for name in chunks[0]}
    for name, key in (("taobao_users", "user_id"), ("taobao_items", "item_id"), ("taobao_trial", "user_id")):
        assert tables[name][key].tolist() == list(range(1, len(tables[name]) + 1))
    assert set(tables["taobao_events"]["user_id"]) == set(tables["taobao_users"]["user_id"])
    assert tables["taobao_events"]["item_id"].between(1, len(tables["taobao_items"])).all()
    assert tables["taobao_items"]["category_id"].is_monotonic_increasing
    assert tables["taobao_events"]["user_id"].is_monotonic_increasing


@pytest.mark.parametrize("users", [1, 7])
def test_the_smallest_logs_are_logs_too(maker, users):
    tables = gathered(maker, users, 0)
    assert tables["taobao_users"]["user_id"].tolist() == list(range(1, users + 1))
    assert tables["taobao_events"]["item_id"].between(1, len(tables["taobao_items"])).all()


@pytest.mark.parametrize("users", [0, -5, 2.5, "many", True])
def test_a_size_that_cannot_be_gets_one_clear_error(maker, users):
    with pytest.raises(InputError) as refused:
        next(maker.stream(users))
    assert refused.value.code == "datasets.size" and "{" not in str(refused.value)


def test_the_bundled_log_is_the_stream_of_its_size(maker):
    (made,) = maker.stream(maker.USERS, maker.SEED)
    for name, frame in made.items():
        there = datasets.load(name)
        assert len(there) == len(frame)
        for column in frame:
            assert (there[column].isna() == frame[column].isna().to_numpy()).all()
            known = there[column].notna()
            assert (there[column][known].to_numpy() == frame[column][known.to_numpy()].to_numpy()).all(), (name, column)
    other = next(maker.stream(maker.USERS, maker.SEED + 1))
    assert not other["taobao_events"]["item_id"].head(1000).equals(made["taobao_events"]["item_id"].head(1000))


def test_the_truth_explains_the_trial():
    trial, truth = (datasets.load(f"taobao_trial{end}").set_index("user_id") for end in ("", "_truth"))
    chance = np.where(trial["coupon"] == 1, truth["p_with"], truth["p_without"])
    spread = np.sqrt((chance * (1 - chance)).sum())
    assert abs(trial["ordered"].sum() - chance.sum()) < 3 * spread
    assert (trial.loc[trial["ordered"] == 0, "margin_cny"] == 0).all() and (trial.loc[trial["ordered"] == 1, "margin_cny"] > 0).all()
    assert abs(trial["coupon"].mean() - 0.5) < 0.01
    means = truth.groupby("kind")["gain_cny"].mean()
    assert means["thrifty"] > 5 > 0.6 > means["looker"] > 0 > means["ordinary"] > means["decided"]
    assert "taobao_trial_truth" not in datasets.names(truth=False)


def test_the_exercise_is_equally_hard_for_all():
    for student in ("20250101", "77"):
        panel = datasets.load("taobao_panel", student=student)
        groups = behaviour.stance(panel, bought=2, marked=8).replace({"taster": "looker"})
        gain = behaviour.uplift(panel, groups)["margin_gain_cny"]
        assert gain["hesitant"] > 5 and gain.drop("hesitant").max() < 3
        assert 80 <= (groups == "hesitant").sum() < 150 and 70 < (behaviour.k_anonymity(panel, ["sex", "age_band", "area"]) < 5).sum() < 150


# ---- chapter

@pytest.fixture(scope="module")
def ran():
    at = run(CHAPTER, LEFT_OUT)
    labels.use("zh")
    return at


def settled(at, chosen):
    account = behaviour.settle(at["gain"], {"own": chosen}, cost_cny=at["COST"], budget_cny=at["BUDGET"])
    return round(account.at["own", "profit_cny"])


def facts(at):
    """Return the numbers that the cells of the chapter state, by cell."""
    pairs, users = behaviour.funnel(at["log"]), at["by_user"]
    rates = at["impressions"].groupby("exposure")["clicked"].mean()
    hits = {name: 100 * frame.iloc[-1] for name, frame in at["hits"].items()}
    ads = behaviour.targeting.gains(at["score"], at["shows"]["clicked"][~at["past"]])
    plans = behaviour.settle(at["gain"], at["plans"], cost_cny=at["COST"], budget_cny=at["BUDGET"])
    best, by = plans.loc["best"], at["trial_result"]
    truth = at["gain"].groupby(at["groups"]).mean()
    profits = at["settled"]["profit_cny"].round()
    return {
        "decision": [len(at["people"]), at["BUDGET"], at["COST"], at["BUDGET"] / at["COST"]],
        "facts-box": [44.5, 89.58, 2.01, 5.14],
        "calibrate-read": [len(behaviour.calibrate(at["measured"], FACTS)), len(at["people"]), round(100 * at["measured"]["item_single"])],
        "clean-read": [round(100 * at["report"]["share"]["day_before"], 1), at["report"]["rows"]["other"]],
        "explain-funnel": [round(100 * pairs["units"].iloc[-1] / pairs["units"].iloc[0], 1), round(100 * pairs["skipped"].iloc[-1]),
                           round(100 * (1 - pairs["step"].iloc[1])), round(100 * (1 - pairs["step"].iloc[2]))],
        "funnel-people-read": [round(100 * users["units"].iloc[-1] / users["units"].iloc[0]), round(100 * pairs["units"].iloc[-1] / pairs["units"].iloc[0], 1),
                               round(100 * at["measured"]["buy_share"])],
        "predict-rf": [len(at["spent"])],
        "explain-rf": [*at["compared"]["scheme_cells"], *(round(100 * share) for share in at["shares"][::-1])],
        "explain-recommend": [*(round(hits[name]["hit_rate"]) for name in hits), *(round(hits[name]["coverage"]) for name in hits),
                              round(hits["looks_alike"]["hit_rate"] / hits["looks_popular"]["hit_rate"], 1)],
        "predict-fatigue": [round(100 * at["impressions"]["clicked"].mean(), 2)],
        "explain-fatigue": [round(100 * rates[1], 1), round(100 * rates[8], 1)],
        "ads-read": [round(100 * ads["gain"].iloc[1]), round(ads["cumulative_lift"].iloc[1], 1), round(100 * ads["gain"].iloc[4])],
        "predict-likely": [round(at["gains"]["lift"].iloc[0], 1), len(at["plans"]["likely"])],
        "explain-surprise": [-plans["profit_cny"].round()[name] for name in ("mass", "rfm", "likely")],
        "explain-uplift": [*by["margin_gain_cny"][["hesitant", "taster"]].round(1), -by["margin_gain_cny"].round(1)["buyer"], by["people"]["taster"],
                           by["gain_high"].round(1)["taster"], round(truth["hesitant"], 1), -round(truth["taster"], 1)],
        "explain-game": [profits["rate"], profits["random"], best["contacts"], at["BUDGET"] - best["cost_cny"], (at["groups"] == "hesitant").sum()],
        "crowds-read": [round(100 * at["alike"][[*at["alike"]][-1]]["under_five"]), (at["groups"].value_counts()).min()],
        "privacy-read": [profits["random"], profits["rate"], profits["rate"] - profits["random"]],
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_prose_states_what_the_cells_give(ran, lang):
    assert unstated(CHAPTER, lang, facts(ran)) == []


def test_the_story_holds(ran):
    plans = behaviour.settle(ran["gain"], ran["plans"], cost_cny=ran["COST"], budget_cny=ran["BUDGET"])["profit_cny"]
    assert plans["likely"] < plans["rfm"] < plans["mass"] < 0 < plans["best"], "the most precise list loses most"
    assert ran["trial_result"].at["taster", "margin_gain_cny"] > ran["COST"] > 0 > ran["gain"].groupby(ran["groups"]).mean()["taster"]
    assert ran["recognised"][4] > 0.9 and 0.45 < ran["alike"][[*ran["alike"]][-1]]["alone"] < 0.55
    hesitant = set(behaviour.choose(ran["groups"], {"hesitant": 300, "looker": 75}, ran["orders_by"]["rate"]))
    assert 1_080 < settled(ran, list(hesitant)) < 1_100
    best = behaviour.settle(ran["gain"], {}, cost_cny=ran["COST"], budget_cny=ran["BUDGET"])["profit_cny"]["best"]
    assert abs(1_100 / best - 2 / 3) < 0.02
