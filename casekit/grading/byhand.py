"""What a teacher sets by hand: the points of a question, the penalty for being late; each with its reason."""

import difflib

from casekit.errors import InputError
from casekit.grading import master


def points(student, question, points, why, exercise="", gradebook="gradebook.db"):
    """Set the points of a whole question, whatever the key or a rubric says; ``None`` takes that back.

    直接给定一道题的得分（不论按答案或量规是多少）；``None`` 表示取消。

    Parameters
    ----------
    student : str
        Student number, or a name that only one student has.
    question : str
        Id of the question.
    points : float or None
    why : str
        The reason; the student reads it in the feedback.
    exercise : str
        Id or path of the sheet; "" takes the gradebook's only one.
    gradebook : str or Path

    Returns
    -------
    tuple of Student and Question

    Raises
    ------
    InputError
        ``grading.student_unknown``, ``grading.question_unknown``, ``grading.points_range`` or ``grading.why``.
    """
    with master.opened(exercise, gradebook) as (one, book):
        whom, asked = _student(book, student), one.sheet.question(question)
        if asked is None:
            known = ", ".join(each.id for each in one.sheet.questions)
            raise InputError("grading.question_unknown", given=question, known=known)
        if points is not None and not 0 <= points <= asked.points:
            raise InputError("grading.points_range", given=f"{points:g}", maximum=f"{asked.points:g}", question=question)
        _give(book, one, "points", whom, asked.id, "", points, why)
    return whom, asked


def waive(student, why, penalty=0.0, exercise="", gradebook="gradebook.db"):
    """Waive what lateness takes off, or set it to some points; ``None`` goes back to the rule.

    免去迟交扣分，或改为扣若干分；``None`` 表示恢复按规则扣分。

    Parameters
    ----------
    student, why : str
    penalty : float or None
        Points to take off all the same.
    exercise : str
    gradebook : str or Path

    Returns
    -------
    Student
    """
    with master.opened(exercise, gradebook) as (one, book):
        whom = _student(book, student)
        if penalty is not None and not 0 <= penalty <= one.sheet.points:
            raise InputError("grading.points_range", given=f"{penalty:g}", maximum=f"{one.sheet.points:g}", question="late")
        _give(book, one, "waive", whom, "", "late", penalty, why)
    return whom


def _give(book, one, what, student, question, criterion, points, why):
    if not why.strip():
        raise InputError("grading.why")
    row = student.id, question, criterion, points, "" if points is None else why.strip(), ""
    book.give(one.id, [row], what, why=why.strip())


def _student(book, text):
    roster, text = book.roster(), text.strip()
    found = [one for one in roster if text == one.id] or [one for one in roster if text == one.name]
    if len(found) != 1:
        known = [word for one in roster for word in (one.id, one.name)]
        near = [one.id for one in found] or difflib.get_close_matches(text, known, 3, 0.5)
        raise InputError("grading.student_unknown", given=text, near=", ".join(near) or "–")
    return found[0]
