"""Put a wrong earlier answer in the place of the right one, where it is a real attempt."""

import numpy as np
import pandas as pd

from casekit.mark.compare import as_numbers, options, row_names

LIKE = 0.3  # of share, rank correlation or association with the truth


def carry(question, given, agreement, truth):
    """Return a wrong answer as the key function would have given it, or None if it is not to be carried.

    返回可以代入后面题目的错误答案；答对了、或不是认真的尝试，则返回 None。

    An answer that has nothing to do with the student's data is no attempt at the question: half of its rows
    missing, one value throughout, noise, another student's answer. Carried forward, it would make any later
    answer "right", and pay for copying. A mistake, even the worst, goes along with the truth (or dead
    against it).

    Parameters
    ----------
    question : Question
    given : float, str, Series or DataFrame
        From :func:`shape`.
    agreement : Agreement
        Of the answer with the key's.
    truth : object
        What the key function returned.
    """
    if agreement.full:
        return None
    try:
        told = adopt(question, given, truth)
        if question.kind not in ("series", "frame"):
            return told if told == told else None
        own, right = (t.to_frame("value") if isinstance(t, pd.Series) else t for t in (told, truth))
        own = own.reindex(right.index)
        whole = own.notna().all(axis=1).sum() * 2 >= len(right)
        return told if whole and all(_like(own[name], right[name]) for name in right) else None
    except Exception:  # an odd answer may fail anywhere; then it is not carried forward
        return None


def _like(own, right):
    if right.nunique() > 1 and own.nunique() < 2:
        return False
    if (own == right).mean() >= LIKE:
        return True
    least = max(LIKE, 2 / np.sqrt(len(right)))  # few rows agree by chance more easily
    if pd.api.types.is_numeric_dtype(right):
        return bool(abs(own.rank().corr(right.rank())) >= least)
    table = pd.crosstab(
        own, right
    )  # how much better the own value tells the right one than a plain guess does
    guess = table.sum().max()
    return bool((table.max(axis=1).sum() - guess) >= least * (table.to_numpy().sum() - guess))


def adopt(question, given, truth):
    """Return a shaped answer as the key's function would have returned it: row names, index, types.

    把学生的答案变成与标准函数返回值相同的样子，供后面的题目代入。

    Parameters
    ----------
    question : Question
    given : float, str, Series or DataFrame
        From :func:`shape`.
    truth : object
        What the key function returned.
    """
    if question.kind not in ("series", "frame"):
        return given
    if isinstance(truth, pd.Series) and question.kind == "series":
        if isinstance(given.index, pd.RangeIndex) and len(given) == len(truth):
            given = given.set_axis(truth.index)
        values = pd.Series(
            _typed(question, given.to_numpy(), truth), index=_own_names(given.index, truth.index)
        )
        return values.rename(truth.name).rename_axis(truth.index.names)
    if isinstance(truth, pd.DataFrame) and question.kind == "frame":
        levels = [name for name in truth.index.names if name in question.key]
        columns = {name: given[name] for name in (*question.key, *question.columns) if name not in levels}
        known = {
            name: _typed(question, column.to_numpy(), truth[name])
            for name, column in columns.items()
            if name in truth
        }
        frame = pd.DataFrame(known, index=given.index)
        if levels:
            named = given.set_index(levels).index
            frame.index = _own_names(named, truth.index).rename(truth.index.names)
        return frame
    return given


def _typed(question, values, truth):
    if pd.api.types.is_numeric_dtype(truth):
        numbers = as_numbers(values, question.unit)
        whole = (
            pd.api.types.is_integer_dtype(truth)
            and np.all(np.abs(numbers) < 2**53)
            and np.all(numbers % 1 == 0)
        )
        return numbers.astype("int64") if whole else numbers
    if pd.api.types.is_datetime64_dtype(truth):
        return pd.to_datetime(pd.Series(values), errors="coerce").to_numpy()
    if question.options:
        return options(question, values)
    return values


def _own_names(index, truth):
    known = dict(zip(row_names(truth), truth, strict=True))
    names = [known.get(name, own) for name, own in zip(row_names(index), index, strict=True)]
    return pd.MultiIndex.from_tuples(names) if isinstance(truth, pd.MultiIndex) else pd.Index(names)
