"""The key of exercise 08. It stays with the teacher: a released pack does not hold it.

One function per question, named after it; its arguments are the data, ``as_of`` and other questions. A function
``question__mistake`` gives what that mistake would give.
"""

import math

import numpy as np
import pandas as pd

WINDOW = 90  # days that progress looks back
CUT, TIMES = 30, 4  # days of silence that the colleague allows; own gaps of silence that the own rule allows
NOTICE = 14  # days that it takes to act

# ---- 1 credit and progress


def _sums(alerts_ledger):
    return alerts_ledger.pivot_table(index="account_id", columns="kind", values="amount_cny", aggfunc="sum", fill_value=0)


def _accounts(alerts_accounts):
    return alerts_accounts.set_index("account_id")


def debt(alerts_ledger):
    sums = _sums(alerts_ledger)
    return sums["order"] - sums["payment"]


def debt__with_costs(alerts_ledger):
    return debt(alerts_ledger) + _sums(alerts_ledger)["cost"]


def debt__orders_only(alerts_ledger):
    return _sums(alerts_ledger)["order"]


def _beyond(debt, alerts_accounts):
    limit = _accounts(alerts_accounts)["credit_limit_cny"]
    return debt[debt > limit], limit


def at_risk(debt, alerts_accounts):
    over, limit = _beyond(debt, alerts_accounts)
    return float((over - limit[over.index]).sum())


def at_risk__whole_debt(debt, alerts_accounts):
    return float(_beyond(debt, alerts_accounts)[0].sum())


def at_risk__all_dealers(debt, alerts_accounts):
    return float((debt - _beyond(debt, alerts_accounts)[1]).sum())


def _recent(alerts_ledger, as_of, kind="order"):
    age = (pd.Timestamp(as_of) - alerts_ledger["entry_date"]).dt.days
    rows = alerts_ledger[(age < WINDOW) & (alerts_ledger["kind"] == kind)]
    return rows.groupby("account_id")["amount_cny"].sum().reindex(_sums(alerts_ledger).index, fill_value=0)


def progress(alerts_ledger, alerts_accounts, as_of):
    return _recent(alerts_ledger, as_of) / (_accounts(alerts_accounts)["plan_cny"] * WINDOW)


def progress__plan_of_one_day(alerts_ledger, alerts_accounts, as_of):
    return progress(alerts_ledger, alerts_accounts, as_of) * WINDOW


def progress__whole_history(alerts_ledger, alerts_accounts):
    return _sums(alerts_ledger)["order"] / (_accounts(alerts_accounts)["plan_cny"] * WINDOW)


def progress__payments(alerts_ledger, alerts_accounts, as_of):
    return _recent(alerts_ledger, as_of, "payment") / (_accounts(alerts_accounts)["plan_cny"] * WINDOW)


# ---- 2 silence


def _days(alerts_ledger):
    return alerts_ledger[alerts_ledger["kind"] == "order"].groupby("account_id")["entry_date"]


def gap(alerts_ledger):
    days = _days(alerts_ledger)
    return (days.max() - days.min()).dt.days / (days.nunique() - 1)


def gap__orders_not_gaps(alerts_ledger):
    days = _days(alerts_ledger)
    return (days.max() - days.min()).dt.days / days.nunique()


def gap__up_to_today(alerts_ledger, as_of):
    days = _days(alerts_ledger)
    return (pd.Timestamp(as_of) - days.min()).dt.days / (days.nunique() - 1)


def _silent(alerts_ledger, as_of):
    return (pd.Timestamp(as_of) - _days(alerts_ledger).max()).dt.days


def times(alerts_ledger, gap, as_of):
    return _silent(alerts_ledger, as_of) / gap


def times__upside_down(alerts_ledger, gap, as_of):
    return gap / _silent(alerts_ledger, as_of).replace(0, np.nan)


def times__difference(alerts_ledger, gap, as_of):
    return _silent(alerts_ledger, as_of) - gap


def verdict(alerts_ledger, times, as_of):
    return _verdict(_silent(alerts_ledger, as_of) > CUT, times > TIMES)


def verdict__swapped(alerts_ledger, times, as_of):
    return _verdict(times > TIMES, _silent(alerts_ledger, as_of) > CUT)


def _verdict(by_cut, by_rhythm):
    codes = np.select([by_cut & by_rhythm, by_cut, by_rhythm], ["both", "cut", "rhythm"], "none")
    return pd.Series(codes, by_cut.index)


def silence_limit(gap_days, chance):
    return -gap_days * math.log(chance)


def silence_limit__common_logarithm(gap_days, chance):
    return -gap_days * math.log10(chance)


def silence_limit__chance_of_coming(gap_days, chance):
    return -gap_days * math.log(1 - chance)


def silence_limit__negative(gap_days, chance):
    return gap_days * math.log(chance)


def silence_limit__inputs(rng):
    return [(float(rng.uniform(3, 60)), float(rng.uniform(0.01, 0.4))) for _ in range(20)]


# ---- 3 how good the old rule was


def _counts(alerts_outcomes, notice=NOTICE):
    lead = (alerts_outcomes["ended_on"] - alerts_outcomes["warned_on"]).dt.days
    useful = lead[lead >= notice]
    return useful, alerts_outcomes["warned_on"].notna().sum(), alerts_outcomes["ended_on"].notna().sum()


def precision(alerts_outcomes):
    useful, warned, _ = _counts(alerts_outcomes)
    return len(useful) / warned


def precision__late_counted(alerts_outcomes):
    useful, warned, _ = _counts(alerts_outcomes, notice=-9999)
    return len(useful) / warned


def precision__recall(alerts_outcomes):
    return recall(alerts_outcomes)


def recall(alerts_outcomes):
    useful, _, ended = _counts(alerts_outcomes)
    return len(useful) / ended


def recall__late_counted(alerts_outcomes):
    useful, _, ended = _counts(alerts_outcomes, notice=-9999)
    return len(useful) / ended


def recall__precision(alerts_outcomes):
    return precision(alerts_outcomes)


def lead(alerts_outcomes):
    return float(_counts(alerts_outcomes)[0].median())


def lead__mean(alerts_outcomes):
    return float(_counts(alerts_outcomes)[0].mean())


def lead__late_counted(alerts_outcomes):
    return float(_counts(alerts_outcomes, notice=-9999)[0].median())
