"""Work: what waits, what was set aside, runs as they go, slots, the daily audit, what people did, who they are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from interfaces.fields.field import Field, Fields
from interfaces.fields.operations.processes import processes_of
from interfaces.fields.operations.users import ACTS, USERS
from interfaces.fields.runs import ISSUED, LEFT_UNSETTLED, PAID, RUNS, issued, paid
from interfaces.fields.values import duration
from interfaces.http.console.calendar import owed_values
from interfaces.http.console.context import Console, moved
from interfaces.http.console.pages.lists import facts_of, table_of
from interfaces.http.console.respond import posted
from settlement.errors import NotFound
from settlement.operations.acts import Act, note_act
from settlement.operations.schedule import runs as run_operations
from settlement.queries import audits, backlog, quarantine, runs
from settlement.queries.operating import processes
from settlement.queries.people import users
from settlement.queries.runs import RunView, SlotView
from worker.processes import silent_after_s, unserved

_MOST_ROWS = 50
_EVERY_S = 1.0
SLOTS: Fields[SlotView] = (
    Field("job", "job", lambda row: row.job),
    Field("logical_at", "due", lambda row: row.logical_at),
    Field("state", "state", lambda row: row.state),
    Field("reason", "reason", lambda row: row.reason),
    Field("finished_at", "finished", lambda row: row.finished_at),
)


async def work_page(console: Console, request: Request) -> Response:
    """What waits and what was set aside."""
    visitor = await console.visitor(request)
    counts, messages, slots, audited, found = await console.api.read(
        lambda tx: (
            backlog.counts(tx),
            quarantine.count(tx),
            runs.slots(tx, limit=_MOST_ROWS),
            audits.last(tx),
            processes.processes(tx),
        )
    )
    cluster = processes.cluster(found, silent_after_s=silent_after_s(console.api.runtime.settings))
    waits = (
        None
        if counts.inbox_oldest_at is None
        else duration((counts.database_now - counts.inbox_oldest_at).total_seconds())
    )
    return console.page(
        request, "work.html", visitor, title="Work", counts=counts, messages=messages, waits=waits,
        slots=table_of(SLOTS, slots), audited=audited, processes=table_of(processes_of(cluster), cluster.everybody),
        unserved=unserved(cluster), cluster=cluster, **await owed_values(console),
    )  # fmt: skip


async def run_page(console: Console, request: Request) -> Response:
    """One run and how far it is; while it goes, its progress comes by itself."""
    visitor = await console.visitor(request)
    found = await console.api.read(lambda tx: runs.run(tx, _number(request)))
    left = [(str(reason), count) for reason, count in sorted(found.report.skipped.items())]
    return console.page(
        request, "run.html", visitor, title=f"Run {found.id}", run=found, going=found.state in ("running", "paused"),
        facts_of=facts_of(RUNS, found, but=("report",)), issued=table_of(ISSUED, list(issued(found.report))),
        paid=table_of(PAID, list(paid(found.report))), left=table_of(LEFT_UNSETTLED, left),
    )  # fmt: skip


async def run_events(console: Console, request: Request) -> Response:
    """The progress of a run as server-sent events, until it ends."""
    await console.visitor(request)
    number = _number(request)
    await console.api.read(lambda tx: runs.run(tx, number))

    async def lines() -> AsyncIterator[str]:
        while not await request.is_disconnected():
            found: RunView = await console.api.read(lambda tx: runs.run(tx, number))
            text = console.templates.get_template("run_progress.html").render(run=found, duration=duration)
            yield "data: " + text.replace("\n", " ") + "\n\n"
            if found.state not in ("running", "paused"):
                yield "event: done\ndata: done\n\n"
                return
            await asyncio.sleep(_EVERY_S)

    return StreamingResponse(lines(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


async def change_run(console: Console, request: Request) -> Response:
    """Pauses or resumes a run."""
    visitor, form = await posted(console, request, "operate")
    number, wanted = _number(request), form.text("to")
    change = {"pause": run_operations.pause_run, "resume": run_operations.resume_run}.get(wanted)
    if change is None:
        raise NotFound("unknown_action", "There is no such action.")
    store = console.api.runtime.store
    await console.api.in_thread(change, store, number)
    act = Act(
        visitor.session.name,
        visitor.session.role,
        f"{wanted} run {number}",
        reason=form.text("reason") or None,
    )
    await console.api.in_thread(note_act, store, act)
    return moved(f"/runs/{number}")


async def acts_page(console: Console, request: Request) -> Response:
    """Who did what, and why."""
    visitor = await console.visitor(request)
    found = await console.api.read(lambda tx: users.acts(tx, limit=200))
    return console.page(
        request, "table.html", visitor, title="Acts", lead="What people did here, the newest first.",
        table=table_of(ACTS, found), empty="Nobody did anything yet.",
    )  # fmt: skip


async def users_page(console: Console, request: Request) -> Response:
    """Who may use the console. They are made by `settle users`."""
    visitor = await console.visitor(request, "administer")
    found = await console.api.read(lambda tx: users.users(tx, limit=1_000))
    lead = "Who may use the console. `settle users add` makes one, `settle users disable` shuts one out."
    return console.page(
        request,
        "table.html",
        visitor,
        title="Users",
        lead=lead,
        table=table_of(USERS, found),
        empty="Nobody.",
    )


async def audit_page(console: Console, request: Request) -> Response:
    """What the last daily audit proved, check by check."""
    visitor = await console.visitor(request)
    found = await console.api.read(audits.last)
    return console.page(request, "audit.html", visitor, title="Audit", audit=found, duration=duration)


def _number(request: Request) -> int:
    number: int = request.path_params["run"]
    if number >= 2**63:
        raise NotFound("unknown_run", f"run {number} is not known")
    return number
