"""What is public is documented in both languages; what is said has its words in labels.csv."""

import ast
import re
from pathlib import Path
from string import Formatter

import pytest
import typer

from casekit import cli, labels

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "casekit").rglob("*.py"))
LOCKS = sorted(ROOT.glob("requirements*.lock"))
HAN = re.compile("[\u4e00-\u9fff]")
COMMANDS = typer.main.get_command(cli.app).commands
# Calls that take a label's key, or the code of an error, as their first argument.
SPEAKERS = {"text": "", "both": "", "InputError": "error."}


def name_of(path):
    return path.relative_to(ROOT / "casekit").as_posix()


# --- commands ----------------------------------------


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_command_is_in_the_readme(name):
    pages = "".join(
        (ROOT / page).read_text("utf-8")
        for page in ("README.md", "CONTRIBUTING.md")
        if (ROOT / page).exists()
    )
    assert re.search(rf"(casekit|kit\.py) {name}\b", pages), (
        f"say in README.md or CONTRIBUTING.md what {name} does"
    )


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_is_in_both_languages(name):
    command = COMMANDS[name]
    helps = [command.help, *(option.help for option in command.params if option.name != "help")]
    assert [
        words for words in helps if not (words and HAN.search(words) and re.search("[A-Za-z]{3}", words))
    ] == []


# --- docstrings ----------------------------------------


def public(tree):
    """Every public function, class and method, but commands: their help is tested above."""
    for node in tree.body:
        if (
            isinstance(node, ast.FunctionDef | ast.ClassDef)
            and not node.name.startswith("_")
            and not is_command(node)
        ):
            yield node.name, node
            if isinstance(node, ast.ClassDef):
                methods = (method for method in node.body if isinstance(method, ast.FunctionDef))
                yield from (
                    (f"{node.name}.{method.name}", method)
                    for method in methods
                    if not method.name.startswith("_")
                )


def is_command(node):
    return any(ast.unparse(decorator).startswith(("app.", "data.")) for decorator in node.decorator_list)


def bilingual(docstring):
    """One English line, a blank one, a Chinese one."""
    lines = (docstring or "").splitlines() + ["", "", ""]
    return bool(re.match("[A-Z`]", lines[0]) and not lines[1] and HAN.search(lines[2]))


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_public_names_are_documented_in_both_languages(path):
    tree = ast.parse(path.read_text("utf-8"))
    assert ast.get_docstring(tree) or path.name == "__main__.py"
    assert [name for name, node in public(tree) if not bilingual(ast.get_docstring(node))] == []


def test_a_docstring_without_chinese_would_be_noticed():
    assert bilingual("Return one.\n\n返回一。\n\nParameters")
    assert not any(
        map(
            bilingual,
            (None, "", "Return one.", "返回一。", "Return one.\n返回一。", "Return one.\n\nParameters"),
        )
    )


# --- labels ----------------------------------------


def spoken(tree):
    """Every call that takes a label: (line, key or how keys begin, is it whole, names given or None)."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and node.args):
            continue
        speaker = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if speaker in SPEAKERS:
            given = {word.arg for word in node.keywords}
            for key, whole in keys(node.args[0]):
                yield node.lineno, SPEAKERS[speaker] + key, whole, None if None in given else given


def keys(node):
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value, True
    elif isinstance(node, ast.IfExp):
        yield from (*keys(node.body), *keys(node.orelse))
    elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
        yield node.values[0].value, False


def unsaid(source, table):
    """What a source says that the table has no words for, or too few of the names its words need."""
    for line, key, whole, given in spoken(ast.parse(source)):
        if not whole:
            if not any(known.startswith(key) for known in table):
                yield f"line {line}: no label begins with {key}"
        elif key not in table:
            yield f"line {line}: no label {key}"
        elif given is not None:
            needed = {name for _, name, _, _ in Formatter().parse(table[key]["zh"]) if name}
            if needed - given:
                yield f"line {line}: {key} needs {', '.join(sorted(needed - given))}"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_everything_said_has_its_words(path):
    assert list(unsaid(path.read_text("utf-8"), labels.table())) == []


def test_a_label_forgotten_would_be_noticed():
    table = {"error.a": {"zh": "{x}"}, "b.c": {"zh": ""}}
    said = ('InputError("a", y=1)', 'InputError("n")', 'text(f"n.{x}")', 'text("b.c" if x else "d")')
    fine = ('text("b.c")', 'text(f"b.{x}")', 'InputError("a", x=1)', 'InputError("a", **details)')
    assert list(unsaid("\n".join(said + fine), table)) == [
        "line 1: error.a needs x",
        "line 2: no label error.n",
        "line 3: no label begins with n.",
        "line 4: no label d",
    ]


def test_no_error_has_words_that_nothing_raises():
    texts = {node.value for path in FILES for node in ast.walk(ast.parse(path.read_text("utf-8")))
             if isinstance(node, ast.Constant) and isinstance(node.value, str)}  # fmt: skip
    beginnings = {text for text in texts if text.endswith((".", "_"))}
    errors = {key.removeprefix("error.") for key in labels.table() if key.startswith("error.")}
    assert {code for code in errors - texts if not any(code.startswith(text) for text in beginnings)} == set()


# --- files ----------------------------------------


def test_file_names_are_ascii_and_differ_in_more_than_case(tracked):
    assert [name for name in tracked if not name.isascii() or " " in name] == []
    assert len({name.lower() for name in tracked}) == len(tracked)


# --- locks ----------------------------------------


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_lock_names_no_place(path):
    lines = path.read_text("utf-8").splitlines()
    assert [
        line
        for line in lines
        if re.search(r"://|^\s*(-i|-f|--index|--extra|--find|--trusted|--no-index)\b|@ (file|git)", line)
    ] == []
    assert (
        sum("--hash=sha256:" in line for line in lines)
        > len([line for line in lines if re.match(r"[a-z0-9]", line)])
        > 20
    )


def test_there_are_locks():
    assert LOCKS
