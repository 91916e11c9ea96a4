"""The page for the lecture hall: what is on it, and one clear sentence where it cannot be shown."""

import importlib.util
import socket

import pytest

from casekit import demo, lab
from casekit.errors import InputError


def test_a_page_has_the_title_and_the_controls_with_what_to_try(lang):
    made = demo.page("05_value", lang)
    assert made.cells[0].source.startswith("# ") and "\n" not in made.cells[0].source
    open_cells = [cell.source for cell in made.cells if cell.cell_type == "code" and not cell.source.endswith(";")]
    assert [source.split("(")[0] for source in open_cells] == ["widgets.lifetime_value", "quiz.show"]
    kinds = [(cell.cell_type, cell.source in open_cells) for cell in made.cells[1:]]
    assert kinds.count(("markdown", False)) == 1  # no exercises to be done at home
    assert kinds.index(("markdown", False)) + 1 == kinds.index(("code", True))
    [start] = [cell.source for cell in made.cells if "casekit.start(LANG)" in cell.source]
    assert f'LANG = "{lang}"' in made.cells[1].source and start.endswith(";")


@pytest.mark.parametrize("chapter", ["99_none", "", "../04_rfm", "04_rfm.zh"])
def test_an_unknown_chapter_names_those_there_are(chapter, lang):
    with pytest.raises(InputError, match="04_rfm, 05_value"):
        demo.start(chapter, lang)


def test_without_voila_the_command_that_installs_it_is_named(monkeypatch, lang):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="pip install voila"):
        demo.start("05_value", lang)


def test_a_busy_port_gets_one_clear_sentence_and_the_next_free_one_is_taken(monkeypatch, lang):
    pytest.importorskip("voila")
    told, called = [], []
    monkeypatch.setattr("subprocess.call", lambda words: called.extend(words) or 0)
    with socket.create_server(("localhost", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=str(port)):
            demo.start("05_value", lang, port)
        monkeypatch.setattr(demo, "PORTS", range(port, port + 50))
        assert demo.start("05_value", lang, ready=told.append) == 0
    [word] = [word for word in called if word.startswith("--Voila.port=")]
    assert int(word.split("=")[1]) > port and told == [f"http://localhost:{word.split('=')[1]}/"]
    assert lab.has_browser() != ("--no-browser" in called)
