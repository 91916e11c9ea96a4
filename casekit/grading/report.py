"""What the teacher sees in the terminal: a bar with the names in hand, a closing table, or JSON."""

import unicodedata
from contextlib import contextmanager
from dataclasses import asdict

from rich import progress
from rich.markup import escape
from rich.table import Table

from casekit import labels
from casekit.mark import REASONS

STYLES = {"graded": "", "partly": "yellow", "failed": "bold red", "waiting": "yellow", "missing": "dim"}

SIGNS = {
    "right": "✓", "follow_through": "➜", "diagnosed": "◆", "partial": "◐", "wrong": "✗", "missing": "–", "invalid": "!",
    "manual": "✎",
}  # fmt: skip


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
        blank = _Blank({name: value for name, value in details.items() if name != "why"})
        details["why"] = table[details["why"]][lang or labels.language()].format_map(blank)
    if note.code not in table:
        return plain(f"{note.code} {details}")
    words = table[note.code][lang or labels.language()].format_map(_Blank(details))
    named = note.code.startswith("error.answers") and "question" in details
    return f"{details['question']}: {words}" if named else words


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
    counts = progress.BarColumn(), progress.MofNCompleteColumn(), progress.TimeRemainingColumn()
    columns = progress.TextColumn("{task.description}"), *counts, progress.TextColumn("{task.fields[names]}")
    with progress.Progress(*columns, console=console, transient=True) as shown:
        task = shown.add_task(labels.text("grade.running"), total=None, names="")

        def update(done, total, names):
            shown.update(task, completed=done, total=total, names=escape(plain("、".join(names))))

        yield update


def table(summary):
    """Return the closing table: one row per student with points and state.

    返回结果表：每名学生一行，含分数和状态。
    """
    numbers = ["points", "pending", *["late"] * any(line.penalty for line in summary.lines)]
    shown = _table("grade.column", ("student", "name", *numbers, "status"), numbers)
    for line in summary.lines:
        words = labels.text(f"grade.status.{line.status}") + (labels.text("grade.fresh") if line.fresh else "")
        points = "–" if line.points is None else f"{line.points:g} / {line.maximum:g}"
        sums = [points, f"{line.pending:g}" if line.pending else "", f"−{line.penalty:g}" if line.penalty else ""]
        _add(shown, line.student, line.name, *sums[: len(numbers)], words, style=STYLES[line.status])
    return shown


def _table(prefix, names, right=()):
    shown = Table()
    for name in names:
        justify = "right" if name in right else "left"
        shown.add_column(labels.text(f"{prefix}.{name}"), overflow="fold", justify=justify)
    return shown


def _add(table, *cells, style=""):
    table.add_row(*(escape(plain(cell)) for cell in cells), style=style)


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
    if summary.kernel == "ordinary":
        lines.append(labels.text("grade.kernels.ordinary"))
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


def shifts(plan):
    """Return the table of who gains and who loses by marking again.

    返回重新评分的增减表。
    """
    numbers = ("regrade.old", "regrade.new", "regrade.gain")
    shown = _table("grade", ("column.student", "column.name", *numbers, "regrade.questions"), numbers)
    for one in plan.changed:
        moved = "; ".join(f"{id} {_told(old)} → {_told(new)}" for id, (old, new) in one.questions.items())
        sums = _told(one.before.total), _told(one.after.total), f"{one.gain:+g}"
        _add(shown, one.student, one.name, *sums, moved, style="bold red" if one.gain < 0 else "")
    return shown


def regraded(plan):
    """Return the lines under the table of :func:`shifts`.

    返回增减表下方的文字。
    """
    gains = [one.gain for one in plan.changed]
    counts = {"up": sum(gain > 0 for gain in gains), "down": sum(gain < 0 for gain in gains), "level": gains.count(0)}
    same = plan.same + len(plan.shifts) - len(gains)
    lines = [labels.text("grade.regrade.counts", **counts, same=same)]
    for question, students in plan.to_run.items():
        lines.append(labels.text("grade.regrade.to_run", question=question, students=", ".join(students)))
    if plan.stale:
        lines.append(labels.text("grade.regrade.stale", students=", ".join(plan.stale)))
    return lines


def regrade_dict(plan, written):
    """Return what marking again changes, for ``--json``.

    返回供 ``--json`` 输出的重新评分结果。
    """
    rows = []
    for one in plan.changed:
        sums = {"old": one.before.total, "new": one.after.total, "gain": one.gain, "questions": one.questions}
        rows.append({"student": one.student, "name": one.name, **sums})
    facts = {"to_run": plan.to_run, "stale": list(plan.stale), "written": written}
    return {"exercise": plan.exercise, "changed": rows, "same": plan.same + len(plan.shifts) - len(rows), **facts}


def history(entries):
    """Return the table of what was done to a gradebook.

    返回对成绩册的操作表。
    """
    shown = _table("grade.history", ("number", "at", "who", "what", "changes", "details"), ("number", "changes"))
    for one in entries:
        told = [labels.text("grade.history.undoes", entry=one.details["undoes"])] if "undoes" in one.details else []
        told += [str(one.details[name]) for name in ("student", "source", "why") if name in one.details]
        told += [labels.text("grade.history.undone", by=one.undone_by)] if one.undone_by else []
        students = {change.student: None for change in one.changes if change.student}
        told += [next(iter(students))] if len(students) == 1 else []
        what, at = labels.text(f"grade.history.what.{one.what}"), one.at[:16].replace("T", " ")
        cells = one.number, at, one.who, what, len(one.changes), " · ".join(told)
        _add(shown, *cells, style="dim" if one.undone_by else "")
    return shown


def changes(entry, names):
    """Return one line for each thing that an action changed, old and new.

    逐行返回一项操作的每处改动：旧值与新值。

    Parameters
    ----------
    entry : casekit.grading.history.Entry
    names : dict
        Student number to name.
    """
    lines = []
    for one in entry.changes:
        place = "grade.history.rule" if one.what == "rule" else "grade.history.total"
        what = one.question or labels.text("grade.history.late" if one.criterion == "late" else place)
        what += f" / {one.criterion}" if one.question and one.criterion else ""
        who = f"{one.student} {names.get(one.student, '')}: " if one.student else ""
        lines.append(plain(f"{who}{what} {_state(one, one.before)} → {_state(one, one.after)}"))
    return lines


def _state(change, state):
    if not state:
        return "–"
    if change.what == "rule":
        return ", ".join(f"{name} {value}" for name, value in state.items())
    if change.what == "counts":
        words = "" if state["status"] == "graded" else f" ({labels.text('grade.status.' + state['status'])})"
        return _told(state["points"]) + words
    return _told(state["points"]) + (f" ({state['comment']})" if state["comment"] else "")


def classroom(view):
    """Return the tables of a class overview: (success per question, what its signs mean, who made which mistake).

    返回全班概况的两张表：各题得分率（及符号说明）、谁犯了哪种错误。
    """
    lang, reasons = labels.language(), [r for r in REASONS if any(r in one["reasons"] for one in view["asked"])]
    asked = Table()
    for at, head in enumerate([*map(labels.text, ("overview.question", "overview.share")), *map(SIGNS.get, reasons)]):
        asked.add_column(head, justify="right" if at else "left")
    for one in view["asked"]:
        share = "–" if one["share"] is None else f"{one['share']:.0%}"
        asked.add_row(one["id"], share, *(str(one["reasons"].get(reason, "")) for reason in reasons))
    names = {line["student"]: line["name"] or line["student"] for line in view["lines"]}
    traps = _table("overview", ("count", "question", "mistake", "who"), ("count",))
    for trap in view["traps"]:
        who = labels.text("overview.list").join(names[id] for id in trap["students"])
        _add(traps, len(trap["students"]), trap["title"][lang], trap["words"][lang], who)
    signs = ", ".join(f"{SIGNS[reason]} {labels.text(f'feedback.reason.{reason}')}" for reason in reasons)
    return asked, signs, traps


def _told(points):
    return "–" if points is None else f"{points:g}"
