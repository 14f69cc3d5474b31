"""Events about money that comes, moves between accounts and goes back."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from settlement.events.inbound.fields import Amount, Currency, CycleText, EventData, Name
from settlement.model.commands.command import EventHead
from settlement.model.commands.money import PulledBack, Refund, RefundTo, TopUp, Transfer
from settlement.model.cycle import parse_cycle
from settlement.model.money import parse_amount


class TopUpData(EventData):
    """Cash from outside. Then the write-off."""

    TYPE = "top_up"
    EXAMPLE = '{"amount": "250.00", "currency": "USD"}'

    amount: Amount
    currency: Currency

    def command(self, head: EventHead) -> TopUp:
        return TopUp(head, self.currency, parse_amount(self.amount, self.currency))


class TransferData(EventData):
    """Cash from the main account, up to the least of three: its cash without what came to it by transfer, its cash
    without what is frozen or set aside, its available credit. Nothing while it has overdue bills. Then the receiver's
    write-off.
    """

    TYPE = "transfer"
    EXAMPLE = '{"amount": "40.00", "currency": "USD", "from_account": "acct-main"}'

    amount: Amount
    currency: Currency
    from_account: Annotated[
        Name, Field(description="the main account of the event's account, by a valid relationship")
    ]

    def command(self, head: EventHead) -> Transfer:
        return Transfer(head, self.from_account, self.currency, parse_amount(self.amount, self.currency))


class PulledBackData(EventData):
    """What the member was sent and has not spent comes back to the event's account. Then the write-off."""

    TYPE = "transfer_pulled_back"
    EXAMPLE = '{"amount": "15.00", "currency": "USD", "from_account": "acct-member"}'

    amount: Amount
    currency: Currency
    from_account: Annotated[Name, Field(description="a member")]

    def command(self, head: EventHead) -> PulledBack:
        return PulledBack(head, self.from_account, self.currency, parse_amount(self.amount, self.currency))


class RefundData(EventData):
    """A credit refund of that cycle; or cash; or money sent back to the methods that were charged, oldest charge first,
    and cash for what cannot go back (R7.3); refused where gateways have taken that back by themselves (R5.9f). Then the
    write-off.
    """

    TYPE = "refund"
    EXAMPLE = '{"amount": "12.50", "currency": "USD", "to": "credit", "cycle": "2026-10"}'

    amount: Amount
    currency: Currency
    to: RefundTo = "credit"
    cycle: Annotated[
        CycleText | None,
        Field(description="`YYYY-MM`, of a credit refund: by default the month it is booked in"),
    ] = None

    def command(self, head: EventHead) -> Refund:
        cycle = None if self.cycle is None else parse_cycle(self.cycle)
        return Refund(head, self.currency, parse_amount(self.amount, self.currency), self.to, cycle)


EVENTS = (TopUpData, TransferData, PulledBackData, RefundData)
