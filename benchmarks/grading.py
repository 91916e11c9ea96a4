"""What grading one submission costs: casekit, papermill, nbgrader and otter-grader on one exercise, in one run.

批改一份作业的代价：casekit、papermill、nbgrader、otter-grader 批改同一份练习，在同一次运行中比较。

    python benchmarks/grading.py [--submissions 30] [--rounds 3] [--only "papermill;casekit"] [--csv FILE] [--png FILE]

The points are compared first: who finds others is not measured further. Then the graders take turns. Counted is the CPU
time of each one's whole tree of processes, starts included, divided by the number of submissions. On a busy computer
that and its ratios mean something, wall time little. papermill only runs the notebooks and stops where one breaks.
nbgrader and otter-grader are installed from PyPI into environments of their own, in the user's cache. Linux only.
"""

import argparse
import contextlib
import csv
import ctypes
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

ID = "six"  # as in peers.py, which loads more than the process of a grader should
PINNED = {"nbgrader": "nbgrader==0.9.6", "otter": "otter-grader==7.0.0"}
SAME = ("pandas", "numpy", "matplotlib", "ipykernel")  # in everybody's environment
GRADERS = {  # name -> format of the exercise
    "papermill": "plain", "papermill, 2 processes": "plain", "nbgrader autograde": "nbgrader", "otter run": "otter",
    "casekit, plain kernels": "casekit", "casekit, warm": "casekit", "casekit, warm + sandbox": "casekit",
    "casekit, warm + sandbox, 2 workers": "casekit",
}  # fmt: skip
PAIRS = (("papermill", "papermill, 2 processes"), ("casekit, warm + sandbox", "casekit, warm + sandbox, 2 workers"))


# --- the graders; each returns the points it found, by student ---------------------------------------------------


def papermill(folder, half=slice(None)):
    """Run the notebooks one after the other; there are no points."""
    import papermill
    from papermill.exceptions import PapermillExecutionError

    (folder / "out").mkdir(exist_ok=True)
    for path in sorted(folder.glob("*.ipynb"))[half]:
        with contextlib.suppress(PapermillExecutionError):
            papermill.execute_notebook(path, folder / "out" / path.name, cwd=folder, progress_bar=False)


def papermill_twice(folder):
    """Run them in two processes."""
    command = [sys.executable, __file__, "--folder", str(folder), "--grader"]
    started = [subprocess.Popen([*command, f"papermill/{half}"]) for half in (0, 1)]
    assert [one.wait() for one in started] == [0, 0]


def nbgrader(folder):
    """Grade the class by one command, then read the gradebook of nbgrader."""
    import sqlite3

    subprocess.run(["nbgrader", "autograde", ID], cwd=folder, check=True, capture_output=True)
    sql = "SELECT student_id, sum(auto_score) FROM grade g JOIN submitted_notebook n ON n.id = g.notebook_id " \
          "JOIN submitted_assignment a ON a.id = n.assignment_id GROUP BY student_id"  # fmt: skip
    with contextlib.closing(sqlite3.connect(folder / "gradebook.db")) as book:
        return dict(book.execute(sql))


def otter(folder):
    """Grade one submission after the other by otter's command; what hangs after its result is ended.

    Its thread for log records never ends when a kernel goes in the middle of one (otter/execute/logging.py).
    """
    points, hung = {}, 0
    for file in sorted((folder / "in").iterdir()):
        out = folder / "out" / file.stem
        out.mkdir(parents=True)
        command = ["otter", "run", "-a", "autograder.zip", "-o", str(out), str(file)]
        with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as started:
            while started.poll() is None and not (out / "results.json").is_file():
                time.sleep(0.05)
            try:
                started.wait(5)
            except subprocess.TimeoutExpired:
                started.kill()
                hung += 1
        told = json.loads((out / "results.json").read_text("utf-8"))
        points[file.stem] = sum(test.get("score", 0) for test in told["tests"])
    if hung:
        print(f"otter run: {hung} hung after the result and had to be killed", file=sys.stderr)
    return points


def casekit(folder, level="none", workers=1, warm=True):
    """Grade the class."""
    from casekit.grading import batch
    from casekit.grading.kernel import provisioner

    if not warm:
        provisioner.can_fork = lambda: False
    os.chdir(folder)
    summary = batch.grade("in", "roster.csv", f"{ID}.toml", workers=workers, level=level)
    assert not summary.not_run, summary.not_run
    return {line.student: line.points for line in summary.lines}


def work(grader, folder):
    """Be the process of one grader."""
    if grader.startswith("papermill/"):
        return papermill(folder, slice(int(grader[-1]), None, 2))
    doings = {
        "papermill": papermill,
        "papermill, 2 processes": papermill_twice,
        "nbgrader autograde": nbgrader,
        "otter run": otter,
        "casekit, plain kernels": lambda folder: casekit(folder, warm=False),
        "casekit, warm": casekit,
        "casekit, warm + sandbox": lambda folder: casekit(folder, "ns"),
        "casekit, warm + sandbox, 2 workers": lambda folder: casekit(folder, "ns", 2),
    }
    return doings[grader](folder)


# --- measuring -----------------------------------------------------------------------------------------------------


def measure(grader, classroom, environment):
    """Run one grader on a fresh copy of its class; return CPU seconds of all its processes, wall seconds, points."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        shutil.copytree(classroom / GRADERS[grader], folder, dirs_exist_ok=True)
        command = [sys.executable, __file__, "--reap", "--grader", grader, "--folder", folder]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{grader}: {done.stderr[-2000:]}")
    print(*(line for line in done.stderr.splitlines() if line.startswith("otter run:")), sep="\n", end="")
    return json.loads(done.stdout.splitlines()[-1])


def reap(grader, folder):
    """Run a grader and adopt what it leaves behind, so that every process of its tree is waited for and counted."""
    ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER
    start = time.monotonic()
    done = subprocess.run([sys.executable, __file__, "--grader", grader, "--folder", str(folder)],
                          stdout=subprocess.PIPE, text=True, check=False)  # fmt: skip
    wall = time.monotonic() - start
    if done.returncode:
        raise SystemExit(done.returncode)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()
    spent = os.times()
    print(json.dumps([spent.children_user + spent.children_system, wall, json.loads(done.stdout.splitlines()[-1])]))


def install(name, home):
    """Make the environment of a peer, if there is none yet; return what processes need to find it, or None."""
    place, wanted = home / name, [PINNED[name], *(f"{one}=={version(one)}" for one in SAME)]
    ready, uv = place / "ready.txt", shutil.which("uv")
    try:
        if not ready.is_file() or ready.read_text() != " ".join(wanted):
            if uv:
                subprocess.run([uv, "venv", "-q", "--clear", "--python", sys.executable, place], check=True)
                command = [uv, "pip", "install", "-q", "--python", str(place / "bin" / "python"), *wanted]
            else:
                subprocess.run([sys.executable, "-m", "venv", "--clear", place], check=True)
                command = [str(place / "bin" / "python"), "-m", "pip", "install", "-q", *wanted]
            subprocess.run(command, check=True)
            ready.write_text(" ".join(wanted))
    except (OSError, subprocess.CalledProcessError) as error:
        return print(f"{PINNED[name]} could not be installed · 无法安装: {error}")
    return {**os.environ, "PATH": f"{place / 'bin'}{os.pathsep}{os.environ['PATH']}"}


def build(folder, students, environments):
    """Write the class in every format that somebody here reads."""
    import peers
    from casekit import datasets

    orders = datasets.path("orders").read_bytes()
    for name in dict.fromkeys(GRADERS.values()):
        if name in environments:
            (folder / name).mkdir(parents=True)

            def run(*command, name=name):
                subprocess.run(command, cwd=folder / name, env=environments[name], check=True, capture_output=True)

            given = (run,) if name in PINNED else ()
            getattr(peers, name)(folder / name, students, orders, *given)


# --- telling -------------------------------------------------------------------------------------------------------


def summary(rounds, students):
    """Return a row per grader: CPU and wall seconds of a submission, ratio of CPU to papermill's; medians of rounds."""
    rows = []
    for grader in rounds[0]:
        cpu, wall = (statistics.median(one[grader][at] for one in rounds) / students for at in (0, 1))
        ratios = [one["papermill"][0] / one[grader][0] for one in rounds if "papermill" in one]
        rows.append((grader, cpu, wall, statistics.median(ratios) if ratios else float("nan"), 60 / wall))
    return rows


def show(rows, rounds, told):
    """Print the table, and what two workers bring."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"{told.submissions} submissions 份, {told.rounds} rounds 轮, {os.cpu_count()} cores 核, load 负载 "
                        f"{os.getloadavg()[0]:.1f}, Python {platform.python_version()}")  # fmt: skip
    table.add_column("grader · 批改工具")
    for name in ("CPU s each · CPU 秒/份", "wall s each · 秒/份", "papermill is · 倍", "per minute · 份/分钟"):
        table.add_column(name, justify="right")
    for grader, cpu, wall, ratio, rate in rows:
        table.add_row(grader, f"{cpu:.2f}", f"{wall:.2f}", f"{ratio:.1f}x" if ratio == ratio else "–", f"{rate:.0f}")
    console = Console()
    console.print(table)
    for one, two in PAIRS:
        if one in rounds[0] and two in rounds[0]:
            gain = statistics.median(turn[one][1] / turn[two][1] for turn in rounds)
            console.print(f"{two}: {gain:.2f} times the throughput of one · 吞吐量为单个的 {gain:.2f} 倍")


def draw(rows, file):
    """Draw the CPU seconds of a submission as bars."""
    import matplotlib.pyplot as plt

    from casekit import labels, style

    labels.use("zh")
    style.apply()
    figure, axes = plt.subplots(figsize=(8, 0.5 * len(rows) + 1), layout="constrained")
    shown = axes.barh([row[0] for row in rows][::-1], [row[1] for row in rows][::-1],
                      color=["#0072B2" if row[0].startswith("casekit") else "#999999" for row in rows][::-1])  # fmt: skip
    axes.bar_label(shown, fmt="%.2f", padding=3)
    axes.set_xlabel("CPU s per submission · 每份作业的 CPU 秒数")
    figure.savefig(file, dpi=150)


def main():
    """Measure, and print a table of medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--submissions", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="beginnings of graders' names, with semicolons between")
    parser.add_argument("--peers", type=Path, default=Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "casekit" / "peers",
                        help="where nbgrader and otter-grader are installed")  # fmt: skip
    for name in ("csv", "png"):
        parser.add_argument(f"--{name}", type=Path, help="write the table there")
    for name in ("grader", "folder"):
        parser.add_argument(f"--{name}", help=argparse.SUPPRESS)
    parser.add_argument("--reap", action="store_true", help=argparse.SUPPRESS)
    told = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else every kernel compiles its imports, and the others look bad
    if told.grader:
        if told.reap:
            return reap(told.grader, told.folder)
        return print(json.dumps(work(told.grader, Path(told.folder))))
    import peers

    graders = [name for name in GRADERS if name.startswith(tuple(told.only.split(";")))]
    used = {GRADERS[name] for name in graders}
    environments = {name: install(name, told.peers) if name in PINNED else dict(os.environ) for name in used}
    environments = {name: found for name, found in environments.items() if found}
    graders = [name for name in graders if GRADERS[name] in environments]
    with tempfile.TemporaryDirectory() as name:
        for size, rounds in ((len(peers.KINDS), 1), (told.submissions, told.rounds)):
            students = peers.roster(size)
            build(classroom := Path(name, str(size)), students, environments)
            measured = []
            for _ in range(rounds):  # the first, small one compiles, fills caches and compares points
                measured.append({one: measure(one, classroom, environments[GRADERS[one]]) for one in graders})
                fair = {id: points for id, (_, points) in students.items()}
                for one in graders:
                    assert measured[-1][one][2] in (None, fair), f"{one} finds other points: {measured[-1][one][2]}"
            if size == len(peers.KINDS):
                print(f"points, the same from everybody · 各家给分一致: {sorted(fair.values())}")
    show(rows := summary(measured, told.submissions), measured, told)
    if told.csv:
        with told.csv.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([("grader", "cpu_s", "wall_s", "papermill_is", "per_minute"), *rows])
    if told.png:
        draw(rows, told.png)


if __name__ == "__main__":
    main()
