"""An order log full of ties, returns, same-day orders and gaps, and what pandas makes of it: for tests of engines."""

import functools
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from casekit import rfm

DATA = Path(os.environ.get("CASEKIT_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
HOW = {"customer": "id", "date": "day", "amount": "cny", "as_of": "2024-06-30"}
POLICIES = [
    {},
    {"order": "number"},
    {"same_day": "one", "since": "2023-06-01"},
    {"returns": "keep", "zero": "drop", "future": "drop", "as_of": "2024-01-01"},
    {"returns": "drop", "order": "number", "same_day": "one"},
]
OWN = [
    {"bins": 3, "ties": "current"},
    {"bins": 4, "ties": "next", "nested": True},
    {"bins": 3, "nested": True},
    {"bins": 12, "weights": [0.5, 2, 1.25]},
    {"bins": 5, "average": True, "two_level": True},
    {
        "recency": {"bins": 3},
        "frequency": {"mean": True},
        "monetary": {"at_least": [[0.01, 1], [10, 2]], "otherwise": 0},
    },
]
SCHEMES = [*rfm.schemes(), *OWN]


@functools.cache
def ties():
    """1,500 rows of 160 customers; the ids sort otherwise where an order of text is not by code."""
    rng = np.random.default_rng(7)
    n = 1_500
    ids = np.array([f"{'Cc客Ä'[i % 4]}{i}" for i in range(160)], dtype=object)
    log = pd.DataFrame(
        {
            "id": ids[np.minimum(rng.geometric(0.012, n) - 1, 159)],
            "day": pd.Timestamp("2024-06-30 09:00") - pd.to_timedelta(7 * rng.integers(0, 60, n), "D"),
            "cny": rng.choice([-30.0, -5.5, 0.0, 19.9, 19.9, 50.0, 99.95, 120.1], n),
            "number": [f"O{i}" for i in rng.integers(0, 900, n)],
        }
    )
    log.loc[::40, "id"], log.loc[7::90, "id"] = None, ""
    log.loc[1::60, "cny"], log.loc[2::70, "day"], log.loc[3::90, "number"] = np.nan, pd.NaT, None
    return log


@functools.cache
def cdnow():
    """The tenth of CDNOW that everybody knows."""
    path = DATA / "CDNOW_sample.txt.gz"
    if not path.exists():
        pytest.skip(f"real order logs are not here: {path}")
    log = pd.read_csv(path, sep=r"\s+", names=["", "id", "day", "cds", "cny"], dtype={"id": str, "day": str})
    days = pd.to_datetime(log["day"], format="%Y%m%d")
    return log[["id", "cny"]].assign(day=days + pd.Timedelta(hours=9), number=[f"O{i // 2}" for i in range(len(log))])


LOGS = {"ties": ties, "cdnow": cdnow}
NAMES = ["ties", pytest.param("cdnow", marks=pytest.mark.slow)]
# The fast lane takes one scheme of each kind.
FAST = ("quintiles", "quintiles_nested", "two_level_scores", "p1_points", "p6_cells")
KINDS = [pytest.param(one, marks=() if one in FAST else pytest.mark.slow, id=str(one)) for one in SCHEMES]


@functools.cache
def measured(name):
    return rfm.measure(LOGS[name](), **HOW)


def scored(name, scheme):
    return rfm.score(measured(name), scheme)


def rows(frame):
    """The cells, by customer: 3 and 3.0 are one number, and a text is not a number."""
    return sorted(frame.itertuples(index=False, name=None))


def same(found, expected):
    """Compare tables cell for cell, whatever the kinds of their numbers."""
    expected = expected.reset_index()
    assert list(found) == list(expected)
    assert rows(found) == rows(expected)
