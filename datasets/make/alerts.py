"""Two years of 60 dealers: orders, payments and selling costs, with troubles sown at known days.

Each trouble has an onset and a day of harm: a debt that bursts its limit, purchases that fall behind plan, selling costs
that run away, a dealer who leaves (and so falls behind plan as well). Some dealers only look troubled: they rest every
summer, or pay late once, and recover. The reserve has 60 more, each in the part of the one with the same place.
"""

from _draws import day, exponential, normal, shuffled, stream, table

DEALERS = 60
FIRST_DAY, DAYS = "2024-01-01", 731
TROUBLES = ("credit_limit",) * 6 + ("sales_progress",) * 6 + ("sales_cost",) * 6 + ("churn",) * 10
DECOYS = ("rest",) * 4 + ("late",) * 3
LASTS = {"credit_limit": 120, "sales_progress": 150, "sales_cost": 120, "churn": 90}  # days from onset to harm, at least
OLD_CUT, REVIEWS = 77, range(182, DAYS, 7)  # how the firm warned until now: this many days of silence, looked at on Mondays


def files():
    """Return {path: text} of all files that this generator makes."""
    return _dealers("", "alerts dealer", 1, "E") | _dealers("reserve/", "alerts reserve dealer", DEALERS + 1, "R")


def _dealers(folder, seed, first, entry):
    parts = TROUBLES + DECOYS
    cast = shuffled(stream("alerts cast"), parts + ("",) * (DEALERS - len(parts)))
    accounts, entries, truth, outcomes = [], [], [], []
    for number, part in enumerate(cast):
        name, draw = f"D{number + first:03d}", stream(f"{seed} {number}")
        gap = 5 + exponential(draw, 14)  # days between orders
        order = 150 * gap * 2.718281828 ** normal(draw, 0, .5)
        pay = 20 + 25 * draw()  # days until paid
        plan = order / gap
        onset = int(300 + draw() * 250)
        harm = onset + max(LASTS.get(part, 0), int(gap * 6))
        accounts.append((name, round(plan * (pay + 2 * gap) * 1.2 / 500 + 1) * 500, f"{plan:.2f}", "0.08"))
        if part in LASTS:
            truth.append((name, part, day(FIRST_DAY, onset), day(FIRST_DAY, harm)))
        if part == "churn":
            truth.append((name, "sales_progress", day(FIRST_DAY, onset), day(FIRST_DAY, onset + LASTS["sales_progress"])))
        moment, moments = draw() * gap, []
        while moment < DAYS and not (part == "churn" and moment >= onset):
            moments.append(int(moment))
            ill, since = moment >= onset, max(moment - onset, 0)
            amount = order * 2.718281828 ** normal(draw, 0, .15)
            if ill and part == "sales_progress":
                amount *= max(1 - since / 100, .2)
            lag = pay * (.8 + .4 * draw())
            if ill and part == "credit_limit":
                lag += 30 + since * 1.5
            if part == "late" and 0 < since < 40:
                lag += 45
            share = .06 + .02 * draw()
            if ill and part == "sales_cost":
                share *= 1 + 1.8 * min(since / 60, 1)
            entries += [(int(moment), draw(), name, "order", amount), (int(moment + lag), draw(), name, "payment", amount),
                        (int(moment), draw(), name, "cost", amount * share)]
            moment += gap * (.5 + draw())
            if part == "rest" and 180 < moment % 365 < 240:
                moment += 60
        told = next((now for now in REVIEWS if now - max((m for m in moments if m <= now), default=0) > OLD_CUT), None)
        outcomes.append((name, None if told is None else day(FIRST_DAY, told),
                         day(FIRST_DAY, harm) if part == "churn" and harm < DAYS else None))
    rows = [(f"{entry}{count:05d}", name, day(FIRST_DAY, when), kind, f"{amount:.2f}") for count, (when, _, name, kind, amount)
            in enumerate(sorted(entry for entry in entries if entry[0] < DAYS), start=1)]
    return {
        f"{folder}alerts_accounts.csv": table("account_id credit_limit_cny plan_cny cost_budget", accounts),
        f"{folder}alerts_ledger.csv": table("entry_id account_id entry_date kind amount_cny", rows),
        f"{folder}alerts_outcomes.csv": table("account_id warned_on ended_on", outcomes),
        f"{folder}alerts_truth.csv": table("account_id alert onset_date harm_date", truth),
    }
