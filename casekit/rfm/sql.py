"""Measuring and scoring in SQL: one definition, which DuckDB runs on files, Spark on a cluster, others as text.

Written in DuckDB's dialect with what every database knows; only types, days and NaN are spelt by dialect. An edge is
the value that ends a class, found by counting: whole numbers, on which all databases agree, where their quantile
functions interpolate in floats or not at all, each in its own way.
"""

from casekit import inputs
from casekit.errors import InputError
from casekit.rfm.reading import KINDS, Reading
from casekit.rfm.scores import planned

DIALECTS = ("duckdb", "sqlite", "postgres", "clickhouse", "trino", "spark")
PURCHASE, RETURN = KINDS.index("purchase"), KINDS.index("return")
LETTERS = "rfm"


def to_sql(dialect, table, *, scheme="quintiles", weights=None, **how):
    """Return the statements that measure and score the orders in a table of a database.

    给出在数据库里测量和打分的 SQL 语句。

    Parameters
    ----------
    dialect : str
        ``"duckdb"``, ``"sqlite"``, ``"postgres"``, ``"clickhouse"``, ``"trino"`` or ``"spark"``.
    table : str
        The table, as it is written behind ``from``.
    scheme, weights
        As for `rfm.score`.
    **how
        Columns, ``as_of`` and policies as for `rfm.measure`. A statement cannot refuse: rows that ``"raise"``
        would refuse are left out, and ``report`` counts them.

    Returns
    -------
    dict of str
        ``scores``: one row a customer, columns as `rfm.score` returns them. ``edges``: the last value of each
        class, money in cents (or sums and counts, where the mean divides); empty for schemes that need none.
        ``report``: rows and amounts by what they are. Classes of equal size break ties by customer id in the database's own
        order of text: with PostgreSQL use the collation "C" if Python is to agree.

    Examples
    --------
    >>> import sqlite3
    >>> texts = to_sql("sqlite", "log", customer="id", date="day", amount="cny", as_of="2024-06-30", scheme={"bins": 2})
    >>> shop = sqlite3.connect(":memory:")
    >>> _ = shop.execute("create table log (id text, day text, cny real)")
    >>> _ = shop.executemany("insert into log values (?, ?, ?)", [("C1", "2024-06-01", 9.5), ("C2", "2024-06-20", 20)])
    >>> shop.execute(texts["scores"]).fetchall()
    [('C1', 29, 1, 9.5, 1, 1, 1, '111', 3), ('C2', 10, 1, 20.0, 2, 1, 2, '212', 5)]
    """
    inputs.option("dialect", dialect, DIALECTS)
    how = Reading(**how)
    if how.as_of is None:
        raise InputError("rfm.not_a_day", name="as_of", value=None)
    groups, measured = grouping(table, how), customers(how)
    scored = scoring(planned(scheme, weights), how.customer)
    edges = [step for step in scored if step[0] == "rfm_edges"]
    chains = {
        "report": [*groups, ("", REPORT)],
        "edges": [*groups, measured, *edges] if edges else [],
        "scores": [*groups, measured, *scored],
    }
    return {name: translated(_chained(steps), dialect) for name, steps in chains.items()}


def translated(text, dialect):
    """Return a statement in another dialect; DuckDB needs no change.

    把语句译成另一种数据库的写法；DuckDB 原样返回。
    """
    if dialect == "duckdb" or not text:
        return text
    try:
        import sqlglot
        from sqlglot import exp
    except ImportError:
        raise InputError("rfm.sqlglot") from None

    def spelt(node):
        # SQLite turns NaN into null; PostgreSQL has no function for it, but its NaN equals itself.
        if isinstance(node, exp.IsNan) and dialect in ("sqlite", "postgres"):
            same = exp.EQ(this=node.this, expression=exp.Literal.string("NaN"))
            return exp.false() if dialect == "sqlite" else same
        if isinstance(node, exp.CTE) and dialect not in ("sqlite", "postgres"):
            node.set("materialized", None)
        return node

    return sqlglot.parse_one(text, read="duckdb").transform(spelt).sql(dialect, pretty=True)


def quoted(name):
    """Return the name of a column in quotation marks.

    给列名加引号。
    """
    return '"' + name.replace('"', '""') + '"'


def grouping(source, how, types=None):
    """Return the steps from orders to groups: kept rows by customer, dropped ones by reason.

    返回从订单到分组的各步：保留的行按客户，舍弃的行按原因。

    Parameters
    ----------
    source : str
        What stands behind ``from``.
    how : Reading
    types : dict, optional
        ``"float"``, ``"text"`` or ``"other"`` by role, where types are known: how else a gap may be written.
    """
    types = types or {"customer": "unknown"}
    given = {"float": "not isnan(customer)", "text": "customer <> ''", "unknown": "cast(customer as varchar) <> ''"}
    given = given.get(types["customer"], "customer is not null")
    tests = {
        "infinite": "abs(amount) > 1.7976931348623157e308 and not isnan(amount)",
        "missing_customer": f"customer is null or not {given}",
        "missing_date": "day is null",
        "missing_amount": "amount is null or isnan(amount)",
        "missing_order": how.order and "ticket is null" + (types.get("order") == "float") * " or isnan(ticket)",
        "future": f"day > date '{how.as_of}'",
        "before": how.since and f"day < date '{how.since}'",
        "zero": how.zero == "drop" and "amount = 0",
        "return": how.returns != "keep" and "amount < 0",
    }
    # Most rows are plain purchases: found by the first test, they are spared the others (NaN passes none of it).
    plain = ["amount > 0", "amount <= 1.7976931348623157e308", f"day <= date '{how.as_of}'", given]
    plain += [f"day >= date '{how.since}'"] * bool(how.since) + [f"not ({tests['missing_order']})"] * bool(how.order)
    kind = f" when {' and '.join(plain)} then {PURCHASE}\n"
    kind += "".join(f" when {test} then {KINDS.index(name)}\n" for name, test in tests.items() if test)
    amount = " * ".join(f"cast(o.{quoted(name)} as double)" for name in how.amounts)
    ticket = f", o.{quoted(how.order)} as ticket" if how.order else ""
    # What is dropped loses its customer: its groups are then no more than there are reasons.
    kept = RETURN if how.returns == "net" else PURCHASE
    visit = {"day": "day", "order": "ticket"}.get(how.visit)
    visit = visit and f", case when kind = {PURCHASE} then {visit} end as visit"
    return [
        (
            "rfm_rows",
            f"select o.{quoted(how.customer)} as customer, cast(o.{quoted(how.date)} as date) as day,\n"
            f" {amount} as amount{ticket}\nfrom {source} as o",
        ),
        ("rfm_kinds", f"select *, case\n{kind} else {PURCHASE} end as kind\nfrom rfm_rows"),
        (
            "rfm_groups",
            f"select case when kind >= {kept} then customer end as who, kind{visit or ''},\n"
            " max(day) as last_day, count(*) as lines,\n"
            f" sum(case when kind >= {kept} then amount when not isnan(amount) then amount end) as total\n"
            f"from rfm_kinds group by {'1, 2, 3' if visit else '1, 2'}",
        ),
    ]


REPORT = f"""select case kind {" ".join(f"when {at} then '{kind}'" for at, kind in enumerate(KINDS))} end as reason,
 sum(lines) as lines, sum(total) as total
from rfm_groups group by kind order by kind"""
ONLY_RETURNS = f"""select coalesce(sum(lines), 0) as lines, coalesce(sum(total), 0) as total
from (select who, sum(lines) as lines, sum(total) as total from rfm_groups
 where who is not null group by who having max(kind) = {RETURN}) as r"""


def customers(how, seen=KINDS):
    """Return the step from groups to one row a customer; without returns or visits a group is a customer.

    返回从分组到每位客户一行的那一步。
    """
    last, lines, total, ending = "last_day", "lines", "total", f"where kind = {PURCHASE}"
    if how.visit or (how.returns == "net" and "return" in seen):
        last = f"max(case when kind = {PURCHASE} then last_day end)"
        lines = f"sum(case when kind = {PURCHASE} then {'1' if how.visit else 'lines'} else 0 end)"
        total, ending = "sum(total)", f"where who is not null group by who having max(kind) = {PURCHASE}"
    # Ten thousandths first: the last bits of a float sum depend on the order in which it was added up.
    return (
        "rfm_customers",
        f"select who as customer, date_diff('day', {last}, date '{how.as_of}') as recency_days,\n"
        f" cast({lines} as bigint) as frequency,\n"
        f" cast(floor((floor({total} * 10000 + 0.5) + 50) / 100) as bigint) as cents\nfrom rfm_groups {ending}",
    )


def scoring(plan, customer):
    """Return the steps from customers to scores.

    返回从客户到得分的各步。
    """
    average = "cast(floor(cast(cents as double) / frequency + 0.5) as bigint)"
    values = ("recency_days", "frequency", average if plan.average else "cents")
    parts = list(zip(LETTERS, values, plan.rules, strict=True))
    direct = [part for part in parts if not _placed(plan, part[2])]
    edges = "\ncross join ".join(_edges(*part) for part in direct if {"bins", "mean"} & part[2].keys())
    steps = [("rfm_edges", f"select * from {edges}")] if edges else []
    columns = ["customer", "recency_days", "frequency", "cents"]
    points = [f"\n {_points(*part)} as {part[0]}_class" for part in direct]
    source = "rfm_customers cross join rfm_edges" if edges else "rfm_customers"
    steps.append(("rfm_classes", f"select {', '.join(columns + points)}\nfrom {source}"))
    for letter, value, rule in parts:
        if _placed(plan, rule):
            inside = [f"{other}_class" for other in LETTERS[: LETTERS.index(letter)]] if plan.nested else []
            for more in _place(letter, value, rule, inside):
                steps.append((f"rfm_step{len(steps)}", f"select *, {more}\nfrom {steps[-1][0]}"))
    if plan.two_level:
        classes = steps[-1][0]
        sums = ", ".join(f"sum({letter}_class) as {letter}_sum" for letter in LETTERS)
        steps.append(("rfm_means", f"select count(*) as n, {sums} from {classes}"))
        level = "\n case when c.{0}_class * e.n >= e.{0}_sum then 2 else 1 end as {0}_class"
        columns = [f"c.{name} as {name}" for name in columns] + [level.format(letter) for letter in LETTERS]
        steps.append(("rfm_levels", f"select {', '.join(columns)}\nfrom {classes} as c cross join rfm_means as e"))
    return [*steps, ("rfm_scores", _final(plan, customer, steps[-1][0]))]


def placed(plan):
    """Return whether customers must be sorted: whether a class is a place among the others.

    判断是否需要给全体客户排序。
    """
    return any(_placed(plan, rule) for rule in plan.rules)


def _placed(plan, rule):
    return "bins" in rule and (plan.nested or rule["ties"] != "together")


def _edges(letter, value, rule):
    """Return a table of one row: the last value of each class but the highest, or what the mean is made of."""
    if "mean" in rule:
        return f"(select sum({value}) as {letter}_sum, count(*) as {letter}_count from rfm_customers) as {letter}"
    # The type-7 edge k lies between the values at places floor and ceil of k (n - 1) / bins: the lower parts alike.
    bins = rule["bins"]
    ends = [f"min(case when upto * {bins} > {k} * (n - 1) then x end) as {letter}_{k}" for k in range(1, bins)]
    return f"""(select {", ".join(ends)}
 from (select x, sum(k) over (order by x) as upto, sum(k) over () as n
  from (select {value} as x, count(*) as k from rfm_customers group by 1) as h) as h) as {letter}"""


def _points(letter, value, rule):
    """Return the points of one measure; in hundredths where they are not whole."""
    scale = 1 if letter == "m" else 100
    if "mean" in rule:
        sign = "<=" if letter == "r" else ">="
        return f"case when {value} * {letter}_count {sign} {letter}_sum then 2 else 1 end"
    if "times" in rule:
        points = f"floor({value} * {scale} * cast({rule['times']!r} as double) + 0.5)"
        top = f" when {points} > {rule['max'] * 100:.0f} then {rule['max'] * 100:.0f}" * (rule["max"] < 1e300)
        return f"cast(case when {points} < 0 then 0{top} else {points} end as bigint)"
    if "bins" in rule:
        points = _classes(letter, rule["bins"])
        tests = [f"<= {letter}_{k}" for k in range(1, rule["bins"])]
    else:
        points = [point if _whole(rule) else round(point * 100) for point in rule["points"].tolist()]
        # Days and orders are whole: their bound in hundredths is one in units, rounded to where it holds.
        upto = rule["side"] == "left"
        bounds = [bound // scale if upto else -(-bound // scale) for bound in rule["bounds"].tolist()]
        tests = [f"{'<=' if upto else '<'} {bound}" for bound in bounds]
    return _cases([f"{value} {test}" for test in tests], points)


def _place(letter, value, rule, inside):
    """Return the columns, each made of those before it, that class customers by their place."""
    bins, group = rule["bins"], f"partition by {', '.join(inside)}" if inside else ""
    if rule["ties"] == "together":
        tests = [f"{letter}_less * {bins} <= {k} * ({letter}_n - 1)" for k in range(1, bins)]
        return [
            f"rank() over ({group} order by {value}) - 1 as {letter}_less, count(*) over ({group}) as {letter}_n",
            f"{_cases(tests, _classes(letter, bins))} as {letter}_class",
        ]
    down = " desc" if letter == "r" else ""
    tile = f"ntile({bins}) over ({group} order by {value}{down}, customer) as {letter}_"
    if rule["ties"] == "split":
        return [f"{tile}class"]
    side = "min" if rule["ties"] == "current" else "max"
    return [f"{tile}tile", f"{side}({letter}_tile) over (partition by {', '.join([*inside, value])}) as {letter}_class"]


def _classes(letter, bins):
    return list(range(bins, 0, -1) if letter == "r" else range(1, bins + 1))


def _cases(tests, points):
    return "case" + "".join(f" when {test} then {point}" for test, point in zip(tests, points, strict=False)) + (
        f" else {points[-1]} end"
    )


def _whole(rule):
    return "times" not in rule and ("points" not in rule or rule["points"].dtype.kind == "i")


def _final(plan, customer, source):
    """Return the columns of `rfm.score` from classes, some of which may stand in hundredths."""
    whole = [plan.two_level or _whole(rule) for rule in plan.rules]
    digits = "substr(cast(100 + {0} % 100 as varchar), 2, {1})"
    codes, scores = [], []
    for name, one in zip((f"{letter}_class" for letter in LETTERS), whole, strict=True):
        text, score = f"cast({name} as varchar)", name if all(whole) else f"cast({name} as double)"
        if not one:  # 8.05, but 8.5 and 8
            text = f"cast(cast(floor(cast({name} as double) / 100) as bigint) as varchar) || case"
            text += f" when {name} % 100 = 0 then '' when {name} % 10 = 0 then '.' || {digits.format(name, 1)}"
            text += f" else '.' || {digits.format(name, 2)} end"
            score += " / 100"
        codes.append(text)
        scores.append(score)
    if all(whole) and all(isinstance(weight, int) for weight in plan.weights):
        total = " + ".join(f"{score} * {weight}" for score, weight in zip(scores, plan.weights, strict=True))
    else:
        terms = (f"{score} * cast({weight!r} as double)" for score, weight in zip(scores, plan.weights, strict=True))
        total = f"floor(({' + '.join(terms)}) * 100 + 0.5) / 100"
    code = " || '-' || ".join(codes)
    if plan.short:  # one text of one number costs a third of three joined
        code = "substr(cast(1000 + 100 * r_class + 10 * f_class + m_class as varchar), 2, 3)"
    named = ",\n ".join(f"{score} as {letter}_score" for score, letter in zip(scores, LETTERS, strict=True))
    return (
        f"select customer as {quoted(customer)}, recency_days, frequency, cast(cents as double) / 100 as monetary,\n"
        f" {named},\n {code} as rfm_code,\n {total} as rfm_score\nfrom {source}"
    )


def _chained(steps):
    """Join steps, each of which may use those before it, to one statement."""
    if not steps:
        return ""
    *before, (_, last) = steps
    # Tables of one row: PostgreSQL would else compute them anew for every customer.
    once = {"rfm_edges": "materialized ", "rfm_means": "materialized "}
    return "with " + ",\n".join(f"{name} as {once.get(name, '')}(\n{text}\n)" for name, text in before) + "\n" + last
