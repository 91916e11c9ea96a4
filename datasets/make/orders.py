"""A synthetic shop: two years of orders of 800 customers, and the truth behind them.

The shop is made three times over. Customer number n (1 to 800) has the same true type and the same part in the
flaws in all three shops, but another history. The first shop is `orders.csv`; the other two are the reserve, from which
`datasets.load("orders", student=...)` draws customer n for each student: 3^800 classes of equal difficulty.

Only `random.Random(text).random()` is drawn from: the one stream that Python promises never to change.
"""

import csv
import io
import math
import random
from datetime import date, timedelta

FIRST_DAY = date(2024, 1, 1)
DAYS = 731  # to 2025-12-31, the as-of date
CUSTOMERS = 800
SHOPS = 3

# code: customers, orders a year, mean years as a customer, typical order in yuan, how early they came (1 = evenly)
TYPES = {
    "one_time": (280, 0.0, 0.0, 130, 1.0),
    "occasional": (280, 2.6, 1.0, 130, 1.0),
    "regular": (148, 9.0, 2.0, 135, 1.5),
    "loyal": (72, 26.0, 3.5, 120, 1.8),
    "big_spender": (20, 8.0, 2.5, 360, 1.5),
}
CHANNELS = ("mini_program",) * 8 + ("app",) * 6 + ("web",) * 3 + ("store",) * 3
DUPLICATES, ZEROS, FUTURES, GUESTS = 8, 6, 1, 12  # dirty rows in each shop
SAME_DAY, RETURNED, RETURNED_IN_FULL = 0.02, 0.05, 2 / 3  # shares of orders

ORDERS = ("order_id", "customer_id", "order_date", "amount_cny", "channel")
TRUTH = ("customer_id", "customer_type", "first_order_date", "churn_date", "lifetime_days", "orders_per_year",
         "mean_order_cny")


def files():
    """Return {path: text} of all files that this generator makes."""
    shops = [_shop(number) for number in range(SHOPS)]
    orders, truth = ([shop[part] for shop in shops] for part in (0, 1))
    return {
        "orders.csv": _csv(ORDERS, orders[0]),
        "reserve/orders.csv": _csv(ORDERS, sum(orders[1:], [])),
        "orders_truth.csv": _csv(TRUTH, truth[0]),
        "reserve/orders_truth.csv": _csv(TRUTH, sum(truth[1:], [])),
    }


def _cast():
    """Return the true type and the part in the flaws of customers 1 to 800, the same in every shop."""
    draw = random.Random("casekit orders cast").random
    types = [kind for kind, (count, *_) in TYPES.items() for _ in range(count)]
    types = [kind for _, kind in sorted((draw(), kind) for kind in types)]
    # Frequent buyers carry the flaws, so that no customer consists of a flaw alone.
    frequent = [number for _, number, kind in sorted((draw(), *pair) for pair in enumerate(types))
                if kind in ("regular", "loyal")]
    parts = ["duplicate"] * DUPLICATES + ["zero"] * ZEROS + ["future"] * FUTURES
    return types, dict(zip(frequent, parts))


def _shop(shop):
    types, parts = _cast()
    lines, truth = [], []
    for number, kind in enumerate(types):
        name = f"C{shop * CUSTOMERS + number + 1:04d}"
        draw = random.Random(f"casekit orders {name}").random
        start, life, rate, mean = _customer(draw, kind)
        lines += _history(draw, name, start, life, rate, mean, parts.get(number))
        gone = start + int(life)
        truth.append((name, kind, _iso(start), _iso(gone) if gone < DAYS else "", int(life), f"{rate:.2f}",
                      f"{mean:.2f}"))
    draw = random.Random(f"casekit orders guests {shop}").random
    lines += [(int(draw() * DAYS), draw(), "", _amount(draw, 120), _pick(draw)) for _ in range(GUESTS)]
    lines.sort()  # by day, then at random
    duplicated = {number for number, part in parts.items() if part == "duplicate"}
    rows = []
    for count, (day, _, name, cents, channel) in enumerate(lines, start=1):
        row = (f"O{shop * 10_000 + count:05d}", name, _iso(day), _yuan(cents), channel)
        rows.append(row)
        if name and (number := int(name[1:]) - 1 - shop * CUSTOMERS) in duplicated:
            duplicated.remove(number)
            rows.append(row)
    return rows, truth


def _customer(draw, kind):
    """Draw first day, days as a customer, orders a year and mean order of one customer."""
    _, rate, years, typical, early = TYPES[kind]
    start = int(DAYS * draw() ** early)
    life = _exponential(draw) * 365 * years
    rate *= math.exp(0.3 * _normal(draw))
    mean = typical * math.exp(0.35 * _normal(draw))
    if kind == "big_spender":
        mean *= min((1 - draw()) ** (-1 / 1.6), 5)  # a Pareto tail, cut where it would drown all others
    return start, life, rate, mean


def _history(draw, name, start, life, rate, mean, part):
    """Draw the orders and returns of one customer as (day, tie-break, customer, cents, channel)."""
    favourite, days, after = _pick(draw), [start], 0.0
    while rate:
        after += _exponential(draw) * 365 / rate
        if after > life or start + after >= DAYS:
            break
        days += [start + int(after)] * (2 if draw() < SAME_DAY else 1)
    lines = []
    for day in days:
        cents, channel = _amount(draw, mean), favourite if draw() < 0.8 else _pick(draw)
        lines.append((day, draw(), name, cents, channel))
        if draw() < RETURNED:
            back = day + 1 + int(draw() * 14)
            refund = cents if draw() < RETURNED_IN_FULL else cents // 2
            if back < DAYS:
                lines.append((back, draw(), name, -refund, channel))
    if part == "zero":
        lines.append((days[-1], draw(), name, 0, favourite))
    if part == "future":
        lines.append((DAYS + 9 + int(draw() * 14), draw(), name, _amount(draw, mean), favourite))
    return lines


def _amount(draw, mean):
    return max(round(mean * math.exp(0.4 * _normal(draw) - 0.08) * 100), 500)


def _pick(draw):
    return CHANNELS[int(draw() * len(CHANNELS))]


def _exponential(draw):
    return -math.log(1 - draw())


def _normal(draw):
    return math.sqrt(-2 * math.log(1 - draw())) * math.cos(2 * math.pi * draw())


def _iso(day):
    return (FIRST_DAY + timedelta(days=day)).isoformat()


def _yuan(cents):
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def _csv(header, rows):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue()
