"""Events on their way out of the database: their rows, and what stays of them. Rule: R11.12."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, text

from settlement.storage.sql.arrays import id_array, text_array
from settlement.storage.work.operating.archives import streamed

# Ingresses that tell a sender nothing by which it may ask later, but for what it called the event itself.
_UNNUMBERED = ("stream", "celery")
_EVENT_ROWS = text("""
    SELECT id, source, event_id, type, account, CAST(data AS text) AS data, occurred_at, correlation_id, door, sent_by,
           received_at, finished_at
    FROM inbox WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id""")
_LEAVE_EVENTS = text("""
    INSERT INTO archived_event (identity, inbox_id, account_id, content, received_at, archive_id)
    SELECT event_identity(i.source, i.event_id), i.id, a.id, event_content(i.type, i.account, i.data, i.occurred_at),
           i.received_at, :archive
    FROM inbox i JOIN account a ON a.external_id = i.account WHERE i.id = ANY(CAST(:ids AS bigint[]))""")
_LEAVE_NAMES = text("""
    INSERT INTO archived_name (inbox_id, source, event_id, sent_by, finished_at)
    SELECT id, source, event_id, CASE WHEN door = 'sql' THEN sent_by END, finished_at
    FROM inbox WHERE id = ANY(CAST(:ids AS bigint[])) AND door <> ALL(CAST(:unnumbered AS text[]))""")
_DELETE_EVENTS = text("DELETE FROM inbox WHERE id = ANY(CAST(:ids AS bigint[]))")


def event_rows(tx: Connection, ids: Sequence[int]) -> Iterator[Sequence[Mapping[str, Any]]]:
    """These events, in the order of their rows, as they are written out, some at a time. `data` is JSON text."""
    return streamed(tx, _EVENT_ROWS, {"ids": id_array(ids)})


def leave_events(tx: Connection, archive: int, events: Sequence[int]) -> None:
    """Notes who these events were, so that none of them comes twice, and whoever may ask is answered."""
    tx.execute(_LEAVE_EVENTS, {"ids": id_array(events), "archive": archive})
    tx.execute(_LEAVE_NAMES, {"ids": id_array(events), "unnumbered": text_array(_UNNUMBERED)})


def remove_events(tx: Connection, ids: Sequence[int]) -> int:
    """Deletes them: how many."""
    return tx.execute(_DELETE_EVENTS, {"ids": id_array(ids)}).rowcount
