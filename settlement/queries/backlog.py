"""How much waits and how much was set aside, in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

_COUNTS = text("""
    SELECT (SELECT count(*) FROM inbox WHERE state = 'waiting'),
           (SELECT min(received_at) FROM inbox WHERE state = 'waiting'),
           (SELECT count(*) FROM inbox WHERE state IN ('refused', 'parked') AND state = 'refused'
                                        AND dismissed_at IS NULL),
           (SELECT count(*) FROM inbox WHERE state IN ('refused', 'parked') AND state = 'parked'),
           (SELECT count(*) FROM outbox WHERE published_at IS NULL),
           (SELECT min(created_at) FROM outbox WHERE published_at IS NULL),
           (SELECT count(*) FROM account WHERE parked_at IS NOT NULL),
           (SELECT count(*) FROM run_range WHERE state = 'failed'),
           -- Ten tries were in vain, or nobody lets it go on.
           (SELECT count(*) FROM webhook_delivery WHERE delivered_at IS NULL AND attempts >= 10),
           (SELECT count(*) FROM webhook_endpoint WHERE paused_at IS NOT NULL),
           (SELECT count(*) FROM webhook_delivery WHERE delivered_at IS NULL),
           clock_timestamp()""")


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much waits and how much was set aside; refused events that were dismissed are not counted.

    `database_now` is the database's clock when it was counted.
    """

    inbox_waiting: int
    inbox_oldest_at: datetime | None
    inbox_refused: int
    inbox_parked: int
    outbox_unpublished: int
    outbox_oldest_at: datetime | None
    accounts_parked: int
    ranges_failed: int
    webhooks_in_vain: int
    webhooks_paused: int
    webhooks_waiting: int
    database_now: datetime


def counts(tx: Connection) -> Backlog:
    """How much waits and how much was set aside."""
    return Backlog(*tx.execute(_COUNTS).one())
