"""Figures of satisfaction: gaps, drivers, Kano, loyalty, a lost guest, the chain and the blueprint."""

import numpy as np

from casekit import inputs, labels, style
from casekit.plots.chart import (
    canvas, few, finish, house, legend_below, name_of, name_rows, note, number, percent, percent_ticks, short,
    signed, wrap,
)  # fmt: skip
from casekit.satisfaction import COMPETITION, LANES, LINES, QUADRANTS, flows, loyalty_curve

PALE = ("#E3EEF6", "#FCEFD6", "#DFF2EB", "#F0F0F0")  # blue, orange, green, grey: faint enough for black words


@house
def satisfaction_gaps(gaps):
    """Show what was expected and what was perceived of each item, joined by the gap.

    每个项目的期望与感知，中间的连线就是差距。

    Parameters
    ----------
    gaps : DataFrame
        What ``satisfaction.gaps`` returns.

    Returns
    -------
    Chart

    Examples
    --------
    >>> import pandas as pd
    >>> labels.use("en")
    >>> frame = pd.DataFrame({"expected": [4.0, 2.0], "perceived": [3.0, 2.5]}, index=["speed", "care"])
    >>> satisfaction_gaps(frame).alt.split(". ")[1]
    'Speed falls furthest below what was expected (−1.0); Care has the lowest mark'
    """
    data = inputs.table(gaps, "expected", "perceived")
    gap = data["perceived"] - data["expected"]
    said = {"n": len(data), "worst": name_of("item", gap.idxmin()), "gap": number(gap.min(), 1),
            "best": name_of("item", gap.idxmax()), "best_gap": number(gap.max(), 1),
            "lowest": name_of("item", data["perceived"].idxmin())}  # fmt: skip
    case = "kept" if gap.min() >= 0 else "same" if gap.idxmin() == data["perceived"].idxmin() else "two"
    found = labels.text(f"plot.satisfaction_gaps.{case}", **said)
    figure, axis = canvas(found)
    data, place = data.loc[gap.sort_values().index], np.arange(len(data))[::-1]
    for y, (expected, perceived) in zip(place, data[["expected", "perceived"]].to_numpy(), strict=True):
        colour = style.VERMILION if perceived < expected else style.GREEN
        axis.annotate("", (perceived, y), (expected, y),
                      arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 2})
        note(axis, signed(perceived - expected, 1), ((perceived + expected) / 2, y), (0, 6))
    axis.plot(data["expected"], place, "o", markerfacecolor="white", markeredgecolor="black",
              label=labels.text("col.expected"))
    axis.plot(data["perceived"], place, "D", color=style.BLUE, label=labels.text("col.perceived"))
    name_rows(axis, place, [wrap(name_of("item", item), 110) for item in data.index])
    axis.set(ylim=(-0.6, len(data) - 0.3), xlabel=labels.text("plot.satisfaction.mark"))
    legend_below(axis, 2)
    return finish(figure, "satisfaction_gaps", found=found, **said)


@house
def satisfaction_importance(tables):
    """Show the drivers in the four quadrants of importance and performance, a panel a way of measuring.

    重要性—绩效图：各驱动因素落在哪个象限；每种衡量重要性的方法一个小图。

    Parameters
    ----------
    tables : dict of str to DataFrame
        One or two results of ``satisfaction.importance_performance`` by ``"stated"``, ``"derived"`` or an own
        name.

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        No table or more than two.
    """
    few("table", len(tables), 2)
    tops = {name: inputs.table(table, "importance", "performance", "quadrant")["importance"].idxmax()
            for name, table in tables.items()}
    found = labels.text("plot.and").join(labels.text("plot.satisfaction_importance.one",
                                                     how=name_of("plot.satisfaction_importance", how),
                                                     item=name_of("item", top)) for how, top in tops.items())
    figure, axes = canvas(found, columns=len(tables), squeeze=False)
    for axis, (how, table) in zip(axes[0], tables.items(), strict=True):
        axis.axvline(table["performance"].mean(), color="0.5", linewidth=0.8)
        axis.axhline(table["importance"].mean(), color="0.5", linewidth=0.8)
        for quadrant, marker, colour in zip(QUADRANTS, style.MARKERS,
                                            ("0.45", style.SKY, style.VERMILION, style.GREEN), strict=False):
            part = table[table["quadrant"] == quadrant]
            axis.plot(part["performance"], part["importance"], marker, color=colour, markersize=8)
            right, top = QUADRANTS.index(quadrant) % 2, QUADRANTS.index(quadrant) // 2
            axis.annotate(labels.text(f"quadrant.{quadrant}"), (right, top), xycoords="axes fraction",
                          fontsize=8, color="0.25", xytext=(-3 if right else 3, -4 if top else 4),
                          textcoords="offset points", style="italic", ha="right" if right else "left",
                          va="top" if top else "bottom")  # fmt: skip
        for item, row in table.iterrows():
            note(axis, name_of("item", item), (row["performance"], row["importance"]), (0, 7))
        axis.margins(0.14, 0.16)
        axis.set(xlabel=labels.text("plot.satisfaction.mark"),
                 ylabel=name_of("plot.satisfaction_importance", how))
    return finish(figure, "satisfaction_importance", found=found, n=len(table))


@house
def satisfaction_kano(classes):
    """Show what each feature adds when it is there and takes away when it is not.

    卡诺图：每项特性“有它”增加多少满意，“没有它”减少多少。

    Parameters
    ----------
    classes : DataFrame
        What ``satisfaction.kano`` returns.

    Returns
    -------
    Chart
    """
    data = inputs.table(classes, "kano", "better", "worse").dropna(subset=["better", "worse"])
    known = {"must_be": "s", "one_dimensional": "o", "attractive": "^", "indifferent": "X", "reverse": "v",
             "questionable": "P"}
    groups = [(code, data[data["kano"] == code]) for code in known if (data["kano"] == code).any()]
    found = labels.text("plot.satisfaction_kano.title",
                        counts=labels.text("plot.comma").join(labels.text("plot.satisfaction_kano.count",
                                                                          name=labels.text(f"kano.{code}"),
                                                                          n=len(part))
                                                              for code, part in groups))  # fmt: skip
    figure, axis = canvas(found)
    for (code, part), colour in zip(groups, style.PALETTE, strict=False):
        axis.plot(-part["worse"], part["better"], known[code], color=colour, markersize=9,
                  label=labels.text(f"kano.{code}"))
        for feature, row in part.iterrows():
            left = row["worse"] < -0.6
            note(axis, name_of("feature", feature), (-row["worse"], row["better"]), (-8 if left else 8, 0))
    axis.axhline(0.5, color="0.7", linewidth=0.8)
    axis.axvline(0.5, color="0.7", linewidth=0.8)
    axis.set(xlim=(-0.05, 1.05), ylim=(-0.05, 1.05), xlabel=labels.text("plot.satisfaction_kano.worse"),
             ylabel=labels.text("plot.satisfaction_kano.better"))
    legend_below(axis, 3)
    return finish(figure, "satisfaction_kano", found=found, n=len(data))


@house
def satisfaction_curves(seen=None, at=4):
    """Show how loyalty follows satisfaction under different competition, and the shares observed, if any.

    满意度—忠诚度曲线：竞争程度不同，曲线不同；可叠加实际观察到的留存比例。

    Parameters
    ----------
    seen : DataFrame, optional
        ``competition, satisfaction, loyal`` (share who stayed).
    at : float
        Satisfaction of which the title speaks.

    Returns
    -------
    Chart
    """
    said = {"at": number(at), **{code: percent(loyalty_curve(at, code)) for code in COMPETITION}}
    found = labels.text("plot.satisfaction_curves.title", **said)
    figure, axis = canvas(found)
    grid = np.linspace(1, 5, 81)
    for turn, code in enumerate(COMPETITION):
        axis.plot(grid, loyalty_curve(grid, code), color=style.PALETTE[turn], linestyle=style.DASHES[turn],
                  linewidth=2, label=labels.text(f"competition.{code}"))  # fmt: skip
        if seen is not None and (part := seen[seen["competition"] == code]).size:
            axis.plot(part["satisfaction"], part["loyal"], style.MARKERS[turn], color=style.PALETTE[turn],
                      markersize=8,
                      label=labels.text("plot.satisfaction_curves.seen",
                                        name=labels.text(f"competition.{code}")))  # fmt: skip
    axis.axvline(at, color="0.6", linewidth=0.8)
    axis.set(xticks=range(1, 6), xlabel=labels.text("plot.satisfaction.scale"),
             ylabel=labels.text("plot.satisfaction_curves.y"))
    axis.yaxis.set_major_formatter(percent_ticks)
    legend_below(axis, 3)
    return finish(figure, "satisfaction_curves", found=found)


@house
def satisfaction_tree(tree, names=None):
    """Show the post-purchase tree: how likely each branch is and what a customer on it is worth.

    购买后行为树：每个分支的概率，以及走到那里的客户值多少。

    Parameters
    ----------
    tree : DataFrame
        What ``satisfaction.post_purchase`` returns.
    names : mapping, optional
        Words for the nodes; without it those of ``labels.csv``.

    Returns
    -------
    Chart
    """
    data = inputs.table(tree, "parent", "leaf", "reach", "value", "loss")
    words = {node: (names or {}).get(node) or name_of("node", node) for node in data.index}
    leaves = data[data["leaf"]]
    ends = leaves["value"].idxmin(), leaves["value"].idxmax()
    said = {"n": len(leaves), "worst": words[ends[0]], "best": words[ends[1]],
            "mean": short(data["value"].iloc[0]), "low": short(leaves["value"].min()),
            "high": short(leaves["value"].max())}  # fmt: skip
    found = labels.text("plot.satisfaction_tree.title", **said)
    figure, axis = canvas(found)
    depth, height = {data.index[0]: 0}, dict(zip(leaves.index[::-1], range(len(leaves)), strict=True))
    for node in data.index[1:]:
        depth[node] = depth[data.loc[node, "parent"]] + 1
    for node in data.index[::-1]:
        children = data.index[data["parent"] == node]
        height.setdefault(node, np.mean([height[child] for child in children]) if len(children) else 0)
    told = {node: labels.text("plot.satisfaction_tree.node", name=wrap(words[node], 125, 8),
                              reach=percent(row["reach"]), value=short(row["value"]))
            for node, row in data.iterrows()}  # fmt: skip
    faces = {node: PALE[2] if row["loss"] <= 0 else PALE[1] if row["loss"] < data["loss"].max() / 2
             else "#F6D5C3" for node, row in data.iterrows()}  # fmt: skip
    boxes = _boxes(axis, {node: (depth[node] * 1.05, height[node]) for node in data.index}, told, faces, 7.5)
    for node in data.index[1:]:
        _arrow(axis, boxes[data.loc[node, "parent"]], boxes[node])
    axis.set(xlim=(-0.45, 1.05 * max(depth.values()) + 0.55), ylim=(-0.7, len(leaves) - 0.3))
    return finish(figure, "satisfaction_tree", found=found, **said)


@house
def satisfaction_chain(paths):
    """Show the service-profit chain with the strength of each path.

    服务利润链：每条路径的强弱。

    Parameters
    ----------
    paths : DataFrame
        What ``satisfaction.service_profit_chain`` returns.

    Returns
    -------
    Chart
    """
    data = inputs.table(paths, "source", "target", "coefficient")
    pairs = list(zip(data["source"], data["target"], strict=True))
    names = list(dict.fromkeys(name for pair in pairs for name in pair))
    depth = dict.fromkeys(names, 0)
    for _ in names:  # the longest way to each link
        depth |= {end: max(depth[end], min(depth[start] + 1, len(names))) for start, end in pairs}
    best, least = data.loc[data["coefficient"].idxmax()], data.loc[data["coefficient"].idxmin()]
    said = {"n": len(data),
            **{f"{key}_{end}": name_of("chain", row[end]) for key, row in (("best", best), ("least", least))
               for end in ("source", "target")}, "high": number(best["coefficient"], 2),
            "low": number(least["coefficient"], 2)}  # fmt: skip
    found = labels.text("plot.satisfaction_chain.title", **said)
    figure, axis = canvas(found)
    levels = [[name for name in names if depth[name] == level] for level in range(max(depth.values()) + 1)]
    places = {name: (x, turn - (len(level) - 1) / 2) for x, level in enumerate(levels)
              for turn, name in enumerate(level)}
    boxes = _boxes(axis, places, {name: wrap(name_of("chain", name), 58, 8, lines=4) for name in names},
                   {name: PALE["employee" in name or name.startswith("internal")] for name in names}, 8)
    for (start, end), strength in zip(pairs, data["coefficient"], strict=True):
        _arrow(axis, boxes[start], boxes[end], 0.6 + 4 * abs(strength))
        (x, y), (x2, y2) = places[start], places[end]
        axis.text((x + x2) / 2, (y + y2) / 2 + 0.1, number(strength, 2), ha="center", va="bottom", fontsize=8)
    reach = max(y for _, y in places.values()) + 0.35
    axis.set(xlim=(-0.5, len(levels) - 0.5), ylim=(-reach, reach))
    return finish(figure, "satisfaction_chain", found=found, **said)


@house
def satisfaction_blueprint(steps):
    """Draw a service blueprint: lanes, the lines between them, who hands over to whom, wait and fail points.

    画出服务蓝图：四个区域、三条分界线、步骤的流向、等待点与失误点。

    Parameters
    ----------
    steps : DataFrame
        What ``satisfaction.blueprint`` returns.

    Returns
    -------
    Chart
    """
    data, links = inputs.table(steps, "lane", "wait", "fail", "next"), flows(steps)
    crossed = links[list(LINES)].sum()
    said = {"n": len(data), "contacts": crossed["interaction"], "waits": data["wait"].sum(),
            "fails": data["fail"].sum(), "hidden": data["lane"].isin(LANES[2:]).sum()}  # fmt: skip
    found = labels.text("plot.satisfaction_blueprint.title", **said)
    figure, axis = canvas(found)
    columns = _columns(data, links)
    places = {step: (columns[step], -LANES.index(data.loc[step, "lane"])) for step in data.index}
    words = {step: wrap(data.loc[step, labels.language()], 44, 7, lines=3) for step in data.index}
    faces = {step: PALE[LANES.index(data.loc[step, "lane"])] for step in data.index}
    boxes = _boxes(axis, places, words, faces, 7)
    for start, end in zip(links["source"], links["target"], strict=True):
        (x, y), (x2, y2) = places[start], places[end]
        _arrow(axis, boxes[start], boxes[end], bend=0.45 if y == y2 and abs(x - x2) > 1 else 0)
    for point, shift, colour in (("wait", -0.24, style.ORANGE), ("fail", 0.24, style.VERMILION)):
        for step in data.index[data[point]]:
            axis.text(places[step][0] + shift, places[step][1] + 0.33,
                      labels.text(f"plot.satisfaction_blueprint.{point}"), fontsize=7, ha="center",
                      va="center", zorder=5,
                      bbox={"boxstyle": "circle,pad=0.2" if point == "wait" else "square,pad=0.2",
                            "fc": "white", "ec": colour, "lw": 1.5})  # fmt: skip
    right = max(columns.values()) + 0.55
    for place, line in enumerate(LINES):
        axis.plot([-0.6, right], [-place - 0.5] * 2, color="0.3", linestyle=style.DASHES[place + 1],
                  linewidth=1)
        axis.text(right, -place - 0.48, labels.text(f"line.{line}"), ha="right", va="bottom", fontsize=7.5,
                  color="0.25", zorder=4, bbox={"fc": "white", "ec": "none", "pad": 0.5})  # fmt: skip
    for place, lane in enumerate(LANES):
        axis.text(-0.68, -place, wrap(labels.text(f"lane.{lane}"), 60, 8.5), ha="right", va="center",
                  fontsize=8.5)
    axis.set(xlim=(-1.75, right), ylim=(-len(LANES) + 0.4, 0.55))
    return finish(figure, "satisfaction_blueprint", found=found, **said)


def _columns(steps, links):
    """Return a column for each step: below or above what comes before if that is free, else to the right."""
    before = {step: [s for s, t in zip(links["source"], links["target"], strict=True) if t == step]
              for step in steps.index}
    place, taken, waiting = {}, set(), list(steps.index)
    # These join in later.
    roots = [step for step in waiting if not before[step] and steps.loc[step, "lane"] != LANES[0]]

    def seat(step, column):
        while (steps.loc[step, "lane"], column) in taken:
            column += 1
        taken.add((steps.loc[step, "lane"], column))
        place[step] = column

    waiting = [step for step in waiting if step not in roots]
    while waiting:
        ready = [step for step in waiting if all(s in place or s in roots for s in before[step])]
        step = (ready or waiting)[0]
        waiting.remove(step)
        seat(step,
             max((place[s] + (steps.loc[s, "lane"] == steps.loc[step, "lane"])
                  for s in before[step] if s in place), default=0))
    for step in roots:
        seat(step, min((place[t] for t in steps.loc[step, "next"].split() if t in place), default=1) - 1)
    return {step: column - min(place.values()) for step, column in place.items()}


def _boxes(axis, places, words, faces, size):
    """Write each word in a box; return the boxes."""
    axis.set_axis_off()
    return {name: axis.text(x, y, words[name], ha="center", va="center", fontsize=size, zorder=3,
                            bbox={"boxstyle": "round,pad=0.35", "fc": faces[name], "ec": "0.35", "lw": 0.8})
            for name, (x, y) in places.items()}  # fmt: skip


def _arrow(axis, start, end, width=1.0, bend=0.0):
    axis.annotate("", end.get_position(), start.get_position(), zorder=2,
                  arrowprops={"arrowstyle": "-|>", "color": "0.3", "lw": width, "shrinkA": 0, "shrinkB": 1,
                              "patchA": start.get_bbox_patch(), "patchB": end.get_bbox_patch(),
                              "connectionstyle": f"arc3,rad={bend}"})  # fmt: skip
