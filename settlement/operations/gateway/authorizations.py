"""Pre-authorizations: hold a small amount, let it go, and let go of whatever a crash left held. Rule: R5.3."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

from settlement.errors import Misconfigured
from settlement.gateways.port import Gateway
from settlement.model.gateway.charges import (
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
from settlement.operations.gateway.calls import call_each
from settlement.operations.gateway.charges import Called, ChargeLimits
from settlement.operations.settle import settle
from settlement.plans.outcomes.authorizations import AuthorizationAnswer, plan_authorization_outcomes
from settlement.storage.load.snapshot import Scope
from settlement.storage.store import Store
from settlement.storage.work import authorizations, charges
from settlement.storage.work.authorizations import ClaimedAuthorization


def work_authorizations(
    store: Store,
    gateways: Mapping[str, Gateway],
    *,
    clock: Callable[[], datetime],
    policy: Policy,
    limits: ChargeLimits,
) -> Called:
    """Takes one batch at every gateway a step further: hold, then let go. `calls` is zero when nothing is due.

    What is held is booked before it is let go, in two rounds, so a process that dies in between leaves a row that says
    what is still held; it is tried until it is gone.

    Raises:
        Unavailable: PostgreSQL is down or busy; the rows wait.
    """
    total = Called()
    with store.transaction() as tx:
        waiting = authorizations.waiting(tx, list(gateways), at=clock())
    for name in waiting:
        gateway, at = gateways[name], clock()
        with store.transaction() as tx:
            free = charges.allowance(tx, name, per_s=limits.rate(name), limit=limits.batch)
            lease = at + policy.collection.send_lease
            rows = authorizations.claim(tx, name, at=at, lease=lease, limit=free) if free else []
            charges.take(tx, name, per_s=limits.rate(name), used=len(rows))
        total.is_paced = total.is_paced or not free
        outcomes = call_each(rows, partial(_call, gateway, clock=clock, total=total))
        answers = [AuthorizationAnswer(row.id, row.account_id, outcome) for row, outcome in outcomes]
        _book(store, answers, clock(), policy)
        total.calls += len(rows)
    return total


def _book(store: Store, answers: list[AuthorizationAnswer], at: datetime, policy: Policy) -> None:
    if not answers:
        return
    plan = partial(plan_authorization_outcomes, answers=answers, at=at, policy=policy)
    with store.transaction() as tx:
        settle(tx, Scope(ids=sorted({answer.account_id for answer in answers})), plan, at=at)


def _call(
    gateway: Gateway, row: ClaimedAuthorization, *, clock: Callable[[], datetime], total: Called
) -> ChargeOutcome | Voided | NotSeen:
    try:
        if row.found == "authorized" and row.gateway_ref is not None:
            gone = gateway.void(row.request, row.gateway_ref)
            return Voided() if gone else Unknown("it could not be let go yet")
        outcome = _hold(gateway, row, clock())
        if isinstance(outcome, RequiresAction):
            gateway.void(row.request, outcome.gateway_ref)
            return Declined("requires_action", "the payer would have to confirm it", hard=False)
        return outcome
    except Misconfigured as error:
        total.misconfigured.append(str(error))
        return TryLater(str(error)) if row.found == "waiting" else Unknown(str(error))
    except Exception as error:  # noqa: BLE001 - whatever it is, something may be held
        return Unknown(f"{type(error).__name__}: {error}"[:500])


def _hold(gateway: Gateway, row: ClaimedAuthorization, at: datetime) -> ChargeOutcome | NotSeen:
    """The first call, or the same one again while the gateway knows its key; later a search, until holds lapse."""
    forgets_at = row.sent_at + gateway.key_lives_for
    outcome: ChargeOutcome = Unknown("not asked yet")
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
