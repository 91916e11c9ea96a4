"""The instructor's commands as a person and as a script meet them: they ask, tell, and end with the right code."""

import json

import pytest
import tiny
from typer.testing import CliRunner

from casekit import cli, labels
from casekit.errors import InputError


@pytest.fixture
def room(tmp_path, monkeypatch):
    monkeypatch.setenv("CASEKIT_LANG", "en")
    monkeypatch.setenv("COLUMNS", "160")
    tiny.room(tmp_path)
    tiny.grade(tmp_path)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    labels.use("zh")


def run(*words, answer=None):
    done = CliRunner().invoke(cli.app, [*words], input=answer)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout


def correct_the_key(room):
    path = room / "keys" / f"{tiny.ID}.py"
    path.write_text(path.read_text(encoding="utf-8").replace("+ 10", "+ 11"), encoding="utf-8")


def test_grade_tells_a_script_everything(room):
    code, out = run("grade", "in", "--roster", "roster.csv", "--json", "--due", "2020-01-01", "--late", "9% a day, at most 50%", "--trust")
    data = json.loads(out)
    assert code == data["exit_code"] == 1
    assert [(line["status"], line["points"], line["penalty"]) for line in data["lines"]] == [
        ("graded", 7, 7), ("graded", 4.2, 4.2), ("failed", None, 0), ("missing", None, 0)
    ]  # fmt: skip


def test_regrade_asks_and_a_no_writes_nothing(room):
    correct_the_key(room)
    code, out = run("regrade", answer="n\n")
    assert code == 1 and "14 │ 8.4" in out.replace("  ", " ") and "Nothing was written." in out
    assert run("regrade", "--dry-run")[0] == 0
    code, out = run("regrade", "--json")
    data = json.loads(out)
    assert code == 1 and not data["written"]
    assert data["changed"][0]["questions"] == {"base": [4, 0], "multiples": [8, 6.4]}
    code, out = run("regrade", answer="y\n")
    assert code == 0 and "casekit undo" in out
    assert run("regrade") == (0, "Nothing to write: all marks are by the sheet and key of now.\n")


def test_a_script_says_yes(room):
    correct_the_key(room)
    code, out = run("regrade", "--json", "--yes")
    assert code == 0 and json.loads(out)["written"]


def test_points_history_and_undo(room):
    assert run("points", "20250001", "base", "1.5", "--why", "seen on paper")[1].strip().endswith("base is set to 1.5 points.")
    code, out = run("history")
    assert code == 0 and "graded" in out and "seen on paper" in out
    code, out = run("history", "2")
    assert "20250001 张伟: base – → 1.5 (seen on paper)" in out
    assert json.loads(run("history", "--json")[1])[1]["changes"][0]["after"]["points"] == 1.5
    assert run("undo", answer="n\n")[0] == 1
    code, out = run("undo", answer="y\n")
    assert code == 0 and "No. 2 is taken back; that is no. 3 in the history." in out
    assert "undone by no. 3" in run("history")[1]
    assert run("undo", "3", "--yes")[0] == 0  # the undo undone
    with pytest.raises(InputError, match="auto"):
        run("points", "20250001", "base", "many", "--why", "x")
    run("points", "20250001", "base", "auto", "--why", "x")
    assert run("history", "--student", "20250009") == (0, "There is no such action in the gradebook yet.\n")


def test_overview_and_waive(room):
    code, out = run("overview", "--out", "class.html")
    assert code == 0 and "multiples" in out and (room / "class.html").exists()
    assert json.loads(run("overview", "--json")[1])["exercise"] == tiny.ID
    assert "to 0 points" in run("waive", "20250001", "--why", "ill")[1]
