"""Collecting and giving back: thresholds, what follows from declines, calls to gateways, webhooks, reconciliation."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import structlog

from settlement.errors import Busy, Unavailable
from settlement.operations.gateway.engine import CallReport
from settlement.operations.gateway.reconciliation import Reconciled, reconcile_due
from settlement.operations.gateway.webhooks import process_notifications
from settlement.operations.schedule.collection import collect_due
from settlement.operations.schedule.isolation import Failures
from worker.budget import Budget
from worker.gateway_calls import call_for_refunds, call_gateways
from worker.runtime import Runtime, runtime
from worker.task import task

log = structlog.stdlib.get_logger(__name__)
_reconciles = threading.Lock()


@task(name="tasks.collection.look", queue="collection")
def check_accounts() -> None:
    """Starts charges whose threshold is reached and does what follows from declines, then sends what waits."""
    rt = runtime()
    failures = Failures()
    with failures:
        if examined := collect_due(rt.store, at=rt.now(), policy=rt.policy):
            log.info("accounts looked at for collecting", accounts=examined)
    with failures:
        _call(rt)
    failures.raise_first()


@task(name="tasks.collection.send", queue="collection")
def send() -> None:
    """Sends charges that wait, inquires about those in doubt, checks payment methods; until nothing is left now."""
    _call(runtime())


@task(name="tasks.collection.refunds", queue="collection")
def refunds() -> None:
    """Sends refunds that wait and inquires about those that are not over; until nothing is left to do now."""
    rt = runtime()
    _report(call_for_refunds(rt, Budget(rt.settings.limits).may_continue))


@task(name="tasks.collection.hints", queue="collection")
def read_notifications() -> None:
    """Works on webhooks that were stored: reads again at the gateway what each is about."""
    rt = runtime()
    budget = Budget(rt.settings.limits)
    batch = rt.settings.collection.batch
    while budget.may_continue() and process_notifications(
        rt.store, rt.gateways, at=rt.now(), policy=rt.policy, limit=batch, limits=rt.call_limits
    ):
        pass


@task(name="tasks.collection.reconcile", queue="collection")
def reconcile() -> None:
    """Compares the days that are over with what gateways charged by their own books, as many as there is time for.

    One thread of a process does so at a time: charges and refunds are not to wait until no thread compares any more.
    """
    if not _reconciles.acquire(blocking=False):
        return
    try:
        _reconcile(runtime())
    finally:
        _reconciles.release()


def _reconcile(rt: Runtime) -> None:
    """A day of each gateway in turn, so that one which is far behind keeps no other waiting."""
    failures = Failures()
    budget = Budget(rt.settings.limits)
    owed = {
        name: reconcile_due(rt.store, {name: gateway}, at=rt.now(), policy=rt.policy)
        for name, gateway in rt.gateways.items()
    }
    while owed:
        for name in list(owed):
            if not budget.may_continue():
                failures.raise_first()
                return
            if not _compare_a_day(name, owed[name], failures):
                del owed[name]
    failures.raise_first()


def _compare_a_day(name: str, days: Iterator[Reconciled], failures: Failures) -> bool:
    """False when none of this gateway is left that can be compared now."""
    try:
        done = next(days, None)
    except Busy as error:
        failures.record(error)
    except Unavailable:
        raise
    except Exception as error:  # noqa: BLE001 - one gateway that does not answer must not stop the others
        why = f"{type(error).__name__}: {error}"
        log.warning("a gateway's books could not be read", gateway=name, error=why)
    else:
        if done is not None:
            log.info("reconciled", result=str(done))
            return True
    return False


def _call(rt: Runtime) -> None:
    _report(call_gateways(rt, Budget(rt.settings.limits).may_continue))


def _report(made: CallReport) -> None:
    if made.calls:
        log.info("gateways called", calls=made.calls)
    for reason in set(made.misconfigured):
        log.error("a gateway refuses our set-up", reason=reason)
    for fault in made.faults:
        log.error(
            "what a gateway reported could not be booked; it is inquired about again", fault=fault.exactly
        )
