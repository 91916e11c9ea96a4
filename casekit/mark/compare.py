"""Count what agrees with the key: values first, then whole answers."""

import datetime
import functools
import math
import re
import unicodedata
from dataclasses import dataclass

import numpy as np
import pandas as pd

from casekit import labels

NOISE = 1e-9  # of binary fractions; never worth a point
_TIMES = {"days": "1D", "weeks": "7D", "hours": "1h"}


@dataclass(frozen=True)
class Agreement:
    """Count how much of an answer agrees with the key.

    答案与标准答案一致的程度。
    """

    right: int
    total: int
    columns: tuple[str, ...] = ()  # with something wrong in them
    missing: int = 0  # rows that the answer lacks
    extra: int = 0  # rows that it has too many

    @property
    def full(self):
        """Tell whether everything agrees.

        是否完全一致。
        """
        return self.right == self.total

    @property
    def share(self):
        """Return the share of right elements, 0 to 1.

        返回正确元素所占的比例（0 到 1）。
        """
        return self.right / self.total if self.total else 1.0


def agree(question, expected, given):
    """Count what agrees between two answers that :func:`casekit.mark.forms.shape` has brought into form.

    比较两个已整理成题目形式的答案，统计一致之处。

    A row too many is as wrong as a row too few. Order counts only where the sheet says ``ordered``.

    Parameters
    ----------
    question : Question
    expected, given : float, str, Series or DataFrame

    Returns
    -------
    Agreement

    Examples
    --------
    >>> from casekit.sheet import Question
    >>> question = Question("recency", 4, "series", {}, unit="days")
    >>> agree(question, pd.Series({"C1": 3, "C2": 5}), pd.Series({"C2": "5", "C1": "4"}))
    Agreement(right=1, total=2, columns=(), missing=0, extra=0)
    """
    if not isinstance(expected, pd.Series | pd.DataFrame):
        return Agreement(int(same(question, [expected], [given])[0]), 1)
    if isinstance(expected, pd.Series):
        names, others = row_names(expected.index), row_names(given.index)
        if (
            isinstance(given.index, pd.RangeIndex)
            and len(given) == len(expected)
            and not set(names) & set(others)
        ):
            others = names  # values without row names: in the key's order
        expected, given = expected.to_frame("value"), given.to_frame("value")
    else:
        names, others = (row_names(frame.set_index(list(question.key)).index) for frame in (expected, given))
        expected, given = expected[list(question.columns)], given[list(question.columns)]
    if (empty := given.isna().all(axis=1).to_numpy()).any():
        wanted = set(names)
        kept = [i for i, name in enumerate(others) if name in wanted or not empty[i]]
        given, others = given.iloc[kept], [others[i] for i in kept]
    at, found = _positions(names, others)
    if question.ordered:
        found &= at == np.arange(len(at))
    right = {
        column: int(
            same(question, expected[column].to_numpy()[found], given[column].to_numpy()[at[found]]).sum()
        )
        for column in expected
    }
    wrong = [column for column, n in right.items() if n < len(names)] if question.kind == "frame" else []
    total = max(len(names), len(others)) * len(right)
    missing, extra = len(names) - int(found.sum()), len(others) - int(found.sum())
    return Agreement(sum(right.values()), total, tuple(wrong), missing, extra)


def _positions(names, others):
    first = {}
    for i, name in enumerate(others):
        first.setdefault(name, i)
    at = np.array([first.get(name, -1) for name in names], dtype=int)
    return at, at >= 0


def same(question, expected, given):
    """Return one bool per element: equal as far as the sheet asks.

    逐个元素返回是否相等（按评分表的要求）。

    Parameters
    ----------
    question : Question
        Its ``tolerance``, ``relative``, ``unit`` and ``options`` are used.
    expected, given : sequence of the same length

    Returns
    -------
    numpy.ndarray of bool

    Examples
    --------
    >>> from casekit.sheet import Question
    >>> same(Question("q", 1, "number", {}, tolerance=0.005), [1.234, float("nan")], ["1.23", None]).tolist()
    [True, True]
    """
    expected = pd.Series(expected)
    if pd.api.types.is_datetime64_dtype(expected):
        return (pd.to_datetime(pd.Series(given), errors="coerce") == expected).to_numpy()
    if expected.dtype != object and pd.api.types.is_numeric_dtype(expected) or _all_numbers(expected):
        wanted, told = as_numbers(expected, question.unit), as_numbers(given, question.unit)
        with np.errstate(invalid="ignore", over="ignore"):  # infinite minus infinite, times zero; beyond all floats
            room = question.tolerance + question.relative * np.abs(wanted) + NOISE * (1 + np.abs(wanted))
            close = np.isfinite(wanted) & (np.abs(told - wanted) <= room)
        return close | (told == wanted) | (np.isnan(told) & np.isnan(wanted))
    return np.array(
        [a == b for a, b in zip(options(question, expected), options(question, given), strict=True)],
        dtype=bool,
    )


def _all_numbers(values):
    plain = values.dropna()
    return len(plain) > 0 and all(isinstance(v, int | float | datetime.timedelta) for v in plain)


def as_numbers(values, unit=""):
    """Return an array of float; what is no number becomes NaN, a time span is counted in the unit.

    转成浮点数组；不是数字的变成 NaN，时间间隔按单位换算。

    Examples
    --------
    >>> as_numbers(["36", pd.Timedelta(days=2), "?"], "days").tolist()
    [36.0, 2.0, nan]
    """
    values = pd.Series(values)
    if pd.api.types.is_timedelta64_dtype(values):
        return (values / pd.Timedelta(_TIMES.get(unit, "1s"))).to_numpy(float)
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "biuf":
        return values.to_numpy(float)
    return np.array([as_number(value, unit) for value in values], dtype=float)


def as_number(value, unit=""):
    """Return one value as a float, or NaN: "１,２３４.５ 元" is 1234.5, "35 %" is 0.35 unless the unit is percent.

    把一个值转成浮点数，不是数字则为 NaN；“35 %”是 0.35，单位为百分比时是 35。

    Examples
    --------
    >>> as_number("¥1,234.50"), as_number("35%"), as_number("35%", "percent"), as_number("−2 天", "days")
    (1234.5, 0.35, 35.0, -2.0)
    """
    if isinstance(value, bool | int | float | np.number | np.bool_):
        return float(value)
    if isinstance(value, datetime.timedelta):
        return value / pd.Timedelta(_TIMES.get(unit, "1s"))
    if not isinstance(value, str):
        return math.nan
    text = unicodedata.normalize("NFKC", value).replace("−", "-").strip().casefold()
    found = re.fullmatch(
        r"[¥$]?\s*([+-]?(?:(?:\d{1,3}(?:,\d{3})+|\d+)\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?)\s*(\D{0,20})", text
    )
    if not found:
        return math.nan
    number = float(found[1].replace(",", ""))
    if found[2] == "%" and unit != "percent":
        return number / 100
    return number if found[2] in _unit_words(unit) else math.nan


def _unit_words(unit):
    words = labels.table().get(f"unit.{unit}", {}).values()
    return {"", "%", unit, *(unicodedata.normalize("NFKC", word).casefold() for word in words)}


def word(value):
    """Return a text, code or row name as it is compared: width, capitals and outer blanks do not count.

    返回用于比较的文字、代码或行名：全角半角、大小写、首尾空格都不计。

    Examples
    --------
    >>> word(" Ｃ0001 "), word(222.0), word(datetime.date(2024, 1, 2))
    ('c0001', '222', '2024-01-02')
    """
    if type(value) is str:
        return _folded(value)
    if isinstance(value, datetime.datetime) and not value.time().replace(tzinfo=None) > datetime.time():
        value = value.date()
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, float | np.floating) and value.is_integer():
        value = int(value)
    if value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return ""
    return _folded(str(value))


@functools.lru_cache(10_000)
def _folded(text):
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def option(question, value):
    """Return the id of the option that a value names by id or by any of its words, else the value's own word.

    返回取值所指的选项代号（可写代号、中文或英文）；不是选项则返回整理后的文字。
    """
    return options(question, [value])[0]


def options(question, values):
    """Return :func:`option` of each value.

    逐个返回 :func:`option` 的结果。
    """
    known = {word(name): id for id, words in question.options.items() for name in (*words.values(), id)}
    return [known.get(name, name) for name in words(values)]


def row_names(index):
    """Return the names of the rows as they are compared.

    返回用于比较的行名。
    """
    if isinstance(index, pd.MultiIndex):
        return [tuple(word(part) for part in name) for name in index]
    if isinstance(index.dtype, pd.StringDtype):
        index = index.to_numpy()  # one by one Arrow hands them out slowly
    return words(index)


def words(values):
    """Return :func:`word` of each value.

    逐个返回 :func:`word` 的结果。
    """
    values = list(values)
    return list(map(_folded if set(map(type, values)) == {str} else word, values))
