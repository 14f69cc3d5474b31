"""An operator decides what became of a refund that the gateway does not report. Rule: R7.3e."""

from __future__ import annotations

from datetime import datetime

from settlement.errors import Refused
from settlement.model.gateway.refund_calls import Refunded, RefundFailed, RefundOutcome
from settlement.model.gateway.refunds import RefundResponse
from settlement.model.instants import local_text
from settlement.model.policies.policy import Policy
from settlement.model.report import Report
from settlement.operations.gateway.outcomes import book_refunds
from settlement.storage.store import Store
from settlement.storage.work import charges, refunds, reversals
from settlement.storage.work.refunds import SentRefund

BY_OPERATOR = "operator"


def resolve_refund(
    store: Store,
    reference: str,
    *,
    gateway_ref: str | None,
    at: datetime,
    policy: Policy,
    dry_run: bool = False,
) -> Report:
    """Books a refund as given back whole, under the gateway's own id, or (None) as not given back: it becomes cash.

    One that waits to be sent can become cash too, for its gateway may be one that is no longer set up; and so can one
    that was given back and then came back to the gateway.

    Returns what it came to, or with `dry_run`, which writes nothing, would come to.

    Raises:
        NotFound: there is no such refund.
        Refused: `not_in_doubt`: its outcome is known; `not_sent`: it cannot have been given back; `being_asked`: a call
            about it may be on its way, and what that brings is not known yet; `already_booked`: the gateway's object is
            on record as something else.
    """
    with store.transaction() as tx:
        refund = refunds.lock(tx, reference)
        _check(refund, given_back=gateway_ref is not None, at=at, policy=policy)
        if gateway_ref is not None and gateway_ref in reversals.on_record(tx, refund.gateway, [gateway_ref]):
            raise Refused(
                "already_booked",
                f"{gateway_ref} at {refund.gateway} has taken the payment back (`settle disputes show`): what it paid "
                "is owed again, and the refund pays that as cash (--to-cash)",
            )
        if gateway_ref is not None and (
            noun := charges.on_record_as(tx, refund.gateway, gateway_ref, without=refund.reference)
        ):
            raise Refused(
                "already_booked",
                f"{gateway_ref} at {refund.gateway} is {noun}; one object gives back one refund",
            )
        outcome: RefundOutcome = (
            Refunded(gateway_ref, refund.amount_minor)
            if gateway_ref
            else RefundFailed(BY_OPERATOR, "an operator found that it was not given back")
        )
        response = RefundResponse(refund.account_id, refund.refund_no, outcome)
        return book_refunds(tx, [response], at=at, policy=policy, dry_run=dry_run)


def _check(refund: SentRefund, *, given_back: bool, at: datetime, policy: Policy) -> None:
    what = f"refund {refund.reference}"
    if refund.state == "failed" or (refund.state == "succeeded" and given_back):
        raise Refused("not_in_doubt", f"{what} is {_WORDS[refund.state]}; nothing is to be resolved")
    if refund.state == "waiting":
        if given_back:
            raise Refused("not_sent", f"{what} was never sent to {refund.gateway}, so it was not given back")
        return
    # Whoever took it up to call the gateway holds it for the length of a lease.
    if (
        not given_back
        and refund.next_at is not None
        and at < refund.next_at <= at + policy.collection.send_lease
    ):
        raise Refused(
            "being_asked",
            f"{what} may be on its way to {refund.gateway} right now; "
            f"try again after {local_text(refund.next_at, policy.zone)}",
        )


_WORDS = {"failed": "cash already", "succeeded": "given back already"}
