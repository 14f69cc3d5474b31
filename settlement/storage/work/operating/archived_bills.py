"""Bills on their way out of the database: which may go, their fees, and what stays of these. Rule: R11.12."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from settlement.model.cycle import Cycle
from settlement.storage.sql.arrays import id_array, plain_array
from settlement.storage.work.operating.archives import streamed

# Keys of fees in one row of those that stay, about a kilobyte: of more, PostgreSQL would keep some elsewhere.
_KEYS_IN_A_ROW = 60
# Which bills are over: settled, and before the month from which on everything stays.
_OVER = "b.archive_id IS NULL AND b.state = 'settled' AND b.cycle < :before AND b.settled_at < :before_at"
_ACCOUNTS = text(f"""
    WITH next AS (SELECT DISTINCT b.account_id FROM bill b WHERE {_OVER} AND b.account_id > :after
                  ORDER BY b.account_id LIMIT :limit)
    SELECT n.account_id, (SELECT count(*) FROM fee f WHERE f.account_id = n.account_id) FROM next n ORDER BY 1""")
_LEFT = text("""
    SELECT count(*) FROM bill
    WHERE archive_id IS NULL AND cycle < :before AND (state <> 'settled' OR settled_at >= :before_at)""")
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
_NEXT_ROW = text("SELECT coalesce(max(id), 0) + 1 FROM inbox")
# What brings events, or handles some, and is not over.
_WRITERS = text("""
    SELECT virtualtransaction FROM pg_locks JOIN pg_database d ON d.oid = database AND d.datname = current_database()
    WHERE relation = CAST('inbox' AS regclass) AND mode = 'RowExclusiveLock' AND granted
      AND pid IS DISTINCT FROM pg_backend_pid()""")
_FIRST_WAITING = text("SELECT min(id) FROM inbox WHERE state = 'waiting'")
_SET_ASIDE = text("""
    SELECT DISTINCT a.id FROM inbox i JOIN account a ON a.external_id = i.account
    WHERE i.state IN ('refused', 'parked') AND i.type = 'fees' AND i.conflict_of IS NULL AND i.dismissed_at IS NULL""")
# Bills that are named by their accounts and months; they themselves, and their fees.
_NAMED = "unnest(CAST(:accounts AS bigint[]), CAST(:cycles AS integer[])) AS v (account_id, cycle)"
_BILLS_NAMED = f"{_NAMED} JOIN bill b ON b.account_id = v.account_id AND b.cycle = v.cycle"
_FEES_NAMED = f"{_NAMED} JOIN fee f ON f.account_id = v.account_id AND f.cycle = v.cycle"
_EVENTS = text(f"SELECT DISTINCT f.inbox_id FROM {_FEES_NAMED}")
_FEE_ROWS = text(f"""
    SELECT a.external_id AS account, f.account_id, CAST(f.cycle AS integer) AS cycle,
           CAST(f.fee_key AS text) AS fee_key, CAST(f.amount AS text) AS amount,
           CAST(f.currency AS text) AS currency, f.product, f.order_id, f.incurred_at, f.ended_at, f.late, f.inbox_id,
           f.booked_at
    FROM {_FEES_NAMED} JOIN account a ON a.id = f.account_id ORDER BY f.account_id, f.fee_key""")
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
                  SELECT f.account_id, f.fee_key FROM {_FEES_NAMED}) AS every (account_id, fee_key))
    INSERT INTO archived_fee_keys (account_id, first_key, fee_keys)
    SELECT account_id, (array_agg(fee_key ORDER BY fee_key))[1], array_agg(fee_key ORDER BY fee_key)
    FROM numbered GROUP BY account_id, part""")
_DELETE_FEES = text(f"""
    DELETE FROM fee f USING {_NAMED}
    WHERE f.account_id = v.account_id AND f.cycle = v.cycle""")
# Of bill `b`, with what it accrued: a number that is another if it says anything else.
BILL_DIGEST = "hash_record_extended(ROW(b.account_id, CAST(b.cycle AS integer), b.accrued), 0)"
# Which fees and bills they are, for the audit.
_DIGESTS = text(f"""
    SELECT (SELECT coalesce(sum(uuid_hash_extended(f.fee_key, 0)), 0) FROM {_FEES_NAMED}),
           (SELECT coalesce(sum({BILL_DIGEST}), 0)
            FROM {_BILLS_NAMED})""")
_SUMS = text(f"""
    SELECT CAST(b.currency AS text), sum(b.accrued) FROM {_BILLS_NAMED} GROUP BY 1 HAVING sum(b.accrued) <> 0""")
_NOT_OVER = text(f"""
    SELECT DISTINCT v.account_id FROM {_BILLS_NAMED} WHERE b.state <> 'settled' OR b.archive_id IS NOT NULL""")
_MARK = text(f"""
    UPDATE bill b SET archive_id = :archive FROM {_NAMED}
    WHERE b.account_id = v.account_id AND b.cycle = v.cycle AND b.state = 'settled' AND b.archive_id IS NULL""")


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


def next_row(tx: Connection) -> int:
    """The row that an event gets that comes from now on, or an earlier one."""
    return int(tx.scalar(_NEXT_ROW) or 1)


def writers(tx: Connection) -> set[str]:
    """Transactions that have brought events, or handled some, and are not over."""
    return set(tx.scalars(_WRITERS))


def first_waiting(tx: Connection) -> int | None:
    """The row of the oldest event that waits."""
    found: int | None = tx.scalar(_FIRST_WAITING)
    return found


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


def bills_left(tx: Connection, before: Cycle, before_at: datetime) -> int:
    """How many bills from before this month are not over."""
    return int(tx.scalar(_LEFT, {"before": before, "before_at": before_at}) or 0)


def events_of(tx: Connection, bills: Sequence[OverBill]) -> list[int]:
    """The rows of the events that reported the fees of these bills."""
    return list(tx.scalars(_EVENTS, _names(bills)))


def fee_rows(tx: Connection, bills: Sequence[OverBill]) -> Iterator[Sequence[Mapping[str, Any]]]:
    """The fees of these bills as they are written out, some at a time, by account and key. Amounts are decimal text."""
    return streamed(tx, _FEE_ROWS, _names(bills))


def sums(tx: Connection, bills: Sequence[OverBill]) -> dict[str, Decimal]:
    """What these bills accrued together, exactly, by currency, where that is not zero."""
    return {row[0]: row[1] for row in tx.execute(_SUMS, _names(bills))}


def digests(tx: Connection, bills: Sequence[OverBill]) -> tuple[Decimal, Decimal]:
    """Numbers that say which fees are in these bills, and which bills they are with what each accrued."""
    of_fees, of_bills = tx.execute(_DIGESTS, _names(bills)).one()
    return of_fees, of_bills


def not_over(tx: Connection, bills: Sequence[OverBill]) -> set[int]:
    """Accounts of which one of these bills is owed again, or in an archive."""
    return set(tx.scalars(_NOT_OVER, _names(bills)))


def leave_fees(tx: Connection, bills: Sequence[OverBill]) -> None:
    """Notes which fees are in these bills, so that none of them comes twice."""
    tx.execute(_LEAVE_FEES, {**_names(bills), "ids": id_array({bill.account_id for bill in bills})})


def remove_fees(tx: Connection, archive: int, bills: Sequence[OverBill]) -> tuple[int, int]:
    """Marks the bills, and deletes their fees: how many of each."""
    return (
        tx.execute(_MARK, {**_names(bills), "archive": archive}).rowcount,
        tx.execute(_DELETE_FEES, _names(bills)).rowcount,
    )


def _names(bills: Sequence[OverBill]) -> dict[str, str]:
    return {
        "accounts": id_array(bill.account_id for bill in bills),
        "cycles": plain_array([bill.cycle for bill in bills]),
    }
