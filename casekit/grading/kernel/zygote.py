"""The process that kernels are forked from: all imports done, a single thread, no secret, no path to reach it by."""

import contextlib
import ctypes
import gc
import importlib
import io
import json
import os
import random
import resource
import selectors
import signal
import socket
import sys
from pathlib import Path
from types import SimpleNamespace

from casekit.grading.kernel import locked, separate

MODULES = (
    "ipykernel.ipkernel ipykernel.kernelapp ipykernel.iostream ipykernel.zmqshell ipykernel.debugger ipykernel.embed "
    "ipykernel.subshell_manager IPython.core.completerlib IPython.core.formatters IPython.extensions.storemagic "
    "IPython.core.magics IPython.core.pylabtools matplotlib_inline.config IPython.core.debugger IPython.core.oinspect "
    "sqlite3 pdb tornado.platform.asyncio stack_data pygments.formatters.terminal256 pygments.styles.default "
    "numpy numpy.random pandas pandas.io.formats.html pandas.io.formats.string matplotlib.pyplot matplotlib.backends.backend_agg matplotlib.dates PIL.JpegImagePlugin "
    "casekit.exercise casekit.rfm casekit.style casekit.plots"
).split()
WALLS = {"ns": separate, "landlock": locked}.get(sys.argv[-1])
INLINE = "module://matplotlib_inline.backend_inline"


def preload():
    """Import what a kernel and an exercise import.

    导入内核和作业所需的库。
    """
    sys.modules["debugpy"] = None  # nobody steps through a graded notebook, and it costs a third of a kernel's start
    for name in MODULES:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    del sys.modules["debugpy"]
    with contextlib.suppress(Exception):
        rehearse()
    keep()


def rehearse():
    """Draw something, look up a word, read a command line: what the first occasion costs, no kernel has to pay again.

    先画一张图、查一个词、读一次命令行：首次使用的开销，各内核不必再付。
    """
    from ipykernel.kernelapp import IPKernelApp
    from matplotlib.backends import backend_registry
    from matplotlib.figure import Figure

    from casekit import labels, style

    labels.table()
    IPKernelApp().parse_command_line(["-f", "kernel.json"])
    backend_registry.list_all()
    with style.context():
        figure = Figure()
        figure.subplots().set(title="a", xlabel="b", ylabel="c")
        figure.savefig(io.BytesIO())


def keep():
    """Take what is there out of the garbage collector's sight, else the first collection in each child copies every page.

    让垃圾回收不再过问现有对象，否则每个子进程的首次回收都会复制所有内存页。
    """
    gc.collect()
    gc.freeze()


def fetch(names, fetched=set()):
    """Draw somebody's variant of the tables that an exercise is about, so that each of its kernels has them read already.

    预先读取练习所用的数据表，使每个内核不必再读。
    """
    from casekit import datasets

    for name in {*names} - fetched:
        fetched.add(name)
        with contextlib.suppress(Exception):  # the kernel will say it in the student's own notebook
            if datasets.path(name).suffix == ".csv":  # DuckDB, which reads the others, starts threads
                datasets.load(name, student="0")
                datasets.as_of(name)
        keep()


def serve(control):
    """Fork for each request, relay signals, tell who is ready and who has ended; go when the grader goes.

    按请求派生子进程，转发信号，报告就绪与结束；评分程序退出时随之退出。

    Returns
    -------
    tuple or None
        In a child: its request, and the pipe to say "ready" through. The child leaves here to have no deeper a stack
        than an ordinary kernel. In the zygote: nothing, at the end.
    """
    watch, pids, files = selectors.DefaultSelector(), {}, set()
    watch.register(control, selectors.EVENT_READ)
    while True:
        for key, _ in watch.select():
            if key.fileobj is not control:
                _report(control, pids, key)
                watch.unregister(key.fd)
                files.discard(key.fd)
                os.close(key.fd)
            elif not (message := control.recv(1 << 20)):
                for pid in pids.values():
                    stop(pid, signal.SIGKILL)
                return None
            elif (request := json.loads(message))["do"] == "fork":
                fetch(request["data"])
                id, (heard, ready) = request["id"], os.pipe()
                pids[id] = os.fork()
                if pids[id] == 0:
                    control.close()
                    watch.close()
                    for file in (heard, *files):
                        os.close(file)
                    return request, ready
                os.close(ready)
                for file, what in ((heard, "ready"), (os.pidfd_open(pids[id]), "end")):
                    files.add(file)
                    watch.register(file, selectors.EVENT_READ, (id, what))
            elif request["id"] in pids:
                stop(pids[request["id"]], request["signal"])


def _report(control, pids, key):
    id, event = key.data
    told = {"id": id, "event": event}
    if event == "end":
        _, status, usage = os.wait4(pids.pop(id), 0)
        told["code"] = os.waitstatus_to_exitcode(status)
        told["cpu"] = round(usage.ru_utime + usage.ru_stime, 3)
        told["memory"] = usage.ru_maxrss * 1024
    elif not os.read(key.fd, 1):  # it ended before it was ready
        return
    with contextlib.suppress(OSError):
        control.send(json.dumps(told).encode())


def stop(pid, signum):
    """Send a signal to a kernel and to what it has started.

    向内核及其子进程发送信号。
    """
    if signum == signal.SIGKILL and WALLS:
        signum = signal.SIGTERM  # to the keeper, who knows what the kernel took
    with contextlib.suppress(ProcessLookupError):
        try:
            os.killpg(pid, signum)
        except ProcessLookupError:  # it has no group of its own yet
            os.kill(pid, signum)


def kernel(request, ready):
    """Become the kernel of one notebook.

    成为一份笔记本的内核。
    """
    import numpy
    from ipykernel import ipkernel, zmqshell
    from ipykernel.kernelapp import IPKernelApp

    if WALLS:
        ready = WALLS.enter(request, ready)
    if WALLS is locked:
        zmqshell.system = locked.system
    os.setsid()
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: a kernel never outlives the zygote
    null = os.open(os.devnull, os.O_RDWR)
    for file in (0, 1, 2):
        os.dup2(null, file)
    os.close(null)
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    random.seed()
    numpy.random.seed()
    if plot := sys.modules.get("matplotlib.pyplot"):
        plot.rcParams["backend"] = backend = os.environ.get("MPLBACKEND") or INLINE
        if backend == INLINE:  # it draws at the end of a cell; drawn once more before that, a plot would cost double
            plot._draw_all_if_interactive = lambda: None
    # Importing it is what ties figures to the shell, and there was none yet.
    sys.modules.pop("matplotlib_inline.backend_inline", None)
    file = f"{request['sockets']}/kernel.json"
    Path(file).write_text(json.dumps(request["connection"]), encoding="utf-8")
    sys.argv = ["ipykernel_launcher.py", "-f", file, *request["arguments"]]
    app = IPKernelApp.instance()
    # It would ask each module for its file, for a debugger that is not there, and so copy the pages of all of them.
    ipkernel.sys = SimpleNamespace(**{**vars(sys), "modules": {}})
    app.initialize(sys.argv[1:])
    ipkernel.sys = sys
    finish = app.kernel.finish_metadata
    app.kernel.finish_metadata = lambda *told: {**finish(*told), "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10}
    os.write(ready, b"1")  # the sockets are bound: whoever connects now need not try again
    os.close(ready)
    app.start()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the terminal is the grader's affair
    preload()
    if len(os.listdir("/proc/self/task")) > 1:
        raise SystemExit("a thread would be lost in every fork")
    control = socket.socket(fileno=int(sys.argv[1]))
    control.send(b'{"event": "up"}')
    if asked := serve(control):
        kernel(*asked)
