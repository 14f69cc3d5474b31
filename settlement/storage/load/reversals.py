"""Loads what a gateway took back by itself: what is owed for it, and for charges that are named, all of it. Rule: R5.9.

With a charge come the bills that it paid, settled ones too, since they may be owed again.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence

from sqlalchemy import Connection, text

from settlement.model.accounts import AccountId
from settlement.model.bills import Bill
from settlement.model.gateway.booked_reversals import BookedReversal, ReversibleCharge
from settlement.model.snapshot import Position, ReversalPosition
from settlement.storage.load.scope import Owners
from settlement.storage.sql.arrays import id_array
from settlement.storage.sql.columns import columns
from settlement.storage.tables.bills import BILL
from settlement.storage.tables.charges import CHARGE_ATTEMPT
from settlement.storage.tables.reversals import GATEWAY_REVERSAL

_REVERSAL = columns(GATEWAY_REVERSAL, BookedReversal)
_OWED = text(f"""
    SELECT {_REVERSAL} FROM gateway_reversal
    WHERE account_id = ANY(CAST(:ids AS bigint[])) AND account_id BETWEEN :first AND :last AND owed_minor > 0
    ORDER BY account_id, reversal_no""")
_NAMED = "unnest(CAST(:ids AS bigint[]), CAST(:nos AS integer[])) AS wanted (account_id, attempt_no)"
_CHARGES = text(f"""
    SELECT {columns(CHARGE_ATTEMPT, ReversibleCharge)}
    FROM {_NAMED} JOIN charge_attempt USING (account_id, attempt_no) WHERE state = 'succeeded'""")
_REVERSALS = text(f"""
    SELECT {_REVERSAL} FROM {_NAMED} JOIN gateway_reversal USING (account_id, attempt_no)
    ORDER BY account_id, reversal_no""")
_LAST_NOS = text("""
    SELECT account_id, max(reversal_no) FROM gateway_reversal
    WHERE account_id = ANY(CAST(:ids AS bigint[])) GROUP BY account_id""")
_PAID = text(f"""
    SELECT r.account_id, l.attempt_no, r.cycle, sum(r.amount_minor)
    FROM {_NAMED} JOIN charge_line l USING (account_id, attempt_no)
    JOIN repayment_line r ON r.account_id = l.account_id AND r.cycle = l.cycle
    WHERE r.source = 'external' AND r.source_id = l.attempt_no GROUP BY r.account_id, l.attempt_no, r.cycle""")
_BILLS = text(f"""
    SELECT DISTINCT {columns(BILL, Bill, "b", overdue="b.overdue_at IS NOT NULL")}
    FROM {_NAMED} JOIN charge_line l USING (account_id, attempt_no)
    JOIN bill b ON b.account_id = l.account_id AND b.cycle = l.cycle WHERE b.state = 'settled'""")


def load_reversals(
    tx: Connection, positions: dict[AccountId, Position], owners: Owners, charges: Sequence[tuple[int, int]]
) -> None:
    """What accounts owe for reversals, and everything about the charges named, by account id and number."""
    found: dict[int, ReversalPosition] = {}
    for row in tx.execute(_OWED, owners):
        found.setdefault(row[0], ReversalPosition()).reversals.append(BookedReversal(*row))
    if charges:
        _load_charges(tx, positions, found, charges)
    for key, reversals in found.items():
        positions[AccountId(key)].reversals = reversals


def _load_charges(
    tx: Connection,
    positions: dict[AccountId, Position],
    found: dict[int, ReversalPosition],
    charges: Sequence[tuple[int, int]],
) -> None:
    keys = {"ids": id_array(key[0] for key in charges), "nos": id_array(key[1] for key in charges)}
    for row in tx.execute(_CHARGES, keys):
        found.setdefault(row[0], ReversalPosition()).charges.append(ReversibleCharge(*row))
    for row in tx.execute(_REVERSALS, keys):
        reversal = BookedReversal(*row)
        if reversal not in found[row[0]].reversals:
            found[row[0]].reversals.append(reversal)
    for account_id, last_no in tx.execute(_LAST_NOS, {"ids": id_array(found)}):
        found[account_id].last_no = last_no
    for account_id, attempt_no, cycle, paid in tx.execute(_PAID, keys):
        found[account_id].paid[attempt_no, cycle] = int(paid)
    for row in tx.execute(_BILLS, keys):
        bill, bills = Bill._make(row), positions[row[0]].bills
        if all(known.cycle != bill.cycle for known in bills):
            insort(bills, bill, key=lambda known: known.cycle)
