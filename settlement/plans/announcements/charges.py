"""Announcements about charges, refunds and what bank transfers owe."""

from __future__ import annotations

from datetime import datetime

from settlement.model.announcements.facts import ChargeFacts, DueFacts, RefundFacts
from settlement.model.gateway.charges import ChargeAttempt
from settlement.model.gateway.refunds import GatewayRefund
from settlement.model.instants import instant_text
from settlement.model.money import decimal_text
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.draft import Draft


def announce_due(draft: Draft, account: WorkingAccount, amount_minor: int, correlation_id: str) -> None:
    """What an account that pays by bank transfer owes: `collection.due`."""
    facts = DueFacts(account.external_id, account.currency, decimal_text(amount_minor, account.currency))
    draft.announce(account, "collection.due", facts, correlation_id)


def announce_charge(
    draft: Draft,
    account: WorkingAccount,
    attempt: ChargeAttempt,
    state: str,
    *,
    amount_minor: int,
    code: str | None = None,
    message: str | None = None,
    url: str | None = None,
    gateway_ref: str | None = None,
    next_try_at: datetime | None = None,
) -> None:
    """What became of a charge: `charge.succeeded`, `.declined`, `.requires_action` or `.unknown`.

    `gateway_ref`: the gateway's own id, where it is not the one that the attempt has already.
    """
    facts = ChargeFacts(
        account.external_id, attempt.reference, attempt.reason, attempt.gateway, account.currency,
        decimal_text(amount_minor, account.currency), code, message, url, gateway_ref or attempt.gateway_ref,
        None if next_try_at is None else instant_text(next_try_at),
    )  # fmt: skip
    draft.announce(account, f"charge.{state}", facts, f"charge:{attempt.reference}")


def announce_refund(
    draft: Draft,
    account: WorkingAccount,
    refund: GatewayRefund,
    state: str,
    *,
    code: str | None = None,
    message: str | None = None,
) -> None:
    """What became of money on its way back: `refund.succeeded`, `.failed_to_cash` or `.unknown`."""
    facts = RefundFacts(
        account.external_id, refund.reference, refund.charge, refund.gateway, account.currency,
        decimal_text(refund.amount_minor, account.currency), code, message,
    )  # fmt: skip
    draft.announce(account, f"refund.{state}", facts, f"refund:{refund.reference}")
