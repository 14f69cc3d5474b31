"""The rows of a snapshot under way, and what differs from what is booked: all of it found by one statement."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, text

from settlement.errors import Refused
from settlement.storage.sql.arrays import id_array
from settlement.storage.sql.copy import copy_rows
from settlement.storage.store import Store
from settlement.storage.tables.fees import FEE_IMPORT_ROW

# Comparing millions of rows takes longer than a statement of a worker may.
_PATIENCE = text("SET LOCAL statement_timeout = '30min'")
# The lock is held for as long as the import runs, while other transactions do the work.
_HOLD = text("SET LOCAL idle_in_transaction_session_timeout = '30min'")
_ALONE = text("SELECT id FROM fee_export WHERE id = :export_id FOR NO KEY UPDATE SKIP LOCKED")
_STILL_THERE = text("SELECT 1")
_UNKNOWN = text("""
    SELECT r.account, min(r.currency), count(*), sum(r.amount)
    FROM fee_import_row r
    WHERE r.import_id = :import_id AND NOT EXISTS (SELECT FROM account a WHERE a.external_id = r.account)
    GROUP BY r.account ORDER BY r.account""")
_NOT_BOOKABLE = text("""
    SELECT r.file_no, r.line, r.account, r.currency, a.currency, a.parked_at IS NOT NULL
    FROM fee_import_row r LEFT JOIN account a ON a.external_id = r.account
    WHERE r.import_id = :import_id
      AND (a.id IS NULL AND :unknown OR a.currency <> r.currency OR a.parked_at IS NOT NULL)
    ORDER BY r.row_no""")
_NAMES = text("SELECT id, external_id FROM account WHERE id = ANY(CAST(:ids AS bigint[]))")
_TWO_AMOUNTS = text("""
    SELECT min(line) FROM fee_import_row WHERE import_id = :import_id
    GROUP BY account, fee_key HAVING min(amount) <> max(amount) LIMIT 1""")
# An account of which a row cannot be booked keeps what it has: what that row stands for would seem gone.
_COMPARE = text("""
    WITH left_alone AS (
        SELECT DISTINCT a.id FROM fee_import_row r JOIN account a ON a.external_id = r.account
        WHERE r.import_id = :import_id AND a.currency <> r.currency
        UNION SELECT id FROM account WHERE parked_at IS NOT NULL),
    seen AS (
        SELECT a.id AS account_id, r.fee_key, CASE WHEN :by_id THEN 1 ELSE count(*) END AS times,
               CASE WHEN :by_id THEN min(r.amount) ELSE sum(r.amount) END AS amount, min(r.row_no) AS row_no
        FROM fee_import_row r JOIN account a ON a.external_id = r.account
        WHERE r.import_id = :import_id
        GROUP BY a.id, r.fee_key),
    booked AS (
        SELECT account_id, coalesce(takes_back, fee_key) AS fee_key, sum(amount) AS amount,
               count(*) FILTER (WHERE takes_back IS NULL) - count(*) FILTER (WHERE takes_back IS NOT NULL) AS times
        FROM fee WHERE export_id = :export_id
        GROUP BY account_id, coalesce(takes_back, fee_key))
    INSERT INTO fee_import_difference (import_id, account_id, fee_key, seen, row_no)
    SELECT :import_id, account_id, fee_key, coalesce(seen.times, 0), seen.row_no
    FROM seen FULL JOIN booked USING (account_id, fee_key)
    WHERE (coalesce(seen.times, 0) <> coalesce(booked.times, 0)
           OR coalesce(seen.amount, 0) <> coalesce(booked.amount, 0))
      AND account_id NOT IN (SELECT id FROM left_alone)""")
_PAGE = text("""
    SELECT d.account_id, d.fee_key, d.seen, r.amount, r.currency, r.product, r.order_id, r.incurred_at, r.ended_at
    FROM fee_import_difference d
    LEFT JOIN fee_import_row r ON r.import_id = d.import_id AND r.row_no = d.row_no
    WHERE d.import_id = :import_id AND (d.account_id, d.fee_key) > (:account_id, CAST(:fee_key AS uuid))
    ORDER BY d.account_id, d.fee_key LIMIT :limit""")
_FORGET = (
    text("DELETE FROM fee_import_row WHERE import_id = :import_id"),
    text("DELETE FROM fee_import_difference WHERE import_id = :import_id"),
    text("DELETE FROM fee_import_repeat WHERE import_id = :import_id"),
)
# What imports that died left behind. They are not gone on with: the next one reads its files anew.
_LEFT_BEHIND = text("""
    SELECT i.id FROM fee_import i
    WHERE i.finished_at IS NULL AND i.id <> :import_id AND i.started_at < CAST(:at AS timestamptz) - interval '1 day'
      AND EXISTS (SELECT FROM fee_import_row r WHERE r.import_id = i.id)""")
_NO_KEY = UUID(int=0)
# A set holds texts of this many characters together, unless its first row has more.
MOST_CHARACTERS = 4_000_000
_AT_ONCE = 500


class StagedRow(NamedTuple):
    """A row that was read: its number over all files (from 1), where it stands, and the fee it reports."""

    row_no: int
    file_no: int
    line: int
    account: str
    fee_key: UUID
    amount: Decimal
    currency: str
    product: str
    order_id: str
    incurred_at: datetime
    ended_at: datetime | None


class UnknownAccount(NamedTuple):
    """An account that the export names and nobody knows, with what the export charges it."""

    name: str
    currency: str
    rows: int
    amount: Decimal


class NotBookable(NamedTuple):
    """A row that cannot be booked, and why."""

    file_no: int
    line: int
    reason: str


class DifferentRow(NamedTuple):
    """A row that the export shows `seen` times, which is not how often it is booked. Without a fee where it is gone."""

    account_id: int
    fee_key: UUID
    seen: int
    amount: Decimal | None
    currency: str | None
    product: str
    order_id: str
    incurred_at: datetime | None
    ended_at: datetime | None


class Lock:
    """The right to be the only import of a picture."""

    def __init__(self, tx: Connection) -> None:
        self._tx = tx

    def confirm(self) -> None:
        """Still there? Raises what the store raises where it is not."""
        self._tx.execute(_STILL_THERE)


@contextmanager
def alone(store: Store, export_id: int, name: str) -> Iterator[Lock]:
    """Keeps other snapshots of the picture away. Whoever dies lets go.

    Raises:
        Refused: `import_running`.
    """
    with store.transaction() as tx:
        tx.execute(_HOLD)
        if tx.execute(_ALONE, {"export_id": export_id}).first() is None:
            raise Refused(
                "import_running", f"a snapshot of {name} is being imported; try again when it is over"
            )
        yield Lock(tx)


def stage(tx: Connection, import_id: int, rows: Sequence[StagedRow]) -> None:
    """Keeps rows until they are compared."""
    copy_rows(tx, FEE_IMPORT_ROW, StagedRow, rows, import_id=import_id)


def unknown_accounts(tx: Connection, import_id: int) -> Iterator[UnknownAccount]:
    """Accounts that the staged rows name and nobody knows, by name."""
    for row in tx.execution_options(yield_per=10_000).execute(_UNKNOWN, {"import_id": import_id}):
        yield UnknownAccount(*row)


def not_bookable(tx: Connection, import_id: int, *, unknown: bool) -> Iterator[NotBookable]:
    """Staged rows that cannot be booked, in order; those of accounts that nobody knows only if `unknown`."""
    given = {"import_id": import_id, "unknown": unknown}
    for file_no, line, name, currency, kept_in, parked in tx.execution_options(yield_per=10_000).execute(
        _NOT_BOOKABLE, given
    ):
        if kept_in is None:
            reason = f"account {name!r} is not known"
        elif parked:
            reason = f"account {name} is parked"
        else:
            reason = f"currency {currency}: account {name} is kept in {kept_in}"
        yield NotBookable(file_no, line, reason)


def names_of(tx: Connection, account_ids: Collection[int]) -> dict[int, str]:
    """What the accounts are called."""
    return {row[0]: row[1] for row in tx.execute(_NAMES, {"ids": id_array(account_ids)})}


def line_with_two_amounts(tx: Connection, import_id: int) -> int | None:
    """A line whose id has another amount elsewhere among the staged rows."""
    return tx.execute(_TWO_AMOUNTS, {"import_id": import_id}).scalar()


def compare(tx: Connection, import_id: int, export_id: int, *, by_id: bool) -> int:
    """Finds every row that is staged another number of times than it is booked. Returns how many."""
    tx.execute(_PATIENCE)
    given = {"import_id": import_id, "export_id": export_id, "by_id": by_id}
    return tx.execute(_COMPARE, given).rowcount


def pages(store: Store, import_id: int, limit: int) -> Iterator[list[DifferentRow]]:
    """The difference in sets of about `limit` rows, fewer where their texts are long. An account's rows are in one set
    unless they alone are more. Rule: R11.8b.
    """
    account_id, fee_key = 0, _NO_KEY
    while True:
        given = {"import_id": import_id, "account_id": account_id, "fee_key": fee_key, "limit": limit}
        with store.transaction() as tx:
            page, is_cut = _that_fit(tx, given)
        if not page:
            return
        last = page[-1].account_id
        if is_cut and page[0].account_id != last:
            page = [row for row in page if row.account_id != last]
        account_id, fee_key = page[-1].account_id, page[-1].fee_key
        yield page


def _that_fit(tx: Connection, given: dict[str, object]) -> tuple[list[DifferentRow], bool]:
    """The next rows, read few at a time, until their texts are as long as a set may be; and whether there may be more
    rows.
    """
    page: list[DifferentRow] = []
    room = MOST_CHARACTERS
    with tx.execution_options(yield_per=_AT_ONCE).execute(_PAGE, given) as found:
        for row in map(DifferentRow._make, found):
            page.append(row)
            room -= len(row.product or "") + len(row.order_id or "")
            if room <= 0:
                break
    return page, room <= 0 or len(page) == given["limit"]


def forget(tx: Connection, import_id: int, at: datetime) -> None:
    """Lets go of the import's rows, and of those that imports left behind which died more than a day ago."""
    left = tx.scalars(_LEFT_BEHIND, {"import_id": import_id, "at": at}).all()
    for statement in _FORGET:
        tx.execute(statement, [{"import_id": one} for one in (import_id, *left)])
