"""Who handed in late and what that costs: kept apart from the marks, so that it can be waived."""

import math
import re
from dataclasses import dataclass, replace
from datetime import datetime

from casekit.errors import InputError
from casekit.sheet import moment

DAY = 86_400


@dataclass(frozen=True)
class Lateness:
    """Hold how late a submission came, and the share of its points that this takes.

    一份作业迟交多久，以及因此扣去得分的比例。
    """

    due: datetime
    handed: datetime
    days: int  # each day begun counts
    share: float


def of(rule, own_due, handed):
    """Return how late a submission came, or ``None`` where it came in time.

    返回一份作业迟交的情况；按时交的返回 ``None``。

    Parameters
    ----------
    rule : casekit.sheet.Late
    own_due : str
        The student's own deadline from the class list, or "".
    handed : float or None
        When it was handed in, seconds since 1970.

    Examples
    --------
    >>> from casekit.sheet import Late
    >>> rule = Late(datetime(2026, 11, 30, 23, 59), 0.1, 0.5, 15)
    >>> of(rule, "", datetime(2026, 12, 2, 8, 0).timestamp()).share
    0.2
    >>> of(rule, "", datetime(2026, 12, 1, 0, 10).timestamp()), of(rule, "2026-12-03", datetime(2026, 12, 2).timestamp())
    (None, None)
    """
    due = moment(own_due or "") or rule.due
    if not due or not handed:
        return None
    over = handed - due.timestamp()
    if over <= 60 * rule.grace:
        return None
    days = math.ceil(over / DAY)
    return Lateness(due, datetime.fromtimestamp(handed), days, round(min(rule.at_most, days * rule.per_day), 4))


def rule(sheet, book):
    """Return the rule that holds: what was set with ``casekit grade`` goes before the sheet's.

    返回有效的规则：``casekit grade`` 设定的优先于评分表。
    """
    stored = dict(book.rule(sheet.id) or {})
    if "due" in stored:
        stored["due"] = moment(stored["due"])
    return replace(sheet.late, **stored)


def parse(due="", words=""):
    """Read a deadline and a rule as people write them.

    读取人们写的截止时间和扣分规则。

    Parameters
    ----------
    due : str
        Such as ``2026-11-30T23:59``.
    words : str
        Such as ``10% per day, at most 50%, 15 min``; the first percentage is of a day, the second the most.

    Returns
    -------
    dict
        For :meth:`casekit.grading.gradebook.Gradebook.set_rule`; only what was given.

    Raises
    ------
    InputError
        ``grading.late_due`` or ``grading.late_rule``.

    Examples
    --------
    >>> parse("2026-11-30 23:59", "每天 10%，最多 50%，宽限 15 分钟")
    {'due': '2026-11-30T23:59:59', 'per_day': 0.1, 'at_most': 0.5, 'grace': 15.0}
    """
    told = {}
    if due:
        if not (at := moment(due)):
            raise InputError("grading.late_due", given=due)
        told["due"] = at.isoformat()
    if words:
        shares = [float(number) / 100 for number in re.findall(r"(\d+(?:\.\d+)?)\s*[%％]", words)]
        if not 1 <= len(shares) <= 2 or max(shares) > 1:
            raise InputError("grading.late_rule", given=words)
        grace = re.search(r"(\d+(?:\.\d+)?)\s*(?:min|分)", words)
        told |= {"per_day": shares[0], "at_most": (shares + [1.0])[1], "grace": float(grace[1]) if grace else 0.0}
    return told
