"""Upkeep: the tick that asks what is owed, announcements relayed and delivered, the audit, the ledger's partitions."""

from __future__ import annotations

import threading

import structlog

from settlement.errors import Busy, NotFound, Refused
from settlement.model.cycle import parse_cycle
from settlement.model.runs import DAILY_CHECK, MONTH_CLOSE, SWEEP
from settlement.operations.inbox.relay import relay as relay_outbox
from settlement.operations.schedule.bill_sums import count_bills
from settlement.operations.schedule.daily_audit import audit_day
from settlement.operations.schedule.daily_check import check_days
from settlement.operations.schedule.isolation import Failures
from settlement.operations.schedule.owed import is_owed
from settlement.operations.schedule.partitions import ensure_partitions
from settlement.operations.schedule.payments import expire_payments
from settlement.operations.schedule.requested_runs import requested, start_run
from settlement.operations.schedule.settings_changes import follow_settings
from settlement.operations.schedule.tick import catch_up, start_due
from settlement.operations.schedule.unified_settlements import settle_unified
from settlement.operations.webhooks.deliveries import deliver as deliver_waiting
from settlement.operations.webhooks.retention import forget_delivered
from worker import traces
from worker.announcements import publish
from worker.budget import Budget
from worker.ingress.drain import DRAIN, SETTLEMENTS
from worker.nudges import nudge
from worker.observe import correlated
from worker.queues import MONTH_CLOSE_NUDGES
from worker.requested_runs import wake_for
from worker.runtime import host_now, runtime
from worker.schedule import DELIVER_EVERY_S
from worker.task import task

log = structlog.stdlib.get_logger(__name__)
_delivers = threading.Lock()


@task(name="tasks.upkeep.issue_bills", queue="upkeep")
def issue_bills() -> None:
    """Begins the month close when its instant has come. Rule: R3.1."""
    _tick_if_owed(MONTH_CLOSE)


@task(name="tasks.upkeep.sweep_month", queue="upkeep")
def sweep_month() -> None:
    """Begins the month-end sweep when its instant has come. Rule: R3.3."""
    _tick_if_owed(SWEEP)


@task(name="tasks.upkeep.check_day", queue="upkeep")
def check_day() -> None:
    """Checks the local day that is over: bills overdue, reminders, expiry, low credit. Rule: R3.5."""
    _tick_if_owed(DAILY_CHECK)


def _tick_if_owed(job: str) -> None:
    """All that is owed is done in the order of time, so what one job owes is done by the tick of all."""
    rt = runtime()
    with rt.store.transaction() as tx:
        has_come = is_owed(tx, job, at=rt.now(), policy=rt.policy)
    if has_come:
        tick()


@task(name="tasks.upkeep.tick", queue="upkeep")
def tick() -> None:
    """Asks what is owed and not done, wakes the processes that do it, and checks the days that are over.

    One of these that fails keeps none of the others from being done.
    """
    rt = runtime()
    # One instant for all of it: a day is not checked before the month close that was due before it is noticed.
    at = rt.now()
    budget = Budget(rt.settings.limits)
    failures = Failures()
    run_ids: list[int] = []
    with failures:
        run_ids = catch_up(
            rt.store, at=at, policy=rt.policy, drain_limits=rt.drain_limits, limits=rt.month_close_limits,
            failures=failures, may_continue=budget.may_continue,
        )  # fmt: skip
    if not run_ids:
        with failures:
            run_ids = start_due(rt.store, at=at, policy=rt.policy, limits=rt.month_close_limits)
    for run_id in run_ids:
        with correlated(f"run:{run_id}", run_id=run_id):
            log.info("run has work")
            for _ in range(MONTH_CLOSE_NUDGES):
                # One per process. Those that nobody took up by the next tick would only add to its own.
                nudge("tasks.month_close.work", run_id, expires_s=rt.settings.limits.tick_every_s)
    with failures:
        if woken := follow_settings(rt.store, at=at, policy=rt.policy):
            log.info("accounts woken to pay under new settings", accounts=woken)
            nudge(DRAIN)
    with failures:
        expire_payments(rt.store, at=at, policy=rt.policy)
    with failures:
        try:
            if settlements := settle_unified(rt.store, at=at, policy=rt.policy):
                log.info("unified settlements resumed", settlements=settlements)
        except Busy:
            # Whoever has accounts locked will hardly have them until the next tick.
            nudge(SETTLEMENTS)
            raise
    with failures:
        if days := check_days(rt.store, at=at, policy=rt.policy):
            log.info("days checked", days=days)
    sweep_inbox()
    failures.raise_first()


def sweep_inbox() -> None:
    """What waited behind an instant that is done now need not wait for beat's next sweep of the inbox."""
    nudge(DRAIN, expires_s=runtime().settings.limits.tick_every_s)


@task(name="tasks.upkeep.start", queue="upkeep", when_unavailable="requeue")
def start(kind: str, cycle: str | None = None, accounts: list[str] | None = None) -> None:
    """Starts work that another scheduler asks for by name; asked twice, it is found. What is refused is logged."""
    rt = runtime()
    try:
        wanted, month = requested(kind), None if cycle is None else parse_cycle(cycle)
        started = start_run(
            rt.store,
            wanted,
            month,
            accounts or (),
            at=rt.now(),
            policy=rt.policy,
            limits=rt.month_close_limits,
        )
    except (NotFound, Refused) as refusal:
        log.warning(
            "work asked for is refused", kind=kind, cycle=cycle, code=refusal.code, reason=refusal.message
        )
        return
    log.info("work asked for", kind=kind, cycle=cycle, run_id=started.run_id)
    wake_for(wanted, started)


@task(name="tasks.upkeep.relay", queue="upkeep")
def relay() -> None:
    """Publishes the announcements that the outbox holds, at least once each."""
    rt = runtime()
    budget = Budget(rt.settings.limits)
    batch = rt.settings.limits.relay_batch
    relayed = 0
    while budget.may_continue():
        count = relay_outbox(rt.store, publish, limit=batch)
        relayed += count
        if count < batch:
            break
    if relayed:
        nudge("tasks.upkeep.deliver", expires_s=DELIVER_EVERY_S)


@task(name="tasks.upkeep.deliver", queue="upkeep")
def deliver() -> None:
    """Delivers announcements to web addresses until none is due; one thread of a process does so at a time."""
    if not _delivers.acquire(blocking=False):
        return
    try:
        rt = runtime()
        report = deliver_waiting(
            rt.store,
            clock=host_now,
            may_continue=Budget(rt.settings.limits).may_continue,
            private=rt.settings.webhooks.private_addresses,
            on_attempt=traces.delivered,
        )
    finally:
        _delivers.release()
    if report.delivered or report.failed:
        log.info("announcements delivered", delivered=report.delivered, failed=report.failed)


@task(name="tasks.upkeep.forget", queue="upkeep")
def forget() -> None:
    """Forgets what was delivered to web addresses long ago."""
    rt = runtime()
    days = rt.settings.webhooks.keep_days
    if count := forget_delivered(rt.store, days=days, may_continue=Budget(rt.settings.limits).may_continue):
        log.info("deliveries forgotten", deliveries=count, days=days)


@task(name="tasks.upkeep.audit", queue="upkeep")
def audit() -> None:
    """Audits the books once a local day; whoever asks again that day finds it done."""
    rt = runtime()
    report = audit_day(rt.store, at=rt.now(), policy=rt.policy, sessions=rt.settings.limits.audit_sessions)
    if report is not None:
        found = {check.name: check.violations for check in report.checks if check.violations}
        (log.error if found else log.info)("books audited", bills=report.sizes.bills, violations=found)


@task(name="tasks.upkeep.sums", queue="upkeep")
def sums() -> None:
    """Counts the sums over all bills that people look at, unless it is not long since."""
    if (took_s := count_bills(runtime().store)) is not None:
        log.debug("bills counted", took_s=round(took_s, 3))


@task(name="tasks.upkeep.partitions", queue="upkeep")
def partitions() -> None:
    """Makes the ledger's partitions of the coming months."""
    rt = runtime()
    made = ensure_partitions(rt.store, at=rt.now())
    if made:
        log.info("ledger partitions made", made=made)
