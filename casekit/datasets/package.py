"""What is known about the bundled datasets: the descriptor ``datasets/datapackage.json``, and the files it names."""

import difflib
import functools
import hashlib
import json
import tomllib
from pathlib import Path

import pandas as pd

from casekit import labels
from casekit.errors import InputError

_HERE = Path(__file__).parents[1]
_HOMES = (_HERE / "_datasets", _HERE.parent / "datasets")  # in a wheel; in a checkout


def folder():
    """Return the folder of the data files, that of a checkout or that of an installed kit.

    返回数据文件所在的文件夹（源码目录或安装目录）。

    Examples
    --------
    >>> (folder() / "datapackage.json").exists()
    True
    """
    return next(home for home in _HOMES if (home / "datapackage.json").exists())


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
    return [one["name"] for one in descriptor()["resources"] if truth or not one["casekit"]["truth"]]


def path(name):
    """Return the path of a dataset's file.

    返回数据集文件的路径。

    Examples
    --------
    >>> path("orders").name
    'orders.csv'
    """
    return folder() / entry(name)["path"]


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
    for resource in descriptor()["resources"]:
        for file in files(resource):
            checked(file)
            rows.append((resource["name"], file["path"], file["bytes"], file["hash"].removeprefix("sha256:")))
    return pd.DataFrame(rows, columns=["name", "file", "bytes", "sha256"])


def public():
    """Return what is known about the public datasets: {name: title, licence, page, files ...}.

    返回公开数据集的全部信息：{名称: 标题、许可、网页、文件……}。

    Examples
    --------
    >>> sorted(public())
    ['cdnow', 'cdnow_sample', 'complete_journey', 'online_retail', 'user_behavior']
    """
    return _read(folder() / "public.toml")


def descriptor():
    """Return what is known about the bundled datasets.

    返回随包数据集的全部信息。
    """
    return _read(folder() / "datapackage.json")


def _read(file):
    return _parsed(file, file.stat().st_mtime_ns)


@functools.lru_cache(maxsize=2)
def _parsed(file, modified):
    return {".toml": tomllib, ".json": json}[file.suffix].loads(file.read_text(encoding="utf-8"))


def entry(name):
    """Return what is known about one bundled dataset.

    返回一个随包数据集的信息。
    """
    found = {one["name"]: one for one in descriptor()["resources"]}
    if name not in found and name in public():
        raise InputError("datasets.public", name=name)
    if name not in found:
        near = difflib.get_close_matches(str(name), [*found, *public()], n=1, cutoff=0)
        raise InputError("datasets.unknown", name=name, names=", ".join(found), near=near[0])
    return found[name]


def said(thing, key, lang=None):
    """Return a text of a descriptor in a language, such as the one in use.

    返回描述信息中某种语言（默认当前语言）的文字。
    """
    return thing.get(key if (lang or labels.language()) == "en" else f"{key}_zh", "")


def files(resource):
    """Yield the file entries of a resource: its own, then its reserve.

    逐个给出一个数据集的文件：本身，然后是备用文件。
    """
    yield resource
    if "student" in resource["casekit"]:
        yield resource["casekit"]["student"]["reserve"]


def checked(file):
    """Return the bytes of a file, after checking that they are the recorded ones.

    核对后返回文件的字节：与记录不符就报错。
    """
    where = folder() / file["path"]
    try:
        content = where.read_bytes()
    except OSError:
        raise InputError("datasets.missing", file=where) from None
    if len(content) != file["bytes"] or hashlib.sha256(content).hexdigest() != file["hash"].removeprefix("sha256:"):
        raise InputError("datasets.changed", file=where)
    return content
