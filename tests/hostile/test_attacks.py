"""Each attack alone between two honest students: nobody else is hurt, no attack pays, every lost point has its reason."""

import os
import sys
import time

import nbformat
import pytest
import tiny

from casekit.grading import walls
from casekit.grading.gradebook import Gradebook
from casekit.grading.kernel import provisioner

pytestmark = [
    # Its limits are seconds and megabytes: on a machine that does other things meanwhile they strike early.
    pytest.mark.skipif(
        not os.environ.get("CASEKIT_HOSTILE"), reason="the hostile battery wants a quiet machine: CASEKIT_HOSTILE=1"
    ),
    pytest.mark.kernel,
    pytest.mark.skipif(sys.platform != "linux", reason="walls are Linux's"),
]
CELL_SECONDS, SECONDS = 4, 15
EVERYTHING, BASE = 14, 4  # points without the essay; of what was answered before the attack
FOLLOWS = 8.4  # base is wrong, what follows from it carries the error

# name -> what the cell after the first answer does, and what is fair then: points, status, a note. PLACE is a folder
# of the grader; a cell that gets what it must not prints STOLEN.
STOPS = (BASE, "partly", "died")
GOES_ON = (EVERYTHING, "graded", None)
SLOW = (EVERYTHING, "graded", "cell_time")
ATTACKS = {
    "infinite loop": ("while True: pass", *SLOW),
    "sleep for ever": ("import time; time.sleep(1e6)", *SLOW),
    "loop that swallows the interrupt": (
        "import time\nwhile True:\n    try: time.sleep(60)\n    except BaseException: pass", BASE, "partly", "stopped"),
    "signals ignored": ("import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(1e6)", BASE, "partly", "stopped"),
    "os._exit": ("import os; os._exit(0)", *STOPS),
    "SIGKILL to itself": ("import os; os.kill(os.getpid(), 9)", *STOPS),
    "segmentation fault": ("import ctypes; ctypes.string_at(0)", *STOPS),
    "SIGKILL to its parent": ("import os; os.kill(os.getppid(), 9)", *GOES_ON),
    "SIGTERM to its parent": ("import os; os.kill(os.getppid(), 15)", *STOPS),
    "SIGKILL to all": ("import os\ntry: os.kill(-1, 9)\nexcept ProcessLookupError: pass", *GOES_ON),
    "memory": ("x = []\nwhile True: x.append(bytes(50_000_000).replace(b'\\0', b'1'))", *GOES_ON),
    "memory in children": (
        "import os, time\nfor i in range(4):\n    if not os.fork():\n        x = b'1' * (600 << 20)\n        time.sleep(60)\n        os._exit(0)\n"
        "time.sleep(60)", BASE, "partly", "memory"),
    "shared memory": ("import mmap\nm = mmap.mmap(-1, 3 << 30)\nfor i in range(0, 3 << 30, 4096): m[i] = 1", BASE, "partly", "memory"),
    "memory of no process": ("import os\nf = os.memfd_create('m')\nprint('STOLEN')", *GOES_ON),
    "fork bomb": (
        "import os, signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, {2})\nn = 0\ntry:\n    while n < 300:\n        if not os.fork():\n"
        "            while True: signal.pause()\n        n += 1\nexcept OSError: pass\nsignal.pthread_sigmask(signal.SIG_UNBLOCK, {2})\n"
        "if n > 200: print('STOLEN')", *GOES_ON),
    "daemon": ("import subprocess\nsubprocess.Popen(['setsid', 'sleep', '987654'])", *GOES_ON),
    "disk": ("with open('/tmp/a', 'wb') as f:\n    for i in range(300): f.write(bytes(1 << 20))\nprint('STOLEN')", *GOES_ON),
    "disk of the sockets": ("open('/run/kernel/a', 'w').write('a')\nprint('STOLEN')", *GOES_ON),
    "network": ("import socket\nsocket.create_connection(('1.1.1.1', 53), 2)\nprint('STOLEN')", *GOES_ON),
    "loopback": ("import socket\nsocket.create_connection(('127.0.0.1', PORT), 2)\nprint('STOLEN')", *GOES_ON),
    "the system's files": ("print('STOLEN', open('/etc/passwd').read())", *GOES_ON),
    "keys and submissions": (
        "import os\nfor at, _, files in os.walk('/'):\n    if at.startswith('/proc'): continue\n"
        "    if at.startswith(PLACE) or {'gradebook.db', 'roster.csv', '90_tiny.py'} & set(files): print('STOLEN', at)", *GOES_ON),
    "secrets": ("import os\nif 'hush' in str(os.environ): print('STOLEN')", *GOES_ON),
    "the parent's secrets": ("import os\nfor pid in os.listdir('/proc'):\n    if pid.isdigit() and b'hush' in open(f'/proc/{pid}/environ', 'rb').read(): print('STOLEN')", *GOES_ON),
    "write into the library": ("import casekit\nopen(casekit.__file__, 'a').write('#')\nprint('STOLEN')", *GOES_ON),
    "others' sockets": ("import os\nif os.path.exists('/run/kernels') or len(os.listdir('/run')) > 1: print('STOLEN')", *GOES_ON),
    "namespace of its own": ("import ctypes\nif not ctypes.CDLL(None).unshare(0x10000000): print('STOLEN')", *GOES_ON),
    "root": ("import os\nos.setuid(0)\nprint('STOLEN')", *GOES_ON),
    "lines": ("for i in range(60): print('x' * 1_000_000)", EVERYTHING, "graded", "output_cut"),
    "one line": ("print('x' * 40_000_000)", EVERYTHING, "graded", "output_cut"),
    "always equal": (
        "class E(float):\n    def __eq__(self, other): return True\n    __hash__ = None\nbase = E(0)\nex.answer('base', base)",
        FOLLOWS, "graded", None),
    "marker patched": ("import casekit.mark as m\nm.mark = lambda *a, **k: 1 / 0\nbase = 0\nex.answer('base', base)", FOLLOWS, "graded", None),
    "forged output": (
        "from IPython.display import display\ndisplay({'application/vnd.casekit.answer+json': {'version': 1, 'question': 'base', 'points': 1000, 'value': {'t': 'x'}}}, raw=True)",
        None, "graded", None),
}  # fmt: skip


def port():
    """Return a port of the grader's machine that somebody listens on."""
    import socket

    server = socket.create_server(("127.0.0.1", 0))
    return server, server.getsockname()[1]


def build(folder, source):
    """Lay out a class: an honest student, an attacker, an honest student, an attacker ..."""
    tiny.write(folder)
    (folder / "in").mkdir()
    ids = [str(20260000 + number) for number in range(2 * len(ATTACKS) + 1)]
    (folder / "roster.csv").write_text("学号,姓名\n" + "".join(f"{id},某{id}\n" for id in ids), encoding="utf-8")
    for id in ids[::2]:
        tiny.hand_in(folder, id, tiny.notebook())
    for id, (attack, *_) in zip(ids[1::2], ATTACKS.values(), strict=True):
        nb = tiny.notebook()
        at = next(at for at, cell in enumerate(nb.cells) if 'ex.answer("base"' in cell.source) + 1
        nb.cells.insert(at, nbformat.v4.new_code_cell(source + attack))
        tiny.hand_in(folder, id, nb)
    return ids


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    if walls.level() == "none":
        pytest.skip(f"no walls on this machine: {walls.probe()}")
    folder, (server, number) = tmp_path_factory.mktemp("hostile"), port()
    ids = build(folder, f"PLACE, PORT = {str(folder)!r}, {number}\n")
    os.environ["CASEKIT_TOKEN"] = "hush"
    start = time.monotonic()
    from casekit.grading import run

    try:
        summary = tiny.grade(folder, runner=run.run, level="ns", cell_seconds=CELL_SECONDS, seconds=SECONDS)
    finally:
        del os.environ["CASEKIT_TOKEN"]
        server.close()
    with Gradebook(folder / "gradebook.db") as book:
        results = book.results(tiny.ID)
        notebooks = {id: book.notebook(result.key) for id, result in results.items()}
    return ids, summary, results, notebooks, time.monotonic() - start


def test_honest_students_keep_their_marks(graded):
    ids, summary, results, _, _ = graded
    assert not summary.not_run
    assert {id: (results[id].points, results[id].status, results[id].notes) for id in ids[::2]} == {
        id: (EVERYTHING, "graded", ()) for id in ids[::2]
    }


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_gets_what_is_fair(graded, attack):
    ids, _, results, notebooks, _ = graded
    id = ids[1::2][list(ATTACKS).index(attack)]
    _, points, status, note = ATTACKS[attack]
    result, notes = results[id], [one.code.rsplit(".", 1)[1] for one in results[id].notes]
    if points is None:  # whatever was claimed last counts; never more than there is
        assert result.points in (EVERYTHING, FOLLOWS) and result.status == status
    else:
        assert (result.points, result.status) == (points, status), notes
    assert note is None or note in notes
    assert '"STOLEN' not in notebooks[id] and len(notebooks[id]) < 30_000_000
    assert result.level == "ns" and result.cpu < 60 and result.memory < 2 << 30


def test_nothing_is_left_behind_and_all_ends_in_time(graded):
    *_, seconds = graded
    assert seconds < 20 * len(ATTACKS)
    zygote = provisioner.zygote(True)
    time.sleep(1)
    assert not [line for line in family(zygote.process.pid) if "sleep" in line]
    assert len(family(zygote.process.pid)) <= 3  # bubblewrap twice, and the zygote


def family(root):
    """Return the command lines of a process and of all its descendants."""
    parents, names = {}, {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as stat, open(f"/proc/{pid}/cmdline") as line:
                parents[int(pid)] = int(stat.read().rpartition(")")[2].split()[1])
                names[int(pid)] = line.read().replace("\0", " ")
        except OSError:
            pass
    found = {root}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return [names[pid] for pid in found if pid in names]
