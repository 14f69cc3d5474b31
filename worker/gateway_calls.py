"""Rounds of calls to gateways, until nothing is left: charges and checks of payment methods, and refunds."""

from __future__ import annotations

from collections.abc import Callable

from settlement.operations.gateway.authorizations import work_authorizations
from settlement.operations.gateway.charges import inquire_about_charges, send_charges
from settlement.operations.gateway.engine import CallReport
from settlement.operations.gateway.refunds import inquire_about_refunds, send_refunds
from settlement.operations.schedule.isolation import Failures
from worker.runtime import Runtime
from worker.shutdown import pause

# While the rate limit of a gateway is used up and charges wait.
RATE_LIMITED_S = 0.2


def call_gateways(rt: Runtime, may_continue: Callable[[], bool]) -> CallReport:
    """Sends charges, inquires about those in doubt and checks payment methods, until nothing is left to do now or
    `may_continue` says no. The calls made, and complaints.

    Raises:
        Unavailable: PostgreSQL is down or busy. What was sent is inquired about later.
    """
    return _call(rt, may_continue, send_charges, inquire_about_charges, work_authorizations)


def call_for_refunds(rt: Runtime, may_continue: Callable[[], bool]) -> CallReport:
    """Sends refunds and inquires about those that are not over, likewise.

    Raises:
        Unavailable: PostgreSQL is down or busy. What was sent is inquired about later.
    """
    return _call(rt, may_continue, send_refunds, inquire_about_refunds)


def _call(rt: Runtime, may_continue: Callable[[], bool], *rounds: Callable[..., CallReport]) -> CallReport:
    total, failures = CallReport(), Failures()
    while may_continue():
        made, is_rate_limited = 0, False
        for one_round in rounds:
            with failures:
                report = one_round(
                    rt.store, rt.gateways, clock=rt.now, policy=rt.policy, limits=rt.call_limits
                )
                made += report.calls
                is_rate_limited = is_rate_limited or report.is_rate_limited
                total.misconfigured += set(report.misconfigured)
                total.faults += report.faults
        total.calls += made
        if not made:
            if not is_rate_limited:
                break
            pause(RATE_LIMITED_S)
    failures.raise_first()
    return total
