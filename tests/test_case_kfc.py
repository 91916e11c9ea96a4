"""The KFC case: its data keep what is published and what was sown, its chapter states what its cells give."""

import ast
import html
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from casekit import alerts, crm, datasets, labels, notebooks, plots, satisfaction, targeting, widgets
from casekit.errors import InputError

ROOT = Path(__file__).parents[1]
SEGMENTS = ("regular", "cooling", "occasional", "lapsed")


@pytest.fixture(scope="module")
def data():
    names = ("members", "members_truth", "orders", "trial", "trial_truth", "survey", "facts")
    return {name: datasets.load(f"kfc_{name}") for name in names}


def segments(orders, members, as_of):
    """Return each member's segment by the rule that the card of the trial names, written another way than the chapter's."""
    known = orders.dropna(subset="member_id")
    age = (pd.Timestamp(as_of) - known["order_date"]).dt.days
    found = {}
    for member, ages in age[age < 365].groupby(known["member_id"]):
        found[member] = "occasional" if len(ages) < 4 else "regular" if ages.min() <= 60 else "cooling"
    return members["member_id"].map(found).fillna("lapsed")


# ---- calibration


def calibration(data):
    """Return target, tolerance and what the data give, by name."""
    facts = data["facts"].set_index("year_end")
    orders, joined = data["orders"], data["members"]["joined_on"].dt.year
    year = orders["order_date"].dt.year
    count, active, sales = {}, {}, {}
    for one in (2023, 2024, 2025):
        count[one] = (joined <= one).sum()
        rows = orders[year == one]
        active[one] = rows["member_id"].nunique()
        by = rows.groupby([rows["member_id"].notna(), rows["channel"].isin(["delivery", "platform"])])["amount_cny"].sum()
        sales[one] = by / by.sum()
    rows = [("members' growth in 2025", 0.13, 0.01, count[2025] / count[2024] - 1),
            ("active members' growth in 2025", 0.13, 0.02, active[2025] / active[2024] - 1),
            ("active share, end of 2025", facts.at[2025, "active_million"] / facts.at[2025, "members_million"], 0.01, active[2025] / count[2025])]
    for one in (2024, 2025):
        rows += [(f"members' share of sales {one}", facts.at[one, "member_share"], 0.015, sales[one][True].sum()),
                 (f"delivery's share of sales {one}", facts.at[one, "delivery_share"], 0.015, sales[one][:, True].sum())]
    rows += [("accept messages (invented)", 0.78, 0.015, data["members"]["accepts_messages"].mean()),
             ("trial: share without a message (invented)", 0.25, 0.01, (data["trial"]["message"] == "control").mean())]
    return pd.DataFrame(rows, columns=["target", "value", "tolerance", "found"]).set_index("target")


def test_what_is_published_comes_out_of_the_data(data):
    table = calibration(data)
    print("\n", table.assign(off=table["found"] - table["value"]).round(4).to_string())
    assert ((table["found"] - table["value"]).abs() <= table["tolerance"]).all(), table


def test_the_card_owns_up_to_the_invented_growth(data):
    years = data["orders"].groupby(data["orders"]["order_date"].dt.year)["amount_cny"].agg(["sum", "size", "mean"])
    grown = [f"{rise:.0%}" for rise in years.loc[2025] / years.loc[2024] - 1]
    for lang in labels.LANGUAGES:
        labels.use(lang)
        card = datasets.card("kfc_orders")._repr_markdown_()
        assert all(rise in card for rise in grown), (lang, grown)


def test_the_trial_keeps_its_true_effects(data):
    cell = ["segment", "message", "timing", "times"]
    seen = data["trial"].groupby(cell)[["ordered", "opted_out", "margin_cny"]].agg(["mean", "size"])
    truth = data["trial_truth"].set_index(cell).loc[seen.index]
    assert len(seen) == len(truth) == 4 * 19
    for column, name in (("ordered", "order_rate"), ("opted_out", "leave_rate"), ("margin_cny", "margin_cny")):
        rate = truth["order_rate"] if name == "margin_cny" else truth[name]
        spread = (truth["margin_cny"] / rate if name == "margin_cny" else 1) * 1.2 * np.sqrt(rate * (1 - rate))
        far = (seen[column, "mean"] - truth[name]) / spread * np.sqrt(seen[column, "size"])
        assert far.abs().max() < 4 and abs(far.mean()) < 0.4, (name, far.abs().max())


def test_the_trial_was_drawn_at_random(data):
    table = pd.crosstab(data["trial"]["segment"], data["trial"]["message"], normalize="index")
    assert ((table - 0.25).abs() < 0.015).all(axis=None) and data["trial"]["segment"].value_counts().nunique() == 1


def test_moved_members_are_unknown_and_gone_ones_silent(data):
    truth, known = data["members_truth"].set_index("member_id"), data["orders"].dropna(subset="member_id")
    left = known["member_id"].map(truth["left_on"])
    assert (left.isna() | (known["order_date"] < left)).all()
    assert not (known["channel"] == "platform").any()
    assert (truth["left_on"].isna() == (truth["member_state"] == "here")).all()
    joined = known["member_id"].map(data["members"].set_index("member_id")["joined_on"])
    assert (known["order_date"] >= joined).all()


def test_points_and_levels_follow_the_invented_rules(data):
    orders = data["orders"][data["orders"]["order_date"] > "2024-12-31"].dropna(subset="member_id")
    members = data["members"].set_index("member_id")
    spent = orders.groupby("member_id")["amount_cny"].sum().reindex(members.index, fill_value=0)
    assert (np.array(["basic", "silver", "gold"])[np.digitize(spent, [300, 800])] == members["member_level"]).all()
    used = np.floor(spent) - members["points_balance"]
    assert used.between(0, spent).all() and (used % 100 == 0).all() and 0.5 < (used == 0).mean() < 0.95


def test_the_survey_hides_what_drives_it(data):
    items = [name for name in data["survey"] if name.startswith("mark_") and name != "mark_overall"]
    table = satisfaction.importance_performance(data["survey"].astype(dict.fromkeys(items, float)), items=items, overall="mark_overall")
    assert table["performance"].idxmin() == "mark_collect" == table["importance"].idxmin()
    assert table["quadrant"]["mark_ask_to_wait"] == "concentrate"
    assert {f"mark_{step}" for step in satisfaction.blueprint().index} >= set(items)
    back = data["survey"].groupby("mark_overall")["came_back"].mean()
    assert back[5] - back[2] > 0.3


def test_own_rhythm_finds_who_left_better_than_one_cut(data):
    known = data["orders"].dropna(subset="member_id")
    quiet = alerts.silence(known, customer="member_id", date="order_date", as_of=datasets.as_of("kfc_orders"))
    quiet = quiet[(quiet["silent_days"] <= 365) & (quiet["orders"] >= 3)]
    lost = data["members_truth"].set_index("member_id")["member_state"].reindex(quiet.index) != "here"
    precision = {"cut": lost[quiet["silent_days"] > 60].mean(), "rhythm": lost[quiet["silence_chance"] < 0.05].mean()}
    assert precision["rhythm"] > 2 * precision["cut"]


# ---- the generator


@pytest.mark.slow
def test_it_streams_the_same_kind_in_chunks_of_bounded_size():
    from casekit.datasets.making import _generator

    made = list(_generator("kfc").stream(25_000, 5))
    assert [len(each["kfc_members"]) for each in made] == [12_000, 12_000, 1_000]
    for name, key in (("kfc_members", "member_id"), ("kfc_orders", "order_id"), ("kfc_trial", "trial_id"), ("kfc_survey", "guest_id")):
        ids = pd.concat([each[name][key] for each in made])
        assert ids.is_unique and ids.is_monotonic_increasing and ids.str.len().nunique() == 1
        assert list(made[0][name]) == list(datasets.load(name))
    again = next(_generator("kfc").stream(12_000, 5))
    pd.testing.assert_frame_equal(made[1]["kfc_survey"].head(0), again["kfc_survey"].head(0))
    assert ["kfc_trial_truth" in each for each in made] == [True, False, False]


@pytest.mark.parametrize("size", [0, -3, 1.5, "many"])
def test_a_bad_size_gets_one_clear_error(size, tmp_path):
    with pytest.raises(InputError) as refused:
        datasets.make("kfc", tmp_path / "out", members=size)
    assert refused.value.code == "datasets.size" and "{" not in str(refused.value) and not (tmp_path / "out").exists()


# ---- power, many comparisons, plans


def test_power_agrees_with_the_sample_size_and_with_throwing_dice():
    for base, lift in ((0.1, 0.02), (0.3, -0.05), (0.006, 0.02)):
        assert targeting.power(base, lift, targeting.sample_size(base, lift)) == pytest.approx(0.8, abs=0.001)
    rng = np.random.default_rng(3)
    a, b = rng.binomial(400, 0.10, 20_000) / 400, rng.binomial(800, 0.16, 20_000) / 800
    pooled = (a * 400 + b * 800) / 1200
    seen = abs(b - a) > 1.96 * np.sqrt(pooled * (1 - pooled) * (1 / 400 + 1 / 800))
    assert targeting.power(0.10, 0.06, (400, 800)) == pytest.approx(seen.mean(), abs=0.015)
    for wrong in ({"base": 1.2, "lift": 0.1}, {"base": 0.1, "lift": 0.0}, {"base": 0.1, "lift": 0.1, "people": 0}):
        with pytest.raises(InputError):
            targeting.power(**{"people": 100} | wrong)


@settings(max_examples=40)
@given(some.lists(some.floats(0, 1), min_size=1, max_size=12))
def test_holm_is_larger_in_the_same_order_and_between_bonferroni_and_nothing(values):
    p = pd.Series(values, index=[f"t{i}" for i in range(len(values))])
    adjusted = targeting.holm(p)
    assert adjusted.index.equals(p.index) and (adjusted >= p - 1e-15).all()
    assert (adjusted <= (p * len(p)).clip(upper=1) + 1e-12).all()
    assert adjusted[p.sort_values(kind="stable").index].is_monotonic_increasing


def test_holm_as_published():
    # Holm's procedure by hand: 4 × .005, 3 × .011, 2 × .02, then never below the one before.
    assert targeting.holm(pd.Series([0.02, 0.005, 0.04, 0.011])).round(4).tolist() == [0.04, 0.02, 0.04, 0.033]


def test_arms_are_compared_within_groups(data):
    table = targeting.compare_arms(data["trial"], "ordered", within="segment")
    assert table.index.names == ["segment", "message"] and len(table) == 12
    own = data["trial"].query("segment == 'lapsed'")
    groups = own.groupby("message")["ordered"]
    one = targeting.ab_test(groups.get_group("control"), groups.get_group("coupon"))
    assert tuple(table.loc[("lapsed", "coupon"), list(one._fields)]) == one
    assert np.allclose(table["p_holm"], targeting.holm(table["p_value"]))
    for wrong in ({"control": "nobody"}, {"outcome": "sales"}, {"within": "town"}):
        with pytest.raises(InputError):
            targeting.compare_arms(data["trial"], **{"outcome": "ordered"} | wrong)


def moves(data, timing, times, people):
    truth = data["trial_truth"]
    cells = truth[(truth["message"] == "control") | ((truth["timing"] == timing) & (truth["times"] == times))]
    return crm.messages(cells, people, cost_cny=0.04, given_cny={"coupon": 6, "points": 1.5}, leaver_cny=dict.fromkeys(SEGMENTS, 10))


def test_a_plan_is_the_best_of_all_within_its_budget(data):
    from itertools import product

    options = moves(data, "lunch", 2, dict(zip(SEGMENTS, (1200, 600, 2300, 5000), strict=True)))
    for budget in (0, 200, 1000, 9999):
        choices = [[None, *rows.index] for _, rows in options.groupby("segment")]
        tried = [options.loc[[row for row in choice if row is not None]] for choice in product(*choices)]
        best = max(each["profit_cny"].sum() for each in tried if each["outlay_cny"].sum() <= budget)
        chosen = crm.plan(options, budget)
        assert chosen["profit_cny"].sum() == pytest.approx(best) and chosen["outlay_cny"].sum() <= budget
        assert chosen["segment"].is_unique


def test_money_of_a_message_by_hand(data):
    row = moves(data, "lunch", 1, dict.fromkeys(SEGMENTS, 1000)).set_index(["segment", "message"]).loc[("regular", "coupon")]
    assert row["outlay_cny"] == pytest.approx(1000 * (0.04 + 0.51 * 6))
    assert row["profit_cny"] == pytest.approx(1000 * (0.51 * 9 - 0.45 * 15 - 0.04 - 0.003 * 10))


def test_plans_refuse_what_they_cannot_read(data):
    cells = data["trial_truth"]
    for wrong in (cells[cells["message"] != "control"], cells.drop(columns="leave_rate"), cells.iloc[:0]):
        with pytest.raises(InputError):
            crm.messages(wrong, dict.fromkeys(SEGMENTS, 1), cost_cny=0.04)
    with pytest.raises(InputError):
        crm.messages(cells, {"regular": 5}, cost_cny=0.04)
    with pytest.raises(InputError):
        crm.messages(cells, dict.fromkeys(SEGMENTS, 1), cost_cny=-1)


# ---- the blueprint


def test_a_touchpoint_reaches_every_lane_it_is_joined_to():
    steps = satisfaction.blueprint()
    for step in steps.index:
        near = satisfaction.touchpoint(steps, step)
        assert near.at[step, "hops"] == 0 and set(near["lane"]) == set(steps["lane"])
        assert near.groupby("lane")["hops"].nunique().max() == 1
    alone = steps.assign(next="")
    assert satisfaction.touchpoint(alone, "cook").index.tolist() == ["cook"]
    with pytest.raises(InputError):
        satisfaction.touchpoint(steps, "drive_through")


# ---- the chapter


@pytest.fixture(scope="module")
def ran():
    from test_chapter_idic import LEFT_OUT, run

    at = run("12_case_kfc", (*LEFT_OUT, "known"))
    labels.use("zh")
    return at


def told(at):
    """Return the numbers that the cells of the chapter state, by cell of prose."""
    facts, years = at["facts"].set_index("year_end").loc[2025], at["sums"]
    head = at["per_member"]
    quality, worth = at["quality"].set_index("way"), at["table"]
    overall, margin = {name: each["lift"] for name, each in at["outcomes"].items()}, at["margin"]
    lift = margin["lift"].round(2)
    news, fatigue = margin.loc[("regular", "new_product")], at["fatigue"]
    when = at["compared"]["lift"].droplevel("timing")
    money, plans = at["money"][["promised_cny", "delivered_cny"]].sum().round(), {}
    for times in (1, 2):
        rows = at["real"][(at["real"]["timing"] == "lunch") & (at["real"]["times"] == times)]
        plans[times] = crm.plan(rows, at["BUDGET"])[["outlay_cny", "profit_cny"]].sum().round()
    return {
        "decision": [len(at["members"]), at["BUDGET"]],
        "explain-members": [round(100 * facts["active_million"] / facts["members_million"]), *(round(100 * at["facts"].set_index("year_end").at[year, "member_share"]) for year in (2024, 2025))],
        "who-known": [len(at["orders"])],
        "predict-known": [round(100 * (years["active_members"].pct_change()[2025]))],
        "explain-known": [*years["active_members"], *head.round(), -round(100 * head.pct_change()[2025])],
        "predict-touch": [round(at["marks"].at[name, "mark"], 1) for name in ("collect", "ask_to_wait")],
        "explain-touch": [*(round(at["drivers"].at[name, "importance"], 2) for name in ("collect", "ask_to_wait")), *(100 * at["back"].mean()).round()],
        "silence": [len(at["watched"]), at["left"].sum(), at["CUT"], at["CHANCE"]],
        "predict-silence": [*quality["alarms"]],
        "explain-silence": [*quality["alarms"], *(100 * quality[["precision", "recall"]]).round().to_numpy().ravel(), at["left"][at["warned"].index].sum()],
        "where-read": [at["where"]["moved"], at["where"]["gone"], at["CALL"]],
        "worth-read": [worth["people"][:2].sum(), round(worth["profit_cny"][:2].sum()), worth["people"]["C"], round(worth["yearly_margin_cny"]["C"]),
                       -round(worth["profit_cny"]["C"]), round(worth["profit_cny"].sum(), -1), len(at["trial"]), 17],
        "power-read": [400, round(100 * targeting.power(0.17, 0.02, 400)), targeting.sample_size(0.17, 0.02)],
        "explain-overall": [round(100 * overall["ordered"]["coupon"], 1), round(100 * overall["ordered"]["new_product"], 1), -round(overall["margin_cny"]["coupon"], 2)],
        "segments-read": [-lift["regular", "coupon"], lift["cooling", "points"], lift["occasional", "new_product"], lift["lapsed", "coupon"]],
        "holm-read": [round(news["p_value"], 3), round(news["p_holm"], 2), round(news["low"], 2), round(news["high"], 2)],
        "predict-times": [np.mean([*at["LEAVER"].values()]), at["FULL_MARGIN"]],
        "explain-times": [round(fatigue.at[2, "profit_cny"], 2), round(fatigue.at[4, "profit_cny"], 2), np.floor(1000 * fatigue.at[4, "leave_rate"]) / 10],
        "decide": [round(100 * when["ordered"], 1), -round(100 * when["opted_out"], 1)],
        "predict-promise": [money["promised_cny"], 4 * 3 * 2 * 3],
        "explain-promise": [money["delivered_cny"]],
        "your-decision": [*plans[1], *plans[2], *(plans[1] - plans[2])],
    }


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_prose_states_what_the_cells_give(ran, lang):
    cells = {cell.id: cell.source for cell in notebooks.read(ROOT / "notebooks" / f"12_case_kfc.{lang}.ipynb").cells}
    stated = {name: {float(n) for n in re.findall(r"\d+(?:\.\d+)?", cells[name].replace(",", ""))} for name in told(ran)}
    lacking = [(name, float(n)) for name, numbers in told(ran).items() for n in numbers if round(float(n), 4) not in stated[name]]
    assert lacking == []


@pytest.mark.slow
def test_the_story_holds(ran):
    margin = ran["margin"]
    sure = margin[margin["p_holm"] < 0.05]["lift"]
    assert (margin["p_value"] < 0.05).sum() == 6 and len(sure) == 5, "six before, five after the correction"
    assert sure[sure > 0].index.tolist() == [("cooling", "points"), ("occasional", "new_product"), ("lapsed", "coupon")]
    everyone = ran["real"].query("message == 'coupon' and timing == 'lunch' and times == 1")["profit_cny"].sum()
    assert -2900 < everyone < -2850, "a coupon for everyone loses almost 2,900"
    assert (ran["picked"]["times"] == 4).sum() == 3, "three of four picks are four times"
    assert ran["fatigue"]["profit_cny"].idxmax() == 2 and ran["fatigue"]["order_rate"].idxmax() == 4


# ---- the controls

PEOPLE = dict(zip(SEGMENTS, (1297, 619, 2318, 5275), strict=True))
COSTS = {"cost_cny": 0.04, "given_cny": {"coupon": 6, "points": 1.5}, "leaver_cny": dict(zip(SEGMENTS, (15, 18, 10, 3), strict=True))}


@pytest.fixture
def game(data):
    labels.use("en")
    return widgets.kfc_game(data["trial"], data["trial_truth"], PEOPLE, 1600, COSTS)


def bars_of(face):
    """Return what the bars say: name and yuan."""
    words = re.findall(r"<text[^>]*>(.*?)</text>", face.picture.value)
    return {name: float(note.removesuffix(" yuan").replace(",", "").replace("−", "-")) for name, note in zip(words[::2], words[1::2], strict=True)}


def test_the_game_shows_what_its_code_gives(game, data):
    for name, value in {"regular": "new_product", "cooling": "points", "timing": "lunch", "times": 2}.items():
        game.controls[name].value = value
    assert list(bars_of(game)) == ["Promised by the trial"], "nothing is told before the roll-out"
    game.controls["rolled_out"].value = True
    names = {"trial": data["trial"], "truth": data["trial_truth"], "people": PEOPLE, "costs": COSTS, "pd": pd, "crm": crm}
    *lines, last = ast.parse(game.code).body
    exec(compile(ast.Module(lines, []), "shown", "exec"), names)  # noqa: S102
    result = eval(compile(ast.Expression(last.value), "shown", "eval"), names)  # noqa: S307
    shown = bars_of(game)
    assert [shown["Promised by the trial"], shown["What came of it"]] == result.loc["profit_cny", ["promised", "delivered"]].round().tolist()
    assert f"{result.at['outlay_cny', 'promised']:,.0f} yuan" in game.picture.value


def test_no_plan_within_the_budget_beats_the_best(game):
    game.controls["rolled_out"].value = True
    best = bars_of(game)["Best within the budget"]
    for segment, message in zip(SEGMENTS, ("new_product", "points", "new_product", "coupon"), strict=True):
        game.controls[segment].value = message
    assert bars_of(game)["What came of it"] == best and "enough" in game.picture.value
    game.controls["regular"].value = "coupon"
    assert bars_of(game)["What came of it"] < best and "above the budget" in game.picture.value


@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_the_viewer_tells_what_stands_behind_each_step(lang):
    labels.use(lang)
    steps = satisfaction.blueprint()
    marks = pd.DataFrame({"mark": [2.8, 3.0], "low_share": [0.4, 0.3]}, ["collect", "ask_to_wait"])
    face = widgets.blueprint_viewer(marks=marks)
    assert face.controls["step"].value == "collect"
    face.controls["step"].value = "ask_to_wait"
    rows = re.findall("<tr.*?</tr>", face.picture.value)[1:]
    near = satisfaction.touchpoint(steps, "ask_to_wait")
    assert [re.findall("<td[^>]*>(.*?)</td>", row)[1] for row in rows] == steps.loc[near.index, lang].tolist()
    assert face.code == 'plots.blueprint_touchpoint(satisfaction.blueprint(), "ask_to_wait", marks)'
    shown = eval(face.code, {"plots": plots, "satisfaction": satisfaction, "marks": marks})  # noqa: S307
    assert shown.alt == html.unescape(re.search('<img alt="([^"]*)"', face.picture.value)[1])


@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_every_control_has_a_name_in_words(lang, data):
    from test_widgets import every

    labels.use(lang)
    game = widgets.kfc_game(data["trial"], data["trial_truth"], PEOPLE, 1600, COSTS)
    for face in (game, widgets.blueprint_viewer()):
        for each in every(face):
            if hasattr(each, "description") and type(each).__name__ != "HTML":
                assert each.description and each.description not in face.controls
