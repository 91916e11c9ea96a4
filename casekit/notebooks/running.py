"""Run one notebook through papermill and say where it broke."""

import functools
import logging
import re
import time
from dataclasses import dataclass
from pathlib import Path

import nbformat

from casekit.errors import InputError
from casekit.notebooks.files import read, write
from casekit.notebooks.rules import literals

COLOURS = re.compile(r"\x1b\[[0-9;]*m")
PLACE = re.compile(
    r"^ *(?:→ )?(?:Cell In\[\d+\], )?line (\d+)", re.MULTILINE
)  # IPython's traceback, or InputError's one line
TAIL = 400  # characters of an error message that are worth a line in a table


@dataclass(frozen=True)
class Failure:
    """Say where and why a notebook broke.

    笔记本在哪里、为什么出错。
    """

    cell: str  # id
    index: int  # place of the cell in the file, from 0
    line: int | None  # in the cell, from 1
    source: str  # of that line
    error: str  # type of the exception
    message: str


@dataclass(frozen=True)
class Run:
    """Hold the outcome of one run: the executed notebook, the seconds, the failure if any.

    一次运行的结果：运行后的笔记本、用时（秒）、错误（若有）。
    """

    nb: nbformat.NotebookNode
    seconds: float
    failure: Failure | None


def run(notebook, out=None, parameters=None, *, cwd=None, timeout=None, progress=None):
    """Run a notebook from top to bottom in a fresh kernel; an error ends the run and is returned, not raised.

    在新的内核中从头到尾运行笔记本；出错时停止，并返回（而不是抛出）错误。

    Parameters
    ----------
    notebook : path or nbformat.NotebookNode
    out : path, optional
        Where the executed notebook is written.
    parameters : dict, optional
        Values for names of its ``parameters`` cell.
    cwd : path, optional
        Working folder of the kernel; the folder of the notebook, as in Jupyter, if not given.
    timeout : float, optional
        Seconds a cell may take.
    progress : callable, optional
        Called as ``progress(done, cells)`` after each cell.

    Returns
    -------
    Run

    Raises
    ------
    InputError
        Not a notebook, or a parameter that its ``parameters`` cell does not have.
    """
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    _register()
    path = None if isinstance(notebook, nbformat.NotebookNode) else Path(notebook)
    nb = read(path) if path else notebook
    check_parameters(nb, parameters or {})
    watch, stopped, began = _Watch(progress), None, time.monotonic()
    try:
        papermill.execute_notebook(
            nb, None, parameters, engine_name="casekit-check", kernel_name="python3", language="python",
            progress_bar=False, execution_timeout=timeout, watch=watch,
            extra_arguments=["--IPKernelApp.log_level=50"],  # the kernel's log would run into the bar
            # Not papermill's own cwd: that moves this whole process, and two runs at once would trip over it.
            resources={"metadata": {"path": str(cwd or (path.resolve().parent if path else Path.cwd()))}},
        )  # fmt: skip
    except PapermillExecutionError:
        pass  # the executed notebook says more: whether the cell's tag allows the error
    except (CellTimeoutError, DeadKernelError) as error:
        stopped = error
    seconds = time.monotonic() - began
    executed = watch.nb
    executed.cells = [
        cell for cell in executed.cells if "papermill-error-cell-tag" not in cell.metadata.get("tags", ())
    ]
    if out:
        write(executed, out)
    return Run(executed, seconds, _failure(nb, watch.cell, stopped))


class _Watch:
    """Remember the notebook and the cell that papermill is at, so that both outlive a broken run."""

    def __init__(self, progress):
        self.progress, self.nb, self.cell = progress, None, None

    def attach(self, manager):
        self.nb = manager.nb
        start, complete = manager.cell_start, manager.cell_complete

        def cell_start(cell, cell_index=None, **kwargs):
            self.cell = cell
            start(cell, cell_index, **kwargs)

        def cell_complete(cell, cell_index=None, **kwargs):
            complete(cell, cell_index=cell_index, **kwargs)
            if self.progress:
                self.progress(cell_index + 1, len(self.nb.cells))

        manager.cell_start, manager.cell_complete = cell_start, cell_complete


@functools.cache
def _register():
    from papermill.engines import NBClientEngine, papermill_engines

    class Engine(NBClientEngine):
        @classmethod
        def execute_managed_notebook(cls, nb_man, kernel_name, watch, **options):
            watch.attach(nb_man)
            return super().execute_managed_notebook(nb_man, kernel_name, **options)

    papermill_engines.register("casekit-check", Engine)
    # It does not read LAST, FIRST = ... in a parameters cell and would warn of each; check_parameters does.
    logging.getLogger("papermill").setLevel(logging.ERROR)


def check_parameters(nb, parameters):
    """Refuse parameters that the ``parameters`` cell of a notebook does not have.

    笔记本的参数格里没有的参数，一律拒绝。

    Raises
    ------
    InputError
        ``notebook.parameter``, naming those it has.
    """
    cell = next((cell for cell in nb.cells if "parameters" in cell.metadata.get("tags", ())), None)
    known = literals(cell.source) if cell else {}
    for name in parameters:
        if known is not None and name not in known:
            raise InputError("notebook.parameter", name=name, known=", ".join(known) or "–")


def _failure(nb, cell, stopped):
    """Return the Failure of the last cell that was begun, or None if it ended well."""
    if stopped is None and (cell is None or cell.metadata.papermill["status"] != "failed"):
        return None
    output = next((output for output in cell.get("outputs", ()) if output.output_type == "error"), None)
    if stopped is None and output:
        error, message, trace = output.ename, output.evalue, COLOURS.sub("", "\n".join(output.traceback))
    else:
        error, message, trace = type(stopped).__name__, str(stopped), ""
    lines = cell.source.splitlines()
    place = PLACE.search(trace)  # the first: what it calls may lie in other cells
    line = int(place[1]) if place else 1 if len(lines) == 1 else None
    index = next((at for at, other in enumerate(nb.cells) if other.id == cell.id), -1)
    source = lines[line - 1].strip() if line and line <= len(lines) else ""
    return Failure(cell.id, index, line, source, error, message.strip()[:TAIL])
