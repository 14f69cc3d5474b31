"""The product's own audit of what a run left: every check of `settle audit`, beside the checker that shares nothing."""

from __future__ import annotations

from datetime import datetime

from chaos.proof.verdict import Verdict
from settlement.model.policies.policy import Policy
from settlement.operations.reports.audit import AuditReport
from settlement.operations.reports.audit import audit as audit_of
from settlement.storage.store import Store


def audited(url: str, *, at: datetime) -> AuditReport:
    """What the audit finds, as of the instant (UTC) at which the run came to rest; runs leave all settings as they are.

    Raises:
        Unavailable: PostgreSQL is down; nothing was found out.
    """
    store = Store(url)
    try:
        return audit_of(store, at=at, policy=Policy())
    finally:
        store.close()


def note(report: AuditReport, verdict: Verdict) -> None:
    """Counts every violation as a fault of the run, with the examples that the audit gives."""
    for check in report.checks:
        unnamed = [f"another of {check.name}"] * (check.violations - len(check.examples))
        verdict.fault(f"audit, {check.name}: {check.sentence}", [*check.examples, *unnamed])
