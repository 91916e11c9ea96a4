"""Synthetic data of any size: the generators behind the bundled sets, streaming to Parquet."""

import hashlib
import importlib.util
import json
import os
import shutil
import sys
import tempfile
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd

from casekit import inputs
from casekit.datasets.package import folder
from casekit.datasets.reading import engine
from casekit.errors import InputError

ORDERLY = {"threads": 1}  # rows keep their order and bytes are the same every time
# Ids of millions do not repeat within a part: to look for repetition costs a fifth of the time.
QUICK = ", PARQUET_VERSION v2, DICTIONARY_SIZE_LIMIT 1000"


def parquet(frame):
    """Return a table as the bytes of a Parquet file, the same for the same rows (and the same DuckDB).

    把一张表变成 Parquet 文件的字节：行相同（且 DuckDB 版本相同），字节就相同。

    Parameters
    ----------
    frame : DataFrame
        Its index is left out. Dates without a time of day become days, categories become text.

    Returns
    -------
    bytes

    Examples
    --------
    >>> frame = pd.DataFrame({"customer_id": ["C1", None], "orders": [3, 1]})
    >>> parquet(frame)[:4], parquet(frame) == parquet(frame)
    (b'PAR1', True)
    """
    with tempfile.TemporaryDirectory() as home, engine().connect(config=ORDERLY) as duckdb:
        file = Path(home) / "table.parquet"
        _write(duckdb, frame, file)
        return file.read_bytes()


def makers():
    """Return the generators that make data of any size: {name: name of its size parameter}.

    返回能生成任意规模数据的生成器：{名称: 规模参数名}。

    Examples
    --------
    >>> isinstance(makers(), dict)
    True
    """
    found = sorted((folder() / "make").glob("[a-z]*.py"))
    names = (file.stem for file in found if "\ndef stream(" in file.read_text("utf-8"))
    return {name: _generator(name).SCALE for name in names}


def make(name, folder=".", size=None, seed=0, progress=None, **scale):
    """Make a synthetic dataset of any size as Parquet files, in bounded memory; whole or not at all.

    生成任意规模的合成数据集，写成 Parquet 文件；内存占用有上限，要么完整写成，要么不写。

    Parameters
    ----------
    name : str
        One of :func:`makers`.
    folder : path
        Gets one folder a table, ``<table>/part-00000.parquet`` and so on (read them with ``<table>/*.parquet``),
        and ``<name>.json``, which says how they were made.
    size : int
        How many customers, users ...; also by the generator's own name for it, such as ``customers=``.
    seed : int
        Another seed, other data; the same seed, the same bytes (with the same DuckDB).
    progress : callable, optional
        Called as ``progress(done, size)`` after each part; ``done`` is None where the generator cannot tell.

    Returns
    -------
    DataFrame
        One row a table: ``table, rows, parts, bytes, path``.

    Raises
    ------
    InputError
        ``datasets.unknown_maker``, ``datasets.size``, ``datasets.seed``, ``datasets.there`` (the folder holds other
        data of this name) or ``datasets.cannot_write``.
    """
    known = makers()
    if name not in known:
        raise InputError("datasets.unknown_maker", name=name, names=", ".join(known))
    unit = known[name]
    if set(scale) - {unit}:
        raise InputError("datasets.scale", name=name, unit=unit, given=", ".join(scale))
    size, seed = _whole("size", scale.get(unit, size), 1, unit), _whole("seed", seed, 0, unit)
    home, generator = Path(folder), _generator(name)
    recipe = {"dataset": name, unit: size, "seed": seed,
              "generator": hashlib.sha256(Path(generator.__file__).read_bytes()).hexdigest()}
    record = home / f"{name}.json"
    try:
        if not record.exists():
            _stream(generator, size, seed, home, record, recipe, progress)
        made = _recorded(record)
    except (OSError, engine().Error) as error:
        raise InputError("datasets.cannot_write", folder=home, reason=inputs.reason(error)) from None
    tables = made.get("tables", {})
    if made != recipe | {"tables": tables} or not all((home / table).is_dir() for table in tables):
        raise InputError("datasets.there", folder=home, file=record.name)
    return pd.DataFrame([{"table": table, **facts, "path": str(home / table)} for table, facts in tables.items()])


def _recorded(record):
    try:
        return json.loads(record.read_text("utf-8"))
    except ValueError:  # not a record of ours
        return {}


def _stream(generator, size, seed, home, record, recipe, progress):
    """Write all parts into a hidden folder beside their place, and move them there when all are whole."""
    home.mkdir(parents=True, exist_ok=True)
    part = home / f".{record.stem}.{os.getpid()}"
    chunk, forms = getattr(generator, "CHUNK", None), getattr(generator, "FORMS", {})
    tables, waiting, moved = {}, deque(), []
    try:
        # While this thread draws a chunk, two write the ones before it: three are in memory, never more.
        with engine().connect(config=ORDERLY) as duckdb, ThreadPoolExecutor(2) as writers:
            for count, frames in enumerate(generator.stream(size, seed)):
                if there := [table for table in frames if (home / table).exists()]:
                    raise InputError("datasets.there", folder=home, file=", ".join(there))
                waiting.append(writers.submit(_parts, duckdb.cursor(), frames, part, count, forms))
                if len(waiting) > 2:
                    _add(tables, waiting.popleft().result())
                if progress:
                    progress(chunk and min(size, chunk * (count + 1)), size)
        for written in waiting:
            _add(tables, written.result())
        new = part / record.name
        new.write_text(json.dumps(recipe | {"tables": tables}, indent=1) + "\n", encoding="utf-8")
        for table in tables:
            os.replace(part / table, home / table)
            moved.append(home / table)
        os.replace(new, record)
        moved.clear()
    finally:
        for path in (part, *moved):
            shutil.rmtree(path, ignore_errors=True)


def _parts(duckdb, frames, part, count, forms):
    """Write one chunk, a part a table; return {table: (rows, parts, bytes)}."""
    sizes = {}
    for table, frame in frames.items():
        file = part / table / f"part-{count:05d}.parquet"
        file.parent.mkdir(parents=True, exist_ok=True)
        _write(duckdb, frame, file, forms, QUICK)
        sizes[table] = len(frame), 1, file.stat().st_size
    return sizes


def _add(tables, sizes):
    for table, more in sizes.items():
        before = tables.get(table, dict.fromkeys(("rows", "parts", "bytes"), 0))
        tables[table] = {key: before[key] + number for key, number in zip(before, more, strict=True)}


def _write(duckdb, frame, file, forms=(), options=""):
    """Write a table as Parquet; whole numbers of the columns in ``forms`` become text behind a letter."""
    columns = []
    for name, dtype in frame.dtypes.items():
        column, quoted = frame[name], '"' + str(name).replace('"', '""') + '"'
        value = quoted
        if name in forms:
            value = f"'{forms[name]}' || {quoted}"  # in DuckDB: Python would take longer than all the rest
        elif dtype.kind == "M" and (column.isna() | (column == column.dt.normalize())).all():
            value = f"CAST({quoted} AS DATE)"
        elif isinstance(dtype, pd.CategoricalDtype):
            value = f"CAST({quoted} AS VARCHAR)"
        columns.append(f"{value} AS {quoted}")
    duckdb.register("frame", frame)
    place = str(file).replace("'", "''")
    duckdb.execute(f"COPY (SELECT {', '.join(columns)} FROM frame) TO '{place}'"
                   f" (FORMAT parquet, COMPRESSION zstd{options})")  # fmt: skip


def _whole(what, value, low, unit):
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # 1e6 is how people write a million
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < low:
        raise InputError(f"datasets.{what}", value=value, unit=unit)
    return int(value)


def _generator(name):
    """Load a generator from its file: the names of generators are free to be those of other modules."""
    home = folder() / "make"
    source = importlib.util.spec_from_file_location(f"casekit_make_{name}", home / f"{name}.py")
    module = importlib.util.module_from_spec(source)
    sys.path.insert(0, str(home))  # where they find what they share, such as _draws
    try:
        source.loader.exec_module(module)
    finally:
        sys.path.remove(str(home))
    return module
