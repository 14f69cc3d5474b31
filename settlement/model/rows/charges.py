"""Rows to write about charges and collection. Amounts in minor units."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple


class CollectionValues(NamedTuple):
    """Where collection from an account stands afterwards; the columns of `CollectionStatus`."""

    account_id: int
    last_attempt_no: int
    uncollected_minor: int
    threshold_minor: int | None
    declining_since: datetime | None
    declined_cycle: int | None
    hard: bool
    noticed_until: datetime | None
    due_at: datetime | None
    attempts_on: date | None
    attempts_that_day: int
    retry_owed: bool
    suspended_at: datetime | None
    stage_at: datetime | None


class NewAttempt(NamedTuple):
    """A charge attempt to insert; it waits to be sent, unless what made it has ended it too."""

    account_id: int
    attempt_no: int
    reason: str
    cycle: int
    method_id: int
    gateway: str
    customer_token: str
    method_token: str
    amount_minor: int
    currency: str
    state: str = "waiting"
    code: str | None = None


class AttemptValues(NamedTuple):
    """What became of an attempt. `next_at` is when it is asked about again; `charged_minor` only where it succeeded."""

    account_id: int
    attempt_no: int
    state: str
    asks: int
    next_at: datetime | None
    gateway_ref: str | None
    charged_minor: int | None
    code: str | None
    message: str | None
    action_url: str | None
    sent_at: datetime | None
    finished_at: datetime | None


class ChargeLineRow(NamedTuple):
    """A bill's part of an attempt, new or known, with what remains of it afterwards."""

    account_id: int
    attempt_no: int
    cycle: int
    amount_minor: int
    remaining_minor: int


@dataclass(slots=True)
class ChargeRows:
    """Where collection stands, and charge attempts with what they cover."""

    collections: list[CollectionValues] = field(default_factory=list)
    new_attempts: list[NewAttempt] = field(default_factory=list)
    attempts: list[AttemptValues] = field(default_factory=list)
    lines: list[ChargeLineRow] = field(default_factory=list)
