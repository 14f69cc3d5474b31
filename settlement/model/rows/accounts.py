"""Rows to write about accounts and the holds on their automatic write-off. Amounts in minor units."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple


class NewAccount(NamedTuple):
    """An account to insert; its balances follow as an `AccountValues` row."""

    id: int
    external_id: str
    name: str
    currency: str
    opened_at: datetime


class AccountValues(NamedTuple):
    """The values an account has afterwards. Amounts in minor units."""

    id: int
    cash_minor: int
    credit_limit_minor: int
    frozen_minor: int
    credit_control: bool
    auto_write_off_enabled: bool
    write_off_past_bills: bool
    transferred_in_minor: int
    returnable_minor: int
    held_minor: int
    funds_since: datetime | None


class HoldChange(NamedTuple):
    """A hold set (`is_set`) or released."""

    account_id: int
    reason: str
    ref: str
    is_set: bool


@dataclass(slots=True)
class AccountRows:
    """What accounts become."""

    new: list[NewAccount] = field(default_factory=list)
    values: list[AccountValues] = field(default_factory=list)
    holds: list[HoldChange] = field(default_factory=list)
