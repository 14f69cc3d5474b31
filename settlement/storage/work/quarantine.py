"""Messages that no task could take: kept as they came, for an operator to look at. Rule: R11.6."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import Connection, text

from settlement.errors import NotFound

QuarantineState = Literal["kept", "released", "dropped"]

# Of a message that is longer only the beginning is kept.
MOST_BYTES = 1024 * 1024
# So many messages are kept whole. Of those beyond, whoever floods the queues gets this much into the database.
MOST_WHOLE = 10_000
EXCERPT_BYTES = 1024

_KEEP = text("""
    INSERT INTO quarantine (queue, delivery_tag, task, code, reason, raw, size, sha256)
    SELECT :queue, :tag, :task, :code, :reason,
           substr(CAST(:raw AS bytea), 1,
                  CAST(CASE WHEN kept.many < :most_whole THEN :most ELSE :excerpt END AS integer)), :size, :sha256
    FROM (SELECT count(*) AS many
          FROM (SELECT 1 FROM quarantine WHERE state = 'kept' LIMIT :most_whole) AS first) AS kept
    ON CONFLICT (delivery_tag, sha256) DO UPDATE
    SET times = quarantine.times + 1, state = 'kept', finished_at = NULL, code = excluded.code,
        reason = excluded.reason,
        raw = CASE WHEN length(quarantine.raw) > length(excluded.raw) THEN quarantine.raw ELSE excluded.raw END""")
_COLUMNS = "id, queue, task, code, reason, size, length(raw), times, state, received_at, finished_at, sha256"
_ROWS = text(f"""
    SELECT {_COLUMNS} FROM quarantine
    WHERE (CAST(:state AS text) IS NULL OR state = CAST(CAST(:state AS text) AS quarantine_state))
      AND (CAST(:after AS bigint) IS NULL OR id < :after)
    ORDER BY id DESC LIMIT :limit""")
_ROW = text(f"SELECT {_COLUMNS} FROM quarantine WHERE id = :id")
_RAW = text("SELECT raw FROM quarantine WHERE id = :id")
_COUNT = text("SELECT count(*) FROM quarantine WHERE state = 'kept'")
_KEPT = text("""
    SELECT id, queue, raw, size FROM quarantine
    WHERE id = ANY(CAST(:ids AS bigint[])) AND state = 'kept' ORDER BY id FOR UPDATE""")
_FINISH = text("""
    UPDATE quarantine SET state = CAST(:state AS quarantine_state), finished_at = clock_timestamp(),
        raw = CASE WHEN :state = 'dropped' THEN CAST('' AS bytea) ELSE raw END
    WHERE id = ANY(CAST(:ids AS bigint[])) AND state <> 'dropped' AND (:state = 'dropped' OR state = 'kept')
    RETURNING id""")


class Misfit(NamedTuple):
    """A message to be set aside. `raw` may be the beginning of `size` bytes; `sha256` is that of all of them."""

    queue: str
    delivery_tag: str
    task: str | None
    code: str
    reason: str
    raw: bytes
    size: int
    sha256: bytes


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


class KeptMessage(NamedTuple):
    """A message as it lay on its queue."""

    id: int
    queue: str
    raw: bytes
    size: int


def keep(tx: Connection, misfit: Misfit) -> None:
    """Keeps a message. One that is handed out again by the broker is counted and kept once."""
    bounds = {"most_whole": MOST_WHOLE, "most": MOST_BYTES, "excerpt": EXCERPT_BYTES}
    asked = misfit._asdict() | {
        "tag": misfit.delivery_tag,
        "task": None if misfit.task is None else _storable(misfit.task),
        "reason": _storable(misfit.reason),
    }
    tx.execute(_KEEP, asked | bounds)


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


def kept(tx: Connection, ids: Sequence[int]) -> list[KeptMessage]:
    """Those of these messages that are kept, locked until the transaction ends."""
    return [
        KeptMessage(row[0], row[1], bytes(row[2]), row[3]) for row in tx.execute(_KEPT, {"ids": list(ids)})
    ]


def finish(tx: Connection, ids: Sequence[int], state: Literal["released", "dropped"]) -> list[int]:
    """Says what was done with messages; dropping also deletes their bytes. Returns those it was said of."""
    return list(tx.scalars(_FINISH, {"ids": list(ids), "state": state}))


def _storable(said: str) -> str:
    """Text as PostgreSQL takes it: no NUL, no half of a character."""
    return said.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()[:500]
