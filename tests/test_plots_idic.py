"""Figures of chapters 01 and 02: what their sentences say, that nothing is cut off, that bad frames are refused."""

import re

import numpy as np
import pandas as pd
import pytest
from figures import check

from casekit import labels, plots
from casekit.errors import InputError


def thresholds(cuts=(5, 9, 12)):
    return pd.DataFrame({"precision": [0.86, 1, 1][: len(cuts)], "recall": [0.99, 0.94, 0.85][: len(cuts)],
                         "f1": [0.92, 0.97, 0.92][: len(cuts)]}, index=list(cuts))  # fmt: skip


def customers(count=60, scale=1.0):
    rng = np.random.default_rng(5)
    return pd.DataFrame({
        "tier": np.repeat(["A", "B", "C"], count // 3), "clv_cny": rng.normal(300, 400, count // 3 * 3) * scale,
        "need": rng.choice(["need_price", "need_gift", "need_novelty", "a need that nobody has named so far", None], count // 3 * 3),
    })  # fmt: skip


def learning(rounds=6):
    return pd.DataFrame({"with_memory": np.linspace(0.15, 0.24, rounds), "one_for_all": 0.14, "best_possible": 0.29},
                        index=pd.RangeIndex(1, rounds + 1, name="round"))  # fmt: skip


def evaluation(scale=1.0):
    profit = np.array([-199.0, 871, 4051]) * scale
    return pd.DataFrame({"contacts": [516, 516, 427], "cost_cny": [2102.0, 1032, 1481], "profit_cny": profit},
                        index=["mass_raw", "mass", "own plan of a teacher"])  # fmt: skip


def filled(kinds=("own", "external")):
    rng = np.random.default_rng(2)
    groups = ["basic", "consumption", "education", "career", "family", "life", "personality", "social"]
    frame = pd.DataFrame(rng.random((40, 8)), columns=groups)
    return frame.assign(score=frame.mean(axis=1), origin=rng.choice(list(kinds), 40))


def gains(bins=10):
    share = np.arange(1, bins + 1) / bins
    return pd.DataFrame({"people_share": share, "gain": np.sqrt(share), "cumulative_lift": np.sqrt(share) / share})


def releases():
    return pd.DataFrame({"rows": 400, "named": [358, 323, 61, 0], "safe": [0, 0, 123, 400]},
                        index=["sex+birth_date+school+entry_year+hometown", "sex+birth_date", "school+hometown", "sex"])  # fmt: skip


FIGURES = {
    "thresholds": lambda: plots.idic_thresholds(thresholds()),
    "thresholds_one": lambda: plots.idic_thresholds(thresholds((9,))),
    "matrix": lambda: plots.idic_matrix(customers()),
    "matrix_large": lambda: plots.idic_matrix(customers(3000, 1e5)),
    "learning": lambda: plots.idic_learning(learning()),
    "learning_one": lambda: plots.idic_learning(learning(1)),
    "profits": lambda: plots.idic_profits(evaluation()),
    "profits_all_lose": lambda: plots.idic_profits(evaluation(-1e4)),
    "profits_one": lambda: plots.idic_profits(evaluation().head(1)),
    "completeness": lambda: plots.records_completeness(filled()),
    "completeness_four": lambda: plots.records_completeness(filled(("own", "external", "partner", "a list bought in a hurry"))),
    "gains": lambda: plots.records_gains(gains()),
    "gains_two": lambda: plots.records_gains(gains(2)),
    "named": lambda: plots.records_named(releases()),
    "named_none": lambda: plots.records_named(releases().tail(1)),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_word_lies_within_the_figure_and_every_sentence_is_whole(name, lang):
    check(FIGURES[name](), lang)


def test_the_best_threshold_is_named(lang):
    for words in (plots.idic_thresholds(thresholds()).alt, plots.idic_thresholds(thresholds()).figure.get_suptitle()):
        assert " 9" in words and "100%" in words and "94%" in words


def test_the_richest_cell_is_named(lang):
    frame = pd.DataFrame({"tier": ["A", "A", "C"], "need": ["need_gift", None, None], "clv_cny": [900.0, 100, -50]})
    made = plots.idic_matrix(frame)
    assert labels.text("need.need_gift") in made.alt and "900" in made.alt
    assert any("−50" in each.get_text() for each in made.axes[0].texts)


def test_the_loss_is_hatched_and_both_ends_are_told(lang):
    made = plots.idic_profits(evaluation())
    assert "−199" in made.alt and "4,051" in made.alt
    assert [bool(bar.get_hatch()) for bar in made.axes[0].patches] == [True, False, False]


def test_learning_tells_memory_and_one_for_all(lang):
    assert {"24%", "14%", "15%", "29%"} <= set(re.findall(r"\d+%", plots.idic_learning(learning()).alt))


def test_the_emptiest_group_is_named(lang):
    frame = pd.DataFrame({"basic": [0.8, 0.4], "life": [0.2, 0.1], "score": [0.5, 0.25], "origin": ["own", "external"]})
    alt = plots.records_completeness(frame).alt
    assert labels.text("information.life") in alt and "38%" in alt


def test_gains_tell_the_first_fifth(lang):
    assert "45%" in plots.records_gains(gains()).alt  # the root of one fifth


def test_the_title_tells_of_the_fewest_columns_that_name_most(lang):
    title = plots.records_named(releases()).figure.get_suptitle()
    assert "323" in title and labels.text("col.birth_date") in title and labels.text("col.hometown") not in title


@pytest.mark.parametrize("draw", [
    lambda: plots.idic_thresholds(thresholds().drop(columns="f1")),
    lambda: plots.idic_matrix(customers().assign(clv_cny="much")),
    lambda: plots.idic_profits(evaluation().head(0)),
    lambda: plots.records_completeness(filled(tuple("abcdefgh"))),
    lambda: plots.records_gains(gains().assign(gain=2.0)),
    lambda: plots.records_named(releases().assign(rows=0)),
])  # fmt: skip
def test_frames_that_cannot_be_drawn_are_refused(draw):
    with pytest.raises(InputError):
        draw()
