"""Make all data files, checksums and cards anew: ``python datasets/make [FOLDER]`` (default: ``datasets/`` itself).

``python datasets/make --release`` records columns and values of every dataset in ``datasets/released.json``: what the next
version has to be is judged by them (the rules stand in ``datapackage.json``, `needed` applies them).

To add a dataset:

1. a generator ``datasets/make/<name>.py`` with ``files()``, which returns {path: text or bytes}, drawing from nothing but
   ``random.Random(text).random()`` or numpy's ``Generator(PCG64(seed)).random()``: the streams that never change, so that
   it gives the same bytes everywhere (real or hand-made tables need no generator: put the file into ``datasets/``, at
   most 1 MB; Parquet by ``datasets.parquet(frame)``). One that makes data of any size for ``datasets.make`` has also
   ``SCALE = "customers"``, the name of its size parameter; ``stream(size, seed)``, which yields {table: rows} in chunks
   that fit into memory; and, for the progress bar, ``CHUNK``, the number of customers in a chunk;
2. an entry among the ``resources`` of ``datasets/datapackage.json``: title, description, fields, origin, known flaws and
   allowed use in both languages; the card is made of it. With ``casekit.student`` (unit, columns to shift and to
   scale, a reserve of whole further sets of the same units in the same order) each student gets an own variant;
3. ``col.<field>`` rows in ``casekit/labels.csv``, and this command, which fills in rows, bytes and hash and
   writes ``README.md``; ``pytest tests/test_datasets.py`` then holds all of it.
"""

import hashlib
import importlib
import json
import os
import sys
import tempfile
from pathlib import Path

MAKE = Path(__file__).resolve().parent
DATASETS = MAKE.parent
sys.path[:0] = [str(MAKE), str(DATASETS.parent)]

from casekit import datasets, labels  # noqa: E402  (from this checkout)
from casekit.datasets import package as pack, reading  # noqa: E402


def generated():
    """Return {path: bytes} of all files that generators make."""
    made = {}
    for file in sorted(MAKE.glob("[a-z]*.py")):
        made |= importlib.import_module(file.stem).files()
    return {path: kept(path, text if isinstance(text, bytes) else text.encode()) for path, text in made.items()}


def kept(path, content):
    """Return the bytes that stand already where another DuckDB has written the same values as Parquet."""
    there = DATASETS / path
    if not path.endswith(".parquet") or not there.exists() or content == there.read_bytes():
        return content
    old = there.read_bytes()
    return old if table(old).equals(table(content)) else content


def table(content):
    """Return the bytes of a Parquet file as a table."""
    with tempfile.TemporaryDirectory() as home:
        file = Path(home) / "table.parquet"
        file.write_bytes(content)
        return reading.engine().read_parquet(str(file)).df()


def refresh(package, made):
    """Fill in rows, bytes and hash of every file of the package."""
    for resource in package["resources"]:
        for file in pack.files(resource):
            content = made[file["path"]] if file["path"] in made else (DATASETS / file["path"]).read_bytes()
            file["bytes"], file["hash"] = len(content), f"sha256:{hashlib.sha256(content).hexdigest()}"
            if file is resource:
                lines = content.count(b"\n") - 1 if resource["format"] == "csv" else len(table(content))
                resource["casekit"]["rows"] = lines


def readme(package):
    """Return README.md: all cards in both languages."""
    rules, tail = package["casekit"], {"zh": "_zh", "en": ""}
    lines = [f"# {package['title_zh']} / {package['title']}", "", f"<!-- {labels.text('card.made', 'en')} -->", ""]
    for lang in labels.LANGUAGES:
        lines += [package[f"description{tail[lang]}"], ""]
        for part in ("student", "versions"):
            lines += [f"**{labels.text(f'card.{part}', lang)}** {rules[f'{part}{tail[lang]}']}", ""]
        lines += [labels.text("card.public", lang), ""]
        lines += [f"- `{name}`: [{pack.said(one, 'title', lang)}]({one['page']}). {pack.said(one, 'licence', lang)}"
                  for name, one in datasets.public().items()] + [""]  # fmt: skip
    for resource in package["resources"]:
        lines += [f"## {resource['name']}", ""]
        lines += [datasets.Card(resource).text(lang) for lang in labels.LANGUAGES]
    return "\n".join(lines)


def record(package, names):
    """Return what a version promises: columns and values of these datasets, and the bytes that carry them."""
    tables = {}
    for resource in (resource for resource in package["resources"] if resource["name"] in names):
        text = datasets.load(resource["name"]).to_csv(index=False, lineterminator="\n", date_format="%Y-%m-%d")
        tables[resource["name"]] = {
            "columns": " ".join(field["name"] for field in resource["schema"]["fields"]),
            "values": hashlib.sha256(text.encode()).hexdigest()[:16],
            "bytes": resource["hash"][7:23],
        }
    return {"version": package["version"], "tables": tables}


def needed(old, package):
    """Return the least version that may follow a release: gone or renamed raises the first number, changed or added values
    the second, another format of the same values the third."""
    first, second, third = map(int, old["version"].split("."))
    before, after = old["tables"], record(package, old["tables"])["tables"]
    if any(name not in after or set(one["columns"].split()) - set(after[name]["columns"].split())
           for name, one in before.items()):  # fmt: skip
        return first + 1, 0, 0
    if len(package["resources"]) > len(before) or any(one["values"] != after[name]["values"] for name, one in before.items()):
        return first, second + 1, 0
    return first, second, third + any(one["bytes"] != after[name]["bytes"] for name, one in before.items())


def main(folder=DATASETS):
    """Write everything into a folder."""
    package = json.loads((DATASETS / "datapackage.json").read_text(encoding="utf-8"))
    made = generated()
    refresh(package, made)
    made["datapackage.json"] = (json.dumps(package, ensure_ascii=False, indent=2) + "\n").encode()
    made["README.md"] = readme(package).encode()
    for path, content in made.items():
        where = Path(folder) / path
        where.parent.mkdir(parents=True, exist_ok=True)
        part = where.with_name(f".{where.name}.{os.getpid()}")
        part.write_bytes(content)  # whole before it takes its place: others read these files all the time
        os.replace(part, where)


if __name__ == "__main__":
    if sys.argv[1:] == ["--release"]:
        lines = json.dumps(record(pack.descriptor(), pack.names()), indent=1)
        (DATASETS / "released.json").write_text(lines + "\n", encoding="utf-8")
    else:
        main(*sys.argv[1:])
