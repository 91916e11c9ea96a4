"""The key of exercise 13. It stays with the teacher: a released pack does not hold it.

One function per question, named after it; its arguments are the data and other questions. A function
``question__mistake`` gives what that mistake would give. At the end stands the outline of a good essay.
"""

import numpy as np
import pandas as pd

from casekit import loyalty

MEMBERS, COST_CNY, SAVED_CNY, YEARS, ANSWERS = 1_200, 320_000, 9_000, 4, 2_000

# ---- 1 members and others


def naive(vanke_panel):
    return 100 * naive__fraction(vanke_panel)


def naive__fraction(vanke_panel):
    rates = vanke_panel.groupby("member")["recommended"].mean()
    return rates[1] - rates[0]


def naive__ratio(vanke_panel):
    rates = vanke_panel.groupby("member")["recommended"].mean()
    return rates[1] / rates[0]


def gap(vanke_panel):
    groups = vanke_panel.groupby("member")["satisfaction_before"]
    return groups.mean().diff()[1] / np.sqrt(groups.var().mean())


def gap__not_divided(vanke_panel):
    return vanke_panel.groupby("member")["satisfaction_before"].mean().diff()[1]


def gap__all_in_one(vanke_panel):
    return gap__not_divided(vanke_panel) / vanke_panel["satisfaction_before"].std()


def _cells(vanke_panel, by=("owns", "level")):
    """Return for each cell the difference in percentage points, and how many members and others it has."""
    level = pd.cut(vanke_panel["satisfaction_before"], [0, 5, 7, 10], labels=["low", "middle", "high"]).astype(str)
    table = vanke_panel.assign(level=level).groupby([*by, "member"])["recommended"].agg(["mean", "size"]).unstack()
    return 100 * (table["mean"][1] - table["mean"][0]), table["size"]


def adjusted(vanke_panel):
    difference, size = _cells(vanke_panel)
    return np.average(difference, weights=size[1])


def adjusted__cells_equal(vanke_panel):
    return _cells(vanke_panel)[0].mean()


def adjusted__weighted_by_others(vanke_panel):
    difference, size = _cells(vanke_panel)
    return np.average(difference, weights=size[0])


def adjusted__owners_only_split(vanke_panel):
    difference, size = _cells(vanke_panel, ["owns"])
    return np.average(difference, weights=size[1])


def adjusted__fraction(vanke_panel):
    return adjusted(vanke_panel) / 100


# ---- 2 word of mouth


def _people(vanke_families):
    names = vanke_families["family_id"] + vanke_families["household"]
    links = pd.DataFrame({"customer_id": names, "referrer_id": vanke_families["family_id"] + vanke_families["referrer"],
                          "bought": vanke_families["bought"]}).dropna()  # fmt: skip
    return loyalty.word_of_mouth(links, value="bought"), links


def reach(vanke_families):
    return _people(vanke_families)[0]["value_in_all"]


def reach__direct_only(vanke_families):
    return _people(vanke_families)[0]["value_directly"]


def reach__everybody(vanke_families):
    return _people(vanke_families)[0]["brought_in_all"]


def second_hand(vanke_families):
    return 100 * second_hand__fraction(vanke_families)


def second_hand__fraction(vanke_families):
    people, links = _people(vanke_families)
    buyers = links.loc[links["bought"] == 1, "customer_id"]
    return (people["generation"][buyers] >= 2).mean()


def second_hand__of_all(vanke_families):
    people, links = _people(vanke_families)
    return 100 * (people["generation"][links["customer_id"]] >= 2).mean()


# ---- 3 points


def net_gain(least, most, half, points, worth, cost):
    extra = (most - least) * points / (points + half)
    return extra * worth - (least + extra) * points * cost


def net_gain__free_riders_free(least, most, half, points, worth, cost):
    return (most - least) * points / (points + half) * (worth - points * cost)


def net_gain__all_credited(least, most, half, points, worth, cost):
    return (least + (most - least) * points / (points + half)) * (worth - points * cost)


def net_gain__inputs(rng):
    drawn = [(float(rng.uniform(0.02, 1)), float(rng.uniform(1.05, 2)), float(rng.integers(5, 200)), float(rng.integers(5, 300)),
              float(rng.integers(10, 4_000)), float(rng.uniform(0.3, 2))) for _ in range(12)]  # fmt: skip
    return [*drawn, (0.03, 0.03, 10.0, 1_000.0, 0.0, 1.0)]


# ---- 4 a laboratory


def break_even(adjusted):
    return (COST_CNY - MEMBERS * adjusted / 100 * SAVED_CNY / YEARS) / ANSWERS


def break_even__naive_effect(naive):
    return break_even(naive)


def break_even__four_years(adjusted):
    return (COST_CNY - MEMBERS * adjusted / 100 * SAVED_CNY) / ANSWERS


# ---- 5 essay: outline of a good answer (for the teacher)

ESSAY_OUTLINE = """
前端优势：交易之前就收集、分析、细分信息；房子十年买一次，等交易数据来不及，所以先知道需求、满意和朋友圈尤其值钱。
实验室：能一对一观察和提问（课件）；但会员自愿加入，不是总体的样本；要抽签、对照、事先写下问题，会员知情同意并得到好处。
证据：直接相减约 20 个百分点，分格调整后约 6 个（各人不同），因为会员事前就更满意；没有量过的特征仍可能偏。口碑多在第二手以后，只奖直接推荐会漏算。
账与决定：调整后的效果养不起俱乐部，保本要靠回答值钱（各人约 20–160 元一条）；保留非业主，积分从购房、会龄移到推荐与建议，在一半小区抽签试半年，定好看哪个数。
扣分：把 20 个百分点当效果；说“增加互动”而没有对照；多层返利（传销）。

Front-end advantage: collecting, analysing and segmenting before any sale. With a home every ten years, waiting for purchase data is too late;
knowing needs, satisfaction and friends beforehand is worth most here.
Laboratory: observing and asking people one by one (slides). But members chose to join and are no sample of all; it takes lots, controls, questions
written down beforehand, informed consent and something in it for members.
Evidence: about 20 points by plain difference, about 6 within cells (everybody's differ), because members were happier beforehand; unmeasured traits
may still bias it. Most word of mouth is second-hand, so paying direct referrals only misses it.
Account and decision: the adjusted effect does not carry the club; it pays if answers are worth enough (20 to 160 yuan by student). Keep non-owners; move
points from homes and anniversaries to referrals and suggestions; draw lots among estates for half a year, with the measure fixed beforehand.
Marks off: taking the 20 points for the effect; "more interaction" without a control; rewards over several levels (a pyramid scheme).
"""
