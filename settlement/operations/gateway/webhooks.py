"""Webhooks in: stored first, then worked on. A hint to read the object again, never a truth. Rule: R5.6."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from settlement.errors import Misconfigured, Refused
from settlement.gateways.port import Gateway
from settlement.model.gateway.charges import (
    IN_FLIGHT,
    Answer,
    ChargeOutcome,
    GatewayHint,
    NotFound,
    Succeeded,
    TryLater,
    Unknown,
)
from settlement.model.policies.policy import Policy
from settlement.operations.gateway.calls import call_each
from settlement.operations.gateway.charges import DEFAULT_LIMITS, ChargeLimits
from settlement.operations.gateway.outcomes import book_outcomes
from settlement.storage.store import Store
from settlement.storage.work import charges, gateway_events, refunds
from settlement.storage.work.gateway_events import HintResult, MeantAttempt, StoredHint

LEASE = timedelta(minutes=2)
RETRY = timedelta(seconds=30)
PARKED = timedelta(hours=1)
# After so many reads in vain the attempt's own questions are what is left.
MOST_TRIES = 10


def store_hint(
    store: Store, gateway: Gateway, headers: Mapping[str, str], body: bytes, *, at: datetime
) -> bool:
    """Checks a webhook's signature and keeps it; when it returns, it is committed. False when it was known.

    Raises:
        Refused: its signature is wrong or too old, or it is no event; nothing is kept.
        Unavailable: nothing was kept; the provider sends it again.
    """
    hint = gateway.hint(headers, body, at=at)
    _check(hint)
    with store.transaction() as tx:
        return gateway_events.store(
            tx, gateway.name, hint, body.decode("utf-8", "replace").replace("\0", ""), at
        )


def _check(hint: GatewayHint) -> None:
    """Signed or not, what the database cannot keep as text is no event."""
    values: tuple[object, ...] = (hint.event_id, hint.type, hint.reference or "-", hint.gateway_ref or "-")
    for value in values:
        if not isinstance(value, str) or not value or "\0" in value or not value.isascii():
            raise Refused("bad_shape", "an id or the type of the event is not plain text")


def work_hints(
    store: Store,
    gateways: Mapping[str, Gateway],
    *,
    at: datetime,
    policy: Policy,
    limit: int,
    limits: ChargeLimits = DEFAULT_LIMITS,
) -> int:
    """Works on one batch of stored webhooks: reads again at the gateway what each is about, and books what it says.

    Returns how many it took. Repeated, late and shuffled ones do nothing twice: what counts is the object as it is.

    Raises:
        Unavailable: PostgreSQL is down or busy; they wait.
    """
    with store.transaction() as tx:
        hints = gateway_events.claim(tx, at=at, lease=at + LEASE, limit=limit)
        meant = gateway_events.attempts(tx, hints) if hints else {}
        lease = at + policy.collection.send_lease
        about_refunds = refunds.wake(tx, hints, at=at, lease=lease) if hints else set()
        about_charges = [hint for hint in hints if (hint.gateway, hint.event_id) not in about_refunds]
        wanted, results = _sorted(gateways, about_charges, meant, at)
        # A refund is not read here: it is asked about by those who ask about refunds, only sooner.
        results += [HintResult(*about, "done", None, at) for about in sorted(about_refunds)]
        # Several webhooks about one object read it once.
        objects = sorted({(hint.gateway, ref, _waits(attempt)) for hint, attempt, ref in wanted})
        for name, reads in sorted(Counter(name for name, _, _ in objects).items()):
            # They are not held back, but what they use is gone for charges.
            charges.take(tx, name, per_s=limits.rate(name), used=reads)
    if not hints:
        return 0
    read = dict(call_each(objects, lambda thing: _look(gateways[thing[0]], thing[1], waits=thing[2])))
    answers = []
    for hint, attempt, ref in wanted:
        outcome = read[hint.gateway, ref, _waits(attempt)]
        results.append(_result(hint, outcome, at))
        # A charge that was given up and then turns out to have been taken is booked all the same.
        says_something = not isinstance(outcome, (Unknown, TryLater, NotFound))
        if says_something and (attempt.state in IN_FLIGHT or isinstance(outcome, Succeeded)):
            answers.append(Answer(attempt.account_id, attempt.attempt_no, outcome))
    book_outcomes(store, answers, at=at, policy=policy)
    with store.transaction() as tx:
        gateway_events.finish(tx, results, at)
    return len(hints)


def _sorted(
    gateways: Mapping[str, Gateway],
    hints: Sequence[StoredHint],
    meant: Mapping[tuple[str, str], MeantAttempt],
    at: datetime,
) -> tuple[list[tuple[StoredHint, MeantAttempt, str]], list[HintResult]]:
    """Those whose object is to be read, each with its attempt and the object's id; and what became of the others."""
    wanted, results = [], []
    for hint in hints:
        attempt, gateway = meant.get((hint.gateway, hint.event_id)), gateways.get(hint.gateway)
        # Our own id of the object first: it is the one that belongs to this charge.
        ref = (attempt.gateway_ref if attempt else None) or hint.gateway_ref
        if attempt is None or gateway is None or ref is None:
            note = "the gateway is not set up" if gateway is None else "not about a charge of ours"
            results.append(HintResult(hint.gateway, hint.event_id, "ignored", note, at))
        elif attempt.is_parked:
            note = "the account is parked; it is looked at again when it takes part"
            results.append(HintResult(hint.gateway, hint.event_id, "waiting", note, at + PARKED))
        elif attempt.state == "succeeded":
            results.append(HintResult(hint.gateway, hint.event_id, "done", None, at))
        else:
            wanted.append((hint, attempt, ref))
    return wanted, results


def _waits(attempt: MeantAttempt) -> bool:
    return attempt.state == "requires_action" and not attempt.is_given_up


def _look(gateway: Gateway, ref: str, *, waits: bool) -> ChargeOutcome:
    """What the object says. A charge that still waits for its payer, and is wanted, is taken if he has confirmed it."""
    try:
        return gateway.take_confirmed(ref) if waits else gateway.read(ref)
    except Misconfigured as error:
        return TryLater(str(error))
    except Exception as error:  # noqa: BLE001 - an adapter's fault must not stop the other webhooks
        return Unknown(f"{type(error).__name__}: {error}"[:500])


def _result(hint: StoredHint, outcome: ChargeOutcome, at: datetime) -> HintResult:
    if not isinstance(outcome, (Unknown, TryLater)):
        return HintResult(hint.gateway, hint.event_id, "done", None, at)
    if hint.tries >= MOST_TRIES:
        note = f"left to the questions about the charge itself: {outcome.why}"
        return HintResult(hint.gateway, hint.event_id, "ignored", note, at)
    return HintResult(hint.gateway, hint.event_id, "waiting", outcome.why, at + RETRY * hint.tries)
