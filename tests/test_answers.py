"""Answers travel as data: what goes in comes out, and forged JSON does no harm."""

import base64
import datetime
import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casekit import answers
from casekit.answers import Failure, Function, Outputs, decode, encode
from casekit.errors import InputError


def back(value):
    """Travel as a notebook does: through JSON text."""
    return decode(json.loads(json.dumps(encode(value))))


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -7,
        2**53,
        -(2**60),
        1.5,
        -0.0,
        math.inf,
        -math.inf,
        "",
        "张伟 <b>",
        [1, [2]],
        (1, "a"),
        {1, 2},
        {"a": [1], 2: None},
        datetime.date(2024, 2, 29),
        datetime.datetime(2024, 2, 29, 23, 59, 1),
        datetime.timedelta(days=3, seconds=5),
    ],
)
def test_plain_values_come_back(value):
    assert back(value) == value
    assert type(back(value)) is type(value)


def test_odd_numbers():
    assert math.isnan(back(float("nan")))
    assert back(np.float32(0.5)) == 0.5 and back(np.int64(3)) == 3 and back(np.bool_(True)) is True
    assert back(np.longdouble("1.5")) == 1.5
    assert back(2**70) == float(2**70)
    assert back(pd.NA) is None and back(pd.NaT) is None
    assert back(np.datetime64("2024-01-02")) == datetime.datetime(2024, 1, 2)
    assert back(pd.Timestamp("2024-01-02 08:00", tz="Asia/Shanghai")) == datetime.datetime(2024, 1, 2, 8)
    assert back("\ud800") == "?"


@pytest.mark.parametrize(
    "values",
    [
        [1, 2, 3],
        [1.5, np.nan],
        [True, False],
        ["a", None],
        pd.to_datetime(["2024-01-01", None]),
        pd.to_timedelta([1, 2], unit="D"),
    ],
)
def test_series_come_back(values):
    series = pd.Series(
        values, index=pd.Index([f"C{i}" for i in range(len(values))], name="customer_id"), name="x"
    )
    given = back(series)
    assert given.index.tolist() == series.index.tolist()
    assert (given.index.name, given.name) == ("customer_id", "x")
    pd.testing.assert_series_equal(given, series, check_dtype=False, check_index_type=False)


@pytest.mark.parametrize(
    "dtype", ["?", "i1", "u2", ">i4", "u8", "f2", "f4", ">f8", "M8[D]", "M8[ms]", "m8[s]", "U3", "O"]
)
def test_arrays_come_back(dtype):
    array = np.array([[1, 0], [1, 1]]).astype(dtype)
    assert back(array).tolist() == array.astype("M8[s]" if dtype == "M8[D]" else dtype).tolist()
    assert back(array).flags.writeable


def test_frames_come_back_with_index_as_columns():
    frame = pd.DataFrame(
        {
            "a": [1, 2],
            "b": pd.Categorical(["x", None]),
            "c": pd.array([1, None], "Int64"),
            "d": [pd.Interval(0, 1)] * 2,
        }
    )
    frame.index = pd.Index(["C1", "C2"], name="customer_id")
    given = back(frame)
    assert given.columns.tolist() == ["customer_id", "a", "b", "c", "d"]
    assert given["b"].tolist()[0] == "x" and math.isnan(given["c"][1]) and given["d"][0] == "(0, 1]"
    assert back(frame.reset_index(drop=True)).columns.tolist() == ["a", "b", "c", "d"]
    assert back(frame.set_index("a", drop=False)).columns.tolist() == ["a", "b", "c", "d"]
    assert back(frame.groupby("a").agg({"c": ["sum", "max"]})).columns.tolist() == ["a", "c_sum", "c_max"]
    assert back(pd.DataFrame()).shape == (0, 0)


def test_grouped_series_keeps_its_levels():
    frame = pd.DataFrame({"a": ["x", "x", "y"], "b": [1, 2, 1], "v": [1.0, 2.0, 3.0]})
    assert back(frame.groupby(["a", "b"])["v"].sum()).to_dict() == {
        ("x", 1): 1.0,
        ("x", 2): 2.0,
        ("y", 1): 3.0,
    }


def test_other_libraries_travel_as_pandas():
    polars, pyarrow = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    assert back(polars.DataFrame({"a": [1, 2]}))["a"].tolist() == [1, 2]
    assert back(polars.Series("a", [1, 2])).tolist() == [1, 2]
    assert back(pyarrow.table({"a": ["x"]}))["a"].tolist() == ["x"]


def test_functions_travel_by_name_only():
    def points(days, orders=1):
        return days

    assert back(points) == Function("points", ("days", "orders"))
    assert back(Outputs((1, Failure("ZeroDivisionError")))) == Outputs((1, Failure("ZeroDivisionError")))


@pytest.mark.parametrize(
    "value", [object(), int, [print], pd.DataFrame({"a": [1]}).groupby("a"), ..., {"a": ...}, b"x"]
)
def test_what_cannot_be_carried_is_named(value):
    with pytest.raises(InputError) as caught:
        encode(value)
    assert caught.value.code == "answers.unsupported"


def test_an_object_that_fails_when_asked_is_unsupported():
    class Liar:
        def to_pandas(self):
            raise RuntimeError("no")

    with pytest.raises(InputError, match="Liar"):
        encode(Liar())


def test_limits_when_encoding():
    deep = []
    for _ in range(20):
        deep = [deep]
    for value, code in [
        (deep, "too_deep"),
        (np.zeros(10**6), "too_big"),
        ("x" * 10**6, "too_big"),
        (range(10**12), "too_big"),
        (pd.DataFrame(np.zeros((1, 2000))), "too_big"),
    ]:
        with pytest.raises(InputError) as caught:
            encode(value)
        assert caught.value.code == f"answers.{code}"


def buffer(dtype, raw):
    return {"d": dtype, "b": base64.b64encode(raw).decode()}


FORGED = [
    {},
    {"t": "pickle", "v": "gASVAAAA"},
    {"t": ["x"], "v": 1},
    {"v": 1},
    {"t": "float", "v": "1"},
    2**80,
    {"t": "int", "v": "9" * 5000},
    {"t": "array", "n": [10**9, 10**9], "v": buffer("<f8", b"")},
    {"t": "array", "n": [-1], "v": buffer("<f8", b"1" * 8)},
    {"t": "array", "n": [1], "v": buffer("|O8", b"1" * 8)},
    {"t": "array", "n": [1], "v": buffer("<f8", b"1" * 7)},
    {"t": "array", "n": [], "v": buffer("<f8", b"1" * 8)},
    {"t": "array", "n": [1.5], "v": buffer("|i1", b"1")},
    {"t": "series", "name": None, "index": [], "v": {"v": []}},
    {"t": "series", "name": [], "index": [["a", {"v": [1]}]], "v": {"v": [1]}},
    {"t": "series", "name": None, "index": [["a", {"v": [1, 2]}]], "v": {"v": [1]}},
    {"t": "frame", "v": [["a", {"v": [1]}], ["b", {"v": [1, 2]}]]},
    {"t": "frame", "v": [["a", {"v": []}]] * 1001},
    {"t": "frame", "v": [["a", {"codes": buffer("|i1", b"\x05"), "v": {"v": ["x"]}}]]},
    {"t": "dict", "v": [[[], 1]]},
    {"t": "set", "v": [{"t": "dict", "v": []}]},
    {"t": "date", "v": "2024-13-01"},
    {"t": "timedelta", "v": 1e300},
    {"t": "tuple", "v": {"a": 1}},
    {"t": "function", "name": 3, "v": []},
]


@pytest.mark.parametrize("data", FORGED, ids=range(len(FORGED)))
def test_forged_json_is_refused(data):
    with pytest.raises(InputError):
        decode(data)


def test_limits_hold_for_the_decoder_too():
    deep = 1
    for _ in range(20):
        deep = [deep]
    for data, code in [(deep, "too_deep"), ("x" * 10**6, "too_big")]:
        with pytest.raises(InputError) as caught:
            decode(data)
        assert caught.value.code == f"answers.{code}"
    endless = []
    for _ in range(10**5):
        endless = [endless]
    with pytest.raises(InputError):
        decode(endless)


def test_a_forged_bool_becomes_a_true_bool():
    assert decode({"t": "array", "n": [2], "v": buffer("|b1", b"\x07\x00")}).tolist() == [True, False]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["t", "v", "n", "d", "b", "name", "index", "codes"]), inner)
    ),
    max_leaves=8,
)
tags = st.sampled_from(
    [
        "int",
        "float",
        "date",
        "datetime",
        "timedelta",
        "tuple",
        "set",
        "dict",
        "outputs",
        "failure",
        "function",
        "array",
        "series",
        "frame",
    ]
)
columns = json_values | st.fixed_dictionaries(
    {
        "d": st.sampled_from(["|b1", "<f8", "<M8[ns]", "|i1", "O"]),
        "b": st.sampled_from(["", "AAAAAAAAAAA=", "AQ==", "x"]),
    }
)
pairs = st.lists(st.tuples(st.text(max_size=2), columns).map(list), max_size=3)
forged = st.fixed_dictionaries(
    {"t": tags, "v": json_values | columns | pairs},
    optional={"n": st.lists(st.integers()), "name": json_values, "index": pairs | json_values},
)


@settings(max_examples=150, deadline=None)
@given(json_values | forged | st.lists(forged, max_size=3))
def test_no_json_at_all_raises_anything_else(data):
    try:
        value = decode(data)
    except InputError:
        return
    encode(value)  # what was read can be written again


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**62), 2**62)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=3), inner, max_size=3)
    ),
    max_leaves=10,
)


@settings(max_examples=150, deadline=None)
@given(values)
def test_every_plain_value_comes_back(value):
    assert back(value) == value or len(json.dumps(encode(value))) > answers.MAX_ANSWER


def notebook(*bundles):
    return {
        "cells": [
            {"cell_type": "code", "outputs": [{"output_type": "display_data", "data": data}]}
            for data in bundles
        ]
    }


def test_collect_takes_the_last_and_says_so():
    collected = answers.collect(
        notebook(answers.bundle("a", 1), answers.bundle("b", 2), answers.bundle("a", 3))
    )
    assert collected.answers == {"a": 3, "b": 2}
    assert [(note.question, note.code, note.details) for note in collected.notes] == [
        ("a", "answers.repeated", {"times": 2})
    ]


def test_probe_outputs_replace_the_function_without_a_note():
    collected = answers.collect(notebook(answers.bundle("f", len), answers.bundle("f", Outputs((1,)))))
    assert collected == answers.Collected({"f": Outputs((1,))}, ())
    assert answers.bundle("f", Outputs((1,)))[answers.MIME]["probe"] is True


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "x",
        {},
        {"version": 1},
        {"version": 1, "question": [], "value": 1},
        {"version": 2, "question": "a", "value": 1},
        {"version": 1, "question": "a" * 99, "value": 1},
        {"version": 1, "question": "a", "value": {"t": "no", "v": 1}},
    ],
)
def test_malformed_bundles_become_notes(body):
    collected = answers.collect(notebook(answers.bundle("b", 1), {answers.MIME: body}))
    assert collected.answers == {"b": 1}
    assert [note.code for note in collected.notes] == ["answers.malformed"]
    assert collected.notes[0].details == {"cell": 2}


@pytest.mark.parametrize(
    "nb",
    [
        None,
        {},
        {"cells": 1},
        {"cells": [1, {"cell_type": "code"}, {"cell_type": "code", "outputs": [1, {"data": []}]}]},
    ],
)
def test_malformed_notebooks_hold_no_answers(nb):
    assert answers.collect(nb) == answers.Collected({})


def test_the_notebook_limit():
    many = [answers.bundle(f"q{i}", "x" * 900_000) for i in range(7)]
    collected = answers.collect(notebook(*many))
    assert len(collected.answers) == 5
    assert [note.code for note in collected.notes] == ["answers.notebook_too_big"]
