"""Every exercise: untouched it says "not answered", the key earns full marks, each mistake is recognised."""

import json
import re
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest

from casekit import answers, labels, mark, sheet
from casekit.answers import Outputs
from casekit.mark.key import call, world

FOLDER = Path(__file__).parents[1] / "exercises"
SHEETS = sorted(FOLDER.glob("*.toml"))
STUDENTS = ["20250101", "张伟", "x-9"]
# The fast lane looks at one student; the others show that every draw is fair.
SOME = [STUDENTS[0], *(pytest.param(each, marks=pytest.mark.slow) for each in STUDENTS[1:])]

pytestmark = pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.stem)


def load(path):
    return sheet.read(path), mark.load_key(path.parent / "keys" / f"{path.stem}.py")


def solve(read, key, student):
    """Return the key's own answers, and the values that its functions may take."""
    values = world(read, student)
    for id in key.order():
        if read.question(id).kind != "function":
            values[id] = call(key.functions[id], values)
    given = {
        question.id: values.get(question.id, "x")
        for question in read.questions
        if question.kind != "function"
    }
    for id, inputs in mark.probes(read, key, 5).items():
        given[id] = Outputs(tuple(key.functions[id](*one) for one in inputs))
    return given, values | {"probes": mark.probes(read, key, 5)}


def judge(read, key, student, given):
    arrived = {
        id: answers.decode(json.loads(json.dumps(answers.encode(value)))) for id, value in given.items()
    }
    marks = mark.mark(read, key, arrived, student, probes=mark.probes(read, key, 5))
    return {one.question: one for one in marks}


def test_the_points_add_up_to_a_hundred(path):
    read, key = load(path)
    mark.check(read, key)
    assert read.points == 100
    assert read.id == path.stem


@pytest.mark.parametrize("student", [*SOME, pytest.param(None, marks=pytest.mark.slow)])
def test_the_key_earns_full_marks(path, student):
    read, key = load(path)
    marks = judge(read, key, student, solve(read, key, student)[0])
    for question in read.questions:
        expected = ("manual", 0) if question.kind == "essay" else ("right", question.points)
        assert (marks[question.id].reason, marks[question.id].points) == expected, question.id


@pytest.mark.slow
@pytest.mark.parametrize("student", SOME)
def test_each_mistake_is_recognised(path, student):
    read, key = load(path)
    given, values = solve(read, key, student)
    for turn in range(
        max(len(question.mistakes) for question in read.questions)
    ):  # one of each question at a time
        made = {
            question.id: question.mistakes[turn]
            for question in read.questions
            if len(question.mistakes) > turn
        }
        wrong = {id: wrongly(read.question(id), mistake, key, values) for id, mistake in made.items()}
        marks = judge(read, key, student, given | wrong)
        assert {id: (marks[id].reason, marks[id].mistake) for id in made} == {
            id: ("diagnosed", m.name) for id, m in made.items()
        }
        assert all(marks[id].points == round(marks[id].maximum * m.credit, 2) for id, m in made.items())


def wrongly(question, mistake, key, values):
    function = key.mistakes[question.id][mistake.name]
    if question.kind == "function":
        return Outputs(tuple(function(*one) for one in values["probes"][question.id]))
    return call(function, {**values, "answer": slip(mistake.name, values[question.id])})


def slip(mistake, right):
    """Return an answer with the part of a mistake that only the answer tells."""
    if mistake == "one_day":
        return right + 1
    return right + 55 if mistake == "other_day" else right


@pytest.mark.slow
@pytest.mark.parametrize("turn", [0, 1])
def test_a_wrong_answer_fails_and_spoils_no_right_one(path, turn):
    read, key = load(path)
    given, _ = solve(read, key, STUDENTS[0])
    bad = [question.id for question in read.questions[turn::2] if question.kind != "essay"]
    found = judge(read, key, STUDENTS[0], given | {id: worse(read.question(id), given[id]) for id in bad})
    for question in read.questions:
        if question.kind != "essay":
            assert found[question.id].points == (0 if question.id in bad else question.points), question.id


def worse(question, value):
    if isinstance(value, pd.DataFrame):
        return value * 0 - 7
    if isinstance(value, pd.Series):
        return value.map(lambda v: -7 - v * v if not isinstance(v, str) else "?")
    if isinstance(value, Outputs):
        return Outputs(tuple(-1 for _ in value.values))
    if question.kind == "text":
        return "?"
    return next(id for id in question.options if id != value) if question.options else value + 1000


@pytest.mark.slow
def test_other_students_answers_do_not_fit(path):
    read, key = load(path)
    copied = judge(read, key, STUDENTS[1], solve(read, key, STUDENTS[0])[0])
    own = {
        question.id: copied[question.id]
        for question in read.questions
        if question.kind in ("series", "frame")
    }
    assert {id: one.reason for id, one in own.items() if one.reason not in ("wrong", "partial")} == {}
    assert sum(one.points for one in own.values()) <= 5


def test_words_of_the_sheet_never_hold_the_answer(path):
    read, key = load(path)
    given, _ = solve(read, key, None)
    numbers = {f"{value:.4g}" for value in given.values() if isinstance(value, int | float | np.floating)}
    for question in read.questions:
        words = [
            *question.hint.values(),
            *(w for mistake in question.mistakes for w in mistake.words.values()),
        ]
        assert not numbers & set(re.findall(r"[\d.]+", " ".join(words)))


@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_every_question_has_its_stub_or_is_clicked(path, lang):
    read, _ = load(path)
    nb = nbformat.read(path.with_name(f"{path.stem}.{lang}.ipynb"), as_version=4)
    code = [cell.source for cell in nb.cells if cell.cell_type == "code"]
    stubs = [source for source in code if "ex.answer(" in source or "ex.ask(" in source]
    clicked = asked(nb)
    assert stubs == [
        f'ex.ask("{id}")' if id in clicked else f'{id} = ...\nex.answer("{id}", {id})'
        for id in (question.id for question in read.questions)
    ]
    assert (code[-1] == "ex.submit()") == bool(clicked)
    told = {
        round(float(n))
        for cell in nb.cells
        if cell.cell_type == "markdown"
        for n in re.findall(r"[（(](\d+)\s*(?:分|points)[）)]", cell.source)
    }
    assert {question.points for question in read.questions} <= told


@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_the_public_files_tell_no_answer(path, lang):
    source = path.with_name(f"{path.stem}.{lang}.ipynb").read_text(encoding="utf-8")
    assert "keys" not in source and "__" not in source.replace("____", "")


def asked(nb):
    """The questions that are answered by clicking."""
    return re.findall(r'ex\.ask\("(\w+)"\)', "\n".join(cell.source for cell in nb.cells))


SOLVED = Path(__file__).with_name("solved")  # a student's way: below each line "# question", code for its stub


def solved(nb, path, student):
    """Put a student's own way of solving into the stubs: other code, types and order than the key's."""
    read, key = load(path)
    parts = re.split(r"^# (\w+)\n", (SOLVED / f"{path.stem}.py").read_text(encoding="utf-8"), flags=re.MULTILINE)
    code = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert list(code) == [question.id for question in read.questions]
    if "hand_r" in code:  # counted on a calendar, not computed
        hand = call(key.functions["hand_r"], world(read, student)).tolist()
        code["hand_r"] = code["hand_r"].replace("HAND_R", str(hand))
    for cell in nb.cells:
        for id, answer in code.items():
            cell.source = cell.source.replace(f"{id} = ...\n", answer)
        if cell.source == "ex.submit()":  # as the clicks would have written it
            chosen = ", ".join(f'"{id}": {id}' for id in asked(nb))
            cell.source = "".join(code[id] for id in asked(nb)) + f"ex.submit({{{chosen}}})"
    return nb


def run(path, lang, student, tmp_path, solve=False, practice=False):
    from papermill import execute_notebook

    nb = nbformat.read(path.with_name(f"{path.stem}.{lang}.ipynb"), as_version=4)
    if solve:
        solved(nb, path, student)
    nbformat.write(nb, tmp_path / "in.ipynb")
    files = [path, *([path.parent / "keys" / f"{path.stem}.py"] if practice else [])]
    for file in files:
        target = tmp_path / file.relative_to(path.parent)
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(file.read_bytes())
    execute_notebook(
        tmp_path / "in.ipynb",
        tmp_path / "out.ipynb",
        parameters={"STUDENT": student},
        cwd=tmp_path,
        progress_bar=False,
    )
    return nbformat.read(tmp_path / "out.ipynb", as_version=4)


def shown(nb):
    return "\n".join(
        output.data.get("text/plain", "")
        for cell in nb.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "data" in output
    )


@pytest.mark.kernel
@pytest.mark.parametrize("lang", labels.LANGUAGES)
@pytest.mark.parametrize("student", ["", STUDENTS[0]])
def test_untouched_it_runs_to_the_end_and_nothing_is_answered(path, lang, student, tmp_path):
    read, key = load(path)
    nb = run(path, lang, student, tmp_path)
    collected = answers.collect(nb)
    assert collected == answers.Collected({})
    assert {one.reason for one in mark.mark(read, key, collected.answers, student)} == {"missing"}
    assert shown(nb).count(labels.text("ex.open", lang)) == len(read.questions) - len(asked(nb))


@pytest.mark.kernel
@pytest.mark.parametrize(("lang", "student"), [("zh", STUDENTS[1]), ("en", STUDENTS[0])])
def test_solved_another_way_it_earns_full_marks(path, lang, student, tmp_path):
    read, key = load(path)
    nb = run(path, lang, student, tmp_path, solve=True, practice=True)
    assert (
        shown(nb).count(labels.text("mark.right", lang)) == sum(question.kind != "essay" for question in read.questions)
    )  # practice mode says so at once
    given = answers.collect(nb).answers
    probes = mark.probes(read, key, 5)
    for id, inputs in probes.items():
        given[id] = Outputs(tuple(key.functions[id](*one) for one in inputs))
    marks = mark.mark(read, key, given, student, probes=probes)
    essays = sum(question.points for question in read.questions if question.kind == "essay")
    assert sum(one.points for one in marks) == 100 - essays and marks[-1].reason == "manual"


def test_the_kits_own_functions_lead_to_the_key(path):
    if path.stem != "04_rfm":
        pytest.skip("about exercise 04")
    from casekit import datasets, rfm

    given, values = solve(*load(path), STUDENTS[0])
    orders, as_of = values["orders"], values["as_of"]
    clean = orders.dropna(subset=["customer_id"]).drop_duplicates()
    clean = clean[(clean["amount_cny"] != 0) & (clean["order_date"] <= as_of)]
    measures = rfm.measure(clean, customer="customer_id", date="order_date", amount="amount_cny", as_of=as_of)
    for name, id in [("recency_days", "recency"), ("frequency", "frequency"), ("monetary", "monetary")]:
        assert np.allclose(measures[name], given[id], atol=0.006)
    assert rfm.segment(rfm.score(measures))["segment"].equals(given["segments"])
    table = datasets.load("practice_table", student=STUDENTS[0]).set_index("customer_id")
    days = (pd.Timestamp(as_of) - table["last_order_date"]).dt.days
    points = rfm.score(
        pd.DataFrame({"recency_days": days, "frequency": table["orders"], "monetary": table["amount_cny"]}),
        "p2_points",
    )
    assert np.allclose(points["rfm_score"], given["hand_total"])
