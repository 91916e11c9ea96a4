"""Widgets in a real JupyterLab, driven by mouse and by keyboard; what they show is what the models give."""

import pytest
from test_browser_chapters import grave

from casekit import behaviour, bullseye, datasets, labels, quiz, rfm
from casekit.plots.chart import number, percent
from casekit.widgets.idic import apart, campaign, know

pytestmark = pytest.mark.browser

COLUMNS = {"customer": "customer_id", "date": "order_date", "amount": "amount_cny"}
CELLS = {
    "start": """
import casekit
from casekit import bullseye, datasets, widgets
from casekit.widgets import quiz
casekit.start("{lang}")
orders = datasets.load("orders").drop_duplicates()""",
    "explorer": "face = widgets.rfm_explorer(orders, as_of='2025-12-31', "
    "customer='customer_id', date='order_date', amount='amount_cny')\nface",
    "quiz": "quiz.show('04_rfm')",
    "scorecard": "widgets.scorecard()",
    "planner": """
names = ["records", "sales", "consents", "contacts", "channels", "offers", "identity_truth", "response_truth"]
widgets.idic_planner({name: datasets.load(f"idic_{name}") for name in names}, "2025-12-31")""",
    "game": """
users = datasets.load("taobao_panel").set_index("user_id")
widgets.budget_game(users, users["margin_cny"], cost_cny=2, budget_cny=400)""",
}


@pytest.fixture(scope="module", params=["zh", "en"])
def opened(window, request):
    """A notebook with nothing but widgets, all its cells run: one for all tests of a language."""
    shown = window.show(f"widgets.{request.param}", [source.replace("{lang}", request.param) for source in CELLS.values()])
    assert [cell["errors"] + [cell["stderr"]] for cell in shown] == [[""]] * len(CELLS)
    yield window, request.param
    window.clear()


@pytest.fixture
def page(opened, request):
    desk, lang = opened
    labels.use(lang)
    yield desk
    desk.photograph(f"widgets-{request.node.originalname.replace('test_', '')}-{lang}")


def cell(desk, name):
    """The cell of one widget, run anew."""
    return desk.run_cell([*CELLS].index(name))


def word(key, **named):
    return labels.text(key, **named)


def moved(measures, scheme, weights=(1, 1, 1)):
    """The line below the picture of the explorer, counted anew."""
    start, now = rfm.segment(rfm.score(measures)), rfm.segment(rfm.score(measures, scheme, weights=weights))
    lists = [set(each.nlargest(200, ["rfm_score", "monetary"]).index) for each in (start, now)]
    return word("widget.rfm", n=len(now), cells=now["rfm_code"].nunique(), both=len(now), top=200, kept=len(lists[0] & lists[1]),
                moved=(start["segment"] != now["segment"]).sum())  # fmt: skip


def test_the_rfm_explorer_by_mouse_and_by_keyboard(page):
    measures = rfm.measure(datasets.load("orders").drop_duplicates(), as_of="2025-12-31", future="drop", **COLUMNS)
    face = cell(page, "explorer")
    says = lambda line: face.get_by_text(line, exact=True).wait_for()  # noqa: E731
    says(moved(measures, {"bins": 5}))
    # by mouse
    face.get_by_role("button", name=word("ties.split")).click()
    says(moved(measures, {"bins": 5, "ties": "split"}))
    face.get_by_label(word("control.nested")).check()
    says(moved(measures, {"bins": 5, "ties": "split", "nested": True}))
    face.get_by_role("button", name=word("view.segments")).click()
    face.locator(f"img[alt*='{word('segment.important_value')}']").wait_for()
    face.get_by_role("button", name=word("widget.code")).click()
    face.get_by_text('"ties": "split"').wait_for()
    # by keyboard alone
    bins = face.get_by_label(word("control.bins"))
    bins.focus()
    bins.press("ArrowUp")
    says(moved(measures, {"bins": 6, "ties": "split", "nested": True}))
    face.get_by_role("button", name=word("ties.split")).focus()
    page.page.keyboard.press("Shift+Tab")  # back to the choice before it
    page.page.keyboard.press("Space")
    says(moved(measures, {"bins": 6, "nested": True}))
    weight = face.get_by_label(word("control.r"))
    weight.focus()
    weight.press("Control+a")
    page.page.keyboard.type("100")
    page.page.keyboard.press("Enter")
    says(moved(measures, {"bins": 6, "nested": True}, (100, 1, 1)))


def test_a_fast_run_of_moves_leaves_no_queue(page):
    measures = rfm.measure(datasets.load("orders").drop_duplicates(), as_of="2025-12-31", future="drop", **COLUMNS)
    face = cell(page, "explorer")
    page.page.evaluate("""() => {
      window.drawn = 0;
      const seen = new MutationObserver(all => window.drawn += all.some(one => [...one.addedNodes].some(node => node.nodeName === 'FIGURE')));
      seen.observe(document.querySelector('.jp-OutputArea-output figure').parentElement, {childList: true});
    }""")
    weight = face.get_by_label(word("control.f"))
    weight.focus()
    for _ in range(40):
        page.page.keyboard.press("ArrowUp")
    face.get_by_text(moved(measures, {"bins": 5}, (1, 41, 1)), exact=True).wait_for()
    assert 1 <= page.page.evaluate("window.drawn") < 40


def test_the_scorecard_by_mouse_and_by_keyboard(page):
    face, known, lang = cell(page, "scorecard"), bullseye.read(), labels.language()
    marks = {}

    def says():
        total = bullseye.scorecard(marks).total
        vetoes = word("plot.and").join(known.at[factor, lang] for factor in total["vetoes"]) or "–"
        reading = word(f"reading.{total['reading']}")
        face.get_by_text(word("widget.bullseye", answered=len(marks), all=30, raters=1, mean=f"{total['factor_mean']:.2f}", reading=reading,
                              group_mean=f"{total['group_mean']:.2f}", vetoes=vetoes), exact=True).wait_for()  # fmt: skip

    face.get_by_text(word("widget.bullseye.empty")).wait_for()
    # by mouse: another group, a mark by the arrows of the box
    face.get_by_role("button", name=word("group.environment")).click()
    box = face.get_by_label(known.at["legal", lang])
    wide, high = box.evaluate("box => [box.offsetWidth, box.offsetHeight]")
    box.click(position={"x": wide - 10, "y": high / 4})  # the arrow that points up
    marks["legal"] = 0
    says()
    # by keyboard: step up, then type into the next box
    box.focus()
    for _ in range(8):
        page.page.keyboard.press("ArrowUp")
    marks["legal"] = 8
    says()
    face.get_by_text(known.at["legal", f"anchor_{lang}_8_10"]).wait_for()
    page.page.keyboard.press("Tab")
    page.page.keyboard.press("Control+a")
    page.page.keyboard.type("1")
    page.page.keyboard.press("Enter")
    following = known.index[known.index.get_loc("legal") + 1]
    marks[following] = 1
    says()
    face.get_by_text(known.at[following, f"anchor_{lang}_0_1"]).wait_for()


def test_the_quiz_by_mouse_and_by_keyboard(page):
    face, questions = cell(page, "quiz"), {each.kind: each for each in quiz.read("04_rfm")}

    def card(question):
        return face.locator(".widget-vbox").filter(has_text=question.ask[labels.language()]).last

    single, many = questions["single"], questions["multiple"]
    own = card(single)
    for place in sorted(range(len(single.options)), key=lambda place: place in single.answer):  # the right one last
        own.get_by_role("radio").nth(place).check()
        own.get_by_role("button", name=word("quiz.check")).click()
        own.get_by_text(word("quiz.right" if place in single.answer else "quiz.wrong")).wait_for()
    # by keyboard alone
    own = card(many)
    own.get_by_role("checkbox").first.focus()
    for place in range(len(many.options)):
        if place in many.answer:
            page.page.keyboard.press("Space")
        page.page.keyboard.press("Tab")
    page.page.keyboard.press("Enter")
    own.get_by_text(word("quiz.right")).wait_for()


def test_letters_typed_in_a_choice_stay_there(page):
    """In JupyterLab's command mode "dd" deletes a cell, "x" cuts it, "m" makes it prose, "00" restarts the kernel."""
    face, before = cell(page, "quiz"), [(each["id"], each["source"]) for each in page.cells()]
    kernel = page.api("api/sessions")[0]["kernel"]["id"]
    for control in (face.get_by_role("radio").first, face.locator("select").first, face.get_by_role("checkbox").first):
        control.focus()
        for key in (*"ddxmryabcvjkz00ii", "Shift+M", "Shift+A", "Shift+B", "Shift+Z"):
            page.page.keyboard.press(key)
        assert control.evaluate("control => control === document.activeElement")
    assert [(each["id"], each["source"]) for each in page.cells()] == before
    assert page.page.locator(".jp-Dialog").count() == 0 and page.api("api/sessions")[0]["kernel"]["id"] == kernel


def test_the_planner_by_mouse_and_by_keyboard(page):
    face, shop = cell(page, "planner"), {name: datasets.load(f"idic_{name}") for name in (
        "records", "sales", "consents", "contacts", "channels", "offers", "identity_truth", "response_truth")}  # fmt: skip
    known = know(shop)

    def says(two, **given):
        found = campaign(shop, known, two, as_of="2025-12-31", **given)
        earned = found.profits["profit_cny"].round()
        face.get_by_text(word(
            "widget.idic.customise", customers=number(found.customise.metrics["customers"]), spent=number(found.customise.metrics["cost_cny"]),
            one=number(earned["one_to_one"]), mass=number(earned["mass"]), more=number(earned["one_to_one"] - earned["mass"])), exact=True).wait_for()  # fmt: skip

    face.get_by_text(word("widget.idic.identify", records="1,208", customers="634", people="600", surplus="574"), exact=True).wait_for()
    # by mouse
    face.get_by_role("button", name=word("stage.customise")).click()
    two = apart(shop, known)
    says(two)
    # by keyboard alone
    face.get_by_label(word("control.budget_cny")).focus()
    page.page.keyboard.press("ArrowUp")
    says(two, budget_cny=1100)
    page.page.keyboard.press("Shift+Tab")
    page.page.keyboard.press("Control+a")
    page.page.keyboard.type("200")
    page.page.keyboard.press("Enter")
    says(two, budget_cny=1100, window_days=200)


def test_the_budget_game_by_mouse_and_by_keyboard(page):
    users = datasets.load("taobao_panel").set_index("user_id")
    face, groups, orders = cell(page, "game"), behaviour.stance(users), behaviour.eagerness(users)
    plan = {group: min(50, (groups == group).sum()) for group in ("buyer", "hesitant", "taster", "looker")}

    def says(sooner):
        chosen = behaviour.choose(groups, plan, orders[sooner])
        account = behaviour.settle(users["margin_cny"], {"own": chosen}, cost_cny=2, budget_cny=400)["profit_cny"]
        line = word("widget.taobao", contacts=len(chosen), spent=2 * len(chosen), budget=400, profit=number(account["own"]),
                    share=percent(account["own"] / account["best"]))  # fmt: skip
        face.get_by_text(line, exact=True).wait_for()

    says("marks")
    face.get_by_role("button", name=word("sooner.random")).click()  # by mouse
    says("random")
    box = face.get_by_label(word("control.buyer"))  # by keyboard alone
    box.focus()
    for _ in range(2):
        page.page.keyboard.press("ArrowDown")
    plan["buyer"] = 0
    says("random")
    page.page.keyboard.press("Tab")
    page.page.keyboard.press("Control+a")
    page.page.keyboard.type("60")
    page.page.keyboard.press("Enter")
    plan["hesitant"] = 60
    says("random")


def test_nothing_shuts_people_out(page):
    assert grave(page) == []
