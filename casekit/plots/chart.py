"""What every figure shares: the Chart, the house size, its parts, numbers and names as people read them."""

import base64
import functools
import html
import io
import re
from dataclasses import dataclass, field

import numpy as np
from matplotlib import colormaps
from matplotlib.collections import PolyCollection
from matplotlib.colors import PowerNorm, to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath
from matplotlib.ticker import FuncFormatter

from casekit import labels, style
from casekit.errors import InputError

SIZE = (7.2, 4.5)  # inches; one size for all figures, so that a page of them lines up
DPI = 144
TITLE_SIZE = 12
# A Latin word or one Chinese character, each with the punctuation that must not be parted from it.
PIECE = re.compile(r"[“‘（《(]*(?:[\u2e80-\u9fff]|[^\s\u2e80-\u9fff“‘（《(，。、；：！？）”’》]+)[，。、；：！？）”’》]*\s*|.",
                   re.DOTALL)


@dataclass(frozen=True)
class Chart:
    """A finished figure: the picture, one sentence that stands for it and a line on how to read it.

    一张完成的图：图像、可以代替图像的一句话和一行读图说明。

    Attributes
    ----------
    figure : matplotlib.figure.Figure
        Free to be changed further; it never enters pyplot, so it is never shown twice.
    alt : str
        What is shown, its range and its main finding, in the language in use when the figure was made.
    caption : str
        How to read the marks.

    Examples
    --------
    >>> chart = Chart(Figure(), alt="An empty figure.", caption="Nothing to read.")
    >>> sorted(chart._repr_mimebundle_())
    ['image/png', 'text/html', 'text/plain']
    """

    figure: Figure
    alt: str
    caption: str
    lang: str = field(default_factory=labels.language)

    @property
    def axes(self):
        """The figure's axes, for a change of one's own.

        图中的坐标系，供自行修改。
        """
        return self.figure.axes

    @functools.cached_property
    def png(self):
        """The picture as PNG bytes, the same bytes for the same data.

        PNG 图像字节；数据相同，字节就相同。
        """
        buffer = io.BytesIO()
        self.save(buffer, format="png", metadata={"Software": None})
        return buffer.getvalue()

    def save(self, path, **options):
        """Write the picture to ``path`` (png, svg or pdf by its ending).

        把图存到 ``path``（按扩展名存为 png、svg 或 pdf）。
        """
        with style.context():
            self.figure.savefig(path, **options)

    def _repr_mimebundle_(self, include=None, exclude=None):
        data = base64.b64encode(self.png).decode()
        page = (
            f'<figure lang="{self.lang}" style="margin:0;max-width:{SIZE[0]}in">'
            f'<img alt="{html.escape(self.alt)}" src="data:image/png;base64,{data}"'
            ' style="width:100%;height:auto">'
            f"<figcaption>{html.escape(self.caption)}</figcaption></figure>"
        )
        return {"text/html": page, "image/png": data, "text/plain": self.alt}


def house(function):
    """Draw in the house style whatever the caller's own style is.

    不论使用者自己怎样设置，都按统一风格作图。
    """

    @functools.wraps(function)
    def drawn(*arguments, **named):
        with style.context():
            return function(*arguments, **named)

    return drawn


def canvas(title, rows=1, columns=1, **options):
    """Return ``(figure, axes)`` in the house size with the finding as its title.

    返回带标题（标题就是结论）的画布与坐标系，大小统一。
    """
    figure = Figure(figsize=SIZE, dpi=DPI, layout="constrained")
    figure.suptitle(wrap(title, 72 * 0.97 * SIZE[0], TITLE_SIZE), x=0.01, ha="left", fontsize=TITLE_SIZE)
    return figure, figure.subplots(rows, columns, **options)


def finish(figure, name, caption="caption", /, **said):
    """Return the Chart of a figure whose words are the labels ``alt.<name>`` and ``plot.<name>.<caption>``.

    给画好的图配上文字（标签 ``alt.<name>`` 与 ``plot.<name>.<caption>``），返回 Chart。

    Examples
    --------
    >>> labels.use("en")
    >>> finish(Figure(), "lorenz", found="All spend the same", n=2, half="50%").alt[-19:]
    'All spend the same.'
    """
    return Chart(figure, labels.text(f"alt.{name}", **said), labels.text(f"plot.{name}.{caption}", **said))


def few(what, count, limit):
    """Refuse none of a thing, and more of it than one figure can tell apart.

    数目为零，或多到一张图分不清时，报错。

    Raises
    ------
    InputError
        ``count`` is not from 1 to ``limit``.
    """
    if not 1 <= count <= limit:
        raise InputError("plot.too_many", what=what, count=count, limit=limit)


def legend_below(axis, columns):
    """Write the legend of ``axis`` below the figure.

    把图例放在图的下方。
    """
    handles = axis.get_legend_handles_labels()
    axis.figure.legend(*handles, loc="outside lower center", ncols=columns, fontsize=9)


def squares(axis, columns, rows, size=10, **slant):
    """Make room for a table of squares of size 1, with (0, 0) at the bottom left; name its columns and rows.

    留出一张方格表的位置：每格边长为 1，左下角一格的中心是 (0, 0)；写上行列名称。
    """
    axis.set(xlim=(-0.5, len(columns) - 0.5), ylim=(-0.5, len(rows) - 0.5))
    axis.tick_params(length=0, bottom=False, left=False)  # before there are any ticks to change
    axis.set_xticks(range(len(columns)), columns, fontsize=size, **slant)
    axis.set_yticks(range(len(rows)), rows, fontsize=size)
    axis.spines[:].set_visible(False)


def tiles(axis, faces, **look):
    """Fill squares, ``{(x, y): colour}``, below all else, in one go: a patch each takes several times as long.

    一次填好方格 ``{(x, y): 颜色}``，垫在最下面；逐个画要慢几倍。
    """
    corners = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)])
    axis.add_collection(PolyCollection([corners + place for place in faces], facecolors=list(faces.values()),
                                       zorder=0, **look), autolim=False)  # fmt: skip


def name_rows(axis, places, names, **options):
    """Write a name beside each row, without a tick.

    在每一行旁写上名称，不画刻度线。
    """
    axis.set_yticks(places, names, **options)
    axis.tick_params(axis="y", length=0)


def interval(axis, place, row, words):
    """Draw ``row.lift`` within ``row.low`` to ``row.high``, thick and blue where that keeps clear of zero.

    画出区间 ``row.low`` 至 ``row.high`` 和其中的 ``row.lift``；区间不含零时用蓝色粗线。
    """
    sure = row.low > 0 or row.high < 0
    look = {"color": style.BLUE, "linewidth": 4} if sure else {"color": "0.5", "linewidth": 2}
    axis.plot([row.low, row.high], [place, place], linestyle="-", **look)
    axis.plot(row.lift, place, marker="D" if sure else "o", color=style.BLUE if sure else "0.35",
              markersize=8)
    note(axis, words, (row.lift, place), (0, 9))


def note(axis, words, at, shift, **options):
    """Write words off the point ``at`` by ``shift`` points, centred across the shift if it is straight.

    在点 ``at`` 旁偏移 ``shift`` 磅处写字；水平或垂直偏移时居中对齐。
    """
    right, up = shift
    look = {"ha": "left" if right > 0 else "right" if right else "center",
            "va": "baseline" if up else "center", "fontsize": 9}
    axis.annotate(words, at, shift, textcoords="offset points", **look | options)


def name_of(prefix, code):
    """Return the label of a code, or the code itself where a teacher's own has no label.

    返回代码对应的文字；教师自定的代码没有文字时，原样返回。

    Examples
    --------
    >>> name_of("term", "rfm"), name_of("segment", "night owls")
    ('RFM', 'night owls')
    """
    key = f"{prefix}.{code}"
    return labels.text(key) if key in labels.table() else str(code)


def number(value, digits=0):
    """Return a number as text with thousands separators, a real minus sign and no ``-0``; NaN as a dash.

    把数写成带千位分隔符的文字；缺失的写成短横线。

    Examples
    --------
    >>> number(1234567), number(-2.345, 1), number(-0.2), number(float("nan"))
    ('1,234,567', '−2.3', '0', '–')
    """
    if value != value:
        return "–"
    written = f"{round(float(value), digits) + 0.0:,.{digits}f}"
    return written.replace("-", "−")


def percent(share):
    """Return a share as text: whole percents, one decimal below 10 %.

    把比例写成百分数：10% 以上取整，10% 以下保留一位小数。

    Examples
    --------
    >>> percent(0.347), percent(0.0412), percent(0), percent(1), percent(float("nan"))
    ('35%', '4.1%', '0%', '100%', '–')
    """
    digits = 1 if 0 < abs(share) < 0.0995 else 0
    return number(100 * share, digits) + ("%" if share == share else "")


def signed(value, digits):
    """Return a difference as text: as `number`, with a plus sign before a gain.

    把差值写成文字：同 `number`，增加的前面写加号。

    Examples
    --------
    >>> signed(2.34, 1), signed(-2.34, 1), signed(0.04, 1)
    ('+2.3', '−2.3', '0.0')
    """
    return ("+" if round(value, digits) > 0 else "") + number(value, digits)


def short(value):
    """Return a number as short as an axis needs it: 1.2万 in Chinese, 12k in English.

    把数写短，用于坐标轴和格子：中文用万、亿，英文用 k、M。

    Examples
    --------
    >>> labels.use("en"); short(950), short(12000), short(1234567)
    ('950', '12k', '1.2M')
    >>> labels.use("zh"); short(950), short(12000), short(123456789)
    ('950', '1.2万', '1.2亿')
    """
    value = float(value)
    for step in labels.text("plot.steps").split():
        size, word = step.split("=")
        if abs(value) >= max(float(size), 10_000):
            scaled = value / float(size)
            return number(scaled, 0 if abs(scaled) >= 100 or scaled.is_integer() else 1) + word
    return number(value, 0 if value.is_integer() or abs(value) >= 100 else 1)


short_ticks = FuncFormatter(lambda value, _: short(value))
percent_ticks = FuncFormatter(lambda value, _: f"{round(100 * value, 8):g}%".replace("-", "−"))


@functools.lru_cache(10_000)
def width(text, size=10):
    """Return how wide a text is, in points.

    返回文字的宽度（磅）。

    Examples
    --------
    >>> round(house(width)("宽宽宽"))
    30
    """
    font = FontProperties(family=style.FAMILIES, size=size)
    return TextToPath().get_text_width_height_descent(text, font, ismath=False)[0]


def wrap(text, limit, size=10, lines=2):
    """Break a text into at most ``lines`` lines of ``limit`` points, between words or Chinese characters.

    把文字折成至多 ``lines`` 行，每行不超过 ``limit`` 磅：英文在词间断开，中文在字间断开，标点不放行首。

    Examples
    --------
    >>> house(wrap)("one two three four five", 50)
    'one two\\nthree fo…'
    >>> print(house(wrap)("重要价值客户，一般发展客户", 70))
    重要价值客户，
    一般发展客户
    """
    done, line = [], ""
    for piece in PIECE.findall(text):
        if line and width((line + piece).rstrip(), size) > limit:
            done.append(line.rstrip())
            line = ""
        line += piece
    done.append(line.rstrip())
    if len(done) > lines:
        done[lines - 1 :] = [done[lines - 1] + "…"]
    return "\n".join(_cut(line, limit, size) for line in done)


def _cut(line, limit, size):
    """Shorten one line that no break can make fit."""
    while width(line, size) > limit and len(line) > 2:
        line = line.rstrip("…")[:-1].rstrip() + "…"
    return line


def heat(most):
    """Return a function from a count to its colour: white for none, cividis by square root up to ``most``.

    返回由数目到颜色的函数：没有则为白色，其余按平方根尺度取 cividis 色。

    Examples
    --------
    >>> heat(9)(0), ink(heat(9)(9)), ink(heat(9)(1))
    ('white', 'black', 'white')
    """
    norm, colours = PowerNorm(0.5, 0, most), colormaps["cividis"]
    return lambda count: to_hex(colours(norm(count))) if count else "white"


def ink(face):
    """Return black or white, whichever reads better on ``face``; the contrast is at least 4.5 to 1.

    在底色 ``face`` 上该用黑字还是白字；对比度不低于 4.5:1。

    Examples
    --------
    >>> ink("#F0E442"), ink("#0072B2")
    ('black', 'white')
    """
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(face)]
    light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "black" if light > 0.179 else "white"
