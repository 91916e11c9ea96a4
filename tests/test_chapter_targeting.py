"""What chapter 10 tells in its prose is what its cells give: the cells are run and each number is looked up."""

import pytest
from test_chapter_idic import LEFT_OUT, run, unstated

from casekit import datasets, labels, targeting

CHAPTER = "10_targeting"


@pytest.fixture(scope="module")
def ran():
    at = run(CHAPTER, (*LEFT_OUT, "plot-cells", "show-kinds"))
    labels.use("zh")
    return at


def facts(at):
    """Return the numbers that the cells of the chapter state, by cell."""
    hits = {name: frame.iloc[-1] for name, frame in at["hits"].items()}
    gains = targeting.gains(at["scores"]["rfm_score"], at["responded"], bins=5)
    trials = at["trials"].set_index(["measure", "arm"])
    sold, earned = trials.loc[("bought", "discount_20")], trials.loc[("margin_cny", "discount_20")]
    promised, real, chosen = at["promised"].loc["chosen"], at["real"].loc["chosen"], at["chosen"]
    edge, mailed = targeting.break_even(at["COST"], at["PROFIT"]), chosen["mailed"]
    good, budgets = chosen["true_rate"] > edge, {row[0]: dict(zip(at["names_of"], row, strict=True)) for row in at["rows"]}
    truth = datasets.load("targeting_promotion_truth").set_index("arm")
    margin = truth["conversion"] * (at["MARGIN"] - truth["discount_cny"])
    per = at["per_contact"]
    return {
        "predict-recommend": [at["events"]["customer_id"].nunique(), at["events"]["item_id"].nunique()],
        "explain-recommend": [round(100 * hits["item_item"]["hit_rate"]), round(100 * hits["popularity"]["coverage"])],
        "predict-gains": [len(at["scores"]), at["responded"].sum(), round(100 * at["responded"].mean()), gains["people"].iloc[0]],
        "explain-gains": [round(100 * gains["gain"].iloc[0]), round(gains["lift"].iloc[0], 1)],
        "predict-trial": [len(at["visitors"]), round(100 * sold["control"], 1), round(100 * sold["treated"], 1), round(sold["p_value"], 3)],
        "explain-trial": [round(100 * sold["lift"], 1), *(round(100 * sold[end], 1) for end in ("low", "high")),
                          round(-earned["lift"], 1), round(-earned["low"], 1),
                          round(margin["discount_10"] - margin["control"], 1), round(margin["discount_20"] - margin["control"], 1)],
        "predict-mail": [-at["promised"].loc["test", "profit_cny"].round(), promised["cells"], round(promised["profit_cny"])],
        "explain-mail": [round(real["profit_cny"])],
        "mail-read": [promised["cells"], (mailed & ~good).sum(), (good & ~mailed).sum(), good.sum(), round(100 * chosen["true_rate"][good].mean(), 2)],
        "predict-pressure": [len(at["contacts"])],
        "explain-pressure": [per["within_cap"].sum() + 1, per["within_cap"].sum(), round(100 * per["response_rate"].iloc[0]), round(100 * per["response_rate"].loc[7], 1)],
        "predict-budget": [round(budgets[6000]["orders"]), round(budgets[6000]["average_cny"])],
        "explain-budget": [round(budgets[6000]["marginal_cny"], 1), round(budgets[3500]["profit_cny"])],
    }  # fmt: skip


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_prose_states_what_the_cells_give(ran, lang):
    assert unstated(CHAPTER, lang, facts(ran)) == []


def test_the_story_holds(ran):
    assert abs(ran["real"].loc["chosen", "profit_cny"] / ran["promised"].loc["chosen", "profit_cny"] - 0.75) < 0.01
    clear = (ran["trials"]["low"] > 0) | (ran["trials"]["high"] < 0)
    assert ran["trials"][clear][["measure", "arm"]].values.tolist() == [["bought", "discount_20"]]
    assert round(ran["needed"]["bought"], -2) == 3_200 and round(ran["needed"]["margin_cny"], -4) == 20_000
    best = targeting.allocate(ran["channels"], 3500)
    assert best["marginal_cny"].round(6).eq(ran["MARGIN"]).all()
