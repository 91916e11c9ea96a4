"""The key of exercise 04. It stays with the teacher: a released pack does not hold it.

One function per question, named after it; its arguments are the data, ``as_of`` and other questions. A
function ``question__mistake`` gives what that mistake would give; ``answer`` is the student's own answer to
the question.
"""

import numpy as np
import pandas as pd

from casekit import rfm

MONTH = 365.25 / 12  # days
BOUNDS = ((3, 20), (6, 10), (9, 5), (12, 3), (24, 1))  # months, points

# ---- 1 by hand


def _recency_points(months):
    return next((points for bound, points in BOUNDS if months <= bound), 0)


def _months(practice_table, as_of):
    days = (pd.Timestamp(as_of) - practice_table["last_order_date"]).dt.days
    return (days / MONTH).set_axis(practice_table["customer_id"])


def hand_r(practice_table, as_of):
    return _months(practice_table, as_of).map(_recency_points)


def hand_r__upside_down(practice_table, as_of):
    turned = dict(
        zip([points for _, points in BOUNDS], [points for _, points in BOUNDS][::-1], strict=True)
    ) | {0: 20}
    return hand_r(practice_table, as_of).map(turned)


def hand_f(practice_table):
    return hand_f__no_cap(practice_table).clip(upper=20)


def hand_f__no_cap(practice_table):
    return practice_table.set_index("customer_id")["orders"] * 4


def hand_m(practice_table):
    return hand_m__no_cap(practice_table).clip(upper=20)


def hand_m__no_cap(practice_table):
    return practice_table.set_index("customer_id")["amount_cny"] * 0.1


def hand_total(hand_r, hand_f, hand_m):
    return 5 * hand_r + 3 * hand_f + 2 * hand_m


def hand_total__unweighted(hand_r, hand_f, hand_m):
    return hand_r + hand_f + hand_m


# ---- 2 three measures


def _clean(orders, as_of):
    known = orders.dropna(subset=["customer_id"]).drop_duplicates()
    return known[(known["amount_cny"] != 0) & (known["order_date"] <= as_of)]


def _purchases(orders, as_of):
    clean = _clean(orders, as_of)
    return clean[clean["amount_cny"] > 0]


def _days(dates, as_of):
    return (pd.Timestamp(as_of) - dates).dt.days


def recency(orders, as_of):
    return _days(_purchases(orders, as_of).groupby("customer_id")["order_date"].max(), as_of)


def recency__one_day(orders, as_of, answer):
    right = recency(orders, as_of)
    return right + np.sign((answer - right).median())


def recency__other_day(orders, as_of, answer):
    right = recency(orders, as_of)
    return right + (answer - right).median()


def recency__returns_counted(orders, as_of):
    return _days(_clean(orders, as_of).groupby("customer_id")["order_date"].max(), as_of)


def recency__first_purchase(orders, as_of):
    return _days(_purchases(orders, as_of).groupby("customer_id")["order_date"].min(), as_of)


def frequency(orders, as_of):
    return _purchases(orders, as_of).groupby("customer_id").size()


def frequency__returns_counted(orders, as_of):
    return _clean(orders, as_of).groupby("customer_id").size()


def frequency__days_counted(orders, as_of):
    return _purchases(orders, as_of).groupby("customer_id")["order_date"].nunique()


def monetary(orders, as_of):
    return _clean(orders, as_of).groupby("customer_id")["amount_cny"].sum()


def monetary__average(orders, as_of, answer):
    # Of all rows or of purchases only: either is an average.
    means = [
        rows.groupby("customer_id")["amount_cny"].mean()
        for rows in (_clean(orders, as_of), _purchases(orders, as_of))
    ]
    return _closest(means, answer)


def monetary__returns_ignored(orders, as_of):
    return _purchases(orders, as_of).groupby("customer_id")["amount_cny"].sum()


# ---- 3 scores and segments


def _measures(recency, frequency, monetary):
    return pd.DataFrame({"recency_days": recency, "frequency": frequency, "monetary": monetary})


def scores(recency, frequency, monetary):
    return rfm.score(_measures(recency, frequency, monetary))[["r_score", "f_score", "m_score"]]


def scores__recency_not_reversed(recency, frequency, monetary):
    right = scores(recency, frequency, monetary)
    return right.assign(r_score=pd.qcut(recency, 5, labels=[1, 2, 3, 4, 5]).astype(int))


def scores__ties_by_row(recency, frequency, monetary, answer):
    def fifths(values):
        return pd.qcut(values.rank(method="first"), 5, labels=False) + 1

    right = scores(recency, frequency, monetary)
    only_f = right.assign(f_score=fifths(frequency))
    upwards = pd.DataFrame(
        {"r_score": 6 - fifths(recency), "f_score": fifths(frequency), "m_score": fifths(monetary)}
    )
    return _closest([only_f, upwards, upwards.assign(r_score=fifths(-recency))], answer)


def segments(scores):
    return rfm.segment(scores)["segment"]


def _named(r, f, m):
    names = {row.cells: row.segment for row in rfm.strategies().itertuples()}
    codes = [2 if flag else 1 for flag in np.array([r, f, m]).T.ravel()]
    codes = ["".join(map(str, codes[i : i + 3])) for i in range(0, len(codes), 3)]
    return pd.Series([names[code] for code in codes], index=r.index, name="segment")


def segments__many_days_are_good(recency, frequency, monetary):
    return _named(recency >= recency.mean(), frequency >= frequency.mean(), monetary >= monetary.mean())


def segments__means_of_measures(recency, frequency, monetary):
    return _named(recency <= recency.mean(), frequency >= frequency.mean(), monetary >= monetary.mean())


def segments__strictly_above(scores):
    return _named(*(scores[name] > scores[name].mean() for name in ("r_score", "f_score", "m_score")))


def value_customers(segments):
    return int((segments == "important_value").sum())


def value_share(segments, monetary):
    return 100 * value_share__fraction(segments, monetary)


def value_share__fraction(segments, monetary):
    return monetary[segments == "important_value"].sum() / monetary.sum()


def value_share__share_of_customers(segments):
    return 100 * (segments == "important_value").mean()


def next_step(segments):
    steps = {
        "important_value": "b", "important_keep": "d", "important_develop": "g", "important_retain": "h",
        "general_value": "e", "general_keep": "a", "general_develop": "c", "general_retain": "f",
    }  # fmt: skip
    return steps[segments["C0001"]]


# ---- 4 function


def p2_points(months, orders, amount):
    return 5 * _recency_points(months) + 3 * min(4 * orders, 20) + 2 * min(0.1 * amount, 20)


def p2_points__strict(months, orders, amount):
    return p2_points(months + 1e-9, orders, amount)


def p2_points__no_caps(months, orders, amount):
    return 5 * _recency_points(months) + 3 * 4 * orders + 2 * 0.1 * amount


def p2_points__unweighted(months, orders, amount):
    return _recency_points(months) + min(4 * orders, 20) + min(0.1 * amount, 20)


def p2_points__inputs(rng):
    drawn = [
        (float(rng.uniform(0, 30)), int(rng.integers(1, 9)), float(rng.integers(10, 300))) for _ in range(18)
    ]
    bounds = [(bound, int(rng.integers(1, 9)), float(rng.integers(10, 300))) for bound, _ in BOUNDS]
    return [*drawn, *bounds, (25.0, 1, 10.0), (0.0, 5, 200.0)]


def _closest(variants, answer):
    """Return the variant of a mistake that agrees most with the student's answer."""
    return max(variants, key=lambda variant: int(np.isclose(variant, answer.reindex(variant.index)).sum()))
