# yearly_margin
recent = clean.query("order_date > @year_ago")
lapsed = pd.Series(0.0, index=wallets.index.difference(recent["customer_id"]))
yearly_margin = pd.concat([(recent["amount_cny"] * 0.3).groupby(recent["customer_id"]).sum(), lapsed]).round(2)
# retention
bought = clean[clean["amount_cny"] > 0]
then, lately = (bought["customer_id"][when] for when in (bought["order_date"] <= year_ago, bought["order_date"] > year_ago))
then = then[bought["order_date"] > two_years_ago]
retention = round(then.drop_duplicates().isin(lately).mean(), 4)
# multiple
def multiple(retention, discount, years):
    keep = retention / (1 + discount)
    return keep * (1 - keep**years) / (1 - keep)
# future_value
future_value = value.lifetime_value(yearly_margin.to_numpy(), retention, 0.1)
future_value = dict(zip(yearly_margin.index, future_value))
# tiers
rank = pd.Series(future_value).rank(method="min", ascending=False)
tiers = pd.cut(rank, [0, 160, 400, 800], labels=["a", "b", "c"]).astype(str)
# share_of_customer
own = bought[bought["order_date"] > year_ago].groupby("customer_id")["amount_cny"].sum()
share_of_customer = f"{100 * own.sum() / wallets.loc[own.index, 'category_cny'].sum():.1f}%"
# tier_table
one = wallets[["category_cny"]].assign(own=own, value=pd.Series(future_value), tier=tiers.str.upper())
sums = one.groupby("tier")[["category_cny", "own", "value"]].sum()
tier_table = sums.assign(value_share=sums["value"] / sums["value"].sum(), share_of_customer=sums["own"] / sums["category_cny"])
# essay
essay = "CLV"
