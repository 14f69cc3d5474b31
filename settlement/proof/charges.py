"""The part of the proof that is about what charges brought in. Rule: R5.*, R11.3."""

from __future__ import annotations

from collections import defaultdict

from settlement.model.changes import Changes
from settlement.model.rows.charges import ChargeLineRow
from settlement.model.snapshot import Snapshot
from settlement.proof.faults import Faults
from settlement.proof.refunds import given_back
from settlement.proof.reversals import taken_back
from settlement.proof.transfers import Moved


def check_charges(changes: Changes, before: Snapshot, moved: Moved, faults: Faults) -> None:
    """What a charge brought in and has not paid out yet is what its lines hold; a try that failed brought nothing.

    What came from gateways is what was charged, less what they gave back, and took back by themselves.
    """
    collected: dict[tuple[int, int], int] = defaultdict(int)
    for row in changes.charges.lines:
        collected[row.account_id, row.attempt_no] += row.remaining_minor - _collected_before(before, row)
    for (account_id, attempt_no), change in collected.items():
        if (expected := moved.pop((account_id, "collected", attempt_no), 0)) != change:
            faults.add(account_id, f"charge {attempt_no} would hold {change} more, transfers say {expected}")
    charged: dict[int, int] = defaultdict(int)
    for attempt in changes.charges.attempts:
        charged[attempt.account_id] += attempt.charged_minor or 0
    for owner, amount in given_back(changes.refunds, before).items():
        charged[owner] -= amount
    for owner, amount in taken_back(changes.reversals, before).items():
        charged[owner] -= amount
    for owner, amount in charged.items():
        if (came := -moved.pop((owner, "gateway_clearing", 0), 0)) != amount:
            faults.add(owner, f"{amount} charged less what was given back, transfers say {came}")


def _collected_before(before: Snapshot, row: ChargeLineRow) -> int:
    position = before.positions.get(row.account_id)  # type: ignore[call-overload]
    lines = position.charges.lines if position and position.charges else []
    return next(
        (
            line.remaining_minor
            for line in lines
            if (line.attempt_no, line.cycle) == (row.attempt_no, row.cycle)
        ),
        0,
    )
