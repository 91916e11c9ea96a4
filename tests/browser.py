"""A real JupyterLab in a real Chromium: one server for the session, one browser for each file of tests.

Everything waits for the kernel and for what the page shows; nothing sleeps.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import nbformat
import pytest

from casekit import lab

ROOT = Path(__file__).parents[1]
ARTIFACTS = ROOT / "artifacts"
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--disable-dev-shm-usage",
]  # fmt: skip
TOKEN = "casekit-tests"
WIDGET = "application/vnd.jupyter.widget-view+json"
FAILED = pytest.StashKey()
KERNEL = 120_000  # ms that a kernel may take to start and a notebook to run, on two busy cores

CODE_CELLS = """() => {
  const cells = window.jupyterapp.shell.currentWidget.content.model.cells;
  const all = Array.from({length: cells.length}, (_, i) => [i, cells.get(i)]);
  return all.filter(([, cell]) => cell.type === 'code').map(([index, cell]) => {
    const outputs = cell.outputs.toJSON();
    const meant = (cell.getMetadata('tags') || []).includes('raises-exception');
    const failed = meant ? [] : outputs.filter(output => output.output_type === 'error');
    return {
      index, id: cell.id, source: cell.sharedModel.getSource(), count: cell.executionCount,
      errors: failed.map(output => `${output.ename}: ${output.evalue}`),
      stderr: outputs.filter(output => output.name === 'stderr').map(output => output.text).join(''),
      kinds: outputs.flatMap(output => Object.keys(output.data || {})),
    };
  });
}"""


@dataclass(frozen=True)
class Server:
    """A running JupyterLab: its address and the folder it shows."""

    url: str
    root: Path


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def started(home, lang):
    """Run JupyterLab as ``casekit lab`` does, on a copy of the lessons, with settings of its own."""
    root, prefix = home / "root", home / "prefix"
    for name in ("notebooks", "exercises", "datasets"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns(".*", "make", "keys"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "prefix", str(prefix))
        lab.speak(lang)
    settings = prefix / "share" / "jupyter" / "lab" / "settings"
    shutil.copy(ROOT / "casekit" / "overrides.json", settings / "overrides.d" / "casekit.json")
    port = free_port()
    words = [*lab.command(lang, root, port), "--no-browser", "--LabApp.expose_app_in_browser=True",
             f"--IdentityProvider.token={TOKEN}", f"--LabApp.app_settings_dir={settings}"]  # fmt: skip
    own = {
        name: str(home / name.lower())
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR",
                     "JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR")
    }  # fmt: skip
    with open(home / "lab.log", "wb") as log:
        process = subprocess.Popen(words, cwd=root, env={**os.environ, **own}, stdout=log, stderr=log)
    url = f"http://localhost:{port}/"
    try:
        _answered(f"{url}api/status?token={TOKEN}", process, home / "lab.log")
        yield Server(url, root)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The JupyterLab of all browser tests, its menus in Chinese."""
    pytest.importorskip("playwright", reason="browser tests need playwright: python3 kit.py test installs it")
    if not Path(CHROMIUM).exists():
        pytest.skip(f"browser tests need Chromium at {CHROMIUM}: apt-get install chromium")
    with started(tmp_path_factory.mktemp("lab"), "zh") as running:
        yield running


def _answered(url, process, log):
    for _ in range(600):
        if process.poll() is not None:
            break
        try:
            return urllib.request.urlopen(url, timeout=5)
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()[-3000:]}")


@pytest.fixture(scope="module")
def chromium(server):
    """One Chromium for a file of tests: playwright's loop must not live on beside papermill's."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def window(server, chromium):
    """JupyterLab in a window that the tests of one file share: it takes seconds to load."""
    ARTIFACTS.mkdir(exist_ok=True)
    with chromium.new_context(viewport={"width": 1280, "height": 900}) as context:
        yield Desk(server, context.new_page())


@pytest.fixture
def desk(window, request):
    """An empty desk: no notebook open, no kernel running. It is photographed when a test fails."""
    yield window
    if request.node.stash.get(FAILED, False):
        window.photograph(f"failed-{request.node.name}")
    window.clear()


class Desk:
    """One browser window on JupyterLab."""

    def __init__(self, server, page):
        self.server, self.page = server, page
        page.set_default_timeout(30_000)

    def api(self, path, method="GET"):
        headers = {"Authorization": f"token {TOKEN}"}
        request = urllib.request.Request(self.server.url + path, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or "null")

    def open(self, path):
        """Open one notebook alone and wait until its kernel is idle."""
        if "/lab" in self.page.url:
            self.page.evaluate(
                "path => window.jupyterapp.commands.execute('docmanager:open', {path, factory: 'Notebook'})", path
            )
        else:
            self.page.goto(f"{self.server.url}lab/tree/{quote(path)}?token={TOKEN}&reset")
        self.ready()

    def show(self, name, sources):
        """Open a new notebook of these code cells, run it; return its cells."""
        cells = [nbformat.v4.new_code_cell(source.strip()) for source in sources]
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), self.server.root / f"{name}.ipynb")
        self.open(f"{name}.ipynb")
        self.run_all()
        return self.cells()

    def clear(self):
        """Close all without asking, and end all kernels."""
        self.page.evaluate("""async () => {
          const tabs = [...window.jupyterapp.shell.widgets('main')];
          await Promise.all(tabs.map(tab => tab.context?.save()));  // an autosave under way would complain
          tabs.forEach(tab => tab.dispose());
        }""")
        for session in self.api("api/sessions"):
            self.api(f"api/sessions/{session['id']}", "DELETE")

    def ready(self):
        self.page.wait_for_selector(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook .jp-Cell")
        self.page.wait_for_function(
            "() => window.jupyterapp?.shell.currentWidget?.context?.isReady &&"
            " window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'",
            timeout=KERNEL,
        )

    def command(self, name):
        """Run one of JupyterLab's commands to its end."""
        self.page.evaluate("name => window.jupyterapp.commands.execute(name)", name)

    def run_all(self):
        """Run all cells and wait for the last one, or for an error that nobody wanted."""
        self.command("notebook:run-all-cells")  # ends early where a cell is meant to fail
        self.page.wait_for_function(f"""() => {{
          const cells = ({CODE_CELLS})();
          return cells.every(cell => cell.count || !cell.source) || cells.some(cell => cell.errors.length);
        }}""", timeout=KERNEL, polling=300)
        self.ready()

    def restart_and_run_all(self):
        """Restart the kernel and run all cells, as the menu does; the question it asks is answered by keyboard."""
        self.page.evaluate("""() => {
          window.done = window.jupyterapp.commands.execute('notebook:restart-run-all');
        }""")
        self.page.wait_for_selector(".jp-Dialog .jp-mod-accept")
        self.page.keyboard.press("Enter")
        self.page.evaluate("() => window.done")
        self.ready()

    def wait(self, true, seconds=30):
        """Wait until something outside the page is so."""
        for _ in range(10 * seconds):
            if true():
                return
            self.page.wait_for_timeout(100)
        raise TimeoutError

    def gone(self, words):
        """Wait until some words are nowhere on the page: a widget may lack its model for a moment."""
        self.page.wait_for_function("words => !document.body.innerText.includes(words)", arg=words)

    def cells(self):
        """The code cells as JupyterLab holds them: place, source, number, unwanted errors, kinds of output."""
        return self.page.evaluate(CODE_CELLS)

    def menus(self):
        self.page.wait_for_selector(".lm-MenuBar-itemLabel")
        return self.page.locator(".lm-MenuBar-itemLabel").all_inner_texts()

    def run_cell(self, index):
        """Run one cell again and wait for its end: what it shows begins anew."""
        self.page.evaluate("""index => {
          window.jupyterapp.shell.currentWidget.content.activeCellIndex = index;
          return window.jupyterapp.commands.execute('notebook:run-cell');
        }""", index)
        self.ready()
        return self.cell(index)

    def cell(self, index):
        """The index-th cell, scrolled into the window; it is the active one, so that a click moves nothing."""
        self.page.evaluate("""index => {
          const content = window.jupyterapp.shell.currentWidget.content;
          content.activeCellIndex = index;
          return content.scrollToItem(index, 'start');
        }""", index)
        found = self.page.locator(f".jp-Notebook .jp-Cell[data-windowed-list-index='{index}']")
        found.wait_for(state="visible")
        found.evaluate("cell => cell.scrollIntoView({block: 'start'})")  # its neighbours were only guessed in size
        return found

    def walk(self):
        """Scroll through the whole notebook; yield each cell while it is in the window."""
        count = self.page.evaluate("() => window.jupyterapp.shell.currentWidget.content.widgets.length")
        for index in range(count):
            yield self.cell(index)

    def photograph(self, name):
        name = re.sub(r"[^\w.-]+", "-", name)
        self.page.screenshot(path=ARTIFACTS / f"{name}.png")
