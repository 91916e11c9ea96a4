"""The tables of a gradebook, and how an older one becomes a newer one."""

import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path

from casekit.errors import InputError

VERSION = 3
TABLES = """
CREATE TABLE IF NOT EXISTS student (
  id TEXT PRIMARY KEY, name TEXT, "group" TEXT, email TEXT, lang TEXT, listed INTEGER, due TEXT);
CREATE TABLE IF NOT EXISTS result (  -- key: hash of all that decides the result; told: the Result as JSON
  key TEXT PRIMARY KEY, exercise TEXT NOT NULL, student TEXT NOT NULL, status TEXT NOT NULL, points REAL NOT NULL,
  at TEXT NOT NULL, told TEXT NOT NULL, notebook BLOB);
CREATE TABLE IF NOT EXISTS current (  -- which result counts
  exercise TEXT, student TEXT, key TEXT NOT NULL REFERENCES result, file TEXT NOT NULL, notes TEXT NOT NULL,
  handed REAL, PRIMARY KEY (exercise, student));
CREATE TABLE IF NOT EXISTS attempt (  -- begun before the run, ended with the result: one left open is a crash
  id INTEGER PRIMARY KEY, key TEXT NOT NULL, at TEXT NOT NULL, outcome TEXT);
-- Given by hand; the newest row counts. A criterion of an essay; "": the points of the whole question; question "",
-- criterion "late": what lateness takes off. points NULL: not given any more.
CREATE TABLE IF NOT EXISTS manual (
  id INTEGER PRIMARY KEY, at TEXT NOT NULL, exercise TEXT NOT NULL, student TEXT NOT NULL, question TEXT NOT NULL,
  criterion TEXT NOT NULL, points REAL, comment TEXT NOT NULL, essay_sha TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS rule (exercise TEXT PRIMARY KEY, late TEXT NOT NULL);  -- goes before the sheet's own
CREATE TABLE IF NOT EXISTS secret (value TEXT NOT NULL);  -- nobody foresees what functions are tried on
CREATE TABLE IF NOT EXISTS history (  -- a row for each action, then one for each change with the action's id as entry
  id INTEGER PRIMARY KEY, at TEXT NOT NULL, what TEXT NOT NULL, exercise TEXT, student TEXT, details TEXT NOT NULL,
  who TEXT, entry INTEGER);
"""
APPEND_ONLY = "".join(
    f"CREATE TRIGGER IF NOT EXISTS {table}_no_{verb} BEFORE {verb} ON {table} "
    f"BEGIN SELECT RAISE(ABORT, 'the {table} of a gradebook is append-only'); END;"
    for table in ("history", "manual", "result")
    for verb in ("UPDATE", "DELETE")
)
SECRET = "INSERT INTO secret SELECT hex(randomblob(16)) WHERE NOT EXISTS (SELECT * FROM secret);"
MAKE = f"BEGIN IMMEDIATE; {TABLES} {SECRET} {APPEND_ONLY} PRAGMA user_version = {VERSION}; COMMIT;"
MIGRATIONS = {  # version -> what takes it to the next; new columns come last, as in TABLES
    1: """
ALTER TABLE student ADD COLUMN due TEXT;
ALTER TABLE current ADD COLUMN handed REAL;
ALTER TABLE history ADD COLUMN who TEXT;
ALTER TABLE history ADD COLUMN entry INTEGER;
CREATE TABLE rule (exercise TEXT PRIMARY KEY, late TEXT NOT NULL);
""",
    2: "CREATE TABLE secret (value TEXT NOT NULL); INSERT INTO secret VALUES ('')",  # so that what is on record can be judged
}


def connect(path):
    """Open a gradebook or make one; an older one is first copied beside itself, then brought up to date.

    打开或新建成绩册；旧版本先在旁边留一份备份，再升级。

    Returns
    -------
    sqlite3.Connection
        In autocommit: transactions are opened by hand, so that what belongs together is seen in the code.

    Raises
    ------
    InputError
        ``grading.gradebook_unusable``, ``grading.gradebook_format`` or ``grading.gradebook_newer``.
    """
    try:
        db = sqlite3.connect(path, isolation_level=None, timeout=60)
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        if _version(db) == 0:
            db.executescript(MAKE)
        elif _version(db) < VERSION:
            _migrate(db, path)
    except sqlite3.OperationalError as error:
        raise InputError("grading.gradebook_unusable", file=path, why=error) from error
    except sqlite3.DatabaseError as error:
        raise InputError("grading.gradebook_format", file=path) from error
    if _version(db) > VERSION:
        raise InputError("grading.gradebook_newer", file=path)
    return db


def _migrate(db, path):
    copy = Path(f"{path}.v{_version(db)}.bak")
    if not copy.exists():
        part = Path(f"{copy}.part")  # under its own name only when it is whole
        with closing(sqlite3.connect(part)) as kept:
            db.backup(kept)
        part.replace(copy)
    with transaction(db):
        for step in range(_version(db), VERSION):  # another process may have been faster
            for statement in MIGRATIONS[step].split(";"):
                db.execute(statement)
        db.execute(f"PRAGMA user_version = {VERSION}")


def _version(db):
    return db.execute("PRAGMA user_version").fetchone()[0]


@contextmanager
def transaction(db):
    """Do all that is done within, or nothing of it.

    其中的操作要么全部成功，要么全部不做。
    """
    db.execute("BEGIN IMMEDIATE")  # at once, so that a second writer waits instead of failing half-way
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
