"""Collecting: thresholds, what follows from declines, calls to gateways, webhooks, reconciliation."""

from __future__ import annotations

import structlog

from settlement.operations.authorizations import work_authorizations
from settlement.operations.charges import Called, ask_charges, send_charges
from settlement.operations.collect import collect_due
from settlement.operations.reconcile import reconcile_due
from settlement.operations.webhooks import work_hints
from worker.budget import Budget
from worker.runtime import Runtime, runtime
from worker.stopping import pause
from worker.task import task

log = structlog.stdlib.get_logger(__name__)

# While the rate limit of a gateway is used up and charges wait.
PACED_S = 0.2


@task(name="tasks.collection.look", queue="collection")
def look() -> None:
    """Starts charges whose threshold is reached and does what follows from declines, then sends what waits."""
    rt = runtime()
    looked_at = collect_due(rt.store, at=rt.now(), policy=rt.policy)
    if looked_at:
        log.info("accounts looked at for collecting", accounts=looked_at)
    _call(rt)


@task(name="tasks.collection.send", queue="collection")
def send() -> None:
    """Sends charges that wait, asks about those in doubt, checks payment methods; until nothing is left to do now."""
    _call(runtime())


@task(name="tasks.collection.hints", queue="collection")
def hints() -> None:
    """Works on webhooks that were stored: reads again at the gateway what each is about."""
    rt = runtime()
    budget = Budget(rt.settings.limits)
    batch = rt.settings.collection.batch
    while budget.go_on() and work_hints(rt.store, rt.gateways, at=rt.now(), policy=rt.policy, limit=batch):
        pass


@task(name="tasks.collection.reconcile", queue="collection")
def reconcile() -> None:
    """Compares the days that are over with what the gateways say they charged."""
    rt = runtime()
    for done in reconcile_due(rt.store, rt.gateways, at=rt.now(), policy=rt.policy):
        log.info("reconciled", result=str(done))


def _call(rt: Runtime) -> None:
    budget = Budget(rt.settings.limits)
    while budget.go_on():
        rounds = [
            act(rt.store, rt.gateways, clock=rt.now, policy=rt.policy, limits=rt.charge_limits)
            for act in (send_charges, ask_charges, work_authorizations)
        ]
        _report(rounds)
        if not any(made.calls for made in rounds):
            if not any(made.is_paced for made in rounds):
                return
            pause(PACED_S)


def _report(rounds: list[Called]) -> None:
    calls = sum(made.calls for made in rounds)
    if calls:
        log.info("gateways called", calls=calls)
    for reason in {reason for made in rounds for reason in made.misconfigured}:
        log.error("a gateway refuses our set-up", reason=reason)
