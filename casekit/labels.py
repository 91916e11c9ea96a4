"""Every word that code can show, in Chinese and English."""

import csv
import functools
import os
from pathlib import Path

from casekit import errors

LANGUAGES = ("zh", "en")
_language = os.environ.get("CASEKIT_LANG", "zh")


@functools.cache
def table():
    """Return all labels as ``{key: {"zh": ..., "en": ...}}``.

    返回全部标签:``{键: {"zh": ..., "en": ...}}``。

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

    Examples
    --------
    >>> use("en"); language()
    'en'
    """
    global _language
    if lang not in LANGUAGES:
        raise errors.InputError("language", lang=lang)
    _language = lang


def language():
    """Return the language in use, ``"zh"`` or ``"en"``.

    返回当前语言:``"zh"`` 或 ``"en"``。

    Examples
    --------
    >>> use("zh"); language()
    'zh'
    """
    return _language


def text(key, lang=None, **named):
    """Return one label in the language in use, its named placeholders filled.

    返回当前语言的一条文字,并填入其中的命名占位符。

    Examples
    --------
    >>> text("term.rfm", lang="en")
    'RFM'
    """
    return table()[key][lang or _language].format(**named)


def _sentence(code, details):
    key = f"error.{code}"
    return text(key, **details) if key in table() else errors._plain(code, details)


errors.render = _sentence
