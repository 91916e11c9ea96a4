"""Read a marking sheet: questions, points, kinds, tolerances, hints, rubrics."""

import hashlib
import json
import re
import tomllib
import unicodedata
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from pathlib import Path

from casekit.errors import InputError

CLICKED = ("choice", "multiple", "order", "match")  # answered with the codes of options
KINDS = ("number", *CLICKED, "text", "series", "frame", "function", "essay")


@dataclass(frozen=True)
class Mistake:
    """Name a known mistake, the share of the points it still earns, and the words for it.

    一种已知的错误：名称、仍可得的分数比例、说明文字。
    """

    name: str
    credit: float
    words: dict


@dataclass(frozen=True)
class Level:
    """Describe one level of a rubric's criterion and the points it earns.

    评分量规中一条标准的一个等级及其得分。
    """

    points: float
    words: dict


@dataclass(frozen=True)
class Criterion:
    """Describe one criterion of an essay's rubric, best level first.

    论述题评分量规中的一条标准，等级由高到低。
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
    unit: str = ""  # of the numbers; ``unit.<unit>`` in labels.csv has the word
    columns: tuple[str, ...] = ()  # of a frame: what is compared
    key: tuple[str, ...] = ()  # of a series or frame: what names a row
    rows: int = 0  # of a series or frame, where the sheet may tell it; 0 = not told
    parameters: tuple[str, ...] = ()  # of a function
    options: dict = field(
        default_factory=dict
    )  # id -> {zh, en}: of a choice, or of the texts in a series or frame
    pairs: dict = field(default_factory=dict)  # id -> {zh, en}: what the options of a match may go with
    tolerance: float = 0.0
    relative: float = 0.0
    ordered: bool = False
    partial: float = 0.5  # smallest share of right elements that earns its share of the points
    follow: float = 0.8  # share of the points for the right method on one's own earlier answers
    mistakes: tuple[Mistake, ...] = ()
    rubric: tuple[Criterion, ...] = ()


@dataclass(frozen=True)
class Late:
    """Say until when to hand in, and what being late costs.

    截止时间，以及迟交如何扣分。
    """

    due: datetime | None = None
    per_day: float = 0.0  # share of the points earned, for each day begun
    at_most: float = 1.0  # share of the points earned
    grace: float = 0.0  # minutes that cost nothing


@dataclass(frozen=True)
class Sheet:
    """Hold the public marking sheet of one exercise.

    一份练习的公开评分表。
    """

    id: str
    title: dict
    data: tuple[str, ...]
    questions: tuple[Question, ...]
    sha: str  # of all that decides a mark: comments and the deadline do not
    path: Path | None = None
    late: Late = Late()

    @property
    def points(self):
        """Return the sum of all points.

        返回总分。
        """
        return sum(question.points for question in self.questions)

    def question(self, id):
        """Return the question of this id, or ``None``.

        按题号返回题目；没有则返回 ``None``。
        """
        return next((question for question in self.questions if question.id == id), None)


def read(path):
    """Read and check a marking sheet.

    读取并检查一份评分表。

    Parameters
    ----------
    path : str or Path
        A toml file; its name without ``.toml`` is the exercise's id.

    Returns
    -------
    Sheet

    Raises
    ------
    InputError
        ``sheet.missing``, ``sheet.toml``, ``sheet.unknown_field``, ``sheet.value`` or ``sheet.repeated``:
        each names the file, the question and what is wanted instead.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "demo.toml")
    >>> _ = path.write_text('''title = {zh = "例", en = "Demo"}
    ... [[question]]
    ... id = "total"
    ... points = 4
    ... kind = "number"
    ... title = {zh = "总额", en = "Total"}
    ... ''', encoding="utf-8")
    >>> sheet = read(path)
    >>> sheet.id, sheet.points, sheet.question("total").follow
    ('demo', 4, 0.8)
    """
    path = Path(path)
    try:
        raw = path.read_bytes()
        table = tomllib.loads(raw.decode("utf-8-sig"))
    except OSError:
        raise InputError("sheet.missing", file=str(path)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError("sheet.toml", file=path.name, reason=str(error)) from None
    take = _taker(table, path.name, "-")
    title, data = take("title", _words), take("data", _names, ())
    rows, late = take("question", _rows), _late(take("late", _table, {}), take)
    take.end()
    questions = tuple(_question(row, path.name, number) for number, row in enumerate(rows, start=1))
    _unique([question.id for question in questions], path.name, "-", "id")
    table.pop("late", None)
    sha = hashlib.sha256(json.dumps(table, sort_keys=True, default=str).encode()).hexdigest()
    return Sheet(path.stem, title, data, questions, sha, path, late)


def _late(row, outer):
    take, plain = _taker(row, outer.file, "late"), Late()
    late = Late(
        take("due", _moment, plain.due),
        take("per_day", _share, plain.per_day),
        take("at_most", _share, plain.at_most),
        take("grace", _number, plain.grace),
    )
    take.end()
    return late


def moment(text):
    """Return a date and time as people write it, or ``None``; a date alone means the end of that day.

    读取人们写的日期时间；只写日期表示当天结束；读不懂则返回 ``None``。

    Examples
    --------
    >>> moment("2026-11-30"), moment("2026年12月1日 8:30")
    (datetime.datetime(2026, 11, 30, 23, 59, 59), datetime.datetime(2026, 12, 1, 8, 30, 59))
    >>> moment("2026/11/30T23:59:00Z").utcoffset(), moment("soon")
    (datetime.timedelta(0), None)
    """
    found = re.fullmatch(
        r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ]+(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d+)?)?)?\s*(Z|[+-]\d\d:?\d\d)?",
        unicodedata.normalize("NFKC", text).strip(),
    )
    if not found:
        return None
    year, month, day, hour, minute, second, zone = found.groups()
    time = f"{int(hour or 23):02}:{minute or 59}:{second or 59}{zone or ''}"  # 23:59 lasts until 24:00
    try:
        return datetime.fromisoformat(f"{year}-{int(month):02}-{int(day):02}T{time}")
    except ValueError:
        return None


def _question(row, file, number):
    take = _taker(row, file, str(row.get("id", number)))
    kind = take("kind", _one_of(*KINDS))
    plain = {f.name: f.default for f in fields(Question)}
    question = Question(
        id=take("id", _id),
        points=take("points", _number),
        kind=kind,
        title=take("title", _words),
        hint=take("hint", _words, {}),
        unit=take("unit", _text, ""),
        columns=take("columns", _names, *([] if kind == "frame" else [()])),
        key=take("key", _names, *([] if kind == "frame" else [()])),
        rows=take("rows", _number, plain["rows"]),
        parameters=take("parameters", _names, *([] if kind == "function" else [()])),
        options=take("options", _options, *([] if kind in CLICKED else [{}])),
        pairs=take("pairs", _options, *([] if kind == "match" else [{}])),
        tolerance=take("tolerance", _number, plain["tolerance"]),
        relative=take("relative", _number, plain["relative"]),
        ordered=take("ordered", _flag, plain["ordered"]),
        partial=take("partial", _share, plain["partial"]),
        follow=take("follow", _share, plain["follow"]),
        mistakes=tuple(_mistake(item, take) for item in take("mistake", _rows, ())),
        rubric=tuple(
            _criterion(item, take) for item in take("criterion", _rows, *([] if kind == "essay" else [()]))
        ),
    )
    take.end()
    _unique([mistake.name for mistake in question.mistakes], file, question.id, "mistake")
    _unique([criterion.id for criterion in question.rubric], file, question.id, "criterion")
    if kind == "essay" and sum(criterion.points for criterion in question.rubric) != question.points:
        raise take.wrong("points", question.points, "= Σ criterion")
    return question


def _mistake(row, outer):
    take = _taker(row, outer.file, outer.question)
    mistake = Mistake(take("name", _id), take("credit", _share), take("words", _words))
    take.end()
    return mistake


def _criterion(row, outer):
    take = _taker(row, outer.file, outer.question)
    id, title = take("id", _id), take("title", _words)
    levels = tuple(_level(item, take) for item in take("level", _rows))
    take.end()
    levels = tuple(sorted(levels, key=lambda level: -level.points))
    return Criterion(id, title, levels[0].points, levels)


def _level(row, outer):
    take = _taker(row, outer.file, outer.question)
    level = Level(take("points", _number), take("words", _words))
    take.end()
    return level


def _taker(row, file, question):
    """Return a function that takes one checked field out of a table; its ``end`` refuses what is left."""
    left = dict(row)
    known = []

    def take(name, check, *default):
        known.append(name)
        if name not in left and default:
            return default[0]
        given = left.pop(name, None)
        wanted, value = check(given)
        if value is None:
            raise take.wrong(name, given, wanted)
        return value

    def end():
        if left:
            raise InputError(
                "sheet.unknown_field",
                file=file,
                question=question,
                field=", ".join(left),
                known=", ".join(known),
            )

    def wrong(name, given, wanted):
        return InputError("sheet.value", file=file, question=question, field=name, given=given, wanted=wanted)

    take.end, take.wrong, take.file, take.question = end, wrong, file, question
    return take


def _unique(names, file, question, field):
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError("sheet.repeated", file=file, question=question, field=field, names=", ".join(twice))


# Each check returns what is wanted, and the value or None.


def _id(given):
    good = isinstance(given, str) and re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", given)
    return "a-z 0-9 _", given if good else None


def _moment(given):
    return '"2026-11-30 23:59"', moment(str(given)) if isinstance(given, str | date) else None


def _table(given):
    return "[late]", given if isinstance(given, dict) else None


def _text(given):
    return "text", given if isinstance(given, str) else None


def _number(given):
    good = isinstance(given, int | float) and not isinstance(given, bool) and 0 <= given < float("inf")
    return ">= 0", given if good else None


def _share(given):
    good = isinstance(given, int | float) and not isinstance(given, bool) and 0 <= given <= 1
    return "0 … 1", given if good else None


def _flag(given):
    return "true | false", given if isinstance(given, bool) else None


def _one_of(*names):
    return lambda given: (" | ".join(names), given if given in names else None)


def _names(given):
    good = isinstance(given, list) and all(isinstance(name, str) for name in given)
    return '["…", "…"]', tuple(given) if good else None


def _words(given):
    good = isinstance(given, dict) and set(given) == {"zh", "en"}
    good = good and all(isinstance(word, str) and word.strip() for word in given.values())
    return '{zh = "…", en = "…"}', given if good else None


def _options(given):
    good = isinstance(given, dict) and len(given) > 1 and all(map(_option, given.values()))
    return '{a = {zh = "…", en = "…"}, …}', given if good else None


def _option(given):
    """Take {zh, en} and any further names by which the option may be called, such as code = "222"."""
    good = isinstance(given, dict) and {"zh", "en"} <= set(given)
    return good and all(isinstance(word, str) and word.strip() for word in given.values())


def _rows(given):
    good = isinstance(given, list) and given and all(isinstance(row, dict) for row in given)
    return "[[…]]", given if good else None
