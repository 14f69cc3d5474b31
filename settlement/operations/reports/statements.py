"""Statements: what an account owed, paid and held in one month, account by account or for all of them. Rule: R10.3.

The bill of the month is shown with everything that paid it until now; balances roll forward over the calendar month of
the billing zone, by the instant at which entries are posted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection

from settlement.errors import Broken, NotFound, Refused
from settlement.model.cycle import Cycle, cycle_text
from settlement.model.policies.policy import Policy
from settlement.model.statements import BALANCE_KINDS, BalanceKind, Moved, RollForward
from settlement.operations.reports.credit import available_credit
from settlement.operations.reports.statement_figures import (
    BillRoll,
    NamedRoll,
    Payment,
    Statement,
    differences,
)
from settlement.queries import accounts as views
from settlement.queries import statements as records
from settlement.queries.accounts import AccountView
from settlement.queries.bills import BillView
from settlement.queries.operating import archives
from settlement.queries.statements import FundName, PaymentLine
from settlement.rules.calendar import cycle_bounds
from settlement.rules.roll_forward import roll_forward, together
from settlement.storage.sql.read_only import read_only
from settlement.storage.store import Store

# Accounts in one transaction.
BATCH = 1000
_NAMED: tuple[BalanceKind, ...] = ("card", "coupon", "refund")
_NAMED_SOURCES = (*_NAMED, "main_account")


@dataclass(frozen=True, slots=True)
class Batch:
    """Statements of some accounts, and those that were withheld since they do not add up, each with what differs.

    `accounts`: how many were looked at, those included that have nothing to state.
    """

    statements: Sequence[Statement]
    withheld: Mapping[str, str]
    accounts: int


@dataclass(frozen=True, slots=True)
class _Month:
    cycle: Cycle
    start: datetime
    end: datetime
    at: datetime
    policy: Policy

    @classmethod
    def of(cls, cycle: Cycle, at: datetime, policy: Policy) -> _Month:
        start, end = cycle_bounds(cycle, policy.zone)
        if at < start:
            raise Refused("month_not_begun", f"{cycle_text(cycle)} has not begun")
        return cls(cycle, start, end, at, policy)


def read_statement(store: Store, account: str, cycle: Cycle, *, at: datetime, policy: Policy) -> Statement:
    """The statement of one account for the month `cycle`, as of `at` (UTC). Nothing is written or locked.

    Raises:
        NotFound: there is no such account, it was opened after that month, or `archived`: what it moved then is in an
            archive.
        Refused: `month_not_begun`.
        Broken: its figures do not add up.
    """
    month = _Month.of(cycle, at, policy)
    with store.transaction() as tx:
        read_only(tx)
        view = views.account(tx, account)
        found = _read(tx, [view], month)
    if not found:
        raise NotFound("no_statement", f"account {account} was opened after {cycle_text(cycle)}")
    if differs := differences(found[0]):
        raise Broken({view.id: differs})
    return found[0]


def read_statements(
    store: Store, cycle: Cycle, *, at: datetime, policy: Policy, batch: int = BATCH
) -> Iterator[Batch]:
    """The statements of all accounts for a month, in the order in which accounts were opened, batch by batch.

    Each batch is a transaction of its own, read as of one instant and over when the batch is handed out, so that
    whoever writes statements may take as long as it takes. The number of database statements depends on the number of
    batches alone.

    Raises:
        NotFound: `archived`, what an account moved then is in an archive; of others there are single statements.
        Refused: `month_not_begun`.
        Unavailable: PostgreSQL is down; the batches handed out are complete.
    """
    month, after = _Month.of(cycle, at, policy), None
    while True:
        with store.transaction() as tx:
            read_only(tx)
            accounts = views.accounts(tx, limit=batch, after=after)
            found = _read(tx, accounts, month) if accounts else []
        if not accounts:
            return
        differing = {statement.account.external_id: differences(statement) for statement in found}
        yield Batch(
            [statement for statement in found if not differing[statement.account.external_id]],
            {name: differs for name, differs in differing.items() if differs},
            len(accounts),
        )
        after = accounts[-1].external_id


def count_accounts(store: Store) -> int:
    """How many accounts `read_statements` will look at."""
    with store.transaction() as tx:
        return records.count_accounts(tx)


def _read(tx: Connection, accounts: Sequence[AccountView], month: _Month) -> list[Statement]:
    """Everything about the set in eight reads, then account by account without any."""
    archives.refuse_archived_entries(tx, month.start, [account.id for account in accounts])
    of = records.owners([account.id for account in accounts])
    stored: dict[tuple[int, BalanceKind, int], int] = {
        (row.account_id, row.fund, row.ref): row.credit_minor for row in records.stored(tx, of)
    }
    moved: defaultdict[tuple[int, BalanceKind, int], list[Moved]] = defaultdict(list)
    for row in records.moved(tx, of, month.start, month.end):
        moved[row.account_id, row.fund, row.ref].append(row)
    keys = sorted({*stored, *moved})
    bill_keys = {(account.id, month.cycle) for account in accounts}
    bill_keys |= {(account_id, Cycle(ref)) for account_id, fund, ref in keys if fund == "receivable"}
    bills = records.bills(tx, of, sorted(bill_keys))
    fees: defaultdict[int, list[tuple[str, Decimal]]] = defaultdict(list)
    for account_id, product, amount in records.fees(tx, of, month.cycle):
        fees[account_id].append((product, amount))
    payments: defaultdict[int, list[PaymentLine]] = defaultdict(list)
    for line in records.payments(tx, of, month.cycle):
        payments[line.account_id].append(line)
    paid_by = {
        line.source_id for lines in payments.values() for line in lines if line.source in _NAMED_SOURCES
    }
    names = records.names(tx, paid_by | {ref for _, fund, ref in keys if fund in _NAMED})
    checked = records.is_checked(tx, month.end)
    rolls: defaultdict[int, dict[tuple[BalanceKind, int], RollForward]] = defaultdict(dict)
    for key in keys:
        account_id, fund, ref = key
        rolls[account_id][fund, ref] = roll_forward(fund, stored.get(key, 0), moved.get(key, ()))
    return [
        Statement(
            account=account, cycle=month.cycle, start=month.start, end=month.end, at=month.at,
            provisional=_provisional(account, month, checked=checked),
            bill=bills.get((account.id, month.cycle)),
            fees=tuple(fees[account.id]),
            payments=tuple(_payment(line, names) for line in payments[account.id]),
            has_records=month.cycle >= month.policy.records_since,
            balances=_balances(rolls[account.id]),
            named=tuple(_named(rolls[account.id], names)),
            bills=tuple(_bill_rolls(account.id, rolls[account.id], bills)),
            available=available_credit(account, month.policy),
        )
        for account in accounts
        if account.opened_at < month.end or (account.id, month.cycle) in bills
    ]  # fmt: skip


def _provisional(account: AccountView, month: _Month, *, checked: bool) -> tuple[str, ...]:
    """A day is checked after the closes, sweeps and days before it, so the first of the next month says it all."""
    reasons = []
    if month.at < month.end:
        reasons.append("month_not_over")
    elif not checked:
        reasons.append("work_outstanding")
    if account.parked_at is not None:
        reasons.append("account_parked")
    return tuple(reasons)


def _payment(line: PaymentLine, names: Mapping[int, FundName]) -> Payment:
    if line.source in _NAMED_SOURCES and line.source_id in names:
        name = names[line.source_id].name
    else:
        name = line.method or ""
    return Payment(line.paid_at, line.cause, line.initiator, line.source, name, line.amount_minor)


def _balances(rolls: Mapping[tuple[BalanceKind, int], RollForward]) -> dict[BalanceKind, RollForward]:
    """Each kind of balance over all of its cards, coupons, bills; one that never was is empty."""
    return {
        fund: together(roll for (kind, _), roll in rolls.items() if kind == fund) for fund in BALANCE_KINDS
    }


def _named(
    rolls: Mapping[tuple[BalanceKind, int], RollForward], names: Mapping[int, FundName]
) -> Iterator[NamedRoll]:
    for (fund, ref), roll in rolls.items():
        if fund in _NAMED and not roll.is_empty:
            name = names.get(ref, FundName(str(ref), None))
            yield NamedRoll(fund, name.name, name.valid_until, roll)


def _bill_rolls(
    account_id: int,
    rolls: Mapping[tuple[BalanceKind, int], RollForward],
    bills: Mapping[tuple[int, Cycle], BillView],
) -> Iterator[BillRoll]:
    for (fund, ref), roll in rolls.items():
        if fund == "receivable" and not roll.is_empty:
            bill = bills.get((account_id, Cycle(ref)))
            due = (None, None) if bill is None else (bill.due_on, bill.due_rule)
            yield BillRoll(Cycle(ref), *due, roll)
