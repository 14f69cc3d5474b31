"""Events that were set aside wait again, after what they were refused for was put right."""

from __future__ import annotations

from collections.abc import Sequence

from settlement.errors import NotFound, Refused
from settlement.queries import inbox as queries
from settlement.queries.inbox import InboxView
from settlement.storage.store import Store
from settlement.storage.work import inbox


def replay_events(store: Store, ids: Sequence[int] = (), *, code: str | None = None) -> list[int]:
    """Makes refused or parked events wait again: those of these rows, of this reason code, or all. Returns their rows.

    Raises:
        NotFound: one of the rows does not exist or was not set aside; none waits again.
        Refused: one of them reuses the id of another event; none waits again.
    """
    with store.transaction() as tx:
        replayed = inbox.replay(tx, ids or None, code=code)
        for inbox_id in sorted(set(ids) - set(replayed)):
            raise _why_not(queries.row(tx, inbox_id))
        return replayed


def _why_not(row: InboxView) -> Refused:
    if row.conflict_of is not None:
        return Refused(
            "reused_id",
            f"inbox row {row.id} reuses the id of row {row.conflict_of} and cannot be tried again; "
            "send it under an id of its own",
        )
    return NotFound("not_set_aside", f"inbox row {row.id} is {row.state}, neither refused nor parked")
