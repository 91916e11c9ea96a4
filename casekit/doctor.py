"""What may keep the lessons from running on this computer, and the command that mends it."""

import os
import subprocess
import sys
import webbrowser
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from casekit import lab, labels

GOOD, NOTE, BAD = "good", "note", "bad"
COLOURS = {GOOD: "green", NOTE: "yellow", BAD: "bold red"}


@dataclass(frozen=True)
class Finding:
    """Tell how one thing is: ``doctor.<thing>.<state>`` in labels.csv has the words, ``remedy`` the command.

    一项检查的结果；文字见 labels.csv 的 ``doctor.<thing>.<state>``，``remedy`` 是修复命令。
    """

    thing: str
    state: str
    found: str
    remedy: str = ""


def examine():
    """Look at all that the lessons need; the kernel is really started, the folders are really written to.

    检查课程所需的一切：真的启动内核，真的写入文件夹。

    Returns
    -------
    tuple of Finding
    """
    return python(), packages(), font(), kernel(), folders(), browser()


def show(found, console):
    """Print what was found, and below it what to do.

    打印检查结果，下面是修复办法。

    Parameters
    ----------
    found : iterable of Finding
    console : rich.console.Console
    """
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD)
    for name in ("thing", "state", "found"):
        table.add_column(labels.text(f"doctor.{name}"), overflow="fold")
    for one in found:
        state = Text(labels.text(f"doctor.state.{one.state}"), COLOURS[one.state])
        table.add_row(labels.text(f"doctor.{one.thing}"), state, Text(one.found))
    console.print(table)
    for one in found:
        if one.state != GOOD:
            console.print(labels.text(f"doctor.{one.thing}.{one.state}"), markup=False, soft_wrap=True)
            console.print(f"    {one.remedy}", markup=False, highlight=False, soft_wrap=True)


def python():
    """Look at the version of Python, and whether it may keep what it compiles.

    检查 Python 版本，以及能否保存编译结果。
    """
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < (3, 11):
        return Finding("python", BAD, found, "https://www.python.org/downloads/")
    if os.environ.get("PYTHONDONTWRITEBYTECODE"):
        return Finding("python", NOTE, f"{found}, PYTHONDONTWRITEBYTECODE", "unset PYTHONDONTWRITEBYTECODE")
    return Finding("python", GOOD, found)


def packages():
    """Look for every package that casekit needs, in a version that fits.

    检查 casekit 需要的每个软件包及其版本。
    """
    from packaging.requirements import Requirement

    wanted, wrong = [Requirement(line) for line in metadata.requires("casekit") or ()], []
    wanted = [one for one in wanted if not one.marker or one.marker.evaluate({"extra": ""})]
    for one in wanted:
        try:
            version = metadata.version(one.name)
            if not one.specifier.contains(version, prereleases=True):
                wrong.append(f"{one.name} {version} ({one.specifier})")
        except metadata.PackageNotFoundError:
            wrong.append(f"{one.name} –")
    return Finding("packages", BAD, ", ".join(wrong), _again()) if wrong else Finding("packages", GOOD, str(len(wanted)))


def _again():
    """Return the command that installs everything anew."""
    checkout = Path(__file__).resolve().parent.parent
    if (checkout / "kit.py").exists():
        return f'"{sys.executable}" -m pip install -r "{checkout / "requirements.lock"}"'
    return f'"{sys.executable}" -m pip install --upgrade --force-reinstall casekit'


def font():
    """Look whether the bundled font has Chinese characters.

    检查自带字体是否含有汉字。
    """
    try:
        from matplotlib.ft2font import FT2Font

        from casekit import style

        if 0x8425 in FT2Font(style.FONT).get_charmap():
            return Finding("font", GOOD, style.FONT.name)
        return Finding("font", BAD, style.FONT.name, _again())
    except (ImportError, OSError, RuntimeError) as error:
        return Finding("font", BAD, str(error), _again())


def kernel():
    """Start the kernel that notebooks ask for, and see whether it finds this very casekit.

    启动笔记本使用的内核，看它能否找到这份 casekit。
    """
    code, found = "import casekit, sys; print(sys.executable)", []
    remedy = f'"{sys.executable}" -m ipykernel install --user --name python3'
    try:
        from jupyter_client.manager import start_new_kernel

        manager, client = start_new_kernel(startup_timeout=60, kernel_name="python3", stderr=subprocess.DEVNULL)
        try:
            answer = client.execute_interactive(
                code, timeout=60, output_hook=lambda message: found.append(message["content"].get("text", ""))
            )["content"]
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
    except Exception as error:  # whatever keeps a kernel from starting
        return Finding("kernel", BAD, f"{type(error).__name__}: {error}"[:200], remedy)
    where = "".join(found).strip()
    if answer["status"] != "ok" or Path(where).parent != Path(sys.executable).parent:
        return Finding("kernel", BAD, where or answer.get("evalue", ""), remedy)
    return Finding("kernel", GOOD, where)


def folders():
    """Look whether notebooks can be saved where they lie.

    检查笔记本所在的文件夹能否写入。
    """
    home = lab.home()
    places = [home, home / "notebooks", home / "exercises"]
    shut = [str(place) for place in places if place.is_dir() and not lab.writable(place)]
    if not shut:
        return Finding("folders", GOOD, str(home))
    copy = "xcopy /E /I" if os.name == "nt" else "cp -r"
    return Finding("folders", BAD, ", ".join(shut), f'{copy} "{home}" "{Path.home() / "casekit"}"')


def browser():
    """Look for a browser; without one the address is to be opened elsewhere.

    检查有没有浏览器；没有时需在别处打开网址。
    """
    try:
        name = webbrowser.get().name if lab.has_browser() else ""
    except webbrowser.Error:
        name = ""
    return Finding("browser", GOOD, name) if name else Finding("browser", NOTE, "–", "python3 kit.py lab")
