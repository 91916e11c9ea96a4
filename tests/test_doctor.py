"""Each thing that may be wrong is seen, and comes with words and a command in both languages."""

import json
import os
import stat
import sys
from importlib import metadata
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from casekit import cli, doctor, lab, labels, style
from casekit.doctor import BAD, GOOD, NOTE


@pytest.mark.kernel
def test_here_nothing_is_wrong(monkeypatch):
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    done = CliRunner().invoke(cli.app, ["doctor", "--json"])
    found = {one["thing"]: one["state"] for one in json.loads(done.stdout)}
    assert done.exit_code == 0
    assert found.pop("browser") in (GOOD, NOTE)
    assert found == dict.fromkeys(("python", "packages", "font", "kernel", "folders"), GOOD)


@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_what_is_wrong_is_told_with_its_remedy(monkeypatch, lang):
    wrong = [doctor.Finding(thing, BAD, "x") for thing in ("python", "packages", "font", "kernel", "folders")]
    wrong += [doctor.Finding("browser", NOTE, "–", "casekit lab"), doctor.Finding("python", NOTE, "3.11", "unset X")]
    monkeypatch.setattr(doctor, "examine", lambda: wrong)
    done = CliRunner().invoke(cli.app, ["doctor", "--lang", lang])
    assert done.exit_code == 1
    for one in wrong:
        assert labels.text(f"doctor.{one.thing}.{one.state}", lang) in done.stdout and one.remedy in done.stdout


def test_an_old_python_is_seen(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 1, "final", 0))
    assert doctor.python() == doctor.Finding("python", BAD, "3.9.1", "https://www.python.org/downloads/")


def test_uncompiled_modules_are_noted(monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert doctor.python().state == NOTE and doctor.python().remedy == "unset PYTHONDONTWRITEBYTECODE"


def test_missing_and_unfit_packages_are_named(monkeypatch):
    monkeypatch.setattr(metadata, "requires", lambda name: ["pandas<1", "no-such-thing>=2", 'duckdb>99; extra == "research"'])
    found = doctor.packages()
    assert found.state == BAD and "pandas" in found.found and "no-such-thing –" in found.found
    assert "duckdb" not in found.found and "pip install" in found.remedy


def test_a_font_without_chinese_is_seen(monkeypatch, tmp_path):
    import matplotlib

    monkeypatch.setattr(style, "FONT", tmp_path / "none.otf")
    assert doctor.font().state == BAD
    monkeypatch.setattr(style, "FONT", Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf"))
    assert doctor.font().state == BAD


@pytest.mark.kernel
def test_a_kernel_of_another_python_is_seen(monkeypatch, tmp_path):
    """A kernel somebody registered for himself goes before that of the environment."""
    folder = tmp_path / "kernels" / "python3"
    folder.mkdir(parents=True)
    spec = {"argv": ["/no/such/python", "-m", "ipykernel_launcher", "-f", "{connection_file}"], "display_name": "Python 3", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    found = doctor.kernel()
    assert found.state == BAD and sys.executable in found.remedy


def test_a_folder_without_write_access_is_named(monkeypatch, tmp_path):
    (tmp_path / "notebooks").mkdir()
    monkeypatch.setattr(lab, "home", lambda: tmp_path)
    assert doctor.folders() == doctor.Finding("folders", GOOD, str(tmp_path))
    monkeypatch.setattr(lab, "writable", lambda folder: folder.name != "notebooks")
    assert doctor.folders().state == BAD and doctor.folders().found == str(tmp_path / "notebooks")
    assert str(tmp_path) in doctor.folders().remedy


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a user whom permissions bind")
def test_a_read_only_folder_cannot_be_written(tmp_path):
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    assert not lab.writable(tmp_path)


def test_without_a_screen_the_address_is_to_be_copied(monkeypatch):
    monkeypatch.setattr(lab, "has_browser", lambda: False)
    assert doctor.browser().state == NOTE and "lab" in doctor.browser().remedy


def test_square_brackets_in_a_path_are_shown(capsys):
    doctor.show([doctor.Finding("folders", BAD, "/a/[red]b", 'cp -r "/a/[red]b"')], Console(width=80))
    assert capsys.readouterr().out.count("[red]") == 2
