"""Rows to write about refunds and disputes that gateways made by themselves. Amounts in minor units."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple


class NewReversal(NamedTuple):
    """A reversal to insert."""

    account_id: int
    reversal_no: int
    gateway: str
    gateway_ref: str
    kind: str
    attempt_no: int
    amount_minor: int
    currency: str
    state: str
    funds: str
    reason: str
    opened_at: datetime
    moved_at: datetime | None
    read_at: datetime
    closed_at: datetime | None
    taken_minor: int
    owed_minor: int
    steps: int


class ReversalValues(NamedTuple):
    """The values a known reversal has afterwards."""

    account_id: int
    reversal_no: int
    amount_minor: int
    state: str
    funds: str
    reason: str
    moved_at: datetime | None
    read_at: datetime
    closed_at: datetime | None
    taken_minor: int
    owed_minor: int
    steps: int


class ChargeReversed(NamedTuple):
    """How much of a charge its gateway has taken back by itself, afterwards."""

    account_id: int
    attempt_no: int
    reversed_minor: int


@dataclass(slots=True)
class ReversalRows:
    """Reversals, new and known, and the charges they are of."""

    new: list[NewReversal] = field(default_factory=list)
    values: list[ReversalValues] = field(default_factory=list)
    charges: list[ChargeReversed] = field(default_factory=list)
