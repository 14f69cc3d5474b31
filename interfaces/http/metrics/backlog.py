"""Metrics of what waits and of what was set aside."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection

from interfaces.http.metrics.exposition import Family, gauge, labelled
from settlement.queries import backlog, quarantine


def families(tx: Connection) -> Iterator[Family]:
    """Events, announcements, webhooks, parked accounts, messages set aside, failed ranges."""
    counts = backlog.counts(tx)
    now = counts.database_now
    yield labelled(
        "settle_inbox_events", "Events that wait, were refused or were set aside.", "state",
        [
            ("waiting", counts.inbox_waiting), ("refused", counts.inbox_refused), ("parked", counts.inbox_parked),
        ],
    )  # fmt: skip
    yield gauge(
        "settle_inbox_oldest_waiting_seconds", "Age of the oldest waiting event; 0 when none waits.",
        _age_s(counts.inbox_oldest_at, now),
    )  # fmt: skip
    yield gauge("settle_outbox_unpublished", "Announcements to publish.", counts.outbox_unpublished)
    yield gauge(
        "settle_outbox_oldest_seconds", "Age of the oldest of them; 0 when there is none.",
        _age_s(counts.outbox_oldest_at, now),
    )  # fmt: skip
    yield gauge("settle_accounts_parked", "Accounts whose figures did not add up.", counts.accounts_parked)
    yield gauge("settle_quarantine_messages", "Messages that no task could take.", quarantine.count(tx))
    yield gauge("settle_run_ranges_failed", "Ranges of runs that were set aside.", counts.ranges_failed)
    yield gauge("settle_webhooks_waiting", "Announcements to deliver to endpoints.", counts.webhooks_waiting)
    yield gauge(
        "settle_webhooks_in_vain", "Those of them that ten tries did not deliver.", counts.webhooks_in_vain
    )
    yield gauge(
        "settle_webhook_endpoints_paused", "Endpoints to which nothing is delivered.", counts.webhooks_paused
    )


def _age_s(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else (now - since).total_seconds()
