import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies

from casekit import datasets, labels
from casekit.datasets import package as pack
from casekit.datasets import reading
from casekit.errors import InputError

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "datasets"
PACKAGE = json.loads((FOLDER / "datapackage.json").read_text(encoding="utf-8"))
RESOURCES = {entry["name"]: entry for entry in PACKAGE["resources"]}
VARIED = [name for name, entry in RESOURCES.items() if "student" in entry["casekit"]]
STUDENTS = ["20250101", "007", "张伟"]


def flaws(orders, as_of):
    """Count what a reader of the card must find."""
    distinct = orders.drop_duplicates()
    bought = distinct[(distinct["amount_cny"] > 0) & distinct["customer_id"].notna()]
    return {
        "missing_customer": int(orders["customer_id"].isna().sum()),
        "zero_amount": int((orders["amount_cny"] == 0).sum()),
        "duplicate_row": int(orders.duplicated().sum()),
        "future_date": int((orders["order_date"] > as_of).sum()),
        "return": int((distinct["amount_cny"] < 0).sum()),
        "same_day": int(bought.duplicated(["customer_id", "order_date"]).sum()),
    }


def digest(table):
    text = table.to_csv(index=False, lineterminator="\n", float_format="%.2f", date_format="%Y-%m-%d")
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of the data that a test may spoil."""
    folder = tmp_path / "datasets"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("make"))
    monkeypatch.setattr(pack, "_HOMES", (tmp_path / "none", folder))
    return folder


# ---- load

@pytest.mark.parametrize("name", RESOURCES)
def test_every_dataset_loads_as_its_schema_says(name):
    table, fields = datasets.load(name), RESOURCES[name]["schema"]["fields"]
    assert table.columns.tolist() == [field["name"] for field in fields]
    assert len(table) == RESOURCES[name]["casekit"]["rows"]
    for field in fields:
        values, rules = table[field["name"]], field.get("constraints", {})
        if field["type"] == "string":
            assert all(isinstance(value, str) for value in values.dropna())
        else:
            assert str(values.dtype).lower() == reading._DTYPES[field["type"]]
        assert not (rules.get("required") and values.isna().any())
        assert not (rules.get("unique") and values.duplicated().any())
        assert "enum" not in rules or set(values.dropna()) <= set(rules["enum"])
        assert "minimum" not in rules or (values >= rules["minimum"]).all()


def test_load_gives_a_fresh_copy():
    table = datasets.load("practice_table")
    table["orders"] = -1
    assert (datasets.load("practice_table")["orders"] > 0).all()


def test_an_unknown_name_gets_all_names_and_the_nearest():
    with pytest.raises(InputError) as raised:
        datasets.load("ordres")
    assert raised.value.code == "datasets.unknown"
    assert raised.value.details["near"] == "orders" and "practice_table" in raised.value.details["names"]


def test_truth_is_flagged_and_can_be_left_out():
    assert datasets.names() == list(RESOURCES)
    left_out = set(datasets.names()) - set(datasets.names(truth=False))
    assert left_out == {name for name in RESOURCES if name.endswith("_truth")} >= {"orders_truth"}


def test_data_are_found_from_any_directory_beside_the_package_of_a_wheel(tmp_path):
    shutil.copytree(ROOT / "casekit", tmp_path / "casekit", ignore=shutil.ignore_patterns("__pycache__", "fonts"))
    shutil.copytree(FOLDER, tmp_path / "casekit" / "_datasets")
    code = "from casekit import datasets; print(datasets.path('orders'), len(datasets.verify()))"
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, text=True, check=True,
                         capture_output=True, env=os.environ | {"PYTHONPATH": str(tmp_path)})
    assert run.stdout.split() == [str(tmp_path / "casekit" / "_datasets" / "orders.csv"), str(len(datasets.verify()))]


# ---- the shop

def test_the_shop_has_what_real_logs_have():
    orders = datasets.load("orders")
    card = {flaw["code"]: flaw["rows"] for flaw in RESOURCES["orders"]["casekit"]["flaws"]}
    assert flaws(orders, datasets.as_of("orders")) == card
    assert orders["customer_id"].nunique() == 800 and 4_900 < len(orders) < 5_100
    good = orders.drop_duplicates().query("amount_cny > 0 and order_date <= '2025-12-31'").dropna()
    assert 0.45 < good.groupby("customer_id").size().eq(1).mean() < 0.55
    spent = good.groupby("customer_id")["amount_cny"].sum().sort_values()
    assert 0.75 < spent.tail(160).sum() / spent.sum() < 0.85
    assert str(orders["order_date"].min())[:10] == "2024-01-01"


@pytest.mark.parametrize("student", [None, *STUDENTS])
def test_the_truth_fits_the_orders_of_the_same_student(student):
    orders = datasets.load("orders", student).drop_duplicates()
    truth = datasets.load("orders_truth", student).set_index("customer_id")
    bought = orders[(orders["amount_cny"] > 0) & (orders["order_date"] <= datasets.as_of("orders", student))]
    first = bought.groupby("customer_id")["order_date"].agg(["min", "max", "size"])
    assert first.index.equals(truth.index)
    assert (first["min"] == truth["first_order_date"]).all()
    gone = truth["churn_date"].dropna()
    assert (first["max"][gone.index] <= gone).all()
    once = truth.index[truth["customer_type"] == "one_time"]
    assert len(once) == 280 and (first["size"][once] == 1).all()


# ---- student variants

@pytest.mark.parametrize("name", VARIED)
def test_variants_differ_but_have_the_same_shape(name):
    base, tables = datasets.load(name), [datasets.load(name, student) for student in STUDENTS]
    rule = RESOURCES[name]["casekit"]["student"]
    unit, whole = rule["unit"], set(datasets.load(rule.get("of", name))[rule["unit"]].dropna())
    for student, table in zip(STUDENTS, tables):
        pd.testing.assert_frame_equal(table, datasets.load(name, student))
        assert table.dtypes.equals(base.dtypes) and table.columns.equals(base.columns)
        assert set(table[unit].dropna()) <= whole
        assert abs(table[unit].nunique() / base[unit].nunique() - 1) < (0.1 if "of" in rule else 1e-9)
        assert abs(len(table) / len(base) - 1) < 0.12
    assert len({digest(table) for table in [base, *tables]}) == len(STUDENTS) + 1


@pytest.mark.parametrize("student", STUDENTS)
def test_variants_of_the_shop_are_equally_hard(student):
    orders, base = datasets.load("orders", student), datasets.load("orders")
    as_of = datasets.as_of("orders", student)
    found, card = flaws(orders, as_of), flaws(base, datasets.as_of("orders"))
    for code in ("missing_customer", "zero_amount", "duplicate_row", "future_date"):
        assert found[code] == card[code]
    assert abs(found["return"] / card["return"] - 1) < 0.25
    assert orders["order_date"].is_monotonic_increasing
    assert orders["order_id"].iloc[0] == "O00001" and orders["order_id"].drop_duplicates().is_monotonic_increasing
    assert np.array_equal(orders["amount_cny"], orders["amount_cny"].round(2))
    once = orders[orders["amount_cny"] > 0].groupby("customer_id").size().eq(1).mean()
    assert 0.45 < once < 0.57


def test_class_mates_cannot_copy():
    def answers(student):
        orders = datasets.load("orders", student)
        spent = orders.groupby("customer_id")["amount_cny"].sum()
        return (len(orders), spent.median(), spent.nlargest(160).sum() / spent.sum(), (orders["amount_cny"] < 0).sum(),
                orders["order_date"].max())

    rows, median, top, returns, last = zip(*[answers(f"2025{number:04d}") for number in range(12)])
    assert len(set(median)) == len(set(top)) == 12
    assert len(set(rows)) > 9 and len(set(returns)) > 6 and len(set(last)) > 6


def test_dates_move_by_whole_weeks_and_the_as_of_date_with_them():
    moved = set()
    for student in map(str, range(300)):
        days = (pd.Timestamp("2025-12-31") - pd.Timestamp(datasets.as_of("orders", student))).days
        assert days % 7 == 0 and 0 <= days <= 357
        moved.add(days)
    assert len(moved) > 45
    back = pd.Timestamp("2025-12-31") - pd.Timestamp(datasets.as_of("orders", "20250101"))
    first = datasets.load("orders_truth", "20250101")["first_order_date"] + back
    assert first.between("2024-01-01", "2025-12-31").all()


def test_the_template_has_no_as_of_date_and_is_the_same_for_all():
    with pytest.raises(InputError, match="practice_table_template"):
        datasets.as_of("practice_table_template")
    assert datasets.load("practice_table_template", "20250101").empty


@pytest.mark.parametrize("name, student, golden", [
    ("orders", None, "93e214bd05b1ede0"),
    ("orders", "20250101", "839b41bd1cedbbb1"),
    ("orders", "张伟", "025473b36f8d51ad"),
    ("orders_truth", "20250101", "e55955a6d68dd72f"),
    ("practice_table", "20250101", "00ba6ef939e314c6"),
    ("practice_table", "007", "30f7c078949de976"),
])
def test_variants_are_the_same_on_every_machine_and_in_every_version(name, student, golden):
    assert digest(datasets.load(name, student)) == golden


@pytest.mark.parametrize("same", [["20250101", " 2025 0101\n", "２０２５０１０１", "2025\u200b0101", 20250101, np.int64(20250101)],
                                  ["张伟", "张 伟", "\u3000张伟"], ["ab-1", "AB-1", "ａＢ－1"]])
def test_one_student_number_in_all_its_writings(same):
    assert len({datasets.student_key(student) for student in same}) == 1


def test_leading_zeros_make_another_student():
    assert datasets.student_key("007") != datasets.student_key("7")


@pytest.mark.parametrize("student", ["", " \u200b", "\ud800", 20250101.0, True, ["1"]])
def test_a_student_number_that_cannot_be_meant_is_refused(student):
    with pytest.raises(InputError) as raised:
        datasets.load("practice_table", student)
    assert raised.value.code == "datasets.student"


@given(strategies.text() | strategies.text(strategies.characters()))
def test_any_text_is_a_student_number_and_its_key_is_its_own_key(text):
    try:
        key = datasets.student_key(text)
    except InputError as error:
        assert error.code == "datasets.student"
    else:
        assert datasets.student_key(key) == key and re.fullmatch(r"\S+", key)


# ---- the practice table

@pytest.mark.parametrize("student", [None, *map(str, range(8))])
def test_each_practice_customer_has_one_right_number_of_points(student):
    table, as_of = datasets.load("practice_table", student), pd.Timestamp(datasets.as_of("practice_table", student))
    days = (as_of - table["last_order_date"]).dt.days
    classes = []
    for months in (3, 6, 9, 12, 24):  # calendar months, months of 30 days, years of 365 days
        readings = [table["last_order_date"] >= as_of - pd.DateOffset(months=months), days <= 30 * months,
                    days <= months * 365 / 12]
        assert (readings[0] == readings[1]).all() and (readings[0] == readings[2]).all()
        classes.append(int(readings[0].sum()))
    assert classes == [3, 5, 7, 8, 10]
    assert (table["amount_cny"] % 1 == 0).all()
    assert sorted(np.digitize(table["amount_cny"], [90, 200])) == [0] * 4 + [1] * 2 + [2] * 4
    assert (table["orders"] == 1).sum() == 3 and (table["orders"] >= 5).sum() >= 2


# ---- a teacher's own table

def test_a_filled_in_template_is_read(tmp_path):
    file = tmp_path / "9-6.csv"
    for encoding in ("utf-8-sig", "gbk"):
        file.write_text("customer_id,last_order_date,orders,amount_cny,备注\n001,2025/3/9,4,88.5,老客户\n", encoding=encoding)
        table = datasets.read(file, like="practice_table_template")
        assert table.iloc[0].tolist() == ["001", pd.Timestamp("2025-03-09"), 4, 88.5]


@pytest.mark.parametrize("line, column", [("A,soon,1,5", "last_order_date"), ("A,2025-02-30,1,5", "last_order_date"),
                                          ("A,2025-01-01,1.5,5", "orders"), ("A,2025-01-01,1,5元", "amount_cny"),
                                          (",2025-01-01,1,5", "customer_id"), ("A,2025-01-01,1,inf", "amount_cny")])
def test_a_bad_cell_is_named_by_line_and_column(tmp_path, line, column):
    file = tmp_path / "mine.csv"
    file.write_text(f"customer_id,last_order_date,orders,amount_cny\nB,2025-01-01,1,5\n{line}\n", encoding="utf-8")
    with pytest.raises(InputError) as raised:
        datasets.read(file, like="practice_table_template")
    assert raised.value.code == "datasets.value"
    assert (raised.value.details["column"], raised.value.details["lines"]) == (column, "3")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04\x14\x00\xff\xff\xff", "号,a\n1,2,3,4\n".encode()])
def test_a_file_that_is_no_csv_is_refused(tmp_path, content):
    file = tmp_path / "mine.csv"
    file.write_bytes(content)
    with pytest.raises(InputError) as raised:
        datasets.read(file, like="practice_table")
    assert raised.value.code in ("datasets.not_csv", "missing_column")


def test_a_missing_column_is_named(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text("customer_id,orders\nA,1\n", encoding="utf-8")
    with pytest.raises(InputError, match="last_order_date"):
        datasets.read(file, like="practice_table")


# ---- files and checksums

def test_verify_lists_every_file():
    table = datasets.verify()
    assert len(table) == len(RESOURCES) + len(VARIED)
    assert set(table["file"]) >= {"orders.csv", "reserve/orders.csv", "practice_table_template.csv"}


def test_a_changed_file_is_named_with_the_remedy(copy):
    file = copy / "orders.csv"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    for call in (datasets.verify, lambda: datasets.load("orders")):
        with pytest.raises(InputError, match="git checkout") as raised:
            call()
        assert raised.value.code == "datasets.changed" and raised.value.details["file"] == file
    assert len(datasets.load("orders_truth")) == 800


def test_a_missing_file_is_named_with_the_remedy(copy):
    (copy / "reserve" / "practice_table.csv").unlink()
    with pytest.raises(InputError, match="git checkout") as raised:
        datasets.verify()
    assert raised.value.code == "datasets.missing"
    assert len(datasets.load("practice_table")) == 10


def test_parquet_is_read_by_duckdb(copy):
    duckdb = pytest.importorskip("duckdb")
    duckdb.sql(f"COPY (FROM '{copy / 'practice_table.csv'}') TO '{copy / 'big.parquet'}'")
    content = (copy / "big.parquet").read_bytes()
    entry = RESOURCES["practice_table"] | {"name": "big", "path": "big.parquet", "format": "parquet", "bytes": len(content),
                                           "hash": f"sha256:{hashlib.sha256(content).hexdigest()}"}
    (copy / "datapackage.json").write_text(json.dumps({"resources": [entry]}), encoding="utf-8")
    pd.testing.assert_frame_equal(datasets.load("big"), pd.read_csv(
        copy / "practice_table.csv").astype({"last_order_date": "datetime64[ns]"}), check_dtype=False)


def test_whole_numbers_may_be_missing_where_the_schema_allows(copy):
    entry = json.loads(json.dumps(RESOURCES["practice_table"]))
    entry["schema"]["fields"][2].pop("constraints")
    (copy / "datapackage.json").write_text(json.dumps({"resources": [entry]}), encoding="utf-8")
    file = copy / "mine.csv"
    file.write_text("customer_id,last_order_date,orders,amount_cny\nA,2025-01-01,,5\nB,2025-01-01,7,5\n", encoding="utf-8")
    orders = datasets.read(file, like="practice_table")["orders"]
    assert orders.isna().tolist() == [True, False] and orders[1] == 7 and orders.dtype == "Int64"


@pytest.mark.slow
def test_the_generators_reproduce_every_byte(tmp_path):
    subprocess.run([sys.executable, FOLDER / "make", tmp_path], check=True, cwd=tmp_path)
    made = {file.relative_to(tmp_path).as_posix(): file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    known = {file["path"] for entry in RESOURCES.values() for file in pack.files(entry)}
    by_hand = {entry["path"] for entry in RESOURCES.values() if not entry["sources"][0]["path"].startswith("make/")}
    assert set(made) == known - by_hand | {"README.md", "datapackage.json"}
    stale = [path for path, content in made.items()
             if not (FOLDER / path).exists() or (FOLDER / path).read_bytes() != content]
    assert not stale, "run python datasets/make"


# ---- descriptor and cards

def test_the_descriptor_follows_frictionless_v2():
    assert PACKAGE["$schema"] == "https://datapackage.org/profiles/2.0/datapackage.json"
    assert len(RESOURCES) == len(PACKAGE["resources"]) > 0
    for entry in RESOURCES.values():
        assert re.fullmatch(r"[a-z][a-z0-9_]*", entry["name"]) and entry["type"] == "table"
        assert entry["path"].endswith(f".{entry['format']}") and entry["format"] in ("csv", "parquet")
        assert entry["format"] != "csv" or (entry["mediatype"], entry["encoding"]) == ("text/csv", "utf-8")
        for licence in [*PACKAGE["licenses"], *entry["licenses"]]:
            assert re.fullmatch(r"[-a-zA-Z0-9._]+", licence["name"]) and licence["path"].startswith("https://")
        for source in entry["sources"]:
            assert source["title"] and ("://" in source["path"] or (FOLDER / source["path"]).exists())
        for file in pack.files(entry):
            assert not re.search(r"^[./~]|\\|\.\.", file["path"]) and file["path"] == file["path"].lower()
            assert re.fullmatch(r"sha256:[0-9a-f]{64}", file["hash"]) and 0 < file["bytes"] < 1_000_000
        names = [field["name"] for field in entry["schema"]["fields"]]
        assert len(set(names)) == len(names) and set(entry["schema"].get("primaryKey", [])) <= set(names)
        for field in entry["schema"]["fields"]:
            assert field["type"] in ("string", *reading._DTYPES) and re.fullmatch(r"[a-z][a-z0-9_]*", field["name"])
            assert set(field.get("constraints", {})) <= {"required", "unique", "enum", "minimum"}
        for rule in [entry["casekit"]["student"]] if "student" in entry["casekit"] else []:
            assert {rule["unit"], *rule["shift"], *rule["scale"], *rule["sort"], *rule["renumber"]} <= set(names)


def things(thing):
    """Yield every object in the descriptor, but for those that hold proper names."""
    if isinstance(thing, dict):
        yield thing
        thing = [value for key, value in thing.items() if key not in ("licenses", "contributors", "sources")]
    if isinstance(thing, list):
        for value in thing:
            yield from things(value)


def test_every_text_of_the_descriptor_stands_in_both_languages():
    spoken = [(thing[key], thing.get(f"{key}_zh", "")) for thing in things(PACKAGE) for key in thing
              if f"{key}_zh" in thing or key in ("title", "description", "text", "origin", "use")]
    assert len(spoken) > 60
    for english, chinese in spoken:
        assert not re.search(r"[\u4e00-\u9fff]", english), english
        assert re.search(r"[\u4e00-\u9fff]", chinese), english


def test_field_titles_are_the_labels_of_the_columns():
    for entry in RESOURCES.values():
        for field in entry["schema"]["fields"]:
            words = labels.table()[f"col.{field['name']}"]
            assert words == {"zh": field["title_zh"], "en": field["title"]}, f"{entry['name']}.{field['name']}"
            for code in field.get("constraints", {}).get("enum", []):
                assert f"{field['name']}.{code}" in labels.table()


@pytest.mark.parametrize("name", RESOURCES)
def test_a_card_says_all_in_the_language_in_use(name):
    before = labels.language()
    try:
        for lang in labels.LANGUAGES:
            labels.use(lang)
            shown = datasets.card(name)._repr_markdown_()
            assert shown == repr(datasets.card(name)) == datasets.card(name).text(lang)
            assert all(labels.text(f"card.{key}") in shown for key in ("origin", "rows", "flaws", "use", "licence"))
            assert all(f"| `{field['name']}` |" in shown for field in RESOURCES[name]["schema"]["fields"])
            assert "{" not in shown and shown in (FOLDER / "README.md").read_text(encoding="utf-8")
            assert bool(re.search(r"[\u4e00-\u9fff]", shown)) == (lang == "zh")
            assert (labels.text("card.synthetic") in shown) == RESOURCES[name]["casekit"]["synthetic"]
            assert (labels.text("card.truth") in shown) == name.endswith("_truth")
    finally:
        labels.use(before)


# ---- versions, and the descriptor before its own tool

def maker():
    import importlib.util

    spec = importlib.util.spec_from_file_location("datasets_make", FOLDER / "make" / "__main__.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_version_keeps_what_the_last_release_promised():
    released = json.loads((FOLDER / "released.json").read_text())
    least = maker().needed(released, PACKAGE)
    version = tuple(map(int, PACKAGE["version"].split(".")))
    assert version >= least, f"since {released['version']} names, columns or values changed: version {least} at least"


@pytest.mark.parametrize("change, least", [
    ({}, (1, 2, 3)), ({"bytes": "b2"}, (1, 2, 4)), ({"bytes": "b2", "values": "v2"}, (1, 3, 0)),
    ({"columns": "id day amount new", "values": "v2"}, (1, 3, 0)), ({"columns": "id date amount", "values": "v2"}, (2, 0, 0)),
])
def test_format_is_patch_values_are_minor_columns_are_major(change, least, monkeypatch):
    make, one = maker(), {"columns": "id day amount", "values": "v1", "bytes": "b1"}
    old = {"version": "1.2.3", "tables": {"orders": one}}
    now = {"orders": one | change}
    monkeypatch.setattr(make, "record", lambda package, names: {"tables": now})
    assert make.needed(old, {"resources": [0]}) == least
    now["orders"] = one
    assert make.needed(old, {"resources": [0, 1]}) == (1, 3, 0)
    now.clear()
    assert make.needed(old, {"resources": [0]}) == (2, 0, 0)


@pytest.mark.slow
def test_frictionless_finds_nothing_wrong_with_the_descriptor_and_every_csv():
    """Its version 5 knows most of Data Package v2; what it lets pass is held by the test of the descriptor above.

    It reads Parquet row by row for minutes and takes what is missing there for text: those files are checked below.
    """
    frictionless = pytest.importorskip("frictionless")
    assert frictionless.Package.validate_descriptor(PACKAGE).valid
    csv = PACKAGE | {"resources": [entry for entry in PACKAGE["resources"] if entry["format"] == "csv"]}
    report = frictionless.Package(csv, basepath=str(FOLDER)).validate()
    assert report.valid, report.flatten(["rowNumber", "fieldName", "message"])[:5]


@pytest.mark.parametrize("spoil", [
    lambda entry: entry.pop("path"), lambda entry: entry["schema"]["fields"][0].update(type="txt"),
    lambda entry: entry.update(hash=f"sha256:{'0' * 64}"), lambda entry: entry["schema"]["fields"][2].update(type="date"),
    lambda entry: entry["schema"]["fields"][2]["constraints"].update(minimum=5),
])
def test_frictionless_would_find_it(spoil):
    frictionless = pytest.importorskip("frictionless")
    entry = json.loads(json.dumps(RESOURCES["practice_table"]))
    spoil(entry)
    try:
        report = frictionless.Package(PACKAGE | {"resources": [entry]}, basepath=str(FOLDER)).validate()
    except frictionless.FrictionlessException:
        return
    assert not report.valid


# The types in which a Parquet file may hold what the descriptor says.
HELD = {"integer": ("TINYINT", "SMALLINT", "INTEGER", "BIGINT"), "number": ("DOUBLE",), "string": ("VARCHAR",), "date": ("DATE",)}


def wrong(entry):
    """Yield what of a Parquet file is not as its schema says."""
    import duckdb

    table = duckdb.read_parquet(str(FOLDER / entry["path"]))
    fields = {field["name"]: field for field in entry["schema"]["fields"]}
    if table.columns != [*fields]:
        yield "columns", *table.columns
        return
    for (name, field), kind in zip(fields.items(), table.types, strict=True):
        rules = field.get("constraints", {})
        if str(kind) not in HELD[field["type"]]:
            yield "type", name, str(kind)
            continue
        tests = {"required": f"{name} is null", "minimum": f"{name} < {rules.get('minimum')}",
                 "enum": f"{name} not in ({', '.join(map(repr, rules.get('enum', [''])))})"}  # fmt: skip
        for rule in rules.keys() & tests:
            if rules[rule] is not False and (count := len(table.filter(tests[rule]))):
                yield rule, name, count
    keys = [[name] for name, field in fields.items() if field.get("constraints", {}).get("unique")]
    for key in (*keys, entry["schema"].get("primaryKey")):
        if key and len(table.aggregate(", ".join(key)).distinct()) < len(table):
            yield "unique", *key
    if len(table) != entry["casekit"]["rows"]:
        yield "rows", len(table)


PARQUET = [name for name, entry in RESOURCES.items() if entry["format"] == "parquet"]


@pytest.mark.parametrize("name", PARQUET)
def test_parquet_files_are_as_their_schema_says(name):
    assert list(wrong(RESOURCES[name])) == []


@pytest.mark.parametrize("column, change, told", [
    (0, {"name": "other"}, "columns"), (0, {"type": "integer"}, "type"), (3, {"constraints": {"required": True}}, None),
    (1, {"constraints": {"required": True}}, "required"), (3, {"constraints": {"enum": ["store"]}}, "enum"),
    (5, {"constraints": {"minimum": 20}}, "minimum"), (1, {"constraints": {"unique": True}}, "unique"),
])  # fmt: skip
def test_a_parquet_file_that_is_not_would_be_found(column, change, told):
    entry = json.loads(json.dumps(RESOURCES["kfc_orders"]))
    entry["schema"]["fields"][column] |= change
    assert [what for what, *_ in wrong(entry)] == [told] * bool(told)
