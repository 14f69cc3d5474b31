"""What an account owes of payments that were taken back: its cash pays that first. Rule: R5.9c."""

from __future__ import annotations

from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.draft import Draft


def pay_owed(draft: Draft, account: WorkingAccount, *, cause: str) -> None:
    """Cash that is neither frozen nor set aside pays it, the oldest first. No gate is asked: it is no bill, but money
    that the account had and that was not its own.
    """
    if account.reversals is None or account.parked:
        return
    for working in account.reversals.reversals:
        amount = min(working.owed_minor, account.spendable_minor)
        if amount > 0:
            draft.transfer(account, ("cash", 0), ("reversal", working.booked.reversal_no), amount, cause)
            account.spend_cash(amount)
            working.owed_minor -= amount
            working.is_touched = True


def owed_minor(account: WorkingAccount) -> int:
    """How much that is, minor units."""
    reversals = account.reversals
    return 0 if reversals is None else sum(working.owed_minor for working in reversals.reversals)
