"""What was done to a gradebook: who, when, what, and what it changed; the last action can be taken back."""

import json
from dataclasses import dataclass

from casekit.errors import InputError


@dataclass(frozen=True)
class Change:
    """Hold one thing that an action changed, before and after.

    一项操作改动的一处：改动前后。
    """

    what: str  # counts: which result counts; manual: a mark by hand; rule: the deadline
    exercise: str
    student: str | None
    question: str
    criterion: str
    before: dict | None
    after: dict | None


@dataclass(frozen=True)
class Entry:
    """Hold one action with all that it changed.

    一项操作及其全部改动。
    """

    number: int  # 1, 2, 3 …
    id: int  # of its row
    at: str
    who: str
    what: str  # grade, regrade, essays, points, waive or undo; result, counts or manual in gradebooks of old
    exercise: str
    details: dict  # ``undoes`` is a number
    changes: tuple[Change, ...]
    undone_by: int | None = None  # a number


def read(book, exercise="", student=""):
    """Return the actions on a gradebook, the oldest first.

    返回对成绩册的全部操作，由早到晚。

    Parameters
    ----------
    book : Gradebook
    exercise, student : str
        Only what concerns these.
    """
    rows = [dict(row) | {"details": json.loads(row["details"])} for row in book.db.execute("SELECT * FROM history ORDER BY id")]
    numbers = {row["id"]: number for number, row in enumerate((row for row in rows if not row["entry"]), start=1)}
    changes, undone = {}, {}
    for row in rows:
        told = row["details"]
        if row["entry"]:
            place = row["exercise"], row["student"], told.get("question", ""), told.get("criterion", "")
            change = Change(row["what"], *place, told["before"], told["after"])
            changes.setdefault(row["entry"], []).append(change)
        elif row["student"]:
            told["student"] = row["student"]  # of a gradebook of old
        if row["what"] == "undo":
            told["undoes"] = numbers[told["undoes"]]
            undone[told["undoes"]] = numbers[row["id"]]
    for of, by in sorted(undone.items(), reverse=True):
        if by in undone:  # an undo that was undone itself
            undone.pop(of)
    entries = []
    for row in rows:
        whom = {row["student"], *(change.student for change in changes.get(row["id"], ()))}
        if not row["entry"] and exercise in ("", row["exercise"]) and (not student or student in whom):
            told = row["at"], row["who"] or "", row["what"], row["exercise"] or "", row["details"]
            number, changed = numbers[row["id"]], tuple(changes.get(row["id"], ()))
            entries.append(Entry(number, row["id"], *told, changed, undone.get(number)))
    return tuple(entries)


def undoable(book, number=None):
    """Return the action that is to be taken back: the one of this number, else the last that changed anything.

    返回要撤销的操作：指定编号的那一项，否则为最近一项有改动的操作。

    Raises
    ------
    InputError
        ``grading.undo_none`` or ``grading.undo_done``.
    """
    entries = read(book)
    if number is None:
        entry = next((one for one in reversed(entries) if one.changes and one.what != "undo" and not one.undone_by), None)
    else:
        entry = next((one for one in entries if one.number == number and one.changes), None)
    if entry is None:
        raise InputError("grading.undo_none", entry="" if number is None else number)
    if entry.undone_by:
        raise InputError("grading.undo_done", entry=entry.number, by=entry.undone_by)
    return entry
