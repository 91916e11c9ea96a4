"""A forked kernel does what an ordinary one does, costs little, and leaves nothing behind."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from casekit.grading import run
from casekit.grading.kernel import provisioner

pytestmark = pytest.mark.kernel
SOURCES = (
    "import pandas as pd\npd.DataFrame({'a': [1, 2]})",
    "print('out'); import sys; print('err', file=sys.stderr); 41 + 1",
    "1 / 0",
    "import matplotlib.pyplot as plt\nplt.plot([1, 2])",
    "plt.show()",
    "plt.get_backend()",
    "input()",
    "!echo shell",
    "%%bash\necho bash",
    "import asyncio\nawait asyncio.sleep(0.01)\n'awaited'",
    "from concurrent.futures import ProcessPoolExecutor\nwith ProcessPoolExecutor(2) as pool: print(list(pool.map(abs, [-1, -2])))",
    "import threading\nt = threading.Thread(target=print, args=('thread',)); t.start(); t.join()",
    "import multiprocessing as m\np = m.Process(target=print, args=('child',)); p.start(); p.join()",
    "import subprocess\nsubprocess.run(['echo', 'fd'])",
    "import os, sys\n[os.listdir(), sys.argv[0].split('/')[-1], sys.path[:1], __name__, len(os.sched_getaffinity(0))]",
    "import warnings; warnings.warn('look')",
    "from IPython.display import display, HTML\nh = display(HTML('<b>a</b>'), display_id='x'); h.update(HTML('<b>b</b>'))",
    "raise KeyboardInterrupt",
    "import sys; sys.exit(3)",
    "%who_ls",
    "def f(n): return f(n + 1)\nf(0)",
    "import logging; logging.warning('logged')",
    "import numpy as np; np.arange(3) / 0",
    "f'{pd.Timestamp(\"2026-06-30\"):%Y}', pd.Series(['a', None]).dtype, np.float64(1.5)",
    "len(os.listdir('/proc/self/fd')) < 90",
)


def job(*sources, **options):
    cells = tuple({"cell_type": "code", "source": source, "parameters": False} for source in sources)
    return run.Job("20250007", "en", "90_tiny", "title = 1", cells, **options)


def outputs(record):
    text = json.dumps([cell["outputs"] for cell in json.loads(record.notebook)["cells"] if run.is_own(cell)])
    text = re.sub(r"0x[0-9a-f]{6,}|/tmp/ipykernel_\d+/\d+|\d+ times|\d+\.py", "@", text)
    cells = json.loads(text)
    for cell in cells:  # whether a stream comes in one piece or two is chance
        for before, after in reversed(list(pairwise(cell))):
            if before.get("name") == after.get("name") is not None:
                before["text"] += after["text"]
                cell.remove(after)
    return cells


def test_a_forked_kernel_does_what_an_ordinary_one_does(monkeypatch):
    forked = run.run(job(*SOURCES))
    monkeypatch.setattr(provisioner, "can_fork", lambda: False)
    ordinary = run.run(job(*SOURCES))
    for source, one, other in zip(SOURCES, outputs(forked), outputs(ordinary), strict=True):
        assert (source, one) == (source, other)
    assert forked.kernel == "warm" and ordinary.kernel == "ordinary"
    assert 0 < forked.cpu < 30 and 50e6 < forked.memory < 2e9 and ordinary.cpu is None


def test_each_kernel_is_its_own():
    seen = "import random, numpy, os, uuid\nprint(random.random(), numpy.random.rand(), uuid.uuid4())"
    with ThreadPoolExecutor(3) as pool:
        records = list(
            pool.map(run.run, [job("x = 1\n" + seen), job("print('x' in dir())", seen), job(seen)])
        )
    assert outputs(records[1])[0][0]["text"] == "False\n"
    drawn = [number for record in records for number in outputs(record)[-1][0]["text"].split()]
    assert len(set(drawn)) == 9


def test_a_zygote_that_dies_is_replaced():
    first = run.run(job("print(1)"))
    parent = provisioner.zygote().process.pid
    with ThreadPoolExecutor(1) as pool:
        caught = pool.submit(run.run, job("print('before')", "import time; time.sleep(30)", "print('after')"))
        time.sleep(3)
        os.kill(parent, signal.SIGKILL)
        died = caught.result(timeout=25)
    assert first.ended and not died.ended and outputs(died)[0][0]["text"] == "before\n"
    assert run.run(job("print(2)")).ended and provisioner.zygote().process.pid != parent


def test_a_zygote_that_cannot_start_is_done_without(monkeypatch):
    monkeypatch.setattr(provisioner, "ZYGOTE", {"PYTHONPATH": "/nonexistent", "PYTHONHOME": "/nonexistent"})
    monkeypatch.setattr(provisioner, "_zygotes", {})
    record = run.run(job("print(1)"))
    assert record.ended and record.kernel == "ordinary"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_nothing_outlives_a_grader_that_is_killed(tmp_path):
    mark = f"casekit-left-{os.getpid()}"
    code = (
        "from casekit.grading import run\n"
        f"cells = ({{'cell_type': 'code', 'source': 'import time; time.sleep(60)', 'parameters': False}},)\n"
        "run.run(run.Job('1', 'en', 'e', 'title = 1', cells))"
    )
    grader = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "MARK": mark})
    deadline = time.monotonic() + 60
    while len(marked(mark)) < 3 and time.monotonic() < deadline:
        time.sleep(0.2)
    assert len(marked(mark)) >= 3  # grader, zygote, kernel
    grader.kill()
    grader.wait()
    deadline = time.monotonic() + 5
    while marked(mark) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert marked(mark) == []


def marked(mark):
    """Return the processes that have a word in their environment."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                if mark.encode() in file.read():
                    found.append(int(pid))
        except OSError:
            pass
    return found
