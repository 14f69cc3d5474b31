"""What people do that is no event: kept before it is done, done once, and kept with what became of it. Rule: R14.3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from interfaces.http.console.context import Console
from interfaces.http.console.sending import check_form_id
from settlement.errors import Refused
from settlement.operations.acts import Act, note_act, note_outcome
from settlement.operations.users import Session

T = TypeVar("T")
DONE = "done"


async def perform(
    console: Console,
    who: Session,
    work: Callable[[], T],
    *,
    form_id: str,
    action: str,
    account: str | None = None,
    reason: str = "",
    details: dict[str, Any] | None = None,
    approved_by: str | None = None,
) -> T | None:
    """What the work gives; None where the form was sent before, by a second click or the button back.

    Raises:
        Problem: the form is none of ours.
        Refused: as the work.
    """
    check_form_id(form_id)
    store = console.api.runtime.store
    act = Act(who.name, who.role, action, account, reason[:500] or None, form_id, details, approved_by)
    if not await console.api.in_thread(note_act, store, act):
        return None
    try:
        found = await console.api.in_thread(work)
    except Refused as error:
        await console.api.in_thread(note_outcome, store, form_id, f"refused: {error.code}")
        raise
    await console.api.in_thread(note_outcome, store, form_id, DONE)
    return found
