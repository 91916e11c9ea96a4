"""The Bullseye model: does a product fit sale online? Thirty factors, rated 0 to 10 by one or many raters."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from casekit import inputs
from casekit.errors import InputError

READINGS = ("very_low", "low", "medium", "high")
# Means fall between the whole-number bands 0-1, 2-4, 5-7, 8-10 of the course; to cut half way is a casekit convention.
CUTS = (1.5, 4.5, 7.5)
ANCHORS = tuple(f"anchor_{lang}_{band}" for lang in ("zh", "en") for band in ("0_1", "2_4", "5_7", "8_10"))
STATUSES = ("source", "confirmed", "reconstructed")


@dataclass(frozen=True, eq=False)
class Scorecard:
    """One product's result: a table of factors, a table of groups and the totals.

    一个产品的评分结果：因素表、分组表与总计。

    Attributes
    ----------
    factors : DataFrame, one row a factor
        ``group, critical, status, raters, mean, lowest, highest, spread`` (standard deviation between raters),
        ``reading, veto``.
    groups : DataFrame, one row a group
        ``factors, answered, mean, percent`` (of the maximum), ``reading``.
    total : Series
        ``raters, answered, points, maximum, percent, factor_mean, group_mean, reading`` (of the factor mean),
        ``group_reading, vetoes`` (tuple of factors), ``agreement`` (Krippendorff's alpha).
    """

    factors: pd.DataFrame
    groups: pd.DataFrame
    total: pd.Series


def read(source=None):
    """Return the table of factors, the bundled one or a teacher's own, checked.

    返回因素表（随包的，或教师自己的），并检查。

    Parameters
    ----------
    source : DataFrame or path, optional
        Columns as in ``datasets/bullseye_factors.csv``: ``id, group, zh, en``, eight anchor texts, ``critical``
        (yes/no), ``status`` (source/confirmed/reconstructed). Reversal lives in the anchors: nobody computes 10 - x.

    Examples
    --------
    >>> read().groupby("group", sort=False).size().tolist()
    [7, 10, 1, 2, 2, 2, 6]
    """
    frame = inputs.definitions("bullseye_factors.csv", source)
    inputs.table(frame, "id", "group", "zh", "en", *ANCHORS, "critical", "status")
    for column in ("id", "group", "zh", "en", *ANCHORS):
        blank = frame[column].str.strip() == ""
        if blank.any():
            raise InputError("bullseye.blank", column=column, rows=inputs.rows(frame.index[blank]))
    inputs.unique(frame["id"])
    inputs.codes(frame["critical"], ("yes", "no"))
    inputs.codes(frame["status"], STATUSES)
    return frame.set_index("id", drop=False).rename_axis("factor")


def reading(means):
    """Return the codes of ratings or mean ratings, cut at 1.5, 4.5 and 7.5 (a casekit convention).

    返回评分或平均分的等级代码，分界为 1.5、4.5、7.5（casekit 约定）。

    Examples
    --------
    >>> reading([1, 4.5, 7, 8, np.nan]).tolist()
    ['very_low', 'medium', 'medium', 'high', None]
    """
    means = np.asarray(means, dtype=float)
    found = np.array([*READINGS, None], dtype=object)[np.digitize(means, CUTS)]
    return np.where(np.isnan(means), None, found)


def tabulate(ratings, factors=None):
    """Return ratings as one table: a row per factor, a column per product and rater.

    把评分整理成一张表：每行一个因素，每列一个产品的一位评分者。

    Parameters
    ----------
    ratings : mapping or DataFrame
        One rater: ``{factor: rating}``. Many: a frame with ``factor, rating`` and, where there are several,
        ``rater`` and ``product``. A rating is a whole number 0 to 10, or missing.
    factors : DataFrame or path, optional
        See `read`.

    Raises
    ------
    InputError
        For a rating of 11, a text, an unknown factor, or two ratings of one factor by one rater.

    Examples
    --------
    >>> tabulate({"legal": 8, "standard": None}).dropna().to_numpy().tolist()
    [[8.0]]
    """
    if isinstance(ratings, pd.DataFrame) and ratings.columns.names == ["product", "rater"]:
        return ratings  # already such a table
    known = read(factors)
    if not isinstance(ratings, pd.DataFrame):
        ratings = pd.Series(ratings, dtype=object).to_frame("rating").assign(factor=lambda frame: frame.index)
    inputs.table(ratings, "factor", "rating")
    inputs.codes(ratings["factor"], known.index)
    long = ratings.assign(rating=inputs.numbers(ratings["rating"], 0, 10, whole=True, missing=True),
                          **{name: "1" for name in ("product", "rater") if name not in ratings})
    for name in ("product", "rater"):
        inputs.present(long[name])
    twice = long.duplicated(["product", "rater", "factor"], keep=False)
    if twice.any():
        raise InputError("bullseye.rated_twice", rows=inputs.rows(long.index[twice]))
    return long.pivot(index="factor", columns=["product", "rater"], values="rating").reindex(known.index)


def scorecard(ratings, factors=None):
    """Return one product's score card.

    返回一个产品的评分卡。

    Parameters
    ----------
    ratings, factors
        See `tabulate`.

    Returns
    -------
    Scorecard
        With the factor mean *and* the group mean: the groups have 1 to 10 factors, so that the two may differ.
        A veto is a critical factor whose mean reads ``very_low`` (for one rater: a 0 or 1), whatever the total.

    References
    ----------
    Vassos, T. (1996). Strategic Internet Marketing. Que.

    Examples
    --------
    >>> card = scorecard({"standard": 9, "high_tech": 8, "legal": 1})
    >>> float(card.total["factor_mean"]), float(card.total["group_mean"]), card.total["vetoes"]
    (6.0, 4.75, ('legal',))
    """
    known, table = read(factors), tabulate(ratings, factors)
    if table.columns.get_level_values("product").nunique() > 1:
        raise InputError("bullseye.several_products", products=inputs.rows(table.columns.unique("product")))
    mean = table.mean(axis=1)
    if mean.isna().all():
        raise InputError("bullseye.no_ratings")
    rows = known[["group", "critical", "status"]].assign(
        raters=table.count(axis=1), mean=mean, lowest=table.min(axis=1), highest=table.max(axis=1),
        spread=table.std(axis=1), reading=reading(mean), veto=(known["critical"] == "yes") & (mean < CUTS[0]))
    groups = rows.groupby("group", sort=False)["mean"].agg(factors="size", answered="count", mean="mean")
    groups = groups.assign(percent=groups["mean"] * 10, reading=reading(groups["mean"]))
    answered, factor_mean, group_mean = int(mean.count()), mean.mean(), groups["mean"].mean()
    return Scorecard(rows, groups, pd.Series({
        "raters": int(table.notna().any().sum()), "answered": answered,
        "points": mean.sum(), "maximum": 10 * answered, "percent": factor_mean * 10,
        "factor_mean": factor_mean, "group_mean": group_mean,
        "reading": reading(factor_mean).item(), "group_reading": reading(group_mean).item(),
        "vetoes": tuple(rows.index[rows["veto"]]), "agreement": agreement(table)}, dtype=object))


def profiles(ratings, factors=None):
    """Return the group means of each product, to lay products side by side.

    返回各产品的组平均分，便于并列比较。

    Parameters
    ----------
    ratings, factors
        See `tabulate`.

    Returns
    -------
    DataFrame, a row a group, a column a product
        Means 0 to 10, missing where nobody rated a factor of the group.

    Examples
    --------
    >>> pair = pd.DataFrame({"product": ["lens", "print"], "factor": "intangible", "rating": [2, 9]})
    >>> profiles(pair).loc["product"].tolist()
    [2.0, 9.0]
    """
    table = tabulate(ratings, factors)
    means = {product: scorecard(table[[product]], factors).groups["mean"] for product in table.columns.unique("product")}
    return pd.DataFrame(means).rename_axis(columns="product")


def tornado(ratings, factors=None):
    """Return how the two means move when one group at a time is left out, largest move first.

    依次去掉一个组，看两种平均分怎样变动；变动大的在前。

    Returns
    -------
    DataFrame, one row a group
        ``factor_mean, factor_change, group_mean, group_change, reading`` without that group.

    Examples
    --------
    >>> tornado({"standard": 9, "high_tech": 8, "legal": 1})["factor_change"].tolist()
    [-5.0, 2.5]
    """
    card = scorecard(ratings, factors)
    rows, groups = card.factors, card.groups[card.groups["answered"] > 0]
    if len(groups) < 2:
        raise InputError("bullseye.one_group")
    left = pd.DataFrame({
        "factor_mean": [rows.loc[rows["group"] != group, "mean"].mean() for group in groups.index],
        "group_mean": [groups["mean"].drop(group).mean() for group in groups.index]}, index=groups.index)
    left["factor_change"] = left["factor_mean"] - card.total["factor_mean"]
    left["group_change"] = left["group_mean"] - card.total["group_mean"]
    left["reading"] = reading(left["factor_mean"])
    order = left["factor_change"].abs().sort_values(ascending=False, kind="stable").index
    return left.loc[order, ["factor_mean", "factor_change", "group_mean", "group_change", "reading"]]


def simulate(ratings, factors=None, *, over="groups", runs=10_000, seed=0):
    """Return scores under random weights and a random draw of raters: is the result robust?

    随机改变权重、重抽评分者，返回得分的分布：结论是否稳健？

    Parameters
    ----------
    ratings, factors
        See `tabulate`; several products meet the same weights and the same draw of raters in each run.
    over : {"groups", "factors"}
        What the weights are drawn for: uniformly from all weights that sum to one (a flat Dirichlet).
    runs, seed : int
        Number of runs, and the seed that makes them repeatable.

    Returns
    -------
    DataFrame, shape (runs, products)
        Scores 0 to 10.

    Examples
    --------
    >>> simulate({"standard": 7, "legal": 7}, runs=3)["1"].round(6).tolist()
    [7.0, 7.0, 7.0]
    """
    inputs.option("over", over, ("groups", "factors"))
    known, table = read(factors), tabulate(ratings, factors)
    rng = np.random.default_rng(seed)
    raters = table.columns.unique("rater")
    members = pd.get_dummies(known["group" if over == "groups" else "id"]).to_numpy(float)  # factors x blocks
    weights = rng.dirichlet(np.ones(members.shape[1]), size=runs)
    draws = rng.multinomial(len(raters), np.full(len(raters), 1 / len(raters)), size=runs)  # how often each rater
    scores = {}
    with np.errstate(invalid="ignore"):
        for product in table.columns.unique("product"):
            cells = table.xs(product, axis=1, level="product").reindex(columns=raters).to_numpy().T  # raters x factors
            means = (draws @ np.nan_to_num(cells)) / (draws @ ~np.isnan(cells))
            blocks = (np.nan_to_num(means) @ members) / (~np.isnan(means) @ members)
            scores[product] = np.nansum(weights * blocks, axis=1) / (weights * ~np.isnan(blocks)).sum(axis=1)
    return pd.DataFrame(scores).rename_axis(index="run", columns="product")


def agreement(ratings, factors=None, level="interval"):
    """Return Krippendorff's alpha: 1 full agreement, 0 no better than chance, missing where it is undefined.

    返回克里彭多夫 α：1 表示完全一致，0 表示与随机无异；无法计算时为缺失值。

    Examples
    --------
    >>> rows = [("A", "legal", 9), ("A", "standard", 3), ("B", "legal", 9), ("B", "standard", 3)]
    >>> float(agreement(pd.DataFrame(rows, columns=["rater", "factor", "rating"])))
    1.0
    """
    # Rows: a factor of a product; columns: raters.
    units = tabulate(ratings, factors).stack("product", future_stack=True)
    units = units[units.count(axis=1) > 1]
    if np.unique(units.to_numpy()[units.notna()]).size < 2:
        return np.nan
    import krippendorff  # only here: the score card of one rater works without it

    return krippendorff.alpha(units.to_numpy().T, level_of_measurement=level)


def compare(ratings, factors=None, *, over="groups", runs=10_000, seed=0):
    """Return several products side by side, best factor mean first.

    并列比较多个产品，因素平均分高者在前。

    Returns
    -------
    DataFrame, one row a product
        ``raters, answered, factor_mean, group_mean, percent, reading, vetoes, agreement``, the 5 % and 95 % points
        of `simulate` (``low, high``) and ``best``: the share of runs in which the product came first.

    Examples
    --------
    >>> pair = pd.DataFrame({"product": ["lens", "print"], "factor": "intangible", "rating": [2, 9]})
    >>> compare(pair, runs=10)["best"].tolist()
    [1.0, 0.0]
    """
    columns = ["raters", "answered", "factor_mean", "group_mean", "percent", "reading", "vetoes", "agreement"]
    table = tabulate(ratings, factors)
    scores = simulate(table, factors, over=over, runs=runs, seed=seed)
    first = scores.eq(scores.max(axis=1), axis=0)
    totals = {product: scorecard(table[[product]], factors).total[columns] for product in scores}
    return pd.DataFrame(totals).T.infer_objects().rename_axis("product").assign(
        low=scores.quantile(.05), high=scores.quantile(.95), best=first.div(first.sum(axis=1), axis=0).mean(),
    ).sort_values("factor_mean", ascending=False, kind="stable")
