"""The folders of one grader: they go with it or, where it was killed, when the next one starts."""

import atexit
import contextlib
import functools
import os
import shutil
import stat
import subprocess
import tempfile
import time
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: nothing is swept
    fcntl = None

YOUNG, OLD = 60, 3600  # seconds: not locked yet; not made by this module


def root():
    """Return the folder of this process, in which it makes all others.

    返回本进程的文件夹，其他文件夹都建在其中。
    """
    return _root(os.getpid())


@functools.cache
def _root(pid):
    sweep()
    folder = tempfile.mkdtemp(prefix="ck-")  # short: a socket's path has 107 bytes
    os.chmod(folder, 0o711)  # noqa: S103  behind the wall a zygote of root is nobody
    lock = open(f"{folder}/owner", "w")  # noqa: SIM115  held until the end of the process, however that comes
    if fcntl:
        fcntl.flock(lock, fcntl.LOCK_EX)
    atexit.register(_leave, pid, folder, lock)
    return folder


def _leave(pid, folder, lock):
    if os.getpid() == pid:
        lock.close()
        remove(folder)


@contextlib.contextmanager
def folder():
    """Make a folder for one notebook, and remove it afterwards.

    为一份笔记本建一个文件夹，用完即删。
    """
    made = tempfile.mkdtemp(prefix="", dir=root())
    try:
        yield made
    finally:
        remove(made)


def remove(folder):
    """Remove a folder that a student could write in; nothing in it stops that.

    删除学生可写的文件夹，不受其中任何内容阻碍。
    """
    with contextlib.suppress(RecursionError):  # folders a thousand deep, before Python 3.13
        shutil.rmtree(folder, ignore_errors=True)
    if os.path.exists(folder) and shutil.which("rm"):
        for words in (["chmod", "-R", "u+rwX"], ["rm", "-rf"]):  # a folder may be closed to its own owner, too
            subprocess.run([*words, folder], stderr=subprocess.DEVNULL, check=False)


def sweep():
    """Remove the folders of graders that were killed: this user's, and nobody holds their lock any more.

    删除被强行终止的评分程序留下的文件夹：属于当前用户，且其锁已无人持有。
    """
    for folder in Path(tempfile.gettempdir()).glob("ck-*") if fcntl else ():
        with contextlib.suppress(OSError):  # somebody holds the lock, or was faster
            told = folder.lstat()
            if told.st_uid != os.getuid() or not stat.S_ISDIR(told.st_mode) or time.time() - told.st_mtime < YOUNG:
                continue
            if (owner := folder / "owner").exists():
                with open(owner) as lock:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    remove(folder)
            elif time.time() - told.st_mtime > OLD:
                remove(folder)
