"""From orders to RFM scores: casekit against hand-written engines, peers and the usual recipe, in one run on this machine.

从订单到 RFM 得分：casekit 与手写的 DuckDB、polars、pandas，同类软件和常见写法在同一台电脑、同一次运行中比较。

    python benchmarks/rfm.py [--rows 1000000 10000000] [--rounds 3] [--folder FOLDER] [--out docs]

Orders are drawn by DuckDB into Parquet. Every way runs in a process of its own, turn by turn, from file to file;
counted are CPU and wall seconds of the call without imports, and the peak memory of the process. Scores are compared
before any time is kept. On a busy computer the ratios mean something, the seconds little. The peers come from PyPI
into environments of their own. Writes rfm_benchmark.csv and rfm_benchmark.png; earlier sizes stay in them.
"""

import argparse
import datetime
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

AS_OF, COLUMNS = "2025-01-01", ("customer_id", "order_date", "amount")
LIMIT = {"pandas": 20_000_000, "recipe": 2_000_000, "lifetimes": 20_000_000, "pymc-marketing": 20_000_000}
PEERS = ("lifetimes", "pymc-marketing")
HOW = dict(zip(("customer", "date", "amount"), COLUMNS, strict=True)) | {"as_of": AS_OF}
DRAW = """copy (select (hash(i) % ({rows} * 0.087)::bigint)::bigint as customer_id,
 timestamp '2022-01-01' + to_hours(cast(pow((hash(i * 3 + 1) % 1000000) / 1e6, 0.7) * 26280 as integer)) as order_date,
 round(exp(3.5 + 2.2 * ((hash(i * 7 + 2) % 1000000) / 1e6) + ((hash(i * 11 + 5) % 1000000) / 1e6)), 2) as amount
 from range({rows}) t(i)) to '{file}' (format parquet)"""


def reading(file, out):
    import duckdb

    read = f"select sum(hash(customer_id)), sum(hash(order_date)), sum(hash(amount)) from '{file}'"
    return lambda: duckdb.sql(read).fetchall()


def casekit(file, out, memory=None):
    import duckdb  # noqa: F401  an import is not counted
    import narwhals._duckdb.namespace  # noqa: F401

    from casekit import rfm

    return lambda: rfm.score_orders(file, out, memory=memory, **HOW)


def casekit_1gb(file, out):
    return casekit(file, out, "1GB")


def casekit_pandas(file, out):
    import pandas as pd
    from casekit import rfm, tables

    return lambda: tables.write(rfm.score(rfm.measure(pd.read_parquet(file), **HOW)).reset_index(), Path(out))


def duckdb_by_hand(file, out, memory=None):
    import duckdb

    def classes(name, best_first):
        cases = " ".join(f"when {name} <= e.{name[0]}[{k}] then {6 - k if best_first else k}" for k in range(1, 5))
        return f"case {cases} else {1 if best_first else 5} end as {name[0]}_score"

    def run():
        base = duckdb.connect()
        base.execute("set preserve_insertion_order = false")
        if memory:
            base.execute(f"set memory_limit = '{memory}'; set temp_directory = '{out}.spill'")
        base.execute(f"""create temp table c as select customer_id, date_diff('day', max(order_date), date '{AS_OF}') as recency_days,
            count(*) as frequency, round(sum(amount), 2) as monetary from '{file}' group by 1""")
        fifths = ", ".join(f"quantile_cont({name}, [.2, .4, .6, .8]) as {name[0]}" for name in ("recency_days", "frequency", "monetary"))
        base.execute(f"create temp table e as select {fifths} from c")
        scores = ", ".join((classes("recency_days", True), classes("frequency", False), classes("monetary", False)))
        base.execute(f"""copy (select c.*, {scores}, concat(r_score, f_score, m_score) as rfm_code,
            r_score + f_score + m_score as rfm_score from c cross join e) to '{out}'""")

    return run


def duckdb_by_hand_1gb(file, out):
    return duckdb_by_hand(file, out, "1GB")


def polars_by_hand(file, out):
    import polars as pl

    def classes(name, best_first):
        edges = [pl.col(name) > pl.col(name).quantile(k / 5, "linear") for k in range(1, 5)]
        above = sum(edge.cast(pl.Int64) for edge in edges)
        return (5 - above if best_first else 1 + above).alias(f"{name[0]}_score")

    def run():
        day = datetime.date.fromisoformat(AS_OF)
        one = pl.scan_parquet(file).group_by("customer_id").agg(
            (pl.lit(day) - pl.col("order_date").max().dt.date()).dt.total_days().alias("recency_days"),
            pl.len().cast(pl.Int64).alias("frequency"), pl.col("amount").sum().round(2).alias("monetary"))  # fmt: skip
        table = one.collect(engine="streaming")
        scores = classes("recency_days", True), classes("frequency", False), classes("monetary", False)
        table.with_columns(*scores).write_parquet(out)

    return run


def pandas_by_hand(file, out):
    import numpy as np
    import pandas as pd

    def run():
        orders = pd.read_parquet(file)
        by = orders.groupby("customer_id")
        table = pd.DataFrame({"recency_days": (pd.Timestamp(AS_OF) - by["order_date"].max().dt.normalize()).dt.days,
                              "frequency": by.size(), "monetary": by["amount"].sum().round(2)})  # fmt: skip
        for name, letter in zip(table, "rfm", strict=True):
            above = np.searchsorted(np.quantile(table[name], [0.2, 0.4, 0.6, 0.8]), table[name])
            table[f"{letter}_score"] = 5 - above if letter == "r" else 1 + above
        table.reset_index().to_parquet(out)

    return run


def recipe(file, out):
    """What most notebooks do; its scores depend on the order of rows, so they are not compared."""
    import pandas as pd

    def run():
        orders, day = pd.read_parquet(file), pd.Timestamp(AS_OF)
        table = orders.groupby("customer_id").agg(
            {"order_date": lambda days: (day - days.max()).days, "customer_id": lambda ids: len(ids), "amount": lambda cny: cny.sum()})
        table.columns = ["recency_days", "frequency", "monetary"]
        table["r_score"] = pd.qcut(table["recency_days"], 5, labels=[5, 4, 3, 2, 1]).astype(int)
        for name, score in (("frequency", "f_score"), ("monetary", "m_score")):
            table[score] = pd.qcut(table[name].rank(method="first"), 5, labels=[1, 2, 3, 4, 5]).astype(int)
        table.reset_index().to_parquet(out)

    return run


def lifetimes(file, out):
    import pandas as pd
    from lifetimes.utils import summary_data_from_transaction_data as summary

    return lambda: summary(pd.read_parquet(file), *COLUMNS, observation_period_end=AS_OF).reset_index().to_parquet(out)


def pymc_marketing(file, out):
    import pandas as pd
    from pymc_marketing.clv.utils import rfm_summary

    return lambda: rfm_summary(pd.read_parquet(file), *COLUMNS, observation_period_end=AS_OF).to_parquet(out)


WAYS = {
    "read": reading,
    "casekit": casekit,
    "casekit 1 GB": casekit_1gb,
    "casekit pandas": casekit_pandas,
    "DuckDB": duckdb_by_hand,
    "DuckDB 1 GB": duckdb_by_hand_1gb,
    "polars": polars_by_hand,
    "pandas": pandas_by_hand,
    "recipe": recipe,
    "lifetimes": lifetimes,
    "pymc-marketing": pymc_marketing,
}


def ways(rows):
    return [name for name in WAYS if rows <= LIMIT.get(name.split()[-1], rows)]


def measure(way, file, out):
    """Run one way in a fresh process; return CPU seconds, wall seconds and peak MB."""
    python = sys.executable
    if way in PEERS:
        from clv import python_of

        python = python_of(way)
    done = subprocess.run([python, __file__, "--way", way, "--folder", file, "--out", out], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{way}: {(done.stderr.strip().splitlines() or ['killed'])[-1]}")
    return json.loads(done.stdout.splitlines()[-1])


def alone(way, file, out):
    """The child: run one way and print what it took."""
    run = WAYS[way](file, out)
    before, start = time.process_time(), time.perf_counter()
    run()
    spent = time.process_time() - before, time.perf_counter() - start
    print("\n" + json.dumps([*spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))


def compare(way, file, reference):
    """Refuse to time what gives other results; recency from the peers, which do not score."""
    import duckdb

    if way in ("read", "recipe"):
        return
    if way in PEERS:
        ours, theirs = (duckdb.sql(f"select count(*), sum({days}) from '{name}'").fetchall()[0]
                        for days, name in (("recency_days", reference), ('"T" - recency', file)))  # fmt: skip
        assert ours == theirs, f"{way}: {theirs}, not {ours}"
        return
    both = f"'{reference}' as a full join '{file}' as b using (customer_id)"
    names = ("recency_days", "frequency", "monetary", "r_score", "f_score", "m_score")
    odd = duckdb.sql(f"select count(*) from {both} where " + " or ".join(f"a.{n} is distinct from b.{n}" for n in names)).fetchall()[0][0]
    assert odd == 0, f"{way}: {odd} customers are scored otherwise"


def callback():
    """Return CPU milliseconds a call at 5,000 rows, warm: what a slider waits for."""
    import duckdb
    from casekit import rfm

    log = duckdb.sql(DRAW.format(rows=5000, file="").split("copy (")[1].rpartition(") to")[0]).df()
    kept = rfm.measure(log, **HOW)
    arrays = [kept[name].to_numpy() for name in kept]
    with tempfile.TemporaryDirectory() as folder:
        file = f"{folder}/orders.parquet"
        log.to_parquet(file)
        steps = {
            "rescore arrays": lambda: rfm.score_arrays(*arrays),
            "rescore table": lambda: rfm.score(kept),
            "measure + score": lambda: rfm.score(rfm.measure(log, **HOW)),
            "recipe": recipe(file, f"{folder}/out.parquet"),
            "DuckDB": duckdb_by_hand(file, f"{folder}/out.parquet"),
        }
        for name, step in steps.items():
            times = []
            for _ in range(30):
                start = time.process_time()
                step()
                times.append(1000 * (time.process_time() - start))
            yield name, statistics.median(times)


def draw(table, path, note):
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    sizes = sorted(table["rows"].unique())
    figure, axes = plt.subplots(1, len(sizes), figsize=(4.6 * len(sizes), 4.2), layout="constrained", squeeze=False)
    for axis, size in zip(axes[0], sizes, strict=True):
        part = table[table["rows"] == size].sort_values("cpu_s", ascending=False)
        ours = part["way"].str.startswith("casekit")
        axis.barh(part["way"], part["cpu_s"], color=["#0072B2" if one else "#BBBBBB" for one in ours])
        for place, (cpu, peak) in enumerate(zip(part["cpu_s"], part["peak_mb"], strict=True)):
            axis.text(cpu, place, f" {cpu:.2g} s · {peak / 1000:.1f} GB", va="center", fontsize=8)
        axis.set(title=f"{size / 1e6:g} M", xlabel="CPU s", xlim=(0, part["cpu_s"].max() * 1.45))
        axis.spines[["top", "right"]].set_visible(False)
    figure.supxlabel(note, fontsize=7)
    figure.savefig(path, dpi=110)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", default="")
    parser.add_argument("--out", default=str(Path(__file__).parents[1] / "docs"))
    parser.add_argument("--way", help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.way:
        return alone(told.way, told.folder, told.out)

    import duckdb
    import pandas as pd
    from clv import python_of

    for name in PEERS:
        try:  # pandas reads Parquet through pyarrow, which the peers do not bring
            subprocess.run([python_of(name), "-m", "pip", "install", "-q", "pyarrow"], check=True, stderr=subprocess.DEVNULL)
        except (subprocess.CalledProcessError, OSError) as problem:
            print(f"{name} cannot be installed here and is left out: {problem}")
            del WAYS[name]
    found, today = [], datetime.date.today().isoformat()
    with tempfile.TemporaryDirectory() as scratch:
        for rows in told.rows:
            file, out = f"{told.folder or scratch}/orders_{rows}.parquet", f"{scratch}/out.parquet"
            if not os.path.exists(file):
                duckdb.execute(DRAW.format(rows=rows, file=file))
            runs = {name: [] for name in ways(rows)}
            for round_ in range(told.rounds):  # turn by turn: a busy computer slows all alike
                for name in list(runs):
                    target = f"{scratch}/reference.parquet" if name == "DuckDB" else out
                    try:
                        runs[name].append(measure(name, file, target))
                        if round_ == 0 and name == "casekit":
                            os.replace(out, f"{scratch}/casekit.parquet")
                        elif round_ == 0:
                            compare(name, target, f"{scratch}/casekit.parquet")
                    except RuntimeError as problem:
                        print(problem)
                        del runs[name]
            by_hand, read = (statistics.median(one[0] for one in runs[name]) for name in ("DuckDB", "read"))
            print(f"{rows:,} rows, {told.rounds} rounds, load {os.getloadavg()[0]:.0f}")
            for name, each in runs.items():
                cpu, wall, peak = (statistics.median(one[place] for one in each) for place in range(3))
                # Round by round against DuckDB by hand of the same round.
                ratio = statistics.median(one[0] / other[0] for one, other in zip(each, runs["DuckDB"], strict=False))
                print(f"  {name:16}{cpu:8.2f} CPU s{wall:8.2f} s{peak:7.0f} MB{ratio:7.2f} x DuckDB{cpu / read:7.1f} x read")
                found.append({"date": today, "rows": rows, "way": name, "cpu_s": round(cpu, 3), "wall_s": round(wall, 2),
                              "peak_mb": round(peak), "to_duckdb": round(ratio, 2), "to_read": round(cpu / read, 2)})  # fmt: skip
    for name, milliseconds in callback():
        print(f"  5,000 rows: {name:16}{milliseconds:8.2f} CPU ms")
        found.append({"date": today, "rows": 5000, "way": name, "cpu_s": round(milliseconds / 1000, 6)})
    path = Path(told.out) / "rfm_benchmark.csv"
    table = pd.DataFrame(found)
    if path.exists():
        table = pd.concat([pd.read_csv(path), table]).drop_duplicates(["rows", "way"], keep="last").sort_values(["rows", "cpu_s"])
    table.to_csv(path, index=False)
    names = ", ".join(f"{name} {__import__(name).__version__}" for name in ("duckdb", "pandas", "polars"))
    note = f"{today} · {os.cpu_count()} cores · Python {platform.python_version()} · {names}"
    draw(table[table["rows"] > 5000], path.with_suffix(".png"), note)


if __name__ == "__main__":
    main()
