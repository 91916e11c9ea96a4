"""Controls for the notebooks: thin faces on the models.

笔记本里的控件：模型之上薄薄的一层。
"""

from casekit.widgets.alerts import alert_tuner
from casekit.widgets.blueprint import blueprint_viewer
from casekit.widgets.bullseye import scorecard
from casekit.widgets.idic import idic_planner
from casekit.widgets.kfc import kfc_game
from casekit.widgets.live import live
from casekit.widgets.loyalty import loyalty_simulator
from casekit.widgets.rfm import rfm_explorer
from casekit.widgets.taobao import budget_game
from casekit.widgets.value import lifetime_value
from casekit.widgets.vanke import points_game

__all__ = ["alert_tuner", "blueprint_viewer", "budget_game", "idic_planner", "kfc_game", "lifetime_value", "live", "loyalty_simulator", "points_game", "rfm_explorer", "scorecard"]
