"""Figures of the marketing database: how complete, what look-alike scores gain, who can be named again."""

import numpy as np

from casekit import inputs, labels, style
from casekit.plots.chart import (
    canvas, few, finish, house, legend_below, name_of, name_rows, note, number, percent, percent_ticks, wrap,
)  # fmt: skip


@house
def records_completeness(scores, by="origin"):
    """Show how complete each group of information is, for up to four kinds of customers.

    完整度图：各信息组填了多少，按客户来源等分开。

    Parameters
    ----------
    scores : DataFrame
        From ``records.completeness``, with one more column of codes.
    by : str
        That column.

    Returns
    -------
    Chart

    Examples
    --------
    >>> import pandas as pd
    >>> labels.use("en")
    >>> frame = pd.DataFrame({"basic": [.8, .4], "life": [.2, .1], "score": [.5, .25],
    ...                       "origin": ["own", "external"]})
    >>> records_completeness(frame).alt.split(". ")[1]
    'Records are 38% complete on average: Own 50%, External 25%; the emptiest group is Way of life (15%).'
    """
    kinds = inputs.table(scores, by, "score").groupby(by)
    means = kinds.mean(numeric_only=True)
    means = means.loc[means["score"].sort_values(ascending=False).index]
    few(by, len(means), 4)
    groups = [name for name in means.columns if name != "score"]
    whole = scores[groups].mean()
    said = {"n": number(len(scores)), "mean": percent(scores["score"].mean()), "least": percent(whole.min()),
            "group": name_of("information", whole.idxmin()),
            "kinds": labels.text("plot.list").join(f"{name_of(by, kind)} {percent(row['score'])}"
                                                   for kind, row in means.iterrows())}  # fmt: skip
    found = labels.text("plot.records_completeness.title", **said)
    figure, axis = canvas(found)
    place, step = np.arange(len(groups))[::-1], 0.8 / len(means)
    for turn, (kind, row) in enumerate(means.iterrows()):
        axis.barh(place + 0.4 - step * (turn + 0.5), row[groups], height=step * 0.9, label=name_of(by, kind),
                  **style.bar(turn))  # fmt: skip
    name_rows(axis, place, [name_of("information", name) for name in groups])
    axis.set(xlim=(0, 1), xlabel=labels.text("plot.records_completeness.x"))
    axis.xaxis.set_major_formatter(percent_ticks)
    axis.legend(loc="lower right")
    return finish(figure, "records_completeness", found=found, **said)


@house
def records_gains(gains):
    """Show which share of the responses is reached with which share of the people, best scores first.

    增益曲线：从得分最高的人开始联系，联系多少人能得到多少回应。

    Parameters
    ----------
    gains : DataFrame
        From ``targeting.gains``: people_share, gain, cumulative_lift.

    Returns
    -------
    Chart
    """
    data = inputs.table(gains, "people_share", "gain", "cumulative_lift")
    share, gain = ([0, *inputs.numbers(data[name], 0, 1)] for name in ("people_share", "gain"))
    fifth = float(np.interp(0.2, share, gain))
    said = {"gain": percent(fifth), "lift": number(fifth / 0.2, 1),
            "half": percent(float(np.interp(0.5, share, gain)))}
    found = labels.text("plot.records_gains.title", **said)
    figure, axis = canvas(found)
    axis.plot(share, gain, marker="o", linewidth=2, color=style.BLUE,
              label=labels.text("plot.records_gains.score"))
    axis.plot([0, 1], [0, 1], linestyle="--", color="0.4", label=labels.text("plot.records_gains.chance"))
    axis.plot([0.2, 0.2], [0.2, fifth], color=style.ORANGE, linewidth=4, linestyle="-", solid_capstyle="butt")
    axis.set(xlim=(0, 1), ylim=(0, 1.02), xlabel=labels.text("plot.records_gains.x"),
             ylabel=labels.text("plot.records_gains.y"))
    for each in (axis.xaxis, axis.yaxis):
        each.set_major_formatter(percent_ticks)
    axis.legend(loc="lower right")
    return finish(figure, "records_gains", found=found, **said)


@house
def records_named(releases):
    """Show how many rows of a table without names can be given their names back, by what was left in it.

    重新识别图：去掉姓名的表里，留下不同的列，有多少行能重新对上姓名。

    Parameters
    ----------
    releases : DataFrame
        One row a way to release the table, its columns joined by "+" as the index: rows, named (rows that fit
        exactly one person) and safe (rows in cells of at least k).

    Returns
    -------
    Chart
    """
    data = inputs.table(releases, "rows", "named", "safe")
    named, safe = (inputs.numbers(data[name], 0) / inputs.numbers(data["rows"], 1)
                   for name in ("named", "safe"))

    def words(release):
        return labels.text("plot.plus").join(name_of("col", column) for column in str(release).split("+"))

    # The title tells of the fewest columns that name most people: that is what readers do not expect.
    telling = named.index[named >= min(0.5, named.max())]
    worst = min(telling, key=lambda release: (str(release).count("+"), -named[release]))
    said = {"n": number(data["rows"].iloc[0]), "worst": words(worst), "share": percent(named[worst]),
            "count": number(data.at[worst, "named"]), "safe": percent(safe[worst])}  # fmt: skip
    found = labels.text("plot.records_named.title", **said)
    figure, axis = canvas(found)
    place = np.arange(len(data))[::-1]
    for turn, (name, values) in enumerate((("named", named), ("safe", safe))):
        at = place + 0.2 - 0.4 * turn
        axis.barh(at, values, height=0.36, color=(style.VERMILION, style.SKY)[turn], hatch=("////", "")[turn],
                  edgecolor="white", label=labels.text(f"plot.records_named.{name}"))  # fmt: skip
        for y, value in zip(at, values, strict=True):
            note(axis, percent(value), (value, y), (4, 0))
    name_rows(axis, place, [wrap(words(release), 150, 9, lines=3) for release in data.index], fontsize=9)
    axis.set(xlim=(0, 1.1), xlabel=labels.text("plot.records_named.x"))
    axis.set_xticks(np.arange(0, 1.1, 0.25))
    axis.xaxis.set_major_formatter(percent_ticks)
    legend_below(axis, 2)
    return finish(figure, "records_named", found=found, **said)
