"""A survey among the customers of the shop of `orders`: who they are and what they spend in all shops (synthetic).

Customer n is the customer n of `orders`, in each of the three shops, so that both tables of a student fit together.
What a customer spends elsewhere depends on the true type: loyal customers give most of their spending to the shop,
big spenders give most of it to others. How often and why they buy shape it further; region and gender do not.
"""

import math
from collections import Counter

import orders
from _draws import normal, pick, stream, table, weighted

HEADER = "customer_id region gender age_years lifestyle benefit uses_per_month circle account category_cny"
REGIONS = {"east": 38, "south": 27, "north": 20, "west": 13, "northeast": 2}
LIFESTYLES = {"family": 30, "explorer": 25, "trendsetter": 20, "homebody": 25}
BENEFITS = {"price": 40, "quality": 25, "convenience": 25, "service": 10}
CIRCLES = {"none": 45, "family": 25, "classmates": 15, "colleagues": 12, "club": 3}
# Share of their spending in the category that comes to the shop, roughly.
SHARES = {"one_time": .2, "occasional": .3, "regular": .5, "loyal": .75, "big_spender": .35}
FACTORS = {"price": .8, "quality": 1.3, "convenience": 1.0, "service": 1.1}
WINDOW = 365  # days before the as-of date


def files():
    """Return {path: text} of all files that this generator makes."""
    shops = [_shop(number) for number in range(orders.SHOPS)]
    return {"wallets.csv": table(HEADER, shops[0]), "reserve/wallets.csv": table(HEADER, sum(shops[1:], []))}


def _shop(shop):
    lines, truth = orders._shop(shop)
    start, end = orders._iso(orders.DAYS - WINDOW), orders._iso(orders.DAYS - 1)
    bought = Counter()
    for _, name, day, amount, _ in lines:
        if start <= day <= end and float(amount) > 0:  # returns are left out, so that nobody gives more than all
            bought[name] += float(amount)
    return [_customer(name, kind, bought[name]) for name, kind, *_ in truth]


def _customer(name, kind, own):
    draw = stream(f"wallets {name}")
    benefit, lifestyle = weighted(draw, BENEFITS), weighted(draw, LIFESTYLES)
    share = 1 / (1 + math.exp(-normal(draw, math.log(SHARES[kind] / (1 - SHARES[kind])), .5)))
    elsewhere = own * (1 / share - 1) if own else 500 * math.exp(normal(draw, 0, .7))
    total = own + max(elsewhere * FACTORS[benefit] * (1.15 if lifestyle == "explorer" else 1), 20)
    uses = min(max(1, round((total / 300) ** .8 * math.exp(normal(draw, 0, .3)))), 60)
    age = int(min(max(normal(draw, 27 if lifestyle == "trendsetter" else 38, 9), 18), 70))
    return (name, weighted(draw, REGIONS), pick(draw, ("female", "male")), age, lifestyle, benefit, uses,
            weighted(draw, CIRCLES), "company" if draw() < (.25 if kind == "big_spender" else .04) else "private",
            f"{total:.2f}")
