"""Files that are no honest hand-in, or an honest one with a hard life. Name -> lays them down, fair ends.

Each is alone between two honest students, and no kernel is needed: what cannot be read never gets one.
"""

import functools
import gzip
import io
import json
import lzma
import os
import stat
import struct
import zipfile
import zlib

import tiny
from battery import EVERYTHING, MIDDLE, fair

FAILED = {code: fair(0, "failed", code) for code in (
    "empty", "pdf", "archive", "web_page", "encoding", "conflict", "truncated", "not_json", "not_a_notebook",
    "no_cells", "too_many_cells", "too_large", "link", "folder", "not_notebook", "broken_zip", "bomb")}  # fmt: skip
KEPT = fair(EVERYTHING)
NOBODYS = fair(None, "missing")  # the file is of nobody on the roster, and it is named
PIXEL = bytes.fromhex("89504e470d0a1a0a0000000d49484452")


@functools.cache
def good(**changes):
    return tiny.text(tiny.notebook(student=MIDDLE, **changes)).encode()


def alone(data, name=f"{MIDDLE}.ipynb"):
    """Lay down one file."""

    def put(folder):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data() if callable(data) else data)

    return put


def packed(*members, name=f"{MIDDLE}.zip", method=zipfile.ZIP_DEFLATED):
    """Lay down a zip of (name or ZipInfo, data)."""

    def data():
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", method) as archive:
            for member, inside in members:
                archive.writestr(member, inside() if callable(inside) else inside)
        return file.getvalue()

    return alone(data, name)


def link_member(target):
    info = zipfile.ZipInfo(f"{MIDDLE}.ipynb")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info, target


def encrypted(data):
    """Set the flag of encryption in both headers of a zip's members."""
    data = bytearray(data)
    for sign, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        where = -1
        while (where := data.find(sign, where + 1)) >= 0:
            data[where + at] |= 1
    return bytes(data)


def zipped(*members, method=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, inside in members:
            archive.writestr(name, inside)
    return file.getvalue()


def bomb():
    """Return a zip of 30 MB of zeros that says it is a notebook."""
    return zipped((f"{MIDDLE}.ipynb", bytes(30_000_000)))


def nested():
    """Return zips in zips, deeper than anybody packs."""
    data = zipped((f"{MIDDLE}.ipynb", good()))
    for _ in range(6):
        data = zipped((f"{MIDDLE}.zip", data), method=zipfile.ZIP_STORED)
    return data


def crowd():
    return zipped(*((f"{n}.txt", b"") for n in range(30_000)))


def liar():
    """Return a zip whose member is larger than both headers say."""
    data, size = zipped((f"{MIDDLE}.ipynb", b" " * 100_000)), struct.pack("<I", 100_000)
    assert size in data and zlib.crc32(b"") == 0
    return data.replace(size, struct.pack("<I", 10))


def cells(data):
    return json.dumps({"cells": data, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def link(target):
    return lambda folder: os.symlink(target(folder), folder / f"{MIDDLE}.ipynb")


def beside(put):
    """Lay down a good file first, then something more."""

    def both(folder):
        alone(good())(folder)
        put(folder)

    return both


def doubled_keys():
    return good().replace(b'"cells": [', b'"cells": "x", "cells": [', 1)


def numbers():
    data = json.loads(good())
    data["nbformat"], data["cells"][0]["metadata"] = 4, {"a": float("nan"), "b": float("-inf"), "c": 10**400}
    return json.dumps(data).encode()


def more_cells(*more):
    """Return a good file with some cells more at its end."""
    data = json.loads(good())
    data["cells"] += more
    return json.dumps(data).encode()


HALF = "\ud800"  # of a pair; no encoding takes it
ODD_CELLS = (
    {"cell_type": "heading", "level": float("inf"), "source": "x"}, {"cell_type": "heading", "level": 10**12, "source": "x"},
    {"cell_type": "markdown", "source": f"![x](attachment:a.png) ![y](attachment:b) ![z](attachment:{HALF})", "metadata": {},
     "attachments": {"a.png": 5, "b": {"image/png": '"><script>alert(1)</script>'}, HALF: {HALF: HALF}, "c": None}},
    {"cell_type": "code", "source": f"# {HALF}\x00", "id": "\x1b[2J\n", "metadata": {HALF: float("nan")}, "outputs": 7},
    {"cell_type": "markdown", "source": ">" * 5000 + "[" * 5000 + "*a _b " * 2000 + "\n" + "- " * 3000},
    {"cell_type": "code", "source": {"a": ["x"]}}, {"cell_type": "code"}, {"cell_type": None, "source": None}, 7, None, [[]],
)  # fmt: skip
FILES = {
    # not a notebook
    "empty": (alone(b""), FAILED["empty"]),
    "spaces": (alone(b" \n" * 1000), FAILED["empty"]),
    "zeros": (alone(bytes(10_000)), FAILED["not_json"] + FAILED["empty"] + FAILED["truncated"]),
    "noise": (alone(bytes(range(128, 256)) * 100), FAILED["encoding"] + FAILED["not_json"]),
    "a picture": (alone(PIXEL + bytes(range(256)) * 20), FAILED["encoding"] + FAILED["not_json"]),
    "a PDF": (alone(b"%PDF-1.7\n" + bytes(range(256))), FAILED["pdf"]),
    "a web page": (alone(b"<!DOCTYPE html><html><script>alert(1)</script></html>"), FAILED["web_page"]),
    "a program": (alone(b"import os\nos.system('id')\n"), FAILED["not_json"]),
    "only a PDF": (alone(b"%PDF-1.7", f"{MIDDLE}.pdf"), FAILED["not_notebook"]),
    "a number": (alone(b"42"), FAILED["not_a_notebook"]),
    "a list": (alone(b"[[]]"), FAILED["not_a_notebook"]),
    "no cells": (alone(cells([])), FAILED["no_cells"]),
    "cells that are text": (alone(cells("abc")), FAILED["no_cells"] + FAILED["not_a_notebook"]),
    "JSON a hundred thousand deep": (alone(b"[" * 100_000 + b"]" * 100_000), FAILED["not_a_notebook"]),
    "cells a thousand deep": (alone(lambda: b'{"cells": ' + b"[" * 5000 + b"]" * 5000 + b"}"), FAILED["not_a_notebook"] + FAILED["no_cells"]),
    "a number of a million digits": (alone(b'{"cells": [' + b"1" * 1_000_000 + b"]}"), FAILED["not_a_notebook"] + FAILED["no_cells"]),
    "cut off": (alone(lambda: good()[:500]), FAILED["truncated"]),
    "conflict of git": (alone(lambda: b"<<<<<<< a\n" + good() + b"\n=======\n>>>>>>> b\n"), FAILED["conflict"]),
    "a 7z": (alone(b"7z\xbc\xaf\x27\x1c" + bytes(100)), FAILED["archive"]),
    "a gzip": (alone(lambda: gzip.compress(good())), FAILED["archive"]),
    "an xz": (alone(lambda: lzma.compress(good())), FAILED["archive"]),
    "a rar called .ipynb": (alone(b"Rar!\x1a\x07\x01\x00" + bytes(100)), FAILED["archive"]),
    "a database": (alone(b"SQLite format 3\0" + bytes(4000)), FAILED["not_json"] + FAILED["encoding"]),
    "cells in cells": (alone(lambda: cells([json.loads(good())])), FAILED["no_cells"] + fair(0)),
    "a cell of a kind that is a list": (alone(lambda: cells([{"cell_type": ["code"]}])), FAILED["not_a_notebook"]),
    "26 MB": (alone(lambda: b" " * 25_000_001), FAILED["too_large"]),
    # honest, with a hard life
    "byte order mark": (alone(lambda: b"\xef\xbb\xbf" + good()), KEPT),
    "UTF-16": (alone(lambda: good().decode().encode("utf-16")), fair(EVERYTHING, note="encoding")),
    "UTF-32": (alone(lambda: good().decode().encode("utf-32")), fair(EVERYTHING, note="encoding") + FAILED["encoding"] + FAILED["not_json"]),
    "half of UTF-16": (alone(lambda: good().decode().encode("utf-16")[:-1]), fair(EVERYTHING, note="encoding") + FAILED["encoding"] + FAILED["not_json"] + FAILED["truncated"]),
    "odd cells at the end": (alone(lambda: more_cells(*ODD_CELLS)), KEPT),
    "GBK": (alone(lambda: good().decode().encode("gbk")), fair(EVERYTHING, note="encoding")),
    "a damaged byte": (alone(lambda: good().replace("小".encode(), b"\xe5\xb0", 1)), KEPT),
    "keys given twice": (alone(doubled_keys), KEPT),
    "numbers that are none": (alone(numbers), KEPT),
    "a million spaces": (alone(lambda: good() + b" " * 1_000_000), KEPT),
    "a million cells": (alone(lambda: b'{"cells": [' + b"{}," * 999_999 + b"{}]}"), FAILED["too_many_cells"]),
    "name.ipynb.txt": (alone(good, f"{MIDDLE}.ipynb.txt"), KEPT),
    "name.IPYNB": (alone(good, f"{MIDDLE}.IPYNB"), KEPT),
    "full-width number": (alone(good, "２０２６０００２.ipynb"), KEPT),
    "a long name": (alone(good, f"{MIDDLE}_{'名' * 70}.ipynb"), KEPT),
    "[x]": (alone(good, f"[x]/[{MIDDLE}].ipynb"), KEPT),
    "-s": (alone(good, f"-s {MIDDLE}.ipynb"), KEPT),
    "=1+1": (alone(good, f"=1+1 {MIDDLE}.ipynb"), KEPT),
    "O'Neil": (alone(good, f"O'Neil \"{MIDDLE}\" $(id) `id`.ipynb"), KEPT),
    "line break": (alone(good, f"a\nb\x1b[2J {MIDDLE}.ipynb"), KEPT),
    "right to left": (alone(good, f"\u202e{MIDDLE}\u202c.ipynb"), KEPT),
    "trailing dots": (alone(good, f"CON/{MIDDLE}. . .ipynb"), KEPT),
    "a name of markup": (alone(good, f"<img src=x onerror=alert(1)> {MIDDLE}.ipynb"), KEPT),
    "bytes that are no name": (lambda folder: open(os.fsencode(folder) + b"/\xff\xfe20260002.ipynb", "wb").write(good()), KEPT),
    # links and other things in a folder
    "a link to another's": (link(lambda folder: folder / "20260001.ipynb"), FAILED["link"]),
    "a link to the key": (link(lambda folder: folder.parent / "keys" / "90_tiny.py"), FAILED["link"]),
    "a link to nothing": (link(lambda folder: "/nowhere"), FAILED["link"]),
    "a link to a folder": (link(lambda folder: folder), FAILED["link"]),
    "a pipe": (lambda folder: os.mkfifo(folder / f"{MIDDLE}.ipynb"), FAILED["link"]),
    "a folder": (lambda folder: (folder / f"{MIDDLE}.ipynb").mkdir(), FAILED["folder"]),
    "a folder that links back": (
        lambda folder: ((folder / MIDDLE).mkdir(), os.symlink(folder, folder / MIDDLE / "up"), alone(good)(folder / MIDDLE)), KEPT),
    "a bad file beside a good one": (beside(alone(b"{", f"{MIDDLE} (1).ipynb")), fair(EVERYTHING, note="beside")),
    "two that differ": (beside(alone(lambda: good(base="base = 1"), f"a {MIDDLE}.ipynb")), fair(EVERYTHING, note="several") + fair(8.4, note="several")),
    "another's number inside": (alone(lambda: good().replace(MIDDLE.encode(), b"20260001")), fair(EVERYTHING, note="other_student")),
    "another's number in the name": (alone(good, f"{MIDDLE}/20260001.ipynb"), fair(EVERYTHING, note="other_id")),
    "nobody's": (alone(lambda: good().replace(MIDDLE.encode(), b"20269999"), "final.ipynb"), NOBODYS),
    # archives
    "a zip": (packed((f"{MIDDLE}.ipynb", good)), KEPT),
    "a zip called .ipynb": (packed((f"{MIDDLE}.ipynb", good), name=f"{MIDDLE}.ipynb"), FAILED["archive"]),
    "zip-slip": (packed((f"../../../../tmp/{MIDDLE}.ipynb", good)), KEPT),
    "absolute path": (packed((f"/etc/cron.d/{MIDDLE}.ipynb", good)), KEPT),
    "path of Windows": (packed((f"C:\\Windows\\..\\{MIDDLE}.ipynb", good)), KEPT),
    "a link in a zip": (packed(link_member("/etc/passwd")), FAILED["link"]),
    "a link in a zip, then through it": (packed(link_member(".."), (f"{MIDDLE}.ipynb/20260001.ipynb", b"x")), FAILED["link"] + FAILED["truncated"]),
    "bomb": (alone(bomb, f"{MIDDLE}.zip"), FAILED["too_large"]),
    "zips in zips": (alone(nested, f"{MIDDLE}.zip"), FAILED["not_notebook"]),
    "a zip that lies": (alone(liar, f"{MIDDLE}.zip"), FAILED["broken_zip"] + FAILED["empty"]),
    "five thousand files": (packed((f"{MIDDLE}.ipynb", good), *((f"f{n}.txt", b"") for n in range(5000))), KEPT),
    "thirty thousand files": (alone(crowd, f"{MIDDLE}.zip"), FAILED["bomb"] + FAILED["not_notebook"]),
    "a zip of 4 GB, it says": (alone(lambda: zipped((f"{MIDDLE}.ipynb", b" " * 70_000)).replace(struct.pack("<I", 70_000), b"\xff" * 4), f"{MIDDLE}.zip"), FAILED["broken_zip"] + FAILED["too_large"]),
    "the same name five hundred times": (packed(*((f"{MIDDLE}.ipynb", good) for _ in range(500))), KEPT),
    "an encrypted zip": (alone(lambda: encrypted(zipped((f"{MIDDLE}.ipynb", good()))), f"{MIDDLE}.zip"), FAILED["broken_zip"]),
    "a broken zip": (alone(lambda: zipped((f"{MIDDLE}.ipynb", good()))[:-40], f"{MIDDLE}.zip"), FAILED["broken_zip"]),
    "a damaged member": (alone(lambda: zipped((f"{MIDDLE}.ipynb", good())).replace(good()[20:40], b"#" * 20), f"{MIDDLE}.zip"), KEPT),
    "a method that nobody knows": (alone(lambda: zipped((f"{MIDDLE}.ipynb", good())).replace(b"\x08\x00\0\0", b"\x63\x00\0\0"), f"{MIDDLE}.zip"), KEPT + FAILED["broken_zip"]),
    "a rar": (alone(b"Rar!\x1a\x07\x01\x00" + bytes(100), f"{MIDDLE}.rar"), FAILED["not_notebook"]),
    "clutter of a Mac": (packed((f"__MACOSX/._{MIDDLE}.ipynb", b"\0\5\x16\7"), (f"{MIDDLE}.ipynb", good), (".DS_Store", b"x")), KEPT),
}  # fmt: skip
