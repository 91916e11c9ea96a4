"""The command that scores customers: ``casekit rfm``."""

from pathlib import Path
from typing import Annotated

import typer

from casekit import labels
from casekit.cli import app, both, console, show, word
from casekit.cli.data import bar
from casekit.errors import InputError


@app.command("rfm", help=both("cli.rfm.help"))
def score_customers(
    file: Annotated[str, typer.Argument(help=both("cli.rfm.file"))],
    customer: Annotated[str, typer.Option(help=both("cli.rfm.customer"))],
    date: Annotated[str, typer.Option(help=both("cli.rfm.date"))],
    amount: Annotated[str, typer.Option(help=both("cli.rfm.amount"))],
    as_of: Annotated[str | None, typer.Option(help=both("cli.rfm.as_of"))] = None,
    order: Annotated[str | None, typer.Option(help=both("cli.rfm.order"))] = None,
    returns: Annotated[str, typer.Option(help=both("cli.rfm.returns"))] = "net",
    same_day: Annotated[str, typer.Option(help=both("cli.rfm.same_day"))] = "separate",
    missing: Annotated[str, typer.Option(help=both("cli.rfm.missing"))] = "drop",
    zero: Annotated[str, typer.Option(help=both("cli.rfm.zero"))] = "keep",
    future: Annotated[str, typer.Option(help=both("cli.rfm.future"))] = "raise",
    since: Annotated[str | None, typer.Option(help=both("cli.rfm.since"))] = None,
    scheme: Annotated[str, typer.Option(help=both("cli.rfm.scheme"))] = "quintiles",
    names: Annotated[str, typer.Option(help=both("cli.rfm.names"))] = "eight",
    schemes: Annotated[Path | None, typer.Option(help=both("cli.rfm.schemes"))] = None,
    segments: Annotated[Path | None, typer.Option(help=both("cli.rfm.segments"))] = None,
    out: Annotated[Path | None, typer.Option(help=both("cli.rfm.out"))] = None,
    delimiter: Annotated[str | None, typer.Option(help=both("cli.rfm.delimiter"))] = None,
    date_format: Annotated[str | None, typer.Option(help=both("cli.rfm.date_format"))] = None,
    memory: Annotated[str | None, typer.Option(help=both("cli.rfm.memory"))] = None,
    lang: Annotated[str, typer.Option(help=both("cli.lang"))] = "",
):
    from casekit import rfm, tables

    labels.use(lang or labels.language())
    how = {"as_of": as_of, "returns": returns, "same_day": same_day, "missing": missing, "zero": zero, "future": future,
           "since": since}  # fmt: skip
    rules, plan = rfm.segments(segments).get(names, names), rfm.schemes(schemes).get(scheme, scheme)
    if memory or not Path(file).is_file():
        if delimiter or date_format:
            raise InputError("rfm.found_out")
        with bar(labels.text("cli.rfm.bar")) as tell:
            done = rfm.score_orders(file, out, customer=customer, date=date, amount=amount, order=order, **how,
                                    scheme=plan, names=rules, words=_named, memory=memory,
                                    progress=lambda share: tell(share, 1))  # fmt: skip
        overview, dropped = done.overview, done.report
    else:
        log = tables.orders(file, customer=customer, date=date, amount=amount, order=order, delimiter=delimiter,
                            date_format=date_format)  # fmt: skip
        measures = rfm.measure(log, customer="customer", date="date", amount="amount", order=order and "order", **how)
        scored = rfm.segment(rfm.score(measures, plan), rules)
        overview, dropped = rfm.overview(scored, rules), rfm.report(measures)
        if out:
            tables.write(scored.assign(segment_name=scored["segment"].map(_named)).reset_index(), out)

    sums = overview.sum(numeric_only=True)
    sums["average_order"] = sums["revenue"] / sums["orders"]
    overview["segment"] = overview["segment"].map(_named)
    overview.loc[len(overview)] = {"segment": labels.text("cli.rfm.total"), **sums}
    count = f"{sums['customers']:,.0f}"
    show(overview, labels.text("cli.rfm.overview", count=count, as_of=as_of, scheme=scheme))
    for column in ("reason", "action"):
        dropped[column] = [labels.text(f"{column}.{code}") for code in dropped[column]]
    show(dropped, labels.text("cli.rfm.rows"))
    if out:
        console.print(labels.text("cli.rfm.written", count=count, file=out), markup=False, soft_wrap=True)


def _named(segment):
    return word(f"segment.{segment}", segment)
