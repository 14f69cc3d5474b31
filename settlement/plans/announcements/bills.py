"""Announcements about one bill."""

from __future__ import annotations

from functools import lru_cache

from settlement.model.announcements import BillFacts, bill_announcement
from settlement.model.cycle import cycle_text
from settlement.model.money import decimal_text
from settlement.plans.draft.draft import Draft, WorkingAccount, WorkingBill


def announce_bill(
    draft: Draft, account: WorkingAccount, bill: WorkingBill, topic: str, correlation_id: str
) -> None:
    """One fact about one issued bill: `bill.issued`, `bill.settled` or `bill.paid_in_part`."""
    currency = account.currency
    payable, paid = bill.payable_minor or 0, bill.paid_minor
    whole, none = decimal_text(payable, currency), _zero_text(currency)
    if paid == payable:
        facts = BillFacts(
            account.external_id, cycle_text(bill.cycle), currency, "settled", whole, whole, none
        )
    else:
        paid_text, left = (
            (decimal_text(paid, currency), decimal_text(payable - paid, currency)) if paid else (none, whole)
        )
        facts = BillFacts(
            account.external_id, cycle_text(bill.cycle), currency, "unsettled", whole, paid_text, left
        )
    draft.changes.announcements.append(bill_announcement(account.id, topic, facts, correlation_id))


@lru_cache(maxsize=256)
def _zero_text(currency: str) -> str:
    return decimal_text(0, currency)
