"""Rows to write about credit control. Amounts in minor units."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple


class TermRow(NamedTuple):
    """A payment term to insert, or to put in the place of the one that begins with the same cycle."""

    id: int
    account_id: int
    from_cycle: int
    until_cycle: int | None
    settlement_cycle: str
    period_days: int
    day_kind: str
    country: str | None
    closing_days: list[date]


class WatchValues(NamedTuple):
    """How the watch on an account's available credit stands afterwards; `line_minor` None ends it."""

    account_id: int
    line_minor: int | None
    low_since: datetime | None
    said: int
    said_on: date | None


@dataclass(slots=True)
class CreditRows:
    """Payment terms, and watches on available credit."""

    terms: list[TermRow] = field(default_factory=list)
    watches: list[WatchValues] = field(default_factory=list)
