"""The grader is killed again and again: the gradebook ends up as if nothing had happened."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
import tiny

from casekit.grading.gradebook import Gradebook
from casekit.grading.kernel import provisioner

ROOT = Path(__file__).parents[1]
REAL = ["-m", "casekit", "grade", "in", "--roster", "roster.csv", "--trust"]
# Without kernels, a notebook takes a moment all the same, so that a kill finds two in hand.
LIGHT = [
    "-c",
    "import time, tiny; from pathlib import Path\n"
    "def moment(job):\n    time.sleep(0.05)\n    return tiny.runner(job)\n"
    "tiny.grade(Path(), runner=moment)",
]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.kernel,
    pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system"),
]


def lay_out(folder, students):
    """Write a class of tiny notebooks: what is tested is the grader's record, not the students' code."""
    folder.mkdir()
    tiny.write(folder / "exercise")
    for path in list((folder / "exercise").iterdir()):
        path.rename(folder / path.name)
    ids = [f"2025{number:04}" for number in range(1, students + 1)]
    (folder / "roster.csv").write_text("id\n" + "\n".join(ids), encoding="utf-8")
    (folder / "in").mkdir()
    for at, id in enumerate(ids):
        base = tiny.RIGHT["base"] if at % 3 else "base = 7"
        square = tiny.RIGHT["square"] if at % 5 else "square = 1 / 0"
        tiny.hand_in(folder, id, tiny.notebook({"base": base, "square": square}))
    return ids


def start(folder, words):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen([sys.executable, *words], cwd=folder, env=environment, **quiet)


def recorded(folder):
    try:
        with sqlite3.connect(f"file:{folder / 'gradebook.db'}?mode=ro", uri=True) as db:
            return db.execute("SELECT count(*) FROM result").fetchone()[0]
    except sqlite3.Error:  # not made yet
        return 0


def content(folder):
    """Return all that a gradebook says of the class, but for times."""
    with Gradebook(folder / "gradebook.db", create=False) as book:
        results = book.results(tiny.ID)
        whole = book.db.execute("PRAGMA integrity_check").fetchone()[0]
        count = book.db.execute("SELECT count(*) FROM result").fetchone()[0]
    return whole, count, {id: (one.key, one.status, one.points, one.marks, one.digests) for id, one in results.items()}


@pytest.mark.parametrize(("words", "students", "kills"), [
    pytest.param(LIGHT, 40, 6, id="40 students, 6 kills, no kernels"),
    pytest.param(REAL, 100, 20, id="100 students, 20 kills", marks=pytest.mark.skipif(
        not os.environ.get("CASEKIT_HOSTILE") or not provisioner.can_fork(),
        reason="takes a minute and a half of both cores: CASEKIT_HOSTILE=1")),
])  # fmt: skip
def test_kills_change_nothing(tmp_path, words, students, kills):
    """Each kill comes at a random moment, after a random number of results more has been recorded."""
    folder, quiet = tmp_path / "killed", tmp_path / "quiet"
    ids, draw, killed = lay_out(folder, students), random.Random(20261122), 0
    lay_out(quiet, students)
    begun = time.monotonic()
    while killed < kills:
        enough = recorded(folder) + draw.randint(0, 5)
        grader = start(folder, words)
        while grader.poll() is None and recorded(folder) < enough:
            time.sleep(0.01)
        time.sleep(draw.random() * 0.3)
        if grader.poll() is None:
            grader.kill()
            killed += 1
        grader.wait()
        assert recorded(folder) < students, f"all done after {killed} kills: they come too late to tell anything"
    assert start(folder, words).wait() == 0
    print(f"{kills} kills of {students}: {time.monotonic() - begun:.0f} s")  # noqa: T201
    assert start(quiet, words).wait() == 0
    assert sorted(content(folder)[2]) == ids
    assert content(folder) == content(quiet) and content(quiet)[:2] == ("ok", students)
