"""An answer as data: encoded in the student's kernel, decoded in the grader, nothing ever unpickled."""

from dataclasses import dataclass, field

MIME = "application/vnd.casekit.answer+json"
VERSION = 1
MAX_ANSWER = 1_000_000  # bytes of JSON
MAX_NOTEBOOK = 5_000_000
MAX_DEPTH = 8


@dataclass(frozen=True)
class Function:
    """Say that a function was handed in; its outputs come from :class:`Outputs`.

    表示交上来的是一个函数;它的输出见 :class:`Outputs`。
    """

    name: str
    parameters: tuple[str, ...]


@dataclass(frozen=True)
class Failure:
    """Stand for one probe on which the student's function raised an exception of this type.

    表示学生的函数在这一次试算中抛出了这种类型的异常。
    """

    exception: str


@dataclass(frozen=True)
class Outputs:
    """Hold what a student's function returned for the grader's inputs, in their order.

    按输入顺序保存学生函数的返回值。
    """

    values: tuple


@dataclass(frozen=True)
class Note:
    """Tell one thing that was odd about a notebook's answers; ``error.<code>`` in labels.csv has the words.

    记录答案中一处异常;文字见 labels.csv 的 ``error.<code>``。
    """

    question: str | None
    code: str
    details: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Collected:
    """Hold the answers of one notebook by question, and notes on what was odd.

    保存一份笔记本的全部答案(按题号)以及异常说明。
    """

    answers: dict
    notes: tuple[Note, ...] = ()


def encode(value):
    raise NotImplementedError


def decode(data):
    raise NotImplementedError


def bundle(question, value, probe=False):
    raise NotImplementedError


def collect(nb):
    raise NotImplementedError
