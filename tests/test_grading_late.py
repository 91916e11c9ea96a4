"""What is late costs what the rule says, apart from the marks, and may be waived."""

import csv
import os
import zipfile
from datetime import datetime

import pytest
import tiny

from casekit import labels, sheet
from casekit.errors import InputError
from casekit.grading import byhand, exchange, feedback, files, history, late, master
from casekit.grading.gradebook import Gradebook
from casekit.sheet import Late

RULE = Late(datetime(2026, 11, 30, 23, 59, 59), 0.1, 0.5, 15)
SET = {"due": "2026-11-30T23:59", "late": "10% per day, at most 50%, 15 min"}


def at(*when):
    return datetime(*when).timestamp()


@pytest.mark.parametrize(("handed", "days", "share"), [
    ((2026, 11, 30, 23, 59, 59), 0, 0), ((2026, 12, 1, 0, 14), 0, 0),  # grace
    ((2026, 12, 1, 0, 16), 1, 0.1), ((2026, 12, 1, 23, 59), 1, 0.1), ((2026, 12, 2, 0, 0), 2, 0.2), ((2027, 3, 1), 91, 0.5),
])  # fmt: skip
def test_each_day_begun_counts_up_to_the_most(handed, days, share):
    found = late.of(RULE, "", at(*handed))
    assert (found.days, found.share) == (days, share) if days else found is None


def test_an_extension_goes_before_the_rule_and_nothing_known_costs_nothing():
    assert late.of(RULE, "2026-12-05T23:59:59", at(2026, 12, 4)) is None
    assert late.of(RULE, "2026-11-01", at(2026, 11, 2, 12)).days == 1
    assert late.of(Late(), "", at(2030, 1, 1)) is None and late.of(RULE, "", None) is None


@pytest.mark.parametrize("text", ["soon", "2026-13-01", "30.11.2026", "", "2026-11-30 25:00"])
def test_a_moment_that_cannot_be_read_is_none(text):
    assert sheet.moment(text) is None


@pytest.mark.parametrize("words", ["a lot", "110% per day", "1% 2% 3%"])
def test_a_rule_that_cannot_be_read_is_refused(words):
    with pytest.raises(InputError, match=words[:4]):
        late.parse("", words)
    with pytest.raises(InputError, match="soon"):
        late.parse("soon")


@pytest.fixture
def room(tmp_path):
    labels.use("zh")
    tiny.room(tmp_path)
    names = "学号,姓名,语言,截止时间\n20250001,张伟,zh,\n20250002,王芳,en,2026/12/3 23:59\n20250003,李娜,,\n20250004,赵敏,,\n"
    (tmp_path / "roster.csv").write_text(names, encoding="utf-8")
    for name in (tmp_path / "in").iterdir():
        os.utime(name, (at(2026, 12, 2, 8), at(2026, 12, 2, 8)))
    return tmp_path


def where(room):
    return {"exercise": room / f"{tiny.ID}.toml", "gradebook": room / "gradebook.db"}


def lines(summary):
    return {line.student[-1]: (line.points, line.penalty) for line in summary.lines}


def test_the_penalty_is_taken_off_the_points_and_told_everywhere(room):
    summary = tiny.grade(room, **SET)
    assert lines(summary)["1"] == (pytest.approx(14 - 2.8), 2.8)
    assert lines(summary)["2"] == (8.4, 0)  # has an extension
    assert summary.lines[0].notes[-1].code == "grade.note.late"
    assert lines(tiny.grade(room))["1"][1] == 2.8  # the rule stays
    exchange.export(room / "m.csv", **where(room))
    rows = list(csv.DictReader((room / "m.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert (rows[0]["成绩"], rows[0]["迟交扣分"], rows[0]["基数 (4)"]) == ("56.0", "2.8", "4")
    exchange.export(room / "n.csv", **where(room), format="nbgrader")
    (row, *_) = csv.DictReader((room / "n.csv").read_text(encoding="utf-8-sig").splitlines())
    assert (row["raw_score"], row["late_submission_penalty"], row["score"]) == ("14", "2.8", "11.2")
    assert row["duedate"].startswith("2026-11-30 23:59")
    pages = sorted(path.read_text(encoding="utf-8") for path in feedback.write(room / "out", **where(room)))
    chinese = next(page for page in pages if "张伟" in page)
    assert "11.2 / 20" in chinese and "迟交 2 天" in chinese and "扣 20%" in chinese


def test_it_can_be_waived_set_and_brought_back(room):
    tiny.grade(room, **SET)
    byhand.waive("张伟", "病假", **where(room))
    assert lines(tiny.grade(room))["1"] == (14, 0)
    page = next(path.read_text(encoding="utf-8") for path in feedback.write(room / "out", **where(room)))
    assert "老师免去了扣分：病假" in page and "14 / 20" in page
    byhand.waive("20250001", "half", 1.5, **where(room))
    assert lines(tiny.grade(room))["1"] == (12.5, 1.5)
    with Gradebook(room / "gradebook.db") as book:
        book.revert(history.undoable(book))
        book.revert(history.undoable(book))
    assert lines(tiny.grade(room))["1"] == (pytest.approx(11.2), 2.8)


def test_a_rule_in_the_sheet_goes_out_to_students_and_runs_nothing_again(room):
    tiny.grade(room)
    path = room / f"{tiny.ID}.toml"
    path.write_text(
        tiny.SHEET.replace("data = []", 'data = []\n[late]\ndue = 2026-11-30\nper_day = 0.25\ngrace = 10'), encoding="utf-8"
    )

    def never(job):
        raise AssertionError

    summary = tiny.grade(room, runner=never)
    assert lines(summary)["1"] == (7, 7)
    assert lines(tiny.grade(room, late="10%"))["1"][1] == 2.8  # the due date of the sheet, the share of the command
    public = master.load(path).public
    path.write_text(public, encoding="utf-8")
    assert sheet.read(path).late == Late(datetime(2026, 11, 30, 23, 59, 59), 0.25, 1.0, 10)


def test_a_second_download_makes_nobody_late(room):
    os.utime(room / "in" / "20250001.ipynb", (at(2026, 11, 30), at(2026, 11, 30)))
    tiny.grade(room, **SET)
    os.utime(room / "in" / "20250001.ipynb", (at(2027, 1, 1), at(2027, 1, 1)))
    assert lines(tiny.grade(room))["1"] == (14, 0)


def test_the_time_is_of_what_the_platform_wrote_not_of_what_the_student_packed(tmp_path):
    with zipfile.ZipFile(tmp_path / "20250001.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo("a.ipynb", (2020, 1, 1, 0, 0, 0)), "{}")
    os.utime(tmp_path / "20250001.zip", (at(2026, 12, 2), at(2026, 12, 2)))
    (found,) = files.walk(tmp_path)
    assert found.modified == at(2020, 1, 1) and found.handed == at(2026, 12, 2)
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as outer:
        outer.writestr(zipfile.ZipInfo("20250001.zip", (2026, 12, 3, 0, 0, 0)), (tmp_path / "20250001.zip").read_bytes())
    (found,) = files.walk(tmp_path / "all.zip")
    assert found.handed == at(2026, 12, 3)


def test_a_bad_extension_in_the_class_list_is_named(room):
    (room / "roster.csv").write_text("学号,due\n1,sometime\n", encoding="utf-8")
    with pytest.raises(InputError, match="sometime"):
        tiny.grade(room)
