"""Old months on their way out of the database: which bills may go, their rows, and what stays of them. Rule: R11.12.

Everything here is the owner's: the worker's role reads archives and writes none.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Connection, TextClause, text

from settlement.model.cycle import Cycle
from settlement.storage.sql.advisory import Advisory, try_lock
from settlement.storage.sql.arrays import id_array, plain_array, text_array

# Rows that are in memory at once while a file is written.
_AT_ONCE = 5_000
# Keys of fees in one row of those that stay, about a kilobyte: of more, PostgreSQL would keep some elsewhere.
_KEYS_IN_A_ROW = 60
# Ingresses that tell a sender nothing by which it may ask later, but for what it called the event itself.
_UNNUMBERED = ("stream", "celery")
_MAY = text("SELECT has_table_privilege('archived_fee_keys', 'INSERT')")
# Whoever is at work says so more often than that.
_OTHER_RELEASE = text("""
    SELECT min(version) FROM process
    WHERE version <> :version AND kind <> 'serve' AND seen_at > clock_timestamp() - interval '5 minutes'""")
_NEXT_ID = text("SELECT coalesce(max(id), 0) + 1 FROM archive")
# Which bills are over: settled, and before the month from which on everything stays.
_OVER = "b.archive_id IS NULL AND b.state = 'settled' AND b.cycle < :before AND b.settled_at < :before_at"
_ACCOUNTS = text(f"""
    WITH next AS (SELECT DISTINCT b.account_id FROM bill b WHERE {_OVER} AND b.account_id > :after
                  ORDER BY b.account_id LIMIT :limit)
    SELECT n.account_id, (SELECT count(*) FROM fee f WHERE f.account_id = n.account_id) FROM next n ORDER BY 1""")
_LEFT = text("SELECT count(*) FROM bill WHERE archive_id IS NULL AND cycle < :before")
_BILLS = text(f"""
    SELECT b.account_id, b.cycle, b.currency, b.accrued,
           coalesce((SELECT sum(f.amount) FROM fee f WHERE f.account_id = b.account_id AND f.cycle = b.cycle), 0),
           EXISTS (SELECT 1 FROM fee f WHERE f.account_id = b.account_id AND f.cycle = b.cycle
                   AND f.import_id IS NOT NULL)
    FROM bill b WHERE {_OVER} AND b.account_id = ANY(CAST(:ids AS bigint[])) ORDER BY b.account_id, b.cycle""")
# An event that reported fees of several months ties their bills together.
_SHARING = text("""
    SELECT account_id, array_agg(DISTINCT CAST(cycle AS integer)) FROM fee
    WHERE inbox_id IS NOT NULL AND account_id = ANY(CAST(:ids AS bigint[]))
    GROUP BY account_id, inbox_id HAVING count(DISTINCT cycle) > 1""")
# Events of which fewer fees were booked than they report: the others were known. They go with what they repeat.
_REPEATING = """
    SELECT i.id, a.id AS account_id, i.received_at, coalesce(b.cycles, '{}')
    FROM inbox i JOIN account a ON a.external_id = i.account
    LEFT JOIN (SELECT inbox_id, count(*) AS fees, array_agg(DISTINCT CAST(cycle AS integer)) AS cycles
               FROM fee WHERE inbox_id >= :since $fees GROUP BY inbox_id) AS b ON b.inbox_id = i.id
    WHERE i.type = 'fees' AND i.state = 'done' AND i.id >= :since $events
      AND jsonb_array_length(i.data->'fees') <> coalesce(b.fees, 0)"""
_ALL_REPEATING = text(_REPEATING.replace("$fees", "").replace("$events", ""))
_NEW_REPEATING = text(
    _REPEATING.replace("$fees", "AND account_id = ANY(CAST(:ids AS bigint[]))").replace(
        "$events", "AND a.id = ANY(CAST(:ids AS bigint[]))"
    )
)
# What is handled from now on is one of these, or later; but for what is set aside, which may be tried again.
_UNHANDLED = text("""
    SELECT coalesce(least((SELECT min(id) FROM inbox WHERE state = 'waiting'), (SELECT max(id) + 1 FROM inbox)), 1)""")
_SET_ASIDE = text("""
    SELECT DISTINCT a.id FROM inbox i JOIN account a ON a.external_id = i.account
    WHERE i.state IN ('refused', 'parked') AND i.type = 'fees' AND i.conflict_of IS NULL AND i.dismissed_at IS NULL""")
_LOCKED = text("SELECT id FROM account WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id FOR UPDATE")
_OF_BILLS = """
    unnest(CAST(:accounts AS bigint[]), CAST(:cycles AS integer[])) AS v (account_id, cycle)
    JOIN fee f ON f.account_id = v.account_id AND f.cycle = v.cycle"""
_EVENTS = text(f"SELECT DISTINCT f.inbox_id FROM {_OF_BILLS}")
_FEE_ROWS = text(f"""
    SELECT a.external_id AS account, f.account_id, CAST(f.cycle AS integer) AS cycle,
           CAST(f.fee_key AS text) AS fee_key, CAST(f.amount AS text) AS amount,
           CAST(f.currency AS text) AS currency, f.product, f.order_id, f.incurred_at, f.ended_at, f.late, f.inbox_id,
           f.booked_at
    FROM {_OF_BILLS} JOIN account a ON a.id = f.account_id ORDER BY f.account_id, f.fee_key""")
_EVENT_ROWS = text("""
    SELECT id, source, event_id, type, account, CAST(data AS text) AS data, occurred_at, correlation_id, door, sent_by,
           received_at, finished_at
    FROM inbox WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id""")
# The keys of these accounts are put in order anew, with those that come to them.
_LEAVE_FEES = text(f"""
    WITH known AS (
            DELETE FROM archived_fee_keys WHERE account_id = ANY(CAST(:ids AS bigint[]))
            RETURNING account_id, fee_keys),
        numbered AS (
            SELECT account_id, fee_key,
                   (row_number() OVER (PARTITION BY account_id ORDER BY fee_key) - 1) / {_KEYS_IN_A_ROW} AS part
            FROM (SELECT account_id, unnest(fee_keys) FROM known
                  UNION ALL
                  SELECT f.account_id, f.fee_key FROM {_OF_BILLS}) AS every (account_id, fee_key))
    INSERT INTO archived_fee_keys (account_id, first_key, fee_keys)
    SELECT account_id, (array_agg(fee_key ORDER BY fee_key))[1], array_agg(fee_key ORDER BY fee_key)
    FROM numbered GROUP BY account_id, part""")
_LEAVE_EVENTS = text("""
    INSERT INTO archived_event (identity, inbox_id, account_id, content, received_at, archive_id)
    SELECT event_identity(i.source, i.event_id), i.id, a.id, event_content(i.type, i.account, i.data, i.occurred_at),
           i.received_at, :archive
    FROM inbox i JOIN account a ON a.external_id = i.account WHERE i.id = ANY(CAST(:ids AS bigint[]))""")
_LEAVE_NAMES = text("""
    INSERT INTO archived_name (inbox_id, source, event_id, sent_by, finished_at)
    SELECT id, source, event_id, CASE WHEN door = 'sql' THEN sent_by END, finished_at
    FROM inbox WHERE id = ANY(CAST(:ids AS bigint[])) AND door <> ALL(CAST(:unnumbered AS text[]))""")
_DELETE_FEES = text("""
    DELETE FROM fee f USING unnest(CAST(:accounts AS bigint[]), CAST(:cycles AS integer[])) AS v (account_id, cycle)
    WHERE f.account_id = v.account_id AND f.cycle = v.cycle""")
_DELETE_EVENTS = text("DELETE FROM inbox WHERE id = ANY(CAST(:ids AS bigint[]))")
# Of bill `b`, with what it accrued: a number that is another if it says anything else.
BILL_DIGEST = "hash_record_extended(ROW(b.account_id, CAST(b.cycle AS integer), b.accrued), 0)"
# Which fees and bills they are, for the audit.
_DIGESTS = text(f"""
    SELECT (SELECT coalesce(sum(uuid_hash_extended(f.fee_key, 0)), 0) FROM {_OF_BILLS}),
           (SELECT coalesce(sum({BILL_DIGEST}), 0)
            FROM unnest(CAST(:accounts AS bigint[]), CAST(:cycles AS integer[])) AS v (account_id, cycle)
            JOIN bill b ON b.account_id = v.account_id AND b.cycle = v.cycle)""")
_SUMS = text("""
    SELECT CAST(b.currency AS text), sum(b.accrued)
    FROM unnest(CAST(:accounts AS bigint[]), CAST(:cycles AS integer[])) AS v (account_id, cycle)
    JOIN bill b ON b.account_id = v.account_id AND b.cycle = v.cycle GROUP BY 1 HAVING sum(b.accrued) <> 0""")
_MARK = text("""
    UPDATE bill b SET archive_id = :archive
    FROM unnest(CAST(:accounts AS bigint[]), CAST(:cycles AS integer[])) AS v (account_id, cycle)
    WHERE b.account_id = v.account_id AND b.cycle = v.cycle AND b.state = 'settled' AND b.archive_id IS NULL""")
# Announcements that say of an account what holds of it stay: the audit asks for them.
KEPT_TOPICS = ("account.parked", "account.released", "account.resumed")
# The last one stays too, so that there is one after which to go on.
_ANNOUNCEMENTS = text("""
    SELECT o.id FROM outbox o
    WHERE o.published_at IS NOT NULL AND o.created_at < :before_at
      AND o.published_at < (SELECT max(published_at) FROM outbox WHERE published_at IS NOT NULL)
      AND o.topic <> ALL(CAST(:kept AS text[]))
      AND NOT EXISTS (SELECT 1 FROM webhook_endpoint e
                      JOIN webhook_delivery d ON d.endpoint_id = e.id AND d.outbox_id = o.id)
    ORDER BY o.published_at, o.id LIMIT :limit""")
_ANNOUNCEMENT_ROWS = text("""
    SELECT (SELECT max(epoch) FROM outbox_epoch WHERE first_id <= o.id) AS epoch, o.id, o.account_id, o.topic,
           CAST(o.payload AS text) AS payload, o.correlation_id, o.created_at, o.published_at
    FROM outbox o WHERE o.id = ANY(CAST(:ids AS bigint[])) ORDER BY o.published_at, o.id""")
_LAST_OF = text("""
    SELECT published_at, id FROM outbox WHERE id = ANY(CAST(:ids AS bigint[]))
    ORDER BY published_at DESC, id DESC LIMIT 1""")
_DELETE_ANNOUNCEMENTS = text(
    "DELETE FROM outbox WHERE id = ANY(CAST(:ids AS bigint[])) AND published_at IS NOT NULL"
)
_RECORD = text("""
    INSERT INTO archive (id, kind, before, first_cycle, last_cycle, folder, files, bills, fees, events, announcements,
                         sums, last_published_at, last_outbox_id, fees_digest, bills_digest, entries, repayments,
                         lines)
    VALUES (:id, CAST(:kind AS archive_kind), :before, :first_cycle, :last_cycle, :folder, CAST(:files AS jsonb),
            :bills, :fees, :events, :announcements, CAST(:sums AS jsonb), :last_published_at, :last_outbox_id,
            :fees_digest, :bills_digest, :entries, :repayments, :lines)""")


class OverBill(NamedTuple):
    """A bill that is over. `fees_total` is the exact sum of its fees, which `accrued` has to be."""

    account_id: int
    cycle: Cycle
    currency: str
    accrued: Decimal
    fees_total: Decimal
    has_imported: bool


class Repeating(NamedTuple):
    """An event that repeats fees, with the months of those that were booked of it."""

    inbox_id: int
    account_id: int
    received_at: datetime
    cycles: Sequence[int]


class Archive(NamedTuple):
    """An archive as it is put on record."""

    id: int
    kind: str
    before: Cycle
    first_cycle: Cycle | None
    last_cycle: Cycle | None
    folder: str
    files: Sequence[Mapping[str, Any]]
    bills: int
    fees: int
    events: int
    announcements: int
    sums: Mapping[str, str]
    last_published_at: datetime | None = None
    last_outbox_id: int | None = None
    fees_digest: Decimal = Decimal(0)
    bills_digest: Decimal | None = None
    entries: int = 0
    repayments: int = 0
    lines: int = 0


def begin(tx: Connection) -> int | None:
    """The number of the next archive, in the hands of this transaction alone; None while another one writes out."""
    return int(tx.scalar(_NEXT_ID) or 1) if try_lock(tx, Advisory.ARCHIVES) else None


def may_write_out(tx: Connection) -> bool:
    """Whether this role may: the owner of the tables, and not the worker's."""
    return bool(tx.scalar(_MAY))


def other_release(tx: Connection, version: str) -> str | None:
    """Another version of the program than this one of which workers are at work."""
    found: str | None = tx.scalar(_OTHER_RELEASE, {"version": version})
    return found


def unhandled_from(tx: Connection) -> int:
    """The row from which on events may be handled after now."""
    return int(tx.scalar(_UNHANDLED) or 1)


def accounts_with_over(
    tx: Connection, before: Cycle, before_at: datetime, *, after: int, limit: int
) -> list[tuple[int, int]]:
    """The next accounts with bills that are over, in the order of their ids, each with the number of their fees."""
    parameters = {"before": before, "before_at": before_at, "after": after, "limit": limit}
    return [(row[0], int(row[1])) for row in tx.execute(_ACCOUNTS, parameters)]


def over_bills(tx: Connection, before: Cycle, before_at: datetime, ids: Sequence[int]) -> list[OverBill]:
    """Bills of these accounts that are over, by account and month."""
    parameters = {"before": before, "before_at": before_at, "ids": id_array(ids)}
    return [OverBill(*row) for row in tx.execute(_BILLS, parameters)]


def months_sharing_events(tx: Connection, ids: Sequence[int]) -> list[tuple[int, Sequence[int]]]:
    """Months of these accounts with fees that one event reported."""
    return [(row[0], row[1]) for row in tx.execute(_SHARING, {"ids": id_array(ids)})]


def repeating(tx: Connection) -> list[Repeating]:
    """All events that repeat fees."""
    return [Repeating(*row) for row in tx.execute(_ALL_REPEATING, {"since": 0})]


def repeating_since(tx: Connection, since: int, ids: Sequence[int]) -> list[Repeating]:
    """Events from row `since` on that repeat fees of these accounts."""
    return [Repeating(*row) for row in tx.execute(_NEW_REPEATING, {"since": since, "ids": id_array(ids)})]


def with_events_set_aside(tx: Connection) -> set[int]:
    """Accounts with an event about fees that was set aside and not dealt with."""
    return set(tx.scalars(_SET_ASIDE))


def bills_left(tx: Connection, before: Cycle) -> int:
    """How many bills from before this month are in no archive."""
    return int(tx.scalar(_LEFT, {"before": before}) or 0)


def lock_accounts(tx: Connection, ids: Sequence[int]) -> None:
    """In the order of their ids, as everybody does."""
    tx.execute(_LOCKED, {"ids": id_array(ids)})


def events_of(tx: Connection, bills: Sequence[OverBill]) -> list[int]:
    """The rows of the events that reported the fees of these bills."""
    return list(tx.scalars(_EVENTS, _names(bills)))


def fee_rows(tx: Connection, bills: Sequence[OverBill]) -> Iterator[Sequence[Mapping[str, Any]]]:
    """The fees of these bills as they are written out, some at a time, by account and key. Amounts are decimal text."""
    streamed = _FEE_ROWS.execution_options(stream_results=True, yield_per=_AT_ONCE)
    with tx.execute(streamed, _names(bills)) as found:
        for part in found.mappings().partitions():
            yield [dict(row) for row in part]


def event_rows(tx: Connection, ids: Sequence[int]) -> Iterator[Sequence[Mapping[str, Any]]]:
    """These events, in the order of their rows, as they are written out, some at a time. `data` is JSON text."""
    return _by_ids(tx, _EVENT_ROWS, ids)


def sums(tx: Connection, bills: Sequence[OverBill]) -> dict[str, Decimal]:
    """What these bills accrued together, exactly, by currency, where that is not zero."""
    return {row[0]: row[1] for row in tx.execute(_SUMS, _names(bills))}


def digests(tx: Connection, bills: Sequence[OverBill]) -> tuple[Decimal, Decimal]:
    """Numbers that say which fees are in these bills, and which bills they are with what each accrued."""
    of_fees, of_bills = tx.execute(_DIGESTS, _names(bills)).one()
    return of_fees, of_bills


def leave_fees(tx: Connection, bills: Sequence[OverBill]) -> None:
    """Notes which fees are in these bills, so that none of them comes twice."""
    tx.execute(_LEAVE_FEES, {**_names(bills), "ids": id_array({bill.account_id for bill in bills})})


def leave_events(tx: Connection, archive: int, events: Sequence[int]) -> None:
    """Notes who these events were, so that none of them comes twice, and whoever may ask is answered."""
    tx.execute(_LEAVE_EVENTS, {"ids": id_array(events), "archive": archive})
    tx.execute(_LEAVE_NAMES, {"ids": id_array(events), "unnumbered": text_array(_UNNUMBERED)})


def remove(
    tx: Connection, archive: int, bills: Sequence[OverBill], events: Sequence[int]
) -> tuple[int, int, int]:
    """Marks the bills, and deletes their fees and these events: how many of each."""
    return (
        tx.execute(_MARK, {**_names(bills), "archive": archive}).rowcount,
        tx.execute(_DELETE_FEES, _names(bills)).rowcount,
        tx.execute(_DELETE_EVENTS, {"ids": id_array(events)}).rowcount,
    )


def announcements(tx: Connection, before_at: datetime, *, limit: int) -> list[int]:
    """Announcements made before an instant that were published and delivered, in the order of their publication."""
    parameters = {"before_at": before_at, "kept": text_array(KEPT_TOPICS), "limit": limit}
    return list(tx.scalars(_ANNOUNCEMENTS, parameters))


def announcement_rows(tx: Connection, ids: Sequence[int]) -> Iterator[Sequence[Mapping[str, Any]]]:
    """These announcements as they are written out, some at a time. `payload` is JSON text."""
    return _by_ids(tx, _ANNOUNCEMENT_ROWS, ids)


def last_published(tx: Connection, ids: Sequence[int]) -> tuple[datetime, int]:
    """When the last of these announcements was published, and its number."""
    row = tx.execute(_LAST_OF, {"ids": id_array(ids)}).one()
    return row[0], row[1]


def remove_announcements(tx: Connection, ids: Sequence[int]) -> int:
    """Deletes them: how many."""
    return tx.execute(_DELETE_ANNOUNCEMENTS, {"ids": id_array(ids)}).rowcount


def record(tx: Connection, archive: Archive) -> None:
    """Puts an archive on record."""
    values = archive._asdict()
    values["files"], values["sums"] = json.dumps(list(archive.files)), json.dumps(dict(archive.sums))
    tx.execute(_RECORD, values)


def _names(bills: Sequence[OverBill]) -> dict[str, str]:
    return {
        "accounts": id_array(bill.account_id for bill in bills),
        "cycles": plain_array([bill.cycle for bill in bills]),
    }


def _by_ids(
    tx: Connection, statement: TextClause, ids: Sequence[int]
) -> Iterator[Sequence[Mapping[str, Any]]]:
    for first in range(0, len(ids), _AT_ONCE):
        given = {"ids": id_array(ids[first : first + _AT_ONCE])}
        yield [dict(row) for row in tx.execute(statement, given).mappings()]
