"""rfm.measure: the same table from any engine and any row order, and nothing dropped in silence."""

import os
from collections import defaultdict
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casekit import rfm
from casekit.errors import InputError

DATA = Path(os.environ.get("CASEKIT_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
ROLES = {"customer": "id", "date": "day", "amount": "cny"}
AS_OF = date(2024, 6, 30)


def orders(rows):
    """Build an order log from (customer, days before AS_OF, cents, order id)."""
    return pd.DataFrame(
        {
            "id": pd.Series([row[0] for row in rows], dtype="str"),
            "day": pd.to_datetime([datetime(2024, 6, 30, 9) - timedelta(days=int(row[1])) for row in rows]),
            "cny": [row[2] / 100 for row in rows],
            "order_id": pd.Series([f"O{row[3]}" for row in rows], dtype="str"),
        }
    )


CUSTOMERS = st.sampled_from(["C1", "C2", "C3", "C10", None])
LOG = st.lists(
    st.tuples(
        CUSTOMERS, st.integers(0, 800), st.sampled_from([-500, -1, 0, 1, 10, 999, 123456]), st.integers(1, 6)
    ),
    min_size=1,
    max_size=30,
)
POLICIES = st.fixed_dictionaries(
    {
        "returns": st.sampled_from(["net", "drop", "keep"]),
        "same_day": st.sampled_from(["separate", "one"]),
        "zero": st.sampled_from(["keep", "drop"]),
        "order": st.sampled_from([None, "order_id"]),
        "since": st.sampled_from([None, "2023-01-01"]),
    }
)


def by_hand(rows, returns, same_day, zero, order, since):
    """Return {customer: (recency, frequency, cents)} by the docstring, one row after the other."""
    last, visits, money = {}, defaultdict(set), defaultdict(int)
    for number, (customer, ago, cents, order_id) in enumerate(rows):
        day = AS_OF - timedelta(days=ago)
        if customer is None or (since and day < date.fromisoformat(since)) or (zero == "drop" and cents == 0):
            continue
        if cents < 0 and returns == "drop":
            continue
        money[customer] += cents
        if cents < 0 and returns == "net":
            continue
        last[customer] = min(ago, last.get(customer, ago))
        visits[customer].add(day if same_day == "one" else order_id if order else number)
    return {customer: (last[customer], len(visits[customer]), money[customer]) for customer in last}


def measured(frame, **more):
    return rfm.measure(frame, **{**ROLES, "as_of": AS_OF, **more})


def outcome(frame, policies):
    try:
        table = measured(frame, **policies)
    except InputError as error:
        return error.code
    return table, rfm.report(table)


@given(LOG, POLICIES)
@settings(max_examples=40, deadline=None)
def test_measures_are_what_the_policies_say(rows, policies):
    expected = by_hand(rows, **policies)
    found = outcome(orders(rows), policies)
    if not expected:
        assert found == "rfm.no_purchases"
        return
    table, report = found
    assert list(table.index) == sorted(expected)
    for customer, (recency, frequency, cents) in expected.items():
        row = table.loc[customer]
        assert (row.recency_days, row.frequency, row.monetary) == (recency, frequency, cents / 100)
    assert report["rows"][0] == len(rows) == report["rows"][1:].sum()
    assert report["amount"][0] == pytest.approx(report["amount"][1:].sum())
    kept = report.loc[report["action"].isin(["used", "netted"]), "amount"].sum()
    assert kept == pytest.approx(table["monetary"].sum())


@given(LOG, POLICIES, st.randoms(use_true_random=False))
@settings(max_examples=15, deadline=None)
def test_row_order_never_matters(rows, policies, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    one, other = outcome(orders(rows), policies), outcome(orders(shuffled), policies)
    if isinstance(one, str):
        assert one == other
        return
    for table, same in zip(one, other, strict=True):
        pd.testing.assert_frame_equal(table, same)


def engines(frame):
    import dask.dataframe
    import duckdb
    import polars
    import pyarrow

    arrow = pyarrow.Table.from_pandas(frame)
    return {
        "pandas with arrow types": frame.convert_dtypes(dtype_backend="pyarrow"),
        "pandas with nullable types": frame.convert_dtypes(),
        "pandas with categories": frame.assign(id=frame["id"].astype("category")),
        "polars": polars.from_arrow(arrow),
        "lazy polars": polars.from_arrow(arrow).lazy(),
        "pyarrow": arrow,
        "duckdb": duckdb.from_arrow(arrow),
        "dask": dask.dataframe.from_pandas(frame, npartitions=3),
    }


@pytest.mark.filterwarnings("ignore:Dask support")
@pytest.mark.parametrize(
    "policies",
    [
        {"order": "order_id"},
        {"same_day": "one", "since": "2023-06-01"},
        {"returns": "keep", "zero": "drop", "future": "drop", "as_of": "2024-01-01"},
    ],
)
@pytest.mark.slow
def test_all_engines_agree_cell_for_cell(policies):
    rng = np.random.default_rng(7)
    n = 300
    frame = orders(
        list(
            zip(
                rng.choice([f"C{i}" for i in range(40)], n),
                rng.integers(0, 700, n),
                rng.integers(-2000, 9000, n),
                rng.integers(0, 150, n),
                strict=True,
            )
        )
    )
    frame["cny"] *= 1.1  # sums that no engine adds up in the same order
    frame.loc[::40, "id"], frame.loc[1::60, "cny"], frame.loc[2::70, "day"] = None, np.nan, pd.NaT
    expected = measured(frame, **policies)
    for name, other in engines(frame).items():
        if name == "dask" and "order" not in policies:
            continue  # the slowest by far; its partitions matter where orders are counted
        table = measured(other, **policies)
        pd.testing.assert_frame_equal(table, expected, obj=name)
        pd.testing.assert_frame_equal(rfm.report(table), rfm.report(expected), obj=name)


def test_ids_longer_than_a_float_survive_missing_ones():
    import duckdb

    log = duckdb.sql(
        "select * from (values (9007199254740993, date '2024-06-01', 1.5), (9007199254740992, "
        "date '2024-06-02', 2.5), (null, date '2024-06-03', 3.5)) as t(id, day, cny)"
    )
    assert measured(log).index.tolist() == [9007199254740992, 9007199254740993]


def test_dates_count_as_calendar_days():
    frame = pd.DataFrame(
        {
            "id": ["a", "b", "c"],
            "cny": [1.0, 1.0, 1.0],
            "day": pd.to_datetime(["2024-06-29 23:59", "2024-06-30 00:00", "2024-02-29 12:00"]),
        }
    )
    assert measured(frame)["recency_days"].tolist() == [1, 0, 122]
    zoned = frame.assign(day=frame["day"].dt.tz_localize("Asia/Shanghai"))
    pd.testing.assert_frame_equal(measured(zoned), measured(frame))
    for as_of in ("2024-06-30 18:00", pd.Timestamp("2024-06-30"), np.datetime64("2024-06-30"), AS_OF):
        pd.testing.assert_frame_equal(measured(frame, as_of=as_of), measured(frame))


def test_money_is_rounded_to_cents_halves_upwards():
    frame = orders([("a", 1, 0, 1)] * 3 + [("b", 1, 0, 1)])
    frame["cny"] = [0.1, 0.2, 0.0, 2.675]
    assert measured(frame)["monetary"].tolist() == [0.3, 2.68]


def test_customers_with_returns_only_are_reported_not_measured():
    table = measured(orders([("a", 5, 1000, 1), ("a", 2, -300, 2), ("b", 3, -700, 3), (None, 1, 99, 4)]))
    assert table.loc["a"].tolist() == [5, 1, 7.0] and "b" not in table.index
    told = rfm.report(table).set_index("reason")
    assert told["action"].to_dict() == {
        "all": "read",
        "missing_customer": "dropped",
        "return": "netted",
        "only_returns": "dropped",
        "purchase": "used",
    }
    assert told["amount"].to_dict() == {
        "all": 0.99,
        "missing_customer": 0.99,
        "return": -3.0,
        "only_returns": -7.0,
        "purchase": 10.0,
    }


GOOD = orders([("C1", 10, 500, 1), ("C2", 20, 700, 2), ("C3", 30, 900, 3)]).set_axis(["x", "y", "z"])


@pytest.mark.parametrize(
    ("frame", "more", "code", "named"),
    [
        ([1, 2], {}, "rfm.not_a_frame", "list"),
        (GOOD, {"amount": "money"}, "missing_column", "money"),
        (GOOD, {"order": "number"}, "missing_column", "number"),
        (pd.concat([GOOD, GOOD[["cny"]]], axis=1), {}, "rfm.duplicate_columns", "cny"),
        (GOOD.assign(cny=["5.0", "七元", "9.0"]), {}, "rfm.amount_type", "y"),
        (GOOD.assign(cny=["5.0", "7.0", "9.0"]), {}, "rfm.amount_type", "x, y, z"),
        (GOOD.assign(cny=[True, False, True]), {}, "rfm.amount_type", "cny"),
        (GOOD.assign(day=["2024-06-01", "6月2日", "2024-06-03"]), {}, "rfm.date_type", "y"),
        (GOOD.assign(day=[20240601, 20240602, 20240603]), {}, "rfm.date_type", "day"),
        (
            GOOD.assign(
                day=pd.Series(
                    [
                        pd.Timestamp("2024-06-01", tz="UTC"),
                        pd.Timestamp("2024-06-01", tz="Asia/Shanghai"),
                        None,
                    ],
                    index=GOOD.index,
                    dtype=object,
                )
            ),
            {},
            "rfm.mixed_timezones",
            "Asia/Shanghai, UTC",
        ),
        (
            GOOD.assign(id=pd.Series([1, "1", "C3"], index=GOOD.index, dtype=object)),
            {},
            "rfm.mixed_customer",
            "id",
        ),
        (GOOD.assign(cny=[1.0, np.inf, 2.0]), {}, "rfm.infinite", "y"),
        (GOOD.assign(cny=[1.0, 3.0, -np.inf], id=["C1", "C2", None]), {}, "rfm.infinite", "z"),
        (GOOD, {"as_of": "2024-06-15"}, "rfm.future", "x"),
        (GOOD, {"as_of": None}, "rfm.no_as_of", "2024-06-21"),
        (GOOD, {"as_of": "30 June"}, "rfm.not_a_day", "30 June"),
        (GOOD, {"as_of": 20240630}, "rfm.not_a_day", "20240630"),
        (GOOD, {"since": "soon"}, "rfm.not_a_day", "since"),
        (GOOD.assign(id=["C1", None, "C3"]), {"missing": "raise"}, "rfm.missing", "y"),
        (GOOD.assign(cny=[1.0, 2.0, np.nan]), {"missing": "raise"}, "rfm.missing", "z"),
        (
            GOOD.assign(order_id=["1", None, "2"]),
            {"missing": "raise", "order": "order_id"},
            "rfm.missing",
            "order_id",
        ),
        (GOOD, {"returns": "ignore"}, "input.option", "net, drop, keep"),
        (GOOD.iloc[:0], {}, "rfm.no_purchases", "0"),
        (GOOD.assign(cny=-1.0), {}, "rfm.no_purchases", "return 3"),
    ],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_bad_input_is_named_with_column_rows_and_remedy(frame, more, code, named, lang):
    from casekit import labels

    labels.use(lang)
    with pytest.raises(InputError) as caught:
        measured(frame, **more)
    assert caught.value.code == code
    assert named in map(str, caught.value.details.values())
    assert named in str(caught.value) and code not in str(caught.value)


def test_bad_rows_are_named_where_rows_have_no_label():
    import duckdb
    import polars

    log = GOOD.assign(cny=[1.0, np.inf, 2.0])
    with pytest.raises(InputError) as caught:
        measured(polars.from_pandas(log))
    assert caught.value.details["rows"] == "1"
    with pytest.raises(InputError) as caught:
        measured(duckdb.from_df(log))
    assert caught.value.details["rows"] == "customer C2"
    with pytest.raises(InputError) as caught:
        measured(duckdb.sql("select 'a' id, '2024-06-01' as day, 5 cny"))
    assert (caught.value.code, caught.value.details["value"]) == ("rfm.date_type", "2024-06-01")


def test_report_needs_the_table_itself():
    with pytest.raises(InputError) as caught:
        rfm.report(pd.DataFrame({"recency_days": [1]}))
    assert caught.value.code == "rfm.no_report"


def test_nothing_is_changed_in_the_callers_frame():
    before = GOOD.copy()
    measured(GOOD)
    pd.testing.assert_frame_equal(GOOD, before)


@pytest.fixture(scope="module")
def cdnow():
    path = DATA / "CDNOW_master.txt.gz"
    if not path.exists():
        pytest.skip(f"real order logs are not here: {path}")
    log = pd.read_csv(
        path, sep=r"\s+", names=["id", "day", "cds", "cny"], skiprows=1, dtype={"id": str, "day": str}
    )
    return log.assign(day=pd.to_datetime(log["day"], format="%Y%m%d"))


def test_cdnow(cdnow):
    table = measured(cdnow, as_of="1998-07-01")
    assert len(cdnow) == 69_659 and len(table) == 23_570
    assert round(table["monetary"].sum(), 2) == 2_500_315.63
    assert table["frequency"].sum() == 69_659
    assert round((table["frequency"] == 1).mean(), 3) == 0.505
    assert (table["recency_days"].min(), table["recency_days"].max()) == (1, 546)
    merged = measured(cdnow, as_of="1998-07-01", same_day="one")
    assert table["frequency"].sum() - merged["frequency"].sum() == 2_068
    paid = rfm.report(measured(cdnow, as_of="1998-07-01", zero="drop")).set_index("reason")
    assert paid.loc["zero", "rows"] == 80
    # Half of the customers bought once: with ties together one class of F stays empty.
    assert sorted(rfm.score(table)["f_score"].unique()) == [1, 3, 4, 5]


@pytest.fixture(scope="module")
def retail():
    import duckdb

    path = DATA / "online_retail_uci352.parquet"
    if not path.exists():
        pytest.skip(f"real order logs are not here: {path}")
    return duckdb.sql(f"""select CustomerID as id, InvoiceDate as day, Quantity * UnitPrice as cny,
        InvoiceNo as number from '{path}'""")


def test_online_retail(retail):
    table = measured(retail, as_of="2011-12-10", order="number")
    told = rfm.report(table).set_index("reason")["rows"]
    assert told["all"] == 541_909 and told["missing_customer"] == 135_080
    assert told["return"] + told["only_returns"] == 8_905
    assert len(table) == 4_339 and table.index.dtype == np.int64
    everyone = measured(retail, as_of="2011-12-10", order="number", returns="keep")
    assert len(everyone) == 4_372


def test_shuffling_online_retail_changes_no_score(retail):
    log = retail.df()
    table = measured(log, as_of="2011-12-10", order="number")
    shuffled = measured(log.sample(frac=1, random_state=1), as_of="2011-12-10", order="number")
    pd.testing.assert_frame_equal(table, shuffled)
    pd.testing.assert_frame_equal(measured(retail, as_of="2011-12-10", order="number"), table)

    # The usual recipe gives other scores to every fifth customer or more once the rows are shuffled.
    def recipe(frame):
        return pd.qcut(frame["frequency"].rank(method="first"), 5, labels=False)

    moved = recipe(table.sample(frac=1, random_state=2)).reindex(table.index) != recipe(table)
    assert moved.mean() > 0.2
