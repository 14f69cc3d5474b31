"""One round of calls to gateways: charges sent and asked about, payment methods checked, until nothing is left."""

from __future__ import annotations

from collections.abc import Callable

from settlement.operations.authorizations import work_authorizations
from settlement.operations.charges import Called, ask_charges, send_charges
from worker.runtime import Runtime
from worker.stopping import pause

# While the rate limit of a gateway is used up and charges wait.
PACED_S = 0.2


def call_gateways(rt: Runtime, go_on: Callable[[], bool]) -> Called:
    """Calls until nothing is left to do now, or `go_on` says no. The calls made, and complaints about our own set-up.

    Raises:
        Unavailable: PostgreSQL is down or busy. What was sent is asked about later.
    """
    total = Called()
    while go_on():
        rounds = [
            act(rt.store, rt.gateways, clock=rt.now, policy=rt.policy, limits=rt.charge_limits)
            for act in (send_charges, ask_charges, work_authorizations)
        ]
        made = sum(one.calls for one in rounds)
        total.calls += made
        total.misconfigured += {reason for one in rounds for reason in one.misconfigured}
        if not made:
            if not any(one.is_paced for one in rounds):
                break
            pause(PACED_S)
    return total
