"""The instructor's commands: hand out, grade, mark by hand, give back."""

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from casekit import labels
from casekit.cli import app, both, console
from casekit.errors import InputError

Gradebook = Annotated[Path, typer.Option(help=both("cli.gradebook"))]
Named = Annotated[str, typer.Option("--exercise", help=both("cli.exercise"))]
Json = Annotated[bool, typer.Option("--json", help=both("cli.json"))]
Yes = Annotated[bool, typer.Option("--yes", help=both("cli.yes"))]
Why = Annotated[str, typer.Option(help=both("cli.why"))]
Whom = Annotated[str, typer.Argument(help=both("cli.student"))]


def say(*lines):
    """Print lines as they are, however long.

    原样输出若干行文字，不论多长。
    """
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def show_json(data):
    """Print data as JSON.

    以 JSON 输出。
    """
    typer.echo(json.dumps(data, ensure_ascii=False, indent=1))


@app.command(help=both("cli.release.help"))
def release(
    exercise: Annotated[str, typer.Argument(help=both("cli.release.exercise"))],
    out: Annotated[Path, typer.Option(help=both("cli.release.out"))],
    roster: Annotated[Path | None, typer.Option(help=both("cli.release.roster"))] = None,
    nbgrader: Annotated[bool, typer.Option("--nbgrader", help=both("cli.release.nbgrader"))] = False,
):
    from casekit.grading import exchange

    if nbgrader and roster:
        raise InputError("grading.nbgrader_roster")
    if nbgrader:
        path = exchange.release_nbgrader(exercise, out)
        say(labels.text("grade.released.nbgrader", out=out, exercise=path.stem))
    else:
        say(labels.text("grade.released", count=len(exchange.release(exercise, out, roster)), out=out))


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
    due: Annotated[str, typer.Option(help=both("cli.grade.due"))] = "",
    late: Annotated[str, typer.Option(help=both("cli.grade.late"))] = "",
    executor: Annotated[str, typer.Option(help=both("cli.grade.executor"))] = "",
    as_json: Json = False,
):
    from casekit.grading import batch, cluster, report, walls

    level = walls.level() if trust else walls.required()
    hands = cluster.executor(executor) if executor else nullcontext((None, workers))
    with hands as (pool, workers), report.bar(Console(stderr=True)) as progress:
        summary = batch.grade(submissions, roster, exercise, gradebook, executor=pool, workers=workers,
                              cell_seconds=cell_seconds, seconds=seconds, progress=progress, level=level, due=due,
                              late=late)  # fmt: skip
    if as_json:
        show_json(report.as_dict(summary))
    else:
        console.print(report.table(summary))
        say(*report.closing(summary))
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


@app.command(help=both("cli.regrade.help"))
def regrade(
    exercise: Named = "",
    gradebook: Gradebook = Path("gradebook.db"),
    yes: Yes = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=both("cli.dry_run"))] = False,
    as_json: Json = False,
):
    from casekit.grading import regrade as again
    from casekit.grading import report

    with report.bar(Console(stderr=True)) as progress:
        plan = again.plan(exercise, gradebook, progress)
    if not as_json:
        if plan.changed:
            console.print(report.shifts(plan))
        if plan.shifts or plan.stale:
            say(*report.regraded(plan))
    wanted = bool(plan.shifts) and not dry_run
    # For a script silence is no consent.
    written = wanted and (yes or not as_json and typer.confirm(labels.text("grade.regrade.ask")))
    if written:
        again.write(plan, gradebook)
    if as_json:
        show_json(report.regrade_dict(plan, written))
    else:
        outcome = "regrade.written" if written else "not_written" if plan.shifts or plan.stale else "regrade.none"
        say(labels.text(f"grade.{outcome}"))
    raise typer.Exit(int(bool(plan.to_run or plan.stale or wanted and not written)))


@app.command(help=both("cli.points.help"))
def points(
    student: Whom,
    question: Annotated[str, typer.Argument(help=both("cli.points.question"))],
    number: Annotated[str, typer.Argument(metavar="POINTS", help=both("cli.points.points"))],
    why: Why = "",
    exercise: Named = "",
    gradebook: Gradebook = Path("gradebook.db"),
):
    from casekit.grading import byhand

    given = given_points(number)
    whom, asked = byhand.points(student, question, given, why, exercise, gradebook)
    told = {"name": whom.name, "id": whom.id, "question": asked.id}
    say(labels.text(f"grade.points.{'auto' if given is None else 'set'}", points=number, **told))


@app.command(help=both("cli.waive.help"))
def waive(
    student: Whom,
    why: Why = "",
    penalty: Annotated[str, typer.Option(help=both("cli.waive.penalty"))] = "0",
    exercise: Named = "",
    gradebook: Gradebook = Path("gradebook.db"),
):
    from casekit.grading import byhand

    given = given_points(penalty)
    whom = byhand.waive(student, why, given, exercise, gradebook)
    key = f"grade.waive.{'auto' if given is None else 'set'}"
    say(labels.text(key, name=whom.name, id=whom.id, points=penalty))


def given_points(text):
    """Read points from the command line; ``auto`` is ``None``.

    读取命令行中的分数；``auto`` 读作 ``None``。
    """
    try:
        return None if text == "auto" else float(text)
    except ValueError:
        raise InputError("grading.points_number", given=text) from None


@app.command(help=both("cli.history.help"))
def history(
    entry: Annotated[int | None, typer.Argument(help=both("cli.history.entry"))] = None,
    student: Annotated[str, typer.Option(help=both("cli.history.student"))] = "",
    exercise: Named = "",
    gradebook: Gradebook = Path("gradebook.db"),
    as_json: Json = False,
):
    from dataclasses import asdict

    from casekit.grading import history as past
    from casekit.grading import report
    from casekit.grading.gradebook import Gradebook as Book

    with Book(gradebook, create=False) as book:
        entries = [one for one in past.read(book, exercise, student) if entry in (None, one.number)]
        names = {one.id: one.name for one in book.roster()}
    if as_json:
        show_json([asdict(one) for one in entries])
    elif entries:
        console.print(report.history(entries))
        say(*(line for one in entries if entry or student for line in report.changes(one, names) if student in line))
    else:
        say(labels.text("grade.history.none"))


@app.command(help=both("cli.undo.help"))
def undo(
    entry: Annotated[int | None, typer.Argument(help=both("cli.undo.entry"))] = None,
    gradebook: Gradebook = Path("gradebook.db"),
    yes: Yes = False,
):
    from casekit.grading import history as past
    from casekit.grading import report
    from casekit.grading.gradebook import Gradebook as Book

    with Book(gradebook, create=False) as book:
        one = past.undoable(book, entry)
        console.print(report.history([one]))
        say(*report.changes(one, {each.id: each.name for each in book.roster()}))
        what = labels.text(f"grade.history.what.{one.what}")
        if not (yes or typer.confirm(labels.text("grade.undo.ask", entry=one.number, what=what, changes=len(one.changes)))):
            say(labels.text("grade.not_written"))
            raise typer.Exit(1)
        book.revert(one)
        say(labels.text("grade.undo.done", entry=one.number, by=past.read(book)[-1].number))


@app.command(help=both("cli.overview.help"))
def overview(
    out: Annotated[Path | None, typer.Option(help=both("cli.overview.out"))] = None,
    exercise: Named = "",
    gradebook: Gradebook = Path("gradebook.db"),
    as_json: Json = False,
):
    from casekit.grading import overview as classroom
    from casekit.grading import report

    view = classroom.look(exercise, gradebook)
    if out:
        classroom.write(out, view)
    if as_json:
        show_json(view)
        return
    asked, signs, traps = report.classroom(view)
    console.print(asked)
    say(signs)
    if view["traps"]:
        console.print(traps)
    say(*(f"{one['student']}: {one['words']}" for one in view["alike"]))
    if out:
        say(labels.text("grade.overview.written", out=out))
