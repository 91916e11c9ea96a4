"""Without walls nothing is graded, unless the teacher says so; with them each has been tried."""

import json
import os
import subprocess
import sys
import tempfile

import nbformat
import pytest
import tiny

from casekit import labels
from casekit.errors import InputError
from casekit.grading import batch, sandbox, walls


@pytest.fixture
def fallen(monkeypatch):
    monkeypatch.setattr(walls, "probe", lambda tried="ns": dict.fromkeys(walls.TRIED, True) | {"network": False})


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
    assert [line[0] for line in lines[:-2]] == ["✗" if name == "network" else "✓" for name in walls.TRIED]
    assert lines[-2:] == [labels.text("wall.remedy"), labels.text("grade.walls.none")]


def test_without_bubblewrap_there_is_a_reason(monkeypatch):
    monkeypatch.setattr(walls.shutil, "which", lambda name: None)
    walls.probe.cache_clear()
    try:
        assert walls.probe()["why"] and not walls.probe()["start"] and walls.level() != "ns"
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


@pytest.fixture(scope="module")
def locked():
    """The level without namespaces, where this machine has it."""
    if sys.platform != "linux" or not all(walls.probe("landlock")[name] for name in walls.LEVELS["landlock"]):
        pytest.skip(f"no Landlock 6 on this machine: {walls.probe('landlock')}")


@pytest.mark.kernel
def test_landlock_is_the_next_best_level(locked, monkeypatch):
    monkeypatch.setattr(walls, "probe", lambda tried="ns", own=walls.probe: own(tried) | ({"start": False} if tried == "ns" else {}))
    assert walls.level() == walls.required() == "landlock"
    assert walls.report()[-1] == labels.text("grade.walls.landlock") and walls.report()[walls.TRIED.index("disk")].startswith("✗")


@pytest.mark.kernel
def test_behind_landlock_honest_work_counts_and_attacks_do_not_pay(locked, tmp_path):
    from casekit.grading import run
    from casekit.grading.gradebook import Gradebook

    tiny.write(tmp_path)
    attacks = {
        "20250001": "",
        "20250002": f"print('STOLEN', open({str(tmp_path / '90_tiny.toml')!r}).read())",
        "20250003": "import socket\nsocket.create_connection(('127.0.0.1', 1), 2)",
        "20250004": "import os\nos.kill(os.getppid(), 9)\nprint('STOLEN')",
        "20250005": "import os, subprocess, sys\nsubprocess.Popen(['setsid', 'sleep', '876543'])\nos.setuid(0)\nprint('STOLEN')",
        "20250006": "import mmap\nm = mmap.mmap(-1, 3 << 30)\nfor i in range(0, 3 << 30, 4096): m[i] = 1",
    }
    (tmp_path / "roster.csv").write_text("student_id\n" + "\n".join(attacks), encoding="utf-8")
    (tmp_path / "in").mkdir()
    for id, attack in attacks.items():
        nb = tiny.notebook()
        nb.cells.insert(5, nbformat.v4.new_code_cell(attack))  # after the answer to the first question
        tiny.hand_in(tmp_path, id, nb)
    summary = tiny.grade(tmp_path, runner=run.run, level="landlock")
    assert not summary.not_run
    with Gradebook(tmp_path / "gradebook.db") as book:
        results = book.results(tiny.ID)
        notebooks = [book.notebook(result.key) for result in results.values()]
    points = {id: result.points for id, result in results.items()}
    assert points == dict.fromkeys(attacks, 14) | {"20250006": 4}
    assert [note.code for note in results["20250006"].notes][-1].endswith("memory")
    assert {result.level for result in results.values()} == {"landlock"} and not any('"STOLEN' in text for text in notebooks)
    assert "876543" not in subprocess.run(["ps", "ax"], capture_output=True, text=True, check=True).stdout


AS_USER = """
import ctypes, json, os, resource, signal, socket, struct, sys, tempfile
from casekit.grading import sandbox
from casekit.grading.kernel import locked, separate
places = sandbox.seen()
os.mkdir(own := sys.argv[1] + "/own")
if os.getuid() == 0:  # whose Python may lie where a user cannot look
    separate.libc.prctl(8, 1)
    for place in (sys.argv[1], own):
        os.chown(place, 1000, 1000)
    os.setgroups([])
    os.setresuid(1000, 1000, 1000)
    separate.libc.capset(struct.pack("Ii", 0x20080522, 0), struct.pack("6I", 4, 4, 0, 0, 0, 0))
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1] + "/server")
server.listen()
grader, (heard, ready) = os.getpid(), os.pipe()
def told(deed):
    try:
        return deed() or True
    except OSError as error:
        return type(error).__name__
if not os.fork():
    asked = {"place": "own", "sockets": own, "places": places, "files": {}, "seconds": 9, "connection": {}, "env": {}}
    locked.enter(asked, ready)
    deeds = {
        "chmod": lambda: os.chmod(own, 0),
        "utime": lambda: os.utime(own, (0, 0)),
        "prlimit": lambda: resource.prlimit(grader, resource.RLIMIT_NOFILE, (0, 0)),
        "connect": lambda: socket.socket(socket.AF_UNIX).connect(sys.argv[1] + "/server"),
        "datagrams": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM),
        "pair of datagrams": lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM),
        "pair": lambda: socket.socketpair() and None,
        "affinity": lambda: os.sched_setaffinity(grader, {0}),
        "priority": lambda: os.setpriority(os.PRIO_PROCESS, grader, 19),
    }
    print(json.dumps({name: told(deed) for name, deed in deeds.items()}), flush=True)
    os._exit(0)
os.wait()
print(json.dumps([os.stat(own).st_mode & 0o777, os.stat(own).st_mtime > 0, resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 0]))
"""


@pytest.mark.kernel
def test_behind_landlock_a_user_is_kept_from_his_other_files_and_processes(locked):
    """There a student runs as the grader's own user; what Landlock itself lets that user do, the filter does not."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        done = subprocess.run([sys.executable, "-c", AS_USER, folder], capture_output=True, text=True, check=True)
    tried, left = map(json.loads, done.stdout.splitlines())
    refused = dict.fromkeys(("prlimit", "connect", "datagrams", "pair of datagrams", "affinity", "priority"), "PermissionError")
    assert tried == {"chmod": True, "utime": True, "pair": True} | refused
    assert left == [0o755, True, True]
