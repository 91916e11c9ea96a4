"""A made-up class of 24 and what a fair teacher would give each: ``python tests/class24.py FOLDER`` writes it."""

import io
import json
import os
import re
import sys
import zipfile
from pathlib import Path

ID = "04_rfm"
EXERCISES = Path(__file__).parents[1] / "exercises"
NAMES = (
    "张伟 王芳 李娜 刘洋 陈静 杨帆 赵敏 黄磊 周杰 吴倩 徐明 孙丽 马超 朱婷 胡军 郭蕾 林峰 何欣 高翔 梁雪 罗浩 宋佳 郑凯 谢莹"
).split()
STUDENTS = {f"202501{number:02}": name for number, name in enumerate(NAMES, start=1)}

RIGHT = {
    "hand_r": 'months = (pd.Timestamp(ex.as_of) - table["last_order_date"]).dt.days / (365.25 / 12)\n'
    "hand_r = [20 if m <= 3 else 10 if m <= 6 else 5 if m <= 9 else 3 if m <= 12 else 1 for m in months]",
    "hand_f": 'hand_f = [min(4 * n, 20) for n in table["orders"]]',
    "hand_m": 'hand_m = [min(0.1 * amount, 20) for amount in table["amount_cny"]]',
    "hand_total": "hand_total = 5 * pd.Series(hand_r) + 3 * pd.Series(hand_f) + 2 * pd.Series(hand_m)",
    "recency": 'last = clean[clean["amount_cny"] > 0].groupby("customer_id")["order_date"].max()\n'
    "recency = (pd.Timestamp(ex.as_of) - last).dt.days",
    "frequency": 'frequency = clean[clean["amount_cny"] > 0].groupby("customer_id").size()',
    "monetary": 'monetary = clean.groupby("customer_id")["amount_cny"].sum()',
    "scores": 'measures = pd.DataFrame({"recency_days": recency, "frequency": frequency, "monetary": monetary})\n'
    "scores = rfm.score(measures)",
    "segments": 'segments = rfm.segment(scores)["segment"]',
    "value_customers": 'value_customers = (segments == "important_value").sum()',
    "value_share": 'value_share = 100 * monetary[segments == "important_value"].sum() / monetary.sum()',
    "next_step": 'steps = dict(zip(rfm.strategies()["segment"], "bdghea" "cf"))\nnext_step = steps[segments["C0001"]]',
    "p2_points": "def p2_points(months, orders, amount):\n"
    "    r = 20 if months <= 3 else 10 if months <= 6 else 5 if months <= 9 else 3 if months <= 12 else 1 if months <= 24 else 0\n"
    "    return 5 * r + 3 * min(4 * orders, 20) + 2 * min(0.1 * amount, 20)",
    "essay": 'essay = f"222 的客户最有价值，共 {value_customers} 位，应由专人服务（{STUDENT}）。"',
}
POINTS = {
    "hand_r": 6,
    "hand_f": 3,
    "hand_m": 3,
    "hand_total": 5,
    "recency": 7,
    "frequency": 7,
    "monetary": 6,
    "scores": 11,
    "segments": 8,
    "value_customers": 3,
    "value_share": 5,
    "next_step": 4,
    "p2_points": 12,
}
UPSIDE_DOWN = 'scores = rfm.score(measures)\nscores["r_score"] = pd.qcut(recency, 5, labels=[1, 2, 3, 4, 5]).astype(int)'
RETURNS = 'frequency = clean.groupby("customer_id").size()'
OTHER_WAYS = {  # right all the same: dicts, lists, Chinese names, text of codes
    "hand_total": 'hand_f = dict(zip(table["customer_id"], hand_f))\n'
    'hand_total = {id: 5 * r + 3 * hand_f[id] + 2 * m for id, r, m in zip(table["customer_id"], hand_r, hand_m)}',
    "recency": 'purchases = clean[clean["amount_cny"] > 0].sort_values("order_date")\n'
    'recency = (pd.Timestamp(ex.as_of) - purchases.drop_duplicates("customer_id", keep="last").set_index("customer_id")["order_date"]).dt.days',
    "frequency": 'frequency = clean.query("amount_cny > 0")["customer_id"].value_counts()',
    "scores": RIGHT["scores"] + "\nscores = scores.sample(frac=1, random_state=1).astype(float)",
    "segments": 'segments = rfm.segment(scores)["segment"].map({code: labels.text(f"segment.{code}", "zh") for code in rfm.strategies()["segment"]})',
    "value_customers": 'value_customers = float((segments == labels.text("segment.important_value", "zh")).sum())',
    "value_share": 'value_share = round(100 * monetary[segments == labels.text("segment.important_value", "zh")].sum() / monetary.sum(), 1)',
    "next_step": 'next_step = dict(zip([labels.text(f"segment.{code}", "zh") for code in rfm.strategies()["segment"]], "bdgheacf"))[segments["C0001"]].upper()',
}


def solved(lang="zh", student="", **changes):
    """Return the exercise's notebook with right answers, some of them changed; ``...`` leaves a stub."""
    nb = json.loads((EXERCISES / f"{ID}.{lang}.ipynb").read_text(encoding="utf-8"))
    return solve(nb, lang, student, **changes)


def solve(nb, lang, student, **changes):
    """Fill in right answers, some of them changed."""
    answers = {**RIGHT, **changes}
    for cell in nb["cells"]:
        source = "".join(cell["source"])
        for name, answer in answers.items():
            if answer is not ... and f"{name} = ..." in source:
                source = source.replace(f"{name} = ...", answer)
        if answers["next_step"] is not ...:  # clicked, so in the last cell; some write code all the same
            if lang == "en":
                source = source.replace('ex.ask("next_step")', f'{answers["next_step"]}\nex.answer("next_step", next_step)')
            else:
                plain = re.fullmatch("next_step = ('.')", answers["next_step"])
                told = f"ex.submit({{'next_step': {plain[1]}}})" if plain else f'{answers["next_step"]}\nex.submit({{"next_step": next_step}})'
                source = source.replace("ex.submit()", told)
        if cell["id"] == "parameters":
            source = source.replace('STUDENT = ""', f'STUDENT = "{student}"')
        cell["source"] = source
    return nb


def literal(student):
    """Return another student's right answers written out as numbers, for his classmate to copy."""
    import pandas as pd

    from casekit import mark, sheet
    from casekit.mark.key import call, world

    key = mark.load_key(EXERCISES / "keys" / f"{ID}.py")
    values = world(sheet.read(EXERCISES / f"{ID}.toml"), student)
    copied = {}
    for name in POINTS:
        if name != "p2_points":
            value = values[name] = call(key.functions[name], values)
            table = isinstance(value, pd.Series | pd.DataFrame)
            plain = value.to_dict() if table else value.item() if hasattr(value, "item") else value
            copied[name] = (
                f"{name} = pd.{type(value).__name__}({plain!r})" if table else f"{name} = {plain!r}"
            )
    return copied


def stripped(nb):
    """Take away what tools take away: tags, ids, metadata, the parameters cell."""
    cells = [
        {"cell_type": cell["cell_type"], "source": cell["source"], "metadata": {}}
        for cell in nb["cells"]
        if cell["id"] != "parameters"
    ]
    return {"cells": cells, "nbformat": 4, "nbformat_minor": 0, "metadata": {}}


def three(nb):
    """Return a notebook in the format of 2013."""
    cells = [
        {
            "cell_type": "code",
            "language": "python",
            "input": cell["source"],
            "outputs": [],
            "collapsed": False,
        }
        if cell["cell_type"] == "code"
        else {"cell_type": cell["cell_type"], "source": cell["source"]}
        for cell in nb["cells"]
    ]
    return {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [{"cells": cells}]}


def reordered(nb):
    """Answer one question twice and hand in the function before all else."""
    by_id = {cell["id"]: cell for cell in nb["cells"]}
    first = {
        **by_id["frequency"],
        "source": 'frequency = 1\nex.answer("frequency", frequency)',
        "id": "first",
    }
    nb["cells"].remove(by_id["p2-points"])
    at = nb["cells"].index(by_id["start"]) + 1
    nb["cells"][at:at] = [by_id["p2-points"], first]
    return nb


def text(nb):
    return json.dumps(nb, ensure_ascii=False, indent=1)


def build(folder):
    """Write roster and submissions; return what is fair: ``{student: (status, points, reasons other than "right")}``."""
    folder = Path(folder)
    into = folder / "submissions"
    into.mkdir(parents=True)
    ids = list(STUDENTS)
    rows = ["某大学 市场营销 2501 班,,,", "学号,姓名,班级,语言"] + [
        f"{id},{name},营销2501,{'en' if id[-2:] == '02' else ''}" for id, name in STUDENTS.items()
    ]
    (folder / "roster.csv").write_text("\n".join(rows) + "\n", encoding="gbk")
    fair, clock = {}, iter(range(1_700_000_000, 1_800_000_000, 60))

    def put(name, data):
        path = into / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else text(data).encode())
        os.utime(path, (now := next(clock), now))

    def hand_in(number, data, status="graded", points=80.0, name=None, **reasons):
        id = ids[number - 1]
        put(name or f"{id}_{STUDENTS[id]}_{5000 + number}_assignsubmission_file/{ID}.ipynb", data)
        fair[id] = status, points, reasons

    def own(number, lang="zh", **changes):
        return solved(lang, ids[number - 1], **changes)

    everything = sum(POINTS.values())
    hand_in(1, own(1))
    hand_in(2, own(2, "en"))
    hand_in(3, own(3, **OTHER_WAYS))
    # The calendar in place of the as-of date: every day count is off alike, so the scores are right.
    hand_in(
        4,
        own(
            4,
            recency='recency = (pd.Timestamp("2026-06-30") - clean[clean["amount_cny"] > 0].groupby("customer_id")["order_date"].max()).dt.days',
        ),
        points=everything - 7 + 3.5,
        recency="diagnosed",
    )
    # Returns counted as purchases: a diagnosed mistake, then right methods on wrong numbers.
    hand_in(
        5,
        own(5, frequency=RETURNS),
        points=everything - 2.8 - 2.2 - 1.6,
        frequency="diagnosed",
        scores="follow_through",
        segments="follow_through",
    )
    hand_in(
        6,
        own(6, scores=RIGHT["scores"] + "\n" + UPSIDE_DOWN),
        points=everything - 4.4 - 1.6 - 0.6 - 1 - 0.8,
        scores="diagnosed",
        **dict.fromkeys(("segments", "value_customers", "value_share", "next_step"), "follow_through"),
    )
    hand_in(
        7,
        own(7, **literal(ids[0])),
        points=12 + 3.0,
        hand_r="partial",  # half of its points fit by chance
        **dict.fromkeys([name for name in POINTS if name not in ("hand_r", "p2_points")], "wrong"),
    )
    hand_in(8, own(8, **dict.fromkeys(RIGHT, ...)), points=0.0, **dict.fromkeys(RIGHT, "missing"))
    hand_in(
        9,
        own(9, hand_m="hand_m = table['no such column']", monetary='raise ValueError("?")\nmonetary = ...'),
        points=6 + 3 + 7 + 7 + 12,
        **dict.fromkeys(
            "hand_m hand_total monetary scores segments value_customers value_share next_step essay".split(),
            "missing",
        ),
    )
    hand_in(10, text(own(10)).encode()[: len(text(own(10)).encode()) // 2], "failed", None)
    hand_in(11, own(11), name="最终版 作业（改）.ipynb")
    hand_in(12, text(own(12)).encode("gbk"))
    hand_in(13, own(13, segments="segments = 1"), name=f"{ids[12]}.ipynb")
    hand_in(13, own(13), name=f"{ids[12]} (1).ipynb")
    pack = io.BytesIO()
    with zipfile.ZipFile(pack, "w") as archive:
        archive.writestr(f"{ID}/{ID}.zh.ipynb", text(own(14)))
        archive.writestr(f"{ID}/{ID}.en.ipynb", (EXERCISES / f"{ID}.en.ipynb").read_text(encoding="utf-8"))
        archive.writestr(f"{ID}/{ID}.toml", "")
    hand_in(14, pack.getvalue(), name=f"{STUDENTS[ids[13]]}.zip")
    fair[ids[14]] = "missing", None, {}
    hand_in(16, b"%PDF-1.7\n...", "failed", None)
    hand_in(17, b"", "failed", None)
    hand_in(
        18,
        own(18, p2_points="import os\nos._exit(1)", next_step=literal(ids[17])["next_step"]),
        "partly",
        everything - 12.0,
        p2_points="missing",
        essay="missing",
    )
    hand_in(19, stripped(own(19)))
    hand_in(20, three(own(20)))
    ties = 'scores = rfm.score(measures)\nscores["f_score"] = pd.qcut(frequency.rank(method="first"), 5, labels=False) + 1'
    no_caps = (
        RIGHT["p2_points"]
        .replace("min(4 * orders, 20)", "4 * orders")
        .replace("min(0.1 * amount, 20)", "0.1 * amount")
    )
    hand_in(
        21,
        own(21, scores=RIGHT["scores"] + "\n" + ties, p2_points=no_caps),
        points=everything - 3.3 - 1.6 - 0.6 - 1 - 4.8,
        scores="diagnosed",
        p2_points="diagnosed",
        **dict.fromkeys(("segments", "value_customers", "value_share"), "follow_through"),
    )
    hand_in(22, reordered(own(22)))
    later = ("scores", "segments", "value_customers", "value_share", "next_step", "p2_points", "essay")
    hand_in(23, own(23, **dict.fromkeys(later, ...)), points=37.0, **dict.fromkeys(later, "missing"))
    days = 'last = clean[clean["amount_cny"] > 0].groupby("customer_id")["order_date"].max()\ndays = (pd.Timestamp(ex.as_of) - last).dt.days\n'
    hand_in(
        24,
        own(
            24,
            hand_total="hand_total = 1",
            recency='recency = "three days"',
            scores=days + RIGHT["scores"].replace("recency,", "days,"),
            value_share=RIGHT["value_share"].replace("100 * ", ""),
        ),
        points=everything - 5 - 7 - 1.0,
        hand_total="invalid",
        recency="invalid",
        value_share="diagnosed",
    )
    put("20259999_旁听生.ipynb", solved(student="20259999"))
    put("notes/readme.txt", b"no notebook, no student")
    return fair


if __name__ == "__main__":
    build(sys.argv[1])
