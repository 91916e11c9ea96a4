"""Bring an answer into the form that the sheet asks for, before any key is asked.

What does not matter: order of rows and columns, index or column, dtype, numbers as text, full-width or
half-width, capitals, Chinese or English column names, a Series, a one-column frame, a dict or a plain list.
"""

import hashlib
import json
import math
import re
import unicodedata
from dataclasses import replace

import numpy as np
import pandas as pd

from casekit import labels
from casekit.answers import Function, Outputs
from casekit.errors import InputError
from casekit.mark.compare import as_number, as_numbers, option


def shape(question, value):
    """Return an answer in the form that its question asks for.

    把答案整理成题目要求的形式。

    Parameters
    ----------
    question : Question
    value : object
        As :func:`casekit.answers.decode` returns it.

    Returns
    -------
    float, str, Series, DataFrame, Function or Outputs
        A choice is the option's id; ``multiple`` says of each option whether it was chosen, ``order`` names
        one for each place, ``match`` has a pair for each option. A Series that came without row names has a RangeIndex. A frame has the
        question's key and columns, in the sheet's order and by the sheet's names.

    Raises
    ------
    InputError
        ``mark.not_<kind>``, ``mark.columns``, ``mark.rows`` or ``mark.parameters``: about the form, never
        the value.

    Examples
    --------
    >>> from casekit.sheet import Question
    >>> shape(Question("total", 4, "number", {}, unit="days"), "１,２３４.５ 天")
    1234.5
    """
    try:
        return _SHAPES[question.kind](question, value)
    except InputError:
        raise
    except Exception:  # an answer may hold anything
        raise InputError("mark.unreadable") from None


def digest(question, answer):
    """Return a hash of an answer as the marker reads it, ``None`` where there is none: for finding equal answers.

    返回评分时所见答案的哈希，用于查找相同的答案；没有可比的答案则返回 ``None``。

    Examples
    --------
    >>> from casekit.sheet import Question
    >>> question = Question("spent", 4, "series", {})
    >>> digest(question, {"B": 2.0, "A": 1}) == digest(question, pd.Series([1, 2], index=["A", "B"]))
    True
    """
    if answer is None or question.kind == "function":  # right functions are all alike
        return None
    try:
        value = shape(question, answer)
    except InputError:
        return None
    rows = _texts([value])
    if isinstance(value, pd.Series | pd.DataFrame):
        columns = [value.index.get_level_values(at) for at in range(value.index.nlevels)]
        columns += [value] if isinstance(value, pd.Series) else [column for _, column in value.items()]
        rows = map("\n".join, zip(*(_texts(column.tolist()) for column in columns), strict=True))
    return hashlib.sha256(json.dumps(sorted(rows)).encode()).hexdigest()


def _texts(values):
    kinds = set(map(type, values))
    if kinds <= {str, float}:
        return map("{:.6g}".format, values) if kinds == {float} else map(str, values)
    return (f"{value:.6g}" if isinstance(value, float) else str(value) for value in values)


def _number(question, value):
    value = _single(value)
    number = math.nan if isinstance(value, bool) else as_number(value, question.unit)
    if math.isnan(number) and not isinstance(value, float):
        raise _not("number", value)
    return number


def _choice(question, value):
    found = option(question, _single(value))
    if found not in question.options:
        raise InputError("mark.not_option", options=", ".join(question.options))
    return found


def _multiple(question, value):
    value = re.split(r"[\s,，、;；]+", value.strip()) if isinstance(value, str) else value
    found = _known(question, question.options, value)
    return pd.Series({id: id in found for id in question.options})


def _order(question, value):
    return _sized(replace(question, rows=len(question.options)), pd.Series(_known(question, question.options, value)))


def _match(question, value):
    if not isinstance(value, dict):
        raise _not("match", value)
    found = _known(question, question.options, list(value))
    found = dict(zip(found, _known(question, question.pairs, list(value.values())), strict=True))
    return pd.Series({id: found.get(id) for id in question.options}, dtype=object)


def _known(question, words, values):
    """Return the ids that some values name; ``None``, a place still open, stays."""
    if not isinstance(values, list | tuple | set | np.ndarray | pd.Series):
        raise _not(question.kind, values)
    values, named = list(values), replace(question, options=words)
    found = [None if value is None else option(named, value) for value in values]
    if not set(found) <= {*words, None}:
        raise InputError("mark.not_option", options=", ".join(words))
    return found


def _text(question, value):
    value = _single(value)
    if not isinstance(value, str):
        raise _not("text", value)
    return value


def _series(question, value):
    if isinstance(value, dict):
        value = pd.Series(list(value.values()), index=_index(list(value)), dtype=object)
    elif isinstance(value, list | tuple):
        value = pd.Series(list(value), dtype=object)
    elif isinstance(value, np.ndarray) and value.size == max(value.shape, default=0):
        value = pd.Series(value.ravel())
    elif isinstance(value, pd.DataFrame):
        value = _one_column(question, value)
    if not isinstance(value, pd.Series) or (
        value.dtype == object and any(isinstance(item, list | dict | tuple | pd.Series) for item in value)
    ):
        raise _not("series", value)
    if question.unit and len(value) and np.isnan(as_numbers(value, question.unit)).all():
        raise InputError("mark.not_numbers")
    if value.index.equals(pd.RangeIndex(len(value))):
        value = value.reset_index(drop=True)
    return _sized(question, value)


def _one_column(question, frame):
    """Return the column that is the answer, named by the columns that name rows."""
    keys = [name for name in _find(frame, question.key) if name is not None]
    named = [name for name in _find(frame, (question.id, *question.columns)) if name is not None]
    rest = [name for name in frame.columns if name not in keys]
    if not frame.columns.is_unique or not (named or len(rest) == 1 or (not keys and len(rest) == 2)):
        raise _not("series", frame)
    value = named[0] if named else rest[-1]
    if not keys and len(rest) == 2:  # an index without a name, or with one of the student's own
        keys = [name for name in rest if name != value]
    return frame.set_index(keys)[value] if keys else frame[value]


def _frame(question, value):
    if isinstance(value, pd.Series):
        value = value.rename(value.name or question.columns[-1]).reset_index()
    elif isinstance(value, dict) or (isinstance(value, list) and all(isinstance(row, dict) for row in value)):
        try:
            value = pd.DataFrame(value)
        except (ValueError, TypeError, AttributeError):
            raise _not("frame", value) from None
        if not isinstance(value.index, pd.RangeIndex):
            value = value.reset_index()
    if not isinstance(value, pd.DataFrame):
        raise _not("frame", value)
    wanted = [*question.key, *question.columns]
    found = _find(value, wanted)
    if len(question.key) == 1 and found[0] is None and "index" in value.columns:
        found[0] = "index"  # an index without a name
    missing = [name for name, at in zip(wanted, found, strict=True) if at is None]
    if missing:
        raise InputError("mark.columns", missing=missing)
    value = value.loc[:, ~value.columns.duplicated()]
    return _sized(question, value[found].set_axis(wanted, axis=1))


def _function(question, value):
    if not isinstance(value, Function | Outputs):
        raise _not("function", value)
    if isinstance(value, Function) and len(value.parameters) != len(question.parameters):
        raise InputError(
            "mark.parameters", given=len(value.parameters), wanted=", ".join(question.parameters)
        )
    return value


_SHAPES = {
    "number": _number, "choice": _choice, "multiple": _multiple, "order": _order, "match": _match,
    "text": _text, "essay": _text, "series": _series, "frame": _frame, "function": _function,
}  # fmt: skip


def _sized(question, value):
    if question.rows and len(value) != question.rows:
        raise InputError("mark.rows", given=len(value), wanted=int(question.rows))
    return value


def _single(value):
    """Unwrap what holds exactly one value: ``s.sum()`` and ``s[["x"]].sum()`` mean the same."""
    while isinstance(value, list | tuple) and len(value) == 1:
        value = value[0]
    one = isinstance(value, np.ndarray | pd.Series | pd.DataFrame) and value.size == 1
    return _single(np.asarray(value).ravel()[0]) if one else value


def _index(names):
    several = names and all(isinstance(name, tuple) and len(name) == len(names[0]) > 0 for name in names)
    return pd.MultiIndex.from_tuples(names) if several else pd.Index(names, dtype=object)


def _find(frame, wanted):
    """Return for each wanted column the frame's own name for it, or None."""
    own = {_plain(name): name for name in reversed(list(frame.columns))}
    words = labels.table()
    names = [[_plain(n) for n in (name, *words.get(f"col.{name}", {}).values())] for name in wanted]
    return [next((own[n] for n in some if n in own), None) for some in names]


def _plain(name):
    return "".join(c for c in unicodedata.normalize("NFKC", str(name)).casefold() if c.isalnum())


def _not(kind, value):
    return InputError(f"mark.not_{kind}", type="None" if value is None else type(value).__name__)
