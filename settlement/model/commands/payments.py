"""What people ask for: relationships, transfers back, manual payments, unified settlements. Rule: R8.*, R9.*."""

from __future__ import annotations

from dataclasses import dataclass

from settlement.model.commands.head import EventHead
from settlement.model.cycle import Cycle


@dataclass(frozen=True, slots=True)
class RelationshipRequested:
    """`head.account` wants to be the main account of `member`."""

    head: EventHead
    member: str


@dataclass(frozen=True, slots=True)
class RelationshipAccepted:
    """`head.account`, the member, agrees."""

    head: EventHead
    main: str


@dataclass(frozen=True, slots=True)
class RelationshipEnded:
    """Either side ends it; `other` is the side that the event does not come from."""

    head: EventHead
    other: str


@dataclass(frozen=True, slots=True)
class PulledBack:
    """Money that `head.account`, the main account, takes back from a member that has not spent it."""

    head: EventHead
    from_account: str
    currency: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class PaymentRequested:
    """A manual payment. None leaves a part to its default: the outstanding, the last channel used. Rule: R8.1."""

    head: EventHead
    payment: str
    cycle: Cycle
    currency: str
    total_minor: int | None
    balance_minor: int | None
    channel: str | None


@dataclass(frozen=True, slots=True)
class PaymentCancelled:
    """Gives up a manual payment that is under way."""

    head: EventHead
    payment: str


@dataclass(frozen=True, slots=True)
class UnifiedListed:
    """A unified settlement is created (`is_new`), or its list is made anew: accounts times cycles, in this order."""

    head: EventHead
    settlement: str
    accounts: tuple[str, ...]
    cycles: tuple[Cycle, ...]
    is_new: bool


@dataclass(frozen=True, slots=True)
class UnifiedOrdered:
    """The bills of a draft are put into this order; those not named are dropped."""

    head: EventHead
    settlement: str
    bills: tuple[tuple[str, Cycle], ...]


@dataclass(frozen=True, slots=True)
class UnifiedRun:
    """Pays the listed bills, now or as soon as there is money."""

    head: EventHead
    settlement: str


@dataclass(frozen=True, slots=True)
class UnifiedClosed:
    """Ends a settlement that is not over: what is not paid stays unpaid."""

    head: EventHead
    settlement: str


@dataclass(frozen=True, slots=True)
class UnifiedDeleted:
    """Takes a settlement off the list; one that runs has to be closed first."""

    head: EventHead
    settlement: str


UnifiedCommand = UnifiedListed | UnifiedOrdered | UnifiedRun | UnifiedClosed | UnifiedDeleted
RelationshipCommand = RelationshipRequested | RelationshipAccepted | RelationshipEnded
RepaymentCommand = RelationshipCommand | PulledBack | PaymentRequested | PaymentCancelled | UnifiedCommand
