"""Every word that code can show, in Chinese and English: one table, ``labels.csv``.

Prefixes: ``col.<column>`` names a column, ``<column>.<code>`` a code in that column, ``error.<code>`` what is
wrong, ``cli.<command>`` a command, ``term.<topic>.<name>`` a term of the glossary and
``meaning.<topic>.<name>`` what it means.
"""

import csv
import difflib
import functools
import os
from pathlib import Path

from casekit import errors

LANGUAGES = ("zh", "en")
_language = "en" if os.environ.get("CASEKIT_LANG", "").lower().startswith("en") else "zh"


@functools.cache
def table():
    """Return all labels as ``{key: {"zh": ..., "en": ...}}``.

    返回全部标签：``{键: {"zh": ..., "en": ...}}``。

    Examples
    --------
    >>> sorted(table()["term.rfm"])
    ['en', 'zh']
    """
    with open(Path(__file__).with_name("labels.csv"), encoding="utf-8", newline="") as file:
        return {row["key"]: {lang: row[lang] for lang in LANGUAGES} for row in csv.DictReader(file)}


def use(lang):
    """Set the language of everything shown from here on.

    设定此后所有显示文字的语言。

    Parameters
    ----------
    lang : str
        ``"zh"`` or ``"en"``.

    Raises
    ------
    InputError
        Any other language.

    Examples
    --------
    >>> use("en"); language()
    'en'
    >>> use("zh"); language()
    'zh'
    """
    global _language
    _language = _known(lang)


def language():
    """Return the language in use, ``"zh"`` or ``"en"``.

    返回当前语言：``"zh"`` 或 ``"en"``。

    Examples
    --------
    >>> language() in LANGUAGES
    True
    """
    return _language


def text(key, /, lang=None, **named):
    """Return one label in the language in use, its named placeholders filled.

    返回当前语言的一条文字，并填入其中的命名占位符。

    Parameters
    ----------
    key : str
        A key of ``labels.csv``.
    lang : str, optional
        A language other than the one in use.
    **named
        One value per ``{placeholder}`` of the label.

    Raises
    ------
    InputError
        No such label, or a placeholder without a value.

    Examples
    --------
    >>> text("term.rfm", lang="en")
    'RFM'
    >>> text("term.rmf")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    casekit.errors.InputError: 没有标签“term.rmf”。相近的标签：term.rfm...
    """
    row = table().get(key)
    if row is None:
        near = difflib.get_close_matches(key, table(), 3)
        raise errors.InputError("label", key=key, near=", ".join(near) or "–")
    words = row[_known(lang or _language)]
    try:
        return words.format(**named)
    except (KeyError, IndexError) as missing:
        raise errors.InputError("label_placeholder", key=key, name=missing.args[0]) from None


def rename(frame, lang=None):
    """Return the frame with column names and codes put into words, for reading, not for computing.

    返回列名和代码都换成文字的表，供阅读，不供计算。

    A column ``recency_days`` gets the label ``col.recency_days``; in a column ``segment`` (or an index of that name,
    of rows or columns) the code ``champion``, its whole key, or its Chinese word (data may hold that), gets the
    label ``segment.champion``. The rest stays.

    Parameters
    ----------
    frame : pandas.DataFrame
    lang : str, optional
        A language other than the one in use.

    Returns
    -------
    pandas.DataFrame
        A new frame of the same shape.

    Examples
    --------
    >>> import pandas as pd
    >>> rename(pd.DataFrame({"customer_id": ["C0001"], "own": [1]}), lang="en").columns.tolist()
    ['Customer', 'own']
    """
    frame = frame.copy()
    for column in frame.columns:
        codes = _codes(column, lang)
        if codes:
            frame[column] = frame[column].map(lambda value, codes=codes: codes.get(value, value))
    for name in frame.index.names:
        codes = _codes(name, lang)
        if codes:
            frame = frame.rename(index=codes, level=name if frame.index.nlevels > 1 else None)
    for name in frame.columns.names:  # of a table that was unstacked or crossed
        codes = _codes(name, lang) if name is not None else {}
        if codes:
            frame = frame.rename(columns=codes, level=name if frame.columns.nlevels > 1 else None)
    names = _codes("col", lang)
    frame = frame.rename(columns=names)
    return frame.rename_axis(
        index=[names.get(name, name) for name in frame.index.names],
        columns=[names.get(name, name) for name in frame.columns.names],
    )


def glossary(chapter=None, lang=None):
    """Return the terms of a chapter, or of all, in both languages with their meaning.

    返回某一章（或全部）的术语表：中英文名称和含义。

    Parameters
    ----------
    chapter : str, optional
        A topic such as ``"rfm"``; the number of the chapter may stand before it, as in ``"04_rfm"``.
    lang : str, optional
        A language other than the one in use.

    Returns
    -------
    pandas.DataFrame
        One row a term, indexed by the term in the language in use: the other language's term, the meaning.

    Raises
    ------
    InputError
        No term belongs to this chapter.

    Examples
    --------
    >>> glossary("rfm", lang="en").loc["RFM"].iloc[0]
    'RFM'
    """
    import pandas as pd

    lang = _known(lang or _language)
    terms = {key[5:]: row for key, row in table().items() if key.startswith("term.")}
    if chapter is not None:
        topic = chapter.lstrip("0123456789_")
        topics = sorted({name.split(".")[0] for name in terms})
        if topic not in topics:
            raise errors.InputError("glossary", chapter=chapter, chapters=", ".join(topics))
        terms = {name: row for name, row in terms.items() if name.split(".")[0] == topic}
    other = next(known for known in LANGUAGES if known != lang)
    meanings = [table().get(f"meaning.{name}", {}).get(lang, "") for name in terms]
    return pd.DataFrame(
        {
            text(f"glossary.{other}", lang): [row[other] for row in terms.values()],
            text("glossary.meaning", lang): meanings,
        },
        index=pd.Index([row[lang] for row in terms.values()], name=text(f"glossary.{lang}", lang)),
    )


def _known(lang):
    if lang not in LANGUAGES:
        raise errors.InputError("language", lang=lang)
    return lang


def _codes(column, lang):
    """Return what the codes of one column mean: ``{"champion": "Champions", ...}``."""
    start = f"{column}."
    words = {key: row[_known(lang or _language)] for key, row in table().items() if key.startswith(start)}
    codes = {key[len(start) :]: word for key, word in words.items()} | words
    if column != "col":  # names of columns are always codes
        codes = {table()[key]["zh"]: word for key, word in words.items()} | codes
    return codes


def _sentence(code, details):
    try:
        return table()[f"error.{code}"][_language].format(**details)
    except KeyError:  # a label or a detail forgotten must not hide the error itself
        return errors._plain(code, details)


errors.render = _sentence
