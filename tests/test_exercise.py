"""The student's side: nothing raises, each message is in words, and what leaves is what was answered."""

import json

import numpy as np
import pandas as pd
import pytest

from casekit import answers, datasets, exercise, labels
from casekit.answers import Failure, Outputs, encode
from casekit.exercise import Exercise, probe

SHEET = """
title = {zh = "例 <b>", en = "Demo <b>"}
data = ["orders"]
[[question]]
id = "total"
points = 6
kind = "number"
unit = "cny"
title = {zh = "总额", en = "Total"}
hint = {zh = "加起来。", en = "Add up."}
[[question]]
id = "pick"
points = 2
kind = "choice"
title = {zh = "选", en = "Pick"}
options = {a = {zh = "甲", en = "First"}, b = {zh = "乙", en = "Second"}}
[[question]]
id = "double"
points = 4
kind = "function"
parameters = ["x"]
title = {zh = "函数", en = "Function"}
[[question]]
id = "essay"
points = 4
kind = "essay"
title = {zh = "文", en = "Essay"}
[[question.criterion]]
id = "clear"
title = {zh = "清楚", en = "Clear"}
level = [{points = 4, words = {zh = "好", en = "Good"}}, {points = 0, words = {zh = "无", en = "None"}}]
"""
KEY = """
def total(orders):
    return orders["amount_cny"].sum()
def pick():
    return "b"
def double(x):
    return 2 * x
def double__inputs(rng):
    return [(int(x),) for x in rng.integers(1, 99, 5)]
"""


@pytest.fixture
def shown(monkeypatch):
    """What display() was given, as a notebook would store it."""
    outputs = []
    monkeypatch.setattr(
        "IPython.display.display", lambda data, raw: outputs.append(json.loads(json.dumps(data)))
    )
    return outputs


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "05_demo.toml").write_text(SHEET, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CASEKIT_GRADING", raising=False)
    yield tmp_path
    labels.use("zh")


@pytest.fixture
def practice(folder):
    (folder / "keys").mkdir()
    (folder / "keys" / "05_demo.py").write_text(KEY, encoding="utf-8")
    return folder


def text(shown):
    return shown[-1]["text/plain"]


def collected(shown):
    cells = [
        {"cell_type": "code", "outputs": [{"output_type": "display_data", "data": data}]} for data in shown
    ]
    return answers.collect({"cells": cells})


def test_own_data_and_day(folder):
    ex = Exercise("05_demo", "20250101", "en")
    assert ex.data("orders").equals(datasets.load("orders", student="20250101"))
    assert ex.as_of == datasets.as_of("orders", student="20250101")
    assert "20250101" in repr(ex) and "Demo <b>" in repr(ex) and ex.as_of in repr(ex)
    assert "Demo &lt;b&gt;" in ex._repr_mimebundle_()["text/html"]


@pytest.mark.parametrize("student", ["", "  ", None, ..., 3.5])
def test_an_empty_student_number_is_told_kindly(folder, student):
    ex = Exercise("05_demo", student, "en")
    assert "student number is still missing" in repr(ex)
    assert ex.data("orders").equals(datasets.load("orders"))


@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_an_untouched_stub_is_no_answer(folder, shown, lang):
    ex = Exercise("05_demo", "1", lang)
    for value in (..., None, "", " \n"):
        ex.answer("total", value)
        assert labels.text("ex.state.open", lang) in text(shown)
    assert collected(shown) == answers.Collected({})


def test_an_answer_leaves_as_data_in_words_and_html(folder, shown):
    ex = Exercise("05_demo", "1", "en")
    ex.answer("total", np.float64(12.5))
    assert set(shown[-1]) == {answers.MIME, "text/html", "text/plain"}
    assert "Received: 12.5 CNY" in text(shown) and "Total (6 points)" in text(shown)
    assert 'lang="en"' in shown[-1]["text/html"] and 'role="note"' in shown[-1]["text/html"]
    ex.answer("total", 13)
    assert collected(shown).answers == {"total": 13}


def test_only_the_form_is_told_without_a_key(folder, shown):
    ex = Exercise("05_demo", "1", "en")
    ex.answer("total", 1)
    assert "points." not in text(shown) and "Right" not in text(shown)
    ex.answer("total", "much")
    assert "Please look again" in text(shown) and "One number; unit: CNY." in text(shown)
    assert collected(shown).answers["total"] == "much"  # the grader decides
    ex.answer("pick", "z")
    assert "a, b" in text(shown)


def test_what_cannot_be_carried_is_told_and_nothing_leaves(folder, shown):
    ex = Exercise("05_demo", "1", "en")
    ex.answer("total", pd.DataFrame({"a": [1]}).groupby("a"))
    assert "DataFrameGroupBy" in text(shown) and answers.MIME not in shown[-1]
    ex.answer("total", np.zeros(10**6))
    assert "1 MB" in text(shown)


def test_an_unknown_question_names_the_nearest(folder, shown):
    ex = Exercise("05_demo", "1", "en")
    for name in ("totals", 3):
        ex.answer(name, 1)
        assert "total" in text(shown) and answers.MIME not in shown[-1]


def test_students_text_is_escaped(folder, shown):
    ex = Exercise("05_demo", "<script>alert(1)</script>", "en")
    ex.answer("<img src=x>", 1)
    exec("def f(x): return x", names := {})
    names["f"].__name__ = "<script>"
    ex.answer("double", names["f"])
    for html in (ex._repr_mimebundle_()["text/html"], *(data["text/html"] for data in shown)):
        assert "<script>" not in html and "<img" not in html


def test_without_a_sheet_answers_still_leave(tmp_path, monkeypatch, shown):
    monkeypatch.chdir(tmp_path)
    ex = Exercise("77_none", "1", "en")
    assert "no marking sheet" in repr(ex) and ex.as_of and len(ex.data("orders"))
    ex.answer("anything", 5)
    assert collected(shown).answers == {"anything": 5} and "no marking sheet" in text(shown)
    ex.progress()
    ex.rubric("anything")


def test_practice_mode_tells_at_once(practice, shown):
    ex = Exercise("05_demo", "s", "en")
    assert "Practice mode" in repr(ex)
    ex.answer("total", 1.0)
    assert "Not right yet" in text(shown) and "0 / 6 points" in text(shown) and "Hint: Add up." in text(shown)
    ex.answer("total", ex.data("orders")["amount_cny"].sum())
    assert "Right" in text(shown) and "6 / 6 points. All right." in text(shown)
    ex.answer("double", lambda x: x + x)
    assert "4 / 4 points" in text(shown)
    ex.answer("double", lambda x: x / 0)
    assert "ZeroDivisionError" in text(shown)
    ex.answer("essay", "RFM")
    assert "teacher" in text(shown) and "/ 4 points" not in text(shown)


def test_practice_mode_never_tells_the_value(practice, shown):
    ex = Exercise("05_demo", "s", "zh")
    ex.answer("total", 1.0)
    ex.answer("pick", "a")
    total = ex.data("orders")["amount_cny"].sum()
    assert f"{total:.0f}" not in json.dumps(shown) and "乙" not in json.dumps(shown, ensure_ascii=False)


def test_no_key_is_read_in_a_graded_run(practice, monkeypatch, shown):
    monkeypatch.setenv("CASEKIT_GRADING", "1")
    ex = Exercise("05_demo", "s", "en")
    assert ex._key is None and "Practice" not in repr(ex)


def test_progress_shows_what_is_missing(folder, shown):
    ex = Exercise("05_demo", "1", "en")
    ex.answer("total", 1)
    ex.answer("pick", "z")
    ex.progress()
    assert text(shown).splitlines()[0] == "1 of 4 questions answered"
    assert (
        "● total  Received" in text(shown)
        and "! pick" in text(shown)
        and "○ essay  Not answered yet" in text(shown)
    )
    assert shown[-1]["text/html"].count('<th scope="row"') == 4 and "<caption" in shown[-1]["text/html"]


def test_the_rubric_is_shown(folder, shown):
    ex = Exercise("05_demo", "1", "zh")
    ex.rubric("essay")
    assert "清楚" in text(shown) and "4 · 好" in shown[-1]["text/html"]
    ex.rubric("total")
    assert "没有评分量规" in text(shown)


def test_probe_calls_the_function_last_answered(folder, shown, monkeypatch):
    monkeypatch.setattr(exercise, "_functions", {})
    ex = Exercise("05_demo", "1", "en")
    probe("double", [])
    assert shown == []

    def leave(x):
        raise SystemExit

    ex.answer("double", leave)
    ex.answer("double", lambda x: {3: 6, 4: 1 / 0}[x] if x < 4 else object() if x == 5 else leave(x))
    inputs = json.loads(json.dumps([encode((x,)) for x in (3, 5, 6)]))
    probe("double", inputs)
    assert shown[-1][answers.MIME]["probe"] is True
    assert collected(shown).answers["double"] == Outputs(
        (Failure("ZeroDivisionError"), Failure("answers.unsupported"), Failure("SystemExit"))
    )
    probe("double", [encode((3, 4))])
    assert collected(shown).answers["double"] == Outputs((Failure("TypeError"),))


def test_a_later_stub_takes_the_answer_back(practice, shown):
    ex = Exercise("05_demo", "1", "en")
    ex.answer("total", 1)
    ex.answer("total", ...)
    ex.progress()
    assert "0 of 4" in text(shown)
