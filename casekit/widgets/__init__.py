"""Controls for the notebooks: thin faces on the models.

笔记本里的控件：模型之上薄薄的一层。
"""

from casekit.widgets.live import live
from casekit.widgets.rfm import rfm_explorer

__all__ = ["live", "rfm_explorer"]
