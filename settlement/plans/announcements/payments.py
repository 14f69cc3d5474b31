"""Announcements about relationships, manual payments and unified settlements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from settlement.model.announcements import PaymentFacts, RelationshipFacts, UnifiedFacts
from settlement.model.cycle import cycle_text
from settlement.model.money import decimal_text
from settlement.model.payments import BillPayment

if TYPE_CHECKING:
    from settlement.plans.draft.draft import Draft, WorkingAccount
    from settlement.plans.draft.payments import WorkingSettlement


def announce_relationship(
    draft: Draft, main: WorkingAccount, member: WorkingAccount, state: str, correlation_id: str
) -> None:
    """`relationship.requested`, `.valid` or `.ended`."""
    facts = RelationshipFacts(main.external_id, member.external_id)
    draft.announce(main, f"relationship.{state}", facts, correlation_id)


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
    draft.announce(account, f"payment.{state}", facts, f"payment:{payment.id}")


def announce_unified(
    draft: Draft, main: WorkingAccount, working: WorkingSettlement, state: str, missing_minor: int = 0
) -> None:
    """`unified_settlement.created`, `.waiting`, `.completed`, `.closed`. What was taken off the list is not counted."""
    lines = [line for line in working.lines if line.state != "dropped"]
    facts = UnifiedFacts(
        main.external_id, working.settlement.external_id, main.currency,
        bills=len(lines), settled=sum(line.state == "paid" for line in lines),
        paid=decimal_text(sum(line.paid_minor for line in working.lines), main.currency),
        missing=decimal_text(missing_minor, main.currency),
    )  # fmt: skip
    draft.announce(main, f"unified_settlement.{state}", facts, f"unified:{working.ref}")
