"""What chapter 08 tells in its prose is what its cells give: the cells are run and each number is looked up."""

import pytest
from test_chapter_idic import LEFT_OUT, run, unstated

from casekit import alerts, labels

CHAPTER = "08_warnings"
pytestmark = pytest.mark.kernel  # a year and a half of Mondays, a dozen times


@pytest.fixture(scope="module")
def ran():
    at = run(CHAPTER, (*LEFT_OUT, "plot-quality", "course"))
    labels.use("zh")
    return at


def facts(at):
    """Return the numbers that the cells of the chapter state, by cell."""
    owed, today, rules = at["owed"], at["today"], at["rules"].set_index("measure")
    beyond = [(today[name] > rule.threshold) if rule.direction == "above" else (today[name] < rule.threshold)
              for name, rule in rules.iterrows()]  # fmt: skip
    way = at["settings"].set_index(["way", "setting"])
    cut, own, month = way.loc[("one_cut", 75)], way.loc[("own_rhythm", 0.02)], way.loc[("one_cut", 30)]
    worth, tuned = at["worth"], alerts.evaluate(at["retold"], at["truth"])
    false, left = ((each["warnings"] - each["right"]).sum() for each in (worth, tuned))
    resting = at["wrong"]["account_id"].value_counts()
    old, new = (at["checked"][plan] for plan in ("now", "after"))
    credit, quiet = worth.loc["credit_limit"], at["quiet"]
    return {
        "explain-debt": [round(owed.loc["D005", "credit_limit_cny"]), round(owed.loc["D029", "debt_share"], 2)],
        "board-read": [sum(beyond).gt(0).sum()],
        "predict-silence": [*quiet.loc[["D042", "D030"], "silent_days"]],
        "silence-read": [quiet.loc["D031", "silent_days"], round(100 * quiet.loc["D031", "silence_chance"], 1)],
        "quality": [len(at["truth"]), len(at["MONDAYS"]), credit["warnings"], credit["right"], credit["lead_days"]],
        "explain-cut": [75, round(100 * cut["precision"]), cut["lead_days"], 100 * own["precision"], own["lead_days"]],
        "settings-read": [month["warnings"], month["right"]],
        "predict-false": [worth["warnings"].sum(), false, (at["told"]["measure"] == "cost_climb").sum()],
        "rest-read": [false, resting[["D034", "D032", "D021", "D009"]].sum()],
        "threshold": [worth["found"].sum(), false],
        "explain-tune": [left, worth.loc["sales_progress", "lead_days"], tuned.loc["sales_progress", "lead_days"],
                         worth.loc["sales_cost", "lead_days"], tuned.loc["sales_cost", "lead_days"]],
        "holdout-read": [old["warnings"], old["warnings"] - old["right"], new["warnings"], new["warnings"] - new["right"], new["found"]],
        "your-decision": [quiet.loc["D004", "silent_days"]],
    }  # fmt: skip


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_prose_states_what_the_cells_give(ran, lang):
    assert unstated(CHAPTER, lang, facts(ran)) == []


def test_the_story_holds(ran):
    owed, way = ran["owed"], ran["settings"].groupby("way")
    assert owed["debt_cny"].idxmax() == "D005" and owed.loc["D005", "debt_share"] < 1
    assert set(owed.index[owed["debt_share"] > 1]) == {"D020", "D022", "D029"}
    assert way["recall"].max().to_dict() == {"one_cut": 0.9, "own_rhythm": 1.0}
    climbs = ran["pairs"][ran["pairs"]["measure"] == "cost_climb"]
    assert not (climbs["warned_on"] >= climbs["onset_date"]).any()
    assert alerts.evaluate(ran["retold"], ran["truth"])["recall"].eq(1).all()
    assert ran["checked"]["after"]["found"] == ran["checked"]["now"]["found"] == len(ran["truth"])
