"""An account with everything of its own as it stands at this point of a plan."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator, Mapping
from decimal import Decimal

from settlement.model.accounts import AccountId
from settlement.model.bills import Bill
from settlement.model.commands.revisions import account_revision
from settlement.model.cycle import Cycle
from settlement.model.policies.policy import Policy
from settlement.model.snapshot import Position
from settlement.plans.draft.bills import WorkingBill, WorkingLine
from settlement.plans.draft.charges import WorkingCharges
from settlement.plans.draft.funds import WorkingFunds
from settlement.plans.draft.refunds import WorkingRefunds
from settlement.plans.draft.reversals import WorkingReversals
from settlement.rules.credit import AvailableCredit, accruing_minor, spendable_cash, uncollected_minor


class WorkingAccount:
    """An account as it stands at this point of the plan."""

    __slots__ = (
        "auto_write_off_enabled", "bills", "cash_minor", "charges", "credit_control", "credit_limit_minor",
        "currency", "external_id", "frozen_minor", "funds", "funds_since", "held_minor", "holds", "id",
        "lines", "parked", "payment", "refunds", "returnable_minor", "reversals", "terms", "touched",
        "transferred_in_minor", "watch", "write_off_past_bills",
    )  # fmt: skip

    def __init__(self, position: Position) -> None:
        account = position.account
        (
            self.id, self.external_id, self.currency, self.cash_minor, self.credit_limit_minor, self.frozen_minor,
            self.credit_control, self.auto_write_off_enabled, self.write_off_past_bills, parked_at,
            self.transferred_in_minor, self.returnable_minor, self.held_minor, self.funds_since,
        ) = account  # fmt: skip
        self.parked = parked_at is not None
        self.bills = [WorkingBill(bill) for bill in position.bills]
        # Most accounts own no card; an empty list costs less than an empty loop.
        self.lines = [WorkingLine(line) for line in position.lines] if position.lines else []
        self.funds = WorkingFunds(position.funds)
        self.terms = position.terms
        self.watch = position.watch
        self.payment = position.payment
        self.charges = None if position.charges is None else WorkingCharges(self.id, position.charges)
        self.refunds = None if position.refunds is None else WorkingRefunds(position.refunds)
        self.reversals = None if position.reversals is None else WorkingReversals(position.reversals)
        self.holds = {(hold.reason, hold.ref) for hold in position.holds} if position.holds else set()
        self.touched = False

    def available_credit(self, policy: Policy) -> AvailableCredit:
        """Available credit at this point, with its terms. Rule: R1.5, R1.6."""
        frozen = self.frozen_minor + self.held_minor
        if policy.freeze_accruing:
            for bill in self.bills:
                if bill.payable_minor is None:
                    accruing = accruing_minor(bill.accrued, bill.carried_in, self.currency)
                    collected = self.charges.collected_minor(bill.cycle) if self.charges is not None else 0
                    frozen += uncollected_minor(accruing, collected)
        return AvailableCredit(self.cash_minor, self.credit_limit_minor, frozen)

    @property
    def spendable_minor(self) -> int:
        """Cash that is neither frozen by an operator nor set aside for a manual payment. Rule: R4.4."""
        return spendable_cash(self.cash_minor, self.frozen_minor + self.held_minor)

    @property
    def revision(self) -> str:
        """What this state of its switches, limits and holds is known by. Rule: R12.4c."""
        line = None if self.watch is None else self.watch.line_minor
        return account_revision(self, low_credit_line_minor=line, holds=self.holds)

    def spend_cash(self, amount_minor: int) -> None:
        """Takes cash out to pay a bill; what came by transfer goes first. Rule: R9.2b."""
        self.cash_minor -= amount_minor
        if self.transferred_in_minor:
            self.transferred_in_minor -= min(amount_minor, self.transferred_in_minor)
            self.returnable_minor = min(self.returnable_minor, self.transferred_in_minor)
        self.touched = True

    def bill(self, cycle: Cycle) -> WorkingBill | None:
        """The bill of a cycle, if loaded or made here."""
        for bill in self.bills:
            if bill.cycle == cycle:
                return bill
        return None

    def open_bill(self, cycle: Cycle) -> WorkingBill:
        """The bill of a cycle that is still accruing, made empty if the account has none yet."""
        bill = self.bill(cycle)
        if bill is None:
            bill = WorkingBill(Bill(self.id, cycle, "accruing", Decimal(0), Decimal(0), None, 0))
            insort(self.bills, bill)
        return bill


class WorkingAccounts(Mapping[AccountId, WorkingAccount]):
    """The accounts of a plan, by id. A scratch copy of one is made when it is first looked at: of thousands whose bills
    a main account pays, nobody looks at most.
    """

    def __init__(self, positions: Mapping[AccountId, Position]) -> None:
        self._positions = positions
        self._copies: dict[AccountId, WorkingAccount] = {}
        self._ids = {position.account.external_id: key for key, position in positions.items()}
        # Plain bills that this plan has paid, by account, and the hold of which it has let those accounts go.
        self._settled: dict[AccountId, Cycle] = {}
        self._released: tuple[str, str] | None = None

    def __getitem__(self, account_id: AccountId) -> WorkingAccount:
        copy = self._copies.get(account_id)
        return self._copied(account_id) if copy is None else copy

    def __contains__(self, account_id: object) -> bool:
        return account_id in self._copies or account_id in self._positions

    def __iter__(self) -> Iterator[AccountId]:
        yield from self._positions
        yield from (key for key in list(self._copies) if key not in self._positions)

    def __len__(self) -> int:
        return len(self._positions.keys() | self._copies.keys())

    def named(self, external_id: str) -> WorkingAccount | None:
        """The account that the caller knows by this name."""
        account_id = self._ids.get(external_id)
        return None if account_id is None else self[account_id]

    def add(self, account: WorkingAccount) -> None:
        """Takes in an account opened by this plan."""
        self._copies[account.id] = account
        self._ids[account.external_id] = account.id

    def to_finish(self) -> list[WorkingAccount]:
        """Those that were looked at, and those of which something may follow although nobody did: that they have a
        payment method or a watch. In the order of the set.
        """
        for key, position in self._positions.items():
            if position.charges is not None or position.watch is not None:
                self[key]
        return [self._copies[key] for key in self if key in self._copies]

    def untouched(self, account_id: AccountId) -> Position | None:
        """The account as it was loaded, where nobody has looked at it and no bill of it was paid."""
        if account_id in self._copies or account_id in self._settled:
            return None
        return self._positions.get(account_id)

    def settle(self, account_id: AccountId, cycle: Cycle) -> None:
        """A bill of an account that nobody has looked at is paid; whoever looks later sees it so."""
        self._settled[account_id] = cycle

    def release_settled(self, reason: str, ref: str) -> None:
        """The same for the hold of all accounts whose bills were paid in this way."""
        self._released = reason, ref

    def _copied(self, account_id: AccountId) -> WorkingAccount:
        copy = self._copies[account_id] = WorkingAccount(self._positions[account_id])
        if (cycle := self._settled.get(account_id)) is not None:
            bill = copy.open_bill(cycle)
            bill.paid_minor = bill.payable_minor or 0
            if self._released is not None:
                copy.holds.discard(self._released)
        return copy
