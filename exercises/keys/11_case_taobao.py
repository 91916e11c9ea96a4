"""The key of exercise 11. It stays with the teacher: a released pack does not hold it.

One function per question, named after it; its arguments are the data and other questions. A function
``question__mistake`` gives what that mistake would give.
"""

import numpy as np
import pandas as pd

from casekit import behaviour, targeting

BOUGHT, MARKED = 2, 8
COST, BUDGET = 3, 450

# What a good essay says; for the teacher.
# 好答案的要点，供教师参考。
OUTLINE = {
    "zh": """
问题 1（启示）：
- 行为比登记资料完整：公开的广告数据里消费档次缺 54%，行为人人都有；画像来自看、加购、收藏、买。
- 先问分母：公开日志浏览 89.58%、购买 2.01%，44.5 次浏览换一次购买；按人、按“人 × 商品”、按次数，转化率各不相同。
- 每一步都要有基线和留出检验；展示多了会疲劳（公开的总点击率 5.14%）。
- “会买”不等于“因为你才买”：用自己的数说明常买组的增量低于成本甚至为负，犹豫组为正；提升高的名单可能亏钱。
- 预算不必花完；小组的好结果要再试。
问题 2（与电子商务结合）：
- 闭环：展示 → 行为 → 画像与人群（标签求交、求并、排除）→ 随机试验 → 预算给增量大的人 → 再回到展示。
- 每环一个做法：推荐、定向广告、券、再次提醒、试验留一组不发；电商从广告到付款都在同一处记录，所以能算到每一次展示的增量。
- 商品、价格、物流也参与：热门商品占去大半展示，长尾要靠推荐；没有价格就没有 M。
代价：用自己的数说明不到 5 人的组有多少；几件商品就能认出一个人；少存、分组、同意、期限；《个人信息保护法》第二十四条。
扣分点：把合成数据当成淘宝的事实；只列名词；说“精准总比不精准好”。
""",
    "en": """
Question 1 (lessons):
- Behaviour is more complete than files: in the public ad data 54% have no spending level, while all have behaviour.
- Ask for the denominator: 89.58% of the public log are views, 2.01% purchases, 44.5 views for one purchase; conversion
  by people, by pairs and by rows are three numbers.
- Every step needs a baseline and a held-out test; ads tire (5.14% of all impressions are clicked in the public data).
- Buying is not buying because of it: own figures show the uplift of buyers below the cost or negative, that of the
  hesitant positive; a list with a high lift may lose money.
- The budget need not be spent; a fine result in a small group wants another trial.
Question 2 (with e-commerce):
- The circle: impressions, behaviour, profiles and crowds (tags joined, crossed, excluded), random trial, budget to those
  with most uplift, and back to impressions.
- One action a link: recommendation, targeted ads, coupons, reminders, a group left out. E-commerce records everything from
  ad to payment in one place, so that the uplift of each impression can be computed.
- Items, prices and delivery take part: popular items fill most of what is seen, the long tail needs recommendation;
  without prices there is no M.
Cost: own figure of people in groups of fewer than five; a few items recognise a person; keep less, group, consent, time
limits; article 24 of the Personal Information Protection Law.
Points off: synthetic data told as facts about Taobao; lists of names; "precise is always better".
""",
}

# ---- 1 funnel and groups


def bought_share(taobao_panel):
    return 100 * bought_share__fraction(taobao_panel)


def bought_share__fraction(taobao_panel):
    tempted = taobao_panel[taobao_panel["cart"] + taobao_panel["fav"] > 0]
    return (tempted["buy"] > 0).mean()


def bought_share__all_users(taobao_panel):
    return 100 * (taobao_panel["buy"] > 0).mean()


def bought_share__actions(taobao_panel):
    return 100 * taobao_panel["buy"].sum() / (taobao_panel["cart"] + taobao_panel["fav"]).sum()


def _named(taobao_panel, conditions):
    return pd.Series(np.select(*zip(*conditions, strict=True), "looker"), index=taobao_panel["user_id"], name="group")


def groups(taobao_panel):
    marks = taobao_panel["cart"] + taobao_panel["fav"]
    return _named(taobao_panel, [(taobao_panel["buy"] >= BOUGHT, "buyer"), (marks >= MARKED, "hesitant")])


def groups__marks_first(taobao_panel):
    marks = taobao_panel["cart"] + taobao_panel["fav"]
    return _named(taobao_panel, [(marks >= MARKED, "hesitant"), (taobao_panel["buy"] >= BOUGHT, "buyer")])


def groups__strictly(taobao_panel):
    marks = taobao_panel["cart"] + taobao_panel["fav"]
    return _named(taobao_panel, [(taobao_panel["buy"] > BOUGHT, "buyer"), (marks > MARKED, "hesitant")])


# ---- 2 score and privacy


def _best(rows):
    return targeting.gains(rows["score"], rows["ordered"], bins=5).iloc[0]


def score_lift(taobao_panel):
    return _best(taobao_panel[taobao_panel["coupon"] == 0])["lift"]


def score_lift__gain(taobao_panel):
    return _best(taobao_panel[taobao_panel["coupon"] == 0])["gain"]


def score_lift__rate(taobao_panel):
    return _best(taobao_panel[taobao_panel["coupon"] == 0])["response_rate"]


def _crowd(taobao_panel):
    return behaviour.k_anonymity(taobao_panel, ["sex", "age_band", "area"])


def under_five(taobao_panel):
    return int((_crowd(taobao_panel) < 5).sum())


def under_five__alone(taobao_panel):
    return int((_crowd(taobao_panel) == 1).sum())


def under_five__cells(taobao_panel):
    return round((1 / _crowd(taobao_panel))[_crowd(taobao_panel) < 5].sum())


def under_five__five_too(taobao_panel):
    return int((_crowd(taobao_panel) <= 5).sum())


# ---- 3 uplift and budget


def _arms(taobao_panel, groups, column="margin_cny"):
    """Return the mean of a column by group and arm of the trial."""
    by = groups.reindex(taobao_panel["user_id"]).to_numpy()
    return taobao_panel.groupby([pd.Series(by, taobao_panel.index, name="group"), "coupon"])[column].mean().unstack()


def uplift(taobao_panel, groups):
    arms = _arms(taobao_panel, groups)
    return arms[1] - arms[0]


def uplift__orders(taobao_panel, groups):
    arms = _arms(taobao_panel, groups, "ordered")
    return arms[1] - arms[0]


def uplift__given_only(taobao_panel, groups):
    return _arms(taobao_panel, groups)[1]


def uplift__buyers_only(taobao_panel, groups):
    return uplift(taobao_panel[taobao_panel["ordered"] == 1], groups)


def _plan(order, worth, groups):
    """Return what it brings to reach groups in this order until the budget is spent."""
    left, total = BUDGET // COST, 0.0
    for group in order:
        reached = min(left, int((groups == group).sum()))
        left, total = left - reached, total + reached * worth[group]
    return total


def plan_profit(uplift, groups):
    best = uplift[uplift > COST].sort_values(ascending=False)
    return _plan(best.index, uplift - COST, groups)


def plan_profit__spend_all(uplift, groups):
    return _plan(uplift.sort_values(ascending=False).index, uplift - COST, groups)


def plan_profit__no_cost(uplift, groups):
    best = uplift[uplift > COST].sort_values(ascending=False)
    return _plan(best.index, uplift, groups)


def plan_profit__by_orders(taobao_panel, uplift, groups):
    rates = _arms(taobao_panel, groups, "ordered")[1]
    return _plan(rates.sort_values(ascending=False).index, uplift - COST, groups)


def worth(p_without, p_with, margin, coupon, cost):
    return p_with * (margin - coupon) - p_without * margin - cost


def worth__forgets_base(p_without, p_with, margin, coupon, cost):
    return p_with * (margin - coupon) - cost


def worth__coupon_for_all(p_without, p_with, margin, coupon, cost):
    return p_with * margin - coupon - p_without * margin - cost


def worth__no_cost(p_without, p_with, margin, coupon, cost):
    return worth(p_without, p_with, margin, coupon, cost) + cost


def worth__inputs(rng):
    return [(round(float(rng.random()) / 2, 3), round(float(rng.random()), 3), round(20 + 60 * float(rng.random()), 2),
             round(5 + 15 * float(rng.random()), 2), round(1 + 4 * float(rng.random()), 2)) for _ in range(12)]  # fmt: skip
