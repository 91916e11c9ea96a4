"""Say what became of an answer, and what form it must have, in the language in use."""

from casekit import labels
from casekit.errors import InputError


def explain(mark, sheet, lang=None):
    """Say in one sentence why an answer got its points, without giving the answer away.

    用一句话说明这道题为什么得这些分，但不透露答案。

    Parameters
    ----------
    mark : Mark
    sheet : Sheet
        The one with the mistakes' words; a released sheet lacks them.
    lang : str, optional
        A language other than the one in use.

    Returns
    -------
    str
    """
    lang = lang or labels.language()
    question, details = sheet.question(mark.question), dict(mark.details)

    def say(key, /, **named):
        return labels.text(f"mark.{key}", lang, **named)

    carried = [sheet.question(id).title[lang] for id in details.pop("carried", [])]
    titles = say("and").join(say("title", title=title) for title in carried)
    if mark.reason == "invalid":
        return form_problem(InputError(details.pop("code"), **details), lang)
    if mark.reason == "follow_through":
        return say("follow_through", questions=titles)
    if mark.reason == "diagnosed":
        sentence = next(
            (mistake.words[lang] for mistake in question.mistakes if mistake.name == mark.mistake),
            say("wrong"),
        )
    elif details.get("total", 1) > 1:
        sentence = say(f"{mark.reason}_of", right=details["right"], total=details["total"])
    else:
        sentence = say(mark.reason)
    parts = [say(name, n=details[name]) for name in ("missing_rows", "extra_rows") if details.get(name)]
    if details.get("columns"):
        parts.append(say("columns", columns=_columns(details["columns"], lang)))
    if details.get("unmet"):
        names = [labels.text(name, lang) if name in labels.table() else name for name in details["unmet"]]
        parts.append(say("unmet", checks=say("list").join(names)))
    if details.get("failed"):
        parts.append(say("failed", exceptions=details["failed"]))
    if titles:
        parts.append(say("carried", questions=titles))
    return say("joined", first=sentence, rest=say("then").join(parts)) if parts else sentence


def form_problem(error, lang=None):
    """Say what is wrong with the form of an answer.

    说明答案的形式哪里不对。
    """
    lang = lang or labels.language()
    details = {**error.details}
    if "missing" in details:
        details["missing"] = _columns(details["missing"], lang)
    return labels.text(f"error.{error.code}", lang, **details)


def form(question, lang=None):
    """Say in one sentence what form an answer must have: kind, row names, columns, unit.

    用一句话说明答案应有的形式：类型、行名、列名、单位。

    Parameters
    ----------
    question : Question
    lang : str, optional
        A language other than the one in use.

    Examples
    --------
    >>> from casekit.sheet import Question
    >>> print(form(Question("q", 4, "number", {}, unit="days"), "en"))
    One number; unit: days.
    """
    lang = lang or labels.language()

    def say(key, /, **named):
        return labels.text(f"mark.form.{key}", lang, **named)

    first = say(question.kind, parameters=", ".join(question.parameters), n=len(question.parameters))
    parts = []
    if question.key and question.kind in ("series", "frame"):
        parts.append(say("key", key=_columns(question.key, lang)))
    if question.rows:
        parts.append(say("rows", n=int(question.rows)))
    if question.columns and question.kind == "frame":
        parts.append(say("columns", columns=_columns(question.columns, lang)))
    if question.options:
        parts.append(say("options", options=", ".join(question.options)))
    if question.unit:
        parts.append(
            say("unit", unit=labels.table().get(f"unit.{question.unit}", {}).get(lang, question.unit))
        )
    return say("end", text=say("and").join([first, *parts]))


def _columns(names, lang):
    return labels.text("mark.list", lang).join(names)
