"""What the teacher sees in the terminal: a bar with the names in hand, a closing table, or JSON."""

import unicodedata
from contextlib import contextmanager
from dataclasses import asdict

from rich import progress
from rich.markup import escape
from rich.table import Table

from casekit import labels

STYLES = {"graded": "", "partly": "yellow", "failed": "bold red", "waiting": "yellow", "missing": "dim"}


def say(note, lang=None):
    """Return a note or problem as one sentence.

    把一条说明或问题写成一句话。

    Examples
    --------
    >>> from casekit.grading.intake import Note
    >>> say(Note("grade.note.died", {"cell": 3}), "en")
    'The kernel stopped in code cell 3; the answers given before it count, what comes after it did not run.'
    """
    table, details = labels.table(), {name: plain(value) for name, value in note.details.items()}
    if details.get("why") in table:
        details["why"] = labels.text(details["why"], lang, **_Blank(details))
    if note.code not in table:
        return plain(f"{note.code} {details}")
    words = table[note.code][lang or labels.language()].format_map(_Blank(details))
    return (
        f"{details['question']}: {words}"
        if note.code.startswith("error.answers") and "question" in details
        else words
    )


class _Blank(dict):
    def __missing__(self, name):
        return "–"


def plain(text):
    """Return text from a stranger without control characters, which could rewrite a terminal.

    去掉来历不明的文字中的控制字符，以免改写终端显示。

    Examples
    --------
    >>> plain("a\\x1b[2Jb")
    'a[2Jb'
    """
    return "".join(letter for letter in str(text) if unicodedata.category(letter)[0] != "C")


@contextmanager
def bar(console):
    """Give a function for ``grade(progress=...)`` that draws a bar: counts, time left, current names.

    给出 ``grade(progress=...)`` 所用的函数，显示进度条：数量、剩余时间、当前姓名。
    """
    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TimeRemainingColumn(),
        progress.TextColumn("{task.fields[names]}"),
    )
    with progress.Progress(*columns, console=console, transient=True) as shown:
        task = shown.add_task(labels.text("grade.running"), total=None, names="")

        def update(done, total, names):
            shown.update(task, completed=done, total=total, names=escape(plain("、".join(names))))

        yield update


def table(summary):
    """Return the closing table: one row per student with points and state.

    返回结果表：每名学生一行，含分数和状态。
    """
    shown = Table()
    for name in ("student", "name", "points", "pending", "status"):
        shown.add_column(
            labels.text(f"grade.column.{name}"),
            overflow="fold",
            justify="right" if name in ("points", "pending") else "left",
        )
    for line in summary.lines:
        points = "–" if line.points is None else f"{line.points:g} / {line.maximum:g}"
        words = labels.text(f"grade.status.{line.status}") + (
            labels.text("grade.fresh") if line.fresh else ""
        )
        cells = (
            plain(line.student),
            plain(line.name),
            points,
            f"{line.pending:g}" if line.pending else "",
            words,
        )
        shown.add_row(*map(escape, cells), style=STYLES[line.status])
    return shown


def closing(summary):
    """Return the lines under the table: what there is to say on students, files of nobody on the roster, counts.

    返回表格下方的文字：对各学生的说明、名单之外的文件、各状态人数。
    """
    lines = []
    for line in summary.lines:
        notes = [say(note) for note in line.notes]
        if line.student in summary.not_run:
            notes.append(labels.text("grade.not_run", why=plain(summary.not_run[line.student])))
        lines += [f"{plain(line.student)} {plain(line.name)}: {note}" for note in notes]
    if summary.unmatched:
        lines.append(labels.text("grade.unmatched", count=len(summary.unmatched)))
        lines += [f"  {plain(problem.file)}: {say(problem)}" for problem in summary.unmatched]
    lines.append(labels.text(f"grade.walls.{summary.level}"))
    if summary.interrupted:
        lines.append(labels.text("grade.interrupted"))
    counts = {status: summary.counts[status] for status in STYLES}
    fresh = sum(line.fresh for line in summary.lines)
    return [*lines, labels.text("grade.closing", fresh=fresh, seconds=f"{summary.seconds:g}", **counts)]


def as_dict(summary):
    """Return the summary for ``--json``.

    返回供 ``--json`` 输出的结果。
    """
    data = asdict(summary) | {"counts": dict(summary.counts), "exit_code": summary.exit_code}
    for line, told in zip(data["lines"], summary.lines, strict=True):
        for note, words in zip(line["notes"], map(say, told.notes), strict=True):
            note["words"] = words
    for problem, told in zip(data["unmatched"], summary.unmatched, strict=True):
        problem["words"] = say(told)
    return data
