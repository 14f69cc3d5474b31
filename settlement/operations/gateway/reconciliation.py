"""The daily comparison with a gateway's own books, both ways. Rule: R5.7, R11.5."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import TypeVar

from sqlalchemy import Connection

from settlement.gateways.calls import cleaned
from settlement.gateways.port import Gateway
from settlement.model.announcements.facts import DifferenceFacts
from settlement.model.announcements.topics import announcement
from settlement.model.gateway.charges import (
    ChargeOutcome,
    ChargeResponse,
    GatewayCharge,
    GatewayRequest,
    NotFound,
    Succeeded,
    our_reference,
)
from settlement.model.gateway.reconciliation import Difference, OurCharge
from settlement.model.gateway.unreadable import Unreadable
from settlement.model.money import decimal_text
from settlement.model.policies.policy import Policy
from settlement.model.rows.announcements import Announcement
from settlement.operations.gateway.outcomes import book_charges, book_set
from settlement.operations.gateway.reversal_comparison import compare_reversals
from settlement.rules.reconciliation import differences, unread_charges
from settlement.storage.store import Store
from settlement.storage.work import outbox, reconciliation, slots

# Around the day on both sides: an attempt may be sent before midnight and charged after it.
OVERLAP = timedelta(hours=2)
# How long after its end a day is compared, beyond what the gateway's search lags by.
AFTER = timedelta(hours=6)
MOST_DAYS = 31
NEVER = datetime.min.replace(tzinfo=UTC)
BATCH = 1000
T = TypeVar("T")


@dataclass(slots=True)
class Reconciled:
    """One day of one gateway: charges on either side, those booked by this, foreign ones, and differences found, of
    which a person may have dismissed some.

    `reversals`: what the gateway took back of charges of ours by itself, `reversals_booked` of it by this.
    """

    gateway: str
    day: date
    ours: int = 0
    theirs: int = 0
    foreign: int = 0
    booked: int = 0
    reversals: int = 0
    reversals_booked: int = 0
    differences: int = 0


def reconcile_due(
    store: Store, gateways: Mapping[str, Gateway], *, at: datetime, policy: Policy
) -> Iterator[Reconciled]:
    """Compares every day that is over and not done, oldest first, at most a month of them; one after the other. With
    the last of them once more each day on which a charge was sent about which a difference is open, so that it is
    closed when it is none any more.

    Gateways without books of their own are left out.

    Raises:
        Unavailable: PostgreSQL is down or busy.
        Exception: the gateway cannot be reached; the day stays owed.
    """
    for name, gateway in gateways.items():
        if not gateway.keeps_books:
            continue
        owed = _owed(store, name, gateway, at, policy)
        for day in owed:
            # What may still change is what it is now, whichever day is compared: once is enough.
            yield reconcile(store, gateway, day=day, at=at, policy=policy, with_open=day == owed[-1])
        for day in _differing(store, name, owed, policy):
            yield reconcile(store, gateway, day=day, at=at, policy=policy, with_open=False)


def _differing(store: Store, name: str, owed: Sequence[date], policy: Policy) -> list[date]:
    """The last days of which differences are open and which were not among those just compared, if any were."""
    if not owed:
        return []
    with store.transaction() as tx:
        sent = reconciliation.sent_of_differing(tx, name)
    days = {at.astimezone(policy.zone).date() for at in sent} - {*owed}
    return sorted(day for day in days if day < owed[-1])[-MOST_DAYS:]


def _owed(store: Store, name: str, gateway: Gateway, at: datetime, policy: Policy) -> list[date]:
    """The days to compare, oldest first. Those too long ago are kept as left out, with the reason."""
    newest = (at - AFTER - gateway.search_lags_by).astimezone(policy.zone).date() - timedelta(days=1)
    with store.transaction() as tx:
        last, first = reconciliation.last_day(tx, name), reconciliation.first_sent(tx, name)
        if first is None:
            return []
        day = last + timedelta(days=1) if last is not None else first.astimezone(policy.zone).date()
        owed = [day + timedelta(days=n) for n in range((newest - day).days + 1)]
        too_old, owed = owed[:-MOST_DAYS], owed[-MOST_DAYS:]
        slots.leave_out(
            tx, reconciliation.job_of(name), [_begin(old, policy) for old in too_old],
            f"more than {MOST_DAYS} days went by before it could be compared: `settle reconcile run --day` compares it",
        )  # fmt: skip
    return owed


def _begin(day: date, policy: Policy) -> datetime:
    return datetime.combine(day, time(0), policy.zone).astimezone(UTC)


def reconcile(
    store: Store, gateway: Gateway, *, day: date, at: datetime, policy: Policy, with_open: bool = True
) -> Reconciled:
    """Compares one local day, and `with_open` what a gateway took back earlier that may still change. Doing it again
    finds the same, closes what is settled, announces nothing twice.

    A charge that the gateway took and that is not booked here (its answers were lost, or it was given up too early) is
    booked, and is no difference then. It is one while it cannot be booked, as on a parked account. What cannot be read
    is foreign where it carries no reference of ours, else a difference.
    """
    since, until = _begin(day, policy), _begin(day + timedelta(days=1), policy)
    result = Reconciled(gateway.name, day)
    seen: dict[str, GatewayCharge] = {}
    twice: dict[str, GatewayCharge] = {}
    unread: list[Unreadable] = []
    theirs = (
        cleaned(charge)._replace(reference=our_reference(charge.reference))
        for charge in gateway.charges_between(since - OVERLAP, until + OVERLAP)
    )
    for batch in _batches(theirs, BATCH):
        result.theirs += len(batch)
        result.foreign += sum(charge.reference is None for charge in batch)
        unread += [charge for charge in batch if isinstance(charge, Unreadable)]
        readable = [charge for charge in batch if not isinstance(charge, Unreadable)]
        for charge in readable:
            # A gateway may list one charge on two pages.
            if charge.reference is not None and (
                charge.gateway_ref != seen.setdefault(charge.reference, charge).gateway_ref
            ):
                twice[charge.gateway_ref] = charge
        result.booked += _book_late(store, gateway.name, readable, at, policy)
    listed = {*seen, *(charge.reference for charge in unread if charge.reference is not None)}
    with store.transaction() as tx:
        known = reconciliation.by_reference(tx, gateway.name, sorted(listed))
        ours = reconciliation.succeeded(tx, gateway.name, since, until)
    result.ours = len(ours)
    missing = _not_listed(gateway, [our for our in ours if our.reference not in listed], known, seen)
    compared = {*listed, *seen, *(our.reference for our in missing)}
    found = differences([*seen.values(), *twice.values()], known, missing) + unread_charges(unread, known)
    # After the charges: what was taken back is of charges that are booked.
    gone = compare_reversals(
        store, gateway, since=since, until=until, overlap=OVERLAP, with_open=with_open, at=at, policy=policy
    )
    result.reversals, result.reversals_booked = gone.theirs, gone.booked
    found += gone.found
    with store.transaction() as tx:
        _record(tx, gateway.name, found, sorted(compared | gone.compared), at)
        result.differences = len(found)
        reconciliation.done(
            tx, gateway.name, day, since, until,
            ours=result.ours, theirs=result.theirs, reversals=result.reversals, differences=len(found), at=at,
        )  # fmt: skip
    return result


def _batches(items: Iterator[T], size: int) -> Iterator[list[T]]:
    while batch := list(islice(items, size)):
        yield batch


def _book_late(store: Store, name: str, batch: Sequence[GatewayCharge], at: datetime, policy: Policy) -> int:
    references = {charge.reference: charge for charge in batch if charge.reference is not None}
    with store.transaction() as tx:
        ours = reconciliation.by_reference(tx, name, list(references))
    late = [
        ChargeResponse(our.account_id, our.attempt_no, Succeeded(charge.gateway_ref, charge.amount_minor))
        for reference, charge in references.items()
        if (our := ours.get(reference)) is not None
        and our.state != "succeeded"
        and our.currency == charge.currency
    ]
    if not late:
        return 0
    book_set(store, late, book_charges, at=at, policy=policy)
    # Those of parked accounts are not.
    tried = {(response.account_id, response.attempt_no) for response in late}
    with store.transaction() as tx:
        now = reconciliation.by_reference(tx, name, list(references))
    return sum(our.state == "succeeded" and (our.account_id, our.attempt_no) in tried for our in now.values())


def _not_listed(
    gateway: Gateway, ours: Sequence[OurCharge], known: dict[str, OurCharge], seen: dict[str, GatewayCharge]
) -> list[OurCharge]:
    """Those that the gateway does not know. What it has of the others is added to what was `seen`; one of which it says
    nothing now is neither.
    """
    missing = []
    for our in ours:
        outcome = _found_by_reference(gateway, our)
        if isinstance(outcome, Succeeded):
            known[our.reference] = our
            seen[our.reference] = GatewayCharge(
                outcome.gateway_ref,
                our.reference,
                outcome.amount_minor,
                our.currency,
                our.sent_at or NEVER,
            )
        elif isinstance(outcome, NotFound):
            missing.append(our)
    return missing


def _found_by_reference(gateway: Gateway, our: OurCharge) -> ChargeOutcome:
    """The list may cut a charge off at its ends, or have it on another day; asked by reference the gateway has the last
    word.
    """
    request = GatewayRequest(
        our.reference,
        "",
        "",
        "",
        our.charged_minor or 0,
        our.currency,
        our.sent_at or NEVER,
    )
    return cleaned(gateway.find(request))


def _record(
    tx: Connection, name: str, found: Sequence[Difference], compared: Sequence[str], at: datetime
) -> None:
    fresh = reconciliation.record(tx, name, found, compared, at)
    accounts = reconciliation.names(tx, [row.account_id for row in fresh if row.account_id is not None])
    outbox.announce(tx, [_announcement(name, row, accounts) for row in fresh], at=at)


def _announcement(name: str, row: Difference, accounts: Mapping[int, str]) -> Announcement:
    def amount(minor: int | None) -> str | None:
        return None if minor is None else decimal_text(minor, row.currency)

    account = None if row.account_id is None else accounts.get(row.account_id)
    facts = DifferenceFacts(
        name, row.kind, row.reference, row.gateway_ref, account, row.currency, amount(row.ours_minor),
        amount(row.theirs_minor),
    )  # fmt: skip
    return announcement(row.account_id or 0, "reconciliation.difference", facts, f"reconciliation:{name}")
