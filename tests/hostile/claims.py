"""Outputs as a kernel in a student's hands may send them, and names on a roster as a stranger may choose them."""

import base64

from battery import EVERYTHING, FOLLOWS, fair

from casekit import answers

KEPT = fair(EVERYTHING)
UNREAD = fair(EVERYTHING, note="malformed")  # the answer before it stands


def bundle(value, question="base", **more):
    return {"output_type": "display_data", "metadata": {},
            "data": {answers.MIME: {"version": 1, "question": question, "value": value, **more}, "text/plain": "x"}}  # fmt: skip


def shown(kind, text):
    return {"output_type": "display_data", "metadata": {}, "data": {kind: text}}


def column(dtype, raw):
    return {"d": dtype, "b": base64.b64encode(raw).decode()}


def deep(levels):
    value = 1
    for _ in range(levels):
        value = [value]
    return value


SERIES = {"t": "series", "name": None}
NUMBERS = column("<f8", bytes(40))
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>"

# name -> an output that stands after all honest ones, fair ends
CLAIMS = {
    "points in the answer": (bundle({"t": "float", "v": "nan"}, points=1000, maximum=0), fair(10)),
    "a bool": (bundle(True), fair(10) + fair(FOLLOWS) + KEPT),
    "infinity": (bundle({"t": "float", "v": "inf"}), fair(10) + fair(2)),
    "a float that is none": (bundle({"t": "float", "v": "1e999"}), UNREAD),
    "an integer without end": (bundle({"t": "int", "v": "9" * 10_000}), UNREAD),
    "NaN as a key": (bundle({"t": "dict", "v": [[{"t": "float", "v": "nan"}, 1]] * 5}, "multiples"), fair(EVERYTHING - 8)),
    "a dict as a key": (bundle({"t": "dict", "v": [[{"t": "dict", "v": []}, 1]]}, "multiples"), UNREAD),
    "a type that nobody knows": (bundle({"t": "pickle", "v": "gASVCgAAAAAAAAA="}), UNREAD),
    "a class": (bundle({"t": "__import__", "v": "os"}), UNREAD),
    "no type": (bundle({}), UNREAD),
    "nine deep": (bundle(deep(9)), fair(EVERYTHING, note="too_deep")),
    "a thousand deep": (bundle(deep(900)), fair(EVERYTHING, note="too_deep") + UNREAD),
    "a long text": (bundle("x" * 1_100_000, "essay"), fair(EVERYTHING, note="too_big")),
    "12 kB that say they are 381 MB": (bundle({**SERIES, "v": column("<f8", bytes(12_000)), "index": [[None, {"t": "array", "n": [50_000_000], "v": NUMBERS}]]}, "multiples"), UNREAD),
    "an array of many numbers": (bundle({"t": "array", "n": [10**9, 10**9], "v": NUMBERS}, "multiples"), UNREAD),
    "an array of no size": (bundle({"t": "array", "n": [0, -1], "v": column("<f8", b"")}, "multiples"), UNREAD),
    "a dtype of objects": (bundle({"t": "array", "n": [1], "v": column("|O", bytes(8))}, "multiples"), UNREAD),
    "a dtype of much": (bundle({"t": "array", "n": [1], "v": column("|V1000000000", bytes(8))}, "multiples"), UNREAD),
    "half a number": (bundle({"t": "array", "n": [1], "v": column("<f8", bytes(7))}, "multiples"), UNREAD),
    "codes without a category": (bundle({**SERIES, "v": {"codes": column("<i8", b"\x7f" * 40), "v": {"v": ["a"]}}, "index": [[None, NUMBERS]]}, "multiples"), UNREAD),
    "a thousand levels": (bundle({**SERIES, "v": NUMBERS, "index": [[None, NUMBERS]] * 1000}, "multiples"), UNREAD),
    "a thousand columns": (bundle({"t": "frame", "v": [["x", NUMBERS]] * 5000}, "multiples"), UNREAD),
    "columns of one name": (bundle({"t": "frame", "v": [["n", NUMBERS]] * 3}, "multiples"), fair(EVERYTHING - 8)),
    "rows of one name": (bundle({**SERIES, "v": NUMBERS, "index": [["n", NUMBERS]]}, "multiples"), fair(EVERYTHING - 8)),
    "a wrong version": (bundle(1) | {"data": {answers.MIME: {"version": "1; DROP TABLE result", "question": "base", "value": 1}}}, UNREAD),
    "a question that is a list": (bundle(1, ["base"]), UNREAD),
    "a question of markup": (bundle(1, SCRIPT), KEPT),
    "a formula": (bundle("=HYPERLINK(\"https://evil.example\")", "essay"), KEPT),
    "a formula as a number": (bundle("=1+1"), fair(10)),
    "an essay of markup": (bundle(SCRIPT * 20, "essay"), KEPT),
    "an essay of escapes": (bundle("\x1b[2J\x07\0\u202e\ud800", "essay"), KEPT),
    "outputs without a probe": (bundle({"t": "outputs", "v": [0, 0, 0]}, "square"), fair(EVERYTHING - 2)),
    "outputs that are too many": (bundle({"t": "outputs", "v": [4] * 10_000}, "square"), fair(EVERYTHING - 2)),
    "outputs in place of a number": (bundle({"t": "outputs", "v": [12]}), fair(10)),
    "a function in place of a number": (bundle({"t": "function", "name": "f", "v": []}), fair(10)),
    "data that are a list": ({"output_type": "display_data", "metadata": {}, "data": {answers.MIME: [1, 2]}}, UNREAD),
    "HTML": (shown("text/html", SCRIPT), KEPT),
    "HTML that is a list": (shown("text/html", ["<b>", 7]), KEPT),
    "markdown": (shown("text/markdown", f"[x](javascript:alert(1)) ![x](data:text/html,{SCRIPT}) {SCRIPT}"), KEPT),
    "SVG": (shown("image/svg+xml", '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'), KEPT),
    "a picture that is none": (shown("image/png", f'AAAA"><script>{SCRIPT}'), KEPT),
    "a kind of its own": (shown("application/javascript", "alert(1)"), KEPT),
    "a kind of markup": (shown(SCRIPT, "x"), KEPT),
    "LaTeX": (shown("text/latex", "$\\href{javascript:alert(1)}{x}$ \\input{/etc/passwd}"), KEPT),
    "a long table": (shown("text/html", "<table>" + "<tr><td>x</td></tr>" * 60_000 + "</table>"), KEPT),
    "elements a thousand deep": (shown("text/html", "<div>" * 3000), KEPT),
    "an error of markup": ({"output_type": "error", "ename": SCRIPT, "evalue": SCRIPT, "traceback": ["\x1b[31m" + SCRIPT]}, KEPT),
    "a stream of escapes": ({"output_type": "stream", "name": "stdout", "text": "\x1b]8;;javascript:alert(1)\x07x\x1b]8;;\x07 \r" * 100}, KEPT),
}  # fmt: skip

# name of a student on the roster
NAMES = {
    "=1+1": "=HYPERLINK(\"https://evil.example\",\"x\")", "+1": "+1", "-s": "-s", "@SUM": "@SUM(A1)", "[x]": "[x]*?", "O'Neil": "O'Neil, \"Dr.\"",
    "张伟": "张伟", "very long": "名" * 300, "right to left": "\u202egpj.exe", "CON": "CON", "NUL": "nul.html", "dots": "../../..", "trailing dots": "a. . .",
    "markup": SCRIPT, "terminal": "a\x1b[2J\x1b]0;x\x07b", "template": "{{ 7*7 }}{% raw %} {student}", "rich": "[bold red]x[/] [link=file:///]y",
    "several lines": "a\nb\r\nc", "tab": "\t=1", "emoji": "👩‍🎓", "combining": "Z̷̢̛͇̝͕̲͒" * 10, "SQL": "'); DROP TABLE student;--", "shell": "$(id) `id` ; rm -rf ~",
}  # fmt: skip
