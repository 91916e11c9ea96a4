"""Each attack between two honest students: nobody else is hurt, no attack pays, every lost point has its reason."""

import os
import shutil
import socket
import sys
import tempfile
import time

import battery
import nbformat
import pytest
import tiny
from cheats import CHEATS, CHEATS_LASTING
from deeds import DEEDS, LASTING, LESS
from fairness import HONEST

from casekit.grading import run, walls
from casekit.grading.kernel import provisioner

pytestmark = [
    pytest.mark.kernel,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="walls are Linux's"),
]
# What ends by time only takes minutes in all, and a machine that does other things meanwhile makes it strike early.
EVERY = pytest.mark.skipif(not os.environ.get("CASEKIT_HOSTILE"), reason="every case of the battery: CASEKIT_HOSTILE=1")
# Generous where the end does not hang on them: a busy machine must not end what would end by itself.
ENOUGH, SHORT = {"cell_seconds": 30, "seconds": 60}, {"cell_seconds": 4, "seconds": 9}
# Of every kind one, so that the level without namespaces stays proven; all of them there: CASEKIT_WALLS=landlock.
SAMPLE = (
    "memory in children", "many files", "daemon", "others' limits", "loopback", "keys and submissions", "a shell that is honest",
    "a pool that is honest",
)  # fmt: skip
PARTS = [
    pytest.param("", group, part, limits, id=f"{group}: {next(iter(part))} ...", marks=marks)
    for group, cases, limits, marks in (
        ("deed", DEEDS, ENOUGH, ()), ("deed", LASTING, SHORT, EVERY), ("cheat", CHEATS, ENOUGH, ()),
        ("cheat", CHEATS_LASTING, SHORT, EVERY), ("fairness", HONEST, ENOUGH, ()),
    )
    for part in battery.parts(cases)
] + [pytest.param("landlock", "deed", {name: DEEDS[name] for name in SAMPLE}, ENOUGH, id="landlock")]  # fmt: skip


@pytest.fixture(scope="module")
def grader(request, tmp_path_factory):
    """Stand in for a grader's machine: the walls, sockets that it listens on, a secret, a place for its files."""
    level = request.param or os.environ.get("CASEKIT_WALLS", "ns")
    if not all(walls.probe(level)[name] for name in walls.LEVELS[level]):
        pytest.skip(f"these walls do not stand on this machine: {walls.probe(level)}")
    warm, classes = provisioner.zygote(level), tmp_path_factory.getbasetemp()
    place = tempfile.mkdtemp(prefix="ck-battery-")
    before, tempfile.tempdir = tempfile.tempdir, place  # whatever a run leaves behind is left here
    os.environ["CASEKIT_TOKEN"] = "hush"
    name = f"\0{place}"
    with socket.create_server(("127.0.0.1", 0)) as port, socket.socket(socket.AF_UNIX) as nameless:
        nameless.bind(name)
        nameless.listen()
        yield level, warm, place, f"PLACE, PORT, NAME = {str(classes)!r}, {port.getsockname()[1]}, {name!r}"
    del os.environ["CASEKIT_TOKEN"]
    tempfile.tempdir = before
    shutil.rmtree(place)


def spoilt(attack, told):
    """Return the notebook with the attack right after the first answer, or with other solutions."""
    if isinstance(attack, dict):
        return tiny.notebook(**attack)
    nb = tiny.notebook()
    at = next(at for at, cell in enumerate(nb.cells) if 'ex.answer("base"' in cell.source) + 1
    nb.cells[at:at] = map(nbformat.v4.new_code_cell, (told, attack))
    return nb


@pytest.mark.parametrize(("grader", "group", "part", "limits"), PARTS, indirect=["grader"])
def test_each_between_two_honest(grader, tmp_path, record_property, group, part, limits):
    level, warm, place, told = grader
    mean = battery.students(2 * len(part))[1::2]

    def put(folder):
        for student, (attack, _) in zip(mean, part.values(), strict=True):
            nb = attack() if callable(attack) else spoilt(attack, told)
            data = nb if isinstance(nb, bytes) else tiny.text(nb).encode()
            data = data.replace(b"20250000", student.encode()).replace(battery.MIDDLE.encode(), student.encode())
            (folder / f"{student}.ipynb").write_bytes(data)

    family(warm.process.pid, settled=True)
    found = battery.grade(tmp_path, put, mean, runner=run.run, level=level, **limits)
    unfair = {}
    for (name, (_, ends)), seen in zip(part.items(), found.values(), strict=True):
        if level != "ns" and name in LESS:
            name, ends = f"{name}: not at this level", LESS[name]
        record_property(battery.PROPERTY, battery.row(group, name, seen))
        if not seen.is_fair(ends) or "STOLEN" in battery.outputs(seen.notebook):
            unfair[name] = seen.end
        assert len(seen.notebook) < 30_000_000 and len(seen.page) < 8_000_000, name
        assert seen.result.level == level and seen.seconds < limits["seconds"] + 30, name
        assert seen.result.memory is None or seen.result.memory < 2 << 30, name
    assert not unfair
    # Nothing is left behind: no process beside the warm one, no socket, no file; and the warm one is still the same.
    assert provisioner.zygote(level) is warm
    left = family(warm.process.pid, settled=True)
    assert len(left) <= 3, left  # bubblewrap twice, and the zygote
    assert os.listdir(place) == [] and [name for name in os.listdir(warm.folder) if name not in ("log", ".seen")] == []


def family(root, settled=False):
    """Return the command lines of a process and of all its descendants, once they are few or do not become fewer."""
    for _ in range(200):
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
        if len(found) <= 3 or not settled:
            break
        time.sleep(0.1)
    return [names[pid] for pid in found if pid in names]
