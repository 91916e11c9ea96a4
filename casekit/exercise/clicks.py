"""Answers from clicks: a widget for each question, a file that keeps each click, a cell that carries them all.

The cell rewrites itself while it runs, never from a click: then the notebook would put the text into
whatever cell runs next.
"""

import ast
import html
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from casekit import labels, saved

CLICKED = ("choice", "multiple", "order", "match")  # an answer that is being typed is judged when it is handed in
FACES = {"choice": "single"} | {kind: kind for kind in (*CLICKED[1:], "number", "text", "essay")}


@dataclass
class Clicks:
    """Hold what was clicked in this session, the widgets, and the file that keeps it all.

    本次点选的答案、各题的控件，以及保存它们的文件。
    """

    file: Path
    live: dict = field(default_factory=dict)  # question -> value; None where an answer was taken back
    shown: dict = field(default_factory=dict)  # question -> (face, line below it)
    settling: bool = False

    def ask(self, question, title, told=None):
        """Return the widget of one question, with its saved answer in it; ``told`` says what a click is worth, as HTML.

        返回一道题的控件，并填入已保存的答案；``told`` 用 HTML 说明点选得几分。
        """
        import ipywidgets as w  # the grader's kernels start without it

        from casekit.widgets import faces

        lang, id = labels.language(), question.id
        options, pairs = (
            {code: words[lang] for code, words in some.items()} for some in (question.options, question.pairs)
        )
        unit = labels.table().get(f"unit.{question.unit}", {}).get(lang, question.unit)
        face = faces.face(FACES[question.kind], id, options, pairs, unit)
        kept = self.live.get(id, saved.read(self.file).get("answers", {}).get(id))
        if kept is not None:
            face.write(kept)
        line = w.HTML(_status("open" if kept is None else "kept"))

        def clicked():
            if not self.settling:
                self.live[id] = face.read()
                done = saved.keep(self.file, answers={id: self.live[id]})
                line.value = _status("saved" if done else "unsaved", time=f"{datetime.now():%H:%M:%S}")
                if told and question.kind in CLICKED:
                    line.value += told(question, self.live[id])

        face.watch(clicked)
        self.shown[id] = face, line
        return w.VBox([w.HTML(f"{faces.STYLE}<strong>{html.escape(title)}</strong>"), face.widget, line])

    def merged(self, submitted):
        """Return the answers that count: a live click, then what was submitted, then what was saved.

        返回有效的答案：先看本次点选，再看已写进笔记本的，最后看存盘的。
        """
        kept = saved.read(self.file)
        clicked, before = kept.get("answers", {}), kept.get("submitted", {})
        # A click saved after this very submission was written is younger than it: the kernel was restarted since.
        younger = {id: clicked.get(id) for id, value in before.items() if submitted.get(id) == value}
        merged = {**clicked, **submitted, **younger, **self.live}
        return {str(id): value for id, value in merged.items() if value is not None}

    def settle(self, values, written):
        """Show and keep what was handed in.

        显示并保存交上去的答案。
        """
        self.settling = True
        for id, (face, line) in self.shown.items():
            if id in values:
                face.write(values[id])
                line.value = _status("handed") if written else line.value
        self.settling = False
        kept = saved.read(self.file)
        if values or kept:
            gone = {part: dict.fromkeys(kept.get(part, {})) for part in ("answers", "submitted")}
            saved.keep(self.file, **{part: {**gone[part], **values} for part in gone})


def _status(key, **named):
    return f'<p role="status" style="color:#555;margin:0">{html.escape(labels.text(f"ex.click.{key}", **named))}</p>'


def write_down(values):
    """Put the answers into the cell that is running now.

    把答案写进正在运行的这一格。

    Returns
    -------
    bool or None
        Whether the cell could take them; ``None`` where no cell of a notebook is running.
    """
    from IPython import get_ipython

    shell = get_ipython()
    message = shell.get_parent() if hasattr(shell, "get_parent") else {}
    if message.get("header", {}).get("msg_type") != "execute_request":
        return None
    source = message["content"]["code"]
    new = rewritten(source, values)
    if new and new != source:
        shell.set_next_input(new, replace=True)
    return new is not None


def rewritten(source, values):
    """Return a cell with these answers in its one ``….submit(…)``; ``None`` where there is not just one.

    返回把答案写入 ``….submit(…)`` 之后的单元格内容；该调用不是恰好一个时返回 ``None``。

    Examples
    --------
    >>> rewritten('done = 1; ex.submit()', {"next_step": "b"})
    "done = 1; ex.submit({'next_step': 'b'})"
    """
    call = _call(source)
    if not call:
        return None
    lines = source.encode().splitlines(keepends=True)  # ast counts columns in bytes

    def at(line, column):
        return sum(map(len, lines[: line - 1])) + column

    raw = source.encode()
    start, end = at(call.func.end_lineno, call.func.end_col_offset), at(call.end_lineno, call.end_col_offset)
    text = repr(values) if values else ""
    if len(text) > 80:
        text = "{\n" + "".join(f"    {id!r}: {value!r},\n" for id, value in values.items()) + "}"
    return (raw[:start] + f"({text})".encode(errors="replace") + raw[end:]).decode()


def submitted(source):
    """Return the answers that stand in a cell's ``….submit({…})``, read as data; nothing of it is run.

    返回单元格 ``….submit({…})`` 里写着的答案；只当作数据读取，不运行任何代码。

    Examples
    --------
    >>> submitted("ex.submit({'next_step': 'b'})"), submitted("ex.submit(answers)")
    ({'next_step': 'b'}, {})
    """
    with suppress(ValueError, TypeError, IndexError, AttributeError, MemoryError, RecursionError):
        return dict(ast.literal_eval(_call(source).args[0]))
    return {}


def _call(source):
    """Return the one call of a method ``submit`` in a cell, or None."""
    with suppress(SyntaxError, ValueError, MemoryError, RecursionError):
        calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
        calls = [call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "submit"]
        return calls[0] if len(calls) == 1 else None
    return None
