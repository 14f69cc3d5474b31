"""Acts that wait, or waited, for a second person."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from settlement.errors import NotFound
from settlement.model.policies.approvals import RequestState
from settlement.model.policies.users import Role
from settlement.storage.sql.columns import columns
from settlement.storage.tables.people.users import CONSOLE_REQUEST


class RequestView(NamedTuple):
    """An act as somebody wants it. `event_id`: of its form, and of the event that it becomes; `amount_minor`: what it
    moves, in minor units; `figures`: what was shown with it. Instants in UTC.
    """

    id: int
    event_id: str
    made_at: datetime
    expires_at: datetime
    maker: str
    role: Role
    action: str
    account: str
    data: dict[str, Any]
    reason: str | None
    amount_minor: int
    currency: str
    figures: list[list[Any]]
    state: RequestState
    decided_by: str | None
    decided_at: datetime | None
    decision_reason: str | None


_STATE = "CASE WHEN state = 'waiting' AND expires_at <= clock_timestamp() THEN 'expired' ELSE state END"
_COLUMNS = columns(CONSOLE_REQUEST, RequestView, state=_STATE)
_ROWS = text(f"""
    SELECT {_COLUMNS} FROM console_request
    WHERE CAST(:after AS bigint) IS NULL OR id < :after ORDER BY id DESC LIMIT :limit""")
_ROW = text(f"SELECT {_COLUMNS} FROM console_request WHERE id = :id")
_KEPT = text("SELECT EXISTS (SELECT 1 FROM console_act WHERE event_id = :event_id)")


def requests(tx: Connection, *, limit: int, after: int | None = None) -> list[RequestView]:
    """Acts that wait or waited, the newest first, from the one before `after` on."""
    return [RequestView(*row) for row in tx.execute(_ROWS, {"limit": limit, "after": after})]


def request(tx: Connection, number: int) -> RequestView:
    """One of them.

    Raises:
        NotFound: there is none.
    """
    row = tx.execute(_ROW, {"id": number}).one_or_none()
    if row is None:
        raise NotFound("unknown_request", f"request {number} is not known")
    return RequestView(*row)


def is_begun(tx: Connection, event_id: str) -> bool:
    """Is it kept as an act: was it begun to be carried out."""
    return bool(tx.scalar(_KEPT, {"event_id": event_id}))
