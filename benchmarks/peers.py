"""One exercise in the formats of three graders: orders of a shop, six questions of two points, one plot.

同一份练习的三种格式：一家商店的订单、六道各 2 分的题、一张图。

Every grader gets the same cells and the same mistakes, and has to find the same points. casekit draws other orders for
each student, as its exercises do; the others cannot.
"""

import nbformat

ID, AS_OF, POINTS = "six", "2025-12-31", 2
START = "import matplotlib.pyplot as plt\nimport numpy as np\nimport pandas as pd"
ORDERS = f'orders, as_of = pd.read_csv("orders.csv", parse_dates=["order_date"]), pd.Timestamp("{AS_OF}")'
CLEAN = 'orders = orders.dropna(subset=["customer_id"])\nby_customer = orders.groupby("customer_id")'
PLOT = 'plt.scatter(recency, monetary, s=8)\nplt.xlabel("recency")\nplt.ylabel("monetary");'
RIGHT = {
    "recency": 'recency = (as_of - by_customer["order_date"].max()).dt.days',
    "frequency": "frequency = by_customer.size()",
    "monetary": 'monetary = by_customer["amount_cny"].sum()',
    "scores": 'scores = np.ceil(pd.DataFrame({"r": -recency, "f": frequency, "m": monetary}).rank(pct=True) * 5)',
    "best": "best = int((scores.sum(axis=1) >= 14).sum())",
    "share": "share = 100 * monetary[scores.sum(axis=1) >= 14].sum() / monetary.sum()",
}
KINDS = (  # what a student wrote instead, and the points then
    ({}, 12),
    ({"share": RIGHT["share"].replace("100 * ", "")}, 10),
    ({"monetary": 'monetary = by_customer["no such column"].sum()'}, 4),
    ({"recency": RIGHT["recency"] + " + 1"}, 10),
    ({"best": "best = ..."}, 10),
)
# What is right, as asserted in the cells of the others; `true` holds the reference's answers.
REFERENCE = "\n".join(["true = {}", "exec(SOLUTION, true)"])
TESTS = {
    **{
        name: f'pd.testing.assert_series_equal({name}.astype(float), true["{name}"].astype(float), check_names=False)'
        for name in ("recency", "frequency", "monetary")
    },
    "scores": 'pd.testing.assert_frame_equal(scores.astype(float), true["scores"].astype(float))',
    "best": 'assert best == true["best"]',
    "share": 'assert abs(share - true["share"]) < 0.01',
}


def code(source, **metadata):
    return nbformat.v4.new_code_cell(source, metadata=metadata)


def notebook(*cells):
    for at, cell in enumerate(cells):
        cell["id"] = f"cell-{at}"
    spec = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return nbformat.v4.new_notebook(cells=list(cells), metadata=spec)


def solution():
    """Return the reference as one text that runs by itself."""
    return "\n".join([START, ORDERS, CLEAN, *RIGHT.values()])


def roster(count):
    """Return students, each with the notebook cells of the own way and the points that are fair."""
    return {str(20260001 + n): ({**RIGHT, **KINDS[n % len(KINDS)][0]}, KINDS[n % len(KINDS)][1]) for n in range(count)}


def write(nb, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(nbformat.writes(nb), encoding="utf-8")


def plain(folder, students, orders):
    """Write what papermill runs: the cells alone, the data beside them."""
    for id, (cells, _) in students.items():
        write(notebook(*map(code, (START, ORDERS, CLEAN, *cells.values(), PLOT))), folder / f"{id}.ipynb")
    (folder / "orders.csv").write_bytes(orders)


def casekit(folder, students, orders):
    """Write sheet, key, class list and submissions of casekit."""
    forms = {"scores": 'kind = "frame"\nkey = ["customer_id"]\ncolumns = ["r", "f", "m"]', "best": 'kind = "number"',
             "share": 'kind = "number"\ntolerance = 0.01'}  # fmt: skip
    rows = [
        f'[[question]]\nid = "{id}"\ntitle = {{zh = "{id}", en = "{id}"}}\npoints = {POINTS}\npartial = 1\nfollow = 0\n'
        + forms.get(id, 'kind = "series"\nkey = ["customer_id"]')
        for id in RIGHT
    ]  # all or nothing, as the others have it
    sheet = '\n'.join(['title = {zh = "六题", en = "Six"}', 'data = ["orders"]', *rows])
    (folder / "keys").mkdir(parents=True)
    (folder / f"{ID}.toml").write_text(sheet, encoding="utf-8")
    needs = {"recency": "by_customer, as_of", "frequency": "by_customer", "monetary": "by_customer",
             "scores": "recency, frequency, monetary", "best": "scores", "share": "scores, monetary"}  # fmt: skip
    functions = []
    for id, source in RIGHT.items():
        lines = source.splitlines()
        if "by_customer" in needs[id]:
            lines = [*CLEAN.splitlines(), "as_of = pd.Timestamp(as_of)" if id == "recency" else "", *lines]
        names = needs[id].replace("by_customer", "orders")
        functions.append(f"def {id}({names}):\n" + "".join(f"    {line}\n" for line in [*lines, f"return {id}"]))
    (folder / "keys" / f"{ID}.py").write_text("\n".join([*START.splitlines()[1:], *functions]), encoding="utf-8")
    first = code('LANG = "en"\nSTUDENT = ""', tags=["parameters"])
    start = f'{START}\nfrom casekit.exercise import Exercise\nex = Exercise("{ID}", STUDENT, LANG)'
    orders = 'orders, as_of = ex.data("orders"), pd.Timestamp(ex.as_of)'
    for id, (cells, _) in students.items():
        asked = (code(f'{source}\nex.answer("{name}", {name})') for name, source in cells.items())
        nb = notebook(first, *map(code, (start, orders, CLEAN)), *asked, code(PLOT))
        write(nb, folder / "in" / f"{id}.ipynb")
    write(nb, folder / f"{ID}.en.ipynb")
    (folder / "roster.csv").write_text("student_id\n" + "\n".join(students), encoding="utf-8")


def nbgrader(folder, students, orders, run):
    """Write a course of nbgrader: a source, its release by nbgrader itself, and submissions made from that."""
    def cell(source, id, **told):
        facts = {"schema_version": 3, "grade": False, "locked": False, "solution": False, "grade_id": id}
        return code(source, nbgrader={**facts, **told})

    cells = [cell(source, f"given{at}", locked=True) for at, source in enumerate((START, ORDERS, CLEAN))]
    for name, source in RIGHT.items():
        cells.append(cell(f"### BEGIN SOLUTION\n{source}\n### END SOLUTION", name, solution=True))
        tests = f"### BEGIN HIDDEN TESTS\nSOLUTION = {solution()!r}\n{REFERENCE}\n{TESTS[name]}\n### END HIDDEN TESTS"
        cells.append(cell(tests, f"{name}_test", grade=True, locked=True, points=POINTS))
    write(notebook(*cells, code(PLOT)), folder / "source" / ID / f"{ID}.ipynb")
    (folder / "source" / ID / "orders.csv").write_bytes(orders)
    (folder / "nbgrader_config.py").write_text('c = get_config()\nc.CourseDirectory.course_id = "c"\n', encoding="utf-8")
    run("nbgrader", "generate_assignment", ID)
    released = (folder / "release" / ID / f"{ID}.ipynb").read_text("utf-8")
    for id, (answers, _) in students.items():
        nb = nbformat.reads(released, 4)
        for one in nb.cells:
            if (name := one.metadata.get("nbgrader", {}).get("grade_id")) in answers:
                one.source = answers[name]
        write(nb, folder / "submitted" / id / ID / f"{ID}.ipynb")


def otter(folder, students, orders, run):
    """Write a master notebook of Otter Assign, have otter make the autograder, and submissions from its student version."""
    raw = nbformat.v4.new_raw_cell
    config = "# ASSIGNMENT CONFIG\nfiles: [orders.csv]\nrun_tests: false\nexport_cell: false\ngenerate: {show_stdout: false}"
    cells = [raw(config), *map(code, (START, ORDERS, CLEAN))]
    for name, source in RIGHT.items():
        question = f"# BEGIN QUESTION\nname: {name}\npoints: {POINTS}"
        test = f"# HIDDEN\nSOLUTION = {solution()!r}\n{REFERENCE}\n{TESTS[name]}"
        cells += [raw(question), raw("# BEGIN SOLUTION"), code(f"{source} # SOLUTION"),
                  raw("# END SOLUTION"), raw("# BEGIN TESTS"), code(test), raw("# END TESTS"), raw("# END QUESTION")]  # fmt: skip
    write(notebook(*cells, code(PLOT)), folder / f"{ID}.ipynb")
    (folder / "orders.csv").write_bytes(orders)
    run("otter", "assign", "--no-run-tests", f"{ID}.ipynb", "dist")
    made = folder / "dist"
    next((made / "autograder").glob("*.zip")).rename(folder / "autograder.zip")
    released = (made / "student" / f"{ID}.ipynb").read_text("utf-8")
    for id, (answers, _) in students.items():
        nb = nbformat.reads(released, 4)
        for one in nb.cells:
            if one.source.endswith(" = ..."):
                one.source = answers[one.source.removesuffix(" = ...")]
        write(nb, folder / "in" / f"{id}.ipynb")
