"""The service blueprint to look behind: choose a touchpoint, see what guests see and what makes it."""

import html

import ipywidgets as w

from casekit import labels, plots, satisfaction
from casekit.plots.chart import number
from casekit.widgets.live import NAMED, live

CODE = 'plots.blueprint_touchpoint(satisfaction.blueprint(), "{step}"{marks})'
CELL = "style='text-align:left;vertical-align:top;line-height:1.3;padding:2px 10px 2px 0'"


def blueprint_viewer(steps=None, marks=None):
    """Choose a touchpoint of a service blueprint: what stands behind it in each lane, how guests mark it, where it fails.

    服务蓝图查看器：选一个接触点，看顾客看到什么、前台后台支持各做什么、顾客打几分、哪里会出错。

    Parameters
    ----------
    steps : DataFrame, optional
        What ``satisfaction.blueprint`` returns.
    marks : DataFrame, optional
        As for ``plots.blueprint_touchpoint``.

    Returns
    -------
    Live
    """
    table, lang = satisfaction.blueprint() if steps is None else steps, labels.language()

    def draw(step):
        near = satisfaction.touchpoint(table, step)
        rows = []
        for name, row in table.loc[near.index].iterrows():
            points = [labels.text(f"widget.blueprint.{point}") for point in ("wait", "fail") if row[point]]
            mark = number(marks.at[name, "mark"], 1) if marks is not None and name in marks.index else "–"
            rows.append([labels.text(f"lane.{row['lane']}"), row[lang], labels.text(f"role.{row['role']}"), number(row["minutes"], 1),
                         mark, labels.text("plot.comma").join(points) or "–", row[f"note_{lang}"] or "–"])  # fmt: skip
        return plots.blueprint_touchpoint(table, step, marks), _table(rows, list(near.index).index(step))

    def code(step):
        return CODE.format(step=step, marks="" if marks is None else ", marks")

    choice = w.Dropdown(options=[(words, step) for step, words in table[lang].items()], description=labels.text("control.step"), style=NAMED,
                        value=marks.index[0] if marks is not None else table.index[0])  # fmt: skip
    return live(draw, code, step=choice)


def _table(rows, chosen):
    """Return rows as a table; the chosen step is printed bold."""
    names = ("lane", "step", "role", "minutes", "mark", "points", "note")
    head = "".join(f"<th scope='col' {CELL}>{labels.text(f'widget.blueprint.{name}')}</th>" for name in names)
    body = ""
    for place, cells in enumerate(rows):
        bold = "font-weight:bold" if place == chosen else ""
        body += f"<tr style='{bold}'>" + "".join(f"<td {CELL}>{html.escape(cell)}</td>" for cell in cells) + "</tr>"
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
