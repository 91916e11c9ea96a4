"""Results are written once, together with their attempt, and nothing is ever changed."""

import sqlite3

import pytest

from casekit.errors import InputError
from casekit.grading import history, schema
from casekit.grading.gradebook import Given, Gradebook, Result
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


def test_each_has_a_secret_and_keeps_it(tmp_path, monkeypatch):
    monkeypatch.setattr(schema, "MAKE", schema.MAKE.replace("'tests'", "hex(randomblob(16))"))
    told = []
    for name in ("a.db", "a.db", "b.db"):
        with Gradebook(tmp_path / name) as book:
            told.append(book.secret)
    assert told[0] == told[1] != told[2] and len(told[0]) == len(told[2]) == 32


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


OLD = """
CREATE TABLE student (id TEXT PRIMARY KEY, name TEXT, "group" TEXT, email TEXT, lang TEXT, listed INTEGER);
CREATE TABLE result (key TEXT PRIMARY KEY, exercise TEXT NOT NULL, student TEXT NOT NULL, status TEXT NOT NULL, points REAL NOT NULL,
  at TEXT NOT NULL, told TEXT NOT NULL, notebook BLOB);
CREATE TABLE current (exercise TEXT, student TEXT, key TEXT NOT NULL REFERENCES result, file TEXT NOT NULL, notes TEXT NOT NULL,
  PRIMARY KEY (exercise, student));
CREATE TABLE attempt (id INTEGER PRIMARY KEY, key TEXT NOT NULL, at TEXT NOT NULL, outcome TEXT);
CREATE TABLE manual (id INTEGER PRIMARY KEY, at TEXT NOT NULL, exercise TEXT NOT NULL, student TEXT NOT NULL, question TEXT NOT NULL,
  criterion TEXT NOT NULL, points REAL, comment TEXT NOT NULL, essay_sha TEXT NOT NULL);
CREATE TABLE history (id INTEGER PRIMARY KEY, at TEXT NOT NULL, what TEXT NOT NULL, exercise TEXT, student TEXT, details TEXT NOT NULL);
CREATE TRIGGER history_no_UPDATE BEFORE UPDATE ON history BEGIN SELECT RAISE(ABORT, 'the history of a gradebook is append-only'); END;
INSERT INTO student VALUES ('1', '张', 'A', 'e', 'zh', 0);
INSERT INTO result VALUES ('k1', 'e', '1', 'graded', 3.0, '2026-11-22T01:00:00+00:00',
  '{"key": "k1", "exercise": "e", "student": "1", "status": "graded", "points": 3, "maximum": 5, "marks": [], "notes": []}', NULL);
INSERT INTO current VALUES ('e', '1', 'k1', 'f.ipynb', '[]');
INSERT INTO manual VALUES (NULL, '2026', 'e', '1', 'q', 'c', 2.0, 'good', 'sha');
INSERT INTO history VALUES (1, '2026', 'result', 'e', '1', '{"key": "k1"}');
PRAGMA user_version = 1;
"""


def test_an_older_gradebook_is_copied_and_then_migrated(tmp_path):
    path = tmp_path / "old.db"
    with sqlite3.connect(path) as db:
        db.executescript(OLD)
    db.close()
    for _ in range(2):  # the second time there is nothing to do
        with Gradebook(path) as book:
            assert book.db.execute("PRAGMA user_version").fetchone()[0] == 3
            assert book.secret == ""  # what functions were tried on is drawn again as it was
            (result,) = book.results("e").values()
            assert (result.points, result.file, result.handed) == (3, "f.ipynb", None)
            assert book.given("e")["1", "q", "c"] == Given(2.0, "good", "sha")
            assert book.roster() == (Student("1", "张", "A", "e", "zh", ""),)
            assert [(one.number, one.what, one.changes) for one in history.read(book)][:1] == [(1, "result", ())]
    with Gradebook(path) as book:
        book.give("e", [("1", "q", "", 4.0, "by hand", "")], "points")
        book.revert(history.undoable(book))
    copy = sqlite3.connect(tmp_path / "old.db.v1.bak")
    assert copy.execute("PRAGMA user_version").fetchone()[0] == 1
    assert copy.execute("SELECT points FROM result").fetchall() == [(3.0,)]
    copy.close()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["old.db", "old.db.v1.bak"]


def test_a_new_gradebook_and_a_migrated_one_have_the_same_columns(tmp_path):
    with sqlite3.connect(tmp_path / "old.db") as db:
        db.executescript(OLD)
    db.close()
    columns = []
    for name in ("old.db", "new.db"):
        with Gradebook(tmp_path / name) as book:
            tables = [row[0] for row in book.db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
            columns.append({t: [row[1] for row in book.db.execute(f'PRAGMA table_info("{t}")')] for t in tables})
    assert columns[0] == columns[1]


def test_a_migration_that_fails_leaves_the_old_one_as_it_was(tmp_path, monkeypatch):
    with sqlite3.connect(tmp_path / "old.db") as db:
        db.executescript(OLD)
    db.close()
    monkeypatch.setitem(schema.MIGRATIONS, 1, schema.MIGRATIONS[1] + "; ALTER TABLE none ADD COLUMN x")
    with pytest.raises(InputError, match="old.db"):
        Gradebook(tmp_path / "old.db")
    with sqlite3.connect(tmp_path / "old.db") as db:
        assert db.execute("PRAGMA user_version").fetchone()[0] == 1
        assert "due" not in [row[1] for row in db.execute("PRAGMA table_info(student)")]
