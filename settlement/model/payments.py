"""Manual payments: a bill paid by a person. Rule: R8.*."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from settlement.model.accounts import AccountId
from settlement.model.cycle import Cycle

PaymentState = Literal["running", "completed", "failed", "cancelled", "expired"]

# Reason of the hold on automatic write-off that a payment sets and releases by itself.
PAYMENT_HOLD = "manual_payment"
# In `bill_payment.channel`, where everything is paid from the account balance.
BALANCE = "balance"


@dataclass(frozen=True, slots=True)
class BillPayment:
    """A manual payment of one bill. Amounts in minor units; `balance_minor` of the total comes from the account.

    `external_id` is the caller's name for it; `channel` the payment method that pays the rest, or `balance`;
    `attempt_no` the charge attempt it waits for. Automatic write-off is on hold until `lease_until` at the latest.
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
