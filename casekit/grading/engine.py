"""How papermill runs a submission: its own engine, plus an environment and a limit that no code can swallow."""

import asyncio
import logging
import subprocess
import threading

from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine

from casekit import answers
from casekit.grading.kernel.provisioner import Manager

OUTPUTS = ("stream", "display_data", "execute_result", "update_display_data", "error")
LARGEST = 20_000_000  # characters of output of one notebook


class Client(PapermillNotebookClient):
    """Drop what a notebook prints beyond a limit, except answers, which are limited elsewhere.

    丢弃笔记本超出限额的输出；答案另有限额，不在其列。
    """

    size, flooded = 0, False

    def process_message(self, msg, cell, cell_index):
        """Take a message from the kernel into the notebook, if there is room left for it.

        若尚有余量，把内核的消息写入笔记本。
        """
        if msg["msg_type"] in OUTPUTS:
            content = str(msg["content"])
            if self.size + len(content) <= LARGEST:
                self.size += len(content)
            elif answers.MIME not in content[:1000]:
                self.flooded = True
                return None
        return super().process_message(msg, cell, cell_index)


class Engine(NBClientEngine):
    """Run a notebook with nbclient in a given environment; kill its kernel when the time for the whole is over.

    在给定的环境变量下用 nbclient 运行笔记本；超过总时限就结束内核。
    """

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, *, keep, seconds, env, level, data, start_timeout, **kwargs):
        """Execute; ``keep`` gets the notebook, still there when a dead kernel raises, and whether it was stopped.

        执行；``keep`` 得到笔记本（内核中止时仍在）和是否被停止。
        """
        keep["notebook"] = nb_man.nb
        options = {
            name: value
            for name, value in kwargs.items()
            if name in PapermillNotebookClient.class_trait_names()
        }

        def stop():
            keep["stopped"] = True
            asyncio.run(keep["provisioner"].kill())

        def begin(notebook):
            keep["provisioner"] = client.km.provisioner
            watch.start()

        def weigh(cell, execute_reply, **_):  # its time is there already; only a forked kernel tells its memory
            if memory := execute_reply["metadata"].get("memory"):
                cell.metadata.papermill["memory"] = int(memory)  # bytes, at the highest until then

        watch = threading.Timer(seconds, stop)
        watch.daemon = True
        client = Client(
            nb_man,
            kernel_name=kernel_name,
            kernel_manager_class=Manager,
            startup_timeout=start_timeout,
            extra_arguments=["--HistoryManager.enabled=False"],
            on_notebook_start=begin,
            on_cell_executed=weigh,
            **options,
        )  # time runs from when the kernel is ready
        try:
            # ipykernel's own warnings would run through the progress bar; what students print is in the notebook.
            walls = {"walls": {"level": level, "seconds": seconds}} if level != "none" else {}
            return client.execute(env=env, data=data, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **walls)
        finally:
            keep["flooded"] = client.flooded
            watch.cancel()


logging.getLogger("papermill").setLevel(logging.CRITICAL)  # what went wrong is in the record
