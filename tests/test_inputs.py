import numpy as np
import pandas as pd
import pytest

from casekit import inputs, labels
from casekit.errors import InputError


def series(*values, **options):
    return pd.Series(values, index=[f"row{place}" for place in range(len(values))], name="rating", **options)


@pytest.mark.parametrize("values, code, row", [
    (series(1, "eight"), "input.not_numbers", "row1"),
    (series("8", 1), "input.not_numbers", "row0"),
    (series(1, True, dtype=object), "input.not_numbers", "row1"),
    (series(True, False), "input.not_numbers", "row0"),
    (series(1, None), "input.missing_values", "row1"),
    (series(1, 11), "input.out_of_range", "row1"),
    (series(-1, 5), "input.out_of_range", "row0"),
    (series(1, np.inf), "input.out_of_range", "row1"),
    (series(1, 2.5), "input.not_whole", "row1"),
])
def test_numbers_names_column_and_row(values, code, row):
    with pytest.raises(InputError) as caught:
        inputs.numbers(values, 0, 10, whole=True)
    assert caught.value.code == code
    for lang in labels.LANGUAGES:
        labels.use(lang)
        assert row in str(caught.value) and "rating" in str(caught.value)


@pytest.mark.parametrize("dtype", ["float64", "Float64", "Int64", "object"])
def test_numbers_keeps_gaps_where_allowed(dtype):
    floats = inputs.numbers(series(1, None, 3, dtype=dtype), missing=True)
    assert floats.dtype == float and floats.isna().tolist() == [False, True, False]


@pytest.mark.parametrize("frame, code", [
    ([1, 2], "input.not_a_table"),
    (pd.DataFrame({"a": []}), "input.empty"),
    (pd.DataFrame({"b": [1]}), "missing_column"),
    (pd.DataFrame([[1, 2]], columns=["a", "a"]), "input.duplicate_column"),
])
def test_table_is_refused_with_a_reason(frame, code):
    with pytest.raises(InputError) as caught:
        inputs.table(frame, "a")
    assert caught.value.code == code


@pytest.mark.parametrize("value", ["high", None, np.nan, np.inf, -.1, [.5, 1.1]])
def test_parameter_must_be_a_number_in_range(value):
    with pytest.raises(InputError, match="retention"):
        inputs.parameter("retention", value, 0, 1)


def test_unique_refuses_gaps_and_duplicates():
    for values, code in ((series("a", "a"), "input.duplicates"), (series("a", None), "input.missing_values")):
        with pytest.raises(InputError) as caught:
            inputs.unique(values)
        assert caught.value.code == code


def test_long_lists_of_rows_are_cut():
    assert inputs.rows(range(100)) == "0, 1, 2, 3, 4 …"


@pytest.mark.parametrize("values", [["2025-01-01T10:00:00+08:00"], ["2025-01-01"], pd.to_datetime(["2025-01-01 23:00"])])
def test_dates_keep_the_local_day(values):
    assert inputs.dates(pd.Series(values), "2025-01-01").dt.strftime("%F").tolist() == ["2025-01-01"]


@pytest.mark.parametrize("values, code", [
    (["2025-13-01"], "input.not_dates"), ([20250101], "input.not_dates"), (["01/02/2025"], "input.not_dates"),
    (["2025-01-01T10:00:00+08:00", "2025-01-01T10:00:00+00:00"], "input.mixed_time_zones")])
def test_doubtful_dates_are_refused(values, code):
    with pytest.raises(InputError) as caught:
        inputs.dates(pd.Series(values, name="day"))
    assert caught.value.code == code
