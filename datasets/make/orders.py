"""A synthetic shop: two years of orders of 800 customers, and the truth behind them.

The shop is made three times over. Customer number n (1 to 800) has the same true type and the same part in the
flaws in all three shops, but another history. The first shop is `orders.csv`; the other two are the reserve, from which
`datasets.load("orders", student=...)` draws customer n for each student: 3^800 classes of equal difficulty.

Only `random.Random(text).random()` is drawn from: the one stream that Python promises never to change.

`stream` makes a shop of any number of customers: the same kinds of people, habits and flaws, in numpy. Who is of which
type is drawn by chance there, and a customer has another history than in the bundled shop.
"""

import functools
import math
import random
from datetime import date, timedelta
from statistics import NormalDist

import numpy as np
import pandas as pd
from _draws import exponential, normal, pick, table

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

ORDERS = "order_id customer_id order_date amount_cny channel"
TRUTH = "customer_id customer_type first_order_date churn_date lifetime_days orders_per_year mean_order_cny"


def files():
    """Return {path: text} of all files that this generator makes."""
    shops = [_shop(number) for number in range(SHOPS)]
    orders, truth = ([shop[part] for shop in shops] for part in (0, 1))
    return {
        "orders.csv": table(ORDERS, orders[0]),
        "reserve/orders.csv": table(ORDERS, sum(orders[1:], [])),
        "orders_truth.csv": table(TRUTH, truth[0]),
        "reserve/orders_truth.csv": table(TRUTH, sum(truth[1:], [])),
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
    lines += [(int(draw() * DAYS), draw(), "", _amount(draw, 120), pick(draw, CHANNELS)) for _ in range(GUESTS)]
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
    life = exponential(draw, 1) * 365 * years
    rate *= math.exp(0.3 * normal(draw))
    mean = typical * math.exp(0.35 * normal(draw))
    if kind == "big_spender":
        mean *= min((1 - draw()) ** (-1 / 1.6), 5)  # a Pareto tail, cut where it would drown all others
    return start, life, rate, mean


def _history(draw, name, start, life, rate, mean, part):
    """Draw the orders and returns of one customer as (day, tie-break, customer, cents, channel)."""
    favourite, days, after = pick(draw, CHANNELS), [start], 0.0
    while rate:
        after += exponential(draw, 1) * 365 / rate
        if after > life or start + after >= DAYS:
            break
        days += [start + int(after)] * (2 if draw() < SAME_DAY else 1)
    lines = []
    for day in days:
        cents, channel = _amount(draw, mean), favourite if draw() < 0.8 else pick(draw, CHANNELS)
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
    return max(round(mean * math.exp(0.4 * normal(draw) - 0.08) * 100), 500)


def _iso(day):
    return (FIRST_DAY + timedelta(days=day)).isoformat()


def _yuan(cents):
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


# ---- a shop of any size

SCALE, CHUNK = "customers", 50_000
FORMS = {"order_id": "O", "customer_id": "C"}  # written as text behind a letter
FIRST_ID = 1_000_000_000  # so that ids are of equal length
PLACES = 4096


def stream(size, seed):
    """Yield orders and truth of 50,000 customers at a time."""
    count = FIRST_ID
    for first in range(0, size, CHUNK):
        draw = np.random.Generator(np.random.PCG64([seed, first // CHUNK])).random
        people = _people(draw, min(CHUNK, size - first))
        orders = _orders(draw, people, FIRST_ID + 1 + first)
        orders["order_id"] += count
        count = int(orders["order_id"].iloc[-1])
        gone = people["start"] + people["life"]
        yield {"orders": orders, "orders_truth": pd.DataFrame({
            "customer_id": FIRST_ID + 1 + first + people.index,
            "customer_type": pd.Categorical.from_codes(people["kind"], list(TYPES)),
            "first_order_date": _dates(people["start"]),
            "churn_date": _dates(gone).where(gone < DAYS),
            "lifetime_days": people["life"],
            "orders_per_year": people["rate"].round(2),
            "mean_order_cny": people["mean"].round(2),
        })}  # fmt: skip


def _people(draw, count):
    """Draw type, first day, days as a customer, orders a year, mean order and part in the flaws of each customer."""
    kinds = list(TYPES)
    kind = np.searchsorted(np.cumsum([TYPES[name][0] for name in kinds]) / CUSTOMERS, draw(count), side="right")
    rate, years, typical, early = np.array([TYPES[name][1:] for name in kinds]).T
    came, mean = draw(count), typical[kind] * _drawn(draw(count), _lognormal, 0.35, 0.0)
    mean = np.where(kind == kinds.index("big_spender"), mean * _drawn(draw(count), _pareto), mean)
    return pd.DataFrame({
        "kind": kind,
        "start": np.choose(kind, [_drawn(came, _arrival, power) for power in early]).astype("int64"),
        "life": (365 * years[kind] * _drawn(draw(count), _waiting)).astype("int64"),
        "rate": rate[kind] * _drawn(draw(count), _lognormal, 0.3, 0.0),
        "mean": mean,
        "favourite": (draw(count) * len(CHANNELS)).astype("int64"),
        # Below 15 for 15 of 220 frequent buyers, as in the bundled shop: those carry a flaw.
        "part": np.where(np.isin(kind, (kinds.index("regular"), kinds.index("loyal"))), draw(count) * 220, 220),
    })  # fmt: skip


def _orders(draw, people, first_id):
    """Draw the orders, returns and flaws of these customers, by day."""
    start, life, mean, part = (people[name].to_numpy() for name in ("start", "life", "mean", "part"))
    span = np.minimum(life, DAYS - start)
    more = _poisson(draw(len(people)), people["rate"].to_numpy() * span / 365)
    more[span == 0] = 0
    again = np.repeat(np.arange(len(people)), more)
    day = start[again] + (draw(len(again)) * span[again]).astype("int64")
    twice = draw(len(again)) < SAME_DAY
    future = np.flatnonzero((part >= DUPLICATES + ZEROS) & (part < DUPLICATES + ZEROS + FUTURES))
    ahead = DAYS + 9 + (draw(len(future)) * 14).astype("int64")
    who = np.concatenate([np.arange(len(people)), again, again[twice], future])
    day = np.concatenate([start, day, day[twice], ahead])
    cents = np.maximum(np.rint(100 * mean[who] * _drawn(draw(len(who)), _lognormal, 0.4, -0.08)), 500).astype("int64")
    where = draw(len(who))
    channel = np.where(where < 0.8, people["favourite"].to_numpy()[who], (where * 100).astype("int64") % len(CHANNELS))

    back = np.flatnonzero(draw(len(who)) < RETURNED)
    due = day[back] + 1 + (draw(len(back)) * 14).astype("int64")
    refund = np.where(draw(len(back)) < RETURNED_IN_FULL, cents[back], cents[back] // 2)
    back, refund, due = back[due < DAYS], refund[due < DAYS], due[due < DAYS]
    zero = np.flatnonzero((part >= DUPLICATES) & (part < DUPLICATES + ZEROS))
    guests = int((draw(len(people)) < GUESTS / CUSTOMERS).sum())
    passing = np.maximum(np.rint(12_000 * _drawn(draw(guests), _lognormal, 0.4, -0.08)), 500).astype("int64")

    who = np.concatenate([who, who[back], zero, np.full(guests, -1)])
    day = np.concatenate([day, due, start[zero], (draw(guests) * DAYS).astype("int64")])
    cents = np.concatenate([cents, -refund, np.zeros(len(zero), "int64"), passing])
    channel = np.concatenate([channel, channel[back], people["favourite"].to_numpy()[zero],
                              (draw(guests) * len(CHANNELS)).astype("int64")])  # fmt: skip
    order = np.argsort(day.astype("int16"), kind="stable")
    number = np.arange(1, len(order) + 1)
    flawed = np.flatnonzero((who[order] >= 0) & (part[who[order]] < DUPLICATES))
    times = np.ones(len(order), "int64")
    times[flawed[np.unique(who[order][flawed], return_index=True)[1]]] = 2
    order, number = np.repeat(order, times), np.repeat(number, times)
    names = list(dict.fromkeys(CHANNELS))
    codes = np.array([names.index(name) for name in CHANNELS], "int8")
    return pd.DataFrame({
        "order_id": number,
        "customer_id": pd.arrays.IntegerArray(first_id + who[order], who[order] < 0),
        "order_date": _dates(day[order]),
        "amount_cny": cents[order] / 100,
        "channel": pd.Categorical.from_codes(codes[channel[order]], names),
    })  # fmt: skip


def _poisson(share, mean):
    """Return the count below which this share of a Poisson distribution lies."""
    count, chance = np.zeros(len(share), "int64"), np.exp(-mean)
    left, open_, number = share - chance, np.arange(len(share)), 0
    while len(open_ := open_[left[open_] >= 0]) and number < 1000:
        number += 1
        count[open_] = number
        chance[open_] *= mean[open_] / number
        left[open_] -= chance[open_]
    return count


def _drawn(share, inverse, *numbers):
    return _places(inverse, *numbers)[(share * PLACES).astype("int64")]


@functools.cache
def _places(inverse, *numbers):
    """Tabulate an inverse distribution: processors differ in the last bit of exp and log, rounded tables do not."""
    return np.array([round(inverse((place + 0.5) / PLACES, *numbers), 9) for place in range(PLACES)])


def _lognormal(share, spread, shift):
    return math.exp(spread * NormalDist().inv_cdf(share) + shift)


def _pareto(share):
    return min((1 - share) ** (-1 / 1.6), 5)


def _waiting(share):
    return -math.log(1 - share)


def _arrival(share, power):
    return int(DAYS * share**power)


def _dates(days):
    return pd.Series(np.datetime64(FIRST_DAY, "s") + np.asarray(days) * np.timedelta64(86_400, "s"))
