"""What changes make of coupons and charges: the part of `builders.applied` that few tests need."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from settlement.model.changes import Changes
from settlement.model.cycle import Cycle
from settlement.model.funds import Coupon
from settlement.model.gateway.charges import ChargeAttempt, ChargeLine
from settlement.model.gateway.collection import CollectionStatus
from settlement.model.snapshot import ChargePosition, Position

_CREATED = datetime(2026, 11, 1, tzinfo=UTC)


def coupons_after(before: Position, changes: Changes) -> list[Coupon]:
    """Those with something left."""
    owner, left = (
        before.account.id,
        {row.id: row.balance_minor for row in changes.funds.values.get("coupon", ())},
    )
    coupons = [
        replace(item, balance_minor=left.get(item.id, item.balance_minor)) for item in before.funds.coupons
    ]
    coupons.extend(
        replace(new.fund, balance_minor=new.balance_minor)
        for new in changes.funds.new.get("coupon", ())
        if isinstance(new.fund, Coupon) and new.fund.account_id == owner
    )
    return [item for item in coupons if item.balance_minor]


def charges_after(before: Position, changes: Changes) -> ChargePosition | None:
    """Where collection stands, attempts and what they hold."""
    owner, charges = before.account.id, before.charges
    collection = None if charges is None else charges.collection
    for values in changes.charges.collections:
        if values.account_id == owner:
            collection = CollectionStatus(*values)  # type: ignore[arg-type]
    if collection is None:
        return None
    charges = charges or ChargePosition(collection)
    attempts = {item.attempt_no: item for item in charges.attempts}
    for new in changes.charges.new_attempts:
        if new.account_id == owner:
            attempts[new.attempt_no] = ChargeAttempt(
                owner, new.attempt_no, f"ref-{new.attempt_no}", new.reason,  # type: ignore[arg-type]
                Cycle(new.cycle), new.method_id,
                new.gateway, new.customer_token, new.method_token, new.amount_minor, "waiting",
                _CREATED, None, 0, None,
            )  # fmt: skip
    lines = {(item.attempt_no, item.cycle): item for item in charges.lines}
    for row in changes.charges.lines:
        if row.account_id == owner:
            key = (row.attempt_no, Cycle(row.cycle))
            lines[key] = ChargeLine(owner, *key, row.amount_minor, row.remaining_minor)
    return ChargePosition(
        collection,
        charges.methods,
        [attempts[no] for no in sorted(attempts)],
        [lines[key] for key in sorted(lines)],
        charges.authorizations,
    )
