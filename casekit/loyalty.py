"""Loyalty programmes: the points ledger, five types on the same customers, the choice of type and of reward."""

from collections import deque
from typing import NamedTuple

import numpy as np
import pandas as pd

from casekit import idic, inputs
from casekit.errors import InputError


# Purchases by which a relationship reaches each stage: casekit's reading of the course's paper, silver and gold wedding.
WEDDINGS = {"paper": 1, "silver": 25, "gold": 50}


class Rewards(NamedTuple):
    """The best reward of each member, the best single reward for all, and what either gains in yuan.

    每位会员的最佳回馈、统一的最佳回馈，以及两者的收益（元）。
    """

    table: pd.DataFrame
    uniform: str
    gain_cny: float
    uniform_gain_cny: float


def ledger(events, *, as_of, expiry_days):
    """Book points: oldest first out, and what is not used in time expires.

    积分账：先得先用，到期未用的作废。

    Parameters
    ----------
    events : DataFrame
        member_id, event_date, kind (earn, burn), reward_points (whole, above 0).
    as_of : date
        The books are closed at the end of this day.
    expiry_days : int
        Points earned on a day expire at the start of the day so many days later.

    Returns
    -------
    DataFrame
        member_id, entry_date, kind (earn, burn, expire), reward_points (signed), balance (of the member), in order of time.

    Examples
    --------
    >>> told = pd.DataFrame({"member_id": "M1", "event_date": ["2024-01-01", "2024-02-01"], "kind": ["earn", "burn"],
    ...                      "reward_points": [100, 30]})
    >>> ledger(told, as_of="2025-06-01", expiry_days=365)[["kind", "reward_points", "balance"]].values.tolist()
    [['earn', 100, 100], ['burn', -30, 70], ['expire', -70, 0]]
    """
    inputs.table(events, "member_id", "event_date", "kind", "reward_points")
    inputs.codes(events.kind, ("earn", "burn"))
    expiry_days = int(inputs.parameter("expiry_days", expiry_days, 1))
    inputs.present(events.member_id)
    told = events.assign(
        event_date=inputs.dates(events.event_date, as_of), label=events.index, late=events.kind == "burn",
        reward_points=inputs.numbers(events.reward_points, 1, whole=True).astype(int))
    told = told.sort_values(["member_id", "event_date", "late"], kind="stable")
    rows, close = [], inputs.day("as_of", as_of)
    for member, own in told.groupby("member_id"):
        lots = deque()  # [day of expiry, points left], the oldest first

        def book(day, kind, points):
            rows.append((member, day, kind, points))

        def expire(day):
            while lots and lots[0][0] <= day:
                book(lots[0][0], "expire", -lots.popleft()[1])

        for event in own.itertuples():
            expire(event.event_date)
            if event.kind == "earn":
                lots.append([event.event_date + pd.Timedelta(days=expiry_days), event.reward_points])
                book(event.event_date, "earn", event.reward_points)
                continue
            owed, balance = event.reward_points, sum(left for _, left in lots)
            if owed > balance:
                raise InputError("loyalty.overdrawn", row=event.label, member=member, points=owed, balance=balance)
            while owed:
                used = min(owed, lots[0][1])
                owed, lots[0][1] = owed - used, lots[0][1] - used
                if lots[0][1] == 0:
                    lots.popleft()
            book(event.event_date, "burn", -event.reward_points)
        expire(close)
    entries = pd.DataFrame(rows, columns=["member_id", "entry_date", "kind", "reward_points"])
    return entries.assign(balance=entries.groupby("member_id").reward_points.cumsum())


def liability(entries, *, as_of, expiry_days, cost_per_point_cny):
    """Sum up a ledger: what was earned, used, lost, what is still owed, and what that will cost.

    汇总积分账：发放、使用、作废、结余，以及结余对应的负债。

    Parameters
    ----------
    entries : DataFrame
        From :func:`ledger`.
    cost_per_point_cny : float
        Cost of a point that is used.

    Returns
    -------
    dict
        earned, burned, expired, balance (earned = burned + expired + balance), breakage (expired share of the points
        whose time is over), liability_cny (balance at cost, less the breakage to be expected), never_used (share of
        members without a single use).

    Examples
    --------
    >>> told = pd.DataFrame({"member_id": "M1", "event_date": ["2024-01-01"], "kind": "earn", "reward_points": [100]})
    >>> liability(ledger(told, as_of="2024-06-01", expiry_days=365), as_of="2024-06-01", expiry_days=365,
    ...           cost_per_point_cny=.01)["liability_cny"]
    1.0
    """
    inputs.table(entries, "member_id", "entry_date", "kind", "reward_points")
    sums = entries.groupby("kind").reward_points.sum().reindex(["earn", "burn", "expire"], fill_value=0).abs()
    over = entries.entry_date + pd.Timedelta(days=expiry_days) <= inputs.day("as_of", as_of)
    matured = entries.reward_points[(entries.kind == "earn") & over].sum()
    breakage = float(sums.expire / matured) if matured else 0.0
    balance, cost = int(entries.reward_points.sum()), float(inputs.parameter("cost_per_point_cny", cost_per_point_cny, 0))
    users = entries.member_id[entries.kind == "burn"].nunique()
    return {"earned": int(sums.earn), "burned": int(sums.burn), "expired": int(sums.expire), "balance": balance,
            "breakage": breakage, "never_used": 1 - users / entries.member_id.nunique(),
            "liability_cny": balance * (1 - breakage) * cost}


def statement(entries, member, start, end):
    """Write one member's statement: opening balance, entries, closing balance.

    一位会员的对账单：期初结余、各笔变动、期末结余。

    Examples
    --------
    >>> told = pd.DataFrame({"member_id": "M1", "event_date": ["2024-01-01"], "kind": "earn", "reward_points": [100]})
    >>> books = ledger(told, as_of="2024-06-01", expiry_days=365)
    >>> statement(books, "M1", "2024-01-01", "2024-03-31")[["kind", "balance"]].values.tolist()
    [['opening', 0], ['earn', 100], ['closing', 100]]
    """
    own = entries[entries.member_id == member].drop(columns="member_id")
    if own.empty:
        raise InputError("loyalty.no_member", member=member)
    start, end = inputs.day("start", start), inputs.day("end", end)
    balances = [int(own.reward_points[own.entry_date < start].sum()), int(own.reward_points[own.entry_date <= end].sum())]
    edges = pd.DataFrame({"entry_date": [start, end], "kind": ["opening", "closing"],
                          "reward_points": 0, "balance": balances})
    return pd.concat([edges[:1], own[own.entry_date.between(start, end)], edges[1:]], ignore_index=True)


def simulate(members, *, rng, programmes=None):
    """Let the same customers live a year without a programme and with each of the five types.

    让同一批客户分别在“没有计划”和五种计划下各过一年（合成模拟）。

    The three switching costs (time, money, emotion) of a programme raise the odds of staying, its rewards raise
    spending, both as far as the member cares. Who leaves still spends a quarter. The same random numbers serve all
    programmes, so every difference is theirs. How strong these effects are is invented.

    Parameters
    ----------
    members : DataFrame
        member_id, spend_cny (a year), margin_share (0 to 1), stay (chance of staying, between 0 and 1), cares_time,
        cares_money, cares_emotion (0 to 1).
    programmes : DataFrame, optional
        In place of ``datasets/loyalty_programmes.csv``.

    Returns
    -------
    DataFrame
        programme, member_id, joined, without_cny and with_cny (spending), reward_cny, gain_cny (margin gained less
        reward and cost of membership), kind: outside, changed (behaviour), free_rider (rewarded, but would have bought
        anyway).

    Examples
    --------
    >>> one = pd.DataFrame({"member_id": ["M1"], "spend_cny": 2000, "margin_share": .3, "stay": .8, "cares_time": 0,
    ...                     "cares_money": 0, "cares_emotion": 1})
    >>> simulate(one, rng=np.random.default_rng(1)).set_index("programme").kind["club"]
    'changed'
    """
    columns = "spend_cny margin_share stay cares_time cares_money cares_emotion".split()
    inputs.unique(inputs.table(members, "member_id", *columns).member_id)
    spend, margin, stay, time, money, emotion = (
        inputs.numbers(members[name], 0, np.inf if name == "spend_cny" else 1).to_numpy() for name in columns)
    luck_join, luck_stay = rng.random((2, len(members)))
    stay, parts = np.clip(stay, .001, .999), []
    odds, without = np.log(stay / (1 - stay)), np.where(luck_stay < stay, spend, spend / 4)
    for name, kind in _programmes(programmes).iterrows():
        care = kind.appeal_money * money + kind.appeal_emotion * emotion
        joined = (luck_join < .25 + .6 * care) & (spend >= kind.entry_cny)
        tie = kind.lock_time * time + kind.lock_money * money + kind.lock_emotion * emotion
        stays = luck_stay < 1 / (1 + np.exp(-odds - 2 * tie * joined))
        after = np.where(stays, spend, spend / 4) * (1 + .3 * care**2 * joined)
        reward = joined * after * kind.reward_rate * kind.redeemed
        changed = after > without * 1.05
        gain = (after - without) * margin - reward - joined * kind.member_cny
        parts += [pd.DataFrame({
            "programme": name, "member_id": members.member_id, "joined": joined, "without_cny": without,
            "with_cny": after, "reward_cny": reward, "gain_cny": gain,
            "kind": np.select([~joined, changed], ["outside", "changed"], "free_rider")})]
    return pd.concat(parts, ignore_index=True)


def compare(simulated, programmes=None):
    """Compare programmes on the same customers: who joins, who changes, who rides free, what it earns.

    在同一批客户上比较各种计划：谁加入、谁改变了行为、谁搭便车、赚了多少。

    Returns
    -------
    DataFrame
        By programme: joined, changed, free_riders, reward_cny, wasted_cny and wasted_share (rewards of free riders),
        fixed_cny, profit_cny (gain less fixed cost), roi (profit over rewards and fixed cost).

    Examples
    --------
    >>> one = pd.DataFrame({"programme": "price", "joined": [True], "reward_cny": 5., "gain_cny": -7.,
    ...                     "kind": "free_rider"})
    >>> compare(one).profit_cny.tolist()
    [-1507.0]
    """
    inputs.table(simulated, "programme", "joined", "reward_cny", "gain_cny", "kind")
    free = simulated.kind == "free_rider"
    table = simulated.assign(free_riders=free, changed=simulated.kind == "changed",
                             wasted_cny=simulated.reward_cny.where(free, 0))
    table = table.groupby("programme", sort=False)[
        ["joined", "changed", "free_riders", "reward_cny", "wasted_cny", "gain_cny"]].sum()
    fixed = _programmes(programmes).fixed_cny.reindex(table.index)
    profit = table.pop("gain_cny") - fixed
    return table.assign(wasted_share=table.wasted_cny / table.reward_cny, fixed_cny=fixed, profit_cny=profit,
                        roi=profit / (table.reward_cny + fixed))


def choose(situation, rules=None):
    """Rank the five types for a company's situation, and say by codes what speaks for and against each.

    按企业情况给五种计划排序，并用代码说明赞成与反对的理由。

    Parameters
    ----------
    situation : dict
        Any of customer_base (large/concentrated), unit_margin, purchase_frequency, budget (low/high), partners
        (none/equal/unequal), bank, rivals_copy (yes/no), customers_seek (price/belonging).
    rules : DataFrame, optional
        In place of ``datasets/loyalty_rules.csv``: id, programme, factor, value, weight.

    Returns
    -------
    DataFrame
        By programme, best first: score, reasons_for, reasons_against (tuples of rule ids).

    Examples
    --------
    >>> choose({"customer_base": "concentrated", "unit_margin": "high"}).reasons_for["club"]
    ('concentrated', 'high_margin')
    """
    rules = inputs.definitions("loyalty_rules.csv", rules)
    inputs.table(rules, "id", "programme", "factor", "value", "weight")
    known = rules.groupby("factor").value.unique()
    for factor, value in situation.items():
        inputs.option("factor", factor, known.index)
        inputs.option(factor, value, known[factor])
    rules["weight"] = inputs.numbers(pd.to_numeric(rules.weight, errors="coerce"))
    rules["hit"] = [situation.get(factor) == value for factor, value in zip(rules.factor, rules.value)]
    rows = {programme: {"score": own.weight[own.hit].sum(),
                        "reasons_for": tuple(own.id[own.hit & (own.weight > 0)]),
                        "reasons_against": tuple(own.id[own.hit & (own.weight < 0)])}
            for programme, own in rules.groupby("programme", sort=False)}
    return pd.DataFrame.from_dict(rows, orient="index").sort_values("score", ascending=False, kind="stable")


def best_rewards(options):
    """Choose the best reward for each member, or none, and compare with one reward for all.

    为每位会员选出最合适的回馈（可以不给），并与统一回馈比较。

    Parameters
    ----------
    options : DataFrame
        member_id, reward, value_cny (margin it brings), cost_cny; every member with every reward.

    Returns
    -------
    Rewards
        Its table: member_id, reward ("none" where each would lose), gain_cny, uniform_gain_cny.

    Examples
    --------
    >>> grid = pd.DataFrame({"member_id": ["M1", "M1", "M2", "M2"], "reward": ["cash", "visit"] * 2,
    ...                      "value_cny": [9, 2, 1, 8], "cost_cny": 3})
    >>> best_rewards(grid)[1:]
    ('cash', 11.0, 4.0)
    """
    inputs.table(options, "member_id", "reward", "value_cny", "cost_cny")
    gains = options.assign(gain=inputs.numbers(options.value_cny) - inputs.numbers(options.cost_cny, 0)).pivot_table(
        index="member_id", columns="reward", values="gain", aggfunc="sum")
    if gains.isna().any(axis=None) or gains.size != len(options):
        lack = gains.index[gains.isna().any(axis=1)]
        raise InputError("loyalty.grid", members=inputs.rows(lack if len(lack) else options.member_id[
            options.duplicated(["member_id", "reward"])]))
    uniform, best = gains.sum().idxmax(), gains.assign(none=0.0)
    table = pd.DataFrame({"reward": best.idxmax(axis=1), "gain_cny": best.max(axis=1),
                          "uniform_gain_cny": gains[uniform]}).reset_index()
    return Rewards(table, uniform, float(table.gain_cny.sum()), float(table.uniform_gain_cny.sum()))


def policy(segmented, rules=None):
    """Say how far the "marriage" with each customer has come, and whether to reward, stimulate or penalise.

    说出与每位客户的“婚姻”到了哪一步，以及该回报、激励，还是让其付出代价。

    Parameters
    ----------
    segmented : DataFrame
        From ``rfm.segment`` with the eight segments: ``segment, frequency`` (at least 1).
    rules : DataFrame or path, optional
        In place of ``datasets/loyalty_policy.csv``: ``segment, policy``.

    Returns
    -------
    DataFrame
        The same customers with ``stage`` (of `WEDDINGS`) and ``policy`` (reward, stimulate, penalise).

    Examples
    --------
    >>> two = pd.DataFrame({"segment": ["important_value", "general_retain"], "frequency": [30, 1]})
    >>> policy(two)[["stage", "policy"]].values.tolist()
    [['silver', 'reward'], ['paper', 'penalise']]
    """
    inputs.table(segmented, "segment", "frequency")
    rules = inputs.definitions("loyalty_policy.csv", rules)
    inputs.table(rules, "segment", "policy")
    own = rules.set_index(inputs.unique(rules.segment)).policy
    inputs.codes(segmented.segment, own.index)
    stages = pd.cut(inputs.numbers(segmented.frequency, 1), [*WEDDINGS.values(), np.inf], right=False, labels=[*WEDDINGS])
    return segmented.assign(stage=stages.astype(object), policy=segmented.segment.map(own))


def word_of_mouth(links, value=None):
    """Follow who brought whom: generation, direct and whole reach of everyone, and what that reach brought.

    口碑网络：谁带来了谁；每个人的代次、直接与全部带来的人数，以及他们带来的价值。

    Parameters
    ----------
    links : DataFrame
        customer_id (the newcomer, once), referrer_id. A referrer who is no newcomer came without being referred.
    value : str, optional
        Column of what a newcomer brought (yuan, or 0/1 for bought).

    Returns
    -------
    DataFrame
        By customer_id: generation (0 for who came unreferred), founder (where the chain began), brought_directly,
        brought_in_all (through those, too), and with `value` value_directly and value_in_all.

    Examples
    --------
    >>> word_of_mouth(pd.DataFrame({"customer_id": ["B", "C"], "referrer_id": ["A", "B"]})).brought_in_all.to_dict()
    {'A': 2, 'B': 1, 'C': 0}
    """
    import networkx as nx

    inputs.unique(inputs.table(links, "customer_id", "referrer_id", *([value] if value else [])).customer_id)
    graph = nx.DiGraph(zip(inputs.present(links.referrer_id), links.customer_id))
    if not nx.is_directed_acyclic_graph(graph):
        raise InputError("loyalty.circle", customers=inputs.rows(start for start, _ in nx.find_cycle(graph)))
    worth = pd.Series(inputs.numbers(links[value]).to_numpy() if value else 0.0, links.customer_id).to_dict()
    found = {}
    for person in nx.topological_sort(graph):
        above = found.get(next(graph.predecessors(person), None), {"generation": -1, "founder": person})
        found[person] = {"generation": above["generation"] + 1, "founder": above["founder"]}
    for person in reversed(found):
        below = [(found[other], worth[other]) for other in graph.successors(person)]
        found[person] |= {"brought_directly": len(below), "brought_in_all": sum(1 + other["brought_in_all"] for other, _ in below),
                          "value_directly": sum(own for _, own in below),
                          "value_in_all": sum(own + other["value_in_all"] for other, own in below)}
    table = pd.DataFrame.from_dict(found, orient="index").rename_axis("customer_id").sort_index()
    return table if value else table.drop(columns=["value_directly", "value_in_all"])


def points_plan(ways, points, *, members, cost_per_point_cny):
    """Say what a year of points brings: what members do more of, and what is paid for what they did anyway.

    积分方案的一年：会员因此多做了什么，又有多少积分付给了本来就会做的事。

    Parameters
    ----------
    ways : DataFrame
        earn_way, least and most (times a member and year: without points, with endless ones), half (points that reach half
        of the way between), worth_cny (of one more time).
    points : dict or Series
        Way to points a time; a way left out earns none.
    members : int
        How many there are.

    Returns
    -------
    DataFrame
        By earn_way: reward_points (a time), actions, extra (actions that come from the points), cost_cny, anyway_cny (of it
        for what would have been done anyway), value_cny (of `extra`), gain_cny.

    Examples
    --------
    >>> rule = pd.DataFrame({"earn_way": ["survey"], "least": .5, "most": 1.5, "half": 10, "worth_cny": 40})
    >>> points_plan(rule, {"survey": 10}, members=100, cost_per_point_cny=1).gain_cny.to_dict()
    {'survey': 1000.0}
    """
    inputs.table(ways, "earn_way", "least", "most", "half", "worth_cny")
    rule = pd.DataFrame({name: inputs.numbers(ways[name], 0).to_numpy() for name in ("least", "most", "half", "worth_cny")},
                        index=pd.Index(inputs.unique(ways.earn_way)))
    given = pd.Series(points, dtype=float, name="reward_points")
    inputs.codes(pd.Series(given.index, given.index, name="earn_way"), rule.index), inputs.numbers(given, 0)
    given = given.reindex(rule.index, fill_value=0.0)
    members, cost = inputs.parameter("members", members, 1), inputs.parameter("cost_per_point_cny", cost_per_point_cny, 0)
    # The first points move most; what nobody does for points (most = least) they do not move at all.
    extra = members * (rule.most - rule.least) * (given / (given + rule.half)).where(given > 0, 0)
    anyway = members * rule.least * given * cost
    spent = anyway + extra * given * cost
    return pd.DataFrame({"reward_points": given, "actions": members * rule.least + extra, "extra": extra, "cost_cny": spent,
                         "anyway_cny": anyway, "value_cny": extra * rule.worth_cny,
                         "gain_cny": extra * rule.worth_cny - spent}).rename_axis("earn_way")


def best_points(ways, *, members, cost_per_point_cny, budget_cny, levels):
    """Find the points that gain most within a budget, out of a list of levels: integer optimisation.

    在预算之内，从若干档分值中找出收益最大的积分方案（整数规划）。

    Parameters
    ----------
    ways : DataFrame
        As in :func:`points_plan`.
    levels : list of float
        What a way may earn; none is always allowed.

    Returns
    -------
    Series
        Way to points.

    Examples
    --------
    >>> rule = pd.DataFrame({"earn_way": ["survey", "home"], "least": [.5, .1], "most": [1.5, .1], "half": 10, "worth_cny": [40, 9]})
    >>> best_points(rule, members=100, cost_per_point_cny=1, budget_cny=9_000, levels=[5, 10, 20]).to_dict()
    {'survey': 10.0, 'home': 0.0}
    """
    plans = [points_plan(ways, dict.fromkeys(ways.earn_way, level), members=members, cost_per_point_cny=cost_per_point_cny)
             for level in levels]
    options = pd.concat(plans).reset_index().rename(columns={"earn_way": "customer_id", "reward_points": "offer"})
    chosen = idic.customise(options[["customer_id", "offer", "gain_cny", "cost_cny"]], budget_cny=budget_cny, capacity={}).table
    return chosen.set_index("customer_id").offer.reindex(ways.earn_way, fill_value=0.0).rename("reward_points")


def _programmes(source):
    """Return the numbers of the programme types."""
    types = inputs.definitions("loyalty_programmes.csv", source)
    names = ["fixed_cny", "member_cny", "entry_cny", "reward_rate", "redeemed", "appeal_money", "appeal_emotion",
             "lock_time", "lock_money", "lock_emotion"]
    inputs.table(types, "id", *names)
    numbers = {name: inputs.numbers(pd.to_numeric(types[name], errors="coerce"), 0) for name in names}
    return pd.DataFrame(numbers).set_index(inputs.unique(types.id).rename("programme"))
