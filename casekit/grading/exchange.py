"""What goes out and comes back: student packs, grade files for the learning platforms, essay marks."""

import csv
import hashlib
import io
import json
import re
import zipfile
from pathlib import Path

import openpyxl
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from casekit import labels
from casekit.errors import InputError
from casekit.grading import batch, master
from casekit.grading.files import safe_name
from casekit.grading.intake import ASSIGNED
from casekit.grading.roster import read as read_roster

FORMATS = ("generic", "moodle", "canvas", "nbgrader")


# --- release ---------------------------------------------------------------------------------------------------

def release(exercise, out, roster=None):
    """Write the pack that students get: notebooks, public sheet, README; as a folder and as a zip.

    生成发给学生的文件包：笔记本、公开评分表、说明；既有文件夹也有 zip。

    Parameters
    ----------
    exercise : str
        Id or path of the sheet.
    out : str or Path
    roster : str or Path, optional
        Class list: one pack per student, ``STUDENT`` filled in.

    Returns
    -------
    list of Path
        The zip files.
    """
    one = master.load(exercise)
    out = Path(out)
    if roster is None:
        return [_pack(one, out / one.id, None)]
    return [_pack(one, out / safe_name(f"{student.id}_{student.name}"), student) for student in read_roster(roster)]


def _pack(one, folder, student):
    titles = {f"title_{lang}": title for lang, title in one.sheet.title.items()}
    readme = Path(__file__).with_name("pack.md").read_text(encoding="utf-8")
    pack = {f"{one.id}.toml": one.public, "README.md": readme.format(exercise=one.id, **titles)}
    for path in one.notebooks.values():
        text = path.read_text(encoding="utf-8")
        pack[path.name] = _personal(text, student.id) if student else text
    folder.mkdir(parents=True, exist_ok=True)
    target = folder.parent / f"{folder.name}.zip"  # with_suffix would take a dot in a name for a suffix
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in sorted(pack.items()):
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
            archive.writestr(f"{folder.name}/{name}", text)
    return target


def _personal(text, student):
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        if "parameters" in cell["metadata"].get("tags", []):
            source = ASSIGNED["STUDENT"].sub(lambda _: f"STUDENT = {json.dumps(student, ensure_ascii=False)}",
                                             "".join(cell["source"]))
            cell["source"] = source.splitlines(keepends=True)
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


# --- export ----------------------------------------------------------------------------------------------------

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
        ``generic``: 学号/姓名/成绩/评语 with marks out of 100, then points per question. ``moodle``: idnumber, email,
        grade out of 100, feedback. ``canvas``: its gradebook's header and Points Possible row. ``nbgrader``: the
        columns of its CSV exporter. Who has no mark gets an empty cell, with nbgrader's 0 as the one exception.

    Raises
    ------
    InputError
        ``grading.format``.
    """
    if to not in ("csv", "xlsx") or format not in FORMATS:
        raise InputError("grading.format", given=f"{to}, {format}", known=f"csv, xlsx; {', '.join(FORMATS)}")
    with master.opened(exercise, gradebook) as (one, book):
        lines, results = batch.overview(book, one.sheet), book.results(one.id)
        students, given = {student.id: student for student in book.roster()}, book.given(one.id)
    rows = _TABLES[format](one.sheet, lines, students, results, given)
    if to == "xlsx":
        book = openpyxl.Workbook()
        _fill(book.active, rows)
        book.save(path)
        return
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([[_harmless(value) for value in row] for row in rows])


def _generic(sheet, lines, students, results, given):
    header = ["id", "name", "mark", "comment"]
    rows = [[labels.text(f"grade.export.{name}") for name in header]
            + [f"{question.title[labels.language()]} ({question.points:g})" for question in sheet.questions]]
    for line in lines:
        result = results.get(line.student)
        points = {mark.question: mark.points for mark in result.marks} if result else {}
        points |= {id: told for id, (told, _) in batch.essay_points(sheet, result, given).items()} if result else {}
        rows.append([line.student, line.name, _percent(line), _comment(sheet, line, result)]
                    + [points.get(question.id) for question in sheet.questions])
    return rows


def _percent(line):
    return None if line.points is None else round(100 * line.points / line.maximum, 1)


def _comment(sheet, line, result):
    words = [labels.text(f"grade.status.{line.status}")] if line.status != "graded" else []
    if line.pending:
        words.append(labels.text("grade.pending", points=f"{line.pending:g}"))
    for mark in result.marks if result else ():
        if mark.reason not in ("right", "manual") and sheet.question(mark.question):
            title = sheet.question(mark.question).title[labels.language()]
            words.append(f"{title}: {labels.text(f'feedback.reason.{mark.reason}')}")
    return "; ".join(words)


def _moodle(sheet, lines, students, results, given):
    return [["idnumber", "email", "name", "grade", "feedback"]] + [
        [line.student, students[line.student].email, line.name, _percent(line),
         _comment(sheet, line, results.get(line.student))] for line in lines]


def _canvas(sheet, lines, students, results, given):
    return [["Student", "ID", "SIS User ID", "SIS Login ID", "Section", sheet.id],
            ["    Points Possible", None, None, None, None, sheet.points]] + [
        [line.name or line.student, None, line.student, None, students[line.student].group, line.points]
        for line in lines]


def _nbgrader(sheet, lines, students, results, given):
    header = ("assignment,duedate,timestamp,student_id,last_name,first_name,email,raw_score,late_submission_penalty,"
              "score,max_score")
    return [header.split(",")] + [
        [sheet.id, None, results[line.student].at if line.student in results else None, line.student, line.name, None,
         students[line.student].email, line.points or 0, 0, line.points or 0, line.maximum] for line in lines]


_TABLES = {"generic": _generic, "moodle": _moodle, "canvas": _canvas, "nbgrader": _nbgrader}


def _harmless(value):
    """Keep spreadsheets from running text as a formula; line breaks would end a row for careless readers."""
    if not isinstance(value, str):
        return value
    value = " ".join(value.splitlines())
    return "'" + value if re.match(r"\s*[=+\-@\t\r]", value) else value


def _fill(sheet, rows, widths=()):
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row, start=1):
            cell = sheet.cell(number, column)
            if isinstance(value, str):
                cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)[:32_000]
                cell.data_type, cell.number_format = "s", "@"  # text, whatever it looks like
            else:
                cell.value = value
            cell.alignment = Alignment(vertical="top", wrap_text=number > 1 and column <= len(widths))
    for cell in sheet[1]:
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="E8EDF3")
    for column in range(1, sheet.max_column + 1):
        longest = max(len(str(row[column - 1] or "")) for row in rows)
        width = widths[column - 1] if column <= len(widths) else min(max(8, longest * 1.6), 40)
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.freeze_panes = "A2"


# --- essays ----------------------------------------------------------------------------------------------------

COLUMNS = ("id", "name", "question", "criterion", "title", "text", "levels", "maximum", "level", "points", "comment",
           "version")


def write_essays(path, exercise="", gradebook="gradebook.db"):
    """Write the essays to an Excel file: a row per student and criterion, with room for level, points and comment.

    把论述题写入 Excel：每名学生、每条标准一行，留出等级、得分和评语的位置。

    Returns
    -------
    int
        The number of rows.
    """
    rows = [[labels.text(f"grade.essays.{name}") for name in COLUMNS]]
    with master.opened(exercise, gradebook) as (one, book):
        results, given = book.results(one.id), book.given(one.id)
        names = {student.id: student.name for student in book.roster()}
        for student, question, criterion in _criteria(one.sheet, names, results):
            told = given.get((student, question.id, criterion.id))
            text = results[student].essays.get(question.id, "")
            rows.append([student, names[student], question.id, criterion.id, criterion.title[labels.language()], text,
                         _levels(criterion), criterion.points, None, told.points if told else None,
                         told.comment if told else None, _version(text)])
    book = openpyxl.Workbook()
    _fill(book.active, rows, widths=(14, 10, 12, 12, 16, 70, 44, 8, 8, 8, 40, 10))
    book.save(path)
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
        ``grading.essays_file``, or ``grading.essays_rows`` naming every row and what is wrong with it.
    """
    try:
        sheet = openpyxl.load_workbook(io.BytesIO(Path(path).read_bytes()), data_only=True).active
    except Exception as error:
        raise InputError("grading.essays_file", file=path) from error
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    heads = {labels.text(f"grade.essays.{name}", lang): name for name in COLUMNS for lang in labels.LANGUAGES}
    columns = {heads[head]: at for at, head in enumerate(rows[0] if rows else []) if head in heads}
    if missing := [name for name in COLUMNS if name not in columns]:
        words = ", ".join(labels.text(f"grade.essays.{name}") for name in missing)
        raise InputError("grading.essays_columns", file=Path(path).name, columns=words)
    with master.opened(exercise, gradebook) as (one, book):
        results, given = book.results(one.id), book.given(one.id)
        new, wrong = [], []
        for number, row in enumerate(rows[1:], start=2):
            cells = {name: row[at] if at < len(row) else None for name, at in columns.items()}
            if all(value is None for value in cells.values()):
                continue
            try:
                mark = _read_row(one.sheet, cells, results)
            except InputError as error:
                wrong.append(labels.text("grade.essays.row", row=number, why=error))
                continue
            before = given.get(mark[:3])
            if (mark[3], mark[4]) != ((before.points, before.comment) if before else (None, "")):
                new.append(mark)
        if wrong:
            raise InputError("grading.essays_rows", file=Path(path).name, rows=" ".join(wrong[:20]), count=len(wrong))
        if new:
            book.give(one.id, new)
    return len(new)


def _criteria(sheet, students, results):
    for question in sheet.questions:
        if question.kind == "essay":
            for student in students:
                if any(mark.question == question.id and mark.reason == "manual"
                       for mark in (results[student].marks if student in results else ())):
                    for criterion in question.rubric:
                        yield student, question, criterion


def _levels(criterion):
    lang = labels.language()
    return "\n".join(f"{at}  {level.words[lang]} ({level.points:g})" for at, level in enumerate(criterion.levels, start=1))


def _version(text):
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _read_row(sheet, cells, results):
    """Return (student, question, criterion, points, comment, version), or raise what is wrong with the row."""
    student, question = str(cells["id"] or "").strip(), sheet.question(str(cells["question"] or "").strip())
    criterion = next((one for one in question.rubric if one.id == cells["criterion"]), None) if question else None
    if student not in results:
        raise InputError("grading.essay_student", id=student)
    if criterion is None:
        raise InputError("grading.essay_criterion", criterion=f"{cells['question']} / {cells['criterion']}")
    if str(cells["version"] or "").strip() != _version(results[student].essays.get(question.id, "")):
        raise InputError("grading.essay_changed", id=student)
    level, points = _number(cells["level"]), _number(cells["points"])
    if level is not None:
        if level not in range(1, len(criterion.levels) + 1):
            raise InputError("grading.essay_level", given=cells["level"], levels=len(criterion.levels))
        earned = criterion.levels[int(level) - 1].points
        if points is not None and points != earned:
            raise InputError("grading.essay_both", level=level, earned=earned, points=points)
        points = earned
    if points is not None and not 0 <= points <= criterion.points:
        raise InputError("grading.essay_points", given=cells["points"], maximum=criterion.points)
    return student, question.id, criterion.id, points, str(cells["comment"] or "").strip(), str(cells["version"])


def _number(value):
    if value is None or str(value).strip() == "":
        return None
    try:
        return float(str(value).strip())
    except ValueError:
        raise InputError("grading.essay_number", given=value) from None
