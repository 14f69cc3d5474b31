"""What a plan decided about payment methods and charges, as rows. Rule: R5.*."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from settlement.model.announcements.facts import ResumedFacts
from settlement.model.instants import instant_text
from settlement.model.rows.charges import ChargeLineRow, CollectionValues
from settlement.model.rows.methods import MethodValues
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.charges import WorkingCharges
from settlement.plans.draft.collection import charge_unit_of, is_capped, threshold_of, uncollected
from settlement.plans.draft.draft import Draft
from settlement.rules.charge_limits import chargeable_minor
from settlement.rules.credit import accruing_minor


def finish_charges(draft: Draft, account: WorkingAccount, charges: WorkingCharges) -> None:
    """The rows for what was touched, and where collecting stands now, if that differs from before."""
    changes = draft.changes
    for working in charges.lines:
        if working.is_touched:
            line = working.line
            changes.charges.lines.append(
                ChargeLineRow(
                    account.id, line.attempt_no, line.cycle, line.amount_minor, working.remaining_minor
                )
            )
    for method in charges.methods:
        if method.is_touched:
            changes.methods.values.append(
                MethodValues(
                    method.method.id, account.id, method.is_default, method.state, method.threshold_minor
                )
            )
    if charges.values.declining_since is not None and not _still_owes(draft, account, charges):
        _resume(draft, account, charges, charges.values.declining_since)
    due_at, threshold = charges.values.due_at, threshold_of(draft, account, charges)
    left = sum(amount for _, amount in uncollected(account, charges))
    if threshold is not None and is_capped(draft, charges):
        # Looked at again tomorrow instead of at every tick of today.
        due_at = _next_day(draft) if left >= threshold else due_at
        threshold = None
    if charges.values.retry_owed and is_capped(draft, charges):
        due_at = min(_next_day(draft), due_at or _next_day(draft))
    values = charges.values._replace(uncollected_minor=left, threshold_minor=threshold, due_at=due_at)
    if values != charges.loaded or charges.is_new:
        changes.charges.collections.append(CollectionValues(*values))


def _next_day(draft: Draft) -> datetime:
    zone = draft.policy.zone
    tomorrow = draft.at.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(0), zone).astimezone(UTC)


def _still_owes(draft: Draft, account: WorkingAccount, charges: WorkingCharges) -> bool:
    """Is anything left of what declining left unpaid. Money in flight has not arrived; cash covers what accrues.

    Nobody is suspended for a rest that is too small for the gateway to take. Rule: R5.8a.
    """
    until = charges.values.declined_cycle or 0
    outstanding = accruing = 0
    for bill in account.bills:
        if bill.payable_minor is not None:
            outstanding += bill.payable_minor - bill.paid_minor
        elif bill.cycle <= until:
            left = accruing_minor(bill.accrued, bill.carried_in, account.currency)
            accruing += max(0, left - charges.collected_minor(bill.cycle))
    owed, method = outstanding + max(0, accruing - account.spendable_minor), charges.chargeable
    return (owed if method is None else chargeable_minor(owed, charge_unit_of(draft, account, method))) > 0


def _resume(draft: Draft, account: WorkingAccount, charges: WorkingCharges, since: datetime) -> None:
    """Everything is paid: nothing more follows from the decline. Rule: R5.4e."""
    charges.values = charges.values._replace(
        declining_since=None,
        declined_cycle=None,
        hard=False,
        noticed_until=None,
        due_at=None,
        retry_owed=False,
        suspended_at=None,
        stage_at=None,
    )
    facts = ResumedFacts(account.external_id, instant_text(since))
    draft.announce(account, "account.resumed", facts, f"account:{account.external_id}")
