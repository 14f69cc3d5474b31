"""Sends refunds to the gateways and asks about those that are not over. Rule: R7.3.

The same three steps as for charges, each of which may be the last one a process makes: the refunds are marked as sent
and that is committed; the gateway is called, outside any transaction; what it said is booked. A process that dies after
the first step leaves refunds that are asked about, with the same key, when their lease is over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

from sqlalchemy import Connection

from settlement.errors import Misconfigured
from settlement.gateways.port import Gateway
from settlement.model.gateway.charges import NotFound, TryLater, Unknown
from settlement.model.gateway.refund_calls import RefundOutcome
from settlement.model.gateway.refunds import RefundAnswer
from settlement.model.policies.policy import Policy
from settlement.model.report import Report
from settlement.operations.gateway.calls import Counted, call_each
from settlement.operations.gateway.charges import DEFAULT_LIMITS, Called, ChargeLimits, Clock
from settlement.operations.settle import settle
from settlement.plans.outcomes.refunds import plan_refund_outcomes
from settlement.storage.load.snapshot import Scope
from settlement.storage.store import Store
from settlement.storage.work import charges, refunds
from settlement.storage.work.refunds import SentRefund


def send_refunds(
    store: Store,
    gateways: Mapping[str, Gateway],
    *,
    clock: Clock,
    policy: Policy,
    limits: ChargeLimits = DEFAULT_LIMITS,
) -> Called:
    """Sends one batch of waiting refunds to every gateway. `calls` is zero when none waits.

    Raises:
        Unavailable: PostgreSQL is down or busy. What was sent is asked about later.
    """
    return _each(store, gateways, clock, policy, limits, _SENDING)


def ask_refunds(
    store: Store,
    gateways: Mapping[str, Gateway],
    *,
    clock: Clock,
    policy: Policy,
    limits: ChargeLimits = DEFAULT_LIMITS,
) -> Called:
    """Asks about one batch of refunds that are in doubt, under way, or were given back a while ago, at every gateway.

    Raises:
        Unavailable: PostgreSQL is down or busy; they are asked about again.
    """
    return _each(store, gateways, clock, policy, limits, _ASKING)


def book_refunds_in(
    tx: Connection, answers: Sequence[RefundAnswer], *, at: datetime, policy: Policy
) -> Report:
    """Books answers in the caller's transaction, under the instant `at` (UTC). What tells nothing new does nothing."""
    scope = Scope(
        ids=sorted({answer.account_id for answer in answers}),
        gateway_refunds=[(answer.account_id, answer.refund_no) for answer in answers],
    )
    return settle(tx, scope, partial(plan_refund_outcomes, answers=answers, at=at, policy=policy), at=at)


def _each(
    store: Store,
    gateways: Mapping[str, Gateway],
    clock: Clock,
    policy: Policy,
    limits: ChargeLimits,
    step: _Step,
) -> Called:
    total = Called()
    with store.transaction() as tx:
        waiting = step.waiting(tx, list(gateways), at=clock())
    for name in waiting:
        gateway, at = gateways[name], clock()
        with store.transaction() as tx:
            # The gateway counts calls and not what they are about, so charges and refunds share its pace.
            free = charges.allowance(tx, name, per_s=limits.rate(name), limit=limits.batch)
            if not free:
                total.is_paced = True
                continue
            claimed = step.claim(tx, name, at=at, lease=at + policy.collection.send_lease, limit=free)
            charges.take(tx, name, per_s=limits.rate(name), used=len(claimed))
        answers, made = _answers(gateway, claimed, clock, step, total)
        if answers:
            with store.transaction() as tx:
                book_refunds_in(tx, answers, at=clock(), policy=policy)
                charges.take(tx, name, per_s=limits.rate(name), used=made - len(claimed))
        total.calls += len(claimed)
    return total


def _answers(
    gateway: Gateway, claimed: Sequence[SentRefund], clock: Clock, step: _Step, total: Called
) -> tuple[list[RefundAnswer], int]:
    """What the gateway says about each, asked side by side, and how many calls that took."""
    counted: list[Counted] = []

    def one(refund: SentRefund) -> RefundOutcome:
        counted.append(asked := Counted(gateway))
        try:
            return step.call(asked, refund, clock)
        except Misconfigured as error:
            total.misconfigured.append(str(error))
            # Nothing was given back by this call; whether by an earlier one is not said by it.
            return _not_taken_up(refund, clock, str(error)) if step is _SENDING else Unknown(str(error))
        except Exception as error:  # noqa: BLE001 - whatever it is, the money may have moved
            return Unknown(f"{type(error).__name__}: {error}"[:500])

    answers = [
        RefundAnswer(refund.account_id, refund.refund_no, outcome)
        for refund, outcome in call_each(claimed, one)
    ]
    return answers, sum(asked.calls for asked in counted)


def _send(gateway: Counted, refund: SentRefund, clock: Clock) -> RefundOutcome:
    if _is_over(refund, clock):
        # This process slept since it marked the refund. Another one may be asking already; a first call now could come
        # after that one was told that there is nothing.
        return Unknown("not sent within its lease")
    outcome = _unless_missing(gateway.refund(refund.request))
    return _not_taken_up(refund, clock, outcome.why) if isinstance(outcome, TryLater) else outcome


def _not_taken_up(refund: SentRefund, clock: Clock, why: str) -> RefundOutcome:
    """This call gave nothing back. After its lease that says little, for somebody else may have called meanwhile."""
    return Unknown(why) if _is_over(refund, clock) else TryLater(why)


def _is_over(refund: SentRefund, clock: Clock) -> bool:
    """Has the lease ended for which the refund is in this process's hands?"""
    return refund.next_at is None or clock() >= refund.next_at


def _ask(gateway: Counted, refund: SentRefund, clock: Clock) -> RefundOutcome:
    """The gateway's own object where we know it, else the same key while it is remembered, else a search."""
    if refund.gateway_ref is not None:
        return _unless_missing(_in_doubt(gateway.read_refund(refund.gateway_ref)))
    at, forgets_at = clock(), refund.sent_at + gateway.key_lives_for
    if at < forgets_at:
        outcome = gateway.refund(refund.request)
        if not isinstance(outcome, (Unknown, TryLater, NotFound)):
            return outcome
    found = _in_doubt(gateway.find_refund(refund.request))
    # Final only when no call with this key can still be under way, and the search would show it.
    return found if at >= forgets_at + gateway.search_lags_by else _unless_missing(found)


def _in_doubt(outcome: RefundOutcome) -> RefundOutcome:
    """A question that was not taken up says nothing about the refund."""
    return Unknown(outcome.why) if isinstance(outcome, TryLater) else outcome


def _unless_missing(outcome: RefundOutcome) -> RefundOutcome:
    """Nothing found, where that is not final."""
    return Unknown("the gateway shows nothing of it") if isinstance(outcome, NotFound) else outcome


class _Step(NamedTuple):
    """What is done to refunds of one kind: which gateways have some, how they are claimed, and the call."""

    waiting: Callable[..., list[str]]
    claim: Callable[..., list[SentRefund]]
    call: Callable[[Counted, SentRefund, Clock], RefundOutcome]


_SENDING = _Step(refunds.waiting_to_send, refunds.claim_to_send, _send)
_ASKING = _Step(refunds.waiting_to_ask, refunds.claim_to_ask, _ask)
