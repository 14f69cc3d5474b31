"""Rows to write about unified settlements. Amounts in minor units."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class NewUnified(NamedTuple):
    """A unified settlement to insert, as a draft."""

    id: int
    account_id: int
    external_id: str
    currency: str


class UnifiedValues(NamedTuple):
    """Where a unified settlement stands afterwards. `account_id` is its main account."""

    id: int
    account_id: int
    state: str
    rounds: int
    deleted: bool


class UnifiedLineRow(NamedTuple):
    """A line as it is afterwards, new or known."""

    settlement_id: int
    line_no: int
    account_id: int
    cycle: int
    listed_minor: int
    paid_minor: int
    state: str
    reason: str | None


@dataclass(slots=True)
class UnifiedSettlementRows:
    """Unified settlements, new and known, with their lines."""

    new: list[NewUnified] = field(default_factory=list)
    values: list[UnifiedValues] = field(default_factory=list)
    lines: list[UnifiedLineRow] = field(default_factory=list)
