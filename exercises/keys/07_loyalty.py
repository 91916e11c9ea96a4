"""The key of exercise 07. It stays with the teacher: a released pack does not hold it.

One function per question, named after it; its arguments are the data, ``as_of`` and other questions. A function
``question__mistake`` gives what that mistake would give.
"""

import pandas as pd

from casekit import loyalty

EXPIRY_DAYS = 365
MARGIN = 0.3
LABOUR = 2  # times the cost of the material, labour included
COST_CNY, USED = 0.01, 0.6  # of a point; the share of the points owed that will be used

# ---- 1 the card


def _card(loyalty_panel):
    return loyalty_panel[loyalty_panel["arm"] == "card"]


def _change(panel):
    return (panel["after_cny"] - panel["before_cny"]).mean()


def never_used(loyalty_panel):
    return 100 * never_used__fraction(loyalty_panel)


def never_used__fraction(loyalty_panel):
    return (_card(loyalty_panel)["used"] == 0).mean()


def never_used__of_all(loyalty_panel):
    return 100 * (loyalty_panel["used"] == 0).mean()


def lift(loyalty_panel):
    return _change(_card(loyalty_panel)) - _change(loyalty_panel[loyalty_panel["arm"] == "control"])


def lift__users_only(loyalty_panel):
    card, control = _card(loyalty_panel), loyalty_panel[loyalty_panel["arm"] == "control"]
    return _change(card[card["used"] == 1]) - _change(control)


def lift__after_only(loyalty_panel):
    means = loyalty_panel.groupby("arm")["after_cny"].mean()
    return means["card"] - means["control"]


def lift__no_control(loyalty_panel):
    return _change(_card(loyalty_panel))


def card_profit(lift, loyalty_panel):
    return MARGIN * lift - _card(loyalty_panel)["reward_cny"].mean()


def card_profit__no_margin(lift, loyalty_panel):
    return lift - _card(loyalty_panel)["reward_cny"].mean()


def card_profit__reward_of_users(lift, loyalty_panel):
    card = _card(loyalty_panel)
    return MARGIN * lift - card.loc[card["used"] == 1, "reward_cny"].mean()


def rise_needed(margin, rate, fixed, sales):
    return (rate * sales + fixed) / ((margin - rate) * sales)


def rise_needed__fixed_forgotten(margin, rate, fixed, sales):
    return rate / (margin - rate)


def rise_needed__extra_sales_free(margin, rate, fixed, sales):
    return (rate * sales + fixed) / (margin * sales)


def rise_needed__inputs(rng):
    drawn = [(float(rng.uniform(0.1, 0.5)), float(rng.uniform(0.01, 0.08)), float(rng.integers(100, 9_000)),
              float(rng.integers(10_000, 900_000))) for _ in range(12)]  # fmt: skip
    return [*drawn, (0.25, 0.05, 0.0, 100_000.0)]


# ---- 2 points


def balance(loyalty_points, as_of):
    books = loyalty.ledger(loyalty_points, as_of=as_of, expiry_days=EXPIRY_DAYS)
    return books.groupby("member_id")["reward_points"].sum()


def _signed(events):
    return events["reward_points"].where(events["kind"] == "earn", -events["reward_points"]).groupby(events["member_id"]).sum()


def balance__nothing_expires(loyalty_points):
    return _signed(loyalty_points)


def balance__last_year_only(loyalty_points, as_of):
    start = pd.Timestamp(as_of) - pd.Timedelta(days=EXPIRY_DAYS)
    members = sorted(loyalty_points["member_id"].unique())
    return _signed(loyalty_points[loyalty_points["event_date"] > start]).reindex(members, fill_value=0)


def liability(balance):
    return USED * liability__all_will_be_used(balance)


def liability__all_will_be_used(balance):
    return COST_CNY * balance.sum()


def liability__in_points(balance):
    return USED * balance.sum()


# ---- 3 rewards


def _net(loyalty_rewards, cost):
    gain = (loyalty_rewards["value_cny"] - cost).set_axis(pd.MultiIndex.from_frame(loyalty_rewards[["member_id", "reward"]]))
    return gain.unstack()


def best_reward(loyalty_rewards):
    return _best(_net(loyalty_rewards, LABOUR * loyalty_rewards["cost_cny"]).assign(none=0.0))


def best_reward__never_none(loyalty_rewards):
    return _best(_net(loyalty_rewards, LABOUR * loyalty_rewards["cost_cny"]))


def best_reward__labour_forgotten(loyalty_rewards):
    return _best(_net(loyalty_rewards, loyalty_rewards["cost_cny"]).assign(none=0.0))


def best_reward__cost_forgotten(loyalty_rewards):
    return _best(_net(loyalty_rewards, 0))


def _best(gains):
    return gains.idxmax(axis=1).rename("reward")
