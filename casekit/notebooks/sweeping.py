"""One notebook over a grid of parameters: parallel, resumable, one tidy table of results, no failed run lost."""

import datetime
import difflib
import hashlib
import itertools
import json
import tomllib
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from casekit import answers
from casekit.errors import InputError
from casekit.notebooks.files import read, replace
from casekit.notebooks.running import check_parameters, run

RESULT = "sweep.result"  # the name under which a notebook hands over its table
KEYS = {"notebook", "out", "workers", "timeout", "parameters", "grid", "case"}


@dataclass(frozen=True)
class Sweep:
    """Hold what a sweep file asks for.

    一份批量运行文件的内容。

    Attributes
    ----------
    notebook, out : Path
        What is run; the folder of runs and tables.
    workers : int
        Runs at a time.
    timeout : float or None
        Seconds a cell may take.
    runs : tuple of dict
        The parameters of each run: the same for all, and each combination of the grid.
    """

    notebook: Path
    out: Path
    workers: int
    timeout: float | None
    runs: tuple


def read_sweep(path):
    """Read a sweep file: ``notebook``, ``out``, ``workers``, ``timeout``, ``[parameters]``, lists in ``[grid]``, ``[[case]]``.

    读取批量运行文件（TOML）：笔记本、输出文件夹、并行数、公共参数、参数网格和成组的参数；相对路径从该文件所在处算起。

    Every case, a set of parameters that belong together such as a dataset and its last day, meets every combination of the
    grid.

    Raises
    ------
    InputError
        ``sweep.file`` where it is not TOML, ``sweep.field`` for a name or value that does not fit, and ``notebook.parameter``.
    """
    path = Path(path)
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError("sweep.missing", file=path) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise InputError("sweep.file", file=path.name, reason=problem) from None
    for name in given.keys() - KEYS:
        near = difflib.get_close_matches(name, KEYS, n=1, cutoff=0)[0]
        raise InputError("sweep.field", file=path.name, field=name, remedy=near)
    grid, fixed, workers = given.get("grid", {}), given.get("parameters", {}), given.get("workers", 2)
    cases = given.get("case", [{}])
    wrong = {
        "notebook": not isinstance(given.get("notebook"), str), "workers": not isinstance(workers, int) or workers < 1,
        "grid": not isinstance(grid, dict) or not all(isinstance(values, list) and values for values in grid.values()),
        "case": not isinstance(cases, list) or not all(isinstance(case, dict) for case in cases) or not cases,
        "parameters": not isinstance(fixed, dict), "out": not isinstance(given.get("out", ""), str),
        "timeout": not isinstance(given.get("timeout", 1), int | float),
    }  # fmt: skip
    for field in (name for name, bad in wrong.items() if bad):
        raise InputError("sweep.field", file=path.name, field=field, remedy=EXAMPLES[field])
    notebook = path.parent / given["notebook"]
    check_parameters(read(notebook), {**fixed, **grid, **dict(itertools.chain.from_iterable(case.items() for case in cases))})
    runs = tuple(_plain({**fixed, **case, **dict(zip(grid, values))}) for case in cases for values in itertools.product(*grid.values()))
    return Sweep(notebook, path.parent / given.get("out", path.stem), workers, given.get("timeout"), runs)


EXAMPLES = {"notebook": 'notebook = "20_research_schemes.zh.ipynb"', "out": 'out = "results"', "workers": "workers = 2",
            "timeout": "timeout = 600", "parameters": "[parameters]\nDRAWS = 200", "grid": '[grid]\nSCHEME = ["quintiles"]',
            "case": '[[case]]\nDATASET = "orders"'}  # fmt: skip


def sweep(plan, progress=None):
    """Run what is not on record yet, two or more at a time, and write ``results.csv`` and ``failed.csv``.

    运行尚无记录的组合（并行），并写出 ``results.csv`` 与 ``failed.csv``；中断后再次运行会接着做。

    A run is on record when it ended well with the same code and parameters: the name of its file is the hash of both.

    Parameters
    ----------
    plan : Sweep
        What :func:`read_sweep` returns.
    progress : callable, optional
        Called as ``progress(done, all, parameters)`` at the start with those on record, and after each run.

    Returns
    -------
    results, failed : DataFrame
        Each result row with the parameters of its run before it; each failed run with cell, line and error.
    """
    source = [cell.source for cell in read(plan.notebook).cells if cell.cell_type == "code"]  # prose changes no result
    folder = plan.out / "runs"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise InputError("sweep.out", folder=plan.out, reason=problem.strerror) from None
    named = {folder / f"{_key(source, parameters)}.json": parameters for parameters in plan.runs}
    waiting = {path: parameters for path, parameters in named.items() if not _well(path)}
    done = len(named) - len(waiting)
    if progress:
        progress(done, len(named), {})
    pool = ThreadPoolExecutor(plan.workers)  # threads are enough: the work is in the kernels
    try:
        jobs = {pool.submit(_one, plan, path, parameters): parameters for path, parameters in waiting.items()}
        for job in as_completed(jobs):
            job.result()
            done += 1
            if progress:
                progress(done, len(named), jobs[job])
    finally:
        pool.shutdown(cancel_futures=True)  # Ctrl+C waits for the running ones, not for all
        results, failed = tables(named)
        for name, table in (("results", results), ("failed", failed)):
            replace(plan.out / f"{name}.csv", table.to_csv(index=False, lineterminator="\n", encoding="utf-8"))
    return results, failed


def tables(named):
    """Return results and failures of the runs that have ended, in the order of the plan.

    按计划的顺序，返回已结束的各次运行的结果与失败。
    """
    results, failed = [pd.DataFrame()], []
    for path, parameters in named.items():
        if not path.exists():
            continue
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["failure"]:
            failed.append({**parameters, "run": path.stem, **record["failure"]})
            continue
        table = answers.decode(record["result"]).reset_index(drop=True)
        front = pd.DataFrame([parameters] * len(table), columns=[name for name in parameters if name not in table])
        results.append(pd.concat([front, table.assign(run=path.stem)], axis=1))
    return pd.concat(results, ignore_index=True), pd.DataFrame(failed)


def result(frame):
    """Hand a table to the sweep that runs this notebook; it is shown like any table.

    把一张表交给批量运行；在笔记本里照常显示。

    Parameters
    ----------
    frame : DataFrame
        Up to 1 MB as data.
    """
    from IPython.display import display

    display({**answers.bundle(RESULT, frame), "text/html": frame.to_html(), "text/plain": frame.to_string()}, raw=True)


def _one(plan, path, parameters):
    """Run the notebook once and put its result or its failure on record."""
    ran = run(plan.notebook, path.with_suffix(".ipynb"), parameters, timeout=plan.timeout)
    given = answers.collect(ran.nb).answers.get(RESULT)
    failure = ran.failure and {"cell": ran.failure.cell, "line": ran.failure.line, "error": ran.failure.error,
                               "message": ran.failure.message}  # fmt: skip
    if failure is None and not isinstance(given, pd.DataFrame):
        failure = {"cell": "", "line": None, "error": "NoResult", "message": str(InputError("sweep.no_result"))}
    record = {"parameters": parameters, "seconds": round(ran.seconds, 3), "failure": failure,
              "result": None if failure else answers.encode(given)}  # fmt: skip
    replace(path, json.dumps(record, ensure_ascii=False))


def _plain(values):
    """TOML's dates as text, as a notebook's parameters are."""
    return {name: value.isoformat() if isinstance(value, datetime.date) else value for name, value in values.items()}


def _key(source, parameters):
    return hashlib.sha256(json.dumps([source, parameters], ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:16]


def _well(path):
    return path.exists() and json.loads(path.read_text(encoding="utf-8"))["failure"] is None
