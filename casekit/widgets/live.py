"""A picture that follows its controls: every control has a name and works by keyboard alone."""

import html
from contextlib import contextmanager

import ipywidgets as w

from casekit import labels, style
from casekit.errors import InputError
from casekit.plots.chart import Chart, house, name_of, width
from casekit.widgets.easel import Easel

AUTO = w.Layout(width="auto")
NAMED = {"description_width": "initial"}
ROW = w.Layout(display="flex", flex_flow="row wrap", align_items="flex-end", grid_gap="2px 14px")


class Live(w.VBox):
    """Controls, the picture that follows them, and the call that reaches the same result.

    控件、随之变化的图，以及得到同样结果的代码。

    Attributes
    ----------
    controls : dict of str to Widget
    picture : ipywidgets.HTML
    """

    def __init__(self, draw, controls, code=None):
        self._draw, self._code, self._shown, self._moving = draw, code, None, False
        self._easel = Easel()
        self.controls, self.picture = controls, w.HTML(layout=w.Layout(width="100%"))
        self._button = w.ToggleButton(description=labels.text("widget.code"), icon="code", layout=w.Layout(width="max-content"))
        self._listing = w.HTML()
        for each in controls.values():
            each.observe(self._follow, "value")
        self._button.observe(self._list, "value")
        self._follow()
        asked = [self._button, self._listing] if code else []
        super().__init__([w.Box([*controls.values()], layout=ROW), self.picture, *asked])

    @property
    def values(self):
        """What the controls say now.

        控件当前的取值。
        """
        return {name: each.value for name, each in self.controls.items()}

    @property
    def code(self):
        """The call that gives what is shown now.

        得到当前结果的代码。
        """
        return self._code(**self.values) if callable(self._code) else self._code.format(**self.values)

    @contextmanager
    def together(self):
        """Move several controls and draw once, at the end.

        一起移动几个控件，最后只画一次。
        """
        self._moving = True
        yield
        self._moving = False
        self._follow()

    def _follow(self, _=None):
        values = self.values
        # Two linked controls, or a value sent twice, need one picture. There is no queue to clear: while a picture is
        # drawn the browser gathers further moves of a control and sends only the last.
        if values == self._shown or self._moving:
            return
        self._shown = values
        try:
            shown = self._draw(**values)
        except InputError as error:  # such as a day before the first order: say so, and go on
            shown = f"<p role='status'>{html.escape(str(error))}</p>"
        parts = shown if isinstance(shown, tuple) else (shown,)
        self.picture.value = "".join(self._easel.page(part) if isinstance(part, Chart) else part for part in parts)
        self._list()

    def _list(self, _=None):
        self._listing.value = f"<pre>{html.escape(self.code)}</pre>" if self._button.value else ""

    def _repr_mimebundle_(self, **options):
        # A page without a kernel, such as a preview on the web, still shows the first picture.
        return super()._repr_mimebundle_(**options) | {"text/html": self.picture.value}


def live(draw, code=None, **controls):
    """Show what ``draw`` returns for the values of the controls, and again after each move.

    显示 ``draw`` 在控件当前取值下的结果，控件一动就更新。

    Parameters
    ----------
    draw : callable
        Takes each control's value by its name; returns a ``plots.Chart``, HTML such as `bars`, or a tuple of these.
    code : str or callable, optional
        The call that reaches the same: a text with ``{name}`` for each value, or a function of the values.
    **controls
        ``(start, low, high)`` or ``(start, low, high, step)`` for a number, a list of codes for a choice, True or
        False for a box to tick, or any widget with a description. Names come from the labels ``control.<name>``
        or ``col.<name>``, those of codes from ``<name>.<code>``.

    Returns
    -------
    Live

    Examples
    --------
    >>> doubled = live(lambda number: f"<p>{2 * number}</p>", "2 * {number}", number=(3, 0, 9))
    >>> doubled.controls["number"].value = 4
    >>> doubled.picture.value, doubled.code
    ('<p>8</p>', '2 * 4')
    """
    return Live(draw, {name: control(name, each) for name, each in controls.items()}, code)


def control(name, choice):
    """Return the named control for a range of numbers, a list of codes, or yes and no.

    按取值范围、代码清单或是否，返回带名称的控件。

    Examples
    --------
    >>> type(control("bins", (5, 2, 9))).__name__, type(control("view", ["grid", "moved"])).__name__
    ('BoundedIntText', 'ToggleButtons')
    """
    if isinstance(choice, w.Widget):
        return choice
    named = {"description": name_of("control" if f"control.{name}" in labels.table() else "col", name), "style": NAMED}
    if isinstance(choice, bool):
        return w.Checkbox(choice, indent=False, layout=AUTO, **named)
    if isinstance(choice, list):
        options = [(name_of(name, code), code) for code in choice]
        return w.ToggleButtons(options=options, layout=AUTO, **named | {"style": {**NAMED, "button_width": "auto"}})
    # A slider of ipywidgets has no name that a screen reader could say; a number to type or to step through has.
    start, low, high, step = (*choice, 1)[:4]
    kind = w.BoundedIntText if isinstance(start + step, int) else w.BoundedFloatText
    room = w.Layout(width=f"calc({2 * len(named['description'].encode('gbk', 'replace')) // 3 + 5}em)")
    return kind(start, min=low, max=high, step=step, layout=room, **named)


def line(key, **named):
    """Return a sentence from the labels as a line that screen readers announce.

    把一条标签文字变成一行，读屏软件会读出。
    """
    return f"<p role='status'>{html.escape(labels.text(key, **named))}</p>"


def bars(rows, top, alt=None):
    """Return bars as SVG, in a few milliseconds: for pictures that must keep up with a moving hand.

    用 SVG 画条形图，只需几毫秒，适合要跟手的小图。

    Parameters
    ----------
    rows : list of (str, float, str)
        Name, length and what stands behind the bar; a missing length gives no bar.
    top : float
        Length of the longest bar there can be.
    alt : str, optional
        One sentence that can stand for the picture; by default each name with what stands behind its bar.

    Examples
    --------
    >>> bars([("A", 0.5, "50%")], 1).count("<rect")
    1
    """
    alt = alt or labels.text("plot.and").join(f"{name} {note}" for name, _, note in rows)
    drawn, left = [], max(170, *(round(house(width)(name, 13)) + 8 for name, *_ in rows))
    for place, (name, length, note) in enumerate(rows):
        long, middle = 0 if length != length else round(max(230 * length / top, 0), 1), 28 * place + 19
        drawn += [f'<text x="{left}" y="{middle}" text-anchor="end">{html.escape(name)}</text>',
                  f'<rect x="{left + 8}" y="{middle - 15}" width="{long}" height="20" fill="{style.BLUE}"/>' if long else "",
                  f'<text x="{left + 14 + long}" y="{middle}">{html.escape(note)}</text>']
    return (f'<svg role="img" aria-label="{html.escape(alt)}" viewBox="0 0 691 {28 * len(rows) + 6}" font-size="13" '
            f'style="width:100%;max-width:691px;display:block" fill="black">{"".join(drawn)}</svg>')
