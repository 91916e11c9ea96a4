"""Figures of a residents' club: who is worth knowing, what it does, who brings whom, what points buy."""

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from casekit import inputs, labels, style
from casekit.loyalty import word_of_mouth
from casekit.plots.chart import (
    canvas, finish, house, legend_below, name_of, name_rows, note, number, percent, percent_ticks, short,
    short_ticks, wrap,
)  # fmt: skip


@house
def vanke_ranks(rankings):
    """Compare rankings of the same people: the share of those who matter in each share of them, best first.

    比较几种排名：从最前面的人数起，各占多大比例的人里有多少真正要找的人。

    Parameters
    ----------
    rankings : dict of str to DataFrame
        Code of the ranking (``rfm``, ``relation``) to what ``targeting.gains`` returns; the last leads.

    Returns
    -------
    Chart

    Examples
    --------
    >>> labels.use("en")
    >>> frame = pd.DataFrame({"people_share": [.2, 1], "gain": [.2, 1]})
    >>> vanke_ranks({"rfm": frame, "relation": frame.assign(gain=[.5, 1])}).alt.split(". ")[1]
    'The first fifth by RFM holds 20% of those who brought someone new; by relationship, 50%.'
    """
    figure_of = {name: inputs.table(frame, "people_share", "gain") for name, frame in rankings.items()}
    fifth = [float(np.interp(0.2, [0, *frame["people_share"]], [0, *frame["gain"]]))
             for frame in figure_of.values()]
    names = [name_of("ranking", name) for name in figure_of]
    said = {"first": names[0], "last": names[-1], "low": percent(fifth[0]), "high": percent(fifth[-1])}
    found = labels.text("plot.vanke_ranks.title", **said)
    figure, axis = canvas(found)
    axis.plot([0, 1], [0, 1], linestyle="--", color="0.5", label=labels.text("plot.vanke_ranks.chance"))
    for turn, (name, frame) in enumerate(zip(names, figure_of.values(), strict=True)):
        axis.plot([0, *frame["people_share"]], [0, *frame["gain"]], color=style.PALETTE[1 - turn % 2],
                  marker=style.MARKERS[turn], label=name, linestyle=style.DASHES[turn], linewidth=2)
    axis.set(xlim=(0, 1), ylim=(0, 1.02), xlabel=labels.text("plot.vanke_ranks.x"),
             ylabel=labels.text("plot.vanke_ranks.y"))
    for each in (axis.xaxis, axis.yaxis):
        each.set_major_formatter(percent_ticks)
    axis.legend(loc="lower right")
    return finish(figure, "vanke_ranks", found=found, **said)


@house
def vanke_effects(estimates, truth=None):
    """Show estimates of the same effect with their intervals, and the truth where it is known.

    同一个效果的几种估计及区间；知道真相时画成竖线。

    Parameters
    ----------
    estimates : DataFrame
        One row an estimate, its code as the index (``naive``, ``traits``, ``before`` …): effect, low,
        high, as shares.
    truth : float, optional

    Returns
    -------
    Chart
    """
    data = inputs.table(estimates, "effect", "low", "high")
    names = [name_of("estimate", code) for code in data.index]
    ends = [("high", "effect", 0), ("low", "effect", -1), ("from_", "low", -1), ("to", "high", -1)]
    said = {code: number(100 * data[column].iloc[place], 1) for code, column, place in ends}
    known = "" if truth is None else labels.text("plot.vanke_effects.known", truth=number(100 * truth, 1))
    found = labels.text("plot.vanke_effects.title", known=known, **said)
    figure, axis = canvas(found)
    place = np.arange(len(data))[::-1]
    spread = np.abs(data[["low", "high"]].to_numpy().T - data["effect"].to_numpy())
    axis.errorbar(data["effect"], place, xerr=spread, fmt="none", ecolor="0.35", capsize=5, linestyle="none")
    for turn, effect in enumerate(data["effect"]):
        axis.plot(effect, place[turn], marker=style.MARKERS[turn], markersize=10, color=style.PALETTE[turn])
        note(axis, number(100 * effect, 1), (effect, place[turn]), (0, 11), fontsize=10,
             bbox={"color": "white", "pad": 1})
    axis.axvline(0, color="0.6", linewidth=1)
    if truth is not None:
        axis.axvline(truth, color=style.GREEN, linestyle="--", linewidth=2,
                     label=labels.text("plot.vanke_effects.truth"))
        axis.legend(loc="lower right")
    name_rows(axis, place, [wrap(name, 170) for name in names])
    axis.set(ylim=(-0.7, len(data) - 0.4), xlabel=labels.text("plot.vanke_effects.x"))
    axis.xaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10]))
    axis.xaxis.set_major_formatter(percent_ticks)
    return finish(figure, "vanke_effects", found=found, n=len(data), **said)


@house
def vanke_balance(balance):
    """Show how far apart members and others were in each trait, before and after matching.

    平衡图：会员与其他人在各特征上的标准化差异，匹配前与匹配后。

    Parameters
    ----------
    balance : DataFrame
        The ``balance`` of ``targeting.match``.

    Returns
    -------
    Chart
    """
    data = inputs.table(balance, "difference_before",
                        "difference_after").abs().sort_values("difference_before")
    most = data["difference_before"].idxmax()
    said = {"n": len(data), "most": name_of("col", most),
            "before": number(data["difference_before"].max(), 2),
            "after": number(data["difference_after"].max(), 2)}  # fmt: skip
    found = labels.text("plot.vanke_balance.title", **said)
    figure, axis = canvas(found)
    place = np.arange(len(data))
    axis.hlines(place, data.min(axis=1), data.max(axis=1), color="0.8")
    axis.plot(data["difference_before"], place, "o", color=style.ORANGE, markersize=9, linestyle="none",
              label=labels.text("col.difference_before"))
    axis.plot(data["difference_after"], place, "D", color=style.BLUE, markersize=7, linestyle="none",
              label=labels.text("col.difference_after"))
    axis.axvline(0.1, color="0.4", linestyle=":", label=labels.text("plot.vanke_balance.limit"))
    name_rows(axis, place, [wrap(name_of("col", trait), 170) for trait in data.index])
    axis.set(xlim=(-0.02, max(0.2, data.max(axis=None) * 1.08)), xlabel=labels.text("plot.vanke_balance.x"))
    axis.legend(loc="lower right")
    return finish(figure, "vanke_balance", found=found, **said)


@house
def vanke_chains(links, largest=5):
    """Draw the largest chains of word of mouth: who brought whom, and who bought.

    画出最大的几条口碑链：谁带来了谁，谁买了房。

    Parameters
    ----------
    links : DataFrame
        As for ``loyalty.word_of_mouth``, with bought (0/1).
    largest : int
        How many chains.

    Returns
    -------
    Chart
    """
    people = word_of_mouth(inputs.table(links, "customer_id", "referrer_id", "bought"), "bought")
    told = links.set_index("customer_id")
    later = people["generation"].reindex(told.index) > 1
    said = {"n": number(len(links)), "sold": number(links["bought"].sum()),
            "share": percent((told["bought"] * later).sum() / max(links["bought"].sum(), 1)),
            "top": number(people["brought_in_all"].max()), "deep": number(people["generation"].max())}
    found = labels.text("plot.vanke_chains.title", **said)
    figure, axis = canvas(found)
    where, below = {}, links.groupby("referrer_id")["customer_id"].agg(list).to_dict()

    def put(person, column):
        """Place a person above the middle of those below; return the next free column."""
        start = column
        for other in below.get(person, ()):
            column = put(other, column)
        column = max(column, start + 1)
        where[person] = ((start + column - 1) / 2, -people.at[person, "generation"])
        return column

    column = 0
    for founder in people[people["generation"] == 0].sort_values("brought_in_all", ascending=False,
                                                                 kind="stable").index[:largest]:
        column = put(founder, column) + 1
    places = pd.DataFrame.from_dict(where, orient="index", columns=["x", "y"])
    for person in places.index.intersection(told.index):
        start, end = places.loc[told.at[person, "referrer_id"]], places.loc[person]
        axis.plot([start["x"], end["x"]], [start["y"], end["y"]], color="0.75", linestyle="-", linewidth=1,
                  zorder=1)
    bought = told["bought"].reindex(places.index)
    looks = [("founder", bought.isna(), "D", style.BLACK), ("bought", bought == 1, "s", style.BLUE),
             ("looking", bought == 0, "o", style.ORANGE)]
    for name, which, marker, colour in looks:
        axis.scatter(places["x"][which], places["y"][which], marker=marker, color=colour, s=34, zorder=2,
                     label=labels.text(f"plot.vanke_chains.{name}"))
    depth = int(-places["y"].min())
    name_rows(axis, range(0, -depth - 1, -1),
              [labels.text("plot.vanke_chains.generation", n=turn) for turn in range(depth + 1)])
    axis.set_xticks([])
    axis.spines[:].set_visible(False)
    legend_below(axis, 3)
    return finish(figure, "vanke_chains", found=found, largest=largest, **said)


@house
def vanke_laboratory(accounts):
    """Show what the club earns in a year for each worth of an answer, by the naive and the matched effect.

    俱乐部一年的盈亏：随一条回答值多少钱而变，分别按天真的与匹配的效果计算。

    Parameters
    ----------
    accounts : DataFrame
        Indexed by the worth of an answer (yuan); columns naive, matched, low, high (profit in yuan a year).

    Returns
    -------
    Chart
    """
    data = inputs.table(accounts, "naive", "matched", "low", "high")
    worth = data.index.to_numpy(float)

    def zero(column):
        """The worth at which a rising line crosses zero."""
        return float(np.interp(0, data[column], worth))

    said = {"cross": number(zero("matched")), "from_": number(zero("high")), "to": number(zero("low")),
            "naive": number(data["naive"].iloc[0]), "matched": number(data["matched"].iloc[0])}  # fmt: skip
    found = labels.text("plot.vanke_laboratory.title", **said)
    figure, axis = canvas(found)
    axis.fill_between(worth, data["low"], data["high"], color=style.BLUE, alpha=0.18,
                      label=labels.text("plot.vanke_laboratory.band"))
    axis.plot(worth, data["matched"], color=style.BLUE, linewidth=2, linestyle="-",
              label=labels.text("plot.vanke_laboratory.matched"))
    axis.plot(worth, data["naive"], color=style.ORANGE, linewidth=2, linestyle="--",
              label=labels.text("plot.vanke_laboratory.naive"))
    axis.axhline(0, color="black", linewidth=1)
    axis.plot(zero("matched"), 0, "D", color=style.BLUE, markersize=9)
    note(axis, labels.text("plot.vanke_laboratory.cross", **said), (zero("matched"), 0), (8, -16),
         fontsize=10)
    axis.yaxis.set_major_formatter(short_ticks)
    axis.set(xlim=(worth.min(), worth.max()), xlabel=labels.text("plot.vanke_laboratory.x"),
             ylabel=labels.text("plot.vanke_laboratory.y"))
    axis.legend(loc="lower right")
    return finish(figure, "vanke_laboratory", found=found, **said)


@house
def vanke_points(plan, budget_cny=None):
    """Show for each way to earn points what it brings, and what is paid for what members do anyway.

    积分方案图：每种途径带来多少、花掉多少，其中多少付给了本来就会做的事。

    Parameters
    ----------
    plan : DataFrame
        What ``loyalty.points_plan`` returns.
    budget_cny : float, optional
        Said in the title if the plan costs more.

    Returns
    -------
    Chart
    """
    data = inputs.table(plan, "reward_points", "cost_cny", "anyway_cny", "value_cny", "gain_cny")
    cost = data["cost_cny"].sum()
    said = {"cost": number(cost), "anyway": percent(data["anyway_cny"].sum() / cost if cost else 0),
            "gain": number(data["gain_cny"].sum()), "over": number(max(cost - (budget_cny or cost), 0))}
    case = "over" if budget_cny is not None and cost > budget_cny else "title"
    found = labels.text(f"plot.vanke_points.{case}", **said)
    figure, axis = canvas(found)
    place = np.arange(len(data))[::-1]
    axis.barh(place, data["value_cny"], color=style.GREEN, label=labels.text("plot.vanke_points.value"))
    axis.barh(place, -data["anyway_cny"], color=style.ORANGE, hatch="////", edgecolor="white",
              label=labels.text("plot.vanke_points.anyway"))
    axis.barh(place, data["anyway_cny"] - data["cost_cny"], left=-data["anyway_cny"], color=style.SKY,
              hatch="....", edgecolor="white", label=labels.text("plot.vanke_points.extra"))  # fmt: skip
    axis.plot(data["gain_cny"], place, "D", color="black", markersize=6, linestyle="none",
              label=labels.text("plot.vanke_points.gain"))
    for height, gain, value in zip(place, data["gain_cny"], data["value_cny"], strict=True):
        note(axis, short(round(gain)), (max(gain, value, 0), height), (8, 0))
    axis.axvline(0, color="black", linewidth=1)
    ticks = [labels.text("plot.vanke_points.way", way=name_of("earn_way", way), points=number(points))
             for way, points in data["reward_points"].items()]
    name_rows(axis, place, [wrap(tick, 170) for tick in ticks])
    axis.set_xlabel(labels.text("plot.vanke_points.x"))
    axis.xaxis.set_major_formatter(short_ticks)
    axis.use_sticky_edges = False
    axis.margins(x=0.12)
    legend_below(axis, 2)
    return finish(figure, "vanke_points", found=found, **said)
