"""Sums over bills: a month's, the last months', and what is unsettled by age. Amounts in minor units."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple, get_args

from sqlalchemy import Connection, text

from settlement.model.bills import BillState
from settlement.model.cycle import Cycle
from settlement.model.funds import FundSource
from settlement.storage.work.operating.bill_sums import COUNT_ALL

# What takes no longer to count is counted anew for whoever looks.
_QUICK_S = 0.1
_KEPT = text("SELECT counted_at, months, dues, sources FROM bill_sums WHERE took_s > :quick_s")
_COUNTED = text(COUNT_ALL)
AGES = ("no due date", "not due yet", "1 to 30 days", "31 to 60 days", "61 to 90 days", "over 90 days")


class MonthSum(NamedTuple):
    """The bills of a month, a currency and a state."""

    cycle: Cycle
    currency: str
    state: BillState
    bills: int
    payable_minor: int
    paid_minor: int


class AgeSum(NamedTuple):
    """Unsettled bills by how long they are past their due date."""

    currency: str
    age: str
    bills: int
    outstanding_minor: int


class SourceSum(NamedTuple):
    """What paid a month's bills."""

    cycle: Cycle
    currency: str
    source: FundSource
    paid_minor: int


class _DueSum(NamedTuple):
    currency: str
    due_on: date | None
    bills: int
    outstanding_minor: int


class BillSums(NamedTuple):
    """All sums as of one instant. `counted_at`: when (UTC, by the database's clock); None where it was just now."""

    counted_at: datetime | None
    all_months: Sequence[MonthSum]
    dues: Sequence[_DueSum]
    all_sources: Sequence[SourceSum]

    def months(self, first: Cycle, last: Cycle) -> list[MonthSum]:
        """Of these months and all between, by month, currency and state."""
        states = get_args(BillState)
        found = [row for row in self.all_months if first <= row.cycle <= last]
        return sorted(found, key=lambda row: (row.cycle, row.currency, states.index(row.state)))

    def unsettled_by_age(self, today: date) -> list[AgeSum]:
        """What is unsettled, by currency and age, in the order of `AGES`. `today` is a local date."""
        sums: dict[tuple[str, int], tuple[int, int]] = defaultdict(lambda: (0, 0))
        for row in self.dues:
            place = row.currency, AGES.index(_age(row.due_on, today))
            bills, outstanding_minor = sums[place]
            sums[place] = bills + row.bills, outstanding_minor + row.outstanding_minor
        return [AgeSum(currency, AGES[age], *sums[currency, age]) for currency, age in sorted(sums)]

    def sources(self, cycle: Cycle) -> list[SourceSum]:
        """What paid the bills of a month, by currency and source, the largest first."""
        found = [row for row in self.all_sources if row.cycle == cycle]
        return sorted(found, key=lambda row: (row.currency, -row.paid_minor))


def bill_sums(tx: Connection) -> BillSums:
    """The sums: counted now where that is quick, else as they were counted last. Rule: R14.4."""
    row = tx.execute(_KEPT, {"quick_s": _QUICK_S}).one_or_none()
    counted_at, months, dues, sources = row or (None, *tx.execute(_COUNTED).one())
    return BillSums(
        counted_at,
        [MonthSum(*one) for one in months],
        [_DueSum(one[0], one[1] and date.fromisoformat(one[1]), *one[2:]) for one in dues],
        [SourceSum(*one) for one in sources],
    )


def _age(due_on: date | None, today: date) -> str:
    if due_on is None:
        return "no due date"
    days = (today - due_on).days
    if days <= 0:
        return "not due yet"
    return next(
        (name for most, name in ((30, AGES[2]), (60, AGES[3]), (90, AGES[4])) if days <= most), AGES[5]
    )
