"""Acts that wait, or waited, for a second person."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from settlement.errors import NotFound
from settlement.model.policies.approvals import RequestState
from settlement.model.policies.users import Role, roles_that_may
from settlement.storage.sql.columns import columns
from settlement.storage.tables.people.users import CONSOLE_REQUEST
from settlement.storage.work.people.approvals import MAKER_MAY


class RequestView(NamedTuple):
    """An act as somebody wants it. `event_id`: of its form, and of the event that it becomes; `amount_minor`: what it
    moves, in minor units; `figures`: what was shown with it. Instants in UTC. `is_carried_out`: its outcome is on
    record; `maker_may`: its maker is still a user who may move money.
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
    is_carried_out: bool
    maker_may: bool

    @property
    def place(self) -> tuple[bool, int]:
        """Where it stands in the order of all."""
        return self.state == "waiting", self.id

    @property
    def is_to_be_carried_out(self) -> bool:
        """It was approved, and whoever approved it was cut off before it was carried out."""
        return self.state == "approved" and not self.is_carried_out


# What becomes an event has its outcome there; what is none has it beside the act.
_CARRIED_OUT = """(r.state = 'approved' AND (
        EXISTS (SELECT FROM inbox i WHERE i.source = 'console' AND i.event_id = r.event_id AND i.conflict_of IS NULL)
        OR EXISTS (SELECT FROM console_act a WHERE a.event_id = r.event_id AND a.outcome IS NOT NULL)))"""
_OPEN = f"(r.state = 'waiting' OR (r.state = 'approved' AND NOT {_CARRIED_OUT}))"
_STATE = f"CASE WHEN r.expires_at <= clock_timestamp() AND {_OPEN} THEN 'expired' ELSE r.state END"
_COLUMNS = columns(
    CONSOLE_REQUEST, RequestView, "r", state=_STATE, is_carried_out=_CARRIED_OUT, maker_may=MAKER_MAY
)
_WAITS = "(r.state = 'waiting' AND r.expires_at > clock_timestamp())"
_ROWS = text(f"""
    SELECT {_COLUMNS} FROM console_request r
    WHERE CAST(:id AS bigint) IS NULL OR ({_WAITS}, r.id) < (CAST(:waits AS boolean), CAST(:id AS bigint))
    ORDER BY {_WAITS} DESC, r.id DESC LIMIT :limit""")
_ROW = text(f"SELECT {_COLUMNS} FROM console_request r WHERE r.id = :id")


def requests(tx: Connection, *, limit: int, after: tuple[bool, int] | None = None) -> list[RequestView]:
    """Acts that wait, then those that waited, each the newest first, from the one after the place `after` on."""
    waits, number = after or (None, None)
    values = {"limit": limit, "waits": waits, "id": number, "roles": roles_that_may("money")}
    return [RequestView(*row) for row in tx.execute(_ROWS, values)]


def request(tx: Connection, number: int) -> RequestView:
    """One of them.

    Raises:
        NotFound: there is none.
    """
    row = tx.execute(_ROW, {"id": number, "roles": roles_that_may("money")}).one_or_none()
    if row is None:
        raise NotFound("unknown_request", f"request {number} is not known")
    return RequestView(*row)
