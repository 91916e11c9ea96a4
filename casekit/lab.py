"""Open JupyterLab on the welcome notebook, in the student's language."""

import json
import locale
import os
import subprocess
import sys
from pathlib import Path

LOCALES = {"zh": "zh_CN", "en": "default"}


def preferred():
    """Return the language this computer speaks: ``"zh"`` or ``"en"``.

    返回这台电脑使用的语言：``"zh"`` 或 ``"en"``。

    Examples
    --------
    >>> preferred() in ("zh", "en")
    True
    """
    told = [os.environ.get(name) for name in ("CASEKIT_LANG", "LC_ALL", "LC_MESSAGES", "LANG")]
    name = next(filter(None, told), None) or locale.getlocale()[0] or ""
    return "zh" if name.lower().startswith(("zh", "chinese")) else "en"


def home():
    """Return the folder that JupyterLab opens: the checkout, or the working folder of an installed kit.

    返回 JupyterLab 打开的文件夹：源码目录；若是安装版，则为当前目录。

    Examples
    --------
    >>> home().is_dir()
    True
    """
    checkout = Path(__file__).resolve().parent.parent
    return checkout if (checkout / "notebooks").is_dir() else Path.cwd()


def welcome(lang, root):
    """Return the path under JupyterLab's address that shows the welcome notebook, or plain ``lab``.

    返回欢迎笔记本在 JupyterLab 网址下的路径；没有该笔记本则为 ``lab``。

    Examples
    --------
    >>> welcome("zh", Path("nowhere"))
    'lab'
    """
    notebook = f"notebooks/00_welcome.{lang}.ipynb"
    return f"lab/tree/{notebook}" if (root / notebook).exists() else "lab"


def running(lang, root):
    """Return the address of the JupyterLab that already serves this folder, or ``None``.

    返回已经在这个文件夹运行的 JupyterLab 的网址；没有则为 ``None``。
    """
    from jupyter_server.serverapp import list_running_servers

    for server in list_running_servers():
        if Path(server["root_dir"]) == root:
            return f"{server['url']}{welcome(lang, root)}?token={server['token']}"
    return None


def speak(lang):
    """Set the language of JupyterLab's own menus; a choice the user made there stays.

    设定 JupyterLab 菜单的语言；用户在其中自己选过的语言不变。
    """
    folder = Path(sys.prefix, "share", "jupyter", "lab", "settings", "overrides.d")
    folder.mkdir(parents=True, exist_ok=True)
    setting = {"@jupyterlab/translation-extension:plugin": {"locale": LOCALES[lang]}}
    (folder / "casekit-language.json").write_text(json.dumps(setting), encoding="utf-8")


def has_browser():
    """Tell whether a browser can open here: always, but on a Linux without a screen.

    判断这里能否打开浏览器：除没有屏幕的 Linux 外都可以。

    Examples
    --------
    >>> has_browser() in (True, False)
    True
    """
    return not sys.platform.startswith("linux") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def command(lang, root, port=None):
    """Return the words that start JupyterLab on the welcome notebook.

    返回启动 JupyterLab 并打开欢迎笔记本的命令。

    Parameters
    ----------
    lang : str
        ``"zh"`` or ``"en"``.
    root : pathlib.Path
        The folder that JupyterLab shows.
    port : int, optional
        A port of the user's own; without it JupyterLab takes the next free one.

    Examples
    --------
    >>> from pathlib import Path
    >>> "--ServerApp.port=9000" in command("zh", Path("."), 9000)
    True
    """
    words = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={root}", "--ServerApp.log_level=WARN",
             f"--LabApp.default_url=/{welcome(lang, root)}"]
    if port:
        words += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    if not has_browser():
        words.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        words.append("--allow-root")
    return words


def start(lang, port=None):
    """Run JupyterLab until the user ends it; return its exit code.

    运行 JupyterLab，直到用户结束；返回退出码。
    """
    root = home()
    speak(lang)
    return subprocess.call(command(lang, root, port))
