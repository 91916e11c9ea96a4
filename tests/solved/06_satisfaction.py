# usable
answers = survey.set_index("respondent_id").drop(columns=["competition", "stayed"])
good = answers[(answers.isna().sum(axis=1) <= 2) & (answers.nunique(axis=1) > 1)]
usable = len(good)
# index
marks = good.replace(dict(zip("ABCDE", [5, 4, 3, 2, 1]))).astype(float)
marks["regret"] = 6 - marks["regret"]
index = marks[["pleased", "again", "regret"]].mean(axis=1).iloc[::-1]
# alpha
three = marks[["pleased", "again", "regret"]].dropna()
alpha = round(3 / 2 * (1 - three.var().sum() / three.sum(axis=1).var()), 3)
# gaps
heard = expectations[expectations["respondent_id"].isin(good.index)]
means = heard.groupby("item")[["perceived", "expected"]].mean()
gaps = (means["perceived"] - means["expected"]).round(3).to_dict()
# importance
importance = marks.drop(columns=["pleased", "again", "regret"]).apply(lambda column: column.corr(index))
# at_risk
street = survey.set_index("respondent_id").loc[good.index].query("competition == 'fierce' and pleased == 'B'")
at_risk = f"{100 * (street['stayed'] == 0).mean():.1f}%"
# lost_value
def lost_value(customers, dissatisfied, stays, told, persuaded, lifetime):
    unhappy = customers * dissatisfied
    return unhappy * (1 - stays) * lifetime + unhappy * told * persuaded * lifetime
# essay
essay = "speed"
