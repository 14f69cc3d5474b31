"""Sends charge attempts and asks about those in doubt. Rule: R5.5.

Three steps, each of which may be the last one a process makes: the attempts are marked as sent and that is committed;
the gateway is called, outside any transaction; what it said is booked. A process that dies after the first step leaves
attempts that are asked about, with the same key, when their lease is over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from settlement.errors import Misconfigured
from settlement.gateways.port import Gateway
from settlement.model.gateway.charges import (
    Answer,
    ChargeOutcome,
    Declined,
    NotFound,
    RequiresAction,
    TryLater,
    Unknown,
)
from settlement.model.policies.policy import Policy
from settlement.operations.gateway.calls import Counted, call_each
from settlement.operations.gateway.outcomes import book_outcomes
from settlement.storage.store import Store
from settlement.storage.work import charges
from settlement.storage.work.charges import SentAttempt

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class ChargeLimits:
    """Attempts in one process's hands at a time, each in a thread of its own, and calls per second by gateway."""

    batch: int = 10
    per_s: Mapping[str, float] = field(default_factory=dict)
    default_per_s: float = 20.0

    def rate(self, gateway: str) -> float:
        """Calls per second that the gateway may get, over all processes."""
        return self.per_s.get(gateway, self.default_per_s)


DEFAULT_LIMITS = ChargeLimits()


@dataclass(slots=True)
class Called:
    """Attempts that gateways were called about, and what gateways said about our own set-up; `is_paced`: the rate
    limit ended it.
    """

    calls: int = 0
    misconfigured: list[str] = field(default_factory=list)
    is_paced: bool = False


def send_charges(
    store: Store,
    gateways: Mapping[str, Gateway],
    *,
    clock: Clock,
    policy: Policy,
    limits: ChargeLimits = DEFAULT_LIMITS,
) -> Called:
    """Sends one batch of waiting attempts to every gateway. `calls` is zero when none waits.

    Raises:
        Unavailable: PostgreSQL is down or busy. What was sent is asked about later.
    """
    return _each(store, gateways, clock, policy, limits, _SENDING)


def ask_charges(
    store: Store,
    gateways: Mapping[str, Gateway],
    *,
    clock: Clock,
    policy: Policy,
    limits: ChargeLimits = DEFAULT_LIMITS,
) -> Called:
    """Asks about one batch of attempts in doubt at every gateway. `calls` is zero when none is due.

    Raises:
        Unavailable: PostgreSQL is down or busy; they are asked about again.
    """
    return _each(store, gateways, clock, policy, limits, _ASKING)


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
            free = charges.allowance(tx, name, per_s=limits.rate(name), limit=limits.batch)
            if not free:
                total.is_paced = True
                continue
            lease = at + policy.collection.send_lease
            attempts = step.claim(tx, name, at=at, lease=lease, limit=free)
            charges.take(tx, name, per_s=limits.rate(name), used=len(attempts))
        answers, made = _answers(gateway, attempts, clock, policy, step.call, total)
        book_outcomes(store, answers, at=clock(), policy=policy)
        if made > len(attempts):
            with store.transaction() as tx:
                charges.take(tx, name, per_s=limits.rate(name), used=made - len(attempts))
        total.calls += len(attempts)
    return total


def _answers(
    gateway: Gateway,
    attempts: list[SentAttempt],
    clock: Clock,
    policy: Policy,
    call: Callable[[Counted, SentAttempt, Clock, Policy], ChargeOutcome],
    total: Called,
) -> tuple[list[Answer], int]:
    """What the gateway says about each, asked side by side, and how many calls that took."""
    counted: list[Counted] = []

    def one(attempt: SentAttempt) -> ChargeOutcome:
        counted.append(asked := Counted(gateway))
        try:
            return call(asked, attempt, clock, policy)
        except Misconfigured as error:
            total.misconfigured.append(str(error))
            # Nothing was charged by this call; whether an earlier one was is not said by it.
            return TryLater(str(error)) if call is _send else Unknown(str(error))
        except Exception as error:  # noqa: BLE001 - whatever it is, the money may have moved
            return Unknown(f"{type(error).__name__}: {error}"[:500])

    answers = [
        Answer(attempt.account_id, attempt.attempt_no, outcome)
        for attempt, outcome in call_each(attempts, one)
    ]
    return answers, sum(asked.calls for asked in counted)


def _send(gateway: Counted, attempt: SentAttempt, clock: Clock, policy: Policy) -> ChargeOutcome:
    if clock() >= attempt.sent_at + policy.collection.send_lease:
        # This process slept since it marked the attempt. Another one may be asking already; a first call now could
        # come after that one was told that there is nothing.
        return Unknown("not sent within its lease")
    return gateway.charge(attempt.request)


def _ask(gateway: Counted, attempt: SentAttempt, clock: Clock, policy: Policy) -> ChargeOutcome:
    """The gateway's own object where we know it, else the same key while it is remembered; in doubt a search."""
    at = clock()
    forgets_at = attempt.sent_at + gateway.key_lives_for
    outcome: ChargeOutcome = Unknown("not asked yet")
    waits = attempt.state == "requires_action"
    if attempt.gateway_ref is not None:
        # What its payer has confirmed is taken now, where the gateway leaves that to us and it is still wanted.
        look = gateway.take_confirmed if waits and not attempt.is_given_up else gateway.read
        outcome = look(attempt.gateway_ref)
    elif at < forgets_at:
        outcome = gateway.charge(attempt.request)
    if (
        waits
        and isinstance(outcome, RequiresAction)
        and (attempt.is_given_up or at - attempt.sent_at >= policy.collection.payer_may_take)
    ):
        outcome = _give_up(gateway, attempt, outcome)
    if not isinstance(outcome, (Unknown, TryLater, NotFound)):
        return outcome
    found = gateway.find(attempt.request)
    if isinstance(found, TryLater):
        return Unknown(found.why)
    if not isinstance(found, NotFound):
        return found
    # Final only when no call with this key can still be under way, when the search would show it, and when it is not
    # merely the object we know of that cannot be read.
    is_there = attempt.gateway_ref is not None and not isinstance(outcome, NotFound)
    if is_there or at < forgets_at + gateway.search_lags_by:
        return Unknown("the gateway has nothing of this reference yet")
    return _UNCONFIRMED if waits else found


def _give_up(gateway: Counted, attempt: SentAttempt, waiting: RequiresAction) -> ChargeOutcome:
    """The payer took too long, or nobody waits for him. Voided first, so that a late confirmation takes nothing; then
    what that came to.
    """
    if not gateway.void(attempt.request, waiting.gateway_ref):
        return Unknown("the gateway has not let go of it yet") if attempt.is_given_up else waiting
    outcome = gateway.read(waiting.gateway_ref)
    # What the gateway has let go of takes nothing, whether or not it still shows it as waiting. An answer that does not
    # arrive is no decline: the payer may have been quicker.
    if not isinstance(outcome, (Declined, RequiresAction)):
        return outcome
    return _GIVEN_UP if attempt.is_given_up else _UNCONFIRMED


_UNCONFIRMED = Declined("authentication_required", "the payer did not confirm it in time", hard=False)
_GIVEN_UP = Declined("given_up", "the payment was given up before its payer confirmed it", hard=False)


class _Step(NamedTuple):
    """What is done to attempts of one kind: which gateways have some, how they are claimed, and the call."""

    waiting: Callable[..., list[str]]
    claim: Callable[..., list[SentAttempt]]
    call: Callable[[Counted, SentAttempt, Clock, Policy], ChargeOutcome]


_SENDING = _Step(charges.waiting_to_send, charges.claim_to_send, _send)
_ASKING = _Step(charges.waiting_to_ask, charges.claim_to_ask, _ask)
