"""How much of what is owed a gateway can take at once; the rest waits for the next charge. Rule: R5.8a."""

from __future__ import annotations

from settlement.model.cycle import Cycle
from settlement.model.gateway.charge_limits import ChargeUnit, published_unit
from settlement.model.policies.collection import CollectionPolicy


def charge_unit(gateway: str, currency: str, policy: CollectionPolicy) -> ChargeUnit:
    """What the gateway takes of a currency: as published, with the limits that the deployment has set for it."""
    unit = published_unit(gateway, currency)
    minimum = policy.charge_minimum_for(gateway, currency)
    maximum = policy.charge_maximum_for(gateway, currency)
    return unit._replace(
        minimum_minor=unit.minimum_minor if minimum is None else minimum,
        maximum_minor=unit.maximum_minor if maximum is None else maximum,
    )


def chargeable_minor(total_minor: int, unit: ChargeUnit) -> int:
    """The most that can be charged of a total at once: no more than the maximum, whole steps, and nothing where that is
    below the minimum. The rest goes with the next charge.
    """
    at_once = total_minor if unit.maximum_minor is None else min(total_minor, unit.maximum_minor)
    whole = at_once - at_once % unit.step_minor
    return whole if whole >= max(unit.minimum_minor, 1) else 0


def chargeable_parts(parts: list[tuple[Cycle, int]], unit: ChargeUnit) -> list[tuple[Cycle, int]]:
    """The parts of a charge, cut to what can be charged: what is too much is left of the last ones."""
    left = chargeable_minor(sum(amount for _, amount in parts), unit)
    cut = []
    for cycle, amount in parts:
        part = min(amount, left)
        left -= part
        if part:
            cut.append((cycle, part))
    return cut


def holdable_minor(amount_minor: int, unit: ChargeUnit) -> int:
    """The least that can be held for a moment in place of an amount: not below it, in whole steps."""
    wanted = max(amount_minor, unit.minimum_minor)
    return wanted + -wanted % unit.step_minor
