import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies

from casekit import alerts, datasets, inputs
from casekit.errors import InputError

DAYS = pd.date_range("2024-07-01", "2025-12-31", freq="14D")
FOUR = ["churn", "credit_limit", "sales_cost", "sales_progress"]


@pytest.fixture(scope="module")
def book():
    return datasets.load("alerts_ledger"), datasets.load("alerts_accounts"), datasets.load("alerts_truth")


@pytest.fixture(scope="module")
def warnings(book):
    return alerts.warn(*book[:2], days=DAYS)


def account(**change):
    return pd.DataFrame({"account_id": ["D1"], "credit_limit_cny": 1000, "plan_cny": 10, "cost_budget": .1} | change)


def entries(*rows):
    return pd.DataFrame(rows, columns=["entry_date", "kind", "amount_cny"]).assign(account_id="D1")


# ---- the four warnings

def test_the_four_warnings_find_the_sown_troubles_in_time(warnings, book):
    result = alerts.evaluate(warnings, book[2])
    assert result.index.tolist() == FOUR and result.troubles.tolist() == [10, 6, 6, 16]
    assert (result.recall >= .9).all() and (result.lead_days > 20).all()
    assert result.precision["credit_limit"] > .7 and result.precision["churn"] > .5 and result.precision["sales_cost"] < .5


def test_a_higher_bar_warns_less_and_never_earlier(warnings, book):
    strict = inputs.definitions("alert_rules.csv").assign(threshold=["1.3", ".3", "2", "5", ".001"])
    fewer = alerts.warn(*book[:2], days=DAYS, source=strict)
    assert len(fewer) < len(warnings)
    first, later = (frame.groupby(["account_id", "alert"]).warned_on.min() for frame in (warnings, fewer))
    assert set(later.index) <= set(first.index) and (later >= first[later.index]).all()


@pytest.mark.slow
def test_expected_gaps_beat_every_single_cut(warnings, book):
    """One cut in days for all either cries wolf or sleeps: none is as good on both counts."""
    orders, truth = book[0][book[0].kind == "order"], book[2][book[2].alert == "churn"]
    own = alerts.evaluate(warnings[warnings.alert == "churn"], truth).loc["churn"]
    for cut in (20, 30, 45, 60, 90, 120):
        rows, before = [], set()
        for day in DAYS:
            silent = alerts.silence(orders, customer="account_id", date="entry_date", as_of=day).silent_days
            now = set(silent.index[silent > cut])
            rows += [(day, name, "churn") for name in now - before]
            before = now
        result = alerts.evaluate(pd.DataFrame(rows, columns=["warned_on", "account_id", "alert"]), truth).loc["churn"]
        assert result.recall < own.recall or result.precision < own.precision


def test_a_warning_is_given_once_while_its_trouble_lasts():
    debt = entries(("2025-01-01", "order", 1500.0), ("2025-03-01", "payment", 1000.0), ("2025-04-01", "order", 800.0))
    found = alerts.warn(debt, account(), days=pd.date_range("2025-01-02", "2025-05-01", freq="7D"))
    credit = found[found.alert == "credit_limit"]
    assert credit.warned_on.dt.month.tolist() == [1, 4] and credit.value.tolist() == [1.5, 1.3]
    assert credit.action.tolist() == ["collect", "collect"]


def test_cost_over_budget_or_climbing_is_one_warning():
    costs = entries(*((day, "cost", amount) for day, amount in
                      [("2025-01-10", 10.0), ("2025-02-10", 10.0), ("2025-05-10", 90.0), ("2025-06-10", 90.0)]))
    found = alerts.warn(costs, account(), days=["2025-06-20"])
    assert found[["alert", "measure"]].values.tolist() == [["sales_progress", "progress"], ["sales_cost", "cost_share"]]
    calm = alerts.warn(costs, account(plan_cny=1000), days=["2025-06-20"])
    assert ["sales_cost", "cost_climb"] in calm[["alert", "measure"]].values.tolist()


def test_measures_by_hand():
    book = entries(("2025-01-01", "order", 500.0), ("2025-02-01", "order", 400.0), ("2025-02-10", "payment", 500.0),
                   ("2025-03-01", "cost", 45.0), ("2025-12-01", "order", 1e6))
    found = alerts.measure(book, account(), as_of="2025-03-31").loc["D1"]
    assert found.debt_share == .4 and found.progress == pytest.approx(900 / 900) and found.cost_share == pytest.approx(.5)
    assert 0 < found.silence_chance < 1 and np.isnan(found.cost_climb)


# ---- silence

@settings(max_examples=40, deadline=None)
@given(strategies.lists(strategies.integers(0, 300), min_size=2, max_size=12, unique=True), strategies.integers(301, 600))
def test_longer_silence_is_less_likely(days, later):
    orders = pd.DataFrame({"who": "a", "day": pd.Timestamp("2025-01-01") + pd.to_timedelta(days, unit="D")})
    chances = [alerts.silence(orders, customer="who", date="day", as_of=pd.Timestamp("2025-01-01") + pd.Timedelta(days=end)
                              ).silence_chance.iloc[0] for end in (max(days), 300, later)]
    assert 1 == chances[0] >= chances[1] >= chances[2] > 0


def test_the_same_silence_means_more_for_a_frequent_buyer():
    day = pd.Timestamp("2025-01-01")
    log = pd.concat([pd.DataFrame({"who": name, "day": [day + pd.Timedelta(days=gap * n) for n in range(180 // gap)]})
                     for name, gap in (("weekly", 7), ("monthly", 30), ("often", 5))])
    found = alerts.silence(log, customer="who", date="day", as_of="2025-08-01")
    assert found.silence_chance["often"] < found.silence_chance["weekly"] < .05 < found.silence_chance["monthly"]
    assert found.expected_gap_days["weekly"] < 10 < found.expected_gap_days["monthly"]


def test_silence_is_calibrated():
    """Of customers who still buy, about one in ten looks so silent that the chance is below one in ten."""
    rng, rows = np.random.default_rng(3), []
    for name, rate in enumerate(rng.gamma(2, 1 / 40, 1500)):
        days = np.cumsum(rng.exponential(1 / rate, 400))
        rows += [(name, day) for day in days[days < 730]]
    log = pd.DataFrame(rows, columns=["who", "after"])
    log["day"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(log.after, unit="D")
    found = alerts.silence(log, customer="who", date="day", as_of="2025-12-31")
    assert .05 < (found.silence_chance < .1).mean() < .15


# ---- judging

def test_late_and_early_warnings_do_not_count_as_found():
    truth = pd.DataFrame({"account_id": ["D1", "D2", "D3"], "alert": "churn", "onset_date": "2025-03-01", "harm_date": "2025-06-01"})
    told = pd.DataFrame({"warned_on": ["2025-02-01", "2025-04-01", "2025-05-01", "2025-07-01"], "account_id": ["D1", "D2", "D2", "D3"],
                         "alert": "churn"})
    result = alerts.evaluate(told, truth).loc["churn"]
    assert (result.warnings, result.right, result.troubles, result.found) == (4, 3, 3, 1)
    assert result.lead_days == 61 and result.precision == .75 and result.recall == pytest.approx(1 / 3)


# ---- bad input

ONE = entries(("2025-01-01", "order", 5.0))


@pytest.mark.parametrize("call, code, words", [
    (lambda: alerts.measure(ONE.assign(kind="gift"), account(), as_of="2025-02-01"), "input.unknown_code", "gift"),
    (lambda: alerts.measure(ONE.assign(amount_cny=-1), account(), as_of="2025-02-01"), "input.out_of_range", "amount_cny"),
    (lambda: alerts.measure(ONE.assign(account_id="D9"), account(), as_of="2025-02-01"), "input.unknown_code", "D9"),
    (lambda: alerts.measure(ONE, account(plan_cny=0), as_of="2025-02-01"), "input.out_of_range", "plan_cny"),
    (lambda: alerts.measure(ONE, pd.concat([account(), account()]), as_of="2025-02-01"), "input.duplicates", "D1"),
    (lambda: alerts.measure(ONE[:0], account(), as_of="2025-02-01"), "input.empty", ""),
    (lambda: alerts.measure(ONE, account(), as_of="soon"), "input.not_a_day", "soon"),
    (lambda: alerts.rules(inputs.definitions("alert_rules.csv").assign(threshold="high")), "input.missing_values", "threshold"),
    (lambda: alerts.rules(inputs.definitions("alert_rules.csv").assign(measure="mood")), "input.duplicates", "mood"),
    (lambda: alerts.silence(pd.DataFrame({"who": ["a"], "day": ["x"]}), customer="who", date="day", as_of="2025-01-01"),
     "input.not_dates", "x"),
])
def test_bad_input_is_named(call, code, words):
    with pytest.raises(InputError) as raised:
        call()
    assert raised.value.code == code and words in str(raised.value)
