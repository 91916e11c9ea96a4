"""Open JupyterLab on the welcome notebook, in the student's language."""

import json
import locale
import os
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from casekit.errors import InputError

LOCALES = {"zh": "zh_CN", "en": "default"}
TRANSLATION = "@jupyterlab/translation-extension:plugin"


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
    """Set the language of JupyterLab's own menus and a class's defaults; what the user chose there stays.

    设定 JupyterLab 菜单的语言和上课用的默认设置；用户在其中自己选过的不变。
    """
    # A checkout installed long ago still gets today's defaults.
    settings = json.loads(Path(__file__).with_name("overrides.json").read_text(encoding="utf-8"))
    settings[TRANSLATION] = {"locale": LOCALES[lang]}
    with suppress(OSError):  # installed for all users: then the menus stay as they are
        _defaults().parent.mkdir(parents=True, exist_ok=True)
        _defaults().write_text(json.dumps(settings), encoding="utf-8")


def speaks(lang):
    """Tell whether a JupyterLab that is running has its menus in a language; it reads its defaults only once.

    判断正在运行的 JupyterLab 的菜单是不是这种语言；它只在启动时读入默认设置。
    """
    with suppress(OSError, ValueError, KeyError):  # nobody could write the defaults: the menus were never chosen
        return json.loads(_defaults().read_text(encoding="utf-8"))[TRANSLATION]["locale"] == LOCALES[lang]
    return True


def _defaults():
    return Path(sys.prefix, "share", "jupyter", "lab", "settings", "overrides.d", "casekit-language.json")


def has_browser():
    """Tell whether a browser can open here: always, but on a Linux without a screen.

    判断这里能否打开浏览器：除没有屏幕的 Linux 外都可以。

    Examples
    --------
    >>> has_browser() in (True, False)
    True
    """
    return not sys.platform.startswith("linux") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def writable(folder):
    """Tell whether a file can be made in a folder, by making one.

    判断文件夹能否写入：实际写一个文件试试。
    """
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def free(port):
    """Tell whether one may listen at a port of this computer.

    判断本机的一个端口是否可用。

    Examples
    --------
    >>> with socket.create_server(("localhost", 0)) as taken:
    ...     free(taken.getsockname()[1])
    False
    """
    try:
        with socket.create_server(("localhost", port)):
            return True
    except (OSError, OverflowError):
        return False


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
    # What students see in the terminal is an address, not what libraries say to each other.
    words = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={root}",
             "--ServerApp.log_level=WARN", "--LabApp.log_level=WARN",
             "--ServerApp.kernel_websocket_connection_class=casekit.wire.Prompt",
             f"--LabApp.default_url=/{welcome(lang, root)}"]  # fmt: skip
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

    Raises
    ------
    InputError
        ``lab.read_only`` or ``lab.port``: nobody can write into the folder, or listen at the port.
    """
    root = home()
    if not writable(root):
        raise InputError("lab.read_only", folder=root)
    if port and not free(port):
        raise InputError("lab.port", port=port)
    speak(lang)
    return subprocess.call(command(lang, root, port))
