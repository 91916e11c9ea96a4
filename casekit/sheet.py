"""Read a marking sheet: questions, points, kinds, tolerances, hints, rubrics."""

from dataclasses import dataclass, field
from pathlib import Path

KINDS = ("number", "choice", "text", "series", "frame", "function", "essay")


@dataclass(frozen=True)
class Mistake:
    """Name a known mistake, the share of the points it still earns, and the words for it.

    一种已知错误:名称、仍可得的分数比例、说明文字。
    """

    name: str
    credit: float
    words: dict


@dataclass(frozen=True)
class Level:
    """Describe one level of a rubric criterion and the points it earns.

    评分量规中的一个等级及其得分。
    """

    points: float
    words: dict


@dataclass(frozen=True)
class Criterion:
    """Describe one criterion of an essay's rubric, best level first.

    论述题评分量规中的一条标准,等级由高到低。
    """

    id: str
    title: dict
    points: float
    levels: tuple[Level, ...]


@dataclass(frozen=True)
class Question:
    """Describe one question as the sheet states it.

    评分表中的一道题。
    """

    id: str
    points: float
    kind: str
    title: dict
    hint: dict = field(default_factory=dict)
    unit: str = ""  # key of a label ``unit.<unit>``
    columns: tuple[str, ...] = ()  # of a frame: what is compared
    key: tuple[str, ...] = ()  # of a frame: what names a row
    parameters: tuple[str, ...] = ()  # of a function
    options: dict = field(default_factory=dict)  # id -> {zh, en}; of a choice, or of text inside a series or frame
    tolerance: float = 0.0
    relative: float = 0.0
    ordered: bool = False
    partial: float = 0.5  # smallest share of right elements that earns its share of the points
    follow: float = 0.8  # share of the points for the right method on one's own earlier answers
    mistakes: tuple[Mistake, ...] = ()
    rubric: tuple[Criterion, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """Hold one exercise's public marking sheet.

    一份练习的公开评分表。
    """

    id: str
    title: dict
    data: tuple[str, ...]
    questions: tuple[Question, ...]
    sha: str
    path: Path | None = None

    @property
    def points(self):
        """Return the sum of all points.

        返回总分。
        """
        return sum(question.points for question in self.questions)

    def question(self, id):
        """Return the question of this id, or ``None``.

        按题号返回题目;没有则返回 ``None``。
        """
        return next((question for question in self.questions if question.id == id), None)


def read(path):
    raise NotImplementedError
