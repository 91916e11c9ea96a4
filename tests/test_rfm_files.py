"""Orders in files, larger than memory: read by DuckDB, written whole or not at all."""

import json
import subprocess
import sys

import duckdb
import pandas as pd
import pytest
from orderlog import DATA, HOW, measured, same, scored, ties
from typer.testing import CliRunner

from casekit import cli, labels, rfm
from casekit.errors import InputError
from casekit.rfm import engines


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    for part in range(2):
        duckdb.from_df(ties().iloc[part::2]).write_parquet(str(folder / f"{part}.parquet"))
    return folder


def test_paths_may_be_one_or_many_text_or_path(folder):
    for orders in (folder, str(folder), str(folder / "*.parquet"), [folder / "0.parquet", str(folder / "1.parquet")]):
        pd.testing.assert_frame_equal(rfm.measure(orders, **HOW), measured("ties"))


def test_some_customers_at_a_time_are_all_of_them(folder, monkeypatch):
    monkeypatch.setattr(engines, "GROUP", 30_000_000)
    seen, shares = [], []
    run = engines._Duck.run
    monkeypatch.setattr(engines._Duck, "run", lambda self, text, *more: seen.append(text) or run(self, text, *more))
    found = rfm.measure(folder, memory="1GB", progress=shares.append, **HOW)
    assert sum(text.startswith("insert into rfm_groups") for text in seen) == 4
    pd.testing.assert_frame_equal(found, measured("ties"))
    pd.testing.assert_frame_equal(rfm.report(found), rfm.report(measured("ties")))
    assert shares == sorted(shares) and shares[-1] <= 1


def test_ids_in_text_files_keep_their_zeros(tmp_path):
    (tmp_path / "log.csv").write_text("id,day,cny,n\n007,2024-06-01,2.5,2\n7,2024-06-02,1.5,1\n,2024-06-03,1,1\nNULL,2024-06-03,1,1\n")
    found = rfm.measure(tmp_path / "log.csv", **HOW | {"amount": "cny * n"})
    assert found["monetary"].to_dict() == {"007": 5.0, "7": 1.5}
    assert rfm.report(found)["rows"].tolist() == [4, 2, 2]


def test_days_with_a_time_zone_are_those_of_utc(tmp_path):
    path = str(tmp_path / "log.parquet")
    duckdb.sql("select 'a' as id, timestamptz '2024-06-29 23:30:00+00' as day, 1.0 as cny").write_parquet(path)
    assert rfm.measure(path, **HOW)["recency_days"].tolist() == [1]


def test_float_ids_with_gaps_are_whole_numbers(tmp_path):
    path = str(tmp_path / "log.parquet")
    duckdb.sql("select * from (values (12347.0, 5), ('nan'::double, 6), (null, 7)) t(id, cny), (select date '2024-06-01' as day)").write_parquet(path)
    found = rfm.measure(path, **HOW)
    assert found.index.tolist() == [12347] and found.index.dtype == "int64"
    assert rfm.report(found)["rows"].tolist() == [3, 2, 1]


@pytest.mark.slow
def test_online_retail_as_it_lies_there(tmp_path):
    path = DATA / "online_retail_uci352.parquet"
    if not path.exists():
        pytest.skip(f"real order logs are not here: {path}")
    how = {"customer": "CustomerID", "date": "InvoiceDate", "amount": "Quantity*UnitPrice", "order": "InvoiceNo", "as_of": "2011-12-10"}
    expected = rfm.measure(pd.read_parquet(path), **how)
    pd.testing.assert_frame_equal(rfm.measure(path, **how), expected)
    for scheme in ("quintiles", "quintiles_split", "p2_points"):
        done = rfm.score_orders(path, tmp_path / "scores.parquet", scheme=scheme, **how)
        same(pd.read_parquet(done.customers).drop(columns="segment"), rfm.score(expected, scheme))


def test_progress_rises_to_the_end(folder, tmp_path):
    shares = []
    rfm.score_orders(folder, tmp_path / "scores.parquet", progress=shares.append, **HOW)
    assert shares == sorted(shares) and shares[-1] == pytest.approx(1)


def test_an_interrupt_leaves_the_old_file_and_nothing_else(folder, tmp_path):
    out = tmp_path / "scores.parquet"
    out.write_bytes(b"old")

    def interrupted(share):
        if share > 0.85:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rfm.score_orders(folder, out, progress=interrupted, **HOW)
    assert [path.name for path in tmp_path.iterdir()] == [out.name] and out.read_bytes() == b"old"


# Without -B the limit would also cut the modules that Python compiles on the way.
FULL = """
import json, resource, sys
from casekit import labels, rfm
from casekit.errors import InputError
labels.use("en")
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))
try:
    rfm.score_orders(sys.argv[1], sys.argv[2], **json.loads(sys.argv[3]))
except InputError as error:
    print(error.code, error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on the size of a file there")
def test_a_full_disk_leaves_the_old_file_and_nothing_else(folder, tmp_path):
    out = tmp_path / "scores.parquet"
    out.write_bytes(b"old")
    command = [sys.executable, "-B", "-c", FULL, str(folder), str(out), json.dumps(HOW)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert told.startswith("tables.cannot_write Cannot write") and "too large" in told
    assert [path.name for path in tmp_path.iterdir()] == [out.name] and out.read_bytes() == b"old"


@pytest.mark.parametrize(
    ("orders", "out", "more", "code", "named"),
    [
        ("nowhere/*.parquet", "s.parquet", {}, "tables.no_file", "nowhere"),
        ("nowhere.csv", "s.csv", {}, "tables.no_file", "nowhere.csv"),
        ("*.parquet", "nowhere/s.parquet", {}, "tables.cannot_write", "nowhere"),
        ("*.parquet", "s.csv", {}, "rfm.out_parquet", "s.csv"),
        ("*.parquet", "s.parquet", {"memory": "much"}, "rfm.memory_form", "much"),
        ("*.parquet", "s.parquet", {"memory": "1MB"}, "rfm.memory", "1MB"),
        ("*.parquet", "s.parquet", {"memory": "1kB"}, "rfm.memory", "1kB"),
        ("*.parquet", "s.parquet", {"names": "nine"}, "rfm.segments", "nine"),
        ("*.parquet", "s.parquet", {"scheme": "none"}, "rfm.scheme", "none"),
        ("*.parquet", "s.parquet", {"amount": "money"}, "missing_column", "money"),
        ("*.parquet", "s.parquet", {"amount": "number"}, "rfm.amount_type", "number"),
        ("*.parquet", "s.parquet", {"date": "number"}, "rfm.date_type", "number"),
        ("*.parquet", "s.parquet", {"as_of": None}, "rfm.no_as_of", "2024-07-01"),
        ("*.parquet", "s.parquet", {"as_of": "2024-01-01"}, "rfm.future", "customer"),
        ("*.parquet", "s.parquet", {"missing": "raise"}, "rfm.missing", "id"),
        ("*.parquet", "s.parquet", {"as_of": "2000-01-01", "future": "drop"}, "rfm.no_purchases", "future"),
        ("broken", "s.parquet", {}, "tables.unreadable", "broken"),
    ],
)
@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_refusals_are_one_sentence(folder, tmp_path, orders, out, more, code, named, lang):
    labels.use(lang)
    if orders == "broken":
        (tmp_path / "broken").mkdir()
        (tmp_path / "broken" / "a.parquet").write_bytes(b"PAR1 nothing")
        where = tmp_path / "broken"
    else:
        where = str(folder / orders)
    with pytest.raises(InputError) as caught:
        rfm.score_orders(where, tmp_path / out, **HOW | more)
    assert caught.value.code == code and named in str(caught.value) and code not in str(caught.value)
    assert not list(tmp_path.glob("*.parquet")) and not list(tmp_path.glob(".*"))


def test_without_duckdb_the_extra_is_named(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(InputError, match="casekit.research."):
        rfm.measure(folder, **HOW)


def test_command_on_a_pattern(folder, tmp_path):
    out = tmp_path / "scores.parquet"
    options = ["--customer", "id", "--date", "day", "--amount", "cny", "--as-of", "2024-06-30", "--lang", "zh"]
    run = CliRunner(env={"COLUMNS": "120"}).invoke
    result = run(cli.app, ["rfm", str(folder / "*.parquet"), *options, "--memory", "1GB", "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert "155 位客户" in result.output and "重要价值客户 222" in result.output
    expected = rfm.segment(scored("ties", "quintiles"))
    found = pd.read_parquet(out)
    same(found.drop(columns="segment_name"), expected)
    assert found["segment_name"].str.contains("客户").all()
    result = run(cli.app, ["rfm", str(folder), *options, "--delimiter", ";"])
    assert result.exception.code == "rfm.found_out"
