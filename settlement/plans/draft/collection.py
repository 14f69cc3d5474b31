"""What is to be collected from an account as it stands, and whether that may start by itself. Rule: R5.*."""

from __future__ import annotations

from dataclasses import replace

from settlement.model.cycle import Cycle
from settlement.model.gateway.charge_limits import ChargeUnit
from settlement.model.gateway.charges import PaymentMethod
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.charges import WorkingCharges
from settlement.plans.draft.draft import Draft
from settlement.rules.charge_limits import charge_unit
from settlement.rules.credit import accruing_minor
from settlement.rules.thresholds import threshold_for


def uncollected(account: WorkingAccount, charges: WorkingCharges) -> list[tuple[Cycle, int]]:
    """By cycle not issued yet: fees less what was collected, or is being charged, for them. Rule: R5.2a."""
    parts = []
    for bill in account.bills:
        if bill.payable_minor is None:
            left = accruing_minor(bill.accrued, bill.carried_in, account.currency)
            left -= charges.collected_minor(bill.cycle) + charges.reserved_minor(bill.cycle)
            if left > 0:
                parts.append((bill.cycle, left))
    return parts


def threshold_of(draft: Draft, account: WorkingAccount, charges: WorkingCharges) -> int | None:
    """At how much the next charge starts by itself; None while none may. Rule: R5.1, R5.2b, R5.4."""
    default = charges.default
    if (
        default is None
        or default.is_paused
        or account.credit_control
        or charges.in_flight is not None
        or charges.values.declining_since is not None
    ):
        return None
    method = default.method
    if default.threshold_minor != method.threshold_minor:
        method = replace(method, threshold_minor=default.threshold_minor)
    return threshold_for(method, account.currency, draft.policy.collection)


def is_capped(draft: Draft, charges: WorkingCharges) -> bool:
    """Has this local day seen as many charges as it may? Rule: R5.4f."""
    today = draft.at.astimezone(draft.policy.zone).date()
    used = charges.values.attempts_that_day if charges.values.attempts_on == today else 0
    return used >= draft.policy.collection.attempts_per_day


def charge_unit_of(draft: Draft, account: WorkingAccount, method: PaymentMethod) -> ChargeUnit:
    """The amounts that the method's gateway takes."""
    return charge_unit(method.gateway, account.currency, draft.policy.collection)
