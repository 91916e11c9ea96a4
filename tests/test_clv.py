import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from casekit import clv
from casekit.errors import InputError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # lifetimes is from 2020; its fitters still work, its datasets module does not
    import lifetimes
    from lifetimes.utils import _customer_lifetime_value

SPEND = {name: clv.CDNOW[name] for name in clv.SPEND}
histories = st.tuples(st.integers(0, 400), st.floats(0, 1), st.floats(1, 150)).map(
    lambda drawn: (drawn[0], max(drawn[1], .01) * drawn[2] * (drawn[0] > 0), drawn[2]))
models = st.fixed_dictionaries({"r": st.floats(.05, 5), "alpha": st.floats(.5, 50), "a": st.floats(.05, 5),
                                "b": st.floats(.6, 8)})


def people(*rows):
    return pd.DataFrame(rows, columns=["repeats", "last_order_weeks", "age_weeks"], dtype=float)


@pytest.fixture(scope="module")
def cdnow():
    log = pd.read_csv(Path(lifetimes.__file__).parent / "datasets" / "CDNOW_sample.txt", sep=r"\s+", header=None,
                      names=["master", "customer", "day", "discs", "paid"], dtype={"day": str})
    return clv.split(log.assign(day=pd.to_datetime(log["day"])), customer="customer", date="day", amount="paid",
                     cutoff="1997-09-30", as_of="1998-06-30")


@pytest.fixture(scope="module")
def oracle():
    model = lifetimes.BetaGeoFitter()
    model.params_ = pd.Series({name: clv.CDNOW[name] for name in clv.PURCHASES})
    model.predict = model.conditional_expected_number_of_purchases_up_to_time
    return model


# --- published numbers ----------------------------------------------------------------------------------------------

def test_the_cdnow_summary_is_the_published_one(cdnow):
    assert len(cdnow) == 2357 and cdnow["repeats"].sum() == 2457
    assert (cdnow["repeats"] == 0).sum() == 1411 and (cdnow["repeats"] > 0).sum() == 946
    assert cdnow["holdout_weeks"].iloc[0] == 39


def test_bg_nbd_gives_the_published_cdnow_parameters(cdnow):
    fit = clv.fit_purchases(cdnow)
    assert fit.parameters.round(3).tolist() == [.243, 4.414, .793, 2.426]
    assert fit.log_likelihood == pytest.approx(-9582.4, abs=.05)
    assert fit.rows < fit.customers == 2357


def test_gamma_gamma_gives_the_published_cdnow_parameters(cdnow):
    fit = clv.fit_spend(cdnow)
    assert fit.parameters.round(2).tolist() == [6.25, 3.74, 15.44]
    assert fit.customers == 946


def test_conditional_expectations_track_the_holdout(cdnow):
    table = clv.calibration(cdnow, clv.CDNOW)
    assert table["customers"].sum() == 2357 and table.index.tolist() == list(range(8))
    assert table["expected"].is_monotonic_increasing
    assert (table["expected"] - table["actual"]).abs().max() < .4
    total = table.mul(table["customers"], axis=0).sum()
    assert total["expected"] / total["actual"] == pytest.approx(.87, abs=.01)


# --- lifetimes as oracle --------------------------------------------------------------------------------------------

def test_fit_and_standard_errors_agree_with_lifetimes(cdnow):
    theirs = lifetimes.BetaGeoFitter().fit(cdnow["repeats"], cdnow["last_order_weeks"], cdnow["age_weeks"])
    ours = clv.fit_purchases(cdnow)
    assert ours.parameters.to_numpy() == pytest.approx(theirs.summary["coef"].to_numpy(), rel=1e-3)
    assert ours.standard_errors.to_numpy() == pytest.approx(theirs.summary["se(coef)"].to_numpy(), rel=.01)
    buyers = cdnow[cdnow["repeats"] > 0]
    spend = lifetimes.GammaGammaFitter().fit(buyers["repeats"], buyers["average_amount"])
    money = clv.fit_spend(cdnow)
    assert money.parameters.to_numpy() == pytest.approx(spend.summary["coef"].to_numpy(), rel=1e-2)
    assert money.standard_errors.to_numpy() == pytest.approx(spend.summary["se(coef)"].to_numpy(), rel=.05)


def test_predictions_agree_with_lifetimes(cdnow, oracle):
    x, last, age = (cdnow[name] for name in ("repeats", "last_order_weeks", "age_weeks"))
    assert clv.p_alive(cdnow, clv.CDNOW).to_numpy() == pytest.approx(
        oracle.conditional_probability_alive(x, last, age), rel=1e-9)
    assert clv.expected_purchases(cdnow, clv.CDNOW, 39).to_numpy() == pytest.approx(
        oracle.predict(39, x, last, age).to_numpy(), rel=1e-9)
    spend = lifetimes.GammaGammaFitter()
    spend.params_ = pd.Series(SPEND)
    assert clv.expected_spend(cdnow, SPEND).to_numpy() == pytest.approx(
        spend.conditional_expected_average_profit(x, cdnow["average_amount"].fillna(0)).to_numpy(), rel=1e-9)


def test_discounted_value_agrees_with_lifetimes(cdnow, oracle):
    month = 4.345  # the length of lifetimes' month in weeks; its rate is per month
    money = clv.expected_spend(cdnow, SPEND)
    theirs = _customer_lifetime_value(oracle, cdnow["repeats"], cdnow["last_order_weeks"], cdnow["age_weeks"], money,
                                      time=12, discount_rate=.01, freq="W")
    ours = clv.lifetime_value(cdnow, clv.CDNOW, SPEND, weeks=12 * month, step=month,
                              discount=1.01 ** (clv.WEEKS_A_YEAR / month) - 1)
    assert ours["lifetime_value"].to_numpy() == pytest.approx(theirs.to_numpy(), rel=1e-6)


# --- clvkit as oracle -----------------------------------------------------------------------------------------------

# What clvkit 0.2.1 (PyPI, August 2026; numpy 2.4.6, scipy 1.17.1) makes of the same summary by BGNBD().fit, .predict(39)
# and .probability_alive, GammaGamma().fit and .predict: customers 1, 2, 3 and the busiest, 1516, and the sum over all.
CLVKIT = {"r": .24259453015987578, "alpha": 4.413602392375675, "a": .7929220525154963, "b": 2.4259069159647817,
          "p": 6.249490409492141, "q": 3.744218003579849, "v": 15.443688234451807, "log_likelihood": -9582.42920667393}
CLVKIT_CUSTOMERS = {
    "purchases": [1.2259944466485273, .20341885701150514, .19479363592426138, 20.748902477894774, 1653.4086931203524],
    "alive": [.7266203114863382, .21239105489052812, 1, .9688544402406306, 1917.2776744617088],
    "spend": [24.65393991662053, 18.910073110767453, 35.17037690973842, 39.890286056528765, 83089.61861664313],
}


def test_fits_and_predictions_agree_with_clvkit(cdnow):
    purchases, spend = clv.fit_purchases(cdnow), clv.fit_spend(cdnow)
    found = purchases.parameters.to_dict() | spend.parameters.to_dict() | {"log_likelihood": purchases.log_likelihood}
    assert found == pytest.approx(CLVKIT, rel=2e-5)
    ours = {"purchases": clv.expected_purchases(cdnow, purchases.parameters, 39),
            "alive": clv.p_alive(cdnow, purchases.parameters), "spend": clv.expected_spend(cdnow, spend.parameters)}
    for name, values in ours.items():
        picked = [*values.loc[[1, 2, 3, 1516]], values.sum()]
        assert picked == pytest.approx(CLVKIT_CUSTOMERS[name], rel=1e-5), name


@given(models, histories)
@settings(max_examples=60, deadline=None)
def test_p_alive_is_lifetimes_for_any_model(model, history):
    fitter = lifetimes.BetaGeoFitter()
    fitter.params_ = pd.Series(model)
    theirs = fitter.conditional_probability_alive(*(np.array([value]) for value in history))
    assert clv.p_alive(people(history), model).tolist() == pytest.approx(list(theirs), rel=1e-6, abs=1e-12)


# --- properties -----------------------------------------------------------------------------------------------------

@given(models, histories, st.floats(.1, 60))
@example({"r": .5, "alpha": .5, "a": .5, "b": .75}, (99, .01, 1.0), 7.0)  # hyp2f1 overflows where r - a is whole
@settings(max_examples=60, deadline=None)
def test_expectations_are_finite_and_grow_with_the_horizon(model, history, weeks):
    near, far = (clv.expected_purchases(people(history), model, horizon).item() for horizon in (weeks, 2 * weeks))
    assert np.isfinite(far) and -1e-9 <= near <= far + 1e-9
    # Nobody buys faster than someone with this history who never leaves.
    assert far <= 2 * weeks * (model["r"] + history[0]) / (model["alpha"] + history[2]) * (1 + 1e-6) + 1e-9


@given(models)
@settings(max_examples=10, deadline=None)
def test_at_a_equal_one_the_formula_has_no_gap(model):
    some = people((2, 5, 9), (0, 0, 9))
    around = [clv.expected_purchases(some, model | {"a": a}, 20) for a in (1 - 1e-5, 1, 1 + 1e-5)]
    assert around[1].to_numpy() == pytest.approx(((around[0] + around[2]) / 2).to_numpy(), rel=1e-4)


def simulated(model, customers, weeks, seed):
    rng = np.random.default_rng(seed)
    rows = []
    for rate, leave in zip(rng.gamma(model["r"], 1 / model["alpha"], customers), rng.beta(model["a"], model["b"], customers)):
        now = last = repeats = 0
        while (now := now + rng.exponential(1 / rate)) <= weeks:
            repeats, last = repeats + 1, now
            if rng.random() < leave:
                break
        rows.append((repeats, last, weeks))
    return people(*rows)


def test_known_parameters_are_found_again_within_their_standard_errors():
    truth = {"r": .6, "alpha": 6.0, "a": .8, "b": 2.5}
    customers = simulated(truth, 6000, 60, seed=3)
    fit = clv.fit_purchases(customers)
    assert (((fit.parameters - pd.Series(truth)) / fit.standard_errors).abs() < 3).all()
    assert (fit.standard_errors / fit.parameters).between(.01, .4).all()
    assert np.linalg.eigvalsh(fit.covariance).min() > 0


def test_folding_equal_rows_changes_nothing(cdnow):
    once, thrice = clv.fit_purchases(cdnow), clv.fit_purchases(pd.concat([cdnow] * 3))
    assert thrice.rows == once.rows and thrice.customers == 3 * once.customers
    assert thrice.parameters.to_numpy() == pytest.approx(once.parameters.to_numpy(), rel=1e-5)
    assert thrice.standard_errors.to_numpy() == pytest.approx(once.standard_errors.to_numpy() / 3 ** .5, rel=1e-4)


def test_value_falls_with_discounting_and_is_one_per_row():
    twins = people((3, 20, 30), (3, 20, 30), (0, 0, 30)).assign(average_amount=[50, 80, None])
    dear, cheap = (clv.lifetime_value(twins, clv.CDNOW, SPEND, discount=rate) for rate in (0, .3))
    assert (dear["lifetime_value"] > cheap["lifetime_value"]).all()
    assert dear["lifetime_value"].tolist() == pytest.approx((dear["expected_purchases"] * dear["expected_spend"]).tolist())
    assert dear["expected_purchases"].nunique() == 2


def test_matrix_agrees_with_the_functions_and_leaves_out_the_impossible():
    alive = clv.matrix(clv.CDNOW, repeats=5, age_weeks=10)
    orders = clv.matrix(clv.CDNOW, repeats=5, age_weeks=10, weeks=10)
    assert alive.shape == orders.shape == (6, 11)
    assert alive.loc[0, 1:].isna().all() and alive.loc[1:, 0].isna().all()
    assert alive.loc[4, 7] == clv.p_alive(people((4, 7, 10)), clv.CDNOW).item()
    assert orders.loc[4, 7] == clv.expected_purchases(people((4, 7, 10)), clv.CDNOW, 10).item()


def test_split_sees_nothing_after_the_cutoff():
    log = pd.DataFrame({"id": list("aaab"), "day": ["2025-01-01", "2025-02-01", "2025-03-01", "2025-03-02"],
                        "paid": [10.0, 20, 500, 9]})
    columns = {"customer": "id", "date": "day", "amount": "paid"}
    table = clv.split(log, **columns, cutoff="2025-02-15", as_of="2025-03-31")
    alone = clv.summary(log[:2], **columns, as_of="2025-02-15")
    pd.testing.assert_frame_equal(table[alone.columns], alone)
    assert table["holdout_orders"].to_dict() == {"a": 1}


# --- refusals -------------------------------------------------------------------------------------------------------

LOG = pd.DataFrame({"id": ["a", "a", "b"], "day": ["2025-01-01", "2025-01-09", "2025-02-01"], "paid": [5.0, 6.0, 7.0]})


@pytest.mark.parametrize("change, as_of, code", [
    ({"paid": [5, -6, 7]}, "2025-03-01", "clv.returns"), ({"paid": "5 yuan"}, "2025-03-01", "input.not_numbers"),
    ({"id": ["a", None, "b"]}, "2025-03-01", "input.missing_values"), ({}, "2025-01-15", "input.after_as_of"),
    ({"day": "soon"}, "2025-03-01", "input.not_dates"), ({}, "soon", "input.not_a_day")])
def test_summary_refuses(change, as_of, code):
    with pytest.raises(InputError) as caught:
        clv.summary(LOG.assign(**change), customer="id", date="day", amount="paid", as_of=as_of)
    assert caught.value.code == code


@pytest.mark.parametrize("rows, code", [
    ([(1, 5, 9)], "clv.few_customers"), ([(0, 0, 9), (0, 0, 8)], "clv.no_repeats"),
    ([(1, 10, 9), (1, 5, 9)], "clv.inconsistent"), ([(0, 3, 9), (1, 5, 9)], "clv.inconsistent"),
    ([(1, 0, 9), (1, 5, 9)], "clv.inconsistent"), ([(1.5, 5, 9), (1, 5, 9)], "input.not_whole"),
    ([(-1, 5, 9), (1, 5, 9)], "input.out_of_range"), ([(3, 9, 9)] * 50, "clv.no_maximum")])
def test_fit_purchases_refuses_with_the_reason(rows, code):
    with pytest.raises(InputError) as caught:
        clv.fit_purchases(people(*rows))
    assert caught.value.code == code


@pytest.mark.parametrize("repeats, amounts, code", [
    ([0, 0, 3], [None, None, 20], "clv.no_repeats"), ([2, 3], [0, 20], "clv.no_amount"),
    ([2, 3], [None, 20], "input.missing_values"), ([2, 3, 4], [20, 20, 20], "clv.no_maximum")])
def test_fit_spend_refuses_with_the_reason(repeats, amounts, code):
    with pytest.raises(InputError) as caught:
        clv.fit_spend(pd.DataFrame({"repeats": repeats, "average_amount": amounts}))
    assert caught.value.code == code


def test_wrong_parameters_are_named():
    with pytest.raises(InputError, match="alpha"):
        clv.p_alive(people((1, 5, 9)), {"r": 1, "a": 1, "b": 1})
    with pytest.raises(InputError, match="q"):
        clv.expected_spend(pd.DataFrame({"repeats": [1], "average_amount": [5]}), {"p": 6, "q": .9, "v": 15})
    with pytest.raises(InputError, match="2026-01-01"):
        clv.split(LOG, customer="id", date="day", cutoff="2026-01-01", as_of="2025-03-01")
