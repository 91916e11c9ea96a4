"""Judge each answer: right, follow-through, diagnosed, partial, wrong.

The rules, in this order:

1. *right*: the answer agrees with the key in every element: all points.
2. *follow_through*: it agrees with the key function run on the student's own earlier answers, some of them
   wrong: the method is right, the error was carried forward; the sheet's ``follow`` share of the points. An
   earlier answer that is no real attempt, such as another student's, is not carried (see ``carry.py``).
3. *diagnosed*: it agrees with a known mistake, run on the true inputs (the mistake's ``credit``) or on the
   student's own earlier answers (``credit`` times ``follow``: both errors are paid, each once).
4. *partial*: the share of right elements reaches the sheet's ``partial``: that share of the points. Elements
   are counted against the student's own earlier answers, at ``follow``, where that gives more.
5. *wrong*.

A key function that cannot digest a student's earlier answer raises no error here; there is just no
follow-through. Where many answers are right (a design, a text), the key's ``question__check`` takes the place of
these rules: each of its checks that is met earns an equal share.
"""

from contextlib import suppress
from dataclasses import dataclass, field

import pandas as pd

from casekit import answers as data_answers
from casekit.answers import Failure, Function
from casekit.errors import InputError
from casekit.mark.carry import adopt, carry
from casekit.mark.compare import Agreement, agree, same
from casekit.mark.forms import shape
from casekit.mark.key import Key, call, check, world

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
    case = _Case(key, truth, dict(truth), {}, {}, {}, {}, probes or {})
    for id in key.order():
        if sheet.question(id).kind != "function":
            _enter(sheet.question(id), answers.get(id), case)
    return tuple(_judge(question, answers.get(question.id), case) for question in sheet.questions)


@dataclass(frozen=True)
class _Case:
    """What one student's answers are judged against."""

    key: Key
    truth: dict  # what the key functions return, and what they were given
    own: dict  # the same with the student's own wrong answers in their places
    expected: dict  # the truth in the form of answers
    given: dict  # the student's answers in form
    plain: dict  # how far they agree with the truth
    roots: dict  # questions that differ in `own`, each with the wrong answers that this comes from
    probes: dict

    def carried(self, function):
        """Return the wrong answers that reach a function through its arguments."""
        reached = [self.roots.get(id, []) for id in self.key.arguments(function)]
        return sorted({root for roots in reached for root in roots}, key=list(self.own).index)


def _enter(question, answer, case):
    """Work out the truth of one question, and what later questions meet in its place."""
    id, function = question.id, case.key.functions[question.id]
    try:
        case.truth[id] = case.own[id] = call(function, case.truth)
        case.expected[id] = _shaped(question, case.truth[id])
    except Exception as error:
        reason = str(error) if isinstance(error, InputError) else repr(error)
        raise InputError("mark.key_failed", file=case.key.path.name, function=id, reason=reason) from None
    told, roots = None, [id]
    with suppress(Exception):  # an odd answer may fail anywhere; the judge will say so
        case.given[id] = shape(question, answer)
        case.plain[id] = agree(question, case.expected[id], case.given[id])
        told = carry(question, case.given[id], case.plain[id], case.truth[id])
    if answer is None and (roots := case.carried(function)):  # skipped: what the own earlier answers lead to
        with suppress(Exception):
            told = call(function, case.own)
    if told is not None:
        case.own[id], case.roots[id] = told, roots


def _shaped(question, value):
    """Take the key's answer the same way as the student's."""
    return shape(question, data_answers.decode(data_answers.encode(value)))


def _judge(question, answer, case):
    if answer is None or (
        question.kind in ("essay", "text") and isinstance(answer, str) and not answer.strip()
    ):
        return _mark(question, 0, "missing")
    try:
        given = case.given[question.id] if question.id in case.given else shape(question, answer)
        if question.kind == "essay":
            return _mark(question, 0, "manual")
        if question.id in case.key.checks:
            return _judge_checked(question, given, case)
        return (_judge_function if question.kind == "function" else _judge_value)(question, given, case)
    except InputError as error:
        return _mark(question, 0, "invalid", code=error.code, **error.details)
    except Exception:  # one odd answer must not stop the marking of a class
        return _mark(question, 0, "invalid", code="mark.unreadable")


def _judge_value(question, given, case):
    plain = case.plain[question.id]
    if plain.full:
        return _mark(question, 1, "right")

    def attempt(function, values):
        try:
            if "answer" in case.key.arguments(function):
                values = values | {"answer": adopt(question, given, case.truth[question.id])}
            return agree(question, _shaped(question, call(function, values)), given)
        except Exception:  # this and the student's earlier answers may be anything
            return None

    function, mistakes = case.key.functions[question.id], case.key.mistakes.get(question.id, {})
    carried, carries = None, case.carried(function)
    if carries:
        carried = attempt(function, case.own)
        if carried and carried.full:
            return _mark(question, question.follow, "follow_through", carried=carries)
    for values, weight in ((case.truth, 1), (case.own, question.follow)):
        for mistake in question.mistakes:
            used = case.carried(mistakes[mistake.name]) if values is case.own else []
            if values is case.own and not used:
                continue
            found = attempt(mistakes[mistake.name], values)
            if found and found.full:
                return _mark(
                    question, mistake.credit * weight, "diagnosed", mistake.name, **_named(carried=used)
                )
    if carried and carried.share * question.follow > plain.share:
        return _partly(question, carried.share * question.follow, carried, carried=carries)
    return _partly(question, plain.share, plain)


def _judge_checked(question, given, case):
    met = call(case.key.checks[question.id], case.truth | {"answer": given})
    agreement = Agreement(sum(map(bool, met.values())), len(met))
    if agreement.full:
        return _mark(question, 1, "right")
    return _partly(question, agreement.share, agreement, unmet=[name for name in met if not met[name]])


def _judge_function(question, given, case):
    inputs = case.probes.get(question.id)
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

    plain = against(case.key.functions[question.id])
    if plain.full:
        return _mark(question, 1, "right")
    for mistake in question.mistakes:
        if against(case.key.mistakes[question.id][mistake.name]).full:
            return _mark(question, mistake.credit, "diagnosed", mistake.name)
    return _partly(question, plain.share, plain, **details)


def _same_output(question, expected, given):
    if isinstance(given, Failure | list | tuple | dict | set | pd.DataFrame):
        return False
    return bool(
        same(question, [expected], [given.item() if hasattr(given, "item") and given.size == 1 else given])[0]
    )


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
