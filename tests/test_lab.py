"""The lab command: what JupyterLab is started with."""

import asyncio
import json
import socket
import sys
from pathlib import Path
from unittest import mock

import pytest
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyter_server.services.kernels.websocket import KernelWebsocketHandler
from traitlets.utils.importstring import import_item
from typer.testing import CliRunner

from casekit import cli, lab, labels
from casekit.errors import InputError


@pytest.fixture
def plain(monkeypatch):
    for name in ("CASEKIT_LANG", "LC_ALL", "LC_MESSAGES", "LANG", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.mark.parametrize(("name", "value", "lang"), [
    ("LANG", "zh_CN.UTF-8", "zh"), ("LC_ALL", "zh_TW", "zh"), ("LANG", "en_GB.UTF-8", "en"), ("LANG", "C", "en"),
    ("CASEKIT_LANG", "zh", "zh"), ("LANG", "Chinese (Simplified)_China", "zh"),
])
def test_the_computer_s_language_is_read(plain, name, value, lang):
    plain.setenv(name, value)
    assert lab.preferred() == lang


def test_one_s_own_choice_wins_over_the_system(plain):
    plain.setenv("LANG", "zh_CN.UTF-8")
    plain.setenv("CASEKIT_LANG", "en")
    assert lab.preferred() == "en"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_jupyterlab_opens_the_welcome_notebook(plain, tmp_path, lang):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / f"00_welcome.{lang}.ipynb").touch()
    words = lab.command(lang, tmp_path)
    assert words[0] == sys.executable and words[words.index("-m") + 1] == "jupyterlab"
    assert f"--LabApp.default_url=/lab/tree/notebooks/00_welcome.{lang}.ipynb" in words
    assert not any("port" in word for word in words)


def test_a_port_of_one_s_own_is_not_silently_changed(plain, tmp_path):
    words = lab.command("zh", tmp_path, 9000)
    assert "--ServerApp.port=9000" in words and "--ServerApp.port_retries=0" in words


def test_the_server_sends_each_message_at_once(plain, tmp_path):
    async def connect(self):
        told.append("connected")

    plain.setattr(ZMQChannelsWebsocketConnection, "connect", connect)
    told, word = [], "--ServerApp.kernel_websocket_connection_class="
    [name] = [each.removeprefix(word) for each in lab.command("zh", tmp_path) if each.startswith(word)]
    line = import_item(name)(websocket_handler=mock.Mock(KernelWebsocketHandler, set_nodelay=told.append))
    asyncio.run(line.connect())
    assert told == [True, "connected"]


def test_without_a_screen_the_address_is_printed(plain, tmp_path):
    plain.setattr(sys, "platform", "linux")
    assert "--no-browser" in lab.command("zh", tmp_path)
    plain.setattr(sys, "platform", "win32")
    assert "--no-browser" not in lab.command("zh", tmp_path)


def test_menus_follow_the_language_and_other_settings_stay(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    lab.speak("zh")
    [written] = (tmp_path / "share/jupyter/lab/settings/overrides.d").iterdir()
    settings = json.loads(written.read_text())
    assert settings["@jupyterlab/translation-extension:plugin"] == {"locale": "zh_CN"}
    assert settings["@jupyter-widgets/jupyterlab-manager:plugin"]["saveState"] is True
    written.unlink()
    (tmp_path / "share/jupyter/lab/settings/overrides.d").rmdir()
    (tmp_path / "share/jupyter/lab/settings/overrides.d").touch()  # nothing can be written there
    lab.speak("zh")


@pytest.mark.parametrize(("first", "second", "told"), [("zh", "zh", False), ("zh", "en", True), ("en", "zh", True), (None, "en", False)])
def test_a_second_start_opens_the_first_and_says_how_the_menus_change(monkeypatch, tmp_path, first, second, told):
    opened = []
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr("jupyter_server.serverapp.list_running_servers", lambda: [
        {"root_dir": str(tmp_path), "url": "http://localhost:1/", "token": "t"}, {"root_dir": str(lab.home()), "url": "http://localhost:2/", "token": "s"}])
    monkeypatch.setattr("typer.launch", opened.append)
    monkeypatch.setattr(lab, "start", lambda *_: pytest.fail("a second JupyterLab"))
    if first:
        lab.speak(first)
    done = CliRunner().invoke(cli.app, ["lab", "--lang", second], env={"COLUMNS": "500"})
    assert opened == [f"http://localhost:2/lab/tree/notebooks/00_welcome.{second}.ipynb?token=s"] and opened[0] in done.output
    assert (labels.text("lab.menus", second) in done.output) == told and lab.speaks(second) != told


def test_class_defaults_ship_with_the_package():
    settings = json.loads((Path(lab.__file__).parent / "overrides.json").read_text())
    assert settings["@jupyter-widgets/jupyterlab-manager:plugin"]["saveState"] is True


def test_a_busy_port_gets_one_clear_sentence(monkeypatch, tmp_path):
    monkeypatch.setattr(lab, "home", lambda: tmp_path)
    monkeypatch.setattr(lab, "speak", lambda lang: pytest.fail("too late"))
    with socket.create_server(("localhost", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=str(port)):
            lab.start("zh", port)
    with pytest.raises(InputError, match="99999"):
        lab.start("en", 99999)


def test_a_folder_that_cannot_be_written_gets_one_clear_sentence(monkeypatch, tmp_path):
    monkeypatch.setattr(lab, "home", lambda: tmp_path / "none")
    monkeypatch.setattr(lab, "speak", lambda lang: pytest.fail("too late"))
    with pytest.raises(InputError, match="none"):
        lab.start("zh")
