"""Segments: names for cells of the R, F and M scores."""

import functools
from collections.abc import Mapping
from itertools import product

import numpy as np
import pandas as pd

from casekit import inputs
from casekit.errors import InputError
from casekit.rfm.scores import definitions, two_levels

SCORES = ("r_score", "f_score", "m_score")


def segments(path=None):
    """Return the sets of segments by name, those of a teacher's own file included.

    返回全部细分方案（名称 → 定义）；可加上教师自己文件中的方案。

    Parameters
    ----------
    path : str or Path, optional
        A TOML file in the form of ``casekit/rfm/segments.toml``; its tables are added or take precedence.

    Examples
    --------
    >>> [rule["code"] for rule in segments()["eight"]["segment"]][:2]
    ['important_value', 'important_keep']
    """
    return definitions("segments.toml", path)


def segment(scores, names="eight"):
    """Give each customer the segment that its scores belong to.

    按得分把每位客户归入一个细分。

    Parameters
    ----------
    scores : DataFrame
        What `rfm.score` returns; or one row a cell, with a column ``customers`` that counts them.
    names : str or mapping
        ``"eight"`` (two levels of each score; scores of any other scheme are first cut at their mean),
        ``"ten"`` (scores 1 to 5), or a definition as `segments` returns them, of a teacher's own.

    Returns
    -------
    DataFrame
        The table with ``segment``: a code whose words are the label ``segment.<code>``.

    Raises
    ------
    InputError
        No scores, scores that the names do not cover, an unknown name, or rules of one's own that leave
        cells out or claim a cell twice.

    Examples
    --------
    >>> scores = pd.DataFrame({"r_score": [5, 1], "f_score": [4, 1], "m_score": [5, 4]}, index=["C1", "C2"])
    >>> segment(scores)["segment"].to_dict()
    {'C1': 'important_value', 'C2': 'general_retain'}
    >>> rules = {"levels": 5, "segment": [{"code": "recent", "r": [4, 5]}, {"code": "lapsed", "r": [1, 3]}]}
    >>> segment(scores, rules)["segment"].to_dict()
    {'C1': 'recent', 'C2': 'lapsed'}
    """
    table, codes, cells = _cells(names)
    inputs.table(scores, *SCORES)
    values = scores[list(SCORES)].to_numpy()
    if values.dtype.kind not in "iuf" or not np.isfinite(values).all():
        raise InputError("rfm.unscored")
    top, counts = len(cells), scores["customers"].to_numpy() if "customers" in scores else 1
    # A table that comes from a file no longer knows its scheme.
    scored = scores.attrs.get("rfm_levels") or [int(values.max())]
    if top == 2 and set(scored) != {2} and values.max() > 1:
        values = np.column_stack([two_levels(column, counts=counts) for column in values.T])
    elif ("rfm_levels" in scores.attrs and set(scored) != {top}) or not np.isin(
        values, range(1, top + 1)
    ).all():
        raise InputError("rfm.segment_levels", levels=top, low=values.min(), high=values.max())
    r, f, m = values.astype(np.int64).T - 1
    return scores.assign(segment=np.array(codes, dtype=object)[cells[r, f, m]])


def overview(segmented, names=None):
    """Summarise each segment: customers, orders, revenue, average order and shares.

    汇总各细分：客户数、订单数、收入、客单价与占比。

    Parameters
    ----------
    segmented : DataFrame
        What `rfm.segment` returns; or one row a cell, with a column ``customers`` that counts them.
    names : str or mapping, optional
        The same as for `rfm.segment`: the rows then follow that table, empty segments included; without
        it they stand by falling revenue.

    Returns
    -------
    DataFrame
        ``segment``, ``customers``, ``orders``, ``revenue`` and ``average_order`` (currency of the input),
        ``customer_share`` and ``revenue_share`` (0 to 1).

    Examples
    --------
    >>> frame = pd.DataFrame({"segment": ["a", "b", "a"], "frequency": [1, 4, 3],
    ...                       "monetary": [10.0, 80.0, 10.0]})
    >>> overview(frame).drop(columns=["orders", "customer_share"])
      segment  customers  revenue  average_order  revenue_share
    0       b          1     80.0           20.0            0.8
    1       a          2     20.0            5.0            0.2
    """
    inputs.table(segmented, "segment", "frequency", "monetary")
    groups = segmented.groupby(segmented["segment"].astype(object))
    table = pd.DataFrame(
        {
            "customers": groups["customers"].sum() if "customers" in segmented else groups.size(),
            "orders": groups["frequency"].sum(),
            "revenue": groups["monetary"].sum().round(2),
        }
    )
    if names is None:
        table = table.sort_values(["revenue", "customers"], ascending=False, kind="stable")
    else:
        rows = _cells(names)[1]
        unknown = table.index.difference(rows)
        if len(unknown):
            raise InputError("rfm.segment_unknown", segments=", ".join(map(str, unknown)))
        table = table.reindex(rows, fill_value=0)
    table["average_order"] = (table["revenue"] / table["orders"].where(table["orders"] > 0)).round(2)
    table["customer_share"] = table["customers"] / table["customers"].sum()
    revenue = table["revenue"].sum()
    table["revenue_share"] = table["revenue"] / (revenue if revenue > 0 else np.nan)
    return table.rename_axis("segment").reset_index()


def strategies(names="eight"):
    """Return each segment with its cells, its strategy and where that strategy comes from.

    返回各细分的得分组合、经营策略及其来源状态。

    Returns
    -------
    DataFrame
        ``segment``; ``cells`` (codes of R, F and M); ``strategy`` (key of the label that words it);
        ``strategy_status`` (source, confirmed or reconstructed); and what else the table holds, for the
        eight the names that two vendors use.

    Examples
    --------
    >>> strategies().loc[1, ["segment", "cells", "strategy", "strategy_status"]].tolist()
    ['important_keep', '122', 'strategy.important_keep', 'reconstructed']
    """
    table, codes, cells = _cells(names)
    rules = {rule["code"]: rule for rule in table["segment"]}
    rows = []
    for number, code in enumerate(codes):
        claimed = " ".join(_text(cell) for cell in np.argwhere(cells == number)[::-1])
        more = {
            name: value
            for name, value in rules.get(code, {}).items()
            if name not in ("code", "cells", *"rfm")
        }
        rows.append(
            {
                "segment": code,
                "cells": claimed,
                "strategy": f"strategy.{code}",
                "strategy_status": table.get("strategy_status", ""),
            }
            | more
        )
    return pd.DataFrame(rows)


def _cells(names):
    """Return the definition, its segment codes, and a cube that says which of them each cell belongs to."""
    if isinstance(names, str) and names in (known := _bundled()):
        return known[names]
    if not isinstance(names, Mapping):
        raise InputError("rfm.segments", names=names, known=", ".join(segments()))
    return _cube(names)


@functools.cache
def _bundled():
    return {name: _cube(table) for name, table in segments().items()}


def _cube(table):
    levels, rules = table.get("levels", 5), table.get("segment", ())
    cells, codes = np.full((levels,) * 3, -1), []
    for rule in rules:
        claimed = _claimed(rule, levels)
        if rule["code"] not in codes:
            codes.append(rule["code"])
        number = codes.index(rule["code"])
        for cell in claimed:
            if cells[cell] < 0:
                cells[cell] = number
            elif cells[cell] != number and not table.get("first"):
                raise InputError(
                    "rfm.rules_overlap", cell=_text(cell), one=codes[cells[cell]], other=rule["code"]
                )
    if (cells < 0).any():
        if "otherwise" not in table:
            free = [_text(cell) for cell in np.argwhere(cells < 0)]
            raise InputError("rfm.rules_incomplete", count=len(free), cells=inputs.rows(free))
        codes.append(table["otherwise"])
        cells[cells < 0] = len(codes) - 1
    return table, codes, cells


def _claimed(rule, levels):
    """Return the cells of one rule, counted from 0."""
    try:
        spans = [range(low, high + 1) for low, high in (rule.get(score, (1, levels)) for score in "rfm")]
        cells = (
            [tuple(map(int, cell)) for cell in rule["cells"]] if "cells" in rule else list(product(*spans))
        )
        inside = all(len(cell) == 3 and 1 <= min(cell) <= max(cell) <= levels for cell in cells)
        good = rule.get("code") and cells and inside
    except (TypeError, ValueError):
        good = False
    if not good:
        raise InputError("rfm.segment_rule", rule=rule, levels=levels)
    return [tuple(level - 1 for level in cell) for cell in cells]


def _text(cell):
    return "".join(str(level + 1) for level in cell)
