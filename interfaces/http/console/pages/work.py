"""Work: what waits, what was set aside, runs as they go, slots, the daily audit, what people did, who they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from interfaces.fields.field import Field, Fields, figure
from interfaces.fields.operations.processes import processes_of
from interfaces.fields.operations.users import ACTS, USERS, changes, given
from interfaces.fields.runs import SLOTS
from interfaces.fields.values import counted, duration, words
from interfaces.http.api.reads.listing import Place
from interfaces.http.console.calendar import owed_values
from interfaces.http.console.charts import Bar, across
from interfaces.http.console.context import Console
from interfaces.http.console.marks import grouped
from interfaces.http.console.pages.events import SET_ASIDE, to_try_again
from interfaces.http.console.pages.lists import table_of
from interfaces.http.console.pages.pager import paged, place_in
from interfaces.http.console.paths import replay_path
from interfaces.http.metrics.broker import depths_now
from settlement.queries import audits, backlog, inbox, quarantine, runs
from settlement.queries.inbox import SetAsideView
from settlement.queries.operating import processes
from settlement.queries.people import users
from settlement.queries.people.users import ActView
from worker.processes import silent_after_s, unserved

_MOST_ROWS = 20
_ACTS_ROWS = 100
DEPTHS: Fields[tuple[str, int]] = (
    Field("queue", "queue", lambda row: row[0]),
    figure("messages", "messages", lambda row: row[1]),
)


# Sums in sentences have their thousands apart as everywhere, and payments no names that nobody gave them.
_ACTS: Fields[ActView] = tuple(
    replace(field, seen=lambda row: grouped(changes(row)))
    if field.key == "changed"
    else replace(field, seen=lambda row: grouped(given(row)))
    if field.key == "details"
    else field
    for field in ACTS
)
_ACT: Place[ActView] = Place(lambda row: row.id, int)


async def work_page(console: Console, request: Request) -> Response:
    """What waits and what was set aside."""
    visitor = await console.visitor(request)
    slots, aside = await console.api.read(
        lambda tx: (runs.slots(tx, limit=_MOST_ROWS + 1), inbox.set_aside(tx))
    )
    again = [
        (f"Try again: {words(row.code)}", replay_path(row.code))
        for row in aside
        if row.code and visitor.may("operate") and to_try_again(visitor, row)
    ]
    return console.page(
        request, "work/work.html", visitor, title="Work", slots=table_of(SLOTS, slots[:_MOST_ROWS]),
        more_slots=len(slots) > _MOST_ROWS,
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
    depths = await console.api.in_thread(depths_now, console.api.runtime.settings)
    cluster = processes.cluster(found, silent_after_s=silent_after_s(console.api.runtime.settings))
    waits = (
        None
        if counts.inbox_oldest_at is None
        else duration((counts.database_now - counts.inbox_oldest_at).total_seconds())
    )
    return {
        "counts": counts, "messages": messages, "waits": waits, "cluster": cluster, "unserved": unserved(cluster),
        "depths": table_of(DEPTHS, list((depths or {}).items())), "broker_away": depths is None,
        "depths_chart": _depths_chart(depths or {}),
        "processes": table_of(processes_of(cluster), cluster.everybody), **await owed_values(console),
    }  # fmt: skip


def _depths_chart(depths: Mapping[str, int]) -> Markup | None:
    """A bar for each queue."""
    rows = [Bar(queue, (count,), (counted(count, "message"),)) for queue, count in depths.items()]
    return across(rows, "Messages on each queue") if rows else None


def _events_link(row: SetAsideView) -> str | None:
    return f"/events?{urlencode({'code': row.code})}" if row.code else None


async def acts_page(console: Console, request: Request) -> Response:
    """Who did what, and why."""
    visitor = await console.visitor(request)
    given = {name: request.query_params.get(name, "").strip() for name in ("account", "actor")}
    after = place_in(request, _ACT)
    filters = {name: value or None for name, value in given.items()}
    found = await console.api.read(lambda tx: users.acts(tx, limit=_ACTS_ROWS + 1, after=after, **filters))
    page = paged(request, found, _ACTS_ROWS, _ACT)
    return console.page(
        request, "table.html", visitor, title="Acts", lead="What people did here, the newest first.",
        table=table_of(_ACTS, page.rows), empty="Nobody did anything like that.", paged=page,
        filters=[("account", "Account", given["account"]), ("actor", "Who", given["actor"])],
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
