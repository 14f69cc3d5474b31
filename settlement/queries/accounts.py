"""Reads for people: accounts, bills, the inbox and counts, page by page, each listing in one statement.

Nothing here locks a row or decides anything; what a page shows is what was committed when its statement began.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import Connection, text

from settlement.errors import NotFound, unknown_account
from settlement.model.arrival import Arrival
from settlement.model.bills import BillState
from settlement.model.cycle import Cycle, cycle_text

InboxState = Literal["waiting", "done", "refused", "parked"]

_ACCOUNT_SELECT = """
    SELECT a.id, a.external_id, a.name, a.currency, a.cash_minor, a.credit_limit_minor, a.frozen_minor,
           a.credit_control, a.auto_write_off_enabled, a.write_off_past_bills, a.opened_at,
           a.parked_at, a.parked_reason,
           coalesce(b.accruing, '{}'), CAST(coalesce(b.outstanding, 0) AS bigint), coalesce(b.unsettled, 0),
           CAST(coalesce(b.overdue, 0) AS bigint), coalesce(b.overdue_bills, 0), b.next_due_on,
           w.line_minor, w.low_since, a.held_minor
    FROM account a LEFT JOIN credit_watch w ON w.account_id = a.id LEFT JOIN LATERAL (
        SELECT array_agg(accrued + carried_in) FILTER (WHERE state = 'accruing') AS accruing,
               sum(payable_minor - paid_minor) FILTER (WHERE state = 'unsettled') AS outstanding,
               count(*) FILTER (WHERE state = 'unsettled') AS unsettled,
               sum(payable_minor - paid_minor) FILTER (WHERE state = 'unsettled' AND overdue_at IS NOT NULL) AS overdue,
               count(*) FILTER (WHERE state = 'unsettled' AND overdue_at IS NOT NULL) AS overdue_bills,
               min(due_on) FILTER (WHERE state = 'unsettled') AS next_due_on
        FROM bill WHERE account_id = a.id AND state <> 'settled') AS b ON true"""
_ACCOUNTS = text(f"""{_ACCOUNT_SELECT}
    WHERE (CAST(:after AS text) IS NULL OR a.id > (SELECT id FROM account WHERE external_id = :after))
      AND (CAST(:currency AS text) IS NULL OR a.currency = :currency)
    ORDER BY a.id LIMIT :limit""")
_ACCOUNT = text(f"{_ACCOUNT_SELECT} WHERE a.external_id = :name")
_ACCOUNT_KNOWN = text("SELECT 1 FROM account WHERE external_id = :name")
_HOLDS = text(
    "SELECT reason, ref, held_at FROM write_off_hold WHERE account_id = :id ORDER BY held_at, reason, ref"
)
_CARDS = text("""
    SELECT external_id, balance_minor, valid_from, valid_until, products, orders
    FROM stored_value_card WHERE account_id = :id AND (:all OR balance_minor > 0) ORDER BY valid_until, id""")
_REFUNDS = text("""
    SELECT id, cycle, remaining_minor, granted_at
    FROM credit_refund WHERE account_id = :id AND remaining_minor > 0 ORDER BY granted_at, id""")

_BILL_SELECT = """
    SELECT a.external_id, b.cycle, b.currency, b.state, b.accrued, b.carried_in, b.payable_minor, b.dropped,
           b.carried_out, b.paid_minor, b.issued_at, b.settled_at, b.due_on, b.due_rule, b.overdue_at
    FROM bill b JOIN account a ON a.id = b.account_id"""
_BILLS = text(f"""{_BILL_SELECT}
    WHERE (CAST(:account AS text) IS NULL OR b.account_id = (SELECT id FROM account WHERE external_id = :account))
      AND (CAST(:cycle AS integer) IS NULL OR b.cycle = :cycle)
      AND (CAST(:state AS bill_state) IS NULL OR b.state = CAST(:state AS bill_state))
      AND (CAST(:after_account AS text) IS NULL OR (b.account_id, b.cycle)
           > ((SELECT id FROM account WHERE external_id = :after_account), CAST(:after_cycle AS integer)))
    ORDER BY b.account_id, b.cycle LIMIT :limit""")
_BILL = text(f"{_BILL_SELECT} WHERE a.external_id = :account AND b.cycle = :cycle")
_BILL_LINES = text("""
    SELECT l.product, l.order_id, l.single_month, l.accrued, l.card_paid_minor
    FROM bill_line l JOIN account a ON a.id = l.account_id
    WHERE a.external_id = :account AND l.cycle = :cycle ORDER BY l.accrued DESC, l.product, l.order_id LIMIT :limit""")

_INBOX_COLUMNS = """i.id, i.source, i.event_id, i.type, i.account, i.state, i.reason_code, i.reason, i.attempts, i.door,
    i.occurred_at, i.correlation_id, i.conflict_of, i.received_at, i.finished_at, i.data"""
_INBOX = text(f"""
    SELECT {_INBOX_COLUMNS} FROM inbox i
    WHERE (CAST(:states AS text[]) IS NULL OR i.state = ANY(CAST(CAST(:states AS text[]) AS inbox_state[])))
      AND (CAST(:account AS text) IS NULL OR i.account = :account)
      AND (CAST(:code AS text) IS NULL OR i.reason_code = :code)
      AND (CAST(:after AS bigint) IS NULL OR i.id < :after)
    ORDER BY i.id DESC LIMIT :limit""")
# Two conditions that the partial indexes of the inbox know, so that neither looks at rows that are done.
_SET_ASIDE = text(str(_INBOX).replace("WHERE", "WHERE i.state IN ('refused', 'parked') AND", 1))
_WAITING = text(str(_INBOX).replace("WHERE", "WHERE i.state = 'waiting' AND", 1))
_INBOX_ROW = text(f"SELECT {_INBOX_COLUMNS} FROM inbox i WHERE i.id = :id")
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

_COUNTS = text("""
    SELECT (SELECT count(*) FROM inbox WHERE state = 'waiting'),
           (SELECT min(received_at) FROM inbox WHERE state = 'waiting'),
           (SELECT count(*) FROM inbox WHERE state IN ('refused', 'parked') AND state = 'refused'),
           (SELECT count(*) FROM inbox WHERE state IN ('refused', 'parked') AND state = 'parked'),
           (SELECT count(*) FROM outbox WHERE published_at IS NULL),
           (SELECT min(created_at) FROM outbox WHERE published_at IS NULL),
           (SELECT count(*) FROM account WHERE parked_at IS NOT NULL),
           (SELECT count(*) FROM run_range WHERE state = 'failed'),
           clock_timestamp()""")
_SLOTS = text("""
    SELECT job, logical_at, state, reason, run_id, finished_at FROM schedule_slot
    WHERE NOT :open_only OR state = 'owed' ORDER BY logical_at DESC, job LIMIT :limit""")
_ACCRUING_ACCOUNTS = text("SELECT count(*) FROM bill WHERE state = 'accruing' AND cycle = :cycle")


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account for a listing. Amounts in minor units; `accruing` holds the exact total of each cycle not issued.

    `overdue_minor` is the part of what is outstanding on bills found overdue; `next_due_on` the oldest due date of an
    unsettled bill. `low_credit_line_minor` is None where available credit is not watched, `low_credit_since` where it
    is not below that line. `held_minor` is set aside for a manual payment under way.
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
    outstanding_minor: int
    unsettled_bills: int
    overdue_minor: int
    overdue_bills: int
    next_due_on: date | None
    low_credit_line_minor: int | None
    low_credit_since: datetime | None
    held_minor: int


@dataclass(frozen=True, slots=True)
class HoldView:
    """One reason for which automatic write-off waits."""

    reason: str
    ref: str
    held_at: datetime


@dataclass(frozen=True, slots=True)
class CardView:
    """A stored value card with its balance, minor units."""

    external_id: str
    balance_minor: int
    valid_from: datetime
    valid_until: datetime
    products: Sequence[str] | None
    orders: Sequence[str] | None


@dataclass(frozen=True, slots=True)
class RefundView:
    """A credit refund with what is left of it, minor units."""

    id: int
    cycle: Cycle
    remaining_minor: int
    granted_at: datetime


@dataclass(frozen=True, slots=True)
class BillView:
    """A bill. `accrued`, `carried_in`, `dropped` and `carried_out` are exact, in major units; the rest minor units.

    `due_on` is a local date, computed by `due_rule`; `overdue_at` when it was found overdue, paid by now or not.
    """

    account: str
    cycle: Cycle
    currency: str
    state: BillState
    accrued: Decimal
    carried_in: Decimal
    payable_minor: int | None
    dropped: Decimal | None
    carried_out: Decimal | None
    paid_minor: int
    issued_at: datetime | None
    settled_at: datetime | None
    due_on: date | None
    due_rule: str | None
    overdue_at: datetime | None


@dataclass(frozen=True, slots=True)
class BillLineView:
    """What one product and order put on a bill, exact, and what cards paid of it, minor units."""

    product: str
    order_id: str
    single_month: bool
    accrued: Decimal
    card_paid_minor: int


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
    data: Any


@dataclass(frozen=True, slots=True)
class Counts:
    """How much waits and how much was set aside. `database_now` is the database's clock when it was counted."""

    inbox_waiting: int
    inbox_oldest_at: datetime | None
    inbox_refused: int
    inbox_parked: int
    outbox_unpublished: int
    outbox_oldest_at: datetime | None
    accounts_parked: int
    ranges_failed: int
    database_now: datetime


@dataclass(frozen=True, slots=True)
class SlotView:
    """One instant at which a calendar job was or is owed."""

    job: str
    logical_at: datetime
    state: Literal["owed", "done", "skipped"]
    reason: str | None
    run_id: int | None
    finished_at: datetime | None


def accounts(
    tx: Connection, *, limit: int, after: str | None = None, currency: str | None = None
) -> list[AccountView]:
    """Accounts in the order they were opened, from the one after `after` on.

    Raises:
        NotFound: the account named by `after` does not exist.
    """
    asked = {"limit": limit, "after": after, "currency": currency}
    found = [AccountView(*row) for row in tx.execute(_ACCOUNTS, asked)]
    _explain_nothing(tx, found, after)
    return found


def account(tx: Connection, name: str) -> AccountView:
    """One account by the caller's name for it.

    Raises:
        NotFound: it does not exist.
    """
    row = tx.execute(_ACCOUNT, {"name": name}).one_or_none()
    if row is None:
        raise unknown_account(name)
    return AccountView(*row)


def holds(tx: Connection, account_id: int) -> list[HoldView]:
    """The holds on an account's automatic write-off, oldest first."""
    return [HoldView(*row) for row in tx.execute(_HOLDS, {"id": account_id})]


def cards(tx: Connection, account_id: int, *, used_up: bool = False) -> list[CardView]:
    """An account's stored value cards, expiring first; those without a balance only with `used_up`."""
    return [CardView(*row) for row in tx.execute(_CARDS, {"id": account_id, "all": used_up})]


def refunds(tx: Connection, account_id: int) -> list[RefundView]:
    """An account's credit refunds that have something left, oldest first."""
    return [RefundView(*row) for row in tx.execute(_REFUNDS, {"id": account_id})]


def bills(
    tx: Connection,
    *,
    limit: int,
    after: tuple[str, int] | None = None,
    account: str | None = None,
    cycle: int | None = None,
    state: BillState | None = None,
) -> list[BillView]:
    """Bills by account in the order of opening, then by cycle, from the one after `after` (account, cycle) on.

    Raises:
        NotFound: an account that was named does not exist.
    """
    after_account, after_cycle = after or (None, None)
    asked = {
        "limit": limit, "account": account, "cycle": cycle, "state": state,
        "after_account": after_account, "after_cycle": after_cycle,
    }  # fmt: skip
    found = [BillView(*row) for row in tx.execute(_BILLS, asked)]
    _explain_nothing(tx, found, account, after_account)
    return found


def bill(tx: Connection, account: str, cycle: int) -> BillView:
    """One bill.

    Raises:
        NotFound: the account does not exist, or has no bill of this cycle.
    """
    row = tx.execute(_BILL, {"account": account, "cycle": cycle}).one_or_none()
    if row is None:
        _explain_nothing(tx, (), account)
        raise NotFound(
            "unknown_bill",
            f"account {account} has no bill of {cycle_text(cycle)}; "
            f"`settle bills list --account {account}` shows its bills",
        )
    return BillView(*row)


def bill_lines(tx: Connection, account: str, cycle: int, *, limit: int) -> list[BillLineView]:
    """What a bill is made of, the largest first."""
    asked = {"account": account, "cycle": cycle, "limit": limit}
    return [BillLineView(*row) for row in tx.execute(_BILL_LINES, asked)]


def inbox_rows(
    tx: Connection,
    *,
    limit: int,
    after: int | None = None,
    states: Sequence[InboxState] = (),
    account: str | None = None,
    code: str | None = None,
) -> list[InboxView]:
    """Events, newest first, from the one after row `after` in that order on; all states where none is named."""
    asked = {"states": list(states) or None, "account": account, "code": code, "after": after, "limit": limit}
    statement = _INBOX
    if states and set(states) <= {"refused", "parked"}:
        statement = _SET_ASIDE
    elif set(states) == {"waiting"}:
        statement = _WAITING
    return [InboxView(*row) for row in tx.execute(statement, asked)]


def inbox_row(tx: Connection, inbox_id: int) -> InboxView:
    """One event.

    Raises:
        NotFound: there is no such row.
    """
    row = tx.execute(_INBOX_ROW, {"id": inbox_id}).one_or_none()
    if row is None:
        raise NotFound(
            "unknown_event", f"inbox row {inbox_id} is not known; `settle inbox list` shows those there are"
        )
    return InboxView(*row)


def event(tx: Connection, source: str, event_id: str) -> InboxView | None:
    """The event of this identity, if it has arrived."""
    row = tx.execute(_INBOX_BY_IDENTITY, {"source": source, "event_id": event_id}).one_or_none()
    return None if row is None else InboxView(*row)


def outcomes(tx: Connection, arrivals: Sequence[Arrival]) -> dict[int, InboxView]:
    """What became of events that a door handed over: their rows by position in `arrivals`.

    An event that was refused because its id is taken by other content is answered with its own refused row.
    """
    if not arrivals:
        return {}
    names = ("source", "event_id", "type", "account", "data", "occurred_at")
    columns = {name: [getattr(arrival, name) for arrival in arrivals] for name in names}
    return {row[0] - 1: InboxView(*row[1:]) for row in tx.execute(_OUTCOMES, columns)}


def counts(tx: Connection) -> Counts:
    """How much waits and how much was set aside."""
    return Counts(*tx.execute(_COUNTS).one())


def slots(tx: Connection, *, limit: int, open_only: bool = False) -> list[SlotView]:
    """Calendar instants that were noticed, newest first; with `open_only` those not done yet."""
    return [SlotView(*row) for row in tx.execute(_SLOTS, {"limit": limit, "open_only": open_only})]


def accruing_accounts(tx: Connection, cycle: int) -> int:
    """How many accounts have a bill of the cycle that is not issued yet."""
    return int(tx.execute(_ACCRUING_ACCOUNTS, {"cycle": cycle}).scalar_one())


def _explain_nothing(tx: Connection, found: Sequence[object], *names: str | None) -> None:
    """An empty page is right for an account without rows, and wrong for one that does not exist."""
    for name in names:
        if not found and name is not None and tx.scalar(_ACCOUNT_KNOWN, {"name": name}) is None:
            raise unknown_account(name)
