"""An exercise in nbgrader's clothes: its test cells call the marker where the teacher runs ``nbgrader autograde``.

What carries over: every kind of question, own data for each student (the folder's name is the student number, whatever
the notebook says), partial credit, follow-through, diagnosed mistakes and their words; essays are marked by hand in
nbgrader's formgrader. What does not: nbgrader runs submissions with the teacher's rights and judges by what a cell
shows, so a hostile notebook can do there whatever it can do to any nbgrader course.
"""

import functools
import json
import warnings
from pathlib import Path

from casekit import answers, labels, mark
from casekit.answers import Function

HIDDEN = "### BEGIN HIDDEN TESTS\n{}\n### END HIDDEN TESTS"


def dress(one, notebook):
    """Return a notebook of ours with nbgrader's metadata and test cells, as JSON.

    给我们的笔记本加上 nbgrader 的元数据和评分单元格，返回 JSON。

    Parameters
    ----------
    one : casekit.grading.master.Master
    notebook : dict

    Returns
    -------
    str
    """
    cells = []
    for cell in notebook["cells"]:
        cells.append(cell)
        source = "".join(cell["source"])
        if "parameters" in cell["metadata"].get("tags", []):
            hidden = "from casekit.grading.nbgrader import enrolled\n\nSTUDENT = enrolled(STUDENT)"
            cells.append(_test("student", 0, labels.text("nbgrader.student"), hidden))
        for question in one.sheet.questions if cell["cell_type"] == "code" else ():
            if question.kind == "essay" and f'("{question.id}"' in source and "rubric" not in source:
                cells.append(_task(question))
    for question in one.sheet.questions:
        if question.kind != "essay":
            title = f"{question.title[labels.language()]} ({question.points:g})"
            hidden = f'from casekit.grading.nbgrader import points\n\npoints(ex, "{question.id}")'
            cells.append(_test(f"q_{question.id}", question.points, title, hidden))
    return json.dumps(notebook | {"cells": cells}, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _test(id, points, words, hidden):
    body = {"cell_type": "code", "execution_count": None, "outputs": [], "source": f"# {words}\n{HIDDEN.format(hidden)}"}
    return _cell(id, points, body, grade=True)


def _task(question):
    lang = labels.language()
    rows = [f"### {question.title[lang]} ({question.points:g})", ""]
    for one in question.rubric:
        levels = " · ".join(f"{level.words[lang]} ({level.points:g})" for level in one.levels)
        rows.append(f"- **{one.title[lang]}** ({one.points:g}): {levels}")
    return _cell(f"q_{question.id}", question.points, {"cell_type": "markdown", "source": "\n".join(rows)}, task=True)


def _cell(id, points, body, **kind):
    told = {"schema_version": 3, "grade": False, "solution": False, "task": False, "locked": True}
    told |= kind | {"grade_id": id, "points": points, "cell_type": body["cell_type"]}
    return body | {"id": f"nbgrader-{id}"[:64], "metadata": {"nbgrader": told}}


def enrolled(student):
    """Return whose submission is being graded: the name of its folder; elsewhere what the notebook says.

    返回正在评分的作业属于谁：以文件夹名为准；在别处则用笔记本里写的学号。
    """
    root = _course()
    parts = Path.cwd().relative_to(root).parts if root else ()
    return parts[1] if len(parts) == 3 else student  # autograded/STUDENT/ASSIGNMENT


def points(ex, question):
    """Mark the answers handed in so far, say what became of one question, and return its points.

    评判目前已交的答案，说明其中一题的结果，并返回得分。

    Parameters
    ----------
    ex : casekit.exercise.Exercise
    question : str

    Returns
    -------
    float
        The last value of a test cell, which nbgrader takes for partial credit.
    """
    one, marks = _marks(ex)
    found = next(each for each in marks if each.question == question)
    print(mark.explain(found, one.sheet))  # noqa: T201  the student reads it in nbgrader's feedback
    return float(found.points)


@functools.cache  # the test cells stand together at the end: one judgement serves them all
def _marks(ex):
    from casekit.exercise import outputs
    from casekit.grading import marking, master

    one, student = master.load(_course() / "exercises" / f"{ex.name}.toml"), enrolled(ex.student)
    given, drawn = ex.given, marking.probes(one, student)
    for id, inputs in drawn.items():
        if isinstance(given.get(id), Function):
            given[id] = answers.decode(answers.encode(outputs(id, inputs)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nbgrader takes any word on stderr for a failed test
        return one, mark.mark(one.sheet, one.key, given, student, probes=drawn)


def _course():
    """Return the course folder above the working folder: the one with sheets and keys, which students do not have."""
    return next((folder for folder in Path.cwd().parents if (folder / "exercises" / "keys").is_dir()), None)
