"""Notebooks as files: read, clean, the house rules, twins in two languages, a run through papermill.

作为文件的笔记本：读取、清理、规则检查、中英对照、用 papermill 运行。
"""

from casekit.notebooks.checking import Result, check
from casekit.notebooks.files import clean, dumps, find, lang_of, read, root, write
from casekit.notebooks.rules import Problem, problems, review
from casekit.notebooks.running import Failure, Run, run
from casekit.notebooks.sweeping import Sweep, read_sweep, result, sweep
from casekit.notebooks.twins import Pair, accept, differences, fingerprint, pairs, sync, twin

__all__ = [
    "Failure", "Pair", "Problem", "Result", "Run", "Sweep", "accept", "check", "clean", "differences", "dumps", "find",
    "fingerprint", "lang_of", "pairs", "problems", "read", "read_sweep", "result", "review",
    "root", "run", "sweep", "sync", "twin", "write",
]  # fmt: skip
