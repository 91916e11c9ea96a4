"""Figures of the Bullseye model: products by group, what each group weighs, where raters part."""

import numpy as np

from casekit import bullseye, inputs, labels, style
from casekit.errors import InputError
from casekit.plots.chart import (
    Chart, canvas, few, finish, house, legend_below, name_of, name_rows, number, signed, wrap,
)  # fmt: skip


@house
def bullseye_radar(profiles):
    """Show the group means of up to four products as closed lines on spokes, one spoke a group.

    雷达图：每根轴一个组，每个产品一条闭合折线。

    Parameters
    ----------
    profiles : DataFrame, a row a group, a column a product
        What ``bullseye.profiles`` returns; means 0 to 10.

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        No rows, fewer than three groups, more than four products, or a group that nobody rated.

    Examples
    --------
    >>> import pandas as pd
    >>> labels.use("en")
    >>> frame = pd.DataFrame({"lens": [8, 6, 2], "print": [4, 6, 8]}, index=["product", "price", "brand"])
    >>> bullseye_radar(frame).alt.split(". ")[1]
    'print has the highest group mean, 6.0, lens the lowest, 5.3; they differ most on Brand (2.0 to 8.0).'
    """
    data, said = _profiles(profiles, most=4)
    if len(data) < 3:
        raise InputError("plot.too_few_groups", count=len(data))
    found = labels.text(f"plot.bullseye_radar.{'one' if len(data.columns) == 1 else 'title'}", **said)
    figure, axis = canvas(found, subplot_kw={"projection": "polar"})
    angles = np.linspace(0, 2 * np.pi, len(data) + 1)
    for place, product in enumerate(data):
        values = data[product].to_numpy()
        axis.plot(angles, [*values, values[0]], linewidth=2, markersize=5,
                  label=wrap(name_of("product", product), 130), **style.line(place))  # fmt: skip
    axis.set_theta_offset(np.pi / 2)
    axis.set_theta_direction(-1)
    axis.set(ylim=(0, 10), yticks=[*bullseye.CUTS, 10])
    axis.set_yticklabels([*map(str, bullseye.CUTS), ""], fontsize=7, color="0.35")
    axis.set_xticks(angles[:-1], [wrap(name_of("group", group), 75, 9) for group in data.index], fontsize=9)
    axis.tick_params(axis="x", pad=10)
    axis.spines["polar"].set_color("0.7")
    axis.legend(loc="center left", bbox_to_anchor=(1.2, 0.5))
    return finish(figure, "bullseye_radar", found=found, **said)


@house
def bullseye_groups(profiles, factors=None):
    """Show the group means of up to four products as bars, with the number of factors behind each group.

    分组条形图：各产品在每组的平均分，并注明该组有几个因素。

    Parameters
    ----------
    profiles : DataFrame
        As for `bullseye_radar`.
    factors : DataFrame or path, optional
        A teacher's own factor table.

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        No rows, more than four products, or a group that nobody rated.
    """
    data, said = _profiles(profiles, most=4)
    sizes = bullseye.read(factors)["group"].value_counts()
    said |= {"largest": name_of("group", sizes.idxmax()), "size": sizes.max(), "total": sizes.sum()}
    one = len(data.columns) == 1
    found = labels.text(f"plot.bullseye_groups.{'one' if one else 'title'}", **said)
    figure, axis = canvas(found)
    place, step = np.arange(len(data))[::-1], 0.8 / len(data.columns)
    for turn, product in enumerate(data):
        at = place + 0.4 - step * (turn + 0.5)
        axis.barh(at, data[product], height=step * 0.92, label=name_of("product", product), **style.bar(turn))
    for cut in bullseye.CUTS:
        axis.axvline(cut, color="black", linewidth=0.8, linestyle=":")
    names = [labels.text("plot.bullseye_groups.tick", group=name_of("group", group), n=sizes.get(group, 0))
             for group in data.index]  # fmt: skip
    name_rows(axis, place, [wrap(name, 120) for name in names])
    axis.set(xlim=(0, 10), xlabel=labels.text("plot.bullseye_mean"), xticks=[0, *bullseye.CUTS, 10])
    legend_below(axis, 4)
    return Chart(figure, labels.text(f"alt.bullseye_groups{'.one' if one else ''}", found=found, **said),
                 labels.text("plot.bullseye_groups.caption"))


@house
def bullseye_tornado(changes):
    """Show how far the factor mean and the group mean move when one group at a time is left out.

    旋风图：依次去掉一个组，因素平均分与组平均分各变动多少。

    Parameters
    ----------
    changes : DataFrame, one row a group
        What ``bullseye.tornado`` returns: ``factor_change`` and ``group_change``.

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        No rows or a missing column.
    """
    data = inputs.table(changes, "factor_change", "group_change")
    top = [data[column].abs().idxmax() for column in ("factor_change", "group_change")]
    said = {"first": name_of("group", top[0]), "second": name_of("group", top[1]), "n": len(data),
            "factor": signed(data["factor_change"][top[0]], 2),
            "group": signed(data["group_change"][top[1]], 2),
            "low": signed(data[["factor_change", "group_change"]].min().min(), 2),
            "high": signed(data[["factor_change", "group_change"]].max().max(), 2)}  # fmt: skip
    found = labels.text("plot.bullseye_tornado.title", **said)
    figure, axis = canvas(found)
    place = np.arange(len(data))[::-1]
    for shift, column, look in [(0.2, "factor_change", {"color": style.BLUE}),
                                (-0.2, "group_change",
                                 {"color": style.ORANGE, "hatch": "////", "edgecolor": "white"})]:
        bars = axis.barh(place + shift, data[column], height=0.38, label=labels.text(f"plot.{column}"),
                         **look)
        axis.bar_label(bars, [signed(value, 2) for value in data[column]], padding=3, fontsize=8)
    axis.axvline(0, color="black", linewidth=1)
    axis.margins(x=0.18)
    name_rows(axis, place, [wrap(name_of("group", group), 120) for group in data.index])
    axis.set_xlabel(labels.text("plot.bullseye_change"))
    axis.spines["left"].set_visible(False)
    legend_below(axis, 2)
    return finish(figure, "bullseye_tornado", found=found, **said)


@house
def bullseye_raters(ratings, product, top=6, factors=None):
    """Show every rater's mark on the factors of one product on which raters part most.

    评分者图：某产品分歧最大的几个因素上，每位评分者打了多少分。

    Parameters
    ----------
    ratings : DataFrame
        Columns ``product, rater, factor, rating``.
    product : str
        One of them.
    top : int
        How many factors.
    factors : DataFrame or path, optional
        A teacher's own factor table.

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        No rows, an unknown product, or more than seven raters.
    """
    table = bullseye.tabulate(ratings, factors)
    inputs.option("product", product, list(table.columns.unique("product")))
    table, known = table[product], bullseye.read(factors)
    few("rater", len(table.columns), 7)
    chosen = table.std(axis=1).sort_values(ascending=False, kind="stable").index[:top]
    shown, words = table.loc[chosen], known[labels.language()]
    most = shown.iloc[0]
    said = {"product": name_of("product", product), "raters": len(table.columns), "n": len(chosen),
            "factor": words[chosen[0]], "low": number(most.min()), "high": number(most.max()),
            "low_rater": most.idxmin(), "high_rater": most.idxmax()}  # fmt: skip
    found = labels.text("plot.bullseye_raters.title", **said)
    figure, axis = canvas(found)
    place = np.arange(len(chosen))[::-1]
    for left, right, shade in [(-0.5, 1.5, "0.82"), (1.5, 4.5, "0.90"), (4.5, 7.5, "0.95"), (7.5, 10.5, "1")]:
        axis.axvspan(left, right, color=shade, zorder=0)
    spread = np.linspace(0.27, -0.27, len(table.columns))  # so that equal marks do not hide each other
    for turn, rater in enumerate(table.columns):
        axis.plot(shown[rater], place + spread[turn], linestyle="", marker=style.MARKERS[turn],
                  color=style.PALETTE[turn], markersize=7, label=str(rater))  # fmt: skip
    name_rows(axis, place, [wrap(words[factor], 150, 9, lines=3) for factor in chosen], fontsize=9)
    axis.set(xlim=(-0.5, 10.5), xticks=range(11), xlabel=labels.text("plot.rating"),
             ylim=(-0.6, len(chosen) - 0.4))
    legend_below(axis, 7)
    return finish(figure, "bullseye_raters", found=found, **said)


def _profiles(profiles, most):
    """Check a table of group means and say what stands out in it."""
    data = inputs.table(profiles)
    few("product", len(data.columns), most)
    for product in data:
        inputs.numbers(data[product], 0, 10)
    means = data.mean().sort_values(ascending=False, kind="stable")
    gap = data.max(axis=1) - data.min(axis=1)
    if len(means) == 1:  # nothing to compare with: tell its groups apart
        only = data[means.index[0]]
        weak, strong = only.idxmin(), only.idxmax()
        return data, {"best": name_of("product", means.index[0]), "best_mean": number(means.iloc[0], 1),
                      "products": 1, "groups": len(data), "group": name_of("group", strong),
                      "high": number(only[strong], 1), "weak": name_of("group", weak),
                      "low": number(only[weak], 1)}  # fmt: skip
    return data, {
        "best": name_of("product", means.index[0]), "best_mean": number(means.iloc[0], 1),
        "worst": name_of("product", means.index[-1]), "worst_mean": number(means.iloc[-1], 1),
        "group": name_of("group", gap.idxmax()), "low": number(data.loc[gap.idxmax()].min(), 1),
        "high": number(data.loc[gap.idxmax()].max(), 1), "products": len(means), "groups": len(data),
    }  # fmt: skip
