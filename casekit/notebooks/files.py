"""Find, read, clean and write notebook files."""

import json
import os
from pathlib import Path

import nbformat
import nbformat.v4

from casekit.errors import InputError
from casekit.labels import LANGUAGES

FOLDERS = ("notebooks", "exercises")
CELL_METADATA = ("casekit", "tags")
HEADER = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def root():
    """Return the folder that holds ``notebooks/`` and ``exercises/``: the working folder, else the checkout.

    返回 ``notebooks/`` 与 ``exercises/`` 所在的文件夹：先看当前目录，再看源码目录。

    Examples
    --------
    >>> (root() / "notebooks").is_dir()
    True
    """
    places = (Path.cwd(), Path(__file__).resolve().parents[2])
    for place in places:
        if any((place / folder).is_dir() for folder in FOLDERS):
            return place
    raise InputError("notebook.no_folder", places=", ".join(map(str, places)))


def find(only="", lang="", within=None):
    """Return the notebooks and exercises of the kit, those whose path contains ``only``.

    返回教学包中的全部笔记本和练习（可按路径片段和语言筛选）。

    Parameters
    ----------
    only : str
        A part of the path, such as ``"04_rfm"`` or ``"exercises/"``; all if empty.
    lang : str
        ``"zh"`` or ``"en"``; both if empty.
    within : path, optional
        The folder that holds ``notebooks/`` and ``exercises/``.

    Returns
    -------
    tuple of Path

    Raises
    ------
    InputError
        ``only`` fits no notebook, or there is no such language.

    Examples
    --------
    >>> find(lang="zh") == tuple(path for path in find() if lang_of(path) == "zh")
    True
    """
    if lang not in ("", *LANGUAGES):
        raise InputError("language", lang=lang)
    base = Path(within or root())
    paths = [path for folder in FOLDERS for path in sorted((base / folder).glob("*.ipynb"))]
    found = [
        path for path in paths if only in path.relative_to(base).as_posix() and lang in ("", lang_of(path))
    ]
    if only and not found:
        names = sorted({path.name.split(".")[0] for path in paths})
        raise InputError("notebook.unknown", only=only, names=", ".join(names) or "–")
    return tuple(found)


def lang_of(path):
    """Return the language that a file name says, or ``""``.

    返回文件名中标明的语言；没有则为空。

    Examples
    --------
    >>> lang_of("notebooks/04_rfm.zh.ipynb"), lang_of("own.ipynb")
    ('zh', '')
    """
    ending = Path(path).stem.rpartition(".")[2]
    return ending if ending in LANGUAGES else ""


def read(path):
    """Return a notebook in format 4.5, whatever its encoding or older format; no cell is without an id.

    读取笔记本，统一为 4.5 格式；编码和旧格式不限，没有编号的格子会补上编号。

    Parameters
    ----------
    path : path
        UTF-8 (with or without BOM), UTF-16 or GB 18030.

    Returns
    -------
    nbformat.NotebookNode

    Raises
    ------
    InputError
        No such file, not JSON, or not a notebook.
    """
    path = Path(path)
    try:
        content = json.loads(_decoded(path.read_bytes()))
    except OSError:
        raise InputError("notebook.missing", file=path) from None
    except UnicodeDecodeError:
        raise InputError("notebook.encoding", file=path) from None
    except json.JSONDecodeError as error:
        raise InputError("notebook.not_json", file=path, line=error.lineno) from None
    try:
        # Not nbformat.read: that renames doubled ids, which the house rules must see.
        nb = nbformat.convert(nbformat.reader.reads(json.dumps(content)), 4)
        used = {cell.get("id") for cell in nb.cells}
    except (
        nbformat.ValidationError,
        ValueError,
        AttributeError,
        KeyError,
        TypeError,
    ) as error:  # not a notebook at all
        raise InputError("notebook.invalid", file=path, reason=_short(error)) from None
    for number, cell in enumerate(nb.cells, start=1):
        if "id" not in cell:
            cell.id = next(name for name in _names(number) if name not in used)
            used.add(cell.id)
    nb.nbformat_minor = 5
    wrong = next(nbformat.validator.iter_validate(nb, relax_add_props=True), None)
    if wrong:
        raise InputError("notebook.invalid", file=path, reason=_short(wrong))
    return nb


def clean(nb):
    """Return the notebook as it is kept: no outputs, no counts, no metadata but the few that are meant.

    返回用于保存的笔记本：没有输出和运行序号，只保留约定的元数据。

    Parameters
    ----------
    nb : nbformat.NotebookNode

    Returns
    -------
    nbformat.NotebookNode
        A new notebook.

    Examples
    --------
    >>> from nbformat import v4
    >>> cell = v4.new_code_cell("1 + 1", id="sum", execution_count=7, metadata={"scrolled": True})
    >>> kept = clean(v4.new_notebook(cells=[cell])).cells[0]
    >>> kept.execution_count, kept.metadata
    (None, {})
    """
    kept = {
        "cells": [_clean_cell(cell) for cell in nb.cells],
        "metadata": HEADER,
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return nbformat.from_dict(kept)


def dumps(nb):
    """Return the text of a notebook file: sorted keys, one line of source a line, a newline at the end.

    返回笔记本文件的文本：键已排序，源代码每行占一行，末尾换行。
    """
    return nbformat.v4.writes(nb) + "\n"


def write(nb, path):
    """Write a notebook in UTF-8; a reader never sees half of it.

    以 UTF-8 写入笔记本；写到一半时读者看到的仍是旧文件。
    """
    replace(Path(path), dumps(nb))


def replace(path, text):
    """Write a text file in UTF-8 as a whole or not at all.

    以 UTF-8 写入文本文件：要么完整写成，要么不写。
    """
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8", newline="\n")
    os.replace(part, path)


def _decoded(data):
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def _short(error):
    return str(error).partition("\n")[0][:200]


def _names(number):
    yield f"cell-{number}"
    yield from (f"cell-{number}-{again}" for again in range(2, 10_000))


def _clean_cell(cell):
    metadata = {name: cell.metadata[name] for name in CELL_METADATA if cell.metadata.get(name)}
    if cell.metadata.get("jupyter", {}).get("source_hidden"):
        metadata["jupyter"] = {"source_hidden": True}
    kept = {
        "cell_type": cell.cell_type,
        "id": cell.id,
        "metadata": metadata,
        "source": cell.source.replace("\r\n", "\n").strip("\n"),
    }
    if cell.cell_type == "code":
        kept |= {"execution_count": None, "outputs": []}
    if cell.get("attachments"):
        kept["attachments"] = cell.attachments
    return kept
