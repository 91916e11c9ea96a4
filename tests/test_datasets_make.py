"""Synthetic data of any size: streamed to Parquet, whole or not at all."""

import json
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from casekit import datasets
from casekit.cli import app
from casekit.datasets import package
from casekit.errors import InputError

FOLDER = Path(__file__).parents[1] / "datasets"
TOY = '''
import numpy as np, pandas as pd
from _shared import DAY
SCALE, CHUNK = "users", 1000
def files(): return {}
def stream(size, seed):
    for first in range(0, size, CHUNK):
        user = np.arange(first, min(first + CHUNK, size)) + seed
        if first == STOP: raise ERROR
        yield {"toy": pd.DataFrame({"user": user, "day": DAY + user % 9}), "toy_truth": pd.DataFrame({"user": user})}
STOP, ERROR = -1, None
'''


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A home of datasets with one small generator; returns the file of the generator."""
    make = tmp_path / "home" / "make"
    make.mkdir(parents=True)
    (make.parent / "datapackage.json").write_text('{"resources": []}')
    (make / "_shared.py").write_text('import numpy as np\nDAY = np.datetime64("2025-01-01", "D")')
    (make / "fixed.py").write_text("def files(): return {}")
    (make / "toy.py").write_text(TOY)
    monkeypatch.setattr(package, "_HOMES", (make.parent,))
    return make / "toy.py"


def test_parquet_keeps_values_and_types(tmp_path):
    frame = pd.DataFrame({"id": ["C1", None, "张"], "n": pd.array([1, None, 3], dtype="Int64"), "x": [0.1, np.nan, 3.0],
                          "day": pd.to_datetime(["2025-01-01", None, "2025-12-31"]),
                          "time": pd.to_datetime(["2025-01-01 10:30"] * 3), "kind": pd.Categorical(["a", "b", "a"]),
                          'odd " name': [True, False, True]})  # fmt: skip
    content = datasets.parquet(frame)
    assert content == datasets.parquet(frame.copy())
    (tmp_path / "a.parquet").write_bytes(content)
    read = duckdb.read_parquet(str(tmp_path / "a.parquet"))
    assert [str(kind) for kind in read.types] == ["VARCHAR", "BIGINT", "DOUBLE", "DATE", "TIMESTAMP", "VARCHAR", "BOOLEAN"]
    pd.testing.assert_frame_equal(read.df(), frame.astype({"kind": read.df()["kind"].dtype}), check_dtype=False)


def test_parts_are_streamed_and_recorded(toy, tmp_path):
    told = []
    made = datasets.make("toy", tmp_path / "out", users=2500, seed=7, progress=lambda *done: told.append(done))
    assert datasets.makers() == {"toy": "users"}
    assert made[["table", "rows", "parts"]].values.tolist() == [["toy", 2500, 3], ["toy_truth", 2500, 3]]
    assert told == [(1000, 2500), (2000, 2500), (2500, 2500)]
    users = duckdb.sql(f"SELECT * FROM '{tmp_path}/out/toy/*.parquet'")
    assert [str(kind) for kind in users.types] == ["BIGINT", "DATE"]
    assert users.df()["user"].tolist() == list(range(7, 2507))
    record = json.loads((tmp_path / "out" / "toy.json").read_text())
    assert (record["dataset"], record["users"], record["seed"]) == ("toy", 2500, 7)
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["toy", "toy.json", "toy_truth"]


def test_the_same_wish_is_met_at_once_and_another_touches_nothing(toy, tmp_path):
    made = datasets.make("toy", tmp_path / "out", 1500)
    pd.testing.assert_frame_equal(datasets.make("toy", tmp_path / "out", 1.5e3, progress=pytest.fail), made)
    for wish in ({"size": 1501}, {"size": 1500, "seed": 1}):
        with pytest.raises(InputError) as raised:
            datasets.make("toy", tmp_path / "out", **wish)
        assert raised.value.code == "datasets.there"
    (tmp_path / "out" / "toy.json").write_text("not ours")
    with pytest.raises(InputError, match="toy.json"):
        datasets.make("toy", tmp_path / "out", 1500)
    (tmp_path / "out" / "toy.json").unlink()
    with pytest.raises(InputError, match="toy, toy_truth"):
        datasets.make("toy", tmp_path / "out", 1500)
    assert len(list((tmp_path / "out" / "toy").iterdir())) == 2


@pytest.mark.parametrize("wish, code", [
    ({}, "size"), ({"size": 0}, "size"), ({"size": -5}, "size"), ({"size": "many"}, "size"), ({"size": 1.5}, "size"),
    ({"size": True}, "size"), ({"size": float("nan")}, "size"), ({"size": 5, "seed": -1}, "seed"),
    ({"size": 5, "seed": "x"}, "seed"), ({"customers": 5}, "scale"),
])  # fmt: skip
def test_a_bad_wish_is_refused_in_one_sentence(toy, tmp_path, wish, code):
    with pytest.raises(InputError) as raised:
        datasets.make("toy", tmp_path / "out", **wish)
    assert raised.value.code == f"datasets.{code}" and str(raised.value)[-1] in "。."
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["ordres", "fixed", "_shared", "../toy"])
def test_an_unknown_generator_names_those_there_are(toy, tmp_path, name):
    with pytest.raises(InputError, match="toy") as raised:
        datasets.make(name, tmp_path, 5)
    assert raised.value.code == "datasets.unknown_maker"


@pytest.mark.parametrize("error, seen", [
    ("KeyboardInterrupt()", "KeyboardInterrupt()"), ("OSError(28, 'No space left')", "InputError('datasets.cannot_write')"),
    ("ValueError('own')", "ValueError('own')"), ("InputError('toy.days')", "InputError('toy.days')"),
])  # fmt: skip
def test_what_stops_half_way_leaves_nothing(toy, tmp_path, error, seen):
    stopping = f"from casekit.errors import InputError\nSTOP, ERROR = 2000, {error}"
    toy.write_text(TOY.replace("STOP, ERROR = -1, None", stopping))
    with pytest.raises(BaseException) as raised:
        datasets.make("toy", tmp_path / "out", 5000)
    assert repr(raised.value) == seen
    assert list((tmp_path / "out").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(toy, tmp_path):
    with pytest.raises(InputError, match="toy.py") as raised:
        datasets.make("toy", toy, 5)
    assert raised.value.code == "datasets.cannot_write"


def test_the_command_makes_shows_and_refuses(toy, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = CliRunner().invoke(app, ["data", "make", "toy", "--users", "1200"])
    assert said.exit_code == 0 and "1,200" in said.output and (tmp_path / "toy_truth" / "part-00001.parquet").exists()
    said = CliRunner().invoke(app, ["data", "make", "toy", "--size", "0"])
    assert said.exception.code == "datasets.size"


# ---- the shop of any size

@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """The shop of 30,000 customers: where it stands, its orders, its truth."""
    home = tmp_path_factory.mktemp("shop")
    made = datasets.make("orders", home, customers=30_000, seed=4).set_index("table")
    tables = [duckdb.read_parquet(f"{home}/{name}/*.parquet").df() for name in ("orders", "orders_truth")]
    assert made["rows"].tolist() == [len(table) for table in tables]
    return home, *tables


def test_the_large_shop_has_the_columns_of_the_small_one(shop):
    _, orders, truth = shop
    for table, name in ((orders, "orders"), (truth, "orders_truth")):
        small = datasets.load(name)
        assert table.columns.tolist() == small.columns.tolist()
        assert [table[column].dtype.kind for column in table] == [small[column].dtype.kind for column in small]


def test_the_large_shop_has_the_habits_and_flaws_of_the_small_one(shop):
    def habits(orders, truth):
        bought = orders.drop_duplicates().query("amount_cny > 0 and order_date <= '2025-12-31'").dropna()
        spent = bought.groupby("customer_id")["amount_cny"].sum().sort_values()
        many = len(truth)
        return {
            "rows": len(orders) / many, "once": bought.groupby("customer_id").size().eq(1).mean(),
            "top fifth": spent.tail(many // 5).sum() / spent.sum(), "order": bought["amount_cny"].median() / 150,
            "app": (orders["channel"] == "app").mean(), "returned": 10 * (orders["amount_cny"] < 0).mean(),
            "same day": 10 * bought.duplicated(["customer_id", "order_date"]).mean(),
        }  # fmt: skip

    def flaws(orders, many):
        return np.array([orders["customer_id"].isna().sum(), (orders["amount_cny"] == 0).sum(), orders.duplicated().sum(),
                         (orders["order_date"] > "2025-12-31").sum()]) * 800 / many  # fmt: skip

    _, orders, truth = shop
    small = habits(datasets.load("orders"), datasets.load("orders_truth"))
    for name, value in habits(orders, truth).items():
        assert value == pytest.approx(small[name], abs=0.06 + (name == "rows")), name
    np.testing.assert_allclose(flaws(orders, 30_000), [12, 6, 8, 1], rtol=0.35)


def test_the_large_truth_fits_the_large_orders(shop):
    _, orders, truth = shop
    truth = truth.set_index("customer_id")
    bought = orders[(orders["amount_cny"] > 0) & (orders["order_date"] <= "2025-12-31")]
    first = bought.groupby("customer_id")["order_date"].agg(["min", "max", "size"])
    assert first.index.equals(truth.index) and truth.index.is_unique
    assert (first["min"] == truth["first_order_date"]).all()
    gone = truth["churn_date"].dropna()
    assert (first["max"][gone.index] <= gone).all()
    assert truth["customer_type"].value_counts(normalize=True)["one_time"] == pytest.approx(0.35, abs=0.01)
    distinct = orders.drop_duplicates()
    assert distinct["order_id"].is_unique and distinct["order_id"].is_monotonic_increasing
    assert distinct["order_date"].is_monotonic_increasing and orders["amount_cny"].eq(orders["amount_cny"].round(2)).all()


def test_the_same_seed_gives_the_same_bytes_and_another_other_ones(shop, tmp_path):
    home, orders, _ = shop
    datasets.make("orders", tmp_path / "again", 30_000, seed=4)
    for file in home.rglob("*.parquet"):
        assert (tmp_path / "again" / file.relative_to(home)).read_bytes() == file.read_bytes()
    datasets.make("orders", tmp_path / "other", 1_000, seed=5)
    assert duckdb.read_parquet(f"{tmp_path}/other/orders/*.parquet").df()["amount_cny"][:9].tolist() != orders["amount_cny"][:9].tolist()


@pytest.mark.slow
def test_a_shop_of_several_chunks_counts_on(tmp_path):
    made = datasets.make("orders", tmp_path, 50_003, seed=1)
    assert made["parts"].tolist() == [2, 2]
    orders = duckdb.sql(f"SELECT DISTINCT * FROM '{tmp_path}/orders/*.parquet'").df()
    assert orders["order_id"].is_unique and orders["customer_id"].nunique() == 50_003


def test_one_customer_is_a_shop_and_other_programs_read_it(tmp_path):
    import polars
    import pyarrow.parquet

    datasets.make("orders", tmp_path, 1)
    file = tmp_path / "orders" / "part-00000.parquet"
    assert pyarrow.parquet.read_table(file).num_rows == len(polars.read_parquet(file)) >= 1
