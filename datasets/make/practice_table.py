"""Our own stand-in for the textbook's table 9-6, which is not public: ten customers, to be scored by hand.

Customer n (1 to 10) plays the same part in every set: recent and rich, new and small, lost and rich ... Eight sets are
made; the first is `practice_table.csv`, the others are the reserve for `datasets.load("practice_table", student=...)`.
"""

import random
from datetime import date, timedelta

AS_OF = date(2025, 12, 31)
SETS = 8

# Days since the last purchase, orders, yuan: each from-to. The days stay clear of 3, 6, 9, 12 and 24 months by every
# reading (calendar months, 30 days, 91 days), and the yuan of 90 and 200, where 10 % reaches the cap of 9 or 20
# points, so that a customer has one right number of points.
PARTS = (
    ((5, 84), (6, 9), (240, 480)),      # the best: everything high
    ((5, 84), (1, 1), (25, 80)),        # new and small
    ((5, 84), (2, 4), (100, 190)),      # recent, middling
    ((97, 176), (3, 4), (40, 85)),      # often but little
    ((97, 176), (5, 7), (210, 380)),    # good, cooling
    ((189, 264), (1, 1), (220, 400)),   # one large order
    ((189, 264), (2, 3), (100, 190)),   # middling, cooling
    ((281, 352), (2, 3), (30, 85)),     # small, nearly gone
    ((376, 712), (4, 6), (230, 450)),   # once good, gone
    ((376, 712), (1, 1), (15, 60)),     # one small order long ago
)
HEADER = "customer_id,last_order_date,orders,amount_cny\n"


def files():
    """Return {path: text} of all files that this generator makes."""
    draw = random.Random("casekit practice table").random
    cast = [part for _, part in sorted((draw(), part) for part in PARTS)]
    lines = []
    for number in range(SETS * len(cast)):
        days, orders, yuan = (low + int(draw() * (high - low + 1)) for low, high in cast[number % len(cast)])
        lines.append(f"P{number + 1:02d},{AS_OF - timedelta(days=days)},{orders},{yuan}.00\n")
    return {
        "practice_table.csv": HEADER + "".join(lines[:len(cast)]),
        "reserve/practice_table.csv": HEADER + "".join(lines[len(cast):]),
        "practice_table_template.csv": HEADER,
    }
