"""What people do that is no event: kept before it is done, done once, and kept with what became of it. Rule: R14.3."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from interfaces.http.console.context import Console
from interfaces.http.console.sending import check_form_id, waited_for
from interfaces.http.problems import Problem
from settlement.errors import Refused, Unavailable
from settlement.operations.acts import Act, note_act, note_changed, note_outcome, note_unavailable
from settlement.operations.users import Session
from settlement.queries.people import users

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
    again: bool = False,
) -> T | None:
    """What the work gives; None where the form was sent before, by a second click or the button back, and that has its
    outcome. `again`: the work refuses to be done twice, so where whoever began it was cut off it is done now.

    Raises:
        Problem: the form is none of ours (400), or was sent before and what became of that is not known (409).
        Refused: as the work.
        Unavailable: as the work; the form may be sent again.
    """
    check_form_id(form_id)
    store = console.api.runtime.store
    act = Act(who.name, who.role, action, account, reason[:500] or None, form_id, details, approved_by)
    if not await console.api.in_thread(note_act, store, act):
        if await waited_for(lambda: outcome_of(console, form_id)) is not None:
            return None
        if not again:
            raise Problem(
                409,
                "outcome_not_known",
                "This form was sent before, and what became of it is not known. Look whether it was done before you "
                "fill another.",
            )
    try:
        found = await console.api.in_thread(work)
    except Refused as error:
        await console.api.in_thread(note_outcome, store, form_id, f"refused: {error.code}")
        raise
    except (Unavailable, SQLAlchemyError):
        with suppress(Unavailable, SQLAlchemyError):
            await console.api.in_thread(note_unavailable, store, form_id)
        raise
    await console.api.in_thread(note_outcome, store, form_id, DONE)
    await console.api.in_thread(note_changed, store, form_id)
    return found


async def outcome_of(console: Console, form_id: str) -> str | None:
    """What became of the act of a form; None where nothing is known, or it was not sent."""
    return await console.api.read(lambda tx: users.outcome(tx, form_id))
