"""Events as they are kept, with what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, text

from settlement.errors import NotFound
from settlement.model.arrival import Arrival
from settlement.storage.sql.arrays import id_array
from settlement.storage.sql.columns import columns
from settlement.storage.tables.events import INBOX

InboxState = Literal["waiting", "done", "refused", "parked"]
# The code of an event that was done and is in an archive, with what it paid.
ARCHIVED = "archived"


@dataclass(frozen=True, slots=True)
class InboxView:
    """An event as it is kept, with what became of it."""

    id: int
    source: str
    event_id: str
    type: str
    account: str
    state: InboxState
    reason_code: str | None
    reason: str | None
    attempts: int
    door: str
    occurred_at: datetime | None
    correlation_id: str | None
    conflict_of: int | None
    received_at: datetime
    finished_at: datetime | None
    dismissed_at: datetime | None
    dismissed_by: str | None
    dismissed_because: str | None
    data: Any


class SetAsideView(NamedTuple):
    """Events set aside for one reason that may be tried again: how many, how many of them people sent at the console,
    the first and the last of them (UTC).
    """

    code: str
    events: int
    from_console: int
    first_at: datetime
    last_at: datetime


_INBOX_COLUMNS = columns(INBOX, InboxView, "i")
_INBOX = text(f"""
    SELECT {_INBOX_COLUMNS} FROM inbox i
    WHERE (CAST(:states AS text[]) IS NULL OR i.state = ANY(CAST(CAST(:states AS text[]) AS inbox_state[])))
      AND (CAST(:account AS text) IS NULL OR i.account = :account)
      AND (CAST(:code AS text) IS NULL OR i.reason_code = :code)
      AND (CAST(:after AS bigint) IS NULL OR i.id < :after)
      AND (CAST(:dismissed AS boolean) IS NULL OR (i.dismissed_at IS NOT NULL) = :dismissed)
    ORDER BY i.id DESC LIMIT :limit""")
# Two conditions that the partial indexes of the inbox know, so that neither looks at rows that are done.
_SET_ASIDE = text(str(_INBOX).replace("WHERE", "WHERE i.state IN ('refused', 'parked') AND", 1))
_WAITING = text(str(_INBOX).replace("WHERE", "WHERE i.state = 'waiting' AND", 1))
_WITH_IDS = text(f"SELECT {_INBOX_COLUMNS} FROM inbox i WHERE i.id = ANY(CAST(:ids AS bigint[]))")
_BY_CODE = text("""
    SELECT coalesce(i.reason_code, ''), count(*), count(*) FILTER (WHERE i.source = 'console'), min(i.received_at),
           max(i.received_at)
    FROM inbox i
    WHERE i.state IN ('refused', 'parked') AND i.conflict_of IS NULL AND i.dismissed_at IS NULL
    GROUP BY 1 ORDER BY 2 DESC, 1""")
_INBOX_BY_IDENTITY = text(f"""
    SELECT {_INBOX_COLUMNS} FROM inbox i
    WHERE i.source = :source AND i.event_id = :event_id AND i.conflict_of IS NULL""")
_OUTCOMES = text(f"""
    SELECT v.n, {_INBOX_COLUMNS}
    FROM unnest(CAST(:source AS text[]), CAST(:event_id AS text[]), CAST(:type AS text[]), CAST(:account AS text[]),
                CAST(:data AS jsonb[]), CAST(:occurred_at AS timestamptz[]))
         WITH ORDINALITY AS v (source, event_id, type, account, data, occurred_at, n)
    JOIN inbox i ON i.source = v.source AND i.event_id = v.event_id AND i.type = v.type AND i.account = v.account
         -- Digits that were taken out of an event are the one case in which what is kept is not what was sent.
         AND (i.data = v.data OR i.reason_code = 'card_number') AND i.occurred_at IS NOT DISTINCT FROM v.occurred_at
    ORDER BY v.n""")
# Of an event in an archive is known who it was, and that the same was sent again.
_ARCHIVED = text("""
    SELECT e.inbox_id, a.external_id, e.received_at, n.finished_at, e.archive_id, CAST(v.kind AS text)
    FROM archived_event e JOIN account a ON a.id = e.account_id JOIN archive v ON v.id = e.archive_id
    LEFT JOIN archived_name n ON n.inbox_id = e.inbox_id
    WHERE e.identity = event_identity(:source, :event_id)""")
# Of one whose sender was given its number.
_ARCHIVED_WITH_IDS = text("""
    SELECT n.source, n.event_id, e.inbox_id, a.external_id, e.received_at, n.finished_at, e.archive_id,
           CAST(v.kind AS text)
    FROM archived_name n JOIN archived_event e ON e.identity = event_identity(n.source, n.event_id)
    JOIN account a ON a.id = e.account_id JOIN archive v ON v.id = e.archive_id
    WHERE n.inbox_id = ANY(CAST(:ids AS bigint[]))""")
_ARCHIVED_OUTCOMES = text("""
    SELECT v.n, e.inbox_id, v.account, e.received_at, m.finished_at, e.archive_id, CAST(r.kind AS text)
    FROM unnest(CAST(:source AS text[]), CAST(:event_id AS text[]), CAST(:type AS text[]), CAST(:account AS text[]),
                CAST(:data AS jsonb[]), CAST(:occurred_at AS timestamptz[]))
         WITH ORDINALITY AS v (source, event_id, type, account, data, occurred_at, n)
    JOIN archived_event e ON e.identity = event_identity(v.source, v.event_id)
         AND e.content = event_content(v.type, v.account, v.data, v.occurred_at)
    JOIN archive r ON r.id = e.archive_id LEFT JOIN archived_name m ON m.inbox_id = e.inbox_id""")
# Only what was done goes to an archive, of these types.
_TYPE_IN = {"bills": "fees", "ledger": "top_up"}


def rows(
    tx: Connection,
    *,
    limit: int,
    after: int | None = None,
    states: Sequence[InboxState] = (),
    account: str | None = None,
    code: str | None = None,
    dismissed: bool | None = None,
) -> list[InboxView]:
    """Events, newest first, from the one after row `after` in that order on; all states where none is named.

    `dismissed`: only those that were, or were not.
    """
    parameters = {
        "states": list(states) or None,
        "account": account,
        "code": code,
        "after": after,
        "limit": limit,
        "dismissed": dismissed,
    }
    statement = _INBOX
    if code is not None or (states and set(states) <= {"refused", "parked"}):
        statement = _SET_ASIDE
    elif set(states) == {"waiting"}:
        statement = _WAITING
    return [InboxView(*row) for row in tx.execute(statement, parameters)]


def set_aside(tx: Connection) -> list[SetAsideView]:
    """Events that were set aside and not dealt with, by the reason, the most frequent first."""
    return [SetAsideView(*row) for row in tx.execute(_BY_CODE)]


def row(tx: Connection, inbox_id: int) -> InboxView:
    """One event.

    Raises:
        NotFound: there is no such row.
    """
    (row,) = with_ids(tx, [inbox_id]) or (None,)
    if row is None:
        raise NotFound(
            "unknown_event", f"inbox row {inbox_id} is not known; `settle inbox list` shows those there are"
        )
    return row


def with_ids(tx: Connection, ids: Sequence[int]) -> list[InboxView]:
    """The events of these rows; without its data, and as done under the code `archived`, one that is in an archive,
    where its sender was given its number.
    """
    parameters = {"ids": id_array(ids)}
    found = [InboxView(*row) for row in tx.execute(_WITH_IDS, parameters)]
    if len(found) < len(ids):
        found += [_archived(*row) for row in tx.execute(_ARCHIVED_WITH_IDS, parameters)]
    return found


def by_identity(tx: Connection, source: str, event_id: str) -> InboxView | None:
    """The event of this identity, if it has arrived; without its data where it is in an archive."""
    identity = {"source": source, "event_id": event_id}
    row = tx.execute(_INBOX_BY_IDENTITY, identity).one_or_none()
    if row is not None:
        return InboxView(*row)
    row = tx.execute(_ARCHIVED, identity).one_or_none()
    return None if row is None else _archived(source, event_id, *row)


def outcomes(tx: Connection, arrivals: Sequence[Arrival]) -> dict[int, InboxView]:
    """What became of events that a door handed over: their rows by position in `arrivals`.

    An event that was refused because its id is taken by other content is answered with its own refused row, and one
    that is in an archive as done, under the code `archived`.
    """
    if not arrivals:
        return {}
    names = ("source", "event_id", "type", "account", "data", "occurred_at")
    columns = {name: [getattr(arrival, name) for arrival in arrivals] for name in names}
    found = {row[0] - 1: InboxView(*row[1:]) for row in tx.execute(_OUTCOMES, columns)}
    if len(found) < len(arrivals):
        for n, *row in tx.execute(_ARCHIVED_OUTCOMES, columns):
            found[n - 1] = _archived(arrivals[n - 1].source, arrivals[n - 1].event_id, *row)
    return found


def _archived(
    source: str, event_id: str, inbox_id: int, account: str, received_at: datetime, finished_at: datetime | None,
    archive: int, kind: str,
) -> InboxView:  # fmt: skip
    """An event as it is known once it is in an archive."""
    return InboxView(
        inbox_id, source, event_id, _TYPE_IN[kind], account, "done", ARCHIVED,
        f"it was done long ago, and is in archive {archive}", 0, "", None, None, None, received_at, finished_at,
        None, None, None, {},
    )  # fmt: skip
