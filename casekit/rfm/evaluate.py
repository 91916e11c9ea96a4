"""Which scoring foretells the next period best: scores of the past against orders that came after, never mixed."""

from datetime import timedelta

import numpy as np
import pandas as pd

from casekit import inputs
from casekit.errors import InputError
from casekit.rfm.measures import measure
from casekit.rfm.scores import score

METRICS = ("auc", "lift_10", "lift_20", "revenue_lift_10", "revenue_lift_20", "gini", "mailed", "profit", "mass_profit")


def evaluate(orders, schemes, *, cutoffs, horizon_days, customer, date, amount, cost=1.0, margin_rate=1.0,
             draws=200, seed=0, **policies):
    """Compare scoring schemes by what the customers did in the period after each cutoff.

    比较各打分方案：用截止日之前的数据打分，看客户在截止日之后的一段时间里做了什么（不泄露未来）。

    Parameters
    ----------
    orders : frame
        As for `measure`, with its ``customer, date, amount`` and further ``policies`` such as ``order``, ``returns``.
    schemes : list of names, or dict of definitions by name
        As for `score`; customers are ranked by ``rfm_score``, and equal scores share what they hold evenly.
    cutoffs : str or list of str
        Last days of the past. Customers are those known on that day.
    horizon_days : int
        Length of the period after a cutoff, which the data must cover.
    cost, margin_rate : float
        Cost of mailing one customer, in currency; margin per unit of revenue.
    draws, seed : int
        Bootstrap over customers, the same draws for all schemes; percentiles 2.5 and 97.5.

    Returns
    -------
    DataFrame
        One row a cutoff, scheme and metric: ``cutoff, scheme, metric, customers, value, low_end, high_end, ahead``; ``ahead`` is the
        share of draws in which the scheme beats the first one. Metrics: ``auc`` (who buys), ``lift_10, lift_20`` (response
        among the best 10 or 20 %, relative to all), ``revenue_lift_10, revenue_lift_20``, ``gini`` (of revenue; 1 is perfect
        foresight), and per customer on file ``mailed`` (share), ``profit`` and ``mass_profit`` (currency): whom to mail is learnt
        one horizon earlier, by isotonic regression of the margin on the score, and paid for in this one; missing where there
        was no earlier period.

    Raises
    ------
    InputError
        ``rfm.horizon`` where the data end before the horizon does, ``rfm.no_later_order``, and those of `measure` and `score`.

    References
    ----------
    Malthouse, E., Blattberg, R. (2005). Can we predict customer lifetime value? Journal of Interactive Marketing 19(1), 2-16.
    Hughes, A. M. Strategic Database Marketing (break-even response).

    Examples
    --------
    >>> days = pd.to_datetime(["2024-01-05", "2024-03-01", "2024-02-01", "2024-04-20", "2024-05-01"])
    >>> log = pd.DataFrame({"id": ["a", "a", "b", "a", "c"], "day": days, "pay": [50.0, 70, 20, 60, 10]})
    >>> table = evaluate(log, [{"bins": 2}], cutoffs="2024-03-31", horizon_days=30, customer="id", date="day", amount="pay")
    >>> table.set_index("metric")["value"]["auc"].item()
    1.0
    """
    named = schemes if isinstance(schemes, dict) else {name if isinstance(name, str) else str(name): name for name in schemes}
    columns = {"customer": customer, "date": date, "amount": amount, **policies, "future": "drop"}
    horizon = inputs.parameter("horizon_days", horizon_days, 1).item()
    length = timedelta(days=int(horizon))
    draws = int(inputs.parameter("draws", draws, 1))
    rows, last = [], _last(orders, columns)
    for cutoff in np.atleast_1d(cutoffs):
        day = inputs.day("cutoffs", cutoff)
        known = measure(orders, as_of=day, **columns)
        bought, revenue = _later(orders, known, day, length, last, columns)
        earlier = _learnt(orders, day - length, length, last, columns)
        judges = {}
        for name, scheme in named.items():
            ranks = score(known, scheme)["rfm_score"].to_numpy(float)
            mailed = np.full(len(known), np.nan)
            if earlier is not None:
                past, margin = earlier
                mailed = _expected(score(past, scheme)["rfm_score"], margin * margin_rate, ranks) > cost
            judges[name] = _levels(ranks), mailed
        found = {name: [] for name in named}
        best, gain = _levels(revenue), revenue * margin_rate - cost
        for weights in _resamples(len(known), draws, seed):
            perfect = _gini(best, revenue, weights)
            for name, (levels, mailed) in judges.items():
                paid = weights @ mailed, weights @ (mailed * gain), weights @ gain if earlier else np.nan
                found[name].append((*_ranking(levels, bought, revenue, weights, perfect), *paid))
        first = np.array(found[next(iter(named))])
        for name, draw in found.items():
            draw = np.array(draw)
            low, high = np.quantile(draw[1:], (0.025, 0.975), axis=0)
            ahead = np.where(np.isnan(draw[0]), np.nan, (draw[1:] > first[1:]).mean(axis=0))
            rows.append(pd.DataFrame({"cutoff": str(day.date()), "scheme": name, "metric": METRICS, "customers": len(known),
                                      "value": draw[0], "low_end": low, "high_end": high, "ahead": ahead}))
    return pd.concat(rows, ignore_index=True)


def gains(ranks, outcome):
    """Return the gains curve: which share of an outcome the best-ranked share of customers holds.

    返回增益曲线：排名最前的一部分客户占结果（响应或收入）的多大比例；并列者平均分摊。

    Parameters
    ----------
    ranks : array of shape (n,)
        The higher, the better, such as ``rfm_score``.
    outcome : array of shape (n,)
        Responses (0 or 1) or revenue, not negative.

    Returns
    -------
    DataFrame
        ``customers_share, outcome_share`` from (0, 0) to (1, 1), one row a distinct rank.

    Examples
    --------
    >>> gains([5, 5, 1, 1], [1, 0, 0, 0]).to_numpy().tolist()
    [[0.0, 0.0], [0.5, 1.0], [1.0, 1.0]]
    """
    outcome = np.asarray(outcome, float)
    held, people = _curve(_levels(np.asarray(ranks, float)), (outcome, np.ones(len(outcome))), np.ones(len(outcome)))
    return pd.DataFrame({"customers_share": people, "outcome_share": held})


def _last(orders, columns):
    """Return the day of the last purchase."""
    ago = measure(orders, as_of="9999-12-31", **columns)["recency_days"].min().item()
    return pd.Timestamp("9999-12-31").to_pydatetime() - timedelta(days=ago)


def _later(orders, known, cutoff, length, last, columns):
    """Return who of the known bought in the horizon, and their revenue, net of returns and at least 0."""
    end = cutoff + length
    if last < end:
        raise InputError("rfm.horizon", cutoff=cutoff.date(), end=end.date(), last=last.date(), latest=(last - length).date())
    try:
        later = measure(orders, as_of=end, since=cutoff + timedelta(days=1), **columns)
    except InputError as problem:
        if problem.code != "rfm.no_purchases":
            raise
        raise InputError("rfm.no_later_order", cutoff=cutoff.date(), end=end.date()) from None
    came = known.index.isin(later.index)
    if not came.any():
        raise InputError("rfm.no_later_order", cutoff=cutoff.date(), end=end.date())
    return came.astype(float), later["monetary"].reindex(known.index, fill_value=0.0).clip(lower=0).to_numpy()


def _learnt(orders, cutoff, length, last, columns):
    """Return measures and revenue one horizon earlier, or nothing where the log begins later."""
    try:
        known = measure(orders, as_of=cutoff, **columns)
        return known, _later(orders, known, cutoff, length, last, columns)[1]
    except InputError as problem:
        if problem.code not in ("rfm.no_purchases", "rfm.no_later_order"):
            raise
        return None


def _expected(ranks, margin, others):
    """Return the margin to expect at each rank, learnt from customers of an earlier period."""
    from sklearn.isotonic import IsotonicRegression  # the extra "models"

    return IsotonicRegression(out_of_bounds="clip").fit(ranks, margin).predict(others)


def _resamples(customers, draws, seed):
    """Yield weights that sum to 1: everybody once, then each bootstrap draw."""
    rng = np.random.default_rng(seed)
    yield np.full(customers, 1 / customers)
    for _ in range(draws):
        yield np.bincount(rng.integers(customers, size=customers), minlength=customers) / customers


def _levels(ranks):
    """Number the distinct ranks from the best."""
    return np.unique(-ranks, return_inverse=True)[1]


def _curve(levels, values, weights):
    """Return the cumulative share of each of the values, level by level; equal ranks come together."""
    with np.errstate(invalid="ignore"):
        sums = (np.cumsum(np.bincount(levels, weights * value)) for value in values)
        return [np.concatenate([[0.0], total / total[-1]]) for total in sums]


def _gini(levels, values, weights):
    """Return twice the area between the gains curve and the diagonal."""
    held, people = _curve(levels, (values, np.ones(len(values))), weights)
    return 2 * np.trapezoid(held, people) - 1


def _ranking(levels, bought, revenue, weights, perfect):
    """Return auc, lift_10, lift_20, revenue_lift_10, revenue_lift_20 and gini of a ranking."""
    came, stayed, held, people = _curve(levels, (bought, 1 - bought, revenue, np.ones(len(bought))), weights)
    lifts = [np.interp(share, people, each) / share for each in (came, held) for share in (0.1, 0.2)]
    return np.trapezoid(came, stayed), *lifts, (2 * np.trapezoid(held, people) - 1) / perfect if perfect else np.nan
