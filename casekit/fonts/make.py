"""Cut the bundled Chinese font out of Noto Sans CJK: ``python make.py NotoSansCJK-Regular.ttc``.

从 Noto Sans CJK 裁出随包字体。运行方法见上一行。

The same source file gives the same bytes. NotoSansSC.otf was made from version 2.004, which Debian ships in
``fonts-noto-cjk`` and its authors publish at https://github.com/googlefonts/noto-cjk (SIL Open Font License
1.1, see OFL.txt; "Noto" is no reserved name).
"""

import sys
from pathlib import Path

FAMILY = "Noto Sans SC"
TARGET = Path(__file__).with_name("NotoSansSC.otf")

# Written in given names of students today, but younger than GB 2312 of 1980.
NAMES = "喆镕瑄珺玥昇堃赟翀彧祎瑢璟暐垚昉晟旸曦淏滢煊煜燊珅琤琰瑀瑾璇璐筠茜菡蓁钰锟霏靖韬颢飏"


def characters():
    """Return what the font must show: Latin, GB 2312, Chinese punctuation, full-width forms and rare names.

    返回字体必须包含的字符：拉丁字母、GB 2312、中文标点、全角字符和人名用字。

    Examples
    --------
    >>> {"A", "价", "，", "￥", "…", "喆"} <= characters()
    True
    """
    rows = (
        bytes((row, cell)).decode("gb2312", "ignore")
        for row in range(0xA1, 0xF8)
        for cell in range(0xA1, 0xFF)
    )
    spans = ((0x20, 0x7E), (0xA0, 0xFF), (0x3000, 0x301F), (0xFF01, 0xFF5E), (0xFFE0, 0xFFE6))
    blocks = {chr(code) for start, end in spans for code in range(start, end + 1)}
    return set("".join(rows)) | blocks | set("‐‑–—―‘’‚“”„†‡•‥…‧" + NAMES)


def make(source, target=TARGET):
    """Write the subset of ``source`` to ``target``.

    把 ``source`` 的子集写入 ``target``。

    Parameters
    ----------
    source : path
        ``NotoSansCJK-Regular.ttc``.
    target : path
        The font file to write.
    """
    from fontTools import subset
    from fontTools.ttLib import TTCollection

    fonts = TTCollection(source, lazy=True).fonts
    font = next(font for font in fonts if font["name"].getDebugName(1) == "Noto Sans CJK SC")
    font.recalcTimestamp = False

    options = subset.Options()
    options.hinting = False  # Agg draws figures well above the sizes that hints are for
    options.layout_features = []  # matplotlib does no shaping
    options.drop_tables += ["BASE", "GDEF", "GPOS", "GSUB", "VORG", "vhea", "vmtx"]
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 7, 13, 14]
    options.glyph_names = False
    cut = subset.Subsetter(options)
    cut.populate(unicodes={ord(character) for character in characters()})
    cut.subset(font)

    for record in list(font["name"].names):
        if record.langID != 0x409:
            font["name"].names.remove(record)
    for number, words in (
        (1, FAMILY),
        (3, f"2.004;{FAMILY};casekit"),
        (4, FAMILY),
        (6, "NotoSansSC-Regular"),
    ):
        font["name"].setName(words, number, 3, 1, 0x409)
    top = font["CFF "].cff
    top.fontNames = ["NotoSansSC-Regular"]
    top[0].FamilyName = top[0].FullName = FAMILY
    font.save(target)


if __name__ == "__main__":
    make(sys.argv[1])
