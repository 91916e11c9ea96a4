"""Grade a class: intake, run, mark, record; what is on record is not run again."""

import signal
import threading
import time
from collections import deque
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

from casekit import answers, labels, mark
from casekit.grading import intake, marking, master, run, walls
from casekit.grading import late as lateness
from casekit.grading.gradebook import Gradebook, Result
from casekit.grading.intake import Note
from casekit.grading.roster import Student
from casekit.grading.roster import read as read_roster
from casekit.grading.summary import Summary, overview

CRASHES = 3  # so often may a submission take the grader down before it is left alone


def grade(
    submissions,
    roster,
    exercise="",
    gradebook="gradebook.db",
    *,
    executor=None,
    workers=2,
    cell_seconds=60.0,
    seconds=300.0,
    progress=None,
    level=None,
    runner=run.run,
    due="",
    late="",
):
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
    level : {"ns", "landlock", "none"}, optional
        The walls around a submission; by default those of :func:`casekit.grading.walls.required`.
    runner : callable
        What turns a :class:`run.Job` into a :class:`run.Record`.
    due, late : str
        Deadline and penalty, see :func:`casekit.grading.late.parse`; kept in the gradebook, before the sheet's own.

    Returns
    -------
    Summary

    Raises
    ------
    InputError
        ``grading.no_walls`` where there are no walls and ``level`` does not say that none are needed.
    """
    start, level = time.monotonic(), level or walls.required()
    rule = lateness.parse(due, late)
    one = master.load(exercise)
    students = {student.id: student for student in read_roster(roster)}
    mark.mark(
        one.sheet, one.key, {}, next(iter(students))
    )  # a key that does not fit says so before anything runs
    taken = intake.collect(submissions, tuple(students.values()), one.id, one.released)
    own = None if executor else ThreadPoolExecutor(workers)
    with (
        Gradebook(gradebook) as book,
        own or nullcontext(),
        _patient() as stop,
        book.action("grade", one.id, source=str(submissions)),
    ):
        book.enrol(students.values())
        if rule:
            book.set_rule(one.id, (book.rule(one.id) or {}) | rule)
        for problem in taken.failed:
            _record_failure(book, one, problem)
        tasks = []
        for submission in taken.submissions:
            task = _task(one, students[submission.student], submission, book.secret)
            if book.known(task.key):
                book.point(one.id, task.student.id, task.key, submission.file, submission.notes, submission.handed)
            else:
                tasks.append(task)

        def submit(task):
            return (executor or own).submit(runner, _job(one, task, cell_seconds, seconds, level))

        not_run, kernel = _run(book, one, tasks, submit, workers, progress, stop)
        lines = overview(book, one.sheet, taken, {task.student.id for task in tasks})
    seconds = round(time.monotonic() - start, 1)
    return Summary(one.id, lines, taken.unmatched, not_run, seconds, stop.is_set(), level, kernel)


@dataclass(frozen=True)
class _Task:
    student: Student
    lang: str
    key: str  # hash of all that decides the result: a result of the same key need not be made again
    probes: dict
    submission: intake.Submission


def _task(one, student, submission, secret):
    lang = submission.lang or student.lang or labels.language()
    key = marking.key(one, intake.source_sha(submission.cells), student.id, lang)
    return _Task(student, lang, key, marking.probes(one, student.id, secret), submission)


def _record_failure(book, one, problem):
    key = marking.sha("file", one.id, problem.student, problem.file, problem.code, problem.sha)
    told = {"file": problem.file, "file_sha": problem.sha, "notes": (Note(problem.code, problem.details),)}
    book.record(Result(key, one.id, problem.student, "failed", maximum=one.sheet.points, **told))


@contextmanager
def _patient():
    """Turn the first Ctrl-C into a flag: what is in hand is finished and recorded. A second one breaks in."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = signal.getsignal(signal.SIGINT)

    def ask(*_):
        stop.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, ask)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def _run(book, one, tasks, submit, workers, progress, stop):
    """Run the tasks a few at a time; return the faults of the machine, by student, and the kind of kernels."""
    # What once took the grader down runs last and alone, so that a crash is laid at the right door.
    waiting = deque(task for task in tasks if not book.crashes(task.key))
    suspects = deque(task for task in tasks if book.crashes(task.key))
    running, done, not_run, kernels, finished = {}, deque(), {}, set(), 0

    def failed(task, attempt, error):  # no kernel, no memory, a broken key: an attempt, never a result
        book.end(attempt, type(error).__name__)
        not_run[task.student.id] = f"{type(error).__name__}: {error}"[:500]

    def settle(future, task, attempt):
        try:
            record = future.result()
            result = _marked(one, task, record)
        except Exception as error:
            failed(task, attempt, error)
        else:
            book.record(result, record.notebook, attempt, task.submission.notes)
            kernels.add(record.kernel)

    while waiting or suspects or running or done:
        if stop.is_set():
            waiting.clear()
            suspects.clear()
        # Several workers need not wait until what is done is marked.
        while (waiting and len(running) < workers and not (done and workers == 1)) or (
            suspects and not (waiting or running or done)
        ):
            task = waiting.popleft() if waiting else suspects.popleft()
            if book.crashes(task.key) >= CRASHES:
                note = Note("grade.note.crashed", {"times": CRASHES})
                book.record(_result(one, task, "failed", notes=(note,)), notes=task.submission.notes)
                finished += 1
                continue
            attempt = book.begin(task.key)
            try:
                running[submit(task)] = task, attempt
            except Exception as error:
                failed(task, attempt, error)
        if done:
            settle(*done.popleft())
            finished += 1
        if progress:
            shown = [labels.text("grade.stopping")] if stop.is_set() else []
            shown += [task.student.name or task.student.id for task, _ in running.values()]
            progress(finished, len(tasks), shown)
        for future in wait(running, timeout=0 if done else 1, return_when=FIRST_COMPLETED).done:
            done.append((future, *running.pop(future)))
    return not_run, min(kernels, default="")


def _job(one, task, cell_seconds, seconds, level):
    probes = {question: list(map(answers.encode, drawn)) for question, drawn in task.probes.items()}
    return run.Job(
        task.student.id, task.lang, one.id, one.public, task.submission.cells, probes, cell_seconds, seconds, level,
        one.sheet.data,
    )  # fmt: skip


def _marked(one, task, record):
    told = marking.judge(one, task.student.id, record.notebook, task.probes)
    told["notes"] = record.notes + told["notes"]
    status = "graded" if record.ended else "partly"
    took = {"cpu": record.cpu, "memory": record.memory, "level": record.level}
    return _result(one, task, status, seconds=record.seconds, **told, **took)


def _result(one, task, status, marks=(), notes=(), seconds=0.0, **answered):
    points = sum(mark.points for mark in marks)
    taken = task.submission
    source = {"lang": task.lang, "file": taken.file, "file_sha": taken.sha, "handed": taken.handed, "data_sha": one.data_sha}
    told = {"marks": tuple(marks), "notes": notes, "seconds": seconds, **source, **answered}
    return Result(task.key, one.id, task.student.id, status, points=points, maximum=one.sheet.points, **told)
