"""Writes what became of the events of the inbox."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from settlement.model.rows.outcomes import EventOutcome
from settlement.storage.sql.rows import from_rows, write

_OUTCOMES = from_rows(
    """UPDATE inbox i
       SET state = v.state, reason_code = v.reason_code, reason = v.reason, finished_at = clock_timestamp()
       FROM $v WHERE i.id = v.id AND i.id BETWEEN :first AND :last""",
    id="bigint", state="inbox_state", reason_code="text", reason="text",
)  # fmt: skip


def apply_outcomes(tx: Connection, rows: Sequence[EventOutcome]) -> None:
    """An event is finished when this is written, which the clock of the database says."""
    write(tx, _OUTCOMES, rows)
