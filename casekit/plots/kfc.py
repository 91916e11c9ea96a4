"""Figures of the fast-food case: the published facts, who is known, a trial of messages, fatigue."""

import numpy as np
from matplotlib.lines import Line2D

from casekit import inputs, labels, style
from casekit.plots.chart import (
    canvas, finish, house, legend_below, name_of, note, number, percent, percent_ticks, wrap,
)  # fmt: skip


@house
def kfc_members(facts):
    """Show how members grew and what share of sales was theirs, as published.

    公开数据：会员数与会员占销售额的比例。

    Parameters
    ----------
    facts : DataFrame
        The dataset ``kfc_facts``: year_end, scope, members_million, member_share (gaps allowed).

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        No rows or a missing column.
    """
    data = inputs.table(facts, "year_end", "scope", "members_million", "member_share").sort_values("year_end")
    alike = data[data["scope"] == data["scope"].iloc[-1]]  # what can be compared with the last year
    share = alike.dropna(subset=["member_share"])
    said = {"first": alike["year_end"].iloc[0], "start": number(alike["members_million"].iloc[0]),
            "last": data["year_end"].iloc[-1], "members": number(data["members_million"].iloc[-1])}
    if len(share):
        said |= {"was": percent(share["member_share"].iloc[0]),
                 "now": percent(share["member_share"].iloc[-1])}
    found = labels.text("plot.kfc_members.title" if len(share) else "plot.kfc_members.grew", **said)
    figure, (above, below) = canvas(found, rows=2, sharex=True, height_ratios=(3, 2))
    place = np.arange(len(data))
    for turn, scope in enumerate(dict.fromkeys(data["scope"])):
        own = (data["scope"] == scope).to_numpy()
        bars = above.bar(place[own], data["members_million"][own], width=0.6, label=name_of("scope", scope),
                         **style.bar(turn))  # fmt: skip
        above.bar_label(bars,
                        [labels.text("plot.kfc_members.least", n=number(n))
                         for n in data["members_million"][own]], padding=2)
    below.plot(place, data["member_share"], style.MARKERS[0], linestyle="-", color=style.VERMILION)
    for x, value in zip(place, data["member_share"], strict=True):
        if value == value:
            note(below, percent(value), (x, value), (0, 7), fontsize=10)
    above.set(ylabel=wrap(labels.text("col.members_million"), 90),
              ylim=(0, 1.15 * data["members_million"].max()))
    below.set(ylabel=wrap(labels.text("col.member_share"), 80), ylim=(0, 1))
    below.yaxis.set_major_formatter(percent_ticks)
    below.set_xticks(place, [str(year) for year in data["year_end"]])
    legend_below(above, 2)
    return finish(figure, "kfc_members", found=found, **said)


@house
def kfc_known(orders):
    """Show by month what share of sales comes from known members, and what from each channel that is not.

    每个月的销售额中，认得出的会员占多少，认不出的各渠道占多少。

    Parameters
    ----------
    orders : DataFrame
        member_id (missing where nobody is known), order_date, channel, amount_cny.

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        No rows, a missing column, or no date.
    """
    data = inputs.table(orders, "member_id", "order_date", "channel", "amount_cny")
    month = inputs.dates(data["order_date"]).dt.to_period("M").dt.to_timestamp()
    group = data["channel"].where(data["member_id"].isna(), "known")
    sums = data["amount_cny"].groupby([month, group]).sum().unstack(fill_value=0)
    shares = sums.div(sums.sum(axis=1), axis=0)
    shares = shares[["known", *sorted(shares.columns.drop("known"))]] if "known" in shares else shares
    top = shares.columns[0]
    words = {name: labels.text("plot.kfc_known.known") if name == "known"
             else labels.text("plot.kfc_known.one", channel=name_of("channel", name)) for name in shares}
    risen = (shares.iloc[-1] - shares.iloc[0]).idxmax()
    said = {"top": words[top], "was": percent(shares[top].iloc[0]), "now": percent(shares[top].iloc[-1]),
            "other": words[risen], "rose": percent(shares[risen].iloc[0]),
            "risen": percent(shares[risen].iloc[-1]), "n": len(shares)}  # fmt: skip
    found = labels.text("plot.kfc_known.title" if risen != top else "plot.kfc_known.one_line", **said)
    figure, axis = canvas(found)
    for turn, name in enumerate(shares):
        axis.plot(shares.index, shares[name], markersize=4, label=words[name], **style.line(turn))
    axis.set(ylim=(0, 1.02 * max(shares.max().max(), 0.1)), ylabel=labels.text("plot.kfc_known.y"))
    axis.yaxis.set_major_formatter(percent_ticks)
    legend_below(axis, 3)
    return finish(figure, "kfc_known", found=found, **said)


@house
def kfc_trial(orders, margin, level=0.05):
    """Show what each message does to orders and money in each segment, with intervals; filled if it stands.

    每个细分、每种消息对下单率和毛利的提升及区间；校正后仍站得住的是实心。

    Parameters
    ----------
    orders, margin : DataFrame
        What ``targeting.compare_arms(..., within="segment")`` returns for a 0/1 outcome and for money.
    level : float
        Above this p_holm a marker stays hollow.

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        No rows or a missing column.
    """
    tables = [inputs.table(each, "lift", "low", "high", "p_holm") for each in (orders, margin)]
    segments, arms = (list(dict.fromkeys(orders.index.get_level_values(name))) for name in orders.index.names)
    sure = [table["lift"].where(table["p_holm"] < level, 0) for table in tables]
    up, down = sure[0] > 0, sure[1] < 0
    both = [f"{name_of('segment', segment)}{labels.text('plot.kfc_trial.join')}{name_of('message', arm)}"
            for segment, arm in up.index[up & down]]
    said = {"n": len(up), "up": int(up.sum()),
            "earn": int((sure[1] > 0).sum()),
            "both": labels.text("plot.comma").join(both)}  # fmt: skip
    found = labels.text("plot.kfc_trial.title" if both else "plot.kfc_trial.none", **said)
    figure, axes = canvas(found, columns=2, sharey=True)
    for axis, table, unit in zip(axes, tables, ("share", "cny"), strict=True):
        for turn, arm in enumerate(arms):
            rows = [(place, table.loc[(segment, arm)]) for place, segment in enumerate(segments)
                    if (segment, arm) in table.index]
            y = [-place + 0.25 * (1 - turn) for place, _ in rows]
            axis.hlines(y, [row["low"] for _, row in rows], [row["high"] for _, row in rows],
                        color=style.PALETTE[turn], linewidth=1.5)
            for at, (_, row) in zip(y, rows, strict=True):
                sure = row["p_holm"] < level
                axis.plot(row["lift"], at, style.MARKERS[turn], color=style.PALETTE[turn], markersize=7,
                          markerfacecolor=None if sure else "white")
        axis.axvline(0, color="0.4", linewidth=1)
        axis.set_xlabel(labels.text(f"plot.kfc_trial.{unit}"))
        axis.tick_params(axis="y", length=0)
    axes[0].xaxis.set_major_formatter(percent_ticks)
    axes[0].set_yticks(-np.arange(len(segments)), [name_of("segment", segment) for segment in segments])
    keys = [Line2D([], [], linestyle="", marker=style.MARKERS[turn], color=style.PALETTE[turn])
            for turn in range(len(arms))]
    figure.legend(keys, [name_of("message", arm) for arm in arms], loc="outside lower center",
                  ncols=len(arms), fontsize=9)
    return finish(figure, "kfc_trial", found=found, level=number(level, 2), **said)


@house
def kfc_fatigue(times):
    """Show orders, leavers and profit by how often a message was sent.

    消息发几次：下单率、关闭消息的比例、利润。

    Parameters
    ----------
    times : DataFrame, a row a number of messages
        order_rate, leave_rate, profit_cny (a person, against no message).

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        No rows or a missing column.
    """
    data = inputs.table(times, "order_rate", "leave_rate", "profit_cny").sort_index()
    best, most = data["profit_cny"].idxmax(), data["order_rate"].idxmax()
    said = {"best": best, "most": most, "profit": number(data.at[best, "profit_cny"], 2),
            "other": number(data.at[most, "profit_cny"], 2), "leave": percent(data.at[most, "leave_rate"])}
    found = labels.text("plot.kfc_fatigue.title" if best != most else "plot.kfc_fatigue.same", **said)
    figure, axes = canvas(found, columns=3)
    place = np.arange(len(data))
    for turn, (axis, column) in enumerate(zip(axes, ("order_rate", "leave_rate", "profit_cny"), strict=True)):
        values = data[column]
        bars = axis.bar(place, values, width=0.65, **style.bar(turn))
        axis.bar_label(bars, [number(value, 2) if column == "profit_cny" else number(100 * value, 1) + "%"
                              for value in values], padding=2, fontsize=9)
        axis.set_xticks(place, [str(each) for each in data.index])
        axis.set(title=wrap(labels.text(f"plot.kfc_fatigue.{column}"), 140, 10),
                 xlabel=labels.text("plot.kfc_fatigue.x"))
        axis.title.set_fontsize(10)
        axis.axhline(0, color="black", linewidth=0.8)
        axis.margins(y=0.15)
        axis.set_yticks([])
        axis.spines["left"].set_visible(False)
    return finish(figure, "kfc_fatigue", found=found, **said)
