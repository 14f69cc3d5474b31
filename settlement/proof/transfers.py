"""What the transfers move: the figures that everything else is held against. Rule: R11.2."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from settlement.model.funds import FUNDS, STORED
from settlement.model.rows.plain import PlainPayments
from settlement.model.rows.records import TransferRow
from settlement.proof.faults import Faults

# What a repayment line calls the ledger account that paid.
_FUND = {kind.ledger: kind.source for kind in FUNDS.values()}
# Ledger accounts that a row of the account must carry; the others are the platform's, known by their transfers alone.
_OWNED = frozenset(
    (
        "cash",
        "receivable",
        "collected",
        "gateway_clearing",
        "refunding",
        "reversal",
        *(FUNDS[source].ledger for source in STORED),
    )
)
# By (account, ledger account, its ref): what the transfers credit to it, less what they debit.
Moved = dict[tuple[int, str, int], int]
# By (account, fund, its ref, cycle): what the transfers pay from a fund towards a bill, less what they take back.
Spent = dict[tuple[int, str, int, int], int]


def moved_by(transfers: Sequence[TransferRow], plain: PlainPayments, faults: Faults) -> tuple[Moved, Spent]:
    """What they move, and what they pay; what one account sends through clearing others must receive, those of whom
    plain bills are paid among them.
    """
    moved: Moved = defaultdict(int)
    spent: Spent = defaultdict(int)
    clearing: dict[tuple[str, str], int] = defaultdict(int)
    for account_id, debit, debit_ref, credit, credit_ref, amount, currency, cause, _ in transfers:
        if amount <= 0:
            faults.add(account_id, f"a transfer of {amount}")
        moved[account_id, debit, debit_ref] -= amount
        moved[account_id, credit, credit_ref] += amount
        if credit == "receivable":
            spent[account_id, _FUND.get(debit, debit), debit_ref, credit_ref] += amount
        if debit == "receivable" and credit == "collected":
            spent[account_id, "external", credit_ref, debit_ref] -= amount
        if credit == "transfer_clearing":
            clearing[cause, currency] += amount
        elif debit == "transfer_clearing":
            clearing[cause, currency] -= amount
    if plain.rows:
        clearing[plain.cause, plain.currency] -= sum(row.amount_minor for row in plain.rows)
    if any(clearing.values()):
        if clearing[plain.cause, plain.currency]:
            faults.add(plain.main_id, f"{plain.cause}: what it sends is not what its members receive")
        for row in transfers:
            if "transfer_clearing" in (row.debit, row.credit) and clearing[row.cause, row.currency]:
                faults.add(
                    row.account_id, f"{row.cause}: what one account sends is not what the other receives"
                )
    return moved, spent


def check_nothing_left(moved: Moved, faults: Faults) -> None:
    """Whatever no row has accounted for is a fault."""
    for (account_id, kind, ref), amount in moved.items():
        if amount and kind in _OWNED:
            faults.add(account_id, f"transfers move {kind} {ref} by {amount} but no row carries it")
