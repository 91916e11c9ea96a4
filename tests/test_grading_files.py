"""Folders and zips from strangers: everything is found, nothing escapes, nothing hangs."""

import io
import os
import stat
import subprocess
import sys
import zipfile

import pytest

from casekit.errors import InputError
from casekit.grading import files, scratch


def walked(path):
    return {file.path: file.code or file.data for file in files.walk(path)}


def zipped(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def test_a_folder_with_everything_in_it(tmp_path):
    (tmp_path / "张伟 [x]").mkdir()
    (tmp_path / "张伟 [x]" / "-s.ipynb").write_bytes(b"{}")
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    (tmp_path / "folder.ipynb").mkdir()
    (tmp_path / ".ipynb_checkpoints").mkdir()
    (tmp_path / ".ipynb_checkpoints" / "a.ipynb").write_bytes(b"{}")
    (tmp_path / "b.ipynb.txt").write_bytes(b"1")
    (tmp_path / "in.zip").write_bytes(zipped({"deep/c.ipynb": b"2", "more.zip": zipped({"d.ipynb": b"3"})}))
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 no zip")
    assert walked(tmp_path) == {
        "张伟 [x]/-s.ipynb": b"{}",
        "a.pdf": "not_notebook",
        "folder.ipynb": "folder",
        "b.ipynb.txt": b"1",
        "in.zip/deep/c.ipynb": b"2",
        "in.zip/more.zip/d.ipynb": b"3",
        "broken.zip": "broken_zip",
    }


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_links_and_pipes_are_not_followed(tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.ipynb").symlink_to(tmp_path / "secret.txt")
    (tmp_path / "in" / "up").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "in" / "pipe.ipynb")
    assert walked(tmp_path / "in") == {"a.ipynb": "link", "pipe.ipynb": "link", "up": "link"}


def test_zip_slip_and_links_are_names_only(tmp_path):
    link = zipfile.ZipInfo("link.ipynb")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    (tmp_path / "s.zip").write_bytes(
        zipped({"../../up.ipynb": b"1", "/abs.ipynb": b"2", "c:\\win.ipynb": b"3", link: "/etc/passwd"})
    )
    assert walked(tmp_path / "s.zip") == {
        "up.ipynb": b"1",
        "abs.ipynb": b"2",
        "c:/win.ipynb": b"3",
        "link.ipynb": "link",
    }


def test_bombs_are_not_opened(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "LARGEST", 1000)
    (tmp_path / "s.zip").write_bytes(zipped({"bomb.ipynb": b"0" * 5000, "good.ipynb": b"{}"}))
    assert walked(tmp_path / "s.zip") == {"bomb.ipynb": "too_large", "good.ipynb": b"{}"}
    (tmp_path / "big.ipynb").write_bytes(b"0" * 5000)
    assert walked(tmp_path)["big.ipynb"] == "too_large"
    monkeypatch.setattr(files, "MOST_FILES", 3)
    (tmp_path / "many.zip").write_bytes(zipped({f"{n}.ipynb": b"" for n in range(9)}))
    with pytest.raises(InputError, match="3"):
        walked(tmp_path / "many.zip")


def test_a_member_that_lies_about_its_size_is_cut_there(tmp_path):
    data = bytearray(zipped({"a.ipynb": b"0" * 5000}))
    at = data.index(b"PK\x01\x02") + 24  # uncompressed size in the central directory
    data[at : at + 4] = (10).to_bytes(4, "little")
    (tmp_path / "s.zip").write_bytes(data)
    found = walked(tmp_path / "s.zip")["a.ipynb"]
    assert found == "broken_zip" or len(found) <= 10


def test_chinese_names_from_windows(tmp_path):
    data = zipped({"AAAA.ipynb": b"{}"}).replace(b"AAAA", "张伟".encode("gbk"))
    (tmp_path / "s.zip").write_bytes(data)
    assert walked(tmp_path / "s.zip") == {"张伟.ipynb": b"{}"}


def test_an_encrypted_member_stops_nobody(tmp_path):
    data = bytearray(zipped({"a.ipynb": b"1", "b.ipynb": b"2"}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    (tmp_path / "s.zip").write_bytes(data)
    assert walked(tmp_path / "s.zip") == {"a.ipynb": "broken_zip", "b.ipynb": b"2"}


def test_nothing_there(tmp_path):
    with pytest.raises(InputError, match="none"):
        list(files.walk(tmp_path / "none"))


@pytest.mark.parametrize("name", ["=1+1", "a/b\\c", "..", "", "x" * 300, "con.html", "a\x1b[2Jb", "‮evil"])
def test_safe_names(tmp_path, name):
    safe = files.safe_name(name)
    (tmp_path / safe).write_text("")
    assert [path.name for path in tmp_path.iterdir()] == [safe] and safe not in (".", "..")


@pytest.mark.skipif(os.name == "nt", reason="names are text on Windows")
def test_names_in_another_encoding(tmp_path):
    with open(os.fsencode(tmp_path) + "/张伟.ipynb".encode("gbk"), "wb") as file:
        file.write(b"{}")
    assert walked(tmp_path) == {"张伟.ipynb": b"{}"}


def test_a_bomb_stops_nobody_else(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MOST_MEMBERS", 3)
    monkeypatch.setattr(files, "LARGEST_ARCHIVE", 1000)
    many, large = zipped({f"{n}.ipynb": b"1" for n in range(9)}), zipped({f"{n}.ipynb": b" " * 600 for n in range(9)})
    members = {"1.zip": many, "2.zip": large, "3.ipynb": b"3"}
    (tmp_path / "class.zip").write_bytes(zipped(members))
    (tmp_path / "in").mkdir()
    for name, data in members.items():
        (tmp_path / "in" / name).write_bytes(data)
    for place in (tmp_path / "in", tmp_path / "class.zip"):
        found = walked(place)
        assert found["1.zip"] == found["2.zip"] == "bomb" and found["3.ipynb"] == b"3"
        assert len(found) == 3 + 3 + 1


def test_folders_deeper_than_any_path_stop_nobody_else(tmp_path):
    made = "import os\nfor n in range(2500): os.mkdir('d'); os.chdir('d')"
    subprocess.run([sys.executable, "-c", made], cwd=tmp_path, check=True)
    (tmp_path / "x.ipynb").write_bytes(b"1")
    found = walked(tmp_path)
    scratch.remove(tmp_path / "d")  # pytest itself could not
    assert found.pop("x.ipynb") == b"1" and set(found.values()) == {"unreadable"}
