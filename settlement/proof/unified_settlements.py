"""The part of the proof that is about the lists of unified settlements. Rule: R9.3, R11.3."""

from __future__ import annotations

from collections import defaultdict

from settlement.model.changes import Changes
from settlement.model.snapshot import Snapshot
from settlement.proof.faults import Faults


def check_unified_settlements(changes: Changes, before: Snapshot, faults: Faults) -> None:
    """What a unified settlement says it paid of a bill is what the bill's records say it paid."""
    paid: dict[tuple[str, int, int], int] = defaultdict(int)
    for row in changes.records.repayments:
        if row.initiator == "unified_settlement":
            paid[row.cause.split(":")[1], row.account_id, row.cycle] += row.amount_minor
    if not paid and not changes.unified_settlements.lines:
        return
    known = before.unified_settlements
    was: dict[tuple[int, int, int], int] = {
        (line.settlement_id, line.account_id, line.cycle): line.paid_minor
        for line in (*known.lines, *known.open_lines)
    }
    for line in changes.unified_settlements.lines:
        paid_before = was.get((line.settlement_id, line.account_id, line.cycle), 0)
        paid[str(line.settlement_id), line.account_id, line.cycle] -= line.paid_minor - paid_before
    for (settlement, account_id, cycle), left in paid.items():
        if left:
            faults.add(
                account_id, f"settlement {settlement} paid bill {cycle} {left} more than its list says"
            )
