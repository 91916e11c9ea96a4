"""Run one submission through papermill, with the roster's STUDENT, in a folder that holds the sheet and nothing else."""

import json
import os
import re
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from casekit import answers
from casekit.grading.intake import ASSIGNED, Note

PROBE = "casekit-probe"
LONGEST = 200_000  # characters of one text output that are kept
LARGEST = 3_000_000  # bytes of one picture or table that are kept
KERNEL_METADATA = {
    "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
    "language_info": {"name": "python"},
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


@dataclass(frozen=True)
class Record:
    """Hold what came of it: the executed notebook, whether it came to its end, and notes.

    运行结果：执行过的笔记本、是否运行到底、说明。
    """

    notebook: str  # JSON
    ended: bool
    seconds: float
    notes: tuple[Note, ...] = ()


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
    import papermill  # takes half a second, and feedback and export need it not
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError
    from papermill.execute import remove_error_markers

    from casekit.grading import engine

    start, keep = time.monotonic(), {}
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory(prefix="casekit-", ignore_cleanup_errors=True) as folder:
        Path(folder, f"{job.exercise}.toml").write_text(job.sheet, encoding="utf-8")
        ended = False
        try:
            papermill.execute_notebook(
                _notebook(job), None,
                parameters={"STUDENT": job.student, "LANG": job.lang},
                engine_name=engine.NAME,
                kernel_name="python3",  # whatever the file says
                progress_bar=False,
                request_save_on_cell_execute=False,  # else papermill writes all cells before and after each cell
                autosave_cell_every=0,
                start_timeout=120,
                # Not papermill's cwd: that changes the folder of the whole process, and other threads with it.
                resources={"metadata": {"path": folder}},
                timeout=job.cell_seconds,
                interrupt_on_timeout=True,
                allow_errors=True,
                iopub_timeout=30,
                raise_on_iopub_timeout=False,
                store_widget_state=False,
                shutdown_kernel="immediate",
                keep=keep, seconds=job.seconds, env={**environment, "CASEKIT_GRADING": "1"},
            )
            ended = True
        except PapermillExecutionError:
            ended = True  # allow_errors lets all cells run; papermill still reports the first exception at the end
        except DeadKernelError:
            pass
        except Exception:
            if not any(cell.get("execution_count") for cell in _cells(keep)):
                raise
    notebook = remove_error_markers(keep["notebook"])
    notes = _clip(notebook) + _slow(notebook, job.cell_seconds)
    if not ended:
        notes += (Note("grade.note.stopped" if keep.get("stopped") else "grade.note.died", {"cell": _last_cell(notebook)}),)
    return Record(json.dumps(notebook, ensure_ascii=False), ended, round(time.monotonic() - start, 2), notes)


def _cells(keep):
    return keep["notebook"].cells if "notebook" in keep else []


def _notebook(job):
    """Return the notebook to run: the student's cells, the roster's STUDENT throughout, probes at the end."""
    import nbformat

    tagged = [at for at, cell in enumerate(job.cells) if cell["parameters"]]
    assigned = [at for at, cell in enumerate(job.cells)
                if cell["cell_type"] == "code" and ASSIGNED["STUDENT"].search(cell["source"])]
    home = next(iter(tagged + assigned), None)
    cells = []
    for at, cell in enumerate(job.cells):
        source = cell["source"]
        if cell["cell_type"] == "code":
            # papermill's cell comes after the parameters cell; where cells were merged or copied that is too early
            # or too late, so the assignment itself says the roster's id, too.
            source = ASSIGNED["STUDENT"].sub(lambda _: f"STUDENT = {job.student!r}", source)
        node = getattr(nbformat.v4, f"new_{cell['cell_type']}_cell")(source, id=f"cell-{at}")
        if at == home:
            node.metadata["tags"] = ["parameters"]
        if cell.get("attachments"):
            node["attachments"] = nbformat.from_dict(cell["attachments"])
        cells.append(node)
    for question, inputs in job.probes.items():
        source = ("import json\nfrom casekit.exercise import probe\n"
                  f"probe({question!r}, json.loads({json.dumps(inputs)!r}))")
        # Right after the answer, so that a kernel that dies later does not take it along; and at the end, for answers
        # given in another way.
        told = [at for at, cell in enumerate(cells) if re.search(rf"answer\(\s*['\"]{question}['\"]", cell.source)]
        for at in (len(cells), *(at + 1 for at in told[-1:])):
            cells.insert(at, nbformat.v4.new_code_cell(source, id=f"probe-{question}-{at}", metadata={"tags": [PROBE]}))
    return nbformat.v4.new_notebook(cells=cells, metadata=nbformat.from_dict(KERNEL_METADATA))


def _numbered(notebook):
    """Return the student's code cells, numbered as in the student's own file: papermill's and our cells left out."""
    return enumerate((cell for cell in notebook.cells if is_own(cell) and cell.cell_type == "code"), start=1)


def is_own(cell):
    """Tell whether a cell of an executed notebook is the student's.

    判断运行过的笔记本里的一个单元格是否属于学生。

    Examples
    --------
    >>> is_own({"metadata": {"tags": ["injected-parameters"]}})
    False
    """
    return not {"injected-parameters", PROBE} & set(cell["metadata"].get("tags", []))


def _last_cell(notebook):
    return max((number for number, cell in _numbered(notebook) if cell.metadata.papermill.get("start_time")), default=0)


def _slow(notebook, limit):
    return tuple(Note("grade.note.cell_time", {"cell": number, "seconds": round(limit)}) for number, cell in _numbered(notebook)
                 if (cell.metadata.papermill.get("duration") or 0) >= limit)


def _clip(notebook):
    """Cut what is too long to keep and to show; the notes name the cells."""
    notes = []
    for number, cell in _numbered(notebook):
        cut = False
        for output in cell.outputs:
            if "text" in output and len(output.text) > LONGEST:
                output["text"], cut = output.text[:LONGEST] + "\n…", True
            if "traceback" in output and sum(map(len, output.traceback)) > LONGEST:
                output["traceback"], cut = ["".join(output.traceback)[-LONGEST:]], True
            for kind, value in list(output.get("data", {}).items()):
                largest = LONGEST if kind == "text/plain" else 2 * answers.MAX_ANSWER if kind == answers.MIME else LARGEST
                if len(value if isinstance(value, str) else json.dumps(value)) > largest:
                    cut = True
                    del output["data"][kind]
        if len(cell.outputs) > 1000:
            cell["outputs"], cut = cell.outputs[:1000], True
        if cut:
            notes.append(Note("grade.note.output_cut", {"cell": number}))
    return tuple(notes)
