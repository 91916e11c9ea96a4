"""Recency, frequency, monetary value: measure, score, segment.

近期性、频率、金额：测量、打分、细分。
"""

from casekit.rfm.evaluate import evaluate, gains
from casekit.rfm.engines import Scored, score_orders
from casekit.rfm.measures import measure, report
from casekit.rfm.scores import edges, schemes, score, score_arrays
from casekit.rfm.segments import overview, segment, segments, strategies
from casekit.rfm.sql import to_sql

__all__ = [
    "Scored",
    "edges",
    "evaluate",
    "gains",
    "measure",
    "overview",
    "report",
    "schemes",
    "score",
    "score_arrays",
    "score_orders",
    "segment",
    "segments",
    "strategies",
    "to_sql",
]
