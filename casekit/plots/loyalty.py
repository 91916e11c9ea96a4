"""Figures of loyalty: a card against its control group, the points book, programmes, rewards of one's own."""

import numpy as np
from matplotlib.ticker import MaxNLocator

from casekit import inputs, labels, style
from casekit.loyalty import best_rewards
from casekit.plots.chart import (
    canvas, finish, house, legend_below, name_of, name_rows, number, percent, short, short_ticks, wrap,
)  # fmt: skip


@house
def loyalty_card(panel):
    """Show spending before and after a card: customers without one, with one unused, and with one in use.

    会员卡试验：没有卡、有卡不用、有卡且用的客户，发卡前后的人均消费。

    Parameters
    ----------
    panel : DataFrame
        ``arm`` (control, card), ``used`` (0 or 1), ``before_cny, after_cny``.

    Returns
    -------
    Chart

    Examples
    --------
    >>> import pandas as pd
    >>> labels.use("en")
    >>> frame = pd.DataFrame({"arm": ["control", "card", "card"], "used": [0, 0, 1],
    ...                       "before_cny": [10, 8, 12], "after_cny": [10, 8, 16]})
    >>> loyalty_card(frame).alt.split(". ")[1]
    'Those who use the card spend 100% more than those who do not, but they did so before it came: 50% more.'
    """
    data = inputs.table(panel, "arm", "used", "before_cny", "after_cny")
    group = np.where(data["arm"] == "control", "control", np.where(data["used"] == 1, "used", "unused"))
    means = data.groupby(group)[["before_cny", "after_cny"]].mean().reindex(["control", "unused", "used"])
    more = means.loc["used"] / means.loc["unused"] - 1
    said = {"n": number(len(data)), "before": percent(more["before_cny"]),
            "after": percent(more["after_cny"])}
    found = labels.text("plot.loyalty_card.title", **said)
    figure, axis = canvas(found)
    sizes = dict(zip(*np.unique(group, return_counts=True), strict=True))
    for shift, column, look in [(-0.2, "before_cny",
                                 {"color": style.SKY, "hatch": "////", "edgecolor": "white"}),
                                (0.2, "after_cny", {"color": style.BLUE})]:  # fmt: skip
        bars = axis.bar(np.arange(3) + shift, means[column], width=0.38, label=labels.text(f"col.{column}"),
                        **look)
        axis.bar_label(bars, [short(value) for value in means[column].round()], fontsize=9)
    axis.set_xticks(range(3), [labels.text(f"plot.loyalty_card.{name}", n=sizes.get(name, 0))
                               for name in means.index])
    axis.set_ylabel(labels.text("plot.loyalty_card.y"))
    axis.margins(y=0.12)
    axis.legend(loc="upper left")
    return finish(figure, "loyalty_card", found=found, **said)


@house
def loyalty_points(entries):
    """Show what has become of all points so far: used, expired, still owed.

    积分去向图：到每一天为止，已用、作废和结余各多少。

    Parameters
    ----------
    entries : DataFrame
        What ``loyalty.ledger`` returns.

    Returns
    -------
    Chart
    """
    data = inputs.table(entries, "entry_date", "kind", "reward_points")
    days = data.pivot_table(index="entry_date", columns="kind", values="reward_points", aggfunc="sum",
                            fill_value=0)
    sums = days.reindex(columns=["earn", "burn", "expire"], fill_value=0).cumsum().abs()
    parts = [sums["burn"], sums["expire"], sums["earn"] - sums["burn"] - sums["expire"]]
    last = [part.iloc[-1] / sums["earn"].iloc[-1] for part in parts]
    said = {"earned": number(sums["earn"].iloc[-1]),
            **dict(zip(("burned", "expired", "owed"), map(percent, last), strict=True))}  # fmt: skip
    found = labels.text("plot.loyalty_points.title", **said)
    figure, axis = canvas(found)
    looks = [(style.GREEN, ""), (style.ORANGE, "////"), (style.SKY, "....")]
    areas = axis.stackplot(sums.index, *parts, colors=[colour for colour, _ in looks],
                           labels=[labels.text(f"plot.loyalty_points.{name}")
                                   for name in ("burned", "expired", "owed")])  # fmt: skip
    for area, (_, hatch) in zip(areas, looks, strict=True):
        area.set(hatch=hatch, edgecolor="white", linewidth=0)
    axis.yaxis.set_major_formatter(short_ticks)
    axis.set_ylabel(labels.text("plot.loyalty_points.y"))
    axis.margins(x=0)
    handles, names = axis.get_legend_handles_labels()
    axis.legend(handles[::-1], names[::-1], loc="upper left")
    return finish(figure, "loyalty_points", found=found, **said)


@house
def loyalty_programmes(compared):
    """Show who joins each programme, free riders or changed behaviour, beside what it earns.

    各种计划有多少人加入（改变行为或搭便车），以及赚或亏多少。

    Parameters
    ----------
    compared : DataFrame
        What ``loyalty.compare`` returns, or a mean of several.

    Returns
    -------
    Chart
    """
    data = inputs.table(compared, "changed", "free_riders", "profit_cny")
    names = [name_of("programme", code) for code in data.index]
    members = data["changed"] + data["free_riders"]
    best, most = data["profit_cny"].to_numpy().argmax(), members.to_numpy().argmax()
    said = {"n": len(data), "best": names[best], "profit": number(data["profit_cny"].iloc[best]),
            "most": names[most], "most_profit": number(data["profit_cny"].iloc[most]),
            "low": number(data["profit_cny"].min())}  # fmt: skip
    found = labels.text(f"plot.loyalty_programmes.{'same' if best == most else 'two'}", **said)
    figure, (left, right) = canvas(found, columns=2, sharey=True)
    place = np.arange(len(data))[::-1]
    left.barh(place, data["changed"], color=style.GREEN, label=labels.text("kind.changed"))
    left.barh(place, data["free_riders"], left=data["changed"], color=style.ORANGE, hatch="////",
              edgecolor="white", label=labels.text("kind.free_rider"))  # fmt: skip
    left.set_yticks(place, [wrap(name, 100) for name in names])
    left.set_xlabel(labels.text("plot.loyalty_programmes.members"))
    gains = data["profit_cny"].to_numpy(float)
    bars = right.barh(place, gains, color=[style.BLUE if gain >= 0 else style.VERMILION for gain in gains])
    right.bar_label(bars, [short(gain) for gain in gains.round()], padding=3, fontsize=9)
    right.axvline(0, color="black", linewidth=1)
    right.margins(x=0.25)
    right.spines["left"].set_visible(False)
    right.xaxis.set_major_locator(MaxNLocator(4))
    right.xaxis.set_major_formatter(short_ticks)
    right.set_xlabel(labels.text("plot.loyalty_programmes.profit"))
    for axis in (left, right):
        axis.tick_params(axis="y", length=0)
    legend_below(left, 2)
    return finish(figure, "loyalty_programmes", found=found, **said)


@house
def loyalty_rewards(options):
    """Show what each reward earns when everybody gets it, beside the best reward for each member.

    统一给某种回馈各赚多少，与“各给所好”相比。

    Parameters
    ----------
    options : DataFrame
        As for ``loyalty.best_rewards``.

    Returns
    -------
    Chart
    """
    chosen = best_rewards(options)
    uniform = (options["value_cny"] - options["cost_cny"]).groupby(options["reward"]).sum().sort_values()
    said = {"own": number(chosen.gain_cny), "uniform": number(chosen.uniform_gain_cny),
            "best": name_of("reward", chosen.uniform), "n": number(len(chosen.table)),
            "worst": name_of("reward", uniform.index[0]), "low": number(uniform.iloc[0])}  # fmt: skip
    found = labels.text("plot.loyalty_rewards.title", **said)
    figure, axis = canvas(found)
    values = [*uniform, chosen.gain_cny]
    names = [*(labels.text("plot.loyalty_rewards.all", reward=name_of("reward", code))
               for code in uniform.index), labels.text("plot.loyalty_rewards.own")]  # fmt: skip
    bars = axis.barh(range(len(values)), values, color=[style.SKY] * len(uniform) + [style.BLUE],
                     edgecolor="white", hatch=["////"] * len(uniform) + [""])  # fmt: skip
    axis.bar_label(bars, [number(value) for value in values], padding=3, fontsize=9)
    name_rows(axis, range(len(values)), [wrap(name, 130) for name in names])
    axis.axvline(0, color="black", linewidth=1)
    axis.margins(x=0.15)
    axis.xaxis.set_major_formatter(short_ticks)
    axis.set_xlabel(labels.text("plot.loyalty_rewards.x"))
    return finish(figure, "loyalty_rewards", found=found, **said)
