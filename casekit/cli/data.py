"""The commands about data: ``casekit data list | make | fetch | cite | verify``."""

from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich import progress
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from casekit import labels
from casekit.cli import app, both, console, show

data = typer.Typer(no_args_is_help=True, help=both("cli.data.help"))
app.add_typer(data, name="data")


@data.command("list", help=both("cli.data.list.help"))
def all_of_them():
    from casekit import datasets

    catalog = datasets.catalog()
    title = labels.text("cli.data.list.title", count=len(catalog))
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column(labels.text("cli.data.list.name"), no_wrap=True)
    table.add_column(labels.text("col.title"), overflow="fold")
    table.add_column(labels.text("col.rows"), justify="right", no_wrap=True)
    table.add_column("")
    for name, one in catalog.iterrows():
        notes = [labels.text(f"cli.data.list.{note}") for note in ("public", "student", "truth")
                 if (one["kind"] == "public" if note == "public" else one[note])]  # fmt: skip
        table.add_row(name, one["title"], f"{one['rows']:,}", "·".join(notes))
    console.print(table)
    makers = ", ".join(datasets.makers())
    console.print(labels.text("cli.data.list.makers", names=makers), markup=False, soft_wrap=True)


@data.command(help=both("cli.data.fetch.help"))
def fetch(
    name: Annotated[str, typer.Argument(help=both("cli.data.fetch.name"))],
    folder: Annotated[Path | None, typer.Option(help=both("cli.data.fetch.folder"))] = None,
    mirror: Annotated[str, typer.Option(help=both("cli.data.fetch.mirror"))] = "",
    out: Annotated[Path | None, typer.Option(help=both("cli.data.fetch.out"))] = None,
    yes: Annotated[bool, typer.Option("--yes", help=both("cli.data.fetch.yes"))] = False,
):
    from casekit import datasets, tables

    def ask(note):
        console.print(note, markup=False, soft_wrap=True)
        if not yes:
            typer.confirm(labels.text("cli.data.fetch.ask"), abort=True)

    orders = datasets.fetch(name, folder=folder, mirror=mirror, tell=ask)
    rows = datasets.report(orders)
    for column in ("reason", "action"):
        rows[column] = [labels.text(f"{column}.{code}") for code in rows[column]]
    show(rows, labels.text("cli.data.fetch.rows", name=name))
    said = {"count": f"{len(orders):,}", "as_of": datasets.as_of(name), "name": name}
    console.print(labels.text("cli.data.fetch.done", **said), markup=False, soft_wrap=True)
    if out:
        tables.write(orders, out)
        console.print(labels.text("cli.data.fetch.written", file=out), markup=False, soft_wrap=True)


@data.command(help=both("cli.data.cite.help"))
def cite(name: Annotated[str, typer.Argument(help=both("cli.data.cite.name"))]):
    from casekit import datasets

    typer.echo(datasets.cite(name))


@data.command(help=both("cli.data.verify.help"))
def verify():
    from casekit import datasets

    console.print(labels.text("cli.data.verify.done", count=len(datasets.verify())))


@data.command(help=both("cli.data.make.help"))
def make(
    name: Annotated[str, typer.Argument(help=both("cli.data.make.name"))],
    size: Annotated[float, typer.Option("--size", "--customers", "--users", "--members", help=both("cli.data.make.size"))],
    seed: Annotated[int, typer.Option(help=both("cli.data.make.seed"))] = 0,
    out: Annotated[Path, typer.Option(help=both("cli.data.make.out"))] = Path(),
):
    from casekit import datasets

    with bar(labels.text("cli.data.make.bar", name=name)) as tell:
        made = datasets.make(name, out, size, seed, tell)
    show(made, labels.text("cli.data.make.made", name=name))


@contextmanager
def bar(words):
    """Give a function ``tell(done, total)`` that draws a bar with the time left.

    给出画进度条的函数 ``tell(done, total)``，带剩余时间。
    """
    columns = ("{task.description}", progress.BarColumn(), progress.TaskProgressColumn(), progress.TimeRemainingColumn())
    with progress.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(words, total=None)
        yield lambda done, total: bar.update(task, completed=done or 0, total=total if done is not None else None)
