"""What follows every inflow and every release of an account: write off, then collect what is still owed. Rule: R4.1."""

from __future__ import annotations

from settlement.plans.charges.collection import collect_next
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.draft import Draft
from settlement.plans.write_off.write_off import write_off


def resume(
    draft: Draft,
    account: WorkingAccount,
    *,
    cause: str,
    correlation_id: str,
    initiator: str = "auto_write_off",
) -> None:
    """Pays from the account's own funds what can be paid, and charges the payment method for the rest of it.

    `cause` names the repayments; one cause pays a bill at most once.
    """
    write_off(draft, account, cause=cause, correlation_id=correlation_id, initiator=initiator)
    if account.charges is not None:
        collect_next(draft, account, correlation_id=correlation_id)
