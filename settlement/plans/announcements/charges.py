"""The text of announcements about charges, refunds and payment methods. Shapes: `settlement.events.announcements`."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

from settlement.model.changes import Announcement
from settlement.model.gateway.charges import ChargeAttempt
from settlement.model.gateway.refunds import GatewayRefund
from settlement.model.money import decimal_text

if TYPE_CHECKING:
    from settlement.plans.draft.draft import Draft, WorkingAccount


def announce(
    draft: Draft, account: WorkingAccount, topic: str, correlation_id: str, **facts: str | bool | None
) -> None:
    """One fact about an account; instants and amounts as text."""
    payload = json.dumps({"account": account.external_id, **facts})
    draft.changes.announcements.append(Announcement(account.id, topic, payload, correlation_id))


def announce_due(draft: Draft, account: WorkingAccount, amount_minor: int, correlation_id: str) -> None:
    """What an account that pays by bank transfer owes: `collection.due`."""
    announce(
        draft, account, "collection.due", correlation_id,
        currency=account.currency, amount=decimal_text(amount_minor, account.currency),
    )  # fmt: skip


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
    announce(
        draft, account, f"charge.{state}", f"charge:{attempt.reference}",
        charge=attempt.reference, reason=attempt.reason, gateway=attempt.gateway, currency=account.currency,
        amount=decimal_text(amount_minor, account.currency), code=code, message=message, url=url,
        gateway_ref=gateway_ref or attempt.gateway_ref,
        next_try_at=None if next_try_at is None else next_try_at.isoformat(),
    )  # fmt: skip


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
    announce(
        draft, account, f"refund.{state}", f"refund:{refund.reference}",
        refund=refund.reference, charge=refund.charge, gateway=refund.gateway, currency=account.currency,
        amount=decimal_text(refund.amount_minor, account.currency), code=code, message=message,
    )  # fmt: skip
