"""Customer relationship management in four small pieces: one history from many channels, what is due, who brings whom, how long they wait."""

import heapq
from math import factorial

import numpy as np
import pandas as pd

from casekit import inputs
from casekit.errors import InputError


def join(events, identities):
    """Join the events of all channels into one history for each customer.

    把各渠道的事件连成每位客户的一条历史。

    Parameters
    ----------
    events : DataFrame
        channel, channel_id, event_date, event; further columns stay, and `hour`, if there, orders a day.
    identities : DataFrame
        channel, channel_id, customer_id: who is behind the number that a channel knows.

    Returns
    -------
    DataFrame
        The events in the order of time with customer_id (missing where nobody is known), before (the customer's event
        before), before_channel and days_since.

    Examples
    --------
    >>> log = pd.DataFrame({"channel": ["hotline", "wechat"], "channel_id": ["139", "wx1"],
    ...                     "event_date": ["2025-12-01", "2025-12-03"], "event": ["complaint", "offer"]})
    >>> who = pd.DataFrame({"channel": ["hotline", "wechat"], "channel_id": ["139", "wx1"], "customer_id": "C1"})
    >>> join(log, who)[["event", "before", "days_since"]].values.tolist()[1]
    ['offer', 'complaint', 2.0]
    """
    inputs.table(events, "channel", "channel_id", "event_date", "event")
    inputs.table(identities, "channel", "channel_id", "customer_id")
    inputs.unique((identities.channel + " " + identities.channel_id).rename("channel, channel_id"))
    told = events.assign(event_date=inputs.dates(events.event_date)).merge(identities, how="left", on=["channel", "channel_id"])
    told = told.sort_values([name for name in ("event_date", "hour") if name in told], kind="stable", ignore_index=True)
    own = told[told.customer_id.notna()].groupby("customer_id")
    return told.assign(before=own.event.shift(), before_channel=own.channel.shift(), days_since=own.event_date.diff().dt.days)


def due(history, *, as_of, source=None):
    """Say which actions are due on a day because of what customers did: event-triggered marketing.

    事件触发：某一天该对哪些客户做什么，以及哪些应当先压住不发。

    Parameters
    ----------
    history : DataFrame
        customer_id, event_date, event, in the order of time, as :func:`join` returns it.
    as_of : date
    source : DataFrame or path, optional
        In place of ``datasets/crm_triggers.csv``: to_do, event (that asks for it), cancelled_by (event that makes it
        needless), wait_days, within_days, blocked_by and freed_by (held back from the one until the other).

    Returns
    -------
    DataFrame
        customer_id, to_do, event_date, due_on, held (True: not now).

    Examples
    --------
    >>> log = pd.DataFrame({"customer_id": ["C1", "C1", "C2"], "event_date": ["2025-12-01", "2025-12-02", "2025-12-01"],
    ...                     "event": ["complaint", "cart", "cart"]})
    >>> due(log, as_of="2025-12-06").query("to_do == 'remind'")[["customer_id", "held"]].values.tolist()
    [['C2', False], ['C1', True]]
    """
    rules = inputs.definitions("crm_triggers.csv", source)
    inputs.table(rules, "to_do", "event", "cancelled_by", "wait_days", "within_days", "blocked_by", "freed_by")
    for column in ("wait_days", "within_days"):
        rules[column] = inputs.numbers(pd.to_numeric(rules[column], errors="coerce"), 0)
    day = inputs.day("as_of", as_of)
    inputs.table(history, "customer_id", "event_date", "event")
    log = history.assign(event_date=inputs.dates(history.event_date), place=range(len(history)))
    log = log[log.customer_id.notna() & (log.event_date <= day)]

    def last(event):
        return log[log.event == event].groupby("customer_id")[["place", "event_date"]].last()

    found = []
    for rule in rules.itertuples():
        asked = last(rule.event)
        # Absent is before everything: an event that never came neither cancels nor frees.
        cancelled, blocked, freed = (
            last(event).place.reindex(asked.index).fillna(-1) for event in (rule.cancelled_by, rule.blocked_by, rule.freed_by))
        ready = asked.event_date + pd.to_timedelta(rule.wait_days, unit="D")
        now = (ready <= day) & (day <= ready + pd.to_timedelta(rule.within_days, unit="D")) & (cancelled < asked.place)
        found.append(pd.DataFrame({"to_do": rule.to_do, "event_date": asked.event_date, "due_on": ready,
                                   "held": blocked > freed})[now])
    return pd.concat(found).rename_axis("customer_id").reset_index().sort_values(
        ["due_on", "customer_id", "to_do"], ignore_index=True)


def messages(cells, people, *, cost_cny, given_cny=None, leaver_cny=None, control="control"):
    """Say what each message to each segment costs and earns, against no message: the moves of a contact plan.

    每个细分发每种消息，比不发多花多少、多赚多少：联系计划的所有选项。

    Parameters
    ----------
    cells : DataFrame
        segment, message, order_rate, margin_cny (a person, after what is given), leave_rate (stops taking messages); a
        row ``control`` in each segment; and, if there, times (messages a person, else 1).
    people : mapping
        How many can be reached in each segment.
    cost_cny : float
        Of a message.
    given_cny, leaver_cny : mapping, optional
        What an order with this message gives away; what is lost with one of this segment who leaves.

    Returns
    -------
    DataFrame
        The cells but ``control`` with people, outlay_cny (messages, and what is given away), profit_cny (margin gained, less
        messages and leavers; what is given away is in the margin already).

    Examples
    --------
    >>> rows = [("regular", "control", .4, 6.0, 0), ("regular", "coupon", .5, 4.5, .01)]
    >>> cells = pd.DataFrame(rows, columns=["segment", "message", "order_rate", "margin_cny", "leave_rate"])
    >>> moves = messages(cells, {"regular": 100}, cost_cny=.1, given_cny={"coupon": 6}, leaver_cny={"regular": 10})
    >>> moves[["outlay_cny", "profit_cny"]].round(2).values.tolist()
    [[310.0, -170.0]]
    """
    inputs.table(cells, "segment", "message", "order_rate", "margin_cny", "leave_rate")
    cost = float(inputs.parameter("cost_cny", cost_cny, 0))
    inputs.codes(cells.segment, people)
    base = cells[cells.message == control].set_index("segment")[["margin_cny", "leave_rate"]]
    inputs.codes(cells.segment, inputs.unique(base.index.to_series()))
    sent = cells[cells.message != control].reset_index(drop=True)
    count = sent.segment.map(people)
    without = base.loc[sent.segment].reset_index(drop=True)
    times = sent.times if "times" in sent else 1
    given = sent.order_rate * sent.message.map(given_cny or {}).fillna(0)
    leavers = (sent.leave_rate - without.leave_rate) * sent.segment.map(leaver_cny or {}).fillna(0)
    gained = sent.margin_cny - without.margin_cny - times * cost - leavers
    return sent.assign(people=count, outlay_cny=count * (times * cost + given), profit_cny=count * gained)


def plan(options, budget_cny):
    """Choose at most one message for each segment so that profit is highest within a budget: integer optimisation.

    在预算内为每个细分至多选一种消息，使利润最高（整数规划）。

    Parameters
    ----------
    options : DataFrame
        From :func:`messages`; several rows a segment.

    Returns
    -------
    DataFrame
        The rows chosen; none where no message pays.

    Examples
    --------
    >>> rows = [("new", "sms", 5, 9), ("new", "call", 8, 11), ("old", "sms", 4, 3)]
    >>> moves = pd.DataFrame(rows, columns=["segment", "message", "outlay_cny", "profit_cny"])
    >>> plan(moves, 10).message.tolist(), plan(moves, 8).message.tolist()
    (['sms', 'sms'], ['call'])
    """
    from scipy.optimize import LinearConstraint, milp

    inputs.table(options, "segment", "message", "outlay_cny", "profit_cny")
    outlay, profit = (inputs.numbers(options[name]).to_numpy() for name in ("outlay_cny", "profit_cny"))
    budget = float(inputs.parameter("budget_cny", budget_cny, 0))
    one = pd.get_dummies(options.segment).T.to_numpy(float)
    chosen = milp(-profit, integrality=np.ones(len(profit)), bounds=(0, 1), options={"mip_rel_gap": 0},
                  constraints=LinearConstraint(np.vstack([one, outlay]), ub=np.append(np.ones(len(one)), budget)))
    return options[chosen.x > .5]


def reach(invitations):
    """Follow who brought whom: how many each customer invited, and how many came through them in the end.

    口碑传播：每位客户直接带来几人，层层相传一共带来几人。

    Parameters
    ----------
    invitations : DataFrame
        inviter_id, invited_id; nobody is invited twice.

    Returns
    -------
    DataFrame
        By customer who invited anybody: invited, brought (all that came through them), depth (longest chain).

    Examples
    --------
    >>> reach(pd.DataFrame({"inviter_id": ["A", "A", "B"], "invited_id": ["B", "C", "D"]})).loc["A"].tolist()
    [2, 3, 2]
    """
    inputs.unique(inputs.table(invitations, "inviter_id", "invited_id").invited_id)
    brought_by = dict(zip(invitations.invited_id, inputs.present(invitations.inviter_id)))
    total, depth = {}, {}
    for guest in brought_by:
        host, steps = brought_by[guest], 1
        while host is not None:
            if host == guest or steps > len(brought_by):
                raise InputError("crm.circle", customer=guest)
            total[host], depth[host] = total.get(host, 0) + 1, max(depth.get(host, 0), steps)
            host, steps = brought_by.get(host), steps + 1
    invited = invitations.inviter_id.value_counts()
    return pd.DataFrame({"invited": invited, "brought": pd.Series(total), "depth": pd.Series(depth)}).rename_axis(
        "customer_id").sort_values(["brought", "invited"], ascending=False)


def queue(arrived, minutes, agents):
    """Let callers wait their turn for the first agent who is free: a call centre, replayed.

    呼叫中心排队：按到达先后，谁先空闲谁接，算出每位来电者等了多久。

    Parameters
    ----------
    arrived, minutes : sequence of float
        When each call comes, in order, and how long it takes; in minutes.
    agents : int

    Returns
    -------
    DataFrame
        A row a call: arrived, waited, agent.

    Examples
    --------
    >>> queue([0, 1, 2], [5, 5, 5], agents=2).waited.tolist()
    [0.0, 0.0, 3.0]
    """
    agents = int(inputs.parameter("agents", agents, 1))
    come, long = (inputs.numbers(pd.Series(values, name=name), 0).to_numpy()
                  for name, values in (("arrived", arrived), ("minutes", minutes)))
    if len(come) != len(long) or (np.diff(come) < 0).any():
        raise InputError("crm.calls")
    free = [(0.0, agent) for agent in range(1, agents + 1)]
    rows = []
    for at, lasts in zip(come, long):
        ready, agent = heapq.heappop(free)
        heapq.heappush(free, (max(at, ready) + lasts, agent))
        rows.append((at, max(ready - at, 0.0), agent))
    return pd.DataFrame(rows, columns=["arrived", "waited", "agent"])


def waiting(calls_per_hour, minutes, agents):
    """Say how long callers wait on average, by Erlang's formula: random arrivals, random lengths, nobody hangs up.

    平均要等多久（Erlang C 公式：来电与时长随机、无人挂断）。

    Parameters
    ----------
    calls_per_hour, minutes : float
        Calls that come in an hour, and mean length of one.
    agents : int

    Returns
    -------
    dict
        busy (share of the agents' time), wait_chance, wait_minutes (mean of all calls); infinite where the agents
        cannot keep up.

    References
    ----------
    A. K. Erlang (1917), "Solution of some problems in the theory of probabilities of significance in automatic
    telephone exchanges".

    Examples
    --------
    >>> round(waiting(10, 3, agents=1)["wait_minutes"], 6)  # M/M/1: 3 × 0.5 / (1 − 0.5)
    3.0
    """
    load = float(inputs.parameter("calls_per_hour", calls_per_hour, 0) * inputs.parameter("minutes", minutes, 0)) / 60
    agents = int(inputs.parameter("agents", agents, 1))
    if load >= agents:
        return {"busy": 1.0, "wait_chance": 1.0, "wait_minutes": np.inf}
    all_busy = load**agents / factorial(agents) * agents / (agents - load)
    chance = all_busy / (sum(load**k / factorial(k) for k in range(agents)) + all_busy)
    return {"busy": load / agents, "wait_chance": chance, "wait_minutes": chance * minutes / (agents - load)}
