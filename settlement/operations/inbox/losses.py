"""What a sender sent and nobody read is announced, so that it can be sent again. Rule: R12.1d."""

from __future__ import annotations

from datetime import datetime

from settlement.model.announcements.facts import LossFacts
from settlement.model.announcements.topics import announcement
from settlement.storage.store import Store
from settlement.storage.work import outbox


def announce_loss(store: Store, source: str, entries: int, *, at: datetime) -> None:
    """Announces that so many entries of a sender's stream were cut off before they were read, by `at` (UTC).

    Raises:
        Unavailable: PostgreSQL cannot be asked.
    """
    row = announcement(0, "sender.entries_lost", LossFacts(source, entries), f"lost:{source}")
    with store.transaction() as tx:
        outbox.announce(tx, [row], at=at)
