"""What the stand-in really took, and what went back of it, as the control API gives it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sandbox.gatewaysim.state import Back, SimState


def ledger(state: SimState) -> dict[str, Any]:
    """Every charge, refund and dispute, and sums by the caller's reference."""
    charges = _amounts((charge.reference, charge.amount_minor) for charge in state.charges.values())
    refunds = [back for back in state.back.values() if back.kind == "refund"]
    given = _amounts((back.reference, back.amount_minor) for back in refunds if back.status != "failed")
    # What was given back at the dashboard carries nobody's reference.
    given.pop("", None)
    gone = _amounts(
        (back.charge.reference, back.gone_minor) for back in state.back.values() if back.kind != "reversal"
    )
    return {
        "charges": [
            charge._asdict() | {"charged_at": charge.charged_at.isoformat()}
            for charge in state.charges.values()
        ],
        "by_reference": _totals(charges),
        "charged_twice": _twice(charges),
        "refunds": [_line(back) | {"refunded_at": back.at.isoformat()} for back in refunds],
        "refunded_by_reference": _totals(given),
        "refunded_twice": _twice(given),
        "disputes": [
            _line(back) | {"disputed_at": back.at.isoformat(), "gone_minor": back.gone_minor}
            for back in state.back.values()
            if back.kind == "dispute"
        ],
        "gone_by_reference": {reference: total for reference, total in _totals(gone).items() if total},
    }


def _line(back: Back) -> dict[str, Any]:
    return {
        "gateway": back.charge.gateway, "id": back.id, "reference": back.reference, "charge_id": back.charge.id,
        "amount_minor": back.amount_minor, "currency": back.charge.currency, "status": back.status,
    }  # fmt: skip


def _amounts(lines: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for reference, amount in lines:
        found[reference].append(amount)
    return found


def _totals(amounts: dict[str, list[int]]) -> dict[str, int]:
    return {reference: sum(each) for reference, each in amounts.items()}


def _twice(amounts: dict[str, list[int]]) -> list[str]:
    return sorted(reference for reference, each in amounts.items() if len(each) > 1)
