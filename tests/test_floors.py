"""A lower floor never imports a higher one: read from the source, and seen in a fresh interpreter."""

import ast
import functools
import io
import subprocess
import sys
import tokenize
from collections import Counter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "casekit"
FLOORS = {
    0: {"errors"},
    1: {
        "inputs",
        "records",
        "idic",
        "rfm",
        "bullseye",
        "value",
        "clv",
        "satisfaction",
        "loyalty",
        "alerts",
        "targeting",
        "behaviour",
        "crm",
    },
    2: {"labels", "datasets", "answers", "sheet", "notebooks", "tables", "mark", "quiz", "saved"},
    3: {"style", "plots"},
    4: {"widgets", "exercise"},
    5: {"grading", "lab", "wire", "demo", "doctor"},
    6: {"cli", "__main__"},
}
FLOOR = {module: floor for floor, modules in FLOORS.items() for module in modules}
# The door of the package: its start() opens labels and style for a notebook.
ROOT = "__init__"
SCIENCE = {"numpy", "pandas", "narwhals", "scipy", "sklearn", "duckdb", "rapidfuzz", "krippendorff", "sqlglot", "pyspark", "networkx"}
FILES = sorted(path for path in PACKAGE.rglob("*.py") if path.parent.name != "fonts")
MODELS = [path for path in FILES if FLOOR.get(path.relative_to(PACKAGE).parts[0].removesuffix(".py")) == 1]


def name_of(path):
    return path.relative_to(PACKAGE).as_posix()


def room(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(tree):
    """Every module that a source imports, at the top or inside a function: dotted names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "write imports in full: from casekit.room import name"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def rooms(tree):
    """The rooms of casekit that a source imports."""
    for name in imports(tree):
        first, *rest = name.split(".")
        if first == "casekit" and rest and rest[0] in FLOOR:
            yield rest[0]


def test_every_room_has_a_floor():
    found = {room(path) for path in FILES} - {ROOT}
    assert found - set(FLOOR) == set(), "put the new module on its floor in tests/test_floors.py"


@pytest.mark.parametrize("path", [path for path in FILES if room(path) != ROOT], ids=name_of)
def test_no_import_goes_up(path):
    up = {other for other in rooms(ast.parse(path.read_text("utf-8"))) if FLOOR[other] > FLOOR[room(path)]}
    assert up == set()


def test_an_import_that_goes_up_would_be_seen():
    assert set(rooms(ast.parse("def f():\n    from casekit import plots\nimport casekit.grading.run"))) == {
        "plots",
        "grading",
    }


@pytest.mark.parametrize("path", MODELS, ids=name_of)
def test_models_need_science_only(path):
    tree = ast.parse(path.read_text("utf-8"))
    allowed = SCIENCE | sys.stdlib_module_names | {"casekit"}
    assert {name.split(".")[0] for name in imports(tree)} - allowed == set()


@pytest.mark.parametrize("path", MODELS, ids=name_of)
def test_models_know_no_clock_and_no_words(path):
    tree = ast.parse(path.read_text("utf-8"))
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert attributes & {"now", "today", "utcnow", "time_ns"} == set()
    notes = set(map(id, docstrings(tree)))
    texts = [
        node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    # A pattern a|b|c reads what people wrote; it shows nothing.
    words = [node.value for node in texts if id(node) not in notes and "|" not in node.value]
    assert [text for text in words if any("\u4e00" <= letter <= "\u9fff" for letter in text)] == []


def docstrings(tree):
    """The nodes of all docstrings in a source."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
            and ast.get_docstring(node) is not None
        ):
            yield node.body[0].value


def loaded(*modules):
    """The modules that a fresh interpreter holds after importing these."""
    names = ", ".join(modules)
    code = f"import sys; before = set(sys.modules); import {names}; print(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def present(floor):
    return sorted(f"casekit.{module}" for module in FLOORS[floor] if module in {room(path) for path in FILES})


def test_casekit_itself_loads_the_standard_library_only():
    others = {name.split(".")[0] for name in loaded("casekit")} - sys.stdlib_module_names
    assert {name for name in others if not name.startswith("_")} == {"casekit"}


@pytest.mark.parametrize(("floor", "banned"), [
    (1, {"matplotlib", "IPython", "ipywidgets", "papermill", "nbformat", "nbconvert", "rich", "typer"}),
    (2, {"matplotlib", "IPython", "ipywidgets", "papermill", "nbconvert", "typer"}),
    (3, {"matplotlib.pyplot", "IPython", "ipywidgets", "papermill", "nbconvert", "rich", "typer"}),
])  # fmt: skip
def test_a_floor_loads_nothing_from_above(floor, banned):
    names = loaded(*present(floor))
    above = {
        f"casekit.{module}" for number, modules in FLOORS.items() if number > floor for module in modules
    }
    # casekit itself opens labels, so that errors have words on every floor.
    assert names & (above - {"casekit.labels"} | banned) == set()


def test_no_room_is_a_lumber_room():
    names = Counter(part.removesuffix(".py") for path in FILES for part in path.relative_to(PACKAGE).parts)
    assert {"utils", "util", "helpers", "common", "misc"} & set(names) == set()


@functools.cache
def size(path):
    """Lines of code, without blank lines, comments and docstrings: two languages need many."""
    source = path.read_text("utf-8")
    silent = {
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
    }
    tokens = (
        token for token in tokenize.generate_tokens(io.StringIO(source).readline) if token.type not in silent
    )
    lines = {line for token in tokens for line in range(token.start[0], token.end[0] + 1)}
    return len(
        lines
        - {line for node in docstrings(ast.parse(source)) for line in range(node.lineno, node.end_lineno + 1)}
    )


def test_size_counts_code_only(tmp_path):
    path = tmp_path / "a.py"
    path.write_text(
        '"""One.\n\nTwo.\n"""\n\nx = (1,\n     2)  # why\n\n# how\n'
        'def f():\n    """Three."""\n    return """a\nb"""\n'
    )
    assert size(path) == 5


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_module_fits_its_room(path):
    assert size(path) <= 250


def test_the_package_stays_small():
    sizes = {path: size(path) for path in FILES}
    models = sum(sizes[path] for path in MODELS)
    grading = sum(count for path, count in sizes.items() if room(path) == "grading")
    # Figures and controls grow with the chapters, one function each; what must stay small is what they stand on.
    faces = sum(count for path, count in sizes.items() if room(path) in ("plots", "widgets"))
    whole = sum(sizes.values()) - faces
    assert models <= 3_300 and grading <= 3_150 and whole <= 10_500, (models, grading, whole)
