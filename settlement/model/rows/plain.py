"""What the month close of plain accounts comes to: one row for each, of which the database makes all others.

A plain account has cash and bills that accrue, and nothing else (`plans/bills/plain.py`). Amounts in minor units.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple


class PlainClose(NamedTuple):
    """The figures of a bill issued now, and what cash paid of it at once; nothing is carried over.

    The bill is settled where all is paid. `cash_minor`: what the account has afterwards; `paid_at` (UTC): when the
    money was there, or the instant of issuance where nothing is paid.
    """

    account_id: int
    currency: str
    payable_minor: int
    dropped: Decimal
    paid_minor: int
    cash_minor: int
    paid_at: datetime


@dataclass(slots=True)
class PlainCloses:
    """The bills of one cycle, each of another account, paid under one cause."""

    cycle: int = 0
    cause: str = ""
    rows: list[PlainClose] = field(default_factory=list)
