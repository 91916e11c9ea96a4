"""Try each wall for real, in a child: which of them stand on this machine."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from casekit import labels
from casekit.errors import InputError
from casekit.grading import sandbox

TRIED = ("start", "network", "files", "secrets", "processes", "memory", "disk", "many", "rights")
LEVELS = {"ns": TRIED, "landlock": tuple(name for name in TRIED if name != "disk")}  # what each contains, best first


@cache
def probe(tried="ns"):
    """Try every wall of a level; return the name of each and whether it stands.

    逐一实测某一级别的各道墙；返回名称及其是否有效。

    Parameters
    ----------
    tried : {"ns", "landlock"}
        Namespaces by bubblewrap; what the kernel offers without them.

    Returns
    -------
    dict
        ``start`` is whether walls can be set at all; ``why`` the system's words if not.
    """
    held = dict.fromkeys(TRIED, False)
    if sys.platform != "linux" or (tried == "ns" and not shutil.which("bwrap")):
        return held | {"why": "bwrap"}
    if tried == "landlock" and _landlock() < 6:
        return held | {"why": f"Landlock {_landlock()} < 6"}
    with tempfile.TemporaryDirectory(prefix="ck-") as folder, tempfile.NamedTemporaryFile() as secret:
        os.chmod(folder, 0o711)  # noqa: S103
        os.mkdir(f"{folder}/own")
        os.chmod(f"{folder}/own", 0o777)  # noqa: S103
        os.chmod(secret.name, 0o666)  # noqa: S103
        inside = [sys.executable, "-P", "-m", __name__, tried, folder, secret.name, str(os.getpid())]
        try:
            done = subprocess.run(sandbox.command(folder, inside) if tried == "ns" else inside, capture_output=True, text=True, timeout=60,
                                  env=sandbox.environment(), check=False)  # fmt: skip
            return held | json.loads(done.stdout)
        except (OSError, subprocess.TimeoutExpired) as error:
            return held | {"why": str(error)}
        except ValueError:
            return held | {"why": done.stderr.strip()[-300:]}


def level():
    """Return the best level whose walls stand on this machine: ``"ns"``, ``"landlock"`` or ``"none"``.

    返回本机能做到的最好级别：``"ns"``、``"landlock"`` 或 ``"none"``。
    """
    return next((tried for tried, names in LEVELS.items() if all(probe(tried)[name] for name in names)), "none")


def required():
    """Return the level of the walls, or refuse: without walls a submission may do all that its teacher may.

    返回墙的级别；没有墙则拒绝：那样作业可以做教师能做的一切。

    Raises
    ------
    InputError
        ``grading.no_walls``, with the walls that do not stand.
    """
    if level() == "none":
        missing = [labels.text(f"wall.{name}") for name in TRIED if not probe()[name]]
        raise InputError("grading.no_walls", walls="; ".join(missing), why=probe().get("why", "–"))
    return level()


def report():
    """Return a line for each wall: whether it stands on this machine; and what to do where there is none.

    为每道墙返回一行：在本机是否有效；没有墙时还有补救办法。
    """
    found = probe("landlock" if level() == "landlock" else "ns")
    lines = [f"{'✓' if found[name] else '✗'} {labels.text(f'wall.{name}')}" for name in TRIED]
    remedy = labels.text("wall.remedy") if level() == "none" else None
    return [*lines, *filter(None, [found.get("why"), remedy]), labels.text(f"grade.walls.{level()}")]


def _landlock():
    from casekit.grading.kernel import locked  # Linux only

    return locked.abi()


def attempt(tried, place, secret, grader):
    """Attempt, from inside, what must not be possible; return which walls held.

    在墙内尝试各种不应成功的事；返回哪些墙有效。
    """
    import resource  # Linux only

    from casekit.grading.kernel import separate

    def fails(deed):
        try:
            deed()
        except (OSError, MemoryError):
            return True
        return False

    def write(name, size=1):
        with open(name, "wb") as file:
            for _ in range(size):
                file.write(bytes(1 << 20))

    def kept(name):  # chmod may say that all went well
        return fails(lambda: os.chmod(name, 0)) or os.stat(name).st_mode & 0o777 != 0

    def flee():
        if separate.libc.unshare(0x10000000):
            raise OSError

    def bomb():
        pids = []
        try:
            for _ in range(separate.PROCESSES + 20):
                if not (pid := os.fork()):
                    signal.pause()
                pids.append(pid)
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)

    reaching = (lambda: os.kill(int(grader), 0), lambda: resource.prlimit(int(grader), resource.RLIMIT_CORE))
    walls = {
        "network": fails(lambda: socket.create_connection(("1.1.1.1", 53), 2))
        and (tried != "ns" or [name for _, name in socket.if_nameindex()] == ["lo"]),
        "files": all(fails(lambda name=name: open(name).close()) for name in (secret, "/etc/passwd"))
        and fails(lambda: write("/usr/casekit")) and kept(secret),
        "secrets": not {*os.environ} - {*sandbox.ENVIRONMENT, "PWD", "HOME", "TMPDIR"},
        "processes": all(map(fails, reaching)) if tried != "ns" or int(grader) > 2 else True
        and (tried != "ns" or len([name for name in os.listdir("/proc") if name.isdigit()]) == 2),
        "memory": fails(lambda: bytearray(2 * separate.MEMORY)) and fails(lambda: os.memfd_create("m")),
        "disk": tried == "ns" and fails(lambda: write("/tmp/a", 65)) and fails(lambda: write(f"{place}/a")),  # noqa: S108
        "rights": os.getuid() != 0 and fails(flee) and fails(lambda: os.setuid(0)),
    }
    return {"start": True, "many": fails(bomb), **walls}


if __name__ == "__main__":
    from casekit.grading.kernel import locked, separate

    tried, folder, *others = sys.argv[1:]
    heard, ready = os.pipe()
    asked = {"place": "own", "sockets": f"{folder}/own", "places": sandbox.seen(), "files": {}, "seconds": 20, "connection": {}, "env": {}}
    child = os.fork()
    if not child:
        said = {"ns": separate, "landlock": locked}[tried].enter(asked, ready)
        os.environ.pop("LC_CTYPE", None)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        os.write(said, b"1")
        signal.sigtimedwait([], 0.5)  # the keeper closes the folder of the sockets
        place = separate.SOCKETS if tried == "ns" else f"{folder}/own"
        print(json.dumps(attempt(tried, place, *others)), flush=True)
        os._exit(0)
    os.waitpid(child, 0)
