"""The gate of automatic write-off: switch, holds, available credit. Rule: R4.2."""

from __future__ import annotations

from settlement.model.gateway.charges import MethodKind
from settlement.model.skip import SkipReason
from settlement.rules.credit import AvailableCredit


def needs_available_credit(*, credit_control: bool, default_method: MethodKind | None) -> bool:
    """Does the gate ask this account for available credit? Rule: R4.2e.

    Not a standard account whose default method is charged by itself: what its funds do not cover is collected from
    the method, so no bill of it waits for credit, and funds kept back would only have the method pay what they could.
    """
    return credit_control or default_method not in ("bank_card", "paypal")


def gate_reasons(
    *, parked: bool, switch_on: bool, on_hold: bool, available: AvailableCredit, needs_credit: bool
) -> list[SkipReason]:
    """Every reason that keeps the gate shut, in the order a person would ask; empty when it is open.

    Available credit must be above zero, even where there is cash, unless the account is not asked for it.
    """
    reasons = []
    if parked:
        reasons.append(SkipReason.PARKED)
    if not switch_on:
        reasons.append(SkipReason.SWITCH_OFF)
    if on_hold:
        reasons.append(SkipReason.ON_HOLD)
    if needs_credit and available.minor <= 0:
        reasons.append(SkipReason.NO_AVAILABLE_CREDIT)
    return reasons
