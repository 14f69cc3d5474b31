"""Coupons come off a bill at the moment it is issued, and at no other. Rule: R4.7."""

from __future__ import annotations

from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.bills import WorkingBill
from settlement.plans.draft.draft import Draft
from settlement.plans.write_off.write_off import pay
from settlement.rules.coupons import coupon_uses
from settlement.rules.waterfall import Fund


def apply_coupons(draft: Draft, account: WorkingAccount, bill: WorkingBill, *, correlation_id: str) -> None:
    """Pays the bill that has just been issued from coupons, switch, holds and available credit notwithstanding."""
    uses = coupon_uses(
        bill.payable_minor or 0,
        [(working.fund, working.balance_minor) for working in account.funds.coupons],
        draft.at,
    )
    if not uses:
        return
    allocated = [Fund("coupon", use.coupon_id, use.amount_minor) for use in uses]
    pay(draft, account, bill, allocated, cause=f"coupon:{bill.cycle}", correlation_id=correlation_id)
    for use in uses:
        if use.lapses_minor:
            working = account.funds.find("coupon", use.coupon_id)
            working.balance_minor -= use.lapses_minor
            draft.transfer(
                account, ("coupon", use.coupon_id), ("expired", 0), use.lapses_minor, f"coupon:{bill.cycle}"
            )
