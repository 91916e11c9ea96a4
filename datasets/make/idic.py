"""A shop with four sources of customer records, and the truth: who is who, and who would answer what.

600 persons are seen through shop, app, hotline and partner list, with the slips of real clerks. Each has one main need;
offers that meet it are answered more often. Some members of a family share telephone and address. No telephone or
mailbox can be a real one: the prefixes 154 and 164 are not given out, and example.com is reserved.
"""

from _draws import day, exponential, logistic, normal, pick, shuffled, stream, table, weighted

PERSONS = 600
FIRST_DAY, DAYS, AS_OF = "2024-07-01", 549, "2025-12-31"
SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林高罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉兰建国文斌鑫宇浩晨欣怡子涵雨轩思梦琪佳俊峰雪婷"
CITIES = {"武汉市": 30, "西安市": 20, "成都市": 20, "长沙市": 15, "郑州市": 15}
STREETS = ("珞喻路", "解放大道", "中山路", "人民路", "建设街", "长安街", "文化路", "五一路", "青年路", "新华街")
NEEDS = ("price", "novelty", "gift", "convenience")
OFFERS = {"coupon": ("price", 2, 600, .6), "preview": ("novelty", 3, 200, 1.0), "gift_wrap": ("gift", 6, 120, 1.2),
          "delivery": ("convenience", 5, 150, 1.0)}  # need met, cost of a contact, capacity, margin kept
CHANNELS = {"sms": (.1, .010), "email": (.02, .006), "wechat": (.05, .018), "phone": (3, .060)}
ROUNDS = 6


def files():
    """Return {path: text} of all files that this generator makes."""
    persons = _persons()
    records, identity = _records(persons)
    sold, told, consents = _sales(persons, records), _contacts(persons, records), _consents(records)
    return {
        "idic_records.csv": table("record_id origin name phone email birth_date city address need_price need_novelty "
                                  "need_gift need_convenience wallet_cny updated_on", [row for row, _ in records]),
        "idic_identity_truth.csv": table("record_id person_id", identity),
        "idic_sales.csv": table("sale_id record_id sale_date amount_cny margin_cny", sold),
        "idic_consents.csv": table("record_id channel given_on withdrawn_on", consents),
        "idic_contacts.csv": table("contact_id record_id round contact_date channel topic offer responded state "
                                   "closed_on previous_contact_id", told),
        "idic_offers.csv": table("offer need cost_cny capacity margin_kept", [(o, *facts) for o, facts in OFFERS.items()]),
        "idic_channels.csv": table("channel cost_cny response_rate", [(c, *v) for c, v in CHANNELS.items()]),
        "idic_response_truth.csv": table("person_id offer response_rate responds margin_cny", [
            (p["id"], offer, f"{rate:.4f}", int(p["luck"] < rate), f"{p['margin'] * OFFERS[offer][3]:.2f}")
            for p in persons for offer, rate in p["rates"].items()]),
    }


def _persons():
    persons = []
    for number in range(PERSONS):
        draw = stream(f"idic person {number}")
        name = pick(draw, SURNAMES) + "".join(pick(draw, GIVEN) for _ in range(1 + (draw() < .8)))
        city = weighted(draw, CITIES)
        main = weighted(draw, {"price": 35, "novelty": 25, "gift": 15, "convenience": 25})
        person = {
            "id": f"P{number + 1:04d}", "name": name, "city": city, "main": main,
            "phone": f"15{pick(draw, '4')}{int(draw() * 1e8):08d}", "birth": day("1960-01-01", draw() * 16_000),
            "address": f"{pick(draw, STREETS)}{1 + int(draw() * 300)}号{1 + int(draw() * 30)}栋{101 + int(draw() * 2000)}室",
            "orders": exponential(draw, 4) + .3, "margin": 45 * 2.718281828 ** normal(draw, 0, .7), "share": .15 + .8 * draw(),
            "costly": draw() < .08, "luck": draw(),
        }
        person["email"] = f"{pick(draw, 'abcdefghijklmnopqrstuvwxyz')}{int(draw() * 1e6):06d}@{pick(draw, ('example.com', 'example.net', 'example.org'))}"
        if number and draw() < .08:  # the family shares telephone and home
            person |= {key: persons[-1][key] for key in ("city", "phone", "address")}
        person["needs"] = {need: min(max(round(normal(draw, 5.9 if need == main else 3.2, 1.0)), 1), 7) for need in NEEDS}
        person["rates"] = {offer: logistic(normal(draw, -1.0 if need == main else -2.9, .6))
                           for offer, (need, *_) in OFFERS.items()}
        persons.append(person)
    return persons


def _records(persons):
    """Return the rows of records with the person behind each, and the identity table."""
    rows = []
    for person in persons:
        draw = stream(f"idic records {person['id']}")
        sources = [source for source, share in (("shop", .6), ("app", .65), ("hotline", .25), ("partner", .3)) if draw() < share]
        sources = sources or ["shop"]
        sources += [source for source in sources if draw() < .06]  # registered twice
        rows += [(draw(), source, person, draw) for source in sources]
    rows.sort(key=lambda row: row[0])
    records = []
    for count, (_, source, person, draw) in enumerate(rows, start=1):
        has = {"shop": (.92, .15, .6, .7, .7), "app": (.97, .7, .7, .2, .9), "hotline": (1, .1, .1, .3, .4),
               "partner": (.5, .6, .9, .6, 0)}[source]  # shares with phone, email, birth date, address, needs
        name, phone, address = person["name"], person["phone"], person["city"] + person["address"]
        if draw() < {"shop": .08, "app": .02, "hotline": .12, "partner": .02}[source]:
            place = 1 + int(draw() * (len(name) - 1))
            name = name[:place] + pick(draw, GIVEN) + name[place + 1:]
        if draw() < {"shop": .1, "app": .0, "hotline": .6, "partner": .1}[source]:
            name += pick(draw, ("女士", " 先生"))
        if draw() < {"shop": .04, "app": .0, "hotline": .08, "partner": .05}[source]:
            place = 2 + int(draw() * 9)
            phone = phone[:place] + pick(draw, "0123456789") + phone[place + 1:]
        elif draw() < .06:
            phone = f"164{int(draw() * 1e8):08d}"  # a second telephone
        if draw() < .3:
            phone = f"{phone[:3]}-{phone[3:7]}-{phone[7:]}"
        if draw() < .4:
            address = address.replace("市", "").replace("栋", "-").replace("室", "")
        known = [draw() < share for share in has]
        wallet = person["orders"] * person["margin"] / .3 / person["share"] * (0.9 + .2 * draw())
        records.append(((f"R{count:04d}", source, name, phone if known[0] else None, person["email"] if known[1] else None,
                         person["birth"] if known[2] else None, person["city"], address if known[3] else None,
                         *((person["needs"][need] if known[4] else None) for need in NEEDS),
                         f"{wallet:.2f}" if known[4] else None, day(FIRST_DAY, draw() * DAYS)), person))
    return records, [(row[0], person["id"]) for row, person in records]


def _own(records):
    own = {}
    for row, person in records:
        own.setdefault(person["id"], []).append(row[0])
    return own


def _sales(persons, records):
    own, rows = _own(records), []
    for person in persons:
        draw = stream(f"idic sales {person['id']}")
        moment = exponential(draw, 365 / person["orders"])
        while moment < DAYS:
            margin = person["margin"] * 2.718281828 ** normal(draw, 0, .3) - (95 if person["costly"] else 0)
            amount = person["margin"] / .3 * 2.718281828 ** normal(draw, 0, .3)
            rows.append((int(moment), draw(), pick(draw, own[person["id"]]) if draw() < .8 else None, amount, margin))
            moment += exponential(draw, 365 / person["orders"])
    return [(f"S{count:05d}", record, day(FIRST_DAY, after), f"{amount:.2f}", f"{margin:.2f}")
            for count, (after, _, record, amount, margin) in enumerate(sorted(rows, key=lambda row: row[:2]), start=1)]


def _consents(records):
    rows = []
    for row, _ in records:
        draw = stream(f"idic consents {row[0]}")
        for channel, share in {"sms": .5, "email": .4, "wechat": .45, "phone": .2}.items():
            if draw() < share and row[1] != "partner":
                given = draw() * 400
                gone = given + draw() * 400
                rows.append((row[0], channel, day(FIRST_DAY, given),
                             day(FIRST_DAY, gone) if draw() < .1 and gone < DAYS else None))
    return rows


def _contacts(persons, records):
    """Six rounds of offers drawn at random, with complaints in between; some clerks forget the earlier contact."""
    own, rows = _own(records), []
    for person in persons:
        draw, before = stream(f"idic contacts {person['id']}"), []
        for turn in range(1, ROUNDS + 1):
            start = (turn - 1) * 90
            if draw() < .85:
                offer = pick(draw, list(OFFERS))
                before.append([start + int(draw() * 60), turn, pick(draw, list(CHANNELS)), "offer", offer,
                               int(draw() < person["rates"][offer]), "closed", None])
            if draw() < .04:
                when, lasts = start + 60 + int(draw() * 25), 1 + exponential(draw, 6)
                closed = when + int(lasts)
                ended = closed < DAYS and draw() < .93
                before.append([when, turn, "phone", "complaint", None, 0, "closed" if ended else "open",
                               day(FIRST_DAY, closed) if ended else None])
        for place, contact in enumerate(before):
            rows.append((contact[0], draw(), person["id"], place, pick(draw, own[person["id"]]), draw() < .75, contact))
    rows.sort(key=lambda row: row[:2])
    names = {(row[2], row[3]): f"T{count:05d}" for count, row in enumerate(rows, start=1)}
    return [(names[person, place], record, turn, day(FIRST_DAY, when), channel, topic, offer, responded, status, closed,
             names.get((person, place - 1)) if remembered else None)
            for _, _, person, place, record, remembered, (when, turn, channel, topic, offer, responded, status, closed) in rows]
