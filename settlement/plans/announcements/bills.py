"""Announcements about one bill."""

from __future__ import annotations

from settlement.model.accounts import Account
from settlement.model.announcements.topics import bill_announcement
from settlement.model.currencies import EXPONENTS
from settlement.model.cycle import cycle_text
from settlement.model.money import decimal_text
from settlement.model.rows.announcements import Announcement
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.bills import WorkingBill
from settlement.plans.draft.draft import Draft

_ZERO = {currency: decimal_text(0, currency) for currency in EXPONENTS}


def announce_bill(
    draft: Draft, account: WorkingAccount, bill: WorkingBill, topic: str, correlation_id: str
) -> None:
    """One fact about one issued bill: `bill.issued`, `bill.settled` or `bill.paid_in_part`."""
    draft.changes.announcements.append(
        bill_announced(account, bill.cycle, bill.payable_minor or 0, bill.paid_minor, topic, correlation_id)
    )


def bill_announced(
    account: WorkingAccount | Account, cycle: int, payable: int, paid: int, topic: str, correlation_id: str
) -> Announcement:
    """The same of a bill that is payable and paid so far, minor units."""
    currency = account.currency
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
    # Not as `BillFacts`, which take as long to make as the text itself.
    facts = account.external_id, cycle_text(cycle), currency, state, whole, paid_text, left
    return bill_announcement(account.id, topic, facts, correlation_id)
