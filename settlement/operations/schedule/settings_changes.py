"""When a version of the settings comes to hold that lets more be paid or charged, that is done. Rule: R3.7g."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

from sqlalchemy import Connection

from settlement.events.envelope import arrival_of
from settlement.model.instants import instant_text
from settlement.model.policies.policy import Policy
from settlement.rules.settings import lets_more_be_paid, lower_thresholds
from settlement.storage.store import Store
from settlement.storage.work import inbox, slots
from settlement.storage.work.settings.versions import Concerned, concerned

JOB = "settings"
SOURCE = "settings"
# Accounts in one transaction.
BATCH = 2000


def follow_settings(store: Store, *, at: datetime, policy: Policy, batch: int = BATCH) -> int:
    """Asks for the write-off of every account that a version holding by `at` (UTC) may let pay or be charged.

    Each such account gets an event without new values, once: without it, what became payable would wait for the next
    inflow. Returns how many events; they are handled like any other. Whoever dies in between goes on where it was.

    Raises:
        Unavailable: PostgreSQL is down or busy; the next tick goes on.
    """
    changes = {
        since: (before, after)
        for (_, before), (since, after) in pairwise(policy.versions)
        if since <= at and (lets_more_be_paid(before, after) or lower_thresholds(before, after))
    }
    woken = 0
    if changes:
        for instant in _owed(store, list(changes), at):
            while (page := _next_page(store, instant, *changes[instant], batch)) is not None:
                woken += page
    return woken


def _owed(store: Store, instants: list[datetime], at: datetime) -> list[datetime]:
    with store.transaction() as tx:
        slots.notice(tx, JOB, instants, at=at)
        return [instant for instant in slots.owed(tx, JOB) if instant in instants]


def _next_page(store: Store, instant: datetime, before: Policy, after: Policy, batch: int) -> int | None:
    """The events of the next accounts, committed with how far the slot has come; None when it is done."""
    with store.transaction() as tx:
        position = slots.position(tx, JOB, instant)
        if position is None:
            return None
        found = concerned(
            tx, bills=lets_more_be_paid(before, after), currencies=lower_thresholds(before, after),
            after=position, limit=batch,
        )  # fmt: skip
        _wake(tx, found, instant)
        if len(found) < batch:
            slots.finish(tx, JOB, instant)
        else:
            slots.advance(tx, JOB, instant, found[-1].id)
        return len(found)


def _wake(tx: Connection, accounts: list[Concerned], instant: datetime) -> None:
    since = instant_text(instant)
    messages = (
        {
            "source": SOURCE, "event_id": f"{since}:{account.id}", "type": "account_changed",
            "account": account.name, "data": {},
        }
        for account in accounts
    )  # fmt: skip
    inbox.receive(tx, [arrival_of(message, ingress=SOURCE) for message in messages], ingress=SOURCE)
