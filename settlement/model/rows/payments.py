"""Rows to write about relationships, manual payments and unified settlements. Amounts in minor units."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class RelationshipRow(NamedTuple):
    """A relationship as it is afterwards, new or known."""

    id: int
    main_id: int
    member_id: int
    state: str


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
