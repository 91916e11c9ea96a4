"""The class list: CSV or Excel, as teachers and learning platforms export it."""

import csv
import io
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from casekit.errors import InputError
from casekit.labels import LANGUAGES
from casekit.sheet import moment

# First match wins, so that Canvas' own number ("ID") gives way to the student number ("SIS User ID").
HEADERS = {
    "id": "学号 学生学号 学号/工号 studentid sisuserid idnumber studentnumber 工号 username id".split(),
    "name": "姓名 学生姓名 name studentname fullname student".split(),
    "group": "班级 行政班 教学班 class group section".split(),
    "email": "邮箱 电子邮箱 email emailaddress".split(),
    "lang": "语言 lang language".split(),
    "due": "截止时间 截止日期 延期至 due duedate extension deadline".split(),
}
HEADER_ROWS = 12


@dataclass(frozen=True)
class Student:
    """Hold one line of the class list.

    名单中的一名学生。
    """

    id: str
    name: str = ""
    group: str = ""
    email: str = ""
    lang: str = ""
    due: str = ""  # a deadline of one's own, ISO


def read(path):
    """Read a class list; the header row is found by its words, ids stay text.

    读取学生名单；按文字找到表头行，学号按文本处理。

    Parameters
    ----------
    path : str or Path
        CSV (comma, semicolon or tab; UTF-8, UTF-16 or GBK) or xlsx.

    Returns
    -------
    tuple of Student
        In the order of the file, each id once.

    Raises
    ------
    InputError
        ``grading.roster_missing``, ``grading.roster_format``, ``grading.roster_header``, ``grading.roster_id``,
        ``grading.roster_due``, ``grading.roster_twice`` or ``grading.roster_empty``.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp(), "class.csv")
    >>> _ = file.write_text("学号,姓名\\n0025,张伟\\n", encoding="gbk")
    >>> read(file)
    (Student(id='0025', name='张伟', group='', email='', lang='', due=''),)
    """
    path = Path(path)
    if not path.is_file():
        raise InputError("grading.roster_missing", file=path)
    for table in _tables(path):
        for top, row in enumerate(table[:HEADER_ROWS]):
            columns = _columns(row)
            if "id" in columns:
                return _students(path, table, top, columns)
    raise InputError("grading.roster_header", file=path.name, rows=HEADER_ROWS)


def _tables(path):
    """Yield each sheet as a list of rows of text."""
    data = path.read_bytes()
    if data[:2] == b"PK":
        import openpyxl

        try:
            # Not read_only: real exports carry a false <dimension>, and read_only would believe it.
            book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
        except Exception as error:  # openpyxl lets KeyError, BadZipFile, ValueError and more through
            raise InputError("grading.roster_format", file=path.name) from error
        for sheet in book.worksheets:
            yield [[_shown(cell) for cell in row] for row in sheet.iter_rows()]
        return
    text = decode(data)
    if text is None or "\0" in text:
        raise InputError("grading.roster_format", file=path.name)
    head = "\n".join(text.splitlines()[:HEADER_ROWS])
    delimiter = max(",;\t", key=head.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    yield [[cell.strip() for cell in row] for row in rows]


def decode(data):
    """Return bytes as text by BOM, else UTF-8, else the Chinese GB18030; ``None`` if nothing fits.

    把字节解码为文字：先看 BOM，再试 UTF-8 和 GB18030；都不行则返回 ``None``。

    Examples
    --------
    >>> decode("学号".encode("gbk")), decode("id".encode("utf-16"))
    ('学号', 'id')
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = ["utf-16"]
    elif data[1:2] == b"\0":
        encodings = ["utf-16-le"]
    elif data[:1] == b"\0":
        encodings = ["utf-16-be"]
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _shown(cell):
    """Return an Excel cell as its reader sees it: whole numbers without ``.0``, with the format's leading zeros."""
    value = cell.value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and re.fullmatch("0+", cell.number_format):
        return str(value).zfill(len(cell.number_format))
    return "" if value is None else str(value).strip()


def _columns(row):
    words = [re.sub(r"[(（].*?[)）]|[\s*_]", "", unicodedata.normalize("NFKC", cell)).lower() for cell in row]
    known = {field: next((name for name in names if name in words), None) for field, names in HEADERS.items()}
    return {field: words.index(name) for field, name in known.items() if name}


def _students(path, table, top, columns):
    students, rows = {}, {}
    for number, row in enumerate(table[top + 1 :], start=top + 2):
        cells = {name: unicodedata.normalize("NFC", row[at]) if at < len(row) else "" for name, at in columns.items()}
        cells["id"] = re.sub(r"^(\d+)\.0+$", r"\1", cells["id"].lstrip("'\t"))
        if not any(character.isdigit() for character in cells["id"]) and not cells.get("name"):
            continue  # blank lines, totals, second header rows
        if not cells["id"] or re.fullmatch(r"\d(\.\d+)?[eE]\+\d+", cells["id"]):
            raise InputError("grading.roster_id", file=path.name, row=number, id=cells["id"])
        cells["lang"] = cells.get("lang", "").lower()[:2]
        if cells["lang"] not in LANGUAGES:
            cells["lang"] = ""
        own = moment(cells.get("due", ""))
        if cells.get("due") and not own:
            raise InputError("grading.roster_due", file=path.name, row=number, given=cells["due"])
        cells["due"] = own.isoformat() if own else ""
        student = Student(**cells)
        if student.id in students and students[student.id].name != student.name:
            where = {"row": number, "other": rows[student.id]}
            raise InputError("grading.roster_twice", file=path.name, id=student.id, **where)
        students.setdefault(student.id, student)
        rows.setdefault(student.id, number)
    if not students:
        raise InputError("grading.roster_empty", file=path.name)
    return tuple(students.values())
