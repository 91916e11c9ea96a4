"""Broken files, forged outputs and odd names, each between two honest students; none of it needs a kernel."""

import json
from dataclasses import replace

import battery
import pytest
import tiny
from claims import CLAIMS, NAMES
from files import FILES, good

from casekit.grading import feedback
from casekit.grading.exchange import grades

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", FILES)
def test_a_file(tmp_path, record_property, name):
    put, ends = FILES[name]
    seen = battery.grade(tmp_path, put)[battery.MIDDLE]
    record_property(battery.PROPERTY, battery.row("file", name, seen))
    assert seen.is_fair(ends), seen.end
    if seen.result is None:
        assert seen.summary.unmatched


@pytest.mark.parametrize("part", battery.parts(CLAIMS), ids=lambda part: next(iter(part)))
def test_outputs(tmp_path, record_property, part):
    mean = battery.students(2 * len(part))[1::2]
    sent = dict(zip(mean, part.values(), strict=True))

    def runner(job):
        record = tiny.runner(job)
        if job.student not in sent:
            return record
        notebook = json.loads(record.notebook)
        outputs = [sent[job.student][0]]
        cell = {"cell_type": "code", "id": "last", "metadata": {}, "source": "", "execution_count": 1, "outputs": outputs}
        return replace(record, notebook=json.dumps({**notebook, "cells": [*notebook["cells"], cell]}))

    seen = battery.grade(tmp_path, hand_in(mean), mean, runner=runner)
    for name, student in zip(part, mean, strict=True):
        record_property(battery.PROPERTY, battery.row("output", name, seen[student]))
    unfair = {name: seen[one].end for name, one in zip(part, mean, strict=True) if not seen[one].is_fair(part[name][1])}
    assert not unfair


def test_names(tmp_path, record_property):
    mean = battery.students(2 * len(NAMES))[1::2]
    seen = battery.grade(tmp_path, hand_in(mean), mean, names=dict(zip(mean, NAMES.values(), strict=True)))
    for name, student in zip(NAMES, mean, strict=True):
        record_property(battery.PROPERTY, battery.row("name", name, seen[student]))
        assert seen[student].is_fair(battery.GOES_ON), name
    asked = f"{tiny.ID}.toml", "gradebook.db"
    written = feedback.write(tmp_path / "out", *(tmp_path / one for one in asked))
    assert len({path.name.casefold() for path in written}) == 2 * len(mean) + 1
    assert {path.parent for path in written} == {tmp_path / "out"}
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(path.name for path in written)
    grades.export(tmp_path / "grades.xlsx", *(tmp_path / one for one in asked), to="xlsx")


def hand_in(mean):
    """Lay down an honest notebook for each of them."""

    def put(folder):
        for student in mean:
            (folder / f"{student}.ipynb").write_bytes(good().replace(battery.MIDDLE.encode(), student.encode()))

    return put
