"""Books fees onto accruing bills, whichever door they came by. Rule: R2.*."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from functools import partial

from settlement.model.commands.fees import FeeLine
from settlement.model.cycle import Cycle, next_cycle
from settlement.model.money import EXACT
from settlement.model.rows.bills import Accrual, FeeRow, LineAccrual
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.draft import Draft
from settlement.rules.calendar import booking_cycle, lies_in_one_month

ZERO = Decimal(0)
LineKey = tuple[Cycle, str, str, bool]


def accrue(
    draft: Draft,
    account: WorkingAccount,
    fees: Iterable[FeeLine],
    *,
    arrived_at: datetime | None = None,
    import_id: int | None = None,
    inbox_id: int | None = None,
) -> None:
    """Appends the fees and adds them to the bills and lines of their cycles.

    The caller has left out fees known already. On time is what arrived before the instant of issuance of its month,
    whenever it is worked off; `arrived_at` is that of the plan where nothing else is said. A fee that came too late, or
    whose bill is issued all the same, goes to the month of arrival or the first after it, marked late. Rule: R2.3.
    """
    lines: dict[LineKey, Decimal] = {}
    arrived_at = draft.at if arrived_at is None else min(arrived_at, draft.at)
    book, of_row = draft.changes.bills.fees.append, partial(tuple.__new__, FeeRow)
    for fee in fees:
        fee_key, _, amount, _, product, order_id, incurred_at, ended_at, occurrence, export_id, takes_back = (
            fee
        )
        cycle, late = _cycle_for(draft, account, incurred_at, arrived_at)
        single = not late and lies_in_one_month(incurred_at, ended_at, cycle, draft.policy.zone)
        key = (cycle, product, order_id, single)
        lines[key] = EXACT.add(lines.get(key, ZERO), amount)
        # Made past the named tuple's own constructor, which takes as long as all the rest of a fee.
        book(
            of_row(
                (
                    account.id, fee_key, occurrence, cycle, amount, account.currency, product, order_id, incurred_at,
                    late, import_id, inbox_id, export_id, None if export_id is None else ended_at, takes_back,
                )
            )
        )  # fmt: skip
    totals: dict[Cycle, Decimal] = {}
    for (cycle, *_), accrued in lines.items():
        totals[cycle] = EXACT.add(totals.get(cycle, ZERO), accrued)
    for cycle, accrued in totals.items():
        bill = account.open_bill(cycle)
        bill.accrued = EXACT.add(bill.accrued, accrued)
        draft.changes.bills.accruals.append(Accrual(account.id, cycle, account.currency, accrued, ZERO))
    for (cycle, product, order_id, single), accrued in lines.items():
        draft.changes.bills.line_accruals.append(
            LineAccrual(account.id, cycle, product, order_id, single, accrued)
        )


def _cycle_for(
    draft: Draft, account: WorkingAccount, incurred_at: datetime, arrived_at: datetime
) -> tuple[Cycle, bool]:
    """The calendar decides; a bill issued by a worker whose clock is ahead of ours overrules it."""
    found = draft.booking_cycles.get((incurred_at, arrived_at))
    if found is None:
        found = booking_cycle(incurred_at, arrived_at, draft.policy)
        draft.booking_cycles[incurred_at, arrived_at] = found
    cycle, late = found
    while (bill := account.bill(cycle)) is not None and bill.payable_minor is not None:
        cycle, late = next_cycle(cycle), True
    return cycle, late
