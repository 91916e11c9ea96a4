"""Judge each answer: right, follow-through, diagnosed, partial, wrong.

The rules, in this order:

1. *right*: the answer agrees with the key in every element: all points.
2. *follow_through*: it agrees with the key function run on the student's own earlier answers, some of them wrong:
   the method is right, the error was carried forward; the sheet's ``follow`` share of the points. An earlier answer
   that is no real one (half of its rows missing, or the same value everywhere) is not carried: on it, any method is
   "right".
3. *diagnosed*: it agrees with a known mistake, run on the true inputs (the mistake's ``credit``) or on the student's own
   earlier answers (``credit`` times ``follow``: the carried error and the mistake are both paid, each once).
4. *partial*: the share of right elements reaches the sheet's ``partial``: that share of the points. Where it helps the
   student, elements are counted against his own earlier answers, at ``follow``.
5. *wrong*.

A key function that cannot digest a student's earlier answer raises no error here; there is just no follow-through.
"""

from dataclasses import dataclass, field

import pandas as pd

from casekit import answers as data_answers
from casekit.answers import Failure, Function, Outputs
from casekit.errors import InputError
from casekit.mark.compare import Agreement, agree, same
from casekit.mark.form import adopt, shape
from casekit.mark.key import call, check, world

REASONS = ("right", "follow_through", "diagnosed", "partial", "wrong", "missing", "invalid", "manual")


@dataclass(frozen=True)
class Mark:
    """Hold the judgement of one answer.

    一道题的评判结果。
    """

    question: str
    points: float
    maximum: float
    reason: str
    mistake: str | None = None
    details: dict = field(default_factory=dict)  # plain JSON values only


def mark(sheet, key, answers, student, *, probes=None, data=None):
    """Judge the answers of one student.

    评判一名学生的全部答案。

    Parameters
    ----------
    sheet : Sheet
    key : Key
    answers : dict
        Question id to value, as :func:`casekit.answers.collect` returns them.
    student : str or None
        Seeds the student's own data.
    probes : dict, optional
        The inputs that the student's functions were given, from :func:`casekit.mark.probes`.
    data : dict, optional
        Data (and ``as_of``) to use in place of the bundled variants.

    Returns
    -------
    tuple of Mark
        One per question, in the sheet's order.

    Raises
    ------
    InputError
        Sheet and key do not fit (``mark.key_...``). Nothing in the answers raises.
    """
    check(sheet, key)
    truth = world(sheet, student, data)
    own, odd = dict(truth), []
    for id in key.order():
        question = sheet.question(id)
        if question is None or question.kind == "function":
            continue
        truth[id] = own[id] = _truth(key, id, truth)
        if _wrong_but_real(question, truth[id], answers.get(id)):
            own[id] = adopt(question, shape(question, answers[id]), truth[id])
            odd.append(id)
    return tuple(_judge(question, key, answers, truth, own, odd, probes or {}) for question in sheet.questions)


def _truth(key, id, values):
    try:
        return call(key.functions[id], values)
    except Exception as error:
        raise InputError("mark.key_failed", file=key.path.name, function=id, reason=repr(error)) from None


def _wrong_but_real(question, truth, answer):
    try:
        given = shape(question, answer)
        expected = _shaped(question, truth)
        if agree(question, expected, given).full:
            return False
        if question.kind not in ("series", "frame"):
            return given == given
        told = adopt(question, given, truth)
        whole = told.reindex(truth.index) if told.index.is_unique else told
        whole, truth = (t.to_frame() if isinstance(t, pd.Series) else t for t in (whole, truth))
        varied = all(whole[name].nunique() > 1 or truth[name].nunique() <= 1 for name in truth if name in whole)
        return bool(varied and whole.notna().all(axis=1).sum() * 2 >= len(truth))
    except Exception:  # an odd answer may fail anywhere; then it is not carried forward
        return False


def _shaped(question, value):
    """Take the key's answer the same way as the student's."""
    return shape(question, data_answers.decode(data_answers.encode(value)))


def _judge(question, key, answers, truth, own, odd, probes):
    answer = answers.get(question.id)
    if answer is None or (question.kind in ("essay", "text") and isinstance(answer, str) and not answer.strip()):
        return _mark(question, 0, "missing")
    try:
        given = shape(question, answer)
        if question.kind == "essay":
            return _mark(question, 0, "manual")
        if question.kind == "function":
            return _judge_function(question, key, given, probes.get(question.id, []))
        return _judge_value(question, key, given, truth, own, odd)
    except InputError as error:
        if error.code.startswith("mark.key"):
            raise
        return _mark(question, 0, "invalid", code=error.code, **error.details)


def _judge_value(question, key, given, truth, own, odd):
    def against(value):
        return agree(question, _shaped(question, value), given)

    plain = against(truth[question.id])
    if plain.full:
        return _mark(question, 1, "right")
    carried, carries = None, [id for id in odd if id in key.arguments(key.functions[question.id])]
    if carries:
        carried = _attempt(key.functions[question.id], own, against)
        if carried and carried.full:
            return _mark(question, question.follow, "follow_through", carried=carries)
    for values, weight, names in ((truth, 1, []), (own, question.follow, odd)):
        for mistake in question.mistakes:
            function = key.mistakes[question.id][mistake.name]
            used = [id for id in names if id in key.arguments(function)]
            if values is own and not used:
                continue
            found = _attempt(function, {**values, "answer": adopt(question, given, truth[question.id])}, against)
            if found and found.full:
                return _mark(question, mistake.credit * weight, "diagnosed", mistake.name, **_named(carried=used))
    share, best, used = plain.share, plain, []
    if carried and carried.share * question.follow > share:
        share, best, used = carried.share * question.follow, carried, carries
    return _partly(question, share, best, carried=used)


def _attempt(function, values, against):
    try:
        return against(call(function, values))
    except Exception:  # the student's earlier answers may be anything
        return None


def _judge_function(question, key, given, inputs):
    if isinstance(given, Function) or not inputs:
        raise InputError("mark.unprobed")
    failed = sorted({value.exception for value in given.values if isinstance(value, Failure)})
    details = _named(failed=", ".join(failed))

    def against(function):
        expected = [function(*values) for values in inputs]
        if len(expected) != len(given.values):
            return Agreement(0, len(expected))
        right = [_same_output(question, *pair) for pair in zip(expected, given.values, strict=True)]
        return Agreement(sum(right), len(right))

    plain = against(key.functions[question.id])
    if plain.full:
        return _mark(question, 1, "right")
    for mistake in question.mistakes:
        if against(key.mistakes[question.id][mistake.name]).full:
            return _mark(question, mistake.credit, "diagnosed", mistake.name)
    return _partly(question, plain.share, plain, **details)


def _same_output(question, expected, given):
    if isinstance(given, Failure | list | tuple | dict | set) or isinstance(given, pd.DataFrame):
        return False
    return bool(same(question, [expected], [given.item() if hasattr(given, "item") and given.size == 1 else given])[0])


def _partly(question, share, agreement, **details):
    details = _named(
        columns=list(agreement.columns), missing_rows=agreement.missing, extra_rows=agreement.extra, **details
    ) | {"right": agreement.right, "total": agreement.total}
    if agreement.total > 1 and share >= question.partial and share > 0:
        return _mark(question, share, "partial", **details)
    return _mark(question, 0, "wrong", **details)


def _named(**details):
    return {name: value for name, value in details.items() if value}


def _mark(question, share, reason, mistake=None, **details):
    return Mark(question.id, round(question.points * share, 2), question.points, reason, mistake, details)
