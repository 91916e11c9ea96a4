"""Each student's own variant of a dataset: another draw of equal difficulty, the same on every machine."""

import datetime
import functools
import hashlib
import unicodedata
from dataclasses import dataclass

import numpy as np
import pandas as pd

from casekit.datasets.package import entry, files, public
from casekit.datasets.reading import read_table, stamp
from casekit.errors import InputError

_pools = {}  # stamps of the files -> _Pool: a class of students draws from the same one


def load(name, student=None):
    """Return a dataset as a fresh pandas table, or a student's own variant of it.

    读取一个数据集（每次都是新的 pandas 表）；给出学号，则得到这名学生自己的版本。

    Parameters
    ----------
    name : str
        One of :func:`names`.
    student : str or int, optional
        A student number, made uniform by :func:`student_key`. Where the dataset has variants (see its card), the table
        is drawn anew for this student: other customers of the same kinds, other names for them, dates moved back by
        up to 51 whole weeks together with the as-of date, amounts scaled by 0.80 to 1.25 and rounded to cents.
        Other datasets are the same for everyone.

    Returns
    -------
    DataFrame
        Columns as in the card: ids are text, dates ``datetime64[ns]``, whole numbers ``int64`` (``Int64`` where they may
        be missing), missing text is NaN.

    Raises
    ------
    InputError
        ``datasets.unknown``, ``datasets.missing``, ``datasets.changed`` or ``datasets.student``.

    Examples
    --------
    >>> load("orders").columns.tolist()
    ['order_id', 'customer_id', 'order_date', 'amount_cny', 'channel']
    >>> load("orders", student="20250101")["customer_id"].nunique()
    800
    """
    resource = entry(name)
    rule = resource["casekit"].get("student")
    if student is None or rule is None:
        return read_table(resource, resource)
    whole = entry(rule.get("of", name))  # a table that has some units only names the one that has all
    stamps = tuple(stamp(file, one) for one in (resource, whole) for file in files(one))
    if stamps not in _pools:
        _pools[stamps] = _pool(resource, whole, rule)
    return _variant(_pools[stamps], rule, student_key(student))


def as_of(name, student=None):
    """Return the day on which the dataset is looked at, as ``"YYYY-MM-DD"``; a variant has its own.

    返回数据集的截止日期（``"YYYY-MM-DD"``）；每名学生的版本各有自己的截止日期。

    Examples
    --------
    >>> as_of("orders")
    '2025-12-31'
    >>> as_of("orders", student="20250101") == as_of("practice_table", student="20250101")
    True
    """
    if name in public():
        return public()[name]["as_of"]
    facts = entry(name)["casekit"]
    if facts["as_of"] is None:
        raise InputError("datasets.no_as_of", name=name)
    day = datetime.date.fromisoformat(facts["as_of"])
    if student is not None and "student" in facts:
        day -= datetime.timedelta(days=_days_back(student_key(student)))
    return day.isoformat()


def student_key(student):
    """Return a student number in the one form that seeds the variants.

    把学号变成统一的形式：同一学号怎样书写，得到的数据都相同。

    Full-width characters become half-width (Unicode NFKC), spaces and invisible characters go, capitals become small.
    Leading zeros stay: 007 and 7 are two students.

    Raises
    ------
    InputError
        ``datasets.student``: nothing is left, or it is neither text nor a whole number.

    Examples
    --------
    >>> student_key(" ２０２５ 0101 "), student_key("Zhāng 伟"), student_key(7), student_key("007")
    ('20250101', 'zhāng伟', '7', '007')
    """
    if not isinstance(student, (str, int, np.integer)) or isinstance(student, bool):
        raise InputError("datasets.student", student=repr(student))
    text = str(student)
    for _ in range(2):  # the second pass meets what the first has brought forth, so that a key is its own key
        text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
        text = "".join(c for c in text if not c.isspace() and unicodedata.category(c) not in ("Cc", "Cf", "Cs"))
    if not text:
        raise InputError("datasets.student", student=repr(student))
    return text


@dataclass(frozen=True)
class _Pool:
    """Hold what every student's table is drawn from: base and reserve together."""

    table: pd.DataFrame  # units and what is renumbered by their codes
    names: np.ndarray  # of the base's units, sorted
    dtype: object  # of the units' column
    codes: np.ndarray  # of the units of all sets, one set after the other
    nameless: np.ndarray  # rows without a unit
    count: int  # of those in the base


def _pool(resource, whole, rule):
    unit = rule["unit"]
    base, reserve = (read_table(file, resource) for file in files(resource))
    units = [np.sort(read_table(file, whole)[unit].dropna().unique()) for file in files(whole)]
    codes, known = pd.factorize(np.concatenate(units))
    table = pd.concat([base, reserve], ignore_index=True)
    nameless = np.flatnonzero(table[unit].isna())
    for column in rule["renumber"]:
        table[column] = pd.factorize(table[column])[0]
    table[unit] = pd.Index(known).get_indexer(table[unit])
    return _Pool(table, units[0], base[unit].dtype, codes, nameless, int(base[unit].isna().sum()))


def _variant(pool, rule, student):
    """Draw a student's table from base and reserve, as the rule in datapackage.json says.

    The reserve holds whole further sets of the same units (customers) in the same order, so that each unit is replaced
    by one that plays the same part: number n of one set by number n of another.
    """
    unit, count = rule["unit"], len(pool.names)
    new = np.full(pool.codes.max() + 2, -1)  # the last is for rows without a unit
    new[_draw(pool.codes, count, student, "units")] = np.argsort(_digits(student, "names", count), kind="stable")
    drawn = new[pool.table[unit]]
    keep = drawn >= 0
    keep[_draw(pool.nameless, pool.count, student, "nameless")] = True
    drawn[drawn < 0] = count  # after all names
    rows = np.flatnonzero(keep)
    keys = pd.DataFrame({column: drawn[rows] if column == unit else pool.table[column].array[rows] for column in rule["sort"]})
    rows = rows[keys.sort_values(rule["sort"], kind="stable").index]

    table = pool.table.iloc[rows].reset_index(drop=True)
    table[unit] = pd.Series(np.append(pool.names.astype(object), np.nan)[drawn[rows]]).astype(pool.dtype)
    for column in rule["shift"]:
        table[column] -= pd.Timedelta(days=_days_back(student))
    for column in rule["scale"]:
        table[column] = _scaled(table[column], 800 + _pick(student, "scale", 451))
    for column, form in rule["renumber"].items():
        table[column] = _numbers(form, len(pool.table))[pd.factorize(table[column])[0]]
    return table


@functools.lru_cache(maxsize=8)
def _numbers(form, count):
    return np.array([form.format(number + 1) for number in range(count)], dtype=object)


def _draw(pool, count, student, purpose):
    """Choose one of pool[n], pool[n + count], pool[n + 2 count] ... for each n below count."""
    if count == 0:
        return pool[:0]
    sets = _digits(student, purpose, count) % np.uint64(len(pool) // count)
    return pool[np.arange(count) + count * sets.astype("int64")]


def _digits(student, purpose, count):
    """Return integers that hang on student and purpose alone: SHAKE-256, not a random stream that a version may change."""
    seed = f"casekit/{purpose}/{student}".encode()
    return np.frombuffer(hashlib.shake_256(seed).digest(8 * count), dtype="<u8")


def _pick(student, purpose, choices):
    return int(_digits(student, purpose, 1)[0]) % choices  # numpy 1 would divide a uint64 as a float


def _days_back(student):
    """Return by how many days a student's dates lie back: whole weeks, so that weekdays stay."""
    return 7 * _pick(student, "shift", 52)


def _scaled(amounts, permille):
    """Scale in whole cents, halves away from zero, so that a refund stays the mirror image of its order."""
    cents = np.rint(amounts.to_numpy() * 100).astype("int64")
    return np.sign(cents) * ((np.abs(cents) * permille + 500) // 1000) / 100
