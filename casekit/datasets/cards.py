"""What a person reads about a dataset: its card, the catalog, how to cite it."""

from dataclasses import dataclass

from casekit import labels
from casekit.datasets.package import entry


def card(name):
    """Return the card of a dataset: origin, rows, known flaws, allowed use, licence, fields.

    返回数据集的说明卡：来源、行数、已知缺陷、允许的用途、许可、字段。

    Examples
    --------
    >>> print(card("orders").text("en").splitlines()[0])
    ### Orders of a shop (synthetic)
    """
    return Card(entry(name))


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

        def said(thing, key):
            return thing[key if lang == "en" else f"{key}_zh"]

        def word(key, **named):
            return labels.text(f"card.{key}", lang, **named)

        points = [
            ("origin", said(facts, "origin")),
            ("rows", f"{facts['rows']:,}"),
            ("as_of", facts["as_of"] or word("none")),
            ("flaws", "".join(f"\n  - {said(flaw, 'text')}".format(**flaw) for flaw in facts["flaws"]) or word("none")),
            ("use", said(facts, "use")),
            ("student", word("student_yes" if "student" in facts else "student_no")),
            ("licence", ", ".join(f"[{one['title']}]({one['path']})" for one in resource["licenses"])),
        ]
        notes = [word(key) for key in ("synthetic", "truth") if facts[key]]
        fields = [(f"`{field['name']}`", said(field, "title"), word(f"type.{field['type']}"),
                   word(f"unit.{field['unit']}") if "unit" in field else "",
                   said(field, "description")) for field in resource["schema"]["fields"]]
        header = [word(key) for key in ("field", "title", "type", "unit", "meaning")]
        return "\n".join([
            f"### {said(resource, 'title')}", "",
            said(resource, "description"), "",
            *(line for note in notes for line in (f"> {note}", "")),
            *(word("point", name=word(key), text=text) for key, text in points), "",
            *("| " + " | ".join(row) + " |" for row in (header, ["---"] * len(header), *fields)),
        ]) + "\n"

    __repr__ = _repr_markdown_ = text
