"""A refund on its way to the payment method that was charged, and the charges it can go back to. Rule: R7.3."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from settlement.model.accounts import AccountId
from settlement.model.gateway.refund_calls import RefundOutcome

RefundState = Literal["waiting", "sent", "unknown", "under_way", "succeeded", "failed"]
# In these states the money is neither with the customer nor back in the cash balance.
ON_ITS_WAY: frozenset[RefundState] = frozenset(("waiting", "sent", "unknown", "under_way"))


@dataclass(frozen=True, slots=True)
class GatewayRefund:
    """One try to give back a part of one charge. Its key is (account, refund_no); `reference` is what the gateway
    knows it by, `charge` our reference of the charge `attempt_no`.

    The row is committed before the gateway is called, and `reference` is the idempotency key of the call.
    """

    account_id: AccountId
    refund_no: int
    reference: str
    attempt_no: int
    charge: str
    gateway: str
    amount_minor: int
    state: RefundState
    asks: int
    sent_at: datetime | None
    gateway_ref: str | None
    finished_at: datetime | None
    code: str | None = None


class RefundableCharge(NamedTuple):
    """A charge that succeeded. `refunded_minor` is what was given back of it or is on its way back, `reversed_minor`
    what its gateway took back by itself; minor units. `gateway_ref` is the gateway's own id of the charge.
    """

    account_id: AccountId
    attempt_no: int
    gateway: str
    gateway_ref: str
    charged_minor: int
    refunded_minor: int
    reversed_minor: int = 0


class RefundResponse(NamedTuple):
    """What a gateway reported about one refund, named by its account and number."""

    account_id: int
    refund_no: int
    outcome: RefundOutcome
