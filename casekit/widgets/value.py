"""Lifetime value and A/B/C: how much hangs on retention, discount and where the cuts are."""

import pandas as pd

from casekit import labels, plots, value
from casekit.plots.chart import name_of, number, percent
from casekit.widgets.live import bars, line, live

CODE = """future = pd.Series(value.lifetime_value(margin, {retention:.4g}, {discount:.4g}, first="{first}"), index=margin.index)
tiers = value.tier(future, ({a:.4g}, {b:.4g}), by="{by}")
plots.value_tiers(tiers)"""


def lifetime_value(margin, retention=0.8, discount=0.1):
    """Move retention, discount and the cuts of A and B, and see what the customers are worth.

    终身价值与 A/B/C：留存率、贴现率和分界怎样改变客户的价值。

    Parameters
    ----------
    margin : Series
        Yearly margin of each customer, in currency.
    retention, discount : float
        Where the controls begin.

    Returns
    -------
    Live
    """

    def draw(view, retention, discount, first, a, b, by):
        future = pd.Series(value.lifetime_value(margin, retention, discount, first=first), index=margin.index)
        tiers = value.tier(future, (a, b), by=by)
        groups = tiers.groupby("tier")["value"].agg(["size", "sum"])
        share = groups["sum"] / future.sum()
        said = line("widget.value", multiple=number(value.multiple(retention, discount, first=first), 3),
                    total=number(future.sum()), mean=number(future.mean()))  # fmt: skip
        if view == "curve":
            return plots.value_tiers(tiers), said
        rows = [(name_of("tier", tier), share[tier], labels.text("widget.value.tier", n=number(row["size"]), share=percent(share[tier]),
                 sum=number(row["sum"]))) for tier, row in groups.iterrows()]  # fmt: skip
        alt = labels.text("plot.and").join(f"{name}: {note}" for name, _, note in rows)
        return bars(rows, 1, alt), said

    return live(draw, CODE, view=["bars", "curve"], retention=(retention, 0.0, 0.99, 0.01), discount=(discount, 0.0, 1.0, 0.01),
                first=list(value.FIRST), a=(0.2, 0.0, 1.0, 0.05), b=(0.3, 0.0, 1.0, 0.05), by=["customers", "value"])  # fmt: skip
