"""The key of exercise 02. It stays with the teacher: a released pack does not hold it.

One function per question, named after it; its arguments are the data, ``as_of`` and other questions. A function
``question__mistake`` gives what that mistake would give; ``design__check`` says which demands a design meets.
"""

import pandas as pd

from casekit import records

ACTIVE_DAYS, K = 90, 5
MESSAGE, RESPONSE, MARGIN = 0.05, 0.05, 18
PLAIN = ("runs", "primary_key", "foreign_key", "typed", "consent", "consent_date", "contact_log")

# ---- 1 design


def design():
    return """
    CREATE TABLE students (
      student_no TEXT PRIMARY KEY, name TEXT, phone TEXT, favourite_purchase TEXT, school TEXT, internship TEXT,
      household_size INTEGER, hobby TEXT, personality TEXT, friends_brought INTEGER
    );
    CREATE TABLE orders (
      order_id TEXT PRIMARY KEY, student_no TEXT REFERENCES students, order_date TEXT, amount_cny NUMERIC
    );
    CREATE TABLE consents (
      student_no TEXT REFERENCES students, channel TEXT, given_date TEXT, withdrawn_date TEXT,
      PRIMARY KEY (student_no, channel, given_date)
    );
    CREATE TABLE contacts (
      contact_id TEXT PRIMARY KEY, student_no TEXT REFERENCES students, contact_date TEXT, answered INTEGER
    );
    """


def design__check(answer):
    marks = records.check(answer)
    met = marks.groupby("check")["passed"].all()
    groups = marks[marks["check"] == "group"].set_index("subject")["passed"]
    plain = {f"check.{name}": bool(met.get(name, False)) for name in PLAIN}
    return plain | {f"information.{name}": bool(passed) for name, passed in groups.items()}


# ---- 2 query


def _recent(records_orders, as_of):
    return records_orders[records_orders["order_date"] > pd.Timestamp(as_of) - pd.Timedelta(days=ACTIVE_DAYS)]


def active_customers(records_orders, as_of):
    return _recent(records_orders, as_of)["customer_id"].nunique()


def active_customers__orders_counted(records_orders, as_of):
    return len(_recent(records_orders, as_of))


def active_customers__inactive(records_customers, active_customers):
    return len(records_customers) - active_customers


def _spent(records_customers, records_orders):
    total = records_orders.groupby("customer_id")["amount_cny"].sum()
    return records_customers.assign(spent=records_customers["customer_id"].map(total))


def spend_by_school(records_customers, records_orders):
    return _spent(records_customers, records_orders).fillna({"spent": 0}).groupby("education")["spent"].mean()


def spend_by_school__buyers_only(records_customers, records_orders):
    return _spent(records_customers, records_orders).groupby("education")["spent"].mean()


def spend_by_school__per_order(records_customers, records_orders):
    school = records_customers.set_index("customer_id")["education"]
    return records_orders.groupby(records_orders["customer_id"].map(school).rename("education"))["amount_cny"].mean()


def _valid(consents, as_of):
    day = pd.Timestamp(as_of)
    return consents[(consents["given_on"] <= day) & ~(consents["withdrawn_on"] <= day)]


def _wechat(consents):
    return consents[consents["channel"] == "wechat"]


def reachable(records_consents, as_of):
    return _valid(_wechat(records_consents), as_of)["customer_id"].nunique()


def reachable__withdrawn_counted(records_consents):
    return _wechat(records_consents)["customer_id"].nunique()


def reachable__any_channel(records_consents, as_of):
    return _valid(records_consents, as_of)["customer_id"].nunique()


def expected_profit(reachable):
    return reachable * (RESPONSE * MARGIN - MESSAGE)


def expected_profit__cost_forgotten(reachable):
    return reachable * RESPONSE * MARGIN


def fullness(records_customers):
    return fullness__with_external(records_customers[records_customers["origin"] == "own"])


def fullness__with_external(records_customers):
    shares = records.completeness(records_customers).drop(columns="score").mean()
    return (100 * shares).rename_axis("group")


def fullness__fraction(records_customers):
    return fullness(records_customers) / 100


# ---- 3 privacy


def _cells(records_customers, columns):
    return records.anonymity(records_customers, columns, k=K)


def _unsafe(records_customers, columns):
    cells = _cells(records_customers, columns)
    return int(cells.loc[cells["unsafe"], "persons"].sum())


COLUMNS = ["sex", "education", "city"]


def k_value(records_customers):
    return int(_cells(records_customers, COLUMNS[:2])["persons"].min())


def unsafe_customers(records_customers):
    return _unsafe(records_customers, COLUMNS)


def unsafe_customers__cells_counted(records_customers):
    return int(_cells(records_customers, COLUMNS)["unsafe"].sum())


def best_drop(records_customers):
    left = {letter: [c for c in COLUMNS if c != out] for letter, out in zip("abc", COLUMNS, strict=True)}
    return min(left, key=lambda letter: _unsafe(records_customers, left[letter]))


# ---- 4 function


def net_gain(customers, repeat_share, gain, cost, setup, years):
    return years * customers * (repeat_share * gain - cost) - setup


def net_gain__one_year(customers, repeat_share, gain, cost, setup, years):
    return net_gain(customers, repeat_share, gain, cost, setup, 1)


def net_gain__cost_of_returners(customers, repeat_share, gain, cost, setup, years):
    return years * customers * repeat_share * (gain - cost) - setup


def net_gain__inputs(rng):
    return [(int(rng.integers(50, 9000)), float(rng.uniform(0, 1)), float(rng.integers(5, 90)), float(rng.integers(1, 12)),
             float(rng.integers(0, 60_000)), int(rng.integers(2, 6))) for _ in range(16)]  # fmt: skip
