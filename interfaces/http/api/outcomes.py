"""What became of an event: as JSON or as a problem, with its status, and waited for."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from interfaces.fields.field import as_object, as_objects
from interfaces.fields.repayments import REPAYMENTS
from interfaces.fields.values import Json
from interfaces.http.api.context import Api, as_json
from interfaces.http.api.operation import Schema, called, parameter
from interfaces.http.api.reads.listing import records_since
from interfaces.http.api.samples import schema_of
from interfaces.http.problems import Problem
from settlement.model.commands.revisions import CHANGED
from settlement.queries import inbox, repayments
from settlement.queries.inbox import InboxView
from settlement.queries.repayments import RepaymentView

if TYPE_CHECKING:
    from worker.runtime import Runtime

MOST_WAIT_S = 30.0
_POLL_S = 0.02
_WAIT = re.compile(r"(?:^|[,;\s])wait=(\d{1,3})(?:$|[,;\s])")


def outcome_json(row: InboxView, paid: Sequence[RepaymentView] | None = None) -> dict[str, Json]:
    """An event with what became of it; `conflict` where its id was taken by another with other content."""
    outcome: dict[str, Json] = {
        "operation": str(row.id),
        "source": row.source,
        "event_id": row.event_id,
        "type": row.type,
        "account": row.account,
        "state": "conflict" if row.conflict_of is not None else row.state,
        "code": row.reason_code,
        "detail": row.reason,
        "received_at": row.received_at,
        "finished_at": row.finished_at,
    }
    if paid is not None:
        outcome["repayments"] = as_objects(REPAYMENTS, paid)
    return outcome


def outcome(row: InboxView, paid: Sequence[RepaymentView] | None = None) -> Response:
    """The answer to whoever sent it: 202 while it waits or is set aside, 200 when it is done.

    Raises:
        Problem: it was refused by a rule (422), or since what it edits has changed (412), or its id is taken (409).
    """
    found = outcome_json(row, paid)
    location = f"/v1/operations/{row.id}"
    if found["state"] in ("conflict", "refused"):
        status = 409 if row.conflict_of is not None else 412 if row.reason_code == CHANGED else 422
        # The `type` of a problem document is the problem's.
        more = found | {"event_type": row.type}
        raise Problem(status, row.reason_code or "", row.reason or "", more=more, Location=location)
    if row.state == "done":
        return as_json(found, Location=location)
    return as_json(found, 202, Location=location, **({"Retry_After": "1"} if row.state == "waiting" else {}))


async def repaid(api: Api, row: InboxView) -> list[RepaymentView] | None:
    """What an event that is done paid at once; None of one that is not, and of one that is in an archive."""
    if row.state != "done" or row.reason_code == inbox.ARCHIVED:
        return None
    return await api.in_thread(_repaid, api.runtime, row)


def _repaid(runtime: Runtime, row: InboxView) -> list[RepaymentView]:
    since = records_since(runtime)
    with runtime.store.transaction() as tx:
        return repayments.of_event(tx, row.account, row.id, since=since)


async def waited_for(api: Api, request: Request, rows: Mapping[int, InboxView]) -> dict[int, InboxView]:
    """The rows once all have an outcome, or as they are when the time is over that `Prefer: wait=` gives."""
    found = dict(rows)
    wait = _WAIT.search(request.headers.get("prefer", ""))
    until = time.monotonic() + (min(float(wait[1]), MOST_WAIT_S) if wait else 0.0)
    while wait and time.monotonic() < until:
        waiting = {row.id: at for at, row in found.items() if row.state == "waiting"}
        if not waiting:
            break
        await asyncio.sleep(_POLL_S)
        now = await api.read(lambda tx, ids=tuple(waiting): inbox.with_ids(tx, ids))  # type: ignore[misc]
        found.update({waiting[row.id]: row for row in now})
    return found


def _outcome_schema() -> Schema:
    found = schema_of(InboxView, outcome_json)
    states = {"type": "string", "enum": ["waiting", "done", "refused", "parked", "conflict"]}
    paid = {
        "type": "array",
        "description": "What it paid at once. Absent of an event in an archive (`archived`), which has that, too.",
        "items": called("Repayment", schema_of(RepaymentView, partial(as_object, REPAYMENTS))),
    }
    properties = {**found["properties"], "state": states, "repayments": paid}
    return called("Outcome", {**found, "properties": properties})


OUTCOME = _outcome_schema()
WAIT = parameter(
    "header", "Prefer", f"`wait=5`: answer when it is done, or after so many seconds, {MOST_WAIT_S:.0f} at most.",
    {"type": "string"},
)  # fmt: skip
