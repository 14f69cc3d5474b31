"""What changes make of coupons and of collecting: the part of `builders.applied` that few tests need."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from settlement.model.changes import Changes
from settlement.model.collection import Collecting
from settlement.model.cycle import Cycle
from settlement.model.funds import Coupon
from settlement.model.gateway.charges import ChargeAttempt, ChargeLine
from settlement.model.snapshot import Position

_CREATED = datetime(2026, 11, 1, tzinfo=UTC)


def coupons_after(before: Position, changes: Changes) -> list[Coupon]:
    """Those with something left."""
    owner, left = before.account.id, {row.id: row.balance_minor for row in changes.funds.coupons}
    coupons = [replace(item, balance_minor=left.get(item.id, item.balance_minor)) for item in before.coupons]
    coupons.extend(
        Coupon(
            new.id, owner, new.external_id, new.kind,  # type: ignore[arg-type]
            new.balance_minor, new.valid_from, new.valid_until,
            new.valid_from,
        )
        for new in changes.funds.new_coupons
        if new.account_id == owner
    )  # fmt: skip
    return [item for item in coupons if item.balance_minor]


def collecting_after(before: Position, changes: Changes) -> dict[str, Any]:
    """Where collecting stands, attempts and what they hold, as parts of a position."""
    owner, collecting = before.account.id, before.collecting
    for values in changes.charges.collections:
        if values.account_id == owner:
            collecting = Collecting(*values)  # type: ignore[arg-type]
    attempts = {item.attempt_no: item for item in before.attempts}
    for new in changes.charges.new_attempts:
        if new.account_id == owner:
            attempts[new.attempt_no] = ChargeAttempt(
                owner, new.attempt_no, f"ref-{new.attempt_no}", new.reason,  # type: ignore[arg-type]
                Cycle(new.cycle), new.method_id,
                new.gateway, new.customer_token, new.method_token, new.amount_minor, "waiting",
                _CREATED, None, 0, None,
            )  # fmt: skip
    lines = {(item.attempt_no, item.cycle): item for item in before.charge_lines}
    for row in changes.charges.lines:
        if row.account_id == owner:
            key = (row.attempt_no, Cycle(row.cycle))
            lines[key] = ChargeLine(owner, *key, row.amount_minor, row.remaining_minor)
    return {
        "collecting": collecting,
        "methods": before.methods,
        "attempts": [attempts[no] for no in sorted(attempts)],
        "charge_lines": [lines[key] for key in sorted(lines)],
        "authorizations": before.authorizations,
    }
