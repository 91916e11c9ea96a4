"""Scores: the only place where edges, ties, nesting and weights are defined.

All comparisons are made in whole hundredths (cents of money, hundredths of a day), so that no score hangs on
the last bit of a float.
"""

import dataclasses
import functools
import tomllib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from casekit import inputs
from casekit.errors import InputError

MEASURES = ("recency_days", "frequency", "monetary")
TIES = ("together", "split", "current", "next")
_FIELDS = {"bins", "ties", "nested", "two_level", "average", "weights", "status", "source"}
_RULES = {
    "bins": {"ties"},
    "at_most": {"otherwise", "unit"},
    "at_least": {"otherwise", "unit"},
    "times": {"max"},
    "mean": set(),
}
_CODES = pd.Series([f"{number:03d}" for number in range(1000)]).array


def schemes(path=None):
    """Return the scoring schemes by name, those of a teacher's own file included.

    返回全部打分方案（名称 → 定义）；可加上教师自己文件中的方案。

    Parameters
    ----------
    path : str or Path, optional
        A TOML file in the form of ``casekit/rfm/schemes.toml``; its schemes are added or take precedence.

    Examples
    --------
    >>> list(schemes())[:3]
    ['quintiles', 'quintiles_split', 'quintiles_nested']
    >>> schemes()["p4_weighted"]["weights"]
    [3, 2, 1]
    """
    return definitions("schemes.toml", path)


def score(measures, scheme="quintiles", weights=None):
    """Score each customer on recency, frequency and monetary value.

    为每位客户的近期性、频率和金额打分。

    Parameters
    ----------
    measures : DataFrame
        What `rfm.measure` returns, or any table with its three columns, one row a customer.
    scheme : str or mapping
        A name of `schemes`, or a definition of that form such as ``{"bins": 4, "ties": "split"}``.
    weights : sequence of 3 numbers, optional
        Weights of R, F and M in place of the scheme's own.

    Returns
    -------
    DataFrame
        The table with ``r_score``, ``f_score``, ``m_score`` (the higher the better), ``rfm_code`` (text, such
        as ``"545"``; with hyphens where a score can have two digits) and ``rfm_score`` (weighted sum).

    Raises
    ------
    InputError
        Missing columns, gaps, text or infinite values, a customer twice, an unknown or faulty scheme.

    References
    ----------
    Hyndman, R. J., Fan, Y. (1996). Sample quantiles in statistical packages. The American Statistician,
    50(4), 361-365 (type 7). The origin of each scheme stands in ``schemes()[name]["source"]``.

    Examples
    --------
    >>> measures = pd.DataFrame({"recency_days": [3, 40, 200], "frequency": [9, 2, 1],
    ...                          "monetary": [900.0, 80.0, 20.0]}, index=["C1", "C2", "C3"])
    >>> score(measures, {"bins": 3})[["r_score", "f_score", "m_score", "rfm_code", "rfm_score"]]
        r_score  f_score  m_score rfm_code  rfm_score
    C1        3        3        3      333          9
    C2        2        2        2      222          6
    C3        1        1        1      111          3
    """
    plan = planned(scheme, weights)
    table = _columns(measures)
    tiebreak = _ranks(measures.index) if plan.split else None
    scores = score_arrays(*(_finite(table[name]) for name in MEASURES), plan, tiebreak)
    total = np.floor(scores @ np.array(plan.weights) * 100 + 0.5) / 100
    whole = (total == np.floor(total)).all()
    # One construction of the whole table takes half the time of adding columns to it.
    table |= {
        "r_score": scores[:, 0],
        "f_score": scores[:, 1],
        "m_score": scores[:, 2],
        "rfm_code": _code(scores, plan),
        "rfm_score": total.astype(np.int64) if whole else total,
    }
    result = pd.DataFrame(table, index=measures.index)
    result.attrs = {**measures.attrs, "rfm_levels": plan.levels}
    return result


def score_arrays(recency_days, frequency, monetary, scheme="quintiles", tiebreak=None):
    """Score three arrays: the kernel of `score`, for sliders that rescore at every move.

    直接为三个数组打分：`score` 的内核，供滑块实时重算。

    Parameters
    ----------
    recency_days, frequency, monetary : array of shape (n,)
        Finite numbers.
    scheme : str or mapping
        As for `score`.
    tiebreak : array of shape (n,), optional
        Whole numbers in the order of the customer ids, for schemes that split ties; by default the position.

    Returns
    -------
    ndarray of shape (n, 3)
        R, F and M scores; whole numbers unless points are in proportion.

    Examples
    --------
    >>> score_arrays([3, 40, 200, 7], [9, 1, 1, 1], [90, 20, 20, 30], {"bins": 2}).tolist()
    [[2, 2, 2], [1, 1, 1], [1, 1, 1], [2, 1, 2]]
    """
    plan = _plan(scheme)
    columns = _values(plan, recency_days, frequency, monetary)
    if tiebreak is None:
        tiebreak = np.arange(len(columns[0]))
    group, scores = None, []
    for number, (values, rule) in enumerate(zip(columns, plan.rules, strict=True)):
        scores.append(_points(values, rule, number == 0, group, tiebreak))
        if plan.nested:
            group = scores[-1] if group is None else group * (rule["bins"] + 1) + scores[-1]
    if plan.two_level:
        scores = [two_levels(column) for column in scores]
    return np.column_stack(scores)


def edges(measures, scheme="quintiles"):
    """Return the values at which a score changes, for each measure.

    返回各指标的分数在哪些数值处改变。

    Returns
    -------
    dict of str to ndarray
        Ascending edges by measure; empty where a scheme has none that hold for the whole table (nested,
        split ties, points in proportion). With ``average``, ``monetary`` is the average order.

    Examples
    --------
    >>> measures = pd.DataFrame({"recency_days": [0, 10, 20], "frequency": [1, 1, 4],
    ...                          "monetary": [5.0, 6.5, 9.0]})
    >>> {name: values.tolist() for name, values in edges(measures, {"bins": 2}).items()}
    {'recency_days': [10.0], 'frequency': [1.0], 'monetary': [6.5]}
    """
    plan = _plan(scheme)
    table = _columns(measures)
    columns = _values(plan, *(_finite(table[name]) for name in MEASURES))
    found = {}
    for name, values, rule in zip(MEASURES, columns, plan.rules, strict=True):
        values = np.sort(values)
        if rule.get("ties") == "together" and not plan.nested:
            place, rest = np.divmod(np.arange(1, rule["bins"]) * (len(values) - 1), rule["bins"])
            low, high = values[place], values[np.minimum(place + 1, len(values) - 1)]
            found[name] = (low + (high - low) * rest / rule["bins"]) / 100
        elif "mean" in rule:
            found[name] = np.array([values.mean() / 100])
        else:
            found[name] = np.array(rule.get("bounds", [])) / 100
    return found


def two_levels(scores, low_is_good=False, counts=1):
    """Return 2 where a number is as good as the mean (of numbers that occur so often) or better, else 1; exactly.

    达到或优于均值记 2，否则记 1（精确比较）。

    Examples
    --------
    >>> two_levels(np.array([1, 2, 3, 5])).tolist()
    [1, 1, 2, 2]
    """
    values = _hundredths(scores)
    total, count = (values * counts).sum(), np.broadcast_to(counts, values.shape).sum()
    return 1 + (values <= total // count if low_is_good else values >= -(-total // count))


def definitions(name, path):
    """Return a table of definitions: the bundled file, extended by the tables of a file of the same form.

    返回定义表：随包的文件，并由同样格式的文件扩充或替换。
    """
    tables = tomllib.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))
    if path is not None:
        try:
            tables |= tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise InputError("rfm.definitions", file=path, reason=error) from None
    return tables


@dataclasses.dataclass(frozen=True)
class _Plan:
    """A scheme whose every field has been checked."""

    rules: tuple
    weights: tuple = (1, 1, 1)
    nested: bool = False
    two_level: bool = False
    average: bool = False

    @property
    def split(self):
        return any(rule.get("ties", "together") != "together" for rule in self.rules)

    @property
    def levels(self):
        """The highest R, F and M scores; None for a measure whose points have no such limit."""
        return [2 if self.two_level else rule["levels"] for rule in self.rules]

    @property
    def short(self):
        """Whether every score has one digit."""
        return all(level is not None and level <= 9 for level in self.levels)


def planned(scheme, weights=None):
    """Return a scheme whose every field has been checked, with its own weights or these.

    返回检查过的打分方案；可换用自己的权重。
    """
    plan = _plan(scheme)
    if weights is None:
        return plan
    if inputs.parameter("weights", weights).shape != (3,):
        raise InputError("rfm.scheme_field", scheme="weights", field=weights)
    return dataclasses.replace(plan, weights=tuple(np.asarray(weights).tolist()))


def _plan(scheme):
    if isinstance(scheme, _Plan):
        return scheme
    if isinstance(scheme, str):
        return _known(scheme)
    if isinstance(scheme, Mapping):
        return _compile("?", dict(scheme))
    raise InputError("rfm.scheme", scheme=scheme, known=", ".join(schemes()))


@functools.cache
def _known(name):
    if name not in schemes():
        raise InputError("rfm.scheme", scheme=name, known=", ".join(schemes()))
    return _compile(name, schemes()[name])


def _compile(name, scheme):
    def refuse(field):
        raise InputError("rfm.scheme_field", scheme=name, field=field)

    short = dict(zip(("recency", "frequency", "monetary"), MEASURES, strict=True))
    for field in scheme.keys() - _FIELDS - short.keys():
        refuse(field)
    rules = []
    for measure in short:
        rule = dict(scheme.get(measure, {field: scheme[field] for field in ("bins",) if field in scheme}))
        kind = [key for key in _RULES if key in rule]
        if len(kind) != 1 or rule.keys() - {kind[0]} - _RULES[kind[0]]:
            refuse(measure)
        try:
            rules.append(_rule(rule, kind[0], rule.get("ties", scheme.get("ties", "together"))))
        except (TypeError, ValueError, KeyError):
            refuse(f"{measure} = {rule}")
    weights = tuple(scheme.get("weights", (1, 1, 1)))
    if len(weights) != 3 or not all(isinstance(weight, int | float) for weight in weights):
        refuse(f"weights = {weights}")
    nested = bool(scheme.get("nested", False))
    if nested and not all("bins" in rule for rule in rules):
        refuse("nested")
    return _Plan(tuple(rules), weights, nested, bool(scheme.get("two_level")), bool(scheme.get("average")))


def _rule(rule, kind, ties):
    """Return one measure's rule with its bounds in hundredths, ascending; ValueError if it is faulty."""
    if kind == "bins":
        if not isinstance(rule["bins"], int) or not 2 <= rule["bins"] <= 100 or ties not in TIES:
            raise ValueError
        return {"bins": rule["bins"], "ties": ties, "levels": rule["bins"]}
    if kind == "mean":
        return {"mean": True, "levels": 2}
    if kind == "times":
        return {"times": float(rule["times"]), "max": float(rule.get("max", np.inf)), "levels": None}
    pairs = sorted(rule[kind])
    bounds, points = zip(
        *((bound * rule.get("unit", 1) * 100, points) for bound, points in pairs), strict=True
    )
    # Whole hundredths on the right side of each bound; the margin forgives 20.1 * 100 = 2010.0000000000002.
    bounds = np.floor(np.add(bounds, 1e-6)) if kind == "at_most" else np.ceil(np.subtract(bounds, 1e-6))
    points = [*points, rule["otherwise"]] if kind == "at_most" else [rule["otherwise"], *points]
    if len(set(bounds)) < len(bounds) or not all(isinstance(point, int | float) for point in points):
        raise ValueError
    small = all(isinstance(point, int) and 0 <= point <= 9 for point in points)
    return {
        "bounds": bounds.astype(np.int64),
        "points": np.array(points),
        "levels": max(points) if small else None,
        "side": "left" if kind == "at_most" else "right",
    }


def _columns(measures):
    """Return the columns of a table of measures, one row a customer, by name."""
    inputs.table(measures, *MEASURES)
    if not measures.index.is_unique:
        twice = measures.index[measures.index.duplicated()].unique()
        raise InputError("rfm.customer_twice", rows=inputs.rows(twice))
    return {name: measures[name] for name in measures}


def _finite(column):
    values = column.to_numpy()
    if values.dtype.kind not in "iuf":
        raise InputError("rfm.measure_type", column=column.name, dtype=column.dtype)
    bad = ~np.isfinite(values) if column.name == "monetary" else ~((values >= 0) & (values < np.inf))
    if bad.any():
        raise InputError("rfm.measure_value", column=column.name, rows=inputs.rows(column.index[bad]))
    return values


def _ranks(index):
    if index.is_monotonic_increasing:
        return np.arange(len(index))
    try:
        return np.argsort(np.argsort(index.to_numpy()))
    except TypeError:
        raise InputError("rfm.mixed_customer", column=index.name) from None


def _hundredths(values):
    return values * 100 if values.dtype.kind in "iu" else np.rint(values * 100).astype(np.int64)


def _values(plan, recency_days, frequency, monetary):
    """Return the three columns in hundredths; an average order is rounded to cents, halves upwards."""
    columns = [_hundredths(np.asarray(column)) for column in (recency_days, frequency, monetary)]
    if plan.average:
        columns[2] = np.floor(columns[2] / np.maximum(frequency, 1) + 0.5).astype(np.int64)
    return columns


def _code(scores, plan):
    if plan.short:
        return _CODES.take(scores.astype(np.int64) @ (100, 10, 1))
    return [f"{r:g}-{f:g}-{m:g}" for r, f, m in scores.tolist()]


def _points(values, rule, low_is_good, group, tiebreak):
    if "bins" in rule:
        if rule["ties"] != "together":
            return _ntile(-values if low_is_good else values, rule["bins"], rule["ties"], group, tiebreak)
        if group is None:
            return _together(values, rule["bins"], low_is_good)
        scores = np.empty_like(values)
        for one in np.unique(group):
            scores[group == one] = _together(values[group == one], rule["bins"], low_is_good)
        return scores
    if "bounds" in rule:
        return rule["points"][np.searchsorted(rule["bounds"], values, rule["side"])]
    if "times" in rule:
        return np.clip(np.floor(values * rule["times"] + 0.5), 0, rule["max"] * 100) / 100
    return two_levels(values, low_is_good)


def _together(values, bins, low_is_good):
    """Return classes parted at the type-7 quantiles: a value lies above one if it lies above the place before it."""
    places = np.arange(1, bins) * (len(values) - 1) // bins
    above = np.searchsorted(np.sort(values)[places], values, "left")
    return bins - above if low_is_good else above + 1


def _ntile(values, bins, ties, group, tiebreak):
    """Return classes of equal size within each group, the larger ones first as in SQL."""
    group = np.zeros(len(values), np.int64) if group is None else np.unique(group, return_inverse=True)[1]
    order = np.lexsort((tiebreak, values, group))
    sizes = np.bincount(group)
    starts = np.cumsum(sizes) - sizes
    inside, size = np.arange(len(values)) - starts[group[order]], sizes[group[order]]
    small, extra = np.divmod(size, bins)
    head = extra * (small + 1)
    tile = 1 + np.where(inside < head, inside // (small + 1), extra + (inside - head) // np.maximum(small, 1))
    if ties != "split":
        keys = np.column_stack((group, values))[order]
        first = np.flatnonzero(np.r_[True, (keys[1:] != keys[:-1]).any(axis=1)])
        last = np.r_[first[1:], len(values)] - 1
        tile = np.repeat(tile[first if ties == "current" else last], last - first + 1)
    scores = np.empty(len(values), np.int64)
    scores[order] = tile
    return scores
