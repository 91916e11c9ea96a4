# factor_means
table = ratings.pivot_table(index=["product", "factor"], columns="rater", values="rating").astype(float)
factor_means = table.mean(axis=1).unstack().mean(axis=1).round(2).to_dict()
# group_means
group_means = bullseye.profiles(ratings).mean().round(3)
# reading
def reading(mean):
    codes = ["very_low", "low", "medium", "high"]
    return codes[sum(mean >= cut for cut in (1.5, 4.5, 7.5))]
# misreader
lens = table.loc["used_lens"]
misreader = lens.loc["seen_or_tried"].idxmax().lower()
# agreement
checked = ratings[ratings["rater"].str.lower() != misreader]
agreement = round(bullseye.agreement(checked), 3)
# critical_means
card = bullseye.scorecard(checked[checked["product"] == "used_lens"]).factors
critical_means = card.loc[card["critical"] == "yes", "mean"]
# veto
veto = critical_means.idxmin()
# tornado
kit = bullseye.scorecard(checked[checked["product"] == "camera_kit"]).factors
mean = {group: kit.loc[kit["group"] != group, "mean"].mean() - kit["mean"].mean() for group in kit["group"].unique()}
tornado = pd.Series(mean).round(2)
# essay
essay = "Bullseye"
