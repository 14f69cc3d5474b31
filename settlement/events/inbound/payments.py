"""Events of repayment by people: their data and what they ask for. Part of the published contract. Rule: R8, R9."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from settlement.errors import Refused
from settlement.events.inbound.fields import (
    Amount,
    AmountOrZero,
    Currency,
    CycleText,
    Data,
    Name,
    amount_or_zero,
)
from settlement.model.commands.head import EventHead
from settlement.model.commands.payments import (
    PaymentCancelled,
    PaymentRequested,
    PulledBack,
    RelationshipAccepted,
    RelationshipEnded,
    RelationshipRequested,
    UnifiedClosed,
    UnifiedDeleted,
    UnifiedListed,
    UnifiedOrdered,
    UnifiedRun,
)
from settlement.model.cycle import Cycle, parse_cycle
from settlement.model.money import parse_amount

# What one transaction can list and pay in a few seconds.
MOST_LINES = 10_000
MOST_CYCLES = 3


class RelationshipRequestedData(Data):
    """The event's account asks `member` to let it pay."""

    member: Name


class RelationshipAcceptedData(Data):
    """The event's account, the member, takes `main` as its main account."""

    main: Name


class RelationshipEndedData(Data):
    """The event's account, main or member, ends its relationship with `other`."""

    other: Name


class PulledBackData(Data):
    """Transferred money that a member has not spent goes back to the event's account, its main account."""

    amount: Amount
    currency: Currency
    from_account: Name


class PaymentRequestedData(Data):
    """Pays a bill by hand. `amount` is by default what is outstanding; `from_balance` is the part of it that the
    account's balance and the refunds that may pay this bill cover; `channel` pays the rest: `balance`, or a payment
    method by its name, by default the one used last.
    """

    payment: Name
    cycle: CycleText
    currency: Currency
    amount: Amount | None = None
    from_balance: AmountOrZero | None = None
    channel: Name | None = None


class PaymentCancelledData(Data):
    """Gives up a manual payment that is under way."""

    payment: Name


class UnifiedCreatedData(Data):
    """The unsettled bills of these accounts and cycles, to be paid by the event's account, in this order: account by
    account, the cycles of each in the order given.
    """

    settlement: Name
    accounts: Annotated[list[Name], Field(min_length=1, max_length=MOST_LINES)]
    cycles: Annotated[list[CycleText], Field(min_length=1, max_length=MOST_CYCLES)]


class BillName(Data):
    """A bill by its account and cycle."""

    account: Name
    cycle: CycleText


class UnifiedEditedData(Data):
    """A draft's list made anew from `accounts` and `cycles`, or reordered and cut down to `bills`."""

    settlement: Name
    accounts: Annotated[list[Name], Field(min_length=1, max_length=MOST_LINES)] | None = None
    cycles: Annotated[list[CycleText], Field(min_length=1, max_length=MOST_CYCLES)] | None = None
    bills: Annotated[list[BillName], Field(min_length=1, max_length=MOST_LINES)] | None = None


class UnifiedData(Data):
    """A unified settlement by the name under which it was created."""

    settlement: Name


def requested(head: EventHead, _: str, data: RelationshipRequestedData) -> RelationshipRequested:
    """A relationship asked for."""
    return RelationshipRequested(head, data.member)


def accepted(head: EventHead, _: str, data: RelationshipAcceptedData) -> RelationshipAccepted:
    """A relationship agreed to."""
    return RelationshipAccepted(head, data.main)


def ended(head: EventHead, _: str, data: RelationshipEndedData) -> RelationshipEnded:
    """A relationship given up."""
    return RelationshipEnded(head, data.other)


def pulled_back(head: EventHead, _: str, data: PulledBackData) -> PulledBack:
    """Money taken back."""
    return PulledBack(head, data.from_account, data.currency, parse_amount(data.amount, data.currency))


def payment(head: EventHead, _: str, data: PaymentRequestedData) -> PaymentRequested:
    """A manual payment."""
    return PaymentRequested(
        head,
        data.payment,
        parse_cycle(data.cycle),
        data.currency,
        None if data.amount is None else parse_amount(data.amount, data.currency),
        None if data.from_balance is None else amount_or_zero(data.from_balance, data.currency),
        data.channel,
    )


def cancelled(head: EventHead, _: str, data: PaymentCancelledData) -> PaymentCancelled:
    """A manual payment given up."""
    return PaymentCancelled(head, data.payment)


def unified_created(head: EventHead, _: str, data: UnifiedCreatedData) -> UnifiedListed:
    """A unified settlement.

    Raises:
        Refused: it names something twice, or more bills than one settlement holds.
    """
    return _listed(head, data.settlement, data.accounts, data.cycles, is_new=True)


def unified_edited(head: EventHead, _: str, data: UnifiedEditedData) -> UnifiedListed | UnifiedOrdered:
    """A draft's list made anew, or put into another order.

    Raises:
        Refused: neither or both are given, or it names something twice.
    """
    if data.bills is not None and data.accounts is None and data.cycles is None:
        bills = tuple((bill.account, parse_cycle(bill.cycle)) for bill in data.bills)
        if len(set(bills)) < len(bills):
            raise Refused("bad_shape", "data.bills: a bill occurs twice")
        return UnifiedOrdered(head, data.settlement, bills)
    if data.bills is not None or data.accounts is None or data.cycles is None:
        raise Refused("bad_shape", "data: give either accounts and cycles, or bills")
    return _listed(head, data.settlement, data.accounts, data.cycles, is_new=False)


def unified_run(head: EventHead, _: str, data: UnifiedData) -> UnifiedRun:
    """A draft to be paid."""
    return UnifiedRun(head, data.settlement)


def unified_closed(head: EventHead, _: str, data: UnifiedData) -> UnifiedClosed:
    """A settlement to be ended."""
    return UnifiedClosed(head, data.settlement)


def unified_deleted(head: EventHead, _: str, data: UnifiedData) -> UnifiedDeleted:
    """A settlement to be taken off the list."""
    return UnifiedDeleted(head, data.settlement)


def _listed(
    head: EventHead, settlement: str, accounts: list[str], cycles: list[str], *, is_new: bool
) -> UnifiedListed:
    months: tuple[Cycle, ...] = tuple(parse_cycle(cycle) for cycle in cycles)
    for name, values in (("accounts", accounts), ("cycles", months)):
        if len(set(values)) < len(values):
            raise Refused("bad_shape", f"data.{name}: one of them occurs twice")
    if len(accounts) * len(months) > MOST_LINES:
        raise Refused(
            "too_many_bills",
            f"one settlement lists up to {MOST_LINES} bills, not {len(accounts)} accounts times {len(months)} cycles",
        )
    return UnifiedListed(head, settlement, tuple(accounts), months, is_new=is_new)
