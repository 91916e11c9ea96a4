"""The commands: ``casekit NAME`` or ``python3 kit.py NAME``."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from casekit import labels
from casekit.errors import InputError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
console = Console()


def both(key):
    """Return one label in both languages, for help that is made before a language is chosen."""
    return f"{labels.text(key, 'zh')} · {labels.text(key, 'en')}"


@app.callback(help=both("cli.help"))
def speak():
    from casekit import lab as desk

    labels.use(desk.preferred())


@app.command(help=both("cli.lab.help"))
def lab(
    lang: Annotated[str, typer.Option(help=both("cli.lang"))] = "",
    port: Annotated[int, typer.Option(help=both("cli.lab.port"))] = 0,
):
    from casekit import lab as desk

    lang = lang or desk.preferred()
    labels.use(lang)
    address = desk.running(lang, desk.home())
    if address:
        console.print(labels.text("lab.running", url=address), soft_wrap=True)
        typer.launch(address)
        return
    console.print(labels.text("lab.starting"))
    raise typer.Exit(desk.start(lang, port or None))


@app.command(help=both("cli.clean.help"))
def clean(files: Annotated[list[Path] | None, typer.Argument(help=both("cli.clean.files"))] = None):
    from casekit import notebooks

    paths, changed = files or notebooks.find(), 0
    for path in paths:
        kept = notebooks.clean(notebooks.read(path))
        if notebooks.dumps(kept).encode() != path.read_bytes():
            notebooks.write(kept, path)
            console.print(labels.text("clean.cleaned", file=path), markup=False, soft_wrap=True)
            changed += 1
    console.print(labels.text("clean.done", count=len(paths), changed=changed))


@app.command(help=both("cli.twin.help"))
def twin(
    only: Annotated[str, typer.Option(help=both("cli.only"))] = "",
    accept: Annotated[bool, typer.Option("--accept", help=both("cli.twin.accept"))] = False,
):
    from casekit import notebooks
    from casekit.notebooks import report

    pairs, lines = notebooks.pairs(only), []
    for pair in pairs:
        written, found = notebooks.twin(pair, accept)
        name = pair.en.relative_to(notebooks.root()).as_posix()
        if written:
            console.print(labels.text("twin.written", file=name), markup=False, soft_wrap=True)
        lines += report.found(name, found)
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    console.print(labels.text("twin.done", count=len(pairs), open=len(lines)))
    if lines:
        console.print(labels.text("twin.accept_hint"), markup=False)
    raise typer.Exit(bool(lines))


@app.command(help=both("cli.check.help"))
def check(
    only: Annotated[str, typer.Option(help=both("cli.only"))] = "",
    lang: Annotated[str, typer.Option(help=both("cli.lang.filter"))] = "",
    as_json: Annotated[bool, typer.Option("--json", help=both("cli.json"))] = False,
):
    from casekit.notebooks import report, root

    results = report.watched(only, lang)
    if as_json:
        typer.echo(json.dumps(report.as_data(results, root()), ensure_ascii=False, indent=1))
    else:
        console.print(report.summary(results, root()))
        for result in results:
            name = result.path.relative_to(root()).as_posix()
            for line in report.found(name, result.problems, result.failure):
                console.print(line, markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(not all(result.ok for result in results))


def main():
    """Run the command line; bad input ends with one sentence and exit code 2.

    运行命令行;输入有误时只给一句话,退出码为 2。
    """
    try:
        app()
    except InputError as error:
        Console(stderr=True).print(str(error), style="bold red", markup=False)
        raise SystemExit(2) from None
