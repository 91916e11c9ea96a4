"""Figures of recency, frequency and monetary value."""

import numpy as np
from matplotlib.ticker import MaxNLocator

from casekit import inputs, labels, style
from casekit.errors import InputError
from casekit.plots.chart import (
    canvas, few, finish, heat, house, ink, name_of, name_rows, note, number, percent, percent_ticks, short,
    short_ticks, squares, tiles, wrap,
)  # fmt: skip

MEASURES = {"recency_days": "r_score", "frequency": "f_score", "monetary": "m_score"}


@house
def rfm_grid(scores, unit=None):
    """Show how many customers stand in each cell of recency and frequency score, and their mean spending.

    热力图：每个 R 分与 F 分的格子里有多少客户、平均消费多少。

    Parameters
    ----------
    scores : DataFrame
        What ``rfm.score`` returns: ``r_score``, ``f_score`` and ``monetary``, one row a customer.
    unit : str, optional
        Unit of money in words; by default that of the bundled data.

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        No rows, a missing column, or more than ten different scores.

    Examples
    --------
    >>> import pandas as pd
    >>> labels.use("en")
    >>> frame = pd.DataFrame({"r_score": [1, 1, 2], "f_score": [1, 1, 2], "monetary": [10.0, 30.0, 160.0]})
    >>> rfm_grid(frame).alt.split(". ")[1]
    'Most customers are in R1F1: 2 (67%); most money is in R2F2: 80% of revenue.'
    """
    data = inputs.table(scores, "r_score", "f_score", "monetary")
    rows, columns = _levels(data, "r_score"), _levels(data, "f_score")
    cells = data.groupby(["r_score", "f_score"])["monetary"].agg(["size", "mean", "sum"])
    crowd, rich, total = cells["size"].idxmax(), cells["sum"].idxmax(), data["monetary"].sum()
    said = {
        "n": number(len(data)), "unit": unit or labels.text("plot.money"), "filled": len(cells),
        "cells": len(rows) * len(columns), "r": crowd[0], "f": crowd[1], "crowd": number(cells["size"].max()),
        "crowd_share": percent(cells["size"].max() / len(data)), "rich_r": rich[0], "rich_f": rich[1],
        "rich_share": percent(cells.loc[rich, "sum"] / total) if total > 0 else "",
        "low": number(cells["mean"].min()), "high": number(cells["mean"].max()),
    }  # fmt: skip
    found = labels.text(f"plot.rfm_grid.{'crowd' if total <= 0 else 'same' if crowd == rich else 'two'}",
                        **said)

    figure, axis = canvas(found)
    colour = heat(cells["size"].max())
    size = 11 if len(columns) <= 6 else 8
    # Looked up by cell: a frame takes ten times as long.
    counts, means = cells["size"].to_dict(), cells["mean"].to_dict()
    filled, empty = {}, {}
    for y, r in enumerate(rows):
        for x, f in enumerate(columns):
            n = counts.get((r, f), 0)
            face = (filled if n else empty)[x, y] = colour(n)
            if n:
                axis.text(x, y + 0.14, number(n), ha="center", va="center", color=ink(face), fontsize=size)
                axis.text(x, y - 0.22, short(means[r, f]), ha="center", va="center", color=ink(face),
                          fontsize=size - 2.5)  # fmt: skip
    tiles(axis, filled, edgecolor="white", linewidth=1.5)
    tiles(axis, empty, edgecolor="0.75", linewidth=1.5, hatch="////")
    squares(axis, columns, rows)
    axis.set(xlabel=labels.text("plot.f_axis"), ylabel=labels.text("plot.r_axis"))
    return finish(figure, "rfm_grid", found=found, **said)


@house
def rfm_distributions(frame, unit=None):
    """Show how each of the three measures is spread, with the edges between the scores where there are any.

    三个指标各自的分布；若已打分，同时画出各分数段的边界。

    Parameters
    ----------
    frame : DataFrame
        What ``rfm.measure`` or ``rfm.score`` returns.
    unit : str, optional
        Unit of money in words; by default that of the bundled data.

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        No rows or a missing column.
    """
    data, unit = inputs.table(frame, *MEASURES), unit or labels.text("plot.money")
    spent = data["monetary"]
    said = {"n": number(len(data)), "unit": unit, "once": percent((data["frequency"] == 1).mean()),
            "mean": number(spent.mean()), "median": number(spent.median()),
            "r_median": number(data["recency_days"].median()),
            **{f"{name}_{end}": number(getattr(data[name], end)()) for name in MEASURES
               for end in ("min", "max")}}  # fmt: skip
    found = labels.text("plot.rfm_distributions.title", **said)
    figure, axes = canvas(found, rows=3)
    for axis, (measure, score) in zip(axes, MEASURES.items(), strict=True):
        _histogram(axis, data[measure].to_numpy(float))
        axis.annotate(wrap(labels.text(f"plot.{measure}", unit=unit), 75, lines=4), (1.02, 0.5),
                      xycoords="axes fraction", va="center")  # fmt: skip
        if score in data.columns:
            _bands(axis, data[measure], data[score])
    figure.supylabel(labels.text("plot.customers"), fontsize=10)
    caption = "scored" if "r_score" in data.columns else "plain"
    return finish(figure, "rfm_distributions", caption, found=found, **said)


@house
def rfm_segments(overview):
    """Show each segment's share of the customers beside its share of the revenue.

    每个细分的客户占比与收入占比，并排比较。

    Parameters
    ----------
    overview : DataFrame
        What ``rfm.overview`` returns: one row a segment with ``segment``, ``customers`` and ``revenue``.

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        No rows, a missing column, more than twelve segments, or no revenue at all.
    """
    data = inputs.table(overview, "segment", "customers", "revenue")
    few("segment", len(data), 12)
    if data["revenue"].sum() <= 0:
        raise InputError("plot.no_revenue", column="revenue")
    names = [name_of("segment", code) for code in data["segment"]]
    people = data["customers"] / data["customers"].sum()
    money = data["revenue"] / data["revenue"].sum()
    best, crowd = money.to_numpy().argmax(), people.to_numpy().argmax()
    said = {
        "n": number(data["customers"].sum()), "count": len(data), "best": names[best], "crowd": names[crowd],
        "best_people": percent(people.iloc[best]), "best_money": percent(money.iloc[best]),
        "crowd_people": percent(people.iloc[crowd]), "crowd_money": percent(money.iloc[crowd]),
        "people_low": percent(people.min()), "people_high": percent(people.max()),
        "money_low": percent(money.min()), "money_high": percent(money.max()),
    }  # fmt: skip
    found = labels.text(f"plot.rfm_segments.{'same' if best == crowd else 'two'}", **said)
    figure, axis = canvas(found)
    place = np.arange(len(data))[::-1]
    for shift, share, key, look in [
        (0.2, people, "plot.share_customers", {"color": style.BLUE}),
        (-0.2, money, "plot.share_revenue", {"color": style.ORANGE, "hatch": "////", "edgecolor": "white"}),
    ]:
        axis.barh(place + shift, share, height=0.38, linewidth=0, label=labels.text(key), **look)
        for y, value in zip(place + shift, share, strict=True):
            note(axis, percent(value), (max(value, 0), y), (3, 0), fontsize=8)
    name_rows(axis, place, [wrap(name, 130) for name in names])
    axis.set_xlabel(labels.text("plot.share"))
    axis.xaxis.set_major_formatter(percent_ticks)
    axis.margins(x=0.08)
    axis.legend(loc="lower right")
    return finish(figure, "rfm_segments", found=found, **said)


@house
def rfm_cells(schemes):
    """Compare schemes by how many customers each of their cells holds, the largest cell first.

    比较几种打分方案：每个 RFM 格子里有多少客户，从大到小排列。

    Parameters
    ----------
    schemes : dict of str to DataFrame
        Up to four scored frames (``rfm_code``) by the name of their scheme.

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        No scheme, more than four, a frame without rows or without ``rfm_code``.
    """
    few("scheme", len(schemes), 4)
    sizes = {name: inputs.table(frame, "rfm_code")["rfm_code"].value_counts().to_numpy()
             for name, frame in schemes.items()}
    lines = [labels.text("plot.rfm_cells.one", name=name_of("scheme", name), filled=len(size),
                         high=number(size[0]), low=number(size[-1])) for name, size in sizes.items()]
    found = labels.text("plot.and").join(lines)
    figure, axis = canvas(found)
    for (name, size), colour, marker in zip(sizes.items(), style.PALETTE, "osD^", strict=False):
        axis.plot(np.arange(1, len(size) + 1), size, color=colour, marker=marker, markersize=4, linewidth=1.2,
                  label=name_of("scheme", name))  # fmt: skip
    axis.set(xlabel=labels.text("plot.rfm_cells.x"), ylabel=labels.text("plot.rfm_cells.y"))
    axis.set_ylim(bottom=0)
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.yaxis.set_major_locator(MaxNLocator(integer=True))
    axis.legend()
    n = number(sum(next(iter(sizes.values()))))
    return finish(figure, "rfm_cells", found=found, n=n)


def _levels(scores, column):
    """Every score from the lowest to the highest, so that a class nobody is in still has its place."""
    high = (scores.attrs.get("rfm_levels") or [scores[column].max()] * 2)[column == "f_score"]
    whole = high is not None and high <= 10 and high == int(high)
    levels = list(range(min(1, int(scores[column].min())),
                        int(high) + 1)) if whole else sorted(scores[column].unique())
    few(column, len(levels), 11)
    return levels


def _histogram(axis, values):
    """Draw customers by value; where the tail is long, its last 5 % are gathered in one hatched bar."""
    low, high = values.min(), np.quantile(values, 0.95)
    if values.max() <= high + 0.5 * (high - low):
        high = values.max()
    if low == high:
        bins = low + np.arange(-4.5, 5) * max(1, abs(low) / 10)
    elif (values == values.round()).all() and high - low <= 40:
        bins = np.arange(low, high + 2) - 0.5
    else:
        bins = MaxNLocator(40).tick_values(low, high)
    inside, beyond = values[values <= bins[-1]], values[values > bins[-1]]
    axis.hist(inside, bins=bins, color=style.BLUE, edgecolor="white", linewidth=0.4)
    ticks = [tick for tick in MaxNLocator(8, integer=True).tick_values(low, high)
             if bins[0] <= tick <= bins[-1]]
    ticks = ticks if low < high else [low]
    gap = (bins[-1] - bins[0]) / 20
    if len(beyond):
        middle = bins[-1] + 2 * gap
        axis.bar(middle, len(beyond), width=gap, color="white", edgecolor=style.BLUE, hatch="////")
        note(axis, number(len(beyond)), (middle, len(beyond)), (0, 2), fontsize=8)
        ticks = [tick for tick in ticks if tick < middle - 3 * gap]
        axis.set_xticks([*ticks, middle],
                        [*map(short, ticks), f"{short(beyond.min())}–{short(beyond.max())}"])
    else:
        axis.set_xticks(ticks, [*map(short, ticks)])
    axis.set_xlim(bins[0], bins[-1] + (4 * gap if len(beyond) else 0))
    axis.yaxis.set_major_locator(MaxNLocator(3, integer=True))
    axis.yaxis.set_major_formatter(short_ticks)


def _bands(axis, values, scores):
    """Mark where one score ends and the next begins; nested scores have no common edges and get none."""
    ends = values.groupby(scores).agg(["min", "max"]).sort_values("min")
    below, above = ends["max"].to_numpy()[:-1], ends["min"].to_numpy()[1:]
    if (below >= above).any():
        axis.annotate(labels.text("plot.no_edges"), (0.5, 1), xycoords="axes fraction", ha="center",
                      va="bottom", fontsize=8)
        return
    edges = (below + above) / 2
    for edge in edges:
        axis.axvline(edge, color="black", linewidth=1, linestyle="--")
    start, end = axis.get_xlim()
    limits = np.clip([start, *edges, end], start, end)
    for score, left, right in zip(ends.index, limits, limits[1:], strict=False):
        if right - left > 0.012 * (end - start):  # narrower bands have no room for a figure
            note(axis, str(score), ((left + right) / 2, 1), (0, 2), xycoords=("data", "axes fraction"))
