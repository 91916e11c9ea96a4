"""Figures of the four warnings: the board of one day, one account over time, what warnings are worth."""

import numpy as np
import pandas as pd

from casekit import alerts, inputs, labels, style
from casekit.plots.chart import (
    canvas, few, finish, house, legend_below, name_of, name_rows, note, number, percent, percent_ticks, wrap,
)  # fmt: skip

FAINT = 1e-4  # chances below it are drawn at it


@house
def alert_board(measures, source=None):
    """Show every account on every rule of one day: a strip a rule, its threshold, and who is beyond it.

    某一天的预警板：每条规则一行，标出阈值和越线的账户。

    Parameters
    ----------
    measures : DataFrame, a row an account
        What ``alerts.measure`` returns.
    source : DataFrame or path, optional
        Rules, as in ``alerts.rules``.

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        No rows, or a rule whose measure is not a column.
    """
    rules = alerts.rules(source)
    data = inputs.table(measures, *rules.index)
    hits = {name: data.index[alerts.beyond(data[name], rule)] for name, rule in rules.iterrows()}
    most = max(hits, key=lambda name: len(hits[name]))
    tripped = set().union(*hits.values())
    said = {"n": len(data), "tripped": len(tripped), "rules": len(rules), "most": name_of("measure", most),
            "count": len(hits[most]),
            "lines": labels.text("plot.comma").join(f"{name_of('measure', name)} {len(found)}"
                                                    for name, found in hits.items())}  # fmt: skip
    found = labels.text("plot.alert_board.title", **said)
    figure, axes = canvas(found, rows=len(rules), squeeze=False)
    for axis, (name, rule) in zip(axes[:, 0], rules.iterrows(), strict=True):
        values, chance = data[name].dropna(), name == "silence_chance"
        values = values.clip(lower=FAINT) if chance else values
        out = values.index.isin(hits[name])
        # On seven heights, so that equal values do not hide each other.
        height = np.linspace(-0.5, 0.5, 7)[np.arange(len(values)) % 7]
        axis.plot(values[~out], height[~out], "o", color=style.BLUE, markersize=4, alpha=0.6)
        axis.plot(values[out], height[out], "D", color=style.VERMILION, markersize=6)
        axis.axvline(rule["threshold"], color="black", linestyle="--", linewidth=1)
        worst = values[out].sort_values(ascending=rule["direction"] == "below").index[:1]
        for account in worst:
            left = values[account] > 0.7 * values.max() and not chance
            note(axis, str(account), (values[account], height[values.index.get_loc(account)]),
                 (-7 if left else 7, 0), fontsize=8)  # fmt: skip
        axis.set(ylim=(-1, 1), yticks=[])
        if chance:
            axis.set_xscale("log")
        if chance or name in ("debt_share", "progress", "cost_share"):
            axis.xaxis.set_major_formatter(percent_ticks)
        axis.set_ylabel(wrap(name_of("measure", name), 95, 9), rotation=0, ha="right", va="center",
                        fontsize=9)
        axis.spines["left"].set_visible(False)
        axis.tick_params(labelsize=8)
    return finish(figure, "alert_board", found=found, **said)


@house
def alert_course(course, measure, *, onset=None, harm=None, source=None):
    """Show one measure of one account over time: its threshold, the first warning, when trouble began, hurt.

    一个账户的一项指标随时间的变化：阈值、首次越线、问题起点与损失日。

    Parameters
    ----------
    course : DataFrame, a row a day of review
        Indexed by date, with a column `measure`.
    measure : str
        A rule of ``alerts.rules``.
    onset, harm : date, optional
        When the trouble began, and when its harm was done; the first warning on or after the onset is marked.
    source : DataFrame or path, optional
        Rules, as in ``alerts.rules``.

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        No rows, or an unknown measure.
    """
    rules = alerts.rules(source)
    inputs.option("measure", measure, list(rules.index))
    values, rule = inputs.table(course, measure)[measure].dropna(), rules.loc[measure]
    late = values if onset is None else values[values.index >= pd.Timestamp(onset)]
    days = late.index[alerts.beyond(late, rule)]
    said = {"measure": name_of("measure", measure), "threshold": number(rule["threshold"], 2),
            "low": number(values.min(), 2), "high": number(values.max(), 2),
            "start": f"{values.index[0]:%Y-%m-%d}", "end": f"{values.index[-1]:%Y-%m-%d}"}  # fmt: skip
    told = "quiet"
    if len(days):
        told, said["day"] = "warned", f"{days[0]:%Y-%m-%d}"
    if len(days) and harm is not None:
        told, said["lead"] = "title", (pd.Timestamp(harm) - days[0]).days
    found = labels.text(f"plot.alert_course.{told}", **said)
    figure, axis = canvas(found)
    axis.plot(values.index, values, color=style.BLUE, linewidth=2, marker="o", markersize=3)
    axis.axhline(rule["threshold"], color="black", linestyle="--", linewidth=1)
    top = axis.get_ylim()[1]
    marks = [("onset", onset, style.GREEN, ":"),
             ("warned_on", days[0] if len(days) else None, style.ORANGE, "-"),
             ("harm", harm, style.VERMILION, "-.")]  # fmt: skip
    for turn, (name, day, colour, dash) in enumerate(marks):
        if day is not None:
            axis.axvline(pd.Timestamp(day), color=colour, linestyle=dash, linewidth=2)
            axis.annotate(labels.text(f"plot.{name}"), (pd.Timestamp(day), top), xytext=(4, -12 * turn - 4),
                          va="top", fontsize=9, textcoords="offset points",
                          bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})  # fmt: skip
    axis.set_ylabel(said["measure"])
    axis.tick_params(axis="x", labelrotation=20)
    return finish(figure, "alert_course", found=found, **said)


@house
def alert_quality(evaluation):
    """Show for each warning how many were right, how many false, and how many troubles were found in time.

    各类预警：对了多少次、误报多少次，问题及时发现了几个。

    Parameters
    ----------
    evaluation : DataFrame, a row a warning
        What ``alerts.evaluate`` returns.

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        No rows or a missing column.
    """
    data = inputs.table(evaluation, "warnings", "right", "troubles", "found").sort_values("right")
    false = data["warnings"] - data["right"]
    worst = (false / data["warnings"]).idxmax()
    said = {"alert": name_of("alert", worst), "false": false[worst], "warnings": data["warnings"][worst],
            "troubles": data["troubles"].sum(), "found_count": data["found"].sum(),
            "total": data["warnings"].sum()}  # fmt: skip
    found = labels.text("plot.alert_quality.title", **said)
    figure, axis = canvas(found)
    place = np.arange(len(data))
    bars = axis.barh(place, data["right"], height=0.55, color=style.BLUE,
                     label=labels.text("plot.right_warnings"))
    axis.bar_label(bars, label_type="center", color="white")
    bars = axis.barh(place, false, left=data["right"], height=0.55, color=style.ORANGE, hatch="////",
                     edgecolor="white", label=labels.text("plot.false_warnings"))  # fmt: skip
    axis.bar_label(bars, label_type="center", bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})
    for spot, (_, row) in zip(place, data.iterrows(), strict=True):
        words = labels.text("plot.alert_quality.note", found=int(row["found"]), troubles=int(row["troubles"]))
        note(axis, words, (row["warnings"], spot), (6, 0))
    name_rows(axis, place, [wrap(name_of("alert", alert), 110) for alert in data.index])
    axis.set(xlabel=labels.text("plot.warnings"), xlim=(0, 1.35 * data["warnings"].max()))
    legend_below(axis, 2)
    return finish(figure, "alert_quality", found=found, **said)


@house
def alert_tradeoff(settings):
    """Show what a stricter rule costs: precision against days of lead, a line a way, a point a setting.

    规则放宽或收紧的代价：横轴查准率，纵轴提前天数，每条线一种规则，每点一个设定。

    Parameters
    ----------
    settings : DataFrame
        way, setting, precision, lead_days; one row a setting of a way to warn.

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        No rows, a missing column or more than seven ways.
    """
    data = inputs.table(settings, "way", "setting", "precision",
                        "lead_days").dropna(subset=["precision", "lead_days"])
    ways = list(dict.fromkeys(data["way"]))
    few("way", len(ways), len(style.PALETTE))
    best = data.loc[data["lead_days"].idxmax()]
    said = {"n": len(data), "first": name_of("way", best["way"]), "lead": number(best["lead_days"]),
            "precision": percent(best["precision"])}
    found = labels.text("plot.alert_tradeoff.one", **said)
    if len(ways) == 2:  # compare them where both are about equally precise, and as precise as can be
        pairs = data[data["way"] == ways[0]].merge(data[data["way"] == ways[1]], how="cross")
        gap = (pairs["precision_x"] - pairs["precision_y"]).abs()
        near = pairs[gap <= max(gap.min(), 0.03)]
        top = near.loc[near["precision_x"].idxmax()]
        pair = sorted(({name[:-2]: top[name] for name in top.index if name.endswith(end)}
                       for end in ("_x", "_y")), key=lambda row: -row["lead_days"])
        said |= {"first": name_of("way", pair[0]["way"]), "second": name_of("way", pair[1]["way"]),
                 "precision": percent(pair[1]["precision"]), "lead": number(pair[0]["lead_days"]),
                 "days": number(round(pair[0]["lead_days"]) - round(pair[1]["lead_days"]))}  # fmt: skip
        found = labels.text("plot.alert_tradeoff.title", **said)
    figure, axis = canvas(found)
    for turn, way in enumerate(ways):
        line = data[data["way"] == way]
        axis.plot(line["precision"], line["lead_days"], linewidth=2, markersize=7, label=name_of("way", way),
                  **style.line(turn))  # fmt: skip
        for _, row in line.iterrows():
            note(axis, f"{row['setting']:g}", (row["precision"], row["lead_days"]), (6, 6), fontsize=8)
    axis.set(xlabel=labels.text("col.precision"), ylabel=labels.text("col.lead_days"), ylim=(0, None))
    axis.xaxis.set_major_formatter(percent_ticks)
    axis.margins(x=0.1, y=0.12)
    legend_below(axis, 3)
    return finish(figure, "alert_tradeoff", found=found, **said)
