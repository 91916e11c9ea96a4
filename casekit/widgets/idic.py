"""The IDIC planner: four verbs, four tabs, and what budget and restraint earn against a mass mailing."""

import functools
from typing import NamedTuple

import numpy as np
import pandas as pd

from casekit import idic, plots, records, value
from casekit.plots.chart import name_of, number, percent
from casekit.widgets.live import bars, line, live

NEEDS = ["need_price", "need_novelty", "need_gift", "need_convenience"]
SHARES = ("precision", "recall", "duplicate_rate", "completeness", "known_sales_share")
MOVES = ("resolve", "build_on", "try_other", "start")
VIEWS = {
    "identify": "known.shares",
    "differentiate": "plots.idic_matrix(two.table)",
    "interact": 'done.interact.table["move"].value_counts()',
    "customise": "plots.idic_profits(done.profits)",
}
CODE = """from casekit.widgets.idic import apart, campaign, know
known = know(shop, threshold={threshold:.4g})
two = apart(shop, known)
done = campaign(shop, known, two, as_of="{as_of}", cap={cap}, window_days={window_days}, budget_cny={budget_cny})
"""


class Known(NamedTuple):
    """What identifying gives: records with their customer, the step, and how right and how complete it is.

    识别的结果：每条记录属于哪位客户、这一步的表和指标，以及匹配得多准、多全。
    """

    matched: pd.DataFrame
    step: idic.Step
    shares: pd.Series


class Campaign(NamedTuple):
    """What the last two verbs give: who may be contacted, the two steps, and the profit of each plan.

    后两步的结果：可以联系谁、两个步骤，以及各方案的利润。
    """

    allowed: pd.DataFrame
    interact: idic.Step
    customise: idic.Step
    profits: pd.DataFrame


def know(shop, *, threshold=9):
    """Identify as chapter 01 does: `match`, `identify`, `agreement`.

    按第 1 章的做法识别：匹配、合并、与真实身份比较。

    Parameters
    ----------
    shop : dict of str to DataFrame
        The tables of the chapter by name: records, sales, consents, contacts, channels, offers, identity_truth,
        response_truth (``datasets.load("idic_records")`` and so on).
    threshold : float
        As for ``idic.match``.

    Returns
    -------
    Known
    """
    matched = idic.match(shop["records"], threshold=threshold)
    one = idic.identify(matched, shop["sales"])
    person = matched["record_id"].map(shop["identity_truth"].set_index("record_id")["person_id"])
    shares = pd.Series({**one.metrics, **idic.agreement(matched["customer_id"], person)})[list(SHARES)]
    return Known(matched, one, shares)


def apart(shop, known, *, years=1.5, retention=0.8, discount=0.1, seed=20250101):
    """Differentiate as chapter 01 does: lifetime value and potential from sales, then `differentiate`.

    按第 1 章的做法区分：由销售算终身价值与潜力，再作差异分析。

    Parameters
    ----------
    shop, known
        As for, and from, :func:`know`.
    years, retention, discount : float
        Years that the sales cover; what a yearly margin becomes a lifetime value with.
    seed : int
        Of the clusters of needs.

    Returns
    -------
    idic.Step
    """
    customers = known.step.table
    yearly = _bought(shop, known.matched).groupby("customer_id")[["amount_cny", "margin_cny"]].sum() / years
    yearly = yearly.reindex(customers.index, fill_value=0)
    clv = yearly["margin_cny"] * value.multiple(retention, discount)
    share = (yearly["amount_cny"] / customers["wallet_cny"]).clip(0.05, 1)
    valued = customers.assign(clv_cny=clv, potential_cny=(clv / share).fillna(clv))
    return idic.differentiate(valued, value="clv_cny", potential="potential_cny", needs=NEEDS, rng=np.random.default_rng(seed))


def campaign(shop, known, two, *, as_of, cap=1, window_days=30, budget_cny=1050):
    """Interact, customise and evaluate as chapter 01 does: `contactable`, `plan`, `remember`, `customise`, `evaluate`.

    按第 1 章的做法互动、定制与评价：可联系名单、联系计划、偏好记忆、定制、评价。

    Parameters
    ----------
    shop, known, two
        As for, and from, :func:`know`; from :func:`apart`.
    as_of : str
        The day of the campaign.
    cap, window_days : int
        Nobody is contacted who had so many contacts in so many days.
    budget_cny : float
        For the contacts of the plan, and for the offers.

    Returns
    -------
    Campaign
    """
    two, link = two.table, known.matched.set_index("record_id")["customer_id"]
    contacts, given = (shop[name].assign(customer_id=shop[name]["record_id"].map(link)) for name in ("contacts", "consents"))
    consents = given.drop(columns="record_id").drop_duplicates()
    allowed = records.contactable(two.reset_index(), consents, contacts, as_of=as_of, cap=cap, window_days=window_days)
    usual = _bought(shop, known.matched).groupby("customer_id")["margin_cny"].mean()
    planned = two.assign(margin_cny=usual.reindex(two.index).fillna(0)).reset_index()
    three = idic.plan(planned, shop["channels"], allowed, contacts, as_of=as_of, budget_cny=budget_cny)

    offers, reached = shop["offers"].set_index("offer"), allowed.loc[allowed["allowed"], "customer_id"].unique()
    memory = idic.remember(contacts[contacts["topic"] == "offer"], two["need"])
    chances = memory[memory.index.isin(reached)].rename_axis(columns="offer").stack().rename("chance").reset_index()
    options = chances.merge(shop["offers"], on="offer")
    margin = options["customer_id"].map(usual).fillna(usual.median()) * options["margin_kept"]
    four = idic.customise(options.assign(gain_cny=options["chance"] * margin - options["cost_cny"]), budget_cny=budget_cny,
                          capacity=offers["capacity"])  # fmt: skip

    mass = pd.DataFrame({"customer_id": reached, "offer": "coupon", "cost_cny": float(offers.at["coupon", "cost_cny"])})
    raw = mass.assign(cost_cny=mass["cost_cny"] * mass["customer_id"].map(two["records"]))
    people = known.matched.merge(shop["identity_truth"], on="record_id").drop_duplicates("customer_id")
    truth = shop["response_truth"].merge(people[["person_id", "customer_id"]], on="person_id")
    return Campaign(allowed, three, four, idic.evaluate({"mass_raw": raw, "mass": mass, "one_to_one": four.table}, truth))


def idic_planner(shop, as_of):
    """Plan a campaign verb by verb: how strict to match, how often to contact, how much to spend, what is earned.

    IDIC 规划器：匹配多严、联系多勤、花多少钱，与群发相比赚多少。

    Parameters
    ----------
    shop : dict of str to DataFrame
        As for :func:`know`.
    as_of : str
        The day of the campaign.

    Returns
    -------
    Live
    """
    known = functools.lru_cache(32)(lambda threshold: know(shop, threshold=threshold))
    two = functools.lru_cache(32)(lambda threshold: apart(shop, known(threshold)))

    def done(threshold, **given):
        return campaign(shop, known(threshold), two(threshold), as_of=as_of, **given)

    def identify(threshold, **_):
        shares, said = known(threshold).shares, known(threshold).step.metrics
        rows = [(name_of("metric", name), share, percent(share)) for name, share in shares.items()]
        return bars(rows, 1), line(
            "widget.idic.identify", records=number(said["records"]), customers=number(said["customers"]),
            people=number(shop["identity_truth"]["person_id"].nunique()), surplus=number(said["records"] - said["customers"]))  # fmt: skip

    def differentiate(threshold, **_):
        step = two(threshold)
        types = step.table["value_type"].value_counts()
        return plots.idic_matrix(step.table), line("widget.idic.differentiate", share=percent(step.metrics["value_share_a"]),
                                                   **{name: number(types.get(name, 0)) for name in ("mvc", "mgc", "bz")})  # fmt: skip

    def interact(cap, window_days, **given):
        found = done(cap=cap, window_days=window_days, **given)
        said, moves = found.interact.metrics, found.interact.table["move"].value_counts()
        rows = [(name_of("move", move), moves.get(move, 0), number(moves.get(move, 0))) for move in MOVES]
        may = found.allowed.groupby("customer_id")["allowed"].any()
        return bars(rows, max(said["contacts"], 1)), line(
            "widget.idic.interact", customers=number(len(may)), reached=number(may.sum()), cap=cap, days=window_days,
            contacts=number(said["contacts"]), cost=number(said["cost_cny"]), gain=number(said["expected_gain_cny"]))  # fmt: skip

    def customise(**given):
        found = done(**given)
        profit, said = found.profits["profit_cny"].round(), found.customise.metrics
        return plots.idic_profits(found.profits), line(
            "widget.idic.customise", customers=number(said["customers"]), spent=number(said["cost_cny"]), one=number(profit["one_to_one"]),
            mass=number(profit["mass"]), more=number(profit["one_to_one"] - profit["mass"]))  # fmt: skip

    tabs = {"identify": identify, "differentiate": differentiate, "interact": interact, "customise": customise}

    def draw(stage, **given):
        return tabs[stage](**given)

    def code(stage, **given):
        lines = CODE.format(as_of=as_of, **given).splitlines()
        return "\n".join([*lines[: 2 + list(tabs).index(stage)], VIEWS[stage]])

    return live(draw, code, stage=list(tabs), threshold=(9, 4, 16), cap=(1, 1, 6), window_days=(30, 1, 365),
                budget_cny=(1050, 50, 5000, 50))  # fmt: skip


def _bought(shop, matched):
    """Return the sales with the customer of each; who left no name is not among them."""
    return shop["sales"].merge(matched[["record_id", "customer_id"]], on="record_id")
