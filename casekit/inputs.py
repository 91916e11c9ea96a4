"""What the models ask of their input; each refusal names the column, the rows and the remedy."""

import functools
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd

from casekit.errors import InputError


def rows(labels, limit=5):
    """Return the first few row labels as one phrase.

    返回前几个行标签，连成一句。

    Examples
    --------
    >>> rows(["C1", "C7", "C9"], limit=2)
    'C1, C7 …'
    """
    labels = list(labels)
    return ", ".join(map(str, labels[:limit])) + (" …" if len(labels) > limit else "")


def reason(error):
    """Return the first line of what an engine says; DuckDB hides some of its sentences in JSON.

    返回引擎错误信息的第一行；DuckDB 有时把它包在 JSON 里。

    Examples
    --------
    >>> reason('IO Error: range: {"exception_type":"IO","exception_message":"No space left","errno":"28"}')
    'No space left'
    """
    line = str(error).partition("\n")[0]
    hidden = re.search(r'"exception_message":("(?:[^"\\]|\\.)*")', line)
    return json.loads(hidden[1]) if hidden else line


def table(frame, *columns):
    """Return the frame if it is a non-empty pandas table that has these columns once each.

    检查：是非空的 pandas 表，且这些列各出现一次；通过则原样返回。

    Raises
    ------
    InputError
        ``input.not_a_table``, ``input.empty``, ``missing_column`` or ``input.duplicate_column``.

    Examples
    --------
    >>> len(table(pd.DataFrame({"a": [1, 2]}), "a"))
    2
    """
    if not isinstance(frame, pd.DataFrame):
        raise InputError("input.not_a_table", kind=type(frame).__name__)
    names = frame.columns.tolist()
    for column in columns:
        found = names.count(column)
        if found == 0:
            raise InputError("missing_column", column=column, columns=", ".join(map(str, frame.columns)))
        if found > 1:
            raise InputError("input.duplicate_column", column=column)
    if frame.empty:
        raise InputError("input.empty")
    return frame


def numbers(values, low=-np.inf, high=np.inf, *, whole=False, missing=False):
    """Return a column as floats, or refuse text, gaps, infinities, fractions and values out of range.

    把一列转为浮点数；遇到文字、空缺、无穷、小数（要求整数时）或超出范围的值就拒绝。

    Parameters
    ----------
    values : Series
        Its name is the column and its index the row labels in the message.
    low, high : float
        The closed range that is allowed.
    whole, missing : bool
        Whether only whole numbers, and whether gaps, are allowed.

    Examples
    --------
    >>> numbers(pd.Series([8, None], name="rating"), 0, 10, missing=True).tolist()
    [8.0, nan]
    """
    # Text that looks like a number is refused too: where there is one "8", an "8分" is not far.
    numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    text = False if numeric else values.map(lambda value: isinstance(value, (str, bool, np.bool_))).to_numpy(bool)
    floats = (values if numeric else pd.to_numeric(values.mask(text), errors="coerce")).astype(float)
    # Arrays from here on: on short columns pandas takes far longer to compare than the comparing does.
    found, gaps = floats.to_numpy(), values.isna().to_numpy()
    checks = [
        ("input.not_numbers", text | (np.isnan(found) & ~gaps)),
        ("input.missing_values", gaps & (not missing)),
        ("input.out_of_range", (found < low) | (found > high) | np.isinf(found)),
        ("input.not_whole", whole & (found != np.floor(found)) & ~np.isnan(found)),
    ]
    for code, bad in checks:
        _refuse(code, values, bad, range=f"{low:g} … {high:g}")
    return floats


def day(name, value):
    """Return one parameter as a date, or refuse it.

    返回一个日期参数；不是日期就拒绝。

    Examples
    --------
    >>> day("as_of", "2025-12-31").isoformat()
    '2025-12-31T00:00:00'
    """
    found = pd.NaT if isinstance(value, (int, float)) else pd.to_datetime(value, errors="coerce")
    if pd.isna(found):
        raise InputError("input.not_a_day", name=name, value=value)
    return found.tz_localize(None).normalize()


def dates(values, as_of=None):
    """Return a column as dates without time zone, or refuse what is no date or lies after ``as_of``.

    把一列转为不带时区的日期；不是日期的，或晚于 ``as_of`` 的，就拒绝。

    Examples
    --------
    >>> dates(pd.Series(["2025-01-31"]), as_of="2025-12-31").dt.month.tolist()
    [1]
    """
    present(values)
    parsed = values
    if not pd.api.types.is_datetime64_any_dtype(values):
        text = values.map(lambda value: not isinstance(value, (int, float)))  # a number is no date
        try:
            parsed = pd.to_datetime(values.where(text), errors="coerce", format="ISO8601")
        except ValueError:  # the one that is raised all the same: different offsets have no common day
            raise InputError("input.mixed_time_zones", column=values.name) from None
    _refuse("input.not_dates", values, parsed.isna().to_numpy())
    if parsed.dt.tz is not None:
        parsed = parsed.dt.tz_localize(None)
    if as_of is not None:
        late = parsed >= day("as_of", as_of) + pd.Timedelta(days=1)
        _refuse("input.after_as_of", values, late.to_numpy(), as_of=str(as_of))
    return parsed


def codes(values, allowed):
    """Return a column of codes, or refuse those that are not allowed.

    返回一列代码；不在允许范围内的就拒绝。

    Examples
    --------
    >>> codes(pd.Series(["yes", "no"]), ("yes", "no")).tolist()
    ['yes', 'no']
    """
    _refuse("input.unknown_code", values, ~values.isin(list(allowed)).to_numpy(), allowed=", ".join(map(str, allowed)))
    return values


def present(values):
    """Return a column without gaps, or refuse it.

    返回没有空缺的一列；有空缺就拒绝。

    Examples
    --------
    >>> present(pd.Series(["A", "B"])).tolist()
    ['A', 'B']
    """
    _refuse("input.missing_values", values, values.isna().to_numpy())
    return values


def unique(values):
    """Return a column of identifiers, or refuse gaps and duplicates.

    返回一列标识；有空缺或重复就拒绝。

    Examples
    --------
    >>> unique(pd.Series(["C1", "C2"])).tolist()
    ['C1', 'C2']
    """
    _refuse("input.duplicates", present(values), values.duplicated(keep=False).to_numpy())
    return values


def parameter(name, value, low=-np.inf, high=np.inf):
    """Return one parameter (a number or an array of them) as floats within its closed range.

    返回一个参数（数或数组），须为闭区间内的有限数。

    Examples
    --------
    >>> float(parameter("retention", .8, 0, 1))
    0.8
    """
    try:
        numeric = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        numeric = np.array(np.nan)
    if not (np.isfinite(numeric) & (numeric >= low) & (numeric <= high)).all():
        raise InputError("input.parameter", name=name, value=value, range=f"{low:g} … {high:g}")
    return numeric


def option(name, value, allowed):
    """Return one named choice, or refuse it and list the choices.

    返回一个选项；不认识就拒绝，并列出可选项。

    Examples
    --------
    >>> option("first", "year_1", ("year_1", "year_0"))
    'year_1'
    """
    if value not in allowed:
        raise InputError("input.option", name=name, value=value, allowed=", ".join(map(str, allowed)))
    return value


def definitions(name, source=None):
    """Return a table of definitions as text: the one bundled under this name, or the caller's own.

    返回一张定义表（全为文本）：默认读随包的同名文件，也可换成使用者自己的表或文件。

    Parameters
    ----------
    name : str
        File name within ``datasets/``.
    source : DataFrame or path, optional
        What replaces the bundled file.

    Examples
    --------
    >>> len(definitions("bullseye_factors.csv"))
    30
    """
    if isinstance(source, pd.DataFrame):
        return source.astype(object).fillna("").astype(str)
    return _read(source) if source else _bundled(name).copy()


@functools.cache
def _bundled(name):
    here = Path(__file__).parent
    homes = (here / "_datasets", here.parent / "datasets")  # in a wheel, in a checkout
    return _read(next(home / name for home in homes if (home / name).exists()))


def _read(path):
    return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")


def _refuse(code, values, bad, **details):
    if bad.any():
        raise InputError(code, column=values.name, rows=rows(values.index[bad]), count=int(bad.sum()),
                         value=values[bad].iloc[0], **details)
