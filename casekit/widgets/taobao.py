"""The budget game: so many contacts to each group, and what the plan truly earns."""

from casekit import behaviour, plots
from casekit.plots.chart import number, percent
from casekit.widgets.live import line, live

GROUPS = ("buyer", "hesitant", "taster", "looker")
CODE = """groups, orders = behaviour.stance(counts), behaviour.eagerness(counts)
users = behaviour.choose(groups, {numbers}, orders["{sooner}"])
plots.taobao_plans(behaviour.settle(gain, {{"own": users}}, cost_cny={cost:g}, budget_cny={budget:g}))"""


def budget_game(counts, gain, *, cost_cny, budget_cny):
    """Spend a budget on contacts, group by group, and see the true profit beside mass contact and the best possible.

    预算游戏：每组联系多少人、谁优先，看真实的利润，与广撒网和最好的可能相比。

    Parameters
    ----------
    counts : DataFrame
        By user: pv, cart, fav, buy.
    gain, cost_cny, budget_cny
        As for ``behaviour.settle``.

    Returns
    -------
    Live
    """
    groups, orders = behaviour.stance(counts), behaviour.eagerness(counts)
    most = int(budget_cny // cost_cny)

    def draw(sooner, **numbers):
        users = behaviour.choose(groups, numbers, orders[sooner])
        account = behaviour.settle(gain, {"own": users}, cost_cny=cost_cny, budget_cny=budget_cny)
        own, best = account.loc["own"], account.loc["best", "profit_cny"]
        return plots.taobao_plans(account), line(
            "widget.taobao", contacts=number(own["contacts"]), spent=number(own["cost_cny"]), budget=number(budget_cny),
            profit=number(own["profit_cny"]), share=percent(own["profit_cny"] / best) if best > 0 else "–")  # fmt: skip

    def code(sooner, **numbers):
        return CODE.format(sooner=sooner, numbers=numbers, cost=cost_cny, budget=budget_cny)

    sizes = groups.value_counts().reindex(GROUPS, fill_value=0)
    boxes = {group: (min(most // len(GROUPS), int(sizes[group])), 0, int(sizes[group]), 25) for group in GROUPS}
    return live(draw, code, sooner=list(orders), **boxes)
