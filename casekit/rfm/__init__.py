"""Recency, frequency, monetary value: measure, score, segment.

近期性、频率、金额：测量、打分、细分。
"""

from casekit.rfm.evaluate import evaluate, gains
from casekit.rfm.measures import measure, report
from casekit.rfm.scores import edges, schemes, score, score_arrays
from casekit.rfm.segments import overview, segment, segments, strategies

__all__ = [
    "edges",
    "evaluate",
    "gains",
    "measure",
    "overview",
    "report",
    "schemes",
    "score",
    "score_arrays",
    "segment",
    "segments",
    "strategies",
]
