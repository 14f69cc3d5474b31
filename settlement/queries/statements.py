"""Reads what statements are made of, for a set of accounts: balances, what moved them, bills, fees, payments.

One statement per question, however many accounts; they read the ledger from the month's beginning on and nothing older.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from settlement.model.cycle import Cycle
from settlement.model.funds import STORED, FundSource
from settlement.model.runs import DAILY_CHECK
from settlement.model.statements import BALANCE_KINDS, BalanceKind, Moved
from settlement.queries.bills import BillView
from settlement.queries.funds import KNOWN_BY
from settlement.queries.ledger import BALANCES
from settlement.storage.sql.arrays import id_array
from settlement.storage.sql.columns import columns
from settlement.storage.sql.sums import whole
from settlement.storage.tables.bills import BILL

_MINE = "account_id = ANY(CAST(:ids AS bigint[])) AND {of}account_id BETWEEN :first AND :last"
_KINDS = ", ".join(f"'{fund}'" for fund in BALANCE_KINDS)
_STORED = text(f"""
    SELECT account_id, kind, ref, credit_minor FROM ({BALANCES}) AS s
    WHERE {_MINE.format(of="")} AND credit_minor <> 0""")
_MOVED = text(f"""
    SELECT l.account_id, s.fund, s.ref, s.counter, s.is_credit,
           coalesce(sum(l.amount_minor) FILTER (WHERE l.posted_at < :end), 0),
           coalesce(sum(l.amount_minor) FILTER (WHERE l.posted_at >= :end), 0)
    FROM ledger_transfer l
    CROSS JOIN LATERAL (VALUES (l.credit, l.credit_ref, l.debit, true), (l.debit, l.debit_ref, l.credit, false))
        AS s (fund, ref, counter, is_credit)
    WHERE l.{_MINE.format(of="l.")} AND l.posted_at >= :start AND s.fund IN ({_KINDS})
    GROUP BY l.account_id, s.fund, s.ref, s.counter, s.is_credit""")
_BILLS = text(f"""
    SELECT b.account_id, {columns(BILL, BillView, "b", account="a.external_id")}
    FROM unnest(CAST(:account_ids AS bigint[]), CAST(:cycles AS integer[])) AS wanted (account_id, cycle)
    JOIN bill b USING (account_id, cycle) JOIN account a ON a.id = b.account_id
    WHERE b.{_MINE.format(of="b.")}""")
_FEES = text(f"""
    SELECT account_id, product, sum(accrued) FROM bill_line WHERE {_MINE.format(of="")} AND cycle = :cycle
    GROUP BY account_id, product ORDER BY account_id, sum(accrued) DESC, product""")
_PAYMENTS = text(f"""
    SELECT r.account_id, r.paid_at, r.cause, r.initiator, l.source, l.source_id, l.amount_minor, m.external_id
    FROM repayment r JOIN repayment_line l USING (account_id, cycle, cause)
    LEFT JOIN charge_attempt t ON l.source = 'external' AND t.account_id = l.account_id AND t.attempt_no = l.source_id
    LEFT JOIN payment_method m ON m.id = t.method_id
    WHERE r.{_MINE.format(of="r.")} AND r.cycle = :cycle AND l.account_id BETWEEN :first AND :last
    ORDER BY r.account_id, r.paid_at, l.source, r.cause, l.line_no""")
# Cards, coupons, refunds and accounts take the ids of their events, so no id is two things.
_STORED_NAMES = " UNION ALL ".join(
    f"""SELECT id, {KNOWN_BY[source]}, {"valid_until" if stored.ends else "CAST(NULL AS timestamptz)"}
        FROM {stored.table} WHERE id = ANY(CAST(:ids AS bigint[]))"""
    for source, stored in STORED.items()
)
_NAMES = text(f"""
    {_STORED_NAMES}
    UNION ALL SELECT id, external_id, NULL FROM account WHERE id = ANY(CAST(:ids AS bigint[]))""")
_COUNT = text("SELECT count(*) FROM account")
_CHECKED = text(
    "SELECT EXISTS (SELECT 1 FROM schedule_slot WHERE job = :job AND state = 'done' AND logical_at >= :at)"
)


class Stored(NamedTuple):
    """What a ledger account of an account holds now, credits less debits, minor units."""

    account_id: int
    fund: BalanceKind
    ref: int
    credit_minor: int


class PaymentLine(NamedTuple):
    """What one fund paid of the month's bill.

    `source_id` is a card, coupon, refund, main account or charge number, else zero; `method` is that of the charge.
    """

    account_id: int
    paid_at: datetime
    cause: str
    initiator: str
    source: FundSource
    source_id: int
    amount_minor: int
    method: str | None


class FundName(NamedTuple):
    """What the caller calls a card, coupon or account, with the end of the former; for a credit refund its month."""

    name: str
    valid_until: datetime | None


Owners = dict[str, Any]


def owners(account_ids: Collection[int]) -> Owners:
    """The set of accounts as parameters. The bounds keep PostgreSQL on the indexes."""
    return {"ids": id_array(account_ids), "first": min(account_ids), "last": max(account_ids)}


def stored(tx: Connection, of: Owners) -> list[Stored]:
    """Every balance that is not zero now."""
    return [Stored(*whole(row)) for row in tx.execute(_STORED, of)]


def moved(tx: Connection, of: Owners, start: datetime, end: datetime) -> list[Moved]:
    """What moved every balance in the month, and since."""
    return [Moved(*whole(row)) for row in tx.execute(_MOVED, of | {"start": start, "end": end})]


def bills(tx: Connection, of: Owners, keys: Sequence[tuple[int, int]]) -> dict[tuple[int, Cycle], BillView]:
    """Bills by (account id, cycle)."""
    pairs = {"account_ids": id_array(key[0] for key in keys), "cycles": id_array(key[1] for key in keys)}
    return {(row[0], row[2]): BillView(*row[1:]) for row in tx.execute(_BILLS, of | pairs)}


def fees(tx: Connection, of: Owners, cycle: int) -> list[tuple[int, str, Decimal]]:
    """The month's fees by account and product, exact, the largest first."""
    return [(row[0], row[1], row[2]) for row in tx.execute(_FEES, of | {"cycle": cycle})]


def payments(tx: Connection, of: Owners, cycle: int) -> list[PaymentLine]:
    """What paid the bills of the month, whenever it did, in order of payment; at one instant coupons first."""
    return [PaymentLine(*row) for row in tx.execute(_PAYMENTS, of | {"cycle": cycle})]


def names(tx: Connection, ids: Iterable[int]) -> dict[int, FundName]:
    """Cards, coupons, refunds and main accounts by id."""
    return {
        row[0]: FundName(row[1], row[2]) for row in tx.execute(_NAMES, {"ids": id_array(sorted(set(ids)))})
    }


def count_accounts(tx: Connection) -> int:
    """How many accounts there are."""
    return int(tx.execute(_COUNT).scalar_one())


def is_checked(tx: Connection, at: datetime) -> bool:
    """Has the daily check been done for the local day that begins at this instant (UTC), or for a later one."""
    return bool(tx.scalar(_CHECKED, {"job": DAILY_CHECK, "at": at}))
