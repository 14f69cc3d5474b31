"""PayPal's refunds and disputes, by whom ever they were made. Rule: R5.6, R5.7.

What a dispute took, PayPal also shows as a reversal of the capture, an object like a refund. It is the same money, and
is left out where the dispute that took it is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from paypalserversdk.paypal_serversdk_client import PaypalServersdkClient

from settlement.gateways.lists import read_each
from settlement.gateways.paypal.disputes import Disputes, captures_of, reversal_of, unreadable_dispute
from settlement.gateways.paypal.errors import inquired
from settlement.gateways.paypal.objects import from_paypal
from settlement.gateways.paypal.refunds import PayPalRefunds
from settlement.gateways.paypal.search import (
    Entry,
    initiated_at,
    is_refund,
    is_reversed,
    our_reference_in,
    transactions,
    unreadable_entry,
)
from settlement.model.gateway.charges import Unknown, our_reference
from settlement.model.gateway.reversals import Funds, Reversal, ReversalsOutcome, ReversalState
from settlement.model.gateway.unreadable import Unreadable

# By the status of a refund, or of a transaction.
_STATES: Mapping[str, tuple[ReversalState, Funds]] = {
    "COMPLETED": ("succeeded", "withdrawn"), "S": ("succeeded", "withdrawn"),
    "FAILED": ("failed", "returned"), "CANCELLED": ("failed", "returned"),
    "D": ("failed", "returned"), "V": ("failed", "returned"),
}  # fmt: skip
# A capture changes when money goes back of it.
_SEARCHED_ON = timedelta(days=1)
_PENDING: tuple[ReversalState, Funds] = ("pending", "untouched")


class PayPalReversals:
    """Refunds and disputes over the library's client."""

    def __init__(self, client: PaypalServersdkClient, refunds: PayPalRefunds) -> None:
        self._client, self._refunds = client, refunds
        self._disputes = Disputes(client)

    def between(self, since: datetime, until: datetime) -> Iterator[Reversal | Unreadable]:
        """Disputes that were made or changed in the time, and refunds that were made in it; what cannot be read, as
        such.
        """
        for dispute in self._disputes.changed(since, until):
            for capture in captures_of(dispute):
                charge_ref = f"capture:{capture['seller_transaction_id']}"
                yield read_each(
                    partial(reversal_of, dispute, capture, charge_ref),
                    partial(unreadable_dispute, dispute, capture, charge_ref),
                )
        for entry in transactions(self._client, since, until):
            capture_id = entry.get("paypal_reference_id")
            if capture_id and (
                is_refund(entry) or (is_reversed(entry) and not self._is_disputed(capture_id))
            ):
                of_charge = f"capture:{capture_id}"
                yield read_each(partial(_of_entry, entry, of_charge), partial(unreadable_entry, entry))

    def _is_disputed(self, capture_id: str) -> bool:
        return any(True for _ in self._disputes.of_capture(capture_id))

    def of_charge(self, charge_ref: str) -> ReversalsOutcome:
        """Those of one capture."""
        found = inquired(lambda: self._of_charge(charge_ref))
        return [] if found is None else found

    def _of_charge(self, charge_ref: str) -> ReversalsOutcome:
        capture = self._refunds.capture(charge_ref)
        refunds = self._refunds.listed(capture)
        disputes = [
            reversal_of(dispute, disputed, charge_ref)
            for dispute in self._disputes.of_capture(capture["id"])
            for disputed in captures_of(dispute)
            if disputed["seller_transaction_id"] == capture["id"]
        ]
        reference = our_reference(capture.get("custom_id")) or our_reference(capture.get("invoice_id"))
        given = [_of_refund(refund, charge_ref, reference) for refund in refunds or ()]
        if refunds is None and capture["status"] != "COMPLETED":
            given = list(self._searched(capture, charge_ref, reference))
            gone = sum(one.amount_minor for one in given if one.funds == "withdrawn")
            if not gone or (capture["status"] == "REFUNDED" and gone < from_paypal(capture["amount"])):
                return Unknown(
                    "PayPal: neither an order nor the search shows yet what went back of the capture"
                )
        return [*disputes, *_not_of_disputes(given, disputes)]

    def _searched(
        self, capture: Mapping[str, Any], charge_ref: str, reference: str | None
    ) -> Iterator[Reversal]:
        """What went back of a capture, by the transactions since it was made: its order is kept for a shorter time."""
        made, changed = (
            datetime.fromisoformat(capture[at]).astimezone(UTC) for at in ("create_time", "update_time")
        )
        for entry in transactions(self._client, made, changed + _SEARCHED_ON):
            if entry.get("paypal_reference_id") == capture["id"] and (is_refund(entry) or is_reversed(entry)):
                found = _of_entry(entry, charge_ref)
                # Made at the dashboard it may carry what the capture carries.
                its_own = None if found.reference == reference else found.reference
                yield found._replace(charge_reference=reference, reference=its_own)


def _not_of_disputes(refunds: Sequence[Reversal], disputes: Sequence[Reversal]) -> Iterator[Reversal]:
    """The refunds without those that are what a dispute took: nobody's here, of its amount, and not before it. Of
    several that may be, the newest is.
    """
    moved = [dispute for dispute in disputes if dispute.funds != "untouched"]
    for refund in reversed(refunds):
        its_dispute = next(
            (
                dispute
                for dispute in moved
                if refund.reference is None
                and refund.amount_minor == dispute.amount_minor
                and refund.opened_at >= dispute.opened_at
            ),
            None,
        )
        if its_dispute is None:
            yield refund
        else:
            moved.remove(its_dispute)


def _of_refund(refund: Mapping[str, Any], charge_ref: str, of_charge: str | None) -> Reversal:
    reference = our_reference(refund.get("custom_id")) or our_reference(refund.get("invoice_id"))
    state, funds = _STATES.get(refund["status"], _PENDING)
    made_at = datetime.fromisoformat(refund["create_time"]).astimezone(UTC)
    return Reversal(
        "refund", "paypal", f"refund:{refund['id']}", charge_ref, of_charge,
        # Made at the dashboard it may carry what the capture carries.
        None if reference == of_charge else reference,
        from_paypal(refund["amount"]), refund["amount"]["currency_code"], state, funds, made_at,
        made_at if funds == "withdrawn" else None,
        str((refund.get("status_details") or {}).get("reason") or refund.get("note_to_payer") or ""),
    )  # fmt: skip


def _of_entry(entry: Entry, charge_ref: str) -> Reversal:
    # Below zero, since it left our account.
    amount = entry["transaction_amount"] | {"value": entry["transaction_amount"]["value"].removeprefix("-")}
    state, funds = _STATES.get(entry.get("transaction_status", ""), _PENDING)
    made_at = initiated_at(entry)
    return Reversal(
        "refund", "paypal", f"refund:{entry['transaction_id']}", charge_ref, None,
        our_reference_in(entry),
        from_paypal(amount), amount["currency_code"], state, funds, made_at,
        made_at if funds == "withdrawn" else None, str(entry.get("transaction_note") or ""),
    )  # fmt: skip
