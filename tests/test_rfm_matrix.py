"""Every engine, every scheme, the same scores: frames and files."""

import pandas as pd
import pytest
from orderlog import DATA, HOW, KINDS, LOGS, NAMES, POLICIES, SCHEMES, measured, same, scored, ties

from casekit import rfm
from casekit.errors import InputError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The logs as Parquet, each in three files; the ties also as CSV."""
    import duckdb

    folder = tmp_path_factory.mktemp("orders")
    for name, log in LOGS.items():
        if name == "cdnow" and not DATA.exists():
            continue
        (folder / name).mkdir()
        whole = log()
        for part in range(3):
            duckdb.from_df(whole.iloc[part::3]).write_parquet(str(folder / name / f"{part}.parquet"))
    ties().to_csv(folder / "ties.csv", index=False)
    return folder


def engines(folder, name):
    import dask.dataframe
    import duckdb
    import polars
    import pyarrow

    log = LOGS[name]()
    arrow = pyarrow.Table.from_pandas(log, preserve_index=False)
    return {
        "polars": polars.from_arrow(arrow),
        "lazy polars": polars.from_arrow(arrow).lazy(),
        "pyarrow": arrow,
        "duckdb": duckdb.from_arrow(arrow),
        "dask": dask.dataframe.from_pandas(log, npartitions=2),
        "folder": folder / name,
        "pattern": str(folder / name / "*.parquet"),
    }


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Dask support")
@pytest.mark.parametrize("name", NAMES)
def test_every_engine_and_every_scheme(folder, name):
    for engine, orders in engines(folder, name).items():
        measures = rfm.measure(orders, **HOW)
        pd.testing.assert_frame_equal(measures, measured(name), obj=engine)
        for scheme in SCHEMES:
            pd.testing.assert_frame_equal(rfm.score(measures, scheme), scored(name, scheme), obj=f"{engine} {scheme}")


@pytest.mark.filterwarnings("ignore:Dask support")
@pytest.mark.parametrize("kind", ["pandas", pytest.param("dask", marks=pytest.mark.slow)])
@pytest.mark.parametrize("scheme", ["quintiles", "quintiles_nested"])  # from here on the steps are those of files
def test_frames_are_scored_as_files_are(tmp_path, kind, scheme):
    orders = ties()
    if kind == "dask":
        import dask.dataframe

        orders = dask.dataframe.from_pandas(orders, npartitions=3)
    done = rfm.score_orders(orders, tmp_path / "scores.parquet", scheme=scheme, memory="200MB", **HOW)
    expected = rfm.segment(scored("ties", scheme))
    same(pd.read_parquet(done.customers), expected)
    pd.testing.assert_frame_equal(done.overview, rfm.overview(expected, "eight"), check_dtype=False)
    pd.testing.assert_frame_equal(done.report, rfm.report(expected))


@pytest.mark.parametrize("orders", [[], None, 3, {"id": [1]}], ids=str)
def test_what_is_no_frame_is_refused(orders):
    with pytest.raises(InputError) as caught:
        rfm.score_orders(orders, **HOW)
    assert caught.value.code == "rfm.not_a_frame" and type(orders).__name__ in str(caught.value)


@pytest.mark.parametrize("scheme", KINDS)
def test_files_are_scored_as_frames_are(folder, tmp_path, scheme):
    done = rfm.score_orders(folder / "ties", tmp_path / "scores.parquet", scheme=scheme, memory="200MB", **HOW)
    expected = rfm.segment(scored("ties", scheme))
    same(pd.read_parquet(done.customers), expected)
    pd.testing.assert_frame_equal(done.overview, rfm.overview(expected, "eight"), check_dtype=False)
    pd.testing.assert_frame_equal(done.report, rfm.report(expected))


@pytest.mark.slow
@pytest.mark.parametrize("policies", POLICIES, ids=str)
def test_files_obey_the_policies(folder, policies):
    how = HOW | policies
    expected = rfm.measure(ties(), **how)
    for orders in (folder / "ties", folder / "ties.csv"):
        found = rfm.measure(orders, **how)
        pd.testing.assert_frame_equal(found, expected)
        pd.testing.assert_frame_equal(rfm.report(found), rfm.report(expected))
