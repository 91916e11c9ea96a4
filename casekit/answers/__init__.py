"""An answer as data: encoded in the student's kernel, decoded in the grader, nothing ever unpickled.

JSON's own null, true, numbers, texts and lists stand for themselves. Everything else is an object whose
``"t"`` names its type; numeric columns are raw little-endian buffers in base64 with a dtype from a short
list, so that decoding allocates no more than it was sent. The limits hold on both sides, because the
decoder reads what a stranger wrote.
"""

import json
from collections import Counter

from casekit.answers.decoding import decode
from casekit.answers.encoding import encode
from casekit.answers.forms import (
    MAX_ANSWER,
    MAX_DEPTH,
    MAX_NOTEBOOK,
    Collected,
    Failure,
    Function,
    Note,
    Outputs,
    malformed,
)
from casekit.errors import InputError

__all__ = [
    "MAX_ANSWER", "MAX_DEPTH", "MAX_NOTEBOOK", "MIME", "Collected", "Failure", "Function", "Note", "Outputs",
    "bundle", "collect", "decode", "encode",
]  # fmt: skip

MIME = "application/vnd.casekit.answer+json"
VERSION = 1


def bundle(question, value):
    """Return the MIME bundle by which an answer leaves the notebook.

    返回答案离开笔记本时所用的 MIME 数据。

    Examples
    --------
    >>> bundle("recency", 36)[MIME]
    {'version': 1, 'question': 'recency', 'value': 36}
    """
    body = {"version": VERSION, "question": question, "value": encode(value)}
    if isinstance(value, Outputs):
        body["probe"] = True
    return {MIME: body}


def collect(nb):
    """Gather the answers from an executed notebook: of several to one question the last counts.

    从运行过的笔记本里收集答案：同一题有几个答案时，以最后一个为准。

    Parameters
    ----------
    nb : dict
        A notebook of nbformat 4, as nbformat reads it; it may be malformed anywhere.

    Returns
    -------
    Collected
        Answers by question, and a note for each answer that was repeated, unreadable or too much.

    Examples
    --------
    >>> cell = {"cell_type": "code", "outputs": [{"output_type": "display_data", "data": bundle("q", 1)}]}
    >>> collect({"cells": [cell, cell]})
    Collected(answers={'q': 1}, notes=(Note(question='q', code='answers.repeated', details={'times': 2}),))
    """
    answers, notes, times, left = {}, [], Counter(), MAX_NOTEBOOK
    for number, body in _bodies(nb):
        question = None
        try:
            left -= len(json.dumps(body))
            if left < 0:
                notes.append(Note(None, "answers.notebook_too_big", {"limit": MAX_NOTEBOOK // 1_000_000}))
                break
            if (
                body["version"] != VERSION
                or not isinstance(body["question"], str)
                or len(body["question"]) > 80
            ):
                raise malformed()
            question = body["question"]
            answers[question] = decode(body["value"])
            if not isinstance(answers[question], Outputs):  # the grader's own probe is no second answer
                times[question] += 1
        except InputError as error:
            notes.append(Note(question, error.code, {**error.details, "cell": number}))
        except Exception:  # a forged body may fail anywhere
            notes.append(Note(question, "answers.malformed", {"cell": number}))
    notes += [Note(question, "answers.repeated", {"times": n}) for question, n in times.items() if n > 1]
    return Collected(answers, tuple(notes))


def _bodies(nb):
    cells = nb.get("cells") if isinstance(nb, dict) else None
    for number, cell in enumerate(cells if isinstance(cells, list) else [], start=1):
        outputs = cell.get("outputs") if isinstance(cell, dict) and cell.get("cell_type") == "code" else None
        for output in outputs if isinstance(outputs, list) else []:
            data = output.get("data") if isinstance(output, dict) else None
            if isinstance(data, dict) and MIME in data:
                yield number, data[MIME]
