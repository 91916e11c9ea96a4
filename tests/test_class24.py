"""The class of 24 gets the marks that a fair teacher would give; broken files are named and stop nobody."""

import time

import class24
import pytest

from casekit.grading import batch, exchange, feedback, walls
from casekit.grading.gradebook import Gradebook

pytestmark = pytest.mark.kernel


def grade(folder, **options):
    return batch.grade(
        folder / "submissions", folder / "roster.csv", class24.ID, folder / "gradebook.db", level=walls.level(), **options
    )


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("class24")
    fair = class24.build(folder)
    return folder, fair, grade(folder)


def test_everyone_gets_what_is_fair(graded):
    _, fair, summary = graded
    assert {line.student: (line.status, line.points) for line in summary.lines} == {
        id: (status, points if points is None else pytest.approx(points))
        for id, (status, points, _) in fair.items()
    }
    assert summary.exit_code == 1 and not summary.not_run


def test_every_lost_point_has_its_reason(graded):
    folder, fair, _ = graded
    with Gradebook(folder / "gradebook.db") as book:
        results = book.results(class24.ID)
    for id, (status, _, reasons) in fair.items():
        if status in ("graded", "partly"):
            found = {
                mark.question: mark.reason
                for mark in results[id].marks
                if mark.reason not in ("right", "manual")
            }
            assert (id, found) == (id, reasons)


def test_what_the_teacher_should_know_is_told(graded):
    _, _, summary = graded
    told = {
        line.student[-2:]: [note.code.rsplit(".", 1)[1] for note in line.notes]
        for line in summary.lines
        if line.notes
    }
    assert told == {
        "07": ["same_answers"],
        "10": ["truncated"],
        "12": ["encoding"],
        "13": ["several"],
        "16": ["pdf"],
        "17": ["empty"],
        "18": ["died"],
        "22": ["repeated"],
    }
    copied = next(line for line in summary.lines if line.student.endswith("07")).notes[0].details
    assert copied["other"] == "20250101" and "scores" in copied["questions"]
    assert [(problem.file, problem.code) for problem in summary.unmatched] == [
        ("20259999_旁听生.ipynb", "grade.file.unknown")
    ]


def test_the_second_run_grades_nothing(graded):
    folder, _, first = graded
    start = time.monotonic()
    second = grade(folder)
    assert not [line for line in second.lines if line.fresh]
    assert [line.points for line in second.lines] == [line.points for line in first.lines]
    assert time.monotonic() - start < 10


def test_each_gets_a_page_in_his_language_and_a_line_in_the_grade_file(graded):
    folder, fair, _ = graded
    pages = {
        path.name[:8]: path.read_text(encoding="utf-8")
        for path in feedback.write(folder / "feedback", class24.ID, folder / "gradebook.db")
    }
    assert set(pages) == {id for id, (status, *_) in fair.items() if status != "missing"}
    assert 'lang="en"' in pages["20250102"][:60] and 'lang="zh-CN"' in pages["20250101"][:60]
    assert (
        "近期性得分的方向反了" in pages["20250106"]
        and "<img" in pages["20250101"]
        or "80 / 100" in pages["20250101"]
    )
    exchange.export(folder / "m.csv", class24.ID, folder / "gradebook.db")
    assert len((folder / "m.csv").read_text(encoding="utf-8-sig").splitlines()) == 25
