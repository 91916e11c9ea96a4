"""What the generators draw with: everything comes from ``random.Random(text).random()``, whose stream never changes."""

import csv
import io
import math
import random
from datetime import date, timedelta


def stream(text):
    """Return the function that draws the numbers of this name."""
    return random.Random(f"casekit {text}").random


def normal(draw, mean=0.0, sd=1.0):
    return mean + sd * math.sqrt(-2 * math.log(1 - draw())) * math.cos(2 * math.pi * draw())


def exponential(draw, mean):
    return -mean * math.log(1 - draw())


def poisson(draw, mean):
    count, left = 0, math.exp(-mean)
    chance = draw()
    while chance > left and count < 1000:
        count += 1
        chance *= draw()
    return count


def pick(draw, options):
    return options[int(draw() * len(options))]


def weighted(draw, weights):
    """Pick a key of {key: weight}."""
    place = draw() * sum(weights.values())
    for key, weight in weights.items():
        place -= weight
        if place < 0:
            return key
    return key


def shuffled(draw, things):
    return [thing for _, _, thing in sorted((draw(), place, thing) for place, thing in enumerate(things))]


def logistic(x):
    return 1 / (1 + math.exp(-x))


def day(first, days):
    return (date.fromisoformat(first) + timedelta(days=int(days))).isoformat()


def table(header, rows):
    """Return a CSV file as text; None is an empty cell."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header.split(), *rows])
    return text.getvalue()
