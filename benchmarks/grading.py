"""What grading one submission costs: casekit, with and without its sandbox, against plain papermill, in one run.

``python benchmarks/grading.py [--submissions 8] [--rounds 3] [--workers 1]``

Each grader runs in a process of its own over the same right submissions of exercise 04, turn by turn; counted are the
CPU seconds of that process and of all that it started, divided by the number of submissions. On a busy computer they
and their ratios mean something, wall time little. The points with and without the sandbox are compared first. Plain
papermill only runs the notebooks; casekit marks and records them as well.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TESTS = Path(__file__).parents[1] / "tests"
GRADERS = ("papermill", "casekit none", "casekit ns")


def build(folder, count):
    """Write a class: a list and a right submission from each."""
    sys.path.insert(0, str(TESTS))
    import class24

    ids = [str(20260001 + number) for number in range(count)]
    (folder / "in").mkdir()
    for id in ids:
        (folder / "in" / f"{id}.ipynb").write_text(class24.text(class24.solved("zh", id)), encoding="utf-8")
    (folder / "roster.csv").write_text("student_id\n" + "\n".join(ids), encoding="utf-8")
    sheet = class24.EXERCISES / f"{class24.ID}.toml"
    (folder / sheet.name).write_text(sheet.read_text("utf-8"), encoding="utf-8")


def papermill(folder, out, workers):
    """Run the notebooks one after the other, as papermill does by itself."""
    import papermill

    os.environ["CASEKIT_GRADING"] = "1"
    for path in sorted((folder / "in").iterdir()):
        papermill.execute_notebook(path, out / path.name, cwd=folder, progress_bar=False)
    return {}, 0.0, 0.0


def casekit(folder, out, workers, level):
    """Grade the class; return points, CPU seconds of the kernels, and of the warm process, which nobody waits for."""
    from casekit.grading import batch
    from casekit.grading.gradebook import Gradebook
    from casekit.grading.kernel import provisioner

    summary = batch.grade(
        folder / "in", folder / "roster.csv", "04_rfm", out / "gradebook.db", workers=workers, level=level
    )
    with Gradebook(out / "gradebook.db") as book:
        kernels = sum(result.cpu for result in book.results("04_rfm").values())
    points = {line.student: line.points for line in summary.lines}
    return points, kernels, spent(provisioner.zygote(level == "ns").process.pid)


def spent(root):
    """Return the CPU seconds of a process and of its living descendants themselves, from /proc."""
    stats = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            stats[int(pid)] = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            pass
    tree = {root}
    while more := {pid for pid, fields in stats.items() if int(fields[1]) in tree} - tree:
        tree |= more
    return sum(int(stats[pid][11]) + int(stats[pid][12]) for pid in tree if pid in stats) / os.sysconf("SC_CLK_TCK")


def measure(grader, folder, workers):
    """Run one grader in a fresh process; return CPU seconds, wall seconds, points, CPU seconds of kernels."""
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, __file__, "--grader", grader, "--folder", str(folder), "--out", out]
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        done = subprocess.run(
            [*command, "--workers", str(workers)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    points, kernels, zygote = json.loads(done.stdout.splitlines()[-1])
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime + kernels + zygote
    return cpu, time.monotonic() - start, points, kernels


def main():
    """Measure, and print a table of medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, value in (("submissions", 8), ("rounds", 3), ("workers", 1)):
        parser.add_argument(f"--{name}", type=int, default=value)
    for name in ("grader", "folder", "out"):
        parser.add_argument(f"--{name}", help=argparse.SUPPRESS)
    told = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else every kernel compiles its imports, and papermill looks bad
    if told.grader:
        kind, *level = told.grader.split()
        print(json.dumps(globals()[kind](Path(told.folder), Path(told.out), told.workers, *level)))
        return
    with tempfile.TemporaryDirectory() as name:
        build(folder := Path(name), told.submissions)
        for grader in GRADERS:
            measure(grader, folder, 2)  # compiles, fills caches
        rounds = [
            {grader: measure(grader, folder, told.workers) for grader in GRADERS} for _ in range(told.rounds)
        ]
    points = {json.dumps(one[grader][2]) for one in rounds for grader in GRADERS[1:]}
    assert len(points) == 1, f"the sandbox changes points: {points}"
    print(f"{told.submissions} submissions, {told.rounds} rounds, {told.workers} workers; {os.cpu_count()} cores, "
          f"load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}")  # fmt: skip
    print(f"points, the same with and without a sandbox: {points.pop()}")
    print(f"{'':14}{'CPU s each':>12}{'papermill is':>14}{'kernel alone':>14}{'wall s each':>13}")
    for grader in GRADERS:
        cpu = statistics.median(one[grader][0] for one in rounds) / told.submissions
        wall = statistics.median(one[grader][1] for one in rounds) / told.submissions
        ratio = statistics.median(one["papermill"][0] / one[grader][0] for one in rounds)
        kernels = statistics.median(one[grader][3] for one in rounds) / told.submissions
        print(f"{grader:14}{cpu:12.2f}{ratio:13.1f}x{kernels or float('nan'):14.2f}{wall:13.2f}")


if __name__ == "__main__":
    main()
