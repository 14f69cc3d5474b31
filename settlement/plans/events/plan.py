"""Applies accepted events to a set of accounts, in the order they were received. Rule: R4.1, R11.1.

Every inflow or release is followed at once by the write-off of that account, so a set of events gives the same result
as the same events one by one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from settlement.errors import Refused
from settlement.model.changes import Changes
from settlement.model.commands.command import Command
from settlement.model.policies.policy import Policy
from settlement.model.rows.outcomes import EventOutcome
from settlement.model.snapshot import Snapshot
from settlement.plans.announcements.events import announce_done
from settlement.plans.draft.draft import Draft

# Each registers the handlers of its subject.
from settlement.plans.events import (  # noqa: F401
    accounts,
    fees,
    funds,
    methods,
    money,
    payments,
    relationships,
    terms,
    unified_settlements,
)
from settlement.plans.events.batch import Batch, handle
from settlement.plans.finish.changes import finish


def plan_events(
    snapshot: Snapshot,
    *,
    commands: Sequence[Command],
    at: datetime,
    policy: Policy,
    announced_for: Collection[str] = (),
) -> Changes:
    """Books each command or refuses it with its reason; one refusal never stops the others.

    `at` is the logical instant of booking (UTC). The commands come in the order of their inbox rows. That an event was
    booked is announced for the sources in `announced_for`.
    """
    draft = Draft(snapshot, at=at, policy=policy)
    batch = Batch(snapshot, draft)
    for command in commands:
        draft.changes.outcomes.append(_outcome(command, batch))
    if announced_for:
        announce_done(draft, commands, announced_for)
    return finish(draft)


def _outcome(command: Command, batch: Batch) -> EventOutcome:
    head = command.head
    account = batch.draft.accounts.named(head.account)
    if account is not None and account.parked:
        reason = f"account {head.account} is parked; it waits for its release"
        return EventOutcome(head.inbox_id, "parked", "account_parked", reason)
    try:
        handle(command, batch)
    except Refused as refusal:
        return EventOutcome(head.inbox_id, "refused", refusal.code, refusal.message)
    return EventOutcome(head.inbox_id, "done", None, None)
