"""Rows to write about money on its way back to the methods that paid."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple


class NewGatewayRefund(NamedTuple):
    """A refund to insert; it waits to be sent. `charge_ref` is the gateway's own id of the charge."""

    account_id: int
    refund_no: int
    inbox_id: int
    attempt_no: int
    gateway: str
    charge_ref: str
    amount_minor: int
    currency: str


class GatewayRefundValues(NamedTuple):
    """What became of a refund. `next_at` is when it is sent or asked about next."""

    account_id: int
    refund_no: int
    state: str
    asks: int
    next_at: datetime | None
    gateway_ref: str | None
    code: str | None
    message: str | None
    sent_at: datetime | None
    finished_at: datetime | None


class ChargeRefunded(NamedTuple):
    """How much of a charge was given back, or is on its way back, afterwards. Minor units."""

    account_id: int
    attempt_no: int
    refunded_minor: int


@dataclass(slots=True)
class RefundRows:
    """Refunds to payment methods, new and known, and the charges they go back to."""

    new: list[NewGatewayRefund] = field(default_factory=list)
    values: list[GatewayRefundValues] = field(default_factory=list)
    charges: list[ChargeRefunded] = field(default_factory=list)
