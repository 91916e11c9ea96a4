"""Figures of the Bullseye model: what their sentences say, that nothing is cut off, that bad frames are refused."""

import pandas as pd
import pytest
from figures import check

from casekit import bullseye, datasets, labels, plots
from casekit.errors import InputError

RATINGS = datasets.load("bullseye_ratings")
PROFILES = bullseye.profiles(RATINGS)
LENS = RATINGS[RATINGS["product"] == "used_lens"]
FIGURES = {
    "radar": lambda: plots.bullseye_radar(PROFILES),
    "groups": lambda: plots.bullseye_groups(PROFILES),
    "tornado": lambda: plots.bullseye_tornado(bullseye.tornado(LENS)),
    "raters": lambda: plots.bullseye_raters(RATINGS, "used_lens"),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_word_lies_within_the_figure_and_speaks_one_language(name, lang):
    check(FIGURES[name](), lang)


def test_the_radar_names_best_worst_and_widest_gap(lang):
    frame = pd.DataFrame({"tripod": [8.0, 8, 2], "used_lens": [1.0, 1, 1]}, index=["price", "brand", "product"])
    alt = plots.bullseye_radar(frame).alt
    assert all(word in alt for word in ("6.0", "1.0", "8.0", labels.text("product.tripod"), labels.text("group.price")))


def test_one_product_is_not_compared_with_itself(lang):
    frame = pd.DataFrame({"tripod": [8.0, 8, 2.5]}, index=["price", "brand", "product"])
    for made in (plots.bullseye_radar(frame), plots.bullseye_groups(frame)):
        check(made, lang)
        assert all(word in made.alt for word in ("8.0", "2.5", "6.2", labels.text("group.price"), labels.text("group.product")))
        assert made.alt.count(labels.text("product.tripod")) == 1


def test_the_lines_and_bars_of_products_differ_by_more_than_colour():
    axis = plots.bullseye_radar(PROFILES).axes[0]
    assert len({(line.get_marker(), line.get_linestyle()) for line in axis.lines}) == 4
    assert len({bar.get_hatch() for bar in plots.bullseye_groups(PROFILES).axes[0].patches}) == 4


def test_the_tornado_draws_both_means_and_names_the_largest(lang):
    made = plots.bullseye_tornado(pd.DataFrame({"factor_change": [-0.5, 0.2], "group_change": [0.1, -0.3]},
                                               index=["brand", "price"]))
    assert sorted(round(bar.get_width(), 1) for bar in made.axes[0].patches) == [-0.5, -0.3, 0.1, 0.2]
    assert "−0.50" in made.alt and "−0.30" in made.alt and labels.text("group.brand") in made.alt


def test_the_raters_figure_shows_the_one_who_differs(lang):
    made = plots.bullseye_raters(RATINGS, "used_lens", top=3)
    assert "R06" in made.alt and "8" in made.alt
    marks = {line.get_marker() for line in made.axes[0].lines if line.get_label().startswith("R")}
    assert len(marks) == 6


@pytest.mark.parametrize("code, make", [
    ("input.empty", lambda: plots.bullseye_radar(PROFILES.iloc[:0])),
    ("plot.too_few_groups", lambda: plots.bullseye_radar(PROFILES.iloc[:2])),
    ("plot.too_many", lambda: plots.bullseye_groups(pd.concat([PROFILES, PROFILES.add_suffix("2")], axis=1))),
    ("input.out_of_range", lambda: plots.bullseye_groups(PROFILES + 5)),
    ("missing_column", lambda: plots.bullseye_tornado(PROFILES)),
    ("input.option", lambda: plots.bullseye_raters(RATINGS, "drone")),
    ("plot.too_many", lambda: plots.bullseye_raters(
        pd.concat([RATINGS, RATINGS.assign(rater=RATINGS["rater"] + "b")]), "tripod")),
])
def test_bad_frames_are_refused_in_words(code, make, lang):
    with pytest.raises(InputError) as refused:
        make()
    assert refused.value.code == code and "{" not in str(refused.value)
