"""A chapter's controls as one page, for the lecture hall: without code, on the instructor's own computer, offline."""

import importlib.util
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from casekit import lab
from casekit.errors import InputError

CONTROLS = re.compile(r"\b(widgets|quiz)\.\w+\(")
NEVER = {"install", "versions", "glossary"}
PORTS = range(8866, 8900)


def page(chapter, lang):
    """Return a notebook that runs a chapter in silence and shows its title and its controls alone.

    返回一个笔记本：安静地运行整章，只显示标题和控件。

    Parameters
    ----------
    chapter : str
        Such as ``"04_rfm"``.
    lang : str
        ``"zh"`` or ``"en"``.

    Returns
    -------
    nbformat.NotebookNode

    Raises
    ------
    InputError
        ``demo.unknown``: there is no such chapter, or it has no controls.
    """
    import nbformat

    folder, shown = lab.home() / "notebooks", []
    known = sorted(path.name.split(".")[0] for path in folder.glob(f"[0-9]*_*.{lang}.ipynb"))
    path = folder / f"{chapter}.{lang}.ipynb"
    cells = nbformat.read(path, as_version=4).cells if chapter in known else []
    last = max((place for place, cell in enumerate(cells) if _shows(cell)), default=-1)
    if last < 0:
        raise InputError("demo.unknown", chapter=chapter, known=", ".join(known))
    for before, cell in zip([None, *cells], cells[: last + 1], strict=False):
        if _shows(cell):
            # What to try stands above a control; above the quiz stand exercises to be done at home.
            shown += [before] if before.cell_type == "markdown" and "widgets." in cell.source else []
        elif cell.cell_type == "code":
            cell.source += ";"  # keeps what it gives to itself
        if cell.cell_type == "code" and cell.id not in NEVER and "raises-exception" not in cell.metadata.get("tags", ()):
            shown.append(cell)
    title = nbformat.v4.new_markdown_cell(cells[0].source.splitlines()[0])
    return nbformat.v4.new_notebook(cells=[title, *shown], metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})


def _shows(cell):
    return cell.cell_type == "code" and CONTROLS.search(cell.source) is not None


def start(chapter, lang, port=None, ready=print):
    """Serve the page until the user ends it; return the exit code.

    提供演示页面，直到用户结束；返回退出码。

    Parameters
    ----------
    chapter, lang
        As for :func:`page`.
    port : int, optional
        Without it the first free one from 8866 on.
    ready : callable
        Is told the address before the server starts.

    Raises
    ------
    InputError
        ``demo.unknown``; ``demo.missing``: voila is not installed; ``lab.port``: nobody can listen at the port.
    """
    import nbformat

    made = page(chapter, lang)
    if importlib.util.find_spec("voila") is None:
        raise InputError("demo.missing", command=f'"{sys.executable}" -m pip install voila')
    chosen = port or next(filter(lab.free, PORTS), PORTS[0])
    if not lab.free(chosen):
        raise InputError("lab.port", port=chosen)
    with tempfile.TemporaryDirectory() as folder:  # what is clicked in the lecture hall is nobody's progress
        file = Path(folder, f"{chapter}.{lang}.ipynb")
        nbformat.write(made, file)
        words = [sys.executable, "-m", "voila", str(file), f"--Voila.port={chosen}", "--Voila.port_retries=0", "--Voila.ip=localhost",
                 "--Voila.log_level=ERROR", "--theme=light"]  # fmt: skip
        ready(f"http://localhost:{chosen}/")
        return subprocess.call(words if lab.has_browser() else [*words, "--no-browser"])
