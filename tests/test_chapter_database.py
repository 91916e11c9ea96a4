"""What chapter 02 tells in its prose is what its cells give: the cells are run and each number is looked up."""

import pytest
from test_chapter_idic import run, unstated

from casekit import labels, records

CHAPTER = "02_database"


def facts():
    at = run(CHAPTER, ("install", "plot-completeness", "quiz", "versions", "glossary"))
    labels.use("zh")
    customers, review = at["tables"]["customers"], at["review"].set_index("campaign_id")
    own, external = customers[customers["origin"] == "own"], customers[customers["origin"] == "external"]
    buyers, asked = set(at["tables"]["orders"]["customer_id"]), set(at["tables"]["consents"]["customer_id"])
    checks = at["report"].groupby("check")["rows"].sum()
    valid = at["valid"].iloc[0]
    rate = at["people"].groupby("is_customer")[["age_years", "online_hours"]].mean().round()
    responds = at["prospects"]["person_id"].map(at["answered"])
    best = at["prospects"]["score"].nlargest(300).index
    left = at["left"]
    a6 = review.loc["A6"]
    return {
        "predict-external": [len(customers), len(own), len(external)],
        "explain-external": [external["phone"].notna().sum(), external["customer_id"].isin(buyers).sum(),
                             own["phone"].notna().sum(), own["customer_id"].isin(asked).sum()],
        "quality-read": [checks["bad_date"], checks["bad_format"], checks["duplicate_value"], checks["stale"]],
        "predict-consent": [valid["contacts"]],
        "explain-consent": [valid["consented"], round(100 * valid["consented"] / valid["contacts"])],
        "uses-read": [len(at["answers"][f"use_{use}"]) for use in ("one_to_one", "service", "dynamics", "warning")],
        "predict-lookalike": [len(at["prospects"]), round(100 * responds.mean(), 1)],
        "explain-lookalike": [round(100 * responds[best].sum() / responds.sum()), responds[best].sum(),
                              round(300 * responds.mean()), *rate.loc[[1, 0]].to_numpy().ravel()],
        "campaigns-read": [round(review.loc["A3", "lift"], 2), round(a6["lift"], 2), review.loc["A1", "contacts"],
                           round(100 * review.loc["A1", "rate_low"]), round(100 * review.loc["A1", "rate_high"]),
                           a6["contacts"], round(a6["contacts"] * a6["rate_low"]), round(a6["contacts"] * a6["rate_high"])],
        "predict-names": [len(at["released"]), len(at["directory"])],
        "explain-names": [at["back"]["name"].notna().sum(), round(100 * at["back"]["name"].notna().mean()), len(at["in_debt"]),
                          at["in_debt"]["name"].notna().sum()],
        "k-read": [left.loc[~left["unsafe"], "persons"].sum(), at["same"]["persons"].sum()],
    }, at  # fmt: skip


@pytest.fixture(scope="module")
def ran():
    return facts()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_prose_states_what_the_cells_give(ran, lang):
    assert unstated(CHAPTER, lang, ran[0]) == []


def test_the_defects_that_were_sown_are_found(ran):
    _, at = ran
    sown = at["datasets"].load("records_customers_truth").groupby("defect").size()
    assert at["report"].set_index("check").groupby(level=0)["rows"].sum()[sown.index].tolist() == sown.tolist()


def test_nobody_is_named_once_sex_and_school_are_all_that_is_left(ran):
    _, at = ran
    kept = ["sex", "school"]
    assert records.anonymity(at["released"], kept, k=5)["persons"].min() >= 5
    assert not records.reidentify(at["released"], at["directory"], kept, identity="name")["name"].notna().any()


def test_nobody_in_the_cells_of_one_answer_is_overdue(ran):
    _, at = ran
    rows = at["same"].merge(at["released"], on=["sex", "school", "entry_year"])
    assert len(rows) and not rows["overdue"].any()
