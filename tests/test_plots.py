"""Figures: what their sentences say, that nothing is cut off or unreadable, that bad frames are refused."""

import numpy as np
import pandas as pd
import pytest
from figures import check
from matplotlib import colormaps
from matplotlib.colors import to_rgb

from casekit import labels, plots
from casekit.errors import InputError
from casekit.plots import chart

LONG = "customers who only ever buy in the week before the spring festival and never again 春节前一周才来的客户"


def scored(count, money=1.0, seed=7, classes=5):
    """Customers with ties, a long tail and scores from 1 to ``classes``."""
    rng = np.random.default_rng(seed)
    frequency = np.minimum(rng.geometric(0.4, count), 90)
    frame = pd.DataFrame(
        {
            "recency_days": rng.integers(0, 700, count),
            "frequency": frequency,
            "monetary": np.round(frequency * rng.lognormal(4.5, 1, count) * money, 2),
        },
        index=pd.Index([f"C{number:04d}" for number in range(count)], name="customer_id"),
    )
    for measure, score, sign in [("recency_days", "r_score", -1), ("frequency", "f_score", 1), ("monetary", "m_score", 1)]:
        values = sign * frame[measure].to_numpy(float)
        edges = np.quantile(values, np.arange(1, classes) / classes)
        frame[score] = 1 + (values[:, None] > edges).sum(axis=1)
    frame["rfm_code"] = frame[["r_score", "f_score", "m_score"]].astype(str).agg("".join, axis=1)
    frame["segment"] = np.where(frame["r_score"] > 2, "important_value", "general_keep")
    return frame


def overview(frame):
    return frame.groupby("segment", as_index=False).agg(customers=("monetary", "size"), revenue=("monetary", "sum"))


def orders(frame, seed=3):
    rng = np.random.default_rng(seed)
    rows = frame.loc[frame.index.repeat(4)].reset_index()
    rows["day"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 700, len(rows)), unit="D")
    rows["amount"] = rows["monetary"] / 4 * np.where(rng.random(len(rows)) < 0.1, -1, 1)
    return rows


def longest(frame):
    return frame.assign(segment=frame["segment"].where(frame["r_score"] != 3, LONG))


FIGURES = {
    "rfm_grid": plots.rfm_grid,
    "rfm_distributions": plots.rfm_distributions,
    "rfm_distributions_plain": lambda frame: plots.rfm_distributions(frame[list(plots.rfm.MEASURES)]),
    "rfm_segments": lambda frame: plots.rfm_segments(overview(frame)),
    "rfm_segments_long": lambda frame: plots.rfm_segments(overview(longest(frame))),
    "rfm_cells": lambda frame: plots.rfm_cells({"quintiles": frame, "nested": frame.iloc[: len(frame) // 2 + 1]}),
    "lorenz": plots.lorenz,
    "migration": lambda frame: plots.migration(longest(frame), frame.assign(segment="general_keep").iloc[::-1]),
    "histories": lambda frame: plots.histories(
        orders(frame), list(frame.index[:7]), customer="customer_id", date="day", amount="amount", as_of="2026-01-01"
    ),
}
FRAMES = {
    "usual": scored(400),
    "one": scored(1),
    "large": scored(3000, money=100_000),
    "ten": scored(60, classes=10),
    "same": scored(30).assign(recency_days=5, frequency=1, monetary=88.0, r_score=3, f_score=3, m_score=3),
}


# The usual frame in both languages; each extreme once, and only where it makes a difference: drawing takes time.
CASES = [(name, "usual", lang) for name in FIGURES for lang in labels.LANGUAGES]
CASES += [(name, size, lang) for name in FIGURES for size, lang in (("one", "zh"), ("large", "en"))]
CASES += [(name, size, "en") for name in ("rfm_grid", "rfm_distributions") for size in ("ten", "same")]


@pytest.mark.parametrize(("name", "size", "lang"), CASES, indirect=["lang"])
def test_every_word_lies_within_the_figure_and_speaks_one_language(name, size, lang):
    check(FIGURES[name](FRAMES[size]), lang, LONG)


def test_a_chart_shows_as_a_figure_with_its_sentence(lang):
    made = plots.lorenz(FRAMES["usual"])
    bundle = made._repr_mimebundle_()
    assert f'<figure lang="{lang}"' in bundle["text/html"]
    assert f'alt="{made.alt}"' in bundle["text/html"] and made.caption in bundle["text/html"]
    assert bundle["text/plain"] == made.alt
    assert bundle["image/png"] in bundle["text/html"]


def test_signs_in_names_cannot_break_the_page():
    frame = pd.DataFrame({"segment": ['<b>"x"</b>', "b"], "customers": [1, 2], "revenue": [5.0, 1.0]})
    page = plots.rfm_segments(frame)._repr_mimebundle_()["text/html"]
    assert "<b>" not in page and "&lt;b&gt;&quot;x&quot;" in page


def test_grid_says_where_customers_and_money_are(lang):
    frame = pd.DataFrame({
        "r_score": [1, 1, 1, 3, 3], "f_score": [1, 1, 1, 2, 3], "monetary": [10.0, 20.0, 30.0, 90.0, 850.0],
    })  # fmt: skip
    made = plots.rfm_grid(frame)
    title = made.figure.get_suptitle()
    for words in (made.alt, title):
        assert "R1F1" in words and "R3F3" in words and "60%" in words and "85%" in words
    assert "5" in made.alt and "9" in made.alt  # customers, cells
    shown = {words.get_text() for words in made.axes[0].texts}
    assert {"3", "20", "1", "850"} <= shown
    assert [len(one.get_paths()) for one in made.axes[0].collections if one.get_hatch()] == [6]  # empty cells


def test_distributions_draw_the_edges_between_scores():
    frame = pd.DataFrame({
        "recency_days": [1, 2, 10, 20], "frequency": [1, 1, 2, 4], "monetary": [5.0, 6.0, 7.0, 8.0],
        "r_score": [2, 2, 1, 1], "f_score": [1, 1, 2, 2], "m_score": [1, 2, 1, 2],
    })  # fmt: skip
    made = plots.rfm_distributions(frame)
    lines = [[line.get_xdata()[0] for line in axis.lines] for axis in made.axes]
    assert lines == [[6.0], [1.5], []]  # the scores of money overlap, as nested ones do: no common edge
    assert any(labels.text("plot.no_edges") == words.get_text() for words in made.axes[2].texts)


def test_segments_compare_people_with_money(lang):
    frame = pd.DataFrame({"segment": ["important_value", "general_keep"], "customers": [1, 3], "revenue": [800.0, 200.0]})
    made = plots.rfm_segments(frame)
    assert all(part in made.alt for part in ("25%", "80%", "75%", "20%"))
    hatched = {bar.get_hatch() for bar in made.axes[0].patches}
    assert len(hatched) == 2  # the two shares differ by more than their colour


def test_cells_count_the_cells_in_use(lang):
    made = plots.rfm_cells({"one": pd.DataFrame({"rfm_code": ["111", "111", "555"]}),
                            "two": pd.DataFrame({"rfm_code": ["111", "222", "555"]})})  # fmt: skip
    first, second = (line.get_ydata().tolist() for line in made.axes[0].lines)
    assert first == [2, 1] and second == [1, 1, 1]
    assert len({line.get_marker() for line in made.axes[0].lines}) == 2
    assert ("2 格" if lang == "zh" else "2 cells") in made.alt


def test_lorenz_measures_concentration(lang):
    made = plots.lorenz(pd.DataFrame({"monetary": [1.0, 1.0, 1.0, 1.0, 96.0]}))
    assert "96%" in made.alt and "0.76" in made.alt  # Gini by hand: (2·(1+2+3+4+5·96))/(5·100) − 6/5
    equal = plots.lorenz(pd.DataFrame({"monetary": [3.0] * 10}))
    assert "20%" in equal.alt and "0.00" in equal.alt


def test_migration_names_the_largest_flow(lang):
    before = pd.DataFrame({"segment": ["important_value"] * 3 + ["general_keep"]}, index=list("abcd"))
    after = pd.DataFrame({"segment": ["general_keep"] * 2 + ["important_value"] * 3}, index=list("abcde"))
    made = plots.migration(before, after)
    start, goal = (chart.name_of("segment", code) for code in ("important_value", "general_keep"))
    assert f"{start} → {goal}" in made.alt
    assert "75%" in made.alt and "4" in made.alt  # three of the four customers who are in both
    assert chart.name_of("segment", "absent") in [words.get_text() for words in made.axes[0].get_yticklabels()]
    still = plots.migration(before, before)
    assert labels.text("plot.migration.still", n="4") in still.alt


def test_histories_tell_who_slows_down(lang):
    days = pd.to_datetime(["2024-01-01", "2024-01-11", "2024-03-01", "2024-12-01", "2024-11-01"])
    frame = pd.DataFrame({"who": ["a", "a", "a", "a", "b"], "day": days, "cny": [10.0, 20.0, 30.0, -5.0, 40.0]})
    made = plots.histories(frame, ["a", "b"], customer="who", date="day", amount="cny", as_of="2024-12-31")
    assert labels.text("plot.histories.longer", name="a", early="10", late="50") in made.alt
    assert labels.text("plot.histories.few", name="b", count=1) in made.alt
    assert len(made.axes[0].collections) == 2  # purchases and returns have marks of their own


def test_the_same_frame_gives_the_same_bytes():
    first, again = (plots.rfm_distributions(frame) for frame in (FRAMES["usual"], FRAMES["usual"].copy()))
    assert first.png == again.png


def test_a_figure_neither_needs_nor_changes_the_callers_style():
    import matplotlib

    with matplotlib.rc_context({"font.family": ["DejaVu Sans"], "axes.grid": True}):
        labels.use("zh")
        plots.lorenz(FRAMES["usual"]).png  # noqa: B018 (drawn for its warnings)
        assert matplotlib.rcParams["font.family"] == ["DejaVu Sans"]


def test_save_writes_what_the_ending_says(tmp_path):
    made = plots.lorenz(FRAMES["usual"])
    made.save(tmp_path / "curve.png")
    made.save(tmp_path / "curve.svg")
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (tmp_path / "curve.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", FIGURES)
def test_an_empty_frame_is_refused(name):
    with pytest.raises(InputError) as refused:
        FIGURES[name](FRAMES["usual"].iloc[:0])
    assert refused.value.code in ("input.empty", "plot.too_many")


@pytest.mark.parametrize(
    ("code", "make"),
    [
        ("missing_column", lambda: plots.rfm_grid(FRAMES["usual"].drop(columns="f_score"))),
        ("input.not_a_table", lambda: plots.lorenz([1, 2])),
        ("input.not_numbers", lambda: plots.lorenz(pd.DataFrame({"monetary": ["1", "2"]}))),
        ("plot.no_revenue", lambda: plots.lorenz(pd.DataFrame({"monetary": [5.0, -5.0]}))),
        ("plot.no_revenue", lambda: plots.rfm_segments(overview(FRAMES["usual"]).assign(revenue=0))),
        ("plot.too_many", lambda: plots.rfm_grid(FRAMES["usual"].assign(f_score=range(400)))),
        ("plot.too_many", lambda: plots.rfm_segments(overview(FRAMES["usual"].assign(segment=range(400))))),
        ("plot.too_many", lambda: plots.rfm_cells({})),
        ("plot.too_many", lambda: plots.migration(FRAMES["usual"].assign(segment=range(400)), FRAMES["usual"])),
        ("plot.unknown_customer", lambda: plots.histories(
            orders(FRAMES["one"]), ["C9"], customer="customer_id", date="day", amount="amount")),
    ],
)  # fmt: skip
def test_bad_frames_are_refused_in_words(code, make, lang):
    with pytest.raises(InputError) as refused:
        make()
    assert refused.value.code == code
    assert str(refused.value) != f"{code}: " and "{" not in str(refused.value)


def test_text_on_every_colour_of_the_heatmap_has_contrast():
    def light(colour):
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
        return np.dot([0.2126, 0.7152, 0.0722], parts)

    for face in colormaps["cividis"](np.linspace(0, 1, 256)):
        high, low = sorted([light(face[:3]), light(chart.ink(face[:3]))], reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5


@pytest.mark.parametrize("text", ["one two three four five six seven", "人最多的格子是 R1F1：3 人（60%）；钱最多的是 R3F3，占收入 85%"])
@pytest.mark.parametrize("limit", [60, 90, 200])
def test_wrapped_text_loses_nothing_and_fits(text, limit):
    lines = chart.house(chart.wrap)(text, limit, lines=20).split("\n")
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(chart.house(chart.width)(line) <= limit for line in lines)
    assert not any(line[0] in "，。；：）" for line in lines)
