"""Mark again from the recorded answers after a change of sheet or key; no notebook runs."""

import ast
import json
from dataclasses import dataclass, replace

from casekit import answers
from casekit.grading import intake, late, marking, master, run
from casekit.grading.gradebook import Gradebook, Result
from casekit.grading.summary import Standing, standing


@dataclass(frozen=True)
class Shift:
    """Hold what marking again changes for one student.

    重新评分给一名学生带来的变化。
    """

    student: str
    name: str
    before: Standing
    after: Standing
    was: str  # key of the result that counts now
    result: Result  # what is to take its place
    to_run: tuple[str, ...] = ()  # function questions whose inputs changed: they keep their marks until a run

    @property
    def questions(self):
        """The questions whose points change: ``{question: (old, new)}``.

        得分有变化的题目：``{题目: (旧, 新)}``。
        """
        old, new = self.before.points, self.after.points
        return {id: (old.get(id), new.get(id)) for id in {**old, **new} if old.get(id) != new.get(id)}

    @property
    def gain(self):
        """The points won or lost.

        增减的分数。
        """
        return round(self.after.total - self.before.total, 2)


@dataclass(frozen=True)
class Plan:
    """Hold what marking again would change, before it is written.

    重新评分将带来的全部变化（尚未写入）。
    """

    exercise: str
    shifts: tuple[Shift, ...]  # a result each, changed marks or not
    same: int  # marked by this very sheet and key already
    stale: tuple[str, ...]  # students whose data are not those of then: only a run helps

    @property
    def changed(self):
        """The shifts that change any mark, the greatest loss first.

        成绩有变化的学生，失分最多的在前。
        """
        return sorted((one for one in self.shifts if one.questions or one.gain), key=lambda one: one.gain)

    @property
    def to_run(self):
        """Who has function answers that need a run: ``{question: [student]}``.

        哪些学生的函数题需要重新运行：``{题目: [学号]}``。
        """
        questions = {question: None for one in self.shifts for question in one.to_run}
        return {id: [one.student for one in self.shifts if id in one.to_run] for id in questions}


def plan(exercise="", gradebook="gradebook.db", progress=None):
    """Mark every recorded answer by the sheet and key of now, and say what would change; nothing is written.

    用现在的评分表和答案评判全部已登记的作答，说明会有哪些变化；不写入任何内容。

    Parameters
    ----------
    exercise : str
        Id or path of the sheet; "" takes the gradebook's only one.
    gradebook : str or Path
    progress : callable, optional
        Called with (done, all, names).

    Returns
    -------
    Plan
    """
    shifts, same, stale = [], 0, []
    with master.opened(exercise, gradebook) as (one, book):
        results, given, rule = book.results(one.id), book.given(one.id), late.rule(one.sheet, book)
        for done, student in enumerate(roster := book.roster()):
            if progress:
                progress(done, len(roster), [student.name or student.id])
            result = results.get(student.id)
            notebook = result and book.notebook(result.key)
            if not notebook:
                continue
            if result.data_sha and result.data_sha != one.data_sha:
                stale.append(student.id)
                continue
            fresh, to_run = _again(one, student, book.told(result.key), notebook, book.secret)
            if fresh.key == result.key:
                same += 1
                continue
            before = standing(one.sheet, student, result, given, rule)
            after = standing(one.sheet, student, replace(fresh, handed=result.handed), given, rule)
            shifts.append(Shift(student.id, student.name, before, after, result.key, fresh, to_run))
    return Plan(one.id, tuple(shifts), same, tuple(stale))


def write(plan, gradebook="gradebook.db"):
    """Write what was planned, all or nothing.

    写入计划的变化，全部成功或全部不做。

    Raises
    ------
    InputError
        ``grading.meanwhile`` where a mark was changed since the plan was made.
    """
    with Gradebook(gradebook, create=False) as book:
        book.remark(plan.exercise, [(shift.was, shift.result) for shift in plan.shifts], changed=len(plan.changed))


def _again(one, student, result, notebook, secret):
    """Return the result as it would be now, and the function questions that cannot be judged from the record."""
    cells = json.loads(notebook)["cells"]
    recorded = _recorded(cells)
    drawn = marking.probes(one, student.id, secret)
    drawn = {question: list(map(answers.encode, some)) for question, some in drawn.items()}
    drawn = json.loads(json.dumps(drawn))
    inputs = {question: list(map(answers.decode, some)) for question, some in recorded.items()}
    told = marking.judge(one, student.id, notebook, inputs)
    old, marks, to_run = {mark.question: mark for mark in result.marks}, [], []
    for mark in told["marks"]:
        # A function that was never given, or fails by its form, needs no inputs to be judged.
        if drawn.get(mark.question) != recorded.get(mark.question) and mark.reason != "missing":
            to_run.append(mark.question)
            mark = old.get(mark.question, mark)
        marks.append(mark)
    source = intake.source_sha(intake.cells({"cells": [cell for cell in cells if run.is_own(cell)]}))
    key = marking.key(one, source, student.id, result.lang)
    key = marking.sha(key, result.key) if to_run else key  # another one, so that the next grading still runs it
    sums = {"points": sum(mark.points for mark in marks), "maximum": one.sheet.points, "marks": tuple(marks)}
    answered = {"digests": told["digests"], "essays": told["essays"]}
    return replace(result, key=key, ran=result.ran or result.key, **sums, **answered), tuple(to_run)


def _recorded(cells):
    """Return the encoded inputs that the functions were given: they stand in the cells that the grader added."""
    sources = ["".join(cell["source"]) for cell in cells if not run.is_own(cell)]
    calls = [node for source in sources for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    probes = [call.args for call in calls if isinstance(call.func, ast.Name) and call.func.id == "probe"]
    return {question.value: json.loads(inputs.args[0].value) for question, inputs in probes}
