# hand_r
hand_r = HAND_R
# hand_f
hand_f = [min(4 * n, 20) for n in table["orders"]]
# hand_m
hand_m = table["amount_cny"].mul(0.1).clip(upper=20).tolist()
# hand_total
hand_total = 5 * pd.Series(hand_r) + 3 * pd.Series(hand_f) + 2 * pd.Series(hand_m)
# recency
purchases = clean[clean["amount_cny"] > 0]
recency = pd.Timestamp(ex.as_of) - purchases.groupby("customer_id")["order_date"].max()
# frequency
frequency = purchases["customer_id"].value_counts()
# monetary
monetary = clean.groupby("customer_id")[["amount_cny"]].sum().round(2)
# scores
money = monetary["amount_cny"]
f_score = 1 + sum((frequency > frequency.quantile(q)).astype(int) for q in (0.2, 0.4, 0.6, 0.8))
m_score, r_score = pd.qcut(money, 5, labels=False) + 1, pd.qcut(recency.dt.days, 5, labels=[5, 4, 3, 2, 1])
scores = pd.DataFrame({"r_score": r_score, "f_score": f_score, "m_score": m_score})
# segments
three = [s.astype(int) for s in (r_score, f_score, m_score)]
two = [(s >= s.mean()).map({True: "2", False: "1"}) for s in three]
segments = two[0] + two[1] + two[2]
# value_customers
value_customers = segments.value_counts()["222"]
# value_share
value_share = round(100 * money[segments == "222"].sum() / money.sum(), 1)
# next_step
next_step = dict(zip("222 122 212 112 221 121 211 111".split(), "BDGHEACF"))[segments["C0001"]]
# p2_points
def p2_points(months, orders, amount):
    bounds = [(3, 20), (6, 10), (9, 5), (12, 3), (24, 1)]
    r = max([points for bound, points in bounds if months <= bound], default=0)
    return 5 * r + 3 * min(orders * 4, 20) + 2 * min(amount / 10, 20)
# essay
essay = "RFM"
