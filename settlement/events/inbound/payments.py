"""Events about payments of bills by hand."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from settlement.events.inbound.fields import (
    Amount,
    AmountOrZero,
    Currency,
    CycleText,
    EventData,
    Name,
    amount_or_zero,
)
from settlement.model.commands.command import EventHead
from settlement.model.commands.payments import PaymentCancelled, PaymentRequested
from settlement.model.cycle import parse_cycle
from settlement.model.money import parse_amount


class PaymentRequestedData(EventData):
    """A bill paid by hand: from the balance at once, or by a charge of the method, for the time of which automatic
    write-off is on hold.
    """

    TYPE = "bill_payment_requested"
    EXAMPLE = (
        '{"payment": "pay-1", "cycle": "2026-10", "currency": "USD", "from_balance": "10.00", '
        '"channel": "visa"}'
    )

    payment: Annotated[Name, Field(description="its name")]
    cycle: CycleText
    currency: Currency
    amount: Annotated[Amount | None, Field(description="by default what is outstanding")] = None
    from_balance: Annotated[
        AmountOrZero | None,
        Field(description="zero or more: the part from the account's balance and its refunds"),
    ] = None
    channel: Annotated[
        Name | None,
        Field(description="of the rest: `balance` or a payment method; by default the one used last"),
    ] = None

    def command(self, head: EventHead) -> PaymentRequested:
        return PaymentRequested(
            head, self.payment, parse_cycle(self.cycle), self.currency,
            None if self.amount is None else parse_amount(self.amount, self.currency),
            None if self.from_balance is None else amount_or_zero(self.from_balance, self.currency),
            self.channel,
        )  # fmt: skip


class PaymentCancelledData(EventData):
    """A payment that the gateway does not have, or that its payer does not confirm, is given up."""

    TYPE = "bill_payment_cancelled"
    EXAMPLE = '{"payment": "pay-1"}'

    payment: Name

    def command(self, head: EventHead) -> PaymentCancelled:
        return PaymentCancelled(head, self.payment)


EVENTS = (PaymentRequestedData, PaymentCancelledData)
