"""The rules hold for every notebook of the kit, and each of them is shown here to be able to fail."""

import ast
import copy
import json
from pathlib import Path

import pytest
from nbformat import v4
from typer.testing import CliRunner

from casekit import answers, cli, labels, notebooks
from casekit.errors import InputError
from casekit.notebooks import report, rules

ROOT = Path(__file__).parents[1]
PATHS = notebooks.find(within=ROOT)
PAIRS = notebooks.pairs(within=ROOT)


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def markdown(name, source, *tags):
    return v4.new_markdown_cell(source, id=name, metadata={"tags": list(tags)} if tags else {})


def code(name, source, *tags):
    return v4.new_code_cell(source, id=name, metadata={"tags": list(tags)} if tags else {})


def chapter():
    """The smallest chapter that breaks no rule."""
    return v4.new_notebook(cells=[
        markdown("title", "# 第 4 章　RFM"),
        markdown("goals", "## 目标\n\n- 求和"),
        markdown("before", "## 准备\n\n无。"),
        code("install", "try:\n    import casekit\nexcept ImportError:\n    %pip install -q casekit"),
        code("parameters", 'LANG = "zh"\nSEED, AS_OF = 20240601, "2024-06-01"', "parameters"),
        code("start", "import casekit\nfrom casekit import labels\n\ncasekit.start(LANG)"),
        markdown("ask-sum", "## 求和\n\n先猜：1 + 1 是多少？", "predict"),
        code("sum", "total = 1 + 1\ntotal"),
        markdown("why-sum", "是 2。", "explain"),
        markdown("ask-product", "先猜：2 × 3 是多少？", "predict"),
        code("product", "2 * 3"),
        markdown("why-product", "是 6。", "explain"),
        markdown("summary", "## 小结\n\n会加，也会乘。"),
        markdown("exercises", "## 练习\n\n无。"),
        markdown("references", "## 参考文献\n\n无。"),
        markdown("glossary", "## 术语"),
        code("glossary-table", 'labels.glossary("rfm")'),
        markdown("versions", "## 版本"),
        code("versions-line", "casekit.versions()"),
    ])  # fmt: skip


def exercise():
    return v4.new_notebook(cells=[
        markdown("title", "# 练习 4"),
        code("parameters", 'LANG = "zh"\nSTUDENT = "20250101"', "parameters"),
        code("start", "import casekit\n\ncasekit.start(LANG)"),
    ])  # fmt: skip


def english(zh):
    """A finished translation: other prose, nothing pending."""
    en = notebooks.sync(zh)
    for cell in en.cells:
        if cell.cell_type == "markdown":
            cell.source = ("# " if cell.id == "title" else "") + f"Prose of {cell.id}."
    return notebooks.accept(zh, en)


@pytest.fixture
def kit(tmp_path, monkeypatch):
    """A kit of one chapter and one exercise in both languages; the commands run in it."""
    for folder, zh in (("notebooks", chapter()), ("exercises", exercise())):
        (tmp_path / folder).mkdir()
        for lang, nb in (("zh", zh), ("en", english(zh))):
            notebooks.write(notebooks.clean(nb), tmp_path / folder / f"04_rfm.{lang}.ipynb")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def invoke(*words):
    return CliRunner().invoke(cli.app, list(words), env={"CASEKIT_LANG": "zh", "COLUMNS": "200"})


# --- the kit's own notebooks ----------------------------------------


@pytest.mark.parametrize("path", PATHS, ids=name_of)
def test_notebook_follows_the_house_rules(path):
    assert report.found(path.name, notebooks.review(path)) == []


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: name_of(pair.zh))
def test_twins_are_in_step(pair):
    assert pair.zh.exists() and pair.en.exists()
    assert (
        report.found(pair.en.name, notebooks.differences(notebooks.read(pair.zh), notebooks.read(pair.en)))
        == []
    )


@pytest.mark.kernel
@pytest.mark.parametrize("path", PATHS, ids=name_of)
def test_notebook_runs(path):
    ran = notebooks.run(path, timeout=300)
    assert report.found(path.name, (), ran.failure) == []
    assert "Glyph" not in "".join(str(cell.get("outputs", "")) for cell in ran.nb.cells)
    if path.parent.name == "exercises":
        assert answers.collect(ran.nb).answers == {}, "an untouched stub says: not answered yet"


# --- each rule can fail ----------------------------------------


def source(name, text):
    def change(nb):
        next(cell for cell in nb.cells if cell.id == name).source = text

    return change


def metadata(name, **entries):
    return lambda nb: next(cell for cell in nb.cells if cell.id == name).metadata.update(entries)


def insert(place, *cells):
    def change(nb):
        nb.cells[place:place] = [copy.deepcopy(cell) for cell in cells]

    return change


def rename(old, new):
    return lambda nb: next(cell for cell in nb.cells if cell.id == old).update(id=new)


def remove(name):
    def change(nb):
        nb.cells = [cell for cell in nb.cells if cell.id != name]

    return change


def swap(first, second):
    def change(nb):
        a, b = ([cell.id for cell in nb.cells].index(name) for name in (first, second))
        nb.cells[a], nb.cells[b] = nb.cells[b], nb.cells[a]

    return change


BROKEN = [
    ("opening", "", insert(1, markdown("more", "无。"))),
    ("skeleton", "", remove("references")),
    ("skeleton_order", "", swap("summary", "references")),
    ("title_first", "more", insert(0, markdown("more", "# 前言"))),
    ("cells", "", insert(12, *(markdown(f"more-{number}", "无。") for number in range(70)))),
    ("install", "install", source("install", "import casekit")),
    ("start", "start", source("start", "import casekit")),
    ("duplicate_id", "sum", rename("product", "sum")),
    ("slug", "3f2a91bc", rename("sum", "3f2a91bc")),
    ("slug", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", rename("sum", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6")),
    ("slug", "a1b2c3d4", rename("sum", "a1b2c3d4")),
    ("slug", "Sum_1", rename("sum", "Sum_1")),
    ("code_row", "more", insert(8, code("more", "3"))),
    ("predict_explain", "ask-sum", metadata("why-sum", tags=[])),
    ("predictions", "", metadata("ask-sum", tags=[])),
    ("parameters_tag", "parameters", metadata("parameters", tags=[])),
    ("parameters_tag", "parameters", metadata("sum", tags=["parameters"])),
    ("parameters_derived", "parameters", source("parameters", 'LANG = "zh"\ntwice = 2 * len(LANG)')),
    ("parameters_missing", "parameters", source("parameters", "SEED = 1")),
    ("parameters_lang", "parameters", source("parameters", 'LANG = "en"')),
    ("heading_title", "title", source("title", "第 4 章")),
    ("heading_level", "goals", source("goals", "### 目标")),
    ("heading_level", "goals", source("goals", "# 目标")),
    ("tag", "sum", metadata("sum", tags=["hide-celll"])),
    ("attachment", "goals", lambda nb: nb.cells[1].update(attachments={"a.png": {"image/png": "AA=="}})),
    ("raw", "more", insert(8, v4.new_raw_cell("raw", id="more"))),
    ("code_long", "sum", source("sum", "\n".join(f"x{number} = 1" for number in range(16)))),
    ("han", "sum", source("sum", 'print("合计")')),
    ("magic", "sum", source("sum", "%autoreload 2")),
    ("magic", "sum", source("sum", "!ls")),
    ("syntax", "sum", source("sum", "total = (")),
    ("comment", "sum", source("sum", "total = 1  # one")),
    ("sentence", "sum", source("sum", 'print("the sum of all")')),
    ("sentence", "sum", source("sum", 'f"the sum of {1}"')),
    ("place", "sum", source("sum", 'open("orders.csv")')),
    ("place", "sum", source("sum", 'get("https://example.org")')),
    ("call", "sum", source("sum", "pd.Timestamp.now()")),
    ("call", "sum", source("sum", "np.random.seed(1)")),
    ("call", "sum", source("sum", 'warnings.filterwarnings("ignore")')),
    ("rebind", "product", source("product", "total = 6")),
    ("rebind", "product", source("product", "total[0] += 6")),
    ("prose_long", "goals", source("goals", "## 目标\n\n" + "求" * 161)),
    ("half_width", "goals", source("goals", "## 目标\n\n会加,也会乘。")),
    ("half_width", "goals", source("goals", "## 目标\n\n会加 (和乘)。")),
    ("half_width", "goals", source("goals", "## 目标\n\n**会加**.")),
    ("alt", "goals", source("goals", "## 目标\n\n![](a.png)")),
    ("alt", "goals", source("goals", '## 目标\n\n<img src="figure-of-rfm.png" alt="figure-of-rfm.png">')),
]


def test_the_smallest_chapter_breaks_no_rule():
    assert rules.problems(chapter(), "chapter", "zh") == ()
    assert rules.problems(exercise(), "exercise", "zh") == ()
    assert rules.problems(english(chapter()), "chapter", "en") == ()


@pytest.mark.parametrize(
    ("rule", "cell", "change"), BROKEN, ids=[f"{rule}-{cell}" for rule, cell, _ in BROKEN]
)
def test_rule_can_fail(rule, cell, change):
    nb = chapter()
    change(nb)
    found = [problem for problem in rules.problems(nb, "chapter", "zh") if problem.rule == rule]
    assert [problem.cell for problem in found] == [cell]
    for lang in labels.LANGUAGES:
        labels.use(lang)
        assert all(map(str, found))


def test_sql_is_no_sentence():
    nb = chapter()
    source("sum", 'query("SELECT name FROM customers WHERE city IS NULL")')(nb)
    assert rules.problems(nb, "chapter", "zh") == ()


def rules_in(*files):
    calls = (
        node
        for file in files
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call)
    )
    return {call.args[1].value for call in calls if getattr(call.func, "id", "") == "Problem"}


def test_every_rule_is_shown_to_fail_and_has_its_words():
    module = Path(rules.__file__)
    assert rules_in(*module.parent.glob("*.py")) == {
        key[9:] for key in labels.table() if key.startswith("notebook.")
    }
    of_the_file = {"file_name", "unclean", "size", "link"}
    assert rules_in(module) - of_the_file == {rule for rule, _, _ in BROKEN}


@pytest.mark.parametrize("text", [
    "点击 [下载](https://example.org/a,b.csv)，共 3 种。", "公式 $a, b$ 成立。", "代码 `f(a, b)`。",
    "<details><summary>答案</summary>\n\n是 2。\n\n</details>", "见 Hughes (2005)。", "1. 第一\n2. 第二",
    "比为 3:2。", "&nbsp;价值",
])  # fmt: skip
def test_half_width_marks_that_belong_to_code_or_latin_are_left_alone(text):
    nb = chapter()
    source("goals", "## 目标\n\n" + text)(nb)
    assert rules.problems(nb, "chapter", "zh") == ()


def test_words_of_links_and_code_do_not_count_as_prose():
    nb = english(chapter())
    source(
        "goals",
        "```\n"
        + "word " * 300
        + "\n```\n"
        + "`a b c d`" * 50
        + "[x](https://example.org/"
        + "a-" * 200
        + ")",
    )(nb)
    assert rules.problems(nb, "chapter", "en") == ()
    source("goals", "word " * 121)(nb)
    assert [problem.rule for problem in rules.problems(nb, "chapter", "en")] == ["prose_long"]


def test_exercise_needs_a_student():
    nb = exercise()
    source("parameters", 'LANG = "zh"')(nb)
    assert [problem.details for problem in rules.problems(nb, "exercise", "zh")] == [{"name": "STUDENT"}]


def test_review_looks_at_the_file_too(kit):
    path = kit / "notebooks" / "04_rfm.zh.ipynb"
    assert notebooks.review(path) == ()
    nb = notebooks.read(path)
    nb.cells[7].execution_count = 3
    nb.cells[1].source = (
        "## 目标\n\n[数据](../datasets/none.csv)，[练习](../exercises/04_rfm.zh.ipynb)，" + " " * 90_000
    )
    wrong = path.with_name("RFM.zh.ipynb")
    notebooks.write(nb, wrong)
    assert [problem.rule for problem in notebooks.review(wrong)] == ["file_name", "unclean", "size", "link"]


# --- files ----------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_any_encoding_is_read(tmp_path, encoding):
    path = tmp_path / "a.ipynb"
    path.write_bytes(notebooks.dumps(chapter()).encode(encoding))
    assert notebooks.read(path).cells[0].source == "# 第 4 章　RFM"


@pytest.mark.parametrize(("content", "error"), [
    (b"", "notebook.not_json"), (b'{"cells": [', "notebook.not_json"), (b"\xff\xff\xff", "notebook.encoding"),
    (b"[1]", "notebook.invalid"), (b"{}", "notebook.invalid"),
    (b'{"nbformat": 4, "cells": [{"cell_type": "code"}]}', "notebook.invalid"),
])  # fmt: skip
def test_a_file_that_is_no_notebook_is_named(tmp_path, content, error):
    path = tmp_path / "a.ipynb"
    path.write_bytes(content)
    with pytest.raises(InputError, match="a.ipynb") as caught:
        notebooks.read(path)
    assert caught.value.code == error


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match="a.ipynb"):
        notebooks.read(tmp_path / "a.ipynb")


def test_cells_without_id_get_one_and_doubled_ids_stay(tmp_path):
    path = tmp_path / "colab.ipynb"
    cell = {"cell_type": "markdown", "metadata": {}, "source": ["a\n", "b"]}
    path.write_text(
        json.dumps(
            {"nbformat": 4, "nbformat_minor": 0, "metadata": {}, "cells": [cell, {**cell, "id": "cell-1"}]}
        )
    )
    assert [(cell.id, cell.source) for cell in notebooks.read(path).cells] == [
        ("cell-1-2", "a\nb"),
        ("cell-1", "a\nb"),
    ]
    path.write_text(
        json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{**cell, "id": "x"}] * 2})
    )
    assert [cell.id for cell in notebooks.read(path).cells] == ["x", "x"]


def test_format_3_is_read(tmp_path):
    path = tmp_path / "old.ipynb"
    cell = {
        "cell_type": "code",
        "input": ["1 + 1"],
        "language": "python",
        "outputs": [],
        "metadata": {},
        "collapsed": False,
    }
    path.write_text(
        json.dumps(
            {
                "nbformat": 3,
                "nbformat_minor": 0,
                "metadata": {},
                "worksheets": [{"cells": [cell], "metadata": {}}],
            }
        )
    )
    assert [cell.source for cell in notebooks.read(path).cells] == ["1 + 1"]


def test_clean_keeps_what_is_meant_and_nothing_else():
    nb = chapter()
    nb.metadata = {
        "kernelspec": {"name": "conda", "display_name": "mine"},
        "widgets": {"state": {}},
        "language_info": {"version": "3.12"},
    }
    nb.cells[3].metadata.update(
        {"jupyter": {"source_hidden": True, "outputs_hidden": True}, "ExecuteTime": {}}
    )
    nb.cells[7].update(
        execution_count=9, outputs=[v4.new_output("stream", text="2")], source="\ntotal = 2\r\ntotal\n"
    )
    kept = notebooks.clean(nb)
    assert kept.metadata == notebooks.files.HEADER
    assert kept.cells[3].metadata == {"jupyter": {"source_hidden": True}}
    assert kept.cells[4].metadata == {"tags": ["parameters"]}
    assert (kept.cells[7].execution_count, kept.cells[7].outputs, kept.cells[7].source) == (
        None,
        [],
        "total = 2\ntotal",
    )
    assert [cell.id for cell in kept.cells] == [cell.id for cell in nb.cells]
    assert notebooks.dumps(notebooks.clean(kept)) == notebooks.dumps(kept)
    assert nb.cells[7].execution_count == 9


def test_written_file_reads_back_to_the_same_bytes(tmp_path):
    path = tmp_path / "a.ipynb"
    notebooks.write(notebooks.clean(chapter()), path)
    first = path.read_bytes()
    notebooks.write(notebooks.clean(notebooks.read(path)), path)
    assert path.read_bytes() == first and b"\r" not in first and first.endswith(b"}\n")
    assert list(tmp_path.iterdir()) == [path]


def test_find_names_what_there_is(kit):
    assert [path.name for path in notebooks.find("exercises/", "en")] == ["04_rfm.en.ipynb"]
    with pytest.raises(InputError, match="04_rfm"):
        notebooks.find("05_clv")
    with pytest.raises(InputError, match="fr"):
        notebooks.find(lang="fr")


# --- twins ----------------------------------------


def test_a_finished_translation_is_in_step():
    zh = chapter()
    assert notebooks.differences(zh, english(zh)) == ()


@pytest.mark.parametrize(("rule", "cell", "change"), [
    ("twin_missing", "why-sum", remove("why-sum")),
    ("twin_extra", "more", insert(8, markdown("more", "More."))),
    ("twin_order", "", swap("ask-sum", "ask-product")),
    ("twin_type", "why-sum", lambda nb: nb.cells.__setitem__(8, code("why-sum", "2", "explain"))),
    ("twin_code", "sum", source("sum", "total = 1 + 2\ntotal")),
    ("twin_code", "parameters", source("parameters", 'LANG = "zh"\nSEED, AS_OF = 20240601, "2024-06-01"')),
    ("twin_code", "parameters", source("parameters", 'LANG = "en"\nSEED, AS_OF = 1, "2024-06-01"')),
    ("twin_tags", "sum", metadata("sum", tags=["exercise"])),
    ("untranslated", "why-sum", source("why-sum", "是 2。")),
    ("untranslated", "why-sum", source("why-sum", "<!-- casekit: translate -->\nIt is 2.")),
    ("stale", "why-sum", metadata("why-sum", casekit={"source": "0" * 12})),
    ("stale", "why-sum", metadata("why-sum", casekit={})),
])  # fmt: skip
def test_twin_rule_can_fail(rule, cell, change):
    zh = chapter()
    en = english(zh)
    change(en)
    assert [(problem.rule, problem.cell) for problem in notebooks.differences(zh, en)] == [(rule, cell)]


def test_sync_copies_code_and_keeps_prose():
    zh = chapter()
    en = english(zh)
    source("sum", "total = 2 + 2\ntotal")(zh)
    source("why-sum", "是 4。")(zh)
    insert(9, markdown("more", "再来一次。"))(zh)
    swap("summary", "exercises")(zh)
    renewed = notebooks.sync(zh, en)
    cells = {cell.id: cell.source for cell in renewed.cells}
    assert list(cells) == [cell.id for cell in zh.cells]
    assert cells["sum"] == "total = 2 + 2\ntotal" and cells["why-sum"] == "Prose of why-sum."
    assert (
        cells["parameters"].startswith('LANG = "en"\n')
        and cells["more"] == "<!-- casekit: translate -->\n再来一次。"
    )
    left = [(problem.rule, problem.cell) for problem in notebooks.differences(zh, renewed)]
    assert left == [("stale", "why-sum"), ("untranslated", "more")]
    assert [problem.rule for problem in notebooks.differences(zh, notebooks.accept(zh, renewed))] == [
        "untranslated"
    ]


def test_sync_follows_a_cell_to_its_new_id():
    zh = chapter()
    en = english(zh)
    rename("why-sum", "explain-sum")(zh)
    assert (
        next(cell for cell in notebooks.sync(zh, en).cells if cell.id == "explain-sum").source
        == "Prose of why-sum."
    )


# --- commands ----------------------------------------


def test_clean_command_rewrites_only_what_is_unclean(kit):
    path = kit / "notebooks" / "04_rfm.zh.ipynb"
    before = path.read_bytes()
    nb = notebooks.read(path)
    nb.cells[7].execution_count = 3
    notebooks.write(nb, path)
    first, second = invoke("clean"), invoke("clean", str(path))
    assert "04_rfm.zh.ipynb" in first.stdout and "4 个笔记本，其中 1 个有改动" in first.stdout
    assert "1 个笔记本，其中 0 个有改动" in second.stdout
    assert path.read_bytes() == before


def test_twin_command_makes_lists_and_accepts(kit):
    assert invoke("twin").exit_code == 0
    english_file = kit / "notebooks" / "04_rfm.en.ipynb"
    zh = notebooks.read(english_file.with_name("04_rfm.zh.ipynb"))
    source("why-sum", "当然是 2。")(zh)
    notebooks.write(notebooks.clean(zh), english_file.with_name("04_rfm.zh.ipynb"))
    stale = invoke("twin", "--only", "notebooks/")
    assert stale.exit_code == 1 and "[why-sum]" in stale.stdout
    assert invoke("twin", "--accept").exit_code == invoke("twin").exit_code == 0
    english_file.unlink()
    made = invoke("twin")
    assert made.exit_code == 1 and english_file.exists() and "[title goals before ask-sum" in made.stdout


def test_twin_command_names_prose_that_it_leaves_out(kit):
    english_file = kit / "exercises" / "04_rfm.en.ipynb"
    nb = notebooks.read(english_file)
    insert(1, markdown("more", "More."))(nb)
    notebooks.write(notebooks.clean(nb), english_file)
    assert "[more]" in invoke("twin").stdout
    assert invoke("twin").exit_code == 0


@pytest.mark.kernel
def test_check_command_names_the_broken_cell(kit):
    good = invoke("check", "--only", "exercises/", "--json")
    assert good.exit_code == 0 and json.loads(good.stdout)["ok"] is True
    path = kit / "notebooks" / "04_rfm.zh.ipynb"
    nb = notebooks.read(path)
    source("sum", "total = 0\n1 / total")(nb)
    notebooks.write(notebooks.clean(nb), path)
    bad = invoke("check", "--lang", "zh")
    assert bad.exit_code == 1
    assert (
        "notebooks/04_rfm.zh.ipynb [sum] 第 8 格，第 2 行出错：1 / total" in bad.stdout
        and "ZeroDivisionError" in bad.stdout
    )
    (kit / "exercises" / "04_rfm.zh.ipynb").write_text("{")
    data = json.loads(invoke("check", "--lang", "zh", "--json").stdout)
    assert [entry["ok"] for entry in data["notebooks"]] == [False, False]
    assert (
        data["notebooks"][0]["failure"]["cell"] == "sum"
        and data["notebooks"][1]["problems"][0]["rule"] == "unreadable"
    )


# --- a run ----------------------------------------


@pytest.mark.kernel
def test_run_takes_parameters_and_tells_its_progress(kit):
    nb = exercise()
    insert(3, code("who", 'import os\nprint(STUDENT, LANG, os.getcwd(), sep="|")'))(nb)
    path, out, told = kit / "exercises" / "own.ipynb", kit / "out.ipynb", []
    notebooks.write(nb, path)
    ran = notebooks.run(path, out, {"STUDENT": "7"}, progress=lambda done, cells: told.append((done, cells)))
    assert ran.failure is None and ran.seconds > 0
    assert ran.nb.cells[-1].outputs[0].text == f"7|zh|{path.parent}\n"
    assert told == [(done, 5) for done in range(1, 6)]
    assert notebooks.read(out).cells[-1].outputs == ran.nb.cells[-1].outputs
    with pytest.raises(InputError, match="STUDNET"):
        notebooks.run(path, parameters={"STUDNET": "7"})


@pytest.mark.kernel
@pytest.mark.parametrize(("sources", "cell", "line", "error"), [
    (["def f():\n    return 1 / 0", "x = 1\nf()"], "cell-1", 2, "ZeroDivisionError"),
    (["x = 1\nx = (\n1 +"], "cell-0", 3, "SyntaxError"),
    (["import time\ntime.sleep(60)"], "cell-0", None, "CellTimeoutError"),
    (["import os\nos._exit(1)"], "cell-0", None, "DeadKernelError"),
    (["import sys\nsys.exit()", "1"], "cell-0", None, "SystemExit"),
    (["from casekit import labels\nlabels.text('no.such')"], "cell-0", 2, "InputError"),
])  # fmt: skip
def test_run_says_where_it_broke(sources, cell, line, error):
    nb = v4.new_notebook(cells=[code(f"cell-{place}", text) for place, text in enumerate(sources)])
    failure = notebooks.run(nb, timeout=3).failure
    assert (failure.cell, failure.line, failure.error) == (cell, line, error)


@pytest.mark.kernel
def test_an_error_that_is_meant_stops_nothing():
    ran = notebooks.run(
        v4.new_notebook(cells=[code("meant", "1 / 0", "raises-exception"), code("after", "2")])
    )
    assert ran.failure is None and ran.nb.cells[1].outputs[0].data["text/plain"] == "2"
