"""The stand of the hostile battery: each submission between two honest ones, what is fair, and a table of it all."""

import csv
import hashlib
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

import tiny

from casekit import labels, mark
from casekit.grading import feedback, master, report
from casekit.grading.exchange import grades
from casekit.grading.gradebook import Gradebook

FIRST, MIDDLE = "20260001", "20260002"  # of a class of three
EVERYTHING, BASE = 14, 4  # points without the essay; of what was answered before the attack
FOLLOWS = 8.4  # base is wrong, what follows from it carries the error
COLUMNS = ("group", "case", "level", "became", "points", "reasons", "seconds")
PROPERTY = "hostile"
DRAWN = set()  # notebooks that are on a page already: nothing costs as much here as drawing them


def fair(points, status="graded", note=None):
    """Return one fair end of a case; several are added."""
    return ((points, status, note),)


GOES_ON = fair(EVERYTHING)
SLOW = fair(EVERYTHING, note="cell_time")  # the cell was interrupted, the others ran
CUT = fair(EVERYTHING, note="output_cut")
DIED, STOPPED, BURST = (fair(BASE, "partly", why) for why in ("died", "stopped", "memory"))
# What was answered before counts; of what came after, as much as the submission left alive.
SPOILT = sum((fair(points, status) for points in (4, 6, 12, 14) for status in ("graded", "partly")), ())


@dataclass(frozen=True)
class Seen:
    """What became of one who is between two honest ones."""

    student: str
    result: object  # casekit.grading.gradebook.Result, None if there is none
    notebook: str
    summary: object
    page: str  # of feedback
    seconds: float

    @property
    def end(self):
        """Return (points, status) and the codes of the notes."""
        if self.result is None:
            return None, next(line.status for line in self.summary.lines if line.student == self.student), []
        return self.result.points, self.result.status, [note.code.rpartition(".")[2] for note in self.result.notes]

    def is_fair(self, ends):
        points, status, notes = self.end
        return any((points, status) == (end[0], end[1]) and (end[2] is None or end[2] in notes) for end in ends)


def parts(cases, size=8):
    """Split cases into parts that are graded together: a run has its price, whatever it grades."""
    names = list(cases)
    return [{name: cases[name] for name in names[at : at + size]} for at in range(0, len(names), size)]


def grade(folder, put, mean=(MIDDLE,), names=None, **options):
    """Grade a class in which each second one is honest, the others hand in what ``put(folder of submissions)`` lays down.

    ``mean`` are the others, see :func:`students`; returns what became of each.
    """
    tiny.write(folder)
    (folder / "in").mkdir()
    everybody, honest = students(2 * len(mean) + 1), tiny.notebook()
    with open(folder / "roster.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("学号", "姓名"), *((one, (names or {}).get(one, f"学生{one}")) for one in everybody)])
    for student in everybody[::2]:
        tiny.hand_in(folder, student, honest)
    put(folder / "in")
    before, start = snapshot(folder), time.monotonic()
    summary = tiny.grade(folder, **options)
    seconds = time.monotonic() - start
    assert snapshot(folder) == before, "a file was changed or left behind"
    return read(folder, summary, seconds, everybody)


def students(count):
    """Return the numbers of a class; the second, the fourth and so on are not honest."""
    return [f"2026{number:04}" for number in range(1, count + 1)]


def read(folder, summary, seconds, everybody):
    """Return what became of those who are not honest, after all that stands for everybody was looked at."""
    one = master.load(folder / f"{tiny.ID}.toml")
    with Gradebook(folder / "gradebook.db") as book:
        results, roster = book.results(one.id), {student.id: student for student in book.roster()}
        notebooks = {student: book.notebook(result.key) for student, result in results.items()}
    assert not summary.not_run
    for student in everybody[::2]:
        result = results[student]
        assert (result.points, result.status, result.notes) == (EVERYTHING, "graded", ()), student
    exported(folder, len(everybody))
    report.table(summary)
    for line in report.closing(summary):
        assert not {"\x1b", "\x07", "\u202e"} & set(line), ascii(line)
    found = {}
    for student in everybody[1::2]:
        result, notebook = results.get(student), notebooks.get(student) or ""
        every_zero_has_a_reason(one.sheet, result, summary)
        drawn = notebook.replace(student, "")
        page = feedback.page(one.sheet, roster[student], result, {}, "" if drawn in DRAWN else notebook) if result else ""
        DRAWN.add(drawn)
        page.encode()
        assert not {"<script", "onerror=", "onload=", "javascript:"} & set(page.replace("&lt;", "").lower().split('"')), "XSS"
        found[student] = Seen(student, result, notebook, summary, page, result.seconds if len(everybody) > 3 else seconds)
    return found


def every_zero_has_a_reason(sheet, result, summary):
    """Check that each lost point, each status and each file is explained in both languages."""
    problems = list(summary.unmatched)
    if result:
        assert 0 <= result.points <= EVERYTHING and (result.status == "graded" or result.notes)
        problems += result.notes
        for one in result.marks:
            said = {mark.explain(one, sheet, lang) for lang in labels.LANGUAGES}
            assert all(said) and len(said) == len(labels.LANGUAGES)
    for problem in problems:
        said = {report.say(problem, lang) for lang in labels.LANGUAGES}
        assert len(said) == len(labels.LANGUAGES) and not any("{" in words for words in said), said


def exported(folder, count):
    """Check that no cell of the grade file is a formula, and that every row has as many cells as the header."""
    grades.export(folder / "grades.csv", folder / f"{tiny.ID}.toml", folder / "gradebook.db")
    with open(folder / "grades.csv", encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    assert len(rows) == count and {len(row) for row in rows} == {len(header)}
    assert not [cell for row in rows for cell in row if cell.lstrip()[:1] in ("=", "+", "-", "@")]
    (folder / "grades.csv").unlink()


def outputs(notebook):
    """Return all that the cells of an executed notebook printed; tracebacks show the source, and are no output."""
    cells = json.loads(notebook)["cells"]
    return "\n".join(one["text"] for cell in cells for one in cell.get("outputs", ()) if one["output_type"] == "stream")


def snapshot(folder):
    """Return each file below a folder with a hash, the gradebook and Python's own left out."""
    found = {}
    for path in Path(folder).rglob("*"):
        if path.is_symlink():
            found[str(path)] = os.readlink(path)
        elif path.is_file() and not path.name.startswith("gradebook.db") and path.parent.name != "__pycache__":
            found[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def row(group, name, seen):
    """Return a row of the table, as plain text: it travels from the worker that made it."""
    points, status, notes = seen.end
    reasons = sorted({mark.reason for mark in seen.result.marks} - {"right", "manual"}) if seen.result else []
    why = ", ".join(dict.fromkeys([*notes, *reasons, *(one.code.rpartition(".")[2] for one in seen.summary.unmatched)]))
    level = seen.result.level if seen.result else ""
    return [group, name, level or "–", status, "–" if points is None else f"{points:g}", why or "–", f"{seen.seconds:.1f}"]


def pytest_terminal_summary(terminalreporter, config):
    """Print what became of every case, and keep it in artifacts/hostile.csv."""
    reports = [one for some in terminalreporter.stats.values() for one in some if getattr(one, "when", "") == "call"]
    rows = [value for one in reports for name, value in one.user_properties if name == PROPERTY]
    if not rows:
        return
    path = config.rootpath / "artifacts" / "hostile.csv"
    path.parent.mkdir(exist_ok=True)
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *sorted(rows)])
    terminalreporter.section(f"{len(rows)} hostile or broken submissions, each between two honest ones")
    for group, name, level, became, points, why, seconds in sorted(rows):
        terminalreporter.write_line(f"{group:<9} {name:<44.44} {level:<8} {became:<8} {points:>5} {seconds:>6} s  {why}")
