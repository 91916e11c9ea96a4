"""The Bullseye scorecard: thirty factors in seven groups, rated by one or several people."""

import html

import ipywidgets as w
import numpy as np
import pandas as pd

from casekit import bullseye, labels, plots
from casekit.errors import InputError
from casekit.plots.chart import name_of, number
from casekit.widgets.live import NAMED, bars, control, line, live

COLUMNS = ["rater", "factor", "rating"]
VIEWS = {
    "means": "bullseye.scorecard(ratings).groups",
    "radar": 'plots.bullseye_radar(bullseye.profiles(ratings.assign(product="own")))',
    "tornado": "plots.bullseye_tornado(bullseye.tornado(ratings))",
    "raters": 'plots.bullseye_raters(ratings.assign(product="own"), "own")',
}
WIDE = {"zh": 28, "en": 40}  # em: the longest factor in words


def scorecard(ratings=None, factors=None, path="bullseye_ratings.csv"):
    """Rate one product: thirty factors, the meaning of each mark, what it adds up to, and who disagrees.

    布尔塞评分卡：给一件商品打三十项分，看每个分数的含义、汇总结果和分歧。

    Parameters
    ----------
    ratings : DataFrame, optional
        ``rater, factor, rating`` of one product, to begin with.
    factors : DataFrame or path, optional
        As for ``bullseye.read``.
    path : path-like
        Where the buttons save the ratings and load them from.

    Returns
    -------
    Live
    """
    known, lang = bullseye.read(factors), labels.language()
    book = {}  # rater -> {factor: rating}

    def take(table):
        bullseye.tabulate(table, factors)  # refuses what is not a rating
        book.clear()
        for row in table.dropna(subset="rating").itertuples():
            book.setdefault(str(row.rater), {})[row.factor] = int(row.rating)

    def written():
        rows = [(rater, factor, each[factor]) for rater, each in book.items() for factor in known.index if factor in each]
        return pd.DataFrame(rows, columns=COLUMNS)

    def meaning(factor, rating):
        band = np.searchsorted([1, 4, 7], rating)
        return known.at[factor, [name for name in bullseye.ANCHORS if f"_{lang}_" in name][band]] if rating >= 0 else "–"

    def draw(view, rater, group, **given):
        book[rater] = {factor: rating for factor, rating in given.items() if rating >= 0}
        for factor, rating in given.items():
            said[factor].value = html.escape(meaning(factor, rating))
        for name, form in forms.items():
            form.layout.display = None if name == group else "none"
        table = written()
        if table.empty:
            return line("widget.bullseye.empty")
        card = bullseye.scorecard(table, factors)
        total, vetoes = card.total, [known.at[factor, lang] for factor in card.total["vetoes"]]
        below = line("widget.bullseye", answered=total["answered"], all=len(known), raters=total["raters"],
                     mean=number(total["factor_mean"], 2), reading=name_of("reading", total["reading"]),
                     group_mean=number(total["group_mean"], 2), vetoes=labels.text("plot.and").join(vetoes) or "–")  # fmt: skip
        if view == "means":
            rows = [(name_of("group", each), row["mean"], "–" if pd.isna(row["mean"]) else number(row["mean"], 1))
                    for each, row in card.groups.iterrows()]  # fmt: skip
            return bars(rows, 10), below
        charts = {"radar": lambda: plots.bullseye_radar(bullseye.profiles(table.assign(product="own"), factors)),
                  "tornado": lambda: plots.bullseye_tornado(bullseye.tornado(table, factors)),
                  "raters": lambda: plots.bullseye_raters(table.assign(product="own"), "own", factors=factors)}  # fmt: skip
        return charts[view](), below

    def code(view, **_):
        rows = ", ".join(str(row) for row in written().itertuples(index=False, name=None)).replace("'", '"')
        return f"ratings = pd.DataFrame([{rows}], columns={COLUMNS})\n{VIEWS[view]}"

    if ratings is not None:
        take(ratings)
    first = next(iter(book), "1")
    rater = w.Text(first, description=labels.text("control.rater"), continuous_update=False, style=NAMED)
    boxes = {factor: w.BoundedIntText(book.get(first, {}).get(factor, -1), min=-1, max=10, description=words,
                                      style={"description_width": f"{WIDE[lang]}em"}, layout=w.Layout(width=f"{WIDE[lang] + 6}em")) for factor, words in known[lang].items()}  # fmt: skip
    said = {factor: w.HTML(layout=w.Layout(margin=f"0 0 6px {WIDE[lang] + 1}em")) for factor in boxes}
    forms = {group: w.VBox([part for factor in rows.index for part in (boxes[factor], said[factor])])
             for group, rows in known.groupby("group", sort=False)}  # fmt: skip

    def show(_=None):
        with face.together():
            for factor, box in boxes.items():
                box.value = book.get(rater.value, {}).get(factor, -1)

    rater.observe(show, "value")
    face = live(draw, code, view=list(VIEWS), rater=rater, group=control("group", list(forms)), **boxes)

    def save(_):
        written().to_csv(path, index=False)
        note.value = line("widget.saved", path=path, rows=len(written()))

    def load(_):
        try:
            take(pd.read_csv(path, dtype={"rater": str}))
        except (InputError, OSError) as error:
            note.value = f"<p role='status'>{html.escape(str(error))}</p>"
            return
        rater.value = next(iter(book))
        show()
        note.value = line("widget.loaded", path=path, rows=len(written()), raters=", ".join(book))

    note, buttons = w.HTML(), [w.Button(description=labels.text(f"widget.{name}")) for name in ("save", "load")]
    for button, act in zip(buttons, (save, load), strict=True):
        button.on_click(act)
    top, picture, *rest = face.children
    top.children = [face.controls[name] for name in ("view", "rater", "group")]
    face.children = [top, w.HTML(line("widget.bullseye.hint")), *forms.values(), picture, *rest, w.HBox(buttons), note]
    return face
