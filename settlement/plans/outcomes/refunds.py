"""Books what gateways reported about refunds. Rule: R7.3.

Whatever is reported twice, late or out of order: money leaves `refunding` once. One that was given back may still come
back, weeks later, and then becomes cash; one that became cash stays so.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from settlement.model.changes import Changes
from settlement.model.funds import LedgerKind
from settlement.model.gateway.charges import NotFound, TryLater, Unknown
from settlement.model.gateway.refund_calls import (
    GIVEN_BACK_ALREADY,
    GivenBackAlready,
    Refunded,
    RefundFailed,
    RefundPending,
)
from settlement.model.gateway.refunds import ON_ITS_WAY, RefundResponse, RefundState
from settlement.model.policies.policy import Policy
from settlement.model.snapshot import Snapshot
from settlement.plans.announcements.charges import announce_refund
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.draft import Draft
from settlement.plans.draft.refunds import WorkingRefund, WorkingRefunds
from settlement.plans.finish.changes import finish
from settlement.plans.outcomes.charges_in_flight import SEND_AGAIN_AFTER
from settlement.plans.write_off.write_off import write_off


def plan_refund_outcomes(
    snapshot: Snapshot, *, responses: Sequence[RefundResponse], at: datetime, policy: Policy
) -> Changes:
    """Books each response under the instant `at` (UTC).

    Responses about parked accounts are left: the refund stays as it is and is inquired about again, so nothing is lost.
    """
    draft = Draft(snapshot, at=at, policy=policy)
    for response in responses:
        account = draft.accounts.get(response.account_id)  # type: ignore[call-overload]
        if account is None or account.parked or account.refunds is None:
            continue
        working = account.refunds.refund(response.refund_no)
        if working is not None and working.state != "failed":
            _book(draft, account, account.refunds, working, response)
    return finish(draft)


def _book(
    draft: Draft,
    account: WorkingAccount,
    refunds: WorkingRefunds,
    working: WorkingRefund,
    response: RefundResponse,
) -> None:
    if working.state == "waiting" and isinstance(response.outcome, (TryLater, NotFound, Unknown)):
        # Said late by somebody who held it before; it is as if it had never been sent.
        return
    working.is_touched = True
    if working.refund.code == GIVEN_BACK_ALREADY and isinstance(
        response.outcome, (TryLater, NotFound, Unknown)
    ):
        # It is an operator's, and not made anew by itself.
        working.response = (
            GIVEN_BACK_ALREADY,
            "the gateway had given the money back, or held it for a dispute",
        )
        _schedule_inquiry(draft, working)
        return
    match response.outcome:
        case Refunded(gateway_ref, amount_minor) if amount_minor == working.refund.amount_minor:
            _succeed(draft, account, working, gateway_ref)
        case Refunded(gateway_ref, amount_minor):
            why = f"the gateway says it gave back {amount_minor} of {working.refund.amount_minor} minor units"
            _inquire_again(draft, account, working, why, ref=gateway_ref)
        case RefundFailed(code, message):
            _become_cash(draft, account, refunds, working, code, message[:500])
        case GivenBackAlready(code, message):
            _leave_to_operator(draft, account, working, code, message)
        case RefundPending(gateway_ref):
            _wait(draft, working, gateway_ref)
        case TryLater(why) if working.state == "sent":
            _send_again(working, draft.at + SEND_AGAIN_AFTER, "try_later", why)
        case NotFound() if working.state in {"sent", "unknown"}:
            # Surely nothing there, and the money is still to go back. The key is forgotten by then, so it is new again.
            _send_again(working, draft.at, "not_found", "the gateway has nothing of this reference")
        case NotFound():
            _inquire_again(draft, account, working, "the gateway does not know its own id any more")
        case TryLater(why) | Unknown(why):
            _inquire_again(draft, account, working, why)


def _succeed(draft: Draft, account: WorkingAccount, working: WorkingRefund, gateway_ref: str) -> None:
    refund = working.refund
    working.gateway_ref = gateway_ref
    if working.state != "succeeded":
        working.state = "succeeded"
        working.sent_at = working.sent_at or draft.at
        working.finished_at = draft.at
        draft.transfer(
            account, ("refunding", refund.refund_no), ("gateway_clearing", 0), refund.amount_minor,
            f"refund:{refund.refund_no}",
        )  # fmt: skip
        announce_refund(draft, account, refund, "succeeded")
    # A bank may send it back after weeks, and not every gateway tells.
    since = working.finished_at or draft.at
    looks = (since + after for after in draft.policy.collection.refund_read_again_after)
    working.next_at = next((instant for instant in looks if instant > draft.at), None)


def _become_cash(
    draft: Draft,
    account: WorkingAccount,
    refunds: WorkingRefunds,
    working: WorkingRefund,
    code: str,
    message: str,
) -> None:
    """It does not go the way it came: the customer has it as cash, which pays what is unsettled. Rule: R7.3d."""
    refund = working.refund
    source: tuple[LedgerKind, int] = (
        ("refunding", refund.refund_no) if working.state in ON_ITS_WAY else ("gateway_clearing", 0)
    )
    cause = f"refund:{refund.refund_no}:failed"
    draft.transfer(account, source, ("cash", 0), refund.amount_minor, cause)
    account.cash_minor += refund.amount_minor
    account.touched = True
    refunds.charge_of(refund).refunded_minor -= refund.amount_minor
    working.state = "failed"
    working.next_at = None
    working.finished_at = draft.at
    working.response = (code, message)
    announce_refund(draft, account, refund, "failed_to_cash", code=code, message=message)
    write_off(draft, account, cause=cause, correlation_id=f"refund:{refund.reference}")


def _wait(draft: Draft, working: WorkingRefund, gateway_ref: str) -> None:
    """The gateway has it and needs time; it is asked at growing intervals, for as long as it takes."""
    working.gateway_ref = gateway_ref
    if working.state != "succeeded":
        working.asks = working.asks if working.state == "under_way" else 0
        working.state = "under_way"
        working.sent_at = working.sent_at or draft.at
    _schedule_inquiry(draft, working)


def _send_again(working: WorkingRefund, next_at: datetime, code: str, why: str) -> None:
    """Nothing was given back: the refund waits as if it had never been sent."""
    working.state = "waiting"
    working.asks = 0
    working.sent_at = None
    working.next_at = next_at
    working.response = (code, why[:500])


def _inquire_again(
    draft: Draft, account: WorkingAccount, working: WorkingRefund, why: str, *, ref: str | None = None
) -> None:
    in_doubt: tuple[RefundState, ...] = ("sent", "unknown")
    if working.state in in_doubt:
        working.state = "unknown"
        if working.asks + 1 == draft.policy.collection.operator_after_asks:
            announce_refund(draft, account, working.refund, "unknown", message=why[:500])
    working.gateway_ref = ref or working.gateway_ref
    working.response = (None, why[:500])
    _schedule_inquiry(draft, working)


def _leave_to_operator(
    draft: Draft, account: WorkingAccount, working: WorkingRefund, code: str, message: str
) -> None:
    """The customer may have the money already, so it does not become cash by itself: an operator decides. R5.9f."""
    why = f"{code}: {message}"[:500]
    if working.refund.code != GIVEN_BACK_ALREADY:
        announce_refund(draft, account, working.refund, "unknown", code=GIVEN_BACK_ALREADY, message=why)
    working.state = "unknown"
    working.response = (GIVEN_BACK_ALREADY, why)
    working.asks = max(working.asks, draft.policy.collection.operator_after_asks)
    _schedule_inquiry(draft, working)


def _schedule_inquiry(draft: Draft, working: WorkingRefund) -> None:
    steps = draft.policy.collection.inquire_after
    working.asks += 1
    working.next_at = draft.at + steps[min(working.asks, len(steps)) - 1]
