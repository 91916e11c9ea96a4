from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from casekit import labels, value
from casekit.errors import InputError

rates = st.floats(0, 1)
values = st.lists(st.integers(-50, 1000), min_size=1, max_size=60).map(pd.Series)


# --- lifetime value -------------------------------------------------------------------------------------------------

def test_both_named_conventions_give_their_published_multiples():
    assert value.multiple(.8, .1) == pytest.approx(8 / 3)
    assert value.multiple(.8, .1, first="year_0") == pytest.approx(11 / 3)


@given(rates, st.floats(.01, 1), st.integers(1, 60))
def test_the_closed_form_is_the_sum_it_stands_for(retention, discount, years):
    keep = Fraction(retention) / (1 + Fraction(discount))
    for first, start in (("year_1", 1), ("year_0", 0)):
        total = float(sum(keep ** year for year in range(start, start + years)))
        assert value.multiple(retention, discount, first=first, years=years) == pytest.approx(total, rel=1e-9)


@given(rates, st.floats(.01, 1), st.integers(1, 400))
def test_the_infinite_horizon_bounds_every_finite_one_and_the_conventions_differ_by_one(retention, discount, years):
    endless = value.multiple(retention, discount)
    assert value.multiple(retention, discount, years=years) <= endless + 1e-9
    assert value.multiple(retention, discount, first="year_0") == pytest.approx(endless + 1)
    assert value.multiple(retention, discount, years=5000) == pytest.approx(endless, rel=1e-6)


def test_no_discount_and_no_loss_is_the_number_of_years_or_endless():
    assert value.multiple(1, 0, years=7) == value.multiple(1, 0, years=7, first="year_0") == 7
    with pytest.raises(InputError) as caught:
        value.multiple(1, 0)
    assert caught.value.code == "value.endless"


def test_arrays_broadcast_and_acquisition_is_subtracted_once():
    table = value.lifetime_value(np.array([[100], [200]]), [.5, .8], .1, acquisition=50)
    assert table.shape == (2, 2) and (table[1] + 50 == pytest.approx(2 * (table[0] + 50)))


@pytest.mark.parametrize("arguments, name", [
    ({"retention": 1.2}, "retention"), ({"discount": -.1}, "discount"), ({"margin": "much"}, "margin"),
    ({"acquisition": -1}, "acquisition"), ({"years": 0}, "years"), ({"first": "year_2"}, "first"),
    ({"retention": np.nan}, "retention")])
def test_a_bad_parameter_is_named(arguments, name):
    with pytest.raises(InputError, match=name):
        value.lifetime_value(**{"margin": 100, "retention": .8, "discount": .1, **arguments})


# --- cohorts --------------------------------------------------------------------------------------------------------

ORDERS = pd.DataFrame({
    "customer": ["a", "b", "a", "c", "a", "c"],
    "day": pd.to_datetime(["2024-01-10", "2024-03-31", "2024-04-01", "2024-05-05", "2024-11-11", "2024-06-01"]),
    "paid": [100.0, 50.0, 30.0, 80.0, 20.0, -80.0]})
COLUMNS = {"customer": "customer", "date": "day", "amount": "paid"}


def test_cohorts_by_hand():
    table = value.cohorts(ORDERS, **COLUMNS, as_of="2024-12-30", margin_rate=.5, discount=.21, acquisition=10)
    first = table.loc[pd.Period("2024Q1")]
    assert first["customers"].tolist() == [2] * 4 and first["active"].tolist() == [2, 1, 0, 1]
    assert first["margin"].tolist() == [75, 15, 0, 10]
    assert first["present_value"].tolist() == pytest.approx([37.5, 7.5 / 1.21 ** .25, 0, 5 / 1.21 ** .75])
    assert first["cumulative_value"].iloc[0] == 27.5
    assert first["complete"].tolist() == [True, True, True, False]
    second = table.loc[pd.Period("2024Q2")]  # a purchase sent back in the same quarter: active, but no margin
    assert second["active"].tolist() == [1, 0, 0] and second["margin"].tolist() == [0, 0, 0]


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 900), st.integers(-50, 500)), min_size=1),
       st.sampled_from(list(value.EVERY)))
@settings(max_examples=20, deadline=None)
def test_cohorts_conserve_money_and_customers(rows, every):
    log = pd.DataFrame(rows, columns=["customer", "day", "paid"])
    log["day"] = pd.Timestamp("2023-01-01") + pd.to_timedelta(log["day"], unit="D")
    table = value.cohorts(log, **COLUMNS, as_of="2025-12-31", every=every, discount=0)
    assert table["margin"].sum() == pytest.approx(log["paid"].sum())
    start = table.xs(0, level="age")
    assert start["customers"].sum() == log["customer"].nunique()
    assert table["complete"].all() and table["retention"].between(0, 1).all()
    last = table.groupby("cohort")["cumulative_value"].last() * start["customers"]
    assert last.sum() == pytest.approx(log["paid"].sum())


@pytest.mark.parametrize("change, code", [
    ({"paid": "12 yuan"}, "input.not_numbers"), ({"day": "soon"}, "input.not_dates"),
    ({"day": "2030-01-01"}, "input.after_as_of"), ({"customer": None}, "input.missing_values"),
    ({"day": 20240101}, "input.not_dates")])
def test_dirty_orders_are_refused(change, code):
    with pytest.raises(InputError) as caught:
        value.cohorts(ORDERS.assign(**change), **COLUMNS, as_of="2024-12-31")
    assert caught.value.code == code


# --- tiers and classes ----------------------------------------------------------------------------------------------

@given(values, st.sampled_from(["customers", "value"]), st.randoms())
def test_tiers_follow_value_never_part_equals_and_ignore_row_order(given_values, by, random):
    assume(by == "customers" or given_values.max() > 0)
    table = value.tier(given_values, by=by)
    ordered = table.sort_values("value", ascending=False)["tier"].tolist()
    assert ordered == sorted(ordered) and ordered[0] == "A"
    assert (table.groupby("value")["tier"].nunique() == 1).all()
    shuffled = given_values.sample(frac=1, random_state=random.randint(0, 9999))
    pd.testing.assert_frame_equal(value.tier(shuffled, by=by).sort_index(), table)


def test_tier_shares_are_exact_without_ties():
    assert value.tier(pd.Series(range(10)), (.1, .2, .3), "ABCD")["tier"].tolist() == list("DDDDCCCBBA")
    by_value = value.tier(pd.Series([80, 10, 5, 5, -20]), (.8, .15), by="value")
    assert by_value["tier"].tolist() == ["A", "B", "B", "B", "C"]


@pytest.mark.parametrize("arguments, code", [
    ({"shares": (.9, .3)}, "value.shares"), ({"names": "AB"}, "value.shares"), ({"by": "luck"}, "input.option"),
    ({"values": pd.Series([-1, 0]), "by": "value"}, "value.nothing_positive"),
    ({"values": pd.Series([1, None])}, "input.missing_values"),
    ({"values": pd.Series([], dtype=float)}, "input.empty")])
def test_tier_refuses(arguments, code):
    with pytest.raises(InputError) as caught:
        value.tier(**{"values": pd.Series([1, 2, 3]), **arguments})
    assert caught.value.code == code


@given(st.integers(0, 10**6), st.floats(0, 1), st.integers(0, 10**6), st.floats(0, 1))
def test_relation_is_closer_with_fewer_customers_and_more_margin(many, margin, fewer, more):
    fewer, more = min(many, fewer), max(margin, more)
    first, second = value.relation([many, fewer], [margin, more])
    assert value.RELATIONS.index(second) >= value.RELATIONS.index(first)


def test_relation_grid():
    grid = [[value.relation(count, margin) for margin in (.05, .2, .5)] for count in (10, 1000, 50_000)]
    assert grid == [["accountable", "proactive", "partnership"], ["reactive", "accountable", "proactive"],
                    ["basic", "reactive", "accountable"]]


def test_share_of_customer_decides_loyalty_where_it_is_known():
    people = pd.DataFrame({"frequency": [9, 3, 9], "tenure_days": [900, 900, 900], "recency_days": [10, 10, 400],
                           "share_of_customer": [.1, .9, .9]})
    assert value.loyalty_class(people).tolist() == ["old", "loyal", "old"]
    assert value.loyalty_class(people.drop(columns="share_of_customer")).tolist() == ["loyal", "old", "old"]


def test_a_buyer_without_dates_is_refused_a_prospect_is_not():
    people = pd.DataFrame({"frequency": [0, 2], "tenure_days": [None, None], "recency_days": [None, 3]}, index=["p", "q"])
    with pytest.raises(InputError, match="q"):
        value.loyalty_class(people)
    assert value.loyalty_class(people[:1]).tolist() == ["potential"]


def test_every_class_has_a_label():
    keys = [f"relation.{code}" for code in value.RELATIONS] + [f"importance.{code}" for code in value.IMPORTANCE] \
        + [f"loyalty_class.{code}" for code in value.LOYALTY] + [f"first.{code}" for code in value.FIRST]
    assert set(keys) <= set(labels.table())


# --- shares and aggregates ------------------------------------------------------------------------------------------

@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=1), st.integers(0, 5000))
def test_market_share_is_penetration_times_share_of_customer(rows, outside):
    people = pd.DataFrame([(own, own + other) for own, other in rows], columns=["own", "all"])
    assume(people["own"].sum() > 0)
    shares = value.market_share(people, own="own", category="all", market=people["all"].sum() + outside)
    assert shares["market_share"] == pytest.approx(shares["penetration"] * shares["share_of_customer"])
    assert shares.between(0, 1 + 1e-12).all()


@pytest.mark.parametrize("rows, market, code", [
    ([(5, 3)], None, "value.own_above_category"), ([(0, 3)], None, "value.no_sales"), ([(-1, 3)], None, "input.out_of_range"),
    ([(1, 3)], 2, "input.parameter")])
def test_market_share_refuses(rows, market, code):
    with pytest.raises(InputError) as caught:
        value.market_share(pd.DataFrame(rows, columns=["own", "all"]), own="own", category="all", market=market)
    assert caught.value.code == code


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.booleans(), st.integers(-9, 99)), min_size=1, max_size=80),
       st.integers(1, 12))
@settings(max_examples=40, deadline=None)
def test_aggregates_keep_totals_and_hide_small_groups(rows, minimum):
    people = pd.DataFrame(rows, columns=["city", "member", "paid"])
    if len(people) < minimum:
        with pytest.raises(InputError) as caught:
            value.aggregate(people, ["city", "member"], ["paid"], minimum)
        assert caught.value.code == "value.too_few"
        return
    table = value.aggregate(people, ["city", "member"], ["paid"], minimum)
    assert (table["customers"] >= minimum).all() and table["customers"].sum() == len(people)
    assert table["paid_total"].sum() == people["paid"].sum()
    assert table["pooled"].sum() <= 1 and table.loc[table["pooled"], ["city", "member"]].isna().all(axis=None)
    shown = table[~table["pooled"]].set_index(["city", "member"])["paid_total"]
    plain = people.groupby(["city", "member"])["paid"].sum()
    assert (shown == plain.reindex(shown.index)).all()


def test_a_missing_key_is_a_group_of_its_own():
    people = pd.DataFrame({"city": ["A", "A", None, None], "paid": [1, 2, 3, 4]})
    table = value.aggregate(people, ["city"], ["paid"], minimum=2)
    assert table["pooled"].tolist() == [False, False] and table["paid_total"].tolist() == [3, 7]


# --- campaigns and bases of segmentation ----------------------------------------------------------------------------

@given(cost=st.floats(1, 1e6), responses=st.integers(0, 10_000), margin=st.floats(-50, 500), lifetime=st.floats(0, 500))
def test_a_campaign_earns_what_its_responses_bring(cost, responses, margin, lifetime):
    one = value.campaign(cost, responses, margin, lifetime).iloc[0]
    assert one["profit"] == pytest.approx(responses * margin - cost)
    assert one["roi"] * cost == pytest.approx(one["profit"])
    assert one["lifetime_profit"] - one["profit"] == pytest.approx(responses * lifetime, abs=1e-6)
    if margin > 0.01:
        again = value.campaign(cost, one["break_even_responses"], margin)
        assert again["roi"].item() == pytest.approx(0, abs=1e-6)
    elif margin <= 0:
        assert one["break_even_responses"] == np.inf


@pytest.mark.parametrize("arguments, code", [
    (dict(cost=0, responses=1, margin=1), "value.free_campaign"),
    (dict(cost=-5, responses=1, margin=1), "input.parameter"),
    (dict(cost=5, responses="many", margin=1), "input.parameter"),
])
def test_a_bad_campaign_is_refused(arguments, code):
    with pytest.raises(InputError) as caught:
        value.campaign(**arguments)
    assert caught.value.code == code


@settings(max_examples=30)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"), st.integers(0, 1000)), min_size=3, max_size=40))
def test_bases_explain_between_nothing_and_everything(rows):
    people = pd.DataFrame(rows, columns=["one", "two", "pay"])
    people["each"] = np.arange(len(people))
    if people["pay"].nunique() < 2:
        return
    found = value.bases(people.assign(all="same"), ["one", "two", "each", "all"], "pay")
    assert found["explained"].between(-1e-9, 1 + 1e-9).all() and found["explained"].is_monotonic_decreasing
    assert found.loc["each", "explained"] == pytest.approx(1) and found.loc["all", "explained"] == pytest.approx(0)


def test_bases_refuse_gaps_and_constants():
    people = pd.DataFrame({"city": ["A", None], "pay": [1, 2]})
    for frame, code in ((people, "input.missing_values"), (people.assign(pay=3), "value.all_equal")):
        with pytest.raises(InputError) as caught:
            value.bases(frame, ["city"], "pay")
        assert caught.value.code == code
