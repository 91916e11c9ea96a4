import csv
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from string import Formatter

import pandas as pd
import pytest

import casekit
from casekit import labels
from casekit.errors import InputError

FILE = Path(labels.__file__).with_name("labels.csv")
HAN = "[\u4e00-\u9fff]"
KEY = re.compile(r"[a-z][a-z0-9_]*(\.[A-Za-z0-9_/-]+)+")


def rows():
    with open(FILE, encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def placeholders(words):
    return Counter(name for _, name, _, _ in Formatter().parse(words) if name is not None)


def test_table_is_three_columns_with_unique_keys():
    header, *body = rows()
    assert header == ["key", "zh", "en"]
    assert [row for row in body if len(row) != 3 or not KEY.fullmatch(row[0])] == []
    assert [key for key, count in Counter(row[0] for row in body).items() if count > 1] == []


def test_both_languages_are_filled():
    assert [key for key, zh, en in rows()[1:] if not zh.strip() or not en.strip()] == []


def test_both_languages_name_the_same_placeholders():
    wrong = [key for key, zh, en in rows()[1:] if set(placeholders(zh)) != set(placeholders(en))]
    unnamed = [key for key, zh, _ in rows()[1:] for name in placeholders(zh) if not name.isidentifier()]
    # text() itself takes lang; only errors are filled in without it.
    taken = [key for key, zh, _ in rows()[1:] if "lang" in placeholders(zh) and not key.startswith("error.")]
    assert (wrong, unnamed, taken) == ([], [], [])


def test_chinese_has_full_width_punctuation_and_english_has_not():
    half = re.compile(rf"{HAN} ?[,;:?()]|[,;:?(] ?{HAN}|{HAN}\.(\s|$)")
    code = re.compile(r"[a-z_.]+\([^)]*\)")
    assert [key for key, zh, _ in rows()[1:] if half.search(code.sub("", zh))] == []
    assert [key for key, _, en in rows()[1:] if re.search("[，。；：！？（）]", en)] == []


def test_text_follows_the_language():
    labels.use("en")
    assert labels.text("col.customer_id") == "Customer"
    assert labels.text("col.customer_id", lang="zh") == "客户"
    with pytest.raises(InputError, match="fr"):
        labels.use("fr")
    assert labels.language() == "en"


def test_missing_label_names_its_neighbours():
    with pytest.raises(InputError, match="col.customer_id") as caught:
        labels.text("col.customer_ids")
    assert caught.value.code == "label"


def test_missing_placeholder_is_named():
    with pytest.raises(InputError, match="only") as caught:
        labels.text("error.notebook.unknown", names="a")
    assert caught.value.code == "label_placeholder"


def test_errors_speak_the_language_in_use():
    error = InputError("language", lang="fr")
    assert str(error) == "没有语言“fr”。请用 zh 或 en。"
    labels.use("en")
    assert str(error) == 'There is no language "fr". Use zh or en.'


def test_error_without_a_label_still_says_what_it_knows():
    assert str(InputError("no.such", column="a")) == "no.such: column=a"
    assert "lang" in str(InputError("language"))  # a detail forgotten


def test_rename_translates_columns_and_codes_only(monkeypatch):
    words = {
        "col.segment": {"zh": "客户群", "en": "Segment"},
        "segment.champion": {"zh": "冠军客户", "en": "Champions"},
        "segment.lost": {"zh": "流失客户", "en": "Lost"},
    }
    monkeypatch.setattr(labels, "table", lambda: words)
    frame = pd.DataFrame({"segment": ["champion", "segment.lost", "own", None], "own": ["champion", 1, 2, 3]})
    renamed = labels.rename(frame)
    assert renamed["客户群"].tolist()[:3] == ["冠军客户", "流失客户", "own"] and pd.isna(renamed["客户群"][3])
    assert renamed["own"].tolist() == ["champion", 1, 2, 3]
    assert frame.columns.tolist() == ["segment", "own"] and frame["segment"][0] == "champion"
    assert labels.rename(frame, lang="en").columns.tolist() == ["Segment", "own"]


def test_rename_translates_words_that_the_data_hold_in_chinese():
    frame = pd.DataFrame({"cell": ["武汉", "engineering", "沙市"], "own": "武汉"})
    renamed = labels.rename(frame, lang="en")
    assert renamed.iloc[:, 0].tolist() == ["Wuhan", "Engineering", "沙市"] and set(renamed["own"]) == {"武汉"}
    assert labels.rename(frame, lang="zh").iloc[:, 0].tolist() == ["武汉", "工学院", "沙市"]


def test_rename_keeps_the_order_of_categories(monkeypatch):
    words = {"segment.b": {"zh": "乙", "en": "B"}, "segment.a": {"zh": "甲", "en": "A"}}
    monkeypatch.setattr(labels, "table", lambda: words)
    kind = pd.CategoricalDtype(["b", "a"], ordered=True)
    renamed = labels.rename(pd.DataFrame({"segment": pd.Series(["a", "b"], dtype=kind)}))
    assert renamed["segment"].cat.categories.tolist() == ["乙", "甲"] and renamed["segment"].cat.ordered


def test_rename_reaches_the_index(monkeypatch):
    words = {
        "col.segment": {"zh": "客户群", "en": "Segment"},
        "segment.lost": {"zh": "流失客户", "en": "Lost"},
    }
    monkeypatch.setattr(labels, "table", lambda: words)
    single = pd.DataFrame({"x": [1]}, index=pd.Index(["lost"], name="segment"))
    double = pd.DataFrame(
        {"x": [1]}, index=pd.MultiIndex.from_tuples([("lost", "lost")], names=["segment", "own"])
    )
    assert (
        labels.rename(single).index.tolist() == ["流失客户"] and labels.rename(single).index.name == "客户群"
    )
    assert labels.rename(double).index.tolist() == [("流失客户", "lost")]
    crossed = labels.rename(pd.DataFrame([[1, 2]], columns=pd.Index(["lost", "own"], name="segment")))
    assert crossed.columns.tolist() == ["流失客户", "own"] and crossed.columns.name == "客户群"


def test_every_term_has_its_meaning():
    terms, meanings = (
        {key[len(start) :] for key in labels.table() if key.startswith(start)}
        for start in ("term.", "meaning.")
    )
    assert terms == meanings


def test_glossary_has_both_languages():
    whole, chapter = labels.glossary(), labels.glossary("04_rfm")
    assert 0 < len(chapter) <= len(whole)
    assert chapter.index.name == "中文" and chapter.columns.tolist() == ["英文", "含义"]
    assert labels.glossary("rfm", lang="en").index.name == "English"
    with pytest.raises(InputError, match="rfm") as caught:
        labels.glossary("99_nothing")
    assert caught.value.code == "glossary"


def test_language_of_the_computer_is_a_start():
    show = "from casekit import labels; print(labels.language())"
    assert [run(show, CASEKIT_LANG=told) for told in ("en", "en_US", "zh", "fr")] == ["en", "en", "zh", "zh"]


def test_start_sets_language_and_style():
    show = "print(casekit.labels.language(), matplotlib.rcParams['image.cmap'])"
    assert run(f"import casekit, matplotlib; casekit.start('en'); {show}") == "en cividis"
    with pytest.raises(InputError):
        casekit.start("fr")


def run(code, **environment):
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()
