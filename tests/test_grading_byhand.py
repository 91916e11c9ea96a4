"""What a teacher sets by hand counts, is shown with its reason, and can be taken back."""

import json

import pytest
import tiny

from casekit import labels
from casekit.errors import InputError
from casekit.grading import byhand, exchange, feedback, history, overview
from casekit.grading.gradebook import Gradebook


@pytest.fixture
def room(tmp_path):
    labels.use("zh")
    tiny.room(tmp_path)
    tiny.grade(tmp_path)
    return tmp_path


def where(room):
    return {"exercise": room / f"{tiny.ID}.toml", "gradebook": room / "gradebook.db"}


def total(room, student="20250001"):
    return {line.student: (line.points, line.pending) for line in tiny.grade(room).lines}[student]


def test_points_by_hand_go_before_key_and_rubric(room):
    byhand.points("20250001", "base", 1, "copied from the board", **where(room))
    assert total(room) == (11, 6)
    byhand.points("张伟", "essay", 5, "read aloud", **where(room))
    assert total(room) == (16, 0)
    byhand.points("张伟", "base", None, "a slip of mine", **where(room))
    assert total(room) == (19, 0)


def test_a_file_that_cannot_be_read_may_be_marked_from_paper(room):
    byhand.points("20250003", "base", 4, "on paper", **where(room))
    assert total(room, "20250003") == (4, 0)
    byhand.points("20250004", "base", 3, "told me", **where(room))
    assert total(room, "20250004") == (3, 0)
    pages = {path.name[:8]: path.read_text(encoding="utf-8") for path in feedback.write(room / "out", **where(room))}
    assert "4 / 20" in pages["20250003"] and "on paper" in pages["20250003"]


def test_the_student_reads_why_and_what_the_automatic_mark_was(room):
    byhand.points("20250002", "base", 3, "Nearly <right>", **where(room))
    page = next(p for p in feedback.write(room / "out", **where(room)) if "0002" in p.name).read_text(encoding="utf-8")
    assert "Nearly &lt;right&gt;" in page and labels.text("feedback.reason.manual", "en") in page
    assert "The automatic mark was 0 / 4" in page and "11.4 / 20" in page
    exchange.export(room / "m.csv", **where(room))
    assert "基数: Nearly <right>" in (room / "m.csv").read_text(encoding="utf-8-sig")


@pytest.mark.parametrize(("student", "question", "points", "why", "named"), [
    ("20259", "base", 1, "x", "2025000"), ("张为", "base", 1, "x", "张伟"), ("张伟", "bass", 1, "x", "multiples"),
    ("张伟", "base", 5, "x", "4"), ("张伟", "base", -1, "x", "-1"), ("张伟", "base", 1, " ", "--why"),
])  # fmt: skip
def test_a_slip_is_named_and_nothing_is_written(room, student, question, points, why, named):
    with pytest.raises(InputError) as error:
        byhand.points(student, question, points, why, **where(room))
    assert named in str(error.value)
    with Gradebook(room / "gradebook.db") as book:
        assert book.given(tiny.ID) == {}


def test_undo_goes_back_step_by_step_and_never_over_a_later_change(room):
    byhand.points("张伟", "base", 1, "one", **where(room))
    byhand.points("张伟", "base", 2, "two", **where(room))
    with Gradebook(room / "gradebook.db") as book:
        first = history.read(book)[-2]
        with pytest.raises(InputError, match="20250001"):
            book.revert(first)
        book.revert(history.undoable(book))
        assert book.given(tiny.ID)["20250001", "base", ""].points == 1
        book.revert(history.undoable(book))
        assert book.given(tiny.ID)["20250001", "base", ""].points is None
        with pytest.raises(InputError):
            history.undoable(book, first.number)
        assert history.undoable(book).what == "grade"
        told = history.read(book, student="20250001")
        assert [entry.what for entry in told] == ["grade", "points", "points", "undo", "undo"]
        assert all(entry.who and entry.at for entry in told)
    assert total(room) == (14, 6)


def test_undoing_a_grading_run_takes_its_results_away_until_the_next(room):
    with Gradebook(room / "gradebook.db") as book:
        book.revert(history.undoable(book))
        assert book.results(tiny.ID) == {}
        with pytest.raises(InputError):
            history.undoable(book)
    assert total(room) == (14, 6)


def test_the_class_as_a_whole(room):
    wrong = tiny.notebook(multiples='multiples = pd.Series({n: base * n + 1 for n in range(1, 6)}).rename_axis("n")')
    tiny.hand_in(room, "20250003", wrong)
    tiny.hand_in(room, "20250004", wrong)
    tiny.grade(room)
    byhand.points("20250004", "square", 1, "x", **where(room))
    view = overview.look(**where(room))
    asked = {one["id"]: one for one in view["asked"]}
    assert asked["multiples"]["reasons"] == {"right": 1, "follow_through": 1, "diagnosed": 2}
    assert asked["multiples"]["share"] == pytest.approx((8 + 6.4 + 4 + 4) / 32)
    assert asked["square"]["reasons"] == {"right": 3, "manual": 1} and asked["essay"]["share"] is None
    assert [(trap["question"], trap["mistake"], trap["students"]) for trap in view["traps"]] == [
        ("multiples", "one_too_many", ["20250003", "20250004"])
    ]
    assert view["counts"] == {"graded": 4} and json.loads(json.dumps(view)) | {"lines": 0} == view | {"lines": 0}
    for lang in labels.LANGUAGES:
        labels.use(lang)
        overview.write(room / "class.html", view)
        page = (room / "class.html").read_text(encoding="utf-8")
        assert view["traps"][0]["words"][lang] in page and "=1+1 20250002" in page and "default-src &#39;none&#39;" not in page
    labels.use("zh")


def test_essays_that_wait_are_open_and_not_worth_nothing(room):
    """20250003 wrote no essay and 20250004 handed in nothing."""
    tiny.hand_in(room, "20250003", tiny.notebook(essay=None))
    tiny.grade(room)

    def seen():
        view = overview.look(**where(room))
        overview.write(room / "class.html", view)
        assert ("待评" in (room / "class.html").read_text(encoding="utf-8")) == bool(view["open"])
        return view["mean"], view["marked"], view["open"], view["asked"][-1]["share"], view["asked"][-1]["open"]

    assert seen() == (round((14 + 8.4 + 14) / 3, 2), round((14 + 14 + 20) / 3, 2), 2, None, 2)
    byhand.points("20250001", "essay", 3, "read", **where(room))
    assert seen() == (round((17 + 8.4 + 14) / 3, 2), round((20 + 14 + 20) / 3, 2), 1, 0.5, 1)  # of those that were read
    byhand.points("20250002", "essay", 3, "read", **where(room))
    assert seen() == (round((17 + 11.4 + 14) / 3, 2), 20, 0, pytest.approx(1 / 3), 0)


def test_what_is_alike_is_named_for_the_teacher(room):
    tiny.hand_in(room, "20250002", tiny.notebook())
    right = {**tiny.RIGHT, "base": "base = 12", "multiples": 'multiples = pd.Series({n: 12 * n for n in range(1, 6)}).rename_axis("n")'}
    tiny.hand_in(room, "20250001", tiny.notebook(right))
    tiny.grade(room)
    view = overview.look(**where(room))
    found = {(one["questions"], one["other"]) for one in view["alike"]}
    assert found == {("base, multiples, essay", "20250002"), ("essay", "20250001")}
