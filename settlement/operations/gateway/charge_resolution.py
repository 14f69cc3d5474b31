"""An operator decides what became of a charge that the gateway does not report. Rule: R5.5c."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from settlement.errors import Refused
from settlement.model.gateway.charges import ChargeOutcome, ChargeResponse, NotFound, Succeeded
from settlement.model.instants import local_text
from settlement.model.policies.policy import Policy
from settlement.model.report import Report
from settlement.operations.gateway.outcomes import book_charges
from settlement.storage.store import Store
from settlement.storage.work import charges
from settlement.storage.work.charges import SentAttempt

IN_DOUBT = ("sent", "unknown", "requires_action")
# How the ids begin under which charges are booked, where a gateway gives one payment several ids.
_BEGINNINGS = {"stripe": "pi_"}


def resolve_charge(
    store: Store,
    reference: str,
    *,
    gateway_ref: str | None,
    at: datetime,
    policy: Policy,
    dry_run: bool = False,
) -> Report:
    """Books a charge as taken whole, under the gateway's own id, or (None) as surely not taken and owed again.

    A charge that waits to be sent can be ended too, as not taken: its gateway may be one that is no longer set up.

    Returns what it came to, or with `dry_run`, which writes nothing, would come to.

    Raises:
        NotFound: there is no such charge.
        Refused: `not_in_doubt`: its outcome is known; `not_sent`: it cannot have been taken; `being_asked`: a call
            about it may be on its way, and what that brings is not known yet; `payer_may_confirm`: it is not taken,
            and may still be; `not_a_charge`: the id is of another kind; `already_booked`: the gateway's object is on
            record as something else.
    """
    with store.transaction() as tx:
        attempt = charges.lock(tx, reference)
        _check(attempt, charged=gateway_ref is not None, at=at, policy=policy)
        if gateway_ref is not None:
            _check_object(tx, attempt, gateway_ref)
        outcome: ChargeOutcome = Succeeded(gateway_ref, attempt.amount_minor) if gateway_ref else NotFound()
        response = ChargeResponse(attempt.account_id, attempt.attempt_no, outcome)
        return book_charges(tx, [response], at=at, policy=policy, dry_run=dry_run)


def _check_object(tx: Connection, attempt: SentAttempt, gateway_ref: str) -> None:
    beginning = _BEGINNINGS.get(attempt.gateway, "")
    if not gateway_ref.startswith(beginning):
        raise Refused(
            "not_a_charge",
            f"{gateway_ref} is not the id by which a charge at {attempt.gateway} is known, which begins with "
            f"{beginning}; its page there shows it",
        )
    if (
        noun := charges.on_record_as(tx, attempt.gateway, gateway_ref, without=attempt.reference)
    ) is not None:
        raise Refused(
            "already_booked", f"{gateway_ref} at {attempt.gateway} is {noun}; one object pays for one charge"
        )


def _check(attempt: SentAttempt, *, charged: bool, at: datetime, policy: Policy) -> None:
    what = f"charge {attempt.reference}"
    if attempt.state == "waiting":
        if charged:
            raise Refused("not_sent", f"{what} was never sent to {attempt.gateway}, so it was not taken")
        return
    if attempt.state not in IN_DOUBT:
        raise Refused("not_in_doubt", f"{what} is {attempt.state}; nothing is to be resolved")
    if not charged and attempt.state == "requires_action":
        raise Refused(
            "payer_may_confirm",
            f"{what} waits for its payer, who may still confirm it at {attempt.gateway}; it is given up by itself "
            "when the payer takes too long. To end it now, cancel it at the gateway; the next inquiry finds that",
        )
    # Whoever took it up to call the gateway holds it for the length of a lease.
    if (
        not charged
        and attempt.next_at is not None
        and at < attempt.next_at <= at + policy.collection.send_lease
    ):
        raise Refused(
            "being_asked",
            f"{what} may be on its way to {attempt.gateway} right now; "
            f"try again after {local_text(attempt.next_at, policy.zone)}",
        )
