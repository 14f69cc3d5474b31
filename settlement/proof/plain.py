"""The part of the proof that is about the close of plain accounts. Rule: R3.1, R11.3."""

from __future__ import annotations

from decimal import Decimal

from settlement.model.changes import Changes
from settlement.model.currencies import EXPONENTS
from settlement.model.money import EXACT, MAX_MINOR
from settlement.model.rows.plain import PlainClose
from settlement.model.snapshot import Position, Snapshot
from settlement.proof.bills import UNITS, bill_of
from settlement.proof.faults import Faults

_ZERO = Decimal(0)


def check_plain(changes: Changes, before: Snapshot, faults: Faults) -> None:
    """Each account is there, and decided once. All its rows are made of the one that is proved here."""
    closes, positions = changes.plain, before.positions
    seen = {row.id for row in changes.accounts.values} | {row.account_id for row in changes.bills.issued}
    for close in closes.rows:
        account_id = close.account_id
        position = positions.get(account_id)  # type: ignore[call-overload]
        if position is None or account_id in seen:
            faults.add(account_id, f"bill {closes.cycle} is of no account that was loaded, or decided twice")
        elif (fault := _misclosed(close, position, closes.cycle)) is not None:
            faults.add(account_id, f"bill {closes.cycle}: {fault}")
        seen.add(account_id)


def _misclosed(close: PlainClose, position: Position, cycle: int) -> str | None:
    """What accrued is payable or dropped, to the last digit; no more is paid than that, and than there is cash."""
    _, currency, payable, dropped, paid, cash, _ = close
    if currency != position.account.currency:
        return f"is in {position.account.currency}, not in {currency}"
    accrued, unit = _accrued(position, cycle), UNITS[EXPONENTS[currency]]
    if accrued is None:
        return "was not accruing"
    if not _ZERO <= dropped < unit or EXACT.subtract(accrued, dropped) != EXACT.multiply(unit, payable):
        return f"{accrued} accrued, {payable} payable, {dropped} dropped"
    if payable > MAX_MINOR:
        return f"payable {payable} is more than can be recorded"
    if not 0 <= paid <= payable:
        return f"payable {payable}, paid {paid}"
    if cash != position.account.cash_minor - paid or cash < _kept(position):
        return f"cash would be {cash}, with {paid} paid"
    return None


def _accrued(position: Position, cycle: int) -> Decimal | None:
    """What the bill is issued over; None where it does not accrue."""
    bill = bill_of(position, cycle)
    if bill is None or bill.payable_minor is not None:
        return None
    return EXACT.add(bill.accrued, bill.carried_in) if bill.carried_in else bill.accrued


def _kept(position: Position) -> int:
    """The least that cash may be: what was received by transfer, and what is set aside, are parts of it."""
    account = position.account
    return max(0, account.transferred_in_minor, account.held_minor)
