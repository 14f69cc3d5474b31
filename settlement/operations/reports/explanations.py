"""Where a bill stands, how it came about, what paid it, and every reason for which it is not settled. Rule: R4.8."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from settlement.model.accounts import AccountId
from settlement.model.cycle import Cycle
from settlement.model.policies.policy import Policy
from settlement.model.reasons import BillDates, Outlook, Reason
from settlement.model.snapshot import Snapshot
from settlement.operations.reports.credit import headroom_minor
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.explain.gate import HoldNames
from settlement.plans.explain.reasons import gate, outlook
from settlement.queries import accounts, bills, charges, refunds
from settlement.queries import explanations as quotes
from settlement.queries.accounts import AccountView
from settlement.queries.bills import BillView
from settlement.queries.charges import ChargeView
from settlement.queries.explanations import Payment, ProductFees
from settlement.rules.credit import AvailableCredit
from settlement.storage.load.scope import FundScope, Scope
from settlement.storage.load.snapshot import load
from settlement.storage.sql.read_only import read_only
from settlement.storage.store import Store


@dataclass(frozen=True, slots=True)
class AccountPosition:
    """An account with its available credit and its terms.

    `accruing_minor` is the part of the frozen amount that fees of cycles not issued yet make up. `gate` says what
    keeps the automatic write-off from paying anything at the moment. `overdue_bills` ask for `overdue_minor`.
    `on_its_way_back_minor` is with the gateways, on its way to payment methods; what of it fails becomes cash.
    `charges_under_way` have not ended, whatever bills they are for.
    """

    account: AccountView
    available: AvailableCredit
    accruing_minor: int
    gate: tuple[Reason, ...]
    overdue_bills: int
    overdue_minor: int
    on_its_way_back_minor: int = 0
    charges_under_way: Sequence[ChargeView] = ()

    @property
    def headroom_minor(self) -> int:
        """As of now. Rule: R1.5f."""
        return headroom_minor(self.account, self.available)


@dataclass(frozen=True, slots=True)
class BillExplanation:
    """A bill with the fees behind it, what paid it and, unless it is settled, what the next write-off does to it.

    `dates` is None until the bill is issued.
    """

    bill: BillView
    dates: BillDates | None
    products: Sequence[ProductFees]
    payments: Sequence[Payment]
    outlook: Outlook | None

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why it is not settled; empty where it is, or where the next write-off settles it."""
        return () if self.outlook is None else self.outlook.reasons


@dataclass(frozen=True, slots=True)
class Explanation:
    """The account, and the bill asked about or all of its bills that are not settled, oldest first."""

    at: datetime
    position: AccountPosition
    bills: tuple[BillExplanation, ...]


def explain(store: Store, account: str, cycle: Cycle | None, *, at: datetime, policy: Policy) -> Explanation:
    """Explains one bill, or without a cycle every bill of the account that is not settled, as of `at` (UTC).

    Nothing is written and no lock is taken. The reasons are what the write-off itself would decide.

    Raises:
        NotFound: there is no such account, or it has no bill of the cycle.
    """
    with store.transaction() as tx:
        read_only(tx)
        view = accounts.account(tx, account)
        found = [bills.bill(tx, account, cycle)] if cycle is not None else _open_bills(tx, account)
        cycles = [bill.cycle for bill in found]
        scope = Scope(
            names=[account], from_cycle=min(cycles, default=None), funds=FundScope(lines_for={account})
        )
        quoted = _Quoted(
            quotes.products(tx, view.id, cycles),
            quotes.payments(tx, view.id, cycles, since=policy.records_since),
            quotes.dates(tx, view.id, cycles),
        )
        snapshot = load(tx, scope, lock=False)
        names = {(hold.reason, hold.ref): hold.name for hold in accounts.holds(tx, view.id)}
        return Explanation(
            at,
            _position(tx, snapshot, view, names, at, policy),
            tuple(_bill(snapshot, view, bill, quoted, names, at, policy) for bill in found),
        )


@dataclass(frozen=True, slots=True)
class _Quoted:
    """What the database says about the bills explained, by cycle."""

    products: Mapping[int, Sequence[ProductFees]]
    payments: Mapping[int, Sequence[Payment]]
    dates: Mapping[int, BillDates]


def _open_bills(tx: Connection, account: str) -> list[BillView]:
    return [
        bill
        for state in ("unsettled", "accruing")
        for bill in bills.bills(tx, limit=1200, account=account, state=state)
    ]


def _position(
    tx: Connection, snapshot: Snapshot, view: AccountView, names: HoldNames, at: datetime, policy: Policy
) -> AccountPosition:
    account_id = AccountId(view.id)
    position = snapshot.positions[account_id]
    available = WorkingAccount(position).available_credit(policy)
    overdue = [bill for bill in position.bills if bill.overdue and bill.outstanding_minor]
    return AccountPosition(
        account=view,
        available=available,
        accruing_minor=available.frozen_minor - view.frozen_minor - view.held_minor,
        gate=gate(snapshot, account_id, at=at, policy=policy, names=names),
        overdue_bills=len(overdue),
        overdue_minor=sum(bill.outstanding_minor for bill in overdue),
        on_its_way_back_minor=sum(row.amount_minor for row in refunds.on_their_way(tx, view.id)),
        charges_under_way=charges.under_way(tx, view.external_id),
    )


def _bill(
    snapshot: Snapshot,
    view: AccountView,
    bill: BillView,
    quoted: _Quoted,
    names: HoldNames,
    at: datetime,
    policy: Policy,
) -> BillExplanation:
    dates = quoted.dates.get(bill.cycle)
    return BillExplanation(
        bill=bill,
        dates=dates,
        products=quoted.products.get(bill.cycle, ()),
        payments=quoted.payments.get(bill.cycle, ()),
        outlook=None
        if bill.state == "settled"
        else outlook(
            snapshot, AccountId(view.id), bill.cycle, at=at, policy=policy, dates=dates, names=names
        ),
    )
