"""rfm.to_sql: what it writes for each database, run there: SQLite, DuckDB, ClickHouse in process, a real PostgreSQL."""

import functools
import glob
import os
import shutil
import sqlite3
import subprocess
import tempfile

import pandas as pd
import pytest
from orderlog import HOW, KINDS, LOGS, NAMES, POLICIES, SCHEMES, measured, same, scored, ties

from casekit import rfm
from casekit.errors import InputError

COLUMNS = ["id", "day", "cny", "number"]


def plain(log):
    """The log with written days and None for gaps."""
    days = log["day"].dt.strftime("%Y-%m-%d %H:%M:%S")
    log = log.assign(day=days)[COLUMNS]
    return log.astype(object).where(log.notna(), None)


def sqlite(name):
    base = sqlite3.connect(":memory:")
    base.execute("create table orders (id text, day text, cny real, number text)")
    base.executemany("insert into orders values (?, ?, ?, ?)", plain(LOGS[name]()).to_numpy().tolist())
    return lambda text: pd.read_sql_query(text, base)


def duckdb(name):
    import duckdb

    base = duckdb.connect()
    base.register("orders", LOGS[name]())
    return lambda text: base.execute(text).df()


def clickhouse(name):
    session = pytest.importorskip("chdb.session").Session()
    kinds = ("Nullable(String)", "Nullable(DateTime)", "Nullable(Float64)", "Nullable(String)")
    columns = ", ".join(map(" ".join, zip(COLUMNS, kinds, strict=True)))
    session.query(f"create or replace table orders ({columns}) engine = MergeTree order by tuple()")
    text = plain(LOGS[name]()).to_csv(index=False, header=False, na_rep="\\N", quoting=2)
    session.query(f"insert into orders format CSV\n{text.replace(chr(34) + chr(92) + 'N' + chr(34), chr(92) + 'N')}")
    return lambda text: session.query(text, "DataFrame")


@pytest.fixture(scope="session")
def server():
    """A PostgreSQL of one's own: in a temporary folder, on a socket there, gone afterwards."""
    psycopg = pytest.importorskip("psycopg")
    programs = sorted(glob.glob("/usr/lib/postgresql/*/bin")) or [os.path.dirname(shutil.which("initdb") or "")]
    if not programs[-1]:
        pytest.skip("PostgreSQL is not installed here")
    folder = tempfile.mkdtemp(prefix="pg")
    user = {}
    if os.getuid() == 0:  # PostgreSQL refuses to run as root
        user = {"user": "postgres", "group": "postgres"}
        shutil.chown(folder, "postgres", "postgres")

    def run(program, *arguments):
        command = [os.path.join(programs[-1], program), "-D", f"{folder}/data", *arguments]
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, **user)

    try:
        run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        run("pg_ctl", "-w", "-l", f"{folder}/log", "-o", f"-k {folder} -c listen_addresses= -c fsync=off", "start")
        with psycopg.connect(host=folder, user="postgres", autocommit=True) as base:
            yield base
        run("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def postgres(name, base):
    base.execute("drop table if exists orders")
    base.execute("create table orders (id text, day timestamp, cny float8, number text)")
    with base.cursor().copy("copy orders from stdin") as copy:
        for row in plain(LOGS[name]()).to_numpy().tolist():
            copy.write_row(row)
    base.execute("analyze orders")

    def ask(text):
        answer = base.execute(text)
        return pd.DataFrame(answer.fetchall(), columns=[column.name for column in answer.description])

    return ask


@functools.cache
def written(dialect, number):
    return rfm.to_sql(dialect, "orders", scheme=SCHEMES[number], **HOW)["scores"]


SERVERS = [pytest.param(name, marks=pytest.mark.slow) for name in ("clickhouse", "postgres")]


@pytest.fixture(params=["sqlite", "duckdb", *SERVERS])
def dialect(request):
    return request.param


@pytest.fixture
def ask(dialect, request):
    """Give a function that opens the database with one of the logs."""
    if dialect == "postgres":
        return functools.partial(postgres, base=request.getfixturevalue("server"))
    return globals()[dialect]


@pytest.mark.parametrize("name", NAMES)
def test_the_statements_score_as_python_does(dialect, ask, name):
    base = ask(name)
    for number, scheme in enumerate(SCHEMES):
        same(base(written(dialect, number)), scored(name, scheme))


def test_the_statements_obey_the_policies_and_tell_what_they_read(dialect, ask):
    base = ask("ties")
    for policies in POLICIES:
        texts = rfm.to_sql(dialect, "orders", **HOW | policies)
        expected = rfm.measure(ties(), **HOW | policies)
        same(base(texts["scores"])[["id", *expected]], expected)
        told = dict(zip(*(base(texts["report"])[column] for column in ("reason", "lines")), strict=True))
        report = rfm.report(expected).set_index("reason")["rows"]
        merged = report.drop("all").rename({"only_returns": "return"}).groupby(level=0).sum()
        assert {reason: int(rows) for reason, rows in told.items()} == merged.to_dict()


def test_edges_part_customers_as_the_quantiles_do(dialect, ask):
    edges = ask("ties")(rfm.to_sql(dialect, "orders", **HOW)["edges"]).iloc[0]
    table, exact = measured("ties"), rfm.edges(measured("ties"))
    for letter, name in zip("rfm", table, strict=True):
        values = table[name] * 100 if letter == "m" else table[name]
        for k, quantile in enumerate(exact[name], 1):
            quantile *= 100 if letter == "m" else 1
            assert ((values > int(edges[f"{letter}_{k}"])) == (values > quantile + 1e-9)).all()


@pytest.mark.parametrize("scheme", KINDS)
def test_the_other_dialects_can_at_least_be_read(scheme):
    import sqlglot

    for dialect in ("trino", "spark"):
        for text in rfm.to_sql(dialect, "shop.orders", scheme=scheme, **HOW | {"order": "number"}).values():
            assert not text or sqlglot.parse_one(text, read=dialect)


def test_names_of_columns_may_be_anything():
    log = pd.DataFrame({"客 户": ["a", "b"], 'the "day"': pd.to_datetime(["2024-06-01", "2024-06-02"]), "q": [2, 3], "p'": [1.5, 2.0]})
    how = {"customer": "客 户", "date": 'the "day"', "amount": "q*p'", "as_of": "2024-06-30"}
    import duckdb

    base = duckdb.connect()
    base.register("orders", log)
    same(base.execute(rfm.to_sql("duckdb", "orders", **how)["scores"]).df(), rfm.score(rfm.measure(log, **how)))
    assert rfm.measure(log, **how)["monetary"].tolist() == [3.0, 6.0]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_cannot_be_written_is_refused(lang, monkeypatch):
    from casekit import labels

    labels.use(lang)
    for dialect, more, named in [
        ("oracle", {}, "postgres"),
        ("duckdb", {"as_of": None}, "as_of"),
        ("duckdb", {"scheme": "none"}, "quintiles"),
        ("duckdb", {"returns": "ignore"}, "net, drop, keep"),
    ]:
        with pytest.raises(InputError, match=named):
            rfm.to_sql(dialect, "orders", **HOW | more)
    monkeypatch.setitem(__import__("sys").modules, "sqlglot", None)
    with pytest.raises(InputError, match="casekit.research."):
        rfm.to_sql("spark", "orders", **HOW)
