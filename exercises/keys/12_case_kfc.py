"""The key of exercise 12. It stays with the teacher: a released pack does not hold it.

One function per question, named after it; its arguments are the data and other questions. A function
``question__mistake`` gives what that mistake would give. At the end stand the outlines of good essays.
"""

import pandas as pd

from casekit import targeting

MESSAGES = ["coupon", "new_product", "points"]
COST = 0.04
PEOPLE = {"regular": 1300, "cooling": 620, "occasional": 2300, "lapsed": 5280}

# ---- 1 orders


def rates(kfc_pilot):
    return kfc_pilot.groupby("message")["ordered"].mean()


def rates__counts(kfc_pilot):
    return kfc_pilot.groupby("message")["ordered"].sum().astype(float)


def rates__share_of_orders(kfc_pilot):
    return rates__counts(kfc_pilot) / kfc_pilot["ordered"].sum()


def _tests(kfc_pilot, outcome):
    groups = dict(iter(kfc_pilot.groupby("message")[outcome]))
    return pd.Series({name: targeting.ab_test(groups["control"], groups[name]).p_value for name in MESSAGES}).rename_axis("message")


def p_values(kfc_pilot):
    return _tests(kfc_pilot, "ordered")


def p_values__one_sided(kfc_pilot):
    return p_values(kfc_pilot) / 2


def p_values__of_margin(kfc_pilot):
    return _tests(kfc_pilot, "margin_cny")


def holm(p_values):
    return targeting.holm(p_values)


def holm__bonferroni(p_values):
    return (p_values * len(p_values)).clip(upper=1)


def holm__upside_down(p_values):
    return (p_values * p_values.rank(method="first")).clip(upper=1)


# ---- 2 money


def _means(kfc_pilot):
    return kfc_pilot.pivot_table(index="segment", columns="message", values="margin_cny")


def profit(kfc_pilot):
    return profit__no_cost(kfc_pilot) - COST


def profit__no_cost(kfc_pilot):
    means = _means(kfc_pilot)
    return means[MESSAGES].sub(means["control"], axis=0)


def profit__buyers_only(kfc_pilot):
    # Of lapsed members without a message hardly anyone orders, perhaps none.
    means = _means(kfc_pilot[kfc_pilot["ordered"] == 1]).reindex(columns=["control", *MESSAGES]).fillna(0)
    return means[MESSAGES].sub(means["control"], axis=0) - COST


def profit__one_control(kfc_pilot):
    return _means(kfc_pilot)[MESSAGES] - kfc_pilot.loc[kfc_pilot["message"] == "control", "margin_cny"].mean() - COST


def _people(profit):
    return pd.Series(PEOPLE).reindex(profit.index)


def plan_gain(profit):
    return float((profit[MESSAGES].max(axis=1).clip(lower=0) * _people(profit)).sum())


def plan_gain__one_for_all(profit):
    return float(profit[MESSAGES].mul(_people(profit), axis=0).sum().max())


def plan_gain__no_people(profit):
    return float(profit[MESSAGES].max(axis=1).clip(lower=0).sum())


def needed_lift(base, margin, discount, cost):
    return (base * discount + cost) / (margin - discount)


def needed_lift__regulars_free(base, margin, discount, cost):
    return cost / (margin - discount)


def needed_lift__message_free(base, margin, discount, cost):
    return base * discount / (margin - discount)


def needed_lift__full_margin(base, margin, discount, cost):
    return (base * discount + cost) / margin


def needed_lift__inputs(rng):
    return [(float(rng.uniform(0.02, 0.6)), float(rng.uniform(8, 30)), float(rng.uniform(1, 6)), float(rng.uniform(0.02, 0.5)))
            for _ in range(20)]  # fmt: skip


# ---- 3 essays: outlines of good answers (for the teacher)

ESSAY_OUTLINES = """
短文一：有效沟通给企业带来哪些影响
好处：一、行为：与“不发”对照，对的消息给对的人，变冷的人收到积分提醒，人均利润为正（各人数字不同）。二、满意：说清“还要几分钟”的顾客更常再来
（课中合成数据 70% 对 49%）；沟通不只是推送，也在柜台。三、信息：客户肯回应、肯留下身份，企业才看得见他。四、成本：不打折的消息也能带来订单。
代价与条件：券给了本来就会来的人，单多钱少；发得越多关得越多，一旦关掉就再也说不上话；试验分得越细，许诺越虚；平台上的顾客听不见。
好答案会说“对谁、何时、与什么相比”，并指出下单率报表看不见让利和关闭。
扣分：“加强沟通就能提高忠诚”而无对照；把合成数据说成肯德基的数据；只抄下单率。

短文二：肯德基是如何进行客户营销的
可用的公开事实（答案以学生查到的出处为准）：2015 年自有应用，2016 年超级应用；肯德基两年内会员过亿（二手来源：foodinc.com.cn 2025-04-06）。
百胜中国 2025 年末会员超过 5.9 亿、一年内活跃 2.65 亿、会员销售占比 55%（上年 65%），外卖占公司销售 48%（上年 39%）（路透社等，2026-02-04）。
数字支付与数字订单占九成左右（2023–2024 年，公司披露的转述）。积分与等级的细则没有可靠来源，写成事实的要扣分。
分析：会员体系解决“识别”，应用与外送解决“互动”；注册多、活跃不到一半，说明关系要靠下一次光顾；外卖平台让会员变得看不见；用服务蓝图看门店与外送的不同接触点。
建议：例如给外卖袋里放会员码，随机一半门店，看四周后认得出的订单占比和毛利，另一半作对照。

Essay 1: what effective communication brings the firm
Gains: behaviour (against no message, the right message to the right people earns: points reminders to those who cool; everybody's figures differ); satisfaction
(guests told of the wait come back more often: 70% against 49% in the chapter's synthetic data; communication is also what is said at the counter);
information (who answers and gives a name can be seen); cost (a message that gives nothing away brings orders, too).
Harm and conditions: coupons go to those who would have come anyway, more orders and less money; the more messages, the more opt out, and then nothing can be said;
the finer a trial is cut, the emptier its promise; guests on platforms hear nothing. A good answer says for whom, when and against what,
and that a report of order rates shows neither discounts nor opt-outs.
Marks off: "more communication makes loyalty" without a comparison; synthetic data told as KFC's; order rates alone.

Essay 2: how KFC markets to its customers
Facts that are public (what counts is the sources that the student has found): own app in 2015, super app in 2016; 100 million KFC members within two years (secondary:
foodinc.com.cn, 2025-04-06). Yum China at the end of 2025: more than 590 million members, 265 million active in the year, 55% of sales (65% a year before), delivery
48% of company sales (39%) (Reuters and others, 2026-02-04). Digital orders about nine in ten (2023 to 2024, company figures as reported). There is no reliable
source for the rules of points and levels; marks off if told as fact.
Analysis: membership identifies, app and delivery interact; many registered and fewer than half active, so that the relation hangs on the next visit; platforms make
members invisible; a blueprint shows that shop and delivery have different touchpoints.
Proposal: such as a member code in the delivery bag in a random half of the shops, known share of orders and margin after four weeks, the other half as the control.
"""
