"""The one error of bad input: a code and its details; the words come from labels.csv."""

import traceback


def _plain(code, details):
    return f"{code}: " + ", ".join(f"{name}={value}" for name, value in details.items())


# casekit.labels puts the bilingual renderer here when it is imported, so that the models know no language.
render = _plain


class InputError(ValueError):
    """Bad input, named by a code such as ``"rfm.missing_column"`` and its details.

    输入有误：用代码(如 ``"rfm.missing_column"``)和细节说明错在哪里、怎样改。

    Parameters
    ----------
    code : str
        Key of the sentence in ``labels.csv``, without its prefix ``error.``.
    **details
        What the sentence names: column, rows, remedy.

    Examples
    --------
    >>> error = InputError("missing_column", column="amount", columns="id, date")
    >>> error.code, error.details["column"]
    ('missing_column', 'amount')
    """

    def __init__(self, code, **details):
        super().__init__(code)
        self.code, self.details = code, details

    def __str__(self):
        return render(self.code, self.details)

    def __reduce__(self):
        return _rebuild, (type(self), self.code, self.details)

    def _render_traceback_(self):
        # IPython shows these lines in place of a traceback: the sentence, then the student's own line.
        frames = traceback.extract_tb(self.__traceback__)
        cell = next((frame for frame in frames if "ipykernel_" in frame.filename), None)
        return [str(self), *([f"→ line {cell.lineno} · 第 {cell.lineno} 行：{cell.line}"] if cell else [])]


def _rebuild(kind, code, details):
    return kind(code, **details)
