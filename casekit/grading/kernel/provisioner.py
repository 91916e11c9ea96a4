"""Kernels for jupyter_client out of a warm process, so that papermill and nbclient run as they are."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import Future
from itertools import count
from pathlib import Path

import zmq
from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner

from casekit.grading import sandbox, scratch
from casekit.grading.kernel import TOO_MUCH_MEMORY

# Of what a kernel sends, this much waits in the grader's memory; the rest waits in the kernel's own.
LIMITS = {zmq.RCVHWM: 16, zmq.MAXMSGSIZE: 64 << 20}  # messages, bytes of each
ZYGOTE = {  # no library may start a thread before the fork
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "MALLOC_ARENA_MAX": "2",
    "CASEKIT_GRADING": "1",
}


class Zygote:
    """Start the warm process and speak with it: over a socket without a name, from any thread.

    启动预热进程并与之通信：通过匿名套接字，可在任意线程使用。
    """

    def __init__(self, level="none"):
        self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.folder = tempfile.mkdtemp(prefix="", dir=scratch.root())
        os.chmod(self.folder, 0o711)  # noqa: S103  behind the wall a zygote of root is nobody
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        command = [sys.executable, "-P", "-m", "casekit.grading.kernel.zygote", str(theirs.fileno())]
        if level != "none":
            environment = sandbox.environment() | {"HOME": "/tmp"}  # noqa: S108  its own, not the system's
            command = [*command, level]
        if level == "ns":
            command = sandbox.command(self.folder, command)
        with theirs, open(f"{self.folder}/log", "wb") as log:
            files = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
            self.process = subprocess.Popen(command, pass_fds=[theirs.fileno()], env=environment | ZYGOTE, **files)
        self.pid, self.ids, self.up, self.alive = os.getpid(), count(), False, True
        self.ready, self.ended, self.lock = {}, {}, threading.Lock()
        threading.Thread(target=self._listen, daemon=True).start()

    def fork(self, **request):
        """Ask for a kernel; return its number. ``ready`` and ``ended`` hold what will be told of it.

        请求一个内核，返回编号。
        """
        id = next(self.ids)
        with self.lock:
            self.ready[id], self.ended[id] = Future(), Future()
            if not self.alive:
                self._lost(id)
        self.send(id=id, do="fork", **request)
        return id

    def send(self, **request):
        """Send one request; a process that is gone has been noticed by the listener.

        发送一个请求。
        """
        try:
            self.socket.send(json.dumps(request).encode())
        except OSError:
            pass

    def _listen(self):
        while True:
            try:
                message = self.socket.recv(1 << 16)
            except OSError:
                message = b""
            with self.lock:
                if not message:
                    self.alive = False
                    for id in list(self.ended):
                        self._lost(id)
                    break
                told = json.loads(message)
                if told["event"] == "up":
                    self.up = True
                elif told["event"] == "ready":
                    self.ready[told["id"]].set_result(True)
                else:
                    self._end(told["id"], told)
        self.process.wait()

    def _end(self, id, told):
        if not self.ready[id].done():
            self.ready[id].set_result(False)
        if not self.ended[id].done():
            self.ended[id].set_result(told)

    def _lost(self, id):
        self._end(id, {"code": -9, "cpu": None, "memory": None})


_zygotes, _lock = {}, threading.Lock()


def zygote(level="none"):
    """Return the warm process of this grader, with walls or without; a new one if there is none or it has died.

    返回本评分程序的预热进程（有墙或无墙）；没有或已结束时新建。
    """
    with _lock:
        if level not in _zygotes or not _zygotes[level].alive or _zygotes[level].pid != os.getpid():
            _zygotes[level] = Zygote(level)
        return _zygotes[level]


def can_fork():
    """Tell whether kernels can be forked here: macOS's own libraries break in a fork, Windows has none.

    判断此处能否派生内核：macOS 的系统库在 fork 后会出错，Windows 没有 fork。
    """
    return sys.platform == "linux" and hasattr(os, "pidfd_open")


class Provisioner(LocalProvisioner):
    """Start a kernel by a fork where that is possible, else as usual; :meth:`took` says what it cost.

    在可行时以 fork 启动内核，否则照常启动；:meth:`took` 给出其消耗。
    """

    walls, data, warm, told, ended, folder = None, (), False, None, None, None

    async def pre_launch(self, **kwargs):
        """Lay the sockets into a folder of their own; ``walls`` (their ``level``, ``seconds`` of CPU time) asks for a kernel behind walls.

        把套接字放进单独的文件夹；``walls``（级别 ``level``、CPU 时间 ``seconds``）表示要求设墙。

        ``data`` names the datasets that the notebook is about.
        """
        self.walls, self.data = kwargs.pop("walls", None), kwargs.pop("data", ())
        argv = self.kernel_spec.argv
        own = argv[0] in ("python", "python3", sys.executable) and argv[1:4] == ["-m", "ipykernel_launcher", "-f"]
        self.warm = own and can_fork()
        if self.warm:
            self.zygote = await asyncio.to_thread(zygote, self.walls["level"] if self.walls else "none")
            self.folder = tempfile.mkdtemp(dir=self.zygote.folder, prefix="")
            if self.walls and os.getuid() == 0:
                from casekit.grading.kernel import separate  # Linux only

                os.chown(self.folder, separate.NOBODY, separate.NOBODY)
            self.parent.transport, self.parent.ip = "ipc", f"{self.folder}/k"
            self.parent.connection_file = f"{self.folder}/grader.json"
            self.arguments = [*argv[5:], *kwargs.get("extra_arguments", [])]
        return await super().pre_launch(**kwargs)

    async def launch_kernel(self, cmd, **kwargs):
        """Have the kernel forked, and wait until its sockets are bound.

        派生内核，等到其套接字绑定完成。
        """
        if self.walls and not self.warm:
            raise RuntimeError("only a forked kernel can be put behind walls")
        if not self.warm:
            return await super().launch_kernel(cmd, **kwargs)
        self.cwd = str(kwargs.get("cwd") or os.getcwd())
        connection = {**self.connection_info, "key": self.connection_info["key"].decode()}
        env = kwargs.get("env") or dict(os.environ)
        asked = {"sockets": self.folder, "arguments": self.arguments, "data": self.data, "cwd": self.cwd}
        if self.walls:
            env = sandbox.environment() | {"CASEKIT_GRADING": "1"}
            files = {path.name: path.read_text("utf-8") for path in Path(self.cwd).iterdir()}
            asked |= {"files": files, "place": os.path.basename(self.folder), "places": sandbox.seen(), **self.walls}
        self.id = self.zygote.fork(connection=connection, env=env, **asked)
        self.told = self.ended = self.zygote.ended[self.id]
        if await asyncio.wrap_future(self.zygote.ready[self.id]):
            return self.connection_info
        if self.zygote.up or self.walls:
            log = Path(self.zygote.folder, "log").read_text("utf-8", "replace")[-1000:]
            raise RuntimeError(f"the kernel did not start: {self.ended.result()} {log}")
        self.warm, self.ended = False, None  # a zygote that never came up: a library that starts threads, too little memory
        return await super().launch_kernel(cmd, **kwargs)

    @property
    def has_process(self):
        """Whether there is a kernel, alive or not yet waited for.

        是否有内核（含已结束但尚未收尾的）。
        """
        return self.ended is not None if self.warm else super().has_process

    async def poll(self):
        """Return ``None`` while the kernel lives, then its exit code.

        内核运行时返回 ``None``，结束后返回退出码。
        """
        if not self.warm:
            return await super().poll()
        return self.ended.result()["code"] if self.ended and self.ended.done() else None if self.ended else 0

    async def wait(self):
        """Wait for the end of the kernel.

        等待内核结束。
        """
        if not self.warm:
            return await super().wait()
        if self.ended is None:
            return 0
        told = await asyncio.shield(asyncio.wrap_future(self.ended))
        self.ended = None
        return told["code"]

    async def send_signal(self, signum):
        """Have the zygote, its parent, send a signal: the number of a process cannot have been used again there.

        由父进程 zygote 发送信号：这样进程号不会已被重用。
        """
        if not self.warm:
            await super().send_signal(signum)
        elif self.ended and not self.ended.done():
            self.zygote.send(id=self.id, do="signal", signal=int(signum))

    async def kill(self, restart=False):
        """End the kernel at once, and wait for that.

        立即结束内核并等待。
        """
        await super().kill(restart) if not self.warm else await self._end(9)

    async def terminate(self, restart=False):
        """End the kernel: nothing in it is worth a grace period.

        结束内核：无需宽限时间。
        """
        await super().terminate(restart) if not self.warm else await self._end(9)

    def took(self):
        """Return the kind of kernel, its CPU seconds and its peak memory in bytes, where they are known.

        返回内核种类、CPU 秒数和内存峰值（字节）；未知时为 ``None``。
        """
        told = self.told.result() if self.told and self.told.done() else {}
        return "warm" if self.warm else "ordinary", told.get("cpu"), told.get("memory")

    @property
    def burst(self):
        """Whether the kernel was ended because it took too much memory.

        内核是否因占用内存过多而被结束。
        """
        return bool(self.told and self.told.done() and self.told.result()["code"] == TOO_MUCH_MEMORY)

    async def _end(self, signum):
        await self.send_signal(signum)
        if self.ended:
            await asyncio.wait([asyncio.wrap_future(self.ended)], timeout=5)

    async def cleanup(self, restart=False):
        """Remove the sockets.

        删除套接字。
        """
        await super().cleanup(restart)
        if self.folder and not restart:
            scratch.remove(self.folder)


class Client(AsyncKernelClient):
    """Be ready when the kernel says so, instead of after 0.2 s of silence.

    以内核的通知为准，而不是等 0.2 秒静默。
    """

    async def wait_for_ready(self, timeout=None):
        """Wait for the kernel's first answer and for the word that its outputs will reach us.

        等待内核的首次应答，以及输出通道已接通的消息。
        """
        if not self.parent.provisioner.warm:
            return await AsyncKernelClient.wait_for_ready(self, timeout=timeout)
        self.kernel_info()
        for read, wanted in ((self.get_shell_msg, "kernel_info_reply"), (self.get_iopub_msg, "iopub_welcome")):
            while (await read(timeout=timeout))["header"]["msg_type"] != wanted:
                pass


class Manager(AsyncKernelManager):
    """Manage a kernel of :class:`Provisioner`, whatever the kernelspec says.

    管理由 :class:`Provisioner` 启动的内核，与内核规格中的设置无关。
    """

    client_class = f"{__name__}.Client"

    async def _async_pre_start_kernel(self, **kwargs):
        for option, value in LIMITS.items():
            self.context.setsockopt(option, value)
        if self.provisioner is None:
            self.provisioner = Provisioner(
                parent=self, kernel_id=self.kernel_id or "", kernel_spec=self.kernel_spec
            )
        return await super()._async_pre_start_kernel(**kwargs)
