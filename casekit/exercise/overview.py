"""Where one stands: every chapter and exercise in one table, for the welcome notebook."""

import html
import json
import os
from pathlib import Path

from casekit import labels, quiz, saved, sheet
from casekit.errors import InputError
from casekit.exercise.cards import bundle

HOMES = (Path(), Path("notebooks"), Path(__file__).parents[2] / "notebooks")


class Overview:
    """Show all chapters with one's own progress in quiz and exercise.

    显示全部章节，以及自己在概念题和练习中的进度。

    Parameters
    ----------
    lang : str, optional
        A language other than the one in use.

    Examples
    --------
    >>> "RFM" in repr(Overview("en"))
    True
    """

    def __init__(self, lang=None):
        self.lang = lang or labels.language()
        home = next((place for place in HOMES if any(place.glob("[0-9][0-9]_*.ipynb"))), HOMES[0])
        names = {file.name.split(".")[0] for file in home.glob(f"[0-9][0-9]_*.{self.lang}.ipynb")}
        works = home.resolve().parent / "exercises"
        names |= {file.stem for file in works.glob("[0-9][0-9]_*.toml")}
        self.rows = [self._row(name, home, works) for name in sorted(names) if not name.startswith("00")]

    def _row(self, name, home, works):
        chapter, work = (folder / f"{name}.{self.lang}.ipynb" for folder in (home, works))
        files = sorted((works / saved.FOLDER).glob(f"{name}*.json"), key=lambda file: file.stat().st_mtime)
        kept = saved.read(files[-1]) if files else {}
        right = saved.read(saved.path(f"quiz-{name}", folder=home))
        times = [part["time"] for part in (kept, right) if "time" in part]
        states = kept.get("states", {}).values()
        done = sum(state not in ("open", "problem") for state in states)
        return (
            (_title(chapter) or name, _link(chapter)),
            (_share(len(right.get("right", {})), lambda: quiz.read(name)), ""),
            (_share(done, lambda: sheet.read(works / f"{name}.toml").questions), _link(work)),
            (max(times)[:16] if times else "–", ""),
        )

    def text(self):
        """Return it as plain text.

        返回纯文字。
        """
        return "\n".join(" | ".join(text for text, _ in row) for row in self.rows)

    def html(self):
        """Return it as HTML, each name a link to its notebook.

        返回 HTML，名称链接到对应的笔记本。
        """
        left = 'style="text-align:left"'
        heads = "".join(f'<th scope="col" {left}>{labels.text(f"overview.{name}", self.lang)}</th>'
                        for name in ("chapter", "quiz", "exercise", "time"))  # fmt: skip
        rows = "".join(f"<tr>{''.join(f'<td {left}>{_cell(*cell)}</td>' for cell in row)}</tr>" for row in self.rows)
        return f'<table lang="{self.lang}"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'

    def _repr_mimebundle_(self, include=None, exclude=None):
        return bundle(self)

    def __repr__(self):
        return self.text()


def _cell(text, link):
    return f'<a href="{html.escape(link)}">{html.escape(text)}</a>' if link else html.escape(text)


def _link(file):
    return Path(os.path.relpath(file)).as_posix() if file.is_file() else ""


def _title(file):
    try:
        first = json.loads(file.read_text(encoding="utf-8"))["cells"][0]["source"]
    except (OSError, ValueError, KeyError, IndexError):
        return ""
    return "".join(first).splitlines()[0].lstrip("# ")


def _share(done, everything):
    try:
        return f"{done} / {len(everything())}"
    except InputError:  # no quiz, no exercise
        return "–"
