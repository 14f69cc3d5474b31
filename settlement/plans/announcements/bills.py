"""Announcements about one bill."""

from __future__ import annotations

from settlement.model.announcements.facts import BillFacts
from settlement.model.announcements.topics import bill_announcement
from settlement.model.currencies import EXPONENTS
from settlement.model.cycle import cycle_text
from settlement.model.money import decimal_text
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.bills import WorkingBill
from settlement.plans.draft.draft import Draft

_ZERO = {currency: decimal_text(0, currency) for currency in EXPONENTS}


def announce_bill(
    draft: Draft, account: WorkingAccount, bill: WorkingBill, topic: str, correlation_id: str
) -> None:
    """One fact about one issued bill: `bill.issued`, `bill.settled` or `bill.paid_in_part`."""
    currency = account.currency
    payable, paid = bill.payable_minor or 0, bill.paid_minor
    whole, none = decimal_text(payable, currency), _ZERO[currency]
    if paid == payable:
        state, paid_text, left = "settled", whole, none
    elif paid:
        state, paid_text, left = (
            "unsettled",
            decimal_text(paid, currency),
            decimal_text(payable - paid, currency),
        )
    else:
        state, paid_text, left = "unsettled", none, whole
    # Not by the constructor, which takes as long as the text itself.
    facts = tuple.__new__(
        BillFacts, (account.external_id, cycle_text(bill.cycle), currency, state, whole, paid_text, left)
    )
    draft.changes.announcements.append(bill_announcement(account.id, topic, facts, correlation_id))
