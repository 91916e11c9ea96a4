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
    seen = battery.grade(tmp_path, put)
    record_property(battery.PROPERTY, battery.row("file", name, seen))
    assert seen.is_fair(ends), seen.end
    if seen.result is None:
        assert seen.summary.unmatched


@pytest.mark.parametrize("name", CLAIMS)
def test_an_output(tmp_path, record_property, name):
    output, ends = CLAIMS[name]

    def runner(job):
        record = tiny.runner(job)
        if job.student != battery.MIDDLE:
            return record
        notebook = json.loads(record.notebook)
        cell = {"cell_type": "code", "id": "last", "metadata": {}, "source": "", "execution_count": 1, "outputs": [output]}
        return replace(record, notebook=json.dumps({**notebook, "cells": [*notebook["cells"], cell]}))

    seen = battery.grade(tmp_path, lambda folder: (folder / f"{battery.MIDDLE}.ipynb").write_bytes(good()), runner=runner)
    record_property(battery.PROPERTY, battery.row("output", name, seen))
    assert seen.is_fair(ends), seen.end


@pytest.mark.parametrize("name", NAMES)
def test_a_name(tmp_path, record_property, name):
    names = {battery.FIRST: "张伟明", battery.MIDDLE: NAMES[name], battery.LAST: "李娜"}
    seen = battery.grade(tmp_path, lambda folder: (folder / f"{battery.MIDDLE}.ipynb").write_bytes(good()), names)
    record_property(battery.PROPERTY, battery.row("name", name, seen))
    assert seen.is_fair(battery.GOES_ON)
    asked = f"{tiny.ID}.toml", "gradebook.db"
    written = feedback.write(tmp_path / "out", *(tmp_path / one for one in asked))
    assert len({path.name.casefold() for path in written}) == 3 and {path.parent for path in written} == {tmp_path / "out"}
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(path.name for path in written)
    grades.export(tmp_path / "grades.xlsx", *(tmp_path / one for one in asked), to="xlsx")
