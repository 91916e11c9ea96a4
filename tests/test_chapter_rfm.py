"""What chapter 04 tells in its prose is what its data gives: each number is counted again here."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from casekit import datasets, notebooks, rfm

FOLDER = Path(__file__).parents[1] / "notebooks"
TRUTH = datasets.load("orders_truth").set_index("customer_id")


def facts():
    """Return the numbers that the cells of the chapter state, by cell."""
    raw = datasets.load("orders")
    orders = raw.drop_duplicates()
    columns = {"customer": "customer_id", "date": "order_date", "amount": "amount_cny"}
    measures = rfm.measure(orders, as_of=datasets.as_of("orders"), future="drop", **columns)
    scores, nested = rfm.score(measures), rfm.score(measures, "quintiles_nested")
    told = {"measures": [len(raw) - len(orders)]}

    rows = rfm.report(measures).set_index("reason")["rows"]
    told["report-read"] = [rows["missing_customer"], rows["return"]]
    told["predict-lorenz"] = [len(measures), len(measures) // 5]

    def recipe(frame):
        return pd.qcut(frame["frequency"].rank(method="first"), 5, labels=False)

    shuffled = measures.sample(frac=1, random_state=np.random.default_rng(20250101))
    changed = recipe(measures) != recipe(shuffled).reindex(measures.index)
    told["explain-ties"] = [changed.sum()]
    sizes = [each["rfm_code"].value_counts() for each in (scores, nested)]
    told["explain-nested"] = [*(len(size) for size in sizes), sizes[0].max(), (measures["frequency"] == 1).sum()]

    def top(*weights):
        return set(rfm.score(measures, weights=weights).nlargest(200, ["rfm_score", "monetary"]).index)

    first = top(5, 3, 2)
    shared = [len(first & top(*weights)) for weights in [(3, 2, 1), (100, 10, 1), (1, 1, 1)]]
    told["explain-weights"] = [*shared, 200 - shared[1]]

    segmented = rfm.segment(scores)
    customers = segmented["segment"].value_counts()
    told["names-warning"] = [customers["important_keep"]]
    right = rfm.segment(rfm.score(measures, "two_level"))
    swap = {"important_value": "important_keep", "important_keep": "important_value",
            "general_value": "general_keep", "general_keep": "general_value"}  # fmt: skip
    script = right.assign(segment=right["segment"].replace(swap))
    groups = script.groupby("segment")
    told["predict-bug"] = [groups.size()[name] for name in ("important_value", "important_keep")]
    means = groups[["recency_days", "frequency"]].mean().round()
    told["explain-bug"] = [means.loc["important_value", "recency_days"], *means.loc["important_keep"]]
    told["bug-read"] = [(script["segment"] != right["segment"]).sum()]

    twins = measures.loc[["C0111", "C0422"]]
    assert scores.loc[twins.index, "rfm_code"].tolist() == ["544", "544"]
    told["predict-twins"] = twins.round().to_numpy().ravel()
    told["explain-twins"] = []
    for twin in twins.index:
        days = orders[(orders["customer_id"] == twin) & (orders["amount_cny"] > 0)]["order_date"].sort_values()
        gaps = days.diff().dt.days.dropna()
        told["explain-twins"] += [gaps.iloc[: len(gaps) // 2].median(), gaps.iloc[-(len(gaps) // 2) :].median()]

    alive = TRUTH["churn_date"].isna()
    overview = rfm.overview(segmented).set_index("segment")
    needed = 10 / (0.3 * overview.loc["important_keep", "average_order"])
    told["predict-truth"] = [round(100 * needed), customers["important_keep"]]
    left = alive[segmented.index[segmented["segment"] == "important_keep"]].mean()
    told["explain-truth"] = [round(100 * left), round(100 * needed)]
    told["your-decision"] = [200 - alive[measures["monetary"].nlargest(200).index].sum()]
    return told


@pytest.fixture(scope="module")
def counted():
    return facts()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_prose_states_what_the_data_gives(counted, lang):
    cells = {cell.id: cell.source for cell in notebooks.read(FOLDER / f"04_rfm.{lang}.ipynb").cells}
    words = {8: "eight"} if lang == "en" else {}
    for name, numbers in counted.items():
        stated = re.findall(r"\d+", cells[name].replace(",", ""))
        for number in map(int, numbers):
            assert str(number) in stated or words.get(number, "?") in cells[name], f"{name} does not state {number}"
