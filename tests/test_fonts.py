import importlib.util
import io
import unicodedata
from pathlib import Path

import matplotlib
import pytest
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font

from casekit import style

ROOT = Path(__file__).parents[1]
FOLDER = style.FONT.parent
RARE = "\u9f98"  # dragons in flight: no text of ours needs it
EDGES = {"\u2e80", "\u3400", "\u4dbf", "\u9fff"}  # first and last of a block, in regular expressions


def shown_by(path):
    return set(map(chr, FT2Font(path).get_charmap()))


@pytest.fixture(scope="module")
def covered():
    """The characters of the bundled font and of DejaVu; a font of this computer must not count."""
    dejavu = Path(matplotlib.get_data_path(), "fonts/ttf/DejaVuSans.ttf")
    return shown_by(style.FONT) | shown_by(dejavu)


def texts_of(names):
    for name in names:
        try:
            yield name, (ROOT / name).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue


def chinese(text):
    """The characters that need a Chinese font: all that East Asian typography sets wide, but emoji."""
    return {
        letter for letter in set(text) if unicodedata.east_asian_width(letter) in "WF" and ord(letter) < 0x1F000
    }


def test_every_chinese_character_of_the_repo_can_be_shown(covered, tracked):
    missing = {name: "".join(sorted(chinese(text) - covered - EDGES)) for name, text in texts_of(tracked)}
    assert {name: letters for name, letters in missing.items() if letters} == {}


def test_a_character_outside_the_subset_would_be_noticed(covered):
    assert chinese(f"价值 a − 🙂 {RARE}") - covered == {RARE}


def test_font_is_the_one_that_make_describes():
    spec = importlib.util.spec_from_file_location("make", FOLDER / "make.py")
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    assert make.characters() - shown_by(style.FONT) == set()
    assert FT2Font(style.FONT).family_name == make.FAMILY == style.FAMILIES[1]
    assert 1_000_000 < style.FONT.stat().st_size < 1_700_000


def test_licence_lies_beside_the_font():
    licence = (FOLDER / "OFL.txt").read_text(encoding="utf-8")
    assert licence.startswith("Copyright 2014-2021 Adobe")
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence and "modified version" in licence


def test_style_finds_the_bundled_file():
    with style.context():
        assert Path(font_manager.findfont("Noto Sans SC")).samefile(style.FONT)


def draw(words):
    with style.context():
        figure = Figure(figsize=(2, 1))
        figure.suptitle(words)
        figure.savefig(io.BytesIO())


def test_chinese_and_the_minus_sign_are_drawn():
    draw("重要价值客户：−38.5%，“RFM”（喆）")


def test_a_missing_glyph_is_an_error():
    with pytest.raises(UserWarning, match="Glyph .* missing"):
        draw(RARE)


def test_context_gives_the_callers_settings_back():
    before = dict(matplotlib.rcParams)
    with style.context():
        assert matplotlib.rcParams["font.family"] == style.FAMILIES
    assert dict(matplotlib.rcParams) == before


def test_every_series_differs_in_more_than_colour():
    assert (
        len(set(style.PALETTE))
        == len(set(map(str, style.DASHES)))
        == len(set(style.MARKERS))
        == len(set(style.HATCHES))
        == 7
    )
