"""Concept questions of a chapter as data: read them, judge an answer."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from casekit import datasets, labels
from casekit.errors import InputError

KINDS = ("single", "multiple", "order", "match", "number")


@dataclass(frozen=True)
class Question:
    """One concept question in both languages.

    一道双语概念题。

    Attributes
    ----------
    options : tuple of dict
        ``{"zh", "en"}`` each; for ``order`` they stand in the right order.
    pairs : tuple of dict
        For ``match``: the right-hand side of each option.
    answer : tuple of int or float
        Right options (``single``, ``multiple``), or the number itself (``number``).
    """

    id: str
    kind: str
    ask: dict
    why: dict
    options: tuple = ()
    pairs: tuple = ()
    answer: tuple | float = ()
    tolerance: float = 0.0


def read(chapter, path=None):
    """Return the questions of one chapter.

    返回一章的概念题。

    Parameters
    ----------
    chapter : str
        Such as ``"04_rfm"``.
    path : path-like, optional
        A teacher's own file in place of the bundled one.

    Raises
    ------
    InputError
        No such file, a missing field, an unknown kind, or an answer that is not among the options.
    """
    path = Path(path or datasets.folder() / "quiz" / f"{chapter}.toml")
    if not path.exists():
        raise InputError("quiz.unknown", chapter=chapter, known=", ".join(sorted(p.stem for p in path.parent.glob("*.toml"))))
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8"))["question"]
    except (tomllib.TOMLDecodeError, KeyError, UnicodeDecodeError) as error:
        raise InputError("quiz.file", file=path.name, reason=error) from None
    return tuple(_question(row, path.name) for row in rows)


def _question(row, file):
    for field in ("id", "kind", "ask", "why"):
        if field not in row:
            raise InputError("quiz.field", file=file, question=row.get("id", "?"), field=field)
    options, answer = tuple(row.get("options", ())), row.get("answer", ())
    if isinstance(answer, list):
        answer = tuple(answer)
    words = [row["ask"], row["why"], *options, *row.get("pairs", ())]
    whole = all(set(labels.LANGUAGES) <= set(each) for each in words)
    fits = {
        "single": isinstance(answer, tuple) and len(answer) == 1 and set(answer) <= set(range(len(options))),
        "multiple": isinstance(answer, tuple) and len(answer) > 0 and set(answer) <= set(range(len(options))),
        "order": len(options) > 1,
        "match": len(options) > 1 and len(row.get("pairs", ())) == len(options),
        "number": isinstance(answer, (int, float)),
    }
    if not whole or not fits.get(row["kind"], False):
        raise InputError("quiz.field", file=file, question=row["id"], field="answer" if whole else "zh, en")
    return Question(row["id"], row["kind"], row["ask"], row["why"], options, tuple(row.get("pairs", ())), answer,
                    float(row.get("tolerance", 0)))


def right(question, response):
    """Tell whether a response is right.

    判断回答是否正确。

    Parameters
    ----------
    response : iterable of int, or float
        Chosen options; for ``order`` and ``match`` one option per place; for ``number`` the number.

    Returns
    -------
    bool

    Examples
    --------
    >>> q = Question("q", "multiple", {}, {}, options=({}, {}, {}), answer=(0, 2))
    >>> right(q, [2, 0]), right(q, [0])
    (True, False)
    >>> right(Question("q", "order", {}, {}, options=({}, {})), [0, 1])
    True
    """
    if question.kind == "number":
        return abs(float(response) - question.answer) <= question.tolerance
    if question.kind in ("order", "match"):
        return list(response) == list(range(len(question.options)))
    return set(response) == set(question.answer)
