"""The budget game of a residents' club: set the points for eight ways, and see what a year of them buys."""

from functools import cache

from casekit import loyalty, plots
from casekit.plots.chart import number
from casekit.widgets.live import line, live

LEVELS = (5, 10, 15, 20, 30, 40, 50, 60, 80, 100, 150, 200, 250, 300, 400, 500, 600, 800, 1000)
ANSWERS = ("profile", "survey")  # the ways whose worth is that of an answer
CODE = """rule = ways.set_index("earn_way").astype({{"worth_cny": float}})
rule.loc[{answers}, "worth_cny"] = {answer_cny}
plan = loyalty.points_plan(rule.reset_index(), {points}, members={members}, cost_per_point_cny={cost})
plots.vanke_points(plan, {budget})"""


def points_game(ways, *, members, budget_cny, cost_per_point_cny=1.0):
    """Redesign the points for one year within a budget; your plan stands beside today's and the best possible.

    积分设计游戏：在预算内重新设计一年的积分，并与现行方案和可能的最佳方案比较。

    Parameters
    ----------
    ways : DataFrame
        As for ``loyalty.points_plan``, with reward_points (today's).
    members, budget_cny, cost_per_point_cny
        How many members there are, what may be spent, what a point costs.

    Returns
    -------
    Live
    """
    today = dict(zip(ways["earn_way"], ways["reward_points"].astype(int), strict=True))
    terms = {"members": members, "cost_per_point_cny": cost_per_point_cny}

    def rule(answer_cny):
        return ways.assign(worth_cny=ways["worth_cny"].astype(float).mask(ways["earn_way"].isin(ANSWERS), answer_cny))

    @cache
    def best(answer_cny):
        chosen = loyalty.best_points(rule(answer_cny), budget_cny=budget_cny, levels=LEVELS, **terms)
        return gain(rule(answer_cny), chosen)

    def gain(rules, points):
        return loyalty.points_plan(rules, points, **terms)["gain_cny"].sum()

    def draw(answer_cny, **points):
        rules = rule(answer_cny)
        plan = loyalty.points_plan(rules, points, **terms)
        return plots.vanke_points(plan, budget_cny), line(
            "widget.vanke", budget=number(budget_cny), cost=number(plan["cost_cny"].sum()), gain=number(plan["gain_cny"].sum()),
            today=number(gain(rules, today)), best=number(best(answer_cny)))  # fmt: skip

    def code(answer_cny, **points):
        return CODE.format(answers=list(ANSWERS), answer_cny=answer_cny, points=points, members=members, cost=cost_per_point_cny,
                           budget=budget_cny)  # fmt: skip

    boxes = {way: (points, 0, 1000, 5) for way, points in today.items()}
    return live(draw, code, **boxes, answer_cny=(30.0, 0.0, 200.0, 5.0))
