"""tables: order logs as they lie about, and the command that scores them."""

import gzip
import os
import re
import sys
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from casekit import cli, labels, rfm, tables
from casekit.errors import InputError

DATA = Path(os.environ.get("CASEKIT_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
ROLES = {"customer": "客户", "date": "日期", "amount": "金额"}
LOG = pd.DataFrame(
    {
        "客户": ["001", "002", "001"],
        "日期": ["2024-01-05", "2024-02-06", "2024-03-07"],
        "金额": ["12.50", "7", "-2.5"],
    }
)


def real(name):
    path = DATA / name
    if not path.exists():
        pytest.skip(f"real order logs are not here: {path}")
    return path


@pytest.mark.parametrize("mark", [",", ";", "\t", "|", "，"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_text_files_of_any_delimiter_and_encoding(tmp_path, mark, encoding, pack):
    text = "\n".join(mark.join(row) for row in [list(LOG), *LOG.to_numpy().tolist()])
    path = tmp_path / "订单.csv"
    path.write_bytes(pack(text.encode(encoding)))
    table = tables.read(path)
    assert table.to_numpy().tolist() == LOG.to_numpy().tolist()
    assert list(table) == list(LOG) and list(table.index) == [1, 2, 3]


def test_white_space_and_no_header(tmp_path):
    path = tmp_path / "log.txt"
    path.write_text(" 00001 19970101  1   11.77\n 00002 19970112  1   12.00\n")
    frame = tables.orders(path, customer="1", date="2", amount="4")
    assert frame["customer"].tolist() == ["00001", "00002"] and frame["amount"].tolist() == [11.77, 12.0]
    assert frame["date"].tolist() == [pd.Timestamp("1997-01-01"), pd.Timestamp("1997-01-12")]
    assert tables.orders(path, customer="1", date="2", amount="3*4")["amount"].tolist() == [11.77, 12.0]


def test_quotes_may_hold_the_delimiter(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text('id,day,cny\n"Li, Lei",2024-01-05,"1,234.50"\nHan,2024-01-06,¥20\n,2024-01-07,3\n')
    frame = tables.orders(path, customer="id", date="day", amount="cny")
    assert frame["customer"].tolist()[:2] == ["Li, Lei", "Han"] and frame["customer"].isna().tolist()[2]
    assert frame["amount"].tolist() == [1234.5, 20, 3]


def test_blank_lines_and_nameless_columns(tmp_path):
    path = write(tmp_path / "log.tsv", b"\n\nid\tday\t\tcny\t\nC1\t2024-01-05\tx\t5\t\n")
    for mark in (None, "\t", r"\t"):
        frame = tables.orders(path, customer="id", date="2", amount="4", delimiter=mark)
        assert frame["amount"].tolist() == [5.0] and frame["customer"].tolist() == ["C1"]


def test_excel(tmp_path):
    path = tmp_path / "orders.xlsx"
    pd.DataFrame(
        {"客户": [1001.0, "A7", None], "日期": pd.to_datetime(LOG["日期"]), "金额": [12.5, 7, -2.5]}
    ).to_excel(path, index=False)
    frame = tables.orders(path, **ROLES)
    assert frame["customer"].tolist()[:2] == ["1001", "A7"] and frame["amount"].tolist() == [12.5, 7, -2.5]
    assert frame["date"].dt.month.tolist() == [1, 2, 3]


@pytest.mark.parametrize("typed", [True, False])
def test_parquet(tmp_path, typed):
    path = tmp_path / "orders.parquet"
    tables.write(
        LOG.assign(日期=pd.to_datetime(LOG["日期"]), 金额=LOG["金额"].astype(float)) if typed else LOG, path
    )
    log = tables.orders(path, **ROLES)
    assert isinstance(log, pd.DataFrame) != typed
    roles = {"customer": "customer", "date": "date", "amount": "amount", "as_of": "2024-04-01"}
    assert rfm.measure(log, **roles).to_numpy().tolist() == [[87, 1, 10.0], [55, 1, 7.0]]


@pytest.mark.parametrize(
    ("texts", "days"),
    [
        (["2024-1-5", "2024/01/06 23:59", "2024.1.7"], [5, 6, 7]),
        (["20240105", "20240106", None], [5, 6, None]),
        ([20240105, 20240106], [5, 6]),
        (["2024年1月5日", "2024年01月06日 10时"], [5, 6]),
        (["2024-01-05T10:00:00+08:00"], [5]),
        (["1/5/2024", "1/25/2024"], [5, 25]),
        (["5.1.2024", "25.1.2024", "2024-01-26"], [5, 25, 26]),
    ],
)
def test_dates(texts, days):
    found = tables.dates(pd.Series(texts, name="day"))
    assert [None if pd.isna(day) else day.day for day in found] == days
    assert {day.month for day in found.dropna()} == {1}


@pytest.mark.parametrize(
    ("texts", "code", "rows"),
    [
        (["2024-01-05", "2024-02-30"], "tables.dates", "1"),
        (["2024-01-05", "soon"], "tables.dates", "1"),
        (["2024-01-05", "202401061"], "tables.dates", "1"),
        (["1/5/2024", "2/6/2024"], "tables.ambiguous_date", None),
        (["25/5/2024", "5/25/2024"], "tables.ambiguous_date", None),
    ],
)
def test_dates_that_cannot_be_read_are_named(texts, code, rows):
    with pytest.raises(InputError) as caught:
        tables.dates(pd.Series(texts, name="day"))
    assert caught.value.code == code and caught.value.details.get("rows") == rows


def test_the_form_of_dates_may_be_told():
    assert tables.dates(pd.Series(["1/5/2024"]), "%d/%m/%Y").tolist() == [pd.Timestamp("2024-05-01")]


def test_numbers():
    assert tables.numbers(pd.Series(["1,234,567.8", "￥ 5", "-¥6.5", "7元", "1e3"])).tolist() == [
        1234567.8,
        5,
        -6.5,
        7,
        1000,
    ]
    for odd in ("1.234,50", "12,34", "约20", "5..2"):
        with pytest.raises(InputError, match=re.escape(odd)):
            tables.numbers(pd.Series(["1", odd], name="cny"))


def write(path, content):
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("nowhere.csv", None, "tables.no_file"),
        ("old.xls", b"\xd0\xcf\x11\xe0", "tables.format"),
        ("broken.xlsx", b"PK\x03\x04 no zip", "tables.unreadable"),
        ("broken.parquet", b"PAR1 nothing", "tables.unreadable"),
        ("cut.csv.gz", gzip.compress(b"id,day,cny\n1,2024-01-01,5\n" * 50, mtime=0)[:40], "tables.unreadable"),
        ("empty.csv", b"", "tables.empty"),
        ("image.csv", b"\x89PNG\xff\xff\x00,\xfe", "tables.encoding"),
        ("prose.csv", "今天天气很好\n明天也很好\n".encode(), "tables.delimiter"),
        ("twice.csv", b"id,cny,cny\n1,2,3\n", "rfm.duplicate_columns"),
        ("ragged.csv", b"id,day,cny\n" + b"1,2,3\n" * 9 + b"1,2,3,4,5\n", "tables.unreadable"),
    ],
)
@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_files_that_cannot_be_read_are_named(tmp_path, name, content, code, lang):
    labels.use(lang)
    if content is not None:
        write(tmp_path / name, content)
    with pytest.raises(InputError) as caught:
        tables.read(tmp_path / name)
    assert caught.value.code == code and code not in str(caught.value)


def test_columns_are_named_or_numbered():
    assert (
        tables._column(["id", "2", "cny"], "2") == "2" and tables._column(["id", "day", "cny"], "2") == "day"
    )
    for bad in ("0", "4", "amount"):
        with pytest.raises(InputError) as caught:
            tables._column(["id", "day", "cny"], bad)
        assert caught.value.code == "missing_column"


def test_parquet_without_duckdb_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "duckdb", None)
    path = write(tmp_path / "orders.parquet", b"PAR1")
    for action in (
        lambda: tables.read(path),
        lambda: tables.orders(path, **ROLES),
        lambda: tables.write(LOG, path),
    ):
        with pytest.raises(InputError, match=r"casekit\[research\]"):
            action()
    assert path.read_bytes() == b"PAR1"


def test_writing_is_whole_or_nothing(tmp_path):
    path = write(tmp_path / "scores.csv", b"before")

    class Broken(pd.DataFrame):
        def to_csv(self, file, **more):
            Path(file).write_text("half")
            raise OSError("disk full")

    with pytest.raises(InputError, match="disk full"):
        tables.write(Broken(LOG), path)
    assert path.read_bytes() == b"before" and os.listdir(tmp_path) == ["scores.csv"]
    tables.write(LOG, path)
    assert path.read_bytes().startswith("\ufeff客户,日期,金额\n001,".encode())
    for bad in (
        tmp_path / "scores.json",
        tmp_path / "nowhere" / "scores.csv",
        tmp_path / "nowhere" / "s.parquet",
    ):
        with pytest.raises(InputError):
            tables.write(LOG, bad)


def run(*arguments, ok=True):
    result = CliRunner(env={"COLUMNS": "80"}).invoke(cli.app, ["rfm", *map(str, arguments)])
    if isinstance(result.exception, InputError):
        raise result.exception
    assert (result.exit_code == 0) == ok, result.output
    return result.output


def test_command_on_cdnow(tmp_path):
    out = tmp_path / "scores.csv"
    shown = run(
        real("CDNOW_master.txt.gz"),
        "--customer",
        1,
        "--date",
        2,
        "--amount",
        4,
        "--as-of",
        "1998-07-01",
        "--out",
        out,
        "--lang",
        "zh",
    )
    assert "23,570 位客户" in shown and "2,500,316" in shown and "重要价值客户 222" in shown
    scores = pd.read_csv(out, dtype={"customer": str, "rfm_code": str})
    assert len(scores) == 23_570 and scores["customer"].iloc[0] == "00001"
    assert scores["monetary"].sum() == pytest.approx(2_500_315.63)
    assert set(scores["segment"]) <= set(rfm.strategies()["segment"]) and "重要价值客户 222" in set(
        scores["segment_name"]
    )


def test_command_on_the_sample_without_a_header():
    shown = run(
        real("CDNOW_sample.txt.gz"),
        "--customer",
        2,
        "--date",
        3,
        "--amount",
        5,
        "--as-of",
        "1998-07-01",
        "--lang",
        "en",
    )
    assert "2,357 customers" in shown and re.search(r"Rows read +read +6,919", shown)


def test_command_on_online_retail(tmp_path):
    out = tmp_path / "scores.parquet"
    shown = run(
        real("online_retail_uci352.parquet"),
        "--customer",
        "CustomerID",
        "--date",
        "InvoiceDate",
        "--amount",
        "Quantity*UnitPrice",
        "--order",
        "InvoiceNo",
        "--as-of",
        "2011-12-10",
        "--names",
        "ten",
        "--out",
        out,
        "--lang",
        "en",
    )
    for figure in ("541,909", "135,080", "4,339 customers", "Champions"):
        assert figure in shown
    assert all(len(line) <= 80 for line in shown.splitlines() if str(out) not in line)
    scores = tables.read(out)
    assert len(scores) == 4_339 and scores["segment"].isin(rfm.strategies("ten")["segment"]).all()


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text(
        "id,day,cny\n" + "".join(f"C{i % 7},2024-0{1 + i % 6}-1{i % 9},{i}.5\n" for i in range(40))
    )
    return [path, "--customer", "id", "--date", "day", "--amount", "cny"]


def test_command_asks_for_the_as_of_date(log):
    with pytest.raises(InputError) as caught:
        run(*log)
    assert caught.value.code == "rfm.no_as_of" and str(caught.value.details["next"]) == "2024-06-19"


def test_command_with_policies_and_own_definitions(log, tmp_path):
    (tmp_path / "s.toml").write_text("[ours]\nbins = 2\n")
    two = '[two]\nlevels = 2\nsegment = [{code = "[old]", r = [1, 1]}, {code = "new", r = [2, 2]}]'
    (tmp_path / "n.toml").write_text(two)
    shown = run(
        *log,
        "--as-of",
        "2024-04-01",
        "--future",
        "drop",
        "--since",
        "2024-02-01",
        "--scheme",
        "ours",
        "--names",
        "two",
        "--schemes",
        tmp_path / "s.toml",
        "--segments",
        tmp_path / "n.toml",
        "--lang",
        "en",
    )
    assert "[old]" in shown and "scheme ours" in shown and "After the as-of date" in shown
    with pytest.raises(InputError, match="quintiles"):
        run(*log, "--as-of", "2024-07-01", "--scheme", "theirs")
    with pytest.raises(InputError, match="net, drop, keep"):
        run(*log, "--as-of", "2024-07-01", "--returns", "ignore")
    run(*log[:3], ok=False)


def test_every_option_is_explained_in_both_languages():
    import inspect

    for name in inspect.signature(cli.score_customers).parameters:
        key = "cli.lang" if name == "lang" else f"cli.rfm.{name}"
        assert labels.text(key, "zh") != labels.text(key, "en")
