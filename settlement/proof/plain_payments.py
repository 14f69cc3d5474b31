"""The part of the proof that is about plain bills that a unified settlement pays. Rule: R9.3, R11.3."""

from __future__ import annotations

from settlement.model.changes import Changes
from settlement.model.snapshot import Position, Snapshot
from settlement.model.unified_settlements import UnifiedLine
from settlement.proof.bills import bill_of
from settlement.proof.faults import Faults


def check_plain_payments(changes: Changes, before: Snapshot, faults: Faults) -> None:
    """Each bill is on the list, paid once, and to the end. All its rows are made of the one that is proved here."""
    payments, positions = changes.plain_payments, before.positions
    if not payments.rows:
        return
    listed = {
        (line.account_id, line.cycle): line
        for line in before.unified_settlements.lines
        if line.settlement_id == payments.settlement_id
    }
    otherwise = {(row.account_id, row.cycle) for row in changes.bills.paid}
    for account_id, cycle, amount in payments.rows:
        # Taken off, so that a bill which is paid again is on no list.
        line = listed.pop((account_id, cycle), None)  # type: ignore[arg-type]
        position = positions.get(account_id)  # type: ignore[call-overload]
        if position is None or line is None or (account_id, cycle) in otherwise:
            faults.add(account_id, f"bill {cycle} is not on the list, or paid twice")
        elif (fault := _mispaid(amount, position, line, payments.currency)) is not None:
            faults.add(account_id, f"bill {cycle}: {fault}")


def _mispaid(amount: int, position: Position, line: UnifiedLine, currency: str) -> str | None:
    bill = bill_of(position, line.cycle)
    if bill is None or bill.payable_minor is None or bill.reserved_minor:
        return f"was {bill}"
    if amount <= 0 or amount != bill.payable_minor - bill.paid_minor:
        return f"paid {amount}, was {bill}"
    if position.account.currency != currency:
        return f"is in {position.account.currency}, not in {currency}"
    if line.state != "open" or line.main_id == line.account_id:
        return f"was {line}"
    return None
