"""The house style of figures: the bundled Chinese font, the Okabe–Ito colours, few lines."""

import functools
from pathlib import Path

import matplotlib
from cycler import cycler
from matplotlib import font_manager

FONT = Path(__file__).with_name("fonts") / "NotoSansSC.otf"
# Latin, digits and the minus sign from the first, Chinese from the second
FAMILIES = ["DejaVu Sans", "Noto Sans SC"]

BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
SKY, PURPLE, BLACK, YELLOW = "#56B4E9", "#CC79A7", "#000000", "#F0E442"
PALETTE = (BLUE, ORANGE, GREEN, VERMILION, SKY, PURPLE, BLACK)  # yellow is too faint for a line on white
MARKERS = "osD^vPX"
HATCHES = ("", "////", "....", "xxxx", "----", "\\\\\\\\", "++++")
DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1, 1, 1)), (0, (1, 1)))

RC = {
    "font.family": FAMILIES,
    "font.sans-serif": FAMILIES,
    "axes.unicode_minus": True,
    # A line is known by its dashes as well, so that a figure can be read without its colours.
    "axes.prop_cycle": cycler(color=PALETTE) + cycler(linestyle=DASHES),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "image.cmap": "cividis",
    "legend.frameon": False,
    "hatch.linewidth": 0.6,
}


def line(turn):
    """Return colour, dashes and marker of the line that comes ``turn``-th, from 0.

    返回第 ``turn`` 条线（从 0 数起）的颜色、线型和标记。

    Examples
    --------
    >>> line(1)
    {'color': '#E69F00', 'linestyle': '--', 'marker': 's'}
    """
    return {"color": PALETTE[turn], "linestyle": DASHES[turn], "marker": MARKERS[turn]}


def bar(turn):
    """Return colour and hatch of the bars that come ``turn``-th, from 0.

    返回第 ``turn`` 组条形（从 0 数起）的颜色和花纹。

    Examples
    --------
    >>> bar(1)
    {'color': '#E69F00', 'hatch': '////', 'edgecolor': 'white'}
    """
    return {"color": PALETTE[turn], "hatch": HATCHES[turn], "edgecolor": "white"}


@functools.cache
def _register():
    font_manager.fontManager.addfont(FONT)


def apply():
    """Set the house style for every figure from here on.

    从此处起，所有图都采用统一风格（字体、颜色、坐标轴）。

    Examples
    --------
    >>> with matplotlib.rc_context():
    ...     apply()
    ...     matplotlib.rcParams["font.family"]
    ['DejaVu Sans', 'Noto Sans SC']
    """
    _register()
    matplotlib.rcParams.update(RC)


def context():
    """Return a context in which the house style holds and after which the caller's own is back.

    返回一个上下文：其中采用统一风格，结束后恢复原来的设置。

    Examples
    --------
    >>> with context():
    ...     matplotlib.rcParams["image.cmap"]
    'cividis'
    """
    _register()
    return matplotlib.rc_context(RC)
