"""Sends charge attempts and inquires about those in doubt. Rule: R5.5."""

from __future__ import annotations

from settlement.gateways.calls import Metered
from settlement.model.gateway.charges import (
    AMOUNT_REFUSED,
    NOT_SEEN,
    AmountRefused,
    ChargeOutcome,
    ChargeResponse,
    Declined,
    NotFound,
    NotListed,
    RequiresAction,
    TryLater,
    Unknown,
)
from settlement.model.policies.policy import Policy
from settlement.operations.gateway.engine import CallRound, Clock
from settlement.operations.gateway.outcomes import book_charges
from settlement.storage.work import charges
from settlement.storage.work.charges import SentAttempt


def _send(gateway: Metered, attempt: SentAttempt, clock: Clock, policy: Policy) -> ChargeOutcome:
    if clock() >= attempt.sent_at + policy.collection.send_lease:
        # This process slept since it marked the attempt. Another one may be inquiring already; a first call now could
        # come after that one found that there is nothing.
        return Unknown("not sent within its lease")
    return gateway.charge(attempt.request)


def _inquire(gateway: Metered, attempt: SentAttempt, clock: Clock, policy: Policy) -> ChargeOutcome:
    found = _inquired(gateway, attempt, clock, policy)
    if attempt.code == AMOUNT_REFUSED and isinstance(found, (NotFound, NotListed)):
        # It is not there, as was said at once. Ended now it would be made anew, and refused again.
        return AmountRefused(AMOUNT_REFUSED, "the gateway refuses the amount")
    return found


def _inquired(gateway: Metered, attempt: SentAttempt, clock: Clock, policy: Policy) -> ChargeOutcome:
    """The gateway's own object where we know it, else the same key while it is remembered; in doubt a search."""
    at = clock()
    forgets_at = attempt.sent_at + gateway.key_lives_for
    outcome: ChargeOutcome = Unknown("not inquired about yet")
    waits = attempt.state == "requires_action"
    if attempt.gateway_ref is not None:
        # What its payer has confirmed is captured now, where the gateway leaves that to us and it is still wanted.
        read = gateway.capture_confirmed if waits and not attempt.is_given_up else gateway.read
        outcome = read(attempt.gateway_ref, attempt.reference)
    elif at < forgets_at:
        outcome = gateway.charge(attempt.request)
    if (
        waits
        and isinstance(outcome, RequiresAction)
        and (attempt.is_given_up or at - attempt.sent_at >= policy.at(at).collection.payer_may_take)
    ):
        outcome = _give_up(gateway, attempt, outcome)
    if not isinstance(outcome, (Unknown, TryLater, NotFound)):
        return outcome
    found = gateway.find(attempt.request)
    if isinstance(found, TryLater):
        return Unknown(found.why)
    if not isinstance(found, NotFound):
        return found
    # Final only when no call with this key can still be on its way, when the search would show it, when it is not
    # merely the object we know of that cannot be read, and when the same was found before: our clock may have jumped,
    # and the search had no time to show it.
    is_there = attempt.gateway_ref is not None and not isinstance(outcome, NotFound)
    if is_there or at < forgets_at + gateway.search_lags_by:
        return Unknown("the gateway has nothing of this reference yet")
    if attempt.gateway_ref is None and attempt.code != NOT_SEEN:
        return NotListed(gateway.search_lags_by)
    return _UNCONFIRMED if waits else found


def _give_up(gateway: Metered, attempt: SentAttempt, waiting: RequiresAction) -> ChargeOutcome:
    """The payer took too long, or nobody waits for him. Voided first, so that a late confirmation takes nothing; then
    what that came to.
    """
    if not gateway.void(attempt.request, waiting.gateway_ref):
        return Unknown("the gateway has not let go of it yet") if attempt.is_given_up else waiting
    outcome = gateway.read(waiting.gateway_ref, attempt.reference)
    # What the gateway has let go of takes nothing, whether or not it still shows it as waiting. A response that does
    # not arrive is no decline: the payer may have been quicker.
    if not isinstance(outcome, (Declined, RequiresAction)):
        return outcome
    return _GIVEN_UP if attempt.is_given_up else _UNCONFIRMED


_UNCONFIRMED = Declined("authentication_required", "the payer did not confirm it in time", final=False)
_GIVEN_UP = Declined("given_up", "the payment was given up before its payer confirmed it", final=False)


def _response(attempt: SentAttempt, outcome: ChargeOutcome) -> ChargeResponse:
    return ChargeResponse(attempt.account_id, attempt.attempt_no, outcome)


# Whether an earlier call charged is not said by one that our set-up keeps from charging.
send_charges = CallRound(charges.TO_SEND, _send, lambda _, __, why: TryLater(why), _response, book_charges)
inquire_about_charges = CallRound(
    charges.IN_DOUBT, _inquire, lambda _, __, why: Unknown(why), _response, book_charges
)
