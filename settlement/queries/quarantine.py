"""Messages that no task could take."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import Connection, text

from settlement.errors import NotFound
from settlement.storage.sql.columns import columns
from settlement.storage.tables.quarantine import QUARANTINE

QuarantineState = Literal["kept", "released", "dropped"]


class QuarantineView(NamedTuple):
    """A message that was set aside, without its bytes. `kept_bytes` of its `size` are there."""

    id: int
    queue: str
    task: str | None
    code: str
    reason: str
    size: int
    kept_bytes: int
    times: int
    state: QuarantineState
    received_at: datetime
    finished_at: datetime | None
    sha256: bytes


_COLUMNS = columns(QUARANTINE, QuarantineView, kept_bytes="length(raw)")
_ROWS = text(f"""
    SELECT {_COLUMNS} FROM quarantine
    WHERE (CAST(:state AS text) IS NULL OR state = CAST(CAST(:state AS text) AS quarantine_state))
      AND (CAST(:after AS bigint) IS NULL OR id < :after)
    ORDER BY id DESC LIMIT :limit""")
_ROW = text(f"SELECT {_COLUMNS} FROM quarantine WHERE id = :id")
_RAW = text("SELECT raw FROM quarantine WHERE id = :id")
_COUNT = text("SELECT count(*) FROM quarantine WHERE state = 'kept'")


def rows(
    tx: Connection, *, limit: int, after: int | None = None, state: QuarantineState | None = "kept"
) -> list[QuarantineView]:
    """Messages, the newest first, from the one after row `after` in that order on; `None` means every state."""
    return [
        QuarantineView(*row) for row in tx.execute(_ROWS, {"limit": limit, "after": after, "state": state})
    ]


def row(tx: Connection, message_id: int) -> QuarantineView:
    """One message.

    Raises:
        NotFound: there is none of this number.
    """
    found = tx.execute(_ROW, {"id": message_id}).one_or_none()
    if found is None:
        raise NotFound(
            "unknown_message", f"no message {message_id} was set aside; `settle quarantine list` shows them"
        )
    return QuarantineView(*found)


def raw(tx: Connection, message_id: int) -> bytes:
    """What is kept of a message's bytes."""
    return bytes(tx.execute(_RAW, {"id": message_id}).scalar_one())


def count(tx: Connection) -> int:
    """How many messages are kept and wait for somebody to look at them."""
    return int(tx.execute(_COUNT).scalar_one())
