"""What became of an event: as JSON, as a status, and waited for."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from urllib.parse import quote

from starlette.requests import Request

from interfaces.fields.field import as_objects
from interfaces.fields.repayments import REPAYMENTS
from interfaces.fields.values import Json
from interfaces.http.api.context import Api
from settlement.queries import inbox
from settlement.queries.inbox import InboxView
from settlement.queries.repayments import RepaymentView

MOST_WAIT_S = 30.0
_POLL_S = 0.02
_WAIT = re.compile(r"(?:^|[,;\s])wait=(\d{1,3})(?:$|[,;\s])")


def outcome_json(row: InboxView, repayments: list[RepaymentView] | None = None) -> dict[str, Json]:
    """An event with what became of it. Events that were refused for good are `conflict` where their id was taken."""
    outcome: dict[str, Json] = {
        "operation": str(row.id),
        "source": row.source,
        "event_id": row.event_id,
        "type": row.type,
        "account": row.account,
        "status": "conflict" if row.conflict_of is not None else row.state,
        "code": row.reason_code,
        "detail": row.reason,
        "received_at": row.received_at,
        "finished_at": row.finished_at,
    }
    if repayments is not None:
        outcome["repayments"] = as_objects(REPAYMENTS, repayments)
    return outcome


def status_of(row: InboxView) -> int:
    """202 while it waits, 200 when it is done, 409 where its id was taken by another, 422 when it was refused."""
    if row.conflict_of is not None:
        return 409
    return {"waiting": 202, "done": 200, "refused": 422, "parked": 202}[row.state]


def located(row: InboxView) -> dict[str, str]:
    """Where to look for the outcome, and when, of an event that waits."""
    headers = {"Location": f"/v1/operations/{quote(str(row.id))}"}
    return {**headers, "Retry_After": "1"} if row.state == "waiting" else headers


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
