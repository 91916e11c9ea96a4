"""What a class as a whole made of an exercise: success per question, who fell into which trap, whose answers are alike."""

from collections import Counter
from dataclasses import asdict
from datetime import date
from pathlib import Path

from casekit import labels
from casekit.grading import master, report, summary
from casekit.grading.feedback import environment
from casekit.mark import REASONS

ALIKE = ("grade.note.same_answers", "grade.note.same_file")


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
    dict
        Plain JSON. ``mean``: of the points of what is ``marked`` (so many points on average); ``open`` essays wait for
        a teacher. ``asked``: the same per question as a share of its points, and how many students came to which result. ``traps``: each known mistake with those who made it, the most frequent first. ``alike``:
        whose answers are alike, for the teacher to look at. ``lines`` and ``counts``: the class.
    """
    with master.opened(exercise, gradebook) as (one, book):
        sheet, results = one.sheet, book.results(one.id)
        standings, lines = summary.standings(book, sheet), summary.overview(book, sheet)
    asked, traps = [], []
    for question in sheet.questions:
        stands = {id: each for id, each in standings.items() if question.id in each.points}
        marks = [(id, mark) for id in stands if id in results for mark in results[id].marks if mark.question == question.id]
        judged = {id: mark for id, mark in marks if question.id not in stands[id].by_hand}
        counted = Counter(mark.reason for mark in judged.values())
        counted["manual"] += sum(question.id in each.by_hand for each in stands.values())
        points = {id: each.points[question.id] for id, each in stands.items()}
        left = sum(one is None for one in points.values())
        # While essays wait, those who wrote none would be all that counts.
        told = [one for id, one in points.items() if one is not None and not (left and id in judged and judged[id].reason == "missing")]
        share = sum(told) / len(told) / question.points if told and question.points else None
        about = {"title": question.title, "maximum": question.points, "share": share, "open": left}
        asked.append({"id": question.id, **about, "reasons": {one: counted[one] for one in REASONS if counted[one]}})
        for mistake in question.mistakes:
            if who := [id for id, mark in judged.items() if mark.mistake == mistake.name]:
                trap = {"mistake": mistake.name, "words": mistake.words, "students": who}
                traps.append({"question": question.id, "title": question.title, **trap})
    counting = [line for line in lines if line.points is not None]
    mean, marked = (round(sum(some) / len(some), 2) if some else None for some in (
        [line.points for line in counting], [line.maximum - line.pending for line in counting]))  # fmt: skip
    notes = [(line.student, note) for line in lines for note in line.notes if note.code in ALIKE]
    return {
        "exercise": one.id,
        "title": sheet.title,
        "maximum": sheet.points,
        "mean": mean,
        "marked": marked,
        "open": sum(one["open"] for one in asked),
        "asked": asked,
        "traps": sorted(traps, key=lambda trap: -len(trap["students"])),
        "alike": [{"student": id, **note.details, "code": note.code, "words": report.say(note)} for id, note in notes],
        "lines": [asdict(line) for line in lines],
        "counts": dict(Counter(line.status for line in lines)),
    }


def write(path, view):
    """Write the overview as a page for the teacher, in the language in use.

    把概况写成一页给教师看的网页（使用当前语言）。

    Parameters
    ----------
    path : str or Path
    view : dict
        From :func:`look`.
    """
    lang, page = labels.language(), environment().get_template("overview.html.j2")
    html = page.render(
        lang={"zh": "zh-CN", "en": "en"}[lang],
        view=view,
        names={line["student"]: f"{line['name']} {line['student']}".strip() for line in view["lines"]},
        reasons=[reason for reason in REASONS if any(reason in one["reasons"] for one in view["asked"])],
        today=date.today().isoformat(),
        here=lambda words: words[lang],
        word=lambda key, **named: labels.text(key if "." in key else f"overview.{key}", **named),
    )
    Path(path).write_bytes(html.encode(errors="replace"))
