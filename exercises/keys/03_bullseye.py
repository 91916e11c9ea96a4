"""The key of exercise 03. It stays with the teacher: a released pack does not hold it.

One function per question, named after it; its arguments are the data, ``as_of`` and other questions. A function
``question__mistake`` gives what that mistake would give.
"""

from casekit import bullseye

FACTORS = bullseye.read()
REVERSED = FACTORS.index[FACTORS["direction"] == "reversed"]
CRITICAL = FACTORS.index[FACTORS["critical"] == "yes"]


# ---- 1 two means


def _of_factors(ratings, keys):
    return ratings.groupby([*keys, "factor"])["rating"].mean().astype(float)


def _of_groups(ratings):
    means = _of_factors(ratings, ["product"]).reset_index()
    return means.groupby(["product", means["factor"].map(FACTORS["group"]).rename("group")])["rating"].mean()


def _turned(ratings):
    back = ratings["factor"].isin(REVERSED)
    return ratings.assign(rating=ratings["rating"].mask(back, 10 - ratings["rating"]))


def factor_means(bullseye_ratings):
    return _of_factors(bullseye_ratings, ["product"]).groupby("product").mean()


def factor_means__empty_as_zero(bullseye_ratings):
    return factor_means(bullseye_ratings.fillna({"rating": 0}))


def factor_means__turned_again(bullseye_ratings):
    return factor_means(_turned(bullseye_ratings))


def group_means(bullseye_ratings):
    return _of_groups(bullseye_ratings).groupby("product").mean()


def group_means__factor_means(factor_means):
    return factor_means


def group_means__empty_as_zero(bullseye_ratings):
    return group_means(bullseye_ratings.fillna({"rating": 0}))


def group_means__turned_again(bullseye_ratings):
    return group_means(_turned(bullseye_ratings))


# ---- 2 a reading


def reading(mean):
    return bullseye.reading([mean])[0]


def reading__whole_bands(mean):
    return bullseye.READINGS[(mean >= 2) + (mean >= 5) + (mean >= 8)]


def reading__bounds_below(mean):
    return reading(mean - 1e-9)


def reading__inputs(rng):
    drawn = [(float(value),) for value in rng.uniform(0, 10, 16).round(2)]
    near = [(cut + float(rng.uniform(0.05, 0.45)),) for cut in bullseye.CUTS]
    return [*drawn, *near, *[(cut,) for cut in bullseye.CUTS], (0.0,), (10.0,)]


# ---- 3 the raters


def misreader(bullseye_ratings):
    table = bullseye_ratings.pivot_table(index=["product", "factor"], columns="rater", values="rating").astype(float)
    rows = table[table.index.get_level_values("factor").isin(REVERSED)]
    return rows.sub(rows.median(axis=1), axis=0).abs().mean().idxmax()


def misreader__most_generous(bullseye_ratings):
    return bullseye_ratings.groupby("rater")["rating"].mean().idxmax()


def misreader__strictest(bullseye_ratings):
    return bullseye_ratings.groupby("rater")["rating"].mean().idxmin()


def agreement(bullseye_ratings, misreader):
    return bullseye.agreement(_checked(bullseye_ratings, misreader))


def agreement__everybody(bullseye_ratings):
    return bullseye.agreement(bullseye_ratings)


def _checked(ratings, misreader):
    return ratings[ratings["rater"] != misreader]


def _lens(ratings):
    return ratings[ratings["product"] == "used_lens"]


def critical_means(bullseye_ratings, misreader):
    return _of_factors(_lens(_checked(bullseye_ratings, misreader)), [])[list(CRITICAL)]


def critical_means__everybody(bullseye_ratings):
    return _of_factors(_lens(bullseye_ratings), [])[list(CRITICAL)]


def critical_means__all_products(bullseye_ratings, misreader):
    return _of_factors(_checked(bullseye_ratings, misreader), [])[list(CRITICAL)]


def veto(critical_means):
    low = critical_means[critical_means < bullseye.CUTS[0]]
    return low.idxmin() if len(low) else "none"


# ---- 4 what carries the verdict


def _changes(ratings):
    return bullseye.tornado(ratings[ratings["product"] == "camera_kit"])


def tornado(bullseye_ratings, misreader):
    return _changes(_checked(bullseye_ratings, misreader))["factor_change"]


def tornado__sign(tornado):
    return -tornado


def tornado__group_mean(bullseye_ratings, misreader):
    return _changes(_checked(bullseye_ratings, misreader))["group_change"]


def tornado__everybody(bullseye_ratings):
    return _changes(bullseye_ratings)["factor_change"]
