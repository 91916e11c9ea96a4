"""What of an order log counts, and how: the same words for frames, files and databases."""

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from casekit import inputs
from casekit.errors import InputError

POLICIES = {
    "returns": ("net", "drop", "keep"),
    "same_day": ("separate", "one"),
    "missing": ("drop", "raise"),
    "zero": ("keep", "drop"),
    "future": ("raise", "drop"),
}
# What a row can be; the first that fits counts.
KINDS = (
    "infinite",
    "missing_customer",
    "missing_date",
    "missing_amount",
    "missing_order",
    "future",
    "before",
    "zero",
    "return",
    "purchase",
)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Columns, days and policies of `rfm.measure`, checked.

    `rfm.measure` 的列名、日期和处理方式（已检查）。
    """

    customer: str
    date: str
    amount: str
    as_of: date | None
    order: str | None = None
    returns: str = "net"
    same_day: str = "separate"
    missing: str = "drop"
    zero: str = "keep"
    future: str = "raise"
    since: date | None = None

    def __post_init__(self):
        for name, allowed in POLICIES.items():
            inputs.option(name, getattr(self, name), allowed)
        for name in ("as_of", "since"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, _day(name, getattr(self, name)))

    @property
    def visit(self):
        """What makes rows one order of a customer: their day, their order id, or nothing.

        哪些行算作同一客户的一笔订单：同一天、同一订单号，或不合并。
        """
        return "day" if self.same_day == "one" else "order" if self.order is not None else None

    @property
    def amounts(self):
        """The columns whose product is the amount.

        相乘得到金额的各列。
        """
        return [name.strip() for name in self.amount.split("*")]

    def refused(self, counts):
        """Return the first kind of row among these that must not be there, and its column; else None.

        返回第一种不该出现的行及其列名；没有则返回 None。
        """
        for kind, role in zip(KINDS[:6], ("amount", "customer", "date", "amount", "order", "date"), strict=True):
            if kind in counts and getattr(self, kind.split("_")[0], "raise") == "raise":
                return kind, getattr(self, role)


def _day(name, value):
    try:
        if isinstance(value, np.datetime64):
            value = value.astype("M8[s]").item()
        if isinstance(value, str):
            value = datetime.fromisoformat(value)
        return date(value.year, value.month, value.day)
    except (ValueError, AttributeError, TypeError):
        raise InputError("rfm.not_a_day", name=name, value=value) from None
