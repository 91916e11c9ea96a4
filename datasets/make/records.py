"""A campus shop's marketing database, a "nameless" table with a student directory beside it, and people to score.

The customers carry known defects; the nameless table can be linked to the directory; prospects respond the more, the
more they look like customers. The reserve has two more sets of customers with their orders and consents.
"""

from _draws import day, exponential, logistic, normal, pick, poisson, shuffled, stream, table, weighted

CUSTOMERS, BUSINESSES, RELEASED, DIRECTORY, MEMBERS, PROSPECTS = 300, 40, 400, 500, 300, 1500
FIRST_DAY, DAYS = "2024-07-01", 549  # to 2025-12-31
SURNAMES, GIVEN = "王李张刘陈杨黄赵周吴徐孙马朱胡", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚雨轩思梦琪佳俊峰雪婷"
CITIES = {"武汉": 40, "黄石": 15, "襄阳": 15, "宜昌": 15, "长沙": 10, "信阳": 5}
SCHOOLS = {"engineering": 35, "business": 25, "arts": 15, "medicine": 15, "law": 10}
CATEGORIES = ("stationery", "snacks", "sports", "electronics", "beauty")
HOBBIES = ("ball_games", "reading", "games", "music", "hiking")
CHANNELS = ("sms", "email", "wechat")
DEFECTS = {"phone": 9, "email": 7, "birth_date": 3}


def files():
    """Return {path: text} of all files that this generator makes."""
    customers, defects = _customers(0)
    more = [_customers(number * CUSTOMERS)[0] for number in (1, 2)]
    campaigns = [(f"A{number + 1}", CHANNELS[number % 3], day(FIRST_DAY, 60 + 75 * number), 40 + 25 * (number % 3))
                 for number in range(6)]
    released, directory, identity = _students()
    people, answers = _people()
    header = {
        "customers": "customer_id name sex birth_date phone email address city preferred_category credit_cny education "
                     "occupation household_size hobby personality influence origin registered_on updated_on",
        "consents": "customer_id channel given_on withdrawn_on",
        "orders": "order_id customer_id order_date category amount_cny",
    }

    def sets(folder, groups):
        rows = {"customers": groups, "consents": map(_consents, groups), "orders": map(_orders, groups)}
        return {f"{folder}records_{name}.csv": table(header[name], sum(rows[name], [])) for name in header}

    return sets("", [customers]) | sets("reserve/", more) | {
        "records_customers_truth.csv": table("customer_id field defect", defects),
        "records_businesses.csv": table("business_id name phone address contact_name ownership preferred_category "
                                        "annual_purchases_cny repeat_rate orders_per_year credit_days principal_name "
                                        "principal_birth_date", _businesses()),
        "records_campaigns.csv": table("campaign_id channel sent_on cost_cny", campaigns),
        "records_contacts.csv": table("contact_id customer_id campaign_id channel contact_date responded "
                                      "previous_contact_id", _contacts(customers, campaigns)),
        "records_released.csv": table("row_id sex birth_date school entry_year hometown monthly_spend_cny overdue", released),
        "records_directory.csv": table("student_no name sex birth_date school entry_year hometown", directory),
        "records_released_truth.csv": table("row_id student_no", identity),
        "records_prospects.csv": table("person_id is_customer age_years city_tier income_band hobby online_hours", people),
        "records_prospects_truth.csv": table("person_id responds", answers),
    }


def _name(draw):
    return pick(draw, SURNAMES) + "".join(pick(draw, GIVEN) for _ in range(1 + (draw() < .8)))


def _phone(draw):
    return f"15{pick(draw, '4')}{int(draw() * 1e8):08d}"  # 154 is not given out


def _customers(first):
    rows = []
    for number in range(first, first + CUSTOMERS):
        draw = stream(f"records customer {number}")
        own, eager = draw() < .75, draw()  # how much a customer tells

        def told(value, share):
            return value if draw() < share * (.5 + .8 * eager) * (1 if own else .6) else None

        registered = int(draw() * 450)
        rows.append([
            f"C{number + 1:04d}", _name(draw), told(pick(draw, "fm"), .95), told(day("2001-01-01", draw() * 2200), .7),
            told(_phone(draw), .95), told(f"{pick(draw, 'abcdefghjkmnpq')}{int(draw() * 1e6):06d}@example.com", .6),
            told(f"{1 + int(draw() * 30)}号宿舍楼{100 + int(draw() * 600)}室", .5), weighted(draw, CITIES),
            told(pick(draw, CATEGORIES), .7), told(100 * (1 + int(draw() * 10)), .4), told(weighted(draw, SCHOOLS), .85),
            told(pick(draw, ("none", "intern", "part_time")), .35), told(2 + poisson(draw, 1.3), .3),
            told(pick(draw, HOBBIES), .6), told(pick(draw, ("bargain", "impulse", "careful")), .25),
            told(poisson(draw, .8), .3), "own" if own else "external", day(FIRST_DAY, registered),
            day(FIRST_DAY, registered + draw() * (DAYS - 1 - registered)) if draw() < .8 else None])
    draw, columns, defects = stream(f"records defects {first}" if first else "records defects"), {"phone": 4, "email": 5, "birth_date": 3}, []
    for column, count in DEFECTS.items():
        place = columns[column]
        for row in shuffled(draw, [number for number, row in enumerate(rows) if row[place]])[:count]:
            value = rows[row][place]
            rows[row][place] = {"phone": value[:8], "email": value.replace("@", "#"), "birth_date": "20" + str(31 + row % 60) + "-05-01"}[column]
            defects.append((rows[row][0], column, "bad_date" if column == "birth_date" else "bad_format"))
    twins = shuffled(draw, [number for number, row in enumerate(rows) if row[4] and len(row[4]) == 11])[:8]
    for first, second in zip(twins[::2], twins[1::2]):
        rows[second][4] = rows[first][4]
        defects += [(rows[row][0], "phone", "duplicate_value") for row in (first, second)]
    return rows, sorted(defects)


def _businesses():
    rows = []
    for number in range(BUSINESSES):
        draw = stream(f"records business {number}")
        yearly, told = 20_000 * 2.718281828 ** normal(draw, 0, 1), draw() < .6
        rows.append((f"B{number + 1:03d}", f"{pick(draw, ('江城', '楚天', '珞珈', '东湖', '光谷'))}{pick(draw, ('文具', '体育', '数码', '食品'))}店{number + 1}",
                     f"0270{int(draw() * 1e7):07d}", f"珞喻路{1 + int(draw() * 900)}号", _name(draw),
                     weighted(draw, {"private": 65, "state": 20, "public_office": 15}), pick(draw, CATEGORIES),
                     f"{yearly:.2f}", f"{.2 + .7 * draw():.2f}", f"{2 + exponential(draw, 8):.1f}",
                     pick(draw, (0, 15, 30, 60)), _name(draw) if told else None, day("1965-01-01", draw() * 11_000) if told and draw() < .4 else None))
    return rows


def _consents(customers):
    rows = []
    for row in customers:
        draw = stream(f"records consents {row[0]}")
        for channel, share in zip(CHANNELS, (.55, .4, .6)):
            if draw() < share and row[16] == "own":
                gone = draw() * 300
                rows.append((row[0], channel, row[17], day(row[17], gone) if draw() < .12 and day(row[17], gone) < "2026" else None))
    return rows


def _orders(customers):
    rows = []
    for row in customers:
        draw = stream(f"records orders {row[0]}")
        if row[16] == "external" and draw() < .7:
            continue  # a name that was bought, not a buyer
        gap, alive, moment = 15 + exponential(draw, 60), 100 + exponential(draw, 500), exponential(draw, 20)
        while moment < alive and day(row[17], moment) < "2026":
            likes = row[8] and draw() < .6
            rows.append((day(row[17], moment), draw(), row[0], row[8] if likes else pick(draw, CATEGORIES),
                         f"{45 * 2.718281828 ** normal(draw, 0, .6):.2f}"))
            moment += exponential(draw, gap)
    letter = chr(ord("R") + int(customers[0][0][1:]) // CUSTOMERS)  # R, S, T: a set each
    return [(f"{letter}{count:05d}", customer, when, category, amount)
            for count, (when, _, customer, category, amount) in enumerate(sorted(rows), start=1)]


def _contacts(customers, campaigns):
    rows, last = [], {}
    for campaign, channel, sent, _ in campaigns:
        draw = stream(f"records contacts {campaign}")
        for row in customers:
            if row[17] < sent and draw() < .55:
                name = f"T{len(rows) + 1:05d}"
                rate = {"sms": .05, "email": .03, "wechat": .08}[channel]
                rows.append((name, row[0], campaign, channel, sent, int(draw() < rate), last.get(row[0]) if draw() < .8 else None))
                last[row[0]] = name
    return rows


def _students():
    students = []
    for number in range(DIRECTORY):
        draw = stream(f"records student {number}")
        entry = 2021 + int(draw() * 4)
        students.append((f"{entry}{int(draw() * 1e4):04d}{number:03d}", _name(draw), pick(draw, "fm"),
                         day(f"{entry - 19}-09-01", draw() * 550), weighted(draw, SCHOOLS), entry, weighted(draw, CITIES)))
    draw = stream("records released")
    rows = [(draw(), *student, f"{900 + exponential(draw, 700):.0f}", int(draw() < .12)) for student in students]
    rows = sorted(rows)[:RELEASED]
    listed = sorted(student for student in students if draw() < .9)  # no directory is complete
    return ([(f"N{count:03d}", *row[3:]) for count, row in enumerate(rows, start=1)], listed,
            [(f"N{count:03d}", row[1]) for count, row in enumerate(rows, start=1)])


def _people():
    people, answers = [], []
    for number in range(MEMBERS + PROSPECTS):
        draw = stream(f"records person {number}")
        member = number < MEMBERS
        likely = draw() < (.8 if member else .25)  # of the kind that becomes a customer
        age = normal(draw, 24, 4) if likely else normal(draw, 36, 11)
        row = (f"Q{number + 1:04d}", int(member), max(round(age), 16), weighted(draw, {1: 3, 2: 2, 3: 1} if likely else {1: 1, 2: 2, 3: 3}),
               weighted(draw, {"low": 3, "middle": 5, "high": 2} if likely else {"low": 3, "middle": 4, "high": 3}),
               weighted(draw, dict(zip(HOBBIES, (1, 2, 5, 4, 1) if likely else (2, 2, 2, 2, 2)))),
               f"{max(normal(draw, 5.5 if likely else 3.5, 1.5), 0):.1f}")
        people.append(row)
        if not member:
            answers.append((row[0], int(draw() < (.14 if likely else .02))))
    return people, answers
