"""What the database knows about work: what waits, what is in doubt, what runs, what is owed."""

from __future__ import annotations

from typing import NamedTuple

from settlement.queries import audits, backlog, charges, credit, payments, quarantine, refunds, runs
from settlement.queries.gateway import reversals
from worker.runtime import Runtime

RUNS = 5


class Work(NamedTuple):
    """All of it, as of one instant; the newest runs, and the oldest instants of the calendar that are owed."""

    backlog: backlog.Backlog
    charges: charges.ChargeCounts
    credit: credit.CreditCounts
    refunds: refunds.RefundCounts
    reversals: reversals.ReversalCounts
    payments: payments.PaymentCounts
    runs: list[runs.RunView]
    owed: list[runs.SlotView]
    quarantined: int
    audited: audits.AuditRun | None


def read_work(runtime: Runtime) -> Work:
    """Read in one transaction."""
    operator_after = runtime.settings.collection.operator_after_asks
    with runtime.store.transaction() as tx:
        return Work(
            backlog.counts(tx),
            charges.counts(tx, operator_after=operator_after),
            credit.counts(tx),
            refunds.counts(tx, operator_after=operator_after),
            reversals.counts(tx),
            payments.counts(tx),
            runs.newest(tx, RUNS),
            runs.slots(tx, limit=RUNS, open_only=True),
            quarantine.count(tx),
            audits.last(tx),
        )
