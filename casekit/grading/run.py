"""Run one submission through papermill, with the roster's STUDENT, in a folder that holds the sheet and nothing else."""

import json
import os
import re
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from casekit import answers
from casekit.errors import InputError
from casekit.exercise import clicks
from casekit.grading import scratch
from casekit.grading.intake import ASSIGNED, Note

PROBE = "casekit-probe"
LONGEST = 200_000  # characters of one text output that are kept
LARGEST = 3_000_000  # bytes of one picture or table that are kept
MOST_OUTPUTS = 1000
METADATA = {
    "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
    "language_info": {"name": "python"},
    "papermill": {},
}
OPTIONS = {
    "progress_bar": False,
    "autosave_cell_every": 0,
    "allow_errors": True,
    "start_timeout": 120,
    "iopub_timeout": 20,
    "raise_on_iopub_timeout": False,
    "store_widget_state": False,
    "shutdown_kernel": "immediate",
}


@dataclass(frozen=True)
class Job:
    """Hold all that a worker needs to run one submission, and nothing that a student may not see.

    运行一份作业所需的全部内容，且不含学生不该看到的东西。
    """

    student: str
    lang: str
    exercise: str
    sheet: str  # the public sheet, as toml
    cells: tuple[dict, ...]
    probes: dict = field(default_factory=dict)  # question -> encoded inputs
    cell_seconds: float = 60.0
    seconds: float = 300.0
    level: str = "none"  # "ns", "landlock": behind walls, see casekit.grading.walls
    data: tuple[str, ...] = ()  # names of the datasets that the exercise is about


@dataclass(frozen=True)
class Record:
    """Hold what came of it: the executed notebook, whether it came to its end, and notes.

    运行结果：执行过的笔记本、是否运行到底、说明。
    """

    notebook: str  # JSON
    ended: bool
    seconds: float
    notes: tuple[Note, ...] = ()
    kernel: str = ""  # warm (forked) or ordinary
    cpu: float | None = None  # seconds that the kernel and its children took, where it was forked
    memory: int | None = None  # bytes at its peak
    level: str = ""  # the walls it ran behind


def run(job):
    """Run every cell of a submission; an exception costs its cell, a dead kernel what comes after it.

    运行一份作业的全部单元格；异常只影响所在单元格，内核中止只影响其后的单元格。

    Parameters
    ----------
    job : Job

    Returns
    -------
    Record

    Raises
    ------
    Exception
        When no kernel could be started: a fault of the machine, not of the student.
    """
    from nbclient.exceptions import DeadKernelError  # takes half a second, and feedback and export need it not
    from papermill.parameterize import parameterize_notebook

    from casekit.grading.engine import Engine

    start, keep, ended = time.monotonic(), {}, False
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with scratch.folder() as folder:
        Path(folder, f"{job.exercise}.toml").write_text(job.sheet, encoding="utf-8")
        limits = {"timeout": job.cell_seconds, "interrupt_on_timeout": True, "seconds": job.seconds}
        # papermill without its files: it would write and check the whole notebook twice, for nobody.
        parameters = {"STUDENT": job.student, "LANG": job.lang}
        notebook = parameterize_notebook(_notebook(job), parameters, kernel_name="python3", language="python")
        try:
            Engine.execute_notebook(
                notebook,
                "python3",  # whatever the file says
                # Not papermill's cwd: that changes the folder of the whole process, and other threads with it.
                resources={"metadata": {"path": folder}},
                env={**environment, "CASEKIT_GRADING": "1"},
                keep=keep,
                level=job.level,
                data=job.data,
                **limits,
                **OPTIONS,
            )
            ended = True
        except DeadKernelError:
            pass
        except Exception:
            if not any(cell.get("execution_count") for cell in keep.get("notebook", {"cells": ()})["cells"]):
                raise
    notebook = keep["notebook"]
    if not ended:
        _take_clicks(notebook)
    notes, last = _tidy(notebook, job.cell_seconds)
    if keep.get("flooded") and not any(note.code == "grade.note.output_cut" for note in notes):
        notes.append(Note("grade.note.output_cut", {"cell": last}))
    if not ended:
        why = "memory" if keep["provisioner"].burst else "stopped" if keep.get("stopped") else "died"
        notes.append(Note(f"grade.note.{why}", {"cell": last}))
    seconds = round(time.monotonic() - start, 2)
    # ASCII: an output may hold half a surrogate pair, which no encoding takes.
    return Record(json.dumps(notebook), ended, seconds, tuple(notes), *keep["provisioner"].took(), job.level)


def _notebook(job):
    """Return the notebook to run: the student's cells, the roster's STUDENT throughout, probes."""
    from nbformat import from_dict

    def code(source, id, tags=()):
        empty = {"outputs": [], "execution_count": None}
        return {"cell_type": "code", "id": id, "source": source, "metadata": {"tags": list(tags)}, **empty}

    student, cells, homes = ASSIGNED["STUDENT"], [], []
    for at, cell in enumerate(job.cells):
        source = cell["source"]
        if cell["cell_type"] == "code" and (cell["parameters"] or student.search(source)):
            homes.append((not cell["parameters"], at))
            # papermill's cell comes after the parameters cell; where cells were merged or copied that is too late
            # or too early, so the assignment itself says the roster's id, too.
            source = student.sub(lambda _: f"STUDENT = {job.student!r}", source)
        told = {name: cell[name] for name in ("cell_type", "attachments") if name in cell}
        text = {"source": source, "id": f"cell-{at}", "metadata": {"tags": []}}
        cells.append(code(source, f"cell-{at}") if cell["cell_type"] == "code" else text | told)
    if homes:
        cells[min(homes)[1]]["metadata"]["tags"] = ["parameters"]
    for question, inputs in job.probes.items():
        call = f"probe({question!r}, json.loads({json.dumps(inputs)!r}))"
        source = f"import json\nfrom casekit.exercise import probe\n{call}"
        answered = re.compile(rf"answer\(\s*['\"]{question}['\"]")
        told = [at + 1 for at, cell in enumerate(cells) if answered.search(cell["source"])]
        # Right after the answer, so that a kernel that dies later does not take it along; and at the end, for answers
        # given in another way.
        for name, at in zip(("end", "early"), (len(cells), *told[-1:]), strict=False):
            cells.insert(at, code(source, f"{question}-{name}"[-64:], [PROBE]))
    return from_dict({"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5})


def _take_clicks(notebook):
    """Take what was clicked from a last cell that the dead kernel never reached: it stands there as plain data."""
    from nbformat import v4

    for cell in notebook.cells:
        if cell.cell_type == "code" and not cell.metadata.get("papermill", {}).get("start_time"):
            for question, value in clicks.submitted(cell.source).items():
                with suppress(InputError):
                    data = answers.bundle(str(question), value)
                    cell.outputs.append(v4.new_output("display_data", data))


def is_own(cell):
    """Tell whether a cell of an executed notebook is the student's.

    判断运行过的笔记本里的一个单元格是否属于学生。

    Examples
    --------
    >>> is_own({"metadata": {"tags": ["injected-parameters"]}})
    False
    """
    return not {"injected-parameters", PROBE} & set(cell["metadata"].get("tags", []))


def _tidy(notebook, limit):
    """Cut what is too long to keep; return notes, and the number of the last code cell that began.

    Cells are numbered as in the student's own file: papermill's and our own are left out.
    """
    notes, number, last = [], 0, 0
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        cut, told = _cut(cell), cell.metadata.get("papermill", {})
        if not is_own(cell):
            continue
        number += 1
        last = number if told.get("start_time") else last
        if cut:
            notes.append(Note("grade.note.output_cut", {"cell": number}))
        if (told.get("duration") or 0) >= limit:
            notes.append(Note("grade.note.cell_time", {"cell": number, "seconds": round(limit)}))
    return notes, last


def _is_whole(output):
    """Tell whether an output is as the format has it; a student's kernel may send anything."""
    if output.output_type == "stream":
        return isinstance(output.text, str)
    if output.output_type == "error":
        return all(isinstance(line, str) for line in (output.ename, output.evalue, *output.traceback))
    return isinstance(output.data, dict)


def _cut(cell):
    kept = [output for output in cell.outputs[:MOST_OUTPUTS] if _is_whole(output)]
    cut, cell["outputs"] = len(kept) < len(cell.outputs), kept
    for output in cell.outputs:
        if len(output.get("text", "")) > LONGEST:
            output["text"], cut = output.text[:LONGEST] + "\n…", True
        if sum(map(len, output.get("traceback", ()))) > LONGEST:
            output["traceback"], cut = ["".join(output.traceback)[-LONGEST:]], True
        for kind, value in list(output.get("data", {}).items()):
            most = {"text/plain": LONGEST, answers.MIME: 2 * answers.MAX_ANSWER}.get(kind, LARGEST)
            if len(value if isinstance(value, str) else json.dumps(value)) > most:
                del output["data"][kind]
                cut = True
    return cut
