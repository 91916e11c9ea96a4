"""What chapter 01 tells in its prose is what its cells give: the cells are run and each number is looked up."""

import re
from pathlib import Path

import pytest

from casekit import idic, labels, notebooks

FOLDER = Path(__file__).parents[1] / "notebooks"
CHAPTER = "01_idic"
LEFT_OUT = ("install", "plot-thresholds", "quiz", "versions", "glossary")


def run(chapter, left_out=LEFT_OUT):
    """Return what the code cells of a chapter have assigned."""
    names = {}
    for cell in notebooks.read(FOLDER / f"{chapter}.zh.ipynb").cells:
        if cell.cell_type == "code" and cell.id not in left_out and "raises-exception" not in cell.metadata.get("tags", ()):
            exec(compile(cell.source, cell.id, "exec"), names)  # noqa: S102
    return names


def unstated(chapter, lang, told):
    """Return the numbers that the cells named in ``told`` do not state."""
    cells = {cell.id: cell.source for cell in notebooks.read(FOLDER / f"{chapter}.{lang}.ipynb").cells}
    stated = {name: re.findall(r"\d+(?:\.\d+)?", cells[name].replace(",", "").replace("−", "-")) for name in told}
    return [(name, number) for name, numbers in told.items() for number in numbers if f"{number:g}" not in stated[name]]


def facts():
    at = run(CHAPTER)
    labels.use("zh")
    one, two, share, result = at["one"], at["two"].table, at["share"], at["result"]
    types = two.groupby("value_type")
    expected = []
    for plan in at["plans"].values():
        true = plan.merge(at["responses"][["customer_id", "offer", "response_rate", "margin_cny"]], on=["customer_id", "offer"])
        expected.append(round((true["response_rate"] * true["margin_cny"]).sum() - plan["cost_cny"].sum()))
    learned = idic.learning(at["told"], at["rates"], two["need"])
    alone = idic.learning(at["told"], at["rates"])
    profit, account = result["profit_cny"].round().astype(int), at["account"]
    more = round(account["profit_cny"].diff().iloc[-1])

    def percents(*shares):
        return [round(100 * share) for share in shares]

    return {
        "one-person": [len(at["lists"])],
        "explain-people": [at["by_phone"].nunique(), at["person"].nunique(), one.metrics["customers"],
                           *percents(idic.agreement(at["by_phone"], at["person"])["precision"])],
        "identify-read": [round(one.metrics["duplicate_rate"], 3)],
        "predict-below": [len(two)],
        "explain-below": [len(at["below"]), round(100 * len(at["below"]) / len(two), 1),
                          round(-at["below"].sum() / 100) * 100, *percents(-at["below"].sum() / at["clv"].clip(lower=0).sum())],
        "share-read": [at["known"].sum(), *percents(at["spent"]["own_cny"] / at["spent"]["wallet_cny"])],
        "matrix-read": [two["need"].isna().sum()],
        "strategy-read": [*percents(share[types.groups["mgc"]].mean()), round(at["two"].metrics["value_gini"], 2),
                          round(at["two"].metrics["need_silhouette"], 2)],
        "interact-intro": [len(at["history"])],
        "predict-allowed": [*percents(idic.review(at["history"], at["channels"])["continuity"]), len(at["allowed"])],
        "explain-allowed": [at["allowed"]["allowed"].sum(), *percents(at["allowed"]["allowed"].mean()), len(at["reached"]),
                            *percents(len(at["reached"]) / len(two))],
        "predict-learning": percents(learned["one_for_all"].iloc[-1], learned["best_possible"].iloc[-1]),
        "explain-learning": percents(*learned["with_memory"].iloc[[0, -1]], *alone["with_memory"].iloc[[0, -1]]),
        "explain-profit": [-profit["mass_raw"], profit["mass"], profit["by_value"], profit["by_needs"], profit["one_to_one"],
                           round(profit["one_to_one"] / profit["mass"], 1), *expected],
        "break-even-read": [round(account["profit_cny"].iloc[-1]), more, 2000 + more,
                            *(round(value, 2) for value in [*account["roi"], account["break_even_cny"].iloc[-1]])],
    }  # fmt: skip


@pytest.fixture(scope="module")
def told():
    return facts()


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_prose_states_what_the_cells_give(told, lang):
    assert unstated(CHAPTER, lang, told) == []


@pytest.mark.slow
def test_the_story_holds(told):
    raw, mass, *_ = told["explain-profit"]
    assert raw > 0, "the mailing to unmerged lists makes a loss"
    assert told["explain-profit"][3] > 2 * mass, "needs make profit jump"
