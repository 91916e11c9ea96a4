"""Guests of a fast-food shop: a survey, what they expected, Kano pairs, stores of a chain, critical incidents.

Guest n of each of three sets plays the same part (who answers carelessly, who lives where), so that
`datasets.load("survey", student=...)` draws guest n for each student, in both tables of the survey the same one.
"""

from _draws import logistic, normal, stream, table

SETS, GUESTS, KANO_GUESTS, STORES = 3, 300, 120, 60
#        mean of: important, expected, perceived; weight in overall satisfaction
ITEMS = {
    "image": (3.0, 3.2, 3.9, 0.10),
    "taste": (4.4, 4.0, 4.0, 0.45),
    "hygiene": (4.7, 4.7, 4.3, 0.20),
    "price": (4.6, 3.3, 3.1, 0.05),
    "speed": (3.7, 4.1, 2.9, 0.60),
    "information": (2.9, 3.2, 3.3, 0.25),
    "care": (2.5, 2.0, 2.7, 0.12),
}
STATEMENTS = ("pleased", "again", "regret")  # the last is worded the other way round
BENDS = {"weak": 0.6, "fierce": 4.0}  # exponents of the satisfaction-loyalty curve
#            lean towards: having it is liked, lacking it is disliked
FEATURES = {
    "clean_table": (-1.0, 2.2), "right_order": (-0.8, 2.6), "short_wait": (1.8, 1.6), "big_portion": (1.4, 1.3),
    "free_refill": (1.7, -1.5), "birthday_treat": (1.4, -2.0), "new_uniforms": (-2.2, -2.4), "loud_music": (-2.6, -2.6),
}  # fmt: skip
INCIDENTS = [  # id, zh, en, level by two coders, status
    ("haier", "2002 年 7 月，青岛高温。顾客打电话说孩子热得长了痱子，问前天看中的空调能不能马上装；直销员听出了她的着急。（课件案例，结局未载）",
     "July 2002, a heat wave in Qingdao. A customer phones: her child has prickly heat; can the air conditioner she saw be installed at once? The saleswoman hears how worried she is. (Course case; the ending is not told.)", "moving", "moving", "source"),
    ("handbag", "顾客把手提袋忘在试衣处，导购员用胶带封好，交到服务中心，顾客两小时后原样取回。（课件案例）",
     "A customer leaves her handbag by the fitting room. The assistant seals it with tape and takes it to the service desk, where she collects it untouched two hours later. (Course case)", "moving", "ordinary", "source"),
    ("clean_glass", "端上来的杯子是干净的。", "The glass on the tray is clean.", "basic", "basic", "synthetic"),
    ("right_change", "收银员找对了零钱。", "The change is right.", "basic", "basic", "synthetic"),
    ("told_wait", "要等的时候，点餐员说清楚等几分钟。", "When there is a wait, the order taker says how many minutes.", "ordinary", "ordinary", "synthetic"),
    ("smile", "店员微笑着问好，介绍了当天的新品。", "The staff greet with a smile and mention what is new today.", "ordinary", "ordinary", "synthetic"),
    ("remembered", "店员记得老人怕硬，没等他开口就把饭煮软了一些。", "The cook remembers that an old man cannot chew well and softens the rice before he asks.", "moving", "moving", "synthetic"),
    ("umbrella", "下大雨，店员撑伞送带孩子的顾客到公交站。", "In a downpour a waiter walks a mother with a child to the bus stop under an umbrella.", "moving", "moving", "synthetic"),
    ("fresh", "食材在保质期内。", "The food is within its date.", "basic", "basic", "synthetic"),
    ("refund", "上错了菜，当场换好并道歉。", "A wrong dish is replaced at once, with an apology.", "ordinary", "basic", "synthetic"),
    ("receipt", "开了发票。", "An invoice is issued.", "basic", "basic", "synthetic"),
    ("coupon", "结账时送一张下次用的优惠券。", "A coupon for the next visit comes with the bill.", "ordinary", "ordinary", "synthetic"),
]  # fmt: skip


def files():
    """Return {path: text} of all files that this generator makes."""
    sets = [_guests(number) for number in range(SETS)]
    survey = f"respondent_id competition {' '.join(ITEMS)} {' '.join(STATEMENTS)} stayed"
    expectations = "respondent_id item important expected perceived"
    stores = [[_store(number * STORES + n) for n in range(STORES)] for number in range(SETS)]
    chain = ("store_id internal_quality employee_satisfaction employee_loyalty employee_productivity service_value "
             "customer_satisfaction customer_loyalty profit_growth")  # fmt: skip
    return {
        "survey.csv": table(survey, sets[0][0]),
        "reserve/survey.csv": table(survey, sets[1][0] + sets[2][0]),
        "expectations.csv": table(expectations, sets[0][1]),
        "reserve/expectations.csv": table(expectations, sets[1][1] + sets[2][1]),
        "kano_answers.csv": table("respondent_id feature functional dysfunctional", _kano()),
        "stores.csv": table(chain, stores[0]),
        "reserve/stores.csv": table(chain, stores[1] + stores[2]),
        "incidents.csv": table("incident_id zh en service_level second_level status", INCIDENTS),
    }


def _scale(value):
    return min(max(round(value), 1), 5)


def _guests(number):
    survey, expectations = [], []
    for part in range(GUESTS):
        name = f"G{number * GUESTS + part + 1:04d}"
        draw = stream(f"satisfaction {name}")
        competition, mood = ("weak", "fierce")[part % 2], normal(draw, 0, 0.35)
        rows, feeling = [], 0.0
        for item, (important, expected, perceived, weight) in ITEMS.items():
            own = [_scale(normal(draw, mean, 0.75)) for mean in (important, expected)]
            felt = normal(draw, perceived, 0.95) + mood
            rows.append((name, item, *own, _scale(felt)))
            feeling += weight * (felt - perceived)
        told = [_scale(normal(draw, middle + sign * feeling, 0.45)) for middle, sign in ((3.8, 1), (3.7, 1), (2.2, -1))]
        stayed = int(draw() < 0.97 * ((told[0] - 1) / 4) ** BENDS[competition])
        letters = ["EDCBA"[code - 1] for code in (*(row[4] for row in rows), *told)]
        if part % 25 == 7:  # a straight-liner, who ticks one column of every question
            letters = ["AABCB"[part // 25 % 5]] * len(letters)
            rows = [(name, item, *[5 - "ABCDE".index(letters[0])] * 3) for item in ITEMS]
        blank = 4 if part % 30 == 11 else int(part % 15 == 4)  # incomplete, or one gap
        for _ in range(blank):
            letters[int(draw() * len(letters))] = None
        survey.append((name, competition, *letters, stayed))
        expectations += [row for row, letter in zip(rows, letters) if letter]
    return survey, expectations


def _kano():
    rows = []
    for number in range(KANO_GUESTS):
        name = f"K{number + 1:03d}"
        draw = stream(f"kano {name}")
        for feature, (liked, disliked) in FEATURES.items():
            with_it = 1 if draw() < logistic(liked) else 2 if draw() < logistic(disliked) else 3
            without = 5 if draw() < logistic(disliked) else 4 if draw() < 0.3 else 3
            if feature == "loud_music":
                with_it, without = (5, 1 if draw() < 0.5 else 3) if draw() < 0.6 else (3, 3)
            rows.append((name, feature, with_it, without))
    return rows


def _store(number):
    """Draw one store: each link of the chain follows from those before it."""
    draw = stream(f"store {number}")

    def link(*paths):
        mean = sum(weight * value for weight, value in paths)
        return mean + normal(draw) * (1 - min(sum(weight**2 for weight, _ in paths), 0.9)) ** 0.5

    quality = link()
    happy = link((0.6, quality))
    stays, busy = link((0.55, happy)), link((0.35, happy))
    value = link((0.5, stays), (0.3, busy))
    pleased = link((0.65, value))
    loyal = link((0.6, pleased))
    growth = link((0.5, loyal))
    return (f"S{number + 1:03d}", f"{3.4 + 0.4 * quality:.2f}", f"{3.5 + 0.4 * happy:.2f}", f"{70 + 8 * stays:.1f}",
            f"{22 + 3 * busy:.1f}", f"{3.6 + 0.3 * value:.2f}", f"{3.8 + 0.3 * pleased:.2f}", f"{45 + 8 * loyal:.1f}",
            f"{4 + 3 * growth:.1f}")  # fmt: skip
