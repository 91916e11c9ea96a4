"""Behaviour logs: what the models count is what a hand would count."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from casekit import behaviour
from casekit.errors import InputError

BEGIN = 1_764_000_000  # 2025-11-25 00:00 in Beijing
FIRST, LAST = "2025-11-25", "2025-12-03"
ROWS = some.lists(some.tuples(some.integers(1, 4), some.integers(1, 3), some.sampled_from(["pv", "cart", "fav", "buy"])), min_size=1, max_size=40)


def log_of(rows):
    log = pd.DataFrame(rows, columns=["user_id", "item_id", "behaviour"])
    return log.assign(seen_at=BEGIN + 3600 * np.arange(len(log)))


def test_times_are_local_and_wrong_clocks_are_set_aside():
    log = pd.DataFrame({"seen_at": [BEGIN, BEGIN + 9 * 86_400 - 1, BEGIN - 1, BEGIN + 9 * 86_400, -2_000_000_000]})
    kept, report = behaviour.clean(log, FIRST, LAST)
    assert kept["hour"].tolist() == [0, 23] and kept["day"].dt.strftime("%m-%d").tolist() == ["11-25", "12-03"]
    assert report["rows"].to_dict() == {"kept": 2, "day_before": 1, "other": 2}
    assert report["share"].sum() == 1 and report.loc["other", "earliest"].year == 1906
    assert behaviour.clean(log, FIRST, LAST, utc_offset=0)[0].index.tolist() == [1, 3]


def test_days_the_wrong_way_round_are_refused():
    with pytest.raises(InputError) as refused:
        behaviour.clean(log_of([(1, 1, "pv")]), LAST, FIRST)
    assert refused.value.code == "behaviour.days"


@settings(deadline=None, max_examples=30)
@given(ROWS)
def test_the_funnel_counts_as_a_hand_would(rows):
    log = log_of(rows)
    told = behaviour.funnel(log)
    reached = {stage: {(user, item) for user, item, done in rows if done in kinds} for stage, kinds in behaviour.STAGES.items()}
    before = None
    for stage, pairs in reached.items():
        assert told.at[stage, "units"] == len(pairs)
        assert told.at[stage, "events"] == sum(done in behaviour.STAGES[stage] for *_, done in rows)
        if before is not None:
            if before:
                assert told.at[stage, "step"] == pytest.approx(len(pairs & before) / len(before))
            if pairs:
                assert told.at[stage, "skipped"] == pytest.approx(1 - len(pairs & before) / len(pairs))
        before = pairs


@settings(deadline=None, max_examples=15)
@given(ROWS)
def test_the_profile_keeps_every_row(rows):
    kept, _ = behaviour.clean(log_of(rows), FIRST, LAST)
    items = pd.DataFrame({"item_id": [1, 2, 3], "category_id": [10, 10, 20]})
    told = behaviour.profile(kept, items)
    counted = kept.groupby(["user_id", "behaviour"]).size()
    assert told[["pv", "cart", "fav", "buy"]].to_numpy().sum() == len(kept)
    for (user, done), count in counted.items():
        assert told.at[user, done] == count
    for user, row in told.iterrows():
        own = kept[kept["user_id"] == user]["item_id"].map(items.set_index("item_id")["category_id"])
        assert row["category_share"] == own.value_counts(normalize=True).max() == (own == row["category_id"]).mean()


def test_the_shape_is_what_it_says():
    log = log_of([(1, 1, "pv")] * 6 + [(1, 2, "cart"), (2, 3, "fav"), (2, 4, "buy"), (2, 5, "pv")])
    shows = pd.DataFrame({"clicked": [1, 0, 0, 1], "placement": ["P1", "P1", "P1", "P2"]})
    people = pd.DataFrame({"city_level": [None, 1, 2, 3], "spend_level": [None, None, 1, 2]})
    told = behaviour.shape(log, FIRST, LAST, shows, people)
    assert told[["pv_share", "cart_share", "user_mean", "user_max", "item_mean", "item_p50", "item_single"]].tolist() == [.7, .1, 5, 7, 2, 1, .8]
    counts = np.array([1, 1, 1, 1, 6])
    assert told["item_gini"] == pytest.approx(np.abs(counts[:, None] - counts).mean() / (2 * counts.mean()))
    assert told[["in_window", "ctr", "ctr_p1", "no_city_level", "no_spend_level", "item_top"]].round(4).tolist() == [1, .5, .3333, .25, .5, .6]
    facts = pd.DataFrame({"fact": ["ctr", "pv_share", "log_rows"], "published": [.45, .9, 1e8], "tolerance": [.1, .1, None]})
    assert behaviour.calibrate(told, facts)["within"].to_dict() == {"ctr": True, "pv_share": False}


def test_what_was_not_measured_is_not_within():
    facts = pd.DataFrame({"fact": ["none"], "published": [0.0], "tolerance": [1.0]})
    assert behaviour.calibrate(pd.Series({"ctr": 0.05}), facts)["within"].tolist() == [False]


@settings(deadline=None, max_examples=60)
@given(some.lists(some.tuples(some.sampled_from("fm"), some.integers(1, 3)), min_size=1, max_size=30))
def test_a_crowd_holds_those_alike(rows):
    told = behaviour.k_anonymity(pd.DataFrame(rows, columns=["sex", "area"]), ["sex", "area"])
    assert told.tolist() == [rows.count(row) for row in rows]


def test_gaps_are_alike_to_gaps():
    assert behaviour.k_anonymity(pd.DataFrame({"city_level": [1, None, None]}), ["city_level"]).tolist() == [1, 2, 2]


def test_more_items_known_recognise_more():
    rng = np.random.default_rng(5)
    log = pd.DataFrame({"user_id": np.repeat(np.arange(60), 12), "item_id": rng.integers(40, size=720)})
    told = [behaviour.pinned(log, known, rng=np.random.default_rng(1)) for known in (1, 2, 3, 5)]
    assert told == sorted(told) and told[0] < 0.1 and told[-1] > 0.9
    same = pd.DataFrame({"user_id": [1, 1, 2, 2], "item_id": [7, 8, 7, 8]})
    assert behaviour.pinned(same, 2, rng=rng) == 0
    with pytest.raises(InputError) as refused:
        behaviour.pinned(same, 3, rng=rng)
    assert refused.value.code == "behaviour.known"


def test_uplift_is_the_difference_within_each_group():
    rng = np.random.default_rng(2)
    trial = pd.DataFrame({"coupon": np.tile([0, 1], 200), "ordered": (rng.random(400) < .4).astype(int)})
    trial["margin_cny"] = trial["ordered"] * rng.random(400) * 40
    by = pd.Series(np.where(np.arange(400) < 160, "a", "b"), name="group")
    told = behaviour.uplift(trial, by)
    means = trial.groupby([by, "coupon"])[["ordered", "margin_cny"]].mean()
    for group in "ab":
        assert told.at[group, "margin_gain_cny"] == pytest.approx(means.at[(group, 1), "margin_cny"] - means.at[(group, 0), "margin_cny"])
        assert told.at[group, "rate_with"] == pytest.approx(means.at[(group, 1), "ordered"])
        assert told.at[group, "gain_low"] < told.at[group, "margin_gain_cny"] < told.at[group, "gain_high"]
    assert told["people"].tolist() == [160, 240] and told.index.name == "group"


def test_a_plan_takes_the_first_of_each_group():
    groups = pd.Series(list("aabbb"), index=[11, 12, 13, 14, 15])
    order = pd.Series([1.0, 2, 3, 5, 4], index=groups.index)
    assert set(behaviour.choose(groups, {"a": 1, "b": 2}, order)) == {12, 14, 15}
    assert set(behaviour.choose(groups, {"a": 9}, order)) == {11, 12}
    with pytest.raises(InputError):
        behaviour.choose(groups, {"a": -1}, order)


@settings(deadline=None, max_examples=60)
@given(some.lists(some.integers(-50, 50), min_size=1, max_size=12), some.integers(1, 30), some.data())
def test_no_plan_beats_the_best(gains, budget, data):
    gain = pd.Series(gains, dtype=float)
    most = min(budget // 2, len(gain))
    own = data.draw(some.lists(some.sampled_from(list(gain.index)), unique=True, max_size=most))
    told = behaviour.settle(gain, {"own": own}, cost_cny=2, budget_cny=budget)
    assert told["profit_cny"]["own"] == pytest.approx(gain[own].sum() - 2 * len(own))
    assert told["profit_cny"]["best"] >= max(told["profit_cny"].max(), 0) - 1e-9
    assert told["profit_cny"]["mass"] == pytest.approx(most * (gain.mean() - 2))


@pytest.mark.parametrize(("users", "code"), [([1, 2, 3], "behaviour.budget"), ([1, 1], "behaviour.users"), ([9], "behaviour.users")])
def test_plans_that_cannot_be_are_refused(users, code):
    with pytest.raises(InputError) as refused:
        behaviour.settle(pd.Series([1.0, 2, 3], index=[1, 2, 3]), {"own": users}, cost_cny=2, budget_cny=5)
    assert refused.value.code == code and "{" not in str(refused.value)


@pytest.mark.parametrize("call", [
    lambda: behaviour.funnel(pd.DataFrame({"user_id": [1]})),
    lambda: behaviour.stance(pd.DataFrame({"cart": []})),
    lambda: behaviour.k_anonymity(pd.DataFrame({"sex": ["f"]}), ["area"]),
    lambda: behaviour.uplift(pd.DataFrame({"coupon": [2], "ordered": [1], "margin_cny": [1.0]}), pd.Series(["a"])),
    lambda: behaviour.settle(pd.Series([1.0]), {}, cost_cny=0, budget_cny=5),
])  # fmt: skip
def test_bad_tables_get_one_clear_error(call):
    with pytest.raises(InputError) as refused:
        call()
    assert str(refused.value) and "{" not in str(refused.value)
