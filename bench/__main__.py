"""`python -m bench`: everything, or one of its parts, with sizes by option."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Annotated

import typer

from bench.parts import month_close, plan, rows, traffic
from bench.parts.options import RESULTS, Output
from bench.parts.session import servers
from bench.quick import measure as quick_measure
from bench.quick import release
from bench.report import results, tables

# The exit code of `quick` where something is dearer than it was.
DEARER = 5

app = typer.Typer(
    help="Benchmarks: each pair measured in one run on one machine, on an embedded PostgreSQL and Valkey of their own, "
    "or on those that SETTLE_DATABASE_URL and SETTLE_BROKER_URL name.",
    pretty_exceptions_enable=False,
    add_completion=False,
)
_PARTS: dict[str, Callable[..., None]] = {
    "month-close": month_close.month_close,
    "growth": month_close.growth,
    "scaling": month_close.scale,
    "doors": traffic.doors,
    "threshold": rows.threshold,
    "overdue": rows.overdue,
    "unified": traffic.unified,
    "audit": rows.audit,
    "focus": rows.focus,
    "console": traffic.console,
    "webhooks": traffic.webhooks,
    "years": rows.years,
    "profile": month_close.profile,
    "event-profile": traffic.event_profile,
}
for _name, _command in _PARTS.items():
    app.command(_name)(_command)


@app.command("quick")
def quick(
    *,
    record: Annotated[
        bool, typer.Option("--record", help="Write the figures down as those of this release.")
    ] = False,
) -> None:
    """CPU per bill and per event against the last recorded release, in about two minutes; 5 where one is dearer."""
    with servers() as place:
        found = quick_measure.measure(place)
    figures = release.compare(found, release.recorded())
    release.show(figures)
    if record:
        release.record(found)
    elif not all(figure.is_good for figure in figures):
        raise typer.Exit(DEARER)


@app.command("all")
def everything(
    *,
    resume: Annotated[
        bool, typer.Option("--resume", help="Leave out what the last run has finished.")
    ] = False,
    small: Annotated[
        bool, typer.Option("--small", help="With little data, to see that it runs; give it --output.")
    ] = False,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Name the parts with about how long each takes, and end.")
    ] = False,
    output: Output = RESULTS,
) -> None:
    """All that the README's table says, part by part, each written down when it ends."""
    planned = plan.commands(small=small)
    if resume:
        unfinished = plan.left(output, [command for command, _ in planned])
        planned = [one for one in planned if one[0] in unfinished]
    if estimate:
        for command, minutes in planned:
            print(f"{minutes or 0:4g} min  {command}")
        print(f"{sum(minutes or 0 for _, minutes in planned):4g} min in all")
        return
    if not resume:
        plan.begin(output)
    failed = plan.run(output, planned, say=lambda words: typer.echo(words, err=True))
    tables.show(results.read(output))
    if failed:
        typer.echo("Failed: " + "; ".join(failed) + ". `all --resume` measures them again.", err=True)
        raise typer.Exit(1)


@app.callback(invoke_without_command=True)
def default(context: typer.Context) -> None:
    """Without a command: all."""
    if context.invoked_subcommand is None:
        context.invoke(everything)


@app.command("show")
def show(
    output: Output = RESULTS,
    *,
    markdown: Annotated[bool, typer.Option("--markdown", help="As Markdown, for a document.")] = False,
    pictures: Annotated[
        bool, typer.Option("--pictures", help="Draw the pictures of the docs anew, too.")
    ] = False,
    documents: Annotated[
        bool, typer.Option("--documents", help="Write the tables into README and docs, too.")
    ] = False,
) -> None:
    """The tables of the last results, measuring nothing."""
    found = results.read(output)
    if pictures:
        from bench.report import pictures as drawn

        for path in drawn.draw(found, drawn.FOLDER):
            print(path)
    if documents:
        from bench.report import documents as written

        for path in written.write(found):
            print(path)
    tables.show(found, markdown=markdown)


if __name__ == "__main__":
    os.umask(0o022)
    app()
