"""What a person reads about a dataset: its card, the catalog, how to cite it."""

from dataclasses import dataclass

import pandas as pd

from casekit import labels
from casekit.datasets.package import descriptor, entry, public, said


def card(name):
    """Return the card of a dataset: origin, rows, known flaws, allowed use, licence, fields.

    返回数据集的说明卡：来源、行数、已知缺陷、允许的用途、许可、字段。

    Examples
    --------
    >>> print(card("orders").text("en").splitlines()[0])
    ### Orders of a shop (synthetic)
    """
    return Card(entry(name))


def catalog():
    """Return all datasets, one row each: what there is, how large, under which licence.

    返回全部数据集的目录，每个一行：是什么、多大、什么许可。

    Returns
    -------
    DataFrame
        Index ``name``; columns ``kind`` (bundled: :func:`load`; public: :func:`fetch`), ``title`` in the language
        in use, ``rows``, ``bytes`` (missing where unknown), ``as_of``, ``licence``, ``synthetic``, ``truth`` (not
        for students) and ``student`` (has student variants).

    Examples
    --------
    >>> catalog().loc[["orders", "cdnow"], "rows"].tolist()
    [4942, 69659]
    """
    rows = [
        (one["name"], "bundled", said(one, "title"), facts["rows"], one["bytes"], facts["as_of"],
         ", ".join(licence["title"] for licence in one["licenses"]), facts["synthetic"], facts["truth"],
         "student" in facts)
        for one in descriptor()["resources"] for facts in [one["casekit"]]
    ] + [
        (name, "public", said(one, "title"), one["facts"]["rows"], None, one["as_of"], said(one, "licence"),
         False, False, False)
        for name, one in public().items()
    ]  # fmt: skip
    columns = ["name", "kind", "title", "rows", "bytes", "as_of", "licence", "synthetic", "truth", "student"]
    return pd.DataFrame(rows, columns=columns).set_index("name").astype({"bytes": "Int64"})


def cite(name):
    """Return the BibTeX entry by which to cite a dataset.

    返回引用某个数据集所用的 BibTeX 条目。

    A bundled dataset is cited with its version and the beginning of its SHA-256, a public one by its published
    reference.

    Examples
    --------
    >>> print(cite("orders").splitlines()[0])
    @misc{casekit_orders,
    """
    if name in public():
        return public()[name]["reference"]
    one, package = entry(name), descriptor()
    fields = {
        "author": " and ".join(f"{{{person['title']}}}" for person in package["contributors"]),
        "title": f"{{{one['title']}}}",
        "year": package["created"][:4],
        "howpublished": f"Dataset {name} of casekit, version {package['version']}",
        "note": f"{one['licenses'][0]['title']}; SHA-256 {one['hash'].removeprefix('sha256:')[:16]}",
    }
    lines = "".join(f"  {key:<12} = {{{value}}},\n" for key, value in fields.items())
    return f"@misc{{casekit_{name},\n{lines}}}"


@dataclass(frozen=True, repr=False)
class Card:
    """The card of a dataset; Jupyter shows it as a page, ``text("en")`` gives its Markdown.

    数据集说明卡：在 Jupyter 中显示为一页，``text("zh")`` 返回其 Markdown 文本。
    """

    resource: dict

    def text(self, lang=None):
        """Return the card as Markdown.

        返回说明卡的 Markdown 文本。
        """
        lang = lang or labels.language()
        resource, facts = self.resource, self.resource["casekit"]

        def word(key, **named):
            return labels.text(f"card.{key}", lang, **named)

        points = [
            ("origin", said(facts, "origin", lang)),
            ("rows", f"{facts['rows']:,}"),
            ("as_of", facts["as_of"] or word("none")),
            ("flaws", "".join(f"\n  - {said(flaw, 'text', lang)}".format(**flaw) for flaw in facts["flaws"]) or word("none")),
            ("use", said(facts, "use", lang)),
            ("student", word("student_yes" if "student" in facts else "student_no")),
            ("licence", ", ".join(f"[{one['title']}]({one['path']})" for one in resource["licenses"])),
        ]
        notes = [word(key) for key in ("synthetic", "truth") if facts[key]]
        fields = [(f"`{field['name']}`", said(field, "title", lang), word(f"type.{field['type']}"),
                   word(f"unit.{field['unit']}") if "unit" in field else "",
                   said(field, "description", lang)) for field in resource["schema"]["fields"]]
        header = [word(key) for key in ("field", "title", "type", "unit", "meaning")]
        return "\n".join([
            f"### {said(resource, 'title', lang)}", "",
            said(resource, "description", lang), "",
            *(line for note in notes for line in (f"> {note}", "")),
            *(word("point", name=word(key), text=text) for key, text in points), "",
            *("| " + " | ".join(row) + " |" for row in (header, ["---"] * len(header), *fields)),
        ]) + "\n"

    __repr__ = _repr_markdown_ = text
