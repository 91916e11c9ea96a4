"""Material for precision marketing: a log of views and purchases, a promotion test, 125 cells, contacts, channels."""

from _draws import day, exponential, pick, poisson, stream, table, weighted

CUSTOMERS, ITEMS, TASTES = 400, 60, 5
FIRST_DAY, DAYS = "2025-07-01", 184
ARMS = {"control": (.080, 0), "discount_10": (.100, 10), "discount_20": (.112, 20)}  # true conversion, yuan given away
VISITORS, CONTACTS = 6000, 4000
NAMES, TESTED = 16_000, 240  # in each of 125 cells


def files():
    """Return {path: text} of all files that this generator makes."""
    cells, rates = _cells()
    return {
        "targeting_events.csv": table("event_id customer_id event_date event item_id", _events()),
        "targeting_promotion.csv": table("visitor_id arm bought margin_cny", _promotion()),
        "targeting_promotion_truth.csv": table("arm conversion discount_cny", [(arm, *true) for arm, true in ARMS.items()]),
        "targeting_cells.csv": table("rfm_code people tested test_responses", cells),
        "targeting_cells_truth.csv": table("rfm_code true_rate", rates),
        "targeting_pressure.csv": table("contact_id contact_no responded left", _pressure()),
        "targeting_channels.csv": table("channel scale saturation_cny", [
            ("paid_ads", 60, 4000), ("content", 45, 2500), ("referral", 30, 800)]),
    }


def _events():
    """Draw what customers look at and buy: most of it from one's own shelf, much of it what all like."""
    weights = [1 / (place // TASTES + 1) ** .7 for place in range(ITEMS)]
    events = []
    for number in range(CUSTOMERS):
        draw = stream(f"targeting customer {number}")
        taste = int(draw() * TASTES)
        shelf = {f"I{item + 1:02d}": weight for item, weight in enumerate(weights) if item % TASTES == taste}
        every = {f"I{item + 1:02d}": weight for item, weight in enumerate(weights)}
        for _ in range(2 + poisson(draw, 5)):
            when = int(draw() * DAYS)
            for _ in range(1 + poisson(draw, 1)):
                item = weighted(draw, shelf if draw() < .75 else every)
                for event, share in (("view", 1), ("cart", .55), ("buy", .75)):
                    if draw() > share:
                        break
                    events.append((when, draw(), f"C{number + 1:03d}", event, item))
    return [(f"V{count:05d}", customer, day(FIRST_DAY, when), event, item)
            for count, (when, _, customer, event, item) in enumerate(sorted(events), start=1)]


def _promotion():
    draw, rows = stream("targeting visitors"), []
    for number in range(VISITORS):
        arm = pick(draw, tuple(ARMS))
        conversion, discount = ARMS[arm]
        bought = draw() < conversion
        margin = 60 + exponential(draw, 20) - discount if bought else 0
        rows.append((f"W{number + 1:05d}", arm, int(bought), f"{margin:.2f}"))
    return rows


def _cells():
    """Draw a test of 30,000 of 2,000,000 names. By construction 34 of 125 cells lie above 1.375 %, at 2.76 % on average."""
    draw = stream("targeting cells")
    codes = [(r, f, m) for r in range(5, 0, -1) for f in range(5, 0, -1) for m in range(5, 0, -1)]
    best = sorted(codes, key=lambda code: (-(6 * code[0] + 2 * code[1] + code[2]), code))
    rates = {code: .0414 - .0276 * place / 33 if place < 34 else .0125 - .0099 * (place - 34) / 90
             for place, code in enumerate(best)}
    cells = [(f"{r}{f}{m}", NAMES, TESTED, sum(draw() < rates[r, f, m] for _ in range(TESTED))) for r, f, m in codes]
    return cells, [(f"{r}{f}{m}", f"{rates[r, f, m]:.5f}") for r, f, m in codes]


def _pressure():
    draw, rows = stream("targeting pressure"), []
    for number in range(CONTACTS):
        times = weighted(draw, {1: 28, 2: 22, 3: 18, 4: 13, 5: 9, 6: 6, 7: 4})
        rows.append((f"K{number + 1:05d}", times, int(draw() < .11 * .72 ** (times - 1)), int(draw() < .002 * 1.75 ** (times - 1))))
    return rows
