"""The audit of every local day: done once, kept on record, announced where something does not add up. Rule: R11.2c."""

from __future__ import annotations

from datetime import datetime
from time import perf_counter

from settlement.model.announcements.facts import AuditFacts
from settlement.model.announcements.topics import announcement
from settlement.model.policies.policy import Policy
from settlement.operations.reports.audit import AuditReport, audit
from settlement.rules.days import day_of
from settlement.storage.store import Store
from settlement.storage.work import audits, outbox


def audit_day(store: Store, *, at: datetime, policy: Policy, sessions: int = 1) -> AuditReport | None:
    """Audits under the local day of the instant `at`, unless that was done or somebody is at it; then None.

    What is found is announced once, as `audit.violations`. A process that dies at it leaves the day to whoever asks
    two hours later. Rule: R11.2c.

    Raises:
        Unavailable: PostgreSQL is down or a check ran into its time limit; the day stays claimed for two hours.
    """
    day = day_of(at, policy.zone)
    with store.transaction() as tx:
        if not audits.claim(tx, day):
            return None
    began = perf_counter()
    report = audit(store, at=at, policy=policy, sessions=sessions)
    took_s = perf_counter() - began
    found = {check.name: check.violations for check in report.checks}
    with store.transaction() as tx:
        if audits.finish(tx, day, found, took_s=took_s) and report.violations:
            failed = {name: count for name, count in found.items() if count}
            facts = AuditFacts(day.isoformat(), report.violations, failed)
            row = announcement(0, "audit.violations", facts, f"audit:{day.isoformat()}")
            outbox.announce(tx, [row], at=at)
    return report
