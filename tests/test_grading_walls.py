"""Without walls nothing is graded, unless the teacher says so; with them each has been tried."""

import subprocess
import sys

import pytest
import tiny

from casekit import labels
from casekit.errors import InputError
from casekit.grading import batch, sandbox, walls


@pytest.fixture
def fallen(monkeypatch):
    monkeypatch.setattr(walls, "probe", lambda: dict.fromkeys(walls.TRIED, True) | {"network": False})


def test_one_wall_that_is_missing_is_too_few(fallen):
    assert walls.level() == "none"
    with pytest.raises(InputError) as error:
        walls.required()
    assert error.value.code == "grading.no_walls"
    assert error.value.details["walls"] == labels.text("wall.network")


def test_a_class_is_not_run_without_walls(fallen, tmp_path):
    folder = tiny.room(tmp_path)
    with pytest.raises(InputError, match="--trust"):
        batch.grade(folder / "in", folder / "roster.csv", folder / f"{tiny.ID}.toml", folder / "g.db")
    assert not (folder / "g.db").exists()
    assert tiny.grade(folder, level="none").counts["graded"] == 2


def test_the_report_names_every_wall(fallen):
    lines = walls.report()
    assert [line[0] for line in lines[:-1]] == ["✗" if name == "network" else "✓" for name in walls.TRIED]
    assert lines[-1] == labels.text("grade.walls.none")


def test_without_bubblewrap_there_is_a_reason(monkeypatch):
    monkeypatch.setattr(walls.shutil, "which", lambda name: None)
    walls.probe.cache_clear()
    try:
        assert walls.probe()["why"] and walls.level() == "none"
    finally:
        walls.probe.cache_clear()


def test_a_student_sees_neither_keys_nor_secrets(monkeypatch):
    monkeypatch.setenv("CASEKIT_TOKEN", "hush")
    assert "CASEKIT_TOKEN" not in sandbox.environment()
    assert not [place for place in sandbox.seen() if "exercises" in place or place in ("/", "/etc", "/home", "/root")]


def test_windows_can_import_it_all():
    code = (
        "import sys\nsys.modules.update(fcntl=None, resource=None)\n"
        "import casekit.grading.batch, casekit.grading.engine, casekit.grading.walls"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.kernel
def test_the_walls_of_this_machine_are_tried():
    if not walls.shutil.which("bwrap"):
        pytest.skip("no bubblewrap on this machine")
    if subprocess.run(["bwrap", "--unshare-all", "--ro-bind", "/", "/", "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine allows no user namespaces")
    assert walls.probe() == dict.fromkeys(walls.TRIED, True)
