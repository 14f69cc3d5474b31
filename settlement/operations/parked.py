"""Parked accounts: are their figures whole again, and the end of their parking. Rule: R11.4."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from settlement.errors import Broken
from settlement.events.envelope import arrival_of
from settlement.model.changes import Announcement
from settlement.model.policy import Policy
from settlement.operations.shown import Shown, for_people
from settlement.plans.recheck import plan_release
from settlement.rules.calendar import last_cycle_issued_by
from settlement.storage import audit as questions
from settlement.storage import inbox, outbox, parking, views
from settlement.storage.load import Scope, load
from settlement.storage.parking import ParkedAccount
from settlement.storage.reading import read_only
from settlement.storage.store import Store

SOURCE = "operator"
_DOOR = "unpark"
# The proof of a plan is no check of the audit; it has a name of its own beside theirs.
PLAN = "what_comes_next"


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an account would stay parked: the check that finds it, a sentence, and the figures for people."""

    check: str
    sentence: str
    figures: Shown


@dataclass(frozen=True, slots=True)
class Rechecked:
    """A parked account looked at again; without faults it is whole."""

    account: ParkedAccount
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Released:
    """What a release did: did the account take part already, and how many of its events wait again."""

    was_parked: bool
    events: int


def recheck(store: Store, names: Sequence[str], *, at: datetime, policy: Policy) -> list[Rechecked]:
    """Looks at parked accounts again, at one instant, and changes nothing.

    Asked are the audit's checks that one account can answer by itself, on the rows of these accounts only, and the
    proof of the issuance and write-off that would come next. Names of accounts that are not parked are passed over.
    Rule: R11.4b.
    """
    with store.transaction() as tx:
        read_only(tx)
        accounts = {account.id: account for account in parking.parked(tx, names=names, limit=len(names))}
        faults: dict[int, list[Fault]] = {account_id: [] for account_id in accounts}
        if not accounts:
            return []
        for check in questions.CHECKS:
            if not check.whole:
                for account_id, example in questions.find_in(tx, check, list(accounts)):
                    faults[account_id].append(Fault(check.name, check.sentence, for_people(example)))
        scope = Scope(ids=list(accounts), from_cycle=last_cycle_issued_by(at, policy))
        snapshot, changes = plan_release(load(tx, scope, lock=False), at=at, policy=policy)
    try:
        changes.check(snapshot)
    except Broken as broken:
        for account_id, reason in broken.reasons.items():
            faults[account_id].append(Fault(PLAN, reason, {}))
    return [Rechecked(account, tuple(faults[account_id])) for account_id, account in accounts.items()]


def release(store: Store, name: str, *, at: datetime) -> Released:
    """Lets an account take part again, whatever its figures say; one that does already is left as it is.

    `account.released` is announced. An event without new values goes with it: it leaves a trace in the inbox, and it
    asks for the write-off of what became payable meanwhile. If the figures still do not add up, the account is parked
    again at the next attempt. Rule: R11.4b.

    Raises:
        NotFound: there is no such account.
    """
    with store.transaction() as tx:
        account = views.account(tx, name)
        if account.parked_at is None or not parking.release(tx, name):
            return Released(False, 0)
        events = parking.wait_again(tx, name)
        facts = {
            "account": name,
            "parked_at": account.parked_at.isoformat(),
            "reason": account.parked_reason,
        }
        told = Announcement(account.id, "account.released", json.dumps(facts), f"account:{account.id}")
        outbox.announce(tx, [told], at=at)
        event_id = f"unpark:{account.id}:{account.parked_at.isoformat()}"
        message = {
            "source": SOURCE,
            "event_id": event_id,
            "type": "account_changed",
            "account": name,
            "data": {},
        }
        inbox.receive(tx, [arrival_of(message, door=_DOOR)], door=_DOOR)
        return Released(True, events)
