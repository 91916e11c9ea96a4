"""The concept questions of a chapter, to click."""

import html
import random

import ipywidgets as w

from casekit import labels, quiz

WIDE = w.Layout(width="100%")


def _words(entry):
    return entry[labels.language()]


def _shuffled(question):
    """Return the options' places in an order that is mixed, the same for everyone, and never the right one."""
    places = list(range(len(question.options)))
    mixed = random.Random(question.id).sample(places, len(places))
    return mixed if mixed != places else places[::-1]


def _single(question):
    box = w.RadioButtons(options=[(_words(each), place) for place, each in enumerate(question.options)], value=None,
                         layout=WIDE)
    return box, lambda: None if box.value is None else [box.value]


def _multiple(question):
    boxes = [w.Checkbox(description=_words(each), indent=False, layout=WIDE) for each in question.options]
    return w.VBox(boxes), lambda: [place for place, box in enumerate(boxes) if box.value] or None


def _places(question, descriptions, choices):
    options = [("—", None)] + [(_words(choices[place]), place) for place in _shuffled(question)]
    boxes = [w.Dropdown(options=options, description=each, style={"description_width": "initial"}, layout=WIDE)
             for each in descriptions]
    return w.VBox(boxes), lambda: None if None in [b.value for b in boxes] else [b.value for b in boxes]


def _order(question):
    return _places(question, [f"{place + 1}" for place in range(len(question.options))], question.options)


def _match(question):
    return _places(question, [_words(each) for each in question.options], question.pairs)


def _number(question):
    box = w.FloatText(value=None, description=labels.text("quiz.number"))
    touched = []
    box.observe(lambda _: touched.append(True), "value")
    return box, lambda: box.value if touched else None


FACES = {"single": _single, "multiple": _multiple, "order": _order, "match": _match, "number": _number}


def ask(question):
    """Return the widget of one question; its button tells right or wrong, and why.

    返回一道题的控件；按钮判断对错并说明理由。
    """
    face, response = FACES[question.kind](question)
    button = w.Button(description=labels.text("quiz.check"), button_style="primary",
                      tooltip=labels.text("quiz.check"))
    verdict = w.HTML()
    wrong = []

    def check(_):
        given = response()
        if given is None:
            verdict.value = f"<p role='status'>{labels.text('quiz.unanswered')}</p>"
            return
        if not quiz.right(question, given):
            wrong.append(given)
        key = "quiz.wrong" if wrong and wrong[-1] == given else "quiz.right"
        # The first wrong answer earns a second thought; after that the reason helps more.
        why = labels.text("quiz.again") if key == "quiz.wrong" and len(wrong) == 1 else _words(question.why)
        verdict.value = f"<p role='status'><b>{labels.text(key)}</b> {html.escape(why)}</p>"

    button.on_click(check)
    title = w.HTML(f"<p><b>{html.escape(_words(question.ask))}</b></p>")
    return w.VBox([title, face, button, verdict], layout=w.Layout(margin="0 0 1.2em 0"))


def show(chapter, path=None):
    """Return all questions of a chapter as one widget.

    返回一章的全部概念题。

    Parameters
    ----------
    chapter : str
        Such as ``"04_rfm"``.
    path : path-like, optional
        A teacher's own file.
    """
    return w.VBox([ask(each) for each in quiz.read(chapter, path)])
