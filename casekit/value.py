"""What a customer is worth, to whom the firm gives how much of its care, and how customers are classed."""

import numpy as np
import pandas as pd

from casekit import inputs
from casekit.errors import InputError

FIRST = ("year_1", "year_0")
EVERY = {"year": ("Y", 1), "quarter": ("Q", 4), "month": ("M", 12)}
RELATIONS = ("basic", "reactive", "accountable", "proactive", "partnership")
IMPORTANCE = ("vip", "important", "ordinary")
LOYALTY = ("potential", "new", "regular", "old", "loyal")


def multiple(retention, discount, *, first="year_1", years=None):
    """Return the lifetime value of one unit of yearly margin.

    返回每 1 元年毛利对应的终身价值（倍数）。

    Parameters
    ----------
    retention, discount : float or array
        Share of customers who stay from year to year (0 to 1); yearly discount rate, such as 0.1.
    first : {"year_1", "year_0"}
        When the first margin comes: a year from now, if the customer stays, r / (1 + i - r); or today, for certain,
        (1 + i) / (1 + i - r). Both are in use; their multiples differ by one.
    years : int or array, optional
        How many yearly margins are counted; without it, all. An array gives the value year by year.

    References
    ----------
    Gupta, S., Lehmann, D. R. (2003). Customers as assets. Journal of Interactive Marketing 17(1).

    Examples
    --------
    >>> round(float(multiple(.8, .1)), 4), round(float(multiple(.8, .1, first="year_0")), 4)
    (2.6667, 3.6667)
    """
    keep = inputs.parameter("retention", retention, 0, 1) / (1 + inputs.parameter("discount", discount, 0))
    inputs.option("first", first, FIRST)
    years = np.inf if years is None else inputs.parameter("years", years, 1)
    if np.isinf(years).any() and (keep == 1).any():
        raise InputError("value.endless")
    with np.errstate(invalid="ignore"):
        count = np.where(keep == 1, years, (1 - keep ** years) / (1 - keep))
    return count * keep if first == "year_1" else count


def lifetime_value(margin, retention, discount, *, acquisition=0, first="year_1", years=None):
    """Return the present value of a customer's margins less the cost of winning the customer.

    返回客户终身价值：各年毛利的现值之和，减去获客成本。

    Parameters
    ----------
    margin, acquisition : float or array
        Yearly margin of a customer who stays, and cost of winning one customer, in currency.
    retention, discount, first, years
        See `multiple`.

    Examples
    --------
    >>> lifetime_value(300, .8, .1, acquisition=200).round(2).item()
    600.0
    >>> lifetime_value(100, .5, 0, years=[1, 2, 3], acquisition=60).tolist()
    [-10.0, 15.0, 27.5]
    """
    margin = inputs.parameter("margin", margin)
    return margin * multiple(retention, discount, first=first, years=years) - inputs.parameter(
        "acquisition", acquisition, 0)


def cohorts(orders, *, customer, date, amount, as_of, every="quarter", margin_rate=1.0, discount=.1, acquisition=0):
    """Return what each cohort of new customers has brought so far, by age, discounted to its start.

    按首次购买时间分批（同期群），返回各批客户到目前为止带来的价值，折现到起点。

    Parameters
    ----------
    orders : DataFrame
        One row an order, with the columns ``customer, date, amount``; returns are negative amounts.
    as_of : str
        Date of observation, "YYYY-MM-DD"; later orders are refused.
    every : {"year", "quarter", "month"}
        Length of the calendar periods; a customer's cohort is the period of the first order, age 0.

    Returns
    -------
    DataFrame, one row a cohort and age, also where nothing was bought
        ``customers`` (in the cohort), ``active, retention, margin, present_value`` and ``cumulative_value`` (both per
        customer of the cohort), ``complete`` (False where ``as_of`` cuts the period short).

    Examples
    --------
    >>> log = pd.DataFrame({"id": ["a", "b", "a"], "day": ["2024-05-01", "2024-06-01", "2025-05-01"], "pay": [100, 50, 150]})
    >>> columns = {"customer": "id", "date": "day", "amount": "pay"}
    >>> cohorts(log, **columns, as_of="2025-12-31", every="year", discount=0)["present_value"].tolist()
    [75.0, 75.0]
    """
    inputs.table(orders, customer, date, amount)
    inputs.option("every", every, EVERY)
    for name, rate in (("margin_rate", margin_rate), ("discount", discount), ("acquisition", acquisition)):
        inputs.parameter(name, rate, 0)
    code, per_year = EVERY[every]
    log = pd.DataFrame({"customer": inputs.present(orders[customer]), "amount": inputs.numbers(orders[amount]),
                        "period": inputs.dates(orders[date], as_of).dt.to_period(code)})
    log["cohort"] = log.groupby("customer")["period"].transform("min")
    log["age"] = log["period"].astype("int64") - log["cohort"].astype("int64")
    log["buyer"] = log["customer"].where(log["amount"] > 0)
    size = log.groupby("cohort")["customer"].nunique()
    now = inputs.day("as_of", as_of)
    cells = [(cohort, age) for cohort in size.index for age in range((now.to_period(code) - cohort).n + 1)]
    cells = pd.MultiIndex.from_tuples(cells, names=["cohort", "age"])
    table = log.groupby(["cohort", "age"]).agg(active=("buyer", "nunique"), margin=("amount", "sum")).reindex(
        cells, fill_value=0)
    age = table.index.get_level_values("age").to_numpy()
    table.insert(0, "customers", size.reindex(table.index.get_level_values("cohort")).to_numpy())
    table.insert(2, "retention", table["active"] / table["customers"])
    table["margin"] = table["margin"] * margin_rate
    table["present_value"] = table["margin"] / table["customers"] / (1 + discount) ** (age / per_year)
    table["cumulative_value"] = table.groupby("cohort")["present_value"].cumsum() - acquisition
    ends = [(cohort + int(years)).end_time.normalize() for cohort, years in table.index]
    return table.assign(complete=[end <= now for end in ends])


def tier(values, shares=(.2, .3), names=("A", "B", "C"), by="customers"):
    """Return the tier of each customer: the best share is A, the next B, the rest C.

    把客户分级：价值最高的一部分为 A，其次为 B，其余为 C。

    Parameters
    ----------
    values : Series
        Value of each customer, for example `lifetime_value`.
    shares, names : sequences
        Share of each tier but the last (casekit conventions: the course names none), and one code more. The course's
        贵宾/重要/普通 are ``tier(values, (.1, .3), IMPORTANCE)``.
    by : {"customers", "value"}
        Share of customers, or share of all positive value.

    Returns
    -------
    DataFrame
        ``value, share_ahead`` (of customers or value strictly above), ``tier``: equal values are never parted.

    Examples
    --------
    >>> tier(pd.Series([10, 900, 50, 40, 30]))["tier"].tolist()
    ['C', 'A', 'B', 'B', 'C']
    """
    inputs.option("by", by, ("customers", "value"))
    cuts = np.cumsum(inputs.parameter("shares", list(shares), 0, 1)).round(12)
    if len(names) != len(cuts) + 1 or cuts[-1] > 1:
        raise InputError("value.shares", shares=list(shares), names=", ".join(names))
    value = inputs.numbers(inputs.table(pd.DataFrame({"value": values}))["value"])
    levels, place = np.unique(value, return_inverse=True)
    weight = np.bincount(place, np.ones(len(value)) if by == "customers" else value.clip(lower=0))
    if weight.sum() <= 0:
        raise InputError("value.nothing_positive")
    ahead = (1 - np.cumsum(weight) / weight.sum()).round(12)[place]
    return pd.DataFrame({"value": value, "share_ahead": ahead,
                         "tier": np.array(list(names), dtype=object)[np.digitize(ahead, cuts)]}, index=value.index)


def relation(customers, margin_rate, counts=(100, 10_000), margins=(.1, .3)):
    """Return the kind of relation that pays: the fewer the customers and the higher the margin, the closer.

    按关系分类：客户越少、毛利率越高，关系越密切（基本、被动、负责、能动、伙伴）。

    Parameters
    ----------
    customers, margin_rate : number or array
        Number of customers in a segment, and margin per unit of sales (0 to 1).
    counts, margins : (float, float)
        Where few becomes medium and many; where low becomes medium and high (casekit conventions).

    References
    ----------
    Kotler, P. (2000). Marketing Management, 10th ed.: five levels by number of customers and margin.

    Examples
    --------
    >>> relation([20, 2_000, 500_000], [.4, .2, .05]).tolist()
    ['partnership', 'accountable', 'basic']
    """
    few = 2 - np.digitize(inputs.parameter("customers", customers, 0), counts)
    rich = np.digitize(inputs.parameter("margin_rate", margin_rate, 0, 1), margins)
    return np.array(RELATIONS, dtype=object)[few + rich]


def loyalty_class(customers, *, regular_orders=2, old_days=365, active_days=180, loyal_orders=6, loyal_share=.5):
    """Return 潜在/新/常/老/忠诚 as codes, by a rule that names its limits (casekit conventions, all parameters).

    按忠诚度分类：潜在、新、常、老、忠诚客户；各界限是 casekit 约定，都可改。

    Parameters
    ----------
    customers : DataFrame
        ``frequency`` (orders), ``tenure_days`` (since the first order), ``recency_days`` (since the last); both may be
        missing where there is no order. If there is a column ``share_of_customer``, it decides who is loyal.

    Returns
    -------
    Series
        ``potential``: no order. ``new``: fewer than ``regular_orders``. ``regular``: that many or more.
        ``old``: regular for at least ``old_days``. ``loyal``: old, bought within ``active_days``, and gives at least
        ``loyal_share`` of its spending (where that is unknown: has at least ``loyal_orders``).

    Examples
    --------
    >>> people = {"frequency": [0, 1, 3, 3, 9], "tenure_days": [None, 9, 90, 700, 700], "recency_days": [None, 9, 9, 9, 9]}
    >>> loyalty_class(pd.DataFrame(people)).tolist()
    ['potential', 'new', 'regular', 'old', 'loyal']
    """
    inputs.table(customers, "frequency", "tenure_days", "recency_days")
    orders = inputs.numbers(customers["frequency"], 0, whole=True)
    bought = customers[orders > 0]
    tenure = inputs.numbers(bought["tenure_days"], 0).reindex(customers.index)
    recency = inputs.numbers(bought["recency_days"], 0).reindex(customers.index)
    if "share_of_customer" in customers:
        devoted = inputs.numbers(customers["share_of_customer"], 0, 1, missing=True) >= loyal_share
    else:
        devoted = orders >= loyal_orders
    old = (orders >= regular_orders) & (tenure >= old_days)
    step = (orders > 0).astype(int) + (orders >= regular_orders) + old + (old & (recency <= active_days) & devoted)
    return pd.Series(np.array(LOYALTY, dtype=object)[step], index=customers.index, name="loyalty_class")


def market_share(customers, *, own, category, market=None):
    """Return market share as penetration times share of customer: one can grow without the other.

    把市场占有率拆成“渗透率 × 客户占有率”：一个上升，另一个未必上升。

    Parameters
    ----------
    customers : DataFrame
        One row a person; those with nothing in ``own`` are not (yet) customers.
    own, category : str
        Columns: spending with the firm, and in the whole category (currency).
    market : float, optional
        Spending of the whole market in currency, if ``customers`` is only a part of it.

    Returns
    -------
    Series
        ``market_share, penetration`` (share of the market's spending that is made by customers),
        ``share_of_customer`` (share of the customers' spending that comes to the firm).

    Examples
    --------
    >>> market_share(pd.DataFrame({"own": [30, 0], "all": [120, 80]}), own="own", category="all").tolist()
    [0.15, 0.6, 0.25]
    """
    inputs.table(customers, own, category)
    spent, total = (inputs.numbers(customers[column], 0) for column in (own, category))
    if (spent > total).any():
        raise InputError("value.own_above_category", own=own, category=category,
                         rows=inputs.rows(customers.index[spent > total]))
    sold, theirs = spent.sum(), total[spent > 0].sum()
    if sold == 0:
        raise InputError("value.no_sales", own=own)
    market = total.sum() if market is None else inputs.parameter("market", market, total.sum()).item()
    return pd.Series({"market_share": sold / market, "penetration": theirs / market, "share_of_customer": sold / theirs})


def campaign(cost, responses, margin, lifetime=0):
    """Return what campaigns earn at once, and with the lifetime value of the customers they win.

    返回营销活动的投资回报率（ROI）：当下的，以及算上所赢得客户的终身价值之后的。

    Parameters
    ----------
    cost, responses : float or array
        Cost of each campaign in currency, and number of customers who answered.
    margin, lifetime : float or array
        Margin of the first purchase of one such customer, and what the customer is worth after it (`lifetime_value`
        with ``first="year_1"`` and no acquisition cost).

    Returns
    -------
    DataFrame, one row a campaign
        ``cost, responses, cost_per_response, profit, roi`` (profit by cost), ``lifetime_profit, lifetime_roi``,
        ``break_even_responses`` (at which the first purchase alone pays).

    Examples
    --------
    >>> campaign(1000, 20, 40, lifetime=100)[["roi", "lifetime_roi", "break_even_responses"]].to_numpy().tolist()
    [[-0.2, 1.8, 25.0]]
    """
    numbers = [inputs.parameter(name, value, 0 if name in ("cost", "responses") else -np.inf) for name, value in (
        ("cost", cost), ("responses", responses), ("margin", margin), ("lifetime", lifetime))]
    cost, responses, margin, lifetime = map(np.atleast_1d, np.broadcast_arrays(*numbers))
    if (cost == 0).any():
        raise InputError("value.free_campaign")
    with np.errstate(divide="ignore", over="ignore"):
        per_response, break_even = cost / responses, np.where(margin > 0, cost / margin, np.inf)
    profit, later = responses * margin - cost, responses * (margin + lifetime) - cost
    return pd.DataFrame({"cost": cost, "responses": responses, "cost_per_response": per_response, "profit": profit,
                         "roi": profit / cost, "lifetime_profit": later, "lifetime_roi": later / cost,
                         "break_even_responses": break_even})


def bases(customers, by, value):
    """Return how well each base of segmentation tells customers of high value from those of low value.

    比较各个细分依据：哪一个最能把价值高低不同的客户分开。

    Parameters
    ----------
    customers : DataFrame
        One row a customer.
    by : list of str
        Columns with the groups of each base: geographic, demographic, psychographic, usage rate, benefit sought.
    value : str
        Numeric column.

    Returns
    -------
    DataFrame, one row a base, the sharpest first
        ``groups, smallest`` (customers in it), ``top`` (group of the highest mean), ``customer_share`` and
        ``value_share`` (of that group), ``explained`` (share of the variance between customers that lies between groups).

    Examples
    --------
    >>> people = pd.DataFrame({"city": list("ABAB"), "use": list("hhll"), "pay": [90, 80, 20, 10]})
    >>> bases(people, ["city", "use"], "pay")["explained"].round(2).to_dict()
    {'use': 0.98, 'city': 0.02}
    """
    inputs.table(customers, *by, value)
    values = inputs.numbers(customers[value])
    if values.nunique() < 2:
        raise InputError("value.all_equal", column=value)
    rows = {}
    for base in by:
        groups = values.groupby(inputs.present(customers[base]), observed=True).agg(["size", "mean", "sum"])
        top = groups["mean"].idxmax()
        between = (groups["size"] * (groups["mean"] - values.mean()) ** 2).sum()
        rows[base] = {"groups": len(groups), "smallest": groups["size"].min(), "top": top,
                      "customer_share": groups["size"][top] / len(values),
                      "value_share": groups["sum"][top] / values.sum(),
                      "explained": between / ((values - values.mean()) ** 2).sum()}
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("base")
    return table.sort_values("explained", ascending=False, kind="stable")


def aggregate(customers, by, values, minimum=5):
    """Return group totals in which no group has fewer customers than ``minimum``: the aggregated database.

    聚合数据库：按组汇总，任何一组都不少于 ``minimum`` 位客户。

    Parameters
    ----------
    customers : DataFrame
        One row a customer.
    by, values : list of str
        Columns to group by, and numeric columns to add up.
    minimum : int
        Smallest group that may be shown (5: a casekit convention).

    Returns
    -------
    DataFrame
        ``by`` columns, ``pooled, customers``, and ``<value>_total``, ``<value>_mean``. Small groups are pooled in one
        row, with the next smallest if they are still too few, so that totals stay whole and nothing can be subtracted.

    Examples
    --------
    >>> people = pd.DataFrame({"city": ["A"] * 3 + ["B", "C"], "pay": [1, 2, 3, 40, 50]})
    >>> aggregate(people, ["city"], ["pay"], minimum=2)["pay_total"].tolist()
    [6.0, 90.0]
    """
    inputs.table(customers, *by, *values)
    minimum = int(inputs.parameter("minimum", minimum, 1))
    if len(customers) < minimum:
        raise InputError("value.too_few", customers=len(customers), minimum=minimum)
    cell = customers.groupby(list(by), dropna=False).ngroup()
    sizes = cell.value_counts().sort_index().sort_values(kind="stable")
    few = int((sizes < minimum).sum())
    while few and sizes.iloc[:few].sum() < minimum:
        few += 1
    pooled = cell.isin(sizes.index[:few])
    cell = cell.mask(pooled, len(sizes))
    keys = customers[list(by)].astype(object).mask(pooled).assign(pooled=pooled, cell=cell).drop_duplicates("cell")
    table = keys.set_index("cell").sort_index().infer_objects().assign(customers=cell.value_counts())
    for value in values:
        table[f"{value}_total"] = inputs.numbers(customers[value]).groupby(cell).sum()
        table[f"{value}_mean"] = table[f"{value}_total"] / table["customers"]
    return table.reset_index(drop=True)
