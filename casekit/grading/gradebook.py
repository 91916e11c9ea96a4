"""The gradebook: one SQLite file; every result written once, in one transaction, and never changed."""

import json
import sqlite3
import zlib
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path

from casekit.errors import InputError
from casekit.grading.intake import Note
from casekit.grading.roster import Student
from casekit.mark import Mark

VERSION = 1
TABLES = """
CREATE TABLE IF NOT EXISTS student (
  id TEXT PRIMARY KEY, name TEXT, "group" TEXT, email TEXT, lang TEXT, listed INTEGER);
CREATE TABLE IF NOT EXISTS result (  -- key: hash of all that decides the result; told: the Result as JSON
  key TEXT PRIMARY KEY, exercise TEXT NOT NULL, student TEXT NOT NULL, status TEXT NOT NULL, points REAL NOT NULL,
  at TEXT NOT NULL, told TEXT NOT NULL, notebook BLOB);
CREATE TABLE IF NOT EXISTS current (  -- which result counts
  exercise TEXT, student TEXT, key TEXT NOT NULL REFERENCES result, file TEXT NOT NULL, notes TEXT NOT NULL,
  PRIMARY KEY (exercise, student));
CREATE TABLE IF NOT EXISTS attempt (  -- begun before the run, ended with the result: one left open is a crash
  id INTEGER PRIMARY KEY, key TEXT NOT NULL, at TEXT NOT NULL, outcome TEXT);
CREATE TABLE IF NOT EXISTS manual (  -- marks given by hand; the newest row of a criterion counts
  id INTEGER PRIMARY KEY, at TEXT NOT NULL, exercise TEXT NOT NULL, student TEXT NOT NULL, question TEXT NOT NULL,
  criterion TEXT NOT NULL, points REAL, comment TEXT NOT NULL, essay_sha TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS history (
  id INTEGER PRIMARY KEY, at TEXT NOT NULL, what TEXT NOT NULL, exercise TEXT, student TEXT, details TEXT NOT NULL);
"""
APPEND_ONLY = "".join(
    f"CREATE TRIGGER IF NOT EXISTS {table}_no_{verb} BEFORE {verb} ON {table} "
    f"BEGIN SELECT RAISE(ABORT, 'the {table} of a gradebook is append-only'); END;"
    for table in ("history", "manual", "result")
    for verb in ("UPDATE", "DELETE")
)
MAKE = f"BEGIN IMMEDIATE; {TABLES} {APPEND_ONLY} PRAGMA user_version = {VERSION}; COMMIT;"


@dataclass(frozen=True)
class Result:
    """Hold what one submission earned and how that came about.

    一份作业的得分及其由来。
    """

    key: str
    exercise: str
    student: str
    status: str  # graded, partly (the kernel stopped before the end) or failed
    lang: str = ""
    file: str = ""
    file_sha: str = ""
    points: float = 0.0
    maximum: float = 0.0
    seconds: float = 0.0
    marks: tuple[Mark, ...] = ()
    notes: tuple[Note, ...] = ()
    digests: dict = field(default_factory=dict)  # question -> hash of the answer
    essays: dict = field(default_factory=dict)  # question -> text
    at: str = ""
    cpu: float | None = None  # seconds of the kernel
    memory: int | None = None  # bytes at its peak
    level: str = ""  # the walls it ran behind


@dataclass(frozen=True)
class Given:
    """Hold the mark that a teacher gave for one criterion of an essay.

    教师为论述题一条标准给出的分数。
    """

    points: float | None
    comment: str
    essay_sha: str


class Gradebook:
    """Open or make a gradebook; use it in a ``with`` block, in one thread.

    打开或新建成绩册；请在 ``with`` 语句中、在一个线程里使用。

    Parameters
    ----------
    path : str or Path
    create : bool
        Whether a missing file is made.

    Raises
    ------
    InputError
        ``grading.gradebook_missing``, ``grading.gradebook_format`` or ``grading.gradebook_newer``.
    """

    def __init__(self, path, create=True):
        path = Path(path)
        if not create and not path.is_file():
            raise InputError("grading.gradebook_missing", file=path)
        try:
            # Autocommit; transactions are opened by hand, so that what belongs together is seen in the code.
            self.db = sqlite3.connect(path, isolation_level=None, timeout=60)
            self.db.row_factory = sqlite3.Row
            self.db.execute("PRAGMA journal_mode=WAL")
            self.db.execute("PRAGMA synchronous=FULL")
            version = self.db.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                self.db.executescript(MAKE)
        except sqlite3.OperationalError as error:
            raise InputError("grading.gradebook_unusable", file=path, why=error) from error
        except sqlite3.DatabaseError as error:
            raise InputError("grading.gradebook_format", file=path) from error
        if version > VERSION:
            raise InputError("grading.gradebook_newer", file=path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.db.close()

    # --- writing ---

    def enrol(self, roster):
        """Take over the class list; who is not on it any more stays known but unlisted.

        登记班级名单；不再在名单上的学生保留记录，但不再列出。
        """
        with _transaction(self.db):
            self.db.execute("UPDATE student SET listed = NULL")
            self.db.executemany(
                "INSERT OR REPLACE INTO student VALUES (:id, :name, :group, :email, :lang, :listed)",
                [{**asdict(student), "listed": at} for at, student in enumerate(roster)],
            )

    def begin(self, key):
        """Note, before a run, that it begins; return the attempt's number.

        运行之前登记“开始”；返回尝试编号。
        """
        return self.db.execute("INSERT INTO attempt (key, at) VALUES (?, ?)", (key, _now())).lastrowid

    def end(self, attempt, outcome):
        """Note that an attempt ended without a result, by a fault that is not the student's.

        登记一次尝试因非学生原因而结束、没有结果。
        """
        self.db.execute("UPDATE attempt SET outcome = ? WHERE id = ?", (outcome, attempt))

    def crashes(self, key):
        """Return how often the grader died while it ran this submission.

        返回运行这份作业时评分程序中断的次数。
        """
        sql = "SELECT count(*) FROM attempt WHERE key = ? AND outcome IS NULL"
        return self.db.execute(sql, (key,)).fetchone()[0]

    def record(self, result, notebook=None, attempt=None, notes=()):
        """Write a result, end its attempt and make it the one that counts, all or nothing.

        写入结果、结束尝试并设为有效结果，三者同时成功或同时不做。
        """
        told = _json(asdict(replace(result, at=_now())))
        blob = zlib.compress(notebook.encode()) if notebook else None
        row = result.key, result.exercise, result.student, result.status, result.points, _now(), told, blob
        with _transaction(self.db):
            if self.db.execute("INSERT OR IGNORE INTO result VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row).rowcount:
                self._log("result", result.exercise, result.student, key=result.key, points=result.points)
            if attempt:
                self.end(attempt, result.status)
            self._point(result.exercise, result.student, result.key, result.file, notes)

    def point(self, exercise, student, key, file, notes=()):
        """Make a result that is on record the one that counts.

        把已登记的结果设为有效结果。
        """
        with _transaction(self.db):
            self._point(exercise, student, key, file, notes)

    def _point(self, exercise, student, key, file, notes):
        sql = "SELECT key, status FROM current JOIN result USING (key, exercise, student) WHERE (exercise, student) = (?, ?)"
        before = self.db.execute(sql, (exercise, student)).fetchone()
        status = self.db.execute("SELECT status FROM result WHERE key = ?", (key,)).fetchone()["status"]
        if before and before["status"] != "failed" and status == "failed":
            return  # a later unreadable file takes nothing away from an earlier good one
        row = exercise, student, key, file, _json([asdict(note) for note in notes])
        self.db.execute("INSERT OR REPLACE INTO current VALUES (?, ?, ?, ?, ?)", row)
        if before and before["key"] != key:
            self._log("counts", exercise, student, key=key, before=before["key"])

    def give(self, exercise, rows):
        """Record marks given by hand, all or none; rows are (student, question, criterion, points, comment, essay sha).

        登记人工评分，全部成功或全部不做。
        """
        with _transaction(self.db):
            given = [(None, _now(), exercise, *row) for row in rows]
            self.db.executemany("INSERT INTO manual VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", given)
            self._log("manual", exercise, None, rows=len(rows))

    def _log(self, what, exercise, student, **details):
        row = None, _now(), what, exercise, student, _json(details)
        self.db.execute("INSERT INTO history VALUES (?, ?, ?, ?, ?, ?)", row)

    # --- reading ---

    def roster(self):
        """Return the students of the last class list, in its order.

        按顺序返回最近一次名单上的学生。
        """
        sql = 'SELECT id, name, "group", email, lang FROM student WHERE listed IS NOT NULL ORDER BY listed'
        return tuple(Student(*row) for row in self.db.execute(sql))

    def known(self, key):
        """Tell whether this very submission has a result.

        判断这份作业是否已有结果。
        """
        return self.db.execute("SELECT 1 FROM result WHERE key = ?", (key,)).fetchone() is not None

    def results(self, exercise):
        """Return the results that count, by student; notes of the intake come first.

        按学生返回有效结果；收取时的说明在前。
        """
        sql = (
            "SELECT told, current.file, notes FROM current JOIN result USING (key) WHERE current.exercise = ?"
        )
        results = (_result(*row) for row in self.db.execute(sql, (exercise,)))
        return {result.student: result for result in results}

    def notebook(self, key):
        """Return the executed notebook of a result as JSON text, or ``None``.

        返回某个结果中执行过的笔记本（JSON 文本）；没有则返回 ``None``。
        """
        row = self.db.execute("SELECT notebook FROM result WHERE key = ?", (key,)).fetchone()
        return zlib.decompress(row["notebook"]).decode() if row and row["notebook"] else None

    def given(self, exercise):
        """Return the marks given by hand: ``{(student, question, criterion): Given}``.

        返回人工评分：``{(学生, 题目, 标准): Given}``。
        """
        sql = "SELECT student, question, criterion, points, comment, essay_sha FROM manual WHERE exercise = ? ORDER BY id"
        return {tuple(row[:3]): Given(*row[3:]) for row in self.db.execute(sql, (exercise,))}

    def only(self):
        """Return the id of the only exercise that has results, or "" if there are none or several.

        返回唯一一份有结果的练习的编号；没有或不止一份时返回 ""。
        """
        found = [row[0] for row in self.db.execute("SELECT DISTINCT exercise FROM current")]
        return found[0] if len(found) == 1 else ""


@contextmanager
def _transaction(db):
    db.execute("BEGIN IMMEDIATE")  # at once, so that a second writer waits instead of failing half-way
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _result(told, file, notes):
    row = json.loads(told)
    row["marks"] = tuple(Mark(**mark) for mark in row["marks"])
    row["notes"] = tuple(Note(**note) for note in json.loads(notes) + row["notes"])
    return Result(**row | {"file": file})


def _json(value):
    return json.dumps(value, ensure_ascii=False)


def _now():
    return datetime.now().astimezone().isoformat(timespec="seconds")
