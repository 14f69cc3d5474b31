"""Collecting from a standard account's payment method: what to charge, and what a charge has paid. Rule: R5.2, R3.3.

Nothing here calls a gateway: a plan makes attempts, rows that wait to be sent.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from settlement.model.changes import Changes
from settlement.model.cycle import Cycle
from settlement.model.funds import FundSource
from settlement.model.gateway.charges import ChargeReason
from settlement.model.policies.policy import Policy
from settlement.model.snapshot import Snapshot
from settlement.plans.announcements.charges import announce_due
from settlement.plans.charges.attempts import start_charge
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.bills import WorkingBill
from settlement.plans.draft.charges import WorkingChargeLine, WorkingCharges
from settlement.plans.draft.collection import is_capped, threshold_of, uncollected
from settlement.plans.draft.draft import Draft
from settlement.plans.finish.changes import finish
from settlement.plans.write_off.write_off import funds_for, outstanding_minor, pay, shut_by
from settlement.rules.credit import accruing_minor
from settlement.rules.thresholds import reached
from settlement.rules.waterfall import Fund, allocate


def collect_reached(draft: Draft, account: WorkingAccount) -> bool:
    """Starts a charge over everything not collected yet, if that has reached the threshold. True when it did.

    Not on credit control, not while a charge is in flight or after a decline, not more often a day than allowed.
    Rule: R5.2.
    """
    charges = account.charges
    if charges is None or account.parked or charges.chargeable is None:
        return False
    threshold = threshold_of(draft, account, charges)
    parts = uncollected(account, charges)
    if threshold is None or not reached(sum(amount for _, amount in parts), threshold):
        return False
    if is_capped(draft, charges):
        return False
    return start_charge(draft, account, charges, "threshold", parts[-1][0], parts)


def collect_outstanding(
    draft: Draft,
    account: WorkingAccount,
    reason: ChargeReason,
    *,
    correlation_id: str,
    sweep_cycle: Cycle | None = None,
    with_accruing: bool = False,
) -> bool:
    """Starts a charge over what issued bills still ask for, after cards, refunds and cash. True when it did.

    With `sweep_cycle` also over fees of months up to that one that are not collected yet, with `with_accruing` over
    those of every month; both less what the account's own funds will pay of them. Where the default method is a
    bank transfer, what is due is announced instead. Rule: R3.3, R5.2.
    """
    charges = account.charges
    if charges is None or account.parked or account.credit_control or account.holds:
        return False
    parts = _outstanding_parts(account, charges)
    if charges.chargeable is None:
        if parts and charges.default is not None and not charges.default.is_paused:
            announce_due(draft, account, sum(amount for _, amount in parts), correlation_id)
        return False
    if charges.in_flight is not None or (charges.values.declining_since and reason != "retry"):
        return False
    if sweep_cycle is not None or with_accruing:
        parts += _accruing_parts(draft, account, charges, sweep_cycle)
    if not parts:
        return False
    cycle = sweep_cycle if sweep_cycle is not None else parts[-1][0]
    return start_charge(draft, account, charges, reason, cycle, parts)


def collect_owed_try(draft: Draft, account: WorkingAccount, *, correlation_id: str) -> bool:
    """Makes the try that is owed after a decline. True when it did.

    A hold, a charge in flight, the day's limit and a missing method keep it from being made; it stays owed then. With
    nothing left to collect it is over. Rule: R5.4.
    """
    charges = account.charges
    if charges is None or not charges.values.retry_owed:
        return False
    is_kept = account.parked or account.credit_control or account.holds or charges.chargeable is None
    if is_kept or charges.in_flight is not None or is_capped(draft, charges):
        return False
    charges.values = charges.values._replace(retry_owed=False)
    return collect_outstanding(draft, account, "retry", correlation_id=correlation_id, with_accruing=True)


def collect_next(draft: Draft, account: WorkingAccount, *, correlation_id: str) -> None:
    """Starts the charge that follows from how the account stands now, if any: the try that is owed, one over what has
    reached the threshold, one over what issued bills still ask for.
    """
    if not (
        collect_owed_try(draft, account, correlation_id=correlation_id) or collect_reached(draft, account)
    ):
        collect_outstanding(draft, account, "issuance", correlation_id=correlation_id)


def _outstanding_parts(account: WorkingAccount, charges: WorkingCharges) -> list[tuple[Cycle, int]]:
    parts = []
    for bill in account.bills:
        left = outstanding_minor(bill) - charges.reserved_minor(bill.cycle)
        if left > 0:
            parts.append((bill.cycle, left))
    return parts


def _accruing_parts(
    draft: Draft, account: WorkingAccount, charges: WorkingCharges, until: Cycle | None
) -> list[tuple[Cycle, int]]:
    """What the method has to pay of bills not issued yet, if the account's own funds pay first.

    They do unless the gate is shut, which for an account that is charged by itself does not depend on what accrues: it
    stands as it will stand when the bills are issued.
    """
    spent: Counter[tuple[FundSource, int]] = Counter()
    funds_pay = not shut_by(draft, account)
    parts = []
    for bill in account.bills:
        if bill.payable_minor is not None or (until is not None and bill.cycle > until):
            continue
        left = accruing_minor(bill.accrued, bill.carried_in, account.currency)
        left -= charges.collected_minor(bill.cycle) + charges.reserved_minor(bill.cycle)
        if left > 0 and funds_pay:
            left -= _paid_by_own_funds(draft, account, bill, left, spent)
        if left > 0:
            parts.append((bill.cycle, left))
    return parts


def _paid_by_own_funds(
    draft: Draft,
    account: WorkingAccount,
    bill: WorkingBill,
    left: int,
    spent: Counter[tuple[FundSource, int]],
) -> int:
    allocated = allocate(left, funds_for(draft, account, bill, spent))
    for fund in allocated:
        spent[fund.source, fund.id] += fund.limit_minor
    return sum(fund.limit_minor for fund in allocated)


def apply_collected(draft: Draft, account: WorkingAccount, bill: WorkingBill, *, correlation_id: str) -> None:
    """Lets what charges brought in for this bill pay it now that it is issued; what it does not need becomes cash.

    Rule: R5.2c.
    """
    charges = account.charges
    if charges is None:
        return
    for working in [line for line in charges.lines if line.line.cycle == bill.cycle]:
        if working.remaining_minor:
            pay_with_line(draft, account, bill, working, correlation_id=correlation_id)


def pay_with_line(
    draft: Draft,
    account: WorkingAccount,
    bill: WorkingBill | None,
    working: WorkingChargeLine,
    *,
    correlation_id: str,
    restored_by: str | None = None,
) -> None:
    """Pays an issued bill from what a charge holds for it. Without a bill to pay, all of it becomes cash.

    `restored_by`: the cause, where the gateway had taken the money back and brought it again.
    """
    charges = account.charges
    attempt = charges.attempt(working.line.attempt_no) if charges is not None else None
    if attempt is None:
        raise ValueError(f"charge {working.line.attempt_no} of account {account.id} is not loaded")
    no = working.line.attempt_no
    cause = restored_by or f"charge:{no}"
    # What a manual payment under way is about to pay is left to it.
    left = 0 if bill is None else outstanding_minor(bill) - bill.reserved_minor
    amount = min(working.remaining_minor, left)
    if bill is not None and amount > 0:
        pay(
            draft, account, bill, [Fund("external", no, amount)],
            cause=cause, correlation_id=correlation_id,
            initiator="reversal" if restored_by else attempt.attempt.reason,
        )  # fmt: skip
    if working.remaining_minor:
        excess, working.remaining_minor = working.remaining_minor, 0
        working.is_touched = account.touched = True
        account.cash_minor += excess
        draft.transfer(account, ("collected", no), ("cash", 0), excess, cause)


def plan_sweep(
    snapshot: Snapshot, *, cycle: Cycle, correlation_id: str, at: datetime, policy: Policy
) -> Changes:
    """The month-end sweep of a set: one charge per account over what is not collected. Rule: R3.3.

    Accounts with a charge in flight, or one that was declined, are left to what follows from that: the sweep is made
    up for when the charge ends (settlement.plans.outcomes.charges).
    """
    draft = Draft(snapshot, at=at, policy=policy)
    for account in draft.accounts.values():
        charges = account.charges
        if charges is not None and charges.chargeable is not None:
            collect_outstanding(draft, account, "sweep", correlation_id=correlation_id, sweep_cycle=cycle)
    return finish(draft)
