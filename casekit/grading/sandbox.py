"""The outer wall: bubblewrap around the process that kernels are forked from. It needs no Docker and no administrator."""

import json
import os
import sys
from pathlib import Path

import casekit

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/fonts", "/etc/ld.so.cache", "/etc/localtime",
          "/etc/alternatives", "/etc/mime.types", "/etc/ssl/openssl.cnf")  # fmt: skip
ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ")  # no other: tokens live there


def environment():
    """Return the part of the environment that a student may see.

    返回学生可见的环境变量。
    """
    return {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}


def seen():
    """Return the places that a student may read: the system's programs, this Python, casekit and its data; no keys.

    返回学生可读的位置：系统程序、此 Python、casekit 及其数据；不含答案。
    """
    from casekit import datasets  # takes a second, and main() needs it not

    package, data = Path(casekit.__file__).parent, datasets.path("orders").parent
    own = [Path(sys.base_prefix), Path(sys.prefix), package, data]
    kept = [path for path in own if not any(path != other and path.is_relative_to(other) for other in own)]
    return tuple(dict.fromkeys([*filter(os.path.exists, SYSTEM), *map(str, kept)]))


def command(sockets, inside):
    """Return the command that runs ``inside`` behind the outer wall.

    返回在外墙之内运行 ``inside`` 的命令。

    Parameters
    ----------
    sockets : str
        The folder whose sub-folders hold the kernels' sockets.
    inside : list of str
    """
    return [sys.executable, "-P", "-m", __name__, json.dumps([sockets, list(seen()), inside])]


def main(sockets, places, inside):
    """Become bubblewrap; as root, become nobody first: the system's owner has rights behind any wall.

    变成 bubblewrap；若为 root，则先变成 nobody。
    """
    from casekit.grading.kernel import separate  # Linux only

    links = {place: os.readlink(place) for place in places if os.path.islink(place)}
    sources = {place: place for place in (*places, sockets)}
    if os.getuid() == 0:
        separate.alone()
        hall = f"{sockets}/.seen"  # Python may live under /root, where nobody cannot look
        os.mkdir(hall)
        separate.mount("tmpfs", hall, "tmpfs", separate.NOSUID_NODEV, "mode=0755")
        for number, place in enumerate(sources):
            sources[place] = f"{hall}/{number}"
            os.mkdir(sources[place]) if os.path.isdir(place) else Path(sources[place]).touch()
            separate.mount(place, sources[place], None, separate.BIND)
        separate.nobody()
        os.chdir("/")
    words = ["bwrap", "--unshare-all", "--new-session", "--hostname", "casekit"]
    words += ["--tmpfs", "/tmp", "--dir", "/home", "--proc", "/proc", "--dev", "/dev"]  # noqa: S108
    for place in places:
        words += ["--symlink", links[place]] if place in links else ["--ro-bind", sources[place]]
        words.append(place)
    words += ["--bind", sources[sockets], separate.KERNELS, "--chdir", "/", "--remount-ro", "/", "--", *inside]
    os.execvp("bwrap", words)


if __name__ == "__main__":
    main(*json.loads(sys.argv[1]))
