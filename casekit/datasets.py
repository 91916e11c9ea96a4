"""The bundled datasets: load by name, each with a card, a checksum and, for exercises, each student's own variant.

All that is known about a dataset stands in ``datasets/datapackage.json`` (Frictionless Data Package v2); this module
reads it and knows no dataset by name. How to add one: ``datasets/make/__main__.py``.
"""

import datetime
import difflib
import hashlib
import io
import json
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from casekit import labels
from casekit.errors import InputError

_HOMES = (Path(__file__).parent / "_datasets", Path(__file__).parents[1] / "datasets")  # in a wheel; in a checkout
_DTYPES = {"integer": "int64", "number": "float64", "date": "datetime64[ns]"}


def names(truth=True):
    """Return the names of all datasets.

    返回全部数据集的名称。

    Parameters
    ----------
    truth : bool
        False leaves out the datasets that tell the truth behind others: what a student pack may carry.

    Examples
    --------
    >>> "orders" in names(), "orders_truth" in names(truth=False)
    (True, False)
    """
    return [entry["name"] for entry in _package()["resources"] if truth or not entry["casekit"]["truth"]]


def load(name, student=None):
    """Return a dataset as a fresh pandas table, or a student's own variant of it.

    读取一个数据集（每次都是新的 pandas 表）；给出学号，则得到这名学生自己的版本。

    Parameters
    ----------
    name : str
        One of :func:`names`.
    student : str or int, optional
        A student number, made uniform by :func:`student_key`. Where the dataset has variants (see its card), the table
        is drawn anew for this student: other customers of the same kinds, other names for them, dates moved back by
        up to 51 whole weeks together with the as-of date, amounts scaled by 0.80 to 1.25 and rounded to cents.
        Other datasets are the same for everyone.

    Returns
    -------
    DataFrame
        Columns as in the card: ids are text, dates ``datetime64[ns]``, whole numbers ``int64`` (``Int64`` where they may
        be missing), missing text is NaN.

    Raises
    ------
    InputError
        ``datasets.unknown``, ``datasets.missing``, ``datasets.changed`` or ``datasets.student``.

    Examples
    --------
    >>> load("orders").columns.tolist()
    ['order_id', 'customer_id', 'order_date', 'amount_cny', 'channel']
    >>> load("orders", student="20250101")["customer_id"].nunique()
    800
    """
    resource = _resource(name)
    table = _table(resource, resource)
    rule = resource["casekit"].get("student")
    if student is None or rule is None:
        return table
    whole = _resource(rule.get("of", name))  # a table that has some units only names the one that has all
    units = [np.sort(_table(file, whole)[rule["unit"]].dropna().unique()) for file in _files(whole)]
    return _variant(table, _table(rule["reserve"], resource), units, rule, student_key(student))


def as_of(name, student=None):
    """Return the day on which the dataset is looked at, as ``"YYYY-MM-DD"``; a variant has its own.

    返回数据集的截止日期（``"YYYY-MM-DD"``）；每名学生的版本各有自己的截止日期。

    Examples
    --------
    >>> as_of("orders")
    '2025-12-31'
    >>> as_of("orders", student="20250101") == as_of("practice_table", student="20250101")
    True
    """
    facts = _resource(name)["casekit"]
    if facts["as_of"] is None:
        raise InputError("datasets.no_as_of", name=name)
    day = datetime.date.fromisoformat(facts["as_of"])
    if student is not None and "student" in facts:
        day -= datetime.timedelta(days=_days_back(student_key(student)))
    return day.isoformat()


def path(name):
    """Return the path of a dataset's file.

    返回数据集文件的路径。

    Examples
    --------
    >>> path("orders").name
    'orders.csv'
    """
    return folder() / _resource(name)["path"]


def card(name):
    """Return the card of a dataset: origin, rows, known flaws, allowed use, licence, fields.

    返回数据集的说明卡：来源、行数、已知缺陷、允许的用途、许可、字段。

    Examples
    --------
    >>> print(card("orders").text("en").splitlines()[0])
    ### Orders of a shop (synthetic)
    """
    return Card(_resource(name))


def verify():
    """Compare every data file with its recorded size and SHA-256; return one row per file.

    核对每个数据文件的大小与 SHA-256，每个文件返回一行；不符则报错并说明怎样恢复。

    Raises
    ------
    InputError
        ``datasets.missing`` or ``datasets.changed``, naming the first such file and the remedy.

    Examples
    --------
    >>> verify().columns.tolist()
    ['name', 'file', 'bytes', 'sha256']
    """
    rows = []
    for resource in _package()["resources"]:
        for file in _files(resource):
            _content(file)
            rows.append((resource["name"], file["path"], file["bytes"], file["hash"].removeprefix("sha256:")))
    return pd.DataFrame(rows, columns=["name", "file", "bytes", "sha256"])


def read(file, like):
    """Read a CSV file of your own that has the columns of a bundled dataset, such as a filled-in template.

    读取一个列名与某数据集相同的 CSV 文件，例如教师填好的模板。

    Parameters
    ----------
    file : path
        UTF-8 or GBK; dates as 2025-12-31 or 2025/12/31.
    like : str
        The dataset whose columns and types the file must have.

    Raises
    ------
    InputError
        ``datasets.not_csv``, ``missing_column`` or ``datasets.value``, naming file, column and lines.

    Examples
    --------
    >>> len(read(path("practice_table"), like="practice_table_template"))
    10
    """
    content, resource = Path(file).read_bytes(), _resource(like)
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return _parse_csv(content.decode(encoding), resource, Path(file).name)
        except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError):
            pass
    raise InputError("datasets.not_csv", file=Path(file).name)


def student_key(student):
    """Return a student number in the one form that seeds the variants.

    把学号变成统一的形式：同一学号怎样书写，得到的数据都相同。

    Full-width characters become half-width (Unicode NFKC), spaces and invisible characters go, capitals become small.
    Leading zeros stay: 007 and 7 are two students.

    Raises
    ------
    InputError
        ``datasets.student``: nothing is left, or it is neither text nor a whole number.

    Examples
    --------
    >>> student_key(" ２０２５ 0101 "), student_key("Zhāng 伟"), student_key(7), student_key("007")
    ('20250101', 'zhāng伟', '7', '007')
    """
    if not isinstance(student, (str, int, np.integer)) or isinstance(student, bool):
        raise InputError("datasets.student", student=repr(student))
    text = str(student)
    for _ in range(2):  # the second pass meets what the first has brought forth, so that a key is its own key
        text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
        text = "".join(c for c in text if not c.isspace() and unicodedata.category(c) not in ("Cc", "Cf", "Cs"))
    if not text:
        raise InputError("datasets.student", student=repr(student))
    return text


@dataclass(frozen=True, repr=False)
class Card:
    """The card of a dataset; Jupyter shows it as a page, ``text("en")`` gives its Markdown.

    数据集说明卡：在 Jupyter 中显示为一页，``text("zh")`` 返回其 Markdown 文本。
    """

    resource: dict

    def text(self, lang=None):
        """Return the card as Markdown.

        返回说明卡的 Markdown 文本。
        """
        lang = lang or labels.language()
        resource, facts = self.resource, self.resource["casekit"]

        def said(thing, key):
            return thing[key if lang == "en" else f"{key}_zh"]

        def word(key, **named):
            return labels.text(f"card.{key}", lang, **named)

        points = [
            ("origin", said(facts, "origin")),
            ("rows", f"{facts['rows']:,}"),
            ("as_of", facts["as_of"] or word("none")),
            ("flaws", "".join(f"\n  - {said(flaw, 'text')}".format(**flaw) for flaw in facts["flaws"]) or word("none")),
            ("use", said(facts, "use")),
            ("student", word("student_yes" if "student" in facts else "student_no")),
            ("licence", ", ".join(f"[{one['title']}]({one['path']})" for one in resource["licenses"])),
        ]
        notes = [word(key) for key in ("synthetic", "truth") if facts[key]]
        fields = [(f"`{field['name']}`", said(field, "title"), word(f"type.{field['type']}"),
                   word(f"unit.{field['unit']}") if "unit" in field else "",
                   said(field, "description")) for field in resource["schema"]["fields"]]
        header = [word(key) for key in ("field", "title", "type", "unit", "meaning")]
        return "\n".join([
            f"### {said(resource, 'title')}", "",
            said(resource, "description"), "",
            *(line for note in notes for line in (f"> {note}", "")),
            *(word("point", name=word(key), text=text) for key, text in points), "",
            *("| " + " | ".join(row) + " |" for row in (header, ["---"] * len(header), *fields)),
        ]) + "\n"

    __repr__ = _repr_markdown_ = text


def folder():
    """Return the folder of the data files, that of a checkout or that of an installed kit.

    返回数据文件所在的文件夹（源码目录或安装目录）。

    Examples
    --------
    >>> (folder() / "datapackage.json").exists()
    True
    """
    return next(home for home in _HOMES if (home / "datapackage.json").exists())


def _package():
    return json.loads((folder() / "datapackage.json").read_text(encoding="utf-8"))


def _resource(name):
    found = {entry["name"]: entry for entry in _package()["resources"]}
    if name not in found:
        near = difflib.get_close_matches(str(name), found, n=1, cutoff=0)
        raise InputError("datasets.unknown", name=name, names=", ".join(found), near=near[0])
    return found[name]


def _files(resource):
    """Yield the file entries of a resource: its own, then its reserve."""
    yield resource
    if "student" in resource["casekit"]:
        yield resource["casekit"]["student"]["reserve"]


def _content(file):
    """Return the bytes of a file, after checking that they are the recorded ones."""
    where = folder() / file["path"]
    try:
        content = where.read_bytes()
    except OSError:
        raise InputError("datasets.missing", file=where) from None
    if len(content) != file["bytes"] or hashlib.sha256(content).hexdigest() != file["hash"].removeprefix("sha256:"):
        raise InputError("datasets.changed", file=where)
    return content


def _table(file, resource):
    content = _content(file)
    if resource["format"] == "parquet":
        import duckdb  # the extra "research"

        return duckdb.read_parquet(str(folder() / file["path"])).df().astype(_dtypes(resource))
    return _parse_csv(content.decode(), resource, file["path"])


def _dtypes(resource):
    """Return {column: dtype}, but for text: pandas 2 would write what is missing as "nan"."""
    return {field["name"]: _DTYPES[field["type"]] if _required(field) or field["type"] != "integer" else "Int64"
            for field in resource["schema"]["fields"] if field["type"] in _DTYPES}


def _required(field):
    return field.get("constraints", {}).get("required", False)


def _parse_csv(text, resource, file):
    table = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False, na_values=[""])
    for field in resource["schema"]["fields"]:
        name = field["name"]
        if name not in table:
            raise InputError("missing_column", column=name, columns=", ".join(table))
        values = table[name] if field["type"] == "string" else _typed(table[name], field["type"])
        bad = values.isna() & (table[name].notna() | _required(field))
        if bad.any():
            lines = ", ".join(str(line + 2) for line in np.flatnonzero(bad)[:5])  # line 1 holds the column names
            raise InputError("datasets.value", file=file, column=name, lines=lines,
                             type=labels.text(f"card.type.{field['type']}"))
        table[name] = values
    return table[[field["name"] for field in resource["schema"]["fields"]]].astype(_dtypes(resource))


def _typed(text, kind):
    """Return text as values of this kind; what cannot be read becomes NaN."""
    if kind == "date":
        return pd.to_datetime(text.str.replace("/", "-"), format="%Y-%m-%d", errors="coerce")
    values = pd.to_numeric(text, errors="coerce")
    return values.where(values % 1 == 0 if kind == "integer" else np.isfinite(values))


def _variant(base, reserve, units, rule, student):
    """Draw a student's table from base and reserve, as the rule in datapackage.json says.

    The reserve holds whole further sets of the same units (customers) in the same order, so that each unit is replaced
    by one that plays the same part: number n of one set by number n of another.
    """
    unit, base_units = rule["unit"], units[0]
    drawn = _draw(np.concatenate(units), len(base_units), student, "units")
    order = np.argsort(_digits(student, "names", len(base_units)), kind="stable")
    new_names = dict(zip(drawn, base_units[order]))

    pool = pd.concat([base, reserve], ignore_index=True)
    nameless = np.flatnonzero(pool[unit].isna())
    keep = np.array(pool[unit].isin(drawn))
    keep[_draw(nameless, int(base[unit].isna().sum()), student, "nameless")] = True
    table = pool[keep].copy()

    table[unit] = table[unit].map(new_names).astype(base[unit].dtype)
    for column in rule["shift"]:
        table[column] -= pd.Timedelta(days=_days_back(student))
    for column in rule["scale"]:
        table[column] = _scaled(table[column], 800 + _pick(student, "scale", 451))
    table = table.sort_values(rule["sort"], kind="stable", ignore_index=True)
    for column, form in rule["renumber"].items():
        table[column] = [form.format(code + 1) for code in pd.factorize(table[column])[0]]
    return table


def _draw(pool, count, student, purpose):
    """Choose one of pool[n], pool[n + count], pool[n + 2 count] ... for each n below count."""
    if count == 0:
        return pool[:0]
    sets = _digits(student, purpose, count) % np.uint64(len(pool) // count)
    return pool[np.arange(count) + count * sets.astype("int64")]


def _digits(student, purpose, count):
    """Return integers that hang on student and purpose alone: SHAKE-256, not a random stream that a version may change."""
    seed = f"casekit/{purpose}/{student}".encode()
    return np.frombuffer(hashlib.shake_256(seed).digest(8 * count), dtype="<u8")


def _pick(student, purpose, choices):
    return int(_digits(student, purpose, 1)[0]) % choices  # numpy 1 would divide a uint64 as a float


def _days_back(student):
    """Return by how many days a student's dates lie back: whole weeks, so that weekdays stay."""
    return 7 * _pick(student, "shift", 52)


def _scaled(amounts, permille):
    """Scale in whole cents, halves away from zero, so that a refund stays the mirror image of its order."""
    cents = np.rint(amounts.to_numpy() * 100).astype("int64")
    return np.sign(cents) * ((np.abs(cents) * permille + 500) // 1000) / 100
