# clean_phone
def clean_phone(text):
    digits = text
    for noise in "+()- ":
        digits = digits.replace(noise, "")
    return digits.removeprefix("00").removeprefix("86")
# customers_found
names = club["name"].str.strip().str.removesuffix("女士").str.removesuffix("先生").str.strip()
customers_found = club.assign(name=names).groupby(["phone", "name"]).ngroups
# duplicate_rate
duplicate_rate = round((len(club) - customers_found) / len(club) * 100, 1)
# tier
order = members["clv_cny"].sort_values(ascending=False).index
tier = pd.Series(["A"] * 48 + ["B"] * 72 + ["C"] * 120, index=order)
# value_type
value_type = tier.map({"A": "mvc"}).reindex(members.index).fillna("rest")
value_type[members["clv_cny"] < 0] = "bz"
gap = (members["potential_cny"] - members["clv_cny"])[value_type == "rest"]
value_type[gap.sort_values().index[-48:]] = "mgc"
value_type = value_type.to_frame("value_type").reset_index()
# share_of_customer
share_of_customer = round(members["own_cny"].sum() / members["wallet_cny"].sum() * 100, 1)
# allowed
allowed = len(members.query("consent == 'yes' and contacts_30d <= 1"))
# next_move
next_move = dict(none="A", open="B", answered="C", silent="D")[members.loc["C0001", "last_contact"]]
# profit_per_contact
sums = trial.groupby("arm")[["margin_cny", "cost_cny"]].mean()
profit_per_contact = {arm: row["margin_cny"] - row["cost_cny"] for arm, row in sums.iterrows()}
# break_even
break_even = round(profit_per_contact["own"] - profit_per_contact["mass"], 2)
# contacts_needed
contacts_needed = int(-(-3000 // (profit_per_contact["own"] - profit_per_contact["mass"])))
# essay
essay = "IDIC"
