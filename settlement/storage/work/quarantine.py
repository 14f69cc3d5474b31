"""Messages that no task could take: kept as they came, for an operator to look at. Rule: R11.6."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from sqlalchemy import Connection, text

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


class KeptMessage(NamedTuple):
    """A message as it lay on its queue."""

    id: int
    queue: str
    raw: bytes
    size: int


def keep(tx: Connection, misfit: Misfit) -> None:
    """Keeps a message. One that is handed out again by the broker is counted and kept once."""
    bounds = {"most_whole": MOST_WHOLE, "most": MOST_BYTES, "excerpt": EXCERPT_BYTES}
    parameters = misfit._asdict() | {
        "queue": _storable(misfit.queue),
        "tag": _storable(misfit.delivery_tag),
        "code": _storable(misfit.code),
        "task": None if misfit.task is None else _storable(misfit.task),
        "reason": _storable(misfit.reason),
    }
    tx.execute(_KEEP, parameters | bounds)


def kept(tx: Connection, ids: Sequence[int]) -> list[KeptMessage]:
    """Those of these messages that are kept, locked until the transaction ends."""
    return [
        KeptMessage(row[0], row[1], bytes(row[2]), row[3]) for row in tx.execute(_KEPT, {"ids": list(ids)})
    ]


def finish(tx: Connection, ids: Sequence[int], state: Literal["released", "dropped"]) -> list[int]:
    """Says what was done with messages; dropping also deletes their bytes. Returns those it was said of."""
    return list(tx.scalars(_FINISH, {"ids": list(ids), "state": state}))


def _storable(text: str) -> str:
    """Text as PostgreSQL takes it: no NUL, no half of a character."""
    return text.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()[:500]
