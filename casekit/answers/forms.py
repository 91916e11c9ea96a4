"""What the two sides agree on: limits, dtypes, and the few types of their own."""

from dataclasses import dataclass, field

from casekit.errors import InputError

MAX_ANSWER = 1_000_000  # bytes of JSON
MAX_NOTEBOOK = 5_000_000
MAX_DEPTH = 8
MAX_COLUMNS = 1_000
MAX_EXACT = 2**53  # beyond it JupyterLab, which is JavaScript, rounds whole numbers when it saves

DTYPES = {"|b1", "|i1", "|u1", "<f4", "<f8"} | {f"<{kind}{size}" for kind in "iu" for size in (2, 4, 8)}
DTYPES |= {f"<{kind}8[{unit}]" for kind in "Mm" for unit in ("s", "ms", "us", "ns")}


@dataclass(frozen=True)
class Function:
    """Say that a function was handed in; what it returns comes as :class:`Outputs`.

    表示交上来的是一个函数；它的返回值另见 :class:`Outputs`。
    """

    name: str
    parameters: tuple[str, ...]


@dataclass(frozen=True)
class Failure:
    """Stand for one probe on which the student's function raised this type of exception.

    表示学生的函数在这一次试算中抛出了这种类型的异常。
    """

    exception: str


@dataclass(frozen=True)
class Outputs:
    """Hold what a student's function returned for the grader's inputs, in their order.

    按输入的顺序保存学生函数的返回值。
    """

    values: tuple


@dataclass(frozen=True)
class Note:
    """Tell one odd thing about a notebook's answers; ``error.<code>`` in labels.csv has the words.

    记下一份笔记本的答案里的一处异常；文字见 labels.csv 的 ``error.<code>``。
    """

    question: str | None
    code: str
    details: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Collected:
    """Hold the answers of one notebook by question, and notes on what was odd.

    保存一份笔记本的全部答案（按题号）以及异常说明。
    """

    answers: dict
    notes: tuple[Note, ...] = ()


def texts(values):
    """Return texts as they can be saved: a lone surrogate becomes a question mark.

    返回可保存的文字：不成对的代理字符变成问号。

    Examples
    --------
    >>> texts(["a", "\\ud800b"])
    ['a', '?b']
    """
    if "".join(values).isascii():  # nearly always, and told of a thousand names at once
        return list(values)
    return [value.encode("utf-8", "replace").decode() for value in values]


def too_big():
    """Return the error of an answer over the limit.

    返回“答案过大”的错误。
    """
    return InputError("answers.too_big", limit=MAX_ANSWER // 1_000_000)


def malformed():
    """Return the error of JSON that stands for no answer.

    返回“无法还原为答案”的错误。
    """
    return InputError("answers.malformed")
