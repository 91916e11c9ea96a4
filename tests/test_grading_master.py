"""An exercise is found by name, and its public sheet gives nothing away."""

import dataclasses

import pytest
import tiny

from casekit import sheet
from casekit.errors import InputError
from casekit.grading import master


def test_found_by_path_by_id_and_as_the_only_one(tmp_path, monkeypatch):
    path = tiny.write(tmp_path / "exercises")
    assert master.load(path).id == tiny.ID
    monkeypatch.chdir(tmp_path)
    assert master.load(tiny.ID).sheet.path == path
    monkeypatch.chdir(tmp_path / "exercises")
    assert set(master.load(tiny.ID).notebooks) == {"zh", "en"}


def test_an_unknown_one_is_refused_and_the_known_are_named(tmp_path, monkeypatch):
    tiny.write(tmp_path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=f"99_none.*{tiny.ID}"):
        master.load("99_none")


def test_where_there_are_several_the_name_is_asked_for():
    with pytest.raises(InputError, match="--exercise.*04_rfm"):
        master.load()


def test_the_public_sheet_is_the_sheet_without_mistakes(tmp_path):
    one = master.load(tiny.write(tmp_path))
    assert "one_too_many" not in one.public and "多加" not in one.public and "comment" not in one.public
    path = tmp_path / "public.toml"
    path.write_text(one.public, encoding="utf-8")
    told = sheet.read(path).questions
    assert told == tuple(dataclasses.replace(question, mistakes=()) for question in one.sheet.questions)


def test_toml_is_written_as_toml():
    import tomllib

    text = 'a = "q\\"\\\\ \\u0001 \\u007f 中"\nb = [1, 2.5, true]\nc = {"d e" = {x = ""}}\n[[question]]\nid = "1"\n[[question.criterion]]\nz = []\n'
    assert tomllib.loads(master.public(text)) == tomllib.loads(text)
