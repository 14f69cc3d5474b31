"""The scratch copy a plan works on: one mutable view per account, and the draft that collects rows.

Plans are pure from outside: they take a snapshot and return changes. Inside, several steps must see each other's
effects (a top-up, then the write-off it pays for), and these small mutable views carry them.
"""

from __future__ import annotations

from bisect import insort
from datetime import date, datetime
from decimal import Decimal
from typing import Generic, TypeVar

from settlement.model.accounts import AccountId
from settlement.model.announcements import Facts, announcement
from settlement.model.bills import Bill, BillLine, BillState
from settlement.model.changes import Changes
from settlement.model.cycle import Cycle
from settlement.model.funds import Coupon, CreditRefund, LedgerKind, StoredValueCard
from settlement.model.policies.policy import Policy
from settlement.model.rows.accounts import HoldChange
from settlement.model.rows.records import TransferRow
from settlement.model.skip import Skip, SkipReason
from settlement.model.snapshot import Position, Snapshot
from settlement.plans.draft.charges import Charging
from settlement.plans.draft.payments import Repaying
from settlement.plans.draft.refunds import Refunding
from settlement.rules.credit import AvailableCredit, accruing_minor, spendable_cash, uncollected_minor
from settlement.rules.issuance import IssuedFigures


class WorkingBill:
    """A bill as it stands at this point of the plan."""

    __slots__ = (
        "accrued",
        "carried_in",
        "cycle",
        "due_on",
        "due_rule",
        "figures",
        "issued_now",
        "overdue",
        "paid_minor",
        "payable_minor",
        "reserved_minor",
        "touched",
    )

    def __init__(self, bill: Bill) -> None:
        (
            _, self.cycle, _, self.accrued, self.carried_in, self.payable_minor, self.paid_minor, self.overdue,
            self.reserved_minor,
        ) = bill  # fmt: skip
        self.due_on: date | None = None
        self.due_rule: str | None = None
        self.figures: IssuedFigures | None = None
        self.issued_now = False
        self.touched = False

    def __lt__(self, other: WorkingBill) -> bool:
        return self.cycle < other.cycle

    @property
    def state(self) -> BillState:
        """The state that follows from the figures."""
        if self.payable_minor is None:
            return "accruing"
        return "settled" if self.paid_minor == self.payable_minor else "unsettled"


F = TypeVar("F", bound=StoredValueCard | CreditRefund | Coupon)


class WorkingFund(Generic[F]):
    """A card, refund or coupon with what is left of it."""

    __slots__ = ("balance_minor", "fund", "is_new", "touched")

    def __init__(self, fund: F, balance_minor: int, *, is_new: bool) -> None:
        self.fund = fund
        self.balance_minor = balance_minor
        self.is_new = is_new
        self.touched = False


class WorkingLine:
    """A bill's line with what cards have paid of it."""

    __slots__ = ("card_paid_minor", "line", "touched")

    def __init__(self, line: BillLine) -> None:
        self.line = line
        self.card_paid_minor = line.card_paid_minor
        self.touched = False


class WorkingAccount:
    """An account as it stands at this point of the plan."""

    __slots__ = (
        "auto_write_off_enabled", "bills", "cards", "cash_minor", "charging", "coupons", "credit_control",
        "credit_limit_minor", "currency", "external_id", "frozen_minor", "held_minor", "holds", "id", "lines",
        "parked", "payment", "refunding", "refunds", "returnable_minor", "terms", "touched",
        "transferred_in_minor", "watch", "write_off_past_bills",
    )  # fmt: skip

    def __init__(self, position: Position) -> None:
        account = position.account
        (
            self.id, self.external_id, self.currency, self.cash_minor, self.credit_limit_minor, self.frozen_minor,
            self.credit_control, self.auto_write_off_enabled, self.write_off_past_bills, parked_at,
            self.transferred_in_minor, self.returnable_minor, self.held_minor,
        ) = account  # fmt: skip
        self.parked = parked_at is not None
        self.bills = [WorkingBill(bill) for bill in position.bills]
        # Most accounts own neither cards nor refunds; an empty list costs less than an empty loop.
        self.lines = [WorkingLine(line) for line in position.lines] if position.lines else []
        self.cards = (
            [WorkingFund(card, card.balance_minor, is_new=False) for card in position.cards]
            if position.cards
            else []
        )
        self.refunds = (
            [WorkingFund(refund, refund.remaining_minor, is_new=False) for refund in position.refunds]
            if position.refunds
            else []
        )
        self.coupons = (
            [WorkingFund(coupon, coupon.balance_minor, is_new=False) for coupon in position.coupons]
            if position.coupons
            else []
        )
        self.terms = position.terms
        self.watch = position.watch
        self.payment = position.payment
        self.charging = Charging(self.id, position) if position.collecting is not None else None
        # Charges are loaded only where money is to be given back, or where an answer about that is booked.
        self.refunding = Refunding(position) if position.charges else None
        self.holds = {(hold.reason, hold.ref) for hold in position.holds} if position.holds else set()
        self.touched = False

    def available_credit(self, policy: Policy) -> AvailableCredit:
        """Available credit at this point, with its terms. Rule: R1.5, R1.6."""
        frozen = self.frozen_minor + self.held_minor
        if policy.freeze_accruing:
            for bill in self.bills:
                if bill.payable_minor is None:
                    accruing = accruing_minor(bill.accrued, bill.carried_in, self.currency)
                    collected = self.charging.collected_minor(bill.cycle) if self.charging is not None else 0
                    frozen += uncollected_minor(accruing, collected)
        return AvailableCredit(self.cash_minor, self.credit_limit_minor, frozen)

    @property
    def spendable_minor(self) -> int:
        """Cash that is neither frozen by an operator nor set aside for a manual payment. Rule: R4.4."""
        return spendable_cash(self.cash_minor, self.frozen_minor + self.held_minor)

    def spend_cash(self, amount_minor: int) -> None:
        """Takes cash out to pay a bill; what came by transfer goes first. Rule: R9.2d."""
        self.cash_minor -= amount_minor
        self.transferred_in_minor -= min(amount_minor, self.transferred_in_minor)
        self.returnable_minor = min(self.returnable_minor, self.transferred_in_minor)
        self.touched = True

    def hold(self, draft: Draft, reason: str, ref: str) -> None:
        """Holds automatic write-off for one more reason."""
        if (reason, ref) not in self.holds:
            self.holds.add((reason, ref))
            draft.changes.accounts.holds.append(HoldChange(self.id, reason, ref, held=True))

    def release(self, draft: Draft, reason: str, ref: str) -> None:
        """Ends one hold, if it is there."""
        if (reason, ref) in self.holds:
            self.holds.discard((reason, ref))
            draft.changes.accounts.holds.append(HoldChange(self.id, reason, ref, held=False))

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


class Draft:
    """Collects the rows of one plan. `at` is the logical instant of everything in it (UTC)."""

    def __init__(self, snapshot: Snapshot, *, at: datetime, policy: Policy) -> None:
        self.at = at
        self.policy = policy
        self.changes = Changes()
        self.accounts: dict[AccountId, WorkingAccount] = {
            account_id: WorkingAccount(position) for account_id, position in snapshot.positions.items()
        }
        self.by_name: dict[str, WorkingAccount] = {w.external_id: w for w in self.accounts.values()}
        self.repaying = Repaying(snapshot.repaying)

    def add(self, account: WorkingAccount) -> None:
        """Takes in an account opened by this plan."""
        self.accounts[account.id] = account
        self.by_name[account.external_id] = account

    def skip(self, account: WorkingAccount, reason: SkipReason) -> None:
        """Notes why the account's unsettled bills stay."""
        self.changes.skips.append(Skip(account.id, reason))

    def announce(self, account: WorkingAccount, topic: str, facts: Facts, correlation_id: str) -> None:
        """A fact about the account, to be published under this topic. Rule: R11.1."""
        self.changes.announcements.append(announcement(account.id, topic, facts, correlation_id))

    def transfer(
        self,
        account: WorkingAccount,
        debit: tuple[LedgerKind, int],
        credit: tuple[LedgerKind, int],
        amount_minor: int,
        cause: str,
    ) -> None:
        """One balanced ledger entry in the account's currency. Rule: R11.2."""
        self.changes.records.transfers.append(
            TransferRow(
                account.id, debit[0], debit[1], credit[0], credit[1], amount_minor, account.currency, cause
            )
        )
