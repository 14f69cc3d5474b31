"""Metrics of the daily audit. They are there before the first one."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from interfaces.http.metrics.exposition import Family, gauge, labelled
from settlement.operations.reports.audit import check_names
from settlement.queries import audits

RESULTS = ("unknown", "clean", "violations")


def families(tx: Connection) -> Iterator[Family]:
    """How many audits ended, what the newest found by check, how old it is and how long it took."""
    count, last = audits.count(tx), audits.last(tx)
    result = "unknown" if last is None else "violations" if last.violations else "clean"
    yield gauge("settle_audit_runs", "Daily audits that came to their end.", count)
    yield labelled(
        "settle_audit_result", "1 for what the newest of them came to; unknown before the first.", "result",
        [(name, int(name == result)) for name in RESULTS],
    )  # fmt: skip
    found = dict.fromkeys(check_names(), 0) | ({} if last is None else dict(last.found))
    yield labelled(
        "settle_audit_violations", "What the newest audit found, by check; 0 before the first.", "check",
        found.items(),
    )  # fmt: skip
    yield gauge(
        "settle_audit_age_seconds", "Seconds since the newest audit ended; 0 before the first.",
        0 if last is None else last.age_s,
    )  # fmt: skip
    yield gauge(
        "settle_audit_duration_seconds",
        "How long it took; 0 before the first.",
        0 if last is None else last.took_s,
    )
