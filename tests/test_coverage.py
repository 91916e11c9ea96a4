"""Every model, system, case and exercise that the course names has a place in the kit, and every named place exists."""

import ast
import csv
import functools
import tomllib
from pathlib import Path

import pytest

from casekit import notebooks

ROOT = Path(__file__).parents[1]
HEADER = ["row", "seed", "item_zh", "item_en", "place", "status"]
STATUSES = {"runs", "section", "quiz", "planned", "todo"}  # "todo" names where it is to come
ITEMS = 61


def rows():
    with open(ROOT / "datasets" / "coverage.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@functools.cache
def names(path):
    """Return what a file holds: cells, questions, functions and classes by their names; or None if there is no such file."""
    path = ROOT / path
    if not path.is_file():
        return None
    if path.suffix == ".ipynb":
        return {cell.id: cell for cell in notebooks.read(path).cells}
    if path.suffix == ".toml":
        return {question["id"]: question for question in tomllib.loads(path.read_text(encoding="utf-8"))["question"]}
    if path.suffix == ".py":
        return {node.name: node for node in ast.parse(path.read_text(encoding="utf-8")).body if hasattr(node, "name")}
    return {}


def missing(place):
    """Return what does not exist of a place ``file``, ``file#cell-or-question`` or ``file.py:function``."""
    file, _, name = place.replace(".py:", ".py#").partition("#")
    held = names(file)
    if held is None:
        return file
    twin = file.replace(".zh.ipynb", ".en.ipynb")
    return "" if not name or (name in held and name in names(twin)) else name


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row['row']}-{row['place']}")
def test_every_place_exists(row):
    assert row["status"] in STATUSES
    if row["status"] != "todo":
        assert missing(row["place"]) == ""


def test_a_place_that_is_not_there_would_be_seen():
    assert missing("notebooks/04_rfm.zh.ipynb#segment") == "" == missing("casekit/crm.py:queue")
    assert missing("notebooks/04_rfm.zh.ipynb#none-such") == "none-such"
    assert missing("casekit/crm.py:none_such") == "none_such" and missing("casekit/none.py:queue") == "casekit/none.py"


def test_every_item_of_the_course_has_a_place():
    table = rows()
    assert list(table[0]) == HEADER and all(row[column].strip() for row in table for column in HEADER)
    assert sorted({int(row["row"]) for row in table}) == list(range(1, ITEMS + 1))
    assert len({(row["row"], row["place"]) for row in table}) == len(table)
    words = {row["row"]: (row["seed"], row["item_zh"], row["item_en"]) for row in table}
    assert all(words[row["row"]] == (row["seed"], row["item_zh"], row["item_en"]) for row in table)


def test_every_item_runs_or_is_asked():
    """What does not run needs a question; what is planned needs a section that names it."""
    statuses = {}
    for row in rows():
        statuses.setdefault(row["row"], set()).add(row["status"])
    assert {number for number, found in statuses.items() if found == {"section"}} == set()


def test_what_runs_is_code():
    for row in rows():
        if row["status"] == "runs" and ".ipynb#" in row["place"]:
            file, name = row["place"].split("#")
            assert names(file)[name].cell_type == "code", row["place"]
