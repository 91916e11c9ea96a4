"""The key of exercise 01. It stays with the teacher: a released pack does not hold it.

One function per question, named after it; its arguments are the data, ``as_of`` and other questions. A function
``question__mistake`` gives what that mistake would give.
"""

import math
import re

import numpy as np
import pandas as pd

SETUP = 3000  # yuan

# ---- 1 identify


def clean_phone(text):
    return "".join(re.findall(r"[0-9]", text))[-11:]


def clean_phone__country_code_kept(text):
    return "".join(re.findall(r"[0-9]", text))


def clean_phone__first_eleven(text):
    return "".join(re.findall(r"[0-9]", text))[:11]


def clean_phone__inputs(rng):
    def number():
        return f"154{rng.integers(10**8):08d}"

    forms = ["{}", "+86 {}", "86{}", "0086-{}", "(+86){}", " {} "]
    plain = [(form.format(number()),) for form in forms for _ in range(2)]
    split = [(f"{n[:3]}-{n[3:7]} {n[7:]}",) for n in (number() for _ in range(4))]
    return [*plain, *split, (f"+86 {number()[:3]} 8000 {rng.integers(10**4):04d}",)]


def _names(club_records):
    return club_records["name"].str.replace(r"\s|女士|先生", "", regex=True)


def customers_found(club_records):
    return len(set(zip(club_records["phone"], _names(club_records), strict=True)))


def customers_found__by_phone(club_records):
    return club_records["phone"].nunique()


def customers_found__raw_name(club_records):
    return len(set(zip(club_records["phone"], club_records["name"], strict=True)))


def duplicate_rate(club_records, customers_found):
    return 100 - duplicate_rate__members_share(club_records, customers_found)


def duplicate_rate__fraction(club_records, customers_found):
    return duplicate_rate(club_records, customers_found) / 100


def duplicate_rate__members_share(club_records, customers_found):
    return 100 * customers_found / len(club_records)


# ---- 2 differentiate


def _tiers(values, ascending=False):
    rank = values.rank(ascending=ascending) / len(values)
    return pd.Series(np.select([rank <= 0.2, rank <= 0.5], ["A", "B"], "C"), values.index)


def tier(club_members):
    return _tiers(club_members.set_index("customer_id")["clv_cny"])


def tier__by_potential(club_members):
    return _tiers(club_members.set_index("customer_id")["potential_cny"])


def tier__upside_down(club_members):
    return _tiers(club_members.set_index("customer_id")["clv_cny"], ascending=True)


def _types(members, best, below, growth):
    left = ~best & ~below
    growable = members.index.isin(growth[left].nlargest(48).index)
    return pd.Series(np.select([best, below, growable], ["mvc", "bz", "mgc"], "rest"), members.index)


def value_type(club_members, tier):
    members = club_members.set_index("customer_id")
    return _types(members, tier == "A", members["clv_cny"] < 0, members["potential_cny"] - members["clv_cny"])


def value_type__potential_itself(club_members, tier):
    members = club_members.set_index("customer_id")
    return _types(members, tier == "A", members["clv_cny"] < 0, members["potential_cny"])


def value_type__bz_forgotten(club_members, tier):
    members = club_members.set_index("customer_id")
    return _types(members, tier == "A", tier == "none", members["potential_cny"] - members["clv_cny"])


def share_of_customer(club_members):
    return 100 * share_of_customer__fraction(club_members)


def share_of_customer__fraction(club_members):
    return club_members["own_cny"].sum() / club_members["wallet_cny"].sum()


def share_of_customer__mean_of_shares(club_members):
    return 100 * (club_members["own_cny"] / club_members["wallet_cny"]).mean()


# ---- 3 interact


def allowed(club_members):
    return int(((club_members["consent"] == "yes") & (club_members["contacts_30d"] < 2)).sum())


def allowed__cap_forgotten(club_members):
    return int((club_members["consent"] == "yes").sum())


def allowed__withdrawn_counted(club_members):
    return int(((club_members["consent"] != "no") & (club_members["contacts_30d"] < 2)).sum())


def next_move(club_members):
    last = club_members.set_index("customer_id").at["C0001", "last_contact"]
    return {"none": "a", "open": "b", "answered": "c", "silent": "d"}[last]


# ---- 4 customise and evaluate


def _profit(trial):
    return trial["margin_cny"] - trial["cost_cny"]


def profit_per_contact(club_trial):
    return _profit(club_trial).groupby(club_trial["arm"]).mean()


def profit_per_contact__per_response(club_trial):
    arms = club_trial["arm"]
    return _profit(club_trial).groupby(arms).sum() / club_trial["responded"].groupby(arms).sum()


def profit_per_contact__cost_forgotten(club_trial):
    return club_trial["margin_cny"].groupby(club_trial["arm"]).mean()


def break_even(profit_per_contact):
    return profit_per_contact["own"] - profit_per_contact["mass"]


def break_even__totals(profit_per_contact, club_trial):
    total = profit_per_contact * club_trial["arm"].value_counts()
    return total["own"] - total["mass"]


def contacts_needed(break_even):
    return math.ceil(SETUP / break_even)


def contacts_needed__own_profit(profit_per_contact):
    return math.ceil(SETUP / profit_per_contact["own"])


def contacts_needed__rounded_down(break_even):
    return math.floor(SETUP / break_even)
