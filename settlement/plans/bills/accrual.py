"""Books fees onto accruing bills, whichever door they came by. Rule: R2.*."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

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
    totals: dict[Cycle, Decimal] = {}
    lines: dict[LineKey, Decimal] = {}
    arrived_at = draft.at if arrived_at is None else min(arrived_at, draft.at)
    for fee in fees:
        cycle, late = _cycle_for(draft, account, fee, arrived_at)
        totals[cycle] = EXACT.add(totals.get(cycle, ZERO), fee.amount)
        single = not late and lies_in_one_month(fee.incurred_at, fee.ended_at, cycle, draft.policy.zone)
        key = (cycle, fee.product, fee.order_id, single)
        lines[key] = EXACT.add(lines.get(key, ZERO), fee.amount)
        draft.changes.bills.fees.append(
            FeeRow(
                account_id=account.id,
                fee_key=fee.fee_key,
                occurrence=fee.occurrence,
                cycle=cycle,
                amount=fee.amount,
                currency=account.currency,
                product=fee.product,
                order_id=fee.order_id,
                incurred_at=fee.incurred_at,
                late=late,
                import_id=import_id,
                inbox_id=inbox_id,
                export_id=fee.export_id,
                ended_at=None if fee.export_id is None else fee.ended_at,
                takes_back=fee.takes_back,
            )
        )
    for cycle, accrued in totals.items():
        bill = account.open_bill(cycle)
        bill.accrued = EXACT.add(bill.accrued, accrued)
        draft.changes.bills.accruals.append(Accrual(account.id, cycle, account.currency, accrued, ZERO))
    for (cycle, product, order_id, single), accrued in lines.items():
        draft.changes.bills.line_accruals.append(
            LineAccrual(account.id, cycle, product, order_id, single, accrued)
        )


def _cycle_for(
    draft: Draft, account: WorkingAccount, fee: FeeLine, arrived_at: datetime
) -> tuple[Cycle, bool]:
    """The calendar decides; a bill issued by a worker whose clock is ahead of ours overrules it."""
    cycle, late = booking_cycle(fee.incurred_at, arrived_at, draft.policy)
    while (bill := account.bill(cycle)) is not None and bill.payable_minor is not None:
        cycle, late = next_cycle(cycle), True
    return cycle, late
