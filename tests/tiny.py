"""A small exercise for the grader's tests: every kind of judgement, no data to load, a kernel that is ready at once."""

import functools
import json

import nbformat

from casekit import answers
from casekit.grading.run import PROBE, Record

ID = "90_tiny"
SHEET = """
title = {zh = "小练习", en = "Tiny exercise"}  # the comment stays at home
data = []

[[question]]
id = "base"
points = 4
kind = "number"
title = {zh = "基数", en = "Base"}

[[question]]
id = "multiples"
points = 8
kind = "series"
key = ["n"]
title = {zh = "倍数", en = "Multiples"}
[[question.mistake]]
name = "one_too_many"
credit = 0.5
words = {zh = "每个都多加了 1。", en = "One was added to each."}

[[question]]
id = "square"
points = 2
kind = "function"
parameters = ["x"]
title = {zh = "平方", en = "Square"}

[[question]]
id = "essay"
points = 6
kind = "essay"
title = {zh = "论述", en = "Essay"}
[[question.criterion]]
id = "clear"
title = {zh = "清楚", en = "Clear"}
level = [{points = 4, words = {zh = "好", en = "good"}}, {points = 2, words = {zh = "中", en = "fair"}}, {points = 0, words = {zh = "差", en = "poor"}}]
[[question.criterion]]
id = "true"
title = {zh = "正确", en = "True"}
level = [{points = 2, words = {zh = "对", en = "yes"}}, {points = 0, words = {zh = "错", en = "no"}}]
"""
KEY = """
import pandas as pd

def base(student):
    return int(student[-3:]) + 10

def multiples(base):
    return pd.Series({n: base * n for n in range(1, 6)}).rename_axis("n")

def multiples__one_too_many(base):
    return multiples(base) + 1

def square(x):
    return x * x

def square__inputs(rng):
    return [(int(x),) for x in rng.integers(2, 99, 3)]
"""
START = 'import pandas as pd\nfrom casekit.exercise import Exercise\nex = Exercise("90_tiny", STUDENT, LANG)'
RIGHT = {
    "base": "base = int(STUDENT[-3:]) + 10",
    "multiples": 'multiples = pd.Series({n: base * n for n in range(1, 6)}).rename_axis("n")',
    "square": "def square(x):\n    return x * x",
    "essay": 'essay = "Because <b>it</b> is so."',
}
STUBS = {**{name: f"{name} = ..." for name in RIGHT}}


def write(folder):
    """Write the exercise (sheet, key, twins) and return the path of its sheet."""
    (folder / "keys").mkdir(parents=True)
    (folder / f"{ID}.toml").write_text(SHEET, encoding="utf-8")
    (folder / "keys" / f"{ID}.py").write_text(KEY, encoding="utf-8")
    for lang in ("zh", "en"):
        (folder / f"{ID}.{lang}.ipynb").write_text(text(notebook(STUBS, "20250000", lang)), encoding="utf-8")
    return folder / f"{ID}.toml"


def notebook(solutions=RIGHT, student="20250000", lang="zh", **changes):
    """Return a submission: the right solutions, with some changed; a solution None drops the cell."""
    md = functools.partial(cell, "markdown")
    code = functools.partial(cell, "code", execution_count=None, outputs=[])
    cells = [
        md("# 小练习" if lang == "zh" else "# Tiny exercise"),
        code(f'LANG = "{lang}"\nSTUDENT = "{student}"', metadata={"tags": ["parameters"]}),
        code(START),
    ]
    for name, source in {**solutions, **changes}.items():
        if source is not None:
            cells += [code(source), code(f'ex.answer("{name}", {name})')]
    for at, each in enumerate(cells):
        each["id"] = f"c{at}"
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    return nbformat.from_dict({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5})


def cell(kind, source, **more):
    """Return a cell; nbformat's own makers validate each one, and tests make thousands."""
    return {"cell_type": kind, "metadata": {}, "source": source, **more}


def text(nb):
    return json.dumps(nb, ensure_ascii=False, indent=1)


class _Exercise:
    def __init__(self, shown):
        self.shown, self.functions = shown, {}

    def answer(self, question, value):
        if value is ...:
            return
        if callable(value):
            self.functions[question] = value
        self.shown.append(answers.bundle(question, value))


def runner(job):
    """Run a submission without a kernel, for tests of what stands around the run."""
    nb = nbformat.v4.new_notebook()
    ex = _Exercise([])
    space = {"STUDENT": job.student, "LANG": job.lang, "Exercise": lambda *_: ex}
    for cell in job.cells:
        node = (
            nbformat.v4.new_code_cell(cell["source"])
            if cell["cell_type"] == "code"
            else nbformat.v4.new_markdown_cell(cell["source"])
        )
        if cell["cell_type"] == "code" and "STUDENT =" not in cell["source"]:
            ex.shown.clear()
            try:
                exec(cell["source"].replace("from casekit.exercise import Exercise", ""), space)  # noqa: S102
            except Exception as error:
                node.outputs = [
                    nbformat.v4.new_output(
                        "error", ename=type(error).__name__, evalue=str(error), traceback=[]
                    )
                ]
            node.outputs += [nbformat.v4.new_output("display_data", data) for data in ex.shown]
        nb.cells.append(node)
    ex.shown.clear()
    for question, inputs in job.probes.items():
        if question in ex.functions:
            values = tuple(ex.functions[question](*answers.decode(one)) for one in inputs)
            probe = nbformat.v4.new_code_cell(
                f"probe({question!r}, json.loads({json.dumps(inputs)!r}))",
                metadata={"tags": [PROBE]},
                outputs=[
                    nbformat.v4.new_output("display_data", answers.bundle(question, answers.Outputs(values)))
                ],
            )
            nb.cells.append(probe)
    return Record(json.dumps(nb), True, 0.1)


def room(folder):
    """Lay out a class: the exercise, a list of four, three of whom handed in, one a broken file."""
    write(folder)
    names = (
        "学号,姓名,语言,邮箱\n20250001,张伟,zh,a@b.cn\n20250002,=1+1,en,\n20250003,李娜,,\n20250004,赵敏,,\n"
    )
    (folder / "roster.csv").write_text(names, encoding="utf-8")
    (folder / "in").mkdir()
    hand_in(folder, "20250001", notebook())
    hand_in(folder, "20250002", notebook(base="base = 7", lang="en"))
    (folder / "in" / "20250003.ipynb").write_text(text(notebook())[:300], encoding="utf-8")
    return folder


def hand_in(folder, student, nb):
    (folder / "in" / f"{student}.ipynb").write_text(text(nb).replace("20250000", student), encoding="utf-8")


def grade(folder, **options):
    from casekit.grading import batch

    return batch.grade(
        folder / "in",
        folder / "roster.csv",
        folder / f"{ID}.toml",
        folder / "gradebook.db",
        **{"runner": runner, "level": "none", **options},
    )
