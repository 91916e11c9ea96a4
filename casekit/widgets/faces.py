"""The ways to answer by clicking: one face for each kind of question, its answer a plain value."""

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import ipywidgets as w
from traitlets import TraitError

from casekit import labels

WIDE = w.Layout(width="auto", max_width="46em")
# ipywidgets keeps every label on one line, and cuts it.
STYLE = """<style>
.casekit-face label {white-space: normal !important; height: auto !important; line-height: 1.5 !important; overflow: visible}
.casekit-face.jupyter-widgets, .casekit-face .jupyter-widgets, .casekit-face .widget-radio-box {height: auto}
.casekit-face .widget-radio-box label, .casekit-face label.widget-label-basic {display: flex; gap: .6em; align-items: start; margin: 2px 0}
.casekit-face label input {order: -1; flex: none; position: static; margin: .15em 0 0; align-self: start}
.casekit-face select {height: 28px; align-self: start}
.casekit-face .widget-dropdown label {padding-top: 4px}
</style>"""


@dataclass(frozen=True)
class Face:
    """Hold a widget with the two ways between it and a plain value; ``None`` is "nothing chosen".

    一个控件，以及它与普通值之间的两个方向；``None`` 表示还没有选。
    """

    widget: w.Widget  # to be shown with STYLE somewhere above it
    controls: tuple
    read: Callable
    write: Callable

    def watch(self, told):
        """Call a function after each change.

        每次改动后调用一个函数。
        """
        for control in self.controls:
            control.observe(lambda _: told(), "value")


def face(kind, id="", options=None, pairs=None, unit=""):
    """Return the face of one question.

    返回一道题的作答控件。

    Parameters
    ----------
    kind : str
        ``single``, ``multiple``, ``order``, ``match``, ``number``, ``text`` or ``essay``.
    id : str
        Mixes the choices of ``order`` and ``match``, the same way for everyone.
    options, pairs : dict
        Code to word; ``pairs`` is what the options of ``match`` may be matched with.
    unit : str
        Word for the unit of a number.

    Returns
    -------
    Face
        Its value is an option's code (``single``), a list of codes (``multiple``, ``order``), a dict of codes
        (``match``), a number or a text; ``None`` stands in a list or dict for what is still open.

    Examples
    --------
    >>> boxes = face("multiple", options={"a": "A", "b": "B"})
    >>> boxes.write(["b"]); boxes.read()
    ['b']
    """
    if kind == "single":
        return _one(w.RadioButtons(options=[(word, code) for code, word in options.items()], value=None, layout=WIDE))
    if kind == "multiple":
        return _multiple(options)
    if kind == "order":
        return _places({place: f"{place + 1}" for place in range(len(options))}, _mixed(options, id), list)
    if kind == "match":
        return _places(options, _mixed(pairs, id), lambda values: dict(zip(options, values, strict=True)))
    name = labels.text("quiz.number_in", unit=unit) if unit else labels.text("quiz.number")
    said = {"description": name, "layout": WIDE, "style": {"description_width": "initial"}}
    if kind == "essay":
        return _one(w.Textarea(rows=8, **said), _text, str)
    box = w.Text(**said | ({"layout": w.Layout(width="20em")} if kind == "number" else {}))
    return _one(box, _number if kind == "number" else _text, str)


def _one(box, read=lambda value: value, write=lambda value: value):
    def put(value):
        with suppress(TraitError):  # a teacher may have taken the option out
            box.value = write(value) if value is not None else None if isinstance(box, w.RadioButtons) else ""

    return Face(_marked(box), (box,), lambda: read(box.value), put)


def _marked(widget):
    widget.add_class("casekit-face")
    return widget


def _text(value):
    return value.strip() or None


def _number(value):
    """Return a number as a number; "1,200" and "35 %" stay as they are, the marker reads them."""
    with suppress(ValueError, OverflowError):
        number = float(value)
        return int(number) if number == int(number) and abs(number) < 1e15 else number
    return _text(value)


def _multiple(options):
    boxes = {code: w.Checkbox(description=word, indent=False, layout=WIDE) for code, word in options.items()}

    def write(value):
        for code, box in boxes.items():
            box.value = isinstance(value, list) and code in value

    def read():
        return [code for code, box in boxes.items() if box.value] or None

    return Face(_marked(w.VBox(list(boxes.values()))), tuple(boxes.values()), read, write)


def _mixed(options, id):
    """Return the options in an order that is mixed, the same for everyone, and never their own."""
    codes = list(options)
    mixed = random.Random(id).sample(codes, len(codes))
    return {code: options[code] for code in (mixed if mixed != codes else codes[::-1])}


def _places(places, choices, form):
    options = [("—", ""), *((word, code) for code, word in choices.items())]  # None would show as a blank
    # One width for all labels, so that the boxes stand in line; a Chinese character is as wide as two letters.
    longest = max(sum(1.1 if ord(letter) > 0x2E80 else 0.6 for letter in word) for word in places.values())
    style = {"description_width": f"{min(longest + 0.5, 24):.1f}em"}
    boxes = [w.Dropdown(options=options, description=word, layout=WIDE, style=style) for word in places.values()]

    def write(value):
        values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        for box, code in zip(boxes, [*values, *[""] * len(boxes)], strict=False):
            with suppress(TraitError):
                box.value = "" if code is None else code

    def read():
        values = [None if box.value == "" else box.value for box in boxes]
        return form(values) if any(value is not None for value in values) else None

    return Face(_marked(w.VBox(boxes)), tuple(boxes), read, write)
