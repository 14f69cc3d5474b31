"""What a gateway takes back by itself: read charge by charge, matched with ours, booked as a set. Rule: R5.9.

Whoever tells of one, a webhook or a list, only gives a reason to look: what is booked is what the gateway shows when it
is asked for the refunds and disputes of a charge that succeeded here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from settlement.errors import Misconfigured
from settlement.gateways.calls import Metered
from settlement.gateways.port import Gateway
from settlement.model.gateway.booked_reversals import ReversalResponse
from settlement.model.gateway.charges import TryLater, Unknown
from settlement.model.gateway.reversals import Reversal, ReversalsOutcome
from settlement.model.policies.policy import Policy
from settlement.operations.gateway.engine import CallLimits, doubt, side_by_side
from settlement.operations.gateway.outcomes import NotBooked, book_reversals, book_set
from settlement.storage.store import Store
from settlement.storage.work import rate_limits, reversals
from settlement.storage.work.gateway_events import NotificationResult, StoredNotification
from settlement.storage.work.reversals import NotifiedCharge, Owner

RETRY = timedelta(seconds=30)
PARKED = timedelta(hours=1)
# After so many reads in vain the daily comparison is what is left.
MOST_TRIES = 10


class _Charge(NamedTuple):
    """A charge at a gateway, by the gateway's own id."""

    gateway: str
    charge_ref: str


def read_notified_charges(
    store: Store,
    gateways: Mapping[str, Gateway],
    events: Sequence[StoredNotification],
    *,
    at: datetime,
    policy: Policy,
    limits: CallLimits,
) -> list[NotificationResult]:
    """Reads the refunds and disputes of the charges that webhooks are about, and books them. Returns what became of the
    webhooks. Several about one charge read it once.
    """
    with store.transaction() as tx:
        known = reversals.charges(
            tx, [(one.gateway, one.event_id, one.charge_ref, one.reference) for one in events]
        )
        waiting = {one: _not_to_be_read(one, gateways, known, at) for one in events}
        wanted = sorted(
            {_Charge(one.gateway, one.charge_ref or "") for one in events if waiting[one] is None}
        )
        for name, reads in sorted(Counter(each.gateway for each in wanted).items()):
            rate_limits.use(tx, name, per_s=limits.rate(name), calls=reads)
    outcomes = read_charges(gateways, wanted)
    found = [each for outcome in outcomes.values() for each in _listed(outcome)]
    book_found(store, found, read_at=at, at=at, policy=policy)
    return [
        waiting[one] or _result(one, outcomes[_Charge(one.gateway, one.charge_ref or "")], at)
        for one in events
    ]


def read_charges(
    gateways: Mapping[str, Gateway], charges: Sequence[_Charge] | Sequence[tuple[str, str]]
) -> dict[_Charge, ReversalsOutcome]:
    """What gateways show of these charges, each by its gateway and its own id there; asked side by side."""
    wanted = [_Charge(*charge) for charge in charges]
    return dict(
        zip(
            wanted,
            side_by_side(lambda one: _read(gateways[one.gateway], one.charge_ref), wanted),
            strict=True,
        )
    )


def _read(gateway: Gateway, charge_ref: str) -> ReversalsOutcome:
    try:
        return Metered(gateway).reversals_of(charge_ref)
    except Misconfigured as error:
        return TryLater(str(error))
    except Exception as error:  # noqa: BLE001 - an adapter's fault must not stop the others
        return doubt(error)


def book_found(
    store: Store, found: Sequence[Reversal], *, read_at: datetime, at: datetime, policy: Policy
) -> list[NotBooked]:
    """Books what gateways show, requested at `read_at`, under the instant `at` (UTC): what is of charges of ours that
    have succeeded, and no refund of ours. Returns why some could not be booked.

    Raises:
        Unavailable: PostgreSQL is down or busy.
    """
    with store.transaction() as tx:
        owned = reversals.owners(tx, found)
    pairs = ((one, owned.get((one.gateway, one.gateway_ref))) for one in found)
    responses = [
        ReversalResponse(owner.account_id, owner.attempt_no, one, read_at)
        for one, owner in pairs
        if owner is not None and is_bookable(owner)
    ]
    return book_set(store, responses, book_reversals, at=at, policy=policy)


def is_bookable(owner: Owner) -> bool:
    """Is it of a charge that succeeded here, and surely no refund of ours."""
    return owner.is_booked and not owner.is_our_refund and not owner.may_be_ours


def _listed(outcome: ReversalsOutcome) -> Sequence[Reversal]:
    return () if isinstance(outcome, (Unknown, TryLater)) else outcome


def _not_to_be_read(
    event: StoredNotification,
    gateways: Mapping[str, Gateway],
    known: Mapping[tuple[str, str], NotifiedCharge],
    at: datetime,
) -> NotificationResult | None:
    charge = known.get((event.gateway, event.event_id))
    if event.gateway not in gateways:
        return NotificationResult(event.gateway, event.event_id, "ignored", "the gateway is not set up", at)
    if charge is None:
        return NotificationResult(event.gateway, event.event_id, "ignored", "not about a charge of ours", at)
    if charge.is_parked:
        note = "the account is parked; it is looked at again when it takes part"
        return NotificationResult(event.gateway, event.event_id, "waiting", note, at + PARKED)
    if not charge.is_booked:
        return _again(event, "the charge is not booked yet", at)
    return None


def _result(event: StoredNotification, outcome: ReversalsOutcome, at: datetime) -> NotificationResult:
    if isinstance(outcome, (Unknown, TryLater)):
        return _again(event, outcome.why, at)
    return NotificationResult(event.gateway, event.event_id, "done", None, at)


def _again(event: StoredNotification, why: str, at: datetime) -> NotificationResult:
    if event.tries >= MOST_TRIES:
        note = f"left to the daily comparison: {why}"
        return NotificationResult(event.gateway, event.event_id, "ignored", note, at)
    return NotificationResult(event.gateway, event.event_id, "waiting", why, at + RETRY * event.tries)
