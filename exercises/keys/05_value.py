"""The key of exercise 05. It stays with the teacher: a released pack does not hold it.

One function per question, named after it; its arguments are the data, ``as_of`` and other questions. A function
``question__mistake`` gives what that mistake would give.
"""

import pandas as pd

from casekit import value

MARGIN, DISCOUNT, ACQUISITION = 0.3, 0.1, 120


def _clean(orders, as_of):
    known = orders.dropna(subset=["customer_id"]).drop_duplicates()
    return known[(known["amount_cny"] != 0) & (known["order_date"] <= as_of)]


def _year(orders, as_of, back=0):
    """Return the cleaned rows of the 365 days that end ``back`` years before the as-of date."""
    clean, end = _clean(orders, as_of), pd.Timestamp(as_of) - pd.Timedelta(days=365 * back)
    return clean[(clean["order_date"] > end - pd.Timedelta(days=365)) & (clean["order_date"] <= end)]


def _bought(rows):
    return rows[rows["amount_cny"] > 0]


def _net(rows):
    return rows.groupby("customer_id")["amount_cny"].sum()


# ---- 1 margin and retention


def yearly_margin(orders, wallets, as_of):
    return MARGIN * _net(_year(orders, as_of)).reindex(wallets["customer_id"], fill_value=0)


def yearly_margin__revenue(yearly_margin):
    return yearly_margin / MARGIN


def yearly_margin__returns_ignored(orders, wallets, as_of):
    return MARGIN * _net(_bought(_year(orders, as_of))).reindex(wallets["customer_id"], fill_value=0)


def yearly_margin__all_years(orders, wallets, as_of):
    return MARGIN * _net(_clean(orders, as_of)).reindex(wallets["customer_id"], fill_value=0)


def yearly_margin__lapsed_left_out(orders, as_of):
    return MARGIN * _net(_year(orders, as_of))


def _buyers(orders, as_of, back):
    return set(_bought(_year(orders, as_of, back))["customer_id"])


def retention(orders, as_of):
    before, after = _buyers(orders, as_of, 1), _buyers(orders, as_of, 0)
    return len(before & after) / len(before)


def retention__share_of_today(orders, as_of):
    before, after = _buyers(orders, as_of, 1), _buyers(orders, as_of, 0)
    return len(before & after) / len(after)


def retention__all_customers(orders, as_of, wallets):
    return len(_buyers(orders, as_of, 0)) / len(wallets)


# ---- 2 function


def multiple(retention, discount, years):
    return value.multiple(retention, discount, years=years).item()


def multiple__endless(retention, discount, years):
    return value.multiple(retention, discount).item()


def multiple__from_today(retention, discount, years):
    return value.multiple(retention, discount, first="year_0", years=years).item()


def multiple__no_discount(retention, discount, years):
    return value.multiple(retention, 0, years=years).item()


def multiple__inputs(rng):
    def one(years):
        return round(rng.uniform(0.3, 0.95), 2), round(rng.uniform(0.03, 0.2), 3), years

    return [one(int(years)) for years in rng.integers(2, 11, 12)] + [one(1), one(30)]


# ---- 3 value and tiers


def future_value(yearly_margin, retention):
    return yearly_margin * value.multiple(retention, DISCOUNT).item()


def future_value__from_today(yearly_margin, retention):
    return yearly_margin * value.multiple(retention, DISCOUNT, first="year_0").item()


def future_value__sunk_cost(future_value):
    return future_value - ACQUISITION


def future_value__no_discount(yearly_margin, retention):
    return yearly_margin * retention / (1 - retention)


def tiers(future_value):
    return value.tier(future_value)["tier"]


def tiers__by_value(future_value):
    return value.tier(future_value, by="value")["tier"]


def tiers__upside_down(future_value):
    return value.tier(-future_value)["tier"]


def tiers__shares_added_wrongly(future_value):
    return value.tier(future_value, (0.2, 0.1))["tier"]


# ---- 4 share of customer


def _spent(orders, wallets, as_of):
    people = wallets.set_index("customer_id")
    own = _net(_bought(_year(orders, as_of))).reindex(people.index, fill_value=0)
    return pd.DataFrame({"own": own, "all": people["category_cny"]})


def share_of_customer(orders, wallets, as_of):
    spent = _spent(orders, wallets, as_of)
    ours = spent[spent["own"] > 0]
    return 100 * ours["own"].sum() / ours["all"].sum()


def share_of_customer__everybody(orders, wallets, as_of):
    spent = _spent(orders, wallets, as_of)
    return 100 * spent["own"].sum() / spent["all"].sum()


def share_of_customer__mean_of_shares(orders, wallets, as_of):
    spent = _spent(orders, wallets, as_of)
    ours = spent[spent["own"] > 0]
    return 100 * (ours["own"] / ours["all"]).mean()


def share_of_customer__fraction(share_of_customer):
    return share_of_customer / 100


def tier_table(tiers, future_value, orders, wallets, as_of):
    sums = _spent(orders, wallets, as_of).assign(value=future_value).groupby(tiers.rename("tier")).sum()
    return pd.DataFrame({"value_share": sums["value"] / sums["value"].sum(), "share_of_customer": sums["own"] / sums["all"]})


def tier_table__mean_of_shares(tiers, tier_table, orders, wallets, as_of):
    spent = _spent(orders, wallets, as_of)
    return tier_table.assign(share_of_customer=(spent["own"] / spent["all"]).groupby(tiers).mean())


def tier_table__share_of_total(tiers, tier_table, orders, wallets, as_of):
    spent = _spent(orders, wallets, as_of)
    return tier_table.assign(share_of_customer=spent["own"].groupby(tiers).sum() / spent["all"].sum())
