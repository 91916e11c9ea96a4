"""A members' club for exercise 01: records to merge, members to tell apart, a trial of two ways to write to them.

Three clubs of the same make: household n of one plays the same part as household n of another, and so does member n.
"""

from _draws import day, exponential, normal, pick, shuffled, stream, table

CLUBS, HOUSEHOLDS, MEMBERS = 3, 60, 240
ANSWERS = {"own": 22, "mass": 16}  # of 96 and of 144
FIRST_DAY, DAYS = "2024-07-01", 549
SURNAMES, GIVEN = "王李张刘陈杨黄赵周吴徐孙马朱胡", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚雨轩思梦琪佳俊峰雪婷"
TITLES = ("女士", "先生", " 女士", " 先生")
NEEDS = ("price", "novelty", "gift", "convenience")
STATES = ("none", "open", "answered", "silent", "silent", "answered")


def files():
    """Return {path: text} of all files that this generator makes."""
    made = {
        "club_records": ("record_id origin name phone updated_on", _records),
        "club_members": ("customer_id clv_cny potential_cny own_cny wallet_cny need consent contacts_30d last_contact", _members),
        "club_trial": ("customer_id arm responded margin_cny cost_cny", _trial),
    }
    return {path: table(header, sum((rows(club) for club in clubs), []))
            for name, (header, rows) in made.items()
            for path, clubs in ((f"{name}.csv", [0]), (f"reserve/{name}.csv", range(1, CLUBS)))}


def _records(club):
    rows = []
    for house in range(HOUSEHOLDS):
        draw = stream(f"club {club} house {house}")
        phone, surname = f"154{club}{house:03d}{int(draw() * 1e4):04d}", pick(draw, SURNAMES)
        for person in range(2 if draw() < .25 else 1):  # every fourth telephone is shared
            name = surname + GIVEN[(int(draw() * 12) + 15 * person) % len(GIVEN)] + (pick(draw, GIVEN) if draw() < .7 else "")
            for _ in range(1 + int(draw() * 2.2)):
                written = name + (pick(draw, TITLES) if draw() < .35 else "")
                rows.append((draw(), pick(draw, ("shop", "app", "hotline")), written, phone, day(FIRST_DAY, draw() * DAYS)))
    return [(f"R{club}{count:03d}", *row[1:]) for count, row in enumerate(sorted(rows), start=1)]


def _name(club, number):
    return f"C{club * MEMBERS + number + 1:04d}"


def _members(club):
    rows = []
    for number in range(MEMBERS):
        draw = stream(f"club {club} member {number}")
        value = 400 * 2.718281828 ** normal(draw, 0, .9)
        share = .15 + .8 * draw()
        if number % 14 == 5:  # costs more than it brings
            value = -40 - 300 * draw()
        own = abs(value) / 2.667 / .3 * (.9 + .2 * draw())
        consent = "withdrawn" if number % 11 == 3 else "no" if draw() < .3 else "yes"
        rows.append((_name(club, number), f"{value:.2f}", f"{max(value / share, 0):.2f}", f"{own:.2f}", f"{own / share:.2f}",
                     pick(draw, NEEDS), consent, min(int(exponential(draw, 1.1)), 4), STATES[int(draw() * len(STATES))]))
    return rows


def _trial(club):
    # The same places answer in each club, so that nobody draws a trial in which the personal letter loses.
    places = shuffled(stream("club answers"), range(MEMBERS))
    answers = {*[at for at in places if at % 5 < 2][:ANSWERS["own"]], *[at for at in places if at % 5 >= 2][:ANSWERS["mass"]]}
    rows = []
    for number in range(MEMBERS):
        draw, own, answered = stream(f"club {club} trial {number}"), number % 5 < 2, number in answers
        margin = 45 * 2.718281828 ** normal(draw, 0, .4) if answered else 0
        rows.append((_name(club, number), "own" if own else "mass", int(answered), f"{margin:.2f}", "2.50" if own else "2.00"))
    return rows
