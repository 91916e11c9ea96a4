"""What the commands show: progress while notebooks run, a summary table, one line for each thing found."""

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from casekit.labels import text
from casekit.notebooks.checking import check
from casekit.notebooks.files import find


def watched(only="", lang="", within=None):
    """Check the notebooks with a progress bar on standard error.

    检查笔记本，并在标准错误输出上显示进度。

    Returns
    -------
    tuple of Result
    """
    paths = find(only, lang, within)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        total = bar.add_task(text("check.total"), total=len(paths))
        tasks = {path: bar.add_task(escape(path.name), visible=False) for path in paths}

        def progress(path, done, cells):
            bar.update(tasks[path], completed=done, total=cells, visible=True)

        def finished(path):
            bar.update(tasks[path], visible=False)
            bar.advance(total)

        return check(only, lang, within, progress, finished)


def summary(results, base):
    """Return the table of the checked notebooks: file, verdict, cells, seconds.

    返回检查结果表：文件、结果、格数、用时。
    """
    table = Table()
    table.add_column(text("check.file"), overflow="fold")
    table.add_column(text("check.result"))
    table.add_column(text("check.cells"), justify="right")
    table.add_column(text("check.seconds"), justify="right")
    for result in results:
        verdict = "ok" if result.ok else "broken" if result.failure else "rules"
        colour = {"ok": "green", "broken": "bold red", "rules": "yellow"}[verdict]
        verdict = text(f"check.{verdict}", count=len(result.problems))
        table.add_row(
            escape(result.path.relative_to(base).as_posix()),
            f"[{colour}]{verdict}[/]",
            str(result.cells),
            f"{result.seconds:.1f}",
        )
    return table


def found(path, problems, failure=None):
    """Return one sentence for each kind of thing found in a notebook, with the cells where it was found.

    返回在一个笔记本中发现的问题，每种一句话，并注明在哪些格。

    Parameters
    ----------
    path : str
        The file as it is to be named.
    problems : iterable of Problem
    failure : Failure, optional

    Returns
    -------
    list of str

    Examples
    --------
    >>> from casekit.notebooks import Problem
    >>> found("a.ipynb", [Problem("start", "han")])
    ['a.ipynb [start] 代码格里有汉字。文字请放在 Markdown 格或 labels.csv 中。']
    """
    places = {}
    for problem in problems:
        places.setdefault(str(problem), []).append(problem.cell)
    lines = [f"{path} [{' '.join(cells)}] {words}".replace(" [] ", " ") for words, cells in places.items()]
    if failure:
        key = "check.failure" if failure.line else "check.failure_cell"
        named = {
            "cell": failure.cell,
            "number": failure.index + 1,
            "line": failure.line,
            "source": failure.source,
        }
        lines.append(f"{path} " + text(key, **named, error=failure.error, message=failure.message))
    return lines


def as_data(results, base):
    """Return the results as plain data, for ``--json``.

    把结果转换为普通数据，供 ``--json`` 输出。
    """
    return {
        "ok": all(result.ok for result in results),
        "notebooks": [
            {
                "file": result.path.relative_to(base).as_posix(),
                "ok": result.ok,
                "cells": result.cells,
                "seconds": round(result.seconds, 2),
                "problems": [
                    {"cell": problem.cell, "rule": problem.rule, "text": str(problem)}
                    for problem in result.problems
                ],
                "failure": vars(result.failure) if result.failure else None,
            }
            for result in results
        ],
    }
