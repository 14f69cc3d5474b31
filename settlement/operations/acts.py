"""What people did at the console, kept with who they are and why. Rule: R14.3."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from settlement.model.policies.users import Role
from settlement.storage.store import Store
from settlement.storage.work.people import users as kept


@dataclass(frozen=True, slots=True)
class Act:
    """One act. `event_id`: the event from the source `console` that it becomes."""

    actor: str
    role: Role
    action: str
    account: str | None = None
    reason: str | None = None
    event_id: str | None = None
    details: dict[str, Any] | None = None


def note_act(store: Store, act: Act) -> None:
    """Keeps an act; of an event that was sent twice, once."""
    with store.transaction() as tx:
        kept.note_act(tx, **{**asdict(act), "details": act.details or {}})
