"""Repayment by people: billing relationships, manual payments, unified settlements. Rule: R8.*, R9.*."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from settlement.model.accounts import AccountId
from settlement.model.cycle import Cycle

RelationshipState = Literal["pending", "valid", "ended"]
PaymentState = Literal["running", "completed", "failed", "cancelled", "expired"]
UnifiedState = Literal["draft", "running", "completed", "closed"]
LineState = Literal["open", "paid", "dropped"]

# Reasons of the holds on automatic write-off that these acts set and release by themselves.
PAYMENT_HOLD = "manual_payment"
UNIFIED_HOLD = "unified_settlement"
OWN_HOLDS = frozenset((PAYMENT_HOLD, UNIFIED_HOLD))
# In `bill_payment.channel`, where everything is paid from the account balance.
BALANCE = "balance"


class Relationship(NamedTuple):
    """A member account's tie to its main account, not ended. A member has at most one. Rule: R9.1."""

    id: int
    main_id: AccountId
    member_id: AccountId
    state: RelationshipState


@dataclass(frozen=True, slots=True)
class BillPayment:
    """A manual payment of one bill. Amounts in minor units; `balance_minor` of the total comes from the account.

    `external_id` is the caller's name for it; `channel` the payment method that pays the rest, or `balance`;
    `attempt_no` the charge attempt it waits for. Automatic write-off is held until `lease_until` at the latest.
    """

    id: int
    account_id: AccountId
    external_id: str
    cycle: Cycle
    total_minor: int
    balance_minor: int
    channel: str
    attempt_no: int | None
    state: PaymentState
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class UnifiedSettlement:
    """A main account's one-time order to pay the listed bills of several accounts. Rule: R9.3.

    `external_id` is the caller's name for it. `rounds` counts how often it has paid something.
    """

    id: int
    main_id: AccountId
    external_id: str
    currency: str
    state: UnifiedState
    rounds: int
    deleted: bool


class RunningUnified(NamedTuple):
    """What a unified settlement that runs still asks for, minor units."""

    settlement_id: int
    main_id: int
    owed_minor: int


@dataclass(frozen=True, slots=True)
class UnifiedLine:
    """One bill of a unified settlement of `main_id`, paid in the order of `line_no`.

    `listed_minor` is what was outstanding when it was listed, `paid_minor` what this settlement has paid of it.
    """

    settlement_id: int
    line_no: int
    account_id: AccountId
    cycle: Cycle
    listed_minor: int
    paid_minor: int
    state: LineState
    main_id: AccountId
