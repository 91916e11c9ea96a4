"""Figures of satisfaction: what their sentences say, that nothing is cut off, that bad frames are refused."""

import numpy as np
import pandas as pd
import pytest
from figures import check

from casekit import datasets, labels, plots, satisfaction
from casekit.errors import InputError
from casekit.plots.satisfaction import _columns

GAPS = satisfaction.gaps(datasets.load("expectations"))
DRIVERS = pd.DataFrame({
    "importance": [.7, .5, .2, .1], "performance": [2.0, 4.0, 3.9, 2.5],
    "quadrant": ["concentrate", "keep_up", "overkill", "low_priority"],
}, index=["speed", "taste", "hygiene", "price"])  # fmt: skip
KANO = satisfaction.kano(datasets.load("kano_answers"))
TREE = satisfaction.post_purchase(1000)
CHAIN = satisfaction.service_profit_chain(datasets.load("stores"))
STEPS = satisfaction.blueprint()
SEEN = pd.DataFrame({"competition": ["weak", "fierce"], "satisfaction": [4, 4], "loyal": [.8, .3]})
LONG = "what guests only ever ask for in the week before the spring festival 春节前一周才有人要的东西"
FIGURES = {
    "gaps": lambda: plots.satisfaction_gaps(GAPS),
    "gaps_long": lambda: plots.satisfaction_gaps(GAPS.rename({"care": LONG})),
    "drivers": lambda: plots.satisfaction_importance({"stated": DRIVERS, "derived": DRIVERS.iloc[::-1]}),
    "drivers_one": lambda: plots.satisfaction_importance({"derived": DRIVERS}),
    "kano": lambda: plots.satisfaction_kano(KANO),
    "curves": plots.satisfaction_curves,
    "curves_seen": lambda: plots.satisfaction_curves(SEEN),
    "tree": lambda: plots.satisfaction_tree(TREE),
    "tree_large": lambda: plots.satisfaction_tree(satisfaction.post_purchase(12_345_678)),
    "chain": lambda: plots.satisfaction_chain(CHAIN),
    "blueprint": lambda: plots.satisfaction_blueprint(STEPS),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_word_lies_within_the_figure_and_speaks_one_language(name, lang):
    check(FIGURES[name](), lang, LONG)


@pytest.mark.parametrize("name", ["chain", "blueprint", "tree"])
def test_no_box_lies_on_another(name, lang):
    made = FIGURES[name]()
    made.figure.draw_without_rendering()
    boxes = [words.get_bbox_patch().get_window_extent() for words in made.axes[0].texts
             if words.get_bbox_patch() and words.get_bbox_patch().get_boxstyle().__class__.__name__ == "Round"]  # fmt: skip
    assert len(boxes) == {"chain": 8, "blueprint": 15, "tree": 13}[name]
    assert not [(a, b) for i, a in enumerate(boxes) for b in boxes[:i] if a.overlaps(b)]


def test_gaps_tell_the_widest_from_the_lowest(lang):
    frame = pd.DataFrame({"expected": [4.0, 2.0], "perceived": [3.0, 2.5]}, index=["speed", "care"])
    alt = plots.satisfaction_gaps(frame).alt
    assert all(word in alt for word in ("−1.0", "0.5", labels.text("item.speed"), labels.text("item.care")))
    kept = plots.satisfaction_gaps(frame.assign(expected=1.0)).alt
    assert labels.text("plot.satisfaction_gaps.kept", best=labels.text("item.speed"), best_gap="2.0") in kept


def test_drivers_name_the_first_of_each_way(lang):
    other = DRIVERS.assign(importance=[.1, .2, .3, .9])
    alt = plots.satisfaction_importance({"stated": other, "derived": DRIVERS}).alt
    assert labels.text("item.price") in alt and labels.text("item.speed") in alt
    shown = {line.get_marker() for line in plots.satisfaction_importance({"derived": DRIVERS}).axes[0].lines}
    assert {"o", "s", "D", "^"} <= shown  # a marker for each quadrant


def test_kano_counts_the_classes_by_more_than_colour(lang):
    made = plots.satisfaction_kano(KANO)
    assert labels.text("kano.must_be") in made.alt and "2" in made.alt
    assert len({line.get_marker() for line in made.axes[0].lines[:5]}) == 5


def test_curves_say_what_competition_does_at_the_same_mark(lang):
    assert all(share in plots.satisfaction_curves().alt for share in ("94%", "32%"))
    assert len({line.get_linestyle() for line in plots.satisfaction_curves().axes[0].lines[:4]}) == 4


def test_tree_says_mean_best_and_worst(lang):
    made = plots.satisfaction_tree(TREE)
    assert all(part in made.alt for part in ("685", "1,050", "−3,000", labels.text("node.recommend"), labels.text("node.sue")))
    renamed = plots.satisfaction_tree(TREE, {"sue": "X"})
    assert "X" in renamed.alt and any("X" in words.get_text() for words in renamed.axes[0].texts)


def test_chain_draws_strong_paths_thicker(lang):
    made = plots.satisfaction_chain(CHAIN)
    assert "0.79" in made.alt and "0.26" in made.alt
    widths = [words.arrow_patch.get_linewidth() for words in made.axes[0].texts if getattr(words, "arrow_patch", None)]
    assert np.argmax(widths) == CHAIN["coefficient"].argmax() and np.argmin(widths) == CHAIN["coefficient"].argmin()


def test_blueprint_marks_each_point_and_draws_each_hand_over(lang):
    made = plots.satisfaction_blueprint(STEPS)
    told = [words.get_text() for words in made.axes[0].texts]
    assert told.count(labels.text("plot.satisfaction_blueprint.wait")) == STEPS["wait"].sum()
    assert told.count(labels.text("plot.satisfaction_blueprint.fail")) == STEPS["fail"].sum()
    arrows = [words for words in made.axes[0].texts if getattr(words, "arrow_patch", None)]
    assert len(arrows) == len(satisfaction.flows(STEPS))
    assert {labels.text(f"line.{line}") for line in satisfaction.LINES} <= set(told)


def test_steps_never_share_a_seat_whatever_the_arrows():
    for turn in range(20):
        rng = np.random.default_rng(turn)
        steps = STEPS.assign(lane=rng.permutation(STEPS["lane"]), next=rng.permutation(STEPS["next"]))
        columns = _columns(steps, satisfaction.flows(steps))
        assert set(columns) == set(steps.index) and min(columns.values()) == 0
        assert len({(steps.loc[step, "lane"], column) for step, column in columns.items()}) == len(steps)


@pytest.mark.parametrize("code, make", [
    ("missing_column", lambda: plots.satisfaction_gaps(GAPS.drop(columns="expected"))),
    ("input.empty", lambda: plots.satisfaction_gaps(GAPS.iloc[:0])),
    ("plot.too_many", lambda: plots.satisfaction_importance({"a": DRIVERS, "b": DRIVERS, "c": DRIVERS})),
    ("plot.too_many", lambda: plots.satisfaction_importance({})),
    ("missing_column", lambda: plots.satisfaction_kano(KANO.drop(columns="kano"))),
    ("missing_column", lambda: plots.satisfaction_tree(TREE.drop(columns="reach"))),
    ("missing_column", lambda: plots.satisfaction_chain(CHAIN.drop(columns="source"))),
    ("input.empty", lambda: plots.satisfaction_blueprint(STEPS.iloc[:0])),
])  # fmt: skip
def test_bad_frames_are_refused_in_words(code, make, lang):
    with pytest.raises(InputError) as refused:
        make()
    assert refused.value.code == code and "{" not in str(refused.value)
