"""What a learner has done, kept in ``.casekit`` beside the notebook: small JSON files, each written whole."""

import json
import os
import re
from contextlib import suppress
from datetime import datetime
from pathlib import Path

FOLDER = ".casekit"


def path(name, student=None, folder=""):
    """Return the file that keeps what one student has done in one exercise.

    返回保存一名学生一份练习进度的文件。

    Examples
    --------
    >>> path("04_rfm", "张/伟").name
    '04_rfm-张_伟.json'
    """
    student = re.sub(r"[^\w-]", "_", student or "")
    return Path(folder, FOLDER, f"{name}-{student}.json" if student else f"{name}.json")


def read(file):
    """Return what is kept in a file, by part; nothing where the file is missing or damaged.

    返回文件中保存的内容（分部分）；文件不存在或损坏时为空。
    """
    with suppress(OSError, ValueError):
        kept = json.loads(Path(file).read_text(encoding="utf-8"))
        if isinstance(kept, dict):
            return {part: value for part, value in kept.items() if isinstance(value, str if part == "time" else dict)}
    return {}


def keep(file, **parts):
    """Add to what is kept, at once and whole; a value of ``None`` is taken out.

    立即并完整地写入新内容；值为 ``None`` 的项被删去。

    Parameters
    ----------
    file : Path
    **parts : dict
        Such as ``answers={"next_step": "b"}``; what another notebook has kept there stays.

    Returns
    -------
    bool
        Whether it could be written.

    Examples
    --------
    >>> import tempfile
    >>> file = path("demo", folder=tempfile.mkdtemp())
    >>> keep(file, answers={"a": 1, "b": 2}), keep(file, answers={"a": None})
    (True, True)
    >>> read(file)["answers"]
    {'b': 2}
    """
    kept = read(file)
    for part, changes in parts.items():
        merged = {**kept.get(part, {}), **changes}
        kept[part] = {name: value for name, value in merged.items() if value is not None}
    kept["time"] = datetime.now().isoformat(" ", "seconds")
    scratch = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(exist_ok=True)
        scratch.write_text(json.dumps(kept, ensure_ascii=False, indent=1), encoding="utf-8")
        os.replace(scratch, file)  # a reader, or a power cut, finds the old file or the new one
    except (OSError, ValueError):
        return False
    return True
