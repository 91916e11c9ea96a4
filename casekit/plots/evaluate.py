"""Figures of scoring schemes compared: how far each is ahead, how sure that is, and whom each finds first."""

import numpy as np

from casekit import inputs, labels, style
from casekit.plots.chart import canvas, finish, house, name_of, name_rows, number, percent, percent_ticks


@house
def rfm_evaluation(table, metric="auc"):
    """Show one metric of each scheme with its bootstrap interval, a mark a cutoff.

    各打分方案的一项指标及其自助法区间，每个截止日一个标记。

    Parameters
    ----------
    table : DataFrame
        What ``rfm.evaluate`` returns.
    metric : str
        One of its metrics.

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        No rows, a missing column or a metric that the table does not hold.
    """
    data = inputs.table(table, "cutoff", "scheme", "metric", "value", "low_end", "high_end")
    inputs.option("metric", metric, tuple(data["metric"].unique()))
    data = data[data["metric"] == metric]
    mean = data.groupby("scheme")["value"].mean().sort_values()
    cutoffs = sorted(data["cutoff"].unique())[-4:]
    best, worst = mean.index[-1], mean.index[0]
    wide = (data["high_end"] - data["low_end"]).mean()
    said = {"metric": labels.text(f"metric.{metric}"), "best": name_of("scheme", best),
            "worst": name_of("scheme", worst), "most": number(mean.iloc[-1], 3),
            "least": number(mean.iloc[0], 3), "gap": number(mean.iloc[-1] - mean.iloc[0], 3),
            "wide": number(wide, 3), "schemes": len(mean), "cutoffs": ", ".join(cutoffs)}  # fmt: skip
    found = labels.text("plot.rfm_evaluation.title", **said)
    figure, axis = canvas(found)
    for turn, (cutoff, colour, mark) in enumerate(zip(cutoffs, style.PALETTE, style.MARKERS)):
        part = data[data["cutoff"] == cutoff].set_index("scheme").reindex(mean.index)
        place = np.arange(len(mean)) + 0.6 * ((turn + 0.5) / len(cutoffs) - 0.5)
        axis.hlines(place, part["low_end"], part["high_end"], color=colour)
        axis.plot(part["value"], place, mark, color=colour, label=cutoff)
    name_rows(axis, range(len(mean)), [name_of("scheme", scheme) for scheme in mean.index])
    axis.set_xlabel(said["metric"])
    figure.legend(title=labels.text("col.cutoff"), loc="outside lower center", ncols=4)
    return finish(figure, "rfm_evaluation", found=found, **said)


@house
def rfm_gains(curves):
    """Show which share of the outcome the best customers of each scheme hold, one line a scheme.

    增益曲线：各方案排在最前的客户占结果的多大比例，每个方案一条线。

    Parameters
    ----------
    curves : dict of str to DataFrame
        Up to four, each what ``rfm.gains`` returns.

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        A curve without its columns.
    """
    at = {name: np.interp(0.2, curve["customers_share"], curve["outcome_share"])
          for name, curve in curves.items() if inputs.table(curve, "customers_share",
                                                            "outcome_share") is not None}  # fmt: skip
    best, worst = max(at, key=at.get), min(at, key=at.get)
    said = {"best": name_of("scheme", best), "worst": name_of("scheme", worst), "most": percent(at[best]),
            "least": percent(at[worst])}
    found = labels.text("plot.rfm_gains.title", **said)
    figure, axis = canvas(found)
    for (name, curve), colour, line in zip(curves.items(), style.PALETTE, style.DASHES):
        axis.plot(curve["customers_share"], curve["outcome_share"], linestyle=line, color=colour, linewidth=2,
                  label=name_of("scheme", name))
    axis.plot([0, 1], [0, 1], color="0.6", linewidth=1, label=labels.text("plot.rfm_gains.chance"))
    axis.axvline(0.2, color="0.8", linewidth=1, zorder=0)
    axis.set(xlim=(0, 1), ylim=(0, 1.02), xlabel=labels.text("plot.rfm_gains.x"),
             ylabel=labels.text("plot.rfm_gains.y"))
    axis.xaxis.set_major_formatter(percent_ticks)
    axis.yaxis.set_major_formatter(percent_ticks)
    axis.legend(loc="lower right")
    return finish(figure, "rfm_gains", found=found, **said)
