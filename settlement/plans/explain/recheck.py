"""What would be done next with accounts that were parked, were they released now. Rule: R11.4b."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from settlement.model.changes import Changes
from settlement.model.policies.policy import Policy
from settlement.model.snapshot import Snapshot
from settlement.plans.bills.issuance import close_bill
from settlement.plans.draft.draft import Draft
from settlement.plans.finish.changes import finish
from settlement.plans.write_off.write_off import write_off
from settlement.rules.calendar import last_cycle_issued_by

_CAUSE = "recheck"


def plan_release(snapshot: Snapshot, *, at: datetime, policy: Policy) -> tuple[Snapshot, Changes]:
    """The set as if nobody in it were parked, and the issuance and write-off that would follow at the instant `at`.

    Meant to be proved and thrown away: a real issuance has its month's own instant and cause.
    """
    taking_part = replace(
        snapshot,
        positions={
            key: replace(position, account=position.account._replace(parked_at=None))
            for key, position in snapshot.positions.items()
        },
    )
    draft = Draft(taking_part, at=at, policy=policy)
    until = last_cycle_issued_by(at, policy)
    for account in list(draft.accounts.values()):
        for bill in sorted(account.bills, key=lambda bill: bill.cycle):
            if bill.payable_minor is None and bill.cycle <= until:
                close_bill(draft, account, bill, cause=f"{_CAUSE}:{bill.cycle}", correlation_id=_CAUSE)
        write_off(draft, account, cause=_CAUSE, correlation_id=_CAUSE)
    return taking_part, finish(draft)
