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
    (tmp_path / "out" / "toy.json").unlink()
    with pytest.raises(InputError, match="toy_truth|toy"):
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


@pytest.mark.parametrize("error", ["KeyboardInterrupt()", "OSError(28, 'No space left on device')", "ValueError('own')"])
def test_what_stops_half_way_leaves_nothing(toy, tmp_path, error):
    toy.write_text(TOY.replace("STOP, ERROR = -1, None", f"STOP, ERROR = 2000, {error}"))
    with pytest.raises((KeyboardInterrupt, InputError, ValueError)):
        datasets.make("toy", tmp_path / "out", 5000)
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
