"""Figures of schemes compared: what their sentences say, that nothing is cut off."""

import pandas as pd
import pytest
from figures import check

from casekit import labels, plots, rfm
from casekit.errors import InputError

TABLE = pd.DataFrame([(cutoff, scheme, "auc", value + step, value + step - 0.05, value + step + 0.05)
                      for cutoff, step in (("2025-01-31", 0.0), ("2025-04-30", 0.02))
                      for scheme, value in (("quintiles", 0.7), ("quintiles_nested", 0.8), ("my own 自己的", 0.6))],
                     columns=["cutoff", "scheme", "metric", "value", "low_end", "high_end"])  # fmt: skip
CURVES = {"quintiles": rfm.gains([3, 3, 2, 1, 1], [9, 1, 0, 0, 0]), "two_level": rfm.gains([1, 1, 1, 1, 2], [9, 1, 0, 0, 0])}
FIGURES = {"evaluation": lambda: plots.rfm_evaluation(TABLE), "gains": lambda: plots.rfm_gains(CURVES)}


@pytest.mark.parametrize("name", FIGURES)
def test_every_word_lies_within_the_figure_and_speaks_one_language(name, lang):
    check(FIGURES[name](), lang, "自己的")


def test_the_evaluation_names_first_last_and_how_sure(lang):
    alt = plots.rfm_evaluation(TABLE).alt
    assert labels.text("scheme.quintiles_nested") in alt and "my own" in alt and "0.810" in alt and "0.610" in alt and "0.100" in alt


def test_gains_are_read_at_a_fifth(lang):
    assert "50%" in plots.rfm_gains(CURVES).alt and "0%" in plots.rfm_gains(CURVES).alt


def test_a_metric_that_is_not_there_is_refused():
    with pytest.raises(InputError):
        plots.rfm_evaluation(TABLE, "beauty")
