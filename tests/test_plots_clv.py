"""Figures of the lifetime models: what their sentences say, that nothing is cut off."""

import pandas as pd
import pytest
from figures import check

from casekit import clv, plots
from casekit.errors import InputError
from casekit.plots import chart

GROUPS = pd.DataFrame({"customers": [300, 80, 20], "actual": [0.1, 0.8, 3.0], "expected": [0.2, 0.7, 3.0]})
FIGURES = {
    "calibration": lambda: plots.clv_calibration(GROUPS),
    "alive": lambda: plots.clv_matrix(clv.matrix(clv.CDNOW, repeats=12, age_weeks=30)),
    "orders": lambda: plots.clv_matrix(clv.matrix(clv.CDNOW, repeats=12, age_weeks=30, weeks=13), "expected_purchases"),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_word_lies_within_the_figure_and_speaks_one_language(name, lang):
    check(FIGURES[name](), lang)


def test_the_calibration_adds_up_people_not_groups(lang):
    assert "176" in plots.clv_calibration(GROUPS).alt and "154" in plots.clv_calibration(GROUPS).alt


def test_the_matrix_names_the_silent_regular(lang):
    table = clv.matrix(clv.CDNOW, repeats=12, age_weeks=30)
    alt = plots.clv_matrix(table).alt
    assert chart.number(table.iloc[-1].min(), 2) in alt and chart.number(table.iloc[1].min(), 2) in alt


def test_a_frame_without_its_columns_is_refused():
    with pytest.raises(InputError):
        plots.clv_calibration(GROUPS.drop(columns="actual"))
