"""The daily comparison of what went back: our refunds, and what a gateway took back by itself. Rule: R5.7d, R5.9."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from settlement.gateways.calls import cleaned
from settlement.gateways.port import Gateway
from settlement.model.gateway.charges import NotFound, TryLater, Unknown
from settlement.model.gateway.reconciliation import Difference, OurRefund, OurReversal
from settlement.model.gateway.refund_calls import RefundFailed
from settlement.model.gateway.reversals import Reversal
from settlement.model.gateway.unreadable import Unreadable
from settlement.model.policies.policy import Policy
from settlement.operations.gateway.reversals import book_found, read_charges
from settlement.rules.reconciliation import refund_differences, reversal_differences, unread_reversals
from settlement.storage.store import Store
from settlement.storage.work import reversals
from settlement.storage.work.reversals import Owner

# Charges that are read side by side.
AT_A_TIME = 10


@dataclass(slots=True)
class ReversalsCompared:
    """What the gateway took back of our charges by itself, how much of that was booked by this, what differs, and the
    gateway's ids of all that was compared.
    """

    theirs: int = 0
    booked: int = 0
    found: list[Difference] = field(default_factory=list)
    compared: set[str] = field(default_factory=set)


def compare_reversals(
    store: Store,
    gateway: Gateway,
    *,
    since: datetime,
    until: datetime,
    overlap: timedelta,
    with_open: bool,
    at: datetime,
    policy: Policy,
) -> ReversalsCompared:
    """What went back in [since, until), listed with an overlap on both sides, and `with_open` what is not final yet.

    What the list names is read again charge by charge and booked; what is no difference then is none.

    Raises:
        Unavailable: PostgreSQL is down or busy.
        Exception: the gateway cannot be reached; the day stays owed.
    """
    result = ReversalsCompared()
    everything = [cleaned(one) for one in gateway.reversals_between(since - overlap, until + overlap)]
    listed = [one for one in everything if not isinstance(one, Unreadable)]
    with store.transaction() as tx:
        refunds = reversals.our_refunds(tx, everything)
        owned = reversals.owners(tx, everything)
        given = reversals.given_back(tx, gateway.name, since, until)
        expected = {
            one.gateway_ref: one
            for one in (
                *reversals.opened(tx, gateway.name, since, until),
                *(reversals.not_final(tx, gateway.name) if with_open else ()),
            )
        }
    theirs = {
        one.gateway_ref: one
        for one in listed
        if one.gateway_ref not in refunds and _owner(owned, one) is not None
    }
    # What cannot be read and is of nobody here is somebody else's.
    unread = [
        (one, owner.account_id)
        for one in everything
        if isinstance(one, Unreadable) and (owner := _owner(owned, one)) is not None
    ]
    charges = {one.charge_ref for one in theirs.values()} | {our.charge_ref for our in expected.values()}
    before = _on_record(store, gateway.name, [*theirs, *expected])
    is_known = _read_and_book(store, gateway, sorted(charges), theirs, at=at, policy=policy)
    with store.transaction() as tx:
        owned = reversals.owners(tx, list(theirs.values()))
        also_ours = reversals.our_refunds(tx, list(theirs.values()))
    # Read by itself, a refund may turn out to be one of ours, or one whose response was lost.
    mine = {
        ref: (one, owner)
        for ref, one in theirs.items()
        if ref not in also_ours and (owner := _owner(owned, one)) is not None and not owner.may_be_ours
    }
    not_read = [one.gateway_ref for one, _ in unread]
    after = _on_record(store, gateway.name, [*mine, *expected, *not_read])
    result.theirs = len(mine)
    result.booked = sum(before.get(ref) != our for ref, our in after.items() if ref not in not_read)
    missing = [
        our
        for ref, our in expected.items()
        if our.charge_ref in is_known and ref not in theirs and our.taken_minor
    ]
    result.found = reversal_differences(
        [(one, owner.account_id) for one, owner in mine.values()], after, missing
    )
    result.found += _compare_refunds(store, gateway, listed, refunds, given, at=at, policy=policy)
    result.found += unread_reversals(unread, refunds, after)
    result.compared = {*theirs, *expected, *not_read, *refunds, *(our.gateway_ref or "" for our in given)}
    return result


def _owner(owned: dict[tuple[str, str], Owner], one: Reversal | Unreadable) -> Owner | None:
    return owned.get((one.gateway, one.gateway_ref))


def _on_record(store: Store, name: str, refs: Sequence[str]) -> dict[str, OurReversal]:
    with store.transaction() as tx:
        return reversals.on_record(tx, name, refs)


def _read_and_book(
    store: Store,
    gateway: Gateway,
    charges: Sequence[str],
    theirs: dict[str, Reversal],
    *,
    at: datetime,
    policy: Policy,
) -> set[str]:
    """Reads these charges, puts what they show in the place of what was listed, and books it. Returns the charges about
    which the gateway answered.
    """
    known = set()
    for first in range(0, len(charges), AT_A_TIME):
        some = [(gateway.name, ref) for ref in charges[first : first + AT_A_TIME]]
        outcomes = read_charges({gateway.name: gateway}, some)
        found: list[Reversal] = []
        for charge, outcome in outcomes.items():
            if not isinstance(outcome, (Unknown, TryLater)):
                known.add(charge.charge_ref)
                found += outcome
        theirs.update((one.gateway_ref, one) for one in found)
        book_found(store, found, read_at=at, at=at, policy=policy)
    return known


def _compare_refunds(
    store: Store,
    gateway: Gateway,
    listed: Sequence[Reversal],
    ours: dict[str, OurRefund],
    given: Sequence[OurRefund],
    *,
    at: datetime,
    policy: Policy,
) -> list[Difference]:
    """Our refunds both ways. Those that stand otherwise there than here are inquired about now."""
    missing, otherwise = [], []
    for our in given:
        if our.gateway_ref is not None and our.gateway_ref not in ours:
            outcome = gateway.read_refund(our.gateway_ref)
            if isinstance(outcome, NotFound):
                missing.append(our)
            elif isinstance(outcome, RefundFailed):
                otherwise.append(our)
    for one in listed:
        known = ours.get(one.gateway_ref)
        if known is not None and (known.state == "succeeded") != (one.funds == "withdrawn"):
            otherwise.append(known)
    with store.transaction() as tx:
        reversals.wake(tx, otherwise, at=at, lease=at + policy.collection.send_lease)
    return refund_differences(listed, ours, missing)
