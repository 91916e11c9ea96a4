"""Widgets without a kernel or a browser: what controls say is what models give, and what the shown code gives."""

import ast
import html
import re

import ipywidgets as w
import pytest

from casekit import datasets, labels, plots, rfm, widgets
from casekit.errors import InputError

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
    names |= {"plots": plots, "rfm": rfm}
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
    return {"rfm_explorer": explorer(orders)}


@pytest.mark.parametrize("view", ["grid", "segments", "moved"])
def test_the_rfm_explorer_shows_what_its_code_gives(orders, view):
    face = explorer(orders)
    for name, value in {"view": view, "bins": 4, "ties": "split", "nested": True, "f": 3}.items():
        face.controls[name].value = value
    face.controls["as_of"].value = face.controls["as_of"].value.replace(month=6, day=30)
    assert ran(face.code, orders=orders).alt == alt(face)


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
