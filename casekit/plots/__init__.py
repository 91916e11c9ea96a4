"""One function per figure: a frame in, a Chart out, with a sentence that can stand for the picture.

每张图一个函数：输入表，输出 Chart，并附一句可以代替图像的话。
"""

from casekit.plots.alerts import alert_board, alert_course, alert_quality, alert_tradeoff
from casekit.plots.blueprint import blueprint_touchpoint
from casekit.plots.bullseye import bullseye_groups, bullseye_radar, bullseye_raters, bullseye_tornado
from casekit.plots.chart import Chart
from casekit.plots.clv import clv_calibration, clv_matrix
from casekit.plots.crm import crm_journey, crm_waiting
from casekit.plots.customers import histories, lorenz, migration
from casekit.plots.evaluate import rfm_evaluation, rfm_gains
from casekit.plots.idic import idic_learning, idic_matrix, idic_profits, idic_thresholds
from casekit.plots.kfc import kfc_fatigue, kfc_known, kfc_members, kfc_trial
from casekit.plots.loyalty import loyalty_card, loyalty_points, loyalty_programmes, loyalty_rewards
from casekit.plots.records import records_completeness, records_gains, records_named
from casekit.plots.rfm import rfm_cells, rfm_distributions, rfm_grid, rfm_segments
from casekit.plots.satisfaction import (
    satisfaction_blueprint, satisfaction_chain, satisfaction_curves, satisfaction_gaps,
    satisfaction_importance, satisfaction_kano, satisfaction_tree,
)  # fmt: skip
from casekit.plots.taobao import taobao_fatigue, taobao_funnel, taobao_hours, taobao_plans, taobao_uplift
from casekit.plots.targeting import targeting_cells, targeting_hits, targeting_pressure, targeting_trials
from casekit.plots.value import (
    value_bases, value_cohorts, value_ladder, value_shares, value_tiers, value_years,
)  # fmt: skip
from casekit.plots.vanke import (
    vanke_balance, vanke_chains, vanke_effects, vanke_laboratory, vanke_points, vanke_ranks,
)  # fmt: skip
