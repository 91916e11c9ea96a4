"""CRM in four small pieces: join, due, reach, queue."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies

from casekit import crm, datasets
from casekit.errors import InputError

few = settings(max_examples=40, deadline=None)
EVENTS, IDENTITIES = datasets.load("crm_events"), datasets.load("crm_identities")
HISTORY = crm.join(EVENTS, IDENTITIES)


def told(*events, customer="C1"):
    """A history of (day in December, event)."""
    return pd.DataFrame([(customer, f"2025-12-{day:02d}", event) for day, event in events], columns=["customer_id", "event_date", "event"])


# ---- join


def test_no_event_is_lost_or_doubled():
    assert sorted(HISTORY["event_id"]) == sorted(EVENTS["event_id"])
    assert HISTORY["event_date"].is_monotonic_increasing
    linked = EVENTS.merge(IDENTITIES, on=["channel", "channel_id"])
    assert HISTORY["customer_id"].notna().sum() == len(linked)


def test_before_is_the_event_of_the_same_customer():
    first = HISTORY.dropna(subset=["customer_id"]).groupby("customer_id").head(1)
    assert first["before"].isna().all() and first["days_since"].isna().all()
    anonymous = HISTORY[HISTORY["customer_id"].isna()]
    assert anonymous["before"].isna().all()
    own = HISTORY[HISTORY["customer_id"] == "M202"]
    assert own["before"].tolist()[1:] == own["event"].tolist()[:-1]


def test_a_number_of_a_channel_belongs_to_one_customer():
    with pytest.raises(InputError, match="channel_id"):
        crm.join(EVENTS, pd.concat([IDENTITIES, IDENTITIES.head(1)]))


def test_the_same_number_on_two_channels_is_two_people():
    events = pd.DataFrame({"channel": ["app", "store"], "channel_id": "7", "event_date": "2025-12-01", "event": "buy"})
    who = pd.DataFrame({"channel": ["app", "store"], "channel_id": "7", "customer_id": ["A", "B"]})
    assert crm.join(events, who)["customer_id"].tolist() == ["A", "B"]


# ---- due


@pytest.mark.parametrize(("as_of", "expected"), [("2025-12-02", 0), ("2025-12-03", 1), ("2025-12-08", 1), ("2025-12-09", 0)])
def test_a_reminder_waits_and_expires(as_of, expected):
    assert len(crm.due(told((1, "cart")), as_of=as_of)) == expected


def test_what_happened_since_cancels_and_what_happened_before_does_not():
    assert len(crm.due(told((1, "cart"), (2, "buy")), as_of="2025-12-04")) == 0
    assert crm.due(told((1, "buy"), (2, "cart")), as_of="2025-12-04")["to_do"].tolist() == ["remind"]
    assert len(crm.due(told((1, "cart"), (5, "buy")), as_of="2025-12-04")) == 1  # what comes later is not known yet


def test_an_open_complaint_holds_back_and_a_solved_one_frees():
    held = crm.due(told((1, "complaint"), (2, "cart")), as_of="2025-12-04").set_index("to_do")["held"]
    assert held.to_dict() == {"call_back": False, "remind": True}
    freed = crm.due(told((1, "complaint"), (2, "cart"), (3, "solved")), as_of="2025-12-04").set_index("to_do")["held"]
    assert freed.to_dict() == {"remind": False}


def test_a_teacher_s_own_rule():
    rule = pd.DataFrame([{"to_do": "stop", "event": "offer", "cancelled_by": "buy", "wait_days": 7, "within_days": 90, "blocked_by": "", "freed_by": ""}])
    assert crm.due(told((1, "offer")), as_of="2025-12-08", source=rule)[["customer_id", "to_do", "held"]].values.tolist() == [["C1", "stop", False]]


def test_nobody_without_a_name_gets_anything():
    assert crm.due(HISTORY, as_of="2025-12-22")["customer_id"].notna().all()
    assert len(crm.due(told((1, "cart"), customer=None), as_of="2025-12-04")) == 0


# ---- reach


@few
@given(strategies.lists(strategies.integers(0, 30), min_size=1, max_size=40))
def test_everybody_is_counted_once_by_each_above(hosts):
    tree = pd.DataFrame({"inviter_id": [f"P{min(host, place)}" for place, host in enumerate(hosts)],
                         "invited_id": [f"P{place + 1}" for place in range(len(hosts))]})  # fmt: skip
    found = crm.reach(tree)
    assert found["invited"].sum() == len(tree)
    assert found.loc["P0", "brought"] == len(tree)  # all come from the first in the end
    assert (found["brought"] >= found["invited"]).all() and (found["depth"] >= 1).all()


@pytest.mark.parametrize("pairs", [[("A", "A")], [("A", "B"), ("B", "A")], [("B", "C"), ("C", "D"), ("D", "C")], [("X", "A"), ("A", "B"), ("C", "D"), ("D", "C")]])
def test_a_circle_is_refused(pairs):
    with pytest.raises(InputError):
        crm.reach(pd.DataFrame(pairs, columns=["inviter_id", "invited_id"]))


# ---- queue


@few
@given(strategies.lists(strategies.tuples(strategies.floats(0, 30), strategies.floats(0, 60)), min_size=1, max_size=40), strategies.integers(1, 5))
def test_an_agent_takes_one_call_at_a_time_and_nobody_overtakes(calls, agents):
    arrived, minutes = np.cumsum([gap for gap, _ in calls]), np.array([lasts for _, lasts in calls])
    found = crm.queue(arrived, minutes, agents)
    begin = found["arrived"] + found["waited"]
    assert (np.diff(begin) >= -1e-9).all() and (found["waited"] >= 0).all() and found["agent"].max() <= agents
    for _, own in found.assign(begin=begin, end=begin + minutes).groupby("agent"):
        assert (own["begin"].to_numpy()[1:] >= own["end"].to_numpy()[:-1] - 1e-9).all()
    more = crm.queue(arrived, minutes, agents + 1)
    assert (more["waited"] <= found["waited"] + 1e-9).all()


@pytest.mark.parametrize("agents", [1, 2, 3])
def test_a_long_replay_gives_erlang_s_formula(agents):
    rng, per_hour, minutes = np.random.default_rng(7), 12 * agents, 4.0
    arrived, lasts = rng.exponential(60 / per_hour, 200_000).cumsum(), rng.exponential(minutes, 200_000)
    expected = crm.waiting(per_hour, minutes, agents)
    waited = crm.queue(arrived, lasts, agents)["waited"]
    assert waited.mean() == pytest.approx(expected["wait_minutes"], rel=0.08)
    assert (waited > 1e-9).mean() == pytest.approx(expected["wait_chance"], rel=0.03)


def test_one_agent_is_the_textbook_queue():
    found = crm.waiting(10, 3, 1)  # M/M/1: busy ρ, wait ρ/(μ − λ)
    assert found == pytest.approx({"busy": 0.5, "wait_chance": 0.5, "wait_minutes": 3.0})
    assert crm.waiting(20, 3, 1)["wait_minutes"] == np.inf


@pytest.mark.parametrize("call", [
    lambda: crm.queue([2, 1], [1, 1], 1), lambda: crm.queue([1], [1, 1], 1), lambda: crm.queue([1], [-1], 1),
    lambda: crm.queue([1], [1], 0), lambda: crm.waiting(-1, 3, 1), lambda: crm.waiting(1, 3, 0),
    lambda: crm.reach(pd.DataFrame({"inviter_id": ["A", "B"], "invited_id": ["C", "C"]})),
    lambda: crm.due(HISTORY, as_of="soon"), lambda: crm.join(EVENTS.drop(columns="event"), IDENTITIES),
])  # fmt: skip
def test_bad_input_is_named(call):
    with pytest.raises(InputError):
        call()
