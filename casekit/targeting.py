"""Precision marketing: recommendations, audiences, A/B tests, break-even mailing, contact frequency, budgets."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from casekit import inputs
from casekit.errors import InputError


class Trial(NamedTuple):
    """What an A/B test found: both means, the lift with its interval, the p-value, and the power it had.

    A/B 试验的结果：两组均值、提升及其区间、p 值、检验功效。
    """

    control: float
    treated: float
    lift: float
    low: float
    high: float
    p_value: float
    power: float


class Matching(NamedTuple):
    """What a matched comparison found: the effect on the treated with its interval, and how alike the groups became.

    匹配比较的结果：对参加者的效果及其区间，以及两组变得有多像。
    """

    naive: float
    effect: float
    low: float
    high: float
    matched: int
    dropped: int
    balance: pd.DataFrame


def recommend(bought, *, k=5, method="item_item"):
    """Recommend to each customer k items that the customer has not bought yet.

    给每位客户推荐 k 件尚未买过的商品。

    Parameters
    ----------
    bought : DataFrame
        customer_id, item_id; one row a purchase (or a view, for who only looks).
    method : {"item_item", "popularity"}
        Items bought by the same people (cosine similarity), or what most people buy.

    Returns
    -------
    DataFrame
        customer_id, rank (from 1), item_id, score; ties go by item_id.

    References
    ----------
    G. Linden, B. Smith, J. York (2003), "Amazon.com recommendations: item-to-item collaborative filtering".

    Examples
    --------
    >>> log = pd.DataFrame({"customer_id": ["C1", "C1", "C2", "C2", "C3"],
    ...                     "item_id": ["tea", "cup", "tea", "cup", "tea"]})
    >>> recommend(log, k=1).query("customer_id == 'C3'").item_id.tolist()
    ['cup']
    """
    from scipy.sparse import coo_array

    inputs.table(bought, "customer_id", "item_id")
    inputs.present(bought.customer_id), inputs.present(bought.item_id)
    inputs.option("method", method, ("item_item", "popularity"))
    who, customers = pd.factorize(bought.customer_id, sort=True)
    what, items = pd.factorize(bought.item_id, sort=True)
    taken = coo_array((np.ones(len(who)), (who, what)), shape=(len(customers), len(items))).tocsr()
    taken.data[:] = 1
    buyers = taken.sum(axis=0)
    if method == "popularity":
        scores = np.tile(buyers, (len(customers), 1))
    else:
        unit = taken / np.sqrt(buyers)
        likeness = (unit.T @ unit).toarray()
        np.fill_diagonal(likeness, 0)
        scores = taken @ likeness + buyers * 1e-9  # popularity breaks ties
    scores = np.where(taken.toarray() > 0, -np.inf, scores)
    best = np.argsort(-scores, axis=1, kind="stable")[:, :int(inputs.parameter("k", k, 1))]
    rows, ranks = np.indices(best.shape)
    found = pd.DataFrame({"customer_id": customers[rows.ravel()], "rank": ranks.ravel() + 1,
                          "item_id": items[best.ravel()], "score": scores[rows, best].ravel()})
    return found[found.score > -np.inf].reset_index(drop=True)


def hits(recommended, later):
    """Hold recommendations against what was bought later: hit rate and coverage for each k.

    用之后的购买检验推荐：各 k 下的命中率与覆盖率。

    Returns
    -------
    DataFrame
        By k: hit_rate (customers with later purchases of whom at least one was among their first k), coverage (share
        of all items ever recommended that far).

    Examples
    --------
    >>> told = pd.DataFrame({"customer_id": "C1", "rank": [1, 2], "item_id": ["cup", "pot"]})
    >>> hits(told, pd.DataFrame({"customer_id": ["C1"], "item_id": ["pot"]})).hit_rate.tolist()
    [0.0, 1.0]
    """
    later = inputs.table(later, "customer_id", "item_id")[["customer_id", "item_id"]].drop_duplicates()
    inputs.table(recommended, "customer_id", "rank", "item_id")
    first = recommended.merge(later, on=["customer_id", "item_id"]).groupby("customer_id")["rank"].min()
    buyers, items = later.customer_id.nunique(), pd.concat([recommended.item_id, later.item_id]).nunique()
    return pd.DataFrame([{"k": k, "hit_rate": float((first <= k).sum() / buyers),
                          "coverage": recommended.item_id[recommended["rank"] <= k].nunique() / items}
                         for k in range(1, int(recommended["rank"].max()) + 1)]).set_index("k")


def gains(score, responded, *, bins=10):
    """Rank people by score and say how many of the responses lie in each share of them: gains and lift.

    按得分排序，给出各段人群包含多少回应：增益与提升。

    Parameters
    ----------
    score, responded : Series
        A higher score is mailed first; 0 or 1. People with equal scores share their responses evenly.

    Returns
    -------
    DataFrame
        By bin from 1 (best): people, responses, response_rate, lift, and cumulative people_share, gain (share of
        responses), cumulative_lift.

    Examples
    --------
    >>> gains(pd.Series([.9, .8, .2, .1]), pd.Series([1, 1, 0, 0]), bins=2).cumulative_lift.tolist()
    [2.0, 1.0]
    """
    table = inputs.table(pd.DataFrame({"score": score, "responded": responded}))
    inputs.numbers(table.score)
    inputs.codes(table.responded, (0, 1))
    if not table.responded.any():
        raise InputError("targeting.no_response")
    bins, people = int(inputs.parameter("bins", bins, 1, len(table))), len(table)
    table["responded"] = table.groupby("score").responded.transform("mean")
    table = table.sort_values("score", ascending=False).assign(bin=np.arange(people) * bins // people + 1)
    found = table.groupby("bin").responded.agg(people="size", responses="sum")
    reached = found.responses.cumsum()
    share, gain = found.people.cumsum() / people, reached / reached.iloc[-1]  # the last is 1 to the last bit
    rate = found.responses / found.people
    return found.assign(response_rate=rate, lift=rate / table.responded.mean(), people_share=share, gain=gain,
                        cumulative_lift=gain / share)


def ab_test(control, treated, *, level=.95):
    """Compare two groups drawn at random: conversion (0/1) or money, with interval, p-value and power.

    比较随机分成的两组（转化 0/1 或金额）：提升、区间、p 值、功效。

    Parameters
    ----------
    control, treated : Series
        One value a person.

    Returns
    -------
    Trial
        For 0/1 Newcombe's interval and the pooled z test, for money Welch's; power for a lift as large as the one seen.

    References
    ----------
    R. Newcombe (1998), "Interval estimation for the difference between independent proportions", method 10.

    Examples
    --------
    >>> test = ab_test(pd.Series([1] * 50 + [0] * 950), pd.Series([1] * 80 + [0] * 920))
    >>> round(test.lift, 3), round(test.low, 4), round(test.high, 4), round(test.p_value, 4)
    (0.03, 0.0084, 0.052, 0.0065)
    """
    from scipy import stats

    groups = [inputs.numbers(group).to_numpy() for group in (control, treated)]
    if min(map(len, groups)) < 2:
        raise InputError("targeting.too_few")
    (n, m), (a, b) = map(len, groups), (group.mean() for group in groups)
    tail = stats.norm.isf((1 - level) / 2)
    if all(np.isin(group, (0, 1)).all() for group in groups):
        ends = [stats.binomtest(int(group.sum()), len(group)).proportion_ci(level, "wilson") for group in groups]
        low = b - a - np.hypot(b - ends[1].low, ends[0].high - a)
        high = b - a + np.hypot(ends[1].high - b, a - ends[0].low)
        pooled = (groups[0].sum() + groups[1].sum()) / (n + m)
        error = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
        p_value = 2 * stats.norm.sf(abs(b - a) / error) if error else 1.0
    else:
        found = stats.ttest_ind(groups[1], groups[0], equal_var=False)
        (low, high), p_value = found.confidence_interval(level), found.pvalue
        error = np.sqrt(groups[0].var(ddof=1) / n + groups[1].var(ddof=1) / m)
    far = abs(b - a) / error if error else 0.0
    power = stats.norm.sf(tail - far) + stats.norm.sf(tail + far)
    return Trial(*map(float, (a, b, b - a, low, high, p_value, power)))


def sample_size(base, lift, *, level=.95, power=.8):
    """Say how many people each group needs to see a lift of a conversion rate.

    要看出转化率的某个提升，每组需要多少人。

    Parameters
    ----------
    base, lift : float
        Rate of the control group, and the difference that matters; both as shares.

    References
    ----------
    J. Fleiss (1981), *Statistical Methods for Rates and Proportions*, without continuity correction.

    Examples
    --------
    >>> sample_size(.10, .02)
    3841
    """
    from scipy.stats import norm

    low, high = float(inputs.parameter("base", base, 0, 1)), float(inputs.parameter("base + lift", base + lift, 0, 1))
    if lift == 0:
        raise InputError("targeting.no_lift")
    mean = (low + high) / 2
    spread = norm.isf((1 - level) / 2) * np.sqrt(2 * mean * (1 - mean)) + norm.isf(1 - power) * np.sqrt(
        low * (1 - low) + high * (1 - high))
    return int(np.ceil((spread / lift) ** 2))


def power(base, lift, people, *, level=.95):
    """Say how likely a trial is to see a lift of a conversion rate that is really there.

    检验功效：确实有这个提升时，试验看得出来的概率。

    Parameters
    ----------
    base, lift : float
        Rate of the control group, and the true difference; both as shares.
    people : int or (int, int)
        In each group, or in control and treated group.

    Examples
    --------
    >>> round(power(.10, .02, 400), 2), round(power(.10, .02, 3841), 2)
    (0.15, 0.8)
    """
    from scipy.stats import norm

    low, high = float(inputs.parameter("base", base, 0, 1)), float(inputs.parameter("base + lift", base + lift, 0, 1))
    n, m = np.broadcast_to(inputs.parameter("people", people, 2), 2)
    pooled = (n * low + m * high) / (n + m)
    far = norm.isf((1 - level) / 2) * np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    error = max(np.sqrt(low * (1 - low) / n + high * (1 - high) / m), 1e-12)
    if lift == 0:
        raise InputError("targeting.no_lift")
    return float(norm.cdf((abs(lift) - far) / error) + norm.cdf((-abs(lift) - far) / error))


def holm(p_values):
    """Return p-values made honest for how many were looked at: Holm's step-down correction.

    多重比较校正（Holm 逐步法）：看了多少个 p 值，就把它们相应放大。

    References
    ----------
    S. Holm (1979), "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6(2).

    Examples
    --------
    >>> holm(pd.Series([.01, .04, .03])).round(2).tolist()
    [0.03, 0.06, 0.06]
    """
    p = inputs.numbers(p_values, 0, 1)
    order = np.argsort(p.to_numpy(), kind="stable")
    stepped = np.maximum.accumulate(p.to_numpy()[order] * np.arange(len(p), 0, -1)).clip(max=1)
    return pd.Series(stepped, p.index[order]).iloc[np.argsort(order)]


def compare_arms(trial, outcome, *, arm="message", control="control", within=None, level=.95):
    """Compare each arm of a trial with the control group, in each group of people if asked, and correct for how many.

    多臂试验：每种处理与对照组比较（可分人群），p 值按比较的个数校正。

    Parameters
    ----------
    trial : DataFrame
        One row a person.
    outcome, arm, within : str
        Columns: a number (0/1 or money), the treatment, and, if given, the group of people.
    control : str
        The value of `arm` that had no treatment.

    Returns
    -------
    DataFrame
        A row a group and arm: people (treated), the fields of :class:`Trial`, and p_holm, corrected over all rows.

    Examples
    --------
    >>> rows = [("control", 0)] * 9 + [("control", 1)] + [("sms", 1)] * 6 + [("sms", 0)] * 4
    >>> compare_arms(pd.DataFrame(rows, columns=["message", "bought"]), "bought")[["people", "lift"]].values.tolist()
    [[10.0, 0.5]]
    """
    columns = [name for name in (within, arm) if name]
    inputs.table(trial, outcome, *columns)
    inputs.option("control", control, set(trial[arm]))
    groups = trial.groupby(within, sort=False) if within else [(None, trial)]
    found = []
    for group, rows in groups:
        arms = dict(iter(rows.groupby(arm, sort=False)[outcome]))
        base = arms.pop(control, trial[outcome].iloc[:0])
        found += [{**({within: group} if within else {}), arm: name, "people": len(values),
                   **ab_test(base, values, level=level)._asdict()} for name, values in sorted(arms.items())]
    table = pd.DataFrame(found)
    return table.assign(p_holm=holm(table.p_value)).set_index(columns)


def break_even(cost_cny, profit_cny):
    """Return the response rate at which a contact pays: cost of a piece over profit of a response.

    保本回应率：每件成本除以每次回应的利润。

    Examples
    --------
    >>> break_even(.5, 40)
    0.0125
    """
    return float(inputs.parameter("cost_cny", cost_cny, 0) / inputs.parameter("profit_cny", profit_cny, 1e-12))


def mail(cells, *, cost_cny, profit_cny):
    """Mail only the cells whose test was above break-even, after Hughes, and compare with mailing everyone.

    只寄给测试回应率高于保本点的单元（Hughes 的做法），并与全部邮寄比较。

    Parameters
    ----------
    cells : DataFrame
        people, tested, test_responses; with true_rate (of the roll-out) where known.
    cost_cny, profit_cny : float
        Of a piece, and of a response.

    Returns
    -------
    (DataFrame, DataFrame)
        `cells` with test_rate, index (100 × (test rate / break-even − 1)), mailed. And by plan (everyone, test,
        chosen): cells, pieces, responses, response_rate, profit_cny, by `true_rate` if given, else as the test promises.

    References
    ----------
    A. Hughes, "Quick profits with RFM analysis", dbmarketing.com/articles/Art149.htm.

    Examples
    --------
    >>> cells = pd.DataFrame({"people": [1000, 1000], "tested": 100, "test_responses": [4, 1]})
    >>> mail(cells, cost_cny=1, profit_cny=40)[1].profit_cny.to_dict()
    {'everyone': 0.0, 'test': 0.0, 'chosen': 600.0}
    """
    inputs.table(cells, "people", "tested", "test_responses")
    people, tested = (inputs.numbers(cells[name], 1, whole=True) for name in ("people", "tested"))
    responses = inputs.numbers(cells.test_responses, 0, whole=True)
    if (responses > tested).any():
        raise InputError("targeting.more_responses", rows=inputs.rows(cells.index[responses > tested]))
    edge, test_rate = break_even(cost_cny, profit_cny), responses / tested
    mailed, answers = test_rate > edge, people * (inputs.numbers(cells.true_rate, 0, 1) if "true_rate" in cells else test_rate)
    plans = {"everyone": (people, answers), "test": (tested, responses), "chosen": (people[mailed], answers[mailed])}
    table = pd.DataFrame({name: {"cells": len(pieces), "pieces": pieces.sum(), "responses": found.sum()}
                          for name, (pieces, found) in plans.items()}).T
    table["response_rate"] = table.responses / table.pieces
    table["profit_cny"] = table.responses * profit_cny - table.pieces * cost_cny
    return cells.assign(test_rate=test_rate, index=100 * (test_rate / edge - 1), mailed=mailed), table


def review(campaigns, *, level=.95):
    """Review campaigns: response, cost of a response, profit, ROI, lift, and what a repeat may bring.

    评估各次营销活动：回应率、每次回应成本、利润、投资回报率、提升，以及再做一次的回应率预测区间。

    Parameters
    ----------
    campaigns : DataFrame
        campaign_id, contacts, responses, cost_cny, margin_cny (of one response; lifetime value if that is the goal).

    Returns
    -------
    DataFrame
        `campaigns` with response_rate, rate_low and rate_high (Wilson's interval), lift (over all campaigns together),
        cost_per_response_cny, profit_cny, roi.

    Examples
    --------
    >>> log = pd.DataFrame({"campaign_id": ["A1"], "contacts": 1000, "responses": 20, "cost_cny": 500, "margin_cny": 40})
    >>> review(log)[["rate_low", "rate_high", "roi"]].round(4).values.tolist()
    [[0.013, 0.0307, 0.6]]
    """
    from scipy.stats import norm

    inputs.unique(inputs.table(campaigns, "campaign_id", "contacts", "responses", "cost_cny", "margin_cny").campaign_id)
    contacts = inputs.numbers(campaigns.contacts, 1, whole=True)
    responses = inputs.numbers(campaigns.responses, 0, whole=True)
    if (responses > contacts).any():
        raise InputError("targeting.more_responses", rows=inputs.rows(campaigns.index[responses > contacts]))
    cost = inputs.numbers(campaigns.cost_cny, 0)
    rate, z = responses / contacts, norm.isf((1 - float(inputs.parameter("level", level, 0, 1))) / 2)
    centre, width = (rate + z**2 / (2 * contacts)) / (1 + z**2 / contacts), z / (1 + z**2 / contacts) * np.sqrt(
        rate * (1 - rate) / contacts + z**2 / (4 * contacts**2))
    profit = responses * inputs.numbers(campaigns.margin_cny) - cost
    return campaigns.assign(response_rate=rate, rate_low=centre - width, rate_high=centre + width,
                            lift=rate / (responses.sum() / contacts.sum()),
                            cost_per_response_cny=cost / responses.replace(0, np.nan), profit_cny=profit,
                            roi=profit / cost.replace(0, np.nan))


def pressure(contacts, *, margin_cny, cost_cny, leaver_cny):
    """Say what the 1st, 2nd, 3rd … contact of a month earns, after those it drives away: where to put the cap.

    一个月内第 1、2、3……次联系各赚多少（扣除因此退订的损失）：频次上限应设在哪里。

    Parameters
    ----------
    contacts : DataFrame
        contact_no (from 1), responded, left (unsubscribed), both 0/1.
    margin_cny, cost_cny, leaver_cny : float
        Of a response, of a contact, and the value lost with one who leaves.

    Returns
    -------
    DataFrame
        By contact_no: contacts, response_rate, leave_rate, profit_cny (of one contact), within_cap (this one and all
        before it pay).

    Examples
    --------
    >>> log = pd.DataFrame({"contact_no": [1, 1, 2, 2], "responded": [1, 0, 0, 0], "left": [0, 0, 0, 1]})
    >>> pressure(log, margin_cny=10, cost_cny=1, leaver_cny=50).within_cap.tolist()
    [True, False]
    """
    inputs.table(contacts, "contact_no", "responded", "left")
    inputs.codes(contacts.responded, (0, 1)), inputs.codes(contacts.left, (0, 1))
    found = contacts.groupby("contact_no").agg(contacts=("responded", "size"), response_rate=("responded", "mean"),
                                               leave_rate=("left", "mean"))
    found["profit_cny"] = found.response_rate * margin_cny - cost_cny - found.leave_rate * leaver_cny
    return found.assign(within_cap=(found.profit_cny > 0).cummin())


def allocate(channels, budget_cny):
    """Spread a budget over channels with falling returns so that orders are most.

    把预算分到回报递减的各渠道，使订单最多：各渠道最后一元带来的订单相同。

    Parameters
    ----------
    channels : DataFrame
        channel, scale (orders), saturation_cny: orders = scale × ln(1 + spend / saturation).

    Returns
    -------
    DataFrame
        `channels` with spend_cny, orders, cost_per_order_cny, marginal_cny (cost of one more order: the same in all
        channels that are used).

    Examples
    --------
    >>> two = pd.DataFrame({"channel": ["ads", "content"], "scale": [100, 50], "saturation_cny": [1000, 500]})
    >>> allocate(two, 3000).spend_cny.round().tolist()
    [2000.0, 1000.0]
    """
    inputs.unique(inputs.table(channels, "channel", "scale", "saturation_cny").channel)
    scale, bend = (inputs.numbers(channels[name], 1e-9).to_numpy() for name in ("scale", "saturation_cny"))
    budget = float(inputs.parameter("budget_cny", budget_cny, 1e-9))
    # Filled like water from the channel whose first order is cheapest: each set of channels would give some cost of one
    # more order, and the true one is the lowest.
    order = np.argsort(bend / scale)
    price = ((budget + bend[order].cumsum()) / scale[order].cumsum()).min()
    spent = np.maximum(scale * price - bend, 0)
    orders = scale * np.log1p(spent / bend)
    return channels.assign(spend_cny=spent, orders=orders, marginal_cny=(bend + spent) / scale,
                           cost_per_order_cny=np.divide(spent, orders, where=orders > 0, out=np.full(len(channels), np.nan)))


def match(people, *, treated, outcome, on, caliper=.2, level=.95):
    """Compare those who chose to take part with those most like them who did not: propensity-score matching.

    匹配比较：给每位自愿参加者找最像他、却没有参加的人（倾向得分最近邻，可重复使用），再比较结果。

    Parameters
    ----------
    people : DataFrame
        One row a person.
    treated, outcome : str
        Columns: took part (0/1), and a number (0/1, yuan …).
    on : list of str
        Columns known before anyone took part; text becomes one 0/1 column a value.
    caliper : float
        Partners are at most so many standard deviations of the score (log odds) away; who has none is left out.

    Returns
    -------
    Matching
        naive (all against all), effect (on those who took part), low, high; matched, dropped (treated without a
        partner); balance: by covariate difference_before and difference_after, in standard deviations. What nobody
        measured stays unbalanced. The interval takes the scores as given.

    References
    ----------
    P. Rosenbaum, D. Rubin (1983), doi.org/10.1093/biomet/70.1.41; caliper and balance: P. Austin (2011),
    doi.org/10.1080/00273171.2011.568786.

    Examples
    --------
    >>> club = pd.DataFrame({"member": [1, 1, 1, 0, 0, 0], "happy": [1, 1, 0, 1, 0, 0], "told": [5, 3, 2, 3, 1, 1]})
    >>> found = match(club, treated="member", outcome="told", on=["happy"])
    >>> round(found.naive, 2), found.effect
    (1.67, 1.0)
    """
    from scipy.stats import norm
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import NearestNeighbors

    inputs.table(people, treated, outcome, *on)
    joined = inputs.codes(people[treated], (0, 1)).to_numpy() == 1
    result = inputs.numbers(people[outcome]).to_numpy()
    if min(joined.sum(), (~joined).sum()) < 2:
        raise InputError("targeting.too_few")
    each = pd.get_dummies(people[list(on)].apply(inputs.present), dtype=float).apply(inputs.numbers)
    unit = np.sqrt((each[joined].var() + each[~joined].var()) / 2).replace(0, np.nan)
    alike = ((each - each.mean()) / unit).fillna(0).to_numpy()
    # Rounded, because the last digits differ between machines; people with equal scores serve together.
    model = LogisticRegression(C=1e6, solver="newton-cholesky", tol=1e-10, max_iter=1000).fit(alike, joined)
    score = model.decision_function(alike).round(6)
    levels, of, sizes = np.unique(score[~joined], return_inverse=True, return_counts=True)
    far, near = NearestNeighbors(n_neighbors=1).fit(levels[:, None]).kneighbors(score[joined][:, None])
    kept = far[:, 0] <= inputs.parameter("caliper", caliper, 0) * score.std()
    if kept.sum() < 2:
        raise InputError("targeting.no_match", caliper=caliper)
    weights = (np.bincount(near[kept, 0], minlength=len(levels)) / sizes)[of]
    took, left = result[joined][kept], result[~joined]
    base = np.average(left, weights=weights)
    error = np.sqrt(took.var(ddof=1) / len(took)
                    + np.average((left - base) ** 2, weights=weights) * (weights**2).sum() / weights.sum() ** 2)
    effect, reach = float(took.mean() - base), float(error * norm.isf((1 - level) / 2))
    balance = pd.DataFrame({
        "difference_before": (each[joined].mean() - each[~joined].mean()) / unit,
        "difference_after": (each[joined][kept].mean() - np.average(each[~joined], axis=0, weights=weights)) / unit}).rename_axis("covariate")
    return Matching(float(result[joined].mean() - left.mean()), effect, effect - reach, effect + reach,
                    int(kept.sum()), int((~kept).sum()), balance.fillna(0.0))
