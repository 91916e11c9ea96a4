"""Members of a shop: what ties them, an A/B test of a card with known free riders, three years of points, rewards.

Member n of each of three sets plays the same part, so that `datasets.load("loyalty_panel", student=...)` draws member n
for each student. Who spends much uses the card more, with it or without: users and others are not alike.
"""

from _draws import day, exponential, logistic, normal, pick, stream, table, weighted

SETS, MEMBERS, COLLECTORS, REWARDED = 3, 800, 160, 300
FIRST_DAY, DAYS, EXPIRY = "2023-01-01", 1096, 365  # points to 2025-12-31
REWARDS = {"discount": 12, "birthday_gift": 15, "priority": 6, "workshop": 20}  # cost in yuan


def files():
    """Return {path: text} of all files that this generator makes."""
    members, (panel, truth, rewards, rewards_truth) = [], ([[] for _ in range(SETS)] for _ in range(4))
    for number in range(SETS * MEMBERS):
        turn, part = divmod(number, MEMBERS)
        name, draw = f"M{number + 1:04d}", stream(f"loyalty member {number}")
        spend = 900 * 2.718281828 ** normal(draw, 0, .7)
        money, emotion, time = (min(max(normal(draw, mean, .25), 0), 1) for mean in (.45, .4, .4))
        margin, stay = .25 + .2 * draw(), logistic(normal(draw, .9, .7))
        if turn == 0:
            members.append((name, f"{spend:.2f}", f"{margin:.3f}", f"{stay:.3f}", f"{time:.3f}", f"{money:.3f}", f"{emotion:.3f}"))

        card = draw() < .5
        kind = weighted(draw, {"never_used": .22, "free_rider": .64, "changed": .14} if spend > 900 else
                        {"never_used": .58, "free_rider": .20, "changed": .22})
        uplift = spend / 2 * (.25 + .5 * draw()) if kind == "changed" else 0.0
        before, after = (spend / 2 * 2.718281828 ** normal(draw, 0, .12) for _ in range(2))
        after += uplift * card
        used = card and kind != "never_used"
        panel[turn].append((name, "card" if card else "control", f"{before:.2f}", f"{after:.2f}", int(used),
                            f"{.05 * after * used:.2f}"))
        truth[turn].append((name, kind, f"{uplift:.2f}"))

        if part < REWARDED:
            loves = weighted(draw, {"discount": .35, "birthday_gift": .25, "priority": .2, "workshop": .2})
            for reward, cost in REWARDS.items():
                value = exponential(draw, 7) + (22 + exponential(draw, 15) if reward == loves else 0)
                said = max(value + normal(draw, 0, 6), 0)
                rewards[turn].append((name, reward, f"{said:.2f}", cost))
                rewards_truth[turn].append((name, reward, f"{value:.2f}"))
    points = [_points(turn) for turn in range(SETS)]
    headers = {
        "loyalty_panel": "member_id arm before_cny after_cny used reward_cny",
        "loyalty_points": "event_id member_id event_date kind reward_points",
        "loyalty_rewards": "member_id reward value_cny cost_cny",
    }
    varied = dict(zip(headers, (panel, points, rewards)))
    return {
        "loyalty_members.csv": table("member_id spend_cny margin_share stay cares_time cares_money cares_emotion", members),
        "loyalty_panel_truth.csv": table("member_id member_kind uplift_cny", truth[0]),
        "loyalty_rewards_truth.csv": table("member_id reward value_cny", rewards_truth[0]),
        **{f"{name}.csv": table(headers[name], sets[0]) for name, sets in varied.items()},
        **{f"reserve/{name}.csv": table(headers[name], sum(sets[1:], [])) for name, sets in varied.items()},
    }


def _points(turn):
    """Draw earning and spending of points; nobody spends what has expired."""
    events = []
    for number in range(COLLECTORS):
        own = turn * MEMBERS + number
        draw, name = stream(f"loyalty points {own}"), f"M{own + 1:04d}"
        gap, habit, lots = 20 + exponential(draw, 60), pick(draw, (0, 0, .1, .25, .4)), []
        moment = draw() * 200
        while moment < DAYS:
            when = int(moment)
            points = 10 + int(exponential(draw, 120))
            events.append((when, 0, draw(), name, "earn", points))
            lots.append([when + EXPIRY, points])
            later = when + 1 + int(draw() * 10)
            lots = [lot for lot in lots if lot[0] > later]
            held = sum(points for _, points in lots)
            if draw() < habit and held >= 100 and later < moment + gap * .4 and later < DAYS:
                owed = spent = held // 50 * 50
                events.append((later, 1, draw(), name, "burn", spent))
                for lot in lots:
                    used = min(owed, lot[1])
                    lot[1] -= used
                    owed -= used
            moment += gap * (.4 + 1.2 * draw())
    start = turn * 10_000 + 1
    return [(f"L{count:05d}", name, day(FIRST_DAY, when), kind, points)
            for count, (when, _, _, name, kind, points) in enumerate(sorted(events), start)]
