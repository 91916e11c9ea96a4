"""The house rules of notebooks: what makes a chapter teachable, translatable and safe to run again."""

import ast
import html
import io
import re
import tokenize
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from casekit import labels
from casekit.notebooks.files import clean, dumps, lang_of, read

MAX_LINES = 15  # of a code cell
MAX_WORDS = {"en": 120, "zh": 160}  # of a markdown cell: words, Chinese characters
MAX_CELLS = 80
MAX_BYTES = 80_000
MIN_PREDICTIONS = 2
TAGS = {"parameters", "predict", "explain", "exercise", "raises-exception"}
OPENING = {
    "chapter": ("title", "goals", "before", "install", "parameters", "start"),
    "exercise": ("title", "parameters", "start"),
    "guide": ("title", "parameters", "start"),
}
CLOSING = {
    "chapter": ("summary", "exercises", "references", "glossary", "versions"),
    "exercise": (),
    "guide": (),
}

HAN = r"[\u3400-\u4dbf\u4e00-\u9fff]"
FILE_NAME = re.compile(r"\d\d_[a-z0-9_]+\.(zh|en)\.ipynb")
SLUG = re.compile(r"(?![0-9a-f]{8}(-|$))[a-z][a-z0-9]*(-[a-z0-9]+)*")  # no random id of JupyterLab's
SQL = re.compile(r"\s*(SELECT|INSERT|CREATE|WITH)\b")  # words, too, but for machines
SENTENCE = re.compile(r"[A-Za-z]{2,}(?:[ ,.:;!?]+[A-Za-z]{2,}){2}")
PLACE = re.compile(r"^(https?:|ftp:|~|\.{0,2}/|[A-Za-z]:\\)|\.(csv|xlsx?|parquet|json|ipynb|txt|gz|png)$")
MAGIC = re.compile(r"^(\s*)[%!].*$", re.MULTILINE)
CALLS = {"input", "chdir", "filterwarnings", "simplefilter", "set_theme", "now", "today", "utcnow"}
# A half-width mark that touches a Chinese character. A full stop counts only where it ends something.
HALF_WIDTH = re.compile(rf"{HAN} ?[,;:?!()\"]|[,;:?!(\"] ?{HAN}|\){HAN}|{HAN}\.(?=\s|$|{HAN})")


@dataclass(frozen=True)
class Problem:
    """Name one broken rule: the cell, the rule and what the sentence about it says.

    一处不合规则的地方：哪一格、哪条规则、细节。
    """

    cell: str  # its id, or "" for the whole file
    rule: str
    details: dict = field(default_factory=dict, hash=False)

    def __str__(self):
        return labels.text(f"notebook.{self.rule}", **self.details)


def review(path):
    """Return the broken rules of a notebook file: those of its cells and those of the file.

    检查一个笔记本文件，返回所有不合规则之处。

    Parameters
    ----------
    path : path
        The kind follows from the path, see :func:`kind_of`.

    Returns
    -------
    tuple of Problem
    """
    path = Path(path)
    nb = read(path)
    found = []
    if not FILE_NAME.fullmatch(path.name):
        found.append(Problem("", "file_name", {"file": path.name}))
    if path.read_bytes() != dumps(clean(nb)).encode():
        found.append(Problem("", "unclean"))
    if path.stat().st_size > MAX_BYTES:
        found.append(Problem("", "size", {"size": path.stat().st_size // 1000, "limit": MAX_BYTES // 1000}))
    for cell in nb.cells:
        for target in _links(cell) if cell.cell_type == "markdown" else ():
            if not (path.parent / target).exists():
                found.append(Problem(cell.id, "link", {"target": target}))
    return (*found, *problems(nb, kind_of(path), lang_of(path) or "zh"))


def kind_of(path):
    """Return what a notebook is by its path: ``"chapter"``, ``"exercise"`` or ``"guide"``.

    按路径判断笔记本的类型：章节、练习或指南。

    An exercise lies in ``exercises/``, a chapter has a number other than 00, all else is a guide.

    Examples
    --------
    >>> kind_of("notebooks/04_rfm.zh.ipynb"), kind_of("notebooks/00_welcome.en.ipynb")
    ('chapter', 'guide')
    """
    path = Path(path)
    if path.parent.name == "exercises":
        return "exercise"
    return "chapter" if re.match(r"\d\d_", path.name) and not path.name.startswith("00") else "guide"


def problems(nb, kind="chapter", lang="zh"):
    """Return the broken house rules of a notebook, in the order of its cells within each rule.

    返回笔记本中不合规则之处。

    Parameters
    ----------
    nb : nbformat.NotebookNode
    kind : str
        ``"chapter"``, ``"exercise"`` or ``"guide"``: which fixed cells it must have.
    lang : str
        The language of its prose.

    Returns
    -------
    tuple of Problem

    Examples
    --------
    >>> from nbformat import v4
    >>> nb = v4.new_notebook(cells=[v4.new_code_cell("x = 1  # one", id="load-orders")])
    >>> "comment" in {problem.rule for problem in problems(nb)}
    True
    """
    found = [*_skeleton(nb, kind), *_ids(nb), *_order(nb, kind), *_parameters(nb, kind, lang), *_headings(nb)]
    assigned = {}
    for cell in nb.cells:
        for tag in sorted(set(_tags(cell)) - TAGS):
            found.append(Problem(cell.id, "tag", {"tag": tag, "tags": ", ".join(sorted(TAGS))}))
        if cell.get("attachments"):
            found.append(Problem(cell.id, "attachment"))
        if cell.cell_type == "code":
            found += _code(cell, assigned)
        elif cell.cell_type == "markdown":
            found += _prose(cell, lang)
        else:
            found.append(Problem(cell.id, "raw"))
    return tuple(found)


def _skeleton(nb, kind):
    ids = [cell.id for cell in nb.cells]
    opening = OPENING[kind]
    if kind == "chapter" and tuple(ids[: len(opening)]) != opening:
        yield Problem("", "opening", {"ids": " ".join(opening), "found": " ".join(ids[: len(opening)])})
    fixed = (*opening, *CLOSING[kind])
    missing = [name for name in fixed if name not in ids]
    if missing:
        yield Problem("", "skeleton", {"ids": " ".join(missing)})
    elif sorted(fixed, key=ids.index) != list(fixed):
        yield Problem("", "skeleton_order", {"ids": " ".join(fixed)})
    if ids and ids[0] != "title":
        yield Problem(ids[0], "title_first")
    if len(ids) > MAX_CELLS:
        yield Problem("", "cells", {"count": len(ids), "limit": MAX_CELLS})
    sources = {cell.id: cell.source for cell in nb.cells}
    if "install" in sources and "except ImportError" not in sources["install"]:
        yield Problem("install", "install")
    if "start" in sources and "casekit.start(LANG)" not in sources["start"]:
        yield Problem("start", "start")


def _ids(nb):
    for name, count in Counter(cell.id for cell in nb.cells).items():
        if count > 1:
            yield Problem(name, "duplicate_id", {"count": count})
        if not SLUG.fullmatch(name):
            yield Problem(name, "slug")


def _order(nb, kind):
    opening = {("install", "parameters"), ("parameters", "start")}
    for first, second in pairwise(nb.cells):
        if first.cell_type == second.cell_type == "code" and (first.id, second.id) not in opening:
            yield Problem(second.id, "code_row")
    predictions = [place for place, cell in enumerate(nb.cells) if "predict" in _tags(cell)]
    for place in predictions:
        run, explain = (*nb.cells[place + 1 : place + 3], None, None)[:2]
        if not (run and explain and run.cell_type == "code" and "explain" in _tags(explain)):
            yield Problem(nb.cells[place].id, "predict_explain")
    if kind == "chapter" and len(predictions) < MIN_PREDICTIONS:
        yield Problem("", "predictions", {"count": len(predictions), "least": MIN_PREDICTIONS})


def _tags(cell):
    return cell.metadata.get("tags", ())


def _parameters(nb, kind, lang):
    tagged = [cell.id for cell in nb.cells if "parameters" in _tags(cell)]
    if tagged != ["parameters"]:
        yield Problem("parameters", "parameters_tag")
    source = next((cell.source for cell in nb.cells if cell.id == "parameters"), "")
    values = literals(source)
    if values is None:
        yield Problem("parameters", "parameters_derived")
        return
    for name in ("LANG", "STUDENT") if kind == "exercise" else ("LANG",):
        if name not in values:
            yield Problem("parameters", "parameters_missing", {"name": name})
    if values.get("LANG", lang) != lang:
        yield Problem("parameters", "parameters_lang", {"value": lang})


def literals(source):
    """Return what a parameters cell assigns, ``{name: value}``, or None if anything in it is computed.

    返回参数格中的赋值；若有需要计算的内容，返回 None。

    Examples
    --------
    >>> literals('LANG = "zh"'), literals("a, b = 1, 2"), literals("a = 1 + b")
    ({'LANG': 'zh'}, {'a': 1, 'b': 2}, None)
    """
    values = {}
    try:
        for line in ast.parse(source).body:
            (target,), value = line.targets, ast.literal_eval(line.value)
            names = target.elts if isinstance(target, ast.Tuple) else [target]
            parts = value if isinstance(target, ast.Tuple) else [value]
            values |= {name.id: part for name, part in zip(names, parts, strict=True)}
    except (SyntaxError, ValueError, TypeError, AttributeError):
        return None
    return values


def _headings(nb):
    levels = []
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            marks = re.findall(r"^(#{1,6}) ", _without_code(cell.source), re.MULTILINE)
            levels += [(cell.id, len(mark)) for mark in marks]
    if not levels or levels[0][1] != 1:
        yield Problem("title", "heading_title")
    for (_, before), (cell, level) in pairwise(levels):
        if level == 1 or level > before + 1:
            yield Problem(cell, "heading_level", {"level": level, "before": before})


def _code(cell, assigned):
    """Check one code cell; ``assigned`` remembers which cell assigned each name first."""
    lines = len(cell.source.splitlines())
    if lines > MAX_LINES:
        yield Problem(cell.id, "code_long", {"lines": lines, "limit": MAX_LINES})
    if re.search(HAN, cell.source):
        yield Problem(cell.id, "han")
    if cell.id != "install" and MAGIC.search(cell.source):
        yield Problem(cell.id, "magic")
    source = MAGIC.sub(r"\1pass", cell.source)
    try:
        tree = ast.parse(source)
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (SyntaxError, tokenize.TokenError) as error:
        yield Problem(cell.id, "syntax", {"reason": str(error)})
        return
    for token in tokens:
        if token.type == tokenize.COMMENT:
            yield Problem(cell.id, "comment", {"line": token.start[0]})
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if SENTENCE.search(node.value) and not SQL.match(node.value):
                yield Problem(cell.id, "sentence", {"line": node.lineno})
            elif PLACE.search(node.value):
                yield Problem(cell.id, "place", {"line": node.lineno})
        elif isinstance(node, ast.Call):
            name = _called(node.func)
            if name.split(".")[-1] in CALLS or name.endswith("random.seed"):
                yield Problem(cell.id, "call", {"line": node.lineno, "name": name})
    for name in sorted(_assigns(tree)):
        if assigned.setdefault(name, cell.id) != cell.id:
            yield Problem(cell.id, "rebind", {"name": name, "first": assigned[name]})


def _called(node):
    """Return the dotted name of what is called: ``np.random.seed``."""
    if isinstance(node, ast.Attribute):
        return f"{_called(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _assigns(tree):
    names = set()
    for line in tree.body:
        if isinstance(line, ast.FunctionDef):
            names.add(line.name)
            continue
        for target in getattr(line, "targets", [getattr(line, "target", None)]):
            names |= _stored(target)
    return names


def _stored(target):
    """Return the names that an assignment changes: ``orders["x"] = 1`` changes ``orders``."""
    while isinstance(target, ast.Subscript | ast.Attribute | ast.Starred):
        target = target.value
    if isinstance(target, ast.Tuple | ast.List):
        return set().union(*map(_stored, target.elts))
    return {target.id} if isinstance(target, ast.Name) else set()


def _prose(cell, lang):
    words = _words(cell.source)
    count = len(re.findall(HAN if lang == "zh" else r"[A-Za-z][\w'’-]*", words))
    if count > MAX_WORDS[lang] and cell.id != "references":
        yield Problem(cell.id, "prose_long", {"count": count, "limit": MAX_WORDS[lang]})
    marks = re.sub(r"[*_`|]", "", words)
    if lang == "zh" and (wrong := HALF_WIDTH.search(marks)):
        near = marks[max(0, wrong.start() - 6) : wrong.end() + 6].replace("\n", " ")
        yield Problem(cell.id, "half_width", {"near": near.strip()})
    pictures = re.findall(r"!\[([^\]]*)\]\(([^)\s]*)", cell.source)
    tags = re.findall(r"<img\b[^>]*>", cell.source)
    pictures += [(_attribute(tag, "alt"), _attribute(tag, "src")) for tag in tags]
    for alt, source in pictures:
        least = 5 if lang == "zh" else 10  # a Chinese character says about as much as two letters
        if len(alt.strip()) < least or alt.strip().lower() in ("alt text", Path(source).name.lower()):
            yield Problem(cell.id, "alt", {"source": source[:60]})


def _attribute(tag, name):
    match = re.search(rf'{name}="([^"]*)"', tag)
    return match.group(1) if match else ""


def _without_code(markdown):
    markdown = re.sub(r"^(```|~~~).*?^\1", "", markdown, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`\n]*`", "`", markdown)


def _words(markdown):
    """Return what a person reads: without code, formulas, HTML tags and the addresses of links."""
    words = re.sub(r"\$\$.*?\$\$|\$[^$\n]+\$", "", _without_code(markdown), flags=re.DOTALL)
    words = html.unescape(re.sub(r"<[^>]*>", "", words))
    return re.sub(r"!?\[([^\]]*)\]\([^)]*\)|https?://\S+", r"\1", words)


def _links(cell):
    """Return the relative files that a markdown cell points to."""
    targets = re.findall(r"\]\(([^)\s#]+)", cell.source) + re.findall(r'(?:href|src)="([^"#]+)"', cell.source)
    return [target for target in targets if not re.match(r"[a-z]+:", target)]
