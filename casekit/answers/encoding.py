"""The student's side: a Python value becomes typed JSON."""

import base64
import datetime
import functools
import inspect
import json
import math
import numbers
from collections.abc import KeysView, ValuesView

import numpy as np
import pandas as pd

from casekit.answers.forms import (
    DTYPES,
    MAX_ANSWER,
    MAX_COLUMNS,
    MAX_DEPTH,
    MAX_EXACT,
    Failure,
    Function,
    Outputs,
    texts,
    too_big,
)
from casekit.errors import InputError


def encode(value):
    """Return a value as typed JSON, ready for :func:`json.dumps`.

    把一个值变成带类型标记的 JSON。

    Parameters
    ----------
    value : object
        None, bool, int, float, text, date or time; list, tuple, set or dict of them; numpy scalar or array
        (up to 4 dimensions); pandas Series, DataFrame, Index or Categorical; anything with ``to_pandas``
        (polars, pyarrow). A function is carried by its name and parameters only.

    Returns
    -------
    object
        JSON. Index levels of a frame become columns; time zones are dropped, the wall time stays.

    Raises
    ------
    InputError
        ``answers.unsupported``, ``answers.too_big`` (over 1 MB) or ``answers.too_deep`` (over 8 levels).

    Examples
    --------
    >>> encode({"a": (1, float("nan"))})
    {'t': 'dict', 'v': [['a', {'t': 'tuple', 'v': [1, {'t': 'float', 'v': 'nan'}]}]]}
    """
    try:
        data = _value(value, 0, _purse())
        if len(json.dumps(data)) > MAX_ANSWER:
            raise too_big()
        return data
    except InputError:
        raise
    except Exception:  # objects that merely look like tables may fail anywhere
        raise _unsupported(value) from None


def _purse():
    left = MAX_ANSWER

    def spend(size):
        nonlocal left
        left -= size
        if left < 0:  # stop while encoding, before a huge answer fills the memory
            raise too_big()

    return spend


def _value(value, depth, spend):
    if depth > MAX_DEPTH:
        raise InputError("answers.too_deep", limit=MAX_DEPTH)
    spend(1)
    if isinstance(value, np.generic) and value.dtype.kind not in "mM":
        value = value.item()
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, str):
        return _text(value, spend)
    if isinstance(value, bool | numbers.Real) or type(value).__name__ == "Decimal":
        return _number(value)
    if isinstance(value, datetime.date | datetime.timedelta | datetime.time | np.datetime64 | np.timedelta64):
        return _time(value)
    if isinstance(value, dict):
        return {"t": "dict", "v": [_items(pair, depth, spend) for pair in value.items()]}
    if isinstance(value, list | range | KeysView | ValuesView):
        return _items(value, depth, spend)
    if isinstance(value, tuple):
        return {"t": "tuple", "v": _items(value, depth, spend)}
    if isinstance(value, set | frozenset):
        return {"t": "set", "v": sorted(_items(value, depth, spend), key=json.dumps)}
    if isinstance(value, Outputs):
        return {"t": "outputs", "v": _items(value.values, depth, spend)}
    if isinstance(value, Failure):
        return {"t": "failure", "v": value.exception}
    if isinstance(value, Function):
        return {"t": "function", "name": value.name, "v": list(value.parameters)}
    if depth == 0 and (inspect.isroutine(value) or isinstance(value, functools.partial)):
        return _function(value)
    return _table(value, depth, spend)


def _items(values, depth, spend):
    if type(values) is list and depth < MAX_DEPTH and set(map(type, values)) == {str}:  # the names of a thousand rows
        spend(len(values) + sum(map(len, values)))
        return texts(values)
    return [_value(item, depth + 1, spend) for item in values]


def _text(value, spend):
    spend(len(value))
    return texts([value])[0]


def _number(value):
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) < 2**63:
        return int(value) if abs(value) < MAX_EXACT else {"t": "int", "v": str(int(value))}
    value = float(value)
    return value if math.isfinite(value) else {"t": "float", "v": str(value)}


def _time(value):
    if isinstance(value, np.datetime64 | np.timedelta64):
        value = pd.Timestamp(value) if isinstance(value, np.datetime64) else pd.Timedelta(value)
    if isinstance(value, datetime.timedelta):
        return {"t": "timedelta", "v": value.total_seconds()}
    if isinstance(value, datetime.datetime):
        return {"t": "datetime", "v": value.replace(tzinfo=None).isoformat()}
    return {"t": "date", "v": value.isoformat()} if isinstance(value, datetime.date) else value.isoformat()


def _function(value):
    try:
        parameters = list(inspect.signature(value).parameters)
    except (TypeError, ValueError):  # some builtins have no signature
        parameters = []
    return {"t": "function", "name": getattr(value, "__name__", "partial")[:80], "v": parameters[:40]}


def _table(value, depth, spend):
    if not isinstance(value, pd.DataFrame | pd.Series | pd.Index | np.ndarray) and hasattr(
        value, "to_pandas"
    ):
        value = value.to_pandas()
    if isinstance(value, pd.api.extensions.ExtensionArray):
        value = pd.Series(value)
    if isinstance(value, pd.DataFrame):
        return _frame(value, depth, spend)
    if isinstance(value, pd.Series):
        levels = [[_name(name), _column(level, depth, spend)] for name, level in _levels(value.index)]
        return {"t": "series", "name": _name(value.name), "index": levels, "v": _column(value, depth, spend)}
    if isinstance(value, pd.Index):
        value = value.to_numpy()
    if isinstance(value, np.ndarray) and value.ndim <= 4 and value.dtype.kind in "biufmMOU":
        if value.ndim == 0:
            return _value(value[()], depth, spend)
        flat = value.ravel()
        column = pd.Series(flat.tolist() if np.ma.isMaskedArray(flat) else flat)
        return {"t": "array", "n": list(value.shape), "v": _column(column, depth, spend)}
    raise _unsupported(value)


def _frame(value, depth, spend):
    if value.shape[1] + value.index.nlevels > MAX_COLUMNS:
        raise too_big()
    names = [_name(column) for column in value.columns]
    columns = [(name, value.iloc[:, i]) for i, name in enumerate(names)]
    if not value.index.equals(pd.RangeIndex(len(value))) or value.index.name is not None:
        levels = [(_name(name) or "index", level) for name, level in _levels(value.index)]
        # set_index(..., drop=False) holds the same column twice
        columns = [(name, level) for name, level in levels if name not in names] + columns
    return {"t": "frame", "v": [[name, _column(column, depth, spend)] for name, column in columns]}


def _levels(index):
    return [(name, index.get_level_values(i)) for i, name in enumerate(index.names)]


def _column(values, depth, spend):
    values = pd.Series(values).reset_index(drop=True)
    kind = values.dtype
    if isinstance(kind, pd.CategoricalDtype):
        codes = _buffer(values.cat.codes.to_numpy(), spend)
        categories = _column(pd.Series(kind.categories), depth, spend)
        return {"codes": codes, "v": categories, "ordered": bool(kind.ordered)}
    if isinstance(kind, pd.DatetimeTZDtype):
        values = values.dt.tz_localize(None)
    elif not isinstance(kind, np.dtype) and pd.api.types.is_numeric_dtype(kind):
        values = _plain(values)
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "biufmM":
        return _buffer(values.to_numpy(), spend)
    if isinstance(kind, pd.StringDtype):
        values = values.to_numpy()  # one by one Arrow hands them out slowly
    items = [str(item) if type(item) in (pd.Period, pd.Interval) else item for item in values]
    return {"v": _items(items, depth, spend)}


def _plain(values):
    # Int64, boolean and pyarrow columns know "missing"; numpy has only nan for it.
    if values.isna().any():
        return values.astype("float64")
    if pd.api.types.is_bool_dtype(values.dtype):
        return values.astype("bool")
    return values.astype("int64" if pd.api.types.is_integer_dtype(values.dtype) else "float64")


def _buffer(values, spend):
    spend(values.nbytes * 4 // 3)
    if values.dtype.kind == "f" and values.dtype.itemsize not in (4, 8):  # half and long double
        values = values.astype("f8")
    values = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    if values.dtype.str not in DTYPES:
        raise InputError("answers.unsupported", type=str(values.dtype))
    return {"d": values.dtype.str, "b": base64.b64encode(values.tobytes()).decode()}


def _name(name):
    if isinstance(name, tuple):  # what agg(["sum", "mean"]) makes of column names
        name = "_".join(str(part) for part in name if str(part))
    return name if name is None else str(name).encode("utf-8", "replace").decode()


def _unsupported(value):
    return InputError("answers.unsupported", type=type(value).__name__)
