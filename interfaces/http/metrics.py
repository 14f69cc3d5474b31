"""What a Prometheus server reads at `GET /metrics`: counts and ages, no names and no amounts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from settlement.queries import Store, audits, backlog, quarantine

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def metrics(store: Store) -> str:
    """The figures in Prometheus' text format. What nobody knows yet, as before the first audit, is left out.

    Raises:
        Unavailable: PostgreSQL cannot be reached.
    """
    with store.transaction() as tx:
        counts = backlog.counts(tx)
        set_aside = quarantine.count(tx)
        audited = audits.last(tx)
    lines = [
        *_gauge("settle_inbox_events", "Events that wait, were refused or were set aside.",
                ('{state="waiting"}', counts.inbox_waiting), ('{state="refused"}', counts.inbox_refused),
                ('{state="parked"}', counts.inbox_parked)),
        *_gauge("settle_inbox_oldest_waiting_seconds", "Age of the oldest waiting event; 0 when none waits.",
                ("", _age_s(counts.inbox_oldest_at, counts.database_now))),
        *_gauge("settle_outbox_unpublished", "Announcements to publish.", ("", counts.outbox_unpublished)),
        *_gauge("settle_outbox_oldest_seconds", "Age of the oldest of them; 0 when there is none.",
                ("", _age_s(counts.outbox_oldest_at, counts.database_now))),
        *_gauge("settle_accounts_parked", "Accounts whose figures did not add up.", ("", counts.accounts_parked)),
        *_gauge("settle_quarantine_messages", "Messages that no task could take.", ("", set_aside)),
        *_gauge("settle_run_ranges_failed", "Ranges of runs that were set aside.", ("", counts.ranges_failed)),
        *_gauge("settle_webhooks_waiting", "Announcements to deliver to endpoints.", ("", counts.webhooks_waiting)),
        *_gauge("settle_webhooks_in_vain", "Those of them that ten tries did not deliver.",
                ("", counts.webhooks_in_vain)),
        *_gauge("settle_webhook_endpoints_paused", "Endpoints to which nothing is delivered.",
                ("", counts.webhooks_paused)),
    ]  # fmt: skip
    if audited is not None:
        found = [(f'{{check="{name}"}}', count) for name, count in audited.found.items()]
        lines += [
            *_gauge("settle_audit_violations", "What the last daily audit found, by check.", *found),
            *_gauge(
                "settle_audit_age_seconds", "Seconds since the last daily audit ended.", ("", audited.age_s)
            ),
            *_gauge("settle_audit_duration_seconds", "How long it took.", ("", audited.took_s)),
        ]
    return "\n".join(lines) + "\n"


def _gauge(name: str, meaning: str, *values: tuple[str, float]) -> Iterator[str]:
    yield f"# HELP {name} {meaning}"
    yield f"# TYPE {name} gauge"
    for labels, value in values:
        yield f"{name}{labels} {value:.3f}".removesuffix(".000")


def _age_s(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else (now - since).total_seconds()
