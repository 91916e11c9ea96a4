"""Walls around one kernel: namespaces, a scratch disk, limits; set by the zygote's child before any of the student's code.

Three processes share the work: a keeper outside the student's process tree watches memory and passes signals on, the
first process inside reaps orphans and ends everything with the kernel, and the kernel, without any capability, is
what the student has. Linux only, and nothing but the standard library.
"""

import contextlib
import ctypes
import fcntl
import os
import platform
import resource
import select
import signal
import socket
import struct
from pathlib import Path

from casekit.grading.kernel import TOO_MUCH_MEMORY

NOBODY = 65534
HOME, SOCKETS, KERNELS = "/home/student", "/run/kernel", "/run/kernels"
MEMORY = 1 << 30  # bytes that one process may add; all of them together may have half as much again
DISK = "64m"  # of /tmp, of the home folder and of /dev/shm
PROCESSES, FILES, FILE_SIZE = 128, 512, 64 << 20
NAMESPACES = 0x00020000 | 0x08000000 | 0x04000000 | 0x10000000 | 0x20000000 | 0x40000000  # mount ipc uts user pid net
NOSUID_NODEV, NOEXEC, READ_ONLY, REMOUNT, BIND, RECURSIVE, PRIVATE = 6, 8, 1, 32, 4096, 16384, 1 << 18
# memfd_create, shmget, msgget: memory that belongs to no process. The rest: doors into the system that no exercise
# needs. clone3 (second) says that it does not exist, so that the C library falls back on clone.
DENIED = {"x86_64": (0xC000003E, 435, (319, 29, 68, 447, 323, 321, 298, 248, 249, 250, 425, 101, 310, 311, 165, 166,
                                      155, 161, 272, 308, 428, 429, 430, 442, 304)),
          "aarch64": (0xC00000B7, 435, (279, 194, 186, 447, 282, 280, 241, 217, 218, 219, 425, 117, 270, 271, 40, 39,
                                       41, 51, 97, 268, 428, 429, 430, 442, 265))}  # fmt: skip
JUMP, LOAD, ANSWER, FAIL, ALLOW = 0x15, 0x20, 0x06, 0x00050000, 0x7FFF0000  # words of a seccomp filter
libc = ctypes.CDLL(None, use_errno=True)


def enter(request, ready):
    """Put walls around this process; only the kernel-to-be returns, in the home folder.

    在本进程四周设墙；只有将成为内核的进程返回，当前目录为主目录。

    Parameters
    ----------
    request : dict
        Gets the places inside; ``place``, ``files`` (name and text), ``seconds`` of CPU time are read.
    ready : int
        Pipe that the kernel says "ready" through.
    """
    os.setsid()
    check(libc.prctl(1, signal.SIGKILL))  # PR_SET_PDEATHSIG
    user, group, proc = os.getuid(), os.getgid(), os.open("/proc", os.O_RDONLY)
    check(libc.unshare(NAMESPACES))
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        Path("/proc/self", name).write_text(text)
    mount(None, "/", None, RECURSIVE | PRIVATE)
    own = os.open(f"{KERNELS}/{request['place']}", os.O_PATH)  # after unshare: an older descriptor is another namespace's
    for place in ("/tmp", "/dev/shm", "/home", "/run"):  # noqa: S108
        mount("tmpfs", place, "tmpfs", NOSUID_NODEV, f"size={DISK},nr_inodes=10k,mode=1777")
    for place in (HOME, SOCKETS):
        os.mkdir(place)
    mount(f"/proc/self/fd/{own}", SOCKETS, None, BIND)
    os.close(own)
    with socket.socket() as probe:  # without lo ipykernel loses the output of forked children
        fcntl.ioctl(probe, 0x8914, struct.pack("16sh14x", b"lo", 1))
    for name, text in request["files"].items():
        Path(HOME, name).write_text(text, encoding="utf-8")
    request |= {"cwd": HOME, "sockets": SOCKETS}
    request["connection"]["ip"] = f"{SOCKETS}/k"
    request["env"] |= {"HOME": HOME, "TMPDIR": "/tmp"}  # noqa: S108
    heard, said = os.pipe()
    first = os.fork()
    if first:
        os.close(said)
        _keep(first, proc, heard, ready)
    os.close(proc)
    os.close(ready)
    os.close(heard)
    check(libc.prctl(1, signal.SIGKILL))
    mount("proc", "/proc", "proc", NOSUID_NODEV | NOEXEC)
    with contextlib.suppress(OSError):
        Path("/proc/sys/user/max_user_namespaces").write_text("0")  # a nested one could mount memory without limit
    kernel = os.fork()
    if kernel:
        os.close(said)
        _reap(kernel)
    limit(request["seconds"])
    return said


def _keep(first, proc, heard, ready):
    """Outside: pass "ready" on, watch memory, end with the first process inside."""

    def end(code):
        with contextlib.suppress(ProcessLookupError):
            os.kill(first, signal.SIGTERM)  # what it buries itself it can account for
            select.select([alive], [], [], 2)
            os.kill(first, signal.SIGKILL)
        _, status, _ = os.wait4(first, 0)
        os._exit(code or os.waitstatus_to_exitcode(status) % 256)

    def close():  # a socket can be connected to in a read-only folder, but nothing more can be put there
        mount(None, SOCKETS, None, REMOUNT | BIND | READ_ONLY | NOSUID_NODEV)

    alive = os.pidfd_open(first)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: end(137))
    end(watch(alive, heard, ready, close, lambda: memory(first, proc) > MEMORY * 3 // 2))


def watch(alive, heard, ready, close, is_too_much):
    """Pass "ready" on; return 0 when the process has ended, another code when it takes too much.

    转达“就绪”；进程结束时返回 0，占用过多时返回另一退出码。
    """
    poll = select.poll()
    poll.register(heard, select.POLLIN)
    poll.register(alive, select.POLLIN)
    while True:
        files = [file for file, _ in poll.poll(100)]
        if alive in files:
            return 0
        if heard in files:
            if os.read(heard, 1):
                close()
                os.write(ready, b"1")
            os.close(ready)
            poll.unregister(heard)
        if is_too_much():
            return TOO_MUCH_MEMORY


def tree(root, proc):
    """Return the bytes held by each process that descends from ``root``, itself too unless it asks for itself.

    返回由 ``root`` 派生的各进程占用的字节数（含自身；自己查询自己时不含）。
    """
    parents, held = {}, {}
    for pid in filter(str.isdigit, os.listdir(proc)):
        fields = _read(f"{pid}/stat", proc).rpartition(")")[2].split()
        if fields:
            parents[int(pid)], held[int(pid)] = int(fields[1]), int(fields[21]) * resource.getpagesize()
    found = {root}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return {pid: held.get(pid, 0) for pid in found - {os.getpid()}}


def memory(root, proc):
    """Return the bytes that a process tree holds; only when that is much are shared pages told apart, which is slow.

    返回进程树占用的字节数；只有占用很多时才区分共享页（较慢）。
    """
    held = tree(root, proc)
    if sum(held.values()) <= MEMORY:
        return sum(held.values())
    exact = 0
    for pid in held:
        lines = [line for line in _read(f"{pid}/smaps_rollup", proc).splitlines() if line.startswith("Pss:")]
        left = _read(f"{pid}/statm", proc).split() or ["0", "0"]  # it may have ended meanwhile, or let nobody look
        exact += int(lines[0].split()[1]) * 1024 if lines else int(left[1]) * resource.getpagesize()
    return exact


def _read(name, folder):
    try:
        file = os.open(name, os.O_RDONLY, dir_fd=folder)
    except OSError:
        return ""
    with open(file, encoding="ascii", errors="replace") as text, contextlib.suppress(OSError):
        return text.read()
    return ""


def _reap(kernel):
    """Be the first process inside: pass interrupts on, bury orphans; end when the kernel ends, and all with it."""

    def kill(*_):
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)  # everybody in this namespace but the first

    interrupt_too(kernel)
    signal.signal(signal.SIGTERM, kill)
    code = 0
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.wait()
            if pid == kernel:
                code = os.waitstatus_to_exitcode(status)
                kill()
    os._exit(code if code >= 0 else 128 - code)


def interrupt_too(kernel):
    """Pass interrupts on to the kernel and its children.

    把中断信号转给内核及其子进程。
    """

    def interrupt(*_):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(kernel, signal.SIGINT)

    signal.signal(signal.SIGINT, interrupt)


def nobody():
    """Become nobody.

    变成 nobody 用户。
    """
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)


def limit(seconds, processes=PROCESSES, rights=0):
    """Limit what this process may take, and drop every right that it has but these.

    限制本进程可用的资源，并放弃除此以外的一切特权。
    """
    held = int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()
    for name, value in (("DATA", held + MEMORY), ("AS", held + 8 * MEMORY), ("NPROC", processes), ("NOFILE", FILES),
                        ("FSIZE", FILE_SIZE), ("CPU", int(seconds) + 5), ("CORE", 0)):  # fmt: skip
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))
    for number in range(64):
        libc.prctl(24, number)  # PR_CAPBSET_DROP; numbers beyond the last capability fail
    libc.prctl(47, 4)  # PR_CAP_AMBIENT, clear all
    check(libc.capset(struct.pack("Ii", 0x20080522, 0), struct.pack("6I", rights, rights, 0, 0, 0, 0)))
    check(libc.prctl(38, 1, 0, 0, 0))  # PR_SET_NO_NEW_PRIVS
    if platform.machine() in DENIED:
        machine, absent, denied = DENIED[platform.machine()]
        refuse(machine, [(absent, 38), *((number, 1) for number in denied)])


def refuse(machine, errors, more=()):
    """Load a seccomp filter: a system call of another machine fails, so do these, each with its error; more lines follow.

    加载 seccomp 过滤器：其他机器类型的系统调用失败，列出的调用各以其错误码失败；后面可再加规则。
    """
    lines = [(LOAD, 0, 0, 4), (JUMP, 1, 0, machine), (ANSWER, 0, 0, FAIL | 1), (LOAD, 0, 0, 0)]
    lines += [(0x35, 0, 1, 0x40000000), (ANSWER, 0, 0, FAIL | 1)]  # the x32 calls are the same under other numbers
    for number, error in errors:
        lines += [(JUMP, 0, 1, number), (ANSWER, 0, 0, FAIL | error)]
    lines += [*more, (ANSWER, 0, 0, ALLOW)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in lines))
    program = struct.pack("HxxxxxxP", len(lines), ctypes.addressof(code))
    check(libc.prctl(22, 2, program, 0, 0))  # PR_SET_SECCOMP, a filter


def alone():
    """Give this process a view of the disks of its own: what it mounts nobody else sees.

    让本进程拥有自己的挂载视图：它挂载的内容别人看不到。
    """
    check(libc.unshare(0x00020000))
    mount(None, "/", None, RECURSIVE | PRIVATE)


def mount(source, place, kind, flags, options=None):
    """Mount, with the system's own call.

    用系统调用挂载。
    """
    words = [None if word is None else word.encode() for word in (source, place, kind)]
    check(libc.mount(*words, ctypes.c_ulong(flags), options and options.encode()))


def check(result):
    """Raise what the system says went wrong.

    系统调用失败时抛出原因。
    """
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
