"""Walls where namespaces are not to be had: Landlock around the files, seccomp around the network, limits on the rest.

What this level does not contain is said with each result: the disk as a whole (a file has its limit, their number has
not), and sockets that other programs have laid into places a student may read. Memory of all processes together is
watched by a keeper, who also ends what outlives the kernel. Linux with Landlock 6 (kernel 6.12) or newer.
"""

import contextlib
import os
import select
import signal
import stat
import struct
from pathlib import Path

from casekit.grading.kernel import TOO_MUCH_MEMORY, separate

CREATE, ADD, RESTRICT = 444, 445, 446  # the same on every machine
EVERYTHING = (1 << 16) - 1
READ, ON_FILES = 1 | 4 | 8, 1 | 2 | 4 | 1 << 14 | 1 << 15  # execute, read file, list; what a rule on a file may name
WRITE = EVERYTHING & ~(1 << 6 | 1 << 11)  # but no devices
MAKE_SOCKET, SCOPES = 1 << 9, 1 | 2  # no abstract sockets, no signals out of the domain
NULLS = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
FACTS = ("/proc/meminfo", "/proc/cpuinfo", "/proc/stat", "/proc/loadavg", "/proc/self", "/sys/devices/system/cpu")
DAC_READ_SEARCH = 1 << 2
LOCAL = (1, 16)  # unix sockets; netlink, without which libzmq ends the process
SOCKET = {"x86_64": 41, "aarch64": 198}


def abi():
    """Return the version of Landlock in this system, 0 where there is none.

    返回系统中 Landlock 的版本；没有则为 0。
    """
    return max(0, separate.libc.syscall(CREATE, None, 0, 1))


def enter(request, ready):
    """Put walls around this process; only the kernel-to-be returns, in the home folder.

    在本进程四周设墙；只有将成为内核的进程返回，当前目录为主目录。

    Parameters
    ----------
    request : dict
        Gets the places inside; ``sockets``, ``places`` (to be read), ``files`` (name and text), ``seconds`` are read.
    ready : int
        Pipe that the kernel says "ready" through.
    """
    os.setsid()
    separate.check(separate.libc.prctl(1, signal.SIGKILL))  # PR_SET_PDEATHSIG
    separate.check(separate.libc.prctl(36, 1))  # PR_SET_CHILD_SUBREAPER: what outlives the kernel becomes ours
    sockets, home = request["sockets"], f"{request['sockets']}/home"
    os.makedirs(f"{home}/tmp", 0o700)
    for name, text in request["files"].items():
        Path(home, name).write_text(text, encoding="utf-8")
    root = os.getuid() == 0
    for place in (home, *map(str, Path(home).iterdir())) if root else ():
        os.chown(place, separate.NOBODY, separate.NOBODY)
    heard, said = os.pipe()
    kernel = os.fork()
    if kernel:
        os.close(said)
        _keep(kernel, heard, ready)
    os.close(heard)
    os.close(ready)
    request |= {"cwd": home, "sockets": home}
    request["env"] |= {"HOME": home, "TMPDIR": f"{home}/tmp"}
    processes = separate.PROCESSES + _threads(separate.NOBODY if root else os.getuid())
    _landlock({**dict.fromkeys(request["places"], READ), **dict.fromkeys(FACTS, READ), **dict.fromkeys(NULLS, 2 | 4),
               home: WRITE, sockets: MAKE_SOCKET})  # fmt: skip
    _local_only()
    if root:  # whose processes nothing limits
        separate.check(separate.libc.prctl(8, 1))  # PR_SET_KEEPCAPS
        separate.nobody()
    separate.check(separate.libc.prctl(1, signal.SIGKILL))  # a fork forgets it, and so does a change of user
    # Root's Python may lie under /root, where nobody cannot look; what is looked at, Landlock decides.
    separate.limit(request["seconds"], processes, DAC_READ_SEARCH * root)
    return said


def _keep(kernel, heard, ready):
    """Outside: pass "ready" and signals on, watch memory, end all that is left."""
    proc, alive = os.open("/proc", os.O_RDONLY), os.pidfd_open(kernel)

    def end(code):
        while left := separate.tree(os.getpid(), proc):
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            select.select([], [], [], 0.01)
        os._exit(code if code >= 0 else 128 - code)

    def interrupt(*_):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(kernel, signal.SIGINT)

    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, lambda *_: end(137))
    poll = select.poll()
    poll.register(heard, select.POLLIN)
    poll.register(alive, select.POLLIN)
    while True:
        files = [file for file, _ in poll.poll(100)]
        if heard in files:
            if os.read(heard, 1):
                os.write(ready, b"1")
            os.close(ready)
            poll.unregister(heard)
        if alive in files:
            _, status = os.waitpid(kernel, 0)
            end(os.waitstatus_to_exitcode(status))
        if separate.memory(os.getpid(), proc) > separate.MEMORY * 3 // 2:
            end(TOO_MUCH_MEMORY)


def _landlock(rules):
    """Let this process and its children reach these places only, each in these ways."""
    libc = separate.libc
    ruleset = libc.syscall(CREATE, struct.pack("QQQ", EVERYTHING, 3, SCOPES), 24, 0)  # no TCP either
    separate.check(min(ruleset, 0))
    for place, ways in rules.items():
        try:
            file = os.open(place, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        ways = ways if stat.S_ISDIR(os.fstat(file).st_mode) else ways & ON_FILES
        separate.check(libc.syscall(ADD, ruleset, 1, struct.pack("=Qi", ways, file), 0))
        os.close(file)
    separate.check(libc.prctl(38, 1, 0, 0, 0))  # PR_SET_NO_NEW_PRIVS
    separate.check(libc.syscall(RESTRICT, ruleset, 0))
    os.close(ruleset)


def _local_only():
    """Refuse every socket but local ones, by a filter of its own."""
    machine, number = separate.DENIED[os.uname().machine][0], SOCKET[os.uname().machine]
    jump, load, answer = separate.JUMP, separate.LOAD, separate.ANSWER
    lines = [(load, 0, 0, 4), (jump, 1, 0, machine), (answer, 0, 0, separate.FAIL | 1), (load, 0, 0, 0),
             (jump, 0, 4, number), (load, 0, 0, 16), (jump, 2, 0, LOCAL[0]), (jump, 1, 0, LOCAL[1]),
             (answer, 0, 0, separate.FAIL | 13), (answer, 0, 0, separate.ALLOW)]  # fmt: skip
    separate.load(lines)


def _threads(user):
    """Return how many threads a user has: the limit on processes counts them all."""
    count = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            if os.stat(f"/proc/{pid}").st_uid == user:
                count += len(os.listdir(f"/proc/{pid}/task"))
    return count
