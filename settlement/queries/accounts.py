"""Accounts: what they hold and owe, what keeps them from paying, those that are parked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import Connection, text

from settlement.errors import unknown_account
from settlement.model.payments import PAYMENT_HOLD
from settlement.model.unified_settlements import UNIFIED_HOLD
from settlement.storage.sql.arrays import text_array
from settlement.storage.sql.columns import columns
from settlement.storage.sql.sums import whole
from settlement.storage.tables.accounts import ACCOUNT, WRITE_OFF_HOLD
from settlement.storage.tables.bills import IS_PROVISIONAL


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account for a listing. Amounts in minor units; `accruing` holds the exact total of each cycle not issued, and
    `collected` what charges have brought in for it, both by cycle.

    `overdue_minor` is the part of what is outstanding on bills found overdue; `next_due_on` the oldest due date of an
    unsettled bill. `low_credit_line_minor` is None where available credit is not watched, `low_credit_since` where it
    is not below that line. `held_minor` is set aside for a manual payment under way. `owed_for_reversals_minor` is owed
    of payments that gateways took back; the next cash pays it. Rule: R5.9c. `suspended_at` is UTC, None
    unless it is suspended.
    """

    id: int
    external_id: str
    name: str
    currency: str
    cash_minor: int
    credit_limit_minor: int
    frozen_minor: int
    credit_control: bool
    auto_write_off_enabled: bool
    write_off_past_bills: bool
    opened_at: datetime
    parked_at: datetime | None
    parked_reason: str | None
    accruing: Sequence[Decimal]
    collected: Sequence[Decimal]
    outstanding_minor: int
    unsettled_bills: int
    overdue_minor: int
    overdue_bills: int
    next_due_on: date | None
    next_due_provisional: bool
    low_credit_line_minor: int | None
    low_credit_since: datetime | None
    held_minor: int
    owed_for_reversals_minor: int
    suspended_at: datetime | None


@dataclass(frozen=True, slots=True)
class HoldView:
    """One reason for which automatic write-off waits.

    `name` is the caller's name for what holds it, where `ref` is the number of a settlement or a payment;
    `requested_by`: where it is a payment, the source of the event that requested that.
    """

    reason: str
    ref: str
    held_at: datetime
    name: str
    requested_by: str | None


class ParkedAccount(NamedTuple):
    """An account that was set aside. Amounts in minor units; `events` wait for its release, `parked_at` is UTC."""

    id: int
    name: str
    currency: str
    parked_at: datetime
    reason: str
    cash_minor: int
    frozen_minor: int
    outstanding_minor: int
    events: int


_ACCOUNT_COLUMNS = columns(
    ACCOUNT,
    AccountView,
    "a",
    accruing="coalesce(b.accruing, '{}')",
    collected="coalesce(b.collected, '{}')",
    outstanding_minor="coalesce(b.outstanding, 0)",
    unsettled_bills="coalesce(b.unsettled, 0)",
    overdue_minor="coalesce(b.overdue, 0)",
    overdue_bills="coalesce(b.overdue_bills, 0)",
    next_due_on="b.next_due_on",
    next_due_provisional="coalesce(b.next_due_on = b.next_provisional, false)",
    low_credit_line_minor="w.line_minor",
    low_credit_since="w.low_since",
    owed_for_reversals_minor="""coalesce((
        SELECT sum(r.owed_minor) FROM gateway_reversal r WHERE r.account_id = a.id AND r.owed_minor > 0), 0)""",
    suspended_at="CASE WHEN c.declining_since IS NOT NULL THEN c.suspended_at END",
)
_ACCOUNT_SELECT = f"""
    SELECT {_ACCOUNT_COLUMNS}
    FROM account a LEFT JOIN credit_watch w ON w.account_id = a.id
    LEFT JOIN collecting c ON c.account_id = a.id LEFT JOIN LATERAL (
        SELECT array_agg(accrued + carried_in ORDER BY cycle) FILTER (WHERE state = 'accruing') AS accruing,
               array_agg(
                   (SELECT coalesce(sum(l.remaining_minor), 0) FROM charge_line l
                    WHERE l.account_id = bill.account_id AND l.cycle = bill.cycle AND l.remaining_minor > 0)
                   ORDER BY cycle) FILTER (WHERE state = 'accruing') AS collected,
               sum(payable_minor - paid_minor) FILTER (WHERE state = 'unsettled') AS outstanding,
               count(*) FILTER (WHERE state = 'unsettled') AS unsettled,
               sum(payable_minor - paid_minor) FILTER (WHERE state = 'unsettled' AND overdue_at IS NOT NULL) AS overdue,
               count(*) FILTER (WHERE state = 'unsettled' AND overdue_at IS NOT NULL) AS overdue_bills,
               min(due_on) FILTER (WHERE state = 'unsettled') AS next_due_on,
               min(due_on) FILTER (WHERE state = 'unsettled' AND {IS_PROVISIONAL}) AS next_provisional
        FROM bill WHERE account_id = a.id AND state <> 'settled') AS b ON true"""
_ACCOUNTS = text(f"""{_ACCOUNT_SELECT}
    WHERE (CAST(:after AS text) IS NULL OR a.id > (SELECT id FROM account WHERE external_id = :after))
      AND (CAST(:currency AS text) IS NULL OR a.currency = :currency)
    ORDER BY a.id LIMIT :limit""")
_ACCOUNT = text(f"{_ACCOUNT_SELECT} WHERE a.external_id = :name")
_ACCOUNT_KNOWN = text("SELECT 1 FROM account WHERE external_id = :name")
_HOLD_NAME = f"""coalesce(
    CASE h.reason
        WHEN '{UNIFIED_HOLD}' THEN (SELECT external_id FROM unified_settlement WHERE id = CAST(h.ref AS bigint))
        WHEN '{PAYMENT_HOLD}' THEN (SELECT external_id FROM bill_payment WHERE id = CAST(h.ref AS bigint))
    END, h.ref)"""
# A payment has the number of the event that requested it.
_REQUESTED_BY = f"""(
    SELECT i.source FROM inbox i WHERE i.id = CASE h.reason WHEN '{PAYMENT_HOLD}' THEN CAST(h.ref AS bigint) END)"""
_HOLDS = text(f"""
    SELECT {columns(WRITE_OFF_HOLD, HoldView, "h", name=_HOLD_NAME, requested_by=_REQUESTED_BY)}
    FROM write_off_hold h WHERE account_id = :id
    ORDER BY held_at, reason, ref""")
_PARKED = text("""
    SELECT a.id, a.external_id, a.currency, a.parked_at, a.parked_reason, a.cash_minor, a.frozen_minor,
           coalesce((SELECT sum(b.payable_minor - b.paid_minor) FROM bill b
                     WHERE b.account_id = a.id AND b.state = 'unsettled'), 0),
           (SELECT count(*) FROM inbox i
            WHERE i.state IN ('refused', 'parked') AND i.account = a.external_id AND i.reason_code = 'account_parked'
              AND i.conflict_of IS NULL AND i.dismissed_at IS NULL)
    FROM account a
    WHERE a.parked_at IS NOT NULL AND (CAST(:names AS text[]) IS NULL OR a.external_id = ANY(CAST(:names AS text[])))
      AND a.id > coalesce((SELECT id FROM account WHERE external_id = :after), 0)
    ORDER BY a.id LIMIT :limit""")
_TAKING_PART = text("""
    SELECT external_id, id, parked_at IS NOT NULL FROM account
    WHERE external_id = ANY(CAST(:names AS text[])) ORDER BY id""")
_PARKED_AT = text(
    "SELECT external_id, parked_at FROM account WHERE external_id = ANY(CAST(:names AS text[]))"
)


def accounts(
    tx: Connection, *, limit: int, after: str | None = None, currency: str | None = None
) -> list[AccountView]:
    """Accounts in the order they were opened, from the one after `after` on.

    Raises:
        NotFound: the account named by `after` does not exist.
    """
    parameters = {"limit": limit, "after": after, "currency": currency}
    found = [AccountView(*whole(row)) for row in tx.execute(_ACCOUNTS, parameters)]
    check_known(tx, found, after)
    return found


def account(tx: Connection, name: str) -> AccountView:
    """One account by the caller's name for it.

    Raises:
        NotFound: it does not exist.
    """
    row = tx.execute(_ACCOUNT, {"name": name}).one_or_none()
    if row is None:
        raise unknown_account(name)
    return AccountView(*whole(row))


def holds(tx: Connection, account_id: int) -> list[HoldView]:
    """The holds on an account's automatic write-off, oldest first."""
    return [HoldView(*row) for row in tx.execute(_HOLDS, {"id": account_id})]


def parked(
    tx: Connection, *, names: Sequence[str] | None = None, after: str | None = None, limit: int
) -> list[ParkedAccount]:
    """Parked accounts in the order in which they were opened, of these names or all, after the one named `after`."""
    parameters = {"names": None if names is None else text_array(list(names)), "after": after, "limit": limit}
    return [ParkedAccount(*whole(row)) for row in tx.execute(_PARKED, parameters)]


def not_parked(tx: Connection, names: Sequence[str]) -> list[str]:
    """Those of these accounts that take part.

    Raises:
        NotFound: one of the names is of no account.
    """
    parked_at = dict(tuple(row) for row in tx.execute(_PARKED_AT, {"names": text_array(list(names))}))
    for name in names:
        if name not in parked_at:
            raise unknown_account(name)
    return [name for name in names if parked_at[name] is None]


def ids_taking_part(tx: Connection, names: Sequence[str]) -> list[int]:
    """The ids of those of these accounts that take part, ascending.

    Raises:
        NotFound: one of the names is of no account.
    """
    found = tx.execute(_TAKING_PART, {"names": text_array(list(names))}).all()
    missing = set(names) - {name for name, *_ in found}
    if missing:
        raise unknown_account(min(missing))
    return [account_id for _, account_id, is_parked in found if not is_parked]


def check_known(tx: Connection, found: Sequence[object], *names: str | None) -> None:
    """An empty page is right for an account without rows, and wrong for one that does not exist."""
    for name in names:
        if not found and name is not None and tx.scalar(_ACCOUNT_KNOWN, {"name": name}) is None:
            raise unknown_account(name)
