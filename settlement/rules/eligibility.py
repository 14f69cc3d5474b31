"""The gate of automatic write-off: switch, holds, available credit. Rule: R4.2."""

from __future__ import annotations

from settlement.model.skip import SkipReason
from settlement.rules.credit import AvailableCredit


def gate_reasons(
    *, parked: bool, switch_on: bool, held: bool, available: AvailableCredit
) -> list[SkipReason]:
    """Every reason that keeps the gate shut, in the order a person would ask; empty when it is open.

    Available credit must be above zero, even where there is cash.
    """
    reasons = []
    if parked:
        reasons.append(SkipReason.PARKED)
    if not switch_on:
        reasons.append(SkipReason.SWITCH_OFF)
    if held:
        reasons.append(SkipReason.ON_HOLD)
    if available.minor <= 0:
        reasons.append(SkipReason.NO_AVAILABLE_CREDIT)
    return reasons
