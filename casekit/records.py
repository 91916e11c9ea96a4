"""The marketing database: schema, completeness, quality, consent, privacy, prospects, a student's design."""

import re
import sqlite3
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from casekit import inputs
from casekit.errors import InputError

# What SQL may do: define tables, views and indexes, and move rows. ATTACH, which can write any file, is not here.
_ALLOWED = {getattr(sqlite3, f"SQLITE_{name}") for name in (
    "CREATE_INDEX CREATE_TABLE CREATE_VIEW CREATE_TRIGGER DELETE INSERT UPDATE READ SELECT TRANSACTION FUNCTION "
    "RECURSIVE REINDEX").split()}
_PRAGMAS = ("table_info", "foreign_key_list", "index_list", "index_info", "foreign_keys")
_MOST_STEPS = 20_000_000  # a second or two
_MOST_ROWS = 100_000
# How the columns of a student's design are recognised, in English and Chinese.
_CONSENT = "consent|opt_?in|agree|permission|同意|授权"
_CONTACT = "contact|message|mailing|campaign|push|联系|触达|推送|活动"
_DATES = "(?:^|_)(?:date|birthday)$|_on$|_at$|日期|时间|生日"
_KINDS = {kind: name for name, kinds in {
    "text": "TEXT VARCHAR CHAR NVARCHAR CHARACTER CLOB", "date": "DATE DATETIME TIMESTAMP",
    "number": "INTEGER INT BIGINT SMALLINT TINYINT BOOLEAN REAL NUMERIC DECIMAL FLOAT DOUBLE",
}.items() for kind in kinds.split()}
# What a name promises, its type must keep: a number would lose the leading zero of a telephone or student number.
_TYPED = {
    "phone|mobile|(?<![a-z])tel(?![a-z])|student_no|id_card|手机|电话|学号|身份证": ("text",),
    _DATES: ("text", "date"),
    "(?:^|_)(?:amount|price|cost|cny)$|金额|价格|费用": ("number",),
}
_PATTERNS = {"phone": r"1[3-9]\d{9}", "email": r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}"}
_ADDRESS = {"sms": "phone", "phone": "phone", "email": "email", "post": "address"}


class Decision(NamedTuple):
    """Whether to build a database, and why.

    该不该建数据库，以及理由（代码）、净收益（元）、保本客户数。
    """

    build: bool
    reasons: tuple
    net_gain_cny: float
    break_even_customers: float


def dates(values, as_of=None):
    """Return a column as dates and leave its gaps; refuse what is no date, or lies after `as_of`.

    把一列转为日期，空缺保留；不是日期、或晚于 `as_of` 的就拒绝。

    Examples
    --------
    >>> dates(pd.Series(["2024-05-01", None])).dt.year.tolist()
    [2024.0, nan]
    """
    return pd.to_datetime(inputs.dates(values.dropna(), as_of).reindex(values.index))


def create(tables=None, *, ddl=None, path=":memory:"):
    """Make an SQLite database from a schema, and fill it.

    按建表语句建立 SQLite 数据库，并填入数据。

    Parameters
    ----------
    tables : dict of str to DataFrame, optional
        Rows for each table; inserted in this order, so parents come first.
    ddl : str, optional
        A schema of one's own; without it the kit's own, ``datasets/records_schema.sql``.

    Returns
    -------
    sqlite3.Connection
        It reaches no other file, and stops statements that run too long: a student's text may be given to it.

    Raises
    ------
    InputError
        ``records.sql`` with SQLite's reason, ``records.row_refused`` with table and row.

    Examples
    --------
    >>> people = pd.DataFrame({"customer_id": ["C1"], "origin": "own", "registered_on": "2024-01-05"})
    >>> query(create({"customers": people}), "by_origin").customers.tolist()
    [1]
    """
    connection = sqlite3.connect(path)
    connection.executescript("PRAGMA foreign_keys = ON; PRAGMA max_page_count = 20000; PRAGMA temp_store = MEMORY;")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 1_000_000)
    connection.set_authorizer(lambda action, name, *_: sqlite3.SQLITE_OK if action in _ALLOWED or (
        action == sqlite3.SQLITE_PRAGMA and name in _PRAGMAS) else sqlite3.SQLITE_DENY)
    _run(connection, lambda: connection.executescript(_sql("records_schema.sql") if ddl is None else ddl))
    for table, frame in (tables or {}).items():
        columns = ", ".join(f'"{column}"' for column in frame.columns)
        insert = f'INSERT INTO "{table}" ({columns}) VALUES ({", ".join("?" * frame.shape[1])})'
        plain = frame.astype({column: str for column in frame.select_dtypes("datetime")}).astype(object)
        for label, row in zip(frame.index, plain.where(frame.notna(), None).to_numpy().tolist()):
            try:
                connection.execute(insert, row)
            except sqlite3.Error as error:
                raise InputError("records.row_refused", table=table, row=label, reason=str(error)) from None
    connection.commit()
    return connection


def query(connection, sql, **values):
    """Run one of the kit's named queries, or a query of one's own, and return a table.

    运行套件自带的命名查询或自己写的 SQL，返回表格。

    Parameters
    ----------
    sql : str
        A name from ``datasets/records_queries.sql`` (types of database, five uses, response, aggregates) or SQL.
    **values
        For the placeholders ``:as_of`` and so on.

    Examples
    --------
    >>> query(create(), "SELECT :as_of AS today", as_of="2024-06-01").today.tolist()
    ['2024-06-01']
    """
    named = dict(re.findall(r"-- name: (\w+)\n(.*?)(?=\n-- name:|\Z)", _sql("records_queries.sql"), re.S))
    cursor = _run(connection, lambda: connection.execute(named.get(sql, sql), values))
    rows = _run(connection, lambda: cursor.fetchmany(_MOST_ROWS))
    return pd.DataFrame(rows, columns=[column[0] for column in cursor.description or ()])


def completeness(frame, owner="person", groups=None):
    """Score how complete each record is: the filled share of every group of information, and their mean.

    给每条记录的完整度打分：各信息组的填写比例及其平均值。

    Parameters
    ----------
    frame : DataFrame
        One row a customer; columns as in the schema. A column that is not there counts as empty.
    owner : {"person", "business"}
        Eight groups, or five.
    groups : DataFrame, optional
        In place of ``datasets/information_groups.csv``: id, owner, columns.

    Returns
    -------
    DataFrame
        A column for each group and ``score``, all from 0 to 1.

    Examples
    --------
    >>> completeness(pd.DataFrame({"name": ["Li", None], "education": "arts"})).score.round(3).tolist()
    [0.146, 0.125]
    """
    inputs.table(frame)
    groups = inputs.definitions("information_groups.csv", groups)
    wanted = groups[groups.owner == inputs.option("owner", owner, ("person", "business"))]
    filled = frame.replace(r"^\s*$", np.nan, regex=True).notna()
    shares = {row.id: filled.reindex(columns=row.columns.split(), fill_value=False).mean(axis=1)
              for row in wanted.set_index("id", drop=False).itertuples(index=False)}
    return pd.DataFrame(shares).assign(score=lambda table: table.mean(axis=1))


def quality(frame, *, key, as_of, born=(), updated=None, stale_days=730, patterns=None):
    """Report what is wrong in a table of customers, one line for each kind of defect and column.

    数据质量报告：每种问题、每一列占一行。

    Parameters
    ----------
    key : str
        The identifying column.
    born : sequence of str
        Columns of dates that must not lie after `as_of`.
    updated : str, optional
        Date of the last update; older than `stale_days` counts as stale.
    patterns : dict of str to str, optional
        Regular expressions by column; without it mainland mobile numbers and e-mail addresses.

    Returns
    -------
    DataFrame
        check (missing, duplicate_key, duplicate_value, bad_format, bad_date, stale), column, rows, share, examples.

    Examples
    --------
    >>> people = pd.DataFrame({"customer_id": ["C1", "C1"], "phone": ["13800000000", "138"]})
    >>> quality(people, key="customer_id", as_of="2024-06-01")[["check", "column", "rows"]].values.tolist()
    [['bad_format', 'phone', 1], ['duplicate_key', 'customer_id', 2]]
    """
    inputs.table(frame, key, *born, *([updated] if updated else []))
    day, patterns = inputs.day("as_of", as_of), _PATTERNS if patterns is None else patterns
    checks = [("missing", column, frame[column].isna()) for column in frame]
    checks += [("duplicate_key", key, frame[key].duplicated(keep=False) & frame[key].notna())]
    for column in [column for column in patterns if column in frame]:
        text = frame[column].astype(str).str.strip()
        checks += [("bad_format", column, frame[column].notna() & ~text.str.fullmatch(patterns[column]))]
        checks += [("duplicate_value", column, frame[column].notna() & text.duplicated(keep=False))]
    for column in born:
        date = pd.to_datetime(frame[column], errors="coerce", format="ISO8601")
        checks += [("bad_date", column, frame[column].notna() & (date.isna() | (date > day)))]
    if updated:
        checks += [("stale", updated, dates(frame[updated]) < day - pd.Timedelta(days=stale_days))]
    report = pd.DataFrame([{"check": check, "column": column, "rows": int(bad.sum()), "share": bad.mean(),
                            "examples": inputs.rows(frame.index[bad])} for check, column, bad in checks])
    return report[report.rows > 0].sort_values(["check", "column"]).reset_index(drop=True)


def contactable(customers, consents, contacts, *, as_of, cap=2, window_days=30):
    """Say for each customer and channel whether a contact is allowed on a day, and if not why.

    逐个客户、逐个渠道判断某日能否联系，不能则说明原因。

    Parameters
    ----------
    customers : DataFrame
        customer_id, and the address of each channel: phone (also for sms), email, address (post).
    consents : DataFrame
        customer_id, channel, given_on, withdrawn_on; the last statement before `as_of` counts.
    contacts : DataFrame
        customer_id, contact_date: earlier contacts through all channels.
    cap : int
        So many contacts within `window_days` are enough.

    Returns
    -------
    DataFrame
        customer_id, channel, allowed, reason: ok, no_consent, withdrawn, no_address, capped.

    Examples
    --------
    >>> given = pd.DataFrame({"customer_id": ["C1"], "channel": "sms", "given_on": "2024-01-01", "withdrawn_on": None})
    >>> people = pd.DataFrame({"customer_id": ["C1", "C2"], "phone": "13800000000"})
    >>> none = pd.DataFrame({"customer_id": [], "contact_date": []})
    >>> contactable(people, given, none, as_of="2024-06-01").reason.tolist()
    ['ok', 'no_consent']
    """
    inputs.table(customers, "customer_id")
    inputs.unique(customers.customer_id)
    inputs.table(consents, "customer_id", "channel", "given_on", "withdrawn_on")
    day = inputs.day("as_of", as_of)
    given = consents.assign(given_on=inputs.dates(consents.given_on), withdrawn_on=dates(consents.withdrawn_on))
    last = given[given.given_on <= day].sort_values("given_on", kind="stable").drop_duplicates(
        ["customer_id", "channel"], keep="last")
    ago = (day - inputs.dates(contacts.contact_date)).dt.days
    recent = contacts.customer_id[(ago >= 0) & (ago < window_days)].value_counts()
    people = customers[[column for column in ("customer_id", "phone", "email", "address") if column in customers]]
    pairs = people.merge(
        pd.DataFrame({"channel": sorted(consents.channel.unique())}), how="cross").merge(
        last[["customer_id", "channel", "given_on", "withdrawn_on"]], how="left", on=["customer_id", "channel"])
    no_address = pd.Series(False, pairs.index)
    for channel, column in _ADDRESS.items():
        if column in pairs:
            no_address |= (pairs.channel == channel) & pairs[column].isna()
    reason = np.select([pairs.given_on.isna(), pairs.withdrawn_on <= day, no_address,
                        pairs.customer_id.map(recent).fillna(0) >= cap],
                       ["no_consent", "withdrawn", "no_address", "capped"], "ok")
    return pairs[["customer_id", "channel"]].assign(allowed=reason == "ok", reason=reason)


def anonymity(frame, quasi, *, k=5, sensitive=None):
    """Count how many persons share each combination of quasi-identifiers: the k of k-anonymity.

    统计每种准标识组合下有多少人：k-匿名中的 k 就是其中的最小值。

    Parameters
    ----------
    quasi : list of str
        Columns that others may know as well: sex, birth date, city …
    k : int
        Cells of fewer persons are unsafe.
    sensitive : str, optional
        A column that nobody should learn.

    Returns
    -------
    DataFrame
        The quasi-identifiers, persons, values (how many different sensitive values; 1 gives them all away), unsafe.

    References
    ----------
    L. Sweeney (2002), "k-anonymity: a model for protecting privacy".

    Examples
    --------
    >>> cells = anonymity(pd.DataFrame({"sex": ["f", "f", "m"]}), ["sex"], k=2)
    >>> cells.persons.min(), cells.unsafe.tolist()
    (np.int64(1), [True, False])
    """
    inputs.table(frame, *quasi, *([sensitive] if sensitive else []))
    groups = frame.groupby(list(quasi), dropna=False)
    cells = groups.size().rename("persons").to_frame()
    if sensitive:
        cells["values"] = groups[sensitive].nunique()
    return cells.assign(unsafe=cells.persons < k).sort_values("persons", kind="stable").reset_index()


def reidentify(released, directory, quasi, *, identity):
    """Link a table without names to a list with names through the columns they share.

    用共有的列，把“去掉姓名”的表与带姓名的名单对上：演示为什么去掉姓名还不够。

    Parameters
    ----------
    released, directory : DataFrame
        The "anonymous" table, and a list that anyone may have.
    quasi : list of str
        Columns in both.
    identity : str
        The column of `directory` that names a person.

    Returns
    -------
    DataFrame
        `released` with candidates (how many persons fit) and `identity`, filled where exactly one fits.

    Examples
    --------
    >>> loans = pd.DataFrame({"city": ["Wuhan", "Xian"], "overdue": [1, 0]})
    >>> members = pd.DataFrame({"city": ["Wuhan"], "name": ["Li"]})
    >>> reidentify(loans, members, ["city"], identity="name").name.tolist()
    ['Li', nan]
    """
    inputs.table(released, *quasi)
    people = inputs.table(directory, *quasi, identity).groupby(list(quasi))[identity].agg(["size", "first"])
    found = released.join(people, on=list(quasi))
    only = found["first"].where(found["size"] == 1)
    return released.assign(candidates=found["size"].fillna(0).astype(int), **{identity: only})


def lookalike(people, features, *, member, rng, folds=5):
    """Score how much each person looks like the customers; everyone is scored by a model that has not seen them.

    给每个人打“像不像客户”的分；为谁打分的模型都没有见过谁（交叉验证）。

    Parameters
    ----------
    people : DataFrame
        Customers and prospects together; text columns among `features` become indicators.
    member : str
        Column of 1 for customers and 0 for prospects.
    rng : numpy.random.Generator

    Returns
    -------
    Series
        Scores from 0 to 1 in the order of `people`; ``targeting.gains`` of it gives the cross-validated lift.

    Examples
    --------
    >>> people = pd.DataFrame({"age": [20, 21, 22, 60, 61, 62] * 5, "customer": [1, 1, 1, 0, 0, 0] * 5})
    >>> score = lookalike(people, ["age"], member="customer", rng=np.random.default_rng(1))
    >>> bool(score[people.customer == 1].min() > score[people.customer == 0].max())
    True
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    inputs.table(people, *features, member)
    inputs.codes(people[member], (0, 1))
    if people[member].value_counts().reindex([0, 1], fill_value=0).min() < folds:
        raise InputError("records.too_few", folds=folds)
    numeric = pd.get_dummies(people[list(features)]).astype(float)
    for column in numeric:
        inputs.numbers(numeric[column])
    split = StratifiedKFold(folds, shuffle=True, random_state=int(rng.integers(2**31)))
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000, class_weight="balanced"))
    scores = cross_val_predict(model, numeric, people[member], cv=split, method="predict_proba")[:, 1]
    return pd.Series(scores, people.index, name="score")


def worth_building(customers, *, repeat_share, gain_per_repeat_cny, cost_per_customer_cny, setup_cny, years=3,
                   fewest=100, lowest_repeat=.1):
    """Decide whether a customer database pays: not for few customers, none that return, or costs above the gain.

    判断该不该建客户数据库：客户太少、没有品牌忠诚、成本高于收益时不建。

    Parameters
    ----------
    repeat_share : float
        Share of customers who come back; only they bring the yearly gain.
    gain_per_repeat_cny, cost_per_customer_cny, setup_cny : float
        Yearly gain and yearly cost a customer, and the cost of the start.
    fewest, lowest_repeat : float
        Where "few" and "none" begin (casekit conventions).

    Returns
    -------
    Decision
        Reasons: too_few_customers, no_loyalty, cost_above_gain.

    Examples
    --------
    >>> worth_building(40, repeat_share=.5, gain_per_repeat_cny=100, cost_per_customer_cny=10, setup_cny=0).reasons
    ('too_few_customers',)
    """
    share = float(inputs.parameter("repeat_share", repeat_share, 0, 1))
    each = float(years * (share * inputs.parameter("gain_per_repeat_cny", gain_per_repeat_cny)
                          - inputs.parameter("cost_per_customer_cny", cost_per_customer_cny, 0)))
    net = float(inputs.parameter("customers", customers, 0) * each - inputs.parameter("setup_cny", setup_cny, 0))
    against = {"too_few_customers": customers < fewest, "no_loyalty": share < lowest_repeat, "cost_above_gain": net <= 0}
    reasons = tuple(code for code, true in against.items() if true)
    return Decision(not reasons, reasons, net, setup_cny / each if each > 0 else float("inf"))


def check(ddl, owner="person", groups=None):
    """Check a design for a customer database: does it run, has it keys, types, consent and the groups of information.

    检查一份客户数据库设计：能否运行，主键、外键、类型、同意、联系记录和各信息组是否齐备。

    Parameters
    ----------
    ddl : str
        ``CREATE TABLE`` statements for SQLite; names in English or Chinese.

    Returns
    -------
    DataFrame
        check (runs, primary_key, foreign_key, related, typed, consent, consent_date, contact_log, group), subject
        (table, column or group), passed.

    Examples
    --------
    >>> marks = check("CREATE TABLE students (student_no TEXT, phone INTEGER)")
    >>> marks[~marks.passed & (marks.check != "group")].check.tolist()
    ['primary_key', 'related', 'typed', 'consent', 'consent_date', 'contact_log']
    """
    try:
        shop, failed = create(ddl=ddl), None
    except InputError as error:
        shop, failed = create(ddl=""), error
    columns = query(shop, "SELECT m.name AS \"table\", c.name AS \"column\", upper(c.type) AS type, c.pk "
                          "FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'")
    links = query(shop, "SELECT m.name AS child, f.\"table\" AS parent, f.\"from\" AS \"column\", f.\"to\" "
                        "FROM sqlite_master m, pragma_foreign_key_list(m.name) f")
    columns["kind"] = columns.type.str.extract("([A-Z]+)", expand=False).map(_KINDS)
    columns["lower"] = columns.column.str.lower()
    tables, keys = columns.table.unique(), columns[columns.pk > 0]
    marks = [("runs", "", failed is None and len(tables) > 0)]
    marks += [("primary_key", table, table in keys.table.values) for table in tables]
    for link in links.itertuples():
        parent = keys[keys.table == link.parent].column
        known = len(parent) > 0 and (pd.isna(link.to) or link.to in set(parent))
        marks += [("foreign_key", f"{link.child}.{link.column}", known)]
    marks += [("related", "", len(links) > 0)]
    for row in columns.itertuples():
        wanted = [kinds for words, kinds in _TYPED.items() if re.search(words, row.lower)]
        marks += [("typed", row.column, row.kind in (wanted[0] if wanted else _KINDS.values()))]
    dated = columns[columns.lower.str.contains(_DATES) & columns.kind.isin(["text", "date"])].table
    where = columns.table.str.lower()
    consent = columns.table[columns.lower.str.contains(_CONSENT) | where.str.contains(_CONSENT)]
    log = set(columns.table[where.str.contains(_CONTACT)])
    marks += [("consent", "", len(consent) > 0), ("consent_date", "", bool(set(consent) & set(dated))),
              ("contact_log", "", bool(log & set(dated) & set(links.child)))]
    groups = inputs.definitions("information_groups.csv", groups)
    for group in groups[groups.owner == inputs.option("owner", owner, sorted(set(groups.owner)))].itertuples():
        marks += [("group", group.id, bool(columns.lower.str.contains(f"(?<![a-z])(?:{group.words})").any()))]
    return pd.DataFrame(marks, columns=["check", "subject", "passed"])


def _run(connection, statement):
    left = iter(range(_MOST_STEPS // 100_000))
    connection.set_progress_handler(lambda: next(left, None) is None, 100_000)
    try:
        return statement()
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise InputError("records.sql", reason=str(error)) from None
    finally:
        connection.set_progress_handler(None, 0)


def _sql(name):
    here = Path(__file__).parent
    homes = (here / "_datasets", here.parent / "datasets")
    return next(home / name for home in homes if (home / name).exists()).read_text("utf-8")
