"""A class is graded once, resumed where it stopped, and nobody stops anybody else."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import tiny

from casekit.errors import InputError
from casekit.grading import run
from casekit.grading.gradebook import Gradebook
from casekit.grading.run import Record


@pytest.fixture
def room(tmp_path):
    return tiny.room(tmp_path)


def by_student(summary):
    return {line.student[-1]: line for line in summary.lines}


def reasons(room, student):
    with Gradebook(room / "gradebook.db") as book:
        return {mark.question: mark.reason for mark in book.results(tiny.ID)[student].marks}


def test_a_class(room):
    summary = tiny.grade(room)
    lines = by_student(summary)
    assert {key: (line.status, line.points) for key, line in lines.items()} == {
        "1": ("graded", 14),
        "2": ("graded", 0 + 8 * 0.8 + 2),
        "3": ("failed", None),
        "4": ("missing", None),
    }
    assert lines["1"].pending == 6
    assert reasons(room, "20250002") == {
        "base": "wrong",
        "multiples": "follow_through",
        "square": "right",
        "essay": "manual",
    }
    assert lines["3"].notes[0].code == "grade.file.truncated"
    assert summary.exit_code == 1


def test_the_second_run_runs_nothing(room):
    tiny.grade(room)

    def never(job):
        raise AssertionError

    second = tiny.grade(room, runner=never)
    assert not second.not_run and not any(line.fresh for line in second.lines)
    assert by_student(second)["2"].points == pytest.approx(8.4)


def test_only_what_changed_runs_again(room):
    tiny.grade(room)
    tiny.hand_in(room, "20250002", tiny.notebook())
    second = tiny.grade(room)
    assert [line.student for line in second.lines if line.fresh] == ["20250002"]
    assert by_student(second)["2"].points == 14
    (room / f"{tiny.ID}.toml").write_text(
        tiny.SHEET.replace("points = 2\nkind", "points = 3\nkind"), encoding="utf-8"
    )
    third = tiny.grade(room)
    assert [line.student for line in third.lines if line.fresh] == ["20250001", "20250002"]
    assert by_student(third)["1"].points == 15


def test_a_later_broken_file_takes_no_mark_away(room):
    tiny.grade(room)
    (room / "in" / "20250001.ipynb").write_text("", encoding="utf-8")
    line = by_student(tiny.grade(room))["1"]
    assert line.points == 14 and line.notes[-1].details == {
        "file": "20250001.ipynb",
        "why": "grade.file.empty",
    }


def test_a_fault_of_the_machine_is_no_result(room):
    def broken(job):
        raise RuntimeError("no kernel")

    first = tiny.grade(room, runner=broken)
    assert set(first.not_run) == {"20250001", "20250002"} and first.exit_code == 1
    assert by_student(first)["1"].status == "waiting"
    assert by_student(tiny.grade(room))["1"].points == 14


def test_a_stopped_notebook_counts_in_part(room):
    def stops(job):
        record = tiny.runner(job)
        return Record(record.notebook, False, 1.0)

    assert by_student(tiny.grade(room, runner=stops))["1"].status == "partly"


def test_copied_numbers_are_named(room):
    right = {
        **tiny.RIGHT,
        "base": "base = 12",  # what student 2 gets
        "multiples": 'multiples = pd.Series({n: 12 * n for n in range(1, 6)}).rename_axis("n")',
    }
    tiny.hand_in(room, "20250002", tiny.notebook())
    tiny.hand_in(room, "20250001", tiny.notebook(right))
    lines = by_student(tiny.grade(room))
    notes = {note.code: note.details for note in lines["1"].notes}
    assert notes["grade.note.same_answers"] == {"other": "20250002", "questions": "base, multiples, essay"}
    assert "grade.note.same_file" not in notes


def test_a_broken_key_stops_before_anything_runs(room):
    (room / "keys" / f"{tiny.ID}.py").write_text("def base(student): return 1 / 0\n", encoding="utf-8")
    with pytest.raises(InputError, match="mark|90_tiny"):
        tiny.grade(room)


def test_three_crashes_are_enough(room):
    keys = []

    class Dies(BaseException):
        pass

    def dies(job):
        if "poison" in "".join(cell["source"] for cell in job.cells):
            keys.append(job.student)
            raise Dies  # as a killed process leaves it: the attempt stays open
        return tiny.runner(job)

    tiny.hand_in(room, "20250001", tiny.notebook(square="poison = 1"))
    for _ in range(3):
        with pytest.raises(Dies):
            tiny.grade(room, runner=dies, workers=1)
    last = tiny.grade(room, runner=dies, workers=1)
    assert keys == ["20250001"] * 3
    line = by_student(last)["1"]
    assert (line.status, line.points, line.notes[0].code) == ("failed", None, "grade.note.crashed")
    assert by_student(last)["2"].points == pytest.approx(8.4)


@pytest.mark.kernel
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
def test_killed_in_the_middle_it_goes_on(room):
    """While the second of three runs, the grader is killed."""
    tiny.hand_in(room, "20250002", tiny.notebook(square="import time; time.sleep(5)\nsquare = ..."))
    tiny.hand_in(room, "20250003", tiny.notebook())
    command = [
        sys.executable,
        "-m",
        "casekit",
        "grade",
        "in",
        "--roster",
        "roster.csv",
        "--workers",
        "1",
        "--json",
        "--trust",
    ]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    first = subprocess.Popen(
        command, cwd=room, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    )
    for _ in range(600):
        time.sleep(0.1)
        with Gradebook(room / "gradebook.db") as book:
            begun = book.db.execute("SELECT count(*) FROM attempt").fetchone()[0]
        if begun == 2:
            break
    first.kill()
    assert first.wait() == -signal.SIGKILL and begun == 2
    with Gradebook(room / "gradebook.db") as book:
        assert set(book.results(tiny.ID)) == {"20250001"}
        before = book.results(tiny.ID)["20250001"].at
    second = subprocess.run(command, cwd=room, capture_output=True, env=environment, check=False, text=True)
    assert second.returncode == 0, second.stderr
    with Gradebook(room / "gradebook.db") as book:
        results = book.results(tiny.ID)
        assert {id[-1]: result.points for id, result in results.items()} == {"1": 14, "2": 12, "3": 14}
        assert results["20250001"].at == before


@pytest.mark.kernel
def test_any_executor_will_do(room):
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        summary = tiny.grade(room, executor=pool, workers=1, runner=run.run)
    assert [line.points for line in summary.lines] == [14, pytest.approx(8.4), None, None]


def test_ctrl_c_finishes_what_is_in_hand(room):
    def interrupted(job):
        os.kill(os.getpid(), signal.SIGINT)
        return tiny.runner(job)

    told = []
    first = tiny.grade(
        room, runner=interrupted, workers=1, progress=lambda done, total, names: told.append((done, total))
    )
    assert first.interrupted and first.exit_code == 130 and told[-1] == (1, 2)
    assert [line.status for line in first.lines] == ["graded", "waiting", "failed", "missing"]
    assert by_student(tiny.grade(room))["2"].points == pytest.approx(8.4)
