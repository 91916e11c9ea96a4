"""The four warnings on a customer ledger (credit, sales progress, sales cost, churn), and how good they are."""

import numpy as np
import pandas as pd

from casekit import inputs

MEASURES = ("debt_share", "progress", "cost_share", "cost_climb", "silence_chance", "silent_days")
WARNING = ["warned_on", "account_id", "alert", "measure", "value", "threshold", "action"]


def rules(source=None):
    """Return the rules of the four warnings: measure, direction, threshold, days looked back, action.

    返回四种预警的规则：指标、方向、阈值、时间窗、行动。

    Parameters
    ----------
    source : DataFrame or path, optional
        In place of ``datasets/alert_rules.csv``. The course names triggers and actions, but no thresholds: change them.

    Examples
    --------
    >>> rules().alert.tolist()
    ['credit_limit', 'sales_progress', 'sales_cost', 'sales_cost', 'churn']
    """
    table = inputs.definitions("alert_rules.csv", source)
    inputs.table(table, "measure", "alert", "direction", "threshold", "window_days", "action")
    inputs.codes(inputs.unique(table.measure), MEASURES)
    inputs.codes(table.direction, ("above", "below"))
    for column, low in (("threshold", 0), ("window_days", 1)):
        table[column] = inputs.numbers(pd.to_numeric(table[column], errors="coerce"), low)
    return table.set_index("measure")


def silence(orders, *, customer, date, as_of):
    """Say how long each customer has been silent, and how likely that is for one who still buys.

    每位客户已沉默多久，以及“仍在购买的客户会沉默这么久”的概率。

    Every customer orders at a rate of the customer's own, and the rates vary as a gamma distribution; who has ordered
    seldom is therefore judged by the others as well. One cut in days for all would warn of the slow and miss the fast.

    Parameters
    ----------
    orders : DataFrame
        One row an order; `customer` and `date` name its columns. Later rows than `as_of` are not looked at.

    Returns
    -------
    DataFrame
        By customer: orders (days with one), silent_days, expected_gap_days, silence_chance.

    References
    ----------
    A. Ehrenberg (1959), "The pattern of consumer purchases", Applied Statistics 8(1).

    Examples
    --------
    >>> days = pd.date_range("2024-01-01", periods=12, freq="7D")
    >>> log = pd.DataFrame({"who": ["fast"] * 12 + ["slow"] * 3, "day": [*days, *days[[0, 5, 10]]]})
    >>> silence(log, customer="who", date="day", as_of="2024-05-01").silence_chance.round(3).tolist()
    [0.01, 0.115]
    """
    inputs.table(orders, customer, date)
    log = pd.DataFrame({"who": inputs.present(orders[customer]), "day": inputs.dates(orders[date])}).drop_duplicates()
    return _silence(log, inputs.day("as_of", as_of)).rename_axis(customer)


def _silence(log, day):
    span = log[log.day <= day].groupby("who").day.agg(["min", "max", "size"])
    gaps, watched, silent = span["size"] - 1, (span["max"] - span["min"]).dt.days, (day - span["max"]).dt.days
    # By moments: what the counts vary beyond Poisson's variance is how the rates vary.
    mean = gaps.sum() / max(watched.sum(), 1) or 1 / 365
    between = ((gaps - mean * watched) ** 2 - mean * watched).sum() / max((watched**2).sum(), 1)
    shape = float(np.clip(mean**2 / between, .5, 20)) if between > 0 else 20.0
    exposure = shape / mean + watched
    return pd.DataFrame({
        "orders": span["size"], "silent_days": silent, "expected_gap_days": exposure / (shape + gaps),
        "silence_chance": (exposure / (exposure + silent)) ** (shape + gaps),
    })


def measure(ledger, accounts, *, as_of, source=None):
    """Measure every account on one day: debt, progress, cost and silence.

    某一天每个账户的四项指标：欠款、进度、费用、沉默。

    Parameters
    ----------
    ledger : DataFrame
        account_id, entry_date, kind (order, payment, cost), amount_cny. Later entries are not looked at.
    accounts : DataFrame
        account_id, credit_limit_cny, plan_cny (purchases a day), cost_budget (share of planned purchases).
    source : DataFrame or path, optional
        Rules, as in :func:`rules`: they say how many days to look back.

    Returns
    -------
    DataFrame
        By account, a column a rule: debt_share (of the limit), progress (purchases over plan), cost_share (cost over
        budget), cost_climb (cost over that of as many days before), silence_chance (missing before the first order), or
        silent_days, where rules of one's own warn by one cut for all.

    Examples
    --------
    >>> book = pd.DataFrame({"account_id": "D1", "entry_date": ["2024-01-01", "2024-01-20"],
    ...                      "kind": ["order", "payment"], "amount_cny": [900, 300]})
    >>> dealer = pd.DataFrame({"account_id": ["D1"], "credit_limit_cny": 1000, "plan_cny": 10, "cost_budget": .1})
    >>> measure(book, dealer, as_of="2024-02-01").debt_share.tolist()
    [0.6]
    """
    return _measure(*_checked(ledger, accounts), inputs.day("as_of", as_of), rules(source))


def warn(ledger, accounts, *, days, source=None):
    """Go through days of review and give each warning on the first day of its trouble.

    按检查日逐日检查，在问题出现的第一天发出预警（持续期间不重复）。

    Parameters
    ----------
    ledger, accounts, source
        As in :func:`measure`.
    days : sequence of dates
        Days on which the ledger is looked at, in order.

    Returns
    -------
    DataFrame
        warned_on, account_id, alert, measure (what tripped it), value, threshold, action.

    Examples
    --------
    >>> book = pd.DataFrame({"account_id": "D1", "entry_date": ["2024-01-01"], "kind": "order", "amount_cny": 900})
    >>> dealer = pd.DataFrame({"account_id": ["D1"], "credit_limit_cny": 500, "plan_cny": 9, "cost_budget": .1})
    >>> warn(book, dealer, days=["2024-01-02", "2024-01-09"]).alert.tolist()
    ['credit_limit']
    """
    return trip(follow(ledger, accounts, days=days, source=source), source)


def follow(ledger, accounts, *, days, source=None):
    """Measure every account on each day of review: what `trip` needs, and the slow half of `warn`.

    在每个检查日计算每个账户的指标：供 `trip` 使用，也是 `warn` 中费时的一半。

    Parameters
    ----------
    ledger, accounts, days, source
        As in :func:`warn`.

    Returns
    -------
    DataFrame
        By day and account, a column a rule, as in :func:`measure`.

    Examples
    --------
    >>> book = pd.DataFrame({"account_id": "D1", "entry_date": ["2024-01-01"], "kind": "order", "amount_cny": 900})
    >>> dealer = pd.DataFrame({"account_id": ["D1"], "credit_limit_cny": 500, "plan_cny": 9, "cost_budget": .1})
    >>> follow(book, dealer, days=["2024-01-02", "2024-01-09"]).debt_share.tolist()
    [1.8, 1.8]
    """
    table, (book, base) = rules(source), _checked(ledger, accounts)
    each = {day: _measure(book, base, day, table) for day in dict.fromkeys(inputs.day("days", day) for day in days)}
    if not each:
        return pd.DataFrame(columns=table.index, index=pd.MultiIndex.from_arrays([[], []]))
    return pd.concat(each, names=["day"])


def trip(measured, source=None):
    """Give each warning on the first day of its trouble, from measures that are there: quick, to try thresholds.

    由已算好的指标给出预警（问题出现的第一天）；很快，可用来试阈值。

    Parameters
    ----------
    measured : DataFrame
        From :func:`follow`, its days in order.
    source : DataFrame or path, optional
        Rules, as in :func:`rules`.

    Returns
    -------
    DataFrame
        As :func:`warn`.

    Examples
    --------
    >>> day = pd.MultiIndex.from_product([pd.to_datetime(["2024-01-02", "2024-01-09"]), ["D1"]])
    >>> trip(pd.DataFrame({"debt_share": [.5, 1.2]}, day), rules().head(1).reset_index()).warned_on.astype(str).tolist()
    ['2024-01-09']
    """
    table, on, told = rules(source), {}, []
    if measured.empty:
        return pd.DataFrame(columns=WARNING)
    inputs.table(measured, *table.index)
    for name, rule in table.iterrows():
        values = measured[name].unstack(sort=False)
        hit = beyond(values, rule)
        first = hit & ~on.get(rule.alert, hit & False)  # another rule for this alert may have tripped before
        on[rule.alert] = on.get(rule.alert, hit) | hit
        told.append((name, rule, values, first))
    rows = []
    for name, rule, values, first in told:
        places = (first & ~on[rule.alert].shift(fill_value=False)).to_numpy().nonzero()
        rows += [(values.index[day], values.columns[who], rule.alert, name, values.iat[day, who], rule.threshold, rule.action)
                 for day, who in zip(*places, strict=True)]
    return pd.DataFrame(sorted(rows, key=lambda row: row[0]), columns=WARNING)


def beyond(values, rule):
    """Say which values trip a rule.

    哪些值触发规则。

    Examples
    --------
    >>> beyond(pd.Series([1, 3]), {"direction": "above", "threshold": 2}).tolist()
    [False, True]
    """
    return values > rule["threshold"] if rule["direction"] == "above" else values < rule["threshold"]


def evaluate(warnings, truth):
    """Hold warnings against what really happened: precision, recall, days of lead.

    把预警与真实情况对照：查准率、查全率、提前天数。

    Parameters
    ----------
    warnings : DataFrame
        warned_on, account_id, alert.
    truth : DataFrame
        account_id, alert, onset_date, harm_date: one row a trouble.

    Returns
    -------
    DataFrame
        By alert: warnings, right (on or after an onset), troubles, found (warned of before the harm), precision,
        recall, lead_days (median, from the first warning to the harm).

    Examples
    --------
    >>> told = pd.DataFrame({"warned_on": ["2024-03-01"], "account_id": "D1", "alert": "churn"})
    >>> real = pd.DataFrame({"account_id": ["D1"], "alert": "churn", "onset_date": "2024-02-01",
    ...                      "harm_date": "2024-05-01"})
    >>> evaluate(told, real)[["precision", "recall", "lead_days"]].values.tolist()
    [[1.0, 1.0, 61.0]]
    """
    inputs.table(truth, "account_id", "alert", "onset_date", "harm_date")
    real = truth.assign(onset_date=inputs.dates(truth.onset_date), harm_date=inputs.dates(truth.harm_date),
                        trouble=range(len(truth)))
    told = warnings.assign(warned_on=inputs.dates(warnings.warned_on), warning=range(len(warnings)))
    both = told.merge(real, on=["account_id", "alert"]).query("warned_on >= onset_date").sort_values("warned_on")
    found = both[both.warned_on <= both.harm_date].drop_duplicates("trouble")
    lead = (found.harm_date - found.warned_on).dt.days
    counted = {"warnings": told, "right": both.drop_duplicates("warning"), "troubles": real, "found": found}
    table = pd.DataFrame({name: frame.alert.value_counts() for name, frame in counted.items()}).fillna(0).astype(int)
    return table.assign(precision=table.right / table.warnings, recall=table.found / table.troubles,
                        lead_days=lead.groupby(found.alert).median())


def _checked(ledger, accounts):
    """Return what is booked by day (sums up to it, by kind and account), the days of orders, and the accounts by id."""
    inputs.table(ledger, "account_id", "entry_date", "kind", "amount_cny")
    inputs.table(accounts, "account_id", "credit_limit_cny", "plan_cny", "cost_budget")
    inputs.codes(ledger.kind, ("order", "payment", "cost"))
    inputs.codes(ledger.account_id, inputs.unique(accounts.account_id))
    for column in ("credit_limit_cny", "plan_cny", "cost_budget"):
        inputs.numbers(accounts[column], 1e-9)
    book = ledger.assign(entry_date=inputs.dates(ledger.entry_date), amount_cny=inputs.numbers(ledger.amount_cny, 0))
    sums = book.pivot_table(index="entry_date", columns=["kind", "account_id"], values="amount_cny", aggfunc="sum", fill_value=0)
    orders = book[book.kind == "order"].rename(columns={"account_id": "who", "entry_date": "day"})
    return (sums.cumsum(), orders[["who", "day"]].drop_duplicates()), accounts.set_index("account_id")


def _measure(book, base, day, table):
    sums, orders = book

    def upto(kind, age):
        place = sums.index.searchsorted(day - pd.Timedelta(days=age), side="right")
        row = sums.iloc[place - 1] if place else sums.iloc[0] * 0
        return row[kind].reindex(base.index, fill_value=0) if kind in row.index else pd.Series(0.0, base.index)

    def total(kind, first, last=0):
        """Sum what was booked from fewer than `first` days ago to `last` days ago."""
        return (upto(kind, last) - upto(kind, first)).round(6)  # what is nothing must not be a rounding error

    def quiet(column):
        return _silence(orders, day)[column].reindex(base.index)

    ways = {
        "debt_share": lambda days: (upto("order", 0) - upto("payment", 0)) / base.credit_limit_cny,
        "progress": lambda days: total("order", days) / (base.plan_cny * days),
        "cost_share": lambda days: total("cost", days) / (base.cost_budget * base.plan_cny * days),
        "cost_climb": lambda days: total("cost", days) / total("cost", 2 * days, days).replace(0, np.nan),
        "silence_chance": lambda days: quiet("silence_chance"),
        "silent_days": lambda days: quiet("silent_days"),
    }
    return pd.DataFrame({name: ways[name](days) for name, days in table.window_days.items()})
