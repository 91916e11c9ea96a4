"""Answers from clicks: each is saved at once, submit carries them all, the youngest word counts."""

import ast
import json

import pytest
from clicking import ASKED, SHEET

from casekit import answers, labels, mark, saved, sheet
from casekit.exercise import Exercise
from casekit.exercise.clicks import rewritten
from casekit.exercise.overview import Overview
from casekit.widgets import faces, quiz

KEY = """
def pick(): return "b"
def many(): return ["a", "c"]
def rank(): return ["c", "a", "b"]
def pairs(): return {"a": "y", "b": "x"}
def days(): return 3
def series(): return [1, 2]
"""
FULL = {"pick": "b", "many": ["a", "c"], "rank": ["c", "a", "b"], "pairs": {"a": "y", "b": "x"}, "days": 3}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "05_demo.toml").write_text(SHEET, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def shown(monkeypatch):
    outputs = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw=False: outputs.append(data))
    return outputs


class Shell:
    """The part of a notebook's shell that submit() speaks to."""

    def __init__(self, source, kind="execute_request"):
        self.message = {"header": {"msg_type": kind}, "content": {"code": source}}
        self.cell = source

    def get_parent(self):
        return self.message

    def set_next_input(self, text, replace):
        assert replace
        self.cell = text


def opened(student="1"):
    ex = Exercise("05_demo", student, "en")
    for question in ASKED:
        ex.ask(question)
    return ex


def click(ex, question, value):
    ex._clicks.shown[question][0].write(value)


def submit(ex, shown, monkeypatch, source="ex.submit()"):
    """Run the last cell; return it as it is afterwards, and the answers that left."""
    shell = Shell(source)
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    shown.clear()
    call = ast.parse(source).body[-1].value
    ex.submit(*[ast.literal_eval(argument) for argument in call.args])
    data = json.loads(json.dumps([data for data in shown if isinstance(data, dict)]))
    cells = [{"cell_type": "code", "outputs": [{"output_type": "display_data", "data": one}]} for one in data]
    return shell.cell, answers.collect({"cells": cells}).answers


def test_each_click_is_saved_at_once(folder, shown):
    ex = opened()
    for question, value in FULL.items():
        click(ex, question, value)
        assert json.loads((folder / ".casekit" / "05_demo-1.json").read_text("utf-8"))["answers"][question] == value
        assert "Saved at" in ex._clicks.shown[question][1].value
    assert [file.name for file in (folder / ".casekit").iterdir()] == ["05_demo-1.json"]


def test_the_cell_comes_to_hold_every_answer(folder, shown, monkeypatch):
    ex = opened()
    for question, value in FULL.items():
        click(ex, question, value)
    source, left = submit(ex, shown, monkeypatch, "done = 1\nex.submit()  # 交")
    assert left == FULL
    assert source.startswith("done = 1\nex.submit({") and source.endswith("})  # 交")
    assert ast.literal_eval(ast.parse(source).body[1].value.args[0]) == FULL
    assert "5 of 6" in shown[-1]["text/plain"] and "Still open: Series" in shown[-1]["text/plain"]
    assert "Last saved" in shown[-1]["text/plain"]
    assert submit(ex, shown, monkeypatch, source) == (source, FULL)


def test_one_file_carries_all_to_another_folder(folder, shown, monkeypatch, tmp_path_factory):
    ex = opened()
    for question, value in FULL.items():
        click(ex, question, value)
    source, _ = submit(ex, shown, monkeypatch)
    other = tmp_path_factory.mktemp("作业")
    (other / "05_demo.toml").write_text(SHEET, encoding="utf-8")
    monkeypatch.chdir(other)
    again = opened()
    assert submit(again, shown, monkeypatch, source) == (source, FULL)
    assert {question: face.read() for question, (face, _) in again._clicks.shown.items()} == FULL
    assert not again._clicks.live  # what submit shows is no click


def test_a_restart_brings_back_what_was_saved(folder, shown, monkeypatch):
    click(opened(), "pick", "a")
    ex = opened()
    assert ex._clicks.shown["pick"][0].read() == "a" and "is back" in ex._clicks.shown["pick"][1].value
    assert submit(ex, shown, monkeypatch)[1] == {"pick": "a"}


def test_the_youngest_word_counts(folder, shown, monkeypatch):
    ex = opened()
    click(ex, "pick", "a")
    source, _ = submit(ex, shown, monkeypatch)
    click(opened(), "pick", "b")  # after a restart, and then the kernel is restarted again
    source, left = submit(opened(), shown, monkeypatch, source)
    assert left == {"pick": "b"} and "'b'" in source
    # A file from elsewhere goes before what was saved here, a live click before the file.
    assert submit(opened(), shown, monkeypatch, "ex.submit({'pick': 'a'})")[1] == {"pick": "a"}
    ex = opened()
    click(ex, "pick", "b")
    assert submit(ex, shown, monkeypatch, "ex.submit({'pick': 'a'})")[1] == {"pick": "b"}


def test_an_answer_taken_back_is_gone(folder, shown, monkeypatch):
    ex = opened()
    click(ex, "many", ["a"])
    source, _ = submit(ex, shown, monkeypatch)
    click(ex, "many", [])
    assert submit(ex, shown, monkeypatch, source) == ("ex.submit()", {})
    click(ex, "many", ["b"])
    source, _ = submit(ex, shown, monkeypatch)
    click(opened(), "many", [])
    assert submit(opened(), shown, monkeypatch, source) == ("ex.submit()", {})


def test_students_on_one_computer_do_not_mix(folder, shown, monkeypatch):
    click(opened("1"), "pick", "a")
    assert submit(opened("2"), shown, monkeypatch)[1] == {}


def test_nothing_is_rewritten_from_a_click_or_without_a_notebook(folder, shown, monkeypatch):
    ex = opened()
    click(ex, "pick", "a")
    for shell in (None, Shell("next_cell = 1", "comm_msg")):
        monkeypatch.setattr("IPython.get_ipython", lambda shell=shell: shell)
        ex.submit()
        assert shell is None or shell.cell == "next_cell = 1"
        assert shown[-2][answers.MIME]["value"] == "a"


@pytest.mark.parametrize("source", ["%time ex.submit()", "ex.submit(); ex.submit()", "run = ex"])
def test_a_cell_that_cannot_take_it_is_left_alone(source):
    assert rewritten(source, {"a": 1}) is None


def test_odd_things_never_raise(folder, shown, monkeypatch):
    ex = opened()
    for question in ("series", "picks", 3):
        ex.ask(question)
    assert "use ex.answer" in shown[-3]["text/plain"] and "Did you mean pick" in shown[-2]["text/plain"]
    for given in ("x", {"pick": "z", "many": 3, "rank": {"a": [1]}, "pairs": ["?"], "days": "three", "none": 1, 7: []}):
        ex.submit(given)
    assert "0 of 6" in shown[-1]["text/plain"]
    (folder / ".casekit" / "05_demo-1.json").write_text('{"answers": [1], "time": {}}')
    assert opened()._clicks.shown["pick"][0].read() is None
    (folder / ".casekit" / "05_demo-1.json").write_text("{")
    click(opened(), "pick", "a")
    assert submit(opened(), shown, monkeypatch)[1] == {"pick": "a"}


def test_what_is_half_done_is_told(folder, shown, monkeypatch):
    ex = opened()
    ex._clicks.shown["rank"][0].controls[0].value = "c"
    ex._clicks.shown["pairs"][0].controls[1].value = "x"
    source, left = submit(ex, shown, monkeypatch)
    assert left == {"rank": ["c", None, None], "pairs": {"a": None, "b": "x"}}
    assert "2 places are still open" in shown[0]["text/plain"] and "0 of 6" in shown[-1]["text/plain"]


def test_a_folder_without_write_access_is_told(folder, shown, monkeypatch):
    ex = opened()
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(PermissionError))
    click(ex, "pick", "a")
    assert "cannot be written" in ex._clicks.shown["pick"][1].value
    assert submit(ex, shown, monkeypatch)[1] == {"pick": "a"}


def test_looking_at_an_exercise_leaves_nothing_behind(folder, shown, monkeypatch):
    ex = opened()
    ex.answer("series", ...)
    submit(ex, shown, monkeypatch)
    assert not (folder / ".casekit").exists()


def test_clicked_answers_are_marked(folder):
    (folder / "keys").mkdir()
    (folder / "keys" / "05_demo.py").write_text(KEY, encoding="utf-8")
    read, key = sheet.read(folder / "05_demo.toml"), mark.load_key(folder / "keys" / "05_demo.py")

    def points(**given):
        return {one.question: one.points for one in mark.mark(read, key, {**FULL, **given}, None) if one.question in FULL}

    assert points() == {"pick": 2, "many": 4, "rank": 3, "pairs": 2, "days": 1}
    assert points(many="c、a", days="3 天", pairs={"A": "Y", "频率": "天数"}) == points()
    assert points(many=["a"])["many"] == 3 and points(many=["b", "d"])["many"] == 0
    assert points(rank=["c", "b", "a"])["rank"] == 0 and points(pairs={"a": "y", "b": None})["pairs"] == 1
    assert points(rank=["c"], many={"a": 1}, pairs=[1]) | {"rank": 0, "many": 0, "pairs": 0} == points(rank=1, many=1, pairs=1)


def test_practice_mode_judges_what_is_submitted(folder, shown, monkeypatch):
    (folder / "keys").mkdir()
    (folder / "keys" / "05_demo.py").write_text(KEY, encoding="utf-8")
    ex = opened()
    click(ex, "pick", "a")
    click(ex, "many", ["a", "c"])
    submit(ex, shown, monkeypatch)
    assert "Not right yet" in shown[0]["text/plain"] and "4 / 4 points" in shown[1]["text/plain"]


def test_practice_mode_judges_each_click_at_once_and_typing_later(folder, shown, monkeypatch):
    (folder / "keys").mkdir()
    (folder / "keys" / "05_demo.py").write_text(KEY, encoding="utf-8")
    ex = opened()
    said = {id: line for id, (_, line) in ex._clicks.shown.items()}
    click(ex, "pick", "a")
    assert "Saved at" in said["pick"].value and "Not right yet" in said["pick"].value
    click(ex, "pick", "b")
    assert "2 / 2 points" in said["pick"].value and "Not right yet" not in said["pick"].value
    ex._clicks.shown["rank"][0].controls[0].value = "c"
    assert "points" not in said["rank"].value  # two places are still open
    click(ex, "days", 4)
    assert "points" not in said["days"].value
    click(ex, "many", ["a"])
    click(ex, "many", [])
    assert "points" not in said["many"].value


@pytest.mark.parametrize(("kind", "value"), [("number", 2.5), ("number", "1,200"), ("text", "甲"), ("essay", "a\nb")])
def test_a_face_gives_back_what_it_was_given(kind, value):
    face = faces.face(kind)
    assert face.read() is None
    face.write(value)
    assert face.read() == value
    face.write(None)
    assert face.read() is None


def test_the_overview_counts_what_was_done(folder, shown, monkeypatch):
    home = folder / "notebooks"
    home.mkdir()
    works = folder / "exercises"
    works.mkdir()
    (works / "04_rfm.toml").write_text(SHEET, encoding="utf-8")
    for name in ("00_welcome", "04_rfm"):
        cell = {"cell_type": "markdown", "source": [f"# About {name} <i>\n", "more"]}
        (home / f"{name}.en.ipynb").write_text(json.dumps({"cells": [cell]}))
    monkeypatch.chdir(works)
    ex = Exercise("04_rfm", "1", "en")
    ex.answer("series", [1, 2])
    ex.ask("pick")
    monkeypatch.chdir(home)
    first = quiz.quiz.read("04_rfm")[0]
    box = quiz.ask(first, saved.path("quiz-04_rfm"))
    box.children[1].value = first.answer[0]
    box.children[2].click()
    seen = Overview("en")
    assert repr(seen).startswith("About 04_rfm <i> | 1 / ") and "| 1 / 6 |" in repr(seen)
    assert 'href="04_rfm.en.ipynb">About 04_rfm &lt;i&gt;' in seen.html()
    assert labels.text("overview.quiz", "en") in seen.html()
