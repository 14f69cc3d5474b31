"""The part of the proof that is about what gateways took back by themselves. Rule: R5.9, R11.3.

Held against each other: what the transfers leave owed, what the rows of reversals say is taken back and owed, and what
the charges say was taken back of them.
"""

from __future__ import annotations

from collections import defaultdict

from settlement.model.gateway.booked_reversals import BookedReversal
from settlement.model.rows.reversals import ReversalRows
from settlement.model.snapshot import Snapshot
from settlement.proof.faults import Faults
from settlement.proof.transfers import Moved


def check_reversals(rows: ReversalRows, before: Snapshot, moved: Moved, faults: Faults) -> None:
    """Every reversal is owed what transfers say, and each charge has taken back what its reversals have."""
    by_charge: dict[tuple[int, int], int] = defaultdict(int)
    for new in rows.new:
        by_charge[new.account_id, new.attempt_no] += new.taken_minor
        owed = -moved.pop((new.account_id, "reversal", new.reversal_no), 0)
        if owed != new.owed_minor or not 0 <= owed <= new.taken_minor:
            faults.add(
                new.account_id, f"reversal {new.reversal_no} owes {new.owed_minor}, transfers say {owed}"
            )
    for row in rows.values:
        was = _known(before, row.account_id, row.reversal_no)
        if was is None:
            faults.add(row.account_id, f"reversal {row.reversal_no} was not there")
            continue
        by_charge[row.account_id, was.attempt_no] += row.taken_minor - was.taken_minor
        owed = was.owed_minor - moved.pop((row.account_id, "reversal", row.reversal_no), 0)
        if owed != row.owed_minor or not 0 <= owed <= row.taken_minor:
            faults.add(
                row.account_id, f"reversal {row.reversal_no} owes {row.owed_minor}, transfers say {owed}"
            )
    for charge in rows.charges:
        position = before.positions.get(charge.account_id)  # type: ignore[call-overload]
        known = position.reversals.charges if position and position.reversals else []
        reversed_before = next(
            (one.reversed_minor for one in known if one.attempt_no == charge.attempt_no), None
        )
        change = by_charge.pop((charge.account_id, charge.attempt_no), 0)
        if reversed_before is None or charge.reversed_minor != reversed_before + change:
            faults.add(
                charge.account_id,
                f"charge {charge.attempt_no} would have {charge.reversed_minor} taken back, was {reversed_before}, "
                f"reversals say {change}",
            )
    for (account_id, attempt_no), change in by_charge.items():
        if change:
            faults.add(account_id, f"{change} of charge {attempt_no} taken back and no charge carries it")


def taken_back(rows: ReversalRows, before: Snapshot) -> dict[int, int]:
    """By account: what gateways took back by these rows, less what they brought back, minor units."""
    amounts: dict[int, int] = defaultdict(int)
    for new in rows.new:
        amounts[new.account_id] += new.taken_minor
    for row in rows.values:
        was = _known(before, row.account_id, row.reversal_no)
        amounts[row.account_id] += row.taken_minor - (was.taken_minor if was else 0)
    return amounts


def _known(before: Snapshot, account_id: int, reversal_no: int) -> BookedReversal | None:
    position = before.positions.get(account_id)  # type: ignore[call-overload]
    known = position.reversals.reversals if position and position.reversals else []
    return next((one for one in known if one.reversal_no == reversal_no), None)
