"""Whose notebook is it, and can it be read: told for every file, and one bad file stops nobody."""

import json
import os

import pytest
import tiny

from casekit.grading import intake
from casekit.grading.report import say
from casekit.grading.roster import Student

ROSTER = [
    Student("20250001", "张伟"),
    Student("20250002", "张伟明"),
    Student("20250003", "Li"),
    Student("20250004", "王芳"),
    Student("20250005", "王芳"),
    Student("B-7/x", "赵敏"),
]


@pytest.fixture
def collect(tmp_path):
    def collect(files, **options):
        for at, (name, data) in enumerate(files.items()):
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data if isinstance(data, bytes) else tiny.text(data).encode())
            os.utime(path, (1_000_000 + at, 1_000_000 + at))
        return intake.collect(tmp_path, ROSTER, tiny.ID, **options)

    return collect


def nb(student="x", **changes):
    return tiny.notebook(student=student, **changes)


@pytest.mark.parametrize(("name", "student", "inside"), [
    ("20250001.ipynb", "20250001", "x"),
    ("营销_20250001_作业(1).ipynb", "20250001", "x"),
    ("20250001_张伟_5523_assignsubmission_file/final.ipynb", "20250001", "x"),
    ("李四/２０２５０００１.ipynb", "20250001", "x"),
    ("张伟.ipynb", "20250001", "x"),
    ("张 伟 最终版.ipynb", "20250001", "x"),
    ("张伟明-RFM.ipynb", "20250002", "x"),
    ("li_RFM.ipynb", "20250003", "x"),
    ("作业.ipynb", "20250003", "20250003"),
    ("王芳.ipynb", "20250005", "20250005"),  # two of that name: the notebook decides
    ("b-7／X/作业.ipynb", "B-7/x", "x"),
])  # fmt: skip
def test_matched(collect, name, student, inside):
    taken = collect({name: nb(inside)})
    assert [one.student for one in taken.submissions] == [student] and not taken.unmatched
    assert len(taken.missing) == len(ROSTER) - 1


@pytest.mark.parametrize(("name", "inside", "code"), [
    ("20259999.ipynb", "20259999", "unknown"),
    ("120250001.ipynb", "x", "unknown"),  # a number inside a longer one is another number
    ("Lily.ipynb", "x", "unknown"),
    ("王芳.ipynb", "x", "ambiguous"),
    ("20250001 和 20250003.ipynb", "x", "ambiguous"),
])  # fmt: skip
def test_not_matched(collect, name, inside, code):
    taken = collect({name: nb(inside)})
    assert [problem.code for problem in taken.unmatched] == [f"grade.file.{code}"] and not taken.submissions


def test_the_outer_name_decides_and_it_is_said(collect):
    (one,) = collect({"20250001/20250003.ipynb": nb("20250003")}).submissions
    assert one.student == "20250001"
    assert {note.code for note in one.notes} == {"grade.note.other_id", "grade.note.other_student"}


def test_the_latest_counts(collect):
    (one,) = collect({"20250001.ipynb": nb(), "20250001 (1).ipynb": nb(base="base = 1")}).submissions
    assert one.file == "20250001 (1).ipynb"
    assert "20250001.ipynb" in say(one.notes[-1])


def test_nobody_displaces_another_by_his_number(collect):
    (one,) = collect({"20250001.ipynb": nb(), "later.ipynb": nb("20250001", base="base = 0")}).submissions
    assert one.file == "20250001.ipynb"


def test_an_untouched_twin_gives_way_without_a_word(collect):
    untouched = tiny.notebook(tiny.STUBS, lang="en")
    sha = intake.source_sha(intake.cells(untouched))
    (one,) = collect(
        {"20250001/a.zh.ipynb": nb(), "20250001/a.en.ipynb": untouched}, released={sha}
    ).submissions
    assert one.file.endswith("zh.ipynb") and one.lang == "zh"
    assert [note.code for note in one.notes if note.code == "grade.note.several"] == []


def test_the_exercise_goes_before_another_notebook(collect):
    other = {"cells": [{"cell_type": "code", "source": "1"}]}
    (one,) = collect({"20250001/a.ipynb": nb(), "20250001/b.ipynb": json.dumps(other).encode()}).submissions
    assert one.file.endswith("a.ipynb")


@pytest.mark.parametrize(("data", "code"), [
    (b"", "empty"), (b"  \n", "empty"), (b"%PDF-1.7 ...", "pdf"), (b"PK\x03\x04", "archive"),
    (b"<!DOCTYPE html><html>", "web_page"), (b"\x80\x81\xff" * 50, "encoding"), (b'{"cells": [', "truncated"),
    (tiny.text(nb()).encode()[:900], "truncated"), (b"hello", "not_json"), (b"[1, 2]", "not_a_notebook"),
    (b'{"a": 1}', "not_a_notebook"), (b'{"cells": 3}', "not_a_notebook"), (b'{"cells": []}', "no_cells"),
    (b"[" * 100_000, "not_a_notebook"),
    (b'{\n<<<<<<< HEAD\n"cells": []\n=======\n"cells": [1]\n>>>>>>> theirs\n}', "conflict"),
])  # fmt: skip
def test_bad_files_are_named_and_stop_nobody(collect, data, code):
    taken = collect({"20250001.ipynb": data, "20250003.ipynb": nb()})
    assert [one.student for one in taken.submissions] == ["20250003"]
    (problem,) = taken.failed
    assert (problem.student, problem.file, problem.code) == (
        "20250001",
        "20250001.ipynb",
        f"grade.file.{code}",
    )
    assert "{" not in say(problem) and say(problem, "zh") != say(problem, "en")


def test_a_bad_file_beside_a_good_one_is_a_note(collect):
    (one,) = collect({"20250001/a.ipynb": nb(), "20250001/b.ipynb": b""}).submissions
    assert [note.code for note in one.notes if "beside" in note.code] and "b.ipynb" in say(one.notes[-1])


def test_a_bad_file_of_nobody_says_why_it_is_bad(collect):
    assert [one.code for one in collect({"a.ipynb": b"", "b.txt": b"", "c.zip": b"PK"}).unmatched] == [
        "grade.file.empty",
        "grade.file.broken_zip",
    ]


def test_only_a_pdf(collect):
    assert collect({"20250001/report.pdf": b"%PDF"}).failed[0].code == "grade.file.not_notebook"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gbk"])
def test_encodings(collect, encoding):
    (one,) = collect({"20250001.ipynb": tiny.text(nb()).encode(encoding)}).submissions
    assert one.cells[0]["source"] == "# 小练习"
    assert bool([note for note in one.notes if "encoding" in note.code]) == (
        encoding in ("utf-16", "utf-16-le", "gbk")
    )


def test_a_damaged_byte_costs_no_mark(collect):
    data = tiny.text(nb()).encode()
    at = data.index("小".encode())
    (one,) = collect({"20250001.ipynb": data[:at] + b"\xff" + data[at + 1 :]}).submissions
    assert len(one.cells) == len(nb()["cells"]) and "encoding" in one.notes[0].code


def test_old_new_and_odd_formats(collect):
    cell = {"cell_type": "code", "input": ["a = 1\n", "b"], "language": "python", "outputs": []}
    three = {
        "nbformat": 3,
        "worksheets": [{"cells": [{"cell_type": "heading", "level": 2, "source": "T"}, cell]}],
    }
    five = {
        "nbformat": 5,
        "cells": [{"cell_type": "magic", "source": 5}, None, {"cell_type": "code", "source": "x\ud800"}],
    }
    taken = collect(
        {"20250001.ipynb": json.dumps(three).encode(), "20250003.ipynb": json.dumps(five).encode()}
    )
    assert [[(c["cell_type"], c["source"]) for c in one.cells] for one in taken.submissions] == [
        [("markdown", "## T"), ("code", "a = 1\nb")],
        [("raw", "5"), ("code", "x?")],
    ]


def test_the_hash_sees_what_was_written_and_nothing_else():
    one, other = nb("1"), nb("2")
    other["metadata"] = {}
    other["cells"][1]["outputs"] = [1]
    other["cells"][0]["id"] = "new"
    assert intake.source_sha(intake.cells(one)) == intake.source_sha(intake.cells(other))
    assert intake.source_sha(intake.cells(nb(base="base = 3"))) != intake.source_sha(intake.cells(one))
