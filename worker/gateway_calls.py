"""Rounds of calls to gateways, until nothing is left: charges and checks of payment methods, and refunds."""

from __future__ import annotations

from collections.abc import Callable

from settlement.operations.gateway.authorizations import work_authorizations
from settlement.operations.gateway.charges import Called, ask_charges, send_charges
from settlement.operations.gateway.refunds import ask_refunds, send_refunds
from worker.runtime import Runtime
from worker.shutdown import pause

# While the rate limit of a gateway is used up and charges wait.
PACED_S = 0.2


def call_gateways(rt: Runtime, go_on: Callable[[], bool]) -> Called:
    """Sends charges, asks about those in doubt and checks payment methods, until nothing is left to do now or `go_on`
    says no. The calls made, and complaints about our own set-up.

    Raises:
        Unavailable: PostgreSQL is down or busy. What was sent is asked about later.
    """
    return _call(rt, go_on, send_charges, ask_charges, work_authorizations)


def call_for_refunds(rt: Runtime, go_on: Callable[[], bool]) -> Called:
    """Sends refunds and asks about those that are not over, likewise.

    Raises:
        Unavailable: PostgreSQL is down or busy. What was sent is asked about later.
    """
    return _call(rt, go_on, send_refunds, ask_refunds)


def _call(rt: Runtime, go_on: Callable[[], bool], *acts: Callable[..., Called]) -> Called:
    total = Called()
    while go_on():
        rounds = [
            act(rt.store, rt.gateways, clock=rt.now, policy=rt.policy, limits=rt.charge_limits)
            for act in acts
        ]
        made = sum(one.calls for one in rounds)
        total.calls += made
        total.misconfigured += {reason for one in rounds for reason in one.misconfigured}
        if not made:
            if not any(one.is_paced for one in rounds):
                break
            pause(PACED_S)
    return total
