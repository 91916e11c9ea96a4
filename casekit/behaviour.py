"""Behaviour logs: clean them, draw the funnel, describe users; what people reveal; who is worth a contact."""

import numpy as np
import pandas as pd

from casekit import inputs, targeting
from casekit.errors import InputError

STAGES = {"view": ["pv"], "interest": ["cart", "fav"], "purchase": ["buy"]}


def clean(log, first, last, *, utc_offset=8):
    """Turn Unix seconds into local days and hours, and set aside the rows whose clock is wrong.

    把 Unix 秒换成当地的日期和小时，把时间不对的行分出来。

    Parameters
    ----------
    log : DataFrame
        seen_at (seconds since 1970 in UTC).
    first, last : date
        The days on which the log was kept.
    utc_offset : float
        Hours by which local time is ahead; 8 in China.

    Returns
    -------
    (DataFrame, DataFrame)
        `log` with day and hour, rows outside the days left out. And by reason (kept, day_before, other): rows, share,
        earliest, latest.

    Examples
    --------
    >>> log = pd.DataFrame({"user_id": [1, 2], "seen_at": [1764000000, 1763999999]})
    >>> kept, report = clean(log, "2025-11-25", "2025-12-03")
    >>> kept.hour.tolist(), report.rows.to_dict()
    ([0], {'day_before': 1, 'kept': 1})
    """
    seconds = inputs.numbers(inputs.table(log, "seen_at").seen_at, whole=True)
    first, last = inputs.day("first", first), inputs.day("last", last)
    if last < first:
        raise InputError("behaviour.days", first=first.date(), last=last.date())
    local = pd.to_datetime(seconds + 3600 * utc_offset, unit="s")
    day = local.dt.normalize()
    reason = np.select([day.between(first, last), day == first - pd.Timedelta(days=1)], ["kept", "day_before"], "other")
    report = local.groupby(pd.Series(reason, log.index, name="reason")).agg(rows="size", earliest="min", latest="max")
    report.insert(1, "share", report.rows / len(log))
    return log.assign(day=day, hour=local.dt.hour)[reason == "kept"], report.sort_values("rows", ascending=False)


def funnel(log, unit=("user_id", "item_id"), stages=None):
    """Count how far users, or users with an item, get, and where they are lost.

    漏斗：多少用户（或“用户 × 商品”）走到哪一步，在哪里流失。

    Parameters
    ----------
    log : DataFrame
        behaviour and the columns of `unit`.
    unit : sequence of str
        What is counted: ``["user_id"]`` people, ``["user_id", "item_id"]`` each one's way to an item.
    stages : dict, optional
        Name of a stage to its behaviours; view (pv), interest (cart or fav), purchase (buy) if not given.

    Returns
    -------
    DataFrame
        By stage: events, units, step (share of the units of the stage before that come here too), skipped (share of the
        units here that were not in the stage before).

    Examples
    --------
    >>> log = pd.DataFrame({"user_id": [1, 1, 2, 3], "behaviour": ["pv", "buy", "pv", "buy"]})
    >>> funnel(log, ["user_id"], {"view": ["pv"], "purchase": ["buy"]})[["units", "step", "skipped"]].values.tolist()
    [[2.0, 1.0, 0.0], [2.0, 0.5, 0.5]]
    """
    stages = stages or STAGES
    inputs.table(log, "behaviour", *unit)
    flags = pd.DataFrame({name: log.behaviour.isin(kinds) for name, kinds in stages.items()})
    reached = flags.groupby([log[column] for column in unit]).any()
    before = pd.concat([reached.iloc[:, :1], reached.iloc[:, :-1]], axis=1).set_axis(reached.columns, axis=1)
    both = (reached & before).sum()
    return pd.DataFrame({"events": flags.sum(), "units": reached.sum(), "step": both / before.sum(),
                         "skipped": 1 - both / reached.sum()}).rename_axis("stage")


def profile(log, items):
    """Describe each user by behaviour: how much, how often, which category, when.

    用行为描述每位用户：多少、几天、偏好的品类、常在几点。

    Parameters
    ----------
    log : DataFrame
        user_id, item_id, behaviour, day, hour, as :func:`clean` returns it.
    items : DataFrame
        item_id, category_id.

    Returns
    -------
    DataFrame
        By user_id: pv, cart, fav, buy, days, category_id (most looked at), category_share, usual_hour (median).

    Examples
    --------
    >>> log = pd.DataFrame({"user_id": 1, "item_id": [7, 7, 8], "behaviour": ["pv", "buy", "pv"], "day": 1, "hour": 9})
    >>> profile(log, pd.DataFrame({"item_id": [7, 8], "category_id": [3, 4]})).loc[1, ["pv", "buy", "category_id"]].tolist()
    [2, 1, 3]
    """
    known = inputs.table(log, "user_id", "item_id", "behaviour", "day", "hour").merge(items[["item_id", "category_id"]], on="item_id")
    counts = pd.crosstab(known.user_id, known.behaviour).reindex(columns=["pv", "cart", "fav", "buy"], fill_value=0)
    liked = known.groupby(["user_id", "category_id"]).size().rename("rows").reset_index()
    liked = liked.sort_values("rows", ascending=False, kind="stable").drop_duplicates("user_id").set_index("user_id")
    by_user = known.groupby("user_id")
    return counts.assign(days=by_user.day.nunique(), category_id=liked.category_id, category_share=liked.rows / by_user.size(),
                         usual_hour=by_user.hour.median()).rename_axis(columns=None)


def stance(counts, *, bought=3, marked=5):
    """Name how each user stands: buyer, hesitant (marks much, buys little), taster (bought a little) or looker.

    用户的状态：常买、犹豫（收藏加购多而买得少）、尝试（买过一点）、只看。

    Parameters
    ----------
    counts : DataFrame
        cart, fav, buy.
    bought, marked : int
        Purchases from which one is a buyer; carts and favourites from which one who buys less is hesitant.

    Examples
    --------
    >>> stance(pd.DataFrame({"cart": [9, 9, 0, 0], "fav": 0, "buy": [3, 1, 1, 0]})).tolist()
    ['buyer', 'hesitant', 'taster', 'looker']
    """
    inputs.table(counts, "cart", "fav", "buy")
    named = np.select([counts.buy >= bought, counts.cart + counts.fav >= marked, counts.buy > 0], ["buyer", "hesitant", "taster"], "looker")
    return pd.Series(named, counts.index, name="stance")


def shape(log, first, last, impressions=None, people=None):
    """Measure what is published of a behaviour log, so that a synthetic one can be held against it.

    量出一份行为日志的“形状”，好与公布的数字对照。

    Parameters
    ----------
    log : DataFrame
        user_id, item_id, behaviour, seen_at; `first` and `last` as for :func:`clean`.
    impressions, people : DataFrame, optional
        clicked, placement; columns whose share of gaps counts.

    Returns
    -------
    Series
        By fact: shares of behaviours, rows a user and an item (mean, quantiles, Gini), hours, click rates.

    Examples
    --------
    >>> log = pd.DataFrame({"user_id": 1, "item_id": [1, 2], "behaviour": ["pv", "buy"], "seen_at": 1764000000})
    >>> float(shape(log, "2025-11-25", "2025-12-03")["buy_share"])
    0.5
    """
    kept, report = clean(log, first, last)
    share = log.behaviour.value_counts(normalize=True).to_dict()
    users, items = (log[column].value_counts() for column in ("user_id", "item_id"))
    rows, hours = items.to_numpy(), kept.hour.value_counts().reindex(range(24), fill_value=0)
    rising = rows[::-1].cumsum() / rows.sum()
    found = {f"{kind}_share": share.get(kind, 0) for kind in ("pv", "cart", "fav", "buy")} | {
        "user_mean": users.mean(), "user_p50": users.median(), "user_p90": users.quantile(.9), "user_max": users.max(),
        "item_mean": rows.mean(), "item_p50": np.median(rows), "item_single": (rows == 1).mean(),
        "item_gini": 1 + 1 / len(rows) - 2 * rising.mean(), "item_top": rows[:max(round(len(rows) * .0024), 1)].sum() / rows.sum(),
        "in_window": report.share["kept"], "peak_hour": hours.idxmax(), "low_hour": hours.idxmin()}
    if impressions is not None:
        clicks = impressions.groupby("placement", observed=True).clicked.mean()
        found |= {"ctr": impressions.clicked.mean(), **{f"ctr_{place.lower()}": rate for place, rate in clicks.items()}}
    if people is not None:
        found |= {f"no_{column}": people[column].isna().mean() for column in ("city_level", "spend_level")}
    return pd.Series(found, dtype=float).rename("measured").rename_axis("fact")


def calibrate(measured, facts):
    """Hold what was measured against published facts, each with its tolerance.

    把量得的数与公布的事实逐条对照，每条有自己的允许误差。

    Parameters
    ----------
    measured : Series
        What :func:`shape` returns.
    facts : DataFrame
        fact, published, tolerance (absolute; without one a fact is only told).

    Examples
    --------
    >>> facts = pd.DataFrame({"fact": ["ctr"], "published": [.05144], "tolerance": [.003]})
    >>> calibrate(pd.Series({"ctr": .0503}, name="measured"), facts).within.tolist()
    [True]
    """
    asked = inputs.table(facts, "fact", "published", "tolerance").dropna(subset="tolerance").set_index("fact")
    table = asked[["published", "tolerance"]].assign(measured=measured.reindex(asked.index))
    return table.assign(within=(table.measured - table.published).abs() <= table.tolerance)


def k_anonymity(people, columns):
    """Return for each person how many share the same values in these columns, the person included: the k.

    每个人在这些列上与多少人（含自己）完全相同，即 k。

    References
    ----------
    L. Sweeney (2002), "k-anonymity: a model for protecting privacy", doi 10.1142/S0218488502001648.

    Examples
    --------
    >>> k_anonymity(pd.DataFrame({"sex": ["f", "f", "m"]}), ["sex"]).tolist()
    [2, 2, 1]
    """
    inputs.table(people, *columns)
    return people.groupby(list(columns), dropna=False)[columns[0]].transform("size").rename("crowd")


def pinned(log, known, *, rng, tries=300):
    """Say what share of users is alone in having seen all of a few things known of them: named again without a name.

    知道某人看过的几件商品，有多大比例的用户会被唯一认出：没有姓名也能重新识别。

    Parameters
    ----------
    log : DataFrame
        user_id, item_id.
    known : int
        How many items are known of a person, drawn from what the person saw; who saw fewer is left out.
    rng : numpy.random.Generator
    tries : int
        How many persons are tried.

    References
    ----------
    Y.-A. de Montjoye et al. (2015), "Unique in the shopping mall", doi 10.1126/science.1256297.

    Examples
    --------
    >>> log = pd.DataFrame({"user_id": [1, 1, 2, 2], "item_id": [7, 8, 7, 9]})
    >>> pinned(log, 2, rng=np.random.default_rng(1), tries=20)
    1.0
    """
    pairs = inputs.table(log, "user_id", "item_id")[["user_id", "item_id"]].drop_duplicates()
    known, tries = int(inputs.parameter("known", known, 1)), int(inputs.parameter("tries", tries, 1))
    seen, seers = pairs.groupby("user_id").item_id.apply(np.array), pairs.groupby("item_id").user_id.apply(set)
    seen = seen[seen.map(len) >= known]
    if seen.empty:
        raise InputError("behaviour.known", known=known)
    tried = (rng.choice(seen.iloc[int(place)], known, replace=False) for place in rng.integers(len(seen), size=tries))
    return float(np.mean([len(set.intersection(*(seers[item] for item in items))) == 1 for items in tried]))


def uplift(trial, by):
    """Compare those with and without the coupon within each group: the difference is what the coupon did.

    在每个组内比较发券与不发券：差值就是优惠券的作用。

    Parameters
    ----------
    trial : DataFrame
        coupon (0/1, drawn at random), ordered (0/1), margin_cny.
    by : Series
        Group of each row.

    Returns
    -------
    DataFrame
        By group: people, rate_without, rate_with (orders), margin_gain_cny (extra margin a person), gain_low, gain_high (95 %).

    Examples
    --------
    >>> trial = pd.DataFrame({"coupon": [0, 0, 1, 1], "ordered": [0, 1, 1, 1], "margin_cny": [0., 30, 20, 22]})
    >>> float(uplift(trial, pd.Series("all", trial.index)).margin_gain_cny.iloc[0])
    6.0
    """
    inputs.codes(inputs.table(trial, "coupon", "ordered", "margin_cny").coupon, (0, 1))
    rows = {}
    for group, own in trial.groupby(by):
        without, given = (own[own.coupon == arm] for arm in (0, 1))
        test = targeting.ab_test(without.margin_cny, given.margin_cny)
        rows[group] = {"people": len(own), "rate_without": without.ordered.mean(), "rate_with": given.ordered.mean(),
                       "margin_gain_cny": test.lift, "gain_low": test.low, "gain_high": test.high}
    return pd.DataFrame(rows).T.astype({"people": int}).rename_axis(by.name)


def eagerness(counts):
    """Order users in three ways by what a log shows: by their marks, by marks for each look, or at random.

    三种排序：收藏加购多的优先、每次浏览中收藏加购比例高的优先、随机。

    Parameters
    ----------
    counts : DataFrame
        pv, cart, fav.

    Returns
    -------
    DataFrame
        marks (carts and favourites), rate (of the looks; who looks little counts little), random (the same at each call).

    Examples
    --------
    >>> eagerness(pd.DataFrame({"pv": [90, 10], "cart": [4, 3], "fav": [1, 0]}))[["marks", "rate"]].round(2).values.tolist()
    [[5.0, 0.06], [3.0, 0.2]]
    """
    inputs.table(counts, "pv", "cart", "fav")
    marks = counts.cart + counts.fav
    lots = np.random.Generator(np.random.PCG64(len(counts))).random(len(counts))
    return pd.DataFrame({"marks": marks, "rate": (marks + 1) / (counts.pv + 10), "random": lots}, index=counts.index)


def choose(groups, numbers, order):
    """Return the users of a plan: so many of each group, the highest in `order` first.

    按方案选人：每组若干人，`order` 高的优先。

    Parameters
    ----------
    groups, order : Series
        By user: the group; what goes first.
    numbers : dict
        Group to how many of it; more than there are means all.

    Examples
    --------
    >>> who = pd.Series(["a", "a", "b"], index=[1, 2, 3])
    >>> choose(who, {"a": 1, "b": 0}, pd.Series([5, 9, 1], index=[1, 2, 3])).tolist()
    [2]
    """
    inputs.numbers(order)
    ranked = order.sort_values(ascending=False, kind="stable").index
    place = groups.reindex(ranked).groupby(groups.reindex(ranked)).cumcount()
    most = {name: int(inputs.parameter(name, number, 0)) for name, number in numbers.items()}
    return ranked[(place < groups.reindex(ranked).map(most).fillna(0)).to_numpy()]


def settle(gain, plans, *, cost_cny, budget_cny):
    """Settle the account of plans whom to contact, beside mass contact and the best that could be done.

    给各个“联系谁”的方案算账，并与广撒网和最好的可能相比。

    Parameters
    ----------
    gain : Series
        By user: extra margin that a contact truly brings, before its cost; only a simulation knows it.
    plans : dict
        Name of a plan to the users it contacts.
    cost_cny, budget_cny : float
        Of a contact, and of all contacts.

    Returns
    -------
    DataFrame
        By plan, then mass (anyone, until the budget is spent) and best: contacts, cost_cny, gain_cny, profit_cny.

    Examples
    --------
    >>> gain = pd.Series({1: 5., 2: -3, 3: 1})
    >>> settle(gain, {"own": [1, 3]}, cost_cny=2, budget_cny=4).profit_cny.to_dict()
    {'own': 2.0, 'mass': -2.0, 'best': 3.0}
    """
    inputs.unique(gain.index.to_series()), inputs.numbers(gain)
    cost, budget = (float(inputs.parameter(name, value, 1e-9)) for name, value in (("cost_cny", cost_cny), ("budget_cny", budget_cny)))
    most, rows = min(int(budget / cost + 1e-9), len(gain)), {}
    for name, users in plans.items():
        users = pd.Index(users)
        if len(users) > most:
            raise InputError("behaviour.budget", plan=name, contacts=len(users), most=most)
        if not users.is_unique or not users.isin(gain.index).all():
            raise InputError("behaviour.users", plan=name)
        rows[name] = (len(users), gain.loc[users].sum())
    worth = gain[gain > cost].nlargest(most)
    rows |= {"mass": (most, gain.mean() * most), "best": (len(worth), worth.sum())}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["contacts", "gain_cny"]).rename_axis("audience")
    table.insert(1, "cost_cny", table.contacts * cost)
    return table.assign(profit_cny=table.gain_cny - table.cost_cny)
