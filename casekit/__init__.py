"""A teaching and research kit for one-to-one and precision marketing.

一对一营销与精准营销的教学与研究工具包。
"""

from casekit import labels

__version__ = "0.1.0"


def start(lang):
    """Open a notebook: set the language of all words and the style of all figures.

    笔记本的第一步：设定文字的语言和图的风格。

    Parameters
    ----------
    lang : str
        ``"zh"`` or ``"en"``.

    Raises
    ------
    InputError
        Any other language.

    Examples
    --------
    >>> start("zh")
    """
    labels.use(lang)
    # These are loaded here and not above, so that the command line and the models start without them.
    import pandas as pd

    from casekit import style

    pd.set_option("display.max_colwidth", None)  # a sentence in a table is read to its end
    style.apply()


def versions():
    """Return what a notebook was run with, for its last cell.

    返回运行笔记本所用的各软件版本，供最后一格显示。

    Examples
    --------
    >>> versions().startswith("casekit 0.1.0 · Python 3.")
    True
    """
    import platform
    from importlib.metadata import version

    used = ("numpy", "pandas", "matplotlib")
    return " · ".join(
        [
            f"casekit {__version__}",
            f"Python {platform.python_version()}",
            *(f"{name} {version(name)}" for name in used),
        ]
    )
