import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies

from casekit import datasets, inputs, loyalty, rfm, targeting
from casekit.errors import InputError

AS_OF = "2025-12-31"
TYPES = ["price", "points", "coalition", "cobrand", "club"]


def told(*rows, member="M1"):
    return pd.DataFrame([(member, *row) for row in rows], columns=["member_id", "event_date", "kind", "reward_points"])


@pytest.fixture(scope="module")
def books():
    return loyalty.ledger(datasets.load("loyalty_points"), as_of=AS_OF, expiry_days=365)


@pytest.fixture(scope="module")
def simulated():
    return loyalty.simulate(datasets.load("loyalty_members"), rng=np.random.default_rng(7))


# ---- the ledger

def test_points_are_conserved(books):
    sums = loyalty.liability(books, as_of=AS_OF, expiry_days=365, cost_per_point_cny=.01)
    assert sums["earned"] == sums["burned"] + sums["expired"] + sums["balance"]
    assert sums["earned"] == datasets.load("loyalty_points").query("kind == 'earn'").reward_points.sum()
    assert .3 < sums["never_used"] < .5 and 0 < sums["breakage"] < 1
    assert sums["liability_cny"] == pytest.approx(sums["balance"] * (1 - sums["breakage"]) * .01)


@settings(max_examples=60, deadline=None)
@given(strategies.lists(strategies.tuples(strategies.integers(0, 900), strategies.integers(1, 50), strategies.booleans()),
                        max_size=15), strategies.integers(1, 400))
def test_points_are_conserved_whatever_happens(events, expiry):
    day = pd.Timestamp("2023-01-01")
    rows, held = [], []
    for after, points, burns in sorted(events):  # never use more than is there
        held = [(until, left) for until, left in held if until > after]
        if burns and sum(left for _, left in held) >= points:
            rows.append((day + pd.Timedelta(days=after), "burn", points))
            owed = points
            for place, (until, left) in enumerate(held):
                held[place], owed = (until, left - min(owed, left)), owed - min(owed, left)
        elif not burns:
            rows.append((day + pd.Timedelta(days=after), "earn", points))
            held.append((after + expiry, points))
    if not rows:
        return
    events = told(*rows)
    if events.duplicated("event_date").any():
        return  # on one day earning is booked before using
    books = loyalty.ledger(events, as_of="2026-01-01", expiry_days=expiry)
    assert books.reward_points.sum() == sum(left for until, left in held if until > 1096) == books.balance.iloc[-1]
    assert (books.balance >= 0).all() and books.entry_date.is_monotonic_increasing
    assert (np.sign(books.reward_points) == books.kind.map({"earn": 1, "burn": -1, "expire": -1})).all()


def test_the_oldest_points_go_first():
    books = loyalty.ledger(told(("2024-01-01", "earn", 100), ("2024-06-01", "earn", 100), ("2024-07-01", "burn", 120)),
                           as_of="2025-12-31", expiry_days=365)
    assert books[["kind", "reward_points"]].values.tolist() == [["earn", 100], ["earn", 100], ["burn", -120], ["expire", -80]]
    assert books.entry_date.iloc[-1] == pd.Timestamp("2025-06-01")


@pytest.mark.parametrize("used_on, good", [("2024-01-10", True), ("2024-01-11", False)])
def test_points_expire_at_the_start_of_the_day(used_on, good):
    events = told(("2024-01-01", "earn", 10), (used_on, "burn", 10))
    if good:
        assert loyalty.ledger(events, as_of=AS_OF, expiry_days=10).balance.iloc[-1] == 0
    else:
        with pytest.raises(InputError, match="M1.*10.*0") as raised:
            loyalty.ledger(events, as_of=AS_OF, expiry_days=10)
        assert raised.value.code == "loyalty.overdrawn" and raised.value.details["row"] == 1


def test_statements_add_up_to_the_books(books):
    member = books.member_id.iloc[0]
    years = [loyalty.statement(books, member, f"{year}-01-01", f"{year}-12-31") for year in (2023, 2024, 2025)]
    for before, after in zip(years, years[1:]):
        assert before.balance.iloc[-1] == after.balance.iloc[0]
    for year in years:
        assert year.balance.iloc[0] + year.reward_points.sum() == year.balance.iloc[-1]
    assert years[-1].balance.iloc[-1] == books.balance[books.member_id == member].iloc[-1]


# ---- the simulator

def test_the_same_customers_live_through_every_programme(simulated):
    without = simulated.pivot(index="member_id", columns="programme", values="without_cny")
    assert list(dict.fromkeys(simulated.programme)) == TYPES and without.nunique(axis=1).eq(1).all()
    outside = simulated[simulated.kind == "outside"]
    assert (outside.with_cny == outside.without_cny).all() and (outside[["reward_cny", "gain_cny"]] == 0).all(axis=None)
    assert (simulated.with_cny[simulated.kind == "changed"] > simulated.without_cny[simulated.kind == "changed"]).all()
    assert (simulated.joined == (simulated.kind != "outside")).all()


def test_compare_tells_free_riders_from_changed_behaviour(simulated):
    table = loyalty.compare(simulated)
    assert (table.joined == table.changed + table.free_riders).all() and (table.wasted_cny <= table.reward_cny).all()
    assert table.profit_cny["price"] < 0 < table.profit_cny["club"]  # a large base with small rewards against emotion
    assert table.joined["price"] > 2 * table.joined["club"]
    assert table.wasted_share["club"] < table.wasted_share["cobrand"]


def test_without_ties_nobody_changes():
    members = datasets.load("loyalty_members").assign(cares_time=0.0, cares_money=0.0, cares_emotion=0.0)
    simulated = loyalty.simulate(members, rng=np.random.default_rng(1))
    assert not (simulated.kind == "changed").any() and (simulated.gain_cny <= 0).all()


def test_the_card_test_shows_what_the_card_truly_adds():
    panel = datasets.load("loyalty_panel").merge(datasets.load("loyalty_panel_truth"), on="member_id")
    more = panel.after_cny - panel.before_cny  # each customer is the own yardstick
    card = panel.arm == "card"
    trial = targeting.ab_test(more[~card], more[card])
    assert trial.low < panel.uplift_cny[card].mean() < trial.high and trial.low > 0
    spread = targeting.ab_test(panel.after_cny[~card], panel.after_cny[card])
    assert trial.high - trial.low < .7 * (spread.high - spread.low)
    riders = panel[card].groupby("member_kind").reward_cny.sum()
    assert riders["free_rider"] > riders["changed"] > riders["never_used"] == 0


# ---- the choice of type

@pytest.mark.parametrize("situation, best, reason", [
    ({"customer_base": "large", "unit_margin": "low"}, "price", "large_base"),
    ({"budget": "high", "purchase_frequency": "high"}, "points", "platform_paid"),
    ({"partners": "equal", "customer_base": "large", "rivals_copy": "yes"}, "coalition", "equal_partners"),
    ({"bank": "yes", "customer_base": "concentrated"}, "cobrand", "bank"),
    ({"customer_base": "concentrated", "unit_margin": "high", "customers_seek": "belonging"}, "club", "belonging")])
def test_each_type_has_its_situation(situation, best, reason):
    table = loyalty.choose(situation)
    assert table.index[0] == best and reason in {*table.reasons_for[best], "bank"} and set(table.index) == set(TYPES)
    assert "copied" in loyalty.choose({"rivals_copy": "yes"}).reasons_against["price"]


def test_every_reason_has_its_words():
    rules = inputs.definitions("loyalty_rules.csv")
    assert rules.id.is_unique and (rules[["zh", "en"]] != "").all(axis=None) and set(rules.programme) == set(TYPES)
    table = loyalty.choose(rules.drop_duplicates("factor").set_index("factor").value.to_dict())
    assert set(sum(table.reasons_for + table.reasons_against, ())) <= set(rules.id)


# ---- the choice of reward

def test_own_rewards_beat_one_for_all_on_the_truth():
    options, truth = datasets.load("loyalty_rewards"), datasets.load("loyalty_rewards_truth")
    table, uniform, gain, same = loyalty.best_rewards(options)
    true = options.drop(columns="value_cny").merge(truth).set_index(["member_id", "reward"])
    net = true.value_cny - true.cost_cny
    own = net.reindex(pd.MultiIndex.from_frame(table[["member_id", "reward"]])).fillna(0).sum()
    assert gain > same and own > 2 * net.xs(uniform, level="reward").sum()
    assert own < gain  # promises of one's own are rosy: the best of noisy answers is too high


@settings(max_examples=40, deadline=None)
@given(strategies.lists(strategies.integers(-20, 20), min_size=6, max_size=6))
def test_own_rewards_are_never_worse_than_one_for_all(values):
    grid = pd.DataFrame({"member_id": ["a", "a", "b", "b", "c", "c"], "reward": ["x", "y"] * 3, "value_cny": values, "cost_cny": 3})
    table, uniform, gain, same = loyalty.best_rewards(grid)
    assert gain >= max(same, 0) and (table.gain_cny >= 0).all() and (table.gain_cny >= table.uniform_gain_cny).all()
    assert same == sum(value - 3 for value, reward in zip(values, grid.reward) if reward == uniform)


# ---- the relationship

def test_every_segment_has_a_policy_and_every_purchase_count_a_stage():
    codes = [row.segment for row in rfm.strategies().itertuples()]
    table = loyalty.policy(pd.DataFrame({"segment": codes, "frequency": [1, 24, 25, 49, 50, 51, 2, 400]}))
    assert table.stage.tolist() == ["paper", "paper", "silver", "silver", "gold", "gold", "paper", "gold"]
    assert set(table.policy) == {"reward", "stimulate", "penalise"}
    assert set(table.policy[table.segment.str.endswith("_value")]) == {"reward"}
    own = pd.DataFrame({"segment": codes, "policy": "reward"})
    assert set(loyalty.policy(table, own).policy) == {"reward"}


# ---- bad input

GRID = pd.DataFrame({"member_id": ["a", "a", "b"], "reward": ["x", "y", "x"], "value_cny": 1, "cost_cny": 1})
MEMBER = pd.DataFrame({"member_id": ["a"], "spend_cny": 1, "margin_share": .3, "stay": .5, "cares_time": 0, "cares_money": 0,
                       "cares_emotion": 0})


@pytest.mark.parametrize("call, code, words", [
    (lambda: loyalty.ledger(told(("2024-01-01", "burn", 5)), as_of=AS_OF, expiry_days=9), "loyalty.overdrawn", "M1"),
    (lambda: loyalty.ledger(told(("2024-01-01", "earn", -5)), as_of=AS_OF, expiry_days=9), "input.out_of_range", "-5"),
    (lambda: loyalty.ledger(told(("2024-01-01", "earn", 1.5)), as_of=AS_OF, expiry_days=9), "input.not_whole", "1.5"),
    (lambda: loyalty.ledger(told(("2024-01-01", "gift", 5)), as_of=AS_OF, expiry_days=9), "input.unknown_code", "gift"),
    (lambda: loyalty.ledger(told(("2026-01-01", "earn", 5)), as_of=AS_OF, expiry_days=9), "input.after_as_of", "2026"),
    (lambda: loyalty.ledger(told(("2024-01-01", "earn", 5)), as_of=AS_OF, expiry_days=0), "input.parameter", "expiry_days"),
    (lambda: loyalty.statement(loyalty.ledger(told(("2024-01-01", "earn", 5)), as_of=AS_OF, expiry_days=9), "M9", "2024-01-01", AS_OF),
     "loyalty.no_member", "M9"),
    (lambda: loyalty.simulate(MEMBER.assign(stay=1.2), rng=None), "input.out_of_range", "stay"),
    (lambda: loyalty.simulate(pd.concat([MEMBER, MEMBER]), rng=None), "input.duplicates", "member_id"),
    (lambda: loyalty.simulate(MEMBER, rng=np.random.default_rng(1), programmes=inputs.definitions("loyalty_programmes.csv").assign(
        reward_rate="much")), "input.missing_values", "reward_rate"),
    (lambda: loyalty.choose({"weather": "good"}), "input.option", "weather"),
    (lambda: loyalty.choose({"budget": "endless"}), "input.option", "endless"),
    (lambda: loyalty.policy(pd.DataFrame({"segment": ["night owls"], "frequency": [1]})), "input.unknown_code", "night owls"),
    (lambda: loyalty.policy(pd.DataFrame({"segment": ["general_value"], "frequency": [0]})), "input.out_of_range", "frequency"),
    (lambda: loyalty.best_rewards(GRID), "loyalty.grid", "b"),
    (lambda: loyalty.best_rewards(pd.concat([GRID[:2], GRID[:2]])), "loyalty.grid", "a"),
])
def test_bad_input_is_named(call, code, words):
    with pytest.raises(InputError) as raised:
        call()
    assert raised.value.code == code and words in str(raised.value)


# ---- word of mouth

@settings(max_examples=60, deadline=None)
@given(strategies.lists(strategies.integers(0, 10**6), min_size=1, max_size=40), strategies.integers(0, 10**6))
def test_whoever_was_brought_counts_once_for_each_one_above(choices, luck):
    # Newcomer n was brought by one of those before: no circle can be.
    links = pd.DataFrame({"customer_id": [f"P{n + 1}" for n in range(len(choices))],
                          "referrer_id": [f"P{choice % (n + 1)}" for n, choice in enumerate(choices)],
                          "bought": [(choice + luck) % 2 for choice in choices]})
    people = loyalty.word_of_mouth(links.sample(frac=1, random_state=1), value="bought")
    assert people.brought_directly.sum() == len(links) and people.value_directly.sum() == links.bought.sum()
    assert people.brought_in_all.sum() == people.generation.sum()
    assert set(people.founder) == {"P0"} and people.brought_in_all["P0"] == len(links)
    assert people.value_in_all["P0"] == links.bought.sum()
    assert (people.generation[links.customer_id].to_numpy() == people.generation[links.referrer_id].to_numpy() + 1).all()


@pytest.mark.parametrize("rows, code", [
    ([("B", "A"), ("B", "C")], "input.duplicates"), ([("B", "A"), ("A", "B")], "loyalty.circle"), ([("B", "B")], "loyalty.circle"),
    ([("B", None)], "input.missing_values"), ([], "input.empty")])
def test_word_of_mouth_refuses_what_cannot_be(rows, code):
    with pytest.raises(InputError) as refused:
        loyalty.word_of_mouth(pd.DataFrame(rows, columns=["customer_id", "referrer_id"]))
    assert refused.value.code == code


# ---- a year of points

WAYS = pd.DataFrame({"earn_way": ["survey", "home"], "least": [.5, .1], "most": [1.5, .1], "half": [10, 0], "worth_cny": [40, 9_000]})
TERMS = {"members": 100, "cost_per_point_cny": 1}


def test_points_are_paid_for_all_and_worth_only_what_they_move():
    plan = loyalty.points_plan(WAYS, {"survey": 10, "home": 1_000}, **TERMS)
    assert plan.extra.tolist() == [50, 0] and plan.actions.tolist() == [100, 10]
    assert plan.cost_cny.tolist() == [1_000, 10_000] and plan.anyway_cny.tolist() == [500, 10_000]
    assert plan.gain_cny.tolist() == [1_000, -10_000]
    assert loyalty.points_plan(WAYS, {}, **TERMS)[["extra", "cost_cny", "gain_cny"]].eq(0).all(axis=None)


@settings(max_examples=40, deadline=None)
@given(strategies.floats(0, 500), strategies.floats(0, 500))
def test_more_points_never_move_members_less_and_never_beyond_the_most(few, more):
    low, high = (loyalty.points_plan(WAYS, {"survey": points}, **TERMS).actions["survey"] for points in sorted((few, more)))
    assert 50 <= low <= high <= 150


@settings(max_examples=6, deadline=None)
@given(strategies.integers(0, 3_000))
def test_the_best_points_are_the_best_of_all_plans_within_the_budget(budget):
    levels = [5, 10, 20]
    best = loyalty.points_plan(WAYS, loyalty.best_points(WAYS, budget_cny=budget, levels=levels, **TERMS), **TERMS)
    every = [loyalty.points_plan(WAYS, {"survey": one, "home": two}, **TERMS).sum() for one in [0, *levels] for two in [0, *levels]]
    assert best.cost_cny.sum() <= budget
    assert best.gain_cny.sum() == pytest.approx(max(plan.gain_cny for plan in every if plan.cost_cny <= budget))


@pytest.mark.parametrize("points, terms, code", [
    ({"gift": 5}, {}, "input.unknown_code"), ({"survey": -5}, {}, "input.out_of_range"), ({"survey": 5}, {"members": 0}, "input.parameter"),
    ({"survey": 5}, {"cost_per_point_cny": -1}, "input.parameter")])
def test_a_plan_that_cannot_be_is_refused(points, terms, code):
    with pytest.raises(InputError) as refused:
        loyalty.points_plan(WAYS, points, **TERMS | terms)
    assert refused.value.code == code
