"""The commands about data: ``casekit data list | make | fetch | cite | verify``."""

from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich import progress
from rich.console import Console

from casekit import labels
from casekit.cli import app, both, console, show

data = typer.Typer(no_args_is_help=True, help=both("cli.data.help"))
app.add_typer(data, name="data")


@data.command(help=both("cli.data.make.help"))
def make(
    name: Annotated[str, typer.Argument(help=both("cli.data.make.name"))],
    size: Annotated[float, typer.Option("--size", "--customers", "--users", help=both("cli.data.make.size"))],
    seed: Annotated[int, typer.Option(help=both("cli.data.make.seed"))] = 0,
    out: Annotated[Path, typer.Option(help=both("cli.data.make.out"))] = Path(),
):
    from casekit import datasets

    with bar(labels.text("cli.data.make.bar", name=name)) as tell:
        made = datasets.make(name, out, size, seed, tell)
    show(made, labels.text("cli.data.make.made", name=name))


@contextmanager
def bar(words):
    """Give a function ``tell(done, total)`` that draws a bar with the time left."""
    columns = ("{task.description}", progress.BarColumn(), progress.TaskProgressColumn(), progress.TimeRemainingColumn())
    with progress.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(words, total=None)
        yield lambda done, total: bar.update(task, completed=done or 0, total=total if done is not None else None)
