"""Judge each answer: right, follow-through, diagnosed, partial, wrong."""

from dataclasses import dataclass, field
from pathlib import Path

REASONS = ("right", "follow_through", "diagnosed", "partial", "wrong", "missing", "invalid", "manual")


@dataclass(frozen=True)
class Key:
    """Hold the functions of a key file: one per question, its mistakes, its probe inputs.

    一份答案文件中的函数:每题一个,外加错误示例和试算输入。
    """

    path: Path
    functions: dict  # question -> function
    mistakes: dict  # question -> {mistake: function}
    inputs: dict  # question -> function of a numpy Generator
    sha: str


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


def load_key(path):
    raise NotImplementedError


def mark(sheet, key, answers, student, *, probes=None, data=None):
    """Return one Mark per question of the sheet; ``probes`` are the inputs that the functions were given."""
    raise NotImplementedError


def explain(mark, sheet, lang=None):
    raise NotImplementedError


def form(question, lang=None):
    """Return one sentence on the expected form: kind, columns, unit."""
    raise NotImplementedError


def probes(sheet, key, seed):
    raise NotImplementedError
