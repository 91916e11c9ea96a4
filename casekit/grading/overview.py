"""What a class as a whole made of an exercise: success per question, who fell into which trap, whose answers are alike."""

import json
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from casekit import labels
from casekit.grading import master, report, summary
from casekit.grading.feedback import environment
from casekit.mark import REASONS

ALIKE = ("grade.note.same_answers", "grade.note.same_file")


@dataclass(frozen=True)
class Asked:
    """Hold what became of one question.

    一道题的作答概况。
    """

    id: str
    title: dict
    maximum: float
    share: float | None  # of the points, earned on average by those who have a mark for it
    reasons: dict  # reason -> how many students


@dataclass(frozen=True)
class Trap:
    """Hold one known mistake and who made it.

    一种已知错误及犯错的学生。
    """

    question: str
    title: dict
    mistake: str
    words: dict
    students: tuple[str, ...]


@dataclass(frozen=True)
class ClassView:
    """Hold what a class as a whole made of an exercise.

    全班的作答概况。
    """

    exercise: str
    title: dict
    maximum: float
    mean: float | None  # of the points, essays without a mark counted as 0
    asked: tuple[Asked, ...]
    traps: tuple[Trap, ...]  # the most frequent first
    alike: tuple[tuple[str, summary.Note], ...]  # (student, note): for the teacher to look at
    lines: tuple[summary.Line, ...]

    @property
    def counts(self):
        """The number of students of each status.

        每种状态的学生人数。
        """
        return Counter(line.status for line in self.lines)


def look(exercise="", gradebook="gradebook.db"):
    """Look at a class as a whole.

    查看全班概况。

    Parameters
    ----------
    exercise : str
        Id or path of the sheet; "" takes the gradebook's only one.
    gradebook : str or Path

    Returns
    -------
    ClassView
    """
    with master.opened(exercise, gradebook) as (one, book):
        sheet, results = one.sheet, book.results(one.id)
        standings, lines = summary.standings(book, sheet), summary.overview(book, sheet)
    listed = [line.student for line in lines]
    judged = {id: {mark.question: mark for mark in results[id].marks} for id in listed if id in results}
    asked, traps = [], []
    for question in sheet.questions:
        told = [stands.points[question.id] for stands in standings.values() if question.id in stands.points]
        by_hand = {id for id in listed if question.id in standings[id].by_hand}
        marks = {id: marks[question.id] for id, marks in judged.items() if question.id in marks and id not in by_hand}
        counted = Counter(mark.reason for mark in marks.values()) + Counter({"manual": len(by_hand)})
        # While essays wait, those who wrote none would be all that counts.
        share = sum(told) / len(told) / question.points if told and None not in told and question.points else None
        reasons = {reason: counted[reason] for reason in REASONS if counted[reason]}
        asked.append(Asked(question.id, question.title, question.points, share, reasons))
        for mistake in question.mistakes:
            students = tuple(id for id in listed if id in marks and marks[id].mistake == mistake.name)
            if students:
                traps.append(Trap(question.id, question.title, mistake.name, mistake.words, students))
    totals = [line.points for line in lines if line.points is not None]
    return ClassView(
        one.id,
        sheet.title,
        sheet.points,
        round(sum(totals) / len(totals), 2) if totals else None,
        tuple(asked),
        tuple(sorted(traps, key=lambda trap: -len(trap.students))),
        tuple((line.student, note) for line in lines for note in line.notes if note.code in ALIKE),
        lines,
    )


def as_dict(view):
    """Return the overview for ``--json``.

    返回供 ``--json`` 输出的概况。
    """
    data = asdict(view) | {"counts": dict(view.counts)}
    alike = [{"student": id, "code": note.code, "words": report.say(note)} | note.details for id, note in view.alike]
    return json.loads(json.dumps(data | {"alike": alike}))


def write(path, view):
    """Write the overview as a page for the teacher, in the language in use.

    把概况写成一页给教师看的网页（使用当前语言）。

    Parameters
    ----------
    path : str or Path
    view : ClassView
    """
    lang = labels.language()
    names = {line.student: f"{line.name} {line.student}".strip() for line in view.lines}
    html = (
        environment()
        .get_template("overview.html.j2")
        .render(
            lang={"zh": "zh-CN", "en": "en"}[lang],
            view=view,
            names=names,
            reasons=[reason for reason in REASONS if any(reason in one.reasons for one in view.asked)],
            today=date.today().isoformat(),
            here=lambda words: words[lang],
            say=report.say,
            word=lambda key, **named: labels.text(key if "." in key else f"overview.{key}", **named),
        )
    )
    Path(path).write_bytes(html.encode(errors="replace"))
