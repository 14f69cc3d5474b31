"""The text of announcements: JSON built here because it must be the same bytes for the same facts.

The shapes are those of `settlement.events.announcements`; a test reads them back through it.
"""

from __future__ import annotations

from functools import lru_cache

from settlement.model.changes import Announcement
from settlement.model.cycle import cycle_text
from settlement.model.money import decimal_text
from settlement.plans.draft.draft import Draft, WorkingAccount, WorkingBill


def announce_bill(
    draft: Draft, account: WorkingAccount, bill: WorkingBill, topic: str, correlation_id: str
) -> None:
    """One fact about one bill: `bill.issued`, `bill.settled` or `bill.paid_in_part`.

    Assembled from parts rather than by the JSON encoder: a month close writes one or two per bill.
    """
    currency = account.currency
    payable, paid = bill.payable_minor or 0, bill.paid_minor
    whole, none = decimal_text(payable, currency), _zero_text(currency)
    paid_text = whole if paid == payable else decimal_text(paid, currency) if paid else none
    left_text = none if paid == payable else decimal_text(payable - paid, currency) if paid else whole
    payload = (
        f'{{"account": {account.json_name}, "cycle": "{cycle_text(bill.cycle)}", "currency": "{currency}", '
        f'"state": "{bill.state}", "payable": "{whole}", "paid": "{paid_text}", "outstanding": "{left_text}"}}'
    )
    draft.changes.announcements.append(Announcement(account.id, topic, payload, correlation_id))


@lru_cache(maxsize=256)
def _zero_text(currency: str) -> str:
    return decimal_text(0, currency)
