"""What happens to honest notebooks on their way, and the marks that they keep. Name -> makes the file, fair ends."""

import json

import nbformat
import tiny
from battery import BASE, EVERYTHING, GOES_ON, fair

RIGHT = tiny.RIGHT


def solved(**changes):
    """Return a maker of a notebook whose solutions differ."""
    return lambda: tiny.notebook(**changes)


def changed(change):
    """Return a maker of a notebook of which ``change(notebook)`` has been done."""

    def make():
        nb = tiny.notebook()
        return change(nb) or nb

    return make


def raw(change):
    """Return a maker of a file: ``change(the notebook's JSON)`` as bytes or JSON."""

    def make():
        data = json.loads(tiny.text(tiny.notebook(student="20260002")))
        made = change(data) or data
        return made if isinstance(made, bytes) else json.dumps(made, ensure_ascii=False).encode()

    return make


def code(source):
    return nbformat.v4.new_code_cell(source)


def add(at, *sources):
    def change(nb):
        nb.cells[at:at] = map(code, sources)

    return changed(change)


def merged(nb):
    source = "\n".join(cell.source for cell in nb.cells if cell.cell_type == "code")
    nb.cells = [code(source)]


def split(nb):
    at = next(at for at, cell in enumerate(nb.cells) if cell.source == RIGHT["base"])
    nb.cells[at : at + 1] = [code("tail = STUDENT[-3:]"), nbformat.v4.new_markdown_cell("then"), code("base = int(tail) + 10")]


def reordered(nb):
    nb.cells[5:] = nb.cells[7:] + nb.cells[5:7]


def doubled(nb):
    nb.cells += nb.cells[3:]


def unanswered(question):
    def change(nb):
        nb.cells = [cell for cell in nb.cells if f'ex.answer("{question}"' not in cell.source]

    return changed(change)


def renamed(nb):
    for cell in nb.cells:
        cell.source = cell.source.replace('answer("base"', 'answer("bse"')


def bare(data):
    del data["metadata"]
    for cell in data["cells"]:
        for name in ("metadata", "id", "outputs", "execution_count"):
            cell.pop(name, None)


def odd(data):
    data["metadata"] = ["x"]
    for cell in data["cells"]:
        cell["metadata"] = [1]


def other_kernel(data):
    data["metadata"] = {"kernelspec": {"name": "ir", "display_name": "R", "language": "R"}, "language_info": {"name": "R"}}


def third(data):
    for cell in data["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"input": cell.pop("source"), "language": "python", "prompt_number": 1}
    return {"metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": data["cells"], "metadata": {}}]}


def version(major, minor):
    def change(data):
        data |= {"nbformat": major, "nbformat_minor": minor}
        for cell in data["cells"]:
            cell.pop("id", None)

    return raw(change)


def same_ids(data):
    for cell in data["cells"]:
        cell["id"] = "same"


def saved_outputs(data):
    """Right answers stand in the outputs, but the code gives none."""
    from casekit import answers

    for cell in data["cells"]:
        for question in RIGHT:
            if f'answer("{question}"' in cell["source"]:
                cell["source"] = "1"
                cell["outputs"] = [{"output_type": "display_data", "metadata": {}, "data": answers.bundle(question, 12)}]


def many(data):
    data["cells"][3:3] = [{"cell_type": "code", "source": "", "metadata": {}, "outputs": []} for _ in range(400)]


def heavy(data):
    data["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * 15_000_000}]


SERIES = 'pd.Series({n: base * n for n in range(1, 6)}).rename_axis("n")'
HONEST = {
    # cells
    "a question's cell deleted": (unanswered("multiples"), fair(EVERYTHING - 8)),
    "the first question deleted": (unanswered("base"), fair(EVERYTHING - BASE)),
    "cells copied": (changed(doubled), GOES_ON),
    "cells in another order": (changed(reordered), GOES_ON),
    "a question renamed": (changed(renamed), fair(EVERYTHING - BASE)),
    "a cell split": (changed(split), GOES_ON),
    "all in one cell": (changed(merged), GOES_ON),
    "a stray syntax error": (add(4, "for in in :", "    x", "1 +"), GOES_ON),
    "an exception in one cell": (add(5, "1 / 0", "undefined"), GOES_ON),
    "a syntax error in one answer": (solved(square="def square(x) return x"), fair(EVERYTHING - 2)),
    "the parameters cell deleted": (changed(lambda nb: nb.cells.pop(1) and None), GOES_ON),
    "the import deleted": (changed(lambda nb: nb.cells.pop(2) and None), fair(0)),
    "another's STUDENT": (raw(lambda data: json.dumps(data).replace("20260002", "20260001").encode()), fair(EVERYTHING, note="other_student")),
    "names of Python taken": (add(4, "list = dict = str = [1]\nsum = max = len = 3\nprint = display = None\nint_ = int"), GOES_ON),
    "timed cells": (solved(base="%%time\n" + RIGHT["base"], square="%matplotlib inline\n" + RIGHT["square"]), GOES_ON),
    "LANG and STUDENT in one line": (raw(lambda data: json.dumps(data).replace('LANG = \\"zh\\"\\nSTUDENT = \\"20260002\\"', 'LANG, STUDENT = \\"zh\\", \\"20260002\\"').encode()), GOES_ON),
    "odd characters in code": (add(4, "x = 1\r\ny = 2\x0c\n", "x\u3000= 1", "\u202ex = 1", "a\x00b", "\ufeffz = 1"), GOES_ON),
    # answers
    "a number as text": (solved(base='base = str(int(STUDENT[-3:]) + 10)', multiples='b = int(base)\n' + RIGHT["multiples"].replace("base", "b")), GOES_ON),
    "a number of numpy": (solved(base="import numpy as np\nbase = np.float32(int(STUDENT[-3:]) + 10)"), GOES_ON),
    "a table of one column": (solved(multiples=f'multiples = {SERIES}.rename("倍数").reset_index()'), GOES_ON),
    "Chinese names": (solved(multiples=f'multiples = {SERIES}.rename("倍数")'), GOES_ON),
    "rows in another order": (solved(multiples=f"multiples = {SERIES}[::-1].astype(float)"), GOES_ON),
    "a dict": (solved(multiples=f"multiples = {SERIES}.to_dict()"), GOES_ON),
    "numbers of a table as text": (solved(multiples=f"multiples = {SERIES}.astype(str)"), GOES_ON),
    "a function with a default and a long way": (solved(square="def square(x, times=None):\n    return float(sum(x for _ in range(x)))"), GOES_ON),
    # formats
    "without metadata": (raw(bare), GOES_ON),
    "metadata that are lists": (raw(odd), GOES_ON),
    "another kernel": (raw(other_kernel), GOES_ON),
    "format 3": (raw(third), GOES_ON),
    "format 4.0": (version(4, 0), GOES_ON),
    "format 4.99": (version(4, 99), GOES_ON),
    "format 5.0": (version(5, 0), GOES_ON),
    "cells of one id": (raw(same_ids), GOES_ON),
    "400 empty cells": (raw(many), GOES_ON),
    "old outputs of 15 MB": (raw(heavy), GOES_ON),
    "answers in saved outputs only": (raw(saved_outputs), fair(0)),
}  # fmt: skip
