"""Announcements about unified settlements."""

from __future__ import annotations

from settlement.model.announcements.facts import UnifiedFacts
from settlement.model.money import decimal_text
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.draft import Draft
from settlement.plans.draft.unified_settlements import WorkingUnifiedSettlement


def correlation_of(main: WorkingAccount, working: WorkingUnifiedSettlement) -> str:
    """The id that follows what a settlement does, by the name that its caller gave it."""
    return f"unified:{main.external_id}/{working.settlement.external_id}"


def announce_unified(
    draft: Draft, main: WorkingAccount, working: WorkingUnifiedSettlement, state: str, missing_minor: int = 0
) -> None:
    """`unified_settlement.created`, `.waiting`, `.completed`, `.closed`. What was taken off the list is not counted."""
    lines = [line for line in working.lines if line.state != "dropped"]
    facts = UnifiedFacts(
        main.external_id, working.settlement.external_id, main.currency,
        bills=len(lines), settled=sum(line.state == "paid" for line in lines),
        paid=decimal_text(sum(line.paid_minor for line in working.lines), main.currency),
        missing=decimal_text(missing_minor, main.currency),
    )  # fmt: skip
    draft.announce(main, f"unified_settlement.{state}", facts, correlation_of(main, working))
