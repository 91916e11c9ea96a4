"""Case 13: the club is made as it says, its prose states what its data gives, its game says what the model says."""

import ast
import functools
import html
import importlib.util
import re
import sys
from pathlib import Path

import ipywidgets as w
import numpy as np
import pandas as pd
import pytest

from casekit import datasets, idic, labels, loyalty, notebooks, plots, rfm, targeting, widgets
from casekit.errors import InputError

ROOT = Path(__file__).parents[1]
OPENS, COMMISSION, FIXED, BUDGET = "2021-12-31", 15_000, 150_000, 80_000
BACKGROUND = ["owns", "years_known", "age_years", "children", "income_band"]
BEFORE = [*BACKGROUND, "friends", "visits_before", "satisfaction_before"]
TABLES = ["households", "truth", "purchases", "referrals", "members", "points", "contacts"]


@functools.cache
def generator():
    sys.path.insert(0, str(ROOT / "datasets" / "make"))
    spec = importlib.util.spec_from_file_location("make_vanke", ROOT / "datasets" / "make" / "vanke.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@functools.cache
def bundled():
    return {name: datasets.load(f"vanke_{name}") for name in (*TABLES, "ways")}


def large(members, seed=1):
    """Return the tables of a larger club, its parts put together."""
    parts = list(generator().stream(members, seed))
    tables = {name: pd.concat([part[f"vanke_{name}"] for part in parts], ignore_index=True) for name in TABLES}
    return tables | {"ways": generator().ways()}


@functools.cache
def matched(outcome="recommended", on=tuple(BEFORE), owns=None):
    homes = bundled()["households"]
    return targeting.match(homes if owns is None else homes[homes["owns"] == owns], treated="member", outcome=outcome, on=list(on))


def effect(truth, homes):
    """What the club does to its members, as the truth says."""
    both = homes.merge(truth)
    return (both["recommended_with"] - both["recommended_without"])[both["member"] == 1]


# ---- the data


def calibration(tables, near):
    """Return a row a target: what is measured, what was aimed at, how far it may be off, and where the aim comes from."""
    homes, links, ways = tables["households"], tables["referrals"], tables["ways"].set_index("earn_way")
    members, talks = tables["members"], tables["contacts"]
    rates = homes.groupby("member")["recommended"].mean()
    found = targeting.match(homes, treated="member", outcome="recommended", on=BEFORE)
    true = effect(tables["truth"], homes).mean()
    bought = tables["purchases"].sort_values("order_date").groupby("customer_id")["order_date"]
    before = tables["purchases"].query("order_date <= @OPENS")["customer_id"].value_counts()
    bringers = links["referrer_id"].value_counts()
    filed = talks[talks["topic"] == "complaint"]
    rows = [
        ("owners among members", members["owns_now"].mean(), 0.55, 0.05, "published"),
        ("ways to earn points", len(ways), 8, 0, "published"),
        ("points for joining online", ways.at["join_online", "reward_points"], 5, 0, "published"),
        ("points for an adopted suggestion", ways.at["suggestion", "reward_points"], 10, 0, "published"),
        ("households that join", homes["member"].mean(), 0.48, 0.03, "invented"),
        ("members less others", rates[1] - rates[0], 0.14, 0.02, "invented"),
        ("true effect on members", true, 0.064, 0.01, "invented"),
        ("matched less true effect", found.effect - true, 0, near, "invented"),
        ("imbalance after matching", found.balance["difference_after"].abs().max(), 0, 0.1, "custom"),
        ("owners with one home", (before == 1).mean(), 0.89, 0.02, "invented"),
        ("years between two homes", bought.diff().dropna().dt.days.median() / 365.25, 8.5, 0.5, "invented"),
        ("newcomers who buy", links["bought"].mean(), 0.24, 0.02, "invented"),
        ("newcomers who join", links["joined"].mean(), 0.62, 0.03, "invented"),
        ("brought by the top tenth", bringers.head(len(bringers) // 10).sum() / len(links), 0.31, 0.03, "invented"),
        ("members who complain", filed["customer_id"].nunique() / len(members), 0.16, 0.02, "invented"),
        ("complaints still open", filed["closed_on"].isna().mean(), 0.07, 0.02, "invented"),
    ]
    plan = loyalty.points_plan(tables["ways"], ways["reward_points"], members=len(members), cost_per_point_cny=1)
    counts = tables["points"]["earn_way"].value_counts()
    # That year's members joined in the course of it, and homes are few: these two may be off further.
    rows += [(f"times a member: {way}", counts[way] / len(members), plan.at[way, "actions"] / len(members),
              0.25 * plan.at[way, "actions"] / len(members), "the ways' own rule") for way in ways.index]  # fmt: skip
    return pd.DataFrame(rows, columns=["target", "measured", "aim", "tolerance", "source"])


@pytest.mark.parametrize("size", ["bundled", pytest.param("large", marks=pytest.mark.slow)])
def test_the_club_is_calibrated(size):
    table = calibration(bundled(), 0.03) if size == "bundled" else calibration(large(9_000), 0.02)
    table["met"] = (table["measured"] - table["aim"]).abs() <= table["tolerance"] + 1e-12
    print("\n" + table.round(3).to_string(index=False))
    assert table.loc[~table["met"], "target"].tolist() == []


def test_the_files_are_what_the_generator_draws():
    made = generator().files()
    assert {path for path in made} == {entry["path"] for name in datasets.names() if name.startswith("vanke_")
                                       for entry in datasets.package.files(datasets.package.entry(name))}  # fmt: skip
    for path, text in made.items():
        assert (ROOT / "datasets" / path).read_bytes() == text.encode(), path
    assert sum(map(len, made.values())) < 1_000_000


def test_a_larger_club_begins_as_the_same_and_its_parts_fit():
    first, second = generator().stream(1_700, 5)
    assert first["vanke_households"]["member"].sum() == 1_500 and second["vanke_households"]["member"].sum() == 200
    alone = next(generator().stream(1_500, 5))
    assert all(frame.equals(first[name]) for name, frame in alone.items())
    for name, column in [("households", "customer_id"), ("referrals", "customer_id"), ("contacts", "contact_id")]:
        assert not pd.concat([part[f"vanke_{name}"][column] for part in (first, second)]).duplicated().any()


def test_everybody_in_the_tables_is_somebody():
    data = bundled()
    known = {*data["households"]["customer_id"], *data["referrals"]["customer_id"]}
    assert {*data["purchases"]["customer_id"], *data["referrals"]["referrer_id"], *data["members"]["customer_id"]} <= known
    assert {*data["points"]["customer_id"], *data["contacts"]["customer_id"]} <= {*data["members"]["customer_id"]}
    told = set(data["households"].query("recommended == 1")["customer_id"]) | set(data["referrals"].query("joined == 1")["customer_id"])
    assert set(data["referrals"]["referrer_id"]) <= told
    for name, column in [("points", "event_date"), ("contacts", "contact_date"), ("contacts", "closed_on"), ("purchases", "order_date")]:
        assert data[name][column].max() <= pd.Timestamp("2025-12-31")


@pytest.mark.parametrize("wrong, code", [({"size": 0}, "datasets.size"), ({"size": -5}, "datasets.size"), ({"size": 1.5}, "datasets.size"),
                                         ({"members": "many"}, "datasets.size"), ({"size": 9, "seed": -1}, "datasets.seed"),
                                         ({"years": 3}, "datasets.scale")])  # fmt: skip
def test_bad_parameters_get_one_clear_error(wrong, code, tmp_path):
    with pytest.raises(InputError) as refused:
        datasets.make("vanke", tmp_path, **wrong)
    assert refused.value.code == code and not any(tmp_path.iterdir())


def test_a_student_pack_never_holds_the_truth():
    assert "vanke_truth" in datasets.names() and "vanke_truth" not in datasets.names(truth=False)
    columns = [set(datasets.load(name).columns) for name in datasets.names(truth=False) if name.startswith("vanke_")]
    assert not set.union(*columns) & {"recommended_with", "recommended_without"}


@pytest.mark.parametrize("student", ["20250101", pytest.param("007", marks=pytest.mark.slow), pytest.param("张伟", marks=pytest.mark.slow)])
def test_variants_are_equally_hard(student):
    panel, families = (datasets.load(name, student) for name in ("vanke_panel", "vanke_families"))
    level = pd.cut(panel["satisfaction_before"], [0, 5, 7, 10])
    cells = panel.groupby(["owns", level, "member"], observed=True)["recommended"].agg(["mean", "size"]).unstack()
    plain = panel.groupby("member")["recommended"].mean().diff()[1]
    within = np.average(cells["mean"][1] - cells["mean"][0], weights=cells["size"][1])
    assert cells["size"].min(axis=None) >= 5 and 0.13 < plain < 0.25 and -0.02 < within < 0.13 and plain - within > 0.06
    assert families["family_id"].nunique() == 90 and families.groupby("family_id").size().min() >= 2


# ---- the prose


def facts():
    """Return the numbers that the cells of the chapter state, by cell, as they are written there."""
    data = bundled()
    homes, links, club, ways = (data[name] for name in ("households", "referrals", "members", "ways"))
    told = {"decision": [len(homes), homes["member"].sum()], "rfm-intro": [homes["owns"].sum()]}
    bought = data["purchases"].query("order_date <= @OPENS")
    measures = rfm.measure(bought, customer="customer_id", date="order_date", amount="amount_cny", as_of=OPENS)
    owners = homes[homes["owns"] == 1].set_index("customer_id")
    relation = owners[["satisfaction_before", "visits_before", "friends"]].rank(pct=True).mean(axis=1)
    scores = rfm.score(measures)["rfm_score"].reindex(owners.index), relation
    fifth = [targeting.gains(score, owners["recommended"])["gain"][2] for score in scores]
    assert (measures["frequency"] == 1).mean() > 0.88
    gaps = data["purchases"].groupby("customer_id")["order_date"].diff().dropna().dt.days / 365.25
    told["predict-rfm"] = [round(gaps.median(), 1)]
    told["explain-rfm"] = [round(100 * share) for share in fifth]
    told["again-read"] = [round(targeting.gains(scores[0], owners["bought"], bins=5)["lift"][1], 2)]

    rates, traits, before, sold = homes.groupby("member")["recommended"].mean(), matched(on=tuple(BACKGROUND)), matched(), matched("bought")
    real = effect(data["truth"], homes)
    told["matching"] = [round(100 * rates[1], 1), round(100 * rates[0], 1), round(100 * before.naive, 1)]
    told["explain-effect"] = [round(100 * each, 1) for each in (traits.effect, before.effect, real.mean(), before.low, before.high)]
    assert real.mean() < before.naive / 2 and before.balance["difference_after"].abs().max() < 0.1
    told["balance-read"] = [round(before.balance.at["satisfaction_before", "difference_before"], 2)]
    told["predict-owners"] = [round(100 * abs(each), 1) for each in sold[:4]]
    by = real.groupby(homes[homes["member"] == 1].set_axis(real.index)["owns"]).mean()
    told["explain-owners"] = [round(100 * each, 1) for each in (matched(on=tuple(BEFORE[1:]), owns=0).effect, by[0],
                                                                matched(on=tuple(BEFORE[1:]), owns=1).effect, by[1])]  # fmt: skip
    assert matched(on=tuple(BEFORE[1:]), owns=1).low < 0 < matched(on=tuple(BEFORE[1:]), owns=0).low

    people = loyalty.word_of_mouth(links, value="bought")
    buyers = links.loc[links["bought"] == 1, "customer_id"]
    told["network"] = [len(links), len(buyers)]
    told["explain-chains"] = [round(100 * (people["generation"][buyers] > 1).mean()), people["brought_in_all"].max(), people["generation"].max()]
    top = people.nlargest(1, "value_in_all").index[0]
    told["credit-read"] = [top[1:], people.at[top, "value_in_all"].astype(int), links.set_index("referrer_id").at[top, "customer_id"][1:],
                           people.at[top, "brought_in_all"] - 1]  # fmt: skip
    assert people.at[top, "value_directly"] == 0
    kind = links["referrer_id"].map(homes.set_index("customer_id")["owns"]).fillna(2)
    told["brought-by-read"] = [*links.groupby(kind)["bought"].sum(), len(buyers)]

    history = data["contacts"]
    review = idic.review(history, datasets.load("idic_channels"))
    told["differentiate-intro"] = [len(club)]
    told["complaints-intro"] = [round(100 * review["continuity"]), review["complaints"], review["complaints_open"]]
    filed = history.query("topic == 'complaint'").drop_duplicates("customer_id").set_index("customer_id")
    days = (filed["closed_on"] - filed["contact_date"]).dt.days
    handled = pd.Series(np.select([days <= 7, days > 7], ["fast", "slow"], "open"), filed.index)
    mood = club.groupby(club["customer_id"].map(handled).fillna("none"))["satisfaction_now"].mean().astype(float)
    told["customise-intro"] = [round(mood[name], 1) for name in ("fast", "none", "slow", "open")]

    points, n = data["points"], homes["member"].sum()
    cost = FIXED + points["reward_points"].sum()
    answers = points["earn_way"].isin(["survey", "profile", "suggestion"]).sum()
    saved = n * people["value_in_all"].reindex(homes.query("member == 1 and recommended == 1")["customer_id"]).mean() * COMMISSION / 4
    told["laboratory"] = [FIXED, points["reward_points"].sum(), COMMISSION, answers]
    told["explain-laboratory"] = [round(saved * before.naive - cost), round(cost - saved * before.effect),
                                  *(round((cost - saved * each) / answers) for each in (before.effect, before.high, before.low))]  # fmt: skip
    plan = loyalty.points_plan(ways, ways.set_index("earn_way")["reward_points"], members=len(club), cost_per_point_cny=1)
    told["explain-points"] = [round(100 * plan["anyway_cny"].sum() / plan["cost_cny"].sum())]
    best = loyalty.best_points(ways, members=len(club), cost_per_point_cny=1, budget_cny=BUDGET, levels=widgets.vanke.LEVELS)
    gains = loyalty.points_plan(ways, best, members=len(club), cost_per_point_cny=1)
    told["explain-game"] = [round(plan["gain_cny"].sum()), round(gains["gain_cny"].sum()), int(best["referral"])]
    assert gains["cost_cny"].sum() < 0.4 * plan["cost_cny"].sum() and gains["gain_cny"].sum() > 5 * plan["gain_cny"].sum()
    assert best[["purchase", "anniversary", "activity"]].eq(0).all() and best["suggestion"] == 30
    return told


@pytest.fixture(scope="module")
def counted():
    return facts()


@pytest.mark.slow
@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_the_prose_states_what_the_data_gives(counted, lang):
    cells = {cell.id: cell.source for cell in notebooks.read(ROOT / "notebooks" / f"13_case_vanke.{lang}.ipynb").cells}
    for name, numbers in counted.items():
        stated = re.findall(r"\d+(?:\.\d+)?", cells[name].replace(",", ""))
        for number in numbers:
            assert str(number) in stated, f"{name} does not state {number}"


@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_published_facts_have_source_and_date_and_the_rest_says_synthetic(lang):
    cells = {cell.id: cell.source for cell in notebooks.read(ROOT / "notebooks" / f"13_case_vanke.{lang}.ipynb").cells}
    assert ("合成" if lang == "zh" else "synthetic") in cells["title"]
    assert all(fact in cells["facts"] for fact in ("1998-08-15", "50", "60%", "5", "10", "2026-11", "[1]", "[2]"))
    assert "guayunfan.com" in cells["references"]


def test_the_outline_of_the_essay_stays_with_the_teacher():
    key = (ROOT / "exercises" / "keys" / "13_case_vanke.py").read_text("utf-8")
    outline = re.search(r'ESSAY_OUTLINE = """\n(.*?)"""', key, re.DOTALL)[1].splitlines()
    assert len(outline) > 10
    public = [path for path in (ROOT / "exercises").glob("13_case_vanke*") if path.is_file()]
    assert len(public) == 3
    for path in public:
        assert not any(line and line in path.read_text("utf-8") for line in outline)


# ---- the game


@pytest.fixture
def game():
    return widgets.points_game(bundled()["ways"], members=2_128, budget_cny=BUDGET)


def alt(face):
    return html.unescape(re.search('<img alt="([^"]*)"', face.picture.value)[1])


def test_the_game_shows_what_its_code_gives(game):
    with game.together():
        for name, value in {"purchase": 0, "anniversary": 0, "activity": 0, "referral": 250, "answer_cny": 60.0}.items():
            game.controls[name].value = value
    *lines, last = ast.parse(game.code).body
    names = {"ways": bundled()["ways"], "loyalty": loyalty, "plots": plots}
    exec(compile(ast.Module(lines, []), "shown", "exec"), names)
    assert eval(compile(ast.Expression(last.value), "shown", "eval"), names).alt == alt(game)


@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_the_game_tells_own_today_s_and_best_plan(lang):
    labels.use(lang)
    face = widgets.points_game(bundled()["ways"], members=2_128, budget_cny=BUDGET)
    line = html.unescape(re.findall("<p role='status'>(.*?)</p>", face.picture.value)[-1])
    budget, cost, own, today, best = [float(each.replace(",", "")) for each in re.findall(r"\d[\d,]*\d", line)]
    assert budget == BUDGET < cost and own == today < best
    assert all(box.description for box in face.controls.values() if isinstance(box, w.Widget)) and len(face.controls) == 9


@pytest.mark.slow
def test_nobody_beats_the_best_plan_within_the_budget():
    ways, rng = bundled()["ways"], np.random.default_rng(3)
    terms = {"members": 2_128, "cost_per_point_cny": 1}
    levels = [0, *widgets.vanke.LEVELS]
    best = loyalty.points_plan(ways, loyalty.best_points(ways, budget_cny=BUDGET, levels=levels[1:], **terms), **terms)
    assert best["cost_cny"].sum() <= BUDGET
    for _ in range(100):
        plan = loyalty.points_plan(ways, dict(zip(ways["earn_way"], rng.choice(levels, len(ways)), strict=True)), **terms)
        assert plan["cost_cny"].sum() > BUDGET or plan["gain_cny"].sum() <= best["gain_cny"].sum() + 1e-6
