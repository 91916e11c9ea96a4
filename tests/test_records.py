import re
import sqlite3

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies

from casekit import datasets, inputs, records, targeting
from casekit.errors import InputError

AS_OF = "2025-12-31"
TABLES = ("customers", "businesses", "consents", "orders", "campaigns", "contacts")
STUDENT = """
CREATE TABLE 学生 (学号 TEXT PRIMARY KEY, 姓名 TEXT, 手机 TEXT, 生日 DATE, 学院 TEXT, 月消费 REAL, 工作 TEXT, 家庭人数 INTEGER,
                  爱好 TEXT, 性格 TEXT, 好友数 INTEGER);
CREATE TABLE consents (student_no TEXT REFERENCES 学生(学号), channel TEXT, consent INTEGER, given_on DATE,
                       PRIMARY KEY (student_no, channel));
CREATE TABLE contacts (contact_id INTEGER PRIMARY KEY, student_no TEXT REFERENCES 学生, contact_date DATE);
"""


@pytest.fixture(scope="module")
def tables():
    return {name: datasets.load(f"records_{name}") for name in TABLES}


@pytest.fixture
def shop(tables):
    return records.create(tables)


def failed(ddl):
    marks = records.check(ddl)
    return set(marks.check[~marks.passed])


# ---- the database

def test_the_schema_holds_the_whole_shop(shop, tables):
    for name, frame in tables.items():
        assert records.query(shop, f"SELECT count(*) AS n FROM {name}").n.tolist() == [len(frame)]


def test_every_column_of_the_groups_is_in_the_schema(shop):
    groups = inputs.definitions("information_groups.csv")
    assert groups.groupby("owner").size().to_dict() == {"person": 8, "business": 5, "user_data": 8}
    for owner, table in (("person", "customers"), ("business", "businesses")):
        columns = set(records.query(shop, f"SELECT name FROM pragma_table_info('{table}')").name)
        assert set(" ".join(groups.loc[groups.owner == owner, "columns"]).split()) <= columns
    kinds = records.query(shop, "SELECT sql FROM sqlite_master WHERE name = 'behaviour'").sql[0]
    wanted = " ".join(groups.loc[groups.owner == "user_data", "columns"])
    for kind in [word.split(".")[1] for word in wanted.split() if "." in word]:
        assert f"'{kind}'" in kinds


@pytest.mark.parametrize("name, values", [
    ("by_activity", {"as_of": AS_OF, "active_days": 180}), ("by_origin", {}), ("by_content", {}),
    ("use_behaviour", {"as_of": AS_OF}), ("use_one_to_one", {"category": "snacks", "channel": "wechat", "as_of": AS_OF}),
    ("use_service", {"threshold_cny": 1000, "as_of": AS_OF}), ("campaign_response", {}), ("group_cells", {"minimum": 10}),
    ("use_dynamics", {"category": "electronics", "cycle_days": 300, "as_of": AS_OF}),
    ("use_warning", {"window_days": 180, "as_of": AS_OF}),
])
def test_every_named_query_answers(shop, name, values):
    assert len(records.query(shop, name, **values)) > 0


def test_active_means_an_order_within_the_days(shop, tables):
    found = records.query(shop, "by_activity", as_of=AS_OF, active_days=180).set_index("customer_id").activity
    last = tables["orders"].groupby("customer_id").order_date.max()
    recent = last.index[last > pd.Timestamp(AS_OF) - pd.Timedelta(days=180)]
    assert set(found.index[found == "active"]) == set(recent)


def test_aggregates_leave_small_cells_out(shop):
    assert (records.query(shop, "group_cells", minimum=25).customers >= 25).all()
    assert set(records.query(shop, "group_cells", minimum=1).kind) == {"affinity", "geographic", "lifestyle", "enterprise"}
    with pytest.raises(sqlite3.IntegrityError):
        shop.execute("INSERT INTO group_cells VALUES ('lifestyle', 'rare', 3, 0)")


@pytest.mark.parametrize("table, change", [
    ("customers", {"origin": "stolen"}), ("customers", {"customer_id": "C0001"}), ("customers", {"household_size": 0})])
def test_a_row_that_breaks_a_rule_is_named(tables, table, change):
    spoiled = tables[table].iloc[:5].copy()
    for column, value in change.items():
        spoiled.loc[3, column] = value
    with pytest.raises(InputError, match=r"customers.* 3 ") as raised:
        records.create({table: spoiled})
    assert raised.value.code == "records.row_refused"


def test_a_consent_needs_its_customer(tables):
    with pytest.raises(InputError, match="FOREIGN KEY"):
        records.create({"consents": tables["consents"]})


# ---- a student's text may be given to it

@pytest.mark.parametrize("sql", [
    "ATTACH '{file}' AS other", "VACUUM INTO '{file}'", "PRAGMA writable_schema = 1", "CREATE VIRTUAL TABLE t USING fts5(x)",
    "SELECT load_extension('{file}')", "CREATE TEMP TABLE t (x)", "DROP TABLE customers", "nonsense"])
def test_sql_that_reaches_out_is_refused(tmp_path, sql):
    with pytest.raises(InputError) as raised:
        records.create(ddl=sql.format(file=tmp_path / "out.db"))
    assert raised.value.code == "records.sql" and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("sql", [
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n",
    "SELECT zeroblob(900000000)"])
def test_sql_that_takes_too_much_is_stopped(sql):
    with pytest.raises(InputError):
        records.query(records.create(), sql)


def test_a_query_of_ones_own_sees_no_more_rows_than_it_can_hold():
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 150000) SELECT x FROM n"
    assert len(records.query(records.create(), endless)) == 100_000


# ---- completeness and quality

def test_completeness_counts_what_is_filled(tables):
    scores = records.completeness(tables["customers"])
    assert list(scores) == ["basic", "consumption", "education", "career", "family", "life", "personality", "social", "score"]
    assert scores.education.tolist() == tables["customers"].education.notna().astype(float).tolist()
    assert np.allclose(scores.score, scores.drop(columns="score").mean(axis=1))
    own = tables["customers"].origin == "own"
    assert scores.score[own].mean() > scores.score[~own].mean() + .1
    assert records.completeness(tables["businesses"], "business").shape == (40, 6)


@settings(max_examples=25, deadline=None)
@given(strategies.lists(strategies.sampled_from(["x", None, " "]), min_size=1, max_size=8))
def test_filling_a_field_never_lowers_the_score(values):
    frame = pd.DataFrame({"name": pd.Series(values, dtype=object), "hobby": "x"})
    before, after = (records.completeness(frame).score, records.completeness(frame.assign(name="x")).score)
    assert (after >= before).all() and ((before >= 0) & (after <= 1)).all()


def test_the_quality_report_finds_every_sown_defect(tables):
    report = records.quality(tables["customers"], key="customer_id", as_of=AS_OF, born=["birth_date"], updated="updated_on",
                             stale_days=365)
    found = report.set_index(["check", "column"]).rows
    sown = datasets.load("records_customers_truth").groupby(["defect", "field"]).size()
    assert {pair: found[pair] for pair in sown.index} == sown.to_dict()
    assert found["missing", "phone"] == tables["customers"].phone.isna().sum()
    assert ("missing", "customer_id") not in found and found["stale", "updated_on"] > 0


def test_a_duplicate_key_is_reported_with_its_rows():
    report = records.quality(pd.DataFrame({"id": ["a", "b", "a"]}, index=[7, 8, 9]), key="id", as_of=AS_OF)
    assert report.values.tolist() == [["duplicate_key", "id", 2, 2 / 3, "7, 9"]]


# ---- consent and frequency

def test_contactable_gives_the_first_reason(tables):
    found = records.contactable(tables["customers"], tables["consents"], tables["contacts"], as_of=AS_OF, cap=3, window_days=365)
    assert len(found) == 300 * 3 and (found.allowed == (found.reason == "ok")).all()
    assert set(found.reason) == {"ok", "no_consent", "withdrawn", "no_address", "capped"}
    external = tables["customers"].customer_id[tables["customers"].origin == "external"]
    assert not found.allowed[found.customer_id.isin(external)].any()


@pytest.mark.parametrize("given, withdrawn, reason", [
    ("2024-01-01", None, "ok"), ("2024-01-01", "2024-03-01", "withdrawn"), ("2024-01-01", "2024-09-01", "ok"),
    ("2024-09-01", None, "no_consent")])
def test_consent_counts_as_it_stood_on_the_day(given, withdrawn, reason):
    people = pd.DataFrame({"customer_id": ["C1"], "phone": "1"})
    consents = pd.DataFrame({"customer_id": ["C1"], "channel": "sms", "given_on": given, "withdrawn_on": withdrawn})
    contacts = pd.DataFrame({"customer_id": ["C1", "C1"], "contact_date": ["2024-04-30", "2024-06-02"]})
    assert records.contactable(people, consents, contacts, as_of="2024-06-01").reason.tolist() == [reason]
    capped = records.contactable(people, consents, contacts, as_of="2024-06-01", cap=1, window_days=33).reason[0]
    assert capped == ("capped" if reason == "ok" else reason)


def test_consent_given_again_after_withdrawal_holds():
    people = pd.DataFrame({"customer_id": ["C1"]})
    consents = pd.DataFrame({"customer_id": "C1", "channel": "email", "given_on": ["2024-05-01", "2024-01-01"],
                             "withdrawn_on": [None, "2024-02-01"]})
    contacts = pd.DataFrame({"customer_id": [], "contact_date": []})
    assert records.contactable(people, consents, contacts, as_of="2024-06-01").allowed.tolist() == [True]


# ---- privacy

def test_a_survey_without_names_gives_people_away():
    released, directory = datasets.load("records_released"), datasets.load("records_directory")
    truth = datasets.load("records_released_truth").student_no
    full = ["sex", "birth_date", "school", "entry_year", "hometown"]
    found = records.reidentify(released, directory, full, identity="student_no").student_no
    assert found.notna().mean() > .85 and (found == truth)[found.notna()].all()
    coarse = records.reidentify(released, directory, full[:1] + full[2:], identity="student_no").student_no
    assert 0 < (coarse != truth)[coarse.notna()].mean() < 1  # with less, some are blamed wrongly
    assert records.anonymity(released, full).persons.min() == 1
    assert records.anonymity(released, ["sex", "school"], k=5).unsafe.sum() == 0
    assert records.reidentify(released, directory, ["sex", "school"], identity="student_no").student_no.isna().all()


@settings(max_examples=40, deadline=None)
@given(strategies.lists(strategies.tuples(strategies.integers(0, 3), strategies.integers(0, 2)), min_size=1, max_size=40),
       strategies.integers(1, 6))
def test_coarser_identifiers_never_lower_k(rows, k):
    frame = pd.DataFrame(rows, columns=["a", "b"])
    fine, coarse = records.anonymity(frame, ["a", "b"], k=k), records.anonymity(frame, ["a"], k=k)
    assert fine.persons.sum() == coarse.persons.sum() == len(rows)
    assert coarse.persons.min() >= fine.persons.min() and (fine.unsafe == (fine.persons < k)).all()


def test_one_sensitive_value_in_a_cell_is_seen():
    cells = records.anonymity(pd.DataFrame({"sex": ["f"] * 6, "overdue": 1}), ["sex"], sensitive="overdue")
    assert cells[["persons", "values", "unsafe"]].values.tolist() == [[6, 1, False]]


# ---- prospects

def test_people_who_look_like_customers_buy_more():
    people = datasets.load("records_prospects")
    score = records.lookalike(people, ["age_years", "city_tier", "income_band", "hobby", "online_hours"],
                              member="is_customer", rng=np.random.default_rng(1))
    lift = targeting.gains(score, people.is_customer).cumulative_lift
    assert lift[1] > 1.8 and lift[10] == 1
    prospects = people.is_customer == 0
    answers = datasets.load("records_prospects_truth").set_index("person_id").responds
    bought = answers[people.person_id[prospects]].set_axis(score[prospects].index)
    assert targeting.gains(score[prospects], bought).cumulative_lift[1] > 2


def test_noise_has_no_lift():
    rng = np.random.default_rng(5)
    people = pd.DataFrame({"noise": rng.normal(size=2000), "member": np.repeat([0, 1], 1000)})
    score = records.lookalike(people, ["noise"], member="member", rng=rng)
    assert targeting.gains(score, people.member).cumulative_lift[1] < 1.25


# ---- build or not

@pytest.mark.parametrize("change, reasons", [
    ({}, ()), ({"customers": 40, "setup_cny": 0}, ("too_few_customers",)), ({"repeat_share": .05}, ("no_loyalty", "cost_above_gain")),
    ({"setup_cny": 1e6}, ("cost_above_gain",))])
def test_when_not_to_build(change, reasons):
    situation = {"customers": 1000, "repeat_share": .4, "gain_per_repeat_cny": 50, "cost_per_customer_cny": 8,
                 "setup_cny": 10_000} | change
    decision = records.worth_building(**situation)
    assert decision.reasons == reasons and decision.build == (not reasons)


def test_the_break_even_number_breaks_even():
    rest = {"repeat_share": .4, "gain_per_repeat_cny": 50, "cost_per_customer_cny": 8, "setup_cny": 10_000}
    edge = records.worth_building(1000, **rest).break_even_customers
    assert abs(records.worth_building(edge, **rest).net_gain_cny) < 1e-6


# ---- a student's design

def test_a_good_design_passes_in_chinese():
    assert failed(STUDENT) == set()


def test_the_kits_own_schema_passes():
    schema = records._sql("records_schema.sql")
    assert failed(schema) == set()
    marks = records.check(schema, owner="business")
    assert marks.passed[marks.check == "group"].all()


@pytest.mark.parametrize("old, new, check", [
    ("TEXT PRIMARY KEY", "TEXT", "primary_key"), ("REFERENCES 学生(学号)", "REFERENCES 学生们", "foreign_key"),
    ("手机 TEXT", "手机 INTEGER", "typed"), ("生日 DATE", "生日 INTEGER", "typed"), ("月消费 REAL", "月消费金额 TEXT", "typed"),
    ("爱好 TEXT", "爱好", "typed"), ("consent INTEGER", "x INTEGER", None), ("given_on DATE", "given TEXT", "consent_date"),
    ("contact_date DATE", "x TEXT", "contact_log"), ("爱好 TEXT,", "", "group"), (");", "", "runs")])
def test_each_flaw_of_a_design_is_seen(old, new, check):
    found = failed(STUDENT.replace(old, new))
    assert check in found if check else found == set()  # a table called consents is consent enough


def test_tables_without_links_are_seen():
    assert failed(re.sub(r"REFERENCES 学生(\(学号\))?", "", STUDENT)) == {"related", "contact_log"}


@pytest.mark.parametrize("ddl", ["", "   ", "SELECT 1", "not sql at all", "CREATE TABLE"])
def test_nothing_is_no_design(ddl):
    marks = records.check(ddl)
    assert not marks.passed.any() and marks.check[0] == "runs"


def test_a_students_query_runs_on_a_students_design():
    rows = pd.DataFrame({"学号": ["001", "002"], "爱好": ["球类", "阅读"]})
    shop = records.create({"学生": rows}, ddl=STUDENT)
    assert records.query(shop, "SELECT 学号 FROM 学生 WHERE 爱好 = :hobby", hobby="阅读").学号.tolist() == ["002"]


# ---- bad input

@pytest.mark.parametrize("call, code, words", [
    (lambda: records.completeness(pd.DataFrame()), "input.empty", ""),
    (lambda: records.completeness(pd.DataFrame({"a": [1]}), "robot"), "input.option", "robot"),
    (lambda: records.quality(pd.DataFrame({"a": [1]}), key="id", as_of=AS_OF), "missing_column", "id"),
    (lambda: records.quality(pd.DataFrame({"a": [1]}), key="a", as_of="soon"), "input.not_a_day", "soon"),
    (lambda: records.dates(pd.Series(["2024-01-01", "32.1."], name="d", index=["x", "y"])), "input.not_dates", "y"),
    (lambda: records.anonymity(pd.DataFrame({"a": [1]}), ["b"]), "missing_column", "b"),
    (lambda: records.lookalike(pd.DataFrame({"a": [1, 2], "m": [0, 2]}), ["a"], member="m", rng=None), "input.unknown_code", "1"),
    (lambda: records.lookalike(pd.DataFrame({"a": [1, 2], "m": [0, 1]}), ["a"], member="m", rng=None), "records.too_few", "5"),
    (lambda: records.worth_building(-1, repeat_share=.1, gain_per_repeat_cny=1, cost_per_customer_cny=1, setup_cny=0),
     "input.parameter", "customers"),
    (lambda: records.query(records.create(), "no_such_name"), "records.sql", "no_such_name"),
])
def test_bad_input_is_named(call, code, words):
    with pytest.raises(InputError) as raised:
        call()
    assert raised.value.code == code and words in str(raised.value)
