"""Check everything that is handed to people: the house rules, the twins, and one run of each notebook."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from casekit import answers
from casekit.errors import InputError
from casekit.notebooks.files import find, lang_of, read
from casekit.notebooks.rules import Problem, kind_of, review
from casekit.notebooks.running import Failure, run
from casekit.notebooks.twins import differences

WORKERS = 2
TIMEOUT = 300  # seconds a cell may take


@dataclass(frozen=True)
class Result:
    """Hold what was found in one notebook.

    一个笔记本的检查结果。
    """

    path: Path
    problems: tuple[Problem, ...]
    cells: int
    seconds: float
    failure: Failure | None

    @property
    def ok(self):
        """Whether nothing was found.

        是否没有问题。
        """
        return not self.problems and self.failure is None


def check(only="", lang="", within=None, progress=None, finished=None):
    """Check and run every notebook and exercise, two at a time.

    检查并运行全部笔记本和练习，每次两个。

    Parameters
    ----------
    only, lang, within
        Which ones, as in :func:`find`.
    progress : callable, optional
        Called from the threads as ``progress(path, done, cells)`` after each cell.
    finished : callable, optional
        Called as ``finished(path)`` after each notebook.

    Returns
    -------
    tuple of Result
        In the order of :func:`find`.
    """

    def one(path):
        result = _check(path, progress and (lambda done, cells: progress(path, done, cells)))
        if finished:
            finished(path)
        return result

    # Threads are enough: the work is in the kernels.
    pool = ThreadPoolExecutor(WORKERS)
    try:
        return tuple(pool.map(one, find(only, lang, within)))
    finally:
        pool.shutdown(cancel_futures=True)  # Ctrl+C waits for the running two, not for all


def _check(path, progress):
    try:
        found = [*review(path), *_twin(path)]
    except InputError as error:
        return Result(path, (Problem("", "unreadable", {"reason": error}),), 0, 0.0, None)
    ran = run(path, timeout=TIMEOUT, progress=progress)
    if kind_of(path) == "exercise":
        given = answers.collect(ran.nb).answers
        found += [Problem("", "answered", {"question": question}) for question in given]
    return Result(path, tuple(found), len(ran.nb.cells), ran.seconds, ran.failure)


def _twin(path):
    """Return what is wrong between a notebook and its twin; said once, of the translation."""
    if not lang_of(path):
        return ()
    zh, en = (path.with_name(f"{path.name.split('.')[0]}.{lang}.ipynb") for lang in ("zh", "en"))
    if not (zh.exists() and en.exists()):
        return (Problem("", "twin_file"),)
    return differences(read(zh), read(en)) if path == en else ()
