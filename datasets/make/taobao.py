"""The Taobao case: a behaviour log, ad impressions and a coupon trial, with the shape of the published aggregates.

Nothing here was copied from a real log: what is published are totals, shares and quantiles (``taobao_facts.csv``), and these
are what the draws are aimed at; prices, tastes, the trial and its effects are invented. Only ``PCG64(...).random()`` is drawn
from, and turned into all else by tables and thresholds, so that the same seed gives the same log everywhere.
"""

import numpy as np
import pandas as pd
from _draws import table

from casekit import datasets
from casekit.errors import InputError

SCALE, CHUNK = "users", 5_000
USERS, SEED = 1_500, 11  # of the bundled files
BEGIN, DAYS = 1_764_000_000, 9  # 2025-11-25 00:00 in Beijing, as Unix seconds
HOUR, DAY = 3_600, 86_400
BEHAVIOURS = ["pv", "cart", "fav", "buy"]

# Rows of a user at quantile 0 ... 1: mean 101.4, median 75, ninth decile 218, at most 848.
ROWS_AT = [0, .005, .01, .02, .05, .1, .15, .2, .3, .4, .5, .6, .7, .8, .85, .9, .93, .95, .97, .98, .99, .995, .999, 1]
ROWS = [1, 1.2, 2, 3.6, 7.9, 14.5, 21, 27.5, 41.5, 57, 75, 95, 121, 157, 182.5, 218, 251, 282, 330, 367, 430, 493, 640, 848]
# Log of how often an item is visited, by the share of items that are visited more often. The other half is visited hardly ever.
ITEMS_AT = [9.5e-9, 1.4e-7, 1.7e-6, 1.6e-5, 4.4e-5, .000116, .000289, .000675, .00149, .0031, .00611, .0114, .02, .0334, .0528, .0793,
            .154, .25, .346, .421, .467, .489, .497, .4999]  # fmt: skip
VISITS = [10.7, 9.9, 9.2, 8.45, 8.08, 7.71, 7.33, 6.96, 6.47, 5.94, 5.41, 4.88, 4.35, 3.82, 3.29, 2.76, 1.7, .635, -.43, -1.49, -2.55,
          -3.61, -4.67, -7]  # fmt: skip
ITEMS, CATEGORIES = 8.975, 9_439 / 987_994**.6  # of the catalogue, for each user; about half are seen within nine days
STAY = .2425  # chance that the next row is the same visit to the same item
# What the second row, and each later row, of a visit is; the first is a look.
NEXT = {"cart": (.24, .198), "fav": (.13, .0885), "buy": (.05, .1906)}
# Four hidden kinds of user: their share; how much more than others they cart, keep and buy; chance to order without and with
# the coupon. The decided buy anyway, the thrifty wait for an offer.
KINDS = {"decided": (.25, .9, .8, 2.2, .35, .39), "thrifty": (.25, 2., 1.9, .3, .05, .30),
         "looker": (.30, .4, .5, .25, .02, .04), "ordinary": (.20, .775, .875, 1.5, .20, .27)}  # fmt: skip
FAVOURITES = [.40, .62, .75]  # cumulated: a visit goes to the first, second, third favourite category; the rest anywhere
OF_DAY = [1.0, .95, .93, .94, .95, .96, .98, 1.18, 1.15]  # the last two, a weekend, are busier
OF_HOUR = [34, 17, 9, 6, 5, 5, 9, 18, 28, 38, 46, 46, 46, 48, 48, 47, 47, 44, 45, 56, 70, 80, 75, 55]
EARLY, BROKEN = .0123, 1.9e-5  # rows dated just before the window; rows with a clock that is off by years

ADS, CLICK, PLACES = 23.3, .0530, {"P1": (.617, 1.0), "P2": (.383, 1.07)}  # impressions a user; base rate of clicks
COUPON, MARGIN = 12, .25
SEXES, AGES, AREAS = ["f", "m"], ["18-24", "25-34", "35-44", "45-54", "55+"], 30
PANEL = 400


def files():
    """Return {path: text or bytes} of the bundled files: 1,500 users, and the panel of the exercise."""
    (made,) = stream(USERS, SEED)
    base, *reserve = (_panel(number) for number in range(4))
    columns = "user_id sex age_band area pv cart fav buy score coupon ordered margin_cny"
    return {f"{name}.parquet": datasets.parquet(frame) for name, frame in made.items()} | {
        "taobao_panel.csv": table(columns, base),
        "reserve/taobao_panel.csv": table(columns, [row for rows in reserve for row in rows]),
    }


def stream(users, seed=SEED):
    """Yield {table: rows} for ``CHUNK`` users at a time; only the list of what is popular is kept, 8 bytes an item."""
    if not isinstance(users, (int, np.integer)) or isinstance(users, bool) or users < 1:
        raise InputError("datasets.size", value=users, unit=SCALE)
    popular, bounds = _catalogue(users, seed)
    parts = -(-users // CHUNK)
    for part in range(parts):
        draw = _draws(seed, 1, part)
        first, count = part * CHUNK, min(CHUNK, users - part * CHUNK)
        people = _people(draw, first, count, popular, bounds)
        slices = [len(popular) * end // parts for end in (part, part + 1)]
        profiles = pd.DataFrame({name: people[name] for name in ("user_id", "sex", "birth_year", "area", "city_level", "spend_level")})
        yield {
            "taobao_items": _items(_draws(seed, 2, part), *slices, bounds),
            "taobao_users": profiles,
            "taobao_events": _events(draw, people, popular, bounds),
            "taobao_impressions": _impressions(draw, people, bounds),
            **_trial(draw, people),
        }


def _draws(*key):
    return np.random.Generator(np.random.PCG64(list(key))).random


def _spread(draw, count):
    """Return numbers from 0 to 1 in random order, one from each of ``count`` equal parts: small classes keep the shape."""
    return (np.argsort(draw(count), kind="stable") + draw(count)) / count


def _weighted(numbers, weights):
    """Return for each number from 0 to 1 the place of the weight in whose part it falls."""
    ends = np.cumsum(weights)
    return np.minimum(np.searchsorted(ends, numbers * ends[-1], side="right"), len(weights) - 1)


def _catalogue(users, seed):
    """Return how often items are visited, cumulated over the catalogue, and where each category begins and ends in it."""
    draw, count = _draws(seed, 0), max(round(users * ITEMS), 20)
    rank = (np.arange(count) + .5) / count
    visits = np.exp(np.interp(np.log(rank), np.log(ITEMS_AT), VISITS))
    visits = np.where(rank < .5, visits, np.exp(-1.386 + 1.2 * (3 - 4 * rank)))
    visits = np.round(visits, 6)[np.argsort(draw(count), kind="stable")]  # rounded: the last bit of exp() differs between computers
    weights = 1 / np.sqrt(np.arange(min(max(round(CATEGORIES * users**.6), 4), count // 2)) + 4)
    ends = np.maximum(np.round(np.cumsum(weights) / weights.sum() * count).astype(int), np.arange(len(weights)) + 1)
    return np.cumsum(visits), np.concatenate([[0], ends])


def _items(draw, begin, end, bounds):
    place = np.arange(begin, end)
    category = np.searchsorted(bounds, place, side="right")
    level = _draws(0, 3)(len(bounds))[category]  # dear and cheap categories
    price = np.exp(1.6 + 3.4 * level + 1.5 * (draw(len(place)) + draw(len(place)) - 1))
    return pd.DataFrame({"item_id": place + 1, "category_id": category, "price_cny": np.round(price, 2)})


def _people(draw, first, count, popular, bounds):
    """Draw who they are: activity, hidden kind, tastes, and what a shop's file says of them."""
    rows = np.rint(np.interp(_spread(draw, count), ROWS_AT, ROWS)).astype(int)
    kind = _weighted(_spread(draw, count), [each[0] for each in KINDS.values()])
    liked = np.searchsorted(popular, draw((count, 3)) * popular[-1], side="right")
    levels = np.array([None, 1, 2, 3, 4], dtype=object)
    return {
        "user_id": first + 1 + np.arange(count), "rows": np.maximum(rows, 1), "kind": kind,
        "likes": np.searchsorted(bounds, liked, side="right"), "level": .6 + .8 * draw(count),
        "sex": np.array(SEXES)[_weighted(draw(count), [.62, .38])],
        "birth_year": 2007 - np.floor(50 * draw(count) ** 1.7).astype(int),
        "area": np.array([f"A{code + 1:02d}" for code in range(AREAS)])[np.floor(AREAS * draw(count) ** 1.3).astype(int)],
        "city_level": pd.array(levels[_weighted(_spread(draw, count), [.325, .15, .27, .155, .10])], dtype="Int64"),
        "spend_level": pd.array(levels[_weighted(_spread(draw, count), [.542, .12, .25, .088])], dtype="Int64"),
    }  # fmt: skip


def _events(draw, people, popular, bounds):
    """Draw visits to items: a look, then perhaps more looks, a cart, a favourite or a purchase."""
    rows, likes, kinds = people["rows"], people["likes"], np.array(list(KINDS.values()))
    user, begin = np.repeat(np.arange(len(rows)), rows), np.cumsum(rows) - rows
    total = len(user)
    new = draw(total) >= STAY
    new[begin] = True
    visit, starts = np.cumsum(new) - 1, np.flatnonzero(new)
    step, who = np.arange(total) - starts[visit], user[starts]

    turn = np.searchsorted(FAVOURITES, draw(len(who)), side="right")  # 3: anywhere
    category = likes[who, np.minimum(turn, 2)]
    ends = np.concatenate([[0], popular])
    low = np.where(turn < 3, ends[bounds[category - 1]], 0)
    high = np.where(turn < 3, ends[bounds[category]], ends[-1])
    item = np.searchsorted(popular, low + draw(len(who)) * (high - low), side="right")

    chance, done = draw(total), np.zeros(total, dtype=int)
    edge = np.zeros(total)
    for place, name in [(3, "buy"), (1, "cart"), (2, "fav")]:
        share = np.select([step == 1, step > 1], NEXT[name]) * kinds[people["kind"][user], place]
        done[(chance >= edge) & (chance < edge + share)] = place
        edge += share

    hour = _weighted(draw(len(who)), OF_HOUR)
    when = _weighted(draw(len(who)), OF_DAY) * DAY + hour * HOUR + np.floor(draw(len(who)) * HOUR).astype(int)
    early = draw(len(who))
    when = np.where(early < EARLY, -np.floor(early / EARLY * 8 * HOUR).astype(int) - 1, when)
    seen = np.minimum(when[visit] + step * 30 + np.floor(step * 150 * draw(total)).astype(int), DAYS * DAY - 1) + BEGIN
    broken = draw(total)
    seen = np.where(broken < BROKEN, np.floor((2 * broken / BROKEN - 1) * 2**31).astype(int), seen)
    order = np.lexsort((step, seen, user))
    return pd.DataFrame({
        "user_id": people["user_id"][user[order]], "item_id": item[visit[order]] + 1,
        "behaviour": pd.Categorical.from_codes(done[order], BEHAVIOURS), "seen_at": seen[order],
    })  # fmt: skip


def _impressions(draw, people, bounds):
    """Draw which ads a user was shown, all within two days: the more often one category on a day, the fewer clicks."""
    count, likes = len(people["rows"]), people["likes"]
    shown = np.rint(-ADS * np.log(1 - _spread(draw, count))).astype(int)
    user, total = np.repeat(np.arange(count), shown), int(shown.sum())
    offered = np.concatenate([likes, 1 + np.floor(draw((count, 3)) * (len(bounds) - 1)).astype(int)], axis=1)
    slot = _weighted(draw(total), [.20, .14, .10, .20, .19, .17])
    days = np.floor(8 * draw((count, 2))).astype(int)[user, (draw(total) < .4).astype(int)]
    when = days * DAY + _weighted(draw(total), OF_HOUR) * HOUR + np.floor(draw(total) * HOUR).astype(int)
    place, chance = _weighted(draw(total), [share for share, _ in PLACES.values()]), draw(total)
    order = np.lexsort((when, user))
    user, slot, when, place, chance = (each[order] for each in (user, slot, when, place, chance))
    category = offered[user, slot]
    shows = pd.DataFrame({"user": user, "category": category, "day": when // DAY})
    exposure = shows.groupby(["user", "category", "day"]).cumcount().to_numpy() + 1
    better = np.array([effect for _, effect in PLACES.values()])[place]
    rate = CLICK * better * np.where(slot < 3, 1.9, .6) * people["level"][user] / (1 + .14 * (exposure - 1))
    return pd.DataFrame({
        "user_id": people["user_id"][user], "category_id": category, "placement": pd.Categorical.from_codes(place, list(PLACES)),
        "seen_at": BEGIN + when, "exposure": exposure, "clicked": (chance < rate).astype(int),
    })  # fmt: skip


def _trial(draw, people):
    """Draw the coupon trial of the day after the log, and the truth behind it: what each would do without and with it."""
    count, kinds = len(people["rows"]), np.array(list(KINDS.values()))
    without, given = kinds[people["kind"], 4], kinds[people["kind"], 5]
    given = np.round(without + (given - without) * (.5 + draw(count)), 4)
    margin = np.round(160 * people["level"] * MARGIN, 2)
    coupon = (_spread(draw, count) < .5).astype(int)
    ordered = (draw(count) < np.where(coupon, given, without)).astype(int)
    return {
        "taobao_trial": pd.DataFrame({"user_id": people["user_id"], "coupon": coupon, "ordered": ordered,
                                      "margin_cny": np.round(ordered * (margin - COUPON * coupon), 2)}),
        "taobao_trial_truth": pd.DataFrame({
            "user_id": people["user_id"], "kind": pd.Categorical.from_codes(people["kind"], list(KINDS)), "p_without": without,
            "p_with": given, "gain_cny": np.round(given * (margin - COUPON) - without * margin, 2)}),
    }  # fmt: skip


def _panel(number):
    """Return set ``number`` of the exercise: user n of every set is of the same kind and in the same group of the trial."""
    draw, kinds, rows = _draws(SEED, 4, number), list(KINDS.values()), []
    for place in range(PANEL):
        kind = int(_weighted((place % 20 + .5) / 20, [each[0] for each in kinds]))
        _, cart, fav, buy, without, given = kinds[kind]
        turn, coupon = place // 20, place // 20 % 2
        looks = (3, 70, 3, 3)[kind] + int(170 * draw() ** 1.5)  # the thrifty take their time
        counts = [int(looks * share * (.8 + .4 * draw()) + draw()) for share in (.062 * cart, .032 * fav, .022 * buy)]
        # One run of chances, nearly the same in each set: every student meets about as many orders of each kind.
        chance = ((turn // 2 + 10 * (place % 20)) * .618034 + .1 * draw()) % 1
        ordered, margin = int(chance < (given if coupon else without)), 34 + 12 * draw()
        score = 80 * without + 2 * counts[2] + 25 * draw()
        rows.append((f"U{PANEL * number + place + 1:04d}", SEXES[int(draw() < .38)], AGES[int(5 * draw() ** 1.4)],
                     f"A{1 + int(8 * draw() ** 1.4)}", looks, *counts, f"{score:.2f}", coupon, ordered,
                     f"{ordered * (margin - COUPON * coupon):.2f}"))
    return rows
