"""Read a key file and call its functions; it runs in the trusted process only."""

import hashlib
import importlib.util
import inspect
import warnings
import zlib
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import numpy as np

from casekit import datasets
from casekit.errors import InputError


@dataclass(frozen=True)
class Key:
    """Hold the functions of a key file: one per question, its known mistakes, its probe inputs.

    一份答案文件里的函数：每题一个，外加已知错误和试算输入。
    """

    path: Path
    functions: dict  # question -> function
    mistakes: dict  # question -> {mistake: function}
    inputs: dict  # question -> function of a numpy Generator
    checks: dict  # question -> function of the answer
    sha: str

    def order(self):
        """Return the questions so that each comes after those its function takes.

        返回题目的计算顺序：每道题排在它所用到的题目之后。
        """
        graph = {
            name: self.arguments(function) & set(self.functions) for name, function in self.functions.items()
        }
        graph = {name: set() if name in self.inputs else needs for name, needs in graph.items()}
        try:
            return list(TopologicalSorter(graph).static_order())
        except CycleError as error:
            raise InputError(
                "mark.key_cycle", file=self.path.name, questions=" → ".join(error.args[1])
            ) from None

    @staticmethod
    def arguments(function):
        """Return the names of a function's arguments.

        返回函数的参数名。
        """
        return set(inspect.signature(function).parameters)


def load_key(path):
    """Run a key file and gather its functions by their names.

    运行答案文件，按名称收集其中的函数。

    ``recency(orders, as_of)`` answers the question ``recency``; ``recency__calendar(...)`` gives what that
    mistake would give; ``points__inputs(rng)`` draws probe inputs for the function question ``points``.
    Arguments are named after the data, ``as_of``, ``student`` and other questions; a mistake may also take
    ``answer``, the student's own answer to its question, for mistakes that leave one thing open (counted to
    which other day?). ``design__check(answer)`` judges a question with many right answers: it returns
    ``{check: met}``, where a check may be the key of a label; ``design()`` itself is one right answer.
    Imported functions and names that begin with ``_`` are left alone.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Key

    Raises
    ------
    InputError
        ``mark.key_file`` or ``mark.key_cycle``.
    """
    path = Path(path)
    try:
        source = path.read_bytes()
        spec = importlib.util.spec_from_file_location(f"casekit_key_{path.stem}", path)
        module = importlib.util.module_from_spec(spec)
        # Not from a compiled copy: that is told from its source by whole seconds and size, and a key may change twice in one.
        exec(compile(source, path, "exec"), vars(module))  # noqa: S102  the teacher's own file
    except Exception as error:
        raise InputError("mark.key_file", file=str(path), reason=repr(error)) from None
    functions, mistakes, inputs, checks = {}, {}, {}, {}
    for name, function in vars(module).items():
        if name.startswith("_") or not inspect.isfunction(function) or function.__module__ != module.__name__:
            continue
        question, _, mistake = name.partition("__")
        if not mistake:
            functions[question] = function
        elif mistake == "inputs":
            inputs[question] = function
        elif mistake == "check":
            checks[question] = function
        else:
            mistakes.setdefault(question, {})[mistake] = function
    key = Key(path, functions, mistakes, inputs, checks, hashlib.sha256(source).hexdigest())
    key.order()
    return key


def check(sheet, key):
    """Raise InputError where sheet and key do not fit each other.

    评分表与答案文件不一致时报错。
    """
    file = key.path.name
    known = {question.id for question in sheet.questions}
    for question in sheet.questions:
        if question.kind != "essay" and question.id not in key.functions:
            raise InputError("mark.key_missing", file=file, function=question.id)
        if question.kind == "function" and question.id not in key.inputs:
            raise InputError("mark.key_missing", file=file, function=f"{question.id}__inputs")
        told, coded = {mistake.name for mistake in question.mistakes}, set(key.mistakes.get(question.id, ()))
        for name in sorted(told - coded):
            raise InputError("mark.key_missing", file=file, function=f"{question.id}__{name}")
        for name in sorted(coded - told):
            raise InputError("mark.key_extra", file=file, function=f"{question.id}__{name}")
        known_functions = (key.functions.get(question.id), key.checks.get(question.id))
        for function in (*known_functions, *key.mistakes.get(question.id, {}).values()):
            allowed = {"as_of", "student", *sheet.data, *known} | (
                {"answer"} if "__" in getattr(function, "__name__", "") else set()
            )
            if (
                function
                and question.kind != "function"
                and (other := sorted(key.arguments(function) - allowed))
            ):
                name, given = function.__name__, ", ".join(sorted(allowed))
                raise InputError(
                    "mark.key_argument", file=file, function=name, argument=", ".join(other), known=given
                )
    for name in sorted({*key.functions, *key.mistakes, *key.inputs, *key.checks} - known):
        raise InputError("mark.key_extra", file=file, function=name)


def world(sheet, student, data=None):
    """Return what key functions may take: the student's data, ``as_of`` and ``student``.

    返回答案函数可用的参数：学生的数据、``as_of``、``student``。
    """
    data = dict(data or {})
    for name in sheet.data:
        if name not in data:
            data[name] = datasets.load(name, student=student or None)
    if "as_of" not in data and sheet.data:
        data["as_of"] = datasets.as_of(sheet.data[0], student=student or None)
    return {**data, "student": student}


def call(function, values):
    """Call a key function with the arguments that it names; each gets copies, so none can spoil another's.

    按参数名调用答案函数；表格都是副本，互不影响。
    """
    given = {name: values[name] for name in Key.arguments(function)}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return function(**{name: v.copy() if hasattr(v, "copy") else v for name, v in given.items()})


def probes(sheet, key, seed):
    """Draw the inputs on which function answers are tried.

    抽取用于试算函数题的输入。

    Parameters
    ----------
    sheet : Sheet
    key : Key
    seed : int
        A secret of the grading run; the same seed gives the same inputs.

    Returns
    -------
    dict
        Question id to a list of tuples, one tuple of arguments per probe.
    """
    return {
        question.id: [tuple(values) for values in key.inputs[question.id](_rng(seed, question.id))]
        for question in sheet.questions
        if question.kind == "function"
    }


def _rng(seed, question):
    return np.random.default_rng([abs(int(seed)), zlib.crc32(question.encode())])
