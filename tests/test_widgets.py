"""Widgets without a kernel or a browser: what controls say is what models give, and what the shown code gives."""

import ast
import html
import re

import ipywidgets as w
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from casekit import alerts, bullseye, datasets, idic, labels, loyalty, plots, rfm, style, value, widgets
from casekit.errors import InputError
from casekit.widgets.easel import Canvas

COLUMNS = {"customer": "customer_id", "date": "order_date", "amount": "amount_cny"}


@pytest.fixture(scope="module")
def orders():
    return datasets.load("orders").drop_duplicates()


def explorer(orders):
    return widgets.rfm_explorer(orders, as_of="2025-12-31", **COLUMNS)


def alt(face):
    """The sentence that stands for the picture now shown."""
    return html.unescape(re.search('<img alt="([^"]*)"', face.picture.value)[1])


def numbers(face):
    """All numbers of the line below the picture."""
    line = re.findall("<p role='status'>(.*?)</p>", face.picture.value)[-1]
    return [float(each.replace(",", "").replace("−", "-")) for each in re.findall(r"[−-]?\d[\d,]*(?:\.\d+)?", line)]


def ran(code, **names):
    """Run the code that a widget shows; return what its last line gives."""
    *lines, last = ast.parse(code).body
    names |= {"pd": pd, "np": np, "alerts": alerts, "bullseye": bullseye, "datasets": datasets, "loyalty": loyalty,
              "plots": plots, "rfm": rfm, "value": value}  # fmt: skip
    exec(compile(ast.Module(lines, []), "shown", "exec"), names)
    return eval(compile(ast.Expression(last.value), "shown", "eval"), names)


def every(widget):
    """All widgets inside one."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from every(child)


# --- live ----------------------------------------


def test_a_picture_is_drawn_once_for_a_move_and_not_for_the_same_value():
    seen = []
    face = widgets.live(lambda number, kind: seen.append((number, kind)) or "", number=(3, 0, 9), kind=["a", "b"])
    face.controls["number"].value = 5
    face.controls["number"].value = 5
    face.controls["number"].value = 99  # beyond the end
    face.controls["kind"].value = "b"
    face._follow()  # as a second, linked control would do
    assert seen == [(3, "a"), (5, "a"), (9, "a"), (9, "b")]


def test_bad_input_is_said_in_place_of_the_picture_and_passes():
    def draw(number):
        if number > 3:
            raise InputError("language", lang="<b>")
        return f"<i>{number}</i>"

    face = widgets.live(draw, number=(3, 0, 9))
    face.controls["number"].value = 4
    assert "&lt;b&gt;" in face.picture.value and "role='status'" in face.picture.value
    face.controls["number"].value = 2
    assert face.picture.value == "<i>2</i>"


def test_code_is_shown_on_request_and_follows():
    face = widgets.live(lambda number: "", "f({number})", number=(3, 0, 9))
    assert face._listing.value == ""
    face._button.value = True
    face.controls["number"].value = 7
    assert face._listing.value == "<pre>f(7)</pre>"


def test_a_page_without_a_kernel_shows_the_first_picture():
    face = widgets.live(lambda number: f"<i>{number}</i>", number=(3, 0, 9))
    assert face._repr_mimebundle_()["text/html"] == "<i>3</i>"


def test_a_remembered_layout_gives_the_same_picture(orders):
    face = explorer(orders)
    first = face.picture.value
    face.controls["bins"].value = 4
    face.controls["bins"].value = 5
    assert face.picture.value == first


@pytest.mark.parametrize("options", [{}, {"alpha": 0.4}, {"color": (1, 0, 0, 0.3)}, {"rotation": 90}, {"va": "top", "ha": "right"}], ids=str)
@pytest.mark.parametrize("words", ["4,315", "R 分（分高）−3", "two\n两行"])
def test_texts_stand_where_matplotlib_puts_them(words, options):
    drawn = []
    with style.context():
        for canvas in (FigureCanvasAgg, Canvas):
            figure = Figure((2, 2), 144)
            figure.text(0.5, 0.5, words, **options)
            canvas(figure).draw()
            drawn.append(255.0 - np.asarray(figure.canvas.buffer_rgba())[..., :3])
    usual, ours = drawn
    assert ours.sum() == pytest.approx(usual.sum(), rel=0.04) and ours.max() == pytest.approx(usual.max(), abs=2)
    for axis in (0, 1):  # no text is further off than the pixel it is rounded to
        middle = [np.average(np.arange(288), weights=one.sum(axis=(axis, 2))) for one in drawn]
        assert middle[0] == pytest.approx(middle[1], abs=0.75)


@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_every_control_has_a_name_in_words(orders, lang):
    labels.use(lang)
    for face in FACES(orders).values():
        for each in every(face):
            assert not isinstance(each, w.IntSlider | w.FloatSlider), "a slider has no name for a screen reader"
            if hasattr(each, "description") and not isinstance(each, w.HTML):
                assert each.description and each.description not in getattr(face, "controls", {}), each


# --- the RFM explorer ----------------------------------------


def FACES(orders):
    return {"rfm_explorer": explorer(orders), "scorecard": widgets.scorecard(RATINGS), "lifetime_value": worth(),
            "alert_tuner": tuner(), "loyalty_simulator": simulator(), "idic_planner": planner()}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("view", ["grid", "segments", "moved"])
def test_the_rfm_explorer_shows_what_its_code_gives(orders, view):
    face = explorer(orders)
    for name, value in {"view": view, "bins": 4, "ties": "split", "nested": True, "f": 3}.items():
        face.controls[name].value = value
    face.controls["as_of"].value = face.controls["as_of"].value.replace(month=6, day=30)
    assert ran(face.code, orders=orders).alt == alt(face)


@pytest.mark.slow
def test_the_rfm_explorer_aggregates_orders_once_for_each_day(orders, monkeypatch):
    days, measure = [], rfm.measure
    monkeypatch.setattr(rfm, "measure", lambda *given, **named: days.append(named["as_of"]) or measure(*given, **named))
    face = explorer(orders)
    for name, value in {"bins": 4, "ties": "split", "nested": True, "r": 3, "view": "moved"}.items():
        face.controls[name].value = value
    day = face.controls["as_of"].value
    face.controls["as_of"].value = day.replace(month=6, day=30)
    face.controls["as_of"].value = None  # the day is being typed
    face.controls["as_of"].value = day
    assert days == ["2025-12-31", "2025-06-30"]


@pytest.mark.slow
def test_the_rfm_explorer_tells_who_moved_as_chapter_04_says(orders):
    face, told = explorer(orders), []
    start = face.values
    day = start["as_of"].replace(month=6, day=30)
    for moves in [{"r": 100, "f": 10}, {"as_of": day}, {"ties": "split"}, {"nested": True}]:
        for name, value in (start | moves).items():
            face.controls[name].value = value
        told.append(numbers(face)[2:6])  # customers then and now, moved, length of the list, kept in it
    assert [moved for _, moved, *_ in told] == [0, 144, 225, 318]
    assert told[1][0] == 619 and told[0][3] == 200 - 49


# --- the scorecard ----------------------------------------

RATINGS = datasets.load("bullseye_ratings").query("product == 'used_lens'")


def rated(*rows):
    return pd.DataFrame(rows, columns=["rater", "factor", "rating"])


def test_the_scorecard_adds_up_as_the_model_does_and_tells_a_veto():
    face = widgets.scorecard()
    assert labels.text("widget.bullseye.empty") in face.picture.value
    for factor, rating in {"standard": 9, "high_tech": 8, "legal": 1}.items():
        face.controls[factor].value = rating
    total = bullseye.scorecard({"standard": 9, "high_tech": 8, "legal": 1}).total
    assert numbers(face)[:5] == [1, 3, 30, total["factor_mean"], total["group_mean"]]
    assert bullseye.read().at["legal", "zh"] in face.picture.value.split("<p role")[-1]
    assert face.picture.value.count("<rect") == 2  # groups with a mark
    pd.testing.assert_frame_equal(ran(face.code), bullseye.scorecard({"standard": 9, "high_tech": 8, "legal": 1}).groups)


@pytest.mark.parametrize("lang", labels.LANGUAGES)
@pytest.mark.parametrize(("rating", "band"), [(-1, None), (0, "0_1"), (1, "0_1"), (2, "2_4"), (4, "2_4"), (5, "5_7"), (8, "8_10"), (10, "8_10")])
def test_the_scorecard_says_what_a_mark_means(lang, rating, band):
    labels.use(lang)
    face = widgets.scorecard()
    face.controls["legal"].value = 3
    face.controls["legal"].value = rating
    shown = [html.unescape(each.value) for each in every(face) if isinstance(each, w.HTML)]
    if band is None:
        assert bullseye.read().at["legal", f"anchor_{lang}_2_4"] not in shown
    else:
        assert bullseye.read().at["legal", f"anchor_{lang}_{band}"] in shown


def test_several_raters_have_a_sheet_each_and_change_it_in_one_picture():
    face = widgets.scorecard(rated(("A", "legal", 9), ("B", "legal", 3), ("B", "standard", 5)))
    seen = []
    face.picture.observe(seen.append, "value")
    face.controls["rater"].value = "B"
    assert (face.controls["legal"].value, face.controls["standard"].value, len(seen)) == (3, 5, 0)  # the means stay
    face.controls["standard"].value = 7
    face.controls["rater"].value = "C"
    assert face.controls["legal"].value == -1
    face.controls["legal"].value = 6
    assert numbers(face)[0] == 3 and len(seen) == 2
    assert ran(face.code.rpartition("\n")[0] + "\nratings").values.tolist() == [
        ["A", "legal", 9], ["B", "standard", 7], ["B", "legal", 3], ["C", "legal", 6]]  # fmt: skip


def test_ratings_are_saved_and_loaded(tmp_path):
    path = tmp_path / "mine.csv"
    face, other = widgets.scorecard(RATINGS, path=path), widgets.scorecard(path=path)
    save, load = (next(each for each in every(one) if isinstance(each, w.Button) and each.description == labels.text(f"widget.{act}"))
                  for one, act in ((face, "save"), (other, "load")))  # fmt: skip
    load.click()
    assert str(path) in other.children[-1].value  # there is no such file yet
    save.click()
    load.click()
    assert other.code == face.code and other.controls["rater"].value == "R01"
    path.write_text("rater,factor,rating\nR01,legal,11\n")
    load.click()
    assert "11" in other.children[-1].value and other.code == face.code


@pytest.mark.parametrize("view", ["radar", "tornado", "raters"])
def test_the_scorecard_shows_what_its_code_gives(view):
    face = widgets.scorecard(RATINGS)
    face.controls["view"].value = view
    assert ran(face.code).alt == alt(face)


# --- lifetime value, warnings, loyalty ----------------------------------------

MARGIN = pd.Series([100.0, 300, 20, 5, 80, 1], index=list("abcdef"))


def worth():
    return widgets.lifetime_value(MARGIN, 0.6)


def test_lifetime_value_is_the_model_s():
    face = worth()
    for name, choice in {"retention": 0.7, "discount": 0.05, "first": "year_0", "a": 0.25, "by": "value"}.items():
        face.controls[name].value = choice
    future = value.lifetime_value(MARGIN, 0.7, 0.05, first="year_0")
    assert numbers(face)[1:4] == [round(float(value.multiple(0.7, 0.05, first="year_0")), 3), round(future.sum()), round(future.mean())]
    face.controls["view"].value = "curve"
    assert ran(face.code, margin=MARGIN).alt == alt(face)
    face.controls["a"].value = 0.9  # A and B above 1: said, not raised
    assert "<img" not in face.picture.value and "role='status'" in face.picture.value


LEDGER, ACCOUNTS, TRUTH = (datasets.load(f"alerts_{name}") for name in ("ledger", "accounts", "truth"))
MONTHS = pd.date_range("2024-07-01", "2025-12-29", freq="28D")


def tuner():
    return widgets.alert_tuner(LEDGER, ACCOUNTS, TRUTH, MONTHS)


def test_the_alert_tuner_measures_once_and_counts_as_its_code_does(monkeypatch):
    calls, trip, follow = [], alerts.trip, alerts.follow
    monkeypatch.setattr(alerts, "trip", lambda *given: calls.append("trip") or trip(*given))
    monkeypatch.setattr(alerts, "follow", lambda *given, **named: calls.append("follow") or follow(*given, **named))
    face = tuner()
    face.controls["measure"].value = "progress"
    assert calls == ["follow", "trip", "trip"] and face.controls["threshold"].value == 0.5
    face.controls["threshold"].value = 0.3
    given = dict(ledger=LEDGER, accounts=ACCOUNTS, truth=TRUTH, days=MONTHS)
    told = ran(face.code, **given).iloc[0]
    assert numbers(face)[:4] == told[["warnings", "right", "troubles", "found"]].tolist()
    face.controls["threshold"].value = 0  # no warning at all
    assert numbers(face)[:2] == [0, 0]


def simulator():
    return widgets.loyalty_simulator(datasets.load("loyalty_members"), years=2)


def test_the_loyalty_simulator_shows_what_its_code_gives():
    face = simulator()
    face.controls["programme"].value = "club"
    assert face.controls["member_cny"].value == 20
    face.controls["reward_rate"].value = 0.1
    assert ran(face.code, members=datasets.load("loyalty_members")).alt == alt(face)
    face.controls["programme"].value = "price"
    assert face.controls["reward_rate"].value == 0.04


# --- the IDIC planner ----------------------------------------

SHOP = {name: datasets.load(f"idic_{name}") for name in
        ("records", "sales", "consents", "contacts", "channels", "offers", "identity_truth", "response_truth")}  # fmt: skip


def planner():
    return widgets.idic_planner(SHOP, "2025-12-31")


@pytest.mark.slow
def test_the_planner_ends_where_chapter_01_does_and_matches_once(monkeypatch):
    face = planner()
    assert numbers(face) == [1208, 634, 600, 574]
    monkeypatch.setattr(idic, "match", lambda *_, **__: pytest.fail("matched again"))
    face.controls["stage"].value = "customise"
    assert numbers(face) == [323, 1050, 3833, 856, 2977]
    face.controls["budget_cny"].value = 50
    assert numbers(face)[1] <= 50 and numbers(face)[2] < 856 == numbers(face)[3]
    face.controls["stage"].value = "interact"
    reached = numbers(face)[3]
    face.controls["window_days"].value = 200
    assert numbers(face)[3] < reached


@pytest.mark.slow
def test_the_planner_shows_what_its_code_gives():
    face = planner()
    for name, value in {"stage": "customise", "threshold": 6, "window_days": 200, "cap": 2, "budget_cny": 600}.items():
        face.controls[name].value = value
    assert ran(face.code, shop=SHOP).alt == alt(face)
    face.controls["stage"].value = "identify"
    assert f"{ran(face.code, shop=SHOP)['recall']:.0%}" in face.picture.value
