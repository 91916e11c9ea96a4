"""Files to tables: each column with the type that the descriptor gives it."""

import io
from pathlib import Path

import numpy as np
import pandas as pd

from casekit import labels
from casekit.datasets.package import checked, entry, folder
from casekit.errors import InputError

_tables = {}  # stamp of a file -> the table: a class is graded, a kernel forked, a slider moved on the same few
_DTYPES = {"integer": "int64", "number": "float64", "date": "datetime64[ns]"}


def read(file, like):
    """Read a CSV file of your own that has the columns of a bundled dataset, such as a filled-in template.

    读取一个列名与某数据集相同的 CSV 文件，例如教师填好的模板。

    Parameters
    ----------
    file : path
        UTF-8 or GBK; dates as 2025-12-31 or 2025/12/31.
    like : str
        The dataset whose columns and types the file must have.

    Raises
    ------
    InputError
        ``datasets.not_csv``, ``missing_column`` or ``datasets.value``, naming file, column and lines.

    Examples
    --------
    >>> from casekit import datasets
    >>> len(read(datasets.path("practice_table"), like="practice_table_template"))
    10
    """
    content, resource = Path(file).read_bytes(), entry(like)
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return _parse_csv(content.decode(encoding), resource, Path(file).name)
        except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError):
            pass
    raise InputError("datasets.not_csv", file=Path(file).name)


def engine():
    """Return DuckDB, which the extra ``research`` brings.

    返回 DuckDB（由附加依赖 research 带来）。
    """
    try:
        import duckdb
    except ImportError:
        raise InputError("tables.duckdb") from None
    return duckdb


def read_table(file, resource):
    """Return a bundled file as a table, after checking that it is the recorded one.

    核对后把随包的文件读成表。
    """
    known = stamp(file, resource)
    if resource["format"] == "csv":
        if known not in _tables:
            _tables[known] = _parse_csv(checked(file).decode(), resource, file["path"])
        return _tables[known].copy()
    checked(file)
    return _ordered(engine().read_parquet(str(folder() / file["path"])).df(), resource)


def stamp(file, resource):
    """Return what changes whenever a file or what is recorded of it changes.

    返回一个标识：文件或其记录一有变化，它就不同。
    """
    where = folder() / file["path"]
    return where, where.stat().st_mtime_ns if where.exists() else 0, file["hash"], str(resource["schema"])


def _dtypes(resource):
    """Return {column: dtype}, but for text: pandas 2 would write what is missing as "nan"."""
    return {field["name"]: _DTYPES[field["type"]] if _required(field) or field["type"] != "integer" else "Int64"
            for field in resource["schema"]["fields"] if field["type"] in _DTYPES}


def _required(field):
    return field.get("constraints", {}).get("required", False)


def _parse_csv(text, resource, file):
    table = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False, na_values=[""])
    for field in resource["schema"]["fields"]:
        name = field["name"]
        if name not in table:
            raise InputError("missing_column", column=name, columns=", ".join(table))
        values = table[name] if field["type"] == "string" else _typed(table[name], field["type"])
        bad = values.isna() & (table[name].notna() | _required(field))
        if bad.any():
            lines = ", ".join(str(line + 2) for line in np.flatnonzero(bad)[:5])  # line 1 holds the column names
            raise InputError("datasets.value", file=file, column=name, lines=lines,
                             type=labels.text(f"card.type.{field['type']}"))
        table[name] = values
    return _ordered(table, resource)


def _ordered(table, resource):
    return table[[field["name"] for field in resource["schema"]["fields"]]].astype(_dtypes(resource))


def _typed(text, kind):
    """Return text as values of this kind; what cannot be read becomes NaN."""
    if kind == "date":
        return pd.to_datetime(text.str.replace("/", "-"), format="%Y-%m-%d", errors="coerce")
    values = pd.to_numeric(text, errors="coerce")
    return values.where(values % 1 == 0 if kind == "integer" else np.isfinite(values))
