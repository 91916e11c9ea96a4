"""Whatever is in a file, and whatever is done to a notebook: it is graded or named, and nothing raises."""

import json
import random

import nbformat
import pytest
import tiny
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casekit.grading import feedback, intake, report, run
from casekit.grading.gradebook import Result
from casekit.grading.roster import Student

ROSTER = (Student("20250001", "张伟"),)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
keys = st.sampled_from(
    "cells worksheets cell_type source input metadata tags outputs attachments level nbformat nbformat_minor id".split()
)
words = st.sampled_from(["code", "markdown", "raw", "heading", "parameters", "STUDENT = '1'", "LANG = 'zh'", "\ud800", "x"])
lookalikes = st.recursive(  # JSON that is nearly a notebook
    words | st.none() | st.integers(-1, 9),
    lambda inner: st.lists(inner | words, max_size=4) | st.dictionaries(keys, inner, max_size=6),
    max_leaves=25,
)
quiet = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def taken(folder, data):
    (folder / "20250001.ipynb").write_bytes(data)
    found = intake.collect(folder, ROSTER, tiny.ID)
    assert len(found.submissions) + len(found.failed) == 1 and not found.missing + found.unmatched
    for problem in found.failed:
        assert "{" not in report.say(problem) and report.say(problem, "zh") != report.say(problem, "en")
    for submission in found.submissions:
        job = run.Job("20250001", submission.lang or "zh", tiny.ID, tiny.SHEET, submission.cells, {"square": [{}]})
        nb = run._notebook(job)
        nbformat.validate(nb)
        nbformat.writes(nb).encode()
        for note in submission.notes:
            assert report.say(note)
        result = Result("k", tiny.ID, "20250001", "graded", notes=submission.notes)
        feedback.page(SHEET, ROSTER[0], result, {}, json.dumps(nb)).encode()
    return found


@pytest.fixture(scope="module", autouse=True)
def stated(tmp_path_factory):
    from casekit import sheet

    global SHEET
    SHEET = sheet.read(tiny.write(tmp_path_factory.mktemp("fuzz") / "x"))


@quiet
@given(st.binary(max_size=200) | values.map(lambda value: json.dumps(value).encode()))
def test_any_bytes(tmp_path, data):
    taken(tmp_path, data)


@quiet
@given(st.dictionaries(keys, lookalikes, max_size=6) | st.lists(lookalikes, max_size=3).map(lambda cells: {"cells": cells}))
def test_what_is_nearly_a_notebook(tmp_path, data):
    taken(tmp_path, json.dumps(data).encode())


def mutate(node, draw):
    """Spoil one place of a JSON tree: take it away, double it, or put something else there."""
    while isinstance(node, dict | list) and node:
        where = draw.choice(list(node)) if isinstance(node, dict) else draw.randrange(len(node))
        if draw.random() < 0.4 or not isinstance(node[where], dict | list):
            break
        node = node[where]
    else:
        return
    what = draw.choice(["gone", "doubled", None, 7, -1e308, "", "STUDENT = 1", [], {}, [None], {"a": []}, True])
    if what == "gone":
        del node[where]
    elif what == "doubled" and isinstance(node, list):
        node.insert(where, node[where])
    else:
        node[where] = what


@pytest.mark.parametrize("seed", [*range(30), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(30, 150))])
def test_a_notebook_that_was_tampered_with(tmp_path, seed):
    draw, nb = random.Random(seed), json.loads(tiny.text(tiny.notebook()))
    nb["cells"][0]["attachments"] = {"a.png": {"image/png": "AAAA"}}
    for _ in range(draw.randint(1, 5)):
        mutate(nb, draw)
    data = json.dumps(nb).encode()
    if draw.random() < 0.3:
        at = draw.randrange(len(data))
        data = data[:at] + bytes(draw.randrange(256) for _ in range(draw.randrange(4))) + data[at + draw.randrange(9) :]
    taken(tmp_path, data)
