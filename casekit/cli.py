"""The commands: ``casekit NAME`` or ``python3 kit.py NAME``."""

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


def main():
    """Run the command line; bad input ends with one sentence and exit code 2.

    运行命令行;输入有误时只给一句话,退出码为 2。
    """
    try:
        app()
    except InputError as error:
        Console(stderr=True).print(str(error), style="bold red", markup=False)
        raise SystemExit(2) from None
