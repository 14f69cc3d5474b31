"""Stripe's refunds and disputes, by whom ever they were made. Rule: R5.6, R5.7.

Neither list can be asked for what changed, so changes come from the list of events, which Stripe keeps for 30 days; of
an event only the id is used. A dispute's funds are what its balance transactions say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any, Literal

import stripe

from settlement.gateways.lists import read_each
from settlement.gateways.stripe.amounts import from_stripe
from settlement.gateways.stripe.errors import inquired
from settlement.gateways.stripe.objects import PAGE, charge_of, created, reference_of, unreadable
from settlement.model.gateway.charges import our_reference
from settlement.model.gateway.reversals import Funds, Reversal, ReversalsOutcome, ReversalState
from settlement.model.gateway.unreadable import Unreadable

_STATES: dict[str, ReversalState] = {
    "pending": "pending", "requires_action": "pending", "succeeded": "succeeded", "failed": "failed",
    "canceled": "failed",
    "warning_needs_response": "needs_response", "needs_response": "needs_response",
    "appeal_needs_response": "needs_response",
    "warning_under_review": "under_review", "under_review": "under_review", "appeal_under_review": "under_review",
    "won": "won", "lost": "lost", "warning_closed": "closed", "prevented": "closed",
}  # fmt: skip
_REFUND_FUNDS: dict[str, Funds] = {"succeeded": "withdrawn", "failed": "returned"}
_CHANGES = (
    "charge.dispute.closed", "charge.dispute.funds_reinstated", "charge.dispute.funds_withdrawn",
    "charge.dispute.updated", "refund.failed", "refund.updated",
)  # fmt: skip
Kind = Literal["refund", "dispute"]


class StripeReversals:
    """Refunds and disputes over the library's client."""

    def __init__(self, client: stripe.StripeClient) -> None:
        self._client = client

    def between(self, since: datetime, until: datetime) -> Iterator[Reversal | Unreadable]:
        """Those made in the time, and those that changed in it; what cannot be read, as such."""
        seen: set[str] = set()
        for kind, made in self._list({"created": created(since, until)}):
            seen.add(made.id)
            yield read_each(partial(_READ[kind], made), partial(unreadable, kind, made))
        events = self._client.v1.events.list(
            {"types": list(_CHANGES), "created": created(since, until), "limit": PAGE}
        )
        for event in events.auto_paging_iter():
            its_id = str(event.data.object["id"])
            if its_id not in seen:
                seen.add(its_id)
                of: Kind = "dispute" if event.type.startswith("charge.dispute") else "refund"
                changed = self._retrieved(its_id, of)
                yield read_each(partial(_READ[of], changed), partial(unreadable, of, changed))

    def of_charge(self, charge_ref: str) -> ReversalsOutcome:
        """Those of one charge."""
        found = inquired(lambda: list(self._listed_of(charge_ref)))
        return [] if found is None else found

    def _listed_of(self, charge_ref: str) -> Iterator[Reversal]:
        for kind, made in self._list(charge_of(charge_ref)):
            # Under the id by which it is known here, which may be the charge's instead of the intent's.
            yield _READ[kind](made)._replace(charge_ref=charge_ref)

    def _list(self, wanted: dict[str, Any]) -> Iterator[tuple[Kind, Any]]:
        params: Any = wanted | {"limit": PAGE, "expand": ["data.payment_intent"]}
        for refund in self._client.v1.refunds.list(params).auto_paging_iter():
            yield "refund", refund
        for dispute in self._client.v1.disputes.list(params).auto_paging_iter():
            yield "dispute", dispute

    def _retrieved(self, its_id: str, kind: Kind) -> Any:
        params: Any = {"expand": ["payment_intent"]}
        calls = self._client.v1.refunds if kind == "refund" else self._client.v1.disputes
        return calls.retrieve(its_id, params)


def _refund(refund: Any) -> Reversal:
    state = _STATES.get(refund.status, "pending")
    at = datetime.fromtimestamp(refund.created, UTC)
    funds = _REFUND_FUNDS.get(state, "untouched")
    reason = refund.failure_reason or refund.reason or ""
    reference = our_reference(reference_of(refund))
    return _reversal("refund", refund, state, funds, at if funds == "withdrawn" else None, reason, reference)


def _dispute(dispute: Any) -> Reversal:
    state = _STATES.get(dispute.status, "under_review")
    moved = dispute.balance_transactions or []
    funds: Funds = "untouched"
    if moved:
        funds = "withdrawn" if sum(each.amount for each in moved) < 0 else "returned"
    at = max((datetime.fromtimestamp(each.created, UTC) for each in moved), default=None)
    return _reversal("dispute", dispute, state, funds, at, dispute.reason or "", None)


_READ: dict[Kind, Callable[[Any], Reversal]] = {"refund": _refund, "dispute": _dispute}


def _reversal(
    kind: Kind, thing: Any, state: ReversalState, funds: Funds, moved_at: datetime | None, reason: str,
    reference: str | None,
) -> Reversal:  # fmt: skip
    intent, currency = thing.payment_intent, str(thing.currency).upper()
    return Reversal(
        kind, "stripe", thing.id,
        intent.id if intent else str(thing.charge),
        our_reference(reference_of(intent)) if intent else None,
        reference, from_stripe(thing.amount, currency), currency, state, funds,
        datetime.fromtimestamp(thing.created, UTC), moved_at, reason,
    )  # fmt: skip
