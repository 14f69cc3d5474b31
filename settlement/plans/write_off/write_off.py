"""Automatic write-off: pays an account's issued bills, oldest first, from card, refund and cash. Rule: R4.*."""

from __future__ import annotations

from collections.abc import Mapping

from settlement.model.funds import FUNDS, FundSource
from settlement.model.rows.records import RepaymentLineRow, RepaymentRow, TransferRow
from settlement.model.skip import SkipReason
from settlement.plans.announcements.bills import announce_bill
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.bills import WorkingBill
from settlement.plans.draft.draft import Draft
from settlement.plans.write_off.cards import cards_for, spend_cards
from settlement.plans.write_off.reversals import pay_owed
from settlement.rules.credit_refunds import pays_past_bills, refund_may_pay, refund_order
from settlement.rules.gate import gate_reasons, needs_available_credit
from settlement.rules.waterfall import Fund, allocate


def write_off(
    draft: Draft,
    account: WorkingAccount,
    *,
    cause: str,
    correlation_id: str,
    initiator: str = "auto_write_off",
) -> None:
    """Pays what can be paid of the account's unsettled bills and notes why the rest stays.

    Repeating it changes nothing: what is settled is not looked at again, and where nothing is left to pay from,
    nothing is written. `cause` names the repayments; one cause pays a bill at most once. Before any bill, cash pays
    what is owed of payments that were taken back.
    """
    if account.reversals is not None:
        pay_owed(draft, account, cause=cause)
    unsettled = [b for b in account.bills if b.payable_minor is not None and b.paid_minor < b.payable_minor]
    if not unsettled:
        return
    if shut := shut_by(draft, account):
        draft.skip(account, shut[0])
        return
    for bill in unsettled:
        due_minor = outstanding_minor(bill) - bill.reserved_minor
        if account.charges is not None and (reserved := account.charges.reserved_minor(bill.cycle)):
            # The gateway may have this money already. Paying it from another fund too would take it twice.
            due_minor = max(0, due_minor - reserved)
            draft.skip(account, SkipReason.CHARGE_IN_FLIGHT)
        allocated = allocate(due_minor, funds_for(draft, account, bill))
        left = due_minor - sum(fund.limit_minor for fund in allocated)
        if left and not draft.policy.partial_write_off:
            # The order of bills is by cycle: a later bill does not overtake one that must be paid whole.
            draft.skip(account, SkipReason.PARTIAL_NOT_ALLOWED)
            return
        if allocated:
            pay(
                draft,
                account,
                bill,
                allocated,
                cause=cause,
                correlation_id=correlation_id,
                initiator=initiator,
            )
        if left:
            draft.skip(account, SkipReason.NO_FUNDS)


def shut_by(draft: Draft, account: WorkingAccount) -> list[SkipReason]:
    """What keeps the account's gate shut as it stands now; empty when it is open. Rule: R4.2."""
    method = account.charges.default if account.charges is not None else None
    return gate_reasons(
        parked=account.parked,
        switch_on=account.auto_write_off_enabled,
        on_hold=bool(account.holds),
        available=account.available_credit(draft.policy),
        needs_credit=needs_available_credit(
            credit_control=account.credit_control,
            default_method=None if method is None else method.method.kind,
        ),
    )


def outstanding_minor(bill: WorkingBill) -> int:
    """What an issued bill still asks for, minor units; zero before it is issued."""
    return (bill.payable_minor or 0) - bill.paid_minor


# What earlier bills take of each fund, by source and id, in minor units.
Spent = Mapping[tuple[FundSource, int], int]
NOTHING_SPENT: Spent = {}


def funds_for(
    draft: Draft, account: WorkingAccount, bill: WorkingBill, spent: Spent = NOTHING_SPENT
) -> list[Fund]:
    """Everything that may pay this bill now, in the order in which it is spent. Rule: R4.4, R4.5."""
    cards = list(cards_for(draft, account, bill.cycle, spent)) if account.funds.cards else []
    return cards + balance_for(account, bill, spent)


def balance_for(account: WorkingAccount, bill: WorkingBill, spent: Spent = NOTHING_SPENT) -> list[Fund]:
    """The account's balance as far as this bill is concerned: refunds that may pay it, then cash. Rule: R4.4, R7.1."""
    funds = []
    if account.funds.credit_refunds:
        past = pays_past_bills(
            credit_control=account.credit_control, write_off_past_bills=account.write_off_past_bills
        )
        for working in sorted(account.funds.credit_refunds, key=lambda fund: refund_order(fund.fund)):
            refund = working.fund
            if refund_may_pay(refund.cycle, bill.cycle, past_bills=past):
                left = working.balance_minor - spent.get(("refund", refund.id), 0)
                funds.append(Fund("refund", refund.id, left))
    funds.append(Fund("cash", 0, account.spendable_minor - spent.get(("cash", 0), 0)))
    return funds


def pay(
    draft: Draft,
    account: WorkingAccount,
    bill: WorkingBill,
    allocated: list[Fund],
    *,
    cause: str,
    correlation_id: str,
    initiator: str = "auto_write_off",
) -> None:
    """Pays an issued bill from the funds named, each with the amount to take: transfers, record, announcement."""
    records = draft.changes.records
    total, paid_at = 0, draft.spent_at(account)
    if account.funds.cards and (cards := [fund for fund in allocated if fund.source == "card"]):
        spend_cards(draft, account, bill.cycle, cards)
    for line_no, (source, fund_id, amount) in enumerate(allocated, start=1):
        total += amount
        if source == "cash":
            account.spend_cash(amount)
        else:
            _spend(account, bill, source, fund_id, amount)
        records.transfers.append(
            TransferRow(
                account.id, FUNDS[source].ledger, fund_id, "receivable", bill.cycle, amount, account.currency, cause,
                paid_at,
            )
        )  # fmt: skip
        records.repayment_lines.append(
            RepaymentLineRow(account.id, bill.cycle, cause, line_no, source, fund_id, amount)
        )
    bill.paid_minor += total
    bill.settled_at = paid_at
    bill.touched = True
    records.repayments.append(
        RepaymentRow(account.id, bill.cycle, cause, initiator, total, account.currency, paid_at)
    )
    topic = "bill.settled" if bill.paid_minor == bill.payable_minor else "bill.paid_in_part"
    announce_bill(draft, account, bill, topic, correlation_id)


def _spend(
    account: WorkingAccount, bill: WorkingBill, source: FundSource, fund_id: int, amount_minor: int
) -> None:
    """Takes money off a fund that is neither cash nor a card."""
    if source == "main_account":
        # The main account's cash went to the clearing account already.
        return
    if source == "external":
        if account.charges is not None:
            for collected in account.charges.lines:
                if (collected.line.attempt_no, collected.line.cycle) == (fund_id, bill.cycle):
                    collected.remaining_minor -= amount_minor
                    collected.is_touched = True
        return
    if source != "card":
        fund = account.funds.find(source, fund_id)
        fund.balance_minor -= amount_minor
        fund.touched = True
