"""The whole way of clicked answers in a real JupyterLab, by mouse and keyboard, until the grader reads them."""

import ast
import json
import shutil

import browser
import nbformat
import pytest
from clicking import ASKED, SHEET

from casekit import answers

pytestmark = pytest.mark.browser

START = """import casekit
from casekit.exercise import Exercise
casekit.start("zh")
ex = Exercise("05_clicks", "20250101", "zh")
ex"""
FIRST = {"pick": "a", "many": ["a", "c"], "days": 12}
ALL = FIRST | {"pick": "b", "rank": ["a", "b", "c"], "pairs": {"a": "x", "b": "y"}}
LAST = 2 + len(ASKED)  # the last cell


def notebook(folder):
    cells = [nbformat.v4.new_markdown_cell("# 点选练习"), nbformat.v4.new_code_cell(START)]
    cells += [nbformat.v4.new_code_cell(f'ex.ask("{id}")') for id in ASKED]
    cells += [nbformat.v4.new_code_cell("ex.submit()")]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    shutil.rmtree(folder, ignore_errors=True)  # of a run before
    folder.mkdir(parents=True)
    (folder / "05_clicks.toml").write_text(SHEET, encoding="utf-8")
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), folder / "05_clicks.ipynb")


def question(desk, id):
    return desk.cell(2 + ASKED.index(id)).locator(".jp-OutputArea-output")


def saved(desk, id):
    question(desk, id).get_by_text("已保存").wait_for()


def submit(desk):
    """Run the last cell by keyboard, as a student does."""
    desk.cell(LAST).locator(".cm-content").click()
    desk.page.keyboard.press("Shift+Enter")
    desk.page.wait_for_function(
        "i => window.jupyterapp.shell.currentWidget.content.widgets[i].model.sharedModel.getSource() !== 'ex.submit()'",
        arg=LAST,
    )
    desk.ready()


def carried(desk):
    """The answers that stand in the last cell."""
    [source] = [cell["source"] for cell in desk.cells() if cell["index"] == LAST]
    assert source.startswith("ex.submit({") and source.endswith("})")
    return ast.literal_eval(source[len("ex.submit(") : -1])


def save(desk):
    for id in ASKED:  # what JupyterLab has not drawn yet, it does not save
        question(desk, id).get_by_role("status").wait_for()
    desk.page.keyboard.press("Control+s")
    desk.page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")


def test_clicked_answers_survive_everything(desk, server):
    home, page = server.root / "answers", desk.page
    notebook(home)
    desk.open("answers/05_clicks.ipynb")
    desk.run_all()
    assert desk.cells()[-1]["source"] == "ex.submit()"

    # Click, and work the keyboard; each click is on disk at once.
    question(desk, "pick").get_by_label("专人服务与专享权益").click()
    saved(desk, "pick")
    question(desk, "many").get_by_label("看出谁快要流失").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    saved(desk, "many")
    question(desk, "days").get_by_label("答案").click()
    page.keyboard.type("12")
    saved(desk, "days")
    desk.wait(lambda: json.loads((home / ".casekit" / "05_clicks-20250101.json").read_text("utf-8"))["answers"] == FIRST)
    desk.photograph("answers-1-clicked")

    # Submit, save, reload the page: cell, widgets and kernel are all there.
    submit(desk)
    assert carried(desk) == FIRST
    desk.cell(LAST).get_by_text("已作答 3 / 6 题").wait_for()
    desk.cell(LAST).get_by_text("还没有作答：前三步的顺序、谁对应谁").wait_for()
    desk.photograph("answers-2-submitted")
    save(desk)
    page.reload()
    desk.ready()
    assert question(desk, "pick").get_by_label("专人服务与专享权益").is_checked()

    # Answer more, change one's mind.
    question(desk, "pick").get_by_label("专人服务与专享权益").focus()
    page.keyboard.press("ArrowDown")  # stays in the widget: JupyterLab alone would go to the next cell
    assert question(desk, "pick").get_by_label("停止投放").is_checked()
    saved(desk, "pick")
    for place, word in enumerate(("识别", "区分", "互动")):
        question(desk, "rank").get_by_label(f"{place + 1}", exact=True).select_option(word)
    question(desk, "pairs").get_by_label("近期性").select_option("天数")
    question(desk, "pairs").get_by_label("频率").focus()
    page.keyboard.press("ArrowDown")
    assert question(desk, "pairs").get_by_label("频率").input_value() == "次数"
    saved(desk, "pairs")
    desk.photograph("answers-3-more")
    # Restart and run all, without another submit: what was clicked since is not lost.
    desk.restart_and_run_all()
    assert carried(desk) == ALL
    desk.cell(LAST).get_by_text("已作答 5 / 6 题").wait_for()
    desk.photograph("answers-4-all")
    save(desk)
    desk.clear()

    # The single file, renamed, in another folder: nothing else goes along but the sheet.
    other = server.root / "作业" / "张伟 最终版"
    shutil.rmtree(other, ignore_errors=True)
    other.mkdir(parents=True)
    shutil.copy(home / "05_clicks.ipynb", other / "练习五.ipynb")
    shutil.copy(home / "05_clicks.toml", other)
    desk.open("作业/张伟 最终版/练习五.ipynb")
    question(desk, "rank").locator("select").first.wait_for()  # widgets are there before anything has run
    desk.gone("Error displaying widget")
    desk.photograph("answers-5-copied")
    desk.run_all()
    assert carried(desk) == ALL
    assert question(desk, "pick").get_by_label("停止投放").is_checked()
    desk.clear()

    # And papermill reads every answer, without a browser and without the saved clicks.
    assert headless(other / "练习五.ipynb", server.root / "papermill") == ALL


def headless(file, folder):
    import concurrent.futures

    import papermill

    folder.mkdir(exist_ok=True)
    shutil.copy(file.parent / "05_clicks.toml", folder)
    nb = nbformat.read(file, as_version=4)
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    nbformat.write(nb, folder / "in.ipynb")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:  # playwright's loop runs in this thread
        pool.submit(papermill.execute_notebook, folder / "in.ipynb", folder / "out.ipynb", cwd=folder, progress_bar=False).result()
    return answers.collect(nbformat.read(folder / "out.ipynb", as_version=4)).answers
