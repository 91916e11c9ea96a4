"""Figures of the lifetime models: what their sentences say, that nothing is cut off."""

import re

import pandas as pd
import pytest

from casekit import clv, labels, plots
from casekit.errors import InputError
from casekit.plots import chart

GROUPS = pd.DataFrame({"customers": [300, 80, 20], "actual": [0.1, 0.8, 3.0], "expected": [0.2, 0.7, 3.0]})
FIGURES = {
    "calibration": lambda: plots.clv_calibration(GROUPS),
    "alive": lambda: plots.clv_matrix(clv.matrix(clv.CDNOW, repeats=12, age_weeks=30)),
    "orders": lambda: plots.clv_matrix(clv.matrix(clv.CDNOW, repeats=12, age_weeks=30, weeks=13), "expected_purchases"),
}


@pytest.fixture(params=labels.LANGUAGES)
def lang(request):
    labels.use(request.param)
    return request.param


@pytest.mark.parametrize("name", FIGURES)
def test_every_word_lies_within_the_figure_and_speaks_one_language(name, lang):
    made = FIGURES[name]()
    made.figure.draw_without_rendering()  # a missing glyph is an error here
    drawn, (width, height) = made.figure.get_tightbbox(), chart.SIZE
    assert drawn.x0 >= 0 and drawn.y0 >= 0 and drawn.x1 <= width and drawn.y1 <= height
    for words in (made.alt, made.caption):
        assert words.endswith("。" if lang == "zh" else ".") and not re.search(r"[{}]|nan", words)
        assert lang == "zh" or not re.search("[一-鿿，。：；（）]", words)


def test_the_calibration_adds_up_people_not_groups(lang):
    assert "176" in plots.clv_calibration(GROUPS).alt and "154" in plots.clv_calibration(GROUPS).alt


def test_the_matrix_names_the_silent_regular(lang):
    table = clv.matrix(clv.CDNOW, repeats=12, age_weeks=30)
    alt = plots.clv_matrix(table).alt
    assert chart.number(table.iloc[-1].min(), 2) in alt and chart.number(table.iloc[1].min(), 2) in alt


def test_a_frame_without_its_columns_is_refused():
    with pytest.raises(InputError):
        plots.clv_calibration(GROUPS.drop(columns="actual"))
