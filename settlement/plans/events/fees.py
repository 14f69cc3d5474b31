"""Fees as they are reported. Rule: R2.1."""

from __future__ import annotations

from settlement.errors import Refused
from settlement.model.commands.fees import Fees
from settlement.plans.bills.accrual import accrue
from settlement.plans.charges.collection import collect_reached
from settlement.plans.events.batch import Batch, handle


@handle.register
def book_fees(command: Fees, batch: Batch) -> None:
    """All of them or none; those that are known with the same amount are left out."""
    account = batch.account(command.head.account)
    fresh = []
    for fee in command.lines:
        if fee.currency != account.currency:
            raise Refused(
                "wrong_currency",
                f"fee {fee.label}: {fee.currency}, the account is kept in {account.currency}",
            )
        key = (account.id, fee.fee_key)
        if key not in batch.fees:
            fresh.append(fee)
            continue
        known = batch.fees[key]
        if known is None:
            # Whether its amount is the same is in the file alone.
            raise Refused(
                "archived",
                f"fee {fee.label} was billed long ago and is in an archive; send the others without it",
            )
        if known != fee.amount:
            raise Refused("reused_id", f"fee {fee.label} is known with amount {known}, not {fee.amount}")
    batch.fees.update({(account.id, fee.fee_key): fee.amount for fee in fresh})
    head = command.head
    accrue(batch.draft, account, fresh, arrived_at=head.arrived_at, inbox_id=head.inbox_id)
    if any(fee.amount < 0 for fee in fresh):
        # A credit lowers the frozen amount, which is a release like any other.
        batch.write_off(account, command.head)
    elif account.charges is not None:
        collect_reached(batch.draft, account)
