"""Runs: how far each is, as it goes; paused and resumed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from interfaces.fields.field import Field, Fields, figure
from interfaces.fields.runs import ISSUED, LEFT_UNSETTLED, PAID, RUNS, issued, paid
from interfaces.fields.values import words
from interfaces.http.console.charts import share
from interfaces.http.console.context import Console, Visitor, moved
from interfaces.http.console.doing import perform
from interfaces.http.console.messages import LAST_MESSAGE, as_message, as_messages
from interfaces.http.console.offers import Offer, role_reason
from interfaces.http.console.pages.lists import facts_of, table_of
from interfaces.http.console.paths import run_path
from interfaces.http.console.respond import posted
from interfaces.http.console.tokens import new_event_id
from interfaces.http.routing import number_in
from settlement.errors import NotFound
from settlement.model.cycle import cycle_text
from settlement.model.report import Report
from settlement.operations.schedule import runs as run_operations
from settlement.operations.schedule.requested_runs import StartedRun
from settlement.queries import runs
from settlement.queries.runs import RunView
from worker.requested_runs import wake_for

_EVERY_S = 1.0
# Of a run's facts, what its page shows otherwise.
_ELSEWHERE = ("report", "kind", "cycle", "state", "rate", "left_s", "failure")


async def run_page(console: Console, request: Request) -> Response:
    """One run and how far it is; while it goes, its progress comes by itself."""
    visitor, number = await console.visitor(request), number_in(request.path_params, "run")
    found = await console.api.read(lambda tx: runs.run(tx, number))
    title = f"{words(found.kind).capitalize()} of {cycle_text(found.cycle)}"
    return console.page(
        request, "runs/run.html", visitor, title=title, run=found, going=found.state in ("running", "paused"),
        facts_of=facts_of(RUNS, found, but=_ELSEWHERE), offers=_offers(found, visitor), event=new_event_id(),
        **_progress(found), **tables_of(found.report),
    )  # fmt: skip


def _offers(run: RunView, visitor: Visitor) -> list[Offer]:
    """Why a run is neither paused nor resumed, where it is not."""
    why = "" if run.state in ("running", "paused") else f"The run is {words(run.state)}."
    title = "Resume" if run.state == "paused" else "Pause"
    return [Offer(title, "", why or role_reason(visitor, "operate"))]


class _Part(NamedTuple):
    """How much of one kind of a run's work is done."""

    what: str
    done: int
    all: int
    failed: int | None


PROGRESS: Fields[_Part] = (
    Field("what", "of the run", lambda row: row.what),
    figure("done", "done", lambda row: row.done),
    figure("left", "left", lambda row: row.all - row.done),
    figure("failed", "failed", lambda row: row.failed),
    figure("all", "all", lambda row: row.all),
)


def _progress(run: RunView) -> dict[str, Any]:
    """How far it is, as a bar and as a table."""
    parts = [
        _Part("accounts", run.accounts_done, run.accounts, None),
        _Part("ranges", run.ranges_done, run.ranges, run.ranges_failed),
    ]
    return {
        "progress": table_of(PROGRESS, parts),
        "progress_chart": share(run.accounts_done, run.accounts, "Progress of the run: accounts done"),
    }


def tables_of(report: Report) -> dict[str, Any]:
    """What a close came to, or would: issued, paid, left unsettled."""
    left = [(str(reason), count) for reason, count in sorted(report.skipped.items())]
    if report.parked:
        left.append(("parked: figures did not add up", report.parked))
    return {
        "issued": table_of(ISSUED, list(issued(report))),
        "paid": table_of(PAID, list(paid(report))),
        "left": table_of(LEFT_UNSETTLED, left),
    }


async def run_events(console: Console, request: Request) -> Response:
    """The progress of a run as server-sent events, until it ends."""
    await console.visitor(request)
    number = number_in(request.path_params, "run")
    await console.api.read(lambda tx: runs.run(tx, number))

    async def lines() -> AsyncIterator[str]:
        while not await request.is_disconnected():
            found: RunView = await console.api.read(lambda tx: runs.run(tx, number))
            text = console.templates.get_template("runs/run_progress.html").render(
                run=found, **_progress(found)
            )
            yield as_message(text)
            if found.state not in ("running", "paused"):
                yield LAST_MESSAGE
                return
            await asyncio.sleep(_EVERY_S)

    return as_messages(lines())


async def change_run(console: Console, request: Request) -> Response:
    """Pauses or resumes a run."""
    visitor, form = await posted(console, request, "operate")
    number, wanted = number_in(request.path_params, "run"), form.text("to")
    change = {"pause": run_operations.pause_run, "resume": run_operations.resume_run}.get(wanted)
    if change is None:
        raise NotFound("unknown_action", "There is no such action.")
    store = console.api.runtime.store
    run = await console.api.read(lambda tx: runs.run(tx, number))

    def work() -> None:
        change(store, number)
        if wanted == "resume":
            wake_for(run.kind, StartedRun(number, has_work=True))

    await perform(
        console, visitor.session, work, form_id=form.text("event"), action=f"{wanted}_run",
        reason=form.text("reason"), details={"run": number},
    )  # fmt: skip
    return moved(run_path(number))
