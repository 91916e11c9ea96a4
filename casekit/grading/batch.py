"""Grade a class: intake, run, mark, record; what is on record is not run again."""

import hashlib
import json
import time
from collections import Counter, defaultdict, deque
from concurrent.futures import FIRST_COMPLETED, Executor, ThreadPoolExecutor, wait
from contextlib import nullcontext
from dataclasses import dataclass, field

import casekit
from casekit import answers, mark
from casekit.errors import InputError
from casekit.grading import intake, master, run
from casekit.grading.gradebook import Gradebook, Result
from casekit.grading.intake import Note
from casekit.grading.roster import read as read_roster
from casekit.labels import language

CRASHES = 3  # so often may a submission take the grader down before it is left alone


@dataclass(frozen=True)
class Line:
    """Hold one student's line of the closing table.

    结果表中的一行（一名学生）。
    """

    student: str
    name: str
    status: str  # graded, partly, failed, missing
    points: float | None = None
    maximum: float = 0.0
    pending: float = 0.0  # points of essays that still wait for a teacher
    file: str = ""
    notes: tuple[Note, ...] = ()
    fresh: bool = False  # run in this call


@dataclass(frozen=True)
class Summary:
    """Hold the outcome of grading one class.

    一次批改的结果。
    """

    exercise: str
    lines: tuple[Line, ...]
    unmatched: tuple[intake.Problem, ...]
    not_run: dict = field(default_factory=dict)  # student -> fault of the machine, to be tried again
    seconds: float = 0.0
    interrupted: bool = False

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


def grade(submissions, roster, exercise="", gradebook="gradebook.db", *, executor=None, workers=2,
          cell_seconds=60.0, seconds=300.0, progress=None, runner=run.run):
    """Grade everything that was handed in and is not yet on record.

    批改所有已交且尚无记录的作业。

    Parameters
    ----------
    submissions, roster : str or Path
        Folder or zip of the notebooks; class list.
    exercise : str
        Id or path of the sheet, see :func:`casekit.grading.master.load`.
    gradebook : str or Path
        Made if it is not there.
    executor : concurrent.futures.Executor, optional
        Where the notebooks run; threads by default, since the work is done in the kernels.
    workers : int
        How many notebooks are in hand at a time.
    cell_seconds, seconds : float
        Limits for a cell (interrupted, the next ones run) and for a notebook (stopped, its answers count).
    progress : callable, optional
        Called with (done, all, names in hand) whenever that changes.
    runner : callable
        What turns a :class:`run.Job` into a :class:`run.Record`.

    Returns
    -------
    Summary
    """
    start = time.monotonic()
    one = master.load(exercise)
    key = one.key
    listed = read_roster(roster)
    mark.mark(one.sheet, key, {}, listed[0].id)  # sheet and key that do not fit say so before anything runs
    taken = intake.collect(submissions, listed, one.id, one.released)
    students = {student.id: student for student in listed}
    with Gradebook(gradebook) as book:
        book.enrol(listed)
        for problem in taken.failed:
            _record_failure(book, one, problem)
        tasks = [_task(one, key, students[submission.student], submission) for submission in taken.submissions]
        fresh = []
        for task in tasks:
            if book.known(task.key):
                book.point(one.id, task.student, task.key, task.submission.file, task.submission.notes)
            else:
                fresh.append(task)
        own = None if executor else ThreadPoolExecutor(workers)
        with own or nullcontext():
            not_run, interrupted = _run(book, one, fresh, executor or own, workers, runner, progress,
                                        {"cell_seconds": cell_seconds, "seconds": seconds}, students)
        lines = overview(book, one.sheet, {task.student for task in fresh}, taken.failed)
    return Summary(one.id, lines, taken.unmatched, not_run, round(time.monotonic() - start, 1), interrupted)


@dataclass(frozen=True)
class _Task:
    student: str
    lang: str
    key: str
    seed: int
    submission: intake.Submission


def _task(one, key, student, submission):
    lang = submission.lang or student.lang or language()
    return _Task(student.id, lang, result_key(one, key, student.id, lang, submission),
                 int(_sha(key.sha, student.id)[:8], 16), submission)


def result_key(one, key, student, lang, submission):
    """Return the hash of all that decides a result; a result of the same key need not be made again.

    返回决定结果的全部内容的哈希；键相同的结果不必重做。
    """
    return _sha(one.id, intake.source_sha(submission.cells), one.sheet.sha, key.sha, one.data_sha,
                casekit.__version__, student, lang)


def _sha(*parts):
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _record_failure(book, one, problem):
    key = _sha("file", one.id, problem.student, problem.file, problem.code, problem.sha)
    note = Note(problem.code, problem.details)
    book.record(Result(key, one.id, problem.student, "failed", file=problem.file, file_sha=problem.sha,
                       maximum=one.sheet.points, notes=(note,)))


def _run(book, one, tasks, executor, workers, runner, progress, limits, students):
    """Run the tasks a few at a time; return the faults of the machine, and whether the user broke in."""
    # What once took the grader down runs last and alone, so that a crash is laid at the right door.
    waiting = deque(task for task in tasks if not book.crashes(task.key))
    suspects = deque(task for task in tasks if book.crashes(task.key))
    running, not_run, interrupted = {}, {}, False
    while waiting or suspects or running:
        while waiting and len(running) < workers or suspects and not waiting and not running:
            task = waiting.popleft() if waiting else suspects.popleft()
            if book.crashes(task.key) >= CRASHES:
                book.record(_result(one, task, "failed", notes=(Note("grade.note.crashed", {"times": CRASHES}),)),
                            notes=task.submission.notes)
                continue
            job = _job(one, task, **limits)
            attempt = book.begin(task.key)
            running[executor.submit(runner, job)] = task, attempt
        if progress:
            names = [students[task.student].name or task.student for task, _ in running.values()]
            progress(len(tasks) - len(waiting) - len(suspects) - len(running), len(tasks), names)
        try:
            done, _ = wait(running, return_when=FIRST_COMPLETED)
        except KeyboardInterrupt:  # finish what is in hand, begin nothing new
            waiting.clear(), suspects.clear()
            interrupted = True
            continue
        for future in done:
            task, attempt = running.pop(future)
            try:
                record = future.result()
                result = _marked(one, task, record)
            except Exception as error:  # no kernel, no memory, a broken key: an attempt, never a result
                book.end(attempt, type(error).__name__)
                not_run[task.student] = f"{type(error).__name__}: {error}"[:500]
            else:
                book.record(result, record.notebook, attempt, task.submission.notes)
    if progress:
        progress(len(tasks), len(tasks), [])
    return not_run, interrupted


def _job(one, task, **limits):
    probes = {question: [answers.encode(inputs) for inputs in drawn]
              for question, drawn in mark.probes(one.sheet, one.key, task.seed).items()}
    return run.Job(task.student, task.lang, one.id, one.public, task.submission.cells, probes, **limits)


def _marked(one, task, record):
    collected = answers.collect(json.loads(record.notebook))
    probes = mark.probes(one.sheet, one.key, task.seed)
    marks = mark.mark(one.sheet, one.key, collected.answers, task.student, probes=probes)
    notes = record.notes + tuple(
        Note(f"error.{note.code}", {**note.details, **({"question": note.question} if note.question else {})})
        for note in collected.notes)
    given = {id: answer for id, answer in collected.answers.items() if one.sheet.question(id)}
    return _result(
        one, task, "graded" if record.ended else "partly", tuple(marks), notes, record.seconds,
        digests={id: digest for id, answer in given.items() if (digest := _digest(one.sheet.question(id), answer))},
        essays={id: answer for id, answer in given.items() if one.sheet.question(id).kind == "essay" and isinstance(answer, str)},
    )


def _digest(question, answer):
    """Hash an answer as the marker reads it: a column and a dict of the same numbers are the same."""
    try:
        value = mark.shape(question, answer)
    except InputError:
        return None
    if question.kind == "function":  # right functions are all alike
        return None
    if hasattr(value, "to_csv"):
        value = "\n".join(sorted(value.to_csv(header=False, float_format="%.6g").splitlines()))
    return _sha(f"{value:.6g}" if isinstance(value, float) else str(value))


def _result(one, task, status, marks=(), notes=(), seconds=0.0, digests=None, essays=None):
    return Result(task.key, one.id, task.student, status, task.lang, task.submission.file, task.submission.sha,
                  sum(mark.points for mark in marks), one.sheet.points, seconds, marks, notes, digests, essays)


def overview(book, sheet, fresh=(), failed=()):
    """Return a line for each student of the roster: what counts now, essay marks included.

    为名单上的每名学生返回一行：当前有效的结果，含论述题人工评分。
    """
    results, given = book.results(sheet.id), book.given(sheet.id)
    copied, lines = copies(results, sheet), []
    later = {problem.student: Note("grade.note.beside", {"file": problem.file, "why": problem.code}) for problem in failed}
    for student in book.roster():
        result = results.get(student.id)
        if result is None:
            lines.append(Line(student.id, student.name, "missing", maximum=sheet.points))
            continue
        essays = essay_points(sheet, result, given).values()
        pending = sum(left for _, left in essays)
        points = None if result.status == "failed" else round(result.points + sum(told or 0 for told, _ in essays), 2)
        notes = result.notes + copied.get(student.id, ())
        if student.id in later and result.status != "failed":  # the file counts not, the earlier result does
            notes += (later[student.id],)
        lines.append(Line(student.id, student.name, result.status, points, sheet.points, pending, result.file, notes,
                          student.id in fresh))
    return tuple(lines)


def essay_points(sheet, result, given):
    """Return, per essay of a result, (points given by hand or ``None``, points still to be given).

    返回一份结果中每道论述题的（已给分或 ``None``，待评分）。
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
    judged = {id: {mark.question: mark for mark in result.marks} for id, result in results.items()}
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
        same_file = [other for other, result in results.items()
                     if other != id and result.file_sha and result.file_sha == results[id].file_sha]
        notes[id] = tuple(Note("grade.note.same_answers", {"other": _some(others), "questions": questions})
                          for questions, others in alike.items())
        if same_file:
            notes[id] += (Note("grade.note.same_file", {"other": _some(same_file)}),)
    return notes


def _some(names):
    return ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
