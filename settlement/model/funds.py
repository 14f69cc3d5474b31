"""What pays bills: every kind of fund by its names, and those that hold a balance of their own. Rule: R4.5, R7.1."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from typing import ClassVar, Literal, NamedTuple

from settlement.model.accounts import AccountId
from settlement.model.cycle import Cycle

FundSource = Literal["coupon", "card", "refund", "cash", "external", "main_account"]
RepaymentGroup = Literal["coupon_deduction", "stored_value_card", "cash"]
LedgerKind = Literal[
    "cash", "card", "refund", "receivable",
    "revenue", "bank_clearing", "card_grant", "refund_grant", "transfer_clearing", "opening",
    "collected", "gateway_clearing", "coupon", "coupon_grant", "expired", "refunding", "reversal",
]  # fmt: skip


class Stored(NamedTuple):
    """Where funds of a kind are kept: a table with a row and a balance each. `name` is the column people know one by.

    `grant` is the ledger account that they are granted from, `granted_as` what a statement calls that, `event` the type
    of the events that grant them. `ends`: they have a validity, after which what is left is booked off.
    """

    table: str
    balance: str
    name: str
    grant: LedgerKind
    granted_as: str
    event: str
    ends: bool


class FundKind(NamedTuple):
    """One kind of fund by all its names; nothing here computes.

    `source` is its name in repayments, `ledger` the ledger account that it pays from, `group` the group in which
    repayments are reported (R10.1a), `key` its name in fields. People read `title` before one's own name, and
    `titles`.
    """

    source: FundSource
    ledger: LedgerKind
    group: RepaymentGroup
    key: str
    title: str
    titles: str
    stored: Stored | None = None


# In the order in which they pay a bill.
FUNDS: dict[FundSource, FundKind] = {
    kind.source: kind
    for kind in (
        FundKind(
            "coupon", "coupon", "coupon_deduction", "coupons", "coupon", "coupons",
            Stored("coupon", "balance_minor", "external_id", "coupon_grant", "granted", "coupon_granted", ends=True),
        ),
        FundKind(
            "card", "card", "stored_value_card", "cards", "stored value card", "stored value cards",
            Stored(
                "stored_value_card", "balance_minor", "external_id", "card_grant", "activated", "card_activated",
                ends=True,
            ),
        ),
        FundKind(
            "refund", "refund", "cash", "refunds", "credit refund of", "credit refunds",
            Stored("credit_refund", "remaining_minor", "cycle", "refund_grant", "granted", "refund", ends=False),
        ),
        FundKind("cash", "cash", "cash", "cash", "cash", "cash"),
        FundKind("external", "collected", "cash", "charges", "charge", "charges of payment methods"),
        FundKind("main_account", "transfer_clearing", "cash", "main_account", "main account", "its main account"),
    )
}  # fmt: skip
# Those with rows of their own, in the order in which statements list them.
STORED: dict[FundSource, Stored] = {
    source: stored for source in ("card", "coupon", "refund") if (stored := FUNDS[source].stored) is not None
}


@dataclass(frozen=True, slots=True)
class StoredValueCard:
    """A prepaid card. `products` and `orders` limit what it pays; None means every product, every order.

    Valid from `valid_from` up to, but not at, `valid_until` (UTC instants). `external_id` is the caller's name for it.
    """

    source: ClassVar[FundSource] = "card"

    id: int
    account_id: AccountId
    external_id: str
    balance_minor: int
    valid_from: datetime
    valid_until: datetime
    products: frozenset[str] | None
    orders: frozenset[str] | None
    granted_at: datetime


@dataclass(frozen=True, slots=True)
class CreditRefund:
    """Money given back for something bought on credit; pays bills of `cycle` and later ones."""

    source: ClassVar[FundSource] = "refund"

    id: int
    account_id: AccountId
    cycle: Cycle
    remaining_minor: int
    granted_at: datetime

    @property
    def balance_minor(self) -> int:
        """What remains, under the name that it has for every fund."""
        return self.remaining_minor


CouponKind = Literal["amount_off", "single_use"]


@dataclass(frozen=True, slots=True)
class Coupon:
    """Takes its amount off bills as they are issued: until it is used up, or from one bill only. Rule: R4.7.

    Valid from `valid_from` up to, but not at, `valid_until` (UTC instants).
    """

    source: ClassVar[FundSource] = "coupon"

    id: int
    account_id: AccountId
    external_id: str
    kind: CouponKind
    balance_minor: int
    valid_from: datetime
    valid_until: datetime
    granted_at: datetime


StoredFund = StoredValueCard | CreditRefund | Coupon
FUND_CLASSES: dict[FundSource, type[StoredFund]] = {
    fund.source: fund for fund in (StoredValueCard, CreditRefund, Coupon)
}


@dataclass(frozen=True, slots=True)
class FundPosition:
    """What may pay an account's bills besides cash. `coupons` are loaded where bills may be issued, or they expire."""

    cards: Sequence[StoredValueCard] = ()
    credit_refunds: Sequence[CreditRefund] = ()
    coupons: Sequence[Coupon] = ()

    def stored(self) -> Iterator[StoredFund]:
        """All of them."""
        return chain(self.cards, self.credit_refunds, self.coupons)


# Of most accounts, which share it: a set holds thousands.
NO_FUNDS = FundPosition()


@dataclass(frozen=True, slots=True)
class CreditWatch:
    """Available credit is to be told about when it is below `line_minor`: since when it is, how often that was said."""

    account_id: AccountId
    line_minor: int
    low_since: datetime | None
    said: int
    said_on: date | None
