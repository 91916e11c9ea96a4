"""Orders that stay where they are: Parquet and CSV files through DuckDB, Spark frames on their cluster.

An engine keeps the steps of `casekit.rfm.sql` under their names and fetches what is small. Other frames are added up by
`casekit.rfm.measures`; from their customers on DuckDB has no ``source`` to read, but the same steps to go.
"""

import concurrent.futures
import contextlib
import dataclasses
import glob
import math
import os
import tempfile
from pathlib import Path

import narwhals as nw
import numpy as np
import pandas as pd

from casekit import inputs
from casekit.errors import InputError
from casekit.rfm import sql
from casekit.rfm.reading import KINDS, Reading
from casekit.rfm.scores import planned
from casekit.rfm.segments import SCORES, overview, segment, strategies

# What of the whole a step takes, for the progress bar; writing takes the rest.
SHARES = {"rfm_groups": 0.75, "rfm_customers": 0.1, "rfm_edges": 0.05}
# Bytes of memory that a customer takes while rows are added up, the table of all of them included.
GROUP = 170
EMPTY = ["", "NULL", "null", "NaN", "nan", "N/A", "#N/A"]


@dataclasses.dataclass(frozen=True)
class Scored:
    """What `score_orders` gives: two small tables, and where the customers are.

    `score_orders` 的结果：两张小表，以及客户得分所在之处。
    """

    overview: pd.DataFrame
    report: pd.DataFrame
    customers: object


def stays(orders):
    """Return whether the orders are files or live on a Spark cluster.

    判断订单是否为文件，或在 Spark 集群上。
    """
    several = orders if isinstance(orders, list | tuple) and orders else [orders]
    return all(isinstance(one, str | Path) for one in several) or type(orders).__module__.startswith("pyspark.sql")


def score_orders(
    orders,
    out=None,
    *,
    scheme="quintiles",
    weights=None,
    names="eight",
    words=None,
    memory=None,
    progress=None,
    **how,
):
    """Measure, score and segment customers where their orders live: for more than fit into memory.

    在订单所在之处测量、打分、细分：客户多到内存放不下时使用。

    Parameters
    ----------
    orders : str, Path, list of them, Spark DataFrame, or other frame
        Parquet or CSV files (also a folder of Parquet files, or a pattern such as ``"orders/*.parquet"``),
        which DuckDB reads piece by piece; or a frame on a cluster. Dask adds up on its cluster and the sums, one row
        a customer, come here; so it is with any frame that `rfm.measure` takes.
    out : str or Path, optional
        Parquet file for the customers, in no particular order; written whole or not at all. With Spark a folder.
    scheme, weights, names
        As for `rfm.score` and `rfm.segment`.
    words : callable, optional
        Gives the words of a segment code, for a column ``segment_name``.
    memory : str, optional
        What DuckDB may use, such as ``"1GB"``; beyond it works on disk.
    progress : callable, optional
        Called with the share that is done, 0 to 1.
    **how
        Columns, ``as_of`` and policies as for `rfm.measure`.

    Returns
    -------
    Scored
        ``overview`` and ``report`` as `rfm.overview` and `rfm.report` give them; ``customers``: the path,
        or the Spark DataFrame, with the columns of `rfm.score` and ``segment``.

    Raises
    ------
    InputError
        As for `rfm.measure`; no such files, too little memory, or no space to write.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "a.csv").write_text("id,day,cny\\nC1,2024-06-01,120\\nC2,2024-03-01,35.5\\n")
    >>> _ = (folder / "b.csv").write_text("id,day,cny\\nC1,2024-06-20,-20\\n")
    >>> done = score_orders(folder / "*.csv", folder / "scores.parquet", customer="id", date="day", amount="cny",
    ...                     as_of="2024-06-30", scheme={"bins": 2})
    >>> done.overview.loc[done.overview["customers"] > 0, ["segment", "customers", "revenue"]]
                 segment  customers  revenue
    2  important_develop          1    100.0
    7     general_retain          1     35.5
    """
    how, plan, last = Reading(**how), planned(scheme, weights), Path(out) if out is not None else None
    strategies(names)  # a wrong name is told before the work, not after it
    with opened(orders, how, memory, progress, last) as engine:
        if last is not None and last.suffix != ".parquet":  # said only of orders that are there
            raise InputError("rfm.out_parquet", file=last.name)
        told = measured(engine, how)
        steps = sql.scoring(plan, how.customer)
        for name, text in steps:
            engine.keep(name, text, name in ("rfm_edges", "rfm_means") or (name == "rfm_scores" and sql.placed(plan)))
        cells = pd.DataFrame(engine.fetch(CELLS))
        cells.attrs["rfm_levels"] = plan.levels
        cells = segment(cells, names)
        table = overview(cells, names)
        cells = cells[[*SCORES, "segment"]]
        if words:
            cells = cells.assign(segment_name=cells["segment"].map(words))
        return Scored(table, told, engine.write(cells, last))


CELLS = f"""select {", ".join(SCORES)}, count(*) as customers, cast(sum(frequency) as bigint) as frequency,
 sum(monetary) as monetary from rfm_scores group by 1, 2, 3 order by 1, 2, 3"""


def measured(engine, how):
    """Keep one row a customer under the name ``rfm_customers``; return what became of the rows.

    把每位客户的一行存为 ``rfm_customers``；返回各行的去向。
    """
    from casekit.rfm.measures import aggregated, ask_as_of, checked, told

    if engine.source is None:
        table, lines = aggregated(engine.frame, how)
        engine.con.register("rfm_customers", table.rename_axis("customer").reset_index())
        return lines
    rows, types = checked(engine.frame, how)
    if how.as_of is None:
        ask_as_of(rows)
    for name, text in sql.grouping(engine.source, how, types):
        engine.keep(name, text, name == "rfm_groups")
    seen = engine.fetch(sql.REPORT)
    counts = dict(zip(seen["reason"], map(int, seen["lines"]), strict=True))
    refused = how.refused(counts)
    if refused:
        kind, column = refused
        some = engine.fetch(f"select customer from rfm_kinds where kind = {KINDS.index(kind)} limit 6")
        where = inputs.rows(f"customer {name}" for name in some["customer"])
        raise InputError(f"rfm.{kind.split('_')[0]}", column=column, rows=where, as_of=how.as_of)
    if "purchase" not in counts:
        raise InputError("rfm.no_purchases", kept=", ".join(f"{k} {n}" for k, n in counts.items()) or 0)
    name, text = sql.customers(how, counts)
    engine.keep(name, text, "group by" in text)  # else it is the groups under other names
    alone = 0, 0.0
    if how.returns == "net" and "return" in counts:
        lost = engine.fetch(sql.ONLY_RETURNS)
        alone = lost["lines"][0], lost["total"][0]
    return told(counts, seen["total"], how.returns, alone)


@contextlib.contextmanager
def opened(orders, how, memory=None, progress=None, out=None):
    """Open the engine that suits the orders, and put into one sentence what goes wrong in it.

    打开适合这些订单的引擎，并把其中的错误说成一句话。
    """
    if type(orders).__module__.startswith("pyspark.sql"):
        engine = _Spark(orders.sparkSession, nw.from_native(orders))
        orders.createOrReplaceTempView(engine.source)
        with contextlib.closing(engine):
            yield engine
        return
    from casekit.rfm.measures import framed

    try:
        import duckdb
    except ImportError:
        raise InputError("tables.duckdb") from None
    files, shown = None, type(orders).__name__
    if stays(orders):
        files, shown = found(orders), inputs.rows(orders if isinstance(orders, list | tuple) else [orders])
    try:
        # Beside the result, where there is space for it; the system's own folder for such things may be small.
        spill = tempfile.TemporaryDirectory(prefix=".casekit-", dir=out and out.parent, ignore_cleanup_errors=True)
    except OSError as error:
        raise InputError("tables.cannot_write", file=out or "", reason=error.strerror) from None
    with spill, duckdb.connect() as con:
        # Days of zoned times are those of UTC: the zone of the computer must not change a result.
        settings = {"temp_directory": spill.name, "TimeZone": "UTC", "preserve_insertion_order": "false"}
        settings |= {"enable_progress_bar": "true", "enable_progress_bar_print": "false"}
        settings |= {"memory_limit": memory} if memory else {}
        try:
            for name, value in settings.items():
                con.execute(f"set {name} = {_text(value)}")
        except duckdb.Error:
            raise InputError("rfm.memory_form", memory=memory) from None
        limit, room = memory, 0
        try:
            limit = con.execute("select current_setting('memory_limit')").fetchall()[0][0]
            source = files and _scan(con, files, how)
            frame = nw.from_native(con.sql(f"select * from {source}")) if files else framed(orders)
            if memory and files and source.startswith("read_parquet") and not how.visit:
                room = _bytes(limit)
            yield _Duck(con, frame, source, progress or (lambda share: None), room)
        except duckdb.OutOfMemoryException:
            raise InputError("rfm.memory", memory=memory or limit) from None
        except duckdb.Error as error:
            reason = inputs.reason(error)
            full = any(word in reason.lower() for word in ("write", "space", "too large"))
            if full and isinstance(error, duckdb.IOException):
                raise InputError("tables.cannot_write", file=out or spill.name, reason=reason) from None
            raise InputError("tables.unreadable", file=shown, reason=reason) from None


def found(orders):
    """Return the files that paths, patterns and folders name.

    返回路径、通配符和文件夹所指的文件。
    """
    files = []
    for one in map(str, orders if isinstance(orders, list | tuple) else [orders]):
        pattern = os.path.join(glob.escape(one), "**", "*.parquet") if os.path.isdir(one) else one
        some = [one] if os.path.isfile(one) else sorted(glob.glob(pattern, recursive=True))
        if not some:
            raise InputError("tables.no_file", file=pattern)
        files += some
    return files


def _scan(con, files, how):
    """Return the table function that reads the files; ids in text files stay text (00001 keeps its zeros)."""
    names = f"[{', '.join(map(_text, files))}]"
    if files[0].endswith(".parquet"):
        return f"read_parquet({names})"
    form = f"{names}, nullstr = [{', '.join(map(_text, EMPTY))}]"
    columns = con.sql(f"select * from read_csv({form})").columns
    ids = ", ".join(f"{sql.quoted(name)}: 'VARCHAR'" for name in (how.customer, how.order) if name in columns)
    return f"read_csv({form}, types = {{{ids}}})" if ids else f"read_csv({form})"


def _bytes(text):
    """Return the bytes that a text such as ``953.6 MiB`` says."""
    number, unit = text.split()
    return max(1.0, float(number) * 1024 ** " KMGT".find(unit[0]))


def _text(value):
    return "'" + str(value).replace("'", "''") + "'"


@dataclasses.dataclass
class _Duck:
    con: object
    frame: object
    source: str
    progress: object
    room: float = 0.0
    done: float = 0.0

    def keep(self, name, text, table):
        parts, verb = [text], f"create {'temp table' if table else 'temp view'} {name} as"
        if name == "rfm_groups" and self.room:
            parts = self.sliced(text)
        for part in parts:
            self.run(f"{verb} {part}", SHARES.get(name, 0) / len(parts))
            verb = f"insert into {name}"

    def sliced(self, text):
        """Return the statement for some customers at a time: to read twice is quicker than to spill to disk."""
        asked = "select approx_count_distinct(customer), current_setting('threads') from rfm_rows"
        [(customers, threads)] = self.run(asked, 0)
        needed = max(1, customers * GROUP)
        # Every thread has a table of its own of all customers.
        self.run(f"set threads = {max(1, min(threads, int(self.room // needed)))}", 0)
        count = max(1, min(16, math.ceil(needed / self.room)))
        where = "from rfm_kinds where hash(customer) % {} = {}"
        return [text.replace("from rfm_kinds", where.format(count, number)) for number in range(count)]

    def fetch(self, text):
        frame = self.run(text, 0, "df")
        return {name: frame[name].to_numpy() for name in frame}

    def write(self, cells, out):
        if out is None:
            return None
        self.con.register("rfm_cells", cells)
        part = out.with_name(f".{out.name}.{os.getpid()}")
        more = ", ".join(f"c.{name}" for name in cells if name not in SCORES)
        same = " and ".join(f"s.{name} = c.{name}" for name in SCORES)
        text = f"select s.*, {more} from rfm_scores as s join rfm_cells as c on {same}"
        try:
            self.run(f"copy ({text}) to {_text(part)} (format parquet)", 1 - self.done)
            os.replace(part, out)
        finally:
            part.unlink(missing_ok=True)
        return out

    def run(self, text, share, then="fetchall"):
        """Run in a thread, so that progress can be shown and Ctrl-C is heard."""
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            job = pool.submit(lambda: getattr(self.con.execute(text), then)())
            try:
                while not concurrent.futures.wait([job], timeout=0.2).done:
                    self.progress(self.done + share * max(self.con.query_progress(), 0) / 100)
            except BaseException:
                self.con.interrupt()
                raise
        self.done += share
        self.progress(self.done)
        return job.result()


@dataclasses.dataclass
class _Spark:
    session: object
    frame: object
    source: str = "rfm_orders"
    kept: dict = dataclasses.field(default_factory=dict)
    lasting: bool = False

    def keep(self, name, text, table):
        frame = self.session.sql(sql.translated(text, "spark"))
        self.kept[name] = frame.persist() if table or name == "rfm_customers" else frame
        self.kept[name].createOrReplaceTempView(name)

    def fetch(self, text):
        rows = self.session.sql(sql.translated(text, "spark"))
        return dict(zip(rows.columns, map(np.array, zip(*rows.collect())), strict=True))

    def write(self, cells, out):
        names = self.session.createDataFrame(cells.astype(object).to_numpy().tolist(), list(cells))
        scored = self.kept["rfm_scores"].join(names.hint("broadcast"), list(SCORES))
        self.lasting = out is None
        if self.lasting:
            return scored
        scored.write.parquet(str(out))
        return out

    def close(self):
        """Forget the names, and the tables except those that a result on the cluster is made of."""
        self.session.catalog.dropTempView(self.source)
        for name, frame in self.kept.items():
            self.session.catalog.dropTempView(name)
            if name == "rfm_groups" or not self.lasting:
                frame.unpersist()
