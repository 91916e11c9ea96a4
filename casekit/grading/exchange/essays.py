"""Essays go out to Excel, a row per student and criterion, and their marks come back."""

import hashlib
import io
from pathlib import Path

import openpyxl

from casekit import labels
from casekit.errors import InputError
from casekit.grading import master
from casekit.grading.exchange.grades import workbook

COLUMNS = {  # and how wide they are
    "id": 14, "name": 10, "question": 12, "criterion": 12, "title": 16, "text": 70, "levels": 44, "maximum": 8,
    "level": 8, "points": 8, "comment": 40, "version": 10,
}  # fmt: skip


def write_essays(path, exercise="", gradebook="gradebook.db"):
    """Write the essays to an Excel file: a row per student and criterion, with room for level, points and comment.

    把论述题写入 Excel：每名学生、每条标准一行，留出等级、得分和评语的位置。

    Returns
    -------
    int
        The number of rows.
    """
    lang, rows = labels.language(), [[labels.text(f"grade.essays.{name}") for name in COLUMNS]]
    with master.opened(exercise, gradebook) as (one, book):
        given = book.given(one.id)
        for student, text, question, criterion in _criteria(one.sheet, book):
            told = given.get((student.id, question.id, criterion.id))
            levels = (f"{at}  {one.words[lang]} ({one.points:g})" for at, one in enumerate(criterion.levels, 1))
            row = {
                "id": student.id, "name": student.name, "question": question.id, "criterion": criterion.id,
                "title": criterion.title[lang], "text": text, "levels": "\n".join(levels),
                "maximum": criterion.points, "points": told and told.points, "comment": told and told.comment,
                "version": _version(text),
            }  # fmt: skip
            rows.append([row.get(name) for name in COLUMNS])
    workbook(rows, tuple(COLUMNS.values())).save(path)
    return len(rows) - 1


def read_essays(path, exercise="", gradebook="gradebook.db"):
    """Read the marked Excel file back into the gradebook; with an error in any row nothing is taken over.

    把批好的 Excel 读回成绩册；任何一行有误，就全部不登记。

    Returns
    -------
    int
        How many marks are new or changed.

    Raises
    ------
    InputError
        ``grading.essays_file``, ``grading.essays_columns``, or ``grading.essays_rows`` naming every row and what is
        wrong with it.
    """
    new, wrong = [], []
    with master.opened(exercise, gradebook) as (one, book):
        results, given = book.results(one.id), book.given(one.id)
        for number, cells in _rows(Path(path)):
            try:
                mark = _mark(one.sheet, cells, results)
            except InputError as error:
                wrong.append(labels.text("grade.essays.row", row=number, why=error))
                continue
            before = given.get(mark[:3])
            if mark[3:5] != ((before.points, before.comment) if before else (None, "")):
                new.append(mark)
        if wrong:
            told = {"count": len(wrong), "rows": " ".join(wrong[:20])}
            raise InputError("grading.essays_rows", file=Path(path).name, **told)
        if new:
            book.give(one.id, new, source=Path(path).name)
    return len(new)


def _criteria(sheet, book):
    """Yield (student, text, question, criterion), one question after the other, as one marks them."""
    results, students = book.results(sheet.id), book.roster()
    for question in sheet.questions:
        for student in students if question.kind == "essay" else ():
            marks = results[student.id].marks if student.id in results else ()
            if any(mark.question == question.id and mark.reason == "manual" for mark in marks):
                text = results[student.id].essays.get(question.id, "")
                yield from ((student, text, question, criterion) for criterion in question.rubric)


def _version(text):
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _rows(path):
    """Yield (row number, cells by column) of the rows that are not empty."""
    try:
        sheet = openpyxl.load_workbook(io.BytesIO(path.read_bytes()), data_only=True).active
    except Exception as error:  # openpyxl lets many kinds through
        raise InputError("grading.essays_file", file=path) from error
    head, *rows = [[cell.value for cell in row] for row in sheet.iter_rows()] or [[]]
    names = {labels.text(f"grade.essays.{name}", lang): name for name in COLUMNS for lang in labels.LANGUAGES}
    columns = {names[word]: at for at, word in enumerate(head) if word in names}
    if missing := [labels.text(f"grade.essays.{name}") for name in COLUMNS if name not in columns]:
        raise InputError("grading.essays_columns", file=path.name, columns=", ".join(missing))
    for number, row in enumerate(rows, start=2):
        if any(value is not None for value in row):
            yield number, {name: "" if row[at] is None else str(row[at]).strip() for name, at in columns.items()}


def _mark(sheet, cells, results):
    """Return (student, question, criterion, points, comment, version), or raise what is wrong with the row."""
    student, question = cells["id"], sheet.question(cells["question"])
    rubric = {one.id: one for one in question.rubric} if question else {}
    criterion = rubric.get(cells["criterion"])
    if student not in results:
        raise InputError("grading.essay_student", id=student)
    if criterion is None:
        raise InputError("grading.essay_criterion", criterion=f"{cells['question']} / {cells['criterion']}")
    if cells["version"] != _version(results[student].essays.get(question.id, "")):
        raise InputError("grading.essay_changed", id=student)
    level, points = _number(cells["level"]), _number(cells["points"])
    if level is not None:
        if level not in range(1, len(criterion.levels) + 1):
            raise InputError("grading.essay_level", given=cells["level"], levels=len(criterion.levels))
        earned = criterion.levels[int(level) - 1].points
        if points not in (None, earned):
            raise InputError("grading.essay_both", level=cells["level"], earned=earned, points=cells["points"])
        points = earned
    if points is not None and not 0 <= points <= criterion.points:
        raise InputError("grading.essay_points", given=cells["points"], maximum=criterion.points)
    return student, question.id, criterion.id, points, cells["comment"], cells["version"]


def _number(text):
    try:
        return float(text) if text else None
    except ValueError:
        raise InputError("grading.essay_number", given=text) from None
