"""Take in what was handed in: find the notebooks, say whose they are, read them whatever they went through."""

import hashlib
import json
import re
import unicodedata
from codecs import BOM_UTF8
from collections import defaultdict
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from casekit.grading import files
from casekit.grading.roster import decode
from casekit.labels import LANGUAGES

MOST_CELLS = 5000  # a notebook of work has a hundred; each costs time before its first line runs
KINDS = {"code": "code", "markdown": "markdown", "heading": "markdown", "html": "markdown"}
SIGNATURES = {b"%pdf": "pdf", b"<!doctype": "web_page", b"<html": "web_page",
              **dict.fromkeys((b"pk\x03\x04", b"rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"\xfd7zxz"), "archive")}  # fmt: skip
ASSIGNED = {
    name: re.compile(rf"^{name}[ \t]*=(?!=)[ \t]*([^\n]*)$", re.MULTILINE) for name in ("STUDENT", "LANG")
}


@dataclass(frozen=True)
class Note:
    """Tell one odd thing about a submission; ``code`` is a key of labels.csv.

    关于一份作业的一件异常；``code`` 是 labels.csv 的键。
    """

    code: str
    details: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Submission:
    """Hold one student's notebook as read: cells only, no outputs, no foreign metadata.

    一名学生的笔记本：只有单元格，不含输出和其他元数据。
    """

    student: str
    file: str
    modified: float  # seconds since 1970
    sha: str  # of the file's bytes
    cells: tuple[dict, ...]
    lang: str  # as the notebook says; "" when it does not
    notes: tuple[Note, ...] = ()
    handed: float | None = None  # seconds since 1970: by the file's name, else by the file


@dataclass(frozen=True)
class Problem:
    """Name a file that cannot be graded and why; ``code`` is a key of labels.csv.

    说明哪个文件不能评分、为什么；``code`` 是 labels.csv 的键。
    """

    file: str
    code: str
    details: dict = field(default_factory=dict)
    student: str | None = None
    modified: float = 0.0
    sha: str = ""


@dataclass(frozen=True)
class Intake:
    """Hold the outcome of one intake, each student of the roster in exactly one of the first three.

    一次收取的结果；名单上的每名学生只出现在前三项之一。
    """

    submissions: tuple[Submission, ...]
    failed: tuple[Problem, ...]
    missing: tuple[str, ...]
    unmatched: tuple[Problem, ...]  # not on the roster, or not to be told apart


@dataclass(frozen=True)
class _Notebook:
    file: str
    modified: float
    sha: str
    cells: tuple[dict, ...]
    student: str
    lang: str
    notes: tuple[Note, ...]
    handed: float


def collect(submissions, roster, exercise="", released=()):
    """Find, read and match everything below a folder or zip; one bad file stops nobody else.

    在文件夹或 zip 中查找、读取并匹配全部作业；一个坏文件不影响其他人。

    Parameters
    ----------
    submissions : str or Path
        A folder or a zip, one folder per student or flat, zips inside included.
    roster : sequence of Student
    exercise : str
        Id of the exercise; a notebook that names it goes before one that does not.
    released : collection of str
        ``source_sha`` of the notebooks as handed out: an untouched twin gives way to the one worked on.

    Returns
    -------
    Intake

    Raises
    ------
    InputError
        ``grading.submissions_missing`` when there is no such folder or zip.
    """
    match = _Matcher(roster)
    found, unmatched = defaultdict(list), []
    for file in files.walk(submissions):
        read = _read(file)  # the bytes are let go here: a class may hold gigabytes of pictures
        students, strength, notes = match(read)
        if len(students) == 1:
            found[students.pop()].append((strength, read, notes))
        elif isinstance(read, _Notebook):
            code = "grade.file.ambiguous" if students else "grade.file.unknown"
            said = {"students": ", ".join(sorted(students)) or read.student or "–"}
            unmatched.append(Problem(read.file, code, said, None, read.modified, read.sha))
        elif read.code != "grade.file.not_notebook":  # a class folder also holds lists and readmes
            unmatched.append(read)
    outcomes = [_choose(id, handed_in, exercise, released) for id, handed_in in found.items()]
    order = {student.id: at for at, student in enumerate(roster)}
    outcomes.sort(key=lambda outcome: order[outcome.student])
    return Intake(
        tuple(outcome for outcome in outcomes if isinstance(outcome, Submission)),
        tuple(outcome for outcome in outcomes if isinstance(outcome, Problem)),
        tuple(id for id in order if id not in found),
        tuple(unmatched),
    )


def _choose(student, handed_in, exercise, released):
    """Return the Submission that counts, or the Problem that the student's files share."""
    good = [one for one in handed_in if isinstance(one[1], _Notebook)]
    bad = [read for _, read, _ in handed_in if isinstance(read, Problem)]
    if not good:
        best = max(bad, key=lambda read: (bool(files.NOTEBOOK.search(read.file)), read.modified))
        return replace(best, student=student)

    def rank(one):
        strength, read, _ = one
        named = any(exercise in cell["source"] for cell in read.cells)
        # Strength first: nobody displaces another's file by writing his id into a notebook.
        return strength, named, touched(read), read.modified, len(read.file), read.file

    def touched(read):  # an untouched twin in the other language is no second hand-in and needs no word
        return source_sha(read.cells) not in released

    _, read, notes = max(good, key=rank)
    others = [other.file for _, other, _ in good if other.sha != read.sha and touched(other)]
    if others:
        notes += (Note("grade.note.several", {"file": read.file, "others": "; ".join(others)}),)
    beside = [problem for problem in bad if files.NOTEBOOK.search(problem.file)]
    notes += tuple(Note("grade.note.beside", {**one.details, "file": one.file, "why": one.code}) for one in beside)
    source = student, read.file, read.modified, read.sha, read.cells, read.lang
    return Submission(*source, read.notes + notes, read.handed)


# --- whose file is it ------------------------------------------------------------------------------------------


class _Matcher:
    """Match files to students: id in a name (3), unique roster name in a name (2), STUDENT in the notebook (1)."""

    def __init__(self, roster):
        self.ids = {_folded(student.id): student.id for student in roster}
        self.odd = [id for id in self.ids if not (id.isascii() and id.isalnum())]
        self.names = defaultdict(set)
        for student in roster:
            if name := re.sub(r"\s+", " ", _folded(student.name)):
                self.names[name].add(student.id)

    def __call__(self, read):
        """Return (students that fit, strength, notes)."""
        written = getattr(read, "student", "") or ""
        inside = self.ids.get(_folded(written))
        # The (1) of a second download is no id.
        parts = [re.sub(r"\(\d{1,2}\)", " ", _folded(part)) for part in PurePosixPath(read.file).parts]
        by_id = list(filter(None, map(self._by_id, parts)))
        notes = ()
        if by_id:  # the outer folder is the learning platform's, the file name the student's
            students, strength = by_id[0], 3
            if other := set().union(*by_id) - students:
                notes += (Note("grade.note.other_id", {"file": read.file, "id": ", ".join(sorted(other))}),)
        else:
            students, strength = next(filter(None, map(self._by_name, parts)), set()), 2
        if inside and (not students or (len(students) > 1 and inside in students)):
            students, strength = {inside}, 1
        if written and len(students) == 1 and inside not in students:
            notes += (Note("grade.note.other_student", {"student": written}),)
        return set(students), strength, notes

    def _by_id(self, part):
        # A number inside a longer number is another number.
        tokens = self.ids.keys() & set(re.findall(r"[0-9a-z]+", part))
        return {self.ids[id] for id in tokens} | {self.ids[id] for id in self.odd if id in part}

    def _by_name(self, part):
        spaced = re.sub(r"[\s_+.-]+", " ", part)
        solid = spaced.replace(" ", "")

        def occurs(name):
            if name.isascii():
                return re.search(rf"(?<![a-z]){re.escape(name)}(?![a-z])", spaced)
            return name.replace(" ", "") in solid

        hits = set(filter(occurs, self.names))
        # 张伟 also occurs in 张伟明: the longer name is meant.
        hits = {name for name in hits if not any(name != other and name in other for other in hits)}
        return set().union(*(self.names[name] for name in hits))


def _folded(text):
    return unicodedata.normalize("NFKC", text).casefold().strip()


# --- reading a notebook ----------------------------------------------------------------------------------------


def _read(file):
    """Return a _Notebook, or the Problem that the file is."""
    sha = _sha(file.data)

    def problem(code, **details):
        return Problem(file.path, f"grade.file.{code}", details, None, file.modified, sha)

    if file.code:
        return problem(file.code, **file.details)
    head = file.data[:512].lstrip().lower()
    for start, code in SIGNATURES.items():
        if head.startswith(start):
            return problem(code)
    if not head:
        return problem("empty")
    text = decode(file.data) or file.data.decode(errors="replace")
    if text.count("\ufffd") * 100 > len(text):  # a few damaged bytes cost nobody a mark
        return problem("encoding")
    try:
        listed = cells(json.loads(text))
    except json.JSONDecodeError as error:
        conflict = re.search(r"^<{7} ", text, re.MULTILINE)
        if conflict and re.search(r"^>{7} ", text, re.MULTILINE):
            return problem("conflict", line=1 + text.count("\n", 0, conflict.start()))
        cut = error.pos >= len(text.rstrip()) - 1 or "Unterminated" in error.msg
        return problem("truncated" if cut else "not_json", line=error.lineno)
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return problem("not_a_notebook")
    if not listed:
        return problem("no_cells")
    if len(listed) > MOST_CELLS:
        return problem("too_many_cells", cells=len(listed), limit=MOST_CELLS)
    converted = text.encode() != file.data.removeprefix(BOM_UTF8)
    notes = (Note("grade.note.encoding", {"file": file.path}),) if converted else ()
    written = {name: _assigned(name, listed) for name in ASSIGNED}
    lang = written["LANG"] or "".join(re.findall(r"\.(zh|en)\b", PurePosixPath(file.path).name)[:1])
    lang = lang if lang in LANGUAGES else ""
    handed = files.named_time(file.path) or file.handed
    return _Notebook(file.path, file.modified, sha, listed, written["STUDENT"], lang, notes, handed)


def cells(raw):
    """Return the cells of a notebook of any format version: type, source, whether tagged, pasted pictures.

    返回任意格式版本的笔记本的单元格：类型、源代码、是否为参数单元格、粘贴的图片。
    """
    sheets = [raw] if "cells" in raw else raw["worksheets"]  # format 3 had sheets
    kept = []
    for cell in (cell for sheet in sheets for cell in sheet["cells"] if isinstance(cell, dict)):
        kind = KINDS.get(cell.get("cell_type"), "raw")
        source = cell.get("source", cell.get("input", ""))
        source = "".join(map(str, source)) if isinstance(source, list) else str(source)
        source = source.encode(errors="replace").decode()  # JSON may carry half a surrogate pair
        if cell.get("cell_type") == "heading":
            level = cell.get("level")
            source = "#" * (level if isinstance(level, int) and 0 < level < 7 else 1) + " " + source
        metadata = cell.get("metadata")
        tags = metadata.get("tags") if isinstance(metadata, dict) else None
        tagged = kind == "code" and isinstance(tags, list) and "parameters" in tags
        one = {"cell_type": kind, "source": source, "parameters": tagged}
        if kind == "markdown" and isinstance(cell.get("attachments"), dict):
            one["attachments"] = cell["attachments"]
        kept.append(one)
    return tuple(kept)


def _assigned(name, cells):
    """Return the text that a notebook assigns to STUDENT or LANG first, or ""."""
    for cell in cells:
        match = ASSIGNED[name].search(cell["source"]) if cell["cell_type"] == "code" else None
        if match:
            return match.group(1).split("#")[0].strip().strip("\"'").strip()
    return ""


def source_sha(cells):
    """Return the hash of what was written: cell types and sources, without STUDENT, outputs and metadata.

    返回所写内容的哈希：单元格类型与源代码，不含 STUDENT、输出和元数据。

    Examples
    --------
    >>> one = {"cell_type": "code", "source": "STUDENT = '1'"}
    >>> two = {"cell_type": "code", "source": "STUDENT = '2'"}
    >>> source_sha([one]) == source_sha([two])
    True
    """
    student = ASSIGNED["STUDENT"]
    sources = [student.sub("STUDENT =", cell["source"]).strip() for cell in cells]
    written = [(cell["cell_type"], told, cell.get("attachments")) for cell, told in zip(cells, sources, strict=True)]
    return _sha(json.dumps(written, ensure_ascii=True).encode())


def _sha(data):
    return hashlib.sha256(data).hexdigest()
