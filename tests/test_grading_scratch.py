"""What a killed grader leaves behind goes when the next one starts; what belongs to others stays."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from casekit.grading import scratch

pytestmark = pytest.mark.skipif(scratch.fcntl is None, reason="no locks on this system")
CODE = "import os, sys\nfrom casekit.grading import scratch\nprint(scratch.root(), flush=True)\nsys.stdin.read()"


def grader(tmp_path):
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    started = subprocess.Popen([sys.executable, "-c", CODE], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return started, Path(started.stdout.readline().strip())


def age(folder, seconds=120):
    os.utime(folder, (time.time() - seconds,) * 2)


def test_only_what_nobody_holds_is_swept(tmp_path, monkeypatch):
    monkeypatch.setattr(scratch.tempfile, "tempdir", str(tmp_path))
    (killed, left), (living, held) = grader(tmp_path), grader(tmp_path)
    (left / "1").mkdir()
    others = [tmp_path / "ck-new", tmp_path / "ck-old", tmp_path / "mine"]
    for folder in others:
        folder.mkdir()
    killed.kill()
    killed.wait()
    for folder in (left, held, tmp_path / "mine"):
        age(folder)
    age(tmp_path / "ck-old", 7200)
    (tmp_path / "ck-link").symlink_to(tmp_path / "mine")
    scratch.sweep()
    assert not left.exists() and not (tmp_path / "ck-old").exists()
    assert held.exists() and (tmp_path / "ck-new").exists() and (tmp_path / "mine").exists()
    living.communicate("")
    assert not held.exists() and living.returncode == 0


def test_folders_a_thousand_deep_stop_no_grader(tmp_path, monkeypatch):
    monkeypatch.setattr(scratch.tempfile, "tempdir", str(tmp_path))
    (folder := tmp_path / "ck-deep").mkdir()
    subprocess.run([sys.executable, "-c", "import os\nfor _ in range(1200): os.mkdir('d'); os.chdir('d')"], cwd=folder, check=True)
    age(folder, 7200)
    scratch.sweep()
    assert not folder.exists()
