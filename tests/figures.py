"""What holds for every figure: nothing is cut off, each sentence is whole and in one language."""

import re

from casekit.plots import chart

CHINESE = "[一-鿿，。：；（）]"


def check(made, lang, own=""):
    """Check one figure; ``own`` is what a test itself has put in, in whatever language."""
    made.figure.draw_without_rendering()  # a missing glyph is an error here
    drawn, (width, height) = made.figure.get_tightbbox(), chart.SIZE
    assert drawn.x0 >= 0 and drawn.y0 >= 0 and drawn.x1 <= width and drawn.y1 <= height
    for words in (made.alt, made.caption):
        assert words.endswith("。" if lang == "zh" else ".") and not re.search(r"[{}]|nan|inf\b", words)
        assert lang == "zh" or not re.search(CHINESE, words.replace(own, "") if own else words)
