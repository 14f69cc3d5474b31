"""Sends refunds to the gateways and inquires about those that are not over. Rule: R7.3."""

from __future__ import annotations

from settlement.gateways.calls import Metered
from settlement.model.gateway.charges import NotFound, TryLater, Unknown
from settlement.model.gateway.refund_calls import RefundOutcome
from settlement.model.gateway.refunds import RefundResponse
from settlement.model.policies.policy import Policy
from settlement.operations.gateway.engine import CallRound, Clock
from settlement.operations.gateway.outcomes import book_refunds
from settlement.storage.work import refunds
from settlement.storage.work.refunds import SentRefund


def _send(gateway: Metered, refund: SentRefund, clock: Clock, _: Policy) -> RefundOutcome:
    if _is_over(refund, clock):
        # This process slept since it marked the refund. Another one may be inquiring already; a first call now could
        # come after that one found that there is nothing.
        return Unknown("not sent within its lease")
    outcome = _unless_missing(gateway.refund(refund.request))
    return _not_accepted(refund, clock, outcome.why) if isinstance(outcome, TryLater) else outcome


def _not_accepted(refund: SentRefund, clock: Clock, why: str) -> RefundOutcome:
    """This call gave nothing back. After its lease that says little, for somebody else may have called meanwhile."""
    return Unknown(why) if _is_over(refund, clock) else TryLater(why)


def _is_over(refund: SentRefund, clock: Clock) -> bool:
    """Has the lease ended for which the refund is in this process's hands?"""
    return refund.next_at is None or clock() >= refund.next_at


def _inquire(gateway: Metered, refund: SentRefund, clock: Clock, _: Policy) -> RefundOutcome:
    """The gateway's own object where we know it, else the same key while it is remembered, else a search."""
    if refund.gateway_ref is not None:
        return _unless_missing(_in_doubt(gateway.read_refund(refund.gateway_ref)))
    at, forgets_at = clock(), refund.sent_at + gateway.key_lives_for
    if at < forgets_at:
        outcome = gateway.refund(refund.request)
        if not isinstance(outcome, (Unknown, TryLater, NotFound)):
            return outcome
    found = _in_doubt(gateway.find_refund(refund.request))
    # Final only when no call with this key can still be on its way, and the search would show it.
    return found if at >= forgets_at + gateway.search_lags_by else _unless_missing(found)


def _in_doubt(outcome: RefundOutcome) -> RefundOutcome:
    """An inquiry that was not accepted says nothing about the refund."""
    return Unknown(outcome.why) if isinstance(outcome, TryLater) else outcome


def _unless_missing(outcome: RefundOutcome) -> RefundOutcome:
    """Nothing found, where that is not final."""
    return Unknown("the gateway shows nothing of it") if isinstance(outcome, NotFound) else outcome


def _response(refund: SentRefund, outcome: RefundOutcome) -> RefundResponse:
    return RefundResponse(refund.account_id, refund.refund_no, outcome)


# Whether an earlier call gave back is not said by one that our set-up keeps from it.
send_refunds = CallRound(refunds.TO_SEND, _send, _not_accepted, _response, book_refunds)
inquire_about_refunds = CallRound(
    refunds.NOT_OVER, _inquire, lambda _, __, why: Unknown(why), _response, book_refunds
)
