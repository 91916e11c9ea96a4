# naive
inside, outside = (panel[panel["member"] == flag] for flag in (1, 0))
naive = f"{100 * (inside['recommended'].mean() - outside['recommended'].mean()):.3f}%"
# gap
spread = ((inside["satisfaction_before"].var() + outside["satisfaction_before"].var()) / 2) ** 0.5
gap = round(float(inside["satisfaction_before"].mean() - outside["satisfaction_before"].mean()) / spread, 3)
# adjusted
total = 0
for low, high in [(1, 5), (6, 7), (8, 10)]:
    for owner in (0, 1):
        cell = panel[(panel["owns"] == owner) & panel["satisfaction_before"].between(low, high)]
        yes, no = cell[cell["member"] == 1]["recommended"], cell[cell["member"] == 0]["recommended"]
        total += len(yes) * (yes.mean() - no.mean())
adjusted = 100 * total / len(inside)
# reach
reach = {}
for family, own in families.groupby("family_id"):
    below = {}
    for row in own.sort_values("household", ascending=False).itertuples():
        below.setdefault(row.household, 0)
        if isinstance(row.referrer, str):
            below[row.referrer] = below.get(row.referrer, 0) + below[row.household] + row.bought
    reach |= {family + name: count for name, count in below.items()}
reach = pd.Series(reach)
# second_hand
brought = families[families["referrer"].notna() & (families["bought"] == 1)]
second_hand = round(100 * float((brought["referrer"] != "a").mean()), 1)
# net_gain
def net_gain(least, most, half, points, worth, cost):
    times = least + (most - least) * (1 - half / (half + points))
    return (times - least) * worth - times * points * cost
# break_even
break_even = round(160 - 1.35 * adjusted * 10, 2)
# essay
essay = "66"
