"""The key of exercise 06. It stays with the teacher: a released pack does not hold it.

One function per question, named after it; its arguments are the data and other questions. A function
``question__mistake`` gives what that mistake would give.
"""

from casekit import satisfaction

ITEMS = ["image", "taste", "hygiene", "price", "speed", "information", "care"]
STATEMENTS = ["pleased", "again", "regret"]
SCALE = dict(zip("ABCDE", (5, 4, 3, 2, 1), strict=True))


def _coded(survey, reverse=("regret",), scale=SCALE):
    table = survey.set_index("respondent_id")
    return satisfaction.code_survey(table, items=ITEMS + STATEMENTS, scale=scale, reverse=list(reverse))


def _good(survey, **options):
    coded = _coded(survey, **options)
    return coded[_coded(survey)["review"] == "usable"]


# ---- 1 review and code


def usable(survey):
    return len(_good(survey))


def usable__straight_lines_kept(survey):
    return int((_coded(survey)["missing_share"] <= 0.2).sum())


def usable__complete_only(survey):
    good = _good(survey)
    return int((good["missing_share"] == 0).sum())


def index(survey):
    return _good(survey)[STATEMENTS].mean(axis=1)


def index__not_turned(survey):
    return _good(survey, reverse=())[STATEMENTS].mean(axis=1)


def index__letters_upside_down(survey):
    turned = {letter: 6 - number for letter, number in SCALE.items()}
    return _good(survey, scale=turned)[STATEMENTS].mean(axis=1)


def index__nobody_left_out(survey):
    return _coded(survey)[STATEMENTS].mean(axis=1)


def alpha(survey):
    return satisfaction.cronbach(_good(survey)[STATEMENTS])


def alpha__not_turned(survey):
    return satisfaction.cronbach(_good(survey, reverse=())[STATEMENTS])


def alpha__nobody_left_out(survey):
    return satisfaction.cronbach(_coded(survey)[STATEMENTS])


# ---- 2 gaps and drivers


def gaps(expectations, index):
    return _gaps(expectations[expectations["respondent_id"].isin(index.index)])


def gaps__turned_round(expectations, index):
    return -gaps(expectations, index)


def gaps__perceived_only(expectations, index):
    heard = expectations[expectations["respondent_id"].isin(index.index)]
    return heard.groupby("item")["perceived"].mean()


def gaps__nobody_left_out(expectations):
    return _gaps(expectations)


def _gaps(heard):
    return (heard["perceived"] - heard["expected"]).groupby(heard["item"]).mean()


def importance(survey, index):
    marks = _coded(survey).reindex(index.index)[ITEMS]
    return marks.corrwith(index).rename_axis("item")


def importance__stated(expectations, index):
    heard = expectations[expectations["respondent_id"].isin(index.index)]
    return heard.groupby("item")["important"].mean()


def importance__letters_upside_down(survey, index):
    return -importance(survey, index)


# ---- 3 satisfied and gone


def _at_risk(survey, chosen):
    return 100 * (1 - chosen(survey.set_index("respondent_id").loc[_good(survey).index])["stayed"].mean())


def at_risk(survey):
    return _at_risk(survey, lambda guests: guests[(guests["competition"] == "fierce") & (guests["pleased"] == "B")])


def at_risk__those_who_came(survey):
    return 100 - at_risk(survey)


def at_risk__both_places(survey):
    return _at_risk(survey, lambda guests: guests[guests["pleased"] == "B"])


def at_risk__a_and_b(survey):
    return _at_risk(survey, lambda guests: guests[(guests["competition"] == "fierce") & guests["pleased"].isin(["A", "B"])])


def lost_value(customers, dissatisfied, stays, told, persuaded, lifetime):
    return customers * dissatisfied * ((1 - stays) + told * persuaded) * lifetime


def lost_value__no_word_of_mouth(customers, dissatisfied, stays, told, persuaded, lifetime):
    return customers * dissatisfied * (1 - stays) * lifetime


def lost_value__those_who_stay(customers, dissatisfied, stays, told, persuaded, lifetime):
    return customers * dissatisfied * (stays + told * persuaded) * lifetime


def lost_value__everybody_persuaded(customers, dissatisfied, stays, told, persuaded, lifetime):
    return customers * dissatisfied * ((1 - stays) + told) * lifetime


def lost_value__inputs(rng):
    return [(int(rng.integers(100, 20_000)), float(rng.uniform(0.05, 0.4)), float(rng.uniform(0, 0.9)), int(rng.integers(0, 12)),
             float(rng.uniform(0.01, 0.2)), float(rng.integers(50, 3000))) for _ in range(12)]  # fmt: skip
