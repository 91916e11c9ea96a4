# bought_share
marks = users["cart"] + users["fav"]
bought_share = round(100 * users[marks > 0]["buy"].gt(0).mean(), 1)
# groups
table = users.set_index("user_id")
groups = pd.Series("looker", index=table.index)
groups[table["cart"] + table["fav"] >= 8] = "hesitant"
groups[table["buy"] >= 2] = "buyer"
# score_lift
without = users[users["coupon"] == 0].sort_values("score", ascending=False)
score_lift = without["ordered"].head(len(without) // 5).mean() / without["ordered"].mean()
# under_five
sizes = users.groupby(["sex", "age_band", "area"]).size()
under_five = sizes[sizes < 5].sum()
# uplift
means = table.assign(group=groups).pivot_table(values="margin_cny", index="group", columns="coupon")
uplift = {name: means.loc[name, 1] - means.loc[name, 0] for name in means.index}
# plan_profit
left, plan_profit = 450 / 3, 0
for name in sorted(uplift, key=uplift.get, reverse=True):
    if uplift[name] > 3:
        reached = min(left, (groups == name).sum())
        left, plan_profit = left - reached, plan_profit + reached * (uplift[name] - 3)
# worth
def worth(p_without, p_with, margin, coupon, cost):
    return (p_with - p_without) * margin - p_with * coupon - cost
# essay
essay = """77"""
