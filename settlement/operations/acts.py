"""What people did at the console, kept with who they are and why. Rule: R14.3."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from settlement.model.policies.users import Role
from settlement.queries.people.subjects import figures_of_subject
from settlement.storage.store import Store
from settlement.storage.work.people import users as kept


@dataclass(frozen=True, slots=True)
class Act:
    """One act. `event_id`: the id that was made with its form, which is that of the event from the source `console`
    where it becomes one. `approved_by`: the second person, where it needed one.
    """

    actor: str
    role: Role
    action: str
    account: str | None = None
    reason: str | None = None
    event_id: str | None = None
    details: dict[str, Any] | None = None
    approved_by: str | None = None


def note_act(store: Store, act: Act) -> bool:
    """Keeps an act, and the figures of what it is about before it; false where its form was sent before."""
    details = act.details or {}
    with store.transaction() as tx:
        before = figures_of_subject(tx, act.account, details)
        return kept.note_act(tx, **{**asdict(act), "details": {**details, "before": before}})


def note_changed(store: Store, event_id: str) -> None:
    """Keeps what is different now that the act was done, before and after by name; once."""
    with store.transaction() as tx:
        if (found := kept.before(tx, event_id)) is None:
            return
        account, details = found
        before, after = details["before"], figures_of_subject(tx, account, details)
        names = [*before, *(name for name in after if name not in before)]
        changed = {
            name: (before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)
        }
        kept.note_changed(tx, event_id, changed)


def note_outcome(store: Store, event_id: str, outcome: str) -> None:
    """Keeps what became of an act that is no event; an event's own outcome is in the inbox."""
    with store.transaction() as tx:
        kept.note_outcome(tx, event_id, outcome)


def note_unavailable(store: Store, event_id: str) -> None:
    """Keeps that the act was tried while the database was away or busy; its form may be sent again."""
    with store.transaction() as tx:
        kept.release_form(tx, event_id, "unavailable")
