"""Payment terms. Rule: R6.1."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from settlement.model.commands.command import Command
from settlement.model.cycle import Cycle


@dataclass(frozen=True, slots=True)
class TermAgreed(Command):
    """A contract period with its payment term, for bills of cycles from `from_cycle` on. Rule: R6.1."""

    from_cycle: Cycle
    until_cycle: Cycle | None
    settlement_cycle: Literal["monthly", "quarterly"]
    period_days: int
    day_kind: Literal["calendar", "business"]
    country: str | None
    closing_days: frozenset[date]
