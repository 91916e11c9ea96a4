"""Packs without keys, grade files without surprises, essay marks that come back or name their row."""

import csv
import json
import zipfile

import openpyxl
import pytest
import tiny

from casekit import labels
from casekit.errors import InputError
from casekit.grading import exchange
from casekit.grading.exchange import grades
from casekit.grading.gradebook import Gradebook


@pytest.fixture
def graded(tmp_path):
    labels.use("zh")
    tiny.grade(tiny.room(tmp_path))
    return tmp_path


def where(folder):
    return {"exercise": folder / f"{tiny.ID}.toml", "gradebook": folder / "gradebook.db"}


# --- release ---


def test_a_pack_holds_what_students_need_and_nothing_more(tmp_path):
    (pack,) = exchange.release(tiny.write(tmp_path / "mine"), tmp_path / "out")
    with zipfile.ZipFile(pack) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert sorted(parts) == [
        f"{tiny.ID}/{name}"
        for name in (f"{tiny.ID}.en.ipynb", f"{tiny.ID}.toml", f"{tiny.ID}.zh.ipynb", "README.md")
    ]
    assert {
        path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "out" / tiny.ID).iterdir()
    } == {name.split("/")[1]: text for name, text in parts.items()}
    assert not [text for text in parts.values() if "one_too_many" in text or "return base" in text]
    assert (
        "小练习 · Tiny exercise" in parts[f"{tiny.ID}/README.md"] and "中文" in parts[f"{tiny.ID}/README.md"]
    )


def test_a_pack_for_each_student(tmp_path):
    tiny.room(tmp_path)
    packs = exchange.release(tmp_path / f"{tiny.ID}.toml", tmp_path / "out", tmp_path / "roster.csv")
    assert [pack.name for pack in packs] == [
        "20250001_张伟.zip",
        "20250002_=1+1.zip",
        "20250003_李娜.zip",
        "20250004_赵敏.zip",
    ]
    text = (tmp_path / "out" / "20250002_=1+1" / f"{tiny.ID}.zh.ipynb").read_text(encoding="utf-8")
    source = "".join(json.loads(text)["cells"][1]["source"])
    assert source == 'LANG = "zh"\nSTUDENT = "20250002"'


def test_an_unknown_exercise_is_refused(tmp_path):
    with pytest.raises(InputError, match="99_none"):
        exchange.release("99_none", tmp_path / "out")
    assert not (tmp_path / "out").exists()


# --- export ---


def exported(folder, **options):
    exchange.export(folder / "m.csv", **where(folder), **options)
    data = (folder / "m.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(data.decode("utf-8-sig").splitlines()))


def test_generic(graded):
    rows = exported(graded)
    assert rows[0] == ["学号", "姓名", "成绩", "评语", "基数 (4)", "倍数 (8)", "平方 (2)", "论述 (6)"]
    assert rows[1] == ["20250001", "张伟", "70.0", "（另有 6 分待人工评分）", "4", "8", "2", ""]
    assert rows[2][:3] == ["20250002", "'=1+1", "42.0"] and "基数: 不正确; 倍数: 方法正确" in rows[2][3]
    assert rows[3][2:] == ["", "无法评分", "", "", "", ""] and rows[4][2:4] == ["", "未交"]


def test_moodle_canvas_nbgrader(graded):
    moodle, canvas, nbgrader = (exported(graded, format=name) for name in ("moodle", "canvas", "nbgrader"))
    assert moodle[0] == ["idnumber", "email", "name", "grade", "feedback"]
    assert moodle[1][:4] == ["20250001", "a@b.cn", "张伟", "70.0"] and moodle[4][3] == ""
    assert canvas[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", tiny.ID]
    assert (
        canvas[1] == ["    Points Possible", "", "", "", "", "20"]
        and canvas[2][2] == "20250001"
        and canvas[2][5] == "14"
    )
    assert len(nbgrader[0]) == 11 and [row[9] for row in nbgrader[1:]] == ["14", "8.4", "0", "0"]


def test_excel_keeps_ids_and_formulas_as_text(graded):
    exchange.export(graded / "m.xlsx", **where(graded), to="xlsx")
    sheet = openpyxl.load_workbook(graded / "m.xlsx").active
    assert (sheet["A2"].value, sheet["A2"].data_type, sheet["A2"].number_format) == ("20250001", "s", "@")
    assert (sheet["B3"].value, sheet["B3"].data_type) == ("=1+1", "s")
    assert sheet["C3"].value == 42.0


def test_an_unknown_format_is_refused(graded):
    with pytest.raises(InputError, match="moodle"):
        exchange.export(graded / "m.csv", **where(graded), format="blackboard")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1"])
def test_formulas_are_disarmed(text):
    assert grades.harmless(text).startswith("'")
    assert "\n" not in grades.harmless(f"a\n{text}")


# --- essays ---


def essays(folder, changes=()):
    """Write the sheet, fill in cells as {(row, column): value}, and return its path."""
    path = folder / "e.xlsx"
    exchange.write_essays(path, **where(folder))
    book = openpyxl.load_workbook(path)
    columns = {cell.value: cell.column for cell in book.active[1]}
    for (row, name), value in dict(changes).items():
        book.active.cell(row, columns[labels.text(f"grade.essays.{name}")], value)
    book.save(path)
    return path


def test_essays_go_out_and_come_back(graded):
    path = essays(graded, {(2, "level"): 2, (3, "points"): "2", (3, "comment"): "好", (4, "level"): "1"})
    sheet = openpyxl.load_workbook(path).active
    assert (
        sheet.max_row == 5
        and sheet["F2"].value == "Because <b>it</b> is so."
        and "2  中 (2)" in sheet["G2"].value
    )
    assert exchange.read_essays(path, **where(graded)) == 3
    with Gradebook(graded / "gradebook.db") as book:
        given = {key: (one.points, one.comment) for key, one in book.given(tiny.ID).items()}
    assert given == {
        ("20250001", "essay", "clear"): (2, ""),
        ("20250001", "essay", "true"): (2, "好"),
        ("20250002", "essay", "clear"): (4, ""),
    }
    assert exported(graded)[1][2:4] == ["90.0", ""] and exported(graded)[1][7] == "4.0"
    assert exchange.read_essays(path, **where(graded)) == 0
    assert (
        exchange.read_essays(essays(graded), **where(graded)) == 0
    )  # what was given stands in the new sheet


def test_marks_by_hand_survive_another_grading(graded):
    exchange.read_essays(essays(graded, {(2, "level"): 1}), **where(graded))
    (graded / f"{tiny.ID}.toml").write_text(
        tiny.SHEET.replace("points = 4\nkind", "points = 5\nkind"), encoding="utf-8"
    )
    summary = tiny.grade(graded)
    assert summary.lines[0].points == 5 + 8 + 2 + 4 and summary.lines[0].fresh


@pytest.mark.parametrize(("changes", "row", "named"), [
    ({(3, "level"): 3}, 3, "1 到 2"), ({(3, "level"): "x"}, 3, "x"), ({(2, "level"): 1.5}, 2, "1.5"), ({(3, "points"): 9}, 3, "9"),
    ({(3, "points"): -1}, 3, "-1"), ({(2, "level"): 1, (2, "points"): 1}, 2, "4"), ({(4, "id"): "7"}, 4, "7"),
    ({(5, "criterion"): "none"}, 5, "none"), ({(2, "version"): "00000000"}, 2, "重新导出"),
])  # fmt: skip
def test_a_wrong_row_is_named_and_nothing_is_taken(graded, changes, row, named):
    path = essays(graded, {(2, "comment"): "kept back", **changes})
    with pytest.raises(InputError) as error:
        exchange.read_essays(path, **where(graded))
    assert f"第 {row} 行" in str(error.value) and named in str(error.value)
    with Gradebook(graded / "gradebook.db") as book:
        assert book.given(tiny.ID) == {}


def test_a_file_that_is_no_essay_sheet(graded):
    with pytest.raises(InputError, match="roster.csv"):
        exchange.read_essays(graded / "roster.csv", **where(graded))
    openpyxl.Workbook().save(graded / "other.xlsx")
    with pytest.raises(InputError, match="other.xlsx"):
        exchange.read_essays(graded / "other.xlsx", **where(graded))
