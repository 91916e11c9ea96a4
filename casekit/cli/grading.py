"""The instructor's commands: hand out, grade, mark by hand, give back."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from casekit import labels
from casekit.cli import app, both, console
from casekit.errors import InputError

Gradebook = Annotated[Path, typer.Option(help=both("cli.gradebook"))]
Named = Annotated[str, typer.Option("--exercise", help=both("cli.exercise"))]


@app.command(help=both("cli.release.help"))
def release(
    exercise: Annotated[str, typer.Argument(help=both("cli.release.exercise"))],
    out: Annotated[Path, typer.Option(help=both("cli.release.out"))],
    roster: Annotated[Path | None, typer.Option(help=both("cli.release.roster"))] = None,
):
    from casekit.grading import exchange

    packs = exchange.release(exercise, out, roster)
    console.print(labels.text("grade.released", count=len(packs), out=out), markup=False, soft_wrap=True)


@app.command(help=both("cli.grade.help"))
def grade(
    submissions: Annotated[Path, typer.Argument(help=both("cli.grade.submissions"))],
    roster: Annotated[Path, typer.Option(help=both("cli.grade.roster"))],
    exercise: Named = "",
    gradebook: Gradebook = Path("gradebook.db"),
    workers: Annotated[int, typer.Option(min=1, help=both("cli.grade.workers"))] = 2,
    cell_seconds: Annotated[float, typer.Option(min=1, help=both("cli.grade.cell_seconds"))] = 60,
    seconds: Annotated[float, typer.Option(min=1, help=both("cli.grade.seconds"))] = 300,
    trust: Annotated[bool, typer.Option("--trust", help=both("cli.grade.trust"))] = False,
    as_json: Annotated[bool, typer.Option("--json", help=both("cli.json"))] = False,
):
    from casekit.grading import batch, report, walls

    level = walls.level() if trust else walls.required()
    with report.bar(Console(stderr=True)) as progress:
        summary = batch.grade(submissions, roster, exercise, gradebook, workers=workers,
                              cell_seconds=cell_seconds, seconds=seconds, progress=progress, level=level)
    if as_json:
        typer.echo(json.dumps(report.as_dict(summary), ensure_ascii=False, indent=1))
    else:
        console.print(report.table(summary))
        for line in report.closing(summary):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(summary.exit_code)


@app.command(help=both("cli.feedback.help"))
def feedback(
    out: Annotated[Path, typer.Option(help=both("cli.feedback.out"))],
    exercise: Named = "",
    gradebook: Gradebook = Path("gradebook.db"),
):
    from casekit.grading import feedback as pages
    from casekit.grading import report

    with report.bar(Console(stderr=True)) as progress:
        written = pages.write(out, exercise, gradebook, progress)
    console.print(labels.text("grade.feedback", count=len(written), out=out), markup=False, soft_wrap=True)


@app.command(help=both("cli.export.help"))
def export(
    out: Annotated[Path, typer.Option(help=both("cli.export.out"))],
    to: Annotated[str, typer.Option(help=both("cli.export.to"))] = "csv",
    format: Annotated[str, typer.Option(help=both("cli.export.format"))] = "generic",
    exercise: Named = "",
    gradebook: Gradebook = Path("gradebook.db"),
):
    from casekit.grading import exchange

    exchange.export(out, exercise, gradebook, to, format)
    console.print(labels.text("grade.exported", out=out), markup=False, soft_wrap=True)


@app.command(help=both("cli.essays.help"))
def essays(
    out: Annotated[Path | None, typer.Option(help=both("cli.essays.out"))] = None,
    read: Annotated[Path | None, typer.Option(help=both("cli.essays.read"))] = None,
    exercise: Named = "",
    gradebook: Gradebook = Path("gradebook.db"),
):
    from casekit.grading import exchange

    if (out is None) == (read is None):
        raise InputError("grading.essays_which")
    if out:
        count = exchange.write_essays(out, exercise, gradebook)
        console.print(labels.text("grade.essays.written", count=count, out=out), markup=False, soft_wrap=True)
    else:
        count = exchange.read_essays(read, exercise, gradebook)
        console.print(labels.text("grade.essays.taken", count=count), markup=False)
