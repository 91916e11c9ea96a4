"""Public datasets: found, downloaded or refused in one sentence, checked, and turned into orders."""

import gzip
import http.server
import io
import os
import shutil
import sys
import threading
import zipfile
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from casekit import datasets, labels, rfm
from casekit.cli import app
from casekit.datasets import fetching
from casekit.errors import InputError

REAL = Path(os.environ.get("CASEKIT_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
ROWS = " 00001 19970101  1   11.77\r\n 00002 19970112  1   12.00\r\n 00002 19970199  5   77.00\r\n"


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    """No mirror of the user's own, and no installed package that carries the data."""
    monkeypatch.delenv("CASEKIT_MIRROR", raising=False)
    monkeypatch.setattr(fetching.importlib.util, "find_spec", lambda name: None)


@pytest.fixture
def small(monkeypatch):
    """CDNOW as a dataset of three rows, one without a real day; its file may be anything that has them."""
    entry = datasets.public()["cdnow"] | {"facts": {"rows": 3, "customers": 2, "amount": 100.77}}
    entry["files"] = [{"name": "CDNOW_master.txt"}, {"name": "CDNOW_master.zip", "member": "CDNOW_master.txt",
                                                     "url": "http://127.0.0.1:9/CDNOW_master.zip"}]  # fmt: skip
    monkeypatch.setattr(fetching, "public", lambda: {"cdnow": entry})
    return entry


@pytest.fixture
def served(tmp_path):
    """A folder that a web server on loopback serves; returns the folder and its address."""
    class Silent(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    folder = tmp_path / "served"
    folder.mkdir()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def zipped(text, member="CDNOW_master.txt", more=b""):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as pack:
        pack.writestr(member, text)
        pack.writestr("more", more)
    return content.getvalue()


def refused(code, *args, **kwargs):
    """The error that fetching raises; it names the file to get by hand and where to put it."""
    with pytest.raises(InputError) as raised:
        datasets.fetch(*args, **kwargs)
    assert raised.value.code == f"datasets.{code}"
    for lang in labels.LANGUAGES:
        labels.use(lang)
        assert "{" not in str(raised.value) and not str(raised.value).startswith("datasets.")
    return str(raised.value)


# ---- the real files

@pytest.mark.parametrize("name, rows, customers", [("cdnow", 69_659, 23_570), ("cdnow_sample", 6_919, 2_357),
                                                   ("online_retail", 541_909, 4_372)])
def test_real_files_become_orders_that_can_be_measured(tmp_path, name, rows, customers):
    if not REAL.exists():
        pytest.skip("real order logs are not here: set CASEKIT_SHARED_DATA")
    orders = datasets.fetch(name, folder=tmp_path, mirror=REAL)
    assert orders.columns.tolist()[:4] == ["order_id", "customer_id", "order_date", "amount"]
    # Two lines of an invoice with the same amount are no duplicates. The source has 5,268 rows twice; three more differ
    # in the minute or the description alone.
    assert rows - len(orders.drop_duplicates()) == (5_271 if name == "online_retail" else 0)
    assert len(orders) == rows and orders["customer_id"].nunique() == customers and orders.attrs["currency"] in ("USD", "GBP")
    report = datasets.report(orders)
    assert report["rows"].iloc[0] == rows == report["rows"].iloc[1:].sum()
    measures = rfm.measure(orders, customer="customer_id", date="order_date", amount="amount", order="order_id",
                           as_of=datasets.as_of(name))  # fmt: skip
    assert customers - 40 < len(measures) <= customers
    assert list(tmp_path.iterdir()) == []


# ---- where files come from

def test_a_download_is_checked_kept_and_told_beforehand(small, served, tmp_path):
    folder, address = served
    (folder / "CDNOW_master.zip").write_bytes(zipped(ROWS))
    small["files"][1]["url"] = f"{address}/CDNOW_master.zip"
    told = []
    orders = datasets.fetch("cdnow", folder=tmp_path / "kept", tell=told.append)
    assert len(told) == 1 and small["licence_zh"] in told[0] and small["page"] in told[0]
    assert orders["customer_id"].tolist() == ["00001", "00002"] and orders["amount"].tolist() == [11.77, 12.0]
    assert datasets.report(orders).values.tolist() == [["all", "read", 3, 100.77], ["missing_date", "dropped", 1, 77.0],
                                                       ["purchase", "used", 2, 23.77]]
    shutil.rmtree(folder)
    again = datasets.fetch("cdnow", folder=tmp_path / "kept", tell=told.append)
    pd.testing.assert_frame_equal(again, orders)
    assert len(told) == 1


@pytest.mark.parametrize("how", ["folder", "address", "variable"])
def test_a_mirror_serves_a_class(small, served, tmp_path, monkeypatch, how):
    folder, address = served
    (folder / "CDNOW_master.zip").write_bytes(zipped(ROWS))
    if how == "variable":
        monkeypatch.setenv("CASEKIT_MIRROR", str(folder))
    mirror = {"folder": folder, "address": address + "/", "variable": None}[how]
    assert len(datasets.fetch("cdnow", folder=tmp_path / "kept", mirror=mirror, tell=[].append)) == 2


def test_a_file_put_there_by_hand_is_found(small, tmp_path):
    (tmp_path / "CDNOW_master.txt").write_text(ROWS)
    for folder in (tmp_path, tmp_path / "CDNOW_master.txt", str(tmp_path)):
        assert len(datasets.fetch("cdnow", folder=folder, tell=pytest.fail)) == 2


def test_an_installed_package_may_carry_the_file(small, tmp_path, monkeypatch):
    (tmp_path / "lifetimes" / "datasets").mkdir(parents=True)
    (tmp_path / "lifetimes" / "__init__.py").touch()
    (tmp_path / "lifetimes" / "datasets" / "CDNOW_master.txt").write_text(ROWS)
    monkeypatch.undo()
    monkeypatch.setattr(fetching, "public", lambda: {"cdnow": small})
    monkeypatch.setattr(fetching.importlib.util, "find_spec",
                        lambda name: type("Spec", (), {"origin": str(tmp_path / name / "__init__.py")}))  # fmt: skip
    assert len(datasets.fetch("cdnow", folder=tmp_path / "none", tell=pytest.fail)) == 2


def test_without_a_folder_files_are_kept_in_the_users_cache(small, tmp_path, monkeypatch):
    import pooch

    monkeypatch.setattr(pooch, "os_cache", lambda name: tmp_path / name)
    (tmp_path / "casekit").mkdir()
    (tmp_path / "casekit" / "CDNOW_master.txt").write_text(ROWS)
    assert len(datasets.fetch("cdnow")) == 2


def test_a_workbook_is_read_once(tmp_path, monkeypatch):
    entry = datasets.public()["online_retail"] | {"facts": {"rows": 3, "customers": 1, "amount": 9.0}}
    monkeypatch.setattr(fetching, "public", lambda: {"online_retail": entry})
    sheet = pd.DataFrame([[536365, "85123A", "HEART", 6, pd.Timestamp("2010-12-01 08:26"), 2.5, 17850, "UK"],
                          ["C536379", 22, None, -2, pd.Timestamp("2010-12-01 09:41"), 4.0, 17850.0, "UK"],
                          ["A563185", "B", "Adjust", 1, pd.Timestamp("2011-08-12 14:50"), 2.0, None, "UK"]],
                         columns=["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice",
                                  "CustomerID", "Country"])  # fmt: skip
    book = io.BytesIO()
    sheet.to_excel(book, index=False)
    (tmp_path / "online+retail.zip").write_bytes(zipped(book.getvalue(), "Online Retail.xlsx"))
    orders = datasets.fetch("online_retail", folder=tmp_path)
    assert orders["order_id"].tolist() == ["536365", "C536379", "A563185"] and orders["amount"].tolist() == [15, -8, 2]
    assert orders["customer_id"].tolist()[:2] == ["17850", "17850"] and orders["customer_id"].isna().tolist()[2]
    (tmp_path / "online+retail.zip").unlink()
    (tmp_path / "Online Retail.xlsx").unlink()
    pd.testing.assert_frame_equal(datasets.fetch("online_retail", folder=tmp_path), orders)


def test_clicks_and_other_days_are_dropped_by_name(tmp_path, monkeypatch):
    entry = datasets.public()["user_behavior"] | {"facts": {"rows": 4}}
    monkeypatch.setattr(fetching, "public", lambda: {"user_behavior": entry})
    lines = ["1,2268318,2520377,pv,1511544070", "1,2333346,2520771,buy,1511561733", "2,5,6,buy,1512316799", "3,5,6,buy,44"]
    (tmp_path / "UserBehavior.csv.zip").write_bytes(zipped("\n".join(lines), "UserBehavior.csv"))
    orders = datasets.fetch("user_behavior", folder=tmp_path)
    assert orders["customer_id"].tolist() == ["1", "2"] and orders["amount"].tolist() == [1, 1]
    assert orders["order_date"].astype(str).tolist() == ["2017-11-25", "2017-12-03"]  # days of Beijing
    report = datasets.report(orders).set_index("reason")["rows"]
    assert report.to_dict() == {"all": 4, "not_a_purchase": 1, "outside_days": 1, "purchase": 2}
    assert all(f"reason.{code}" in labels.table() for code in report.index)


# ---- what goes wrong

def test_an_unknown_name_gets_the_nearest():
    assert "cdnow" in refused("not_public", "cdnwo")
    with pytest.raises(InputError, match="fetch") as raised:
        datasets.load("cdnow")
    assert raised.value.code == "datasets.public"


def test_what_may_only_be_got_by_hand_says_how(tmp_path):
    assert "tianchi.aliyun.com" in refused("by_hand", "user_behavior", folder=tmp_path)
    assert "pip install" in refused("by_hand", "complete_journey", folder=tmp_path)


def test_offline_gives_address_file_and_folder(small, tmp_path):
    words = refused("offline", "cdnow", folder=tmp_path / "kept", tell=[].append)
    assert all(part in words for part in ("http://127.0.0.1:9/", "CDNOW_master.zip", str(tmp_path / "kept")))


class Breaking(http.server.BaseHTTPRequestHandler):
    """Serves one file, breaks off in the middle while told to, and answers for parts of it as told."""

    def do_GET(self):
        server, content = self.server, self.server.content
        server.asked.append(self.headers["Range"])
        start = 0
        if server.ranges and self.headers["Range"] and self.headers["If-Range"] == server.version:
            start = int(self.headers["Range"][6:-1])
        if start >= len(content):
            return self.send_error(416)
        self.send_response(206 if start else 200)
        if server.version:
            strong = server.version.startswith(('"', "W/"))
            self.send_header("ETag" if strong else "Last-Modified", server.version)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self.wfile.write(content[start:server.until])

    def log_message(self, *_):
        pass


BIG = zipped(ROWS, more=bytes(150_000))
KEPT = 65_536  # whole pieces of what came


@pytest.fixture
def breaking(small):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Breaking)
    server.content, server.until, server.version, server.ranges, server.asked = BIG, 70_000, '"one"', True, []
    small["files"][1]["url"] = f"http://127.0.0.1:{server.server_port}/CDNOW_master.zip"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("version", ['"one"', "Sun, 22 Nov 2026 06:00:00 GMT"])
def test_a_download_that_broke_off_goes_on_from_there(breaking, tmp_path, version):
    breaking.version = version
    refused("offline", "cdnow", folder=tmp_path, tell=[].append)
    assert not list(tmp_path.glob("[!.]*")) and (tmp_path / ".CDNOW_master.zip.part").stat().st_size == KEPT
    breaking.until = 140_000
    refused("offline", "cdnow", folder=tmp_path, tell=[].append)
    breaking.until = None
    assert len(datasets.fetch("cdnow", folder=tmp_path, tell=[].append)) == 2
    assert breaking.asked == [None, f"bytes={KEPT}-", f"bytes={2 * KEPT}-"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["CDNOW_master.txt", "CDNOW_master.zip"]
    assert (tmp_path / "CDNOW_master.zip").read_bytes() == BIG


@pytest.mark.parametrize(
    ("version", "change", "asked"),
    [
        ('"one"', {"version": '"two"', "content": zipped(ROWS)}, f"bytes={KEPT}-"),
        ('"one"', {"ranges": False}, f"bytes={KEPT}-"),
        ('W/"one"', {}, None),
        ("", {}, None),
    ],
)
def test_where_a_download_cannot_go_on_it_starts_anew(breaking, tmp_path, version, change, asked):
    breaking.version = version
    refused("offline", "cdnow", folder=tmp_path, tell=[].append)
    vars(breaking).update(change, until=None)
    assert len(datasets.fetch("cdnow", folder=tmp_path, tell=[].append)) == 2
    assert breaking.asked == [None, asked] and (tmp_path / "CDNOW_master.zip").read_bytes() == breaking.content


def test_a_part_as_long_as_the_file_is_no_file(breaking, tmp_path):
    refused("offline", "cdnow", folder=tmp_path, tell=[].append)
    breaking.until = None
    with open(tmp_path / ".CDNOW_master.zip.part", "ab") as part:
        part.write(bytes(len(BIG) - KEPT))
    assert len(datasets.fetch("cdnow", folder=tmp_path, tell=[].append)) == 2
    assert len(breaking.asked) == 3 and (tmp_path / "CDNOW_master.zip").read_bytes() == breaking.content


def test_what_was_wrongly_put_together_is_not_kept(breaking, tmp_path):
    refused("offline", "cdnow", folder=tmp_path, tell=[].append)
    breaking.until = None
    (tmp_path / ".CDNOW_master.zip.part").write_bytes(bytes(KEPT))
    refused("damaged", "cdnow", folder=tmp_path, tell=[].append)
    assert list(tmp_path.iterdir()) == []
    assert len(datasets.fetch("cdnow", folder=tmp_path, tell=[].append)) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="files are not locked there")
def test_two_downloads_at_once_do_not_mix(breaking, tmp_path):
    breaking.until, part = None, tmp_path / ".CDNOW_master.zip.part"
    with open(part, "ab") as other:
        assert fetching._alone(other)
        assert len(datasets.fetch("cdnow", folder=tmp_path, tell=[].append)) == 2
        assert part.stat().st_size == 0
    assert (tmp_path / "CDNOW_master.zip").read_bytes() == breaking.content


def test_a_moved_address_is_named(small, served, tmp_path):
    small["files"][1]["url"] = f"{served[1]}/moved/CDNOW_master.zip"
    assert "404" in refused("moved", "cdnow", folder=tmp_path, tell=[].append)


@pytest.mark.slow
@pytest.mark.parametrize("content, code", [
    (zipped(ROWS)[:90], "damaged"), (b"<html>Moved</html>", "damaged"), (b"", "damaged"),
    (zipped("x", "other.txt"), "damaged"), (zipped(ROWS * 2), "not_the_file"), (zipped("1,2\n3,4\n"), "not_the_file"),
])  # fmt: skip
def test_half_a_file_a_web_page_or_other_data_are_not_kept(small, served, tmp_path, content, code):
    (served[0] / "CDNOW_master.zip").write_bytes(content)
    small["files"][1]["url"] = f"{served[1]}/CDNOW_master.zip"
    refused(code, "cdnow", folder=tmp_path / "kept", tell=[].append)
    assert list((tmp_path / "kept").iterdir()) == []


@pytest.mark.parametrize("content", [ROWS.replace("11.77", "11.78"), ROWS.replace("00001", "00002"), ROWS + ROWS,
                                     ROWS.replace("  1 ", "")])
def test_another_content_is_refused(small, tmp_path, content):
    (tmp_path / "CDNOW_master.txt").write_text(content)
    with pytest.raises(InputError) as raised:
        datasets.fetch("cdnow", folder=tmp_path)
    assert raised.value.code in ("datasets.not_the_file", "datasets.damaged")
    assert (tmp_path / "CDNOW_master.txt").exists()  # a file of the user's own is never deleted


def test_a_wrong_checksum_is_refused_and_half_a_gzip_too(tmp_path):
    whole = gzip.compress(ROWS.encode())
    (tmp_path / "CDNOW_master.txt.gz").write_bytes(whole)
    assert "SHA-256" in refused("not_the_file", "cdnow", folder=tmp_path)
    (tmp_path / "CDNOW_master.txt.gz").write_bytes(whole[:40])
    refused("damaged", "cdnow", folder=tmp_path)


def test_a_mirror_without_the_file_and_a_folder_that_cannot_be_written(small, served, tmp_path):
    assert "CDNOW_master.zip" in refused("not_in_mirror", "cdnow", folder=tmp_path, mirror=tmp_path)
    refused("moved", "cdnow", folder=tmp_path, mirror=served[1], tell=[].append)
    (served[0] / "CDNOW_master.zip").write_bytes(zipped(ROWS))
    (tmp_path / "file").touch()
    refused("cannot_write", "cdnow", folder=tmp_path / "file" / "below", mirror=served[1], tell=[].append)


# ---- catalog, citation, commands

def test_the_catalog_has_every_dataset_in_the_language_in_use():
    assert datasets.catalog().index.tolist() == [*datasets.names(), *datasets.public()]
    labels.use("en")
    catalog = datasets.catalog()
    assert catalog.loc["orders", ["title", "licence", "student"]].tolist() == ["Orders of a shop (synthetic)", "CC BY 4.0", True]
    assert catalog.loc["cdnow", "kind"] == "public" and catalog["title"].str.len().min() > 5
    assert catalog["truth"].equals(catalog.index.to_series().str.endswith("truth").rename("truth"))


@pytest.mark.parametrize("name", ["orders", *datasets.public()])
def test_every_citation_is_whole_bibtex(name):
    entry = datasets.cite(name)
    assert entry.startswith("@") and entry.count("{") == entry.count("}") and entry.rstrip().endswith("}")
    assert all(field in entry for field in ("author", "title", "year"))


def test_every_public_dataset_says_what_must_be_said():
    for entry in datasets.public().values():
        assert all(entry[key] and entry[f"{key}_zh"] for key in ("title", "licence"))
        assert entry["page"].startswith("http") and pd.Timestamp(entry["as_of"])
        assert [*entry["columns"]][:4] == ["order_id", "customer_id", "order_date", "amount"] and "rows" in entry["facts"]
        assert any("url" in file for file in entry["files"]) or entry["by_hand"] and entry["by_hand_zh"]


def test_the_commands(small, served, tmp_path):
    run = CliRunner().invoke
    said = run(app, ["data", "list"], env={"COLUMNS": "120"})
    assert said.exit_code == 0 and "practice_table_template" in said.output and "cdnow" in said.output
    assert run(app, ["data", "cite", "orders"]).output.startswith("@misc")
    assert run(app, ["data", "verify"]).exit_code == 0
    (served[0] / "CDNOW_master.zip").write_bytes(zipped(ROWS))
    order = ["data", "fetch", "cdnow", "--folder", str(tmp_path / "kept"), "--mirror", served[1]]
    refused = run(app, order, input="n\n")
    assert refused.exit_code == 1 and small["page"] in refused.output and not (tmp_path / "kept").exists()
    said = run(app, [*order, "--yes", "--out", str(tmp_path / "orders.csv")])
    assert said.exit_code == 0 and len(pd.read_csv(tmp_path / "orders.csv")) == 2
