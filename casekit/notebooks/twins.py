"""Twin notebooks: Chinese is the source, English the translation; same code, prose kept in step by hash."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat

from casekit.notebooks.files import clean, dumps, find, lang_of, read, write
from casekit.notebooks.rules import HAN, Problem

PENDING = "<!-- casekit: translate -->"
LANG = re.compile(r'^(LANG *= *)(["\'])(?:zh|en)\2', re.MULTILINE)


@dataclass(frozen=True)
class Pair:
    """Name the two files of one chapter or exercise.

    一章（或一份练习）的中英两个文件。
    """

    zh: Path
    en: Path


def pairs(only="", within=None):
    """Return the twins of the kit; either file of a pair may be missing.

    返回教学包中的中英文件对；其中一个文件可能还不存在。

    Parameters
    ----------
    only : str
        A part of the path; all if empty.
    within : path, optional
        The folder that holds ``notebooks/`` and ``exercises/``.

    Returns
    -------
    tuple of Pair

    Examples
    --------
    >>> all(pair.zh.name.replace(".zh.", ".en.") == pair.en.name for pair in pairs())
    True
    """
    stems = {(path.parent, path.name.split(".")[0]) for path in find(only, within=within) if lang_of(path)}
    return tuple(
        Pair(folder / f"{stem}.zh.ipynb", folder / f"{stem}.en.ipynb") for folder, stem in sorted(stems)
    )


def fingerprint(cell):
    """Return a short hash of a cell's source, which its translation keeps.

    返回格子内容的短哈希值，由译文保存。

    Examples
    --------
    >>> from nbformat import v4
    >>> fingerprint(v4.new_markdown_cell("# RFM"))
    '2e2182d703d8'
    """
    return hashlib.sha256(cell.source.strip().encode()).hexdigest()[:12]


def differences(zh, en):
    """Return where a translation is out of step with its source.

    返回译文与原文不一致之处。

    Parameters
    ----------
    zh, en : nbformat.NotebookNode

    Returns
    -------
    tuple of Problem
        Rules ``twin_missing``, ``twin_extra``, ``twin_order``, ``twin_type``, ``twin_code``, ``twin_tags``,
        ``untranslated`` and ``stale``.

    Examples
    --------
    >>> from nbformat import v4
    >>> zh, en = (v4.new_notebook(cells=[v4.new_code_cell(code, id="sum")]) for code in ("1 + 1", "1 + 2"))
    >>> [(problem.cell, problem.rule) for problem in differences(zh, en)]
    [('sum', 'twin_code')]
    """
    source, target = ({cell.id: cell for cell in nb.cells} for nb in (zh, en))
    found = [Problem(name, "twin_missing") for name in source if name not in target]
    found += [Problem(name, "twin_extra") for name in target if name not in source]
    if not found and list(source) != list(target):
        found.append(Problem("", "twin_order"))
    for name in source:
        if name in target:
            found += _compare(source[name], target[name])
    return tuple(found)


def sync(zh, en=None):
    """Return the translation with the code, ids, order and tags of its source; its own prose stays.

    返回与原文同步的译文：代码、编号、顺序和标签取自原文，译文的文字保留。

    Parameters
    ----------
    zh : nbformat.NotebookNode
    en : nbformat.NotebookNode, optional
        None makes a new translation.

    Returns
    -------
    nbformat.NotebookNode
        Prose not yet translated stands in Chinese behind the mark ``<!-- casekit: translate -->``. Prose that
        has lost its source is left out (``differences`` names it as ``twin_extra``).

    Examples
    --------
    >>> from nbformat import v4
    >>> cells = [v4.new_markdown_cell("标题", id="title"), v4.new_code_cell('LANG = "zh"', id="parameters")]
    >>> [cell.source.splitlines() for cell in sync(v4.new_notebook(cells=cells)).cells]
    [['<!-- casekit: translate -->', '标题'], ['LANG = "en"']]
    """
    known = {cell.id: cell for cell in en.cells} if en else {}
    # A cell that was given another id is found again by the hash of its source.
    by_source = {cell.metadata.get("casekit", {}).get("source"): cell for cell in known.values()}
    return clean(
        nbformat.from_dict({**zh, "cells": [_translated(cell, known, by_source) for cell in zh.cells]})
    )


def accept(zh, en):
    """Return the translation with every translated cell marked as up to date with its source.

    返回译文，并把已翻译的格子标记为与原文一致。

    Parameters
    ----------
    zh, en : nbformat.NotebookNode

    Returns
    -------
    nbformat.NotebookNode
    """
    sources = {cell.id: cell for cell in zh.cells}
    accepted = clean(en)
    for cell in accepted.cells:
        source = sources.get(cell.id)
        if source and cell.cell_type == "markdown" and not _pending(source, cell):
            cell.metadata["casekit"] = {"source": fingerprint(source)}
    return accepted


def twin(pair, accepted=False):
    """Bring the English file of a pair in step with the Chinese one.

    让一对文件中的英文文件与中文文件同步。

    Parameters
    ----------
    pair : Pair
    accepted : bool
        Also mark the translated prose as up to date.

    Returns
    -------
    (bool, tuple of Problem)
        Whether the file was written, and what is left to do in it. Prose that has lost its source is left out
        and named once, as ``twin_extra``.

    Raises
    ------
    InputError
        There is no Chinese file.
    """
    zh = read(pair.zh)
    old = read(pair.en) if pair.en.exists() else None
    new = sync(zh, old)
    if accepted:
        new = accept(zh, new)
    written = old is None or dumps(new).encode() != pair.en.read_bytes()
    if written:
        write(new, pair.en)
    gone = [problem for problem in (differences(zh, old) if old else ()) if problem.rule == "twin_extra"]
    return written, (*gone, *differences(zh, new))


def _compare(zh, en):
    if zh.cell_type != en.cell_type:
        yield Problem(zh.id, "twin_type")
    elif zh.cell_type != "markdown":
        if _code_of(zh) != en.source:
            yield Problem(zh.id, "twin_code")
    elif _pending(zh, en):
        yield Problem(zh.id, "untranslated")
    elif en.metadata.get("casekit", {}).get("source") != fingerprint(zh):
        yield Problem(zh.id, "stale")
    if zh.metadata.get("tags", []) != en.metadata.get("tags", []):
        yield Problem(zh.id, "twin_tags")


def _translated(cell, known, by_source):
    metadata = {name: value for name, value in cell.metadata.items() if name != "casekit"}
    if cell.cell_type != "markdown":
        return {**cell, "metadata": metadata, "source": _code_of(cell)}
    old = known.get(cell.id) or by_source.get(fingerprint(cell))
    if old is None or old.cell_type != "markdown":
        return {**cell, "metadata": metadata, "source": f"{PENDING}\n{cell.source}"}
    if "casekit" in old.metadata:
        metadata["casekit"] = old.metadata["casekit"]
    return {**cell, "metadata": metadata, "source": old.source}


def _code_of(cell):
    """Return the code that the translation must have: the same but for the language in the parameters."""
    return LANG.sub(r"\1\2en\2", cell.source) if cell.id == "parameters" else cell.source


def _pending(zh, en):
    return PENDING in en.source or (
        zh.source.strip() == en.source.strip() and re.search(HAN, zh.source) is not None
    )
