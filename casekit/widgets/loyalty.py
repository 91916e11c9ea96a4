"""The loyalty-programme simulator: change one type of programme, and see who joins and what it earns."""

import numpy as np

from casekit import datasets, loyalty, plots
from casekit.plots.chart import name_of, number, percent
from casekit.widgets.live import control, line, live

KNOBS = {"reward_rate": (0.0, 0.5, 0.01), "redeemed": (0.0, 1.0, 0.05), "entry_cny": (0, 10_000, 100), "member_cny": (0, 200, 1),
         "fixed_cny": (0, 50_000, 500)}  # fmt: skip
CODE = """types = datasets.load("loyalty_programmes").set_index("id")
types.loc["{programme}", {names}] = {knobs}
years = [loyalty.compare(loyalty.simulate(members, rng=np.random.default_rng(seed), programmes=types.reset_index()), types.reset_index())
         for seed in range({years})]
plots.loyalty_programmes(sum(years) / {years})"""


def loyalty_simulator(members, years=5):
    """Change the numbers of one of the five programmes, and let the same customers live with all five.

    忠诚计划模拟器：改动五种计划之一的数字，让同一批客户在五种计划下各过几年。

    Parameters
    ----------
    members : DataFrame
        As for ``loyalty.simulate``.
    years : int
        How many simulated years are averaged; each has its own luck.

    Returns
    -------
    Live
    """
    types = datasets.load("loyalty_programmes").set_index("id")
    names = list(KNOBS)

    def draw(programme, **knobs):
        changed = types.astype({name: float for name in names})
        changed.loc[programme, names] = [float(knobs[name]) for name in names]
        changed = changed.reset_index()
        each = [loyalty.simulate(members, rng=np.random.default_rng(seed), programmes=changed) for seed in range(years)]
        table = sum(loyalty.compare(year, changed) for year in each) / years
        own = table.loc[programme]
        return plots.loyalty_programmes(table), line(
            "widget.loyalty", programme=name_of("programme", programme), joined=number(own["joined"]), profit=number(own["profit_cny"]),
            free=number(own["free_riders"]), wasted=percent(own["wasted_cny"] / own["reward_cny"] if own["reward_cny"] else 0))  # fmt: skip

    def code(programme, **knobs):
        return CODE.format(programme=programme, names=names, knobs=[round(knobs[name], 4) for name in names], years=years)

    def start(programme):
        return {name: type(KNOBS[name][0])(types.at[programme, name]) for name in names}

    choice = control("programme", list(types.index))
    boxes = {name: control(name, (first, *KNOBS[name])) for name, first in start(choice.value).items()}

    def reset(_):  # before the picture follows: the numbers of the other programme
        with face.together():
            for name, first in start(choice.value).items():
                boxes[name].value = first

    choice.observe(reset, "value")
    face = live(draw, code, programme=choice, **boxes)
    return face
