"""Figures of the lifetime models: whether they foretold the holdout, what they make of a history."""

import numpy as np
from matplotlib import colormaps
from matplotlib.ticker import MaxNLocator

from casekit import inputs, labels, style
from casekit.plots.chart import canvas, finish, house, number, percent


@house
def clv_calibration(groups):
    """Show the orders a model expected in the holdout beside those that came, by repeats before the cutoff.

    按截止日前的重复购买次数，比较模型的期望与之后的实际购买次数。

    Parameters
    ----------
    groups : DataFrame, one row a number of repeats
        What ``clv.calibration`` returns: ``customers``, ``actual``, ``expected``.

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        No rows or a missing column.

    Examples
    --------
    >>> import pandas as pd
    >>> labels.use("en")
    >>> groups = pd.DataFrame({"customers": [9, 3], "actual": [0.5, 2.0], "expected": [0.4, 2.4]})
    >>> clv_calibration(groups).alt.split(". ")[1]
    'The model expects 10.8 orders; 10 came, a difference of 2.9%.'
    """
    data = inputs.table(groups, "customers", "actual", "expected")
    expected, actual = (data[name] @ data["customers"] for name in ("expected", "actual"))
    said = {"n": number(data["customers"].sum()), "expected": number(expected, int(expected < 100)),
            "actual": number(actual), "gap": percent(abs(expected - actual) / actual) if actual else "–",
            "top": int(data.index.max())}  # fmt: skip
    found = labels.text("plot.clv_calibration.title", **said)
    figure, axis = canvas(found)
    place = np.arange(len(data))
    for column, colour, mark, line in (("actual", style.BLUE, "o", "-"),
                                       ("expected", style.ORANGE, "s", "--")):
        axis.plot(place, data[column], color=colour, marker=mark, linestyle=line,
                  label=labels.text(f"plot.clv.{column}"))
    names = [str(repeats) for repeats in data.index]
    names[-1] += "+"
    axis.set_xticks(place, [f"{name}\n{number(n)}" for name, n in zip(names, data["customers"], strict=True)])
    axis.set(xlabel=labels.text("plot.clv_calibration.x"), ylabel=labels.text("plot.clv_calibration.y"))
    axis.set_ylim(bottom=0)
    axis.legend(frameon=False)
    return finish(figure, "clv_calibration", found=found, **said)


@house
def clv_matrix(matrix, kind="p_alive"):
    """Show P(alive) or expected orders for every frequency and recency a customer of one age can have.

    同一客龄的客户，每种“频率—近期”组合的存活概率或期望购买次数。

    Parameters
    ----------
    matrix : DataFrame, rows repeats, columns weeks from the first order to the last
        What ``clv.matrix`` returns.
    kind : {"p_alive", "expected_purchases"}
        What its numbers are.

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        No rows.
    """
    data = inputs.table(matrix)
    most = data.stack().idxmax()
    said = {"what": labels.text(f"col.{kind}"), "age": int(data.columns.max()),
            "repeats": int(data.index.max()), "most": number(data.loc[most], 2), "at": most[0],
            "week": int(most[1]), "often": number(data.iloc[-1].min(), 2),
            "seldom": number(data.iloc[1].min(), 2)}  # fmt: skip
    found = labels.text("plot.clv_matrix.title", **said)
    figure, axis = canvas(found)
    shown = axis.pcolormesh(data.columns, data.index, data, cmap=colormaps["cividis"], shading="nearest")
    if data.max().max() > data.min().min():
        levels = np.linspace(data.min().min(), data.max().max(), 6)[1:-1]
        lines = axis.contour(data.columns, data.index, data, levels=levels,
                             colors=["white"] * 2 + ["black"] * 2, linewidths=1)
        axis.clabel(lines, fmt="%.2g", fontsize=9)
    figure.colorbar(shown, ax=axis, label=said["what"])
    axis.yaxis.set_major_locator(MaxNLocator(integer=True))
    axis.set(xlabel=labels.text("plot.clv_matrix.x"), ylabel=labels.text("plot.clv_matrix.y"))
    return finish(figure, "clv_matrix", found=found, **said)
