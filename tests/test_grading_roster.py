"""Class lists come in every shape that schools export."""

import openpyxl
import pytest

from casekit.errors import InputError
from casekit.grading import roster
from casekit.grading.roster import Student

LISTED = (Student("0025001", "张伟"), Student("0025002", "王芳"))
TEXT = "学号,姓名\n0025001,张伟\n0025002,王芳\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
def test_encodings(tmp_path, encoding):
    (tmp_path / "r.csv").write_bytes(TEXT.encode(encoding))
    assert roster.read(tmp_path / "r.csv") == LISTED


@pytest.mark.parametrize("text", [
    TEXT.replace(",", ";"), TEXT.replace(",", "\t"), "2025 秋 市场营销\n任课教师,吴\n" + TEXT,
    TEXT.replace("学号", "学生学号").replace("姓名", "学生姓名"), TEXT.replace("学号", "学号/工号"),
    "Student_ID,Name\n" + TEXT.split("\n", 1)[1], TEXT.replace("学号,姓名", "学号（必填）, 姓 名"),
    "Student,ID,SIS User ID,Section\n张伟,1,0025001,\n王芳,2,0025002,\n",
    TEXT + "\n,,\n合计,\n", TEXT.replace("0025001", "'0025001").replace("0025002", "\t0025002"),
])  # fmt: skip
def test_shapes(tmp_path, text):
    (tmp_path / "r.csv").write_text(text, encoding="utf-8")
    assert roster.read(tmp_path / "r.csv") == LISTED


def test_more_columns(tmp_path):
    (tmp_path / "r.csv").write_text(
        "班级,Email,学号,姓名,lang\nA,x@y,1,李,EN\nB,,2,赵,法语\n", encoding="utf-8"
    )
    assert roster.read(tmp_path / "r.csv") == (Student("1", "李", "A", "x@y", "en"), Student("2", "赵", "B"))


def book(tmp_path, rows, formats=None):
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    for cell, number_format in (formats or {}).items():
        made.active[cell].number_format = number_format
    made.save(tmp_path / "r.xlsx")
    return tmp_path / "r.xlsx"


def test_excel_numbers_become_the_numbers_one_sees(tmp_path):
    path = book(
        tmp_path,
        [["记分册"], ["学号", "姓名"], [2530123457.0, "张伟"], [42, "王芳"], ["007", "李娜"]],
        {"A4": "0000000"},
    )
    assert [student.id for student in roster.read(path)] == ["2530123457", "0000042", "007"]


def test_a_false_dimension_is_not_believed(tmp_path):
    import re
    import zipfile

    path = book(tmp_path, [["学号", "姓名"], ["0025001", "张伟"], ["0025002", "王芳"]])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1"', data))
    assert roster.read(path) == LISTED


@pytest.mark.parametrize(("data", "code", "named"), [
    (b"a,b\n1,2\n", "roster_header", "12"),
    ("学号,姓名\n".encode(), "roster_empty", "r.csv"),
    ("学号,姓名\n1,张\n,王\n".encode(), "roster_id", "3"),
    ("学号,姓名\n2.53E+09,张\n".encode(), "roster_id", "2.53E+09"),
    ("学号,姓名\n1,张\n2,李\n1,王\n".encode(), "roster_twice", "4"),
    (b"\xd0\xcf\x11\xe0\0\0", "roster_format", "r.csv"),
    (b"PK\x03\x04rest", "roster_format", "r.csv"),
])  # fmt: skip
def test_what_cannot_be_read_is_named(tmp_path, data, code, named):
    (tmp_path / "r.csv").write_bytes(data)
    with pytest.raises(InputError) as error:
        roster.read(tmp_path / "r.csv")
    assert error.value.code == f"grading.{code}" and named in str(error.value)


def test_no_file(tmp_path):
    with pytest.raises(InputError, match="r.csv"):
        roster.read(tmp_path / "r.csv")


def test_the_same_student_twice_is_one(tmp_path):
    (tmp_path / "r.csv").write_text(TEXT + "0025001,张伟\n", encoding="utf-8")
    assert roster.read(tmp_path / "r.csv") == LISTED
