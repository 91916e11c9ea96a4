"""Comparing schemes: metrics against scikit-learn, no glance at the future, clear refusals."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from casekit import datasets, rfm
from casekit.errors import InputError
from casekit.rfm.evaluate import METRICS, _levels, _ranking

COLUMNS = {"customer": "customer_id", "date": "order_date", "amount": "amount_cny"}
CUTOFF, DAYS = "2025-06-30", 180
rankings = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 1), st.floats(0, 100)), min_size=4, max_size=60).filter(
    lambda rows: 0 < sum(bought for _, bought, _ in rows) < len(rows) and sum(money for *_, money in rows) > 1)


@pytest.fixture(scope="module")
def orders():
    log = datasets.load("orders").drop_duplicates()
    return log[log["order_date"] <= "2025-12-31"]


def evaluated(orders, schemes=("quintiles", "quartiles"), **changed):
    return rfm.evaluate(orders, schemes, **COLUMNS, **{"cutoffs": CUTOFF, "horizon_days": DAYS, "draws": 20, **changed})


def column(rows):
    ranks, bought, money = (np.array(each, float) for each in zip(*rows))
    return ranks, bought, money, np.full(len(rows), 1 / len(rows))


@given(rankings)
@settings(max_examples=60, deadline=None)
def test_auc_is_that_of_scikit_learn_ties_and_all(rows):
    ranks, bought, money, weights = column(rows)
    assert _ranking(_levels(ranks), bought, money, weights, 1.0)[0] == pytest.approx(roc_auc_score(bought, ranks))


@given(rankings)
@settings(max_examples=60, deadline=None)
def test_one_score_for_all_is_no_better_than_chance(rows):
    _, bought, money, weights = column(rows)
    auc, *lifts, gini = _ranking(_levels(np.zeros(len(rows))), bought, money, weights, 1.0)
    assert auc == pytest.approx(0.5) and lifts == pytest.approx([1.0] * 4) and gini == pytest.approx(0, abs=1e-9)


@given(rankings)
@settings(max_examples=60, deadline=None)
def test_gains_rise_from_nothing_to_all(rows):
    ranks, bought, _, _ = column(rows)
    curve = rfm.gains(ranks, bought)
    assert curve.iloc[0].tolist() == [0, 0] and curve.iloc[-1].tolist() == pytest.approx([1, 1])
    assert curve["outcome_share"].is_monotonic_increasing and len(curve) == len(set(ranks)) + 1


def test_one_row_a_scheme_and_metric_with_its_interval(orders):
    table = evaluated(orders)
    assert table.groupby("scheme")["metric"].apply(list).tolist() == [list(METRICS)] * 2
    assert (table["low_end"] <= table["value"] + 0.05).all() and (table["low_end"] <= table["high_end"]).all()
    assert table.set_index(["scheme", "metric"])["value"]["quintiles", "auc"] > 0.6
    assert table.equals(evaluated(orders))  # the same seed, the same numbers


def test_no_glance_at_the_future(orders):
    """What happens after the cutoff changes the outcome, never the ranking."""
    later = orders["order_date"] > CUTOFF
    same = orders.assign(amount_cny=orders["amount_cny"].where(~later, orders["amount_cny"] * 3))
    before, after = (evaluated(log, cost=0.0).set_index(["scheme", "metric"])["value"] for log in (orders, same))
    assert after.filter(like="auc").tolist() == before.filter(like="auc").tolist()
    measured = [rfm.measure(log, **COLUMNS, as_of=CUTOFF, future="drop") for log in (orders, same)]
    pd.testing.assert_frame_equal(*measured)


def test_perfect_foresight_has_a_gini_of_one():
    money = np.array([9.0, 5, 1, 0])
    weights = np.full(4, 0.25)
    perfect = 2 * np.trapezoid([0, 9 / 15, 14 / 15, 1, 1], [0, 0.25, 0.5, 0.75, 1]) - 1
    assert _ranking(_levels(money), (money > 0) * 1.0, money, weights, perfect)[-1] == pytest.approx(1)


def test_profit_needs_an_earlier_period(orders):
    first = orders["order_date"].min() + pd.Timedelta(days=30)
    table = evaluated(orders, cutoffs=str(first.date())).set_index(["scheme", "metric"])
    assert table.loc[("quintiles", "profit"), ["value", "low_end", "ahead"]].isna().all()
    assert np.isfinite(table.loc[("quintiles", "auc"), "value"])


def test_mailing_nobody_earns_nothing_and_mailing_all_is_mass(orders):
    dear = evaluated(orders, cost=1e6).set_index(["scheme", "metric"])["value"]
    free = evaluated(orders, cost=-1.0).set_index(["scheme", "metric"])["value"]
    assert dear["quintiles", "mailed"] == 0 and dear["quintiles", "profit"] == 0
    assert free["quintiles", "mailed"] == pytest.approx(1) and free["quintiles", "profit"] == pytest.approx(free["quintiles", "mass_profit"])


def test_definitions_and_policies_pass_through(orders):
    table = evaluated(orders, {"R only": {"bins": 5, "weights": [1, 0, 0]}, "thirds": {"bins": 3}}, returns="drop", order="order_id")
    assert table["scheme"].unique().tolist() == ["R only", "thirds"]


@pytest.mark.parametrize(("changed", "code"), [
    ({"cutoffs": "2025-12-01"}, "rfm.horizon"),
    ({"cutoffs": "soon"}, "input.not_a_day"),
    ({"horizon_days": 0}, "input.parameter"),
    ({"draws": "many"}, "input.parameter"),
    ({"cutoffs": "2001-01-01"}, "rfm.no_purchases"),
    ({"schemes": ["none of this name"]}, "rfm.scheme"),
])  # fmt: skip
def test_bad_input_is_refused(orders, changed, code):
    with pytest.raises(InputError) as refused:
        evaluated(orders, **changed)
    assert refused.value.code == code and str(refused.value)
