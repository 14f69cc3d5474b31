"""Announcements about what gateways take back by themselves, and about disputes."""

from __future__ import annotations

from settlement.model.announcements.facts import ReversalFacts
from settlement.model.gateway.charges import ChargeAttempt
from settlement.model.money import decimal_text
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.draft import Draft
from settlement.plans.draft.reversals import WorkingReversal


def announce_reversal(
    draft: Draft, account: WorkingAccount, attempt: ChargeAttempt, working: WorkingReversal, topic: str
) -> None:
    """`charge.reversed`, `charge.restored`, `dispute.opened` or `dispute.closed`."""
    booked, currency = working.booked, account.currency
    facts = ReversalFacts(
        account.external_id, attempt.reference, booked.gateway, booked.gateway_ref, booked.kind, booked.state,
        currency,
        amount=decimal_text(booked.amount_minor, currency),
        taken_back=decimal_text(booked.taken_minor, currency),
        owed=decimal_text(working.owed_minor, currency),
        reason=booked.reason or None,
    )  # fmt: skip
    draft.announce(account, topic, facts, f"charge:{attempt.reference}")
