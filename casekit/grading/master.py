"""The exercise as its author keeps it: sheet, key and notebooks side by side; and what of it may be handed out."""

import functools
import hashlib
import json
import tomllib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from casekit import datasets, labels, mark
from casekit import sheet as sheets
from casekit.errors import InputError
from casekit.grading import intake
from casekit.grading.gradebook import Gradebook


@dataclass(frozen=True)
class Master:
    """Hold one exercise with everything that decides a mark.

    一份练习及决定分数的全部内容。
    """

    sheet: sheets.Sheet
    public: str  # the sheet as students get it, toml
    notebooks: dict  # lang -> path

    @property
    def id(self):
        """The exercise's id, such as ``04_rfm``.

        练习编号，如 ``04_rfm``。
        """
        return self.sheet.id

    @functools.cached_property
    def key(self):
        """The private key, read when it is first asked for.

        答案文件；首次使用时读取。
        """
        return mark.load_key(self.sheet.path.parent / "keys" / f"{self.id}.py")

    @functools.cached_property
    def data_sha(self):
        """The hash of what the datapackage says about the exercise's data, file hashes included.

        数据包中关于本练习数据的描述（含文件哈希）的哈希。
        """
        package = json.loads((datasets.folder() / "datapackage.json").read_text(encoding="utf-8"))
        entries = [resource for resource in package["resources"] if resource["name"] in self.sheet.data]
        return hashlib.sha256(json.dumps(entries, sort_keys=True).encode()).hexdigest()

    @functools.cached_property
    def released(self):
        """The source hashes of the notebooks as handed out.

        发放的笔记本的源代码哈希。
        """
        return {intake.source_sha(read_cells(path)) for path in self.notebooks.values()}


def read_cells(path):
    """Return the cells of a notebook of ours, as the intake sees them.

    返回我们自己的笔记本的单元格，形式与收取时相同。
    """
    return intake.cells(json.loads(Path(path).read_text(encoding="utf-8")))


def load(name=""):
    """Find an exercise by its id or the path of its sheet; without a name the only one in the nearest folder.

    按编号或评分表路径查找练习；不写名称时，取最近的文件夹中唯一的一份。

    Parameters
    ----------
    name : str
        Such as ``04_rfm``: looked for in the working folder, its ``exercises``, and the checkout's ``exercises``.

    Returns
    -------
    Master

    Raises
    ------
    InputError
        ``grading.exercise_unknown`` or ``grading.exercise_which``, naming those that there are; what
        :func:`casekit.sheet.read` raises.
    """
    name = str(name)
    here = Path.cwd()
    folders = (here, here / "exercises", Path(__file__).resolve().parents[2] / "exercises")
    found = [
        {file.stem: file for file in sorted(folder.glob("*.toml")) if any(folder.glob(f"{file.stem}.*.ipynb"))}
        for folder in folders
    ]
    known = {**found[2], **found[1], **found[0]}
    nearest = next(filter(None, found), {})
    if name.endswith(".toml") and Path(name).is_file():
        path = Path(name)
    elif name in known or (not name and len(nearest) == 1):
        path = known[name or next(iter(nearest))]
    else:
        code = "unknown" if name or not known else "which"
        raise InputError(f"grading.exercise_{code}", name=name or "–", known=", ".join(sorted(known)) or "–")
    sheet = sheets.read(path.resolve())
    notebooks = {lang: sheet.path.with_suffix(f".{lang}.ipynb") for lang in labels.LANGUAGES}
    there = {lang: file for lang, file in notebooks.items() if file.is_file()}
    return Master(sheet, public(path.read_text(encoding="utf-8-sig")), there)


@contextmanager
def opened(exercise, gradebook):
    """Open a gradebook that is there, together with its exercise: (master, book).

    打开已有的成绩册及其练习：（练习，成绩册）。

    Parameters
    ----------
    exercise : str
        Id or path of the sheet; "" takes the gradebook's only one.
    gradebook : str or Path
    """
    with Gradebook(gradebook, create=False) as book:
        yield load(exercise or book.only()), book


def public(toml):
    """Return a sheet without its mistakes and comments: their names and words would give answers away.

    返回去掉错误示例和注释的评分表：那些名称和文字会泄露答案。

    Examples
    --------
    >>> print(public('''title = "Demo"  # for the teacher
    ... [[question]]
    ... id = "a"
    ... tolerance = 0.5
    ... [[question.mistake]]
    ... name = "upside_down"
    ... '''))
    title = "Demo"
    <BLANKLINE>
    [[question]]
    id = "a"
    tolerance = 0.5
    <BLANKLINE>
    """
    table = tomllib.loads(toml)
    for question in table.get("question", []):
        question.pop("mistake", None)
    return _written(table)


def _written(table, path=""):
    plain = {name: value for name, value in table.items() if not _is_rows(value)}
    lines = [f"{name} = {_value(value)}\n" for name, value in plain.items()]
    for name, rows in table.items():
        if _is_rows(rows):
            lines += [f"\n[[{path}{name}]]\n{_written(row, f'{path}{name}.')}" for row in rows]
    return "".join(lines)


def _is_rows(value):
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _value(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)} = {_value(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    # JSON's text, number and bool are toml's; a date becomes text, which a sheet takes as well.
    return json.dumps(value, ensure_ascii=False, default=str).replace("\x7f", "\\u007f")
