"""Every file below a folder or zip, read without extracting anything and without following a link."""

import io
import os
import re
import stat
import unicodedata
import zipfile
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from casekit.errors import InputError
from casekit.grading.roster import decode

LARGEST = 25_000_000  # bytes of one notebook; pictures in outputs count
LARGEST_ZIP = 200_000_000
LARGEST_TOTAL = 20_000_000_000
MOST_FILES = 100_000
LARGEST_ARCHIVE, MOST_MEMBERS = 2_000_000_000, 20_000  # of what one zip among others holds
NOTEBOOK = re.compile(r"\.ipynb(\.(txt|json))?$", re.IGNORECASE)
CLUTTER = re.compile(r"(^|/)(\.|__MACOSX(/|$)|~\$|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE)


@dataclass(frozen=True)
class Found:
    """Hold one file: its bytes if it is a notebook, else the code of why it was not opened.

    一个文件：是笔记本则含字节，否则含未打开的原因代码。
    """

    path: str  # below the folder or zip, "/" between parts; untrusted text
    modified: float
    data: bytes = b""
    code: str = ""
    details: dict = field(default_factory=dict)
    handed: float = 0.0  # of the outermost file or member that it came in: what is inside, its owner may set


def walk(path):
    """Yield every file below a folder or zip, zips inside included.

    逐个给出文件夹或 zip 中的文件，内含的 zip 也展开。

    Raises
    ------
    InputError
        ``grading.submissions_missing``; ``grading.submissions_too_many`` at a bomb.
    """
    path = Path(path)
    if not path.is_dir() and not (path.is_file() and zipfile.is_zipfile(path)):
        raise InputError("grading.submissions_missing", path=path)
    count = total = 0
    for file in _in_folder(path) if path.is_dir() else _in_zip(path, ""):
        count, total = count + 1, total + len(file.data)
        if count > MOST_FILES or total > LARGEST_TOTAL:
            most = {"files": MOST_FILES, "gb": LARGEST_TOTAL / 1e9}
            raise InputError("grading.submissions_too_many", path=path.name, **most)
        yield replace(file, handed=file.handed or file.modified)


def _in_folder(top):
    entries = sorted(top.iterdir(), reverse=True)
    while entries:  # not os.walk, which goes no deeper than Python's stack
        entry = entries.pop()
        # A name in another encoding would be half surrogates, which neither JSON nor SQLite takes.
        name = os.fsencode(entry.relative_to(top).as_posix())
        path = (decode(b"./" + name) or f"./{name.decode(errors='replace')}")[2:]  # a name has no byte order mark
        if CLUTTER.search(path):
            continue
        try:
            status = entry.lstat()
            entries += sorted(entry.iterdir(), reverse=True) if stat.S_ISDIR(status.st_mode) else ()
            yield from _entry(entry, path, status)
        except OSError as error:  # closed, gone meanwhile, or too deep for a path
            yield Found(path, 0.0, code="unreadable", details={"why": error.strerror or ""})


def _entry(entry, path, status):
    if stat.S_ISDIR(status.st_mode):
        if NOTEBOOK.search(path):
            yield Found(path, status.st_mtime, code="folder")
    elif not stat.S_ISREG(status.st_mode):
        yield Found(path, status.st_mtime, code="link")  # or a pipe: reading it might never end
    elif entry.suffix.lower() == ".zip":
        inner = _bounded(_in_zip(entry, path + "/"), path)
        yield from (replace(file, handed=status.st_mtime) for file in inner)
    elif not NOTEBOOK.search(path):
        yield Found(path, status.st_mtime, code="not_notebook")
    elif status.st_size > LARGEST:
        yield _too_large(path, status.st_mtime, status.st_size)
    else:
        yield Found(path, status.st_mtime, entry.read_bytes())


def _bounded(inside, path):
    """Yield what is in one archive among others, until it shows to be a bomb: that stops nobody else."""
    size = 0
    for count, file in enumerate(inside):
        size += len(file.data)
        if size > LARGEST_ARCHIVE or count >= MOST_MEMBERS:
            yield Found(path, 0.0, code="bomb", details={"files": MOST_MEMBERS, "gb": LARGEST_ARCHIVE / 1e9})
            return
        yield file


def _in_zip(source, prefix, depth=0):
    try:
        archive = zipfile.ZipFile(source)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        yield Found(prefix.rstrip("/"), 0.0, code="broken_zip", details={"why": type(error).__name__})
        return
    with archive:
        for member in archive.infolist()[: MOST_FILES + 1]:
            path = prefix + _member_name(member)
            if member.is_dir() or CLUTTER.search(path):
                continue
            modified = _time(member.date_time) or 0.0
            is_zip = path.lower().endswith(".zip") and depth < 2
            if stat.S_ISLNK(member.external_attr >> 16):
                yield Found(path, modified, code="link")
            elif not is_zip and not NOTEBOOK.search(path):
                yield Found(path, modified, code="not_notebook")
            elif member.file_size > (LARGEST_ZIP if is_zip else LARGEST):
                yield _too_large(path, modified, member.file_size)
            else:
                try:
                    with archive.open(member) as stream:
                        data = stream.read(member.file_size)  # never more than the header admits
                except Exception as error:  # encrypted, damaged, unknown method: each raises its own kind
                    yield Found(path, modified, code="broken_zip", details={"why": type(error).__name__})
                    continue
                if is_zip:
                    inner = _bounded(_in_zip(io.BytesIO(data), path + "/", depth + 1), path)
                    yield from (replace(file, handed=modified) for file in inner)
                else:
                    yield Found(path, modified, data)


def _too_large(path, modified, size):
    return Found(path, modified, code="too_large", details={"mb": round(size / 1e6), "limit": round(LARGEST / 1e6)})


def _member_name(member):
    name = member.filename
    if not member.flag_bits & 0x800:  # no UTF-8 flag: Windows in China writes GBK, which Python reads as cp437
        name = decode(name.encode("cp437", errors="replace")) or name
    return "/".join(part for part in re.split(r"[\\/]+", name) if part not in ("", ".", "..")) or "?"


def _time(parts):
    try:
        return datetime(*map(int, parts)).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def named_time(path):
    """Return the time of handing in that Blackboard writes into names, seconds since 1970, or ``None``.

    返回 Blackboard 写进文件名的提交时间（1970 年以来的秒数）；没有则返回 ``None``。

    Examples
    --------
    >>> named_time("Ex4_20250101_attempt_2026-11-30-23-58-07_rfm.ipynb") == datetime(2026, 11, 30, 23, 58, 7).timestamp()
    True
    """
    found = re.search(r"_attempt_(20\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)(?!\d)", path)
    return _time(found.groups()) if found else None


def safe_name(text):
    """Return untrusted text as a file name that every system takes.

    把不可信的文字变成各系统都能用的文件名。

    Examples
    --------
    >>> safe_name("../O'Neil: =1+1?"), safe_name("-s"), safe_name("con"), safe_name("张伟")
    ("O'Neil_ =1+1", 's', '_con', '张伟')
    """
    letters = unicodedata.normalize("NFC", text)
    text = "".join(" " if unicodedata.category(letter)[0] == "C" else letter for letter in letters)
    text = re.sub(r'[<>:"/\\|?*]', "_", text).strip(" .-_~")[:80].rstrip(" .") or "_"
    return "_" + text if re.fullmatch(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?", text) else text
