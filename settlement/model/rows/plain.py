"""What the month close of plain accounts, and the payment of plain bills, come to: one row for each, of which the
database makes all others.

A plain account has cash and bills that accrue, and nothing else (`plans/bills/plain.py`). A plain bill is the only one
that its account owes, paid whole by a main account (`plans/payments/plain.py`). Amounts in minor units.
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


class PlainPayment(NamedTuple):
    """What is left of a bill, paid by a main account. Nothing else of the bill's account changes but its hold."""

    account_id: int
    cycle: int
    amount_minor: int


@dataclass(slots=True)
class PlainPayments:
    """The bills of one round of a unified settlement, each of another member of `main_id`, paid under one cause.

    `releases`: the settlement has ended, and lets go of all of them.
    """

    settlement_id: int = 0
    main_id: int = 0
    currency: str = ""
    cause: str = ""
    releases: bool = False
    rows: list[PlainPayment] = field(default_factory=list)
