"""Streams the ledger out of the database: entries in the order of posting, and the balances that they must come to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from settlement.model.funds import FUNDS, STORED
from settlement.model.statements import BALANCE_KINDS
from settlement.storage.store import driver_cursor

# Rows held at a time, whatever the size of the ledger.
_FETCHED = 5000

# A bound is written only where there is one, so that PostgreSQL reads the partitions it needs.
_SINCE = "l.posted_at >= :start"
_BEFORE = "l.posted_at < :start"
_UNTIL = "l.posted_at < :end"
_AFTER = "l.posted_at >= :end"

_ENTRIES = """
    SELECT l.posted_at, l.id, a.external_id, l.debit, l.debit_ref, l.credit, l.credit_ref, l.amount_minor, l.currency,
           l.cause
    FROM ledger_transfer l JOIN account a ON a.id = l.account_id
    WHERE $period ORDER BY l.posted_at, l.id"""

_OF_CAUSE = text(
    _ENTRIES.replace(
        "$period", "l.account_id = (SELECT id FROM account WHERE external_id = :account) AND l.cause = :cause"
    )
    + " LIMIT :limit"
)

_PAGE = (
    _ENTRIES.replace(
        "$period",
        """$period
      AND (CAST(:account AS text) IS NULL OR l.account_id = (SELECT id FROM account WHERE external_id = :account))
      AND (CAST(:at AS timestamptz) IS NULL
           OR (l.posted_at, l.id) > (CAST(:at AS timestamptz), CAST(:number AS bigint)))""",
    )
    + " LIMIT :limit"
)

_OF_ACCOUNTS = ", ".join(f"'{kind}'" for kind in BALANCE_KINDS)
_NUMBERED = " ".join(
    f"WHEN '{kind}' THEN '{kind}:' || l.$side_ref"
    for kind in BALANCE_KINDS
    if kind not in ("cash", "receivable")
)
# The platform's ledger accounts belong to no account and are added up over all of them.
_MOVED = f"""
    SELECT CASE WHEN kind IN ({_OF_ACCOUNTS})
                THEN account_id END AS account_id,
           kind, ref, currency, sum(moved) AS credit_minor
    FROM (SELECT l.account_id, l.credit AS kind, l.credit_ref AS ref, l.currency, l.amount_minor AS moved
          FROM ledger_transfer l WHERE $period
          UNION ALL
          SELECT l.account_id, l.debit, l.debit_ref, l.currency, -l.amount_minor
          FROM ledger_transfer l WHERE $period) AS sides
    GROUP BY 1, 2, 3, 4 HAVING sum(moved) <> 0"""
_BROUGHT_FORWARD = f"""
    SELECT a.external_id, m.kind, m.ref, m.currency, m.credit_minor
    FROM ({_MOVED}) AS m LEFT JOIN account a ON a.id = m.account_id
    ORDER BY a.external_id NULLS LAST, m.kind, m.ref, m.currency"""
_STORED_FUNDS = " UNION ALL ".join(
    f"""SELECT f.account_id, '{FUNDS[source].ledger}', f.id, a.currency, f.{stored.balance}
        FROM {stored.table} f JOIN account a ON a.id = f.account_id"""
    for source, stored in STORED.items()
)
# Whatever is stored as a balance, by ledger account; a statement goes by it too.
BALANCES = f"""
    SELECT id AS account_id, CAST('cash' AS ledger_kind) AS kind, CAST(0 AS bigint) AS ref, currency,
           cash_minor AS credit_minor
    FROM account
    UNION ALL
    {_STORED_FUNDS}
    UNION ALL
    SELECT account_id, 'refunding', refund_no, currency, CASE WHEN finished_at IS NULL THEN amount_minor ELSE 0 END
    FROM gateway_refund
    UNION ALL
    SELECT h.account_id, 'collected', h.attempt_no, a.currency, sum(h.remaining_minor)
    FROM charge_line h JOIN account a ON a.id = h.account_id
    GROUP BY h.account_id, h.attempt_no, a.currency
    UNION ALL
    SELECT account_id, 'reversal', reversal_no, currency, -owed_minor FROM gateway_reversal
    UNION ALL
    SELECT account_id, 'receivable', cycle, currency, paid_minor - payable_minor
    FROM bill WHERE payable_minor IS NOT NULL"""
_BALANCES = f"""
    SELECT a.external_id, s.kind, s.ref, s.currency, s.credit_minor
    FROM ({BALANCES}) AS s JOIN account a ON a.id = s.account_id
    ORDER BY a.external_id, s.kind, s.ref"""
# What was stored at an earlier instant is what is stored now less what was entered since.
_BALANCES_AT_END = f"""
    SELECT a.external_id, s.kind, s.ref, s.currency, s.credit_minor - coalesce(m.credit_minor, 0)
    FROM ({BALANCES}) AS s JOIN account a ON a.id = s.account_id
    LEFT JOIN ({_MOVED}) AS m ON m.account_id = s.account_id AND m.kind = s.kind AND m.ref = s.ref
    ORDER BY a.external_id, s.kind, s.ref"""
_CURRENCIES = text("SELECT DISTINCT currency FROM account ORDER BY currency")

_SIDE = f"""CASE l.$side WHEN 'receivable' THEN 'receivable:' || to_char(l.$side_ref, 'FM0000"-"00')
                {_NUMBERED}
                ELSE CAST(l.$side AS text) END AS $side"""
# A name that a spreadsheet would run begins with an apostrophe, as in every CSV file. Rule: R10.2b.
_ACCOUNT = r"""CASE WHEN a.external_id ~ '^\s*[=+@-]' AND a.external_id !~ '^[+-]?[0-9]+(\.[0-9]+)?$'
                      THEN '''' || a.external_id ELSE a.external_id END"""
_CSV = f"""
    COPY (SELECT to_char(l.posted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS posted_at, l.id AS entry,
                 {_ACCOUNT} AS account, {_SIDE.replace("$side", "debit")}, {_SIDE.replace("$side", "credit")},
                 l.amount_minor * CAST('1e-' || c.exponent AS numeric) AS amount, l.currency, l.cause
          FROM ledger_transfer l JOIN account a ON a.id = l.account_id JOIN currency c ON c.code = l.currency
          WHERE $period ORDER BY l.posted_at, l.id)
    TO STDOUT WITH (FORMAT csv, HEADER true, ENCODING 'UTF8')"""


class Period(NamedTuple):
    """Which entries: posted from `start` on and before `end`; None is open."""

    start: datetime | None
    end: datetime | None


class Entry(NamedTuple):
    """One transfer with the caller's name of its account. A receivable's `ref` is its cycle."""

    posted_at: datetime
    id: int
    account: str
    debit: str
    debit_ref: int
    credit: str
    credit_ref: int
    amount_minor: int
    currency: str
    cause: str


class Balance(NamedTuple):
    """What a ledger account holds, credits less debits. The platform's have no account."""

    account: str | None
    kind: str
    ref: int
    currency: str
    credit_minor: int


def csv_chunks(tx: Connection, period: Period) -> Iterator[bytes]:
    """The entries as CSV with a header, in pieces as they arrive; the amount is an exact decimal."""
    statement = _within(_CSV, period).replace(":start", "%(start)s").replace(":end", "%(end)s")
    with driver_cursor(tx) as cursor, cursor.copy(statement, period._asdict()) as copy:
        for piece in copy:
            yield bytes(piece)


def entries(tx: Connection, period: Period) -> Iterator[Entry]:
    """The entries in the order of posting, read in pages."""
    for row in _stream(tx, _within(_ENTRIES, period), period):
        yield Entry(*row)


def page(
    tx: Connection,
    *,
    limit: int,
    after: tuple[str, str] | None = None,
    account: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Entry]:
    """Entries in the order of posting, from the one after `after` (its instant and number, as text) on: those of an
    account, those posted from `since` on and before `until`.
    """
    at, number = after or (None, None)
    period = {name: bound for name, bound in Period(since, until)._asdict().items() if bound is not None}
    parameters = {"limit": limit, "account": account, "at": at, "number": number, **period}
    return [Entry(*row) for row in tx.execute(text(_within(_PAGE, Period(since, until))), parameters)]


def of_cause(tx: Connection, account: str, cause: str, *, limit: int) -> list[Entry]:
    """An account's entries of one cause, in the order of posting; read by the account's own part of the key."""
    parameters = {"account": account, "cause": cause, "limit": limit}
    return [Entry(*row) for row in tx.execute(_OF_CAUSE, parameters)]


def brought_forward(tx: Connection, start: datetime) -> Iterator[Balance]:
    """What every ledger account held before `start`, where it was not zero."""
    for row in _stream(tx, _BROUGHT_FORWARD.replace("$period", _BEFORE), Period(start, None)):
        yield _balance(row)


def balances(tx: Connection, end: datetime | None) -> Iterator[Balance]:
    """What is stored for every account, card, refund and issued bill, now or as it was just before `end`."""
    statement = _BALANCES if end is None else _BALANCES_AT_END.replace("$period", _AFTER)
    for row in _stream(tx, statement, Period(None, end)):
        yield _balance(row)


def currencies(tx: Connection) -> list[str]:
    """Every currency in which an account is kept."""
    return list(tx.scalars(_CURRENCIES))


def _balance(row: Any) -> Balance:
    return Balance(row[0], row[1], row[2], row[3], int(row[4]))


def _within(statement: str, period: Period) -> str:
    conditions = [
        *([_SINCE] if period.start is not None else []),
        *([_UNTIL] if period.end is not None else []),
    ]
    return statement.replace("$period", " AND ".join(conditions) or "true")


def _stream(tx: Connection, statement: str, period: Period) -> Iterator[Any]:
    parameters = {name: value for name, value in period._asdict().items() if f":{name}" in statement}
    prepared = text(statement).execution_options(stream_results=True, yield_per=_FETCHED)
    with tx.execute(prepared, parameters) as result:
        yield from result
