"""Results are written once, together with their attempt, and nothing is ever changed."""

import sqlite3

import pytest

from casekit.errors import InputError
from casekit.grading.gradebook import Gradebook, Result
from casekit.grading.intake import Note
from casekit.grading.roster import Student
from casekit.mark import Mark


def result(key="k1", status="graded", **more):
    marks = (Mark("q", 3, 5, "partial", None, {"right": 3, "total": 5}),)
    return Result(
        key,
        more.pop("exercise", "e"),
        "1",
        status,
        "zh",
        "f.ipynb",
        "sha",
        3,
        5,
        1.5,
        marks,
        (Note("grade.note.died", {"cell": 2}),),
        {"q": "d"},
        {"essay": "文"},
        **more,
    )


@pytest.fixture
def book(tmp_path):
    with Gradebook(tmp_path / "g.db") as book:
        book.enrol([Student("1", "张", "A", "e", "zh"), Student("2")])
        yield book


def test_a_result_comes_back_as_written(book):
    attempt = book.begin("k1")
    assert book.crashes("k1") == 1 and not book.known("k1")
    book.record(result(), "笔记本", attempt, [Note("grade.note.encoding", {"file": "f"})])
    assert book.crashes("k1") == 0 and book.known("k1") and book.notebook("k1") == "笔记本"
    back = book.results("e")["1"]
    assert back.marks == result().marks and back.essays == {"essay": "文"}
    assert [note.code for note in back.notes] == ["grade.note.encoding", "grade.note.died"]
    assert book.only() == "e"
    book.record(result("k9", exercise="other"))
    assert book.only() == ""


def test_the_first_result_of_a_key_stays(book):
    book.record(result())
    book.record(result(at="later"), "other")
    assert book.notebook("k1") is None


def test_a_failed_file_does_not_displace_a_mark(book):
    book.record(result("k1"))
    book.record(result("k2", "failed"))
    assert book.results("e")["1"].key == "k1"
    book.record(result("k3", "partly"))
    assert book.results("e")["1"].key == "k3"
    book.point("e", "1", "k1", "f.ipynb")
    assert book.results("e")["1"].key == "k1"


@pytest.mark.parametrize("table", ["result", "manual", "history"])
def test_what_is_written_cannot_be_changed(book, table):
    book.record(result())
    book.give("e", [("1", "q", "c", 2.0, "", "sha")])
    for verb in (f"DELETE FROM {table}", f"UPDATE {table} SET at = ''"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            book.db.execute(verb)
    assert [row["what"] for row in book.db.execute("SELECT what FROM history")] == ["counts", "essays", "manual"]


def test_the_newest_mark_by_hand_counts(book):
    book.give("e", [("1", "q", "c", 2.0, "", "sha"), ("1", "q", "d", None, "?", "sha")])
    book.give("e", [("1", "q", "c", 1.0, "less", "sha")])
    given = book.given("e")
    assert (given["1", "q", "c"].points, given["1", "q", "c"].comment, given["1", "q", "d"].points) == (
        1.0,
        "less",
        None,
    )


def test_all_or_nothing(book):
    with pytest.raises(sqlite3.IntegrityError):
        book.give("e", [("1", "q", "c", 2.0, "", "sha"), ("1", "q", None, 2.0, "", "sha")])
    assert book.given("e") == {}


def test_a_new_class_list_replaces_the_old(book):
    book.enrol([Student("2", "李"), Student("3")])
    assert [student.id for student in book.roster()] == ["2", "3"] and book.roster()[0].name == "李"


def test_it_is_open_to_two_at_a_time(book, tmp_path):
    with Gradebook(tmp_path / "g.db") as other:
        book.record(result())
        other.record(result("k2"))
        assert book.known("k2")
        assert book.db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


def test_what_is_no_gradebook_is_named(tmp_path):
    with pytest.raises(InputError, match="none.db"):
        Gradebook(tmp_path / "none.db", create=False)
    (tmp_path / "text.db").write_text("hello" * 500)
    with pytest.raises(InputError, match="text.db"):
        Gradebook(tmp_path / "text.db")
    with Gradebook(tmp_path / "new.db") as book:
        book.db.execute("PRAGMA user_version = 99")
    with pytest.raises(InputError, match="new.db"):
        Gradebook(tmp_path / "new.db")
