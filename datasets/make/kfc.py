"""Members of a fast-food chain: two years of orders, a trial of messages, a survey at the counter; all of it invented.

Calibrated to what Yum China has published (members, active share, members' share of sales, share of delivery: see
`kfc_facts`); rules of points and levels, effects of messages and everything about single people are casekit's own.
Members leave in two ways that look alike from inside: some stop eating here (gone), others go on eating here but order
on a delivery platform, where nobody knows them (moved). The truth tables tell which.

Draws come from `Generator(PCG64(...)).random()` alone and are turned by thresholds and tables.
"""

import math

import numpy as np
import pandas as pd

from casekit.datasets import parquet

SCALE, CHUNK, MEMBERS, SEED = "members", 12_000, 12_000, 47
START, DAYS, YEAR = np.datetime64("2024-01-01"), 731, 366  # 2024 and 2025
JOINED = (.790, .885)  # share of today's members that had joined by the end of 2023, of 2024: +13 % in 2025
GONE_BEFORE = .545  # of those who joined before 2024
GONE, MOVED = (.043, .043), (.04, .09)  # chance of leaving in 2024 and 2025
RATES, CUTS = (1.3, 5.0, 16.0), (.36, .80)  # visits a year of light, medium and heavy eaters; where the next begin
FADE = .08  # by how much visits thin out over the two years
WELCOMED = .95  # of those who join do so at an order
CONSENT, SHOWS_CARD = .78, .80
CHANNELS = ("dine_in", "app", "delivery", "platform")
# On the first and the last day: orders of one who has not moved, by channel; of guests without membership, the share at
# the counter (the rest are on platforms) and the orders a year per member.
MIX = ((.386, .320, .274, .020), (.326, .340, .193, .141))
GUEST_DINES, GUESTS = (.83, .57), (.74, .88)
MEANS = (33, 34, 52, 50)  # yuan an order, by channel
COUPONS = (.15, .35, .35, .50)
LEVELS, LEVEL_CUTS = np.array(["basic", "silver", "gold"], dtype=object), (300, 800)  # yuan spent in the last 365 days

SEGMENTS = ("regular", "cooling", "occasional", "lapsed")
ARMS = ("coupon", "new_product", "points")
TIMINGS, TIMES = {"lunch": 1.0, "evening": .6}, {1: 1.0, 2: 1.35, 4: 1.55}  # strength of the effect
BASE = {"regular": .45, "cooling": .12, "occasional": .10, "lapsed": .006}  # orders within 14 days, without a message
LIFT = {"regular": (.060, .050, .020), "cooling": (.080, .010, .070),
        "occasional": (.050, .030, .015), "lapsed": (.022, .002, .001)}  # fmt: skip
MARGIN = {"control": 15.0, "coupon": 9.0, "new_product": 15.0, "points": 13.5}  # mean of an order, after what is given
LEAVES, LATE = {0: .001, 1: .004, 2: .010, 4: .034}, 1.6  # by messages in 14 days; factor of the evening
TRIAL, PILOT, SURVEY = 48_000, 1_600, 600
STRONGER = {"coupon": 3.0, "new_product": 2.5, "points": 2.5}  # in the pilot, so that few people show it
#             mean mark, weight in the overall mark
TOUCHES = {"greet": (3.9, .10), "order": (3.8, .15), "collect": (2.8, .04), "ask_to_wait": (3.0, .55), "receive": (3.9, .25),
           "cook": (4.1, .45), "clean_table": (3.5, .20)}  # fmt: skip


def files():
    """Return {path: text or bytes} of all files that this generator makes."""
    made = next(stream(MEMBERS, SEED))
    small = {name: made[name].to_csv(index=False, lineterminator="\n") for name in ("kfc_trial_truth", "kfc_survey")}
    pilots = [_pilot(number).to_csv(index=False, lineterminator="\n") for number in range(3)]
    return (
        {f"{name}.parquet": parquet(table) for name, table in made.items() if name not in small}
        | {f"{name}.csv": text for name, text in small.items()}
        | {"kfc_pilot.csv": pilots[0], "reserve/kfc_pilot.csv": pilots[1] + pilots[2].partition("\n")[2]}
    )


def stream(members, seed):
    """Yield members, their orders and those of guests, trial and survey, for 12,000 members at a time."""
    orders, trials, guests = 0, TRIAL // CHUNK, CHUNK // SURVEY
    for chunk, first in enumerate(range(0, members, CHUNK)):
        draw = np.random.Generator(np.random.PCG64([seed, chunk])).random
        last = min(first + CHUNK, members)
        people, truth, log = _members(draw, _names("M", first, last, members), orders)
        orders += len(log)
        yield {
            "kfc_members": people, "kfc_members_truth": truth, "kfc_orders": log,
            "kfc_trial": _trial(draw, _names("T", first * trials, last * trials, members * trials)),
            "kfc_survey": _survey(draw, _names("G", first // guests, -(-last // guests), members)),
        } | ({} if chunk else {"kfc_trial_truth": _trial_truth()})  # fmt: skip


def _names(letter, first, last, most):
    width = max(5, len(str(most)))
    return np.array([f"{letter}{number:0{width}d}" for number in range(first + 1, last + 1)], dtype=object)


def _poisson(draw, mean, count):
    """Draw counts by the table of the Poisson distribution."""
    chances = [math.exp(-mean)]
    for k in range(1, int(mean * 4 + 20)):
        chances.append(chances[-1] * mean / k)
    return np.searchsorted(np.cumsum(chances), draw(count))


def _yearly(draw, count, chances):
    """Draw the day of an event with a chance in each of the two years; `DAYS` where it does not happen."""
    day = np.full(count, DAYS)
    for year in (1, 0):
        happens = draw(count) < chances[year]
        day[happens] = year * YEAR + (draw(count)[happens] * 365).astype(int)
    return day


def _members(draw, names, numbered):
    count = len(names)
    joined = _joined(*draw((3, count)))
    old = joined < 0
    gone = np.maximum(_yearly(draw, count, GONE), joined + 1)
    before = old & (draw(count) < GONE_BEFORE)
    gone[before] = (joined * draw(count))[before].astype(int)  # some day between joining and 2024
    moved = np.maximum(_yearly(draw, count, MOVED), joined + 1)
    kind, who, when = np.digitize(draw(count), CUTS), [], []
    for place, rate in enumerate(RATES):
        own = np.flatnonzero(kind == place)
        visits = np.repeat(own, _poisson(draw, rate * DAYS / 365, len(own)))
        who.append(visits)
        when.append((draw(len(visits)) * DAYS).astype(int))
    new = np.flatnonzero((joined >= 0) & (draw(count) < WELCOMED))
    who, when = np.concatenate([*who, new]), np.concatenate([*when, joined[new]])
    here = (when >= joined[who]) & (when < gone[who]) & (draw(len(who)) < 1 - FADE * when / DAYS)
    who, when = who[here], when[here]
    late = when / DAYS
    mix = np.cumsum([a + (b - a) * late for a, b in zip(*MIX)], axis=0)
    channel = np.minimum((draw(len(who)) > mix).sum(axis=0), 3)
    channel[when >= moved[who]] = 3
    known = (channel == 1) | (channel == 2) | ((channel == 0) & (draw(len(who)) < SHOWS_CARD))
    guests = int(sum(GUESTS) / 2 * count * DAYS / 365)
    guest_days = _rising(draw(guests), *GUESTS)
    dines = GUEST_DINES[0] + (GUEST_DINES[1] - GUEST_DINES[0]) * guest_days / DAYS
    guest_channel = np.where(draw(guests) < dines, 0, 3)

    order = np.concatenate([when, guest_days])
    placed = np.argsort(order, kind="stable")
    channel = np.concatenate([channel, guest_channel])
    amount = np.round(2 * _spread(draw, np.array(MEANS)[channel])) / 2  # menus have prices of half a yuan
    member = np.concatenate([np.where(known, who, -1), np.full(guests, -1)])
    log = pd.DataFrame({
        "order_id": _names("O", numbered, numbered + len(order), 10**5),
        "member_id": np.where(member >= 0, names[member], None)[placed],
        "order_date": (START + order[placed]).astype("datetime64[ns]"),
        "channel": np.array(CHANNELS, dtype=object)[channel[placed]],
        "coupon_used": (draw(len(order)) < np.array(COUPONS)[channel])[placed].astype("int64"),
        "amount_cny": amount[placed],
    })  # fmt: skip
    recent = (member >= 0) & (order >= DAYS - 365)
    spent = np.bincount(member[recent], amount[recent], count)
    earned = np.floor(spent).astype("int64")  # one point a yuan, kept for a year
    used = np.where(draw(count) < .55, 0, (earned * .8).astype("int64")) // 100 * 100
    people = pd.DataFrame({
        "member_id": names, "joined_on": (START + joined).astype("datetime64[ns]"),
        "member_level": LEVELS[np.digitize(spent, LEVEL_CUTS)], "points_balance": earned - used,
        "accepts_messages": (draw(count) < CONSENT).astype("int64"),
    })  # fmt: skip
    ended = np.minimum(gone, moved)
    state = np.select([gone < np.minimum(moved, DAYS), moved < DAYS], ["gone", "moved"], "here")
    truth = pd.DataFrame({"member_id": names, "member_state": state.astype(object),
                          "left_on": np.where(ended < DAYS, START + ended, np.datetime64("NaT")).astype("datetime64[ns]")})
    return people, truth, log


def _joined(share, place, other):
    """Return the day of joining, counted from the start of 2024: of the older members more joined late."""
    early = -1 - (np.minimum(place, other) * 2920).astype(int)
    return np.select([share < JOINED[0], share < JOINED[1]], [early, (place * YEAR).astype(int)],
                     YEAR + (place * 365).astype(int))


def _rising(place, first, last):
    """Return days whose density goes in a straight line from one value to another."""
    slope = (last - first) / 2
    share = (np.sqrt(first**2 + 4 * slope * place * (first + last) / 2) - first) / (2 * slope)
    return np.minimum((share * DAYS).astype(int), DAYS - 1)


def _spread(draw, mean):
    """Draw around a mean, from half of it to almost twice as much."""
    return mean * (.5 + .6 * draw(len(mean)) + .8 * draw(len(mean)) * draw(len(mean)))


def _cells():
    """Yield segment, message, timing, times, chance of an order, chance of leaving: one row a cell of the trial."""
    for segment in SEGMENTS:
        yield segment, "control", "none", 0, BASE[segment], LEAVES[0]
        for arm, lift in zip(ARMS, LIFT[segment]):
            for timing, strength in TIMINGS.items():
                for times, more in TIMES.items():
                    yield (segment, arm, timing, times, BASE[segment] + lift * strength * more,
                           LEAVES[times] * (LATE if timing == "evening" else 1))  # fmt: skip


def _trial_truth():
    cells = pd.DataFrame(_cells(), columns=["segment", "message", "timing", "times", "order_rate", "leave_rate"])
    margin = (cells["order_rate"] * cells["message"].map(MARGIN)).round(4)
    return cells.assign(margin_cny=margin, order_rate=cells["order_rate"].round(5), leave_rate=cells["leave_rate"].round(5))


def _trial(draw, names):
    """Draw a trial: a quarter of the people from each segment, a quarter of these without a message."""
    count = len(names)
    cells = _trial_truth()
    segment, arm = np.arange(count) % 4, (draw(count) * 4).astype(int)
    timing, times = (draw(count) * 2).astype(int), (draw(count) * 3).astype(int)
    place = 19 * segment + np.where(arm == 0, 0, 1 + 6 * (arm - 1) + 3 * timing + times)
    rows = cells.iloc[place].reset_index(drop=True)
    ordered = draw(count) < rows["order_rate"]
    margin = _spread(draw, rows["message"].map(MARGIN).to_numpy()).round(2)
    return pd.DataFrame({
        "trial_id": names,
        **{name: rows[name].to_numpy() for name in ("segment", "message", "timing", "times")},
        "ordered": ordered.astype("int64").to_numpy(), "margin_cny": np.where(ordered, margin, 0.0),
        "opted_out": (draw(count) < rows["leave_rate"]).astype("int64").to_numpy(),
    })  # fmt: skip


def _pilot(number):
    """Draw the pilot of an exercise: one message, at lunch; person n of each set plays the same part."""
    draw = np.random.Generator(np.random.PCG64([SEED, 900 + number])).random
    place = np.arange(PILOT)
    segment, arm = np.array(SEGMENTS)[place % 4], np.array(["control", *ARMS])[place // 4 % 4]
    lift = {(name, message): STRONGER[message] * more for name in SEGMENTS for message, more in zip(ARMS, LIFT[name])}
    chance = [BASE[pair[0]] + lift.get(pair, 0) for pair in zip(segment, arm)]
    ordered = draw(PILOT) < chance
    margin = _spread(draw, np.array([MARGIN[each] for each in arm])).round(2)
    return pd.DataFrame({"pilot_id": _names("P", number * PILOT, (number + 1) * PILOT, 0), "segment": segment, "message": arm,
                         "ordered": ordered.astype("int64"), "margin_cny": np.where(ordered, margin, 0.0)})


def _survey(draw, names):
    """Draw marks from 1 to 5 for the touchpoints of the service blueprint, and whether the guest came back."""
    count = len(names)
    mood = sum(draw(count) for _ in range(4)) - 2
    marks, feeling = {}, 3.7 + .25 * mood
    for touch, (mean, weight) in TOUCHES.items():
        felt = 1.5 * (sum(draw(count) for _ in range(4)) - 2) + .5 * mood
        marks[touch] = np.clip(np.round(mean + felt), 1, 5)
        feeling = feeling + weight * felt
    overall = np.clip(np.round(feeling + .6 * (draw(count) + draw(count) - 1)), 1, 5)
    back = draw(count) < .25 + .15 * (overall - 1)
    blank = draw((len(marks), count)) < .01
    return pd.DataFrame({
        "guest_id": names,
        **{f"mark_{touch}": pd.array(np.where(empty, np.nan, mark), dtype="Int64")
           for empty, (touch, mark) in zip(blank, marks.items())},
        "mark_overall": overall.astype("int64"), "came_back": back.astype("int64"),
    })  # fmt: skip
