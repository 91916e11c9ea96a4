"""kit.py, the locks and environment.yml: what a fresh machine meets first."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import kit

ROOT = Path(__file__).parents[1]
LOCKS = sorted(ROOT.glob("requirements*.lock"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def locked(path):
    """Return the names and pinned versions of one lock."""
    return dict(re.findall(r"^([a-z0-9._-]+)==([^ ;\\]+)", path.read_text(encoding="utf-8"), re.M))


def test_kit_uses_the_standard_library_alone():
    tree = ast.parse((ROOT / "kit.py").read_text(encoding="utf-8"))
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert {name.split(".")[0] for name in names} <= set(sys.stdlib_module_names)


def test_kit_can_be_read_by_an_old_python():
    # So that an old Python prints the sentence about its age and not a syntax error.
    ast.parse((ROOT / "kit.py").read_text(encoding="utf-8"), feature_version=(3, 6))


def test_an_old_python_gets_one_clear_sentence(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 8, 1))
    with pytest.raises(SystemExit, match="3.11.*3.8.*\n.*needs Python 3.11 or newer; this is 3.8"):
        kit.main(["lab"])


def test_a_read_only_folder_gets_one_clear_sentence(monkeypatch):
    monkeypatch.setattr(kit, "installed", lambda: [""])
    monkeypatch.setattr(kit.os, "access", lambda *_: False)
    with pytest.raises(SystemExit, match="cannot be written to"):
        kit.main(["lab"])


def test_each_word_gets_the_set_it_needs():
    assert [kit.needed([word]) for word in ("lab", "check", "rfm", "test")] == [0, 1, 1, 2]


def test_the_second_start_installs_nothing(monkeypatch, tmp_path):
    stamp = tmp_path / "stamp"
    stamp.write_text("\n".join([kit.VERSION, kit.fingerprint(0), kit.fingerprint(1)]))
    calls = []
    monkeypatch.setattr(kit, "STAMP", stamp)
    monkeypatch.setattr(kit, "set_up", lambda *_: pytest.fail("set up again"))
    monkeypatch.setattr(kit.subprocess, "call", lambda command, **kw: calls.append((command, kw["env"])) or 0)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert kit.main(["check", "--lang", "en"]) == 0
    [(command, env)] = calls
    assert command[1:] == ["-m", "casekit", "check", "--lang", "en"]
    assert "PYTHONDONTWRITEBYTECODE" not in env


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_locks_are_hashed_and_name_no_host(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"://|^-|index|find-links|file:", text.replace("--hash=sha256:", ""), re.M)
    packages = re.split(r"\n(?=\S)", text.strip())
    assert all("--hash=sha256:" in package for package in packages)


def test_each_lock_holds_the_one_before_it():
    small, full, test = (locked(ROOT / name) for name in kit.SETS)
    assert small.items() <= full.items() <= test.items()


def test_the_locks_hold_what_pyproject_asks_for():
    wanted = [Requirement(line) for line in PROJECT["project"]["dependencies"]]
    for extra in ("models", "research"):
        wanted += [Requirement(line) for line in PROJECT["project"]["optional-dependencies"][extra]]
    versions = locked(ROOT / kit.SETS[1])
    for each in wanted:
        assert each.specifier.contains(versions[each.name.lower()]), each


def test_environment_yml_is_in_step_and_gives_reasons():
    lines = (ROOT / "environment.yml").read_text(encoding="utf-8").splitlines()
    pins = dict(re.match(r"  - ([a-z]+)([<>=][^ ]*) +# \w+", line).groups() for line in lines if re.match(r"  - \w+[<>=]", line))
    asked = PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["test"]
    known = {each.name: each.specifier for each in map(Requirement, asked)}
    assert pins.pop("python") == PROJECT["project"]["requires-python"]
    assert {name: str(Requirement(name + pin).specifier) for name, pin in pins.items()} == {
        name: str(known[name]) for name in ("jupyterlab", "pandas", "matplotlib", "ipywidgets", "papermill", "pytest")
    }
    assert any(re.match(r"      - -e \. +# ", line) for line in lines)


def test_help_names_the_two_commands():
    shown = subprocess.run([sys.executable, "kit.py"], cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    assert shown.returncode == 0 and "kit.py lab" in shown.stdout and "kit.py test" in shown.stdout
