"""The inbox: every event once, by (source, event id); the row, not the message, is the record. Rule: R11.1."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from settlement.model.arrival import Arrival, Received
from settlement.storage.sql.advisory import Advisory
from settlement.storage.sql.arrays import id_array, text_array
from settlement.storage.sql.planner import in_order_of_an_index
from settlement.storage.sql.rows import driver_rows, from_rows, only_column, read, rows_as
from settlement.storage.tables.events import INBOX

# Bytes of data that one claim holds, unless one event alone has more.
MOST_BYTES = 4_000_000

_RECEIVE = from_rows(
    INBOX,
    Arrival,
    """INSERT INTO inbox ($columns, door, state, finished_at)
       SELECT $columns, :door, CAST(CASE WHEN reason IS NULL THEN 'waiting' ELSE 'refused' END AS inbox_state),
              CASE WHEN reason IS NOT NULL THEN clock_timestamp() END
       FROM $v RETURNING id, state""",
)
# The oldest waiting events decide which accounts come next; accounts another worker holds are passed over. Locks are
# tried in the order of the rows, and none is that is not needed: the limit within keeps the planner from trying them
# earlier. An account may be locked that was not at its first row, since its events are read by the statement after.
_CLAIM = text("""
    SELECT account
    FROM (SELECT account FROM inbox WHERE state = 'waiting' AND account <> ALL(CAST(:passed_over AS text[]))
          ORDER BY id LIMIT :window) AS oldest
    WHERE pg_try_advisory_xact_lock(:space, hashtext(account)) LIMIT :accounts""")
# How long the text of an event is, about, without unpacking it: PostgreSQL says only what it keeps of a long one.
_LENGTHS = text("""
    SELECT id, account, pg_column_size(data) * CASE WHEN pg_column_compression(data) IS NULL THEN 1 ELSE 10 END
    FROM inbox WHERE state = 'waiting' AND account = ANY(CAST(:accounts AS text[])) ORDER BY id LIMIT :events""")
_CLAIMED = text("""
    SELECT id, source, event_id, type, account, CAST(data AS text),
           coalesce(correlation_id, source || '/' || event_id), received_at
    FROM inbox WHERE id = ANY(CAST(:ids AS bigint[])) AND state = 'waiting' ORDER BY id""")
_FIRST_WAITING = text("""
    SELECT account, min(id) FROM inbox
    WHERE state = 'waiting' AND account = ANY(CAST(:accounts AS text[])) GROUP BY account""")
# Claimed anew, where they are still there to be claimed.
_CLAIM_AGAIN = text("""
    SELECT account FROM (SELECT DISTINCT account FROM unnest(CAST(:accounts AS text[])) AS given (account)) AS names
    WHERE pg_try_advisory_xact_lock(:space, hashtext(account))""")
_STILL_THERE = text("SELECT id FROM inbox WHERE id = ANY(CAST(:ids AS bigint[])) AND state = 'waiting'")
_ATTEMPTED = text("""
    UPDATE inbox SET attempts = attempts + 1,
        state = CASE WHEN attempts + 1 >= :most THEN CAST('parked' AS inbox_state) ELSE state END,
        reason_code = CASE WHEN attempts + 1 >= :most THEN 'failed' END,
        reason = CASE WHEN attempts + 1 >= :most THEN :reason END
    WHERE id = :id AND state = 'waiting'""")
_REPLAY = text("""
    UPDATE inbox SET state = 'waiting', reason = NULL, reason_code = NULL, finished_at = NULL, attempts = 0
    WHERE state IN ('refused', 'parked') AND conflict_of IS NULL AND dismissed_at IS NULL
      AND (CAST(:ids AS bigint[]) IS NULL OR id = ANY(CAST(:ids AS bigint[])))
      AND (CAST(:code AS text) IS NULL OR reason_code = :code)
      AND (CAST(:but_source AS text) IS NULL OR source <> :but_source)
    RETURNING id""")
# Two conditions: the first one is that of the partial index.
_DISMISS = text("""
    UPDATE inbox SET dismissed_at = :at, dismissed_by = :by, dismissed_because = :because
    WHERE state IN ('refused', 'parked') AND state = 'refused' AND dismissed_at IS NULL
      AND id = ANY(CAST(:ids AS bigint[]))
    RETURNING id""")


class InboxRow(NamedTuple):
    """A waiting event, claimed. `data` is JSON text as PostgreSQL holds it, `received_at` UTC."""

    id: int
    source: str
    event_id: str
    type: str
    account: str
    data: str
    correlation_id: str
    received_at: datetime


# The names of the other accounts that an event is about.
Others = Callable[[InboxRow], Collection[str]]


def record(tx: Connection, arrivals: Sequence[Arrival], *, ingress: str) -> Sequence[tuple[int, str]]:
    """Records the arrivals in one statement, and gives back the id and the state of each new row, in their order.

    The same event again makes none.
    """
    return read(tx, _RECEIVE, arrivals, door=ingress)


def receive(tx: Connection, arrivals: Sequence[Arrival], *, ingress: str) -> Received:
    """As `record`, counted."""
    rows = record(tx, arrivals, ingress=ingress)
    refused = sum(state == "refused" for _, state in rows)
    return Received(len(rows) - refused, refused, len(arrivals) - len(rows))


def claim(
    tx: Connection,
    *,
    accounts: int,
    events: int,
    others: Others,
    most_bytes: int = MOST_BYTES,
    passed_over: Sequence[str] = (),
) -> list[InboxRow]:
    """Waiting events of up to `accounts` accounts that no other worker holds, oldest first, in the order of their rows.

    The accounts are those of the `accounts` oldest events that can be had, fewer where an account has several.

    Together they hold no more than `most_bytes` of data, unless the first alone does: the events of an account end
    where the next one would be too much, and those of others go on. Accounts that are `passed_over` are left out.
    The claim ends with the transaction. All events of one account are handled by one worker at a time and in the
    order of their rows, whatever the number of workers. `others` names the other accounts that an event is about: none
    overtakes what those received before it.
    """
    known = list(passed_over)
    chosen, seen = _claimed(tx, accounts, events, most_bytes, others, known)
    while seen and not chosen:
        # All of these have to wait for others; what waits behind them need not.
        known += seen
        # PostgreSQL has room for few locks. Those of accounts that have to wait, too, go with the savepoint.
        round_of_locks = tx.begin_nested()
        chosen, seen = _claimed(tx, accounts, events, most_bytes, others, known)
        if chosen:
            round_of_locks.commit()
        else:
            round_of_locks.rollback()
    return chosen


def _claimed(
    tx: Connection, accounts: int, events: int, most_bytes: int, others: Others, passed_over: Sequence[str]
) -> tuple[list[InboxRow], Collection[str]]:
    """What can be had; where nothing can, the accounts of which it was looked at: none for which there was no room."""
    names = _claimed_accounts(tx, accounts, passed_over)
    if not names:
        return [], ()
    cut: set[str] = set()
    rows = _claimed_events(tx, names, events, most_bytes, cut)
    # Of an account that was cut something waits still, which events of others must not overtake.
    if chosen := _in_order(tx, rows, frozenset(names) - cut, others):
        return chosen, ()
    return [], {row.account for row in rows} or names


def _claimed_accounts(tx: Connection, most: int, passed_over: Sequence[str]) -> list[str]:
    parameters = {
        "window": most * 8, "space": Advisory.CLAIM, "accounts": most, "passed_over": text_array(passed_over),
    }  # fmt: skip
    with in_order_of_an_index(tx):
        return list(dict.fromkeys(only_column(tx.execute(_CLAIM, parameters))))


def _claimed_events(
    tx: Connection, names: Sequence[str], most: int, most_bytes: int, cut: set[str]
) -> list[InboxRow]:
    """In the order of their rows. Accounts of which not all that waits fits in are added to `cut`."""
    lengths = driver_rows(tx.execute(_LENGTHS, {"accounts": text_array(names), "events": most}))
    ids = _that_fit(lengths, most_bytes, cut)
    rows = rows_as(tx.execute(_CLAIMED, {"ids": id_array(ids)}), InboxRow)
    fitting = set(_that_fit(((row.id, row.account, len(row.data)) for row in rows), most_bytes, cut))
    return [row for row in rows if row.id in fitting]


def _that_fit(rows: Iterable[tuple[int, str, int]], most_bytes: int, cut: set[str]) -> list[int]:
    """Ids whose sizes stay within the limit together, in order, and none of an account behind one left out, which is
    added to `cut`.

    The first is taken in any case, and leaves room for small ones of others, which are not to wait for many like it.
    """
    ids: list[int] = []
    full: set[str] = set()
    left = most_bytes
    for row_id, account, size in rows:
        if account in full:
            continue
        if size > left and ids:
            full.add(account)
            continue
        left -= size if ids else min(size, most_bytes // 2)
        ids.append(row_id)
    cut |= full
    return ids


def _in_order(
    tx: Connection, rows: list[InboxRow], claimed: frozenset[str], others: Others
) -> list[InboxRow]:
    """Leaves out each event that would overtake an earlier one of another account it is about, as a transfer its
    payer's, and what follows it on its own account.

    The payer's top-up may wait in another worker's hands, or further down the queue than this claim reaches.
    """
    unclaimed = {name for row in rows for name in others(row)} - claimed
    if not unclaimed:
        return rows
    first = {row[0]: row[1] for row in tx.execute(_FIRST_WAITING, {"accounts": list(unclaimed)})}
    stopped: set[str] = set()
    chosen = []
    for row in rows:
        if row.account in stopped:
            continue
        if any(first.get(name, row.id) < row.id or name in stopped for name in others(row)):
            stopped.add(row.account)
            continue
        chosen.append(row)
    return chosen


def claim_again(tx: Connection, rows: Sequence[InboxRow], *, others: Others) -> list[InboxRow]:
    """Those of the events that still wait, of accounts that nobody else has taken up, in the same order."""
    names = {row.account for row in rows}
    claimed = frozenset(tx.scalars(_CLAIM_AGAIN, {"accounts": list(names), "space": Advisory.CLAIM}))
    there = set(tx.scalars(_STILL_THERE, {"ids": [row.id for row in rows]}))
    return _in_order(tx, [row for row in rows if row.account in claimed and row.id in there], claimed, others)


def note_failure(tx: Connection, inbox_id: int, *, most: int, reason: str) -> None:
    """Counts a failed attempt; after `most` of them the event is set aside as parked, so that it blocks nobody."""
    tx.execute(_ATTEMPTED, {"id": inbox_id, "most": most, "reason": reason})


def replay(
    tx: Connection,
    ids: Sequence[int] | None = None,
    *,
    code: str | None = None,
    but_source: str | None = None,
) -> list[int]:
    """Makes refused or parked events wait again; all of them, or those with these ids or this reason code, but for
    those of one source.
    """
    values = {"ids": None if ids is None else list(ids), "code": code, "but_source": but_source}
    return list(tx.scalars(_REPLAY, values))


def dismiss(tx: Connection, ids: Sequence[int], *, at: datetime, by: str, because: str) -> list[int]:
    """Marks refused events as dealt with, at the instant `at` (UTC); returns those that were not before."""
    return list(tx.scalars(_DISMISS, {"ids": list(ids), "at": at, "by": by, "because": because}))
