"""Writes what became of the events of the inbox."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from settlement.model.rows.outcomes import EventOutcome
from settlement.storage.sql.rows import from_rows, write
from settlement.storage.tables.events import INBOX
from settlement.storage.tables.kinds import BIGINT

_OUTCOMES = from_rows(
    INBOX,
    EventOutcome,
    """UPDATE inbox i SET $set, finished_at = statement_timestamp()
       FROM $v WHERE i.id = v.inbox_id AND i.id BETWEEN :first AND :last""",
    kinds={"inbox_id": BIGINT},
)


def apply_outcomes(tx: Connection, rows: Sequence[EventOutcome]) -> None:
    """An event is finished when this is written, which the clock of the database says. All of a set are so at once: in
    the order in which they were booked, sets follow each other by this instant and events of a set by their rows.
    """
    write(tx, _OUTCOMES, rows)
