"""Figures of precision marketing: recommendations, tests, a mailing and its truth, contact pressure."""

import numpy as np

from casekit import inputs, labels, style
from casekit.plots.chart import (
    canvas, few, finish, house, interval, legend_below, name_of, name_rows, number, percent, percent_ticks,
    signed, wrap,
)  # fmt: skip


@house
def targeting_hits(methods):
    """Show how often recommendations hit, by how many are shown, a line a method.

    推荐命中率随推荐件数的变化，每条线一种方法。

    Parameters
    ----------
    methods : dict of DataFrame
        Name of a method to what ``targeting.hits`` returns.

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        No method, more than seven, or a missing column.
    """
    few("method", len(methods), len(style.PALETTE))
    last = {name: inputs.table(frame, "hit_rate", "coverage").iloc[-1] for name, frame in methods.items()}
    best, worst = (pick(last, key=lambda name: last[name]["hit_rate"]) for pick in (max, min))
    said = {"n": len(methods), "k": max(frame.index[-1] for frame in methods.values()),
            "best": name_of("method", best), "worst": name_of("method", worst),
            "rate": percent(last[best]["hit_rate"]), "low": percent(last[worst]["hit_rate"]),
            "cover": percent(last[best]["coverage"]), "less": percent(last[worst]["coverage"])}  # fmt: skip
    found = labels.text("plot.targeting_hits.title" if len(methods) > 1 else "plot.targeting_hits.one",
                        **said)
    figure, axis = canvas(found)
    for turn, (name, frame) in enumerate(methods.items()):
        axis.plot(frame.index, frame["hit_rate"], linewidth=2, label=name_of("method", name),
                  **style.line(turn))  # fmt: skip
    axis.set(xlabel=labels.text("plot.shown_items"), ylabel=labels.text("plot.hit_rate"), ylim=(0, None),
             xticks=range(1, said["k"] + 1))  # fmt: skip
    axis.yaxis.set_major_formatter(percent_ticks)
    legend_below(axis, 3)
    return finish(figure, "targeting_hits", found=found, **said)


@house
def targeting_trials(trials):
    """Show the differences that A/B tests found, each with its interval, a panel a measure.

    A/B 试验的差值与区间，每个指标一幅。

    Parameters
    ----------
    trials : DataFrame
        measure, arm, lift, low, high; one row a test, from ``targeting.ab_test``.

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        No rows or a missing column.
    """
    data = inputs.table(trials, "measure", "arm", "lift", "low", "high")
    clear = (data["low"] > 0) | (data["high"] < 0)
    rows = [labels.text("plot.targeting_trials.row", measure=name_of("measure", row.measure),
                        arm=name_of("arm", row.arm), lift=_difference(row), low=_difference(row, "low"),
                        high=_difference(row, "high")) for row in data.itertuples()]  # fmt: skip
    said = {"n": len(data), "clear": int(clear.sum()), "rows": labels.text("plot.comma").join(rows)}
    found = labels.text("plot.targeting_trials.title", **said)
    measures = list(dict.fromkeys(data["measure"]))
    figure, axes = canvas(found, rows=len(measures), squeeze=False)
    for axis, measure in zip(axes[:, 0], measures, strict=True):
        own = data[data["measure"] == measure]
        for place, row in enumerate(own.itertuples()):
            interval(axis, -place, row, _difference(row))
        axis.axvline(0, color="black", linestyle="--", linewidth=1)
        axis.set(ylim=(-len(own) + 0.4, 0.7),
                 xlabel=labels.text(f"plot.lift_{'share' if measure == 'bought' else 'cny'}",
                                    measure=name_of("measure", measure)))
        name_rows(axis, -np.arange(len(own)), [wrap(name_of("arm", arm), 110) for arm in own["arm"]])
        if measure == "bought":
            axis.xaxis.set_major_formatter(percent_ticks)
        axis.spines["left"].set_visible(False)
    return finish(figure, "targeting_trials", found=found, **said)


def _difference(row, end="lift"):
    """Write a difference: percentage points for a conversion, money otherwise."""
    return signed(getattr(row, end) * (100 if row.measure == "bought" else 1), 1)


@house
def targeting_cells(cells, break_even):
    """Show for every cell what the test mailing promised and what the roll-out truly gave.

    每个单元试寄时的回应率与真正的回应率。

    Parameters
    ----------
    cells : DataFrame
        test_rate, mailed and true_rate, as ``targeting.mail`` returns it.
    break_even : float
        Response rate at which a piece pays.

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        No rows or a missing column.
    """
    data = inputs.table(cells, "test_rate", "mailed", "true_rate")
    mailed = data["mailed"].astype(bool)
    good = data["true_rate"] > break_even
    said = {"n": len(data), "mailed": int(mailed.sum()), "edge": number(100 * break_even, 2) + "%",
            "wrong": int((mailed & ~good).sum()), "missed": int((good & ~mailed).sum()),
            "test": number(100 * data["test_rate"][mailed].mean(), 2) + "%",
            "true": number(100 * data["true_rate"][mailed].mean(), 2) + "%"}  # fmt: skip
    found = labels.text("plot.targeting_cells.title", **said)
    figure, axis = canvas(found)
    for chosen, look in [(True, {"color": style.BLUE, "marker": "o"}),
                         (False, {"color": style.ORANGE, "marker": "x"})]:
        part = data[mailed == chosen]
        axis.plot(part["test_rate"], part["true_rate"], linestyle="", markersize=6, alpha=0.8,
                  label=labels.text(f"plot.mailed_{'yes' if chosen else 'no'}"), **look)  # fmt: skip
    top = 1.05 * max(data["test_rate"].max(), data["true_rate"].max())
    axis.plot([0, top], [0, top], color="0.5", linewidth=1, linestyle=":")
    axis.axvline(break_even, color="black", linestyle="--", linewidth=1)
    axis.axhline(break_even, color="black", linestyle="--", linewidth=1)
    axis.set(xlabel=labels.text("plot.test_rate"), ylabel=labels.text("plot.true_rate"),
             xlim=(-0.02 * top, top), ylim=(0, 1.15 * data["true_rate"].max()))
    for each in (axis.xaxis, axis.yaxis):
        each.set_major_formatter(percent_ticks)
    legend_below(axis, 2)
    return finish(figure, "targeting_cells", found=found, **said)


@house
def targeting_pressure(pressure):
    """Show what the 1st, 2nd, 3rd … contact of a month earns, and where the cap lies.

    一个月内第几次联系还赚钱，上限在哪里。

    Parameters
    ----------
    pressure : DataFrame, a row a contact number
        What ``targeting.pressure`` returns.

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        No rows or a missing column.
    """
    data = inputs.table(pressure, "profit_cny", "within_cap", "response_rate", "leave_rate")
    cap = int(data["within_cap"].sum())
    said = {"cap": cap, "first": number(data["profit_cny"].iloc[0], 2), "last": data.index[-1],
            "loss": number(data["profit_cny"].iloc[-1], 2),
            "response": percent(data["response_rate"].iloc[0]), "leave": percent(data["leave_rate"].iloc[-1])}
    found = labels.text("plot.targeting_pressure.title" if 0 < cap < len(data)
                        else "plot.targeting_pressure.flat", **said)
    figure, axis = canvas(found)
    inside = data["within_cap"].astype(bool).to_numpy()
    for chosen, look in [(True, {"color": style.BLUE}), (False, {"color": style.ORANGE, "hatch": "////"})]:
        bars = axis.bar(data.index[inside == chosen], data["profit_cny"][inside == chosen], width=0.65,
                        edgecolor="white", **look)
        axis.bar_label(bars, [number(value, 2) for value in data["profit_cny"][inside == chosen]], fontsize=9,
                       padding=2)
    axis.axhline(0, color="black", linewidth=1)
    axis.margins(y=0.12)
    axis.set(xlabel=labels.text("plot.contact_no"), ylabel=labels.text("plot.profit_per_contact"),
             xticks=list(data.index))
    return finish(figure, "targeting_pressure", found=found, **said)
