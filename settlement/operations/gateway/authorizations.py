"""Pre-authorizations: hold a small amount, let it go, and let go of whatever a crash left held. Rule: R5.3.

What is held is booked before it is let go, in two rounds, so a process that dies in between leaves a row that says what
is still held; it is tried until it is gone.
"""

from __future__ import annotations

from datetime import datetime

from settlement.gateways.calls import Metered
from settlement.model.gateway.charges import (
    AmountRefused,
    ChargeOutcome,
    Declined,
    NotFound,
    NotSeen,
    RequiresAction,
    TryLater,
    Unknown,
    Voided,
)
from settlement.model.policies.policy import Policy
from settlement.operations.gateway.engine import CallRound, Clock
from settlement.operations.gateway.outcomes import book_authorizations
from settlement.plans.outcomes.authorizations import AuthorizationOutcome, AuthorizationResponse
from settlement.storage.work import authorizations
from settlement.storage.work.authorizations import ClaimedAuthorization


def _call(gateway: Metered, row: ClaimedAuthorization, clock: Clock, _: Policy) -> AuthorizationOutcome:
    if row.found == "authorized" and row.gateway_ref is not None:
        is_gone = gateway.void(row.request, row.gateway_ref)
        return Voided() if is_gone else Unknown("it could not be let go yet")
    outcome = _hold(gateway, row, clock())
    if isinstance(outcome, AmountRefused):
        return Unknown(f"{outcome.code}: {outcome.message}")
    if isinstance(outcome, RequiresAction):
        gateway.void(row.request, outcome.gateway_ref)
        return Declined("requires_action", "the payer would have to confirm it", final=False)
    return outcome


def _hold(gateway: Metered, row: ClaimedAuthorization, at: datetime) -> ChargeOutcome | NotSeen:
    """The first call, or the same one again while the gateway knows its key; later a search, until holds lapse."""
    forgets_at = row.sent_at + gateway.key_lives_for
    outcome: ChargeOutcome = Unknown("not inquired about yet")
    if at < forgets_at:
        outcome = gateway.authorize(row.request)
    if row.found == "waiting" or not isinstance(outcome, (Unknown, TryLater)):
        return outcome
    found = gateway.find(row.request)
    if isinstance(found, TryLater):
        return Unknown(found.why)
    if not isinstance(found, NotFound):
        return found
    # What a search does not show may be held all the same. It is over only when every hold has lapsed by then.
    shows_at = forgets_at + gateway.search_lags_by
    if at >= max(shows_at, row.sent_at + gateway.holds_lapse_after):
        return found
    return NotSeen() if at >= shows_at else Unknown("the gateway has nothing of this reference yet")


def _refused(row: ClaimedAuthorization, _: Clock, why: str) -> AuthorizationOutcome:
    return TryLater(why) if row.found == "waiting" else Unknown(why)


def _response(row: ClaimedAuthorization, outcome: AuthorizationOutcome) -> AuthorizationResponse:
    return AuthorizationResponse(row.id, row.account_id, outcome)


work_authorizations = CallRound(authorizations.OPEN, _call, _refused, _response, book_authorizations)
