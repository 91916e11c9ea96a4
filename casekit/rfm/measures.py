"""Orders to one row a customer; the aggregates run where the orders live: pandas, DuckDB, Spark ..."""

import functools
import json
import operator
from datetime import datetime, timedelta

import narwhals as nw
import numpy as np
import pandas as pd

from casekit import inputs
from casekit.errors import InputError
from casekit.rfm import engines
from casekit.rfm.reading import KINDS, Reading

def measure(
    orders,
    *,
    customer,
    date,
    amount,
    as_of,
    order=None,
    returns="net",
    same_day="separate",
    missing="drop",
    zero="keep",
    future="raise",
    since=None,
    memory=None,
    progress=None,
):
    """Return recency, frequency and monetary value of each customer.

    计算每位客户的近期性（天数）、购买频率和购买金额。

    Parameters
    ----------
    orders : frame, path or list of paths
        One row an order or an order line, in any order of rows. Any frame that narwhals reads: pandas, polars
        (eager or lazy), pyarrow, DuckDB relation, Dask; a Spark DataFrame, aggregated on its cluster; or
        Parquet and CSV files, folders and patterns such as ``"orders/*.parquet"``, larger than memory.
    customer, date, amount : str
        Columns: customer id; date or date-time (in files with a time zone: the day in UTC); amount in any
        currency (returns are negative), or a product such as ``"Quantity*UnitPrice"``.
    as_of : str or date
        The day from which recency is counted, such as ``"2024-06-30"``. Never the clock's own day.
    order : str, optional
        Column of the order id, where one order has several rows. Without it each row is an order.
    returns : {"net", "drop", "keep"}
        ``net``: negative amounts reduce ``monetary``, but are neither purchases nor a last purchase;
        ``drop``: they are left out; ``keep``: they count as purchases like any other row.
    same_day : {"separate", "one"}
        Whether several orders of a customer on one day count separately or as one.
    missing : {"drop", "raise"}
        Rows without customer, date, amount or order id.
    zero : {"keep", "drop"}
        Rows with amount 0 (gifts, samples).
    future : {"raise", "drop"}
        Rows dated after ``as_of``.
    since : str or date, optional
        First day that counts; earlier rows are dropped.
    memory : str, optional
        For files: what DuckDB may use, such as ``"1GB"``; beyond it works on disk.
    progress : callable, optional
        For files: called with the share that is done, 0 to 1.

    Returns
    -------
    DataFrame
        Index: customer id, sorted. Columns: ``recency_days`` (whole days), ``frequency`` (orders),
        ``monetary`` (currency of the input, rounded to cents). `report` tells what was dropped.
        Customers without any purchase have no row. For more customers than fit into memory: `score_orders`.

    Raises
    ------
    InputError
        Missing or duplicate columns, text in the amount or date column, mixed time zones, infinite
        amounts, future dates, no ``as_of``, an unknown policy, or no purchase left.

    Examples
    --------
    >>> orders = pd.DataFrame({
    ...     "customer_id": ["C1", "C1", "C2", None],
    ...     "order_date": pd.to_datetime(["2024-06-01", "2024-06-20", "2024-03-01", "2024-05-05"]),
    ...     "amount_cny": [120.0, -20.0, 35.5, 9.9]})
    >>> measures = measure(orders, customer="customer_id", date="order_date", amount="amount_cny",
    ...                    as_of="2024-06-30")
    >>> measures.reset_index()
      customer_id  recency_days  frequency  monetary
    0          C1            29          1     100.0
    1          C2           121          1      35.5
    """
    how = Reading(customer=customer, date=date, amount=amount, as_of=as_of, order=order, returns=returns,
                  same_day=same_day, missing=missing, zero=zero, future=future, since=since)  # fmt: skip
    if engines.stays(orders):
        with engines.opened(orders, how, memory, progress) as engine:
            told = engines.measured(engine, how)
            table = _table(engine.fetch("select * from rfm_customers"))
    else:
        table, told = aggregated(framed(orders), how)
    measures = pd.DataFrame(
        {
            "recency_days": table["recency_days"].to_numpy(np.int64),
            "frequency": table["frequency"].to_numpy(np.int64),
            "monetary": table["cents"] / 100,
        },
        index=table.index.rename(customer),
    )
    # As text: pandas copies what stands in attrs at every step, and only plain values go into a Parquet file.
    measures.attrs["rfm_report"] = json.dumps(told.to_dict("records"))
    return measures


def report(measures):
    """Return what became of the rows that `measure` read: used, netted, or dropped and why.

    返回 `measure` 读入的各行的去向：使用、冲抵，或因何舍弃。

    Returns
    -------
    DataFrame
        Columns ``reason``, ``action`` (read, dropped, netted, used), ``rows``, ``amount``. The first line
        is everything read; the others add up to it.

    Examples
    --------
    >>> day = pd.Timestamp("2024-06-01")
    >>> orders = pd.DataFrame({"id": ["C1", None], "day": [day, day], "cny": [5.0, 2.5]})
    >>> report(measure(orders, customer="id", date="day", amount="cny", as_of="2024-06-30"))
                 reason   action  rows  amount
    0               all     read     2     7.5
    1  missing_customer  dropped     1     2.5
    2          purchase     used     1     5.0
    """
    if "rfm_report" not in getattr(measures, "attrs", {}):
        raise InputError("rfm.no_report")
    return pd.DataFrame(json.loads(measures.attrs["rfm_report"]))


def cents(amounts):
    """Return amounts as whole cents, halves upwards; the last bits of a float sum make no difference.

    把金额换成整数“分”，四舍五入；浮点求和的末位误差不影响结果。

    Examples
    --------
    >>> cents([0.1 + 0.2, 1.005, -2.5]).tolist()
    [30, 101, -250]
    """
    fine = np.floor(np.nan_to_num(np.asarray(amounts, dtype=float)) * 10_000 + 0.5).astype(np.int64)
    return (fine + 50) // 100


def aggregated(frame, how):
    """Return one row a customer and what became of the rows, for frames that narwhals knows.

    返回每位客户一行的表和各行的去向，适用于 narwhals 认识的表。
    """
    rows, _ = checked(frame, how)
    if how.as_of is None:
        ask_as_of(rows)
    rows = rows.with_columns(kind=_kind(rows, how))
    seen = _fetch(rows.group_by("kind").agg(rows=nw.len(), amount=nw.col("amount").sum()))
    counts = dict(zip((KINDS[kind] for kind in seen["kind"]), seen["rows"].tolist(), strict=True))
    refused = how.refused(counts)
    if refused:
        kind, column = refused
        raise InputError(
            f"rfm.{kind.split('_')[0]}", column=column, rows=_where(frame, rows, kind), as_of=how.as_of
        )

    bought = rows.filter(nw.col("kind") == KINDS.index("purchase"))
    latest, total = nw.col("day").max().alias("last"), nw.col("amount").sum()
    if how.visit:
        # One row a visit first: counting distinct values goes wrong across the partitions of Dask.
        bought = bought.group_by("customer", how.visit).agg(latest, total)
        latest = nw.col("last").max()
    table = _table(_fetch(bought.group_by("customer").agg(latest, total, frequency=nw.len())))
    if table.empty:
        raise InputError("rfm.no_purchases", kept=", ".join(f"{k} {n}" for k, n in counts.items()) or 0)
    alone = 0, 0
    if how.returns == "net" and "return" in counts:
        back = rows.filter(nw.col("kind") == KINDS.index("return")).group_by("customer")
        back = _table(_fetch(back.agg(visits=nw.len(), amount=nw.col("amount").sum())))
        table["amount"] += back["amount"].reindex(table.index, fill_value=0.0)
        lost = back[~back.index.isin(table.index)]
        alone = lost["visits"].sum(), lost["amount"].sum()

    year, ordinal = np.divmod(table["last"].to_numpy(np.int64), 1000)
    last = (year - 1970).astype("M8[Y]").astype("M8[D]") + (ordinal - 1)
    table["recency_days"] = (np.datetime64(how.as_of, "D") - last).astype(np.int64)
    table["cents"] = cents(table["amount"])
    return table, told(counts, seen["amount"], how.returns, alone)


def framed(orders):
    """Return a frame as narwhals knows it; columns of the same name are refused.

    返回 narwhals 认识的表；拒绝重名的列。
    """
    if not hasattr(orders, "collect_schema"):  # lazy polars frames have no twins, and asking costs
        names = list(getattr(orders, "column_names", None) or getattr(orders, "columns", ()))
        twice = sorted({str(name) for name in names if names.count(name) > 1})
        if twice:
            raise InputError("rfm.duplicate_columns", columns=", ".join(twice))
    try:
        return nw.from_native(orders)
    except TypeError:
        raise InputError("rfm.not_a_frame", kind=type(orders).__name__) from None


def checked(frame, how):
    """Return the columns under fixed names, their types checked: pandas would join text silently.

    返回统一命名的各列（类型已检查）：否则 pandas 会把文字悄悄相连。
    """
    schema = frame.collect_schema()
    customer, date, order = how.customer, how.date, how.order
    for column in (customer, date, *how.amounts, *[order] * (order is not None)):
        if column not in schema:
            raise InputError("missing_column", column=column, columns=", ".join(map(str, schema)))
    for amount in how.amounts:
        if not schema[amount].is_numeric():
            _refuse_type("rfm.amount_type", frame, amount, functools.partial(pd.to_numeric, errors="coerce"))
    if schema[date] != nw.Date and schema[date] != nw.Datetime:
        zones = {str(getattr(value, "tzinfo", None)) for value in _sample(frame, date).dropna()}
        if len(zones) > 1:
            raise InputError("rfm.mixed_timezones", column=date, zones=", ".join(sorted(zones)))
        parse = functools.partial(pd.to_datetime, errors="coerce", format="mixed")
        _refuse_type("rfm.date_type", frame, date, parse)
    if schema[customer] == nw.Object and pd.api.types.infer_dtype(_sample(frame, customer)).startswith(
        "mixed"
    ):
        raise InputError("rfm.mixed_customer", column=customer)

    ids, when = nw.col(customer), nw.col(date)
    money = functools.reduce(operator.mul, (nw.col(name).cast(nw.Float64) for name in how.amounts))
    if schema[customer] in (nw.Categorical, nw.Enum):
        ids = ids.cast(nw.String)
    types = {
        role: "text" if schema[name] == nw.String else "float" if schema[name].is_float() else "other"
        for role, name in {"customer": customer, "order": order}.items()
        if name is not None
    }
    rows = frame.select(
        customer=ids,
        amount=nw.when(~money.is_nan()).then(money),
        # Year and day of the year: the one spelling of a day number that every engine knows.
        day=when.dt.year() * 1000 + when.dt.ordinal_day(),
        order=nw.col(order) if order is not None else nw.lit(0),
    )
    return rows, types


def _kind(rows, how):
    schema, money, day = rows.collect_schema(), nw.col("amount"), nw.col("day")
    gone = {name: nw.col(name).is_null() for name in ("customer", "day", "amount", "order")}
    for name, dtype in schema.items():
        if dtype.is_float():  # polars and SQL tell NaN from null; here both are missing
            gone[name] = gone[name] | nw.col(name).is_nan()
    if schema["customer"] == nw.String:
        gone["customer"] = gone["customer"] | (nw.col("customer") == "")
    tests = {
        "infinite": money.abs() == float("inf"),
        "missing_customer": gone["customer"],
        "missing_date": gone["day"],
        "missing_amount": gone["amount"],
        "missing_order": gone["order"],
        "future": day > _number(how.as_of),
    }
    if how.since:
        tests["before"] = day < _number(how.since)
    if how.zero == "drop":
        tests["zero"] = money == 0
    if how.returns != "keep":
        tests["return"] = money < 0
    kind = nw.lit(KINDS.index("purchase"))
    for name, test in reversed(tests.items()):
        kind = nw.when(test).then(nw.lit(KINDS.index(name))).otherwise(kind)
    return kind


def _number(day):
    return day.year * 1000 + day.timetuple().tm_yday


def ask_as_of(rows):
    """Refuse to guess the as-of date, but tell the last order's.

    不代猜截止日期，只告知最后一笔订单的日期。
    """
    known = rows.filter(~nw.col("day").is_null()).select(nw.col("day").max())
    last = np.nan_to_num(np.asarray(_fetch(known)["day"], dtype=float))
    if not last.size or not last[0]:
        raise InputError("rfm.no_purchases", kept=0)
    last = datetime.strptime(str(int(last[0])), "%Y%j").date()
    raise InputError("rfm.no_as_of", last=last, next=last + timedelta(days=1))


def _fetch(frame):
    """Return the columns as numpy arrays, without asking for pyarrow where the engine can do without."""
    if isinstance(frame, nw.LazyFrame):
        own = frame.implementation.is_polars() or frame.implementation.is_dask()
        frame = frame.collect() if own else frame.collect("pandas")
    return {name: frame[name].to_numpy() for name in frame.columns}


def _table(columns):
    ids = columns.pop("customer")
    ids = pd.Index(ids if ids.dtype.kind in "iu" else ids.tolist())
    if ids.dtype.kind == "f" and (ids == np.floor(ids)).all():
        ids = ids.astype(np.int64)  # whole numbers became floats beside missing ones
    return pd.DataFrame(columns, index=ids).sort_index()


def told(counts, amounts, returns, alone):
    """Return what became of the rows: counts by kind and their amounts; returns of those who bought nothing.

    返回各行的去向。
    """
    amounts, alone = dict(zip(counts, cents(amounts).tolist(), strict=True)), (int(alone[0]), int(cents(alone[1])))
    lines = [("all", "read", sum(counts.values()), sum(amounts.values()))]
    for kind in (kind for kind in KINDS if kind in counts):
        action = {"purchase": "used", "return": "netted" if returns == "net" else "dropped"}.get(
            kind, "dropped"
        )
        less = alone if action == "netted" else (0, 0)
        lines.append((kind, action, counts[kind] - less[0], amounts[kind] - less[1]))
        if less[0]:
            lines.append(("only_returns", "dropped", *less))
    return pd.DataFrame(
        [(r, a, n, c / 100) for r, a, n, c in lines if n or r == "all"], columns=["reason", "action", "rows", "amount"]
    )


def _sample(frame, column):
    """Return some values of a column as a pandas Series with the frame's own row labels, if rows have any."""
    if isinstance(frame, nw.LazyFrame):
        values = _fetch(frame.select(column).head(1000))[column]
        return pd.Series(values, index=["?"] * len(values), dtype=object)
    values = frame[column]
    return (
        values.to_native() if frame.implementation.is_pandas() else pd.Series(values.to_list(), dtype=object)
    )


def _refuse_type(code, frame, column, parse):
    values = _sample(frame, column).dropna()
    odd = values[parse(values.astype(object)).isna()] if len(values) else values
    shown = odd if len(odd) else values
    raise InputError(
        code,
        column=column,
        dtype=frame.collect_schema()[column],
        rows=inputs.rows(shown.index.unique()),
        value=shown.iloc[0] if len(shown) else "",
    )


def _where(frame, rows, kind):
    """Name the offending rows: by row label where rows have one, else by customer."""
    if isinstance(rows, nw.LazyFrame):
        some = rows.filter(nw.col("kind") == KINDS.index(kind)).select("customer").head(6)
        return inputs.rows(f"customer {name}" for name in _fetch(some)["customer"])
    at = np.flatnonzero(rows["kind"].to_numpy() == KINDS.index(kind))
    return inputs.rows(frame.to_native().index[at] if frame.implementation.is_pandas() else at)
