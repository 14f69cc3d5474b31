"""The text of announcements about relationships, manual payments and unified settlements."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from settlement.model.changes import Announcement
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
    facts = {"account": main.external_id, "member": member.external_id}
    draft.changes.announcements.append(
        Announcement(main.id, f"relationship.{state}", json.dumps(facts), correlation_id)
    )


def announce_payment(
    draft: Draft, account: WorkingAccount, payment: BillPayment, state: str, reason: str | None
) -> None:
    """`payment.started`, and how it ends: `.completed`, `.failed`, `.cancelled`, `.expired`."""
    facts = {
        "account": account.external_id, "payment": payment.external_id, "cycle": cycle_text(payment.cycle),
        "currency": account.currency, "amount": decimal_text(payment.total_minor, account.currency),
        "from_balance": decimal_text(payment.balance_minor, account.currency), "channel": payment.channel,
        "reason": reason,
    }  # fmt: skip
    draft.changes.announcements.append(
        Announcement(account.id, f"payment.{state}", json.dumps(facts), f"payment:{payment.id}")
    )


def announce_unified(
    draft: Draft, main: WorkingAccount, working: WorkingSettlement, state: str, missing_minor: int = 0
) -> None:
    """`unified_settlement.created`, `.waiting`, `.completed`, `.closed`. What was taken off the list is not counted."""
    lines = [line for line in working.lines if line.state != "dropped"]
    facts = {
        "account": main.external_id, "settlement": working.settlement.external_id, "currency": main.currency,
        "bills": len(lines), "settled": sum(line.state == "paid" for line in lines),
        "paid": decimal_text(sum(line.paid_minor for line in working.lines), main.currency),
        "missing": decimal_text(missing_minor, main.currency),
    }  # fmt: skip
    draft.changes.announcements.append(
        Announcement(main.id, f"unified_settlement.{state}", json.dumps(facts), f"unified:{working.ref}")
    )
