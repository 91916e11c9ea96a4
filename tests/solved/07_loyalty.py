# never_used
holders = panel[panel["arm"] == "card"]
never_used = f"{100 * (1 - holders['used'].mean()):.1f}%"
# lift
means = panel.groupby("arm")[["before_cny", "after_cny"]].mean()
lift = round(float(means.diff(axis=1)["after_cny"].diff().abs().iloc[-1]), 2)
# card_profit
card_profit = 0.3 * lift - holders["reward_cny"].sum() / len(holders)
# rise_needed
def rise_needed(margin, rate, fixed, sales):
    enough = (margin * sales + fixed) / (margin - rate)
    return enough / sales - 1
# balance
kept = {}
for member, own in points.sort_values("event_date").groupby("member_id"):
    lots = []
    for event in own.itertuples():
        lots = [lot for lot in lots if (event.event_date - lot[0]).days < 365]
        if event.kind == "earn":
            lots.append([event.event_date, event.reward_points])
            continue
        owed = event.reward_points
        for lot in lots:
            taken = min(owed, lot[1])
            lot[1] -= taken
            owed -= taken
    kept[member] = sum(left for day, left in lots if (pd.Timestamp(ex.as_of) - day).days < 365)
balance = pd.Series(kept)
# liability
liability = f"{balance.sum() * 0.6 * 0.01:.2f} CNY"
# best_reward
net = rewards.assign(gain=rewards["value_cny"] - 2 * rewards["cost_cny"]).sort_values("gain").groupby("member_id").last()
best_reward = net["reward"].where(net["gain"] > 0, "None").replace({"workshop": "会员活动"})
# essay
essay = "64 %"
