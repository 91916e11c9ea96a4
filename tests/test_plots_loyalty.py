"""Figures of loyalty programmes: what their sentences say, that nothing is cut off, that bad frames are refused."""

import numpy as np
import pandas as pd
import pytest
from figures import check

from casekit import datasets, labels, loyalty, plots
from casekit.errors import InputError

PANEL = datasets.load("loyalty_panel")
BOOKS = loyalty.ledger(datasets.load("loyalty_points"), as_of="2025-12-31", expiry_days=365)
COMPARED = loyalty.compare(loyalty.simulate(datasets.load("loyalty_members"), rng=np.random.default_rng(1)))
OPTIONS = datasets.load("loyalty_rewards")
FIGURES = {
    "card": lambda: plots.loyalty_card(PANEL),
    "points": lambda: plots.loyalty_points(BOOKS),
    "points_one": lambda: plots.loyalty_points(BOOKS.iloc[:1]),
    "programmes": lambda: plots.loyalty_programmes(COMPARED),
    "programmes_large": lambda: plots.loyalty_programmes(COMPARED * 1e5),
    "rewards": lambda: plots.loyalty_rewards(OPTIONS),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_word_lies_within_the_figure_and_speaks_one_language(name, lang):
    check(FIGURES[name](), lang)


def test_the_card_is_compared_before_and_after(lang):
    frame = pd.DataFrame({"arm": ["control", "card", "card"], "used": [0, 0, 1], "before_cny": [10, 8, 12], "after_cny": [10, 8, 16]})
    made = plots.loyalty_card(frame)
    assert "100%" in made.alt and "50%" in made.alt
    assert [bar.get_height() for bar in made.axes[0].patches] == [10, 8, 12, 10, 8, 16]
    assert len({bar.get_hatch() for bar in made.axes[0].patches}) == 2


def test_the_layers_of_points_add_up_to_what_was_earned(lang):
    books = pd.DataFrame({
        "entry_date": pd.to_datetime(["2024-01-01", "2024-02-01", "2024-03-01"]), "kind": ["earn", "burn", "expire"],
        "reward_points": [100, -50, -20],
    })  # fmt: skip
    made = plots.loyalty_points(books)
    assert all(share in made.alt for share in ("100", "50%", "20%", "30%"))
    top = max(path.vertices[:, 1].max() for area in made.axes[0].collections for path in area.get_paths())
    assert top == 100


def test_programmes_tell_the_best_from_the_fullest(lang):
    made = plots.loyalty_programmes(COMPARED)
    assert labels.text("programme.club") in made.alt and labels.text("programme.price") in made.alt and "−" in made.alt
    same = pd.DataFrame({"changed": [5, 1], "free_riders": [1, 1], "profit_cny": [9.0, 2.0]}, index=["club", "price"])
    assert labels.text("plot.loyalty_programmes.same", best=labels.text("programme.club"), profit="9") in plots.loyalty_programmes(same).alt


def test_rewards_put_own_above_the_same_for_all(lang):
    grid = pd.DataFrame({"member_id": ["M1", "M1", "M2", "M2"], "reward": ["discount", "priority"] * 2,
                         "value_cny": [9, 2, 1, 8], "cost_cny": 3})  # fmt: skip
    made = plots.loyalty_rewards(grid)
    assert [bar.get_width() for bar in made.axes[0].patches] == [4, 4, 11] and "11" in made.alt


@pytest.mark.parametrize("code, make", [
    ("missing_column", lambda: plots.loyalty_card(PANEL.drop(columns="used"))),
    ("input.empty", lambda: plots.loyalty_points(BOOKS.iloc[:0])),
    ("missing_column", lambda: plots.loyalty_programmes(COMPARED.drop(columns="changed"))),
    ("missing_column", lambda: plots.loyalty_rewards(OPTIONS.drop(columns="cost_cny"))),
])  # fmt: skip
def test_bad_frames_are_refused_in_words(code, make, lang):
    with pytest.raises(InputError) as refused:
        make()
    assert refused.value.code == code and "{" not in str(refused.value)
