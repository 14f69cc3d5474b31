"""The part of the proof that is about repayments and the lines they are made of. Rule: R10.1, R11.3."""

from __future__ import annotations

from collections import defaultdict

from settlement.model.rows.records import RecordRows
from settlement.proof.faults import Faults
from settlement.proof.transfers import Spent


def check_repayments(records: RecordRows, spent: Spent, faults: Faults) -> None:
    """A repayment is the sum of its lines, and each line is money that a transfer took from that fund for that bill."""
    sums: dict[tuple[int, int, str], int] = defaultdict(int)
    for account_id, cycle, cause, _, source, source_id, amount in records.repayment_lines:
        if amount <= 0:
            _check_taken_back(account_id, cycle, cause, amount, faults)
        sums[account_id, cycle, cause] += amount
        spent[account_id, source, source_id, cycle] -= amount
    for row in records.repayments:
        if sums.pop((row.account_id, row.cycle, row.cause), 0) != row.amount_minor:
            faults.add(row.account_id, f"repayment of bill {row.cycle} is not the sum of its lines")
    for account_id, cycle, _ in sums:
        faults.add(account_id, f"repayment lines of bill {cycle} without a repayment")
    for (account_id, kind, source_id, cycle), left in spent.items():
        if left:
            faults.add(
                account_id, f"{kind} {source_id} paid bill {cycle} {left} more than its repayments say"
            )


def _check_taken_back(account_id: int, cycle: int, cause: str, amount: int, faults: Faults) -> None:
    """A payment is above zero; only what a gateway took back by itself is recorded below it. Rule: R10.1d."""
    if not amount or not cause.startswith("reversal:"):
        faults.add(account_id, f"a repayment of {amount} of bill {cycle} by {cause}")
