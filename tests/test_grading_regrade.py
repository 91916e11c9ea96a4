"""After a change of sheet or key the recorded answers are marked again, and it is asked before anything is written."""

import json

import pytest
import tiny

from casekit.errors import InputError
from casekit.grading import exchange, feedback, history, intake, marking, master, overview, regrade, run
from casekit.grading.gradebook import Gradebook


@pytest.fixture
def room(tmp_path):
    tiny.room(tmp_path)
    tiny.hand_in(tmp_path, "20250003", tiny.notebook(base="base = 14", square="def square(x):\n    return x + x"))
    tiny.grade(tmp_path)
    return tmp_path


def never(job):
    raise AssertionError("a notebook ran")


def change(room, old, new, file=f"{tiny.ID}.toml"):
    path = room / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


KEY = f"keys/{tiny.ID}.py"


def plan(room):
    return regrade.plan(room / f"{tiny.ID}.toml", room / "gradebook.db")


def write(room, what):
    regrade.write(what, room / "gradebook.db")


def totals(room):
    return {line.student[-1]: line.points for line in tiny.grade(room, runner=never).lines}


def test_nothing_changed_nothing_to_do(room):
    found = plan(room)
    assert (found.shifts, found.same, found.stale) == ((), 3, ())


def test_a_corrected_key_moves_points_both_ways_and_no_notebook_runs(room):
    before = totals(room)
    assert before == {"1": 14, "2": pytest.approx(8.4), "3": pytest.approx(6.4), "4": None}
    change(room, "int(student[-3:]) + 10", "int(student[-3:]) + 11", KEY)
    found = plan(room)
    # 1 was right; 2 was wrong either way and carries it on; 3 had the number that is right now.
    assert {one.student[-1]: (one.before.total, one.after.total, one.gain) for one in found.changed} == {
        "1": (14, 8.4, -5.6),
        "3": (6.4, 12, 5.6),
    }
    assert found.changed[0].questions == {"base": (4, 0), "multiples": (8, 6.4)}
    assert found.to_run == {} and len(found.shifts) == 3
    assert totals_now(room) == before  # planning writes nothing
    write(room, found)
    assert totals(room) == {"1": 8.4, "2": pytest.approx(8.4), "3": 12, "4": None}  # and nothing is run again
    assert plan(room).same == 3


def totals_now(room):
    from casekit.grading import master, summary

    with master.opened(room / f"{tiny.ID}.toml", room / "gradebook.db") as (one, book):
        return {id[-1]: stands.total for id, stands in summary.standings(book, one.sheet).items()}


def test_the_notebook_stays_at_hand(room):
    change(room, "+ 10", "+ 11", KEY)
    for points in ("points = 3\nkind", "points = 4\nkind"):  # twice: a result of a result
        change(room, "points = 2\nkind" if "3" in points else "points = 3\nkind", points)
        write(room, plan(room))
    with Gradebook(room / "gradebook.db") as book:
        result = book.results(tiny.ID)["20250001"]
        assert result.ran and json.loads(book.notebook(result.key))["cells"]
        assert book.db.execute("SELECT count(*) FROM result WHERE notebook IS NULL").fetchone()[0] == 6


def test_functions_are_judged_by_what_they_returned(room):
    change(room, "return x * x", "return x + x", KEY)
    found = plan(room)
    assert {one.student[-1]: one.questions for one in found.changed} == {
        "1": {"square": (2, 0)},
        "2": {"square": (2, 0)},
        "3": {"square": (0, 2)},
    }
    assert found.to_run == {}


def test_another_class_is_tried_on_other_inputs(room, tmp_path):
    """Who has seen the inputs of one gradebook can foresee nothing of another; within one they stay."""
    one = master.load(room / f"{tiny.ID}.toml")
    drawn = [marking.probes(one, "20250001", secret)["square"] for secret in ("a", "a", "b")]
    assert drawn[0] == drawn[1] != drawn[2]
    with Gradebook(room / "gradebook.db") as book:
        book.db.execute("UPDATE secret SET value = 'another'")
    assert list(plan(room).to_run) == ["square"]  # what they were tried on is not drawn again


def test_functions_whose_inputs_changed_need_a_run(room):
    tiny.hand_in(room, "20250002", tiny.notebook(square=None))
    tiny.grade(room)
    change(room, "rng.integers(2, 99, 3)", "rng.integers(2, 99, 4)", KEY)
    change(room, "+ 10", "+ 11", KEY)
    found = plan(room)
    assert found.to_run == {"square": ["20250001", "20250003"]}  # 2 gave no function
    write(room, found)
    assert totals_now(room)["1"] == pytest.approx(6.4 + 2)  # its mark stays for now
    fresh = tiny.grade(room)
    assert [line.student[-1] for line in fresh.lines if line.fresh] == ["1", "3"]


def test_a_new_question_is_not_answered_and_a_removed_one_earns_nothing(room):
    start = tiny.SHEET.index('[[question]]\nid = "square"')
    end = tiny.SHEET.index('[[question]]\nid = "essay"')
    change(room, tiny.SHEET[start:end], tiny.SHEET[start:end].replace('"square"', '"cube"'))
    change(room, "square", "cube", KEY)
    shifts = {one.student[-1]: one for one in plan(room).shifts}
    assert shifts["1"].questions == {"square": (2, None), "cube": (None, 0)}
    assert shifts["1"].to_run == ()


def test_a_class_marked_by_an_earlier_sheet_can_still_be_looked_at(room):
    """Even where answers were alike in a question that the sheet has no more."""
    tiny.hand_in(room, "20250003", tiny.notebook(base="base = 11"))  # what student 1 gets
    tiny.grade(room)
    change(room, '[[question]]\nid = "multiples"', '[[question]]\nid = "products"')
    change(room, "def multiples", "def products", KEY)
    change(room, "return multiples(base)", "return products(base)", KEY)
    where = {"exercise": room / f"{tiny.ID}.toml", "gradebook": room / "gradebook.db"}
    asked = {one["id"]: one["share"] for one in overview.look(**where)["asked"]}
    assert asked == {"base": pytest.approx(1 / 3), "products": None, "square": 1, "essay": None}
    assert len(feedback.write(room / "out", **where)) == 3
    exchange.export(room / "m.csv", **where)


def test_marks_by_hand_stay_and_come_on_top(room):
    with Gradebook(room / "gradebook.db") as book:
        book.give(tiny.ID, [("20250001", "base", "", 1.0, "seen on paper", "")], "points")
    change(room, "+ 10", "+ 11", KEY)
    shift = plan(room).changed[0]
    assert (shift.before.total, shift.after.total) == (11, 1 + 6.4 + 2)
    assert shift.questions == {"multiples": (8, 6.4)}


def test_other_data_need_a_run(room, monkeypatch):
    from casekit.grading.master import Master

    monkeypatch.setattr(Master, "data_sha", "other")
    assert plan(room).stale == ("20250001", "20250002", "20250003")


def test_what_was_changed_meanwhile_is_not_overwritten(room):
    change(room, "+ 10", "+ 11", KEY)
    found = plan(room)
    tiny.hand_in(room, "20250003", tiny.notebook())
    tiny.grade(room)
    before = totals_now(room)
    with pytest.raises(InputError, match="2025000"):
        write(room, found)
    assert totals_now(room) == before


def test_it_is_in_the_history_and_can_be_undone_and_redone(room):
    before = totals_now(room)
    change(room, "+ 10", "+ 11", KEY)
    write(room, plan(room))
    after = totals_now(room)
    with Gradebook(room / "gradebook.db") as book:
        done = history.undoable(book)
        assert (done.what, len(done.changes)) == ("regrade", 3)
        book.revert(done)
        assert totals_now(room) == before
        again = history.read(book)[-1]
        assert again.what == "undo" and again.details == {"undoes": done.number}
        book.revert(history.undoable(book, again.number))
        assert totals_now(room) == after
        assert history.undoable(book).number == done.number


@pytest.mark.kernel
def test_the_record_of_a_real_run_says_what_was_handed_in(tmp_path):
    """So that a regraded result is found again by the next grading, its key is worked out from the record."""
    tiny.room(tmp_path)
    tiny.hand_in(tmp_path, "20250002", tiny.notebook(square="1 / 0\nsquare = ..."))
    tiny.grade(tmp_path, runner=run.run)
    change(tmp_path, "+ 10", "+ 11", KEY)
    found = plan(tmp_path)
    assert found.to_run == {} and len(found.shifts) == 2
    write(tmp_path, found)
    assert totals(tmp_path)["1"] == 8.4
    with Gradebook(tmp_path / "gradebook.db") as book:
        nb = json.loads(book.notebook(book.results(tiny.ID)["20250001"].key))
    own = {"cells": [cell for cell in nb["cells"] if run.is_own(cell)]}
    given = json.loads((tmp_path / "in" / "20250001.ipynb").read_text(encoding="utf-8"))
    assert intake.source_sha(intake.cells(own)) == intake.source_sha(intake.cells(given))
