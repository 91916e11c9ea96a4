"""What an exercise says: a card for one message, tables for progress and rubric; HTML and plain text."""

import html
from dataclasses import dataclass

from casekit import labels

MARKS = {
    "about": "▸", "open": "○", "problem": "!", "received": "●", "right": "✓", "partial": "◐", "wrong": "✗",
}  # fmt: skip
COLOURS = {
    "about": "#0072B2", "open": "#767676", "problem": "#D55E00", "received": "#0072B2",
    "right": "#009E73", "partial": "#E69F00", "wrong": "#D55E00",
}  # fmt: skip


def plain(points):
    """Return points without a needless decimal.

    返回不带多余小数的分数。
    """
    return f"{points:g}"


@dataclass(frozen=True)
class Card:
    """One message: a mark and a colour for the eye, the same in words for everyone else.

    一条消息：符号和颜色给眼睛看，同样的内容也写成文字。
    """

    state: str
    title: str
    lines: list

    def text(self):
        """Return it as plain text.

        返回纯文字。
        """
        return "\n".join(
            [f"{MARKS[self.state]} {labels.text(f'ex.state.{self.state}')} · {self.title}", *self.lines]
        )

    def html(self):
        """Return it as HTML, everything in it escaped.

        返回 HTML，其中内容均已转义。
        """
        word = html.escape(labels.text(f"ex.state.{self.state}"))
        lines = "".join(f"<div>{html.escape(line)}</div>" for line in self.lines)
        return (
            f'<div role="note" lang="{labels.language()}" style="border-left:5px solid {COLOURS[self.state]};'
            f'padding:.3em .8em;margin:.2em 0;line-height:1.6"><div><strong><span aria-hidden="true">'
            f"{MARKS[self.state]}</span> {word}</strong> · {html.escape(self.title)}</div>{lines}</div>"
        )


@dataclass(frozen=True)
class Progress:
    """The table of all questions and where each stands.

    全部题目及其状态的表。
    """

    rows: list
    lang: str
    notes: tuple = ()  # sentences below the table

    def _notes(self):
        missing = [question.title[self.lang] for question, state in self.rows if state in ("open", "problem")]
        titles = labels.text("mark.list").join(missing)
        return [labels.text("ex.missing" if missing else "ex.complete", titles=titles), *self.notes]

    def _summary(self):
        done = sum(state not in ("open", "problem") for _, state in self.rows)
        return labels.text("ex.progress", done=done, n=len(self.rows))

    def text(self):
        """Return it as plain text.

        返回纯文字。
        """
        lines = [
            f"{MARKS[state]} {question.id}  {labels.text(f'ex.state.{state}')}"
            for question, state in self.rows
        ]
        return "\n".join([self._summary(), *lines, *self._notes()])

    def html(self):
        """Return it as HTML, everything in it escaped.

        返回 HTML，其中内容均已转义。
        """
        heads = [labels.text(f"ex.column.{name}") for name in ("question", "id", "points", "state")]
        rows = [
            (
                question.title[self.lang],
                question.id,
                plain(question.points),
                f"{MARKS[state]} {labels.text(f'ex.state.{state}')}",
            )
            for question, state in self.rows
        ]
        notes = "".join(f'<div lang="{self.lang}">{html.escape(note)}</div>' for note in self._notes())
        return table(self._summary(), heads, rows, self.lang, [COLOURS[state] for _, state in self.rows]) + notes


@dataclass(frozen=True)
class Rubric:
    """The criteria of an essay, best level first.

    论述题的评分标准，等级由高到低。
    """

    question: object
    lang: str

    def _rows(self):
        for criterion in self.question.rubric:
            levels = [f"{plain(level.points)} · {level.words[self.lang]}" for level in criterion.levels]
            yield [criterion.title[self.lang], *levels]

    def text(self):
        """Return it as plain text.

        返回纯文字。
        """
        return "\n".join([self.question.title[self.lang], *(" | ".join(row) for row in self._rows())])

    def html(self):
        """Return it as HTML, everything in it escaped.

        返回 HTML，其中内容均已转义。
        """
        rows = list(self._rows())
        heads = [labels.text("ex.column.criterion"), labels.text("ex.column.levels")]
        return table(self.question.title[self.lang], heads, rows, self.lang)


def table(caption, heads, rows, lang, colours=()):
    """Return an HTML table whose first column names the rows; the last head spans what is left.

    返回 HTML 表格：第一列是行名，最后一个表头横跨其余各列。
    """
    left = 'style="text-align:left;vertical-align:top'
    lines = []
    for number, (first, *rest) in enumerate(rows):
        cells = [f'<th scope="row" {left};font-weight:normal">{html.escape(first)}</th>']
        for cell in rest:
            edge = f";border-left:5px solid {colours[number]}" if colours and cell is rest[-1] else ""
            cells.append(f'<td {left}{edge}">{html.escape(cell)}</td>')
        lines.append(f"<tr>{''.join(cells)}</tr>")
    spans = [1] * (len(heads) - 1) + [max(map(len, rows)) - len(heads) + 1]
    heading = "".join(
        f'<th scope="{"col" if span == 1 else "colgroup"}" colspan="{span}" {left}">{html.escape(head)}</th>'
        for head, span in zip(heads, spans, strict=True)
    )
    return (
        f'<table lang="{lang}"><caption {left}"><strong>{html.escape(caption)}</strong></caption>'
        f"<thead><tr>{heading}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
    )


def bundle(card, body=None):
    """Return what a notebook stores of a card, and of the answer that goes with it.

    返回笔记本所存的消息及随附的答案。
    """
    return {**(body or {}), "text/html": card.html(), "text/plain": card.text()}


def show(card, body=None):
    """Show a card in the notebook, with the answer that goes with it.

    在笔记本中显示一条消息及随附的答案。
    """
    from IPython.display import display  # only notebooks need it

    display(bundle(card, body), raw=True)
