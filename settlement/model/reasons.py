"""Why a bill is unsettled and what would change it, as an answer: for people a sentence, for programs figures and
events. Rule: R4.8.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple


class ReasonCode(StrEnum):
    """Why the next write-off leaves a bill unsettled, in the order in which the reasons are given."""

    NOT_ISSUED = "not_issued"
    PARKED = "parked"
    SWITCH_OFF = "switch_off"
    ON_HOLD = "on_hold"
    UNIFIED_SETTLEMENT = "unified_settlement"
    MANUAL_PAYMENT = "manual_payment"
    NO_AVAILABLE_CREDIT = "no_available_credit"
    CREDIT_CONTROL = "credit_control"
    CHARGE_IN_FLIGHT = "charge_in_flight"
    COUPON_NOT_USABLE = "coupon_not_usable"
    CARD_NOT_USABLE = "card_not_usable"
    REFUND_NOT_ELIGIBLE = "refund_not_eligible"
    PARTIAL_NOT_ALLOWED = "partial_not_allowed"
    NO_FUNDS = "no_funds"
    BELOW_MINIMUM = "below_minimum"


# What no money changes: while one of these holds, a top-up alone settles nothing.
BEYOND_MONEY = frozenset(
    (
        ReasonCode.NOT_ISSUED, ReasonCode.PARKED, ReasonCode.SWITCH_OFF, ReasonCode.ON_HOLD,
        ReasonCode.UNIFIED_SETTLEMENT, ReasonCode.MANUAL_PAYMENT, ReasonCode.CHARGE_IN_FLIGHT,
    )
)  # fmt: skip


class Amount(NamedTuple):
    """Minor units of a currency."""

    minor: int
    currency: str


class RemedyEvent(NamedTuple):
    """An event that would take a reason away: its type and data as in the contract of messages."""

    type: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: a sentence with its figures, the figures by name for programs, and what would change it.

    Any one of `events` takes the reason away; there is none where only time, an operator or a gateway does.
    """

    code: ReasonCode
    sentence: str
    figures: Mapping[str, Amount | str]
    remedy: str
    events: tuple[RemedyEvent, ...] = ()


class BillDates(NamedTuple):
    """When a bill was issued (UTC), and where it has a due date: at the end of which local day it is due, by which
    rule, and since when (UTC) it is marked as overdue, if it is. Rule: R6.1, R6.2.
    """

    issued_at: datetime
    due_on: date | None = None
    due_rule: str | None = None
    overdue_at: datetime | None = None


class CollectionStep(StrEnum):
    """What collecting does next about a standard account's bill. Rule: R4.8e."""

    NO_METHOD = "no_method"
    ANNOUNCED = "announced"
    IN_FLIGHT = "in_flight"
    PAYER_CONFIRMS = "payer_confirms"
    WAITS = "waits"
    RETRY = "retry"
    GIVEN_UP = "given_up"
    THRESHOLD = "threshold"
    SWEEP = "sweep"
    ISSUANCE = "issuance"
    NEXT_EVENT = "next_event"


@dataclass(frozen=True, slots=True)
class Collection:
    """What collecting does next about a bill, and when (UTC), where that is an instant."""

    step: CollectionStep
    at: datetime | None
    sentence: str
    figures: Mapping[str, Amount | str]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the next write-off does to a bill. No reason means that it settles the bill, and the other way round.

    `at` is the instant for which this is said: the one asked about, or for a bill not issued yet, its issuance; then
    `coupons_minor` come off it and `collected_minor`, which charges have brought in already, pay it, both before the
    write-off pays `would_pay_minor`. `top_up_minor` is the least top-up after which the next write-off settles it;
    None where nothing is missing, or where something else has to change first. `dates` are the bill's, or what they
    will be. `collection` is None on credit control, and where nothing is left to collect.
    """

    at: datetime
    reasons: tuple[Reason, ...]
    would_pay_minor: int
    would_settle: bool
    top_up_minor: int | None
    coupons_minor: int
    collected_minor: int
    dates: BillDates
    collection: Collection | None
