"""Webhooks in: stored first, then worked on. A reason to read the object again, never a truth. Rule: R5.6."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from settlement.errors import Busy, Misconfigured, Refused
from settlement.gateways.calls import Metered
from settlement.gateways.port import Gateway
from settlement.model.gateway.charges import (
    IN_FLIGHT,
    ChargeOutcome,
    ChargeResponse,
    NotFound,
    Notification,
    Succeeded,
    TryLater,
    Unknown,
)
from settlement.model.policies.policy import Policy
from settlement.operations.gateway.engine import DEFAULT_LIMITS, CallLimits, doubt, side_by_side
from settlement.operations.gateway.outcomes import book_charges, book_set
from settlement.operations.gateway.reversals import read_notified_charges
from settlement.storage.store import Store
from settlement.storage.work import gateway_events, rate_limits, refunds
from settlement.storage.work.gateway_events import NotificationResult, NotifiedAttempt, StoredNotification

LEASE = timedelta(minutes=2)
RETRY = timedelta(seconds=30)
PARKED = timedelta(hours=1)
# Somebody else had an account; he will not have it for long.
RETRY_LOCKED = timedelta(seconds=5)
LOCKED = "an account was not free"
# After so many reads in vain the attempt's own questions are what is left.
MOST_TRIES = 10


def store_notification(
    store: Store, gateway: Gateway, headers: Mapping[str, str], body: bytes, *, at: datetime
) -> bool:
    """Checks a webhook's signature and keeps it; when it returns, it is committed. False when it was known.

    Raises:
        Refused: its signature is wrong or too old, or it is no event; nothing is kept.
        Unavailable: nothing was kept; the provider sends it again.
    """
    notification = gateway.notification(headers, body, at=at)
    _check(notification)
    text = body.decode("utf-8", "replace").replace("\0", "")
    with store.transaction() as tx:
        return gateway_events.store(tx, gateway.name, list(_by_charge(notification)), text, at)


def _by_charge(event: Notification) -> Iterator[Notification]:
    """One for each charge that is to be read again, those beside the first under ids of their own."""
    yield event
    for number, charge_ref in enumerate(event.other_charge_refs, start=2):
        yield event._replace(event_id=f"{event.event_id}#{number}", charge_ref=charge_ref)


def _check(event: Notification) -> None:
    """Signed or not, what the database cannot keep as text is no event."""
    values: tuple[object, ...] = (
        event.event_id,
        event.type,
        event.reference or "-",
        event.gateway_ref or "-",
        event.charge_ref or "-",
        *event.other_charge_refs,
    )
    for value in values:
        if not isinstance(value, str) or not value or "\0" in value or not value.isascii():
            raise Refused("bad_shape", "an id or the type of the event is not plain text")


def process_notifications(
    store: Store,
    gateways: Mapping[str, Gateway],
    *,
    at: datetime,
    policy: Policy,
    limit: int,
    limits: CallLimits = DEFAULT_LIMITS,
) -> int:
    """Works on one batch of stored webhooks: reads again at the gateway what each is about, and books what it says.

    Returns how many it took. Repeated, late and shuffled ones do nothing twice: what counts is the object as it is.

    Raises:
        Unavailable: PostgreSQL is down or busy; they wait.
    """
    with store.transaction() as tx:
        notifications = gateway_events.claim(tx, at=at, lease=at + LEASE, limit=limit)
        notified = gateway_events.attempts(tx, notifications) if notifications else {}
        lease = at + policy.collection.send_lease
        about_refunds = refunds.wake(tx, notifications, at=at, lease=lease) if notifications else set()
        reversals = [event for event in notifications if event.charge_ref is not None]
        # A webhook about a refund that may be ours names its charge too: what it woke is one thing, the charge another.
        about_refunds -= {(event.gateway, event.event_id) for event in reversals}
        about_charges = [
            event
            for event in notifications
            if event.charge_ref is None and (event.gateway, event.event_id) not in about_refunds
        ]
        wanted, results = _sort_out(gateways, about_charges, notified, at)
        # A refund is not read here: it is asked about by those who ask about refunds, only sooner.
        results += [NotificationResult(*about, "done", None, at) for about in sorted(about_refunds)]
        # Several webhooks about one object read it once.
        objects = sorted({_object(*each) for each in wanted})
        for name, reads in sorted(Counter(each.gateway for each in objects).items()):
            # They are not held back, but what they use is gone for charges.
            rate_limits.use(tx, name, per_s=limits.rate(name), calls=reads)
    if not notifications:
        return 0
    outcomes = side_by_side(lambda each: _read(gateways[each.gateway], each), objects)
    read = dict(zip(objects, outcomes, strict=True))
    responses, conclusive = [], []
    for event, attempt, ref in wanted:
        outcome = read[_object(event, attempt, ref)]
        results.append(_result(event, outcome, at))
        # A charge that was given up and then turns out to have been taken is booked all the same.
        is_conclusive = not isinstance(outcome, (Unknown, TryLater, NotFound))
        if is_conclusive and (attempt.state in IN_FLIGHT or isinstance(outcome, Succeeded)):
            responses.append(ChargeResponse(attempt.account_id, attempt.attempt_no, outcome))
            conclusive.append(event)
    busy: list[StoredNotification] = []
    try:
        book_set(store, responses, book_charges, at=at, policy=policy)
    except Busy:
        # Those of all other accounts are booked; which they are shows when it is their turn again.
        busy += conclusive
    if reversals:
        try:
            results += read_notified_charges(store, gateways, reversals, at=at, policy=policy, limits=limits)
        except Busy:
            busy += reversals
    locked = {(event.gateway, event.event_id) for event in busy}
    results = [each for each in results if each[:2] not in locked]
    results += [NotificationResult(*each, "waiting", LOCKED, at + RETRY_LOCKED) for each in sorted(locked)]
    with store.transaction() as tx:
        gateway_events.finish(tx, results, at)
    return len(notifications)


def _sort_out(
    gateways: Mapping[str, Gateway],
    notifications: Sequence[StoredNotification],
    notified: Mapping[tuple[str, str], NotifiedAttempt],
    at: datetime,
) -> tuple[list[tuple[StoredNotification, NotifiedAttempt, str]], list[NotificationResult]]:
    """Those whose object is to be read, each with its attempt and the object's id; and what became of the others."""
    wanted, results = [], []
    for event in notifications:
        attempt, gateway = notified.get((event.gateway, event.event_id)), gateways.get(event.gateway)
        # Our own id of the object first: it is the one that belongs to this charge.
        ref = (attempt.gateway_ref if attempt else None) or event.gateway_ref
        if attempt is None or gateway is None or ref is None:
            note = "the gateway is not set up" if gateway is None else "not about a charge of ours"
            results.append(NotificationResult(event.gateway, event.event_id, "ignored", note, at))
        elif attempt.is_parked:
            note = "the account is parked; it is looked at again when it takes part"
            results.append(NotificationResult(event.gateway, event.event_id, "waiting", note, at + PARKED))
        elif attempt.state == "succeeded":
            results.append(NotificationResult(event.gateway, event.event_id, "done", None, at))
        else:
            wanted.append((event, attempt, ref))
    return wanted, results


class _Object(NamedTuple):
    """What is read at a gateway. `waits`: the charge waits for its payer and is wanted."""

    gateway: str
    ref: str
    reference: str
    waits: bool


def _object(event: StoredNotification, attempt: NotifiedAttempt, ref: str) -> _Object:
    waits = attempt.state == "requires_action" and not attempt.is_given_up
    return _Object(event.gateway, ref, attempt.reference, waits)


def _read(gateway: Gateway, each: _Object) -> ChargeOutcome:
    """What the object says, if it carries our reference; the webhook's word for that is not enough. A charge that still
    waits for its payer, and is wanted, is captured if he has confirmed it.
    """
    metered = Metered(gateway)
    try:
        read = metered.capture_confirmed if each.waits else metered.read
        return read(each.ref, each.reference)
    except Misconfigured as error:
        return TryLater(str(error))
    except Exception as error:  # noqa: BLE001 - an adapter's fault must not stop the other webhooks
        return doubt(error)


def _result(event: StoredNotification, outcome: ChargeOutcome, at: datetime) -> NotificationResult:
    if not isinstance(outcome, (Unknown, TryLater)):
        return NotificationResult(event.gateway, event.event_id, "done", None, at)
    if event.tries >= MOST_TRIES:
        note = f"left to the questions about the charge itself: {outcome.why}"
        return NotificationResult(event.gateway, event.event_id, "ignored", note, at)
    return NotificationResult(event.gateway, event.event_id, "waiting", outcome.why, at + RETRY * event.tries)
