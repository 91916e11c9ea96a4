"""From an executed notebook to its marks: the same for a fresh run and for one that is on record."""

import hashlib
import inspect
import json

import casekit
from casekit import answers, mark
from casekit.grading.intake import Note


def sha(*parts):
    """Return the hash of some plain values.

    返回若干普通值的哈希。
    """
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def key(one, source, student, lang):
    """Return the hash of all that decides a result: one of the same key need not be made again.

    返回决定结果的全部内容的哈希：相同则不必重新运行。

    Parameters
    ----------
    one : Master
    source : str
        :func:`casekit.grading.intake.source_sha` of the student's cells.
    student, lang : str
    """
    return sha(one.id, source, one.sheet.sha, one.key.sha, one.data_sha, casekit.__version__, student, lang)


def probes(one, student, secret=""):
    """Draw a student's inputs for the function questions.

    为一名学生抽取函数题的试算输入。

    Nobody without the gradebook, whose secret it is, can tell the seed. Else it hangs on the text of
    ``question__inputs`` alone: whoever is graded again gets the same inputs, and a key that was corrected elsewhere
    can judge the outputs that are on record.
    """
    drawn = {}
    for question, inputs in one.key.inputs.items():
        seed = int(sha(inspect.getsource(inputs), student, *filter(None, [secret]))[:15], 16)
        drawn[question] = mark.probes(one.sheet, one.key, seed)[question]
    return drawn


def judge(one, student, notebook, drawn):
    """Mark what an executed notebook answered.

    评判一份运行过的笔记本里的答案。

    Parameters
    ----------
    one : Master
    student : str
    notebook : str
        JSON.
    drawn : dict
        The inputs that its functions were given, as :func:`probes` returns them.

    Returns
    -------
    dict
        ``marks``, ``notes`` on answers that could not be read, ``digests`` and ``essays``, as a
        :class:`casekit.grading.gradebook.Result` holds them.
    """
    collected = answers.collect(json.loads(notebook))
    digests, essays = {}, {}
    for question in one.sheet.questions:
        answer = collected.answers.get(question.id)
        if found := mark.digest(question, answer):
            digests[question.id] = found
        if question.kind == "essay" and isinstance(answer, str):
            essays[question.id] = answer
    notes = tuple(
        Note(f"error.{note.code}", {**note.details, "question": note.question} if note.question else note.details)
        for note in collected.notes
    )
    marks = mark.mark(one.sheet, one.key, collected.answers, student, probes=drawn)
    return {"marks": marks, "notes": notes, "digests": digests, "essays": essays}
