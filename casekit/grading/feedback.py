"""One page of feedback per student, in the student's language; nothing on it can run, load or lead astray."""

import json
from functools import cache
from pathlib import Path

import bleach
import jinja2
import nbformat
from bleach.css_sanitizer import CSSSanitizer
from bs4 import BeautifulSoup
from nbconvert import HTMLExporter
from pygments.formatters import HtmlFormatter

from casekit import labels, mark
from casekit.grading import late, master, report, run
from casekit.grading.files import safe_name
from casekit.grading.summary import standing

TAGS = set(
    "a abbr b blockquote br caption code col colgroup dd del details div dl dt em figcaption figure h1 h2 h3 h4 h5 "
    "h6 hr i img li mark ol p pre s samp small span strong sub summary sup table tbody td tfoot th thead tr u ul".split()
)
PICTURES = tuple(f"data:image/{kind};base64," for kind in ("png", "jpeg", "gif", "svg+xml"))
STYLES = "text-align width color background-color border-left padding margin line-height font-weight".split()
KINDS = "text/html text/markdown text/latex text/plain image/png image/jpeg image/gif image/svg+xml".split()
LONGEST = 10_000  # characters of markdown that are rendered: of some texts each further one costs more time
LARGEST_TABLE = 300_000  # characters of one HTML output; beyond it the text stands for it


def write(out, exercise="", gradebook="gradebook.db", progress=None):
    """Write a page for each student who handed in.

    为每名交了作业的学生写一页反馈。

    Parameters
    ----------
    out : str or Path
        Folder, made if needed; files are named by id and name.
    exercise : str
        Id or path of the sheet.
    gradebook : str or Path
    progress : callable, optional
        Called with (done, all, names).

    Returns
    -------
    list of Path
    """
    folder, written = Path(out), []
    with master.opened(exercise, gradebook) as (one, book):
        folder.mkdir(parents=True, exist_ok=True)
        results, given, rule = book.results(one.id), book.given(one.id), late.rule(one.sheet, book)
        students = [student for student in book.roster() if student.id in results]
        for done, student in enumerate(students):
            if progress:
                progress(done, len(students), [student.name or student.id])
            result = results[student.id]
            path = folder / f"{safe_name(f'{student.id}_{student.name}')}.html"
            html = page(one.sheet, student, result, given, book.notebook(result.key), rule)
            path.write_bytes(html.encode(errors="replace"))
            written.append(path)
    return written


def page(sheet, student, result, given=None, notebook=None, rule=None):
    """Return one student's page as HTML.

    返回一名学生的反馈页（HTML）。

    Parameters
    ----------
    sheet : Sheet
    student : Student
    result : Result
    given : dict, optional
        Marks given by hand, as :meth:`Gradebook.given` returns them.
    notebook : str, optional
        The executed notebook, JSON.
    rule : casekit.sheet.Late, optional
        By default the sheet's own.
    """
    lang = student.lang or result.lang or labels.language()
    stands = standing(sheet, student, result, given or {}, rule or sheet.late)
    marks = {one.question: one for one in result.marks}
    rows = [
        (question, marks.get(question.id), stands.points[question.id], stands.by_hand.get(question.id))
        for question in sheet.questions
        if question.id in stands.points
    ]
    return (
        environment()
        .get_template("feedback.html.j2")
        .render(
            lang={"zh": "zh-CN", "en": "en"}[lang],
            sheet=sheet,
            student=student,
            result=result,
            rows=rows,
            stands=stands,
            signs=report.SIGNS,
            notes=[report.say(note, lang) for note in result.notes],
            essays=[_essay(each, result, given or {}) for each, one, *_ in rows if one and one.reason == "manual"],
            notebook=_rendered(notebook, lang) if notebook else "",
            code_style=HtmlFormatter().get_style_defs(".highlight"),
            word=lambda key, **named: labels.text(f"feedback.{key}", lang, **named),
            here=lambda words: words.get(lang, ""),
            explain=lambda one: mark.explain(one, sheet, lang),
            form=lambda question: mark.form(question, lang),
        )
    )


def _essay(question, result, given):
    rows = []
    for criterion in question.rubric:
        told = given.get((result.student, question.id, criterion.id))
        level = next((level for level in criterion.levels if told and level.points == told.points), None)
        rows.append((criterion, told if told and told.points is not None else None, level))
    return question, result.essays.get(question.id, ""), rows


@cache
def environment():
    """Return what renders the pages: everything on them is escaped.

    返回网页模板环境：所有内容都会转义。
    """
    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    made = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    made.filters["points"] = lambda value: f"{value:g}"
    return made


def _rendered(notebook, lang):
    """Return the student's cells as HTML that has passed an allow-list after everything else was done to it."""
    nb, number = json.loads(notebook), 0
    nb["cells"] = [cell for cell in nb["cells"] if run.is_own(cell)]
    for cell in nb["cells"]:
        if cell["cell_type"] == "code":
            number += 1
            cell["execution_count"] = number  # the number that the notes use
            cell["outputs"] = [output for output in map(_showable, cell["outputs"]) if output]
    nb["cells"] = [_text(cell) if len(cell["source"]) > LONGEST and cell["cell_type"] != "code" else cell for cell in nb["cells"]]
    try:
        html = _html(nb)
    except Exception:
        html = _html({**nb, "cells": [_shown(nb, cell) for cell in nb["cells"]]})
    soup = BeautifulSoup(html, "html.parser")
    for element in soup(["style", "script", "title", "template", "noscript", "iframe", "object", "textarea"]):
        element.decompose()  # the cleaner would keep their text
    for picture in soup("img"):
        if not picture.get("src"):
            picture.decompose()
        elif picture["alt"].startswith("No description has been provided"):  # nbconvert's own words
            picture["alt"] = labels.text("feedback.no_alt", lang)
    for heading in soup(["h1", "h2", "h3", "h4"]):
        heading.name = f"h{min(int(heading.name[1]) + 2, 6)}"  # below the page's own headings
    for head in soup("th"):
        if not head.get_text(strip=True):  # the corner of a pandas table heads nothing
            head.name, head.attrs = "td", {}
    return jinja2.utils.markupsafe.Markup(_cleaner().clean(str(soup)))


def _html(nb):
    # Not nbformat earlier than here: what a kernel sends may be nested deeper than it can follow.
    return _exporter().from_notebook_node(nbformat.from_dict(nb))[0]


def _shown(nb, cell):
    """Return a cell; one that nbconvert cannot render, as where a pasted picture was lost, as its mere text."""
    try:
        _html({**nb, "cells": [cell]})
        return cell
    except Exception:
        return _text(cell)


def _text(cell):
    return {"cell_type": "code", "source": cell["source"], "metadata": {}, "outputs": [], "execution_count": None}


def _showable(output):
    if "data" not in output:
        return output
    told = output.get("metadata") if isinstance(output.get("metadata"), dict) else {}
    output["data"] = {
        kind: data
        for kind, data in output["data"].items()
        if kind in KINDS and isinstance(data, str) and (kind != "text/html" or len(data) < LARGEST_TABLE)
    }
    output["metadata"] = {
        kind: {name: value for name, value in told[kind].items() if isinstance(value, str | int | float)}
        for kind in output["data"]
        if isinstance(told.get(kind), dict)
    }
    return output if output["data"] else None


@cache
def _exporter():
    exporter = HTMLExporter(template_name="basic", anchor_link_text="", exclude_anchor_links=True)
    exporter.log.disabled = True
    return exporter


@cache
def _cleaner():
    return bleach.Cleaner(
        tags=TAGS,
        attributes=_allowed,
        protocols={"http", "https", "mailto", "data"},
        strip=True,
        css_sanitizer=CSSSanitizer(allowed_css_properties=STYLES),
    )


def _allowed(tag, name, value):
    if name in ("class", "title", "lang", "dir", "style"):
        return True
    if tag == "img":
        return name in ("alt", "width", "height") or name == "src" and value.strip().lower().startswith(PICTURES)
    if tag == "a":
        return name == "href" and value.strip().lower().startswith(("http://", "https://", "mailto:"))
    return tag in ("td", "th") and name in ("colspan", "rowspan", "scope") or tag == "ol" and name == "start"
