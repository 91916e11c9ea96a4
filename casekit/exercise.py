"""The student's side: data, answer, practice mode.

The keys are looked for beside the sheet only, and never when the environment has ``CASEKIT_GRADING`` (the grader
sets it), so that a graded run never has the key in the student's process.
"""


class Exercise:
    def __init__(self, name, student=None, lang=None):
        raise NotImplementedError

    def data(self, name):
        raise NotImplementedError

    @property
    def as_of(self):
        raise NotImplementedError

    def answer(self, question, value):
        raise NotImplementedError

    def progress(self):
        raise NotImplementedError


def probe(question, inputs):
    """Call the function last given to ``ex.answer(question, ...)`` on ``answers.encode``-d inputs and show the outputs."""
    raise NotImplementedError
