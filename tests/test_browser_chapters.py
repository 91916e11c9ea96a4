"""Every chapter in a real JupyterLab, in both languages: it opens, runs to its end, shows what it made."""

import os
import re
import signal
import subprocess
import sys

import browser
import pytest

from casekit import lab, labels

CHAPTERS = sorted((browser.ROOT / "notebooks").glob("*.ipynb"))
# Of the exercises those that are clicked; papermill runs the others as well as a browser would.
CLICKED = [
    path for path in sorted((browser.ROOT / "exercises").glob("*.ipynb")) if "ex.ask(" in path.read_text("utf-8")
]
AXED = {"00_welcome.en.ipynb", "04_rfm.zh.ipynb"}  # of the chapter and of the exercise
# What we write; the rest of the page is JupyterLab's own.
OURS = {"include": [[".jp-MarkdownOutput"], [".jp-OutputArea-output"]]}

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("path", CHAPTERS + CLICKED, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_notebook_runs_and_shows_its_figures_and_widgets(desk, path):
    name = f"{path.parent.name}-{path.stem}"
    desk.open(f"{path.parent.name}/{path.name}")
    desk.photograph(f"{name}-open")
    desk.run_all()
    cells = desk.cells()
    assert {cell["id"]: cell["errors"] for cell in cells if cell["errors"]} == {}
    assert {cell["id"]: cell["stderr"] for cell in cells if cell["stderr"]} == {}
    assert [cell["id"] for cell in cells if not cell["count"]] == []
    figures = [cell for cell in cells if "image/png" in cell["kinds"]]
    widgets = [cell for cell in cells if browser.WIDGET in cell["kinds"]]
    for cell in figures:
        desk.cell(cell["index"]).locator(".jp-OutputArea-output img").first.wait_for(state="visible")
    for cell in widgets:
        desk.cell(cell["index"]).locator(".jp-OutputArea-output .jupyter-widgets").first.wait_for(state="visible")
    for cell in figures[:1] + widgets:
        desk.cell(cell["index"])
        desk.photograph(f"{name}-{cell['id']}")
    desk.gone("Error displaying widget")
    if path.name in AXED:
        assert grave(desk) == []


def grave(desk):
    """What shuts people out, among all that we show: JupyterLab draws a cell when it comes into view."""
    from axe_playwright_python.sync_playwright import Axe

    for _ in desk.walk():
        pass
    found = Axe().run(desk.page, context=OURS).response["violations"]
    return [
        (one["id"], one["help"], [node["html"][:200] for node in one["nodes"][:3]])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def test_the_menus_speak_the_student_s_language(desk, chromium, tmp_path):
    desk.open("notebooks/00_welcome.zh.ipynb")
    assert desk.menus()[:2] == ["文件", "编辑"]
    with browser.started(tmp_path, "en") as english, chromium.new_context() as context:
        other = browser.Desk(english, context.new_page())
        other.open("notebooks/00_welcome.en.ipynb")
        assert other.menus()[:2] == ["File", "Edit"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_for_the_lecture_hall_follows_its_controls(chromium, lang):
    """In both languages, without a code cell; what the page asks for lies on this computer."""
    pytest.importorskip("voila", reason="the page for the lecture hall needs voila")
    labels.use(lang)
    port = browser.free_port()
    words = [sys.executable, "-m", "casekit", "demo", "05_value", "--lang", lang, "--port", str(port)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True) as hall:
        try:
            desk = browser.Desk(browser.Server(f"http://localhost:{port}/", None), chromium.new_page())
            desk.page.route(re.compile(rf"^https?://(?!localhost:{port}/)"), lambda route: route.abort())
            desk.wait(lambda: not lab.free(port), 60)
            desk.page.goto(desk.server.url, timeout=browser.KERNEL, wait_until="commit")
            face = desk.page.locator(".jupyter-widgets").filter(has=desk.page.get_by_label(word("control.retention")))
            face.first.locator("svg").wait_for(timeout=browser.KERNEL)
            box = desk.page.get_by_label(word("control.retention"))
            before = face.first.inner_text()
            box.press("ArrowUp")
            desk.wait(lambda: face.first.inner_text() != before)
            assert desk.page.locator("h1").count() == 1 and desk.page.locator(".jp-InputArea-editor").count() == 0
            desk.photograph(f"demo-05_value.{lang}")
            desk.page.close()
        finally:
            os.killpg(hall.pid, signal.SIGINT)  # as Ctrl+C does: the server too
            try:
                hall.wait(30)
            except subprocess.TimeoutExpired:  # whoever started these tests in the background has it ignore Ctrl+C
                os.killpg(hall.pid, signal.SIGKILL)


def word(key):
    return labels.text(key)
