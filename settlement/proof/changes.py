"""The proof that a plan's rows add up. Reads the rows about to be written, never the plan's own sums. Rule: R11.3.

Every balance, bill and record in `Changes` is held against the others: what the transfers move, the balances must
show; what the repayment lines say, the transfers must have moved; what is accrued, the fees must come to.
"""

from __future__ import annotations

from settlement.errors import Broken
from settlement.model.changes import Changes
from settlement.model.snapshot import Snapshot
from settlement.proof.accounts import check_accounts
from settlement.proof.bills import check_bills
from settlement.proof.charges import check_charges
from settlement.proof.faults import Faults
from settlement.proof.funds import check_funds
from settlement.proof.plain import check_plain
from settlement.proof.plain_payments import check_plain_payments
from settlement.proof.records import check_repayments
from settlement.proof.refunds import check_refunds
from settlement.proof.reversals import check_reversals
from settlement.proof.transfers import check_nothing_left, moved_by
from settlement.proof.unified_settlements import check_unified_settlements


def check(changes: Changes, before: Snapshot) -> None:
    """Proves conservation: every balance moved exactly by its transfers, none fell below zero, no bill overpaid.

    Raises:
        Broken: names each account whose rows do not add up, and what does not. Rule: R11.3, R11.4.
    """
    if faults := faults_in(changes, before):
        raise Broken(faults)


def faults_in(changes: Changes, before: Snapshot) -> dict[int, str]:
    """The first thing that does not add up, by account; empty when everything does."""
    faults = Faults()
    moved, spent = moved_by(changes.records.transfers, changes.plain_payments, faults)
    # Each takes what it has accounted for out of `moved`; nothing of an account's own may be left.
    check_accounts(changes.accounts.values, before, moved, faults)
    check_funds(changes.funds, before, moved, faults)
    check_bills(changes, before, moved, faults)
    check_plain(changes, before, faults)
    check_plain_payments(changes, before, faults)
    check_charges(changes, before, moved, faults)
    check_refunds(changes.refunds, before, moved, faults)
    check_reversals(changes.reversals, before, moved, faults)
    check_repayments(changes.records, spent, faults)
    check_unified_settlements(changes, before, faults)
    check_nothing_left(moved, faults)
    return faults.reasons
