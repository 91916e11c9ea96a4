"""Released for nbgrader, an exercise of ours is taken by nbgrader as it is and earns the same points there."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import class24
import pytest
import tiny

from casekit import labels, sheet
from casekit.exercise import Exercise
from casekit.grading import batch, exchange, nbgrader, walls

ROOT = Path(__file__).parents[1]
EXERCISES = sorted(path.name.split(".")[0] for path in (ROOT / "exercises").glob("*.en.ipynb"))
FIELDS = {"schema_version", "grade", "solution", "locked", "task", "grade_id", "points", "cell_type"}


def dressed(cells):
    return {cell["metadata"]["nbgrader"]["grade_id"]: cell for cell in cells if "nbgrader" in cell["metadata"]}


@pytest.mark.parametrize("lang", labels.LANGUAGES)
@pytest.mark.parametrize("exercise", EXERCISES)
def test_the_source_notebook_is_as_nbgrader_wants_it(exercise, lang, tmp_path):
    """The rules of nbgrader's own validator, schema version 3."""
    labels.use(lang)
    path = exchange.release_nbgrader(exercise, tmp_path)
    labels.use("zh")
    assert path == tmp_path / "source" / exercise / f"{exercise}.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    assert len({cell["id"] for cell in cells}) == len(cells)
    marked, stated = dressed(cells), sheet.read(ROOT / "exercises" / f"{exercise}.toml")
    for id, cell in marked.items():
        told = cell["metadata"]["nbgrader"]
        assert set(told) == FIELDS and told["schema_version"] == 3 and told["cell_type"] == cell["cell_type"]
        assert re.fullmatch(r"[a-zA-Z0-9_\-]+", id) and told["locked"] and not told["solution"]
        assert (told["grade"], told["task"], cell["cell_type"]) in ((True, False, "code"), (False, True, "markdown"))
        if told["grade"]:
            assert cell["source"].count("### BEGIN HIDDEN TESTS") == cell["source"].count("### END HIDDEN TESTS") == 1
    points = {id.removeprefix("q_"): cell["metadata"]["nbgrader"]["points"] for id, cell in marked.items()}
    assert points == {"student": 0} | {question.id: question.points for question in stated.questions}


def test_students_get_nothing_of_the_key(tmp_path):
    path = exchange.release_nbgrader("04_rfm", tmp_path)
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    parts = [path.with_suffix(".toml").read_text(encoding="utf-8")] + [
        re.sub("### BEGIN HIDDEN.*### END HIDDEN TESTS", "", "".join(cell["source"]), flags=re.DOTALL) for cell in cells
    ]
    assert sorted(file.name for file in path.parent.iterdir()) == ["04_rfm.ipynb", "04_rfm.toml"]
    assert not [part for part in parts if "mistake" in part or "points(ex" in part or "upside_down" in part]


def test_the_folder_says_whose_it_is_and_the_cell_what_it_earns(tmp_path, monkeypatch, capsys):
    exchange.release_nbgrader(tiny.write(tmp_path / "mine"), tmp_path / "course")
    assert nbgrader.enrolled("20259999") == "20259999"  # at a student's own desk
    folder = tmp_path / "course" / "autograded" / "20250002" / tiny.ID
    shutil.copytree(tmp_path / "course" / "source" / tiny.ID, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("CASEKIT_GRADING", "1")
    assert nbgrader.enrolled("20259999") == "20250002"
    ex = Exercise(tiny.ID, "20250002", "en")
    ex.answer("base", 7)
    ex.answer("multiples", {n: 7 * n for n in range(1, 6)})
    ex.answer("square", lambda x: x * x)
    capsys.readouterr()
    assert [nbgrader.points(ex, id) for id in ("base", "multiples", "square")] == [0, 6.4, 2]
    told = capsys.readouterr()
    assert "The method is right" in told.out and told.err == ""
    labels.use("zh")


def nbgrader_python():
    """A Python with nbgrader and casekit: of CASEKIT_NBGRADER, else made here with uv."""
    if given := os.environ.get("CASEKIT_NBGRADER"):
        return Path(given)
    uv = shutil.which("uv") or pytest.skip("needs uv, or CASEKIT_NBGRADER=/path/to/python of a venv with nbgrader")
    venv = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "casekit-tests" / "nbgrader-0.9.6"
    python = venv / "bin" / "python"
    for command in (["venv", "--allow-existing", venv, "--python", sys.executable],
                    ["pip", "install", "--python", python, "nbgrader==0.9.6", "-e", ROOT]):  # fmt: skip
        done = subprocess.run([uv, *command, "--quiet"], capture_output=True, text=True, timeout=300)
        if done.returncode:
            pytest.skip(f"nbgrader cannot be installed here: {done.stderr[-300:]}")
    return python


@pytest.mark.slow
@pytest.mark.kernel
def test_nbgrader_itself_gives_the_same_points(tmp_path):
    """Generate and autograde as they come; honest students earn there what they earn here."""
    python = nbgrader_python()
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PATH"] = f"{python.parent}{os.pathsep}{environment['PATH']}"  # it calls alembic by name

    def call(*words):
        command = [str(python), "-m", "nbgrader", *words]
        done = subprocess.run(command, cwd=course, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:]

    course, here = tmp_path / "course", tmp_path / "here"
    labels.use("en")
    exchange.release_nbgrader(class24.ID, course)
    labels.use("zh")
    call("generate_assignment", class24.ID)
    released = course / "release" / class24.ID / f"{class24.ID}.ipynb"
    assert "HIDDEN" not in released.read_text(encoding="utf-8")
    early = {"frequency": class24.RETURNS, "hand_m": ..., "monetary": 'raise ValueError("?")'}
    changes = {"20250101": {}, "20250102": early}
    for student, changed in changes.items():
        nb = class24.solve(json.loads(released.read_text(encoding="utf-8")), "en", "mistyped", **changed)
        path = course / "submitted" / student / class24.ID / released.name
        path.parent.mkdir(parents=True)
        path.write_text(class24.text(nb), encoding="utf-8")
        (here / "in").mkdir(parents=True, exist_ok=True)
        (here / "in" / f"{student}.ipynb").write_text(class24.text(class24.solved("en", student, **changed)), encoding="utf-8")
    (here / "roster.csv").write_text("id\n" + "\n".join(changes), encoding="utf-8")
    call("autograde", class24.ID)
    ours = batch.grade(here / "in", here / "roster.csv", class24.ID, here / "g.db", level=walls.level())
    sql = (
        "SELECT student_id, sum(auto_score) FROM grade JOIN submitted_notebook one ON grade.notebook_id = one.id "
        "JOIN submitted_assignment work ON one.assignment_id = work.id GROUP BY student_id"
    )
    theirs = dict(sqlite3.connect(course / "gradebook.db").execute(sql))
    assert theirs == {line.student: pytest.approx(line.points) for line in ours.lines}
    assert theirs["20250101"] == 80 and 0 < theirs["20250102"] < 70
