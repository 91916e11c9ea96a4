"""The budget game of the fast-food case: which message to whom next month, and what comes of it."""

import functools

from casekit import crm, labels
from casekit.plots.chart import name_of, number
from casekit.widgets.live import bars, control, line, live

NONE = "control"
CODE = """cells = trial.groupby(["segment", "message", "timing", "times"], as_index=False).agg(
    order_rate=("ordered", "mean"), margin_cny=("margin_cny", "mean"), leave_rate=("opted_out", "mean"))
chosen = pd.Series({plan})
results = {{}}
for name, table in {{"promised": cells, "delivered": truth}}.items():
    sent = table[(table["timing"] == "{timing}") & (table["times"] == {times}) | (table["message"] == "control")]
    moves = crm.messages(sent, people, **costs)
    results[name] = moves[moves["message"] == moves["segment"].map(chosen)][["outlay_cny", "profit_cny"]].sum()
pd.DataFrame(results)"""


def kfc_game(trial, truth, people, budget_cny, costs):
    """Decide which message each segment gets next month, when and how often; see what the trial promises and what comes.

    预算游戏：下个月给哪个细分发哪种消息、什么时段、发几次；先看试验许诺多少，再推出去看兑现多少。

    Parameters
    ----------
    trial, truth : DataFrame
        The datasets ``kfc_trial`` and ``kfc_trial_truth``.
    people : mapping
        How many of each segment can be reached.
    budget_cny : float
        For messages and what they give away.
    costs : mapping
        What ``crm.messages`` wants to know: cost_cny, given_cny, leaver_cny.

    Returns
    -------
    Live
    """
    cell = ["segment", "message", "timing", "times"]
    seen = trial.groupby(cell, as_index=False).agg(
        order_rate=("ordered", "mean"), margin_cny=("margin_cny", "mean"), leave_rate=("opted_out", "mean"))  # fmt: skip
    segments, arms = list(people), [NONE, *sorted(set(truth["message"]) - {NONE})]
    ways = [(timing, int(times)) for timing, times in truth.loc[truth["message"] != NONE, ["timing", "times"]].drop_duplicates().to_numpy()]

    @functools.cache
    def moves(timing, times, real):
        table = truth if real else seen
        sent = table[(table["timing"] == timing) & (table["times"] == times) | (table["message"] == NONE)]
        return crm.messages(sent, people, **costs).set_index(["segment", "message"])

    def account(plan, timing, times, real):
        rows = [pair for pair in plan.items() if pair[1] != NONE]
        return moves(timing, times, real).loc[rows, ["outlay_cny", "profit_cny"]].sum()

    best = max(crm.plan(moves(*way, True).reset_index(), budget_cny)["profit_cny"].sum() for way in ways)

    def draw(timing, times, rolled_out, **plan):
        told, came = (account(plan, timing, times, real) for real in (False, True))
        everyone = account(dict.fromkeys(segments, "coupon"), timing, times, True)["profit_cny"]
        shown = {"promised": told["profit_cny"]} | ({"delivered": came["profit_cny"], "everyone": everyone, "best": best} if rolled_out else {})
        rows = [(labels.text(f"widget.kfc.{name}"), profit, labels.text("widget.kfc.yuan", n=number(profit))) for name, profit in shown.items()]
        over = told["outlay_cny"] - budget_cny
        key = "over" if over > 0 else "within"
        return bars(rows, max(best, *shown.values(), 1)), line(
            f"widget.kfc.{key}", outlay=number(told["outlay_cny"]), budget=number(budget_cny), over=number(over))  # fmt: skip

    def code(timing, times, rolled_out, **plan):
        return CODE.format(timing=timing, times=times, plan=plan)

    boxes = {}
    for segment in segments:
        boxes[segment] = control("message", arms)
        boxes[segment].description = labels.text("widget.kfc.segment", name=name_of("segment", segment), n=number(people[segment]))
    timings, counts = (list(dict.fromkeys(each)) for each in zip(*ways, strict=True))
    often = control("times", [str(each) for each in counts])
    often.options = [(labels.text("widget.kfc.times", n=each), each) for each in counts]
    return live(draw, code, **boxes, timing=control("timing", timings), times=often, rolled_out=False)
