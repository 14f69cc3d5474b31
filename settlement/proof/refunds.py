"""The part of the proof that is about money on its way back to payment methods. Rule: R7.3, R11.3.

Held against each other: what the transfers move into and out of `refunding`, what the rows of refunds say is on its
way, and what the charges say was given back of them.
"""

from __future__ import annotations

from collections import defaultdict

from settlement.model.gateway.refunds import ON_ITS_WAY
from settlement.model.rows.refunds import RefundRows
from settlement.model.snapshot import Snapshot
from settlement.proof.faults import Faults
from settlement.proof.transfers import Moved


def check_refunds(refunds: RefundRows, before: Snapshot, moved: Moved, faults: Faults) -> None:
    """Every refund holds what transfers say, and no charge gives back more than it took."""
    # By account and attempt: how much more of the charge counts as given back, as the refunds have it.
    by_charge: dict[tuple[int, int], int] = defaultdict(int)
    for new in refunds.new:
        by_charge[new.account_id, new.attempt_no] += new.amount_minor
        refunding = moved.pop((new.account_id, "refunding", new.refund_no), 0)
        if refunding != new.amount_minor or new.amount_minor <= 0:
            faults.add(
                new.account_id,
                f"refund {new.refund_no} is over {new.amount_minor}, transfers say {refunding}",
            )
    for row in refunds.values:
        position = before.positions.get(row.account_id)  # type: ignore[call-overload]
        known = position.refunds.refunds if position and position.refunds else []
        was = next((refund for refund in known if refund.refund_no == row.refund_no), None)
        if was is None:
            faults.add(row.account_id, f"refund {row.refund_no} was not there")
            continue
        left = was.amount_minor * ((row.state in ON_ITS_WAY) - (was.state in ON_ITS_WAY))
        if (refunding := moved.pop((row.account_id, "refunding", row.refund_no), 0)) != left:
            faults.add(
                row.account_id, f"refund {row.refund_no} would hold {left} more, transfers say {refunding}"
            )
        by_charge[row.account_id, was.attempt_no] -= was.amount_minor * (
            (row.state == "failed") - (was.state == "failed")
        )
    _check_charges(refunds, before, by_charge, faults)


def given_back(refunds: RefundRows, before: Snapshot) -> dict[int, int]:
    """By account: what gateways gave back by these rows, less what came back to them, minor units."""
    amounts: dict[int, int] = defaultdict(int)
    for row in refunds.values:
        position = before.positions.get(row.account_id)  # type: ignore[call-overload]
        for was in position.refunds.refunds if position and position.refunds else []:
            if was.refund_no == row.refund_no:
                amounts[row.account_id] += was.amount_minor * (
                    (row.state == "succeeded") - (was.state == "succeeded")
                )
    return amounts


def _check_charges(
    refunds: RefundRows, before: Snapshot, by_charge: dict[tuple[int, int], int], faults: Faults
) -> None:
    for row in refunds.charges:
        position = before.positions.get(row.account_id)  # type: ignore[call-overload]
        charges = position.refunds.charges if position and position.refunds else []
        was = next((charge for charge in charges if charge.attempt_no == row.attempt_no), None)
        change = by_charge.pop((row.account_id, row.attempt_no), 0)
        if (
            was is None
            or row.refunded_minor != was.refunded_minor + change
            or not 0 <= row.refunded_minor <= was.charged_minor
        ):
            faults.add(
                row.account_id,
                f"charge {row.attempt_no} would have {row.refunded_minor} given back, was {was}, refunds say {change}",
            )
    for (account_id, attempt_no), change in by_charge.items():
        if change:
            faults.add(account_id, f"{change} of charge {attempt_no} given back and no charge carries it")
