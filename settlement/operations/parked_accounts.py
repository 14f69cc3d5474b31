"""Parked accounts: are their figures whole again, and the end of their parking. Rule: R11.4."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from settlement.audit import catalogue as questions
from settlement.errors import Broken
from settlement.events.envelope import arrival_of
from settlement.model.announcements.facts import ReleasedFacts
from settlement.model.announcements.topics import announcement
from settlement.model.instants import instant_text
from settlement.model.policies.policy import Policy
from settlement.model.rows.announcements import Announcement
from settlement.operations.reports.findings import Rendered, for_people
from settlement.plans.explain.recheck import plan_release
from settlement.proof import changes as proof
from settlement.queries import accounts as queries
from settlement.queries.accounts import ParkedAccount
from settlement.rules.calendar import last_cycle_issued_by
from settlement.storage.load.scope import Scope
from settlement.storage.load.snapshot import load
from settlement.storage.sql.read_only import read_only
from settlement.storage.store import Store
from settlement.storage.work import inbox, outbox, parked_accounts
from settlement.storage.work.parked_accounts import ParkedState

SOURCE = "operator"
_INGRESS = "unpark"
# The proof of a plan is no check of the audit; it has a name of its own beside theirs.
PLAN = "what_comes_next"


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an account would stay parked: the check that finds it, a sentence, and the figures for people."""

    check: str
    sentence: str
    figures: Rendered


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
        accounts = {account.id: account for account in queries.parked(tx, names=names, limit=len(names))}
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
        proof.check(changes, snapshot)
    except Broken as broken:
        for account_id, reason in broken.reasons.items():
            faults[account_id].append(Fault(PLAN, reason, {}))
    return [Rechecked(account, tuple(faults[account_id])) for account_id, account in accounts.items()]


def release(store: Store, names: Sequence[str], *, at: datetime) -> dict[str, Released]:
    """Lets accounts take part again, whatever their figures say; one that does already is left as it is. All or none.

    `account.released` is announced. An event without new values goes with it: it leaves a trace in the inbox, and it
    asks for the write-off of what became payable meanwhile. If the figures still do not add up, the account is parked
    again at the next attempt. Rule: R11.4b.

    Raises:
        NotFound: there is no account of one of the names; nothing was released.
    """
    with store.transaction() as tx:
        accounts = parked_accounts.lock(tx, names)
        parked = [account for account in accounts if account.parked_at is not None]
        events = parked_accounts.release(tx, parked)
        outbox.announce(tx, [_released(account) for account in parked], at=at)
        inbox.receive(
            tx,
            [arrival_of(_write_off_request(account), ingress=_INGRESS) for account in parked],
            ingress=_INGRESS,
        )
    released = {account.name for account in parked}
    return {name: Released(name in released, events[name]) for name in names}


def _released(account: ParkedState) -> Announcement:
    facts = ReleasedFacts(account.name, _since(account), account.reason or "")
    return announcement(account.id, "account.released", facts, f"account:{account.name}")


def _write_off_request(account: ParkedState) -> dict[str, Any]:
    """The event that asks for what waited."""
    event_id = f"unpark:{account.id}:{_since(account)}"
    return {
        "source": SOURCE,
        "event_id": event_id,
        "type": "account_changed",
        "account": account.name,
        "data": {},
    }


def _since(account: ParkedState) -> str:
    return "" if account.parked_at is None else instant_text(account.parked_at)
