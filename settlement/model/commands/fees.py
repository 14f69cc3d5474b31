"""Fees as they are reported. Rule: R2.1."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from settlement.model.commands.command import Command, Related


class FeeLine(NamedTuple):
    """One fee as reported: exact amount in major units, when it was incurred and, where known, ended. A named tuple,
    since millions are made.

    Of exports besides: `occurrence` numbers identical rows, `export_id` is the picture it is part of, `takes_back` the
    key of the fee that it takes back.
    """

    fee_key: UUID
    label: str
    amount: Decimal
    currency: str
    product: str
    order_id: str
    incurred_at: datetime
    ended_at: datetime | None
    occurrence: int = 0
    export_id: int | None = None
    takes_back: UUID | None = None


@dataclass(frozen=True, slots=True)
class Fees(Command):
    """Fees of one account, booked together or not at all."""

    lines: tuple[FeeLine, ...]

    def related(self) -> Related:
        """What it needs beside its own account."""
        return Related(fees=[(line.fee_key, line.incurred_at) for line in self.lines])
