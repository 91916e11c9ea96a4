"""A developer's club of residents and prospects, calibrated to what is public about Vanke's; all persons are invented.

The club opens in one city on 1 January 2022. Households that the firm knows by then join or not, as they choose: those
who were happier, closer and more often there do, and would have talked about the firm in any case. So members look far
better than others, while what the club itself does to them (`vanke_truth`: the same household, the same luck, with
and without the club) is small. It makes nobody buy a home.

What is public: owners are 50 to 60 % of members; points are earned in eight ways; joining online brings 5, an adopted
suggestion 10. All other numbers are synthetic.
"""

from statistics import NormalDist

import numpy as np
import pandas as pd

SCALE = "members"  # those who join as the club opens; households that do not, and whom both bring, come on top
CHUNK = 1_500
SEED = 1998
OPENS, CLOSES = np.datetime64("2022-01-01"), np.datetime64("2025-12-31")
YEAR = np.datetime64("2025-01-01")  # of the points and contacts
NEEDS = ("family", "sport", "culture", "home")
# Way: points today, times a member and year without points and with endless ones, points that reach half of the way
# between, yuan that one more time is worth, where the points come from.
WAYS = {
    "join_online": (5, .06, .10, 20, 60, "confirmed"),
    "profile": (5, .15, .60, 10, 30, "synthetic"),
    "survey": (5, .40, 1.60, 10, 30, "synthetic"),
    "activity": (10, .80, 1.60, 30, 10, "synthetic"),
    "suggestion": (10, .03, .25, 30, 300, "confirmed"),
    "referral": (50, .05, .14, 100, 3_600, "synthetic"),
    "purchase": (1_000, .03, .03, 0, 0, "synthetic"),
    "anniversary": (50, 1.0, 1.0, 0, 0, "synthetic"),
}
DRAWN = ("warm", "owns", "years", "age", "children", "income", "friends", "visits", "happy", "joins", "talks", "how_many",
         "when", "buys", "again", "gap", "price", "growth")  # what each household draws
SETS, PANEL, FAMILIES = 3, 720, 90  # of exercise 13
_GRID = np.linspace(0, 1, 2_001)
_NORMAL = np.array([NormalDist().inv_cdf(min(max(place, 1e-4), 1 - 1e-4)) for place in _GRID])


def files():
    """Return {path: text} of all files that this generator makes."""
    made = next(stream(CHUNK, SEED)) | {"vanke_ways": ways()}
    varied = [exercise(number) for number in range(SETS)]
    made |= varied[0]
    made |= {f"reserve/{name}": pd.concat([each[name] for each in varied[1:]]) for name in varied[0]}
    return {f"{name}.csv": frame.to_csv(index=False, lineterminator="\n", date_format="%Y-%m-%d") for name, frame in made.items()}


def ways():
    """Return the eight ways to earn points as a table."""
    columns = ["reward_points", "least", "most", "half", "worth_cny", "status"]
    return pd.DataFrame.from_dict(WAYS, orient="index", columns=columns).rename_axis("earn_way").reset_index()


def stream(size, seed):
    """Yield {table: rows}, a chunk of members and all that belongs to them at a time."""
    homes = newcomers = contacts = 0
    for part, start in enumerate(range(0, size, CHUNK)):
        draw = np.random.Generator(np.random.PCG64([seed, part])).random
        people = _households(draw, min(CHUNK, size - start), homes)
        referrals = _referrals(draw, people, newcomers)
        members = _members(draw, people, referrals)
        talks = _contacts(draw, members, contacts)
        yield {
            "vanke_households": people[["customer_id", "owns", "years_known", "age_years", "children", "income_band", "friends",
                                        "visits_before", "satisfaction_before", "member", "recommended", "bought"]],
            "vanke_truth": people[["customer_id", "recommended_without", "recommended_with"]],
            "vanke_purchases": _purchases(people, referrals, draw),
            "vanke_referrals": referrals[["customer_id", "referrer_id", "referred_on", "joined", "bought"]],
            "vanke_members": _profiles(draw, members, talks),
            "vanke_points": _points(draw, people, referrals, members),
            "vanke_contacts": talks,
        }
        homes, newcomers, contacts = homes + len(people), newcomers + len(referrals), contacts + len(talks)


def _households(draw, wanted, before):
    """Draw households until as many as wanted have joined."""
    count = 3 * wanted + 200
    u = dict(zip(DRAWN, draw((len(DRAWN), count))))
    warm, owns = _normal(u["warm"]), u["owns"] < .5
    years = np.floor(np.where(owns, 1 + 15 * u["years"], 6 * u["years"] ** 2))
    age = np.clip(np.round(30 + years * .9 + 7 * _normal(u["age"])), 22, 75)
    children = u["children"] < np.select([age < 28, age < 55], [.2, .65], .3)
    income = 1 + np.searchsorted([.25, .6, .88], u["income"])
    friends = np.searchsorted([.35, .60, .78, .90, .97], u["friends"] ** np.where(owns, .8, 1.25))
    visits = _poisson(u["visits"], np.exp(-.1 + .5 * warm))
    happy = np.clip(np.round(6.4 + 1.3 * warm + 1.2 * _normal(u["happy"])), 1, 10)
    pull = .55 * (happy - 6.4) / 1.75 + .35 * (visits - 1) + .30 * (friends - 1.3) + .1 * warm
    joins = u["joins"] < _odds(-.45 + .55 * owns + .15 * children + 1.0 * pull)
    without = u["talks"] < _odds(-2.05 + .1 * owns + .75 * pull)
    with_club = u["talks"] < _odds(-2.05 + .1 * owns + .75 * pull + np.where(owns, .15, .75))
    # A home lasts: second purchases come years after the first.
    due = np.where(owns, -2.9 + .8 * ((years >= 6) & (years <= 12)), -2.1)
    people = pd.DataFrame({
        "owns": owns, "years_known": years, "age_years": age, "children": children, "income_band": income,
        "friends": friends, "visits_before": visits, "satisfaction_before": happy, "member": joins,
        "recommended": np.where(joins, with_club, without), "bought": u["buys"] < _odds(due + .7 * pull),
        "recommended_without": without, "recommended_with": with_club,
    }).astype(int)  # fmt: skip
    people = people.assign(warm=warm, **{name: u[name] for name in ("how_many", "when", "again", "gap", "price", "growth")})
    people = people[: np.flatnonzero(joins)[wanted - 1] + 1].copy()
    people.insert(0, "customer_id", [f"H{number + 1:05d}" for number in range(before, before + len(people))])
    return people


def _referrals(draw, people, before):
    """Let people bring others, and those who join bring others again."""
    told = people[people.recommended == 1]
    named, day = told.customer_id.to_numpy(), np.floor(told.when.to_numpy() * 1_200).astype(int)
    many = _tail(told.how_many.to_numpy())
    found, made = [], 0
    while len(named):
        who = np.repeat(np.arange(len(named)), many)
        u = draw((6, len(who)))
        on = day[who] + 14 + np.floor(u[0] * 240).astype(int)
        seen = on <= (CLOSES - OPENS).astype(int)
        who, on, u = who[seen], on[seen], u[:, seen]
        bought = u[1] < .24
        joined = u[2] < np.where(bought, .92, .55)
        names = np.array([f"N{number + 1:05d}" for number in range(before + made, before + made + len(who))], dtype=object)
        made += len(who)
        found.append(pd.DataFrame({"customer_id": names, "referrer_id": named[who], "referred_on": OPENS + on, "joined": joined * 1,
                                   "bought": bought * 1, "warm": _normal(u[5]), "price": u[5]}))
        talks = joined & (u[3] < .30)
        named, day, many = names[talks], on[talks], _tail(u[4][talks])
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame()


def _members(draw, people, referrals):
    """Return all who are members at the end, founders first."""
    founders = people[people.member == 1]
    joined = OPENS + np.floor(90 * draw(len(founders)) ** 2).astype(int)
    later = referrals[referrals.joined == 1]
    return pd.DataFrame({
        "customer_id": [*founders.customer_id, *later.customer_id],
        "joined_on": np.concatenate([joined, later.referred_on.to_numpy().astype("datetime64[D]")]),
        "owns_now": np.concatenate([(founders.owns | founders.bought).to_numpy(), later.bought.to_numpy()]),
        "warm": np.concatenate([founders.warm, later.warm])})


def _purchases(people, referrals, draw):
    """Return every home bought, the owners' first ones before the club was there."""
    def homes(customers, days, luck):
        price = 900_000 * np.exp(.35 * _normal(luck)) * 1.05 ** ((days - np.datetime64("2006-01-01")).astype(int) / 365.25)
        return pd.DataFrame({"customer_id": customers, "order_date": days, "amount_cny": np.round(price, -3)})

    owners = people[people.owns == 1]
    first = OPENS - np.floor(365.25 * (owners.years_known + owners.gap)).to_numpy().astype(int) - 1
    wait = np.floor(365.25 * (5 + 6 * owners.growth)).to_numpy().astype(int)
    again = (owners.again < .22).to_numpy() & (first + wait < OPENS)
    lately = people[people.bought == 1]
    fresh = referrals[referrals.bought == 1]
    on = fresh.referred_on.to_numpy().astype("datetime64[D]") + 20 + np.floor(60 * draw(len(fresh))).astype(int)
    table = pd.concat([
        homes(owners.customer_id, first, owners.price), homes(owners.customer_id[again], (first + wait)[again], owners.growth[again]),
        homes(lately.customer_id, OPENS + np.floor(1_460 * lately.when).to_numpy().astype(int), lately.again),
        homes(fresh.customer_id, np.minimum(on, CLOSES), fresh.price)])
    return table.sort_values(["order_date", "customer_id"], ignore_index=True)


def _points(draw, people, referrals, members):
    """Return the points of the last year: each way as often as its rule says, the engaged more often."""
    keen = np.exp(.5 * members.warm.to_numpy() - .125)
    parts = []
    for way in ("profile", "survey", "activity", "suggestion"):
        points, least, most, half, *_ = WAYS[way]
        often = _poisson(draw(len(members)), keen * (least + (most - least) * points / (points + half)))
        who = np.repeat(np.arange(len(members)), np.minimum(often, 1) if way == "profile" else often)
        days = np.floor(365 * draw(len(who))).astype(int)
        parts.append((way, members.customer_id.to_numpy()[who], YEAR + (days // 15 * 15 + 5 if way == "activity" else days)))
    known = set(members.customer_id)
    late = members.joined_on.to_numpy() >= YEAR
    parts.append(("join_online", members.customer_id[late], members.joined_on.to_numpy()[late]))
    parts.append(("anniversary", members.customer_id[~late], _birthday(members.joined_on.to_numpy()[~late])))
    lately = referrals[(referrals.referred_on >= YEAR) & referrals.referrer_id.isin(known)]
    parts.append(("referral", lately.referrer_id, lately.referred_on.to_numpy()))
    sold = people[(people.bought == 1) & (people.member == 1)]
    on = OPENS + np.floor(1_460 * sold.when).to_numpy().astype(int)
    parts.append(("purchase", sold.customer_id[on >= YEAR], on[on >= YEAR]))
    table = pd.concat([pd.DataFrame({"customer_id": np.asarray(who), "event_date": np.asarray(days).astype("datetime64[D]"),
                                     "earn_way": way, "reward_points": WAYS[way][0]}) for way, who, days in parts])
    table = table[table.event_date <= CLOSES]
    return table.sort_values(["event_date", "customer_id", "earn_way"], ignore_index=True)


def _contacts(draw, members, before):
    """Return the contacts of the last year: complaints and how they were handled, invitations, surveys."""
    rows = []
    for topic, rate, channels in (("complaint", .16, ("phone", "wechat")), ("activity", .55, ("wechat", "sms")), ("survey", .45, ("wechat", "sms"))):
        u = draw((5, len(members)))
        here = u[0] < rate
        days = np.floor(350 * u[1][here]).astype(int)
        complaint = topic == "complaint"
        taken = np.floor(-np.log(1 - .98 * u[3][here]) * 9).astype(int)
        closed = np.where(complaint & (u[4][here] < .93), YEAR + days + taken, np.datetime64("NaT"))
        rows.append(pd.DataFrame({"customer_id": members.customer_id[here].to_numpy(), "contact_date": YEAR + days,
                                  "channel": np.where(u[2][here] < .6, *channels), "topic": topic,
                                  "responded": (complaint | (u[3][here] < .35)) * 1, "closed_on": closed}))
    table = pd.concat(rows).sort_values(["contact_date", "customer_id"], ignore_index=True)
    table["closed_on"] = table.closed_on.where(table.closed_on <= CLOSES)
    table.insert(0, "contact_id", [f"K{number + 1:05d}" for number in range(before, before + len(table))])
    last = table.groupby("customer_id").contact_id.shift()
    return table.assign(previous_contact_id=last.where(draw(len(table)) < .7))


def _profiles(draw, members, talks):
    """Return what members said: needs on joining, satisfaction at the end, for those who answered."""
    needs = np.clip(np.round(3.6 + 1.3 * _normal(draw((len(NEEDS), len(members))))), 1, 7).astype(int)
    leading = np.searchsorted([.35, .6, .8], draw(len(members)))
    needs[leading, np.arange(len(members))] = np.minimum(needs[leading, np.arange(len(members))] + 3, 7)
    own = talks[talks.topic == "complaint"].drop_duplicates("customer_id").set_index("customer_id")
    days = (own.closed_on - own.contact_date).dt.days.reindex(members.customer_id)
    mood = np.select([~members.customer_id.isin(own.index).to_numpy(), days <= 7, days > 7], [0, .1, -1.4], -2.4)
    now = np.clip(np.round(6.7 + 1.2 * members.warm + mood + .9 * _normal(draw(len(members)))), 1, 10)
    answered = draw(len(members)) < .6
    return pd.DataFrame({"customer_id": members.customer_id, "joined_on": members.joined_on, "owns_now": members.owns_now,
                         **{f"need_{need}": needs[place] for place, need in enumerate(NEEDS)},
                         "satisfaction_now": now.where(answered).astype("Int64")})


def exercise(number):
    """Return one of three sets of the same make for exercise 13: household n of each plays the same part."""
    common, own = (np.random.Generator(np.random.PCG64([SEED, 7, text])).random for text in (0, number + 1))
    u, fresh = common((6, PANEL)), own((5, PANEL))
    place = np.arange(PANEL)
    owns, happy = place % 2, np.clip(np.round(6.4 + 1.7 * _normal(u[0])), 2, 10)
    # One draw in five is this set's own: numbers differ from student to student, what they say does not.
    luck = np.where(fresh[0] < .2, fresh[1], u[1])
    joins = np.where(fresh[2] < .1, fresh[3], u[2]) < _odds(-.6 + .5 * owns + .75 * (happy - 6.4))
    talks = luck < _odds(-2.0 + .2 * owns + .6 * (happy - 6.4) + .40 * joins)
    panel = pd.DataFrame({"household_id": [f"H{number * PANEL + each + 1:04d}" for each in place], "owns": owns,
                          "satisfaction_before": happy.astype(int), "member": joins * 1, "recommended": talks * 1})
    return {"vanke_panel": panel, "vanke_families": _families(number, common, own)}


def _families(number, common, own):
    """Draw chains of word of mouth: a founder, and up to four generations that came through the founder."""
    rows = []
    for family in range(FAMILIES):
        name, waiting, made = f"F{number * FAMILIES + family + 1:03d}", [("a", 0)], 1
        rows.append((name, "a", None, 1, 0))
        often = iter(common(40))
        while waiting and made < 20:
            parent, depth = waiting.pop(0)
            luck = next(often) if own() > .15 else own()
            for _ in range((1 if depth == 0 else 0) + int(luck > .45) + int(luck > .75) + 2 * int(luck > .93) if depth < 4 else 0):
                if made < 20:
                    child = chr(ord("a") + made)
                    rows.append((name, child, parent, int(own() < .3), 0))
                    waiting.append((child, depth + 1))
                    made += 1
    table = pd.DataFrame(rows, columns=["family_id", "household", "referrer", "bought", "depth"])
    return table.drop(columns="depth")


def _normal(u):
    return np.interp(u, _GRID, _NORMAL)


def _odds(x):
    return 1 / (1 + np.exp(-x))


def _poisson(u, mean):
    """Turn even draws into counts, up to 15."""
    mean = np.broadcast_to(mean, u.shape)
    count, chance = np.zeros(u.shape, dtype=int), np.exp(-mean)
    total = chance.copy()
    for turn in range(1, 16):
        count += u > total
        chance = chance * mean / turn
        total += chance
    return count


def _tail(u):
    """Turn even draws into counts from 1 with a long tail: most bring one, a few bring many."""
    return np.minimum(np.floor((1 - u) ** -.45).astype(int), 15)


def _birthday(joined):
    """Return the day of the last year that repeats the day of joining."""
    return YEAR + (joined - joined.astype("datetime64[Y]")).astype("timedelta64[D]")
