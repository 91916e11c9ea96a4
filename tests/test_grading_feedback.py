"""The page says what was earned and why; nothing a student wrote can run on it."""

import itertools
import json
from html.parser import HTMLParser

import nbformat
import pytest
import tiny

from casekit import labels
from casekit.grading import byhand, feedback, master, overview
from casekit.grading.gradebook import Gradebook
from casekit.grading.roster import Student

VECTORS = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)></svg>", "<svg><script>alert(1)</script></svg>",
    '<a href="javascript:alert(1)">x</a>', '<a href=" JaVaScRiPt:alert(1)">x</a>', '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<iframe src="https://evil.example"></iframe>', '<object data="x.swf"></object>', '<embed src="x">', '<form action="https://evil.example"><input></form>',
    '<meta http-equiv="refresh" content="0;url=https://evil.example">', '<base href="https://evil.example">', '<link rel=stylesheet href="https://evil.example">',
    '<style>body{background:url(https://evil.example)}</style>', '<p style="background:url(javascript:alert(1));position:fixed">x</p>',
    '<img src="https://evil.example/track.png">', '<img src="data:text/html;base64,PHNjcmlwdD4=">', "<details ontoggle=alert(1) open>x</details>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>", '<button formaction="javascript:alert(1)">x</button>',
    "</pre></div></main><script>alert(1)</script>", "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>", "<template><script>alert(1)</script></template>",
    "[link](javascript:alert(1))", "![x](javascript:alert(1))", "[x](data:text/html;base64,PHNjcmlwdD4=)", "<javascript:alert(1)>", "`<script>`", "<b id=notes name=body>x</b>",
]  # fmt: skip
SAFE = set(
    "html head meta title style body main header h1 h2 h3 h4 h5 h6 p div section ul ol li table thead tbody tr th td strong span br a "
    "pre b em code details del blockquote img".split()
)


class Page(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.tags, self.words = [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture
def graded(tmp_path):
    tiny.room(tmp_path)
    essay = 'essay = """' + "\n".join(VECTORS).replace('"', "'") + '"""'
    nb = tiny.notebook(essay=essay)
    md, code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell
    nb.cells += [md(vector) for vector in VECTORS] + [code(f"print({vector!r})") for vector in VECTORS]
    tiny.hand_in(tmp_path, "20250001", nb)
    tiny.grade(tmp_path)
    return tmp_path


def shown(graded, student, outputs=(), lang="zh"):
    one = master.load(graded / f"{tiny.ID}.toml")
    with Gradebook(graded / "gradebook.db") as book:
        result, given = book.results(one.id)[student.id], book.given(one.id)
        notebook = json.loads(book.notebook(result.key)) if result.status != "failed" else None
    if notebook:
        notebook["cells"].append(
            {
                "cell_type": "code",
                "id": "more",
                "source": "",
                "metadata": {},
                "execution_count": None,
                "outputs": list(outputs),
            }
        )
    return feedback.page(one.sheet, student, result, given, notebook and json.dumps(notebook))


def outputs():
    for vector in VECTORS:
        for kind in ("text/html", "text/markdown", "image/svg+xml", "text/latex", "text/plain"):
            yield {"output_type": "display_data", "metadata": {}, "data": {kind: vector}}
        yield {
            "output_type": "display_data",
            "metadata": {},
            "data": {"application/javascript": "alert(1)", "text/html": vector},
        }
        yield {"output_type": "error", "ename": vector, "evalue": vector, "traceback": [vector]}
        yield {"output_type": "stream", "name": "stderr", "text": vector}


def test_nothing_runs_loads_or_leads_astray(graded):
    page = Page(shown(graded, Student("20250001", VECTORS[0], VECTORS[1], "", "zh"), outputs()))
    assert {tag for tag, _ in page.tags} <= SAFE
    for tag, attributes in page.tags:
        assert not [
            name
            for name in attributes
            if name.startswith("on") or name in ("srcset", "srcdoc", "formaction", "background")
        ], tag
        assert attributes.get("href", "https:").startswith(("https:", "http:", "mailto:"))
        assert attributes.get("src", "data:image/").startswith("data:image/")
        assert not {"url(", "position", "expression"} & set(
            attributes.get("style", "").replace(":", " ").split()
        )
        assert "id" not in attributes or attributes["id"] in ("notes", "marks", "notebook", "essay-1")
    (policy,) = [attributes["content"] for tag, attributes in page.tags if attributes.get("http-equiv")]
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'unsafe-inline'")
    styles = [tag for tag, _ in page.tags if tag in ("style", "meta", "title")]
    assert sorted(styles) == ["meta", "meta", "meta", "style", "title"]


def test_one_page_per_student_in_his_language(graded):
    written = feedback.write(graded / "out", graded / f"{tiny.ID}.toml", graded / "gradebook.db")
    assert sorted(path.name for path in written) == [
        "20250001_张伟.html",
        "20250002_=1+1.html",
        "20250003_李娜.html",
    ]
    chinese, english, failed = (path.read_text(encoding="utf-8") for path in sorted(written))
    assert '<html lang="zh-CN">' in chinese and "小练习" in chinese and "14 / 20" in chinese
    assert '<html lang="en">' in english and "8.4 / 20" in english
    assert labels.text("feedback.reason.follow_through", "en") in english and "One number" in english
    assert labels.text("feedback.to_mark", "en") in english
    assert labels.text("feedback.no_mark", "zh") in failed and "截断" not in failed and "不完整" in failed


def test_marks_by_hand_are_shown(graded):
    with Gradebook(graded / "gradebook.db") as book:
        book.give(
            tiny.ID,
            [
                ("20250002", "essay", "clear", 2.0, "Say <more>", "x"),
                ("20250002", "essay", "true", 2.0, "", "x"),
            ],
        )
    html = shown(graded, Student("20250002", "Li", lang="en"))
    assert "12.4 / 20" in html and "fair" in html and "Say &lt;more&gt;" in html
    assert labels.text("feedback.to_mark", "en") not in html


def test_pictures_tables_and_descriptions_stay(graded):
    png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    html = shown(
        graded,
        Student("20250002", lang="en"),
        [
            {"output_type": "display_data", "metadata": {}, "data": {"image/png": png}},
            {
                "output_type": "display_data",
                "metadata": {},
                "data": {
                    "text/html": f'<figure><img alt="A line" src="data:image/png;base64,{png}"></figure>'
                },
            },
            {
                "output_type": "display_data",
                "metadata": {},
                "data": {"text/html": "<style scoped>td {x: y}</style><table><tr><td>42</td></tr></table>"},
            },
        ],
    )
    page = Page(html)
    assert [attributes["alt"] for tag, attributes in page.tags if tag == "img"] == [
        labels.text("feedback.no_alt", "en"),
        "A line",
    ]
    assert "42" in page.words and not [words for words in page.words if "scoped" in words or "x: y" in words]


def test_the_graders_own_cells_are_not_shown(graded):
    assert "probe" not in shown(graded, Student("20250002", lang="en"))


def test_headings_are_in_order_and_tables_have_heads(graded):
    page = Page(shown(graded, Student("20250002", lang="en")))
    levels = [int(tag[1]) for tag, _ in page.tags if tag in ("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels.count(1) == 1 and all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert all(attributes.get("scope") for tag, attributes in page.tags if tag == "th")


@pytest.mark.browser
def test_in_a_real_browser_nothing_fires_and_everyone_can_read_it(graded):
    """The page's own policy is switched off, so that the cleaning alone has to hold."""
    import shutil

    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or pytest.skip("no Chromium here")
    byhand.points("20250001", "base", 1, VECTORS[0], graded / f"{tiny.ID}.toml", graded / "gradebook.db")
    tiny.grade(graded, due="2020-01-01", late="1% per day, at most 9%")
    overview.write(graded / "class.html", overview.look(graded / f"{tiny.ID}.toml", graded / "gradebook.db"))
    path = graded / "page.html"
    path.write_text(shown(graded, Student("20250001", "张伟", lang="zh"), outputs()), encoding="utf-8")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page, fired = browser.new_page(bypass_csp=True), []
        page.on("dialog", lambda dialog: (fired.append(dialog.message), dialog.dismiss()))
        page.on(
            "request",
            lambda request: (
                fired.append(request.url) if not request.url.startswith(("file:", "data:")) else None
            ),
        )
        page.goto(path.as_uri())
        for link in page.locator("main a").all():
            assert link.get_attribute("href") in (None, "") or link.get_attribute("href").startswith("http")
        found = Axe().run(page).response["violations"]
        page.goto((graded / "class.html").as_uri())
        found += Axe().run(page).response["violations"]
        browser.close()
    assert fired == []
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
