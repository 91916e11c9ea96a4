"""Figures of customers for any chapter: how unequal they are, where they move, when they buy."""

import numpy as np
import pandas as pd
from matplotlib.dates import AutoDateLocator, DateFormatter
from matplotlib.patches import Rectangle

from casekit import inputs, labels, style
from casekit.errors import InputError
from casekit.plots.chart import (
    canvas, few, finish, heat, house, ink, name_of, name_rows, note, number, percent, percent_ticks, squares,
    tiles, wrap,
)  # fmt: skip


@house
def lorenz(frame, value="monetary"):
    """Show how unequally revenue is spread: the Lorenz curve, the top fifth and the Gini coefficient.

    洛伦兹曲线：收入在客户之间有多不均，标出前 20% 的客户与基尼系数。

    Parameters
    ----------
    frame : DataFrame
        One row a customer.
    value : str
        Column of money.

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        No rows, a missing column, text in it, or no revenue in total.

    References
    ----------
    Lorenz, M. O. (1905). Methods of measuring the concentration of wealth.
    Publications of the American Statistical Association 9(70), 209-219. https://doi.org/10.2307/2276207

    Examples
    --------
    >>> labels.use("en")
    >>> lorenz(pd.DataFrame({"monetary": [10, 10, 10, 10, 60]})).alt.split(". ")[1]
    'The top 20% of customers bring 60% of revenue (Gini coefficient 0.40).'
    """
    money = np.sort(inputs.numbers(inputs.table(frame, value)[value]).to_numpy())
    if money.sum() <= 0:
        raise InputError("plot.no_revenue", column=value)
    people = np.linspace(0, 1, len(money) + 1)
    part = np.concatenate([[0], np.cumsum(money)]) / money.sum()
    gini = 1 - ((part[1:] + part[:-1]) * np.diff(people)).sum()
    top, half = 1 - np.interp(0.8, people, part), np.interp(0.5, people, part)
    said = {"n": number(len(money)), "top": percent(top), "half": percent(half), "gini": number(gini, 2),
            "rest": percent(1 - top)}  # fmt: skip
    found = labels.text("plot.lorenz.title", **said)

    figure, axis = canvas(found)
    axis.plot([0, 1], [0, 1], color="0.4", linestyle="--", linewidth=1,
              label=labels.text("plot.lorenz.equal"))
    axis.plot(people, part, color=style.BLUE, linewidth=2, label=labels.text("plot.lorenz.curve"))
    rest = 1 - top
    axis.plot([0.8, 0.8], [min(0, rest), rest], color=style.BLUE, linestyle=":", linewidth=1.5)
    axis.plot([0.8, 0.8], [rest, 1], color=style.ORANGE, linestyle="-", linewidth=4, solid_capstyle="butt")
    axis.plot([0.8], [rest], marker="o", color="black")
    note(axis, labels.text("plot.lorenz.top", **said), (0.8, 0.92), (-8, 0), fontsize=10, va="baseline")
    note(axis, labels.text("plot.lorenz.rest", **said), (0.8, max(0.04, rest / 3)), (8, 0), fontsize=10,
         va="baseline")  # fmt: skip
    axis.set(xlim=(0, 1), ylim=(min(0, part.min()), 1), xlabel=labels.text("plot.lorenz.x"),
             ylabel=labels.text("plot.lorenz.y"))  # fmt: skip
    axis.xaxis.set_major_formatter(percent_ticks)
    axis.yaxis.set_major_formatter(percent_ticks)
    axis.legend(loc="upper left")
    return finish(figure, "lorenz", found=found, **said)


@house
def migration(before, after):
    """Show who moved: customers by the segment they were in before and the one they are in after.

    客户流动：之前在哪个细分（行），之后在哪个细分（列）。

    Parameters
    ----------
    before, after : DataFrame
        What ``rfm.segment`` returns, indexed by customer: two dates, or two schemes on the same customers.

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        No rows, no ``segment`` column, or more than twelve segments.
    """
    pair = pd.concat([inputs.table(frame, "segment")["segment"].astype(object) for frame in (before, after)],
                     axis=1, keys=["before", "after"]).fillna("absent")  # fmt: skip
    counts = pair.value_counts()
    both = pair[(pair != "absent").all(axis=1)]
    moves = both[both["before"] != both["after"]].value_counts()
    said = {"n": number(len(both)), "moved": number(moves.sum()),
            "share": percent(moves.sum() / max(len(both), 1)),
            "new": number((pair["before"] == "absent").sum()),
            "gone": number((pair["after"] == "absent").sum())}  # fmt: skip
    if len(moves):
        start, goal = moves.index[0]
        said |= {"start": name_of("segment", start), "goal": name_of("segment", goal),
                 "most": number(moves.iloc[0])}
    found = labels.text(f"plot.migration.{'moved' if len(moves) else 'still'}", **said)

    rows, columns = _ordered(pair["before"]), _ordered(pair["after"])
    few("segment", max(len(rows), len(columns)), 13)
    figure, axis = canvas(found)
    colour, filled = heat(counts.max()), counts.to_dict()
    faces = {}
    for y, start in enumerate(rows[::-1]):
        for x, goal in enumerate(columns):
            n = filled.get((start, goal), 0)
            face = faces[x, y] = colour(n)
            if start == goal:
                axis.add_artist(Rectangle((x - 0.45, y - 0.42), 0.9, 0.84, fill=False, edgecolor=ink(face),
                                          linewidth=1.2))
            if n:
                axis.text(x, y, number(n), ha="center", va="center", color=ink(face), fontsize=9)
    tiles(axis, faces, edgecolor="0.85")
    empty = [(x, y) for y, start in enumerate(rows[::-1]) for x, goal in enumerate(columns)
             if (start, goal) not in filled]
    axis.plot([x for x, _ in empty], [y for _, y in empty], "k.", markersize=1.5)
    slant = {"rotation": 30, "ha": "right"} if len(columns) > 8 else {}
    room = 90 if slant else 400 / len(columns)
    squares(axis, [wrap(name_of("segment", name), room, 8, lines=3) for name in columns],
            [wrap(name_of("segment", name), 90, 8) for name in rows[::-1]], size=8, **slant)
    axis.set(xlabel=labels.text("plot.after"), ylabel=labels.text("plot.before"))
    return finish(figure, "migration", found=found, **said)


@house
def histories(orders, chosen, *, customer, date, amount, as_of=None, unit=None):
    """Show when a few customers bought and how much: one line a customer, one mark an order.

    几位客户的购买轨迹：一行一位客户，一个点一笔订单。

    Parameters
    ----------
    orders : DataFrame
        One row an order.
    chosen : list
        One to seven customer ids.
    customer, date, amount : str
        Columns of ``orders``.
    as_of : str, optional
        Date of the analysis; by default the last date of the chosen customers.
    unit : str, optional
        Unit of money in words; by default that of the bundled data.

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        No rows, a missing column, an unknown customer, or more than seven of them.
    """
    data = inputs.table(orders, customer, date, amount)
    few(customer, len(chosen), 7)
    for name in chosen:
        if not (data[customer] == name).any():
            raise InputError("plot.unknown_customer", customer=name, column=customer)
    data = data[data[customer].isin(chosen)].dropna(subset=[date])
    data[date] = pd.to_datetime(data[date])
    end = pd.Timestamp(as_of) if as_of else data[date].max()
    bought, returned = data[data[amount] >= 0], data[data[amount] < 0]
    said = {"unit": unit or labels.text("plot.money"), "start": f"{data[date].min():%Y-%m-%d}",
            "end": f"{end:%Y-%m-%d}", "n": len(chosen), "low": number(bought[amount].min()),
            "high": number(bought[amount].max())}  # fmt: skip
    lines = [_rhythm(name, bought.loc[bought[customer] == name, date]) for name in chosen]
    figure, axis = canvas(labels.text("plot.and").join(lines[:2]))
    place = {name: len(chosen) - 1 - at for at, name in enumerate(chosen)}
    for spot in place.values():
        axis.axhline(spot, color="0.85", linewidth=1, zorder=0)
    axis.scatter(bought[date], bought[customer].map(place),
                 s=30 + 370 * bought[amount] / bought[amount].max(), color=style.BLUE, alpha=0.7,
                 edgecolor="white", label=labels.text("plot.bought"))  # fmt: skip
    if len(returned):
        axis.scatter(returned[date], returned[customer].map(place), s=60, marker="x", color=style.VERMILION,
                     label=labels.text("plot.returned"))  # fmt: skip
        axis.legend(loc="upper center", ncols=2)
    axis.axvline(end, color="black", linestyle="--", linewidth=1)
    note(axis, labels.text("plot.as_of", date=said["end"]), (end, 1), (-4, -4),
         xycoords=("data", "axes fraction"), va="top")  # fmt: skip
    name_rows(axis, list(place.values()), [wrap(str(name), 90) for name in chosen])
    axis.set_ylim(-0.6, len(chosen) - 0.2)
    axis.spines["left"].set_visible(False)
    axis.xaxis.set_major_locator(AutoDateLocator(maxticks=7))
    axis.xaxis.set_major_formatter(DateFormatter("%Y-%m"))
    found = labels.text("plot.and").join(lines)
    return finish(figure, "histories", found=found, **said)


def _rhythm(name, days):
    """Say how the time between purchases changed: its median in the first and the second half of the gaps."""
    gaps = days.drop_duplicates().sort_values().diff().dt.days.dropna()
    half = len(gaps) // 2
    if not half:
        return labels.text("plot.histories.few", name=name, count=len(days))
    early, late = gaps.iloc[:half].median(), gaps.iloc[-half:].median()
    kind = "same" if early == late else "longer" if late > early else "shorter"
    return labels.text(f"plot.histories.{kind}", name=name, early=number(early), late=number(late))


def _ordered(segments):
    """Segments as they come in labels.csv, best first; unknown ones by name; the absent last."""
    known = {key: place for place, key in enumerate(labels.table())}

    def rank(code):
        return code == "absent", known.get(f"segment.{code}", len(known)), str(code)

    return sorted(segments.unique(), key=rank)
