"""Satisfaction: what customers expected and perceived, what drives it, what it earns, and where the service can fail."""

import numpy as np
import pandas as pd

from casekit import inputs
from casekit.errors import InputError

FEELINGS = ("dissatisfied", "satisfied", "delighted")
QUADRANTS = ("low_priority", "overkill", "concentrate", "keep_up")
# Rows: the feature is there; columns: it is not. Both 1 like, 2 must be, 3 neutral, 4 can live with, 5 dislike.
KANO = ("QAAAO", "RIIIM", "RIIIM", "RIIIM", "RRRRQ")
KANO_CLASSES = {"M": "must_be", "O": "one_dimensional", "A": "attractive", "I": "indifferent", "R": "reverse",
                "Q": "questionable"}
# Exponents of the satisfaction-loyalty curve: casekit conventions after the shapes that Jones and Sasser draw.
COMPETITION = {"monopoly": .2, "weak": .6, "moderate": 1.5, "fierce": 4.0}
CHAIN = (("internal_quality", "employee_satisfaction"), ("employee_satisfaction", "employee_loyalty"),
         ("employee_satisfaction", "employee_productivity"), ("employee_loyalty", "service_value"),
         ("employee_productivity", "service_value"), ("service_value", "customer_satisfaction"),
         ("customer_satisfaction", "customer_loyalty"), ("customer_loyalty", "profit_growth"))
LANES = ("customer", "front", "back", "support")
LINES = ("interaction", "visibility", "internal")


def gaps(answers):
    """Return perceived less expected per item: below 0 dissatisfied, 0 satisfied, above 0 delighted.

    返回各项目的“感知 − 期望”：小于 0 为不满意，等于 0 为满意，大于 0 为特别满意。

    Parameters
    ----------
    answers : DataFrame
        One row a respondent and item: ``item, expected, perceived`` on one scale.

    Returns
    -------
    DataFrame, one row an item, widest gap first
        ``answers, expected, perceived, gap, spread`` (standard deviation), shares ``dissatisfied, satisfied, delighted``.

    Examples
    --------
    >>> rows = [("price", 4, 3), ("price", 3, 3), ("taste", 3, 5)]
    >>> gaps(pd.DataFrame(rows, columns=["item", "expected", "perceived"]))["gap"].to_dict()
    {'price': -0.5, 'taste': 2.0}
    """
    inputs.table(answers, "item", "expected", "perceived")
    table = pd.DataFrame({"item": inputs.present(answers["item"]),
                          **{name: inputs.numbers(answers[name]) for name in ("expected", "perceived")}})
    table["gap"] = table["perceived"] - table["expected"]
    for feeling, sign in zip(FEELINGS, (-1, 0, 1)):
        table[feeling] = np.sign(table["gap"]) == sign
    groups = table.groupby("item")
    result = groups.mean().assign(spread=groups["gap"].std(), answers=groups.size())
    return result[["answers", "expected", "perceived", "gap", "spread", *FEELINGS]].sort_values("gap", kind="stable")


def code_survey(raw, *, items, scale, reverse=(), missing=.2):
    """Return questionnaires coded as numbers and reviewed: steps 6 and 7 of the survey.

    复核并编码问卷（调查的第 6、7 步）：文字变数字，反向题翻转，标出不可用的问卷。

    Parameters
    ----------
    raw : DataFrame
        One row a respondent, one column an item.
    items : list of str
        Columns to code.
    scale : mapping
        Number of each answer, such as ``{"很不满意": 1, ..., "很满意": 5}``.
    reverse : list of str
        Items that are worded the other way round; they are turned over.
    missing : float
        Largest share of gaps in a usable questionnaire (a casekit convention).

    Returns
    -------
    DataFrame
        The coded items, then ``missing_share``, ``straight_line`` (one answer to everything, although some items are
        reversed or there are at least five) and ``review``: usable, incomplete or straight_line.

    Examples
    --------
    >>> raw = pd.DataFrame({"good": ["yes", "no"], "bad": ["no", "no"]})
    >>> code_survey(raw, items=["good", "bad"], scale={"no": 1, "yes": 2}, reverse=["bad"])["review"].tolist()
    ['usable', 'straight_line']
    """
    inputs.table(raw, *items)
    inputs.codes(pd.Series(list(reverse), name="reverse", dtype=object), items)
    inputs.parameter("scale", list(scale.values()))
    low, high = min(scale.values()), max(scale.values())
    for item in items:
        inputs.codes(raw[item].dropna(), scale)
    coded = pd.DataFrame({item: raw[item].map(scale).astype(float) for item in items})
    gap = coded.isna().mean(axis=1)
    straight = (coded.nunique(axis=1) == 1) & (gap < .5) & (bool(reverse) or len(items) >= 5)
    coded[list(reverse)] = low + high - coded[list(reverse)]
    review = np.select([gap > missing, straight], ["incomplete", "straight_line"], "usable")
    return coded.assign(missing_share=gap, straight_line=straight, review=review)


def cronbach(coded):
    """Return Cronbach's alpha of items that are to measure one thing, on complete answers.

    返回克龙巴赫 α：一组题目是否测同一件事（只用完整的问卷）。

    References
    ----------
    Cronbach, L. J. (1951). Coefficient alpha and the internal structure of tests. Psychometrika 16, 297-334.

    Examples
    --------
    >>> float(cronbach(pd.DataFrame({"a": [1, 2, 3], "b": [1, 2, 3]})))
    1.0
    """
    table = _complete(coded)
    k, total = table.shape[1], table.sum(axis=1).var()
    if k < 2 or total == 0:
        raise InputError("satisfaction.no_alpha", items=k)
    return k / (k - 1) * (1 - table.var().sum() / total)


def item_analysis(coded):
    """Return what each item does for the reliability of the whole.

    返回每道题对信度的作用。

    Returns
    -------
    DataFrame, one row an item
        ``mean, item_total`` (correlation with the sum of the others), ``alpha_without`` it.

    Examples
    --------
    >>> three = pd.DataFrame({"a": [1, 2, 3, 4], "b": [1, 2, 4, 4], "c": [2, 1, 1, 2]})
    >>> item_analysis(three)["alpha_without"].idxmax()
    'c'
    """
    table = _complete(coded)
    if table.shape[1] < 3:
        raise InputError("satisfaction.few_items", items=table.shape[1])
    rest = {item: table.drop(columns=item) for item in table}
    return pd.DataFrame({"mean": table.mean(),
                         "item_total": {item: table[item].corr(rest[item].sum(axis=1)) for item in table},
                         "alpha_without": {item: cronbach(rest[item]) for item in table}}).rename_axis("item")


def importance_performance(coded, *, items, overall, importance=None):
    """Return importance, performance and quadrant of each driver of satisfaction.

    返回各驱动因素的重要性、绩效与所在象限。

    Parameters
    ----------
    coded : DataFrame
        One row a respondent; rows with gaps are left out.
    items, overall : list of str, str
        Columns of the drivers and of overall satisfaction.
    importance : mapping, optional
        Stated importance by item; without it, the correlation with ``overall`` (derived importance).

    Returns
    -------
    DataFrame, one row an item
        ``importance, performance, quadrant``, cut at the two means: keep_up, concentrate (important but weak),
        overkill (strong but unimportant), low_priority.

    References
    ----------
    Martilla, J., James, J. (1977). Importance-performance analysis. Journal of Marketing 41(1), 77-79.

    Examples
    --------
    >>> few = pd.DataFrame({"taste": [1, 2, 3], "decor": [5, 4, 5], "all": [1, 2, 3]})
    >>> importance_performance(few, items=["taste", "decor"], overall="all")["quadrant"].tolist()
    ['concentrate', 'overkill']
    """
    table = _complete(inputs.table(coded, *items, overall)[[*items, overall]])
    if importance is None:
        weight = table[items].corrwith(table[overall])
        for item in weight.index[weight.isna()]:
            raise InputError("satisfaction.constant", column=item)
    else:
        weight = inputs.numbers(pd.Series(importance, name="importance").reindex(items))
    result = pd.DataFrame({"importance": weight, "performance": table[items].mean()}).rename_axis("item")
    place = (result > result.mean() + 1e-12).to_numpy() @ [2, 1]
    return result.assign(quadrant=np.array(QUADRANTS, dtype=object)[place])


def kano(answers):
    """Return the Kano class of each feature from pairs of questions.

    由成对问题（有它时、没有它时）得出每项特性的卡诺类别。

    Parameters
    ----------
    answers : DataFrame
        One row a respondent and feature: ``feature, functional, dysfunctional``, each 1 like, 2 must be, 3 neutral,
        4 can live with, 5 dislike.

    Returns
    -------
    DataFrame, one row a feature
        Shares of the six classes; ``kano`` (the commonest; of equals the one that costs most to miss: must_be,
        one_dimensional, attractive, indifferent); ``better, worse``: what having it adds, what lacking it takes away.

    References
    ----------
    Kano, N. et al. (1984); evaluation table and better/worse: Berger, C. et al. (1993), CQM Journal 2(4).

    Examples
    --------
    >>> rows = [("clean", 2, 5), ("clean", 2, 5), ("toy", 1, 3)]
    >>> kano(pd.DataFrame(rows, columns=["feature", "functional", "dysfunctional"]))["kano"].to_dict()
    {'clean': 'must_be', 'toy': 'attractive'}
    """
    inputs.table(answers, "feature", "functional", "dysfunctional")
    pair = [inputs.numbers(answers[name], 1, 5, whole=True).astype(int) - 1 for name in ("functional", "dysfunctional")]
    letters = np.array([list(row) for row in KANO])[tuple(pair)]
    shares = pd.crosstab(inputs.present(answers["feature"]), letters, normalize="index").reindex(
        columns=list(KANO_CLASSES), fill_value=0.0).rename(columns=KANO_CLASSES).rename_axis(columns=None)
    sure = shares[["must_be", "one_dimensional", "attractive", "indifferent"]].sum(axis=1)
    sure = sure.where(sure > 0)
    return shares.assign(kano=shares.idxmax(axis=1),
                         better=(shares["attractive"] + shares["one_dimensional"]) / sure,
                         worse=-(shares["must_be"] + shares["one_dimensional"]) / sure)


def loyalty_curve(satisfaction, competition, *, low=1, high=5):
    """Return the loyalty (0 to 1) that goes with a satisfaction: bent by competition.

    返回与满意度相应的忠诚度（0–1）：竞争越激烈，曲线越往下弯。

    Parameters
    ----------
    satisfaction : float or array
        On the scale ``low`` to ``high``.
    competition : str or float
        A code of `COMPETITION`, or an exponent such as `fit_loyalty_curve` gives: loyalty = share of the scale ** exponent.

    References
    ----------
    Jones, T. O., Sasser, W. E. (1995). Why satisfied customers defect. Harvard Business Review 73(6), 88-99.

    Examples
    --------
    >>> loyalty_curve([4, 5], "fierce").round(2).tolist(), loyalty_curve([4, 5], "monopoly").round(2).tolist()
    ([0.32, 1.0], [0.94, 1.0])
    """
    if isinstance(competition, str):
        competition = COMPETITION[inputs.option("competition", competition, COMPETITION)]
    share = (inputs.parameter("satisfaction", satisfaction, low, high) - low) / (high - low)
    return share ** inputs.parameter("competition", competition, 1e-6)


def fit_loyalty_curve(satisfaction, loyal, *, low=1, high=5):
    """Return the exponent of `loyalty_curve` that fits answers best (maximum likelihood).

    返回最符合数据的 `loyalty_curve` 指数（最大似然）：大于 1 表示竞争激烈。

    Parameters
    ----------
    satisfaction, loyal : Series
        Satisfaction on the scale, and whether the customer stayed (0 or 1, or a share).

    Examples
    --------
    >>> asked = pd.Series([2, 3, 4, 5] * 25, name="satisfaction")
    >>> round(fit_loyalty_curve(asked, ((asked - 1) / 4) ** 2), 3)
    2.0
    """
    from scipy.optimize import minimize_scalar

    share = (inputs.numbers(satisfaction, low, high).to_numpy() - low) / (high - low)
    stayed = inputs.numbers(loyal, 0, 1).to_numpy()
    inside = (share > 0) & (share < 1)  # the ends are loyal or not whatever the exponent
    if len(share) != len(stayed) or not inside.any() or stayed[inside].min() == 1 or stayed[inside].max() == 0:
        raise InputError("satisfaction.no_curve")
    logs, stayed = np.log(share[inside]), stayed[inside]

    def loss(log_exponent):
        loyal_logs = np.exp(log_exponent) * logs
        return -np.sum(stayed * loyal_logs + (1 - stayed) * np.log(-np.expm1(loyal_logs)))

    return float(np.exp(minimize_scalar(loss, bounds=(-8, 8), method="bounded", options={"xatol": 1e-8}).x))


def post_purchase(lifetime_value, *, satisfied=None, persuaded=.05, prospect_value=None, tree=None):
    """Return the post-purchase tree with what each branch is worth, and what is lost against a satisfied customer.

    返回购买后行为树：各分支的概率与价值，以及与满意客户相比损失多少（失去一位客户的代价）。

    Parameters
    ----------
    lifetime_value, prospect_value : float
        Value of a customer who stays, and of one who is won by word of mouth (the same if not given), in currency.
    satisfied : float, optional
        Share of satisfied customers; without it, as in the tree.
    persuaded : float
        Share of those told who come, or stay away.
    tree : DataFrame or path, optional
        In place of ``datasets/post_purchase.csv`` (branches from the course, numbers synthetic): ``node, parent``
        (parents first), ``probability`` at its fork; at the leaves ``stays`` (probability of buying on), ``told``
        (prospects told well, negative: warned), ``cost_cny``.

    Returns
    -------
    DataFrame, one row a node
        ``parent, leaf, reach`` (probability of getting there), ``value, loss`` (currency).

    Examples
    --------
    >>> post_purchase(1000).loc[["satisfied", "stop_buying"], "loss"].round(2).tolist()
    [0.0, 828.0]
    """
    inputs.parameter("lifetime_value", lifetime_value, 0)
    prospect_value = lifetime_value if prospect_value is None else inputs.parameter("prospect_value", prospect_value, 0)
    inputs.parameter("persuaded", persuaded, 0, 1)
    table = inputs.definitions("post_purchase.csv", tree)
    inputs.table(table, "node", "parent", "probability", "stays", "told", "cost_cny")
    table = table.set_index(inputs.unique(table["node"])).drop(columns="node")
    numbers = table[["probability", "stays", "told", "cost_cny"]].apply(pd.to_numeric, errors="coerce")
    chance = inputs.numbers(numbers["probability"], 0, 1)
    inputs.codes(table["parent"].iloc[1:], table.index)
    if satisfied is not None:
        inputs.option("satisfied", "satisfied", table.index)
        fork = table.index[table["parent"] == table.loc["satisfied", "parent"]]
        satisfied = inputs.parameter("satisfied", satisfied, 0, 1).item()
        rest = inputs.parameter("1 - probability", 1 - chance["satisfied"], 1e-9, 1)
        chance[fork] *= (1 - satisfied) / rest
        chance["satisfied"] = satisfied
    forks = chance.iloc[1:].groupby(table["parent"]).sum()
    for fork in forks.index[(forks - 1).abs() > 1e-9]:
        raise InputError("satisfaction.fork", fork=fork, total=round(forks[fork], 4))
    leaf = ~table.index.isin(table["parent"])
    inputs.numbers(numbers.loc[leaf, "stays"], 0, 1)
    value = (numbers["stays"] * lifetime_value + numbers["told"].fillna(0) * persuaded * prospect_value
             - numbers["cost_cny"].fillna(0)).where(leaf, 0.0)
    reach = chance.copy()
    for node in table.index[1:]:
        reach[node] *= reach[table.loc[node, "parent"]]
    for node in table.index[:0:-1]:
        value[table.loc[node, "parent"]] += chance[node] * value[node]
    return pd.DataFrame({"parent": table["parent"], "leaf": leaf, "reach": reach, "value": value,
                         "loss": value.get("satisfied", value.iloc[0]) - value})


def service_profit_chain(stores, chain=CHAIN):
    """Return the paths of the service-profit chain, estimated by standardised regressions.

    估计服务利润链的各条路径（标准化回归）。

    Parameters
    ----------
    stores : DataFrame
        One row a store, one numeric column a link of the chain.
    chain : sequence of (source, target)
        Which link acts on which; no loops.

    Returns
    -------
    DataFrame, one row a path
        ``source, target, coefficient`` (standard deviations per standard deviation), ``standard_error, r_squared``
        (of the target).

    References
    ----------
    Heskett, J. et al. (1994). Putting the service-profit chain to work. Harvard Business Review 72(2), 164-174.

    Examples
    --------
    >>> pair = pd.DataFrame({"a": [1, 2, 3, 4], "b": [2, 4, 6, 9]})
    >>> float(service_profit_chain(pair, [("a", "b")])["coefficient"].iloc[0].round(3))
    0.994
    """
    names = list(dict.fromkeys(name for path in chain for name in path))
    inputs.table(stores, *names)
    table = pd.DataFrame({name: inputs.numbers(stores[name]) for name in names})
    for name in table.columns[table.nunique() == 1]:
        raise InputError("satisfaction.constant", column=name)
    z = (table - table.mean()) / table.std()
    rows = []
    for target in dict.fromkeys(target for _, target in chain):
        sources = [source for source, end in chain if end == target]
        x, y, freedom = z[sources].to_numpy(), z[target].to_numpy(), len(z) - len(sources) - 1
        if freedom < 1 or np.linalg.matrix_rank(x) < len(sources):
            raise InputError("satisfaction.not_estimable", target=target, sources=", ".join(sources), rows=len(z))
        slopes = np.linalg.lstsq(x, y, rcond=None)[0]
        rest = np.sum((y - x @ slopes) ** 2)
        errors = np.sqrt(np.diag(np.linalg.inv(x.T @ x)) * rest / freedom)
        rows += [(*path, 1 - rest / np.sum(y ** 2)) for path in zip(sources, [target] * len(sources), slopes, errors)]
    return pd.DataFrame(rows, columns=["source", "target", "coefficient", "standard_error", "r_squared"])


def total_effects(paths):
    """Return the effect of each link on each later one, over all paths that lead there.

    返回每个环节对后面各环节的总效应（所有路径之和）。

    Parameters
    ----------
    paths : DataFrame
        From `service_profit_chain`.

    Returns
    -------
    DataFrame
        Rows: source; columns: target. The direct effect is the path itself, the rest is indirect.

    Examples
    --------
    >>> paths = pd.DataFrame({"source": ["a", "b"], "target": ["b", "c"], "coefficient": [.5, .4]})
    >>> float(total_effects(paths).loc["a", "c"])
    0.2
    """
    inputs.table(paths, "source", "target", "coefficient")
    names = list(dict.fromkeys([*paths["source"], *paths["target"]]))
    direct = paths.pivot(index="source", columns="target", values="coefficient").reindex(index=names, columns=names).fillna(0)
    if np.linalg.matrix_power((direct != 0).to_numpy(int), len(names)).any():
        raise InputError("satisfaction.loop", names=", ".join(names))
    return pd.DataFrame(np.linalg.inv(np.eye(len(names)) - direct) - np.eye(len(names)), direct.index, direct.columns)


def blueprint(source=None):
    """Return the steps of a service: lane, role, minutes, wait and fail points, what comes next.

    返回服务蓝图的各个步骤：所在区域、角色、时长、等待点、失误点、下一步。

    Parameters
    ----------
    source : DataFrame or path, optional
        In place of ``datasets/service_blueprint.csv`` (a fast-food counter: steps from the course; order, minutes and
        points are casekit's): ``id, lane`` (customer, front, back, support), ``role, zh, en, minutes, wait, fail``
        (yes/no), ``next`` (ids with spaces between).

    Examples
    --------
    >>> blueprint().groupby("lane").size().to_dict()
    {'back': 3, 'customer': 5, 'front': 6, 'support': 1}
    """
    table = inputs.definitions("service_blueprint.csv", source)
    inputs.table(table, "id", "lane", "role", "zh", "en", "minutes", "wait", "fail", "next")
    inputs.unique(table["id"])
    inputs.codes(table["lane"], LANES)
    inputs.codes(table["next"].str.split().explode().dropna(), table["id"])
    for column in ("wait", "fail"):
        inputs.codes(table[column], ("yes", "no"))
    minutes = inputs.numbers(pd.to_numeric(table["minutes"], errors="coerce").rename("minutes"), 0)
    return table.assign(minutes=minutes, wait=table["wait"] == "yes", fail=table["fail"] == "yes").set_index("id")


def flows(steps):
    """Return who hands over to whom, and which lines of the blueprint each hand-over crosses.

    返回步骤之间的流向，以及每次交接穿过哪些分界线（互动、可视、内部互动）。

    Parameters
    ----------
    steps : DataFrame
        From `blueprint`.

    Returns
    -------
    DataFrame, one row a flow
        ``source, target, interaction, visibility, internal``; over the line of interaction only: a contact point.

    Examples
    --------
    >>> flows(blueprint())[["interaction", "visibility", "internal"]].sum().tolist()
    [6, 4, 1]
    """
    inputs.table(steps, "lane", "next")
    pairs = steps["next"].str.split().explode().dropna().rename("target").rename_axis("source").reset_index()
    place = steps["lane"].map(LANES.index)
    ends = np.sort(np.column_stack([place[pairs["source"]], place[pairs["target"]]]))
    return pairs.assign(**{line: (ends[:, 0] <= at) & (ends[:, 1] > at) for at, line in enumerate(LINES)})


def touchpoint(steps, step):
    """Return what stands behind one step: the nearest steps in each lane, by hand-overs in either direction.

    一个接触点背后有什么：在每个区域里，沿交接（不论方向）离它最近的步骤。

    Parameters
    ----------
    steps : DataFrame
        From `blueprint`.
    step : str
        Its id.

    Returns
    -------
    DataFrame, one row a step, by lane
        ``lane, hops`` (0: the step itself); a lane that no hand-over leads to is missing.

    Examples
    --------
    >>> touchpoint(blueprint(), "cook")["hops"].to_dict()
    {'receive': 2, 'fetch': 1, 'ask_to_wait': 1, 'cook': 0, 'purchase': 1}
    """
    inputs.option("step", step, steps.index)
    links, hops, edge = flows(steps), {step: 0}, {step}
    while edge:
        edge = {*links["target"][links["source"].isin(edge)], *links["source"][links["target"].isin(edge)]} - set(hops)
        hops |= dict.fromkeys(edge, max(hops.values()) + 1)
    found = pd.DataFrame({"lane": steps["lane"], "hops": pd.Series(hops)}).dropna()
    near = found[found["hops"] == found.groupby("lane")["hops"].transform("min")].astype({"hops": int})
    return near.loc[sorted(near.index, key=lambda name: (LANES.index(near.at[name, "lane"]), steps.index.get_loc(name)))]


def _complete(coded):
    """Return the rows without gaps as floats: at least two."""
    table = inputs.table(coded).apply(lambda column: inputs.numbers(column, missing=True)).dropna()
    if len(table) < 2:
        raise InputError("satisfaction.few_answers", rows=len(table))
    return table
