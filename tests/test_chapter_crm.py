"""What chapter 09 tells in its prose is what its cells give: the cells are run and each number is looked up."""

import importlib

import pytest
from test_chapter_idic import LEFT_OUT, run, unstated

from casekit import datasets, labels

CHAPTER = "09_crm"


@pytest.fixture(scope="module")
def ran():
    at = run(CHAPTER, (*LEFT_OUT, "quiz-basics", "agents", "journey", "map", "map-analysis", "map-nine", "rules"))
    labels.use("zh")
    return at


def facts(at):
    """Return the numbers that the cells of the chapter state, by cell."""
    from casekit import crm

    waits = {agents: crm.waiting(at["CALLS"], at["MINUTES"], agents) for agents in (2, 3)}
    two, three = (round(waits[agents]["wait_minutes"], 1) for agents in (2, 3))
    counts, due = at["counts"], at["actions"].groupby("to_do").size()
    rates, reach = 100 * counts["block"] / counts["offer"], at["brought"].loc[["M283", "N106"]]
    return {
        "calls": [at["CALLS"], at["MINUTES"], round(at["CALLS"] * at["MINUTES"])],
        "explain-agents": [two, three, round(100 * (1 - waits[3]["wait_minutes"] / waits[2]["wait_minutes"])), round(100 * waits[2]["busy"])],
        "replay-read": [round(each.mean(), 1) for each in at["replayed"].values()],
        "scrm": [at["events"]["channel_id"].nunique(), 300],
        "join-read": [len(at["events"]), len(at["known"]), round(100 * len(at["known"]) / len(at["events"])), at["known"]["customer_id"].nunique()],
        "explain-block": [*counts.loc["open"], *counts.loc["none"], round(rates["open"]), round(rates["none"], 1),
                          round(100 * counts.loc["open", "offer"] / counts["offer"].sum()), counts["block"].sum()],
        "explain-due": [due["call_back"], due["remind"], due["thank"]],
        "mouth": [len(datasets.load("crm_invitations")), *reach["invited"]],
        "explain-reach": [*reach["brought"]],
        "your-decision": [due["call_back"]],
    }  # fmt: skip


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_prose_states_what_the_cells_give(ran, lang):
    assert unstated(CHAPTER, lang, facts(ran)) == []


def test_what_is_held_back_has_an_open_complaint(ran):
    known, held = ran["known"].assign(state=ran["state"]), ran["actions"].query("held")
    before = known[known["event_date"] <= ran["AS_OF"]].groupby("customer_id")["state"].last()
    assert len(held) == 4 and set(before[held["customer_id"]]) == {"open"}


def test_every_place_of_the_map_exists():
    parts = datasets.load("crm_map")
    for place in parts["function"].dropna():
        module, name = place.split(".")
        assert callable(getattr(importlib.import_module(f"casekit.{module}"), name)), place
    assert set(parts["dataset"].dropna()) <= set(datasets.names())
    assert parts.groupby("part").size().to_dict() == {"analysis": 6, "basic": 9, "module": 4, "phase": 4, "suite": 5, "task": 5}
