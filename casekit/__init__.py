"""A teaching and research kit for one-to-one and precision marketing.

一对一营销与精准营销的教学与研究工具包。
"""

from casekit import labels  # noqa: F401  (gives errors their words)

__version__ = "0.1.0"
