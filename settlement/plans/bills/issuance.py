"""The month close of a set of accounts: issue the bill, then the same write-off as everywhere. Rule: R3.1, R4.1."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from settlement.model.changes import Changes
from settlement.model.cycle import Cycle, cycle_of, next_cycle
from settlement.model.money import EXACT
from settlement.model.policies.policy import Policy
from settlement.model.rows.bills import Accrual, Issuance
from settlement.model.rows.plain import PlainCloses
from settlement.model.skip import SkipReason
from settlement.model.snapshot import Snapshot
from settlement.plans.announcements.bills import announce_bill
from settlement.plans.bills.coupons import apply_coupons
from settlement.plans.bills.expiry import lapse_cards
from settlement.plans.bills.plain import close_plain, plain_bill
from settlement.plans.charges.collection import apply_collected, collect_outstanding
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.bills import WorkingBill
from settlement.plans.draft.draft import Draft
from settlement.plans.finish.changes import finish
from settlement.plans.write_off.write_off import write_off
from settlement.rules.issuance import ZERO, issued_figures
from settlement.rules.terms import due_date, term_for


def plan_month_close(
    snapshot: Snapshot, *, cycle: Cycle, cause: str, correlation_id: str, at: datetime, policy: Policy
) -> Changes:
    """Issues the accruing bill of `cycle` for every account of the set and writes off at once.

    `at` is the logical instant of issuance. Accounts whose bill is issued already, or that have none, are left alone,
    so a range that runs twice changes nothing.
    """
    positions = snapshot.positions
    plain = {
        key: own for key, position in positions.items() if (own := plain_bill(position, cycle)) is not None
    }
    others = {key: position for key, position in positions.items() if key not in plain}
    draft = Draft(replace(snapshot, positions=others), at=at, policy=policy)
    closes = draft.changes.plain = PlainCloses(cycle, cause)
    for key, accruing in plain.items():
        close_plain(draft, positions[key], accruing, closes, correlation_id=correlation_id)
    for account in list(draft.accounts.values()):
        if account.parked:
            draft.skip(account, SkipReason.PARKED)
            continue
        bill = account.bill(cycle)
        if bill is None or bill.payable_minor is not None:
            continue
        close_bill(draft, account, bill, cause=cause, correlation_id=correlation_id)
    return finish(draft)


def close_bill(
    draft: Draft, account: WorkingAccount, bill: WorkingBill, *, cause: str, correlation_id: str
) -> None:
    """Issues the bill, writes off at once, lets go of cards that have waited for this alone, and has the payment method
    charged for what is left.
    """
    issue(draft, account, bill, cause=cause, correlation_id=correlation_id)
    write_off(draft, account, cause=cause, correlation_id=correlation_id)
    if account.funds.cards:
        lapse_cards(draft, account, bill.cycle)
    if account.charges is not None:
        collect_outstanding(draft, account, "issuance", correlation_id=correlation_id)


def issue(
    draft: Draft, account: WorkingAccount, bill: WorkingBill, *, cause: str, correlation_id: str
) -> None:
    """Fixes the bill's figures: rounded down once, an excess of credit carried to the next open cycle."""
    figures = issued_figures(bill.accrued, bill.carried_in, account.currency)
    due_on, due_rule = _due_date(draft, account, bill)
    bill.issuance = Issuance(*figures, due_on, due_rule)
    bill.payable_minor = figures.payable_minor
    bill.touched = True
    if figures.payable_minor:
        draft.transfer(account, ("receivable", bill.cycle), ("revenue", 0), figures.payable_minor, cause)
    if figures.carried_out:
        target = _next_open(draft, account, bill.cycle)
        target.carried_in = EXACT.add(target.carried_in, figures.carried_out)
        draft.changes.bills.accruals.append(
            Accrual(account.id, target.cycle, account.currency, ZERO, figures.carried_out)
        )
    announce_bill(draft, account, bill, "bill.issued", correlation_id)
    if account.funds.coupons:
        apply_coupons(draft, account, bill, correlation_id=correlation_id)
    if not figures.payable_minor:
        announce_bill(draft, account, bill, "bill.settled", correlation_id)
    if account.charges is not None:
        apply_collected(draft, account, bill, correlation_id=correlation_id)


def _due_date(
    draft: Draft, account: WorkingAccount, bill: WorkingBill
) -> tuple[date, str] | tuple[None, None]:
    """Computed once and kept with the rule and the calendar that gave it: a later contract moves no due date."""
    if account.terms and account.credit_control and (term := term_for(account.terms, bill.cycle)):
        return due_date(term, bill.cycle, draft.policy)
    return None, None


def _next_open(draft: Draft, account: WorkingAccount, cycle: Cycle) -> WorkingBill:
    """The first cycle after this one, and not before the calendar month, whose bill is not issued yet."""
    candidate = max(next_cycle(cycle), cycle_of(draft.at, draft.policy.zone))
    while (bill := account.bill(candidate)) is not None and bill.payable_minor is not None:
        candidate = next_cycle(candidate)
    return account.open_bill(candidate)
