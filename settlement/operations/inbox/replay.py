"""Events that were set aside wait again, after what they were refused for was put right, or are dismissed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from settlement.errors import NotFound, Refused
from settlement.queries import inbox as queries
from settlement.queries.inbox import InboxView
from settlement.storage.store import Store
from settlement.storage.work import inbox


def replay_events(
    store: Store, ids: Sequence[int] = (), *, code: str | None = None, but_source: str | None = None
) -> list[int]:
    """Makes refused or parked events wait again: those of these rows, of this reason code, or all; without those of
    `but_source`. Returns their rows.

    Raises:
        NotFound: one of the rows does not exist or was not set aside; none waits again.
        Refused: one of them was dismissed, or reuses the id of another event; none waits again.
    """
    with store.transaction() as tx:
        replayed = inbox.replay(tx, ids or None, code=code, but_source=but_source)
        for inbox_id in sorted(set(ids) - set(replayed)):
            raise _why_not(queries.row(tx, inbox_id))
        return replayed


def dismiss_events(store: Store, ids: Sequence[int], *, at: datetime, by: str, because: str) -> None:
    """Records of refused events that they were dealt with: at the instant `at` (UTC), by whom and why.

    They stay as they are, are not tried again and not counted as refused any more. Rule: R11.1d.

    Raises:
        NotFound: one of the rows does not exist or was not refused; none is dismissed.
        Refused: one of them was dismissed before; none is dismissed.
    """
    with store.transaction() as tx:
        dismissed = inbox.dismiss(tx, ids, at=at, by=by, because=because)
        for inbox_id in sorted(set(ids) - set(dismissed)):
            row = queries.row(tx, inbox_id)
            if row.dismissed_at is not None:
                raise _dismissed(row)
            raise NotFound("not_refused", f"inbox row {row.id} is {row.state}, not refused")


def _dismissed(row: InboxView) -> Refused:
    return Refused(
        "dismissed", f"inbox row {row.id} was dismissed by {row.dismissed_by}: {row.dismissed_because}"
    )


def _why_not(row: InboxView) -> Refused:
    if row.dismissed_at is not None:
        return _dismissed(row)
    if row.conflict_of is not None:
        return Refused(
            "reused_id",
            f"inbox row {row.id} reuses the id of row {row.conflict_of} and cannot be tried again; "
            "send it under an id of its own",
        )
    return NotFound("not_set_aside", f"inbox row {row.id} is {row.state}, neither refused nor parked")
