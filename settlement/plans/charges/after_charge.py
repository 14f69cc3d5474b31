"""What follows when a charge has ended: own funds first, then what it stood in the way of. Rule: R3.3d."""

from __future__ import annotations

from settlement.model.cycle import Cycle
from settlement.plans.charges.collection import collect_next, collect_outstanding, collect_reached
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.charges import WorkingAttempt
from settlement.plans.draft.draft import Draft
from settlement.plans.write_off.write_off import write_off
from settlement.rules.sweep import sweep_at


def resume_after_charge(
    draft: Draft, account: WorkingAccount, ended: WorkingAttempt | None, *, cause: str, correlation_id: str
) -> None:
    """Pays what became payable, and collects what is still owed, with the sweep that was missed because of the charge.

    `ended` is None where none has ended now: one is in flight, and its end is followed by this again, or it had ended
    before.
    """
    write_off(draft, account, cause=cause, correlation_id=correlation_id)
    charges = account.charges
    if charges is None or (ended is not None and collect_reached(draft, account)):
        return
    missed = None if ended is None else missed_sweep(draft, account, ended)
    if missed is not None and charges.values.declining_since is None:
        collect_outstanding(draft, account, "sweep", correlation_id=correlation_id, sweep_cycle=missed)
    else:
        collect_next(draft, account, correlation_id=correlation_id)


def missed_sweep(draft: Draft, account: WorkingAccount, working: WorkingAttempt) -> Cycle | None:
    """The newest month that was swept while this charge was in flight, and without this account for that reason.

    Rule: R3.3d.
    """
    missed = [
        bill.cycle
        for bill in account.bills
        if bill.payable_minor is None
        and working.attempt.created_at < sweep_at(bill.cycle, draft.policy) <= draft.at
    ]
    return max(missed, default=None)
