"""Grade files for the learning platforms, as CSV or Excel."""

import csv
import re

import openpyxl
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from casekit import labels
from casekit.errors import InputError
from casekit.grading import master, summary

# Column of the file -> what stands in it, see _facts; the generic format takes its headers from labels.csv.
FORMATS = {
    "generic": {"id": "id", "name": "name", "mark": "percent", "comment": "comment"},
    "moodle": {"idnumber": "id", "email": "email", "name": "name", "grade": "percent", "feedback": "comment"},
    "canvas": {"Student": "called", "ID": "", "SIS User ID": "id", "SIS Login ID": "", "Section": "group"},
    "nbgrader": {
        "assignment": "exercise", "duedate": "due", "timestamp": "at", "student_id": "id", "last_name": "name",
        "first_name": "", "email": "email", "raw_score": "raw", "late_submission_penalty": "penalty",
        "score": "score", "max_score": "maximum",
    },
}  # fmt: skip


def export(path, exercise="", gradebook="gradebook.db", to="csv", format="generic"):
    """Write the class's marks as a grade file.

    把全班成绩写成成绩文件。

    Parameters
    ----------
    path : str or Path
    exercise : str
        Id or path of the sheet; "" takes the gradebook's only one.
    gradebook : str or Path
    to : str
        ``"csv"`` (UTF-8 with BOM, as Excel in China needs it) or ``"xlsx"``.
    format : str
        ``generic``: 学号/姓名/成绩/评语, marks out of 100, then points per question. ``moodle``: idnumber, email,
        grade out of 100, feedback. What is late is taken off in each; the generic one tells how much. ``canvas``: its gradebook's header and Points Possible row. ``nbgrader``: the
        columns of its CSV exporter. Who has no mark gets an empty cell; nbgrader alone wants 0.

    Raises
    ------
    InputError
        ``grading.format``.
    """
    if to not in ("csv", "xlsx") or format not in FORMATS:
        raise InputError("grading.format", given=f"{to}, {format}", known=f"csv, xlsx; {', '.join(FORMATS)}")
    with master.opened(exercise, gradebook) as (one, book):
        lines, results = summary.overview(book, one.sheet), book.results(one.id)
        standings, students = summary.standings(book, one.sheet), {one.id: one for one in book.roster()}
    facts = [
        _facts(one.sheet, students[line.student], line, results.get(line.student), standings[line.student])
        for line in lines
    ]
    rows = _rows(one.sheet, format, facts)
    if to == "csv":
        with open(path, "w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows([[harmless(value) for value in row] for row in rows])
    else:
        workbook(rows).save(path)


def _rows(sheet, format, facts):
    columns = FORMATS[format]
    header, rows = list(columns), [[fact.get(name) for name in columns.values()] for fact in facts]
    if format == "generic":
        titles = [f"{question.title[labels.language()]} ({question.points:g})" for question in sheet.questions]
        late = any(fact["penalty"] or fact["due"] for fact in facts)  # a class without a deadline has no column for it
        header = [labels.text(f"grade.export.{name}") for name in [*header, *["late"] * late]] + titles
        rows = [row + [fact["penalty"]] * late + fact["questions"] for row, fact in zip(rows, facts, strict=True)]
    if format == "canvas":
        header.append(sheet.id)
        rows = [row + [fact["points"]] for row, fact in zip(rows, facts, strict=True)]
        rows.insert(0, ["    Points Possible", None, None, None, None, sheet.points])
    return [header, *rows]


def _facts(sheet, student, line, result, standing):
    """Return all that any format says of one student."""
    return {
        "id": student.id, "name": student.name, "called": student.name or student.id, "email": student.email,
        "group": student.group, "exercise": sheet.id, "at": result and result.at, "points": line.points,
        "maximum": line.maximum, "score": line.points or 0, "raw": standing.earned or 0, "penalty": standing.penalty,
        "due": standing.late and standing.late.due.isoformat(" "), "comment": _comment(sheet, line, result, standing),
        "percent": None if line.points is None else round(100 * line.points / line.maximum, 1),
        "questions": [standing.points.get(question.id) for question in sheet.questions],
    }  # fmt: skip


def _comment(sheet, line, result, standing):
    words = [labels.text(f"grade.status.{line.status}")] if line.status != "graded" else []
    if line.pending:
        words.append(labels.text("grade.pending", points=f"{line.pending:g}"))
    if standing.penalty:
        words.append(labels.text("feedback.late_days", days=standing.late.days, penalty=f"{standing.penalty:g}"))
    reasons = {mark.question: mark.reason for mark in result.marks} if result else {}
    for question in sheet.questions:
        reason, told = reasons.get(question.id), standing.by_hand.get(question.id)
        if told or reason not in ("right", "manual", None):
            why = told.comment if told else labels.text(f"feedback.reason.{reason}")
            words.append(f"{question.title[labels.language()]}: {why}")
    return "; ".join(words)


def harmless(value):
    """Keep a spreadsheet from running text as a formula; line breaks would end a row for careless readers.

    防止电子表格把文字当公式执行；换行改为空格。

    Examples
    --------
    >>> harmless("=1+1"), harmless("a\\nb"), harmless(-1)
    ("'=1+1", 'a b', -1)
    """
    if not isinstance(value, str):
        return value
    value = " ".join(value.splitlines())
    return "'" + value if re.match(r"\s*[=+\-@\t\r]", value) else value


def workbook(rows, widths=()):
    """Return an Excel file of one sheet, the first row its header; all text stays text, whatever it looks like.

    返回只有一张表的 Excel 文件，第一行为表头；文字一律按文本存放。
    """
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append([None] * len(row))
        for cell, value in zip(sheet[sheet.max_row], row, strict=True):
            if isinstance(value, str):
                cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)[:32_000]
                cell.data_type, cell.number_format = "s", "@"
            else:
                cell.value = value
            cell.alignment = Alignment(vertical="top", wrap_text=bool(widths) and sheet.max_row > 1)
    for at, cell in enumerate(sheet[1]):
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="E8EDF3")
        longest = max(len(str(row[at] or "")) for row in rows)
        width = widths[at] if widths else min(max(8, longest * 1.6), 40)
        sheet.column_dimensions[get_column_letter(at + 1)].width = width
    sheet.freeze_panes = "A2"
    return book
