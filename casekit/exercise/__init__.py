"""The student's side of an exercise: own data, answers that leave as data, practice mode.

Nothing here raises for a bad answer: the student is told what is wrong with it, and *Run All* goes on. Keys
are looked for beside the sheet only, and never when the environment has ``CASEKIT_GRADING``: in a graded
run no key may be in the student's process.
"""

import difflib
import functools
import os
from pathlib import Path

import pandas as pd

from casekit import answers, datasets, labels, mark, saved, sheet
from casekit.answers import Failure, Function, Outputs
from casekit.errors import InputError
from casekit.exercise.cards import Card, Progress, Rubric, bundle, plain, show
from casekit.exercise.clicks import FACES, Clicks, write_down

PLACES = (Path(), Path("exercises"), Path(__file__).parents[2] / "exercises")

_functions = {}  # question -> the function last answered, for probe()


class Exercise:
    """Open an exercise in a notebook: its data, its questions, and where one stands.

    在笔记本中打开一份练习：数据、题目和进度。

    Parameters
    ----------
    name : str
        Such as ``"04_rfm"``; the sheet ``04_rfm.toml`` is looked for in the working folder, in its
        ``exercises`` and in the checkout's ``exercises``. Without a sheet answers are still carried, only
        not checked.
    student : str, optional
        Seeds the student's own data; while it is empty the data are those that everybody has.
    lang : str, optional
        ``"zh"`` or ``"en"``, of all messages.

    Examples
    --------
    >>> ex = Exercise("none_such", "20250101", "en")
    >>> len(ex.data("practice_table"))
    10
    """

    def __init__(self, name, student=None, lang=None):
        if lang:
            labels.use(lang)
        self.name, self.student = name, _student(student)
        path = next((file for place in PLACES if (file := place / f"{name}.toml").is_file()), None)
        self.sheet, self._key = sheet.read(path) if path else None, None
        if path and "CASEKIT_GRADING" not in os.environ:
            key = path.parent / "keys" / f"{name}.py"
            self._key = mark.load_key(key) if key.is_file() else None
        self._given, self._states = {}, {}
        self._clicks = Clicks(saved.path(name, self.student, Path.cwd()))

    def data(self, name):
        """Return the student's own variant of a dataset, a fresh table each time.

        返回学生自己的那份数据（每次都是新的表）。

        Parameters
        ----------
        name : str
            Such as ``"orders"``.

        Returns
        -------
        DataFrame
        """
        return datasets.load(name, student=self.student)

    @property
    def given(self):
        """Return the answers handed in so far, as the grader would read them.

        返回目前已交的答案，与评分时读到的一致。
        """
        return dict(self._given)

    @property
    def as_of(self):
        """Return the day to count from, ``"YYYY-MM-DD"``; it belongs to the student's own data.

        返回截止日期（``"YYYY-MM-DD"``），与学生自己的数据对应。
        """
        data = self.sheet.data if self.sheet else ()
        return datasets.as_of(data[0] if data else "orders", student=self.student)

    def answer(self, question, value):
        """Hand in an answer; the last one to a question counts.

        交一道题的答案；同一题以最后一次为准。

        Parameters
        ----------
        question : str
            The question's id.
        value : object
            ``...`` means "not answered yet". Otherwise what the question asks for; a released exercise
            tells at once whether the form fits, practice mode also whether the answer is right.
        """
        question = str(question)
        stated = self.sheet.question(question) if self.sheet else None
        if self.sheet and not stated:
            return self._unknown(question)
        self._given.pop(question, None)
        body = None
        if value is ... or value is None or (isinstance(value, str) and not value.strip()):
            state, lines = "open", [labels.text("ex.none" if value is None else "ex.open")]
        else:
            try:
                body = answers.bundle(question, value)
                self._given[question] = answers.decode(body[answers.MIME]["value"])
                _functions[question] = value
                state, lines = self._judge(stated) if stated else ("received", [labels.text("ex.no_sheet")])
            except InputError as error:
                state, lines = "problem", [mark.form_problem(error)]
                lines += [labels.text("ex.wanted", form=mark.form(stated))] if stated else []
        self._states[question] = state
        if state != "open" or self._clicks.file.exists():  # a look at an exercise leaves nothing behind
            saved.keep(self._clicks.file, states={question: state})
        return show(self._card(state, question, lines), body)

    def ask(self, question):
        """Ask a question that is answered by clicking or typing; each click is saved at once.

        显示一道可以点选或填写的题；每次点选立即保存。

        Parameters
        ----------
        question : str
            The id of a question of kind ``choice``, ``multiple``, ``order``, ``match``, ``number``, ``text``
            or ``essay``. :meth:`submit` hands the answer in.
        """
        stated = self.sheet.question(str(question)) if self.sheet else None
        if not stated:
            return self._unknown(str(question))
        if stated.kind not in FACES:
            return show(self._card("problem", question, [labels.text("ex.click.kind")]))
        from IPython.display import display

        return display(self._clicks.ask(stated, self._title(stated), self._told if self._key else None))

    def submit(self, given=None):
        """Hand in what was clicked: in the last cell, which then holds all of it and goes wherever the file goes.

        交上所有点选的答案：放在最后一格；运行后答案就写在这一格里，随文件一起走。

        Parameters
        ----------
        given : dict, optional
            Written by the last run of this cell: question to answer. A click in this session, or one saved
            since then, counts before it; what it says counts before anything else that was saved.
        """
        if not self.sheet:
            return self._unknown(self.name)
        values = self._clicks.merged(given if isinstance(given, dict) else {})
        place = {question.id: at for at, question in enumerate(self.sheet.questions)}
        values = dict(sorted(values.items(), key=lambda item: place.get(item[0], len(place))))
        for question, value in values.items():
            self.answer(question, value)
        written = write_down(values)
        self._clicks.settle(values, written)
        notes = [labels.text("ex.saved", time=time)] if (time := saved.read(self._clicks.file).get("time")) else []
        if written is not None and values:
            notes.append(labels.text("ex.written" if written else "ex.not_written"))
        return self._progress(notes)

    def progress(self):
        """Show which questions are answered and which are not.

        显示哪些题已经作答、哪些还没有。
        """
        return self._progress() if self.sheet else self._unknown(self.name)

    def _progress(self, notes=()):
        rows = [(question, self._states.get(question.id, "open")) for question in self.sheet.questions]
        return show(Progress(rows, labels.language(), tuple(notes)))

    def _unknown(self, question):
        if not self.sheet:
            return show(Card("problem", question, [labels.text("ex.no_sheet")]))
        near = difflib.get_close_matches(question, [q.id for q in self.sheet.questions], 1, 0)
        return show(Card("problem", question, [labels.text("ex.unknown", near=near[0])]))

    def rubric(self, question):
        """Show the rubric by which an essay is marked.

        显示论述题的评分量规。

        Parameters
        ----------
        question : str
        """
        stated = self.sheet.question(question) if self.sheet else None
        if not stated or not stated.rubric:
            return show(Card("problem", str(question), [labels.text("ex.no_rubric")]))
        return show(Rubric(stated, labels.language()))

    @functools.cached_property
    def _world(self):
        return {name: self.data(name) for name in self.sheet.data} | {"as_of": self.as_of}

    def _card(self, state, question, lines):
        stated = self.sheet.question(question) if self.sheet else None
        if not stated:
            return Card(state, question, lines)
        return Card(state, self._title(stated), lines)

    def _title(self, stated):
        return labels.text("ex.title", title=stated.title[labels.language()], points=plain(stated.points))

    def _judge(self, stated):
        given = dict(self._given)
        shaped = mark.shape(stated, given[stated.id])
        if stated.kind in ("order", "match") and shaped.isna().any():
            return "problem", [labels.text("ex.unfinished", n=shaped.isna().sum())]
        received = [labels.text("ex.received", what=_described(stated, shaped))]
        if not self._key:
            return "received", received
        probes = mark.probes(self.sheet, self._key, 1)
        for id, inputs in probes.items():
            if isinstance(given.get(id), Function):
                given[id] = outputs(id, inputs)
        marks = mark.mark(self.sheet, self._key, given, self.student, probes=probes, data=self._world)
        found = next(one for one in marks if one.question == stated.id)
        why = mark.explain(found, self.sheet)
        if found.reason == "manual":
            return "received", [*received, why]
        points, maximum = plain(found.points), plain(found.maximum)
        lines = [*received, labels.text("ex.verdict", points=points, maximum=maximum, why=why)]
        if stated.hint and found.reason not in ("right", "follow_through"):
            lines.append(labels.text("ex.hint", hint=stated.hint[labels.language()]))
        earned = "partial" if found.points else "wrong"
        return ("right" if found.points == found.maximum else earned), lines

    def _told(self, stated, value):
        """Say in practice mode what a click is worth; nothing while something is open."""
        self._given.pop(stated.id, None)
        if value is None:
            return ""
        self._given[stated.id] = value
        try:
            state, lines = self._judge(stated)
        except InputError:
            return ""
        return Card(state, lines[1], lines[2:]).html() if len(lines) > 1 else ""

    def _repr_mimebundle_(self, include=None, exclude=None):
        return bundle(self._about())

    def __repr__(self):
        return self._about().text()

    def _about(self):
        lines = [labels.text("ex.student" if self.student else "ex.no_student", student=self.student)]
        lines.append(labels.text("ex.as_of", day=self.as_of))
        if not self.sheet:
            return Card("problem", self.name, [labels.text("ex.no_sheet"), *lines])
        mode = "ex.mode_practice" if self._key else "ex.mode_graded"
        lines.append(labels.text(mode, n=len(self.sheet.questions), points=plain(self.sheet.points)))
        return Card("about" if self.student else "problem", self.sheet.title[labels.language()], lines)


def probe(question, inputs):
    """Call the function last answered to a question on encoded inputs and show what it returns.

    用给定的输入试算学生最后交的函数，并输出返回值，供评分使用。

    Parameters
    ----------
    question : str
    inputs : list
        One :func:`casekit.answers.encode`-d tuple of arguments per call.
    """
    if question in _functions:
        values = outputs(question, [answers.decode(values) for values in inputs])
        show(Card("received", question, []), answers.bundle(question, values))


def outputs(question, inputs):
    """Return what the function last answered to a question gives on some inputs.

    返回学生最后交的函数在给定输入上的输出。

    Parameters
    ----------
    question : str
    inputs : sequence of tuple
        One tuple of arguments per call.
    """
    return Outputs(tuple(_tried(_functions[question], values) for values in inputs))


def _tried(function, values):
    try:
        value = function(*values)
        answers.encode(value)
        return value
    except InputError as error:
        return Failure(error.code)
    except (Exception, SystemExit) as error:
        return Failure(type(error).__name__)


def _student(student):
    try:
        datasets.student_key(student)
    except InputError:  # still empty
        return None
    return str(student).strip()


def _chosen(question, value):
    def words(some, ids):
        return [some[id][labels.language()] for id in ids]

    if question.kind == "multiple":
        return " + ".join(words(question.options, value.index[value]))
    if question.kind == "order":
        return " → ".join(words(question.options, value))
    pairs = zip(words(question.options, value.index), words(question.pairs, value), strict=True)
    return "; ".join(" – ".join(pair) for pair in pairs)


def _described(question, value):
    """Say what was received, so that a student sees what left the notebook."""
    if question.kind == "number":
        unit = labels.table().get(f"unit.{question.unit}", {}).get(labels.language(), question.unit)
        return f"{value:.10g} {unit if question.unit != 'share' else ''}".strip()
    if question.kind == "choice":
        return f"{value} · {question.options[value][labels.language()]}"
    if question.kind in sheet.CLICKED:
        return _chosen(question, value)
    if isinstance(value, pd.Series | pd.DataFrame):
        return labels.text("ex.rows", n=len(value))
    if isinstance(value, Function):
        return f"{value.name}({', '.join(value.parameters)})"
    return labels.text("ex.characters", n=len(str(value).strip()))
