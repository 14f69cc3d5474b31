"""Work: what waits, what was set aside, runs as they go, slots, the daily audit, what people did, who they are."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from interfaces.fields.field import Field, Fields
from interfaces.fields.operations.processes import processes_of
from interfaces.fields.operations.users import ACTS, USERS
from interfaces.fields.values import duration, words
from interfaces.http.console.calendar import owed_values
from interfaces.http.console.context import Console
from interfaces.http.console.pages.events import SET_ASIDE, to_try_again
from interfaces.http.console.pages.lists import table_of
from interfaces.http.console.paths import replay_path
from settlement.queries import audits, backlog, inbox, quarantine, runs
from settlement.queries.inbox import SetAsideView
from settlement.queries.operating import processes
from settlement.queries.people import users
from settlement.queries.runs import SlotView
from worker.processes import silent_after_s, unserved

_MOST_ROWS = 20
SLOTS: Fields[SlotView] = (
    Field("job", "job", lambda row: words(row.job)),
    Field("logical_at", "due", lambda row: row.logical_at),
    Field("state", "state", lambda row: row.state),
    Field("reason", "reason", lambda row: row.reason),
    Field("finished_at", "finished", lambda row: row.finished_at),
)


async def work_page(console: Console, request: Request) -> Response:
    """What waits and what was set aside."""
    visitor = await console.visitor(request)
    slots, aside = await console.api.read(lambda tx: (runs.slots(tx, limit=_MOST_ROWS), inbox.set_aside(tx)))
    again = [
        (f"Try again: {words(row.code)}", replay_path(row.code))
        for row in aside
        if row.code and visitor.may("operate") and to_try_again(visitor, row)
    ]
    return console.page(
        request, "work/work.html", visitor, title="Work", slots=table_of(SLOTS, slots),
        aside=table_of(SET_ASIDE, aside, _events_link), again=again, **await _live_values(console),
    )  # fmt: skip


async def work_now(console: Console, request: Request) -> Response:
    """The part of the page that is fetched again every few seconds: what waits, who is at work."""
    visitor = await console.visitor(request)
    return console.page(request, "work/work_now.html", visitor, **await _live_values(console))


async def _live_values(console: Console) -> dict[str, Any]:
    counts, messages, found = await console.api.read(
        lambda tx: (backlog.counts(tx), quarantine.count(tx), processes.processes(tx))
    )
    cluster = processes.cluster(found, silent_after_s=silent_after_s(console.api.runtime.settings))
    waits = (
        None
        if counts.inbox_oldest_at is None
        else duration((counts.database_now - counts.inbox_oldest_at).total_seconds())
    )
    return {
        "counts": counts, "messages": messages, "waits": waits, "cluster": cluster, "unserved": unserved(cluster),
        "processes": table_of(processes_of(cluster), cluster.everybody), **await owed_values(console),
    }  # fmt: skip


def _events_link(row: SetAsideView) -> str | None:
    return f"/events?{urlencode({'code': row.code})}" if row.code else None


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
    return console.page(request, "work/audit.html", visitor, title="Audit", audit=found, duration=duration)
