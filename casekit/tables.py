"""Order logs as people have them: CSV with any delimiter and encoding, Excel, Parquet."""

import csv
import functools
import gzip
import io
import operator
import os
from pathlib import Path

import narwhals as nw
import pandas as pd

from casekit import inputs
from casekit.errors import InputError
from casekit.rfm.engines import EMPTY

MARKS, SPACE = (",", "\t", ";", "|", "，"), r"\s+"
DAY = r"^\s*(?P<y>\d{4})(?:[-/.年](?P<m>\d{1,2})[-/.月](?P<d>\d{1,2})|(?P<m2>\d\d)(?P<d2>\d\d))(?!\d)"
YEAR_LAST = r"^\s*(?P<a>\d{1,2})[-/.](?P<b>\d{1,2})[-/.](?P<y>\d{4})(?!\d)"


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
    if path.suffix == ".xls":
        raise InputError("tables.format", file=path.name)
    if path.suffix == ".parquet":
        table = _parquet(path).df()
    else:
        try:
            table = pd.read_excel(path, dtype=object) if path.suffix == ".xlsx" else _text(path, delimiter)
        except InputError:
            raise
        except Exception as error:  # a damaged file makes gzip, zipfile, openpyxl and pandas raise anything
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
    factors = [_column(names, name.strip()) for name in ([amount] if amount in names else amount.split("*"))]
    ids = {"customer": _column(names, customer)} | ({"order": _column(names, order)} if order else {})
    date = _column(names, date)
    if lazy:
        frame = nw.from_native(table)
        schema = frame.collect_schema()
        if schema[date] in (nw.Date, nw.Datetime) and all(schema[name].is_numeric() for name in factors):
            product = functools.reduce(operator.mul, (nw.col(name).cast(nw.Float64) for name in factors))
            return frame.select(
                **{role: nw.col(name) for role, name in ids.items()}, date=nw.col(date), amount=product
            ).to_native()
        table = frame.select(*{*ids.values(), date, *factors}).to_native().df()
    columns = {role: _ids(table[name]) for role, name in ids.items()}
    amounts = functools.reduce(operator.mul, (numbers(table[name]) for name in factors))
    return pd.DataFrame({**columns, "date": dates(table[date], date_format), "amount": amounts})


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
        part, last = text.str.extract(DAY), text.str.extract(YEAR_LAST)
        parts = [part["y"], part["m"].fillna(part["m2"]), part["d"].fillna(part["d2"])]
        if last["y"].notna().any():
            day_first, month_first = (last[name].astype(float).gt(12).any() for name in "ab")
            if day_first == month_first:
                raise InputError(
                    "tables.ambiguous_date", column=values.name, value=text[last["y"].notna()].iloc[0]
                )
            parts = [
                one.fillna(last[name]) for one, name in zip(parts, "yba" if day_first else "yab", strict=True)
            ]
        named = dict(zip(("year", "month", "day"), map(pd.to_numeric, parts), strict=True))
        days = pd.to_datetime(named, errors="coerce")
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
    if not path.parent.is_dir():
        raise InputError("tables.cannot_write", file=path, reason=path.parent)
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
    text = _decoded(gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw)
    if text is None:
        raise InputError("tables.encoding", file=path.name)
    head = [line for line in text[:100_000].splitlines()[:100] if line.strip()]
    if not head:
        raise InputError("tables.empty", file=path.name)
    # A shell types \t as two letters.
    delimiter = "\t" if delimiter == r"\t" else delimiter or _delimiter(head, path.name)
    cells = [cell.strip() for cell in _cut(head[0], delimiter)]
    # A number or a date among the names: the first line is data already.
    bare = any(cell[-1:].isdigit() and not cell.strip("+-.,:/¥￥$0123456789") for cell in cells)
    names = [str(place) if bare else cell or str(place) for place, cell in enumerate(cells, 1)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError("rfm.duplicate_columns", columns=", ".join(twice))
    engine = "c" if delimiter == SPACE or len(delimiter.encode()) == 1 else "python"
    return pd.read_csv(
        io.StringIO(text),
        sep=delimiter,
        header=None if bare else 0,
        names=names,
        dtype=str,
        index_col=False,
        engine=engine,
        keep_default_na=False,
        na_values=EMPTY,
    )


def _decoded(raw):
    marked = raw[:2] in (b"\xff\xfe", b"\xfe\xff")
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):  # GB 18030 includes GBK
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue


def _cut(line, delimiter):
    return line.split() if delimiter == SPACE else next(csv.reader([line], delimiter=delimiter))


def _delimiter(head, file):
    """Return the mark that cuts most lines into equally many columns; white space if no other does."""
    found = {}
    for mark in (*MARKS, SPACE):
        widths = [len(_cut(line, mark)) for line in head]
        usual = max(set(widths), key=widths.count)
        if usual > 1 and widths.count(usual) >= 0.8 * len(head) and (mark != SPACE or not found):
            found[mark] = widths.count(usual)
    if not found:
        raise InputError("tables.delimiter", file=file)
    return max(found, key=found.get)


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
        values = values.map(
            lambda value: int(value) if isinstance(value, float) and value.is_integer() else value
        )
    text = values.astype("string").astype(object).where(values.notna(), None)
    return text.str.strip().replace("", None)


def _refuse(code, values, bad):
    if bad.any():
        raise InputError(
            code,
            column=values.name,
            rows=inputs.rows(values.index[bad]),
            count=int(bad.sum()),
            value=values[bad].iloc[0],
        )
