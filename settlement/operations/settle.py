"""The one shape by which money moves: load a set, plan purely, check, apply. Everything else is a door to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from settlement.errors import Broken
from settlement.model.announcements.facts import ParkedFacts
from settlement.model.announcements.topics import announcement
from settlement.model.changes import Changes
from settlement.model.report import Report
from settlement.model.snapshot import Snapshot
from settlement.proof import changes as proof
from settlement.storage.apply.changes import apply
from settlement.storage.load.scope import Scope
from settlement.storage.load.snapshot import load

Plan = Callable[[Snapshot], Changes]


def settle(tx: Connection, scope: Scope, plan: Plan, *, at: datetime, dry_run: bool = False) -> Report:
    """Loads the accounts of the scope under lock, plans, proves conservation, writes.

    An account whose rows do not add up is parked with the reason, and the rest of the set is planned again without it.
    With `dry_run` nothing is written and the report says what would have been. Rule: R11.3, R11.4.
    """
    snapshot = load(tx, scope)
    changes = plan(snapshot)
    try:
        proof.check(changes, snapshot)
    except Broken as broken:
        changes = _without(broken, snapshot, plan, at)
    if not dry_run:
        apply(tx, changes, at=at)
    report = Report()
    currencies = {key: position.account.currency for key, position in snapshot.positions.items()}
    report.add_changes(changes, currencies | {new.id: new.currency for new in changes.accounts.new})
    return report


def _without(broken: Broken, snapshot: Snapshot, plan: Plan, at: datetime) -> Changes:
    rest = snapshot.parking(broken.reasons, at)
    changes = plan(rest)
    proof.check(changes, rest)
    changes.parked = dict(broken.reasons)
    for account_id, reason in broken.reasons.items():
        position = snapshot.positions.get(account_id)  # type: ignore[call-overload]
        if position is not None:
            facts = ParkedFacts(position.account.external_id, reason)
            changes.announcements.append(
                announcement(account_id, "account.parked", facts, f"account:{facts.account}")
            )
    return changes
