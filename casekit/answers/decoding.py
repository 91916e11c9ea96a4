"""The grader's side: typed JSON, possibly forged, becomes a value or one InputError."""

import base64
import datetime
import json
import math

import numpy as np
import pandas as pd

from casekit.answers.forms import (
    DTYPES,
    MAX_ANSWER,
    MAX_COLUMNS,
    MAX_DEPTH,
    Failure,
    Function,
    Outputs,
    malformed,
    texts,
    too_big,
)
from casekit.errors import InputError


def decode(data):
    """Return the value that typed JSON stands for; whatever the JSON, nothing but InputError is raised.

    由带类型标记的 JSON 还原出值；无论内容如何，只会抛出 InputError。

    Raises
    ------
    InputError
        ``answers.malformed``, ``answers.too_big`` or ``answers.too_deep``.

    Examples
    --------
    >>> from casekit.answers import encode
    >>> decode(encode(pd.Series([3, 5], index=["C1", "C2"]))).to_dict()
    {'C1': 3, 'C2': 5}
    """
    try:
        if len(json.dumps(data)) > MAX_ANSWER:
            raise too_big()
        return _value(data, 0)
    except InputError:
        raise
    except Exception:  # the JSON may be forged: any failure to read it means the same
        raise malformed() from None


def _value(data, depth):
    if depth > MAX_DEPTH:
        raise InputError("answers.too_deep", limit=MAX_DEPTH)
    if data is None or isinstance(data, bool | float):
        return data
    if isinstance(data, str):
        return _text(data)
    if isinstance(data, int):
        return _int(data)
    if isinstance(data, list):
        return _items(data, depth)
    return _READERS[data["t"]](data["v"], data, depth)


def _items(data, depth):
    if not isinstance(data, list):
        raise malformed()
    if depth < MAX_DEPTH and set(map(type, data)) == {str}:  # the names of a thousand rows
        return texts(data)
    return [_value(item, depth + 1) for item in data]


def _text(data, limit=None):
    if not isinstance(data, str):
        raise malformed()
    return texts([data])[0][:limit]


def _int(data):
    if isinstance(data, float) or abs(number := int(data)) >= 2**63:
        raise malformed()
    return number


def _name(data):
    return None if data is None else _text(data)


def _dict(data, whole, depth):
    return dict(_items(pair, depth) for pair in data)


def _function(data, whole, depth):
    return Function(_text(whole["name"], 80), tuple(_text(name, 80) for name in data[:40]))


def _column(data, depth):
    if "codes" in data:
        codes, categories = _buffer(data["codes"]), pd.Index(_column(data["v"], depth))
        return pd.Categorical.from_codes(codes, categories, ordered=data.get("ordered") is True)
    if "b" in data:
        return _buffer(data)
    items = _items(data["v"], depth)
    column = np.empty(len(items), dtype=object)
    if set(map(type, items)) == {str}:
        column[:] = items
        return column
    for i, item in enumerate(items):  # one by one: numpy would unfold lists
        column[i] = item
    return column


def _buffer(data):
    if data["d"] not in DTYPES:
        raise malformed()
    raw = base64.b64decode(data["b"], validate=True)
    if data["d"] == "|b1":
        return np.frombuffer(raw, "|u1") != 0  # a forged byte such as 7 is no valid bool
    return np.frombuffer(raw, data["d"]).copy()


def _array(data, whole, depth):
    flat, shape = _column(data, depth), [_int(n) for n in whole["n"]]
    if not 1 <= len(shape) <= 4 or min(shape) < 0 or math.prod(shape) != len(flat):
        raise malformed()
    return np.asarray(flat).reshape(shape)


def _series(data, whole, depth):
    values = _column(data, depth)
    names, levels = zip(
        *((_name(name), _column(column, depth)) for name, column in whole["index"]), strict=True
    )
    if len(levels) > 20 or any(len(level) != len(values) for level in levels):
        raise malformed()
    if len(levels) == 1:
        index = pd.Index(levels[0], name=names[0])
    else:
        index = pd.MultiIndex.from_arrays(levels, names=names)
    return pd.Series(values, index=index, name=_name(whole["name"]))


def _frame(data, whole, depth):
    columns = [_column(column, depth) for _, column in data[: MAX_COLUMNS + 1]]
    if len(columns) > MAX_COLUMNS or len({len(column) for column in columns}) > 1:
        raise malformed()
    frame = pd.DataFrame(dict(enumerate(columns)))
    frame.columns = pd.Index([_name(name) for name, _ in data], dtype=object)
    return frame


_READERS = {
    "int": lambda data, whole, depth: _int(_text(data, 20)),
    "float": lambda data, whole, depth: {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}[data],
    "date": lambda data, whole, depth: datetime.date.fromisoformat(data),
    "datetime": lambda data, whole, depth: datetime.datetime.fromisoformat(data).replace(tzinfo=None),
    "timedelta": lambda data, whole, depth: datetime.timedelta(seconds=data),
    "tuple": lambda data, whole, depth: tuple(_items(data, depth)),
    "set": lambda data, whole, depth: set(_items(data, depth)),
    "dict": _dict,
    "outputs": lambda data, whole, depth: Outputs(tuple(_items(data, depth))),
    "failure": lambda data, whole, depth: Failure(_text(data, 80)),
    "function": _function,
    "array": _array,
    "series": _series,
    "frame": _frame,
}
