"""Walls where namespaces are not to be had: Landlock around the files, seccomp around the rest of the user's, limits.

A student runs here as the grader's own user, whose other files and processes Landlock does not cover in every way; the
filter does the rest. A keeper watches the memory of all processes and the disk under the home folder, and ends what
outlives the kernel. What this level does not contain is said with each result: files that are deleted while they are
open are not counted. Linux with Landlock 6 (kernel 6.12) or newer.
"""

import contextlib
import os
import select
import signal
import stat
import struct
import subprocess
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
MOST, LEAST = 128 << 20, 1 << 12  # bytes in the home folder, as much as /tmp and it have behind namespaces; of a file
# socket, socketpair: local streams only, and netlink, without which libzmq ends the process.
# connect (a session bus, tmux or ssh agent would do anything for this user), setpriority, ioprio_set,
# inotify_add_watch; mq_open, semget: what they make stays.
# prlimit64, sched_setaffinity, _setparam, _setattr, _setscheduler: an argument of theirs must be 0, for "itself"; of the
# last it is the second, for "as all others", which libzmq asks for each of its threads.
# chmod, chown, setxattr, utime and their kin change files of this user that cannot be opened. They are told that all
# is well: shutil.copy calls them.
CALLS = {"x86_64": ((41, 53), (42, 141, 251, 254, 240, 64), ((302, 16), (203, 16), (142, 16), (314, 16), (144, 24)),
                    (90, 91, 92, 93, 94, 260, 268, 452, 188, 189, 190, 197, 198, 199, 463, 466, 132, 235, 261, 280, 469)),
         "aarch64": ((198, 199), (203, 140, 30, 27, 180, 190), ((261, 16), (122, 16), (118, 16), (274, 16), (119, 24)),
                     (52, 53, 54, 55, 452, 5, 6, 7, 14, 15, 16, 463, 466, 88, 469))}  # fmt: skip


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
        _keep(kernel, heard, ready, home)
    os.close(heard)
    os.close(ready)
    request |= {"cwd": home, "sockets": home}
    request["env"] |= {"HOME": home, "TMPDIR": f"{home}/tmp"}
    processes = separate.PROCESSES + _threads(separate.NOBODY if root else os.getuid())
    _landlock({**dict.fromkeys(request["places"], READ), **dict.fromkeys(FACTS, READ), **dict.fromkeys(NULLS, 2 | 4),
               home: WRITE, sockets: MAKE_SOCKET})  # fmt: skip
    _filter(os.uname().machine)
    if root:  # whose processes nothing limits
        separate.check(separate.libc.prctl(8, 1))  # PR_SET_KEEPCAPS
        separate.nobody()
    separate.check(separate.libc.prctl(1, signal.SIGKILL))  # a fork forgets it, and so does a change of user
    # Root's Python may lie under /root, where nobody cannot look; what is looked at, Landlock decides.
    separate.limit(request["seconds"], processes, DAC_READ_SEARCH * root)
    return said


def _keep(kernel, heard, ready, home):
    """Outside: pass "ready" and signals on, watch memory and disk, end all that is left."""
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

    def is_too_much():
        return separate.memory(os.getpid(), proc) > separate.MEMORY * 3 // 2 or _is_full(home)

    separate.interrupt_too(kernel)
    signal.signal(signal.SIGTERM, lambda *_: end(137))
    code = separate.watch(alive, heard, ready, lambda: None, is_too_much)
    end(code or os.waitstatus_to_exitcode(os.waitpid(kernel, 0)[1]))


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


def _is_full(place):
    """Tell whether more lies below a folder than one student needs, or what cannot be counted: too deep, or closed."""
    size, places = 0, [place]
    while places and size <= MOST:
        try:
            for entry in os.scandir(places.pop()):
                size += max(LEAST, entry.stat(follow_symlinks=False).st_blocks * 512)
                if entry.is_dir(follow_symlinks=False):
                    places.append(entry.path)
        except FileNotFoundError:  # deleted meanwhile
            pass
        except OSError:
            return True
    return size > MOST


def _filter(machine):
    """Load a second seccomp filter: against what reaches the same user's other files and processes past Landlock."""
    jump, load, allow, fail = separate.JUMP, separate.LOAD, (separate.ANSWER, 0, 0, separate.ALLOW), separate.FAIL
    (socket, pair), denied, own, pretended = CALLS[machine]
    lines = []
    for number, argument in own:
        lines += [(jump, 0, 4, number), (load, 0, 0, argument), (jump, 0, 1, 0), allow, (separate.ANSWER, 0, 0, fail | 1)]
    lines += [(jump, 2, 0, socket), (jump, 1, 0, pair), allow, (load, 0, 0, 16),
              (jump, 0, 4, 1), (load, 0, 0, 24), (0x54, 0, 0, 15), (jump, 0, 5, 1), allow,  # a local stream
              (jump, 0, 3, 16), (load, 0, 0, 32), (jump, 0, 1, 0), allow, (separate.ANSWER, 0, 0, fail | 13)]  # fmt: skip
    errors = [*((number, 13) for number in denied), *((number, 0) for number in pretended)]
    separate.refuse(separate.DENIED[machine][0], errors, lines)


def system(command):
    """Run a shell command for ``!`` with pipes: IPython's own way needs a terminal, and all of this user's lie in one place.

    用管道运行 ``!`` 的命令：IPython 自己的做法需要终端，而该用户的终端都在同一处。
    """
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    done = subprocess.run(command, shell=True, check=False, **pipes)  # noqa: S602  what a shell may do, the walls decide
    print(done.stdout.decode(errors="replace"), end="")
    return done.returncode


def _threads(user):
    """Return how many threads a user has: the limit on processes counts them all."""
    count = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            if os.stat(f"/proc/{pid}").st_uid == user:
                count += len(os.listdir(f"/proc/{pid}/task"))
    return count
