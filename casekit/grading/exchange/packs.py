"""The pack that students get."""

import json
import zipfile
from pathlib import Path

from casekit import labels
from casekit.grading import master, nbgrader
from casekit.grading.files import safe_name
from casekit.grading.intake import ASSIGNED
from casekit.grading.roster import read


def release(exercise, out, roster=None):
    """Write the pack that students get: notebooks, public sheet, README; as a folder and as a zip.

    生成发给学生的练习包：笔记本、公开评分表、说明；既有文件夹也有 zip。

    Parameters
    ----------
    exercise : str
        Id or path of the sheet.
    out : str or Path
    roster : str or Path, optional
        Class list: one pack per student, ``STUDENT`` filled in.

    Returns
    -------
    list of Path
        The zip files.
    """
    one, out = master.load(exercise), Path(out)
    if roster is None:
        return [_pack(one, out / one.id)]
    return [_pack(one, out / safe_name(f"{each.id}_{each.name}"), each.id) for each in read(roster)]


def _pack(one, folder, student=None):
    titles = {f"title_{lang}": title for lang, title in one.sheet.title.items()}
    readme = Path(__file__).with_name("pack.md").read_text(encoding="utf-8")
    pack = {f"{one.id}.toml": one.public, "README.md": readme.format(exercise=one.id, **titles)}
    for path in one.notebooks.values():
        text = path.read_text(encoding="utf-8")
        pack[path.name] = _personal(text, student) if student else text
    folder.mkdir(parents=True, exist_ok=True)
    target = folder.parent / f"{folder.name}.zip"  # with_suffix would take a dot in a name for a suffix
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in sorted(pack.items()):
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
            archive.writestr(f"{folder.name}/{name}", text)
    return target


def release_nbgrader(exercise, out):
    """Write an nbgrader course that holds the exercise, in the language in use.

    把练习写成 nbgrader 课程（使用当前语言）。

    ``source/ID`` is what ``nbgrader generate_assignment ID`` takes as it is. ``exercises`` holds sheet and key; it
    stays with the teacher, and the test cells find it there (see :mod:`casekit.grading.nbgrader`).

    Parameters
    ----------
    exercise : str
        Id or path of the sheet.
    out : str or Path
        The course folder.

    Returns
    -------
    Path
        Of the source notebook.
    """
    one, out = master.load(exercise), Path(out)
    notebook = json.loads(one.notebooks[labels.language()].read_text(encoding="utf-8"))
    files = {
        f"source/{one.id}/{one.id}.ipynb": nbgrader.dress(one, notebook),
        f"source/{one.id}/{one.id}.toml": one.public,
        f"exercises/{one.id}.toml": one.sheet.path.read_text(encoding="utf-8"),
        f"exercises/keys/{one.id}.py": one.key.path.read_text(encoding="utf-8"),
    }
    for name, text in files.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(text, encoding="utf-8", newline="\n")
    return out / next(iter(files))


def _personal(text, student):
    notebook = json.loads(text)
    line = f"STUDENT = {json.dumps(student, ensure_ascii=False)}"
    for cell in notebook["cells"]:
        if "parameters" in cell["metadata"].get("tags", []):
            source = ASSIGNED["STUDENT"].sub(lambda _: line, "".join(cell["source"]))
            cell["source"] = source.splitlines(keepends=True)
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
