"""What people do becomes an event, and is kept with who did it and why."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from interfaces.http.console.context import Console
from interfaces.http.console.tokens import SOURCE, is_event_id
from interfaces.http.problems import Problem
from settlement.errors import Refused
from settlement.events.envelope import arrival_of
from settlement.operations.acts import Act, note_act, note_changed
from settlement.operations.inbox.preview import Preview, preview
from settlement.operations.users import Session
from settlement.queries import inbox
from settlement.queries.inbox import InboxView

T = TypeVar("T")
# So long a page waits for the outcome before it shows that it waits.
WAIT_S = 5.0
_POLL_S = 0.05


async def previewed(console: Console, account: str, event_type: str, data: dict[str, Any]) -> Preview:
    """What the event would do now.

    Raises:
        NotFound, Refused: it would be refused.
    """
    runtime = console.api.runtime
    return await console.api.in_thread(
        lambda: preview(runtime.store, account, event_type, data, at=runtime.as_of(), policy=runtime.policy)
    )


def check_form_id(form_id: str) -> None:
    """The id of a form was made with it.

    Raises:
        Problem: it is none of ours (400).
    """
    if not is_event_id(form_id):
        raise Problem(400, "bad_form", "This form is not from a page of the console. Load its page again.")


async def send(
    console: Console,
    who: Session,
    *,
    event_id: str,
    account: str,
    event_type: str,
    data: dict[str, Any],
    reason: str,
    approved_by: str | None = None,
) -> InboxView:
    """Keeps who sends the event of a form and why, sends it, and waits a little for what becomes of it.

    Raises:
        Problem: the form was sent before with other content (409), or is not ours (400).
        Refused: it cannot be an event.
    """
    check_form_id(event_id)
    arrival = arrival_of(
        {"source": SOURCE, "event_id": event_id, "type": event_type, "account": account, "data": data},
        ingress="http",
    )
    if arrival.reason is not None:
        raise Refused(arrival.reason_code or "bad_shape", arrival.reason)
    act = Act(who.name, who.role, event_type, account, reason or None, event_id, data, approved_by)
    await console.api.in_thread(note_act, console.api.runtime.store, act)
    found = await console.api.intake.receive([arrival])
    row = found.get(0)
    if row is None or row.conflict_of is not None:
        raise Problem(
            409,
            "reused_form",
            "This form was sent before with other content, and that holds. Load its page again.",
        )
    handled = await _handled(console, row)
    if handled.state == "done":
        await console.api.in_thread(note_changed, console.api.runtime.store, event_id)
    return handled


async def is_sent(console: Console, event_id: str) -> bool:
    """Was the event of this form sent before: a second click finds what the first one did."""
    return await console.api.read(lambda tx: inbox.by_identity(tx, SOURCE, event_id)) is not None


async def waited_for(read: Callable[[], Awaitable[T | None]]) -> T | None:
    """What is read, as soon as there is something; None where a page waits for it no longer."""
    until = time.monotonic() + WAIT_S
    while (found := await read()) is None and time.monotonic() < until:
        await asyncio.sleep(_POLL_S)
    return found


async def _handled(console: Console, row: InboxView) -> InboxView:
    """The event with its outcome; as it is where there is none in time."""

    async def outcome() -> InboxView | None:
        (now,) = await console.api.read(lambda tx: inbox.with_ids(tx, [row.id]))
        return None if now.state == "waiting" else now

    return row if row.state != "waiting" else await waited_for(outcome) or row
