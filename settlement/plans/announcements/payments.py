"""Announcements about manual payments."""

from __future__ import annotations

from settlement.model.announcements.facts import PaymentFacts
from settlement.model.cycle import cycle_text
from settlement.model.money import decimal_text
from settlement.model.payments import BillPayment
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.draft import Draft


def correlation_of(account: WorkingAccount, payment: BillPayment) -> str:
    """The id that follows what a payment does, by the name that its caller gave it."""
    return f"payment:{account.external_id}/{payment.external_id}"


def announce_payment(
    draft: Draft, account: WorkingAccount, payment: BillPayment, state: str, reason: str | None
) -> None:
    """`payment.started`, and how it ends: `.completed`, `.failed`, `.cancelled`, `.expired`."""
    currency = account.currency
    facts = PaymentFacts(
        account.external_id, payment.external_id, cycle_text(payment.cycle), currency,
        decimal_text(payment.total_minor, currency), decimal_text(payment.balance_minor, currency), payment.channel,
        reason,
    )  # fmt: skip
    draft.announce(account, f"payment.{state}", facts, correlation_of(account, payment))
