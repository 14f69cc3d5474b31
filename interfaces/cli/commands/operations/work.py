"""What the database knows about work: what waits, what is in doubt, what runs, what is owed."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from settlement.operations.schedule.owed import OwedInstant, owed_by
from settlement.queries import audits, backlog, charges, credit, payments, quarantine, refunds, runs
from settlement.queries.gateway import reversals
from settlement.queries.operating import figures, processes
from settlement.queries.programs import webhooks
from worker.processes import silent_after_s
from worker.runtime import Runtime

RUNS = 5


class Work(NamedTuple):
    """All of it, as of one instant; the newest runs, and every instant of the calendar that is owed, oldest first."""

    at: datetime
    backlog: backlog.Backlog
    charges: charges.ChargeCounts
    credit: credit.CreditCounts
    refunds: refunds.RefundCounts
    reversals: reversals.ReversalCounts
    payments: payments.PaymentCounts
    runs: list[runs.RunView]
    owed: list[OwedInstant]
    quarantined: int
    audited: audits.AuditRun | None
    cluster: processes.Cluster
    endpoints: list[webhooks.EndpointHealth]
    differences: list[figures.Waiting]


def read_work(runtime: Runtime) -> Work:
    """Read in one transaction."""
    operator_after = runtime.settings.collection.operator_after_asks
    at = runtime.as_of()
    with runtime.store.transaction() as tx:
        return Work(
            at,
            backlog.counts(tx),
            charges.counts(tx, operator_after=operator_after),
            credit.counts(tx),
            refunds.counts(tx, operator_after=operator_after),
            reversals.counts(tx),
            payments.counts(tx),
            runs.newest(tx, RUNS),
            owed_by(tx, at=at, policy=runtime.policy),
            quarantine.count(tx),
            audits.last(tx),
            processes.cluster(processes.processes(tx), silent_after_s=silent_after_s(runtime.settings)),
            webhooks.health(tx),
            figures.differences(tx, at),
        )
