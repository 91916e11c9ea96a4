"""A marking sheet is read as written, and a bad one is named by file, question and remedy."""

import pytest

from casekit import sheet
from casekit.errors import InputError

GOOD = """
title = {zh = "例", en = "Demo"}
data = ["orders"]

[[question]]
id = "recency"
points = 8
kind = "series"
unit = "days"
tolerance = 0.5
title = {zh = "近", en = "Recency"}
[[question.mistake]]
name = "calendar"
credit = 0.5
words = {zh = "错", en = "Wrong"}

[[question]]
id = "pick"
points = 2
kind = "choice"
title = {zh = "选", en = "Pick"}
options = {a = {zh = "甲", en = "A"}, b = {zh = "乙", en = "B"}}

[[question]]
id = "essay"
points = 5
kind = "essay"
title = {zh = "文", en = "Essay"}
[[question.criterion]]
id = "clear"
title = {zh = "清楚", en = "Clear"}
[[question.criterion.level]]
points = 0
words = {zh = "无", en = "None"}
[[question.criterion.level]]
points = 5
words = {zh = "好", en = "Good"}
"""


@pytest.fixture
def write(tmp_path):
    def write(text, name="05_demo.toml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_good_sheet(write):
    read = sheet.read(write(GOOD))
    assert (read.id, read.points, read.data, read.title["en"]) == ("05_demo", 15, ("orders",), "Demo")
    assert [question.id for question in read.questions] == ["recency", "pick", "essay"]
    recency = read.question("recency")
    assert (recency.kind, recency.unit, recency.tolerance, recency.follow, recency.partial) == (
        "series",
        "days",
        0.5,
        0.8,
        0.5,
    )
    assert recency.mistakes == (sheet.Mistake("calendar", 0.5, {"zh": "错", "en": "Wrong"}),)
    assert read.question("essay").rubric[0].points == 5
    assert [level.points for level in read.question("essay").rubric[0].levels] == [5, 0]
    assert read.question("none") is None


def test_the_hash_follows_what_decides_a_mark(write):
    first = sheet.read(write(GOOD))
    due = '[late]\ndue = "2026-11-30"\nper_day = 0.1\n'
    assert sheet.read(write(GOOD, "other.toml")).sha == first.sha
    assert sheet.read(write(f"# a comment\n{due}{GOOD[GOOD.index('[[') :]}".replace("[late]", GOOD[: GOOD.index("[[")] + "[late]"))).sha == first.sha
    assert sheet.read(write(GOOD.replace("points = 8", "points = 9"))).sha != first.sha


@pytest.mark.parametrize(
    ("old", "new", "code", "named"),
    [
        ('kind = "series"', 'kind = "table"', "sheet.value", ["recency", "kind", "number | choice"]),
        ("points = 8", "points = -1", "sheet.value", ["recency", "points", ">= 0"]),
        ("points = 8", "points = true", "sheet.value", ["recency", "points"]),
        ("points = 8\n", "", "sheet.value", ["recency", "points"]),
        ("tolerance = 0.5", "tolerence = 0.5", "sheet.unknown_field", ["recency", "tolerence", "tolerance"]),
        ("credit = 0.5", "credit = 50", "sheet.value", ["recency", "credit", "0 … 1"]),
        ('id = "pick"', 'id = "recency"', "sheet.repeated", ["recency"]),
        ('id = "pick"', 'id = "a__b"', "sheet.value", ["a__b", "id"]),
        ('en = "Recency"', 'en = " "', "sheet.value", ["recency", "title", "zh"]),
        (', b = {zh = "乙", en = "B"}', "", "sheet.value", ["pick", "options"]),
        ("points = 5\nkind", "points = 6\nkind", "sheet.value", ["essay", "points", "criterion"]),
        ('data = ["orders"]', 'data = "orders"', "sheet.value", ["data"]),
        ("[[question]]", "[[questions]]", "sheet.value", ["question"]),
        ('title = {zh = "例"', 'title = {zh = "例', "sheet.toml", ["05_demo.toml"]),
    ],
)
def test_a_bad_sheet_names_file_question_and_remedy(write, old, new, code, named):
    with pytest.raises(InputError) as caught:
        sheet.read(write(GOOD.replace(old, new)))
    assert caught.value.code == code
    assert all(word in str(caught.value) for word in ["05_demo.toml", *named])


def test_a_missing_sheet(tmp_path):
    with pytest.raises(InputError, match="nothing.toml"):
        sheet.read(tmp_path / "nothing.toml")


def test_a_frame_needs_columns_and_a_function_parameters(write):
    for kind, field in [
        ("frame", "columns"),
        ("function", "parameters"),
        ("choice", "options"),
        ("essay", "criterion"),
    ]:
        with pytest.raises(InputError) as caught:
            sheet.read(write(GOOD.replace('kind = "series"', f'kind = "{kind}"')))
        assert caught.value.details["field"] == field
