"""Controls for the notebooks: thin faces on the models.

笔记本里的控件：模型之上薄薄的一层。
"""

from casekit.widgets.alerts import alert_tuner
from casekit.widgets.bullseye import scorecard
from casekit.widgets.live import live
from casekit.widgets.loyalty import loyalty_simulator
from casekit.widgets.rfm import rfm_explorer
from casekit.widgets.value import lifetime_value

__all__ = ["alert_tuner", "lifetime_value", "live", "loyalty_simulator", "rfm_explorer", "scorecard"]
