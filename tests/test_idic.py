import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies

from casekit import datasets, idic, inputs, records, value
from casekit.errors import InputError

AS_OF = "2025-12-31"
NEEDS = ["need_price", "need_novelty", "need_gift", "need_convenience"]
few = settings(max_examples=25, deadline=None)


def rng():
    return np.random.default_rng(20251231)


@pytest.fixture(scope="module")
def shop():
    """The four verbs, one after the other, as the chapter runs them."""
    found, sales, contacts = (datasets.load(f"idic_{name}") for name in ("records", "sales", "contacts"))
    matched = idic.match(found)
    link = matched.set_index("record_id").customer_id
    person = datasets.load("idic_identity_truth").set_index("record_id").person_id
    identified = idic.identify(matched, sales)
    bought = sales.assign(customer_id=sales.record_id.map(link)).groupby("customer_id")
    yearly = bought[["amount_cny", "margin_cny"]].sum() / 1.5
    customers = identified.table.join(yearly).fillna({"amount_cny": 0, "margin_cny": 0})
    worth = value.lifetime_value(customers.margin_cny, .8, .1)
    share = (customers.amount_cny / customers.wallet_cny).clip(.05, 1).fillna(1)
    customers = customers.assign(clv_cny=worth, potential_cny=np.maximum(worth, 0) / share)
    differentiated = idic.differentiate(customers, value="clv_cny", potential="potential_cny", needs=NEEDS, rng=rng())
    contacts = contacts.assign(customer_id=contacts.record_id.map(link))
    truth = matched.drop_duplicates("customer_id").set_index("customer_id").record_id.map(person).rename("person_id")
    truth = truth.reset_index().merge(datasets.load("idic_response_truth"), on="person_id")
    return {"matched": matched, "person": person, "identified": identified, "customers": customers,
            "table": differentiated.table, "metrics": differentiated.metrics, "contacts": contacts, "truth": truth, "link": link}


@pytest.fixture(scope="module")
def memory(shop):
    return idic.remember(shop["contacts"].dropna(subset="offer"), shop["table"].need)


# ---- identify

def test_match_finds_who_is_who(shop):
    found = idic.agreement(shop["matched"].set_index("record_id").customer_id, shop["person"])
    assert found["precision"] > .99 and found["recall"] > .92
    exact = idic.match(datasets.load("idic_records"), threshold=np.inf)
    alone = idic.agreement(exact.set_index("record_id").customer_id, shop["person"])
    assert alone["precision"] > .99 and alone["recall"] < found["recall"] - .15
    loose = idic.match(datasets.load("idic_records"), threshold=6)
    wild = idic.agreement(loose.set_index("record_id").customer_id, shop["person"])
    assert wild["recall"] > found["recall"] and wild["precision"] < .95
    assert set(shop["matched"].rule) == {"exact", "fuzzy", "single"} and set(exact.rule) == {"exact", "single"}


def test_the_order_of_records_does_not_matter(shop):
    shuffled = datasets.load("idic_records").sample(frac=1, random_state=3)
    again = idic.match(shuffled)
    assert again.index.equals(shuffled.index)
    assert (again.set_index("record_id").customer_id.loc[shop["link"].index] == shop["link"]).all()


def test_a_family_on_one_telephone_stays_two_people():
    family = pd.DataFrame({"record_id": ["a", "b"], "name": ["王伟", "李娜"], "phone": "13800000001",
                           "birth_date": ["1980-01-01", "1982-05-05"]})
    assert idic.match(family).customer_id.nunique() == 2


def test_a_slip_of_one_digit_is_forgiven_only_with_more_evidence():
    two = pd.DataFrame({"record_id": ["a", "b"], "name": "欧阳思雨", "phone": ["13800000001", "13800000009"],
                        "birth_date": "1990-01-01"})
    assert idic.match(two).rule.tolist() == ["fuzzy", "fuzzy"]
    assert idic.match(two.assign(birth_date=["1990-01-01", None], name=["王伟", "王佳"])).rule.tolist() == ["single"] * 2


@few
@given(strategies.lists(strategies.sampled_from(["13800000001", "13900000002", None]), min_size=1, max_size=8))
def test_matching_is_an_equivalence(phones):
    found = pd.DataFrame({"record_id": [f"r{n}" for n in range(len(phones))], "name": "王伟", "phone": phones})
    matched = idic.match(found)
    known = matched.dropna(subset="phone")
    assert known.groupby("phone").customer_id.nunique().le(1).all()
    assert known.groupby("customer_id").phone.nunique().le(1).all()
    assert idic.agreement(matched.customer_id, matched.customer_id) == {"precision": 1.0, "recall": 1.0, "f1": 1.0}


def test_identify_measures_what_is_known(shop):
    table, metrics = shop["identified"]
    assert metrics["records"] == 1208 and metrics["customers"] == len(table) == table.index.nunique()
    assert table.records.sum() == 1208 and metrics["duplicate_rate"] == 1 - len(table) / 1208
    sales = datasets.load("idic_sales")
    assert metrics["known_sales_share"] == pytest.approx(sales.amount_cny[sales.record_id.notna()].sum() / sales.amount_cny.sum())
    assert all(0 <= metrics[name] <= 1 for name in ("match_rate", "completeness", "known_sales_share"))


def test_identify_keeps_the_newest_that_is_known():
    rows = pd.DataFrame({"record_id": ["a", "b", "c"], "customer_id": "K1", "city": ["A", "B", None], "email": [None, "x", None],
                         "updated_on": ["2024-01-01", "2024-03-01", "2024-06-01"]})
    kept = idic.identify(rows).table.loc["K1"]
    assert (kept.city, kept.email, kept.records) == ("B", "x", 3)


# ---- differentiate

def test_differentiate_tells_values_and_needs_apart(shop):
    table, metrics = shop["table"], shop["metrics"]
    assert (table.tier == "A").mean() == pytest.approx(.2, abs=.005) and (table.tier == "B").mean() == pytest.approx(.3, abs=.005)
    assert metrics["value_share_a"] > .6 and metrics["strategy"] == "one_to_one" and metrics["need_stability"] > .9
    assert (table.clv_cny[table.value_type == "bz"] < 0).all() and (table.clv_cny[table.value_type != "bz"] >= 0).all()
    assert table.clv_cny[table.value_type == "mvc"].min() >= table.clv_cny[table.value_type != "mvc"].max()
    unrealised = table.potential_cny - table.clv_cny
    assert unrealised[table.value_type == "mgc"].min() >= unrealised[table.value_type == "rest"].max()
    assert set(table.need.dropna()) == set(NEEDS) and table.need.isna().equals(table[NEEDS].isna().any(axis=1))
    asked = table.need.dropna()
    assert (table.loc[asked.index, NEEDS].idxmax(axis=1) == asked).mean() > .85


@settings(max_examples=5, deadline=None)
@given(strategies.lists(strategies.integers(-50, 1000), min_size=6, max_size=30))
def test_tiers_follow_value_whatever_the_values(worth):
    base = pd.DataFrame({"v": worth, "p": [w + 10 for w in worth], "a": np.arange(len(worth)) % 3, "b": np.arange(len(worth)) % 2})
    step = idic.differentiate(base, value="v", potential="p", needs=["a", "b"], clusters=2, rng=rng())
    edges = step.table.groupby("tier").v.agg(["min", "max"])
    order = [tier for tier in "ABC" if tier in edges.index]
    assert all(edges.loc[first, "min"] > edges.loc[second, "max"] for first, second in zip(order, order[1:]))
    assert ((step.table.value_type == "bz") == (base.v < 0)).all() and 0 <= step.metrics["value_gini"] <= 1


def test_gini_of_known_shares():
    base = pd.DataFrame({"v": [0, 0, 0, 100.0], "a": [1, 2, 3, 4], "b": [4, 3, 2, 1]})
    step = idic.differentiate(base, value="v", potential="v", needs=["a", "b"], clusters=2, rng=rng())
    assert step.metrics["value_gini"] == pytest.approx(.75)


@pytest.mark.parametrize("kind, places", [
    ("strategy", ["mass", "niche", "frequency", "one_to_one"]),
    ("customisation", ["adaptive", "cosmetic", "transparent", "collaborative"])])
def test_quadrants(kind, places):
    assert [idic.quadrant(kind, first, second) for first in (False, True) for second in (False, True)] == places


# ---- interact

def test_a_plan_keeps_to_consent_cap_and_budget_and_continues(shop):
    consents = datasets.load("idic_consents").assign(customer_id=lambda table: table.record_id.map(shop["link"]))
    people = shop["customers"].reset_index()
    allowed = records.contactable(people, consents, shop["contacts"], as_of=AS_OF, cap=2, window_days=60)
    margins = people[["customer_id"]].assign(margin_cny=40.0)
    channels = datasets.load("idic_channels")
    table, metrics = idic.plan(margins, channels, allowed, shop["contacts"], as_of=AS_OF, budget_cny=30)
    pairs = set(map(tuple, allowed.loc[allowed.allowed, ["customer_id", "channel"]].values))
    assert set(map(tuple, table[["customer_id", "channel"]].values)) <= pairs and table.customer_id.is_unique
    assert metrics["cost_cny"] <= 30 and metrics["contacts"] == len(table) > 100
    past = shop["contacts"].sort_values(["contact_date", "contact_id"])
    last, undone = (frame.groupby("customer_id").contact_id.last() for frame in (past, past[past.state == "open"]))
    later = table[table.move != "start"]
    assert (later.previous_contact_id == later.customer_id.map(undone).fillna(later.customer_id.map(last))).all()
    assert table.previous_contact_id[table.move == "start"].isna().all()
    assert (table.gain_cny[table.move != "resolve"] > 0).all()
    state = shop["contacts"].set_index("contact_id").state
    assert (later.previous_contact_id.map(state) == "open").eq(later.move == "resolve").all() and "resolve" in set(later.move)


def test_who_did_not_answer_is_tried_another_way():
    past = pd.DataFrame({"contact_id": ["T1"], "customer_id": "C1", "contact_date": "2025-05-01", "channel": "sms",
                         "responded": 0, "state": "closed"})
    channels = pd.DataFrame({"channel": ["sms", "email"], "cost_cny": .01, "response_rate": [.03, .02]})
    allowed = pd.DataFrame({"customer_id": "C1", "channel": ["sms", "email"], "allowed": True})
    one = pd.DataFrame({"customer_id": ["C1"], "margin_cny": 50})
    assert idic.plan(one, channels, allowed, past, as_of=AS_OF).table.channel.tolist() == ["email"]
    answered = idic.plan(one, channels, allowed, past.assign(responded=1), as_of=AS_OF).table
    assert answered[["channel", "move"]].values.tolist() == [["sms", "build_on"]]
    new = idic.plan(one, channels, allowed, past[:0], as_of=AS_OF).table
    assert new[["channel", "move"]].values.tolist() == [["sms", "start"]]
    before = idic.plan(one, channels, allowed, past, as_of="2025-04-30").table  # nothing had happened yet
    assert before.move.tolist() == ["start"]


def test_review_of_the_clerks(shop):
    metrics = idic.review(shop["contacts"], datasets.load("idic_channels"))
    assert metrics["contacts"] == 3220 and .65 < metrics["continuity"] < .8
    assert metrics["complaints_open"] == (shop["contacts"].state == "open").sum() and metrics["complaint_days"] > 1


def test_memory_makes_recommendations_better(shop):
    told = shop["contacts"].dropna(subset="offer")
    rates = shop["truth"].pivot(index="customer_id", columns="offer", values="response_rate")
    alone, together = idic.learning(told, rates), idic.learning(told, rates, shop["table"].need)
    for curve in (alone, together):
        assert curve.with_memory.is_monotonic_increasing and (curve.with_memory <= curve.best_possible).all()
        assert curve.with_memory.iloc[-1] > curve.one_for_all.iloc[-1] * 1.2
    assert (together.with_memory > alone.with_memory).all()  # differentiating by needs feeds the memory


@few
@given(strategies.lists(strategies.tuples(strategies.sampled_from("ab"), strategies.sampled_from("xy"), strategies.integers(0, 1)),
                        min_size=1, max_size=20))
def test_memory_is_a_share_and_moves_towards_what_is_said(rows):
    told = pd.DataFrame(rows, columns=["customer_id", "offer", "responded"])
    memory = idic.remember(told)
    assert ((memory >= 0) & (memory <= 1)).all(axis=None)
    who, what, said = rows[0]
    more = idic.remember(pd.concat([told, pd.DataFrame({"customer_id": [who] * 50, "offer": what, "responded": said})]))
    assert abs(more.at[who, what] - said) <= abs(memory.at[who, what] - said) + 1e-12


# ---- customise

def options(rows):
    return pd.DataFrame(rows, columns=["customer_id", "offer", "gain_cny", "cost_cny"])


@few
@given(strategies.lists(strategies.tuples(strategies.integers(-5, 20), strategies.integers(0, 5)), min_size=6, max_size=6),
       strategies.integers(0, 12), strategies.integers(0, 2))
def test_customise_is_the_best_of_all_choices(pairs, budget, most):
    grid = options([(f"C{n // 2}", "xy"[n % 2], *pair) for n, pair in enumerate(pairs)])
    step = idic.customise(grid, budget_cny=budget, capacity={"x": most})
    best = 0
    for choice in np.ndindex(3, 3, 3):  # none, x or y for each of three customers
        rows = [2 * who + what - 1 for who, what in enumerate(choice) if what]
        if grid.cost_cny[rows].sum() <= budget and sum(what == 1 for what in choice) <= most:
            best = max(best, grid.gain_cny[rows].sum())
    assert step.metrics["gain_cny"] == pytest.approx(best) == pytest.approx(step.metrics["bound_cny"])
    assert step.table.customer_id.is_unique and step.metrics["cost_cny"] <= budget


def test_one_to_one_beats_mass_mailing_on_the_known_truth(shop, memory):
    sales = datasets.load("idic_sales")
    basket = sales.margin_cny.groupby(sales.record_id.map(shop["link"])).mean().clip(lower=5)
    offers = datasets.load("idic_offers").set_index("offer")
    grid = memory.stack().rename("chance").rename_axis(["customer_id", "offer"]).reset_index()
    worth = grid.customer_id.map(basket).fillna(basket.median())
    cost = grid.offer.map(offers.cost_cny)
    grid = grid.assign(cost_cny=cost, gain_cny=grid.chance * worth - cost)
    chosen = idic.customise(grid, budget_cny=1500, capacity=offers.capacity)
    used = chosen.table.offer.value_counts()
    assert (used <= offers.capacity[used.index]).all() and chosen.metrics["cost_cny"] <= 1500
    mass = pd.DataFrame({"customer_id": shop["customers"].index, "offer": "coupon", "cost_cny": 1.0})
    own = chosen.table[["customer_id", "offer", "cost_cny"]]
    result = idic.evaluate({"mass": mass, "one_to_one": own}, shop["truth"], {"one_to_one": 500})
    assert result.response_rate["one_to_one"] > 1.5 * result.response_rate["mass"]
    assert result.profit_cny["one_to_one"] > 1.5 * result.profit_cny["mass"] > 0
    edge = result.break_even_cny["one_to_one"]
    dearer = idic.evaluate({"mass": mass, "one_to_one": own.assign(cost_cny=own.cost_cny + edge)}, shop["truth"], {"one_to_one": 500})
    assert dearer.profit_cny["one_to_one"] == pytest.approx(result.profit_cny["mass"])


# ---- readiness

def test_readiness_counts_each_stage():
    items = inputs.definitions("idic_readiness.csv")
    assert list(dict.fromkeys(items.stage)) == ["identify", "differentiate", "interact", "customise"]
    full = idic.readiness(dict.fromkeys(items.id, 3))
    assert (full.score == 1).all() and full["items"].sum() == full.answered.sum() == len(items)


# ---- bad input

GOOD = options([("C1", "x", 1, 1), ("C2", "x", 1, 1)])


@pytest.mark.parametrize("call, code, words", [
    (lambda: idic.match(pd.DataFrame({"record_id": ["a", "a"], "name": "x", "phone": "1"})), "input.duplicates", "0, 1"),
    (lambda: idic.match(pd.DataFrame({"record_id": ["a"], "name": "x"})), "missing_column", "phone"),
    (lambda: idic.match(pd.DataFrame()), "missing_column", "record_id"),
    (lambda: idic.match(pd.DataFrame({"record_id": ["a"], "name": "x", "phone": "1"}), weights=pd.DataFrame(
        {"field": ["name", "phone"], "agree_from": 1, "close_from": 1, "agree": ["5", "five"], "close": 1, "differ": 1})),
     "input.missing_values", "agree"),
    (lambda: idic.identify(pd.DataFrame({"record_id": ["a"], "customer_id": "K", "updated_on": "soon"})), "input.not_dates", "soon"),
    (lambda: idic.differentiate(pd.DataFrame({"v": [1, 2, 3], "a": [1, 1, 1]}), value="v", potential="v", needs=["a"], clusters=2,
                                rng=rng()), "idic.too_few", "2"),
    (lambda: idic.differentiate(pd.DataFrame({"v": [1, None, 3], "a": [1, 2, 3]}), value="v", potential="v", needs=["a"],
                                clusters=2, rng=rng()), "input.missing_values", "1"),
    (lambda: idic.quadrant("strategies", True, True), "input.option", "strategies"),
    (lambda: idic.remember(pd.DataFrame({"customer_id": ["a"], "offer": "x", "responded": 2})), "input.unknown_code", "2"),
    (lambda: idic.customise(pd.concat([GOOD, GOOD], ignore_index=True), budget_cny=1, capacity={}), "idic.twice", "2, 3"),
    (lambda: idic.customise(GOOD, budget_cny=-1, capacity={}), "input.parameter", "budget_cny"),
    (lambda: idic.customise(GOOD.assign(cost_cny=-1), budget_cny=1, capacity={}), "input.out_of_range", "cost_cny"),
    (lambda: idic.evaluate({"own": GOOD}, pd.DataFrame({"customer_id": ["C1"], "offer": "x", "responds": 1, "margin_cny": 5})),
     "idic.no_truth", "C2"),
    (lambda: idic.readiness({"one_record": 4}), "input.out_of_range", "one_record"),
    (lambda: idic.readiness({"two_records": 1}), "input.unknown_code", "two_records"),
])
def test_bad_input_is_named(call, code, words):
    with pytest.raises(InputError) as raised:
        call()
    assert raised.value.code == code and words in str(raised.value)
