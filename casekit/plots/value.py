"""Figures of customer value: what segments it, how it grows and is spread, what customers value."""

import numpy as np
import pandas as pd
from matplotlib.patches import Rectangle

from casekit import inputs, labels, style
from casekit.errors import InputError
from casekit.plots.chart import (
    canvas, few, finish, house, name_of, name_rows, note, number, percent, percent_ticks, short_ticks, wrap,
)  # fmt: skip

LEVELS = ("attribute", "consequence", "goal")


@house
def value_bases(bases):
    """Show how much of the difference between customers each base of segmentation explains.

    各个细分依据能解释客户之间多少差异。

    Parameters
    ----------
    bases : DataFrame, one row a base
        What ``value.bases`` returns.

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        No rows or a missing column.
    """
    data = inputs.table(bases, "top", "customer_share", "value_share", "explained")
    first, last = data["explained"].idxmax(), data["explained"].idxmin()
    names = [name_of("base", base) for base in data.index]
    said = {"n": len(data), "first": name_of("base", first), "last": name_of("base", last),
            "top": name_of(first, data["top"][first]), "people": percent(data["customer_share"][first]),
            "money": percent(data["value_share"][first]), "most": percent(data["explained"].max()),
            "least": percent(data["explained"].min())}  # fmt: skip
    found = labels.text("plot.value_bases.title", **said)
    figure, axis = canvas(found)
    place = np.arange(len(data))[::-1]
    axis.barh(place, data["explained"], height=0.55,
              color=[style.ORANGE if base == first else style.BLUE for base in data.index])
    for spot, (base, row) in zip(place, data.iterrows(), strict=True):
        words = labels.text("plot.value_bases.note", share=percent(row["explained"]),
                            top=name_of(base, row["top"]), people=percent(row["customer_share"]),
                            money=percent(row["value_share"]))  # fmt: skip
        inside = row["explained"] > 0.6 * data["explained"].max()
        note(axis, words, (0 if inside else row["explained"], spot), (6, 0))
    name_rows(axis, place, [wrap(name, 120) for name in names])
    axis.set_xlim(0, max(1.05 * data["explained"].max(), 0.01))
    axis.set_xlabel(labels.text("plot.explained"))
    axis.xaxis.set_major_formatter(percent_ticks)
    return finish(figure, "value_bases", found=found, **said)


@house
def value_years(values, unit=None):
    """Show how lifetime value grows with the years that are counted, one line a retention rate.

    终身价值随计算的年数增长，每个留存率一条线。

    Parameters
    ----------
    values : DataFrame, a row a number of years, a column a retention rate
        From ``value.lifetime_value(..., years=...)``.
    unit : str, optional
        Unit of money in words; by default that of the bundled data.

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        No rows, or more than seven retention rates.
    """
    data = inputs.table(values)
    few("retention", len(data.columns), len(style.PALETTE))
    low, high = data.columns.min(), data.columns.max()
    said = {"unit": unit or labels.text("plot.money"), "low": percent(low), "high": percent(high),
            "years": data.index.max(), "low_value": number(data[low].iloc[-1]),
            "high_value": number(data[high].iloc[-1]), "first": data.index.min(),
            "least": number(data.min().min())}  # fmt: skip
    found = labels.text("plot.value_years.title", **said)
    figure, axis = canvas(found)
    for turn, rate in enumerate(data):
        axis.plot(data.index, data[rate], markersize=5, **style.line(turn))
        note(axis, percent(rate), (data.index[-1], data[rate].iloc[-1]), (7, 0), fontsize=10,
             color=style.PALETTE[turn])  # fmt: skip
    axis.axhline(0, color="black", linewidth=1)
    axis.set(xlabel=labels.text("plot.years_counted"), ylabel=labels.text("plot.lifetime_value", **said))
    axis.yaxis.set_major_formatter(short_ticks)
    axis.margins(x=0.08)
    return finish(figure, "value_years", found=found, **said)


@house
def value_cohorts(cohorts, unit=None):
    """Show what a customer of each cohort has brought by age, less the cost of winning the customer.

    各批客户（同期群）人均累计价值，扣除获客成本。

    Parameters
    ----------
    cohorts : DataFrame
        What ``value.cohorts`` returns; periods that the as-of date cuts short are left out, and so are
        cohorts with a single period, which give no line.
    unit : str, optional
        Unit of money in words; by default that of the bundled data.

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        No rows, no cohort with two complete periods, or more than seven of them.
    """
    data = inputs.table(cohorts, "customers", "cumulative_value", "complete")
    data = inputs.table(data[data["complete"]], "complete")
    lines = {cohort: part.droplevel(0) for cohort, part in data.groupby(level=0) if len(part) > 1}
    if not lines:
        raise InputError("plot.no_cohort")
    few("cohort", len(lines), len(style.PALETTE))
    data = pd.concat(lines)
    ages = [part.index[part["cumulative_value"] >= 0].min() for part in lines.values()]
    paid = [age for age in ages if age == age]
    said = {"unit": unit or labels.text("plot.money"), "n": len(lines), "paid": len(paid),
            "age": max(paid, default=0), "start": number(data.xs(0, level=1)["cumulative_value"].min()),
            "end": number(data["cumulative_value"].max())}  # fmt: skip
    found = labels.text(f"plot.value_cohorts.{'paid' if paid else 'none'}", **said)
    figure, axis = canvas(found)
    for turn, (cohort, part) in enumerate(lines.items()):
        name = labels.text("plot.value_cohorts.name", cohort=cohort, n=number(part["customers"].iloc[0]))
        axis.plot(part.index, part["cumulative_value"], markersize=5, label=name, **style.line(turn))
    axis.axhline(0, color="black", linewidth=1)
    axis.set(xlabel=labels.text("plot.cohort_age"), ylabel=labels.text("plot.cumulative_value", **said))
    axis.yaxis.set_major_formatter(short_ticks)
    axis.xaxis.get_major_locator().set_params(integer=True)
    axis.legend(fontsize=9)
    return finish(figure, "value_cohorts", found=found, **said)


@house
def value_tiers(tiers):
    """Show the share of all value that the best customers hold, cut into tiers.

    把客户按价值从高到低累计，标出各级客户占多少价值。

    Parameters
    ----------
    tiers : DataFrame, one row a customer
        What ``value.tier`` returns: ``value`` and ``tier``.

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        No rows, a missing column, or no value above 0 in total.
    """
    data = inputs.table(tiers, "value", "tier").sort_values("value", ascending=False, kind="stable")
    if data["value"].sum() <= 0:
        raise InputError("value.nothing_positive")
    people = np.arange(1, len(data) + 1) / len(data)
    money = data["value"].cumsum().to_numpy() / data["value"].sum()
    best, edges = data["tier"].iloc[0], data.groupby("tier", sort=False).size().cumsum() / len(data)
    share = data.groupby("tier", sort=False)["value"].sum() / data["value"].sum()
    said = {"n": number(len(data)), "best": name_of("tier", best), "people": percent(edges[best]),
            "money": percent(share[best]), "last": name_of("tier", share.index[-1]),
            "last_people": percent(1 - edges.iloc[-2] if len(edges) > 1 else 1),
            "last_money": percent(share.iloc[-1]), "negative": number((data["value"] < 0).sum())}  # fmt: skip
    found = labels.text("plot.value_tiers.title", **said)
    figure, axis = canvas(found)
    top = max(1, money.max())
    for turn, (name, edge) in enumerate(edges.items()):
        left = edges.iloc[turn - 1] if turn else 0
        shade = str(0.80 + 0.08 * turn)
        axis.axvspan(left, edge, color=shade, zorder=0)
        box = {"facecolor": shade, "edgecolor": "none", "pad": 1}  # keeps the diagonal off the words
        written = (wrap(name_of("tier", name), 90), 0.02, 12), (percent(share[name]), 0.10, 10)
        for words, height, size in written:
            axis.text((left + edge) / 2, height * top, words, fontsize=size, ha="center", va="bottom",
                      zorder=3, bbox=box)
    axis.plot([0, *people], [0, *money], color=style.BLUE, linewidth=2.5)
    axis.plot([0, 1], [0, 1], color="0.4", linestyle="--", linewidth=1)
    axis.set(xlim=(0, 1), ylim=(min(0, money.min()), 1.03 * top), xlabel=labels.text("plot.value_tiers.x"),
             ylabel=labels.text("plot.value_tiers.y"))  # fmt: skip
    axis.xaxis.set_major_formatter(percent_ticks)
    axis.yaxis.set_major_formatter(percent_ticks)
    kind = "falling" if (data["value"] < 0).any() else "caption"
    return finish(figure, "value_tiers", kind, found=found, **said)


@house
def value_shares(shares):
    """Show market share as an area: how many customers (width) times how much of each (height).

    把市场占有率画成面积：宽是渗透率，高是客户占有率。

    Parameters
    ----------
    shares : DataFrame, one row a firm, plan or year
        ``market_share, penetration, share_of_customer`` as ``value.market_share`` returns them.

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        No rows, a missing column, more than three rows.
    """
    data = inputs.table(shares, "market_share", "penetration", "share_of_customer")
    few("plan", len(data), 3)
    lines = [labels.text("plot.value_shares.one", name=name_of("plan", name),
                         market=percent(row["market_share"]), width=percent(row["penetration"]),
                         height=percent(row["share_of_customer"])) for name, row in data.iterrows()]
    found = labels.text("plot.value_shares.title", low=percent(data["market_share"].min()),
                        high=percent(data["market_share"].max()))
    figure, axes = canvas(found, columns=len(data), sharey=True, squeeze=False)
    for turn, (axis, (name, row)) in enumerate(zip(axes[0], data.iterrows(), strict=True)):
        axis.add_patch(Rectangle((0, 0), 1, 1, facecolor="0.95", edgecolor="0.6"))
        axis.add_patch(Rectangle((0, 0), row["penetration"], row["share_of_customer"],
                                 facecolor=style.PALETTE[turn], hatch=style.HATCHES[turn], edgecolor="white"))
        axis.set(xlim=(0, 1), ylim=(0, 1), xlabel=labels.text("plot.penetration"))
        axis.set_title(labels.text("plot.value_shares.area", name=name_of("plan", name),
                                   market=percent(row["market_share"])), fontsize=10)
        axis.annotate(f"{percent(row['penetration'])} × {percent(row['share_of_customer'])}", (0.5, 0.94),
                      ha="center", va="top")
        axis.set_xticks([0, 0.5, 1], ["0", "50%", "100%"])
    axes[0][0].set_ylabel(labels.text("plot.share_of_customer"))
    axes[0][0].yaxis.set_major_formatter(percent_ticks)
    return finish(figure, "value_shares", found=found, lines=labels.text("plot.and").join(lines))


@house
def value_ladder(steps):
    """Show a ladder of customer value: from attributes over consequences to goals.

    顾客价值层次图：由属性到结果，再到目标。

    Parameters
    ----------
    steps : DataFrame, one row a link
        ``item, level`` (attribute, consequence or goal) and ``leads_to`` (an item one level higher; empty for
        goals).
        An item is a code with a label ``ladder.<code>``, or words of one's own.

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        No rows, an unknown level, a link to nowhere, or more than six items on a level.

    References
    ----------
    Woodruff, R. B. (1997). Customer value: the next source for competitive advantage.
    Journal of the Academy of Marketing Science 25, 139-153. https://doi.org/10.1007/BF02894350
    """
    data = inputs.table(steps, "item", "level", "leads_to")
    inputs.codes(data["level"], LEVELS)
    items = data.drop_duplicates("item").set_index("item")["level"]
    counts = items.value_counts()
    few("item", counts.max(), 6)
    links = data[data["leads_to"].notna() & (data["leads_to"] != "")]
    inputs.codes(links["leads_to"], list(items.index))
    spots = {item: ((turn + 0.5) / counts[level], LEVELS.index(level)) for level in LEVELS
             for turn, item in enumerate(items.index[items == level])}  # fmt: skip
    names = {item: name_of("ladder", item) for item in items.index}
    busiest = links["leads_to"].value_counts()
    goal = busiest.index[0] if len(busiest) else items.index[0]
    said = {"n": len(items), "links": len(links), "item": names[goal],
            "ways": int(busiest.max()) if len(busiest) else 0}
    found = labels.text("plot.value_ladder.title", **said)
    figure, axis = canvas(found)
    for item, above in zip(links["item"], links["leads_to"], strict=True):
        axis.annotate("", spots[above], spots[item],
                      arrowprops={"arrowstyle": "-|>", "color": "0.45", "shrinkA": 20, "shrinkB": 20})
    for item, (x, y) in spots.items():
        axis.text(x, y, wrap(names[item], 420 / counts[items[item]] - 12, 9, lines=3), ha="center",
                  va="center", fontsize=9,
                  bbox={"boxstyle": "round,pad=0.5", "facecolor": "white", "edgecolor": style.PALETTE[y],
                        "linewidth": 2, "linestyle": style.DASHES[y]})  # fmt: skip
    axis.set(xlim=(0, 1), ylim=(-0.45, 2.45))
    axis.set_yticks(range(3), [labels.text(f"level.{level}") for level in LEVELS])
    axis.set_xticks([])
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    links_said = labels.text("plot.and").join(f"{names[a]} → {names[b]}"
                                              for a, b in zip(links["item"], links["leads_to"], strict=True))
    return finish(figure, "value_ladder", found=found, chain=links_said, **said)
