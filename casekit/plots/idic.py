"""Figures of IDIC: how strictly to match, who is worth what and wants what, learning, what each earns."""

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import PowerNorm

from casekit import inputs, labels, style
from casekit.plots.chart import (
    canvas, finish, house, ink, name_of, name_rows, note, number, percent, percent_ticks, short, short_ticks,
    squares, tiles, wrap,
)  # fmt: skip


@house
def idic_thresholds(scores):
    """Show precision and recall of the matching for several thresholds of evidence, and the best balance.

    匹配门槛图：不同证据门槛下的查准率与查全率，标出综合最好的一处。

    Parameters
    ----------
    scores : DataFrame
        Indexed by threshold: precision, recall and f1, as ``idic.agreement`` gives them.

    Returns
    -------
    Chart

    Examples
    --------
    >>> import pandas as pd
    >>> labels.use("en")
    >>> frame = pd.DataFrame({"precision": [.8, 1], "recall": [.9, .7], "f1": [.85, .82]}, index=[5, 9])
    >>> idic_thresholds(frame).alt.split(". ")[1]
    'A threshold of 5 balances best: 80% of the links are right, 90% of the true links found.'
    """
    data = inputs.table(scores, "precision", "recall", "f1").sort_index()
    best = data["f1"].idxmax()
    said = {"best": f"{best:g}", "low": f"{data.index[0]:g}", "high": f"{data.index[-1]:g}",
            "precision": percent(data.at[best, "precision"]), "recall": percent(data.at[best, "recall"])}
    found = labels.text("plot.idic_thresholds.title", **said)
    figure, axis = canvas(found)
    for place, name in enumerate(("precision", "recall")):
        axis.plot(data.index, data[name], marker=style.MARKERS[place], linewidth=2,
                  label=labels.text(f"metric.{name}"))
    axis.axvline(best, color="0.4", linestyle=":")
    axis.annotate(labels.text("plot.idic_thresholds.loose"), (0.02, 0.04), xycoords="axes fraction",
                  color="0.3")
    axis.annotate(labels.text("plot.idic_thresholds.strict"), (0.98, 0.04), xycoords="axes fraction",
                  color="0.3", ha="right")
    least = np.floor(data[["precision", "recall"]].min(axis=None) * 10) / 10 - 0.1
    axis.set(xlabel=labels.text("plot.idic_thresholds.x"), ylabel=labels.text("plot.idic_thresholds.y"),
             ylim=(max(least, 0), 1.02))  # fmt: skip
    axis.yaxis.set_major_formatter(percent_ticks)
    axis.legend(loc="lower left", bbox_to_anchor=(0, 0.1))
    return finish(figure, "idic_thresholds", found=found, **said)


@house
def idic_matrix(customers, value="clv_cny"):
    """Show customers by tier of value and by need: how many in each cell, and what they are worth together.

    价值 × 需求矩阵：每格有多少客户、合计多少价值。

    Parameters
    ----------
    customers : DataFrame
        From ``idic.differentiate``: tier, need (missing where not known) and the column of value.
    value : str
        Column of value in yuan.

    Returns
    -------
    Chart
    """
    data = inputs.table(customers, "tier", "need", value)
    inputs.numbers(data[value])
    groups = data.assign(need=data["need"].fillna("unknown")).groupby(["tier", "need"])[value]
    counts, worth = groups.size(), groups.sum()
    tier, need = worth.idxmax()
    rows = sorted(data["tier"].unique())
    columns = sorted(counts.index.unique("need"), key=lambda name: (name == "unknown", name))
    said = {"n": number(len(data)), "tier": name_of("tier", tier), "need": name_of("need", need),
            "customers": number(counts[tier, need]), "worth": number(worth.max()),
            "cells": number(len(counts)), "below": number((worth < 0).sum())}  # fmt: skip
    found = labels.text("plot.idic_matrix.title", **said)
    figure, axis = canvas(found)
    shade, norm = colormaps["cividis"], PowerNorm(0.6, 0, max(worth.max(), 1))
    faces = {}
    for y, row in enumerate(rows[::-1]):
        for x, column in enumerate(columns):
            total = worth.get((row, column), 0)
            face = faces[x, y] = shade(norm(max(total, 0)))
            text = labels.text("plot.idic_matrix.cell", n=number(counts.get((row, column), 0)),
                               worth=short(total))
            axis.text(x, y, text, ha="center", va="center", color=ink(face))
    tiles(axis, faces, edgecolor="white")
    squares(axis, [wrap(name_of("need", column), 400 / len(columns)) for column in columns],
            [name_of("tier", row) for row in rows[::-1]])
    axis.set(xlabel=labels.text("col.need"), ylabel=labels.text("col.tier"))
    return finish(figure, "idic_matrix", found=found, **said)


@house
def idic_learning(rounds):
    """Show how the true response to recommendations grows while the preference memory learns.

    学习曲线：偏好记忆学得越多，推荐的真实回应率怎样变化。

    Parameters
    ----------
    rounds : DataFrame
        From ``idic.learning``, indexed by round: with_memory, one_for_all, best_possible.

    Returns
    -------
    Chart
    """
    names = ("best_possible", "with_memory", "one_for_all")
    data = inputs.table(rounds, *names)
    said = {"n": number(len(data)), "first": percent(data["with_memory"].iloc[0]),
            **{name: percent(data[name].iloc[-1]) for name in names}}  # fmt: skip
    found = labels.text("plot.idic_learning.title", **said)
    figure, axis = canvas(found)
    for place, name in enumerate(names):
        axis.plot(data.index, data[name], linewidth=2, **style.line(place))
        note(axis, labels.text(f"plot.idic_learning.{name}"), (data.index[-1], data[name].iloc[-1]), (0, 8),
             fontsize=10, ha="right", color=style.PALETTE[place] if place != 1 else "black")  # fmt: skip
    axis.set(xlabel=labels.text("plot.idic_learning.x"), ylabel=labels.text("plot.idic_learning.y"),
             xticks=data.index, ylim=(0, data.to_numpy().max() * 1.2))  # fmt: skip
    axis.yaxis.set_major_formatter(percent_ticks)
    return finish(figure, "idic_learning", found=found, **said)


@house
def idic_profits(evaluation):
    """Show what each plan earned: profit as bars, losses to the left, with contacts and cost behind each.

    各方案的利润条形图：亏损向左，并注明联系数与成本。

    Parameters
    ----------
    evaluation : DataFrame
        From ``idic.evaluate``, one row a plan: contacts, cost_cny, profit_cny.

    Returns
    -------
    Chart
    """
    data = inputs.table(evaluation, "contacts", "cost_cny", "profit_cny")
    profit = inputs.numbers(data["profit_cny"])
    first, last = data.index[0], data.index[-1]
    said = {"n": number(len(data)), "first": name_of("plan", first), "last": name_of("plan", last),
            "from": number(profit.iloc[0]), "to": number(profit.iloc[-1])}  # fmt: skip
    found = labels.text("plot.idic_profits.title", **said)
    figure, axis = canvas(found)
    place = np.arange(len(data))[::-1]
    losses = profit < 0
    bars = axis.barh(place, profit, height=0.55, color=np.where(losses, style.VERMILION, style.BLUE))
    room = max(np.ptp([0, *profit]), 1)
    for at, bar, (_, row) in zip(place, bars, data.iterrows(), strict=True):
        bar.set_hatch("////" if row["profit_cny"] < 0 else "")
        bar.set_edgecolor("white")
        note(axis, number(row["profit_cny"]), (max(row["profit_cny"], 0), at), (5, 0), fontsize=10)
    axis.axvline(0, color="black", linewidth=0.8)
    names = [labels.text("plot.idic_profits.tick", plan=name_of("plan", plan),
                         contacts=number(row["contacts"]), cost=number(row["cost_cny"]))
             for plan, row in data.iterrows()]  # fmt: skip
    name_rows(axis, place, names)
    axis.set(xlim=(min(profit.min(), 0) - room * 0.04, max(profit.max(), 0) + room * 0.14),
             xlabel=labels.text("plot.idic_profits.x"))  # fmt: skip
    axis.xaxis.set_major_formatter(short_ticks)
    return finish(figure, "idic_profits", found=found, **said)
