import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from casekit import labels, satisfaction
from casekit.errors import InputError

SCALE = {"很不满意": 1, "不满意": 2, "一般": 3, "满意": 4, "很满意": 5}


def refused(code):
    class Code:
        def __enter__(self):
            self.caught = pytest.raises(InputError)
            self.info = self.caught.__enter__()

        def __exit__(self, *exit):
            handled = self.caught.__exit__(*exit)
            assert self.info.value.code == code
            return handled
    return Code()


# --- gaps -----------------------------------------------------------------------------------------------------------

@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 5), st.integers(1, 5)), min_size=1))
@settings(max_examples=30, deadline=None)
def test_gap_is_perceived_less_expected_and_its_shares_add_up(rows):
    table = satisfaction.gaps(pd.DataFrame(rows, columns=["item", "expected", "perceived"]))
    assert (table["gap"] - (table["perceived"] - table["expected"])).abs().max() < 1e-9
    assert table[list(satisfaction.FEELINGS)].sum(axis=1).to_numpy() == pytest.approx(1)
    assert table["answers"].sum() == len(rows) and table["gap"].is_monotonic_increasing


def test_gaps_refuse_text():
    with refused("input.not_numbers"):
        satisfaction.gaps(pd.DataFrame({"item": ["a"], "expected": ["good"], "perceived": [3]}))


# --- survey ---------------------------------------------------------------------------------------------------------

def test_survey_is_coded_reversed_and_reviewed():
    raw = pd.DataFrame({"q1": ["很满意", "一般", "一般", None], "q2": ["满意", "一般", None, None],
                        "q3": ["很不满意", "一般", "满意", "一般"]}, index=["ann", "bob", "cyd", "dan"])
    coded = satisfaction.code_survey(raw, items=["q1", "q2", "q3"], scale=SCALE, reverse=["q3"])
    assert coded.loc["ann", ["q1", "q2", "q3"]].tolist() == [5, 4, 5]
    assert coded["review"].to_dict() == {"ann": "usable", "bob": "straight_line", "cyd": "incomplete", "dan": "incomplete"}
    assert coded["missing_share"].round(2).tolist() == [0, 0, .33, .67]


def test_an_unknown_answer_is_named_by_row():
    raw = pd.DataFrame({"q1": ["满意", "还行"]}, index=["ann", "bob"])
    with pytest.raises(InputError, match="bob") as caught:
        satisfaction.code_survey(raw, items=["q1"], scale=SCALE)
    assert caught.value.code == "input.unknown_code"
    with refused("input.unknown_code"):
        satisfaction.code_survey(raw[:1], items=["q1"], scale=SCALE, reverse=["q9"])


def test_alpha_by_hand_and_by_its_other_definition():
    table = pd.DataFrame({"a": [1, 2, 3, 4, 5], "b": [2, 2, 3, 5, 4], "c": [1, 3, 2, 4, 5]})
    covariance = np.cov(table.T)
    k, mean_covariance = 3, covariance[~np.eye(3, dtype=bool)].mean()
    expected = k * mean_covariance / (np.trace(covariance) / k + (k - 1) * mean_covariance)
    assert satisfaction.cronbach(table) == pytest.approx(expected)
    assert satisfaction.cronbach(table.assign(b=np.nan).assign(b=table["b"])) == pytest.approx(expected)


@given(st.lists(st.lists(st.integers(1, 5), min_size=4, max_size=4), min_size=3, max_size=30))
@settings(max_examples=40, deadline=None)
def test_alpha_is_at_most_one_and_ignores_order_and_shift(rows):
    table = pd.DataFrame(rows, columns=list("abcd")).astype(float)
    assume(table.sum(axis=1).var() > 0)
    alpha = satisfaction.cronbach(table)
    assert alpha <= 1 + 1e-9
    assert satisfaction.cronbach(table[::-1][list("dcba")] * 2 + 7) == pytest.approx(alpha)


def test_a_bad_item_shows_itself():
    rng = np.random.default_rng(5)
    mind = rng.normal(size=300)
    table = pd.DataFrame({name: mind + rng.normal(size=300) for name in "abc"} | {"noise": rng.normal(size=300)})
    items = satisfaction.item_analysis(table)
    assert items["alpha_without"].idxmax() == "noise" == items["item_total"].idxmin()
    assert items.loc["noise", "alpha_without"] > satisfaction.cronbach(table)


def test_reliability_refuses_what_has_none():
    with refused("satisfaction.no_alpha"):
        satisfaction.cronbach(pd.DataFrame({"a": [1, 2]}))
    with refused("satisfaction.few_items"):
        satisfaction.item_analysis(pd.DataFrame({"a": [1, 2], "b": [1, 2]}))
    with refused("satisfaction.few_answers"):
        satisfaction.cronbach(pd.DataFrame({"a": [1, None], "b": [1, 2]}))


# --- drivers --------------------------------------------------------------------------------------------------------

def test_the_four_quadrants():
    coded = pd.DataFrame({"up": [5, 5, 5], "fix": [1, 1, 1], "over": [5, 5, 5], "low": [1, 1, 1], "all": [3, 4, 5]})
    table = satisfaction.importance_performance(coded, items=["up", "fix", "over", "low"], overall="all",
                                                importance={"up": 9, "fix": 9, "over": 1, "low": 1})
    assert table["quadrant"].to_dict() == {"up": "keep_up", "fix": "concentrate", "over": "overkill", "low": "low_priority"}


def test_derived_importance_needs_items_that_vary():
    coded = pd.DataFrame({"same": [3, 3, 3], "taste": [1, 2, 3], "all": [1, 2, 3]})
    with pytest.raises(InputError, match="same") as caught:
        satisfaction.importance_performance(coded, items=["same", "taste"], overall="all")
    assert caught.value.code == "satisfaction.constant"


@pytest.mark.parametrize("pair, code", [
    ((1, 5), "one_dimensional"), ((1, 3), "attractive"), ((3, 5), "must_be"), ((3, 3), "indifferent"),
    ((5, 1), "reverse"), ((3, 1), "reverse"), ((1, 1), "questionable"), ((5, 5), "questionable")])
def test_kano_evaluation_table(pair, code):
    table = satisfaction.kano(pd.DataFrame([("f", *pair)], columns=["feature", "functional", "dysfunctional"]))
    assert table["kano"].tolist() == [code] and table[code].item() == 1


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 5), st.integers(1, 5)), min_size=1))
@settings(max_examples=30, deadline=None)
def test_kano_shares_and_coefficients_stay_in_range(rows):
    table = satisfaction.kano(pd.DataFrame(rows, columns=["feature", "functional", "dysfunctional"]))
    assert table[list(satisfaction.KANO_CLASSES.values())].sum(axis=1).to_numpy() == pytest.approx(1)
    assert table["better"].dropna().between(0, 1).all() and table["worse"].dropna().between(-1, 0).all()


def test_of_equal_kano_classes_the_costlier_to_miss_is_named():
    rows = [("f", 1, 3), ("f", 3, 5)]
    assert satisfaction.kano(pd.DataFrame(rows, columns=["feature", "functional", "dysfunctional"]))["kano"].item() == "must_be"
    with refused("input.out_of_range"):
        satisfaction.kano(pd.DataFrame([("f", 6, 3)], columns=["feature", "functional", "dysfunctional"]))


# --- satisfaction and loyalty ---------------------------------------------------------------------------------------

@given(st.floats(1, 5), st.floats(1, 5))
def test_loyalty_rises_with_satisfaction_and_falls_with_competition(first, second):
    low, high = sorted((first, second))
    curves = [satisfaction.loyalty_curve([low, high], code) for code in satisfaction.COMPETITION]
    for curve in curves:
        assert 0 <= curve[0] <= curve[1] <= 1
    for weaker, stronger in zip(curves, curves[1:]):
        assert (stronger <= weaker + 1e-12).all()


@pytest.mark.parametrize("code", list(satisfaction.COMPETITION))
def test_the_curve_is_found_again(code):
    rng = np.random.default_rng(4)
    asked = pd.Series(rng.integers(1, 6, 40_000))
    stayed = pd.Series(rng.random(40_000) < satisfaction.loyalty_curve(asked, code))
    exponent = satisfaction.fit_loyalty_curve(asked, stayed.astype(int))
    assert exponent == pytest.approx(satisfaction.COMPETITION[code], rel=.05)


def test_a_curve_without_stayers_or_leavers_is_refused():
    for stayed in ([1, 1, 1], [0, 0, 0]):
        with refused("satisfaction.no_curve"):
            satisfaction.fit_loyalty_curve(pd.Series([2, 3, 4]), pd.Series(stayed))
    with refused("input.option"):
        satisfaction.loyalty_curve(3, "brutal")
    with refused("input.parameter"):
        satisfaction.loyalty_curve(6, "weak")


# --- post-purchase tree ---------------------------------------------------------------------------------------------

@given(st.floats(0, 1), st.floats(0, 10_000), st.floats(0, 1))
@settings(max_examples=30, deadline=None)
def test_tree_reaches_every_leaf_once_and_its_value_is_the_mean_of_the_leaves(satisfied, value, persuaded):
    tree = satisfaction.post_purchase(value, satisfied=satisfied, persuaded=persuaded)
    leaves = tree[tree["leaf"]]
    assert leaves["reach"].sum() == pytest.approx(1)
    assert tree["value"].iloc[0] == pytest.approx((leaves["reach"] * leaves["value"]).sum(), abs=1e-6)
    assert tree.loc["satisfied", "reach"] == pytest.approx(satisfied)
    assert tree.loc["satisfied", "loss"] == 0


def test_tree_by_hand():
    tree = satisfaction.post_purchase(1000, persuaded=.1, prospect_value=500)
    assert tree.loc["recommend", "value"] == pytest.approx(.9 * 1000 + 3 * .1 * 500)
    assert tree.loc["sue", "value"] == pytest.approx(-20 * .1 * 500 - 2000)
    assert tree.loc["repurchase", "reach"] == pytest.approx(.8 * .6 * .7)
    assert tree.loc["stop_buying", "value"] == 0


def test_bad_trees_are_refused():
    columns = ["node", "parent", "probability", "stays", "told", "cost_cny"]
    tree = pd.DataFrame([("buy", "", 1, "", "", ""), ("a", "buy", .7, 1, 0, 0), ("b", "buy", .2, 0, 0, 0)], columns=columns)
    with pytest.raises(InputError, match="buy") as caught:
        satisfaction.post_purchase(100, tree=tree)
    assert caught.value.code == "satisfaction.fork"
    with refused("input.unknown_code"):
        satisfaction.post_purchase(100, tree=tree.assign(parent=["", "buy", "sell"]))
    with refused("input.duplicates"):
        satisfaction.post_purchase(100, tree=tree.assign(node=["buy", "a", "a"]))
    with refused("input.parameter"):
        satisfaction.post_purchase(-5)


# --- service-profit chain -------------------------------------------------------------------------------------------

TRUE_PATHS = dict(zip(satisfaction.CHAIN, (.6, .5, .4, .5, .3, .7, .6, .5)))


def stores(number, seed):
    """Stores whose links have standard deviation one, so that the true paths are standardised."""
    rng = np.random.default_rng(seed)
    table = {"internal_quality": rng.normal(size=number)}
    for target in dict.fromkeys(target for _, target in satisfaction.CHAIN):
        pull = sum(weight * table[source] for (source, end), weight in TRUE_PATHS.items() if end == target)
        table[target] = pull + rng.normal(size=number) * np.sqrt(1 - np.var(pull))
    return pd.DataFrame(table)


def test_the_paths_are_found_again_within_their_errors():
    paths = satisfaction.service_profit_chain(stores(4000, seed=8) * 12 + 50)  # units do not matter
    off = (paths["coefficient"] - list(TRUE_PATHS.values())) / paths["standard_error"]
    assert off.abs().max() < 3.5 and paths["standard_error"].between(.005, .03).all()
    assert list(zip(paths["source"], paths["target"])) == list(satisfaction.CHAIN)


def test_path_estimates_are_those_of_scipy():
    from scipy.stats import linregress

    pair = stores(50, seed=1)[["customer_satisfaction", "customer_loyalty"]]
    path = satisfaction.service_profit_chain(pair, [("customer_satisfaction", "customer_loyalty")]).iloc[0]
    theirs = linregress(*((pair - pair.mean()) / pair.std()).to_numpy().T)
    assert path["coefficient"] == pytest.approx(theirs.slope) and path["r_squared"] == pytest.approx(theirs.rvalue ** 2)
    assert path["standard_error"] == pytest.approx(theirs.stderr)


def test_total_effects_multiply_along_paths_and_add_over_them():
    paths = pd.DataFrame([(*path, weight) for path, weight in TRUE_PATHS.items()],
                         columns=["source", "target", "coefficient"])
    effects = satisfaction.total_effects(paths)
    assert effects.loc["employee_satisfaction", "service_value"] == pytest.approx(.5 * .5 + .4 * .3)
    assert effects.loc["internal_quality", "profit_growth"] == pytest.approx(.6 * (.5 * .5 + .4 * .3) * .7 * .6 * .5)
    assert effects.loc["profit_growth", "internal_quality"] == 0


def test_what_cannot_be_estimated_is_refused():
    table = stores(30, seed=2)
    with refused("satisfaction.constant"):
        satisfaction.service_profit_chain(table.assign(service_value=3))
    with refused("satisfaction.not_estimable"):
        satisfaction.service_profit_chain(table[:2])
    with refused("satisfaction.not_estimable"):
        satisfaction.service_profit_chain(table.assign(employee_productivity=table["employee_loyalty"]))
    with refused("missing_column"):
        satisfaction.service_profit_chain(table.drop(columns="profit_growth"))
    loop = pd.DataFrame({"source": ["a", "b"], "target": ["b", "a"], "coefficient": [.5, .5]})
    with refused("satisfaction.loop"):
        satisfaction.total_effects(loop)


# --- service blueprint ----------------------------------------------------------------------------------------------

def test_the_blueprint_holds_the_steps_roles_and_lines_of_the_course():
    steps = satisfaction.blueprint()
    assert steps[steps["lane"] == "customer"].index.tolist() == ["arrive", "order", "receive", "eat", "leave"]
    assert set(steps["role"]) == {"customer", "order_taker", "cook", "cleaner", "logistics"}
    assert steps["wait"].sum() == 2 and steps["fail"].sum() > 5
    assert (steps["status"] == "source").all() and (steps["edge_status"] == "reconstructed").all()


def test_flows_cross_the_lines_between_their_lanes():
    flows = satisfaction.flows(satisfaction.blueprint()).set_index(["source", "target"])
    assert flows.loc[("fetch", "receive")].tolist() == [True, False, False]
    assert flows.loc[("ask_to_wait", "cook")].tolist() == [False, True, False]
    assert flows.loc[("purchase", "cook")].tolist() == [False, False, True]
    assert flows.loc[("leave", "clean_table")].tolist() == [True, True, False]
    assert flows.loc[("receive", "eat")].tolist() == [False, False, False]


@pytest.mark.parametrize("change, code", [
    ({"lane": "roof"}, "input.unknown_code"), ({"next": "nowhere"}, "input.unknown_code"), ({"id": "same"}, "input.duplicates"),
    ({"minutes": "-1"}, "input.out_of_range"), ({"wait": "often"}, "input.unknown_code")])
def test_bad_blueprints_are_refused(change, code):
    steps = satisfaction.blueprint().reset_index().replace({True: "yes", False: "no"})
    with refused(code):
        satisfaction.blueprint(steps.assign(**change))


def test_every_code_has_a_label():
    steps = satisfaction.blueprint()
    keys = [f"feeling.{code}" for code in satisfaction.FEELINGS] + [f"quadrant.{code}" for code in satisfaction.QUADRANTS]
    keys += [f"kano.{code}" for code in satisfaction.KANO_CLASSES.values()]
    keys += [f"competition.{code}" for code in satisfaction.COMPETITION]
    keys += [f"chain.{name}" for path in satisfaction.CHAIN for name in path]
    keys += [f"lane.{code}" for code in satisfaction.LANES] + [f"line.{code}" for code in satisfaction.LINES]
    keys += [f"role.{code}" for code in steps["role"].unique()]
    keys += [f"review.{code}" for code in ("usable", "incomplete", "straight_line")]
    assert set(keys) <= set(labels.table())
