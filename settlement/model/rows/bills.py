"""Rows to write about fees, and about bills and their lines."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from settlement.model.bills import BillState


class FeeRow(NamedTuple):
    """A fee to append. `export_id`: the picture that an export showed it in; `takes_back`: the key of the fee that this
    one, with the amount turned round, takes back.
    """

    account_id: int
    fee_key: UUID
    occurrence: int
    cycle: int
    amount: Decimal
    currency: str
    product: str
    order_id: str
    incurred_at: datetime
    late: bool
    import_id: int | None
    inbox_id: int | None
    export_id: int | None = None
    ended_at: datetime | None = None
    takes_back: UUID | None = None


class RepeatRow(NamedTuple):
    """How often an import has met a row that was booked before, afterwards."""

    import_id: int
    account_id: int
    fee_key: UUID
    met: int


class Accrual(NamedTuple):
    """What to add to an accruing bill, which is created if the cycle has none yet. Exact major units."""

    account_id: int
    cycle: int
    currency: str
    accrued: Decimal
    carried_in: Decimal


class LineAccrual(NamedTuple):
    """What to add to a bill's line. Exact major units."""

    account_id: int
    cycle: int
    product: str
    order_id: str
    single_month: bool
    accrued: Decimal


class Issuance(NamedTuple):
    """What is fixed of a bill when it is issued, and never changes afterwards."""

    payable_minor: int
    dropped: Decimal
    carried_out: Decimal
    due_on: date | None
    due_rule: str | None


class BillValues(NamedTuple):
    """The values of a bill issued now, with its `Issuance`; `settled_at` (UTC): when its money was there."""

    account_id: int
    cycle: int
    state: BillState
    paid_minor: int
    settled_at: datetime | None
    payable_minor: int
    dropped: Decimal
    carried_out: Decimal
    due_on: date | None
    due_rule: str | None


class BillPaid(NamedTuple):
    """The paid figures of a bill issued earlier; `settled_at` (UTC): when its money was there."""

    account_id: int
    cycle: int
    state: BillState
    paid_minor: int
    reserved_minor: int = 0
    settled_at: datetime | None = None


class LinePaid(NamedTuple):
    """How much of a bill's line cards have paid, minor units, afterwards."""

    account_id: int
    cycle: int
    product: str
    order_id: str
    single_month: bool
    card_paid_minor: int


@dataclass(slots=True)
class BillRows:
    """Fees, and the bills they are on: what accrues, what is issued, what is paid."""

    fees: list[FeeRow] = field(default_factory=list)
    repeats: list[RepeatRow] = field(default_factory=list)
    accruals: list[Accrual] = field(default_factory=list)
    line_accruals: list[LineAccrual] = field(default_factory=list)
    issued: list[BillValues] = field(default_factory=list)
    paid: list[BillPaid] = field(default_factory=list)
    lines_paid: list[LinePaid] = field(default_factory=list)
