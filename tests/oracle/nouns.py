"""What the naive model keeps: plain, mutable, and without any rule. Amounts in cents."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

# (source, which one of its kind, amount): a line of a repayment record.
Source = tuple[str, str, int]
# The charge may have been taken already.
MAY_BE_TAKEN = ("waiting", "sent", "unknown")


@dataclass
class Record:
    """A payment of a bill: why, how much, out of what, and when."""

    initiator: str
    amount: int
    sources: list[Source]
    paid_at: datetime


@dataclass
class Bill:
    """What one account owes for one month. Not issued while `payable` is None."""

    cycle: int
    accrued: Decimal = Decimal(0)
    carried_in: Decimal = Decimal(0)
    payable: int | None = None
    paid: int = 0
    reserved: int = 0
    issued_at: datetime | None = None
    settled_at: datetime | None = None
    records: list[Record] = field(default_factory=list)
    # By product, what came in time; and what is counted there as paid by cards.
    fees: dict[str, Decimal] = field(default_factory=dict)
    by_cards: dict[str, int] = field(default_factory=dict)

    @property
    def left(self) -> int:
        return 0 if self.payable is None else self.payable - self.paid

    @property
    def state(self) -> str:
        if self.payable is None:
            return "accruing"
        return "unsettled" if self.left else "settled"


@dataclass
class StoredCard:
    """A stored value card. `products`: of which it pays the fees; None: of all."""

    name: str
    left: int
    begins: datetime
    ends: datetime
    products: frozenset[str] | None


@dataclass
class CreditRefund:
    """Pays bills of its month and later ones."""

    cycle: int
    left: int


@dataclass
class Part:
    """What a charge is to bring in for one month, and what of it waits for that month's bill."""

    cycle: int
    amount: int
    kept: int = 0


@dataclass
class Charge:
    """A charge of the account's card."""

    no: int
    reason: str
    cycle: int
    parts: list[Part]
    created: datetime
    state: str = "waiting"
    sent: datetime | None = None
    # Looked for in vain when a search had surely to show it, once.
    is_not_shown: bool = False

    @property
    def is_under_way(self) -> bool:
        return self.state in MAY_BE_TAKEN


@dataclass
class Reversal:
    """A refund that the gateway made of a charge by itself, or a dispute. `taken`: back of the payment because of it;
    `owed`: what of that nothing covered.
    """

    name: str
    kind: str
    state: str
    charge: Charge
    taken: int = 0
    owed: int = 0

    @property
    def is_open(self) -> bool:
        return self.state in ("needs_response", "under_review")


@dataclass
class Payment:
    """A bill paid by hand."""

    name: str
    cycle: int
    total: int
    from_balance: int
    channel: str
    until: datetime
    charge: Charge | None = None
    state: str = "running"


@dataclass
class Account:
    """`received`: of the cash, what came by transfer; `returnable`: of that, what may be taken back.
    `funds_since`: when the last money of any kind came.
    """

    name: str
    credit_control: bool
    cash: int = 0
    limit: int = 0
    frozen: int = 0
    set_aside: int = 0
    received: int = 0
    returnable: int = 0
    funds_since: datetime | None = None
    switch: bool = True
    past_bills: bool = False
    card: str | None = None
    holds: set[tuple[str, str]] = field(default_factory=set)
    bills: dict[int, Bill] = field(default_factory=dict)
    refunds: list[CreditRefund] = field(default_factory=list)
    cards: list[StoredCard] = field(default_factory=list)
    # The month whose bill is being issued right now.
    issuing: int | None = None
    charges: list[Charge] = field(default_factory=list)
    reversals: list[Reversal] = field(default_factory=list)
    payments: dict[str, Payment] = field(default_factory=dict)
    last_channel: str | None = None
    main: str | None = None
    is_valid_member: bool = False

    @property
    def issued(self) -> list[Bill]:
        return [bill for cycle, bill in sorted(self.bills.items()) if bill.payable is not None]

    @property
    def accruing(self) -> list[Bill]:
        return [bill for cycle, bill in sorted(self.bills.items()) if bill.payable is None]

    @property
    def charge_under_way(self) -> Charge | None:
        return next((charge for charge in self.charges if charge.is_under_way), None)

    @property
    def is_disputed(self) -> bool:
        return any(reversal.is_open for reversal in self.reversals)

    @property
    def running_payment(self) -> Payment | None:
        return next((payment for payment in self.payments.values() if payment.state == "running"), None)


@dataclass
class Line:
    """A bill on the list of a settlement."""

    account: str
    cycle: int
    listed: int
    paid: int = 0
    state: str = "open"


@dataclass
class Settlement:
    """A unified settlement. `order` names its bills in order of payment; `lines` are all that ever were on its list."""

    main: str
    name: str
    state: str = "draft"
    is_deleted: bool = False
    order: list[tuple[str, int]] = field(default_factory=list)
    lines: dict[tuple[str, int], Line] = field(default_factory=dict)

    @property
    def open_lines(self) -> list[Line]:
        return [line for key in self.order if (line := self.lines[key]).state == "open"]

    @property
    def is_over(self) -> bool:
        return self.state in ("completed", "closed")

    @property
    def hold(self) -> tuple[str, str]:
        return "unified_settlement", f"{self.main}/{self.name}"


@dataclass
class Books:
    """Everything there is. `partial`: may a bill be paid in part."""

    now: datetime
    partial: bool = True
    accounts: dict[str, Account] = field(default_factory=dict)
    settlements: list[Settlement] = field(default_factory=list)

    def settlement(self, main: str, name: str) -> Settlement | None:
        """Also one that was deleted: its name stays taken."""
        return next((one for one in self.settlements if (one.main, one.name) == (main, name)), None)

    def listed_in(self, account: str, cycle: int) -> Settlement | None:
        """The settlement that has this bill on its list and is not done with it."""
        key = (account, cycle)
        return next(
            (one for one in self.settlements if key in one.lines and one.lines[key].state == "open"), None
        )
