"""How long from a key press to the changed picture, in a real JupyterLab: ours against the usual ways, in one run.

从按下一个键到图变了要多久：在真实的 JupyterLab 里，与常见做法在同一次运行中比较。

    python benchmarks/widgets.py [PRESSES]

ipympl is no dependency of casekit: the benchmark installs it into a virtual environment of its own, and leaves it out
where that fails. There it draws a plain heat map, with less text than ours.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
import browser  # noqa: E402

START = """
import ipywidgets as w
from IPython.display import display
from casekit import datasets, plots, rfm, start, widgets
from casekit.widgets.live import bars
start("en")
orders = datasets.load("orders").drop_duplicates()
measures = rfm.measure(orders, customer="customer_id", date="order_date", amount="amount_cny", as_of="2025-12-31", future="drop")
def draw(bins): return plots.rfm_grid(rfm.score(measures, {"bins": bins}))
def few(bins):
    sizes = rfm.score(measures, {"bins": bins})["r_score"].value_counts().sort_index()
    return bars([(str(name), size, str(size)) for name, size in sizes.items()], 400)
"""
WAYS = {
    "interactive_output": "box = w.BoundedIntText(5, min=2, max=9)\n"
    "w.VBox([box, w.interactive_output(lambda bins: display(draw(bins).figure), {'bins': box})])",
    "ipympl": "%matplotlib widget\nimport matplotlib.pyplot as plt\nfigure = plt.figure(figsize=(7.2, 4.5), dpi=144)\n"
    "def redraw(bins):\n    figure.clear(); axis = figure.subplots()\n"
    "    scores = rfm.score(measures, {'bins': bins})\n"
    "    axis.imshow(scores.groupby(['r_score', 'f_score']).size().unstack(fill_value=0)); figure.canvas.draw()\n"
    "box = w.BoundedIntText(5, min=2, max=9)\nbox.observe(lambda _: redraw(box.value), 'value')\nredraw(5)\nw.VBox([box, figure.canvas])",
    "live, PNG": "widgets.live(draw, bins=(5, 2, 9))",
    "live, SVG": "widgets.live(few, bins=(5, 2, 9))",
}
# Watches one cell from the key press on; a frame is what the eye can see.
WATCH = """index => {
  const cell = document.querySelector(`.jp-Notebook .jp-Cell[data-windowed-list-index='${index}'] .jp-Cell-outputArea`);
  const seen = () => [...cell.querySelectorAll('img, svg, canvas')].map(one =>
    one.src ? (one.complete ? one.src.length + one.src.slice(-4000, -3000) : '') :
    one.toDataURL ? one.toDataURL().slice(-4000) : one.outerHTML).join('');
  const before = seen();
  window.changed = new Promise(done => addEventListener('keydown', () => {
    const start = performance.now();
    const look = () => {
      const now = seen();
      if (now && now !== before) requestAnimationFrame(() => done(performance.now() - start));
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, {capture: true, once: true}));
}"""


def measured(desk, index, presses):
    """Milliseconds of each press but the first two: caches fill, and the page has just scrolled."""
    box, times = desk.cell(index).locator("input[type=number]"), []
    box.focus()
    for turn in range(presses + 2):
        desk.page.evaluate(WATCH, index)
        box.press("ArrowUp" if turn % 2 == 0 else "ArrowDown")
        times.append(desk.page.evaluate("window.changed"))
    return times[2:]


def guest(folder):
    """Put ipympl alone into a virtual environment, and let this server and its kernels see it; tell whether it is there."""
    uv = shutil.which("uv")
    venv.create(folder, with_pip=not uv)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    install = [uv, "pip", "install", "--python", python] if uv else [python, "-m", "pip", "install"]
    if subprocess.run([*map(str, install), "--quiet", "--no-deps", "ipympl"], check=False).returncode:
        print("ipympl could not be installed: left out")
        return False
    [packages] = {path.parent for path in folder.rglob("ipympl") if path.parent.name == "site-packages"}
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(packages), os.environ.get("PYTHONPATH"))))
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, (str(folder / "share/jupyter"), os.environ.get("JUPYTER_PATH"))))
    return True


def main(presses):
    from playwright.sync_api import sync_playwright

    room = tempfile.TemporaryDirectory()
    ways = {name: way for name, way in WAYS.items() if name != "ipympl" or guest(Path(room.name))}
    with tempfile.TemporaryDirectory() as home, browser.started(Path(home), "en") as server, sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=browser.CHROMIUM, args=browser.FLAGS).new_page()
        desk = browser.Desk(server, page)
        broken = [cell["errors"] for cell in desk.show("latency", [START, *ways.values()]) if cell["errors"]]
        if broken:
            raise SystemExit(broken)
        times = {name: [] for name in ways}
        for _ in range(4):  # turn by turn: a busy computer slows all alike
            for place, name in enumerate(ways, start=1):
                times[name] += measured(desk, place, presses // 4)
    usual = statistics.median(times["interactive_output"])
    print("busy:", *(f"{load:.1f}" for load in os.getloadavg()), "on", os.cpu_count(), "cores") if hasattr(os, "getloadavg") else None
    print(f"{'':20} {'median ms':>10} {'slowest ms':>10} {'to usual':>10}")
    for name, each in times.items():
        print(f"{name:20} {statistics.median(each):10.0f} {max(each):10.0f} {statistics.median(each) / usual:10.2f}")


if __name__ == "__main__":
    main(int((*sys.argv[1:], 20)[0]))
