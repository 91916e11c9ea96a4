"""The terminal tells everything, in both languages, and strangers' text cannot rewrite it."""

import io
import json

import pytest
import tiny
from rich.console import Console

from casekit import labels
from casekit.grading import report
from casekit.grading.intake import Note


@pytest.fixture
def summary(tmp_path):
    tiny.room(tmp_path)
    tiny.hand_in(tmp_path, "20259999", tiny.notebook())
    return tiny.grade(tmp_path)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_table_and_the_lines_below(summary, lang):
    labels.use(lang)
    console = Console(file=io.StringIO(), width=100)
    console.print(report.table(summary))
    table, lines = console.file.getvalue(), report.closing(summary)
    for words in (
        "20250001",
        "14 / 20",
        "=1+1",
        "8.4 / 20",
        labels.text("grade.status.missing"),
        labels.text("grade.status.failed"),
    ):
        assert words in table
    assert [line for line in lines if line.startswith("20250003 李娜: ")]
    assert [line for line in lines if "20259999.ipynb" in line]
    assert (
        labels.text(
            "grade.closing",
            graded=2,
            partly=0,
            failed=1,
            waiting=0,
            missing=1,
            fresh=2,
            seconds=f"{summary.seconds:g}",
        )
        == lines[-1]
    )


def test_json_has_codes_and_words(summary):
    data = json.loads(json.dumps(report.as_dict(summary)))
    assert data["exit_code"] == 1 and data["counts"] == {"graded": 2, "failed": 1, "missing": 1}
    note = data["lines"][2]["notes"][0]
    assert note["code"] == "grade.file.truncated" and note["words"] == report.say(
        Note(note["code"], note["details"])
    )
    assert data["unmatched"][0]["words"]


def test_every_note_and_problem_has_words_without_holes():
    details = {
        "file": "f",
        "files": 10,
        "gb": 1,
        "others": "g",
        "why": "grade.file.empty",
        "id": "1",
        "student": "2",
        "cell": 3,
        "cells": 10,
        "seconds": 4,
        "times": 5,
        "other": "6",
        "questions": "q",
        "line": 7,
        "mb": 8,
        "limit": 9,
        "students": "s",
        "handed": "2026-12-01 08:00",
        "days": 2,
        "penalty": "16",
    }
    codes = [key for key in labels.table() if key.startswith(("grade.note.", "grade.file."))]
    assert len(codes) > 25
    for code in codes:
        for lang in labels.LANGUAGES:
            words = report.say(Note(code, details), lang)
            assert words and "{" not in words and "–" not in words


def test_a_strange_note_is_still_told():
    assert "new.code" in report.say(Note("new.code", {"a": "b\x1b[2J"})) and "\x1b" not in report.say(
        Note("new.code", {"a": "\x1b"})
    )


def test_strangers_text_cannot_rewrite_the_terminal(summary):
    import dataclasses

    line = dataclasses.replace(summary.lines[0], name="[red]\x1b[2J‮evil")
    console = Console(file=io.StringIO(), width=100, force_terminal=False)
    console.print(report.table(dataclasses.replace(summary, lines=(line,))))
    assert "[red][2Jevil" in console.file.getvalue()


def test_the_bar_shows_counts_and_names():
    console = Console(file=io.StringIO(), width=120, force_terminal=True)
    with report.bar(console) as update:
        update(3, 24, ["张伟", "[b]x"])
    text = console.file.getvalue()
    assert "3/24" in text and "张伟、[b]x" in text
