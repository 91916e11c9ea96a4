"""Where a class stands: a line per student, what waits for a teacher, whose answers are alike."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from casekit.grading import late
from casekit.grading.gradebook import Given
from casekit.grading.intake import Note, Problem


@dataclass(frozen=True)
class Line:
    """Hold one student's line of the closing table.

    结果表中的一行（一名学生）。
    """

    student: str
    name: str
    status: str  # graded, partly, failed, waiting (handed in, not run yet), missing
    points: float | None = None
    maximum: float = 0.0
    pending: float = 0.0  # points of essays that still wait for a teacher
    file: str = ""
    notes: tuple[Note, ...] = ()
    fresh: bool = False  # run in this call
    penalty: float = 0.0  # for being late; already taken off the points


@dataclass(frozen=True)
class Summary:
    """Hold the outcome of grading one class.

    一次批改的结果。
    """

    exercise: str
    lines: tuple[Line, ...]
    unmatched: tuple[Problem, ...]
    not_run: dict = field(default_factory=dict)  # student -> fault of the machine, to be tried again
    seconds: float = 0.0
    interrupted: bool = False
    level: str = "none"  # the walls that submissions ran behind
    kernel: str = ""  # warm (forked) or ordinary; "" when none ran

    @property
    def counts(self):
        """The number of students of each status.

        每种状态的学生人数。
        """
        return Counter(line.status for line in self.lines)

    @property
    def exit_code(self):
        """The exit code: 0 all that was handed in is graded, 1 something needs the teacher, 130 interrupted.

        0：交上来的都已评分；1：有需要教师处理的；130：被中断。
        """
        if self.interrupted:
            return 130
        return int(bool(self.counts["failed"] or self.counts["partly"] or self.unmatched or self.not_run))


@dataclass(frozen=True)
class Standing:
    """Hold what one student has earned: marks by the key, by hand and by rubric, and what lateness takes off.

    一名学生的得分：按答案评的、手工给的、按量规评的，以及迟交扣分。
    """

    points: dict  # question -> points that count; None for an essay without a mark
    by_hand: dict  # question -> Given, where a teacher set the points of the whole question
    pending: float  # points of essays that still wait for a teacher
    earned: float | None
    late: late.Lateness | None
    penalty: float
    waived: Given | None  # what a teacher put in the place of the penalty

    @property
    def total(self):
        """The points after the penalty; ``None`` without any mark.

        扣分之后的得分；没有成绩则为 ``None``。
        """
        return None if self.earned is None else round(self.earned - self.penalty, 2)


def standing(sheet, student, result, given, rule):
    """Work out where one student stands.

    计算一名学生目前的得分。

    Parameters
    ----------
    sheet : Sheet
    student : Student
    result : Result or None
    given : dict
        As :meth:`Gradebook.given` returns it.
    rule : casekit.sheet.Late
    """
    told = {question.id: given.get((student.id, question.id, "")) for question in sheet.questions}
    by_hand = {question: one for question, one in told.items() if one and one.points is not None}
    points, pending = {mark.question: mark.points for mark in result.marks} if result else {}, 0
    for question, (essay, left) in (essay_points(sheet, result, given) if result else {}).items():
        points[question] = essay
        pending += 0 if question in by_hand else left
    points |= {question: one.points for question, one in by_hand.items()}
    earned = round(sum(one or 0 for one in points.values()), 2) if points else None
    lateness = late.of(rule, student.due, result.handed) if result and points else None
    waived = given.get((student.id, "", "late"))
    waived = waived if lateness and waived and waived.points is not None else None
    penalty = waived.points if waived else round(lateness.share * earned, 2) if lateness else 0
    return Standing(points, by_hand, pending, earned, lateness, min(penalty, earned or 0), waived)


def standings(book, sheet):
    """Return where each student of the roster stands: ``{student: Standing}``.

    返回名单上每名学生的得分：``{学号: Standing}``。
    """
    results, given, rule = book.results(sheet.id), book.given(sheet.id), late.rule(sheet, book)
    return {one.id: standing(sheet, one, results.get(one.id), given, rule) for one in book.roster()}


def overview(book, sheet, taken=None, fresh=()):
    """Return a line for each student of the roster: what counts now, marks by hand and lateness included.

    为名单上的每名学生返回一行：当前有效的结果，含人工评分和迟交扣分。
    """
    results, standing, lines = book.results(sheet.id), standings(book, sheet), []
    copied = copies(results, sheet)
    waiting = {submission.student for submission in taken.submissions} if taken else ()
    later = {
        problem.student: Note("grade.note.beside", {**problem.details, "file": problem.file, "why": problem.code})
        for problem in (taken.failed if taken else ())
    }
    for student in book.roster():
        result, stands = results.get(student.id), standing[student.id]
        status = result.status if result else "waiting" if student.id in waiting else "missing"
        notes = result.notes + copied.get(student.id, ()) if result else ()
        if result and student.id in later and status != "failed":  # the file counts not, the earlier result does
            notes += (later[student.id],)
        if stands.late:
            code = "grade.note.late_waived" if stands.waived else "grade.note.late"
            handed = f"{stands.late.handed:%Y-%m-%d %H:%M}"
            notes += (Note(code, {"handed": handed, "days": stands.late.days, "penalty": f"{stands.penalty:g}"}),)
        file = result.file if result else ""
        sums = stands.total, sheet.points, stands.pending, file, notes, student.id in fresh, stands.penalty
        lines.append(Line(student.id, student.name, status, *sums))
    return tuple(lines)


def essay_points(sheet, result, given):
    """Return, per essay of a result, (points given by rubric or ``None``, points still to be given).

    返回一份结果中每道论述题的（按量规给的分或 ``None``，待评分）。
    """
    found = {}
    for judged in result.marks:
        question = sheet.question(judged.question)
        if judged.reason == "manual" and question is not None:
            told = [(given.get((result.student, question.id, one.id)), one.points) for one in question.rubric]
            marked = [one.points for one, _ in told if one and one.points is not None]
            left = sum(points for one, points in told if not one or one.points is None)
            found[question.id] = sum(marked) if marked else None, left
    return found


def copies(results, sheet):
    """Name those whose wrong answers are what another student's data would give, for the teacher to look at.

    找出这样的学生：其错误答案恰好是用另一名学生的数据才会得到的结果；仅供教师查看，不作指控。

    An answer that is right for one student and handed in, but wrong, by another hints at copying, since each has data
    of his own. One equal number may be chance: it takes one equal table or two equal answers.
    """
    right, weights = defaultdict(set), {"series": 2, "frame": 2, "essay": 2}
    judged = {  # a result may be of an earlier sheet
        id: {mark.question: mark for mark in result.marks if sheet.question(mark.question)} for id, result in results.items()
    }
    for id, marks in judged.items():
        for question, digest in results[id].digests.items():
            if question in marks and marks[question].reason in ("right", "manual"):
                right[question, digest].add(id)
    notes = {}
    for id, marks in judged.items():
        found, weight = defaultdict(list), Counter()
        for question, digest in results[id].digests.items():
            if question in marks and marks[question].reason not in ("right", "missing", "invalid"):
                for other in sorted(right[question, digest] - {id}):
                    found[other].append(question)
                    weight[other] += weights.get(sheet.question(question).kind, 1)
        alike = defaultdict(list)
        for other, questions in found.items():
            if weight[other] > 1:
                alike[", ".join(questions)].append(other)
        sha = results[id].file_sha
        same_file = [other for other, result in results.items() if other != id and sha and result.file_sha == sha]
        notes[id] = tuple(
            Note("grade.note.same_answers", {"other": _some(others), "questions": questions})
            for questions, others in alike.items()
        )
        if same_file:
            notes[id] += (Note("grade.note.same_file", {"other": _some(same_file)}),)
    return notes


def _some(names):
    return ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
