"""IDIC: identify, differentiate, interact, customise. Each verb gives a table and its metrics; then evaluate."""

import unicodedata
from typing import NamedTuple

import numpy as np
import pandas as pd

from casekit import inputs, records
from casekit.errors import InputError

_EVIDENCE = ("agree_from", "close_from", "agree", "close", "differ")
_NOISE = r"[\W_]|女士|先生|小姐|老师"


class Step(NamedTuple):
    """What one verb gives: its table, and its metrics by code.

    一个步骤的结果：一张表和一组指标。
    """

    table: pd.DataFrame
    metrics: dict


def match(found, *, threshold=9, weights=None):
    """Link the records of one customer: exactly by phone or e-mail, else by the sum of evidence of all fields.

    把同一客户的记录连起来：先按电话或邮箱精确匹配，再按各字段证据之和模糊匹配。

    Parameters
    ----------
    found : DataFrame
        record_id, name, phone and any of email, birth_date, city, address.
    threshold : float
        Evidence that links two records; infinity leaves the exact rule alone.
    weights : DataFrame, optional
        In place of ``datasets/idic_match_weights.csv``.

    Returns
    -------
    DataFrame
        `found` with customer_id, evidence (of the best link; 0 without one), rule (exact, fuzzy, single).

    References
    ----------
    I. Fellegi, A. Sunter (1969), "A theory for record linkage"; the weights are a casekit convention.

    Examples
    --------
    >>> people = pd.DataFrame({"record_id": ["R1", "R2", "R3"], "name": ["王小梅", "王小梅 女士", "李强"],
    ...                        "phone": ["13800000001", "138 0000 0001", None]})
    >>> match(people).customer_id.tolist()
    ['K0001', 'K0001', 'K0002']
    """
    from rapidfuzz import fuzz, process
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    inputs.unique(inputs.table(found, "record_id", "name", "phone").record_id)
    weights = inputs.definitions("idic_match_weights.csv", weights)
    inputs.table(weights, "field", *_EVIDENCE)
    weights = pd.DataFrame({name: inputs.numbers(pd.to_numeric(weights[name], errors="coerce"))
                            for name in _EVIDENCE}).set_index(inputs.unique(weights.field))
    ordered = found.sort_values("record_id", kind="stable")
    clean = {field: _clean(ordered[field]) for field in weights.index if field in found}
    # Only records that share a field are compared: all pairs of 10,000 records would be fifty million.
    keys = [pd.DataFrame({"key": clean[field], "row": range(len(found))}).dropna() for field in clean if field != "city"]
    pairs = pd.concat([key.merge(key, on="key") for key in keys]).query("row_x < row_y")
    pairs = pairs[["row_x", "row_y"]].drop_duplicates(ignore_index=True)
    evidence, likeness = np.zeros(len(pairs)), {}
    for field, values in clean.items():
        left, right = values[pairs.row_x], values[pairs.row_y]
        known = pd.notna(left) & pd.notna(right)
        alike = likeness[field] = np.full(len(pairs), np.nan)
        alike[known] = process.cpdist(left[known], right[known], scorer=fuzz.ratio) / 100
        rule = weights.loc[field]
        levels = [~known, alike >= rule.agree_from, alike >= rule.close_from]
        evidence += np.select(levels, [0, rule.agree, rule.close], rule.differ)
    # A family may share one telephone: the exact rule asks that the names do not contradict it.
    same = (likeness["phone"] == 1) | (likeness.get("email", np.nan) == 1)
    pairs = pairs.assign(evidence=evidence, exact=same & ~(likeness["name"] < weights.close_from["name"]))
    pairs = pairs[pairs.exact | (evidence >= threshold)]
    graph = coo_array((np.ones(len(pairs)), (pairs.row_x, pairs.row_y)), shape=(len(found), len(found)))
    groups = pd.factorize(connected_components(graph, directed=False)[1])[0]
    ends = pd.concat([pairs.set_index(end)[["evidence", "exact"]] for end in ("row_x", "row_y")])
    best = ends.groupby(level=0).max().reindex(range(len(found)))
    rule = np.select([best.evidence.isna(), best.exact.eq(True)], ["single", "exact"], "fuzzy")
    return ordered.assign(customer_id=[f"K{group + 1:04d}" for group in groups],
                          evidence=best.evidence.fillna(0).to_numpy(), rule=rule).loc[found.index]


def agreement(found, truth):
    """Compare a grouping of records with the true one, pair by pair: precision, recall, F1.

    把匹配结果与真实身份逐对比较：查准率、查全率与 F1。

    Examples
    --------
    >>> agreement(pd.Series(["a", "a", "b"]), pd.Series([1, 1, 1]))
    {'precision': 1.0, 'recall': 0.3333333333333333, 'f1': 0.5}
    """
    def pairs(*by):
        sizes = pd.DataFrame({"found": found, "truth": truth}).groupby(list(by)).size()
        return float((sizes * (sizes - 1) / 2).sum())

    both, claimed, real = pairs("found", "truth"), pairs("found"), pairs("truth")
    return {"precision": both / claimed if claimed else 1.0, "recall": both / real if real else 1.0,
            "f1": 2 * both / (claimed + real) if claimed + real else 1.0}


def identify(matched, sales=None):
    """IDIC 1: make one customer of the records that `match` linked, and measure how well customers are known.

    识别：把已匹配的记录并成一位客户，并衡量对客户的掌握程度。

    Parameters
    ----------
    matched : DataFrame
        From :func:`match`, with updated_on: of each field the newest value that is not missing is kept.
    sales : DataFrame, optional
        record_id (missing where the buyer is unknown) and amount_cny.

    Returns
    -------
    Step
        One row a customer. Metrics: records, customers, match_rate (records with a partner), duplicate_rate
        (records too many), completeness; with `sales` known_sales_share.

    Examples
    --------
    >>> two = pd.DataFrame({"record_id": ["R1", "R2"], "customer_id": "K0001", "city": ["Wuhan", None],
    ...                     "updated_on": ["2024-01-01", "2024-02-01"]})
    >>> identify(two).table.city["K0001"], identify(two).metrics["duplicate_rate"]
    ('Wuhan', 0.5)
    """
    inputs.table(matched, "record_id", "customer_id", "updated_on")
    newest = matched.assign(updated_on=records.dates(matched.updated_on)).sort_values(
        ["updated_on", "record_id"], ascending=[False, True]).drop(columns=["rule", "evidence"], errors="ignore")
    groups = newest.groupby("customer_id")
    table = groups.first().drop(columns="record_id")
    metrics = {"records": len(matched), "customers": len(table), "duplicate_rate": 1 - len(table) / len(matched),
               "match_rate": float((groups.record_id.transform("size") > 1).mean()),
               "completeness": float(table.notna().to_numpy().mean())}
    if sales is not None:
        amounts = inputs.numbers(inputs.table(sales, "record_id", "amount_cny").amount_cny)
        metrics["known_sales_share"] = float(amounts[sales.record_id.isin(matched.record_id)].sum() / amounts.sum())
    return Step(table.assign(records=groups.size()), metrics)


def differentiate(customers, *, value, potential, needs, rng, clusters=4, tiers=(.2, .5), growth=.2,
                  spread=(.4, .2)):
    """IDIC 2: tell customers apart by value (A/B/C; most valuable, most growable, below zero) and by needs.

    差异分析：按价值（A/B/C；最有价值、最具成长性、负值客户）和需求区分客户。

    Parameters
    ----------
    value, potential : str
        Columns of lifetime value in yuan: expected, and if the customer bought everything here.
    needs : list of str
        Columns of need ratings, clustered after standardising; who has not answered all gets no need.
    tiers, growth : (float, float), float
        Down to which share of customers, best first, tiers A and B reach; share that counts as most growable.
    spread : (float, float)
        From which Gini coefficient of value, and which silhouette of needs, customers differ much (conventions).

    Returns
    -------
    Step
        `customers` with tier, value_type (mvc, mgc, rest, bz), need (leading column of the cluster). Metrics:
        value_share_a, value_gini, need_silhouette, need_stability (mean adjusted Rand index of refits), strategy.

    Examples
    --------
    >>> base = pd.DataFrame({"clv": [90, 50, -5, 10], "most": [95, 200, 0, 20], "price": [1, 7, 1, 7],
    ...                      "gift": [7, 1, 7, 1]})
    >>> step = differentiate(base, value="clv", potential="most", needs=["price", "gift"], clusters=2,
    ...                      tiers=(.25, .5), growth=.25, rng=np.random.default_rng(1))
    >>> step.table[["tier", "value_type", "need"]].agg(" ".join, axis=1).tolist()
    ['A mvc gift', 'B mgc price', 'C bz gift', 'C rest price']
    """
    from sklearn.cluster import KMeans
    from sklearn.metrics import adjusted_rand_score, silhouette_score

    inputs.table(customers, value, potential, *needs)
    worth, most = inputs.numbers(customers[value]), inputs.numbers(customers[potential])
    inputs.parameter("tiers", tiers, 0, 1), inputs.parameter("growth", growth, 0, 1)
    rank = worth.rank(ascending=False) / len(worth)  # equal values share a rank and so a tier
    best = (rank <= tiers[0]) & (worth > 0)
    unrealised = (most - worth).where(~best & (worth >= 0) & (most > worth))
    growable = unrealised.rank(ascending=False) <= growth * len(worth)

    known = customers[list(needs)].notna().all(axis=1)
    ratings = np.column_stack([inputs.numbers(customers.loc[known, need]) for need in needs])
    if not 2 <= clusters < len(ratings) or len(np.unique(ratings, axis=0)) < clusters:
        raise InputError("idic.too_few", customers=len(ratings), clusters=clusters)
    ratings = (ratings - ratings.mean(axis=0)) / np.where(np.ptp(ratings, axis=0) > 0, ratings.std(axis=0), 1)

    def fit(rows):
        return KMeans(clusters, n_init=5, random_state=int(rng.integers(2**31))).fit(rows)

    model = fit(ratings)
    refits = [fit(rng.choice(ratings, len(ratings) * 4 // 5, replace=False)).predict(ratings) for _ in range(5)]
    leading = pd.Series([needs[place] for place in model.cluster_centers_.argmax(axis=1)])
    again = leading.groupby(leading).cumcount()
    names = leading.where(again == 0, leading + "_" + (again + 1).astype(str)).to_numpy()
    table = customers.assign(tier=np.select([rank <= tiers[0], rank <= tiers[1]], ["A", "B"], "C"),
                             value_type=np.select([worth < 0, best, growable], ["bz", "mvc", "mgc"], "rest"),
                             need=pd.Series(names[model.labels_], customers.index[known]))
    positive = worth.clip(lower=0)
    total, steps = positive.sum() or 1, np.sort(positive).cumsum()
    gini = float(1 + 1 / len(worth) - 2 * steps.mean() / total) if positive.any() else 0.0
    apart = float(silhouette_score(ratings, model.labels_))
    return Step(table, {
        "value_share_a": float(positive[table.tier == "A"].sum() / total), "value_gini": gini,
        "need_silhouette": apart, "strategy": quadrant("strategy", gini >= spread[0], apart >= spread[1]),
        "need_stability": float(np.mean([adjusted_rand_score(model.labels_, labels) for labels in refits]))})


def quadrant(kind, first, second, kinds=None):
    """Find a place in one of the two fields of four: the value × need matrix, or the kinds of mass customisation.

    在两张“四宫格”中定位：“价值 × 需求”矩阵，或四种大规模定制。

    Parameters
    ----------
    kind : {"strategy", "customisation"}
    first, second : bool
        strategy: do values differ much, do needs? customisation: is the product changed, is its presentation?
    kinds : DataFrame, optional
        In place of ``datasets/idic_kinds.csv``: kind, id, first_axis, second_axis (yes/no).

    References
    ----------
    J. Gilmore, J. Pine (1997), "The four faces of mass customization", Harvard Business Review; axes reconstructed.

    Examples
    --------
    >>> quadrant("strategy", True, False), quadrant("customisation", True, True)
    ('frequency', 'collaborative')
    """
    inputs.option("kind", kind, ("strategy", "customisation"))
    fields = inputs.definitions("idic_kinds.csv", kinds).set_index(["kind", "first_axis", "second_axis"]).id
    return fields[kind, "yes" if first else "no", "yes" if second else "no"]


def plan(customers, channels, allowed, history, *, as_of, budget_cny=np.inf):
    """IDIC 3: whom to contact, how, and as continuation of which contact, within consent, frequency cap and budget.

    互动：决定联系谁、用什么渠道、接续哪一次接触；遵守同意、频次上限与预算。

    Parameters
    ----------
    customers, channels : DataFrame
        customer_id, margin_cny (of one response); channel, cost_cny (of one contact), response_rate.
    allowed : DataFrame
        From :func:`casekit.records.contactable`, where consent and the frequency cap live.
    history : DataFrame
        contact_id, customer_id, contact_date, channel, responded (0/1), state (open/closed); may be empty.

    Returns
    -------
    Step
        customer_id, channel, cost_cny, gain_cny (expected, net), previous_contact_id (the last one that is open, else
        the last), move: start, resolve (it is open: goes first), build_on (it was answered), try_other (it was not: its
        channel counts half).
        Metrics: contacts, cost_cny, expected_responses, expected_gain_cny, continued (share).

    Examples
    --------
    >>> past = pd.DataFrame({"contact_id": ["T1"], "customer_id": "C1", "contact_date": "2024-05-01",
    ...                      "channel": "sms", "responded": 1, "state": "closed"})
    >>> step = plan(pd.DataFrame({"customer_id": ["C1"], "margin_cny": 50}),
    ...             pd.DataFrame({"channel": ["sms"], "cost_cny": .1, "response_rate": .02}),
    ...             pd.DataFrame({"customer_id": ["C1"], "channel": "sms", "allowed": True}), past,
    ...             as_of="2024-06-01")
    >>> step.table.move.tolist(), round(step.metrics["expected_gain_cny"], 2)
    (['build_on'], 0.9)
    """
    inputs.unique(inputs.table(customers, "customer_id", "margin_cny").customer_id)
    inputs.unique(inputs.table(channels, "channel", "cost_cny", "response_rate").channel)
    past = _in_order(history, "state")
    past = past[past.contact_date <= inputs.day("as_of", as_of)]
    # What is open is gone on with, even if something else was talked of since.
    last = past.assign(open=past.state == "open").sort_values("open", kind="stable").drop_duplicates(
        "customer_id", keep="last")[["customer_id", "contact_id", "channel", "responded", "open"]].rename(
        columns={"contact_id": "previous_contact_id", "channel": "last_channel"})
    options = allowed.loc[allowed.allowed.astype(bool), ["customer_id", "channel"]].merge(channels, on="channel")
    options = options.merge(customers[["customer_id", "margin_cny"]], on="customer_id").merge(
        last, how="left", on="customer_id")
    move = np.select([options.previous_contact_id.isna(), options.open.eq(True), options.responded == 0],
                     ["start", "resolve", "try_other"], "build_on")
    tired = (move == "try_other") & (options.channel == options.last_channel)
    chance = options.response_rate * np.where(tired, .5, 1)
    options = options.assign(move=move, chance=chance, gain_cny=chance * options.margin_cny - options.cost_cny)
    # It is answered whatever it earns; then comes the best gain for the budget.
    options = options[(move == "resolve") | (options.gain_cny > 0)].assign(later=options.move != "resolve")
    table = options.sort_values(["later", "gain_cny", "customer_id"], ascending=[True, False, True]).drop_duplicates(
        "customer_id").loc[lambda best: best.cost_cny.cumsum() <= budget_cny].reset_index(drop=True)
    metrics = {"contacts": len(table), "cost_cny": float(table.cost_cny.sum()),
               "expected_responses": float(table.chance.sum()), "expected_gain_cny": float(table.gain_cny.sum()),
               "continued": float((table.move != "start").mean()) if len(table) else 0.0}
    return Step(table[["customer_id", "channel", "cost_cny", "gain_cny", "previous_contact_id", "move"]], metrics)


def review(history, channels):
    """Measure past contacts: cost, response, continuity, and how long complaints stayed open.

    回顾以往接触：成本、回应率、接续率、投诉关闭用时。

    Parameters
    ----------
    history : DataFrame
        As in :func:`plan`, with previous_contact_id, topic (complaint or other) and closed_on.

    Returns
    -------
    dict
        contacts, cost_per_contact_cny, response_rate, continuity (share of later contacts that name the true last
        one), complaints, complaints_open, complaint_days (median until closed).

    Examples
    --------
    >>> past = pd.DataFrame({"contact_id": ["T1", "T2"], "customer_id": "C1", "topic": "offer", "closed_on": None,
    ...                      "contact_date": ["2024-05-01", "2024-05-09"], "channel": "sms", "responded": [0, 1],
    ...                      "previous_contact_id": [None, "T1"]})
    >>> review(past, pd.DataFrame({"channel": ["sms"], "cost_cny": .1}))["continuity"]
    1.0
    """
    past = inputs.table(_in_order(history, "previous_contact_id", "topic", "closed_on"))
    before = past.groupby("customer_id").contact_id.shift()
    complaints = past[past.topic == "complaint"]
    days = (records.dates(complaints.closed_on) - complaints.contact_date).dt.days
    return {"contacts": len(past), "response_rate": float(past.responded.mean()),
            "cost_per_contact_cny": float(past.channel.map(channels.set_index("channel").cost_cny).mean()),
            "continuity": float((past.previous_contact_id == before)[before.notna()].mean()),
            "complaints": len(complaints), "complaints_open": int(days.isna().sum()),
            "complaint_days": float(days.median())}


def remember(interactions, needs=None, strength=4):
    """Keep the preference memory: each customer's expected response to each offer, learned from every interaction.

    偏好记忆：从每一次互动中学习，得到每位客户对每种方案的预期回应率。

    Parameters
    ----------
    interactions : DataFrame
        customer_id, offer, responded (0/1).
    needs : Series, optional
        Need cluster by customer_id: who has said little is taken to be like the others of the cluster.
    strength : float
        How many interactions the prior is worth.

    Returns
    -------
    DataFrame
        One row a customer (of `interactions` and `needs`), one column an offer.

    Examples
    --------
    >>> remember(pd.DataFrame({"customer_id": ["C1", "C2"], "offer": "gift", "responded": [1, 0]})).gift.tolist()
    [0.6, 0.4]
    """
    inputs.codes(inputs.table(interactions, "customer_id", "offer", "responded").responded, (0, 1))
    pairs = interactions.groupby(["customer_id", "offer"]).responded
    shown, answered = (counts.unstack(fill_value=0) for counts in (pairs.size(), pairs.sum()))
    customers = shown.index if needs is None else shown.index.union(needs.index)
    shown, answered = (counts.reindex(customers, fill_value=0) for counts in (shown, answered))
    prior = answered.sum() / shown.sum()
    if needs is not None:
        group = needs.reindex(customers)
        like = [counts.groupby(group).transform("sum").fillna(0) for counts in (answered, shown)]
        prior = (like[0] + strength * prior) / (like[1] + strength)
    return (answered + strength * prior) / (shown + strength)


def learning(interactions, truth, needs=None, strength=4):
    """Measure how recommendations improve as the memory learns: their true response after each round.

    衡量学习效果：每一轮互动之后，按记忆推荐的真实回应率。

    Parameters
    ----------
    interactions : DataFrame
        As in :func:`remember`, with round (1, 2, …).
    truth : DataFrame
        True response rates: one row a customer, one column an offer.

    Returns
    -------
    DataFrame
        By round: with_memory, one_for_all (the offer best on average so far), best_possible.

    Examples
    --------
    >>> told = pd.DataFrame({"customer_id": ["C1", "C1", "C2", "C2"], "offer": ["gift", "price"] * 2,
    ...                      "responded": [1, 0, 0, 1], "round": 1})
    >>> rates = pd.DataFrame({"gift": [.9, .1], "price": [.1, .8]}, index=["C1", "C2"])
    >>> learning(told, rates).with_memory.round(2).tolist()
    [0.85]
    """
    rows = []
    for turn in sorted(interactions["round"].unique()):
        seen = interactions[interactions["round"] <= turn]
        memory = remember(seen, needs, strength).reindex(truth.index)
        popular = seen.groupby("offer").responded.mean().idxmax()
        chosen = memory.fillna(-1).idxmax(axis=1).where(memory.notna().any(axis=1), popular)
        rows += [{"round": turn, "with_memory": np.mean([truth.at[pair] for pair in chosen.items()]),
                  "one_for_all": truth[popular].mean(), "best_possible": truth.max(axis=1).mean()}]
    return pd.DataFrame(rows).set_index("round")


def customise(options, *, budget_cny, capacity):
    """IDIC 4: give each customer at most one offer so that expected gain is greatest within budget and capacity.

    定制：在预算与产能之内，为每位客户至多选一种方案，使预期收益最大（整数规划）。

    Parameters
    ----------
    options : DataFrame
        customer_id, offer, gain_cny (expected, net of cost), cost_cny; one row a pair.
    capacity : dict or Series
        Offer to the most customers it can serve; an offer not named has no limit.

    Returns
    -------
    Step
        The chosen rows. Metrics: customers, gain_cny, cost_cny, bound_cny (no choice can gain more).

    Examples
    --------
    >>> pairs = pd.DataFrame({"customer_id": ["C1", "C1", "C2"], "offer": ["gift", "call", "gift"],
    ...                       "gain_cny": [9, 8, 5], "cost_cny": 1})
    >>> customise(pairs, budget_cny=2, capacity={"gift": 1}).table.offer.tolist()
    ['call', 'gift']
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import coo_array, vstack

    inputs.table(options, "customer_id", "offer", "gain_cny", "cost_cny")
    gain, cost = inputs.numbers(options.gain_cny), inputs.numbers(options.cost_cny, 0)
    if (twice := options.duplicated(["customer_id", "offer"])).any():
        raise InputError("idic.twice", rows=inputs.rows(options.index[twice]))
    limits = pd.Series(capacity, dtype=float)
    inputs.parameter("budget_cny", budget_cny, 0), inputs.parameter("capacity", limits, 0)

    def counted(column):
        codes, names = pd.factorize(options[column])
        return coo_array((np.ones(len(options)), (codes, np.arange(len(options))))), names

    (each, customers), (offers, names) = counted("customer_id"), counted("offer")
    most = [*np.ones(len(customers)), *limits.reindex(names).fillna(np.inf), float(budget_cny)]
    limit = LinearConstraint(vstack([each, offers, coo_array(cost.to_numpy()[None])]), ub=most)
    found = milp(-gain.to_numpy(), constraints=limit, integrality=1, bounds=Bounds(0, 1))
    table = options[found.x > .5]
    return Step(table, {"customers": len(table), "gain_cny": float(table.gain_cny.sum()),
                        "cost_cny": float(table.cost_cny.sum()), "bound_cny": -float(found.mip_dual_bound)})


def evaluate(plans, truth, fixed_cny=None):
    """Compare plans (mass mailing first, then one-to-one …) on customers whose true response is known.

    在已知真实反应的客户上比较各方案（先列大众邮寄，再列一对一……）。

    Parameters
    ----------
    plans : dict of str to DataFrame
        Each with customer_id, offer, cost_cny (a contact, customisation included).
    truth : DataFrame
        customer_id, offer, responds (0/1), margin_cny (of a response, before contact costs). With person_id, somebody
        who was taken for two customers still answers a plan only once.
    fixed_cny : dict of str to float, optional
        Set-up cost of a plan.

    Returns
    -------
    DataFrame
        By plan: contacts, responses, response_rate, margin_cny, cost_cny, profit_cny, roi, break_even_cny (how much
        more each contact may cost before the first plan earns as much).

    Examples
    --------
    >>> truth = pd.DataFrame({"customer_id": ["C1", "C2"] * 2, "offer": ["gift", "gift", "call", "call"],
    ...                       "responds": [1, 0, 0, 1], "margin_cny": 50})
    >>> everyone = pd.DataFrame({"customer_id": ["C1", "C2"], "offer": "gift", "cost_cny": 2})
    >>> own = everyone.assign(offer=["gift", "call"], cost_cny=9)
    >>> evaluate({"mass": everyone, "own": own}, truth).profit_cny.tolist()
    [46.0, 82.0]
    """
    inputs.table(truth, "customer_id", "offer", "responds", "margin_cny")
    inputs.codes(truth.responds, (0, 1))
    pairs, rows = truth.set_index(["customer_id", "offer"]).filter(["responds", "margin_cny", "person_id"]), {}
    for name, chosen in plans.items():
        chosen = inputs.table(chosen, "customer_id", "offer", "cost_cny")[["customer_id", "offer", "cost_cny"]]
        known = chosen.join(pairs, on=["customer_id", "offer"])
        if (unknown := known.responds.isna()).any():
            raise InputError("idic.no_truth", plan=name, rows=inputs.rows(known.customer_id[unknown]))
        answered = known[known.responds == 1]
        answered = answered.drop_duplicates("person_id") if "person_id" in answered else answered
        rows[name] = {"contacts": len(known), "responses": len(answered), "margin_cny": answered.margin_cny.sum(),
                      "cost_cny": inputs.numbers(known.cost_cny, 0).sum() + (fixed_cny or {}).get(name, 0)}
    table = pd.DataFrame(rows).T
    profit = table.margin_cny - table.cost_cny
    return table.assign(response_rate=table.responses / table.contacts, profit_cny=profit, roi=profit / table.cost_cny,
                        break_even_cny=(profit - profit.iloc[0]) / table.contacts)


def readiness(answers, items=None):
    """Score the checklist "are we ready for one-to-one?": the share of points reached in each of the four stages.

    “准备好做一对一营销了吗”检查表：四个阶段各得到多少分（占满分的比例）。

    Parameters
    ----------
    answers : dict or Series
        Item id to 0 (no), 1 (begun), 2 (mostly), 3 (everywhere); items left out count as not answered.
    items : DataFrame, optional
        In place of ``datasets/idic_readiness.csv``: id, stage.

    Examples
    --------
    >>> readiness({"one_record": 3, "same_id": 0}).score.tolist()
    [0.5, nan, nan, nan]
    """
    items = inputs.definitions("idic_readiness.csv", items).set_index("id")
    given = inputs.numbers(pd.Series(answers, dtype=object, name="answers"), 0, 3, whole=True)
    inputs.codes(pd.Series(given.index, given.index, name="id"), items.index)
    points = items.assign(points=given.reindex(items.index)).groupby("stage", sort=False).points
    return pd.DataFrame({"items": points.size(), "answered": points.count(), "score": points.mean() / 3})


def _clean(values):
    """Return comparable text: one width, no case, spaces, punctuation or titles; None where nothing is left."""
    text = values.astype(object).where(values.notna(), "").map(
        lambda value: unicodedata.normalize("NFKC", str(value)).casefold())
    return text.str.replace(_NOISE, "", regex=True).replace("", None).to_numpy(object)


def _in_order(history, *columns):
    """Return the contacts from first to last; a new firm has none."""
    if not history.empty:
        inputs.table(history, "contact_id", "customer_id", "contact_date", "channel", "responded", *columns)
    inputs.unique(history.contact_id), inputs.codes(history.responded, (0, 1))
    return history.assign(contact_date=inputs.dates(history.contact_date)).sort_values(["contact_date", "contact_id"])
