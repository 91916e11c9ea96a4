"""The marker: what does not matter costs nothing, what matters does, and each lost point has its reason."""

import datetime
import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casekit import labels, mark, sheet
from casekit.answers import Failure, Outputs, decode, encode
from casekit.errors import InputError
from casekit.mark.compare import agree, same
from casekit.sheet import Question

SHEET = """
title = {zh = "例", en = "Demo"}
data = ["orders"]

[[question]]
id = "recency"
points = 10
kind = "series"
key = ["customer_id"]
unit = "days"
title = {zh = "近期性", en = "Recency"}
[[question.mistake]]
name = "first_order"
credit = 0.5
words = {zh = "用了首次购买。", en = "Counted from the first order."}
[[question.mistake]]
name = "other_day"
credit = 0.4
words = {zh = "换了一天来数。", en = "Counted to another day."}

[[question]]
id = "scores"
points = 10
kind = "frame"
key = ["customer_id"]
columns = ["r_score", "double"]
title = {zh = "得分", en = "Scores"}
[[question.mistake]]
name = "upside_down"
credit = 0.5
words = {zh = "方向反了。", en = "Upside down."}

[[question]]
id = "mean"
points = 4
kind = "number"
unit = "days"
tolerance = 0.005
follow = 0.75
title = {zh = "平均", en = "Mean"}

[[question]]
id = "best"
points = 2
kind = "choice"
title = {zh = "最佳", en = "Best"}
options = {new = {zh = "新客户", en = "New customer"}, old = {zh = "老客户", en = "Old customer"}}

[[question]]
id = "double"
points = 6
kind = "function"
parameters = ["x"]
title = {zh = "函数", en = "Function"}
[[question.mistake]]
name = "square"
credit = 0.25
words = {zh = "平方了。", en = "Squared."}

[[question]]
id = "essay"
points = 8
kind = "essay"
title = {zh = "短文", en = "Essay"}
[[question.criterion]]
id = "clear"
title = {zh = "清楚", en = "Clear"}
level = [{points = 8, words = {zh = "好", en = "Good"}}, {points = 0, words = {zh = "无", en = "None"}}]
"""

KEY = """
import pandas as pd

def recency(orders, as_of):
    last = orders.groupby("customer_id")["order_date"].max()
    return (pd.Timestamp(as_of) - last).dt.days.rename("recency_days")

def recency__first_order(orders, as_of):
    return (pd.Timestamp(as_of) - orders.groupby("customer_id")["order_date"].min()).dt.days

def recency__other_day(orders, as_of, answer):
    right = recency(orders, as_of)
    return right + (answer - right).median()

def scores(recency):
    ranks = recency.rank(ascending=False)
    return pd.DataFrame({"r_score": ranks, "double": 2 * ranks})

def scores__upside_down(recency):
    ranks = recency.rank()
    return pd.DataFrame({"r_score": ranks, "double": 2 * ranks})

def mean(recency):
    return recency.mean()

def best():
    return "old"

def double(x):
    return 2 * x

def double__inputs(rng):
    return [(float(x),) for x in rng.uniform(3, 9, size=8)]

def double__square(x):
    return x * x
"""


def orders():
    days = pd.to_datetime("2024-01-01") + pd.to_timedelta(
        np.array([0, 3, 10, 11, 25, 40, 41, 41, 60]), unit="D"
    )
    return pd.DataFrame({"customer_id": list("AABBCDDEE"), "order_date": days})


DATA = {"orders": orders(), "as_of": "2024-03-31"}


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    (folder / "demo.toml").write_text(SHEET, encoding="utf-8")
    (folder / "key.py").write_text(KEY, encoding="utf-8")
    return sheet.read(folder / "demo.toml"), mark.load_key(folder / "key.py")


def right(demo):
    functions = demo[1].functions
    recency = functions["recency"](DATA["orders"], DATA["as_of"])
    probes = mark.probes(*demo, 7)
    return {
        "recency": recency,
        "scores": functions["scores"](recency),
        "mean": functions["mean"](recency),
        "best": "old",
        "double": Outputs(tuple(2 * x for (x,) in probes["double"])),
        "essay": "RFM",
    }


def judge(demo, **given):
    """Judge answers as they arrive in the grader: encoded and decoded."""
    arrived = {name: decode(json.loads(json.dumps(encode(value)))) for name, value in given.items()}
    marks = mark.mark(*demo, arrived, "s1", probes=mark.probes(*demo, 7), data=DATA)
    assert [m.question for m in marks] == [q.id for q in demo[0].questions]
    for m in marks:
        json.dumps(m.details)
        for lang in labels.LANGUAGES:
            assert mark.explain(m, demo[0], lang)
    return {m.question: m for m in marks}


def test_all_right(demo):
    marks = judge(demo, **right(demo))
    assert {id: (m.reason, m.points) for id, m in marks.items()} == {
        "recency": ("right", 10),
        "scores": ("right", 10),
        "mean": ("right", 4),
        "best": ("right", 2),
        "double": ("right", 6),
        "essay": ("manual", 0),
    }


def test_nothing_answered(demo):
    assert {m.reason for m in judge(demo).values()} == {"missing"}
    assert judge(demo, essay=" \n")["essay"].reason == "missing"


def test_a_carried_error_is_followed_through(demo):
    answer = right(demo)
    wrong = answer["recency"] + np.array([0, -40, 0, 7, 90])
    functions = demo[1].functions
    marks = judge(demo, recency=wrong, scores=functions["scores"](wrong), mean=functions["mean"](wrong))
    assert (marks["recency"].reason, marks["recency"].points) == ("wrong", 0)  # 2 of 5
    assert (marks["scores"].reason, marks["scores"].points) == ("follow_through", 8)
    assert (marks["mean"].reason, marks["mean"].points) == ("follow_through", 3)
    assert marks["scores"].details == {"carried": ["recency"]}
    assert "“Recency”" in mark.explain(marks["scores"], demo[0], "en")


def test_an_early_answer_that_is_no_real_one_is_not_carried(demo):
    truth = right(demo)["recency"]
    for empty in (truth * 0, truth[:2], truth.astype(float) * math.nan):
        scores = demo[1].functions["scores"](empty.astype(float))
        assert judge(demo, recency=empty, scores=scores)["scores"].reason in ("wrong", "partial")
        assert judge(demo, recency=empty, mean=float(empty.mean()))["mean"].points == 0


def test_an_early_answer_that_has_nothing_to_do_with_the_data_is_not_carried(demo):
    for other in (
        pd.Series([40, 3, 77, 61, 12], index=list("ABCDE")),
        right(demo)["recency"].set_axis(list("CEADB")),
    ):
        assert judge(demo, recency=other, scores=demo[1].functions["scores"](other))["scores"].reason in (
            "wrong",
            "partial",
        )


def test_a_skipped_question_passes_the_error_on(tmp_path):
    chain = """
title = {zh = "链", en = "Chain"}
question = [
  {id = "a", points = 2, kind = "number", title = {zh = "甲", en = "A"}},
  {id = "b", points = 2, kind = "number", title = {zh = "乙", en = "B"}},
  {id = "c", points = 2, kind = "number", title = {zh = "丙", en = "C"}},
]"""
    (tmp_path / "chain.toml").write_text(chain, encoding="utf-8")
    (tmp_path / "key.py").write_text(
        "def a(): return 2\ndef b(a): return a + 1\ndef c(b): return b * 10\n", encoding="utf-8"
    )
    read, key = sheet.read(tmp_path / "chain.toml"), mark.load_key(tmp_path / "key.py")
    marks = mark.mark(read, key, {"a": 5, "c": 60}, None)
    assert [m.reason for m in marks] == ["wrong", "missing", "follow_through"]
    assert marks[2].details == {"carried": ["a"]}
    assert [m.reason for m in mark.mark(read, key, {"a": 5, "b": 3, "c": 30}, None)] == [
        "wrong",
        "right",
        "right",
    ]


def test_equal_answers_have_equal_digests_whatever_their_rows_are_called():
    question = Question("spent", 1, "series", {})
    names = pd.Index(["C2", "C1"], name="spent")
    told = [mark.digest(question, pd.Series(values, index=names, name="spent")) for values in ([2, 1], [2.0000001, 1.0], [2, 3])]
    assert told[0] == told[1] == mark.digest(question, {"C1": 1, "C2": 2.0}) != told[2]
    assert mark.digest(question, None) is mark.digest(question, "no series") is None


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("expected", "given", "right"), [
    (1.0, np.inf, False), (np.inf, 1.0, False), (np.inf, np.inf, True), (np.inf, -np.inf, False),
    (np.nan, np.inf, False), (1e308, -1e308, False), (1e308, 1e308, True), (-1e308, "1e999", False),
])  # fmt: skip
@pytest.mark.parametrize("relative", [0, 0.01])
def test_infinite_and_huge_numbers_are_judged_without_a_warning(expected, given, right, relative):
    question = Question("q", 1, "number", {}, tolerance=0.1, relative=relative)
    assert same(question, [expected], [given]).tolist() == [right]


def test_texts_are_carried_only_if_they_go_along_with_the_truth():
    from casekit.mark import carry as carrying
    from casekit.mark.compare import agree

    def carry(question, given, truth):
        return carrying.carry(question, given, agree(question, truth, given), truth)

    question = Question("q", 1, "series", {}, options={id: {"zh": id, "en": id} for id in "abc"})
    truth = pd.Series(list("abc") * 40)
    turned = truth.map({"a": "b", "b": "c", "c": "a"})
    others = pd.Series(np.random.default_rng(1).permutation(truth)).where(lambda values: values != truth, "c")
    assert carry(question, turned, truth) is not None  # every one wrong, but by a rule
    assert (others == truth).mean() < 0.3 and carry(question, others, truth) is None
    assert carry(question, truth, truth) is None


def test_a_diagnosed_mistake_has_its_own_credit_and_words(demo):
    first = demo[1].mistakes["recency"]["first_order"](DATA["orders"], DATA["as_of"])
    found = judge(demo, recency=first)["recency"]
    assert (found.reason, found.mistake, found.points) == ("diagnosed", "first_order", 5)
    assert mark.explain(found, demo[0], "zh") == "用了首次购买。"


def test_a_mistake_may_look_at_the_answer(demo):
    found = judge(demo, recency=right(demo)["recency"] + 612)["recency"]
    assert (found.reason, found.mistake, found.points) == ("diagnosed", "other_day", 4)


def test_a_mistake_upon_a_carried_error_pays_for_both_once(demo):
    wrong = right(demo)["recency"] + np.array([0, -40, 0, 7, 90])
    found = judge(demo, recency=wrong, scores=demo[1].mistakes["scores"]["upside_down"](wrong))["scores"]
    assert (found.reason, found.mistake, found.points) == ("diagnosed", "upside_down", 4)
    assert "Recency" in mark.explain(found, demo[0], "en")
    straight = judge(demo, scores=demo[1].mistakes["scores"]["upside_down"](right(demo)["recency"]))["scores"]
    assert straight.points == 5


def test_partial_credit_by_element(demo):
    recency = right(demo)["recency"].copy()
    recency["A"] += 1
    found = judge(demo, recency=recency)["recency"]
    assert (found.reason, found.points, found.details) == ("partial", 8, {"right": 4, "total": 5})
    scores = right(demo)["scores"].assign(double=-1)
    found = judge(demo, scores=scores)["scores"]
    assert (found.reason, found.points, found.details["columns"]) == ("partial", 5, ["double"])
    found = judge(demo, scores=scores.assign(r_score=[0, 1, 2, 3, -1]))["scores"]
    assert (found.reason, found.points) == ("wrong", 0)


def test_rows_too_few_and_too_many(demo):
    recency = right(demo)["recency"]
    few = judge(demo, recency=recency[:4])["recency"]
    assert (few.reason, few.points, few.details["missing_rows"]) == ("partial", 8, 1)
    many = judge(demo, recency=pd.concat([recency, pd.Series({"X": 1, "Y": 2, "Z": 3})]))["recency"]
    assert (many.points, many.details["extra_rows"]) == (6.25, 3)
    twice = judge(demo, recency=pd.concat([recency, recency]))["recency"]
    assert (twice.points, twice.details["extra_rows"]) == (5, 5)
    assert judge(demo, recency=pd.concat([recency, pd.Series({"X": math.nan})]))["recency"].reason == "right"


def test_an_element_right_on_the_own_earlier_answer_counts(demo):
    wrong = right(demo)["recency"] + np.array([0, -40, 0, 7, 90])
    scores = demo[1].functions["scores"](wrong)
    scores.iloc[0, 0] = 77
    found = judge(demo, recency=wrong, scores=scores)["scores"]
    assert (found.reason, found.points) == ("partial", 7.2)


@pytest.mark.parametrize(
    ("outputs", "reason", "points"),
    [
        (lambda x: 2 * x + 1e-12, "right", 6),
        (lambda x: x * x, "diagnosed", 1.5),
        (lambda x: str(2 * x), "right", 6),
        (lambda x: np.array([2 * x]), "right", 6),
        (lambda x: 2 * x if x < 8 else None, "partial", None),
        (lambda x: [2 * x, 1], "wrong", 0),
    ],
)
def test_functions_are_judged_by_their_outputs(demo, outputs, reason, points):
    inputs = mark.probes(*demo, 7)["double"]
    found = judge(demo, double=Outputs(tuple(outputs(*values) for values in inputs)))["double"]
    assert found.reason == reason
    assert found.points == points or (points is None and 3 <= found.points < 6)


def test_a_function_that_raises_says_so(demo):
    inputs = mark.probes(*demo, 7)["double"]
    found = judge(demo, double=Outputs(tuple(Failure("ZeroDivisionError") for _ in inputs)))["double"]
    assert found.reason == "wrong" and "ZeroDivisionError" in mark.explain(found, demo[0], "en")
    assert judge(demo, double=Outputs(()))["double"].points == 0
    assert judge(demo, double=lambda x: 2 * x)["double"].details["code"] == "mark.unprobed"
    assert judge(demo, double=lambda x, y: 2 * x)["double"].details["code"] == "mark.parameters"


def test_probes_hang_on_the_seed_alone(demo):
    assert mark.probes(*demo, 7) == mark.probes(*demo, 7) != mark.probes(*demo, 8)


INVALID = [
    ("recency", 3, "not_series"),
    ("recency", {"a": [1]}, "not_series"),
    ("recency", orders(), "not_numbers"),
    ("scores", 1.5, "not_frame"),
    ("scores", [1, {}], "not_frame"),
    ("scores", [{"a": 1}, {}], "columns"),
    ("scores", {"a": [1], "b": [1, 2]}, "not_frame"),
    ("scores", pd.DataFrame({"customer_id": ["A"], "double": [1]}), "columns"),
    ("mean", "many", "not_number"),
    ("mean", True, "not_number"),
    ("mean", [1, 2], "not_number"),
    ("best", "none", "not_option"),
    ("double", 3, "not_function"),
    ("essay", 3, "not_text"),
    ("mean", len, "not_number"),
    ("best", None, None),
]


@pytest.mark.parametrize(("question", "value", "code"), INVALID, ids=range(len(INVALID)))
def test_a_bad_form_is_named(demo, question, value, code):
    found = judge(demo, **{question: value})[question]
    if code is None:
        assert found.reason == "missing"
    else:
        assert (found.reason, found.points, found.details["code"]) == ("invalid", 0, f"mark.{code}")


def test_the_form_is_told(demo):
    for question in demo[0].questions:
        for lang in labels.LANGUAGES:
            assert len(mark.form(question, lang)) > 6
    assert (
        mark.form(demo[0].question("scores"), "en")
        == "A table (DataFrame); each row named by customer_id; with the columns r_score, double."
    )


# ---- what does not matter

SERIES = Question("recency", 1, "series", {}, unit="days", key=("customer_id",))
EXPECTED = pd.Series([3, 15, 8], index=pd.Index(["C1", "C2", "C3"], name="customer_id"))

SAME = {
    "shuffled": EXPECTED[["C3", "C1", "C2"]],
    "float": EXPECTED.astype(float),
    "text": EXPECTED.astype(str),
    "units": EXPECTED.astype(str) + " 天",
    "wide": pd.Series(["３", "１５", "８"], index=EXPECTED.index),
    "nullable": EXPECTED.astype("Int64"),
    "categorical": EXPECTED.astype("category"),
    "frame": EXPECTED.to_frame("days"),
    "columns": EXPECTED.rename("x").reset_index(),
    "unnamed": EXPECTED.rename("x").rename_axis(None).to_frame(),
    "dict": EXPECTED.to_dict(),
    "list": [3, 15, 8],
    "array": np.array([3.0, 15, 8]),
    "column_array": np.array([[3], [15], [8]]),
    "tuple": (3, 15, 8),
    "timedelta": pd.to_timedelta(EXPECTED, unit="D"),
    "small_letters": EXPECTED.rename(str.lower),
    "blanks": EXPECTED.rename(lambda name: f" {name} "),
    "chinese": EXPECTED.rename("x").rename_axis("客户").reset_index()[["x", "客户"]],
    "wide_frame": EXPECTED.rename("recency").reset_index().assign(z=1),
    "no_names": EXPECTED.reset_index(drop=True),
    "timedeltas": [datetime.timedelta(days=n) for n in EXPECTED],
    "bare_frame": pd.DataFrame({"n": [3, 15, 8]}),
}


@pytest.mark.parametrize("name", SAME)
def test_the_same_series_in_another_dress(name):
    value = decode(json.loads(json.dumps(encode(SAME[name]))))
    assert agree(SERIES, EXPECTED, mark.shape(SERIES, value)).full


FRAME = Question(
    "q",
    1,
    "frame",
    {},
    key=("customer_id",),
    columns=("recency_days", "segment"),
    options={"a": {"zh": "甲类", "en": "Class A"}, "b": {"zh": "乙类", "en": "Class B"}},
)
TABLE = pd.DataFrame({"customer_id": ["1", "2"], "recency_days": [3.0, math.nan], "segment": ["a", "b"]})
TABLES = {
    "reversed": TABLE[::-1].iloc[:, ::-1],
    "indexed": TABLE.set_index("customer_id"),
    "unnamed": TABLE.set_index("customer_id").rename_axis(None),
    "numbered": TABLE.assign(customer_id=[1, 2]),
    "floats": TABLE.assign(customer_id=[1.0, 2.0]),
    "dict": TABLE.to_dict("list"),
    "records": TABLE.to_dict("records"),
    "nested": TABLE.set_index("customer_id").to_dict(),
    "capitals": TABLE.rename(columns={"recency_days": "Recency Days"}),
    "more": TABLE.assign(z=1),
    "words": TABLE.assign(segment=["甲类", "CLASS B"]),
    "text": TABLE.astype(str),
    "categories": TABLE.astype({"segment": "category"}),
}


@pytest.mark.parametrize("name", TABLES)
def test_the_same_table_in_another_dress(name):
    value = decode(json.loads(json.dumps(encode(TABLES[name]))))
    assert agree(FRAME, mark.shape(FRAME, TABLE), mark.shape(FRAME, value)).full


def test_chinese_column_names_are_the_labels():
    title = labels.table()["col.recency_days"]["zh"]
    value = TABLE.rename(columns={"recency_days": title, "customer_id": "客户"})
    assert agree(FRAME, TABLE, mark.shape(FRAME, value)).full


def test_order_counts_where_the_sheet_says_so():
    ordered = Question("q", 1, "series", {}, ordered=True)
    assert not agree(ordered, EXPECTED, EXPECTED[::-1]).full
    assert agree(ordered, EXPECTED, EXPECTED).full
    table = Question("q", 1, "frame", {}, key=("customer_id",), columns=("recency_days",), ordered=True)
    assert agree(table, TABLE, TABLE[::-1]).right == 0


@pytest.mark.parametrize(
    "value",
    [
        12.34,
        "12.34",
        "１２.３４",
        "12.34 元",
        "¥12.34",
        "12.336",
        np.float32(12.34),
        [12.34],
        pd.Series([12.34]),
        pd.DataFrame({"a": [12.34]}),
        np.array([[12.34]]),
    ],
)
def test_the_same_number_in_another_dress(value):
    question = Question("q", 1, "number", {}, unit="cny", tolerance=0.005)
    assert agree(question, 12.34, mark.shape(question, decode(encode(value)))).full


@pytest.mark.parametrize(
    ("value", "unit", "number"),
    [
        ("1,234,567", "", 1234567),
        ("-3.5e2", "", -350),
        ("+5", "", 5),
        ("35%", "", 0.35),
        ("35 ％", "percent", 35),
        (".5", "", 0.5),
        ("5.", "", 5),
        ("12,34", "", None),
        ("1 2", "", None),
        ("5 kg", "days", None),
        ("", "", None),
        ("e5", "", None),
        ("- 5", "", None),
        ("三", "", None),
    ],
)
def test_numbers_as_text(value, unit, number):
    question = Question("q", 1, "number", {}, unit=unit)
    if number is None:
        with pytest.raises(InputError):
            mark.shape(question, value)
    else:
        assert mark.shape(question, value) == pytest.approx(number)


@pytest.mark.parametrize(
    "value", ["old", " OLD ", "ｏｌｄ", "老客户", "Old  customer", ["old"], np.array(["old"])]
)
def test_the_same_choice_in_another_dress(demo, value):
    assert judge(demo, best=value)["best"].reason == "right"


def test_rows_may_be_told(demo):
    question = Question("q", 1, "series", {}, rows=3)
    mark.shape(question, [1, 2, 3])
    with pytest.raises(InputError) as caught:
        mark.shape(question, [1, 2])
    assert caught.value.code == "mark.rows"


finite = st.floats(-1e9, 1e9).map(lambda x: round(x, 2))


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.text("abcXYZ中文0123", min_size=1, max_size=4).map(str.casefold), finite, min_size=1, max_size=8
    ),
    st.randoms(),
)
def test_order_and_dtype_never_matter(values, random):
    expected = pd.Series(values)
    names = list(values)
    random.shuffle(names)
    for value in (
        expected[names],
        expected[names].astype(str),
        expected[names].astype(object),
        expected[names].to_frame("x"),
        dict(expected[names]),
    ):
        assert agree(SERIES, expected, mark.shape(SERIES, decode(encode(value)))).full


@settings(max_examples=60, deadline=None)
@given(st.lists(finite, min_size=2, max_size=9), st.data())
def test_each_wrong_element_costs_exactly_one(values, data):
    expected = pd.Series(values, index=[f"C{i}" for i in range(len(values))])
    at = data.draw(st.sets(st.integers(0, len(values) - 1)))
    given = expected.copy()
    for i in at:
        given.iloc[i] += 1 + abs(given.iloc[i])
    found = agree(SERIES, expected, given)
    assert (found.right, found.total) == (len(values) - len(at), len(values))


@settings(max_examples=100, deadline=None)
@given(finite, st.floats(0, 2), st.floats(-4, 4))
def test_tolerance_is_the_sheets(value, tolerance, offset):
    question = Question("q", 1, "number", {}, tolerance=tolerance)
    if abs(abs(offset) - tolerance) > 1e-5 + 1e-8 * abs(value):
        assert agree(question, value, value + offset).full == (abs(offset) <= tolerance)


PAIRS = Question("q", 1, "frame", {}, key=("id",), columns=("a", "b"))
tables = st.dictionaries(st.sampled_from("PQRSTUVW"), st.tuples(finite, finite), min_size=2).map(
    lambda rows: pd.DataFrame([{"id": id, "a": a, "b": b} for id, (a, b) in rows.items()])
)


@settings(max_examples=60, deadline=None)
@given(tables, st.data())
def test_each_wrong_cell_of_a_table_costs_one_and_each_lost_row_two(expected, data):
    cells = data.draw(st.sets(st.tuples(st.integers(0, len(expected) - 1), st.sampled_from("ab"))))
    lost = data.draw(st.sets(st.integers(0, len(expected) - 1), max_size=len(expected) - 1))
    told = expected.copy()
    for row, column in cells:
        told.loc[row, column] += 1 + abs(told.loc[row, column])
    told = told.drop(index=list(lost)).sample(frac=1, random_state=data.draw(st.integers(0, 99)))[["b", "id", "a"]]
    found = agree(PAIRS, *(mark.shape(PAIRS, decode(encode(frame))) for frame in (expected, told)))
    wrong = {(row, column) for row, column in cells if row not in lost}
    assert (found.right, found.total) == (2 * len(expected) - 2 * len(lost) - len(wrong), 2 * len(expected))
    assert found.missing == len(lost)
    assert set(found.columns) == ({"a", "b"} if lost else {column for _, column in wrong})


@settings(max_examples=60, deadline=None)
@given(tables, tables)
def test_no_table_agrees_with_two_keys_better_than_they_with_each_other(one, other):
    forms = [mark.shape(PAIRS, frame) for frame in (one, other)]
    found, back = agree(PAIRS, *forms), agree(PAIRS, *reversed(forms))
    assert (found.right, found.total) == (back.right, back.total) and agree(PAIRS, forms[0], forms[0]).full
    assert 0 <= found.share <= 1 and found.full == (found.right == found.total)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.booleans(), min_size=5, max_size=5), st.integers(0, 4))
def test_one_more_right_element_never_earns_less(demo, good, more):
    truth = demo[1].functions["recency"](DATA["orders"], DATA["as_of"])
    # Each wrong one is off by another number, so that no known mistake fits.
    offs = pd.Series([0 if right else 1000 + 37 * at**2 for at, right in enumerate(good)], index=truth.index)
    better = offs.copy()
    better.iloc[more] = 0
    earned = [judge(demo, recency=truth + off)["recency"].points for off in (offs, better)]
    assert earned[0] <= earned[1] and earned[1] <= 10


@settings(max_examples=40, deadline=None)
@given(st.lists(st.none() | st.booleans() | finite | st.text(max_size=3) | st.lists(finite, max_size=2), max_size=9))
def test_whatever_a_function_returned_it_is_judged(demo, values):
    probes = mark.probes(*demo, 7)
    marks = mark.mark(*demo, {"double": Outputs(tuple(values))}, None, probes=probes, data=DATA)
    found = next(each for each in marks if each.question == "double")
    assert found.reason in ("wrong", "partial", "right", "diagnosed") and 0 <= found.points <= found.maximum
    assert json.loads(json.dumps(found.details)) == found.details


anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.floats() | st.text(max_size=4) | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=2) | st.integers(), inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["customer_id", "r_score", "double", "index"]),
            st.lists(inner, min_size=2, max_size=2),
            max_size=4,
        ).map(pd.DataFrame)
    ),
    max_leaves=8,
)
series = st.lists(
    st.tuples(st.sampled_from("ABCDE"), st.none() | st.floats() | st.text(max_size=2)), max_size=7
).map(lambda pairs: pd.Series([v for _, v in pairs], index=[k for k, _ in pairs], dtype=object))


@settings(max_examples=80, deadline=None)
@given(
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(("recency", "scores", "mean", "best", "double", "essay"), anything | series),
    )
)
def test_no_answer_at_all_raises(demo, values):
    for m in judge(demo, **values).values():
        assert 0 <= m.points <= m.maximum and m.reason in mark.REASONS
        assert m.details.get("code") != "mark.unreadable"  # the last resort is not needed


def test_an_honest_mark_stays_when_earlier_answers_are_odd(demo):
    truth = right(demo)
    for odd in (
        3,
        "x",
        pd.Series(["?"] * 5, index=list("ABCDE")),
        pd.Series([1e308] * 4 + [0], index=list("ABCDE")),
    ):
        assert judge(demo, **truth | {"recency": odd})["scores"].reason == "right"


# ---- key files


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("def best():", "def worst():"), "key_missing"),
        (("def double__inputs", "def _inputs"), "key_missing"),
        (("def recency__first_order", "def recency__other"), "key_missing"),
        (("def mean(recency)", "def mean(recent)"), "key_argument"),
        (("def best():", "def extra(): ...\ndef best():"), "key_extra"),
        (("    return recency.mean()", "    return recency.mode().wrong"), "key_failed"),
        (('return "old"', "return oops"), "key_failed"),
    ],
)
def test_a_key_that_does_not_fit_is_named(demo, tmp_path, change, code):
    (tmp_path / "key.py").write_text(KEY.replace(*change), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        mark.mark(demo[0], mark.load_key(tmp_path / "key.py"), {}, "s1", data=DATA)
    assert caught.value.code == f"mark.{code}" and "key.py" in str(caught.value)


def test_a_key_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "key.py").write_text("def broken(:", encoding="utf-8")
    for path in (tmp_path / "key.py", tmp_path / "none.py"):
        with pytest.raises(InputError, match=path.name):
            mark.load_key(path)
    (tmp_path / "key.py").write_text("def a(b): ...\ndef b(a): ...", encoding="utf-8")
    with pytest.raises(InputError, match="a"):
        mark.load_key(tmp_path / "key.py")


def test_a_key_function_cannot_spoil_the_data(demo, tmp_path):
    spoiler = KEY.replace("    last = orders", '    orders["customer_id"] = "A"\n    last = orders', 1)
    (tmp_path / "key.py").write_text(spoiler, encoding="utf-8")
    mark.mark(demo[0], mark.load_key(tmp_path / "key.py"), {}, "s1", data=DATA)
    assert DATA["orders"].equals(orders())


def test_the_marker_reads_no_clock_and_no_student_code():
    source = "".join(path.read_text(encoding="utf-8") for path in Path(mark.__file__).parent.glob("*.py"))
    assert "pickle" not in source and "now()" not in source and "eval(" not in source


DESIGN = """
title = {zh = "设计", en = "Design"}
[[question]]
id = "design"
points = 10
kind = "text"
partial = 0.2
title = {zh = "设计", en = "Design"}
"""
DESIGN_KEY = """
def design():
    return "a table with a key"

def design__check(answer):
    return {"check.runs": "table" in answer, "check.primary_key": "key" in answer, "own": "a" in answer}
"""


def test_a_text_with_many_right_answers_is_judged_by_its_checks(tmp_path):
    for name, text in (("demo.toml", DESIGN), ("key.py", DESIGN_KEY)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    read, key = sheet.read(tmp_path / "demo.toml"), mark.load_key(tmp_path / "key.py")

    def judged(answer):
        return mark.mark(read, key, {"design": answer}, None)[0]

    assert [(one.reason, one.points) for one in map(judged, ("a key in a table", "a table", "?", " "))] == [
        ("right", 10), ("partial", 6.67), ("wrong", 0), ("missing", 0)]
    words = mark.explain(judged("a table"), read, "en")
    assert "Primary key" in words and "Runs" not in words and "own" in mark.explain(judged("?"), read, "zh")
    assert judged(7).reason == "invalid"


def test_a_check_for_no_question_is_refused(tmp_path):
    (tmp_path / "demo.toml").write_text(DESIGN, encoding="utf-8")
    (tmp_path / "key.py").write_text(DESIGN_KEY.replace("design__check", "other__check"), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        mark.check(sheet.read(tmp_path / "demo.toml"), mark.load_key(tmp_path / "key.py"))
    assert caught.value.code == "mark.key_extra"
