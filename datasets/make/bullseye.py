"""Six raters score four offers of a shop for photographic equipment on the thirty Bullseye factors (synthetic).

Raters are made in five panels. Rater n plays the same part in each: 1 is lenient, 2 strict, 4 leaves what is unknown
open, and 6 reads the reversed factors upside down. The first panel is `bullseye_ratings.csv`, the others are the
reserve, from which `datasets.load("bullseye_ratings", student=...)` draws rater n for each student.
"""

from _draws import stream, table

PANELS, RATERS = 5, 6
PRODUCTS = ("camera_kit", "tripod", "print_service", "used_lens")
LEVELS = {  # what a well-informed rater would give to each product
    "computer_users": (8, 7, 7, 8),
    "early_adopters": (8, 5, 4, 5),
    "higher_income": (8, 5, 5, 5),
    "well_educated": (7, 6, 6, 6),
    "buyer_gender": (8, 8, 6, 8),
    "reachable": (9, 8, 6, 6),
    "internet_share": (9, 9, 8, 8),
    "computer_related": (9, 4, 7, 5),
    "seen_or_tried": (5, 6, 8, 1),
    "easy_to_order": (6, 9, 8, 3),
    "attributes": (8, 9, 7, 3),
    "intangible": (3, 3, 6, 2),
    "high_tech": (9, 3, 5, 6),
    "standard": (9, 9, 6, 1),
    "special_features": (6, 3, 4, 7),
    "global_appeal": (9, 8, 4, 6),
    "global_direct": (7, 7, 4, 4),
    "brand_trust": (9, 3, 5, 8),
    "local_rivals": (4, 4, 3, 8),
    "delivery_reach": (6, 6, 4, 6),
    "price_level": (5, 6, 7, 5),
    "price_changes": (6, 3, 3, 8),
    "online_promotion": (7, 6, 7, 6),
    "legal": (8, 9, 7, 4),
    "sociocultural": (8, 8, 8, 5),
    "political": (7, 7, 7, 7),
    "economic": (6, 6, 5, 7),
    "technology": (9, 9, 8, 8),
    "online_rivals": (2, 3, 4, 5),
    "word_of_mouth": (7, 3, 7, 6),
}
REVERSED = ("seen_or_tried", "intangible", "local_rivals", "online_rivals")
UNKNOWN = ("political", "price_changes")
LEANING = (1, -1, 0, 0, 0, 0)


def files():
    """Return {path: text} of all files that this generator makes."""
    panels = [_panel(number) for number in range(PANELS)]
    header = "product rater factor rating"
    return {
        "bullseye_ratings.csv": table(header, panels[0]),
        "reserve/bullseye_ratings.csv": table(header, sum(panels[1:], [])),
    }


def _panel(number):
    rows = []
    for part in range(RATERS):
        rater = f"R{number * RATERS + part + 1:02d}"
        draw = stream(f"bullseye {rater}")
        for place, product in enumerate(PRODUCTS):
            rows += [(product, rater, factor, _rating(draw, part, product, factor, levels[place]))
                     for factor, levels in LEVELS.items()]
    return sorted(rows, key=lambda row: row[:2])


def _rating(draw, part, product, factor, level):
    if factor in REVERSED and part == 5:
        level = 10 - level
    rating = min(max(level + LEANING[part] + int(draw() * 3) - 1, 0), 10)
    if (product, factor) == ("used_lens", "seen_or_tried") and part < 5:
        rating = 1 if part < 3 else min(rating, 1)  # a veto for every five well-informed raters
    return None if part == 3 and factor in UNKNOWN else rating
