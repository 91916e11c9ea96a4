"""Public datasets that may not be shipped: fetched once, checked, and turned into orders.

All that is known about them stands in ``datasets/public.toml``.
"""

import difflib
import functools
import gzip
import hashlib
import importlib.util
import json
import os
import shutil
import zipfile
from pathlib import Path

import pandas as pd

from casekit import inputs, labels
from casekit.datasets.making import parquet
from casekit.datasets.package import public, said
from casekit.datasets.reading import engine
from casekit.errors import InputError

KINDS = {"order_id": "VARCHAR", "customer_id": "VARCHAR", "order_date": "DATE", "amount": "DOUBLE",
         "product_id": "VARCHAR", "quantity": "DOUBLE"}  # fmt: skip


def fetch(name, *, folder=None, mirror=None, tell=None):
    """Return a public dataset as orders; download it once, check it, and keep it.

    取得一个公开数据集，并整理成订单表：只下载一次，核对后保存。

    Parameters
    ----------
    name : str
        One of :func:`public`.
    folder : path, optional
        Where the file is kept, or where you have put it yourself; without it, casekit's folder in the user's
        cache. What came of a download that broke off is kept there too, and the next one goes on from there.
    mirror : path or URL, optional
        A folder or web address that has the files, in place of the publisher's; also by the environment
        variable ``CASEKIT_MIRROR``.
    tell : callable, optional
        Gets the licence note before anything is downloaded; without it, the note is printed.

    Returns
    -------
    DataFrame
        Columns ``order_id, customer_id, order_date, amount`` (the currency is in ``attrs["currency"]``) and,
        where the source has them, ``product_id`` and ``quantity``: one row an order, or an order line where the
        source has lines. Dirty rows are left in, as in ``orders``; :func:`report` tells which rows are no orders
        and were dropped.

    Raises
    ------
    InputError
        ``datasets.not_public``, ``by_hand``, ``not_in_mirror``, ``offline``, ``moved``, ``damaged``,
        ``not_the_file`` or ``cannot_write``, saying where to get the file by hand and where to put it.
    """
    known = public()
    if name not in known:
        near = difflib.get_close_matches(str(name), known, n=1, cutoff=0)[0]
        raise InputError("datasets.not_public", name=name, near=near, names=", ".join(known))
    entry, home, mirror = known[name], _home(folder), str(mirror or os.environ.get("CASEKIT_MIRROR") or "")
    file, found = _look(entry, home, mirror)
    made = []
    try:
        if not found:
            file, found = _download(name, entry, home, mirror, tell or _print)
            made.append(found)
        _check(file, found)
        for step in (_member, _workbook):
            if (next_one := step(file, found, home)) != found:
                made.append(found := next_one)
        orders = _orders(entry, found)
        made.clear()
    except (zipfile.BadZipFile, EOFError, gzip.BadGzipFile, engine().Error, InputError) as error:
        if isinstance(error, InputError) and not error.code.startswith("tables."):
            raise
        raise _problem("damaged", entry, home, file=found, reason=inputs.reason(error)) from None
    except OSError as error:
        raise InputError("datasets.cannot_write", folder=home, reason=error) from None
    finally:
        for path in made:  # what came just now and is not the file must not be found next time
            path.unlink(missing_ok=True)
    return orders


def report(orders):
    """Return what became of the rows of a fetched file: used, or dropped and why.

    返回所取文件中各行的去向：使用，或因何舍弃。

    Returns
    -------
    DataFrame
        Columns ``reason, action`` (read, used, dropped), ``rows, amount``; the first line is the whole file.
    """
    if "fetch_report" not in getattr(orders, "attrs", {}):
        raise InputError("datasets.no_report")
    return pd.DataFrame(json.loads(orders.attrs["fetch_report"]))


def _home(folder):
    if folder is not None:
        home = Path(folder).expanduser()
        return home.parent if home.is_file() else home
    try:
        import pooch  # the extra "research"
    except ImportError:
        raise InputError("datasets.pooch") from None
    return pooch.os_cache("casekit")


def _look(entry, home, mirror):
    """Return the first file that is there already, and its place; else (None, None)."""
    places = [home]
    if mirror and "://" not in mirror:
        places.append(Path(mirror).expanduser())
    for package, _, inner in (name.partition("/") for name in entry.get("packages", ())):
        if (spec := importlib.util.find_spec(package)) and spec.origin:
            places.append(Path(spec.origin).parent / inner)
    there = ((file, place / file["name"]) for place in places for file in entry["files"])
    return next(((file, path) for file, path in there if path.is_file()), (None, None))


def _download(name, entry, home, mirror, tell):
    """Download the publisher's file, or the first that the mirror has: whole or not at all, by pooch."""
    served = [file for file in entry["files"] if "url" in file]
    if "://" in mirror:
        served = [file | {"url": f"{mirror.rstrip('/')}/{file['name']}"} for file in entry["files"]]
    elif mirror:
        wanted = ", ".join(file["name"] for file in entry["files"])
        raise _problem("not_in_mirror", entry, home, mirror=mirror, files=wanted)
    if not served:
        raise _problem("by_hand", entry, home)
    import pooch
    import requests

    licence = said(entry, "licence")
    tell(labels.text("data.licence", name=name, licence=licence, page=entry["page"], folder=home))
    pooch.get_logger().setLevel("WARNING")
    for file in served:
        try:
            part = home / f".{file['name']}.part"
            way = functools.partial(_resumed, part) if file["url"].startswith("http") else None
            pooch.retrieve(file["url"], known_hash=None, fname=file["name"], path=home, downloader=way)
            return file, home / file["name"]
        except requests.HTTPError as error:
            problem = _problem("moved", entry, home, url=file["url"], reason=error)
        except (requests.RequestException, ValueError) as error:
            raise _problem("offline", entry, home, url=file["url"], reason=type(error).__name__) from None
    raise problem from None


def _resumed(part, url, target, _):
    """Download for pooch; what a broken download brought stays in ``part``, and the next one goes on from there."""
    import pooch
    import requests

    note = part.with_suffix(".json")
    start = part.stat().st_size if part.exists() else 0
    version = json.loads(note.read_text("utf-8")).get(url) if start and note.exists() else None
    asked = {"Range": f"bytes={start}-", "If-Range": version} if version else {}
    with requests.get(url, headers={"Accept-Encoding": "identity"} | asked, stream=True, timeout=30) as answer:
        if answer.status_code == 416:  # nothing comes after what is there, and nobody knows why
            part.unlink()
            return _resumed(part, url, target, _)
        answer.raise_for_status()
        with open(part, "ab") as out:
            if out.tell() != start or not _alone(out):  # another process is at it
                return pooch.HTTPDownloader()(url, target, None)
            try:
                if answer.status_code != 206:  # all of it: nothing was there, it has changed, or parts are not served
                    out.truncate(0)
                    note.write_text(json.dumps({url: _version(answer.headers)}), "utf-8")
                for piece in answer.iter_content(1 << 16):
                    out.write(piece)
            except OSError as error:
                if not isinstance(error, requests.RequestException):  # a full disk gets its space back
                    out.truncate(0)
                raise
    os.replace(part, target)
    note.unlink(missing_ok=True)


def _version(headers):
    """Return what tells this version of a file from another one, byte for byte; None if nothing does."""
    tag = headers.get("ETag", "W/")
    return None if "Content-Encoding" in headers else headers.get("Last-Modified") if tag.startswith("W/") else tag


def _alone(file):
    """Lock a file against other downloads, where the system can; the lock ends with the process."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _check(file, found):
    """Refuse a file whose content is not the recorded one: without gzip, which packs differently."""
    if "sha256" in file:
        with (gzip.open if found.suffix == ".gz" else open)(found, "rb") as stream:
            if hashlib.file_digest(stream, "sha256").hexdigest() != file["sha256"]:
                raise InputError("datasets.not_the_file", file=found, what="SHA-256")


def _member(file, found, home):
    """Return the file out of its zip."""
    if "member" not in file:
        return found
    with zipfile.ZipFile(found) as pack:
        if file["member"] not in pack.namelist():
            raise zipfile.BadZipFile(file["member"])
        with pack.open(file["member"]) as source:
            return _written(home / file["member"], lambda out: shutil.copyfileobj(source, out, 1 << 20))


def _workbook(file, found, home):
    """Return a workbook, which takes a minute to read, as Parquet."""
    if found.suffix != ".xlsx":
        return found
    from casekit import tables

    content = parquet(tables.read(found).astype("string"))
    return _written(home / f"{found.stem}.parquet", lambda out: out.write(content))


def _written(target, write):
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with open(part, "wb") as out:
            write(out)
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
    return target


def _orders(entry, file):
    """Return the orders of a file, after comparing it with the published facts."""
    with engine().connect() as duckdb:
        return _judged(duckdb, entry, file)


def _judged(duckdb, entry, file):
    if file.suffix == ".parquet":
        source = duckdb.read_parquet(str(file))
    elif file.suffix == ".csv":
        source = duckdb.read_csv(str(file), header=False, all_varchar=True)
    else:
        from casekit import tables

        source = duckdb.from_df(tables.read(file))
    if len(source.columns) != len(entry["names"]):
        what = f"{labels.text('data.columns')} {len(source.columns)} ≠ {len(entry['names'])}"
        raise InputError("datasets.not_the_file", file=file, what=what)
    pairs = zip(source.columns, entry["names"], strict=True)
    source.project(", ".join(f'"{old}" AS "{new}"' for old, new in pairs)).create_view("source")
    columns = ", ".join(f"CAST({sql} AS {KINDS[name]}) AS {name}" for name, sql in entry["columns"].items())
    drops = entry.get("drop", {})
    cases = " ".join(f"WHEN {when} THEN '{reason}'" for reason, when in drops.items())
    duckdb.execute(f"""
        CREATE VIEW judged AS SELECT *, CASE
            WHEN dropped <> '' THEN dropped
            WHEN order_date IS NULL THEN 'missing_date'
            WHEN amount IS NULL THEN 'missing_amount'
            WHEN customer_id IS NULL THEN 'missing_customer'
            WHEN amount < 0 THEN 'return'
            WHEN amount = 0 THEN 'zero'
            ELSE 'purchase' END AS reason
        FROM (SELECT {columns}, CASE {cases} WHEN true THEN '' END AS dropped FROM source)""")
    dropped = {*drops, "missing_date", "missing_amount"}
    counts = duckdb.sql("SELECT reason, count(*), round(sum(amount), 2) FROM judged GROUP BY 1 ORDER BY 1").fetchall()
    rows, total = sum(count for _, count, _ in counts), round(sum(amount or 0 for *_, amount in counts), 2)
    lines = [{"reason": "all", "action": "read", "rows": rows, "amount": total}] + [
        {"reason": reason, "action": "dropped" if reason in dropped else "used", "rows": count, "amount": amount or 0}
        for reason, count, amount in counts
    ]
    kept = ", ".join(f"'{line['reason']}'" for line in lines if line["action"] == "used")
    orders = duckdb.sql(f"SELECT {', '.join(entry['columns'])} FROM judged WHERE reason IN ({kept or 'NULL'})").df()
    orders["order_date"] = orders["order_date"].astype("datetime64[ns]")
    seen = {"rows": rows, "customers": orders["customer_id"].nunique(), "amount": total}
    for fact, value in entry["facts"].items():
        if seen[fact] != value:
            what = f"{labels.text(f'col.{fact}')} {seen[fact]:,} ≠ {value:,}"
            raise InputError("datasets.not_the_file", file=file, what=what)
    orders.attrs.update(currency=entry["currency"], fetch_report=json.dumps(lines))
    return orders


def _problem(code, entry, home, **details):
    """Return an error that says how to get the file by hand."""
    file = next((file for file in entry["files"] if "url" in file), entry["files"][-1])
    url = file.get("url", entry["page"])
    key = "data.by_hand_own" if "by_hand" in entry else "data.by_hand"
    hand = labels.text(key, by_hand=said(entry, "by_hand"), url=url, file=file["name"], folder=home)
    return InputError(f"datasets.{code}", **{"url": url, **details}, by_hand=hand)


def _print(note):
    from rich.console import Console

    Console(stderr=True).print(note, markup=False, soft_wrap=True)
