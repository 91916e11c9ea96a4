"""Figures of the Taobao case: the funnel, the hours, tired ads, what a coupon does, what plans earn."""

import numpy as np

from casekit import inputs, labels, style
from casekit.plots.chart import (
    canvas, finish, house, interval, legend_below, name_of, name_rows, note, number, percent, percent_ticks,
    short_ticks, signed,
)  # fmt: skip


@house
def taobao_funnel(funnel):
    """Show how many go from looking to buying, and how many buyers took a short cut.

    漏斗图：从浏览到购买还剩多少，有多少购买跳过了中间一步。

    Parameters
    ----------
    funnel : DataFrame
        What ``behaviour.funnel`` returns.

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        No rows or a missing column.
    """
    data = inputs.table(funnel, "units", "step", "skipped")
    first, last = data["units"].iloc[0], data["units"].iloc[-1]
    came = data["units"] * (1 - data["skipped"])
    rows = [labels.text("plot.taobao_funnel.row", stage=name_of("stage", stage), units=number(row["units"]),
                        step=percent(row["step"])) for stage, row in data.iloc[1:].iterrows()]  # fmt: skip
    said = {"first": number(first), "last": number(last), "share": percent(last / first),
            "skipped": percent(data["skipped"].iloc[-1]), "rows": labels.text("plot.comma").join(rows)}
    found = labels.text("plot.taobao_funnel.title", **said)
    figure, axis = canvas(found)
    place = np.arange(len(data))[::-1]
    axis.barh(place, came, height=0.6, color=style.BLUE, edgecolor="white",
              label=labels.text("plot.taobao_funnel.came"))
    axis.barh(place, data["units"] - came, left=came, height=0.6, color=style.ORANGE, hatch="////",
              edgecolor="white", label=labels.text("plot.taobao_funnel.skipped"))  # fmt: skip
    for y, stage, units in zip(place, data.index, data["units"], strict=True):
        words = labels.text("plot.taobao_funnel.note", units=number(units), step=percent(data["step"][stage]))
        note(axis, number(units) if y == place[0] else words, (units, y), (5, 0))
    name_rows(axis, place, [name_of("stage", stage) for stage in data.index])
    axis.set(xlim=(0, first * 1.35), xlabel=labels.text("col.units"))
    axis.xaxis.set_major_formatter(short_ticks)
    legend_below(axis, 2)
    return finish(figure, "taobao_funnel", found=found, **said)


@house
def taobao_hours(log):
    """Show in which hours of the day people look, and in which they buy.

    一天里几点浏览、几点购买。

    Parameters
    ----------
    log : DataFrame
        hour (0 to 23), behaviour; as ``behaviour.clean`` returns it.

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        No rows or a missing column.
    """
    data = inputs.table(log, "hour", "behaviour")

    def by_hour(behaviour):
        hours = data["hour"][data["behaviour"] == behaviour]
        return hours.value_counts(normalize=True).reindex(range(24), fill_value=0)

    shares = {"view": by_hour("pv"), "purchase": by_hour("buy")}
    look = shares["view"]
    said = {"peak": look.idxmax(), "low": look.idxmin(), "times": number(look.max() / max(look.min(), 1e-9)),
            "top": percent(look.max()), "evening": percent(look.loc[20:22].sum())}  # fmt: skip
    found = labels.text("plot.taobao_hours.title", **said)
    figure, axis = canvas(found)
    for turn, (name, share) in enumerate(shares.items()):
        axis.plot(share.index, share, markersize=4, linewidth=2, label=name_of("stage", name),
                  **style.line(turn))  # fmt: skip
    axis.axvspan(19.5, 22.5, color="0.92", zorder=0)
    axis.set(xlim=(-0.5, 23.5), ylim=(0, None), xticks=range(0, 24, 3),
             xlabel=labels.text("plot.taobao_hours.x"), ylabel=labels.text("plot.taobao_hours.y"))
    axis.yaxis.set_major_formatter(percent_ticks)
    axis.legend(loc="upper left")
    return finish(figure, "taobao_hours", found=found, **said)


@house
def taobao_fatigue(impressions, most=8):
    """Show how the click rate falls the more often people saw ads of a category on one day.

    同一品类的广告当天看得越多，点击率越低。

    Parameters
    ----------
    impressions : DataFrame
        exposure (from 1), clicked (0/1).
    most : int
        The last exposure that is shown.

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        No rows or a missing column.
    """
    data = inputs.table(impressions, "exposure", "clicked")
    by = data[data["exposure"] <= most].groupby("exposure")["clicked"].agg(["mean", "size"])
    error = 1.96 * np.sqrt(by["mean"] * (1 - by["mean"]) / by["size"])
    said = {"n": number(len(data)), "mean": number(100 * data["clicked"].mean(), 2) + "%",
            "first": percent(by["mean"].iloc[0]), "last": percent(by["mean"].iloc[-1]), "count": by.index[-1]}
    found = labels.text("plot.taobao_fatigue.title", **said)
    figure, axis = canvas(found)
    axis.errorbar(by.index, by["mean"], yerr=error, color=style.BLUE, marker="o", linewidth=2, capsize=4)
    axis.axhline(data["clicked"].mean(), color="0.4", linestyle="--", linewidth=1)
    axis.set(ylim=(0, None), xticks=list(by.index), xlabel=labels.text("plot.taobao_fatigue.x"),
             ylabel=labels.text("plot.taobao_fatigue.y"))
    axis.yaxis.set_major_formatter(percent_ticks)
    return finish(figure, "taobao_fatigue", found=found, **said)


@house
def taobao_uplift(groups, cost_cny):
    """Show what the coupon brought in each group, with its interval, beside what a contact costs.

    优惠券在每一组带来多少，区间多宽，够不够付联系成本。

    Parameters
    ----------
    groups : DataFrame
        What ``behaviour.uplift`` returns.
    cost_cny : float
        Of a contact.

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        No rows or a missing column.
    """
    data = inputs.table(groups, "margin_gain_cny", "gain_low", "gain_high")
    data = data.rename(columns={"margin_gain_cny": "lift", "gain_low": "low", "gain_high": "high"})
    data = data.sort_values("lift", ascending=False)
    names = [name_of("stance", group) for group in data.index]
    above, sure = data["lift"] > cost_cny, data["low"] > 0
    rows = [labels.text("plot.taobao_uplift.row", group=name,
                        **{end: signed(getattr(row, end), 1) for end in ("lift", "low", "high")})
            for name, row in zip(names, data.itertuples(), strict=True)]  # fmt: skip
    said = {"n": len(data), "above": int(above.sum()), "sure": int((above & sure).sum()),
            "cost": number(cost_cny, 1).removesuffix(".0"), "rows": labels.text("plot.and").join(rows)}
    found = labels.text("plot.taobao_uplift.title", **said)
    figure, axis = canvas(found)
    for place, row in enumerate(data.itertuples()):
        interval(axis, -place, row, signed(row.lift, 1))
    axis.axvline(0, color="black", linewidth=1, linestyle="-")
    axis.axvline(cost_cny, color=style.VERMILION, linestyle="--", linewidth=1.5,
                 label=labels.text("plot.taobao_uplift.cost", **said))
    axis.set(ylim=(-len(data) + 0.4, 0.7), xlabel=labels.text("plot.taobao_uplift.x"))
    name_rows(axis, -np.arange(len(data)), names)
    axis.spines["left"].set_visible(False)
    legend_below(axis, 1)
    return finish(figure, "taobao_uplift", found=found, **said)


@house
def taobao_plans(account):
    """Show what each plan earns for its contacts, from mass to the best that could be done.

    每个方案赚多少：从广撒网到最好的可能。

    Parameters
    ----------
    account : DataFrame
        What ``behaviour.settle`` returns, with rows mass and best.

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        No rows or a missing column.
    """
    data = inputs.table(account, "contacts", "profit_cny")
    names = [name_of("audience", plan) for plan in data.index]
    own = data.drop(index=["mass", "best"], errors="ignore")["profit_cny"]
    lead = own.idxmax() if len(own) else data["profit_cny"].idxmax()
    said = {"plan": name_of("audience", lead), "profit": number(data.at[lead, "profit_cny"]),
            "mass": number(data["profit_cny"].get("mass", 0)),
            "best": number(data["profit_cny"].get("best", 0)),
            "rows": labels.text("plot.comma").join(f"{name} {number(profit)}"
                                                   for name, profit in zip(names, data["profit_cny"],
                                                                           strict=True))}  # fmt: skip
    found = labels.text("plot.taobao_plans.title", **said)
    figure, axis = canvas(found)
    place = np.arange(len(data))[::-1]
    gain = (data["profit_cny"] > 0).to_numpy()
    for good, look in ((True, {"color": style.BLUE}), (False, {"color": style.ORANGE, "hatch": "////"})):
        axis.barh(place[gain == good], data["profit_cny"][gain == good], height=0.6, edgecolor="white",
                  **look)
    for y, row in zip(place, data.itertuples(), strict=True):
        words = labels.text("plot.taobao_plans.note", profit=number(row.profit_cny),
                            contacts=number(row.contacts))
        note(axis, words, (max(row.profit_cny, 0), y), (5, 0))
    reach = max(data["profit_cny"].abs().max(), 1)
    axis.axvline(0, color="black", linewidth=1, linestyle="-")
    axis.set(xlim=(min(1.1 * data["profit_cny"].min(), -0.1 * reach),
                   max(data["profit_cny"].max(), 0) + 0.75 * reach),
             xlabel=labels.text("plot.taobao_plans.x"))  # fmt: skip
    name_rows(axis, place, names)
    axis.spines["left"].set_visible(False)
    axis.xaxis.set_major_formatter(short_ticks)
    return finish(figure, "taobao_plans", found=found, **said)
