"""All metrics together, read in one transaction. How many statements that takes does not depend on what there is."""

from __future__ import annotations

from interfaces.http.metrics import audits, backlog, calendar
from interfaces.http.metrics.exposition import exposition
from worker.runtime import Runtime


def metrics(runtime: Runtime) -> str:
    """The figures in Prometheus' text format.

    Raises:
        Unavailable: PostgreSQL cannot be reached.
    """
    at = runtime.as_of()
    with runtime.store.transaction() as tx:
        families = [
            *calendar.families(tx, at=at, policy=runtime.policy),
            *backlog.families(tx),
            *audits.families(tx),
        ]
    return exposition(families)
