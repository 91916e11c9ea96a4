"""Lifetime value when nobody says goodbye: BG/NBD for how often customers buy, Gamma-Gamma for how much.

Time is in weeks. ``customers`` is everywhere what `summary` returns, one row a customer: ``repeats`` (days with an order
after the first), ``last_order_weeks`` (from the first order to the last), ``age_weeks`` (from the first order to the day
of observation), ``average_amount`` (per repeat, in currency). ``parameters`` is a `Fit`, or a mapping or Series with
r, alpha, a, b of `fit_purchases` or p, q, v of `fit_spend`, such as the published `CDNOW`.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import digamma, expit, gammaln, hyp2f1

from casekit import inputs
from casekit.errors import InputError

WEEKS_A_YEAR = 365.25 / 7
PURCHASES = ("r", "alpha", "a", "b")
SPEND = ("p", "q", "v")
# The published estimates (weeks): Fader, Hardie and Lee (2005); Fader and Hardie (2013).
CDNOW = {"r": .243, "alpha": 4.414, "a": .793, "b": 2.426, "p": 6.25, "q": 3.74, "v": 15.44}


@dataclass(frozen=True, eq=False)
class Fit:
    """Maximum-likelihood estimates; the standard errors come from the Hessian; equal rows are added up once.

    最大似然估计的结果；标准误来自海森矩阵；相同的行只算一次（结果不变）。
    """

    parameters: pd.Series
    standard_errors: pd.Series
    covariance: pd.DataFrame
    log_likelihood: float
    customers: int
    rows: int


def summary(orders, *, customer, date, amount=None, as_of):
    """Return repeats, last_order_weeks, age_weeks and average_amount of each customer.

    返回模型所需的每位客户摘要：重复购买次数、最后购买时点、客龄（周）、平均金额。

    Parameters
    ----------
    orders : DataFrame
        With columns ``customer, date, amount``; the orders of one day count once. Net returns first.
    as_of : str
        Date of observation, "YYYY-MM-DD"; later orders are refused.

    Examples
    --------
    >>> log = pd.DataFrame({"id": "a", "day": ["2025-01-01", "2025-01-08", "2025-01-22"], "pay": [9, 20, 40]})
    >>> summary(log, customer="id", date="day", amount="pay", as_of="2025-01-29").iloc[0].tolist()
    [2.0, 3.0, 4.0, 30.0]
    """
    inputs.table(orders, *[column for column in (customer, date, amount) if column is not None])
    log = pd.DataFrame({"customer": inputs.present(orders[customer]),
                        "day": inputs.dates(orders[date], as_of).dt.normalize(),
                        "amount": 0.0 if amount is None else inputs.numbers(orders[amount])})
    if (log["amount"] < 0).any():
        raise InputError("clv.returns", column=amount, rows=inputs.rows(orders.index[log["amount"] < 0]))
    days = log.groupby(["customer", "day"])["amount"].sum().reset_index().groupby("customer")
    table = days["day"].agg(["size", "min", "max"])
    out = pd.DataFrame({"repeats": table["size"] - 1,
                        "last_order_weeks": (table["max"] - table["min"]).dt.days / 7,
                        "age_weeks": (inputs.day("as_of", as_of) - table["min"]).dt.days / 7})
    if amount is not None:
        later = days["amount"].sum() - days["amount"].first()
        out["average_amount"] = later / out["repeats"].where(out["repeats"] > 0)
    return out.rename_axis(customer)


def fit_purchases(customers):
    """Fit the BG/NBD model: buying rates (gamma: r, alpha, weekly) and dropout (beta: a, b) differ between customers.

    拟合 BG/NBD 模型：各客户的购买率（伽马分布 r、alpha，按周）与流失率（贝塔分布 a、b）不同。

    Raises
    ------
    InputError
        ``clv.few_customers``, ``clv.no_repeats``, ``clv.inconsistent``, ``clv.no_maximum``.

    References
    ----------
    Fader, P., Hardie, B., Lee, K. L. (2005). Counting your customers the easy way. Marketing Science 24(2), 275-284.

    Examples
    --------
    >>> x, last = [0, 0, 0, 1, 1, 2, 4, 9], [0, 0, 0, 1, 17, 29, 12, 33]
    >>> few = pd.DataFrame({"repeats": x, "last_order_weeks": last, "age_weeks": 39})
    >>> fit_purchases(few).parameters.round(1).tolist()
    [0.4, 3.7, 1.1, 3.7]
    """
    x, last, age = _history(customers)
    if len(x) < 2:
        raise InputError("clv.few_customers", customers=len(x))
    if not x.any():
        raise InputError("clv.no_repeats")
    folded = pd.DataFrame({"x": x, "last": last, "age": age}).groupby(["x", "last", "age"]).size().reset_index(name="n")
    x, last, age, n = folded.to_numpy(float).T

    def likelihood(r, alpha, a, b):
        live, gone = alpha + age, alpha + last
        turns = np.where(x > 0, b + x - 1, 1)  # the chances to drop out, b + x - 1, exist only after a repeat
        log_gone = np.where(x > 0, np.log(a / turns) - (r + x) * np.log(gone), -np.inf)
        log_live = -(r + x) * np.log(live)
        dead = expit(log_gone - log_live)  # probability of having dropped out; 0 without repeats
        each = (gammaln(r + x) - gammaln(r) + r * np.log(alpha) + gammaln(a + b) + gammaln(b + x) - gammaln(b)
                - gammaln(a + b + x) + np.logaddexp(log_live, log_gone))
        shared = digamma(a + b) - digamma(a + b + x)
        slopes = (digamma(r + x) - digamma(r) + np.log(alpha) - (1 - dead) * np.log(live) - dead * np.log(gone),
                  r / alpha - (r + x) * ((1 - dead) / live + dead / gone),
                  shared + dead / a,
                  shared + digamma(b + x) - digamma(b) - dead / turns)
        return n @ each, np.array([n @ slope for slope in slopes])

    return _fit(likelihood, PURCHASES, [1, np.average(age, weights=n), 1, 1], int(n.sum()), len(n))


def fit_spend(customers):
    """Fit the Gamma-Gamma model of the amount per order, on customers with repeats.

    拟合 Gamma-Gamma 模型（每次购买金额），只用有重复购买的客户；假定金额与频率无关。

    References
    ----------
    Fader, P., Hardie, B. (2013). The Gamma-Gamma model of monetary value. brucehardie.com/notes/025.

    Examples
    --------
    >>> few = pd.DataFrame({"repeats": [1, 1, 2, 2, 5, 9], "average_amount": [79, 38, 33, 8, 22, 98]})
    >>> fit_spend(few).parameters.round(1).tolist()
    [1.8, 2.8, 49.2]
    """
    inputs.table(customers, "repeats", "average_amount")
    buyers = customers[inputs.numbers(customers["repeats"], 0, whole=True) > 0]
    if len(buyers) < 2:
        raise InputError("clv.no_repeats")
    amount = inputs.numbers(buyers["average_amount"])
    if (amount <= 0).any():
        raise InputError("clv.no_amount", rows=inputs.rows(buyers.index[amount <= 0]))
    folded = pd.DataFrame({"x": buyers["repeats"], "m": amount}).groupby(["x", "m"]).size().reset_index(name="n")
    x, m, n = folded.to_numpy(float).T

    def likelihood(p, q, v):
        total = np.log(v + x * m)
        each = (gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(v) + (p * x - 1) * np.log(m)
                + p * x * np.log(x) - (p * x + q) * total)
        both = digamma(p * x + q)
        slopes = (x * (both - digamma(p * x) + np.log(m * x) - total), both - digamma(q) + np.log(v) - total,
                  q / v - (p * x + q) / (v + x * m))
        return n @ each, np.array([n @ slope for slope in slopes])

    return _fit(likelihood, SPEND, [1, 2, np.average(m, weights=n)], int(n.sum()), len(n))


def p_alive(customers, parameters):
    """Return the probability that each customer is still a customer.

    返回每位客户仍然“活着”（仍会购买）的概率。

    Examples
    --------
    >>> heavy = pd.DataFrame({"repeats": [6, 6], "last_order_weeks": [10, 38], "age_weeks": [39, 39]})
    >>> p_alive(heavy, CDNOW).round(3).tolist()
    [0.01, 0.89]
    """
    r, alpha, a, b = _named(parameters, PURCHASES)
    x, last, age = _history(customers)
    odds = np.log(a / np.where(x > 0, b + x - 1, 1)) + (r + x) * np.log((alpha + age) / (alpha + last))
    return pd.Series(expit(np.where(x > 0, -odds, np.inf)), index=customers.index, name="p_alive")


def expected_purchases(customers, parameters, weeks):
    """Return how many orders each customer is expected to place in the next weeks (new today: 0, 0, 0).

    返回每位客户在未来若干周内的期望购买次数（今天的新客户取 0、0、0）。

    Examples
    --------
    >>> new = pd.DataFrame({"repeats": [0], "last_order_weeks": [0], "age_weeks": [0]})
    >>> expected_purchases(new, CDNOW, 39).round(3).tolist()
    [1.197]
    """
    r, alpha, a, b = _named(parameters, PURCHASES)
    weeks = inputs.parameter("weeks", weeks, 0).item()
    x, _, age = _history(customers)
    # At a = 1 the formula is 0/0, and where r - a is whole scipy's hyp2f1 may overflow: step aside.
    a += 3e-7 * (min(abs(a - 1), abs(r - a - round(r - a))) < 1e-7)
    # Euler's transformation of the published formula: its hypergeometric series overflows for large x, this one does not.
    left = (alpha + age) / (alpha + age + weeks)
    growth = left ** (a - 1) * hyp2f1(a + b - 1 - r, a - 1, a + b + x - 1, 1 - left)
    return (p_alive(customers, parameters) * (a + b + x - 1) / (a - 1) * (1 - growth)).rename("expected_purchases")


def expected_spend(customers, parameters):
    """Return the expected amount per order of each customer: between the own average and everybody's.

    返回每位客户的期望单次金额：介于本人平均与总体平均之间。

    Examples
    --------
    >>> two = pd.DataFrame({"repeats": [0, 9], "average_amount": [None, 100.0]})
    >>> expected_spend(two, CDNOW).round(1).tolist()
    [35.2, 97.0]
    """
    p, q, v = _named(parameters, SPEND)
    if q <= 1:
        raise InputError("clv.no_mean", q=round(q, 3))
    inputs.table(customers, "repeats", "average_amount")
    x = inputs.numbers(customers["repeats"], 0, whole=True)
    total = x * inputs.numbers(customers["average_amount"].where(x > 0, 0), 0)
    return (p * (v + total) / (p * x + q - 1)).rename("expected_spend")


def lifetime_value(customers, purchases, spend, *, weeks=156, discount=.1, margin_rate=1.0, step=4):
    """Return the discounted value of each customer's future orders.

    返回每位客户未来购买的折现价值。

    Parameters
    ----------
    purchases, spend : Fit, mapping or Series
        Parameters of the two models.
    weeks, step : float
        Horizon, and length of the steps: the orders of a step are discounted from its end.
    discount, margin_rate : float
        Yearly discount rate; margin per unit of sales.

    Returns
    -------
    DataFrame
        ``p_alive, expected_purchases`` (in the horizon), ``expected_spend, lifetime_value`` (currency, from today on).

    Examples
    --------
    >>> one = pd.DataFrame({"repeats": [2], "last_order_weeks": [30.0], "age_weeks": [39.0], "average_amount": [40.0]})
    >>> lifetime_value(one, CDNOW, CDNOW).round(2).iloc[0].tolist()
    [0.72, 3.51, 39.14, 121.57]
    """
    for name, number, low in (("weeks", weeks, 0), ("step", step, 1e-3), ("discount", discount, 0),
                              ("margin_rate", margin_rate, 0)):
        inputs.parameter(name, number, low)
    columns = ["repeats", "last_order_weeks", "age_weeks"]
    inputs.table(customers, *columns)
    cell = customers.groupby(columns, sort=False).ngroup().to_numpy()
    folded = customers[columns].drop_duplicates()
    before = now = discounted = np.zeros(len(folded))
    for end in np.minimum(np.arange(step, weeks + step, step), weeks):
        before, now = now, expected_purchases(folded, purchases, end).to_numpy()
        discounted = discounted + (now - before) / (1 + discount) ** (end / WEEKS_A_YEAR)
    table = pd.DataFrame({"p_alive": p_alive(folded, purchases).to_numpy()[cell], "expected_purchases": now[cell],
                          "expected_spend": expected_spend(customers, spend).to_numpy()}, index=customers.index)
    return table.assign(lifetime_value=discounted[cell] * table["expected_spend"] * margin_rate)


def matrix(parameters, *, repeats, age_weeks, weeks=None):
    """Return the frequency-recency matrix: P(alive), or expected orders in the next ``weeks``.

    返回“频率—近期”矩阵：存活概率；给出 ``weeks`` 时为未来若干周的期望购买次数；不可能的格为空。

    Examples
    --------
    >>> matrix(CDNOW, repeats=1, age_weeks=1).round(2).to_numpy().tolist()
    [[1.0, nan], [nan, 0.75]]
    """
    shape = int(inputs.parameter("repeats", repeats, 0)) + 1, int(inputs.parameter("age_weeks", age_weeks, 0)) + 1
    x, last = np.indices(shape).reshape(2, -1)
    cells = pd.DataFrame({"repeats": x, "last_order_weeks": last, "age_weeks": shape[1] - 1})[(x > 0) == (last > 0)]
    result = p_alive(cells, parameters) if weeks is None else expected_purchases(cells, parameters, weeks)
    return cells.assign(value=result).pivot(index="repeats", columns="last_order_weeks", values="value").reindex(
        index=range(shape[0]), columns=range(shape[1])).rename_axis(index="repeats", columns="last_order_weeks")


def split(orders, *, customer, date, amount=None, cutoff, as_of):
    """Return the summary at ``cutoff``, with the ``holdout_orders`` in the ``holdout_weeks`` from then to ``as_of``.

    返回截止日 ``cutoff`` 的摘要，以及这些客户此后到 ``as_of`` 的实际购买次数（不泄露未来）。

    Examples
    --------
    >>> log = pd.DataFrame({"id": ["a", "a", "b"], "day": ["2025-01-01", "2025-02-01", "2025-02-01"]})
    >>> split(log, customer="id", date="day", cutoff="2025-01-15", as_of="2025-02-12").iloc[0].tolist()
    [0.0, 0.0, 2.0, 1.0, 4.0]
    """
    inputs.table(orders, customer, date)
    day = inputs.dates(orders[date], as_of).dt.normalize()
    start, end = inputs.day("cutoff", cutoff), inputs.day("as_of", as_of)
    if not day.min() <= start < end:
        raise InputError("clv.cutoff", cutoff=cutoff, first=str(day.min().date()), as_of=as_of)
    table = summary(orders[day <= start], customer=customer, date=date, amount=amount, as_of=cutoff)
    later = pd.DataFrame({"customer": orders[customer], "day": day})[day > start].drop_duplicates()
    return table.assign(holdout_orders=later["customer"].value_counts().reindex(table.index, fill_value=0),
                        holdout_weeks=(end - start).days / 7)


def calibration(customers, parameters, top=7):
    """Return actual and expected holdout orders per customer, by repeats before the cutoff (``top`` and more as one).

    按截止日前的重复购买次数分组，比较每位客户之后的实际与期望购买次数（``customers`` 来自 `split`）。

    Examples
    --------
    >>> one = pd.DataFrame({"repeats": [9], "last_order_weeks": [30], "age_weeks": [39]})
    >>> calibration(one.assign(holdout_orders=5, holdout_weeks=39), CDNOW).round(2).reset_index().iloc[0].tolist()
    [7.0, 1.0, 5.0, 3.98]
    """
    inputs.table(customers, "repeats", "holdout_orders", "holdout_weeks")
    expected = expected_purchases(customers, parameters, customers["holdout_weeks"].iloc[0])
    groups = pd.DataFrame({"actual": inputs.numbers(customers["holdout_orders"], 0), "expected": expected}).groupby(
        customers["repeats"].clip(upper=top))
    return groups.mean().assign(customers=groups.size())[["customers", "actual", "expected"]]


def for_pymc(customers):
    """Return the summary under the names that pymc-marketing's models ask for: the way to posterior distributions.

    把摘要改成 pymc-marketing 所要求的列名，便于用它求后验分布。

    Parameters
    ----------
    customers : DataFrame
        What `summary` returns, one row a customer.

    Returns
    -------
    DataFrame
        ``customer_id, frequency`` (repeats), ``recency`` and ``T`` (weeks), and ``monetary_value`` where there are amounts
        (0 without repeats), as in ``pymc_marketing.clv.BetaGeoModel(data).fit()``.

    References
    ----------
    https://www.pymc-marketing.io: the data of ``BetaGeoModel`` and ``GammaGammaModel``.

    Examples
    --------
    >>> one = pd.DataFrame({"repeats": [2], "last_order_weeks": [3.0], "age_weeks": [4.0], "average_amount": [30.0]}, ["a"])
    >>> for_pymc(one).to_dict("list")
    {'customer_id': ['a'], 'frequency': [2.0], 'recency': [3.0], 'T': [4.0], 'monetary_value': [30.0]}
    """
    x, last, age = _history(customers)
    table = pd.DataFrame({"customer_id": customers.index, "frequency": x, "recency": last, "T": age})
    if "average_amount" in customers:
        table["monetary_value"] = np.where(x > 0, customers["average_amount"], 0.0)
    return table


def _history(customers):
    inputs.table(customers, "repeats", "last_order_weeks", "age_weeks")
    x = inputs.numbers(customers["repeats"], 0, whole=True)
    last, age = (inputs.numbers(customers[column], 0) for column in ("last_order_weeks", "age_weeks"))
    bad = (last > age) | ((x > 0) != (last > 0))
    if bad.any():
        raise InputError("clv.inconsistent", rows=inputs.rows(customers.index[bad]))
    return x.to_numpy(), last.to_numpy(), age.to_numpy()


def _named(parameters, names):
    parameters = getattr(parameters, "parameters", parameters)
    missing = [name for name in names if name not in parameters]
    if missing:
        raise InputError("clv.parameters", names=", ".join(names), missing=", ".join(missing))
    return [inputs.parameter(name, parameters[name], 1e-12).item() for name in names]


def _fit(likelihood, names, start, customers, rows):
    """Maximise a log-likelihood in the logarithms of its parameters (all are positive)."""
    def loss(logs):
        value, slopes = likelihood(*np.exp(logs))
        return -value / customers, -slopes * np.exp(logs) / customers

    with np.errstate(all="ignore"):  # a trial step far outside overflows, and the line search turns back
        found = minimize(loss, np.log(start), jac=True, method="BFGS", options={"gtol": 1e-8})
        steps = 1e-4 * np.eye(len(names))
        hessian = np.array([loss(found.x + step)[1] - loss(found.x - step)[1] for step in steps]) / 2e-4
        hessian = (hessian + hessian.T) / 2
        estimates = np.exp(found.x)
    covariance = np.full_like(hessian, np.inf)
    if np.isfinite(hessian).all() and np.linalg.eigvalsh(hessian).min() > 0:
        covariance = np.linalg.inv(hessian * customers)  # of the logarithms
    # Beyond an error of 5 in the logarithm a parameter is unknown by a factor of 150: a ridge, not a maximum.
    if not np.abs(found.jac).max() < 1e-5 or np.diag(covariance).max() > 25:
        shown = ", ".join(f"{name} = {estimate:.3g}" for name, estimate in zip(names, estimates))
        raise InputError("clv.no_maximum", customers=customers, parameters=shown)
    covariance = covariance * np.outer(estimates, estimates)
    index = pd.Index(names, name="parameter")
    return Fit(pd.Series(estimates, index), pd.Series(np.sqrt(np.diag(covariance)), index),
               pd.DataFrame(covariance, index, index), float(-found.fun * customers), customers, rows)
