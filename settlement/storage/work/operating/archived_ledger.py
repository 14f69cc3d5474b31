"""Entries, repayments and lines of bills on their way out of the database, with the top-ups among them. Rule: R11.12.

Of an account goes what lies before an instant, and one entry comes in its place. Everything here is the owner's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from settlement.model.cycle import Cycle, cycle_of
from settlement.storage.sql.arrays import id_array, plain_array
from settlement.storage.work.operating.archives import streamed

# Entries of which the audit asks nothing but their bill, their repayment and their top-up, which go with them.
_PLAIN = """(l.debit = 'bank_clearing' AND l.credit = 'cash' AND l.cause LIKE 'event:%')
        OR (l.debit = 'receivable' AND l.credit = 'revenue')
        OR (l.debit = 'cash' AND l.credit = 'receivable' AND l.cause ~ '^(event|close):')
        OR (l.debit = 'opening' AND l.credit = 'cash') OR (l.debit = 'cash' AND l.credit = 'opening')"""
# What an account was opened with stays beside the event that opened it.
_GOES = "NOT (l.debit = 'opening' AND l.cause LIKE 'event:%')"
_ACCOUNTS = text("""
    SELECT a.id, (SELECT count(*) FROM ledger_transfer l WHERE l.account_id = a.id AND l.posted_at < :before_at)
    FROM (SELECT id FROM account WHERE id > :after ORDER BY id LIMIT :limit) AS a ORDER BY a.id""")
# Accounts that another's event names, as a transfer its payer, which may still be booked before the instant: events are
# booked at no instant before they came. Events about fees, of which there are most, name no other account.
_OTHERS = """
    SELECT n.name #>> '{}' FROM (
        SELECT data FROM inbox WHERE state = 'waiting' AND type <> 'fees' AND received_at < :before_at
        UNION ALL
        SELECT data FROM inbox WHERE state IN ('refused', 'parked') AND conflict_of IS NULL AND dismissed_at IS NULL
            AND type <> 'fees' AND received_at < :before_at) AS i
    CROSS JOIN LATERAL jsonb_path_query(i.data, '$.** ? (@.type() == "string")') AS n (name)"""
# Whoever is parked, or has an event that may still be booked in an old month, or is named by one, keeps everything.
# What came since the instant is booked after it, and takes nothing away from what is before.
_MAY = f"""
    SELECT a.id, s.until FROM account a LEFT JOIN archived_ledger s ON s.account_id = a.id
    WHERE a.id = ANY(CAST(:ids AS bigint[])) AND a.parked_at IS NULL
      AND NOT EXISTS (SELECT 1 FROM inbox i WHERE i.account = a.external_id AND i.state = 'waiting'
                      AND i.received_at < :before_at)
      AND a.external_id NOT IN (
          SELECT i.account FROM inbox i
          WHERE i.state IN ('refused', 'parked') AND i.conflict_of IS NULL AND i.dismissed_at IS NULL
              AND i.received_at < :before_at)
      AND a.external_id NOT IN ({_OTHERS})"""
_BILLS = text(f"""
    SELECT m.id, b.cycle, b.issued_at, b.settled_at, b.archive_id IS NOT NULL
    FROM ({_MAY}) AS m LEFT JOIN bill b
        ON b.account_id = m.id AND b.records_archive_id IS NULL AND b.cycle < :before""")
# Where something else begins, and whatever one event moved at more than one instant.
_ODD = text(f"""
    SELECT l.account_id, min(l.posted_at), min(l.posted_at) FROM ledger_transfer l
    WHERE l.account_id = ANY(CAST(:ids AS bigint[])) AND l.posted_at < :before_at AND ({_PLAIN}) IS NOT true
    GROUP BY l.account_id
    UNION ALL
    SELECT l.account_id, min(l.posted_at), max(l.posted_at) FROM ledger_transfer l
    WHERE l.account_id = ANY(CAST(:ids AS bigint[])) AND l.cause LIKE 'event:%'
    GROUP BY l.account_id, l.cause HAVING min(l.posted_at) < max(l.posted_at)""")
_PARTS = "unnest(CAST(:ids AS bigint[]), CAST(:untils AS timestamptz[])) AS v (account_id, until)"
_OF_PARTS = f"""{_PARTS}
    JOIN ledger_transfer l ON l.account_id = v.account_id AND l.posted_at < v.until AND l.posted_at < :before_at
        AND {_GOES}"""
_OVER = "b.settled_at < v.until AND b.records_archive_id IS NULL AND b.archive_id IS NOT NULL"
_BILLS_OF_PARTS = f"{_PARTS} JOIN bill b ON b.account_id = v.account_id AND {_OVER}"
_COMES_TO = text(f"""
    SELECT v.account_id, count(*) FILTER (WHERE l.cause NOT LIKE 'archive:%'),
           coalesce(sum(CASE WHEN l.credit = 'cash' THEN l.amount_minor
                             WHEN l.debit = 'cash' THEN -l.amount_minor END), 0),
           max(l.posted_at) FILTER (WHERE l.credit = 'cash' AND l.cause NOT LIKE 'archive:%')
    FROM {_OF_PARTS} GROUP BY v.account_id""")
_CYCLES = text(f"SELECT b.cycle FROM {_BILLS_OF_PARTS}")
_EVENTS = text(f"""
    SELECT CAST(split_part(l.cause, ':', 2) AS bigint) FROM {_OF_PARTS}
    WHERE l.debit = 'bank_clearing' AND l.cause LIKE 'event:%' ORDER BY 1""")
_ENTRY_ROWS = text(f"""
    SELECT a.external_id AS account, l.account_id, l.id, CAST(l.debit AS text) AS debit, l.debit_ref,
           CAST(l.credit AS text) AS credit, l.credit_ref, l.amount_minor, CAST(l.currency AS text) AS currency,
           l.cause, l.posted_at
    FROM {_OF_PARTS} JOIN account a ON a.id = l.account_id ORDER BY l.account_id, l.posted_at, l.id""")
_REPAYMENT_ROWS = text(f"""
    SELECT a.external_id AS account, b.account_id, CAST(b.cycle AS integer) AS cycle, r.cause,
           CAST(r.initiator AS text) AS initiator, r.paid_at, CAST(r.currency AS text) AS currency, l.line_no,
           CAST(l.source AS text) AS source, l.source_id, l.amount_minor
    FROM {_BILLS_OF_PARTS} JOIN account a ON a.id = b.account_id
    JOIN repayment r ON r.account_id = b.account_id AND r.cycle = b.cycle
    JOIN repayment_line l ON l.account_id = r.account_id AND l.cycle = r.cycle AND l.cause = r.cause
    ORDER BY b.account_id, b.cycle, r.cause, l.line_no""")
_LINE_ROWS = text(f"""
    SELECT a.external_id AS account, b.account_id, CAST(b.cycle AS integer) AS cycle, l.product, l.order_id,
           l.single_month, CAST(l.accrued AS text) AS accrued, l.card_paid_minor, CAST(b.currency AS text) AS currency
    FROM {_BILLS_OF_PARTS} JOIN account a ON a.id = b.account_id
    JOIN bill_line l ON l.account_id = b.account_id AND l.cycle = b.cycle
    ORDER BY b.account_id, b.cycle, l.product, l.order_id, l.single_month""")
# Of bill `b`, with all that it says: a number that is another if it says anything else.
BILL_DIGEST = """hash_record_extended(ROW(b.account_id, CAST(b.cycle AS integer), b.accrued, b.carried_in,
        b.payable_minor, b.dropped, b.carried_out, b.paid_minor, b.issued_at, b.settled_at), 0)"""
# Which bills they are, for the audit.
_DIGEST = text(f"SELECT coalesce(sum({BILL_DIGEST}), 0) FROM {_BILLS_OF_PARTS}")
_MARK = text(f"""
    UPDATE bill b SET records_archive_id = :archive FROM {_PARTS}
    WHERE b.account_id = v.account_id AND {_OVER}""")
_SEAL = text("""
    INSERT INTO archived_ledger AS s (account_id, until, archive_id, cash_minor, funds_since)
    SELECT account_id, until, :archive, cash_minor, funds_since
    FROM unnest(CAST(:ids AS bigint[]), CAST(:untils AS timestamptz[]), CAST(:cash AS bigint[]),
                CAST(:since AS timestamptz[])) AS v (account_id, until, cash_minor, funds_since)
    ON CONFLICT (account_id) DO UPDATE SET until = excluded.until, archive_id = excluded.archive_id,
        cash_minor = excluded.cash_minor, funds_since = coalesce(excluded.funds_since, s.funds_since)""")
_DELETE_ENTRIES = text(f"""
    DELETE FROM ledger_transfer l USING {_PARTS}
    WHERE l.account_id = v.account_id AND l.posted_at < v.until AND l.posted_at < :before_at AND {_GOES}""")
_DELETE_OF_BILLS = """
    DELETE FROM $table t USING bill b
    WHERE t.account_id = b.account_id AND t.cycle = b.cycle AND b.account_id = ANY(CAST(:ids AS bigint[]))
      AND b.records_archive_id = :archive"""
_DELETE_REPAYMENTS, _DELETE_REPAYMENT_LINES, _DELETE_LINES = (
    text(_DELETE_OF_BILLS.replace("$table", table)) for table in ("repayment", "repayment_line", "bill_line")
)
_DELETE_EVENTS = text(
    "DELETE FROM inbox WHERE id = ANY(CAST(:events AS bigint[])) AND type = 'top_up' AND state = 'done'"
)
_OPEN = text("""
    INSERT INTO ledger_transfer (account_id, debit, credit, amount_minor, currency, cause, posted_at)
    SELECT a.id, CAST(CASE WHEN s.cash_minor > 0 THEN 'opening' ELSE 'cash' END AS ledger_kind),
           CAST(CASE WHEN s.cash_minor > 0 THEN 'cash' ELSE 'opening' END AS ledger_kind), abs(s.cash_minor),
           a.currency, 'archive:' || s.archive_id, s.until - interval '1 microsecond'
    FROM archived_ledger s JOIN account a ON a.id = s.account_id
    WHERE s.account_id = ANY(CAST(:ids AS bigint[])) AND s.cash_minor <> 0""")

_GIVE_BACK = text("SELECT give_back_ledger_room(:month, :small)")
# Bytes of the indexes of a month up to which they may stay as they are.
_SMALL_INDEX = 1 << 16


class BillSpan(NamedTuple):
    """A bill whose entries are here: from when to when they are dated, and whether its fees are in an archive."""

    cycle: Cycle
    issued_at: datetime | None
    settled_at: datetime | None
    is_archived: bool


class Span(NamedTuple):
    """Entries that go together or not at all; where they begin and end alike, nothing from there on goes."""

    first_at: datetime
    last_at: datetime


class Part(NamedTuple):
    """What of an account goes: all before `until`. `new`: entries that were not made by an archive; `cash_minor`: what
    they come to for its cash; `funds_since`: the last inflow among them.
    """

    account_id: int
    until: datetime
    new: int
    cash_minor: int
    funds_since: datetime | None


def accounts(tx: Connection, before_at: datetime, *, after: int, limit: int) -> list[tuple[int, int]]:
    """The next accounts in the order of their ids, each with the number of its entries before an instant."""
    parameters = {"before_at": before_at, "after": after, "limit": limit}
    return [(row[0], int(row[1])) for row in tx.execute(_ACCOUNTS, parameters)]


def bill_spans(
    tx: Connection, before: Cycle, before_at: datetime, ids: Sequence[int]
) -> dict[int, list[BillSpan]]:
    """By account, of those that may be written out: its bills of months before `before`, which began at `before_at`."""
    found: dict[int, list[BillSpan]] = {}
    for account_id, *span in tx.execute(
        _BILLS, {"ids": id_array(ids), "before": before, "before_at": before_at}
    ):
        of = found.setdefault(account_id, [])
        if span[0] is not None:
            of.append(BillSpan(*span))
    return found


def odd_spans(tx: Connection, before_at: datetime, ids: Sequence[int]) -> dict[int, list[Span]]:
    """By account: its first entry that stays, with all after it, and what one event moved at several instants."""
    found: dict[int, list[Span]] = {}
    for account_id, first_at, last_at in tx.execute(_ODD, {"ids": id_array(ids), "before_at": before_at}):
        found.setdefault(account_id, []).append(Span(first_at, last_at))
    return found


def parts(tx: Connection, before_at: datetime, untils: Mapping[int, datetime]) -> list[Part]:
    """What of these accounts goes, of those of which anything does, in the order of their ids."""
    rows = tx.execute(_COMES_TO, _named(untils, before_at))
    return sorted(Part(row[0], untils[row[0]], int(row[1]), int(row[2]), row[3]) for row in rows if row[1])


def give_back_room(tx: Connection, before_at: datetime) -> int:
    """Makes indexes of old months of the ledger anew that are large for what is left in them: of how many months."""
    return int(tx.scalar(_GIVE_BACK, {"month": cycle_of(before_at, UTC), "small": _SMALL_INDEX}) or 0)


class Leaving:
    """The rows that leave with some parts, and what is left of them. `before_at` keeps PostgreSQL on old partitions."""

    def __init__(self, tx: Connection, parts: Sequence[Part], before_at: datetime) -> None:
        self._tx, self._parts = tx, parts
        self._given = _named({part.account_id: part.until for part in parts}, before_at)

    def entries(self) -> Iterator[Sequence[Mapping[str, Any]]]:
        """By account, in the order of posting; some at a time, as all of these."""
        return streamed(self._tx, _ENTRY_ROWS, self._given)

    def repayments(self) -> Iterator[Sequence[Mapping[str, Any]]]:
        """A row for each fund that paid, by account, month and cause."""
        return streamed(self._tx, _REPAYMENT_ROWS, self._given)

    def lines(self) -> Iterator[Sequence[Mapping[str, Any]]]:
        """What the bills are made of, by account and month. Amounts that accrued are decimal text."""
        return streamed(self._tx, _LINE_ROWS, self._given)

    def events(self) -> list[int]:
        """The rows of the top-ups that are booked by these entries."""
        return list(self._tx.scalars(_EVENTS, self._given))

    def cycles(self) -> list[Cycle]:
        """The month of each bill."""
        return list(self._tx.scalars(_CYCLES, self._given))

    def digest(self) -> Any:
        """A number that says which bills they are, and what they say."""
        return self._tx.scalar(_DIGEST, self._given)

    def remove(self, archive: int, events: Sequence[int]) -> tuple[int, int, int, int, int]:
        """Marks the bills, deletes the rows, and opens the accounts anew: how many bills, entries, lines of repayments,
        lines of bills and events.
        """
        tx, of_bills = self._tx, {**self._given, "archive": archive}
        tx.execute(_SEAL, {
            **of_bills, "cash": plain_array([part.cash_minor for part in self._parts]),
            "since": plain_array([part.funds_since for part in self._parts]),
        })  # fmt: skip
        bills = tx.execute(_MARK, of_bills).rowcount
        entries = tx.execute(_DELETE_ENTRIES, self._given).rowcount
        repayments = tx.execute(_DELETE_REPAYMENT_LINES, of_bills).rowcount
        tx.execute(_DELETE_REPAYMENTS, of_bills)
        lines = tx.execute(_DELETE_LINES, of_bills).rowcount
        left = tx.execute(_DELETE_EVENTS, {"events": id_array(events)}).rowcount
        tx.execute(_OPEN, self._given)
        return bills, entries, repayments, lines, left


def _named(untils: Mapping[int, datetime], before_at: datetime) -> dict[str, Any]:
    return {"ids": id_array(untils), "untils": plain_array(list(untils.values())), "before_at": before_at}
