"""Whether this server should be sent requests: it reaches its database, and somebody does what the calendar owes."""

from __future__ import annotations

from interfaces.fields.values import instant
from settlement.operations.schedule.owed import owed_by, unattended_s
from worker.runtime import Runtime


def readiness(runtime: Runtime) -> dict[str, object]:
    """What `GET /ready` says. Not ready, with the reason, when nobody is at work on what has been owed for too long.

    Raises:
        Unavailable: PostgreSQL cannot be reached.
    """
    at = runtime.as_of()
    with runtime.store.transaction() as tx:
        owed = owed_by(tx, at=at, policy=runtime.policy)
    if unattended_s(owed, at) <= runtime.settings.limits.owed_grace_s:
        return {"ready": True}
    oldest = owed[0]
    return {
        "ready": False,
        "reason": "nobody does what the calendar owes",
        "owed": {"job": oldest.job, "logical_at": instant(oldest.logical_at), "instants": len(owed)},
    }
