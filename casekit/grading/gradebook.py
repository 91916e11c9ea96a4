"""The gradebook: one SQLite file; every result written once, in one transaction, and never changed."""

import getpass
import json
import zlib
from contextlib import contextmanager
from dataclasses import asdict, astuple, dataclass, field, replace
from datetime import datetime
from pathlib import Path

from casekit.errors import InputError
from casekit.grading import schema
from casekit.grading.intake import Note
from casekit.grading.roster import Student
from casekit.grading.schema import transaction
from casekit.mark import Mark


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
    data_sha: str = ""  # of the data that it was marked by
    ran: str = ""  # marked again: the key of the result that holds the notebook
    handed: float | None = None  # when it was handed in, seconds since 1970; None in older gradebooks


@dataclass(frozen=True)
class Given:
    """Hold what a teacher gave by hand: for a criterion of an essay, a whole question, or for being late.

    教师手工给出的分数：论述题的一条标准、整道题，或迟交扣分。
    """

    points: float | None
    comment: str
    essay_sha: str = ""


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
        if not create and not Path(path).is_file():
            raise InputError("grading.gradebook_missing", file=path)
        self.db = schema.connect(path)
        self.entry = None  # of the history: what is being done

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.db.close()

    # --- writing ---

    @contextmanager
    def action(self, what, exercise, **details):
        """Put an entry into the history; every change made within belongs to it.

        在历史中登记一项操作；期间的每处改动都归入其中。
        """
        self.entry = self._log(what, exercise, None, **details)
        try:
            yield self.entry
        finally:
            self.entry = None

    def enrol(self, roster):
        """Take over the class list; who is not on it any more stays known but unlisted.

        登记班级名单；不再在名单上的学生保留记录，但不再列出。
        """
        with transaction(self.db):
            self.db.execute("UPDATE student SET listed = NULL")
            self.db.executemany(
                "INSERT OR REPLACE INTO student VALUES (:id, :name, :group, :email, :lang, :listed, :due)",
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
        with transaction(self.db):
            self._keep(result, notebook)
            if attempt:
                self.end(attempt, result.status)
            self._point(result.exercise, result.student, result.key, result.file, notes, result.handed)

    def _keep(self, result, notebook=None):
        told = _json(asdict(replace(result, at=_now())))
        blob = zlib.compress(notebook.encode()) if notebook else None
        row = result.key, result.exercise, result.student, result.status, result.points, _now(), told, blob
        self.db.execute("INSERT OR IGNORE INTO result VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)

    def point(self, exercise, student, key, file, notes=(), handed=None):
        """Make a result that is on record the one that counts.

        把已登记的结果设为有效结果。
        """
        with transaction(self.db):
            self._point(exercise, student, key, file, notes, handed)

    def _point(self, exercise, student, key, file, notes, handed):
        before = self._counting(exercise, student)
        status, points = self.db.execute("SELECT status, points FROM result WHERE key = ?", (key,)).fetchone()
        if before and before["status"] != "failed" and status == "failed":
            return  # a later unreadable file takes nothing away from an earlier good one
        if before and before["key"] == key and before["handed"]:  # the same file, downloaded anew, is no later
            handed = min(before["handed"], handed or before["handed"])
        notes = _json([asdict(note) for note in notes])
        now = {"key": key, "file": file, "notes": notes, "handed": handed, "status": status, "points": points}
        self._put(exercise, student, before, now)

    def _counting(self, exercise, student):
        """Return which result counts for a student and where it came from, as the history tells it."""
        sql = (
            "SELECT current.key, file, notes, handed, status, points FROM current JOIN result USING (key) "
            "WHERE (current.exercise, current.student) = (?, ?)"
        )
        row = self.db.execute(sql, (exercise, student)).fetchone()
        return dict(row) if row else None

    def _put(self, exercise, student, before, now):
        if now is None:
            self.db.execute("DELETE FROM current WHERE (exercise, student) = (?, ?)", (exercise, student))
        else:
            row = exercise, student, *(now[name] for name in ("key", "file", "notes", "handed"))
            self.db.execute("INSERT OR REPLACE INTO current VALUES (?, ?, ?, ?, ?, ?)", row)
        if not (before and now and before["key"] == now["key"]):
            self._log("counts", exercise, student, before=before, after=now)

    def remark(self, exercise, results, **details):
        """Record results that were marked again, all or none; each names in ``ran`` where its notebook is.

        登记重新评分的结果，全部成功或全部不做；``ran`` 指明笔记本所在的结果。
        """
        with transaction(self.db), self.action("regrade", exercise, **details):
            for before, result in results:
                state = self._counting(exercise, result.student)
                if not state or state["key"] != before:
                    raise InputError("grading.meanwhile", id=result.student)
                self._keep(result)
                self._put(exercise, result.student, state, state | {"key": result.key, "points": result.points})

    def give(self, exercise, rows, what="essays", **details):
        """Record what was given by hand, all or none; rows are (student, question, criterion, points, comment, essay sha).

        登记人工评分，全部成功或全部不做。
        """
        with transaction(self.db), self.action(what, exercise, **details):
            for row in rows:
                self._write(exercise, *row)

    def _by_hand(self, exercise, student, question, criterion):
        place = "SELECT points, comment, essay_sha FROM manual WHERE (exercise, student, question, criterion) = (?, ?, ?, ?)"
        row = self.db.execute(f"{place} ORDER BY id DESC", (exercise, student, question, criterion)).fetchone()
        return asdict(Given(*row)) if row else None

    def _write(self, exercise, student, question, criterion, points, comment, essay_sha=""):
        before, now = self._by_hand(exercise, student, question, criterion), Given(points, comment, essay_sha)
        row = None, _now(), exercise, student, question, criterion, *astuple(now)
        self.db.execute("INSERT INTO manual VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        place = {"question": question, "criterion": criterion}
        self._log("manual", exercise, student, **place, before=before, after=asdict(now))

    def set_rule(self, exercise, rule):
        """Set deadline and penalty for being late, a dict that goes before the sheet's own.

        设定截止时间与迟交扣分规则（优先于评分表）。
        """
        with transaction(self.db):
            self._set_rule(exercise, rule)

    def _set_rule(self, exercise, rule):
        before = self.rule(exercise)
        self.db.execute("INSERT OR REPLACE INTO rule VALUES (?, ?)", (exercise, _json(rule)))
        if rule != before:
            self._log("rule", exercise, None, before=before, after=rule)

    def revert(self, entry):
        """Take back every change of an entry of the history, all or none; that is an entry of its own.

        撤销历史中一项操作的全部改动，全部成功或全部不做；撤销本身也登记在历史中。

        Parameters
        ----------
        entry : casekit.grading.history.Entry

        Raises
        ------
        InputError
            ``grading.undo_later`` where something has been changed again since.
        """
        with transaction(self.db), self.action("undo", entry.exercise, undoes=entry.id):
            for change in reversed(entry.changes):
                place = change.exercise, change.student, change.question, change.criterion
                was = change.before
                if change.what == "counts":
                    now = self._counting(*place[:2])
                    same = (now and now["key"]) == (change.after and change.after["key"])
                elif change.what == "manual":
                    same = self._by_hand(*place) == change.after
                else:
                    same = self.rule(change.exercise) == (change.after or None)
                if not same:
                    raise InputError("grading.undo_later", entry=entry.number, id=change.student or change.exercise)
                if change.what == "counts":
                    self._put(*place[:2], now, was)
                elif change.what == "manual":
                    self._write(*place, *(was or asdict(Given(None, ""))).values())
                else:
                    self._set_rule(change.exercise, was or {})

    def _log(self, what, exercise, student, **details):
        row = None, _now(), what, exercise, student, _json(details), _who(), self.entry
        return self.db.execute("INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row).lastrowid

    # --- reading ---

    def roster(self):
        """Return the students of the last class list, in its order.

        按顺序返回最近一次名单上的学生。
        """
        sql = 'SELECT id, name, "group", email, lang, coalesce(due, \'\') FROM student WHERE listed IS NOT NULL ORDER BY listed'
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
        sql = "SELECT told, notes, file, handed FROM current JOIN result USING (key) WHERE current.exercise = ?"
        results = (_result(**dict(row)) for row in self.db.execute(sql, (exercise,)))
        return {result.student: result for result in results}

    def notebook(self, key):
        """Return the executed notebook of a result as JSON text, or ``None``.

        返回某个结果中执行过的笔记本（JSON 文本）；没有则返回 ``None``。
        """
        sql = (
            "SELECT coalesce(one.notebook, run.notebook) AS notebook FROM result one "
            "LEFT JOIN result run ON run.key = json_extract(one.told, '$.ran') WHERE one.key = ?"
        )
        row = self.db.execute(sql, (key,)).fetchone()
        return zlib.decompress(row["notebook"]).decode() if row and row["notebook"] else None

    def told(self, key):
        """Return a result as it was recorded, without the notes of an intake.

        按登记时的样子返回一个结果，不含收取时的说明。
        """
        (told,) = self.db.execute("SELECT told FROM result WHERE key = ?", (key,)).fetchone()
        return _result(told)

    def rule(self, exercise):
        """Return the deadline and penalty that were set for an exercise, or ``None``.

        返回为一份练习设定的截止时间与扣分规则；没有则返回 ``None``。
        """
        row = self.db.execute("SELECT late FROM rule WHERE exercise = ?", (exercise,)).fetchone()
        return json.loads(row["late"]) or None if row else None

    def given(self, exercise):
        """Return what was given by hand: ``{(student, question, criterion): Given}``.

        返回人工评分：``{(学生, 题目, 标准): Given}``。
        """
        sql = "SELECT student, question, criterion, points, comment, essay_sha FROM manual WHERE exercise = ? ORDER BY id"
        return {tuple(row[:3]): Given(*row[3:]) for row in self.db.execute(sql, (exercise,))}

    @property
    def secret(self):
        """What the inputs of function questions are drawn from: the same for a class, however often it is graded.

        抽取函数题试算输入所用的随机秘密：一个班无论评分多少次都相同。
        """
        return self.db.execute("SELECT value FROM secret").fetchone()[0]

    def only(self):
        """Return the id of the only exercise that has results, or "" if there are none or several.

        返回唯一一份有结果的练习的编号；没有或不止一份时返回 ""。
        """
        found = [row[0] for row in self.db.execute("SELECT DISTINCT exercise FROM current")]
        return found[0] if len(found) == 1 else ""


def _result(told, notes="[]", **counting):
    row = json.loads(told) | counting
    row["marks"] = tuple(Mark(**mark) for mark in row["marks"])
    row["notes"] = tuple(Note(**note) for note in json.loads(notes) + row["notes"])
    return Result(**row)


def _json(value):
    return json.dumps(value, ensure_ascii=False)


def _who():
    try:
        return getpass.getuser()
    except (ImportError, OSError, KeyError):  # a user without a name, as containers have; Windows says ImportError
        return ""


def _now():
    return datetime.now().astimezone().isoformat(timespec="seconds")
