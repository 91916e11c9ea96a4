# rates
rates = {name: rows["ordered"].sum() / len(rows) for name, rows in pilot.groupby("message")}
rates = pd.Series(rates, name="ordered")
# p_values
base = pilot.query("message == 'control'")["ordered"]
rest = pilot[pilot["message"] != "control"].groupby("message")["ordered"]
p_values = rest.apply(lambda values: targeting.ab_test(base, values)[5])
# holm
ranked = p_values.sort_values()
holm = (ranked * [3, 2, 1]).cummax().clip(upper=1)
# profit
means = pilot.groupby(["segment", "message"])["margin_cny"].mean().unstack()
profit = means.drop(columns="control").subtract(means["control"], axis="index") - 0.04
profit = profit[["points", "coupon", "new_product"]].reset_index()
# plan_gain
people = {"regular": 1300, "cooling": 620, "occasional": 2300, "lapsed": 5280}
best = profit.set_index("segment").max(axis=1)
plan_gain = sum(count * max(best[name], 0) for name, count in people.items())
# needed_lift
def needed_lift(base, margin, discount, cost):
    without = base * margin
    return (without + cost) / (margin - discount) - base
# essay_effect
essay_effect = "沟通"
# essay_kfc
essay_kfc = """会员"""
