"""The commands: ``casekit NAME`` or ``python3 kit.py NAME``."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from casekit import labels
from casekit.errors import InputError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
console = Console()


def both(key):
    """Return one label in both languages, for help that is made before a language is chosen.

    返回一条文字的中英两种写法，供选定语言之前的帮助使用。
    """
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
        if not desk.speaks(lang):
            console.print(labels.text("lab.menus"), soft_wrap=True)
        typer.launch(address)
        return
    console.print(labels.text("lab.starting"))
    raise typer.Exit(desk.start(lang, port or None))


@app.command(help=both("cli.demo.help"))
def demo(
    chapter: Annotated[str, typer.Argument(help=both("cli.demo.chapter"))],
    lang: Annotated[str, typer.Option(help=both("cli.lang"))] = "",
    port: Annotated[int, typer.Option(help=both("cli.lab.port"))] = 0,
):
    from casekit import demo as hall

    labels.use(lang or labels.language())
    raise typer.Exit(hall.start(chapter, labels.language(), port or None,
                                lambda url: console.print(labels.text("demo.starting", url=url), soft_wrap=True)))  # fmt: skip


@app.command(help=both("cli.doctor.help"))
def doctor(
    lang: Annotated[str, typer.Option(help=both("cli.lang"))] = "",
    grading: Annotated[bool, typer.Option("--grading", help=both("cli.doctor.grading"))] = False,
    as_json: Annotated[bool, typer.Option("--json", help=both("cli.json"))] = False,
):
    from casekit import doctor as surgery

    labels.use(lang or labels.language())
    if grading:
        from casekit.grading import walls

        found = {"level": walls.level(), **{level: walls.probe(level) for level in walls.LEVELS}}
        typer.echo(json.dumps(found) if as_json else "\n".join(walls.report()))
        raise typer.Exit(1 if walls.level() == "none" else 0)
    found = surgery.examine()
    if as_json:
        typer.echo(json.dumps([vars(one) for one in found], ensure_ascii=False, indent=1))
    else:
        surgery.show(found, console)
    raise typer.Exit(surgery.BAD in {one.state for one in found})


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

    pairs, left = notebooks.pairs(only), 0
    for pair in pairs:
        written, found = notebooks.twin(pair, accept)
        name = pair.en.relative_to(notebooks.root()).as_posix()
        if written:
            console.print(labels.text("twin.written", file=name), markup=False, soft_wrap=True)
        for line in report.found(name, found):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
        left += len(found)
    console.print(labels.text("twin.done", count=len(pairs), open=left))
    if left:
        console.print(labels.text("twin.accept_hint"), markup=False)
    raise typer.Exit(1 if left else 0)


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
    raise typer.Exit(0 if all(result.ok for result in results) else 1)


@app.command(help=both("cli.sweep.help"))
def sweep(
    file: Annotated[Path, typer.Argument(help=both("cli.sweep.file"))],
    as_json: Annotated[bool, typer.Option("--json", help=both("cli.json"))] = False,
):
    from casekit import notebooks
    from casekit.cli.data import bar

    plan = notebooks.read_sweep(file)
    with bar(labels.text("cli.sweep.bar", name=plan.notebook.name)) as tell:
        results, failed = notebooks.sweep(plan, lambda done, all, _: tell(done, all))
    said = {"runs": len(plan.runs), "failed": len(failed), "rows": len(results), "folder": plan.out}
    if as_json:
        typer.echo(json.dumps({**said, "folder": str(plan.out)}, ensure_ascii=False))
    else:
        varied = [name for name in failed if name in plan.runs[0] and len({str(run[name]) for run in plan.runs}) > 1]
        for run in failed.to_dict("records"):
            asked = ", ".join(f"{name} = {run[name]}" for name in varied)
            console.print(labels.text("cli.sweep.failed", parameters=asked, **run), markup=False, highlight=False, soft_wrap=True)
        console.print(labels.text("cli.sweep.done", **said), markup=False, soft_wrap=True)
    raise typer.Exit(1 if len(failed) else 0)


def show(frame, title):
    """Print a table: counts and money with thousands separators, shares in percent.

    打印一张表：计数和金额带千位分隔符，比例用百分数。
    """
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, padding=0)
    for name in frame:
        cells, head = [_cell(name, value) for value in frame[name]], word(f"col.{name}", name)
        # Headings wrap between words; figures only where the terminal is too narrow, and are never cut.
        width = max(cell_len(text) for text in (*cells, *head.split()))
        side = "right" if frame[name].dtype.kind in "iuf" else "left"
        table.add_column(head, justify=side, width=width, overflow="fold")
        frame = frame.assign(**{name: cells})
    for row in frame.itertuples(index=False):
        table.add_row(*map(Text, row))
    console.print(table)


def _cell(name, value):
    if isinstance(value, str):
        return value
    if value != value:
        return "–"
    if name.endswith("_share"):
        return f"{value:.1%}"
    return f"{value:,.2f}" if name in ("average_order", "amount") else f"{value:,.0f}"


def word(key, code):
    """Return the label, or the code itself where a teacher's own file brings names without labels.

    返回文字；教师自己的文件里没有对应文字的，原样返回代码。
    """
    return labels.text(key) if key in labels.table() else code


from casekit.cli import data, grading  # noqa: E402, F401  about data; the instructor's
from casekit.cli.rfm import score_customers  # noqa: E402, F401


def main():
    """Run the command line; bad input ends with one sentence and exit code 2.

    运行命令行;输入有误时只给一句话,退出码为 2。
    """
    try:
        app()
    except InputError as error:
        Console(stderr=True).print(str(error), style="bold red", markup=False)
        raise SystemExit(2) from None
