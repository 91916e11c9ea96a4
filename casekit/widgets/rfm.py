"""The RFM explorer: move edges, ties, nesting, weights and the day, and see who moves."""

import functools
from datetime import date as day

import ipywidgets as w

from casekit import labels, plots, rfm
from casekit.rfm.scores import TIES
from casekit.widgets.live import AUTO, NAMED, line, live

VIEWS = {
    "grid": "plots.rfm_grid(scores)",
    "segments": 'plots.rfm_segments(rfm.overview(rfm.segment(scores), "eight"))',
    "moved": "plots.migration(start, rfm.segment(scores))",
}


def rfm_explorer(orders, *, customer, date, amount, as_of, top=200, **policies):
    """Explore how edges, ties, nesting, weights and the as-of date change scores, segments and the mailing list.

    RFM 探索器：边界、并列、嵌套、权重和截止日期怎样改变打分、细分和名单。

    Parameters
    ----------
    orders, customer, date, amount, as_of, **policies
        As for ``rfm.measure``. Orders are aggregated once for each as-of date that is looked at; all else rescores the
        table of customers.
    top : int
        Length of the mailing list: the highest weighted scores, the bigger spender first where they tie.

    Returns
    -------
    Live
    """
    columns = {"customer": customer, "date": date, "amount": amount, **policies, "future": "drop"}

    @functools.lru_cache(32)
    def measured(when):
        return rfm.measure(orders, as_of=str(when), **columns)

    def scored(as_of, bins, ties, nested, r, f, m):
        return rfm.score(measured(as_of), {"bins": bins, "ties": ties, "nested": nested}, weights=(r, f, m))

    def listed(scores):
        return set(scores.nlargest(top, ["rfm_score", "monetary"]).index)

    first = day.fromisoformat(str(as_of)[:10])
    begin = rfm.segment(rfm.score(measured(first)))
    kept = listed(begin)

    def draw(view, as_of, **scheme):
        scores = scored(as_of or first, **scheme)
        now = rfm.segment(scores)
        charts = {
            "grid": lambda: plots.rfm_grid(scores),
            "segments": lambda: plots.rfm_segments(rfm.overview(now, "eight")),
            "moved": lambda: plots.migration(begin, now),
        }
        both = begin.index.intersection(now.index)
        moved = int((begin.loc[both, "segment"] != now.loc[both, "segment"]).sum())
        return charts[view](), line("widget.rfm", n=len(now), cells=scores["rfm_code"].nunique(), both=len(both), moved=moved,
                                    top=top, kept=len(kept & listed(scores)))

    def code(view, as_of, bins, ties, nested, r, f, m):
        given = ", ".join(f'{name}="{value}"' for name, value in columns.items())
        lines = [f'measures = rfm.measure(orders, {given}, as_of="{as_of or first}")',
                 f'scores = rfm.score(measures, {{"bins": {bins}, "ties": "{ties}", "nested": {nested}}}, weights=({r}, {f}, {m}))',
                 VIEWS[view]]
        if view == "moved":
            lines.insert(2, f'start = rfm.segment(rfm.score(rfm.measure(orders, {given}, as_of="{first}")))')
        return "\n".join(lines)

    calendar = w.DatePicker(value=first, description=labels.text("control.as_of"), style=NAMED, layout=AUTO)
    weights = {name: (1, 0, 100) for name in "rfm"}
    return live(draw, code, view=list(VIEWS), ties=list(TIES), as_of=calendar, bins=(5, 2, 9), nested=False, **weights)
