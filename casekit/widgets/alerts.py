"""The alert tuner: move a threshold, and see precision, recall and days of lead."""

import pandas as pd

from casekit import alerts, labels
from casekit.plots.chart import number, percent
from casekit.widgets.live import bars, control, line, live

CODE = """rules = alerts.rules().reset_index().query("measure == '{measure}'").assign(threshold={threshold:.4g})
told = alerts.warn(ledger, accounts, days=days, source=rules)
alerts.evaluate(told, truth.query("alert in @rules.alert"))"""


def alert_tuner(ledger, accounts, truth, days):
    """Move the threshold of one rule, and see how many warnings are right, what is found, and how early.

    预警调节器：移动一条规则的阈值，看多少预警是对的、找到多少问题、提前多少天。

    Parameters
    ----------
    ledger, accounts, days
        As for ``alerts.warn``.
    truth : DataFrame
        As for ``alerts.evaluate``.

    Returns
    -------
    Live
    """
    rules = alerts.rules()
    measured = alerts.follow(ledger, accounts, days=days)

    def draw(measure, threshold):
        rule = rules.loc[[measure]].assign(threshold=threshold).reset_index()
        found = alerts.evaluate(alerts.trip(measured, rule), truth[truth["alert"] == rule["alert"][0]]).iloc[0]
        precision, recall = (0 if pd.isna(found[name]) else found[name] for name in ("precision", "recall"))
        said = {"warnings": int(found["warnings"]), "right": int(found["right"]), "found": int(found["found"]),
                "troubles": int(found["troubles"])}  # fmt: skip
        lead = "–" if pd.isna(found["lead_days"]) else number(found["lead_days"])
        rows = [(labels.text("col.precision"), precision, percent(precision)), (labels.text("col.recall"), recall, percent(recall))]
        told = labels.text("widget.alerts", lead=lead, **said)
        return bars(rows, 1, told), line("widget.alerts", lead=lead, **said)

    choice = control("measure", list(rules.index))

    def reset(_):  # before the picture follows, so that it is not drawn for the threshold of another rule
        with face.together():
            cut.step = 0.01 if choice.value == "silence_chance" else 0.05
            cut.value = rules.at[choice.value, "threshold"]

    choice.observe(reset, "value")
    cut = control("threshold", (float(rules.at[choice.value, "threshold"]), 0.0, 400.0, 0.05))
    face = live(draw, CODE, measure=choice, threshold=cut)
    return face
