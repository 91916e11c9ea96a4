"""Charts as HTML, soon enough to follow a moving hand."""

import base64
import functools
import html
import io

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg, get_hinting_flag
from matplotlib.colors import to_rgba
from matplotlib.font_manager import findfont, get_font
from PIL import Image

from casekit import style
from casekit.plots.chart import SIZE


class Easel:
    """Draw one chart after the other, keeping the layout: to find it takes longer than to draw.

    依次作图，保留版式：排版比作图本身还费时。
    """

    def __init__(self):
        self._layouts = {}

    def page(self, chart):
        """Return a chart as an ``<img>`` of fixed size.

        把图变成固定大小的 ``<img>``。
        """
        figure, buffer = chart.figure, io.BytesIO()
        with style.context():
            ticks = [label.get_text() for axis in figure.axes for label in axis.get_yticklabels()]
            alike = (figure.get_suptitle().count("\n"), len(figure.axes), len(figure.texts), *ticks)
            parts = [*figure.axes, *figure.texts]
            if alike in self._layouts:
                figure.set_layout_engine("none")
                for part, place in zip(parts, self._layouts[alike], strict=True):
                    part.set_position(place)
            own, canvas = figure.canvas, Canvas(figure)
            canvas.draw()  # savefig would draw twice
            figure.set_canvas(own)
        self._layouts[alike] = [part.get_position() for part in parts]
        seen = Image.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba()).convert("RGB")
        # A figure has few colours: with a palette it is a third as large, and soon written, sent and read.
        seen = seen.quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        seen.putpalette([255 if part > 251 else part for part in seen.getpalette()])  # white stays white
        seen.save(buffer, "png", compress_level=1)
        wide, high = (round(inches * 96) for inches in SIZE)
        return (
            f'<figure lang="{chart.lang}" style="margin:0;max-width:{wide}px">'
            f'<img alt="{html.escape(chart.alt)}" '
            # Decoding in step with the page: the old picture stays until the new one is ready.
            f'decoding="sync" width="{wide}" height="{high}" style="max-width:100%;height:auto" '
            f'src="data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}">'
            f"<figcaption>{html.escape(chart.caption)}</figcaption></figure>"
        )


class Canvas(FigureCanvasAgg):
    """Write with a `Pen`.

    用 `Pen` 写字的画布。
    """

    def get_renderer(self):
        """Return the pen that all figures of one size share.

        返回画笔；同样大小的图共用一支。
        """
        return _pen(*self.figure.bbox.size, self.figure.dpi)


class Pen(RendererAgg):
    """Shape and ink each level text once, on whole pixels: of what a figure takes, most goes into its texts.

    每段水平文字只排版和着墨一次，落在整像素上：作图的时间大半花在文字上。
    """

    def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None):
        """Draw a text as matplotlib would.

        与 matplotlib 一样写字。
        """
        if ismath or angle:
            return super().draw_text(gc, x, y, s, prop, angle, ismath, mtext)
        (*_, descent), ink, (left, below) = _written(s, prop, self.dpi, get_hinting_flag())
        *colour, cover = to_rgba(gc.get_rgb())
        drawn = np.empty((*ink.shape, 4), np.uint8)
        drawn[..., :3], drawn[..., 3] = np.multiply(colour, 255), ink[::-1] * cover
        self.draw_image(gc, round(x + left), self.height - round(y + below + descent) - 1, drawn)

    def get_text_width_height_descent(self, s, prop, ismath):
        """Measure a text as matplotlib would.

        与 matplotlib 一样量文字。
        """
        if ismath:
            return super().get_text_width_height_descent(s, prop, ismath)
        return _written(s, prop, self.dpi, get_hinting_flag())[0]

    def _get_font_height_metrics(self, prop):
        # Asked from matplotlib 3.11 on; without an answer it looks for the font of each text anew.
        return _heights(prop, self.dpi)


_pen = functools.lru_cache(4)(Pen)  # a pen remembers how wide each text is


@functools.lru_cache(2000)
def _written(text, prop, dpi, hinting):
    """Return width, height and descent of a text, how dark each of its pixels is, and where these begin."""
    fonts = []
    for family in prop.get_family()[: 1 if text.isascii() else None]:  # a second one doubles the work
        one = prop.copy()
        one.set_family(family)
        fonts.append(findfont(one))
    font = get_font(fonts)
    font.clear()
    font.set_size(prop.get_size_in_points(), dpi)
    font.set_text(text, 0, flags=hinting)
    sizes = [part / 64 for part in (*font.get_width_height(), font.get_descent())]
    font.draw_glyphs_to_bitmap(antialiased=True)
    return sizes, np.array(font.get_image()), [part / 64 for part in font.get_bitmap_offset()]


@functools.lru_cache(100)
def _heights(prop, dpi):
    """Return how far a line reaches above and below its base, and the gap between two lines."""
    font = get_font(findfont(prop))
    table = font.get_sfnt_table("OS/2")
    scale = prop.get_size_in_points() * dpi / 72 / font.units_per_EM
    return scale * table["sTypoAscender"], -scale * table["sTypoDescender"], scale * table["sTypoLineGap"]
