"""Order logs as people have them: CSV with any delimiter and encoding, Excel, Parquet."""

import csv
import gzip
import io
import os
from pathlib import Path

import narwhals as nw
import numpy as np
import pandas as pd

from casekit import inputs
from casekit.errors import InputError

MARKS = (",", "\t", ";", "|", "，")
EMPTY = ("", "NULL", "null", "NaN", "nan", "N/A", "#N/A")
DAY = r"^\s*(?P<y>\d{4})(?:[-/.年](?P<m>\d{1,2})[-/.月](?P<d>\d{1,2})|(?P<m2>\d\d)(?P<d2>\d\d))(?!\d)"
DAY_LAST = r"^\s*(?P<a>\d{1,2})[-/.](?P<b>\d{1,2})[-/.](?P<y>\d{4})(?!\d)"


def read(path, delimiter=None):
    """Read a table from CSV (any delimiter, UTF-8, GBK or UTF-16, gzip), Excel or Parquet.

    读取表格：CSV（任意分隔符；UTF-8、GBK 或 UTF-16；可为 gzip）、Excel 或 Parquet。

    Parameters
    ----------
    path : str or Path
    delimiter : str, optional
        What separates the columns of a text file; without it, it is found out.

    Returns
    -------
    DataFrame
        Rows numbered from 1. Columns of a text file stay text (``00001`` keeps its zeros); where its first
        line holds data, the columns are named ``"1"``, ``"2"`` ...

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "orders.txt"
    >>> _ = path.write_text("00001 19970101 1 11.77\\n00002 19970112 1 12.00\\n")
    >>> read(path)
           1         2  3      4
    1  00001  19970101  1  11.77
    2  00002  19970112  1  12.00
    """
    path = Path(path)
    if not path.is_file():
        raise InputError("tables.no_file", file=path)
    try:
        if path.suffix == ".parquet":
            table = _parquet(path).df()
        elif path.suffix == ".xlsx":
            table = pd.read_excel(path, dtype=object)
        elif path.suffix == ".xls":
            raise InputError("tables.format", file=path.name)
        else:
            table = _text(path, delimiter)
    except (OSError, EOFError, ValueError, KeyError, csv.Error) as error:  # a broken file; xlsx is a zip
        if isinstance(error, InputError):
            raise
        raise InputError("tables.unreadable", file=path.name, reason=error) from None
    table.columns = table.columns.map(str)
    table.index = pd.RangeIndex(1, len(table) + 1)
    return table


def orders(path, *, customer, date, amount, order=None, delimiter=None, date_format=None):
    """Read an order log as a frame for `rfm.measure`.

    读取订单记录，供 `rfm.measure` 使用。

    Parameters
    ----------
    path : str or Path
        A file as for `read`. Parquet is not loaded but handed on as a DuckDB relation.
    customer, date, amount, order : str
        Columns, by name or by position from 1. ``amount`` may be a product: ``"Quantity*UnitPrice"``.
    date_format : str, optional
        Such as ``"%d/%m/%Y"``, where the dates cannot be read without it.

    Returns
    -------
    DataFrame or DuckDBPyRelation
        Columns ``customer``, ``date``, ``amount`` and, if named, ``order``.
    """
    lazy = Path(path).suffix == ".parquet" and Path(path).is_file()
    table = _parquet(path) if lazy else read(path, delimiter)
    names = list(table.columns)
    factors = [amount] if amount in names else amount.split("*")
    factors = [_column(names, factor.strip()) for factor in factors]
    customer, date, order = _column(names, customer), _column(names, date), order and _column(names, order)
    if lazy:
        frame = nw.from_native(table)
        schema = frame.collect_schema()
        typed = schema[date] in (nw.Date, nw.Datetime) and all(schema[name].is_numeric() for name in factors)
        if typed and date_format is None:
            product = nw.col(factors[0]).cast(nw.Float64)
            for name in factors[1:]:
                product = product * nw.col(name)
            more = {"order": nw.col(order)} if order else {}
            return frame.select(customer=nw.col(customer), date=nw.col(date), amount=product, **more).to_native()
        table = frame.select(*dict.fromkeys([customer, date, *factors, *[order] * bool(order)])).to_native().df()
    columns = {"customer": _ids(table[customer]), "date": dates(table[date], date_format),
               "amount": np.prod([numbers(table[name]) for name in factors], axis=0)}  # fmt: skip
    return pd.DataFrame(columns | ({"order": _ids(table[order])} if order else {}), index=table.index)


def dates(values, date_format=None):
    """Return a column of written dates as days; refuse what cannot be read or can be read in two ways.

    把文字日期转为日期；读不懂或有两种读法的就拒绝。

    Examples
    --------
    >>> dates(pd.Series(["2024-01-05 10:30", "20240106", "2024年1月7日"])).dt.day.tolist()
    [5, 6, 7]
    """
    if values.dtype.kind == "M" or isinstance(values.dtype, pd.DatetimeTZDtype):
        return values
    text = _ids(values)
    if date_format is not None:
        days = pd.to_datetime(text, format=date_format, errors="coerce")
    else:
        part = text.str.extract(DAY)
        parts = {"year": part["y"], "month": part["m"].fillna(part["m2"]), "day": part["d"].fillna(part["d2"])}
        last = text.str.extract(DAY_LAST)
        if last["y"].notna().any():
            first_big, second_big = (last[name].astype(float).gt(12).any() for name in "ab")
            if first_big == second_big:
                raise InputError("tables.ambiguous_date", column=values.name, value=text[last["y"].notna()].iloc[0])
            swapped = {"year": last["y"], "month": last["b" if first_big else "a"], "day": last["a" if first_big else "b"]}
            parts = {name: parts[name].fillna(swapped[name]) for name in parts}
        days = pd.to_datetime(pd.DataFrame(parts).astype(float), errors="coerce")
    _refuse("tables.dates", values, days.isna() & text.notna())
    return days


def numbers(values):
    """Return a column of written amounts as floats; currency signs and thousands commas may stand in them.

    把文字金额转为数；可带货币符号与千分位逗号。

    Examples
    --------
    >>> numbers(pd.Series(["¥1,234.50", "-20", None])).tolist()
    [1234.5, -20.0, nan]
    """
    if values.dtype.kind in "iuf":
        return values.astype(float)
    text = _ids(values)
    bare = text.str.replace(r"[¥￥$€£元\s]", "", regex=True)
    grouped = bare.str.fullmatch(r"[-+]?\d{1,3}(,\d{3})+(\.\d*)?", na=False)
    found = pd.to_numeric(bare.mask(grouped, bare.str.replace(",", "")), errors="coerce").astype(float)
    _refuse("tables.numbers", values, found.isna() & text.notna())
    return found


def write(table, path):
    """Write a table as CSV (UTF-8 with BOM, which Excel needs for Chinese) or Parquet; whole or not at all.

    把表格写为 CSV（带 BOM 的 UTF-8，Excel 才认得中文）或 Parquet；要么完整写成，要么不写。

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "scores.csv"
    >>> write(pd.DataFrame({"segment": ["重要价值"]}), path)
    >>> path.read_bytes()[:3]
    b'\\xef\\xbb\\xbf'
    """
    path = Path(path)
    if path.suffix not in (".csv", ".parquet"):
        raise InputError("tables.out_format", file=path.name)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        if path.suffix == ".csv":
            table.to_csv(part, index=False, encoding="utf-8-sig", lineterminator="\n")
        else:
            _duckdb().from_df(table).write_parquet(str(part))
        os.replace(part, path)
    except OSError as error:
        raise InputError("tables.cannot_write", file=path, reason=error) from None
    finally:
        part.unlink(missing_ok=True)


def _duckdb():
    try:
        import duckdb
    except ImportError:
        raise InputError("tables.duckdb") from None
    return duckdb


def _parquet(path):
    duckdb = _duckdb()
    try:
        return duckdb.read_parquet(str(path))
    except duckdb.Error as error:
        raise InputError("tables.unreadable", file=Path(path).name, reason=error) from None


def _text(path, delimiter):
    raw = path.read_bytes()
    if raw[:2] == b"\x1f\x8b":
        raw = gzip.decompress(raw)
    for encoding in ("utf-16",) if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise InputError("tables.encoding", file=path.name)
    head = [line for line in text[:100_000].splitlines()[:100] if line.strip()]
    if not head:
        raise InputError("input.empty")
    delimiter = delimiter or _delimiter(head, path.name)
    first = head[0].split() if delimiter == r"\s+" else next(csv.reader(head, delimiter=delimiter))
    first = [cell.strip() for cell in first]
    bare = any(cell[-1:].isdigit() and not cell.strip("+-.,:/¥￥$0123456789") for cell in first)
    twice = sorted({cell for cell in first if cell and first.count(cell) > 1})
    if twice and not bare:
        raise InputError("rfm.duplicate_columns", columns=", ".join(twice))
    table = pd.read_csv(io.StringIO(text), sep=delimiter, header=None if bare else 0, dtype=str, index_col=False,
                        keep_default_na=False, na_values=EMPTY, engine="c" if len(delimiter.encode()) == 1 or
                        delimiter == r"\s+" else "python")  # fmt: skip
    table.columns = [str(name + 1) for name in table.columns] if bare else [str(name).strip() for name in table.columns]
    return table


def _delimiter(head, file):
    """Return the mark that cuts most lines into the same number of columns, else white space."""
    found = []
    for mark in (*MARKS, r"\s+"):
        widths = [len(line.split()) if mark == r"\s+" else len(next(csv.reader([line], delimiter=mark))) for line in head]
        usual = max(set(widths), key=widths.count)
        if usual > 1 and widths.count(usual) >= 0.8 * len(head):
            found.append((widths.count(usual), mark))
    marks = [one for one in found if one[1] != r"\s+"] or found
    if not marks:
        raise InputError("tables.delimiter", file=file)
    return max(marks, key=lambda one: one[0])[1]


def _column(names, name):
    if name in names:
        return name
    if name.isdigit() and 1 <= int(name) <= len(names):
        return names[int(name) - 1]
    raise InputError("missing_column", column=name, columns=", ".join(names))


def _ids(values):
    """Return a column as text without the traces of Excel: 12345.0 becomes 12345."""
    if values.dtype.kind == "f" and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64")
    elif values.dtype == object:
        values = values.map(lambda value: int(value) if isinstance(value, float) and value.is_integer() else value)
    text = values.astype("string").astype(object).where(values.notna(), None)
    return text.str.strip().replace("", None)


def _refuse(code, values, bad):
    if bad.any():
        raise InputError(code, column=values.name, rows=inputs.rows(values.index[bad]), count=int(bad.sum()),
                         value=values[bad].iloc[0])  # fmt: skip
