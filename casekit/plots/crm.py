"""Figures of customer relations: how long callers wait, one customer's way through the channels."""

import numpy as np
import pandas as pd

from casekit import inputs, labels, style
from casekit.plots.chart import canvas, finish, house, name_of, name_rows, note, number, percent, wrap


@house
def crm_waiting(waits):
    """Show how long callers wait with how many agents.

    不同座席数下，来电者平均要等多久。

    Parameters
    ----------
    waits : DataFrame, a row a number of agents
        busy and wait_minutes, as ``crm.waiting`` gives them; infinite where the agents cannot keep up.

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        No rows or a missing column.
    """
    data = inputs.table(waits, "busy", "wait_minutes").sort_index()
    able = data[np.isfinite(data["wait_minutes"])]
    said, told = {"low": data.index.min(), "high": data.index.max()}, "none"
    if len(able):
        first = able["wait_minutes"].iloc[0]
        said |= {"first": able.index[0], "wait": number(first, 1)}
        told = "one"
    if len(able) > 1:
        said |= {"next": number(able["wait_minutes"].iloc[1], 1),
                 "drop": percent(1 - able["wait_minutes"].iloc[1] / first if first else 0)}
        told = "title"
    found = labels.text(f"plot.crm_waiting.{told}", **said)
    figure, axis = canvas(found)
    place, top = np.arange(len(data)), able["wait_minutes"].max() if len(able) else 1
    for spot, (_, row) in zip(place, data.iterrows(), strict=True):
        never = not np.isfinite(row["wait_minutes"])
        height = 1.1 * top if never else row["wait_minutes"]
        axis.bar(spot, height, width=0.6, color="0.88" if never else style.BLUE,
                 hatch="xxxx" if never else "", edgecolor="white")
        busy = f"{number(height, 1)}\n{percent(row['busy'])}"
        note(axis, labels.text("plot.crm_waiting.over") if never else busy, (spot, height), (0, 4))
    axis.set_xticks(place, [str(agents) for agents in data.index])
    axis.set(xlabel=labels.text("plot.agents"), ylabel=labels.text("plot.waiting"), ylim=(0, 1.3 * top))
    return finish(figure, "crm_waiting", found=found, **said)


@house
def crm_journey(history, customer):
    """Show what one customer did, a line a channel, from the first event to the last.

    一位客户在各渠道的全部事件，按时间排列。

    Parameters
    ----------
    history : DataFrame
        What ``crm.join`` returns.
    customer : str

    Returns
    -------
    Chart

    Raises
    ------
    InputError
        No rows, a missing column or an unknown customer.
    """
    data = inputs.table(history, "customer_id", "event_date", "channel", "event")
    inputs.option("customer", customer, sorted(data["customer_id"].dropna().unique()))
    own = data[data["customer_id"] == customer]
    days, channels = pd.to_datetime(own["event_date"]), list(dict.fromkeys(own["channel"]))
    events = list(dict.fromkeys(own["event"]))
    said = {"name": customer, "n": len(own), "channels": len(channels), "start": f"{days.min():%Y-%m-%d}",
            "end": f"{days.max():%Y-%m-%d}",
            "events": labels.text("plot.comma").join(f"{day:%m-%d} {name_of('event', event)}"
                                                     for day, event in zip(days, own["event"], strict=True))}
    found = labels.text("plot.crm_journey.title" if len(channels) > 1 else "plot.crm_journey.one", **said)
    figure, axis = canvas(found)
    for turn, channel in enumerate(channels):
        axis.axhline(-turn, color="0.85", linewidth=6, zorder=0)
    seen = {channel: 0 for channel in channels}
    for day, channel, event in zip(days, own["channel"], own["event"], strict=True):
        look, up = events.index(event) % len(style.MARKERS), seen[channel] % 2 == 0
        seen[channel] += 1
        axis.plot(day, -channels.index(channel), marker=style.MARKERS[look], color=style.PALETTE[look],
                  markersize=9)
        axis.annotate(wrap(name_of("event", event), 70, 8), (day, -channels.index(channel)),
                      xytext=(0, 11 if up else -11), ha="center", textcoords="offset points",
                      va="bottom" if up else "top", fontsize=8)  # fmt: skip
    name_rows(axis, -np.arange(len(channels)), [name_of("channel", channel) for channel in channels])
    axis.set_ylim(0.7 - len(channels), 0.7)
    axis.margins(x=0.08)
    axis.spines["left"].set_visible(False)
    axis.tick_params(axis="x", labelrotation=20)
    return finish(figure, "crm_journey", found=found, **said)
