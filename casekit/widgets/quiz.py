"""The concept questions of a chapter, to click."""

import html
from pathlib import Path

import ipywidgets as w

from casekit import labels, quiz, saved
from casekit.widgets import faces


def _words(entry):
    return entry[labels.language()]


def _face(question):
    options, pairs = (dict(enumerate(map(_words, some))) for some in (question.options, question.pairs))
    return faces.face(question.kind, question.id, options, pairs)


def _response(question, given):
    """Return what the judge takes: a number or a list; ``None`` while something is open."""
    if question.kind == "number":
        return given if isinstance(given, int | float) else None
    chosen = list(given.values()) if isinstance(given, dict) else given if isinstance(given, list) else [given]
    return None if None in chosen else chosen


def ask(question, file=None):
    """Return the widget of one question; its button tells right or wrong, and why.

    返回一道题的控件；按钮判断对错并说明理由。

    Parameters
    ----------
    question : Question
    file : Path, optional
        Keeps which questions were answered right.
    """
    face = _face(question)
    button = w.Button(description=labels.text("quiz.check"), button_style="primary",
                      tooltip=labels.text("quiz.check"))
    verdict = w.HTML()
    wrong = []

    def check(_):
        given = _response(question, face.read())
        if given is None:
            verdict.value = f"<p role='status'>{labels.text('quiz.unanswered')}</p>"
            return
        if not quiz.right(question, given):
            wrong.append(given)
        elif file:
            saved.keep(file, right={question.id: True})
        key = "quiz.wrong" if wrong and wrong[-1] == given else "quiz.right"
        # The first wrong answer earns a second thought; after that the reason helps more.
        why = labels.text("quiz.again") if key == "quiz.wrong" and len(wrong) == 1 else _words(question.why)
        verdict.value = f"<p role='status'><b>{labels.text(key)}</b> {html.escape(why)}</p>"

    button.on_click(check)
    title = w.HTML(f"{faces.STYLE}<p><b>{html.escape(_words(question.ask))}</b></p>")
    return w.VBox([title, face.widget, button, verdict], layout=w.Layout(margin="0 0 1.2em 0"))


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
    file = saved.path(f"quiz-{chapter}", folder=Path.cwd())
    return w.VBox([ask(each, file) for each in quiz.read(chapter, path)])
