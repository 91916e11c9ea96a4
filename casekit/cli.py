"""The commands: ``casekit NAME`` or ``python3 kit.py NAME``."""

import typer
from rich.console import Console

from casekit import labels
from casekit.errors import InputError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
console = Console()


def both(key):
    """Return one label in both languages, for help that is made before a language is chosen."""
    return f"{labels.text(key, 'zh')} · {labels.text(key, 'en')}"


def main():
    """Run the command line; bad input ends with one sentence and exit code 2.

    运行命令行;输入有误时只给一句话,退出码为 2。
    """
    try:
        app()
    except InputError as error:
        Console(stderr=True).print(str(error), style="bold red", markup=False)
        raise SystemExit(2) from None
