"""Rows to write about manual payments. Amounts in minor units."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple


class NewPayment(NamedTuple):
    """A manual payment to insert; one that is over already has a state other than `running`."""

    id: int
    account_id: int
    external_id: str
    cycle: int
    total_minor: int
    balance_minor: int
    currency: str
    channel: str
    attempt_no: int | None
    state: str
    lease_until: datetime
    reason: str | None


class PaymentEnd(NamedTuple):
    """How a running manual payment ends."""

    id: int
    account_id: int
    state: str
    reason: str | None


@dataclass(slots=True)
class PaymentRows:
    """Manual payments that are new, and those that end."""

    new: list[NewPayment] = field(default_factory=list)
    ends: list[PaymentEnd] = field(default_factory=list)
