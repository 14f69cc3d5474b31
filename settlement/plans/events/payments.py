"""Payments of bills by hand. Rule: R8."""

from __future__ import annotations

from settlement.model.commands.payments import PaymentCancelled, PaymentRequested
from settlement.plans.events.batch import Batch, handle
from settlement.plans.payments.payments import cancel_payment, request_payment


@handle.register
def request(command: PaymentRequested, batch: Batch) -> None:
    """Paid from the balance at once, or a charge of the method is begun."""
    account = batch.account(command.head.account, command.currency)
    request_payment(batch.draft, account, command)


@handle.register
def cancel(command: PaymentCancelled, batch: Batch) -> None:
    """Given up."""
    cancel_payment(batch.draft, batch.account(command.head.account), command)
