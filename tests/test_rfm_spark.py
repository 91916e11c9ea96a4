"""Orders on a real, if small, Spark: the same cells as pandas, measured and scored there."""

import pandas as pd
import pytest
from orderlog import FAST, HOW, LOGS, POLICIES, SCHEMES, same, scored, ties

from casekit import rfm
from casekit.errors import InputError
from casekit.rfm import engines, sql
from casekit.rfm.reading import Reading
from casekit.rfm.scores import planned

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:PySpark does not yet")]


@pytest.fixture(scope="module")
def spark():
    """Two threads, no web page, no compilation: the tables are small and the statements many."""
    session = pytest.importorskip("pyspark.sql").SparkSession
    settings = {
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": "1g",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
    }
    builder = session.builder.master("local[2]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    try:
        session = builder.getOrCreate()
    except Exception as error:  # no Java here
        pytest.skip(f"Spark does not start: {error}")
    yield session
    session.stop()


@pytest.fixture(scope="module")
def lies(spark, tmp_path_factory):
    """Give a function that puts one of the logs onto the cluster."""
    import duckdb

    def lies(name):
        path = tmp_path_factory.mktemp("spark") / "orders.parquet"
        duckdb.from_df(LOGS[name]()).write_parquet(str(path))
        return spark.read.parquet(str(path)).repartition(3).cache()

    return lies


@pytest.fixture(scope="module")
def orders(lies):
    return lies("ties")


def pandas(frame):
    return pd.DataFrame([row.asDict() for row in frame.collect()], columns=frame.columns)


@pytest.mark.parametrize("policies", [POLICIES[0], POLICIES[2], POLICIES[4]], ids=str)
def test_measures_are_those_of_pandas(orders, policies):
    found, expected = rfm.measure(orders, **HOW | policies), rfm.measure(ties(), **HOW | policies)
    pd.testing.assert_frame_equal(found, expected)
    pd.testing.assert_frame_equal(rfm.report(found), rfm.report(expected))


@pytest.mark.parametrize(("log", "schemes"), [("ties", SCHEMES), ("cdnow", FAST)], ids=["ties", "cdnow"])
def test_every_scheme_on_the_cluster(lies, log, schemes):
    """One aggregate, then every scheme: what score_orders does for one."""
    with engines.opened(lies(log), how := Reading(**HOW)) as engine:
        engines.measured(engine, how)
        for scheme in schemes:
            for name, text in sql.scoring(planned(scheme), how.customer):
                engine.keep(name, text, name in ("rfm_edges", "rfm_means"))
            same(pandas(engine.kept["rfm_scores"]), scored(log, scheme))


def test_customers_stay_on_the_cluster(orders, spark, tmp_path):
    done = rfm.score_orders(orders, **HOW)
    expected = rfm.segment(scored("ties", "quintiles"))
    same(pandas(done.customers)[[*expected.reset_index()]], expected)
    pd.testing.assert_frame_equal(done.overview, rfm.overview(expected, "eight"), check_dtype=False)
    pd.testing.assert_frame_equal(done.report, rfm.report(expected))
    assert not [table for table in spark.catalog.listTables() if table.name.startswith("rfm_")]
    done = rfm.score_orders(orders, tmp_path / "scores.parquet", scheme="p1_points", words=str.upper, **HOW)
    expected = rfm.segment(scored("ties", "p1_points"))
    expected["segment_name"] = expected["segment"].str.upper()
    same(pd.read_parquet(done.customers)[[*expected.reset_index()]], expected)


def test_the_statements_run_on_spark(orders, spark):
    orders.createOrReplaceTempView("orders")
    for scheme in ("quintiles", "quintiles_nested"):
        text = rfm.to_sql("spark", "orders", scheme=scheme, **HOW)["scores"]
        same(pandas(spark.sql(text)), scored("ties", scheme))


def test_refusals_name_column_and_customers(orders):
    for more, code, named in [
        ({"amount": "money"}, "missing_column", "money"),
        ({"amount": "id"}, "rfm.amount_type", "id"),
        ({"as_of": "2024-01-01"}, "rfm.future", "customer"),
        ({"as_of": None}, "rfm.no_as_of", "2024-07-01"),
        ({"missing": "raise"}, "rfm.missing", "id"),
    ]:
        with pytest.raises(InputError) as caught:
            rfm.measure(orders, **HOW | more)
        assert caught.value.code == code and named in str(caught.value)
