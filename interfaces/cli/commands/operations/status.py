"""`settle status`: servers, processes, queues, what waits, what runs, what comes next."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from interfaces.cli.commands.operations.endpoints import endpoints_json, finding_of
from interfaces.cli.commands.sandbox.clock import clock_json, upcoming, upcoming_text
from interfaces.cli.failures import CommandFailed, ExitCode
from interfaces.cli.render.output import JsonOption, print_facts, print_heading, print_json, print_rows
from interfaces.cli.session import opened
from interfaces.fields.field import as_objects
from interfaces.fields.operations.processes import processes_of
from interfaces.fields.runs import RUNS
from interfaces.fields.values import Json, counted, duration, instant, local, words
from settlement.model.cycle import cycle_text
from settlement.rules.days import day_of

if TYPE_CHECKING:
    from interfaces.cli.commands.operations.probes import BrokerProbe, DatabaseProbe
    from interfaces.cli.commands.operations.work import Work
    from settlement.operations.schedule.owed import OwedInstant
    from settlement.queries.audits import AuditRun
    from settlement.queries.charges import ChargeCounts
    from settlement.queries.credit import CreditCounts
    from settlement.queries.gateway.reversals import ReversalCounts
    from settlement.queries.operating.processes import Cluster
    from settlement.queries.payments import PaymentCounts
    from settlement.queries.refunds import RefundCounts
    from worker.runtime import Runtime

# Instants of the calendar that are named one by one.
MOST_OWED = 5


def show_status(as_json: JsonOption = False) -> None:
    """How everything is. Exits with 6 when PostgreSQL or the broker is down."""
    from interfaces.cli.commands.operations.probes import probe_broker, probe_database
    from interfaces.cli.commands.operations.work import read_work

    with opened() as runtime:
        database = probe_database(runtime)
        broker = probe_broker(runtime.settings)
        work = read_work(runtime) if database.migrated else None
        if as_json:
            print_json(_status_json(runtime, database, broker, work))
        else:
            _print_servers(database, broker)
            _print_queues(broker)
            _print_supervision(runtime)
            if work is not None:
                _print_processes(runtime, work.cluster)
                _print_work(runtime, database, work)
    for name, error in (("PostgreSQL", database.error), ("the broker", broker.error)):
        if error is not None:
            raise CommandFailed(ExitCode.UNAVAILABLE, f"{name} is down: {error}", "`settle doctor` says more")


def _status_json(
    runtime: Runtime,
    database: DatabaseProbe,
    broker: BrokerProbe,
    work: Work | None,
) -> Json:
    from worker.processes import unserved, unsupervised

    return {
        "database": {
            "place": database.place,
            "up": database.error is None,
            "error": database.error,
            "version": database.version or None,
            "revision": database.revision,
            "migrated": database.migrated,
            "now": instant(database.now),
            "host_now": instant(database.host_now),
        },
        "broker": {
            "place": broker.place,
            "up": broker.error is None,
            "error": broker.error,
            "version": broker.version or None,
            "queues": broker.queues,
            "unacknowledged": broker.unacknowledged,
            "stream": broker.stream,
            "stream_pending": broker.pending,
        },
        "processes": None if work is None else as_objects(processes_of(work.cluster), work.cluster.everybody),
        "unsupervised": unsupervised(runtime.settings.state_dir),
        "unserved": None if work is None else unserved(work.cluster),
        "work": None if work is None else _work_json(work),
        "clock": None if work is None else clock_json(runtime),
    }


def _work_json(work: Work) -> Json:
    counts = work.backlog
    return {
        "inbox": {
            "waiting": counts.inbox_waiting,
            "oldest_waiting_s": _age_s(counts.inbox_oldest_at, counts.database_now),
            "refused": counts.inbox_refused,
            "parked": counts.inbox_parked,
        },
        "outbox": {"unpublished": counts.outbox_unpublished, "oldest_at": instant(counts.outbox_oldest_at)},
        "collecting": work.charges._asdict(),
        "credit": {
            "overdue_bills": work.credit.overdue_bills,
            "overdue_accounts": work.credit.overdue_accounts,
            "low_credit_accounts": work.credit.low_credit,
            "days_checked_until": instant(work.credit.checked_until),
        },
        "refunds": work.refunds._asdict(),
        "disputes": work.reversals._asdict(),
        "people": {
            "payments_under_way": work.payments.payments,
            "settlements_waiting": work.payments.settlements,
            "waiting_since": instant(work.payments.waiting_since),
        },
        "parked_accounts": counts.accounts_parked,
        "quarantine": work.quarantined,
        "audit": None
        if work.audited is None
        else {"day": work.audited.day.isoformat(), "violations": work.audited.violations},
        "webhooks": endpoints_json(work.endpoints),
        "failed_ranges": counts.ranges_failed,
        "runs": as_objects(RUNS, work.runs),
        "owed": [
            {
                "job": one.job,
                "logical_at": instant(one.logical_at),
                "recorded": one.is_recorded,
                "run": one.run_id,
            }
            for one in work.owed
        ],
    }


def _age_s(since: datetime | None, now: datetime) -> float | None:
    return None if since is None else round((now - since).total_seconds(), 1)


def _print_servers(database: DatabaseProbe, broker: BrokerProbe) -> None:
    schema = f", schema {database.revision or 'missing'}" + (
        "" if database.migrated else ": run `settle db migrate`"
    )
    print_facts(
        [
            (
                "PostgreSQL",
                f"down: {database.error}"
                if database.error
                else f"{database.version}, {database.place}{schema}",
            ),
            ("broker", f"down: {broker.error}" if broker.error else f"{broker.version}, {broker.place}"),
        ]
    )


def _print_queues(broker: BrokerProbe) -> None:
    if broker.error is not None:
        return
    waiting = ", ".join(f"{queue} {messages:,}" for queue, messages in broker.queues.items())
    in_hand = f"{broker.unacknowledged:,} in the hands of workers"
    stream = f"{broker.stream:,} entries in the event stream, {broker.pending:,} of them with a reader"
    print_facts([("messages", f"{waiting}; {in_hand}"), ("stream", stream)])


def _print_supervision(runtime: Runtime) -> None:
    """Nothing where what dies is started again, and where nobody was to."""
    from worker.processes import UNSUPERVISED, unsupervised

    why = unsupervised(runtime.settings.state_dir)
    if why is not None:
        finding, remedy = UNSUPERVISED
        print_facts([("supervisor", f"{finding}: {why}; {remedy}")])


def _print_processes(runtime: Runtime, cluster: Cluster) -> None:
    """Those of all hosts, as they wrote themselves down, and what nobody does."""
    from worker.processes import unserved

    print_heading("processes")
    if cluster.everybody:
        print_rows(processes_of(cluster), cluster.everybody, runtime.policy.zone)
    for name in unserved(cluster):
        print(f"{name}: nobody is at work on it")
    if len(cluster.versions) > 1:
        print(f"versions differ: {', '.join(cluster.versions)}")
    if len(cluster.fingerprints) > 1:
        print(
            f"settings that move money differ: {', '.join(cluster.fingerprints)}; `settle doctor` says more"
        )


def _print_work(runtime: Runtime, database: DatabaseProbe, work: Work) -> None:
    counts, now = work.backlog, runtime.as_of()
    print_heading("work")
    facts = [
        ("events waiting", _with_age(counts.inbox_waiting, counts.inbox_oldest_at, counts.database_now)),
        ("events refused", f"{counts.inbox_refused:,}"),
        ("events parked", f"{counts.inbox_parked:,}"),
        ("accounts parked", f"{counts.accounts_parked:,}"),
        ("messages set aside", f"{work.quarantined:,}"),
        ("last audit", _audited(work.audited)),
        ("announcements to publish", f"{counts.outbox_unpublished:,}"),
        (
            "now",
            local(now, runtime.policy.zone)
            + (" (test clock allowed)" if runtime.settings.test_clock else ""),
        ),
        *_differing_clocks(runtime, database),
        *(
            ("next", f"{upcoming_text(one, runtime)}, in {duration((one.at - now).total_seconds())}")
            for one in upcoming(runtime, now)
        ),
    ]
    facts += _credit_facts(work.credit, runtime.policy.zone)
    facts += _charge_facts(work.charges)
    facts += _refund_facts(work.refunds)
    facts += _reversal_facts(work.reversals)
    facts += [(f"webhooks to {one.id}", finding_of(one)) for one in work.endpoints]
    facts += _people_facts(work.payments, runtime.policy.zone)
    facts += _owed_facts(work, runtime.policy.zone)
    for run in work.runs:
        left = f", {duration(run.left_s)} left" if run.state == "running" and run.left_s is not None else ""
        failed = f", {run.ranges_failed} ranges failed" if run.ranges_failed else ""
        done = f"{run.accounts_done:,} of {run.accounts:,} accounts"
        facts.append(
            (f"run {run.id}", f"{run.kind} {cycle_text(run.cycle)} {run.state}, {done}{left}{failed}")
        )
    print_facts(facts)


def _owed_facts(work: Work, zone: tzinfo) -> list[tuple[str, str]]:
    """The oldest of what is owed, and how many more there are."""
    facts = [
        ("owed", f"{words(one.job)} of {local(one.logical_at, zone)}, {_state_of(one)}")
        for one in work.owed[:MOST_OWED]
    ]
    if left := len(work.owed) - len(facts):
        facts.append(("owed", f"and {counted(left, 'instant')} after these"))
    return facts


def _state_of(one: OwedInstant) -> str:
    if one.run_id is not None:
        return f"run {one.run_id}" + (" is paused" if one.is_paused else "")
    return (
        "waiting"
        if one.is_recorded
        else "and nobody recorded it: is beat running, and a worker of the queue upkeep?"
    )


def _differing_clocks(runtime: Runtime, database: DatabaseProbe) -> list[tuple[str, str]]:
    if abs(database.skew_s) <= runtime.settings.limits.clock_skew_s:
        return []
    both = f"PostgreSQL {instant(database.now)}, this host {instant(database.host_now)}"
    return [("clocks", f"{both}: nothing is booked here")]


def _audited(last: AuditRun | None) -> str:
    if last is None:
        return "none yet"
    found = f"{last.violations:,} violations: `settle audit`" if last.violations else "everything adds up"
    return f"{last.day.isoformat()}, {found}"


def _credit_facts(counts: CreditCounts, zone: tzinfo) -> list[tuple[str, str]]:
    """The check of a day is done when the day is over, under the instant at which the next one begins."""
    checked = (
        "not yet"
        if counts.checked_until is None
        else f"the days before {day_of(counts.checked_until, zone).isoformat()} are done"
    )
    overdue = f"{counts.overdue_bills:,}"
    if counts.overdue_bills:
        overdue += f" of {counted(counts.overdue_accounts, 'account')}: `settle overdue list`"
    return [
        ("daily check", checked),
        ("bills overdue", overdue),
        ("accounts with low credit", f"{counts.low_credit:,}"),
    ]


def _charge_facts(counts: ChargeCounts) -> list[tuple[str, str]]:
    """Nothing about charges where nothing is charged."""
    if not any(counts):
        return []
    doubt = _doubt_text(counts, "settle charges list --unknown")
    return [
        (
            "charges",
            f"{counts.waiting:,} to be sent, {doubt}, {counts.for_payer:,} for their payer to confirm",
        ),
        ("accounts declining", f"{counts.declining:,}, {counts.suspended:,} of them suspended"),
        ("webhooks waiting", f"{counts.webhooks:,}"),
        ("differences with gateways", f"{counts.differences:,}"),
    ]


def _refund_facts(counts: RefundCounts) -> list[tuple[str, str]]:
    """Nothing about refunds where nothing is on its way back."""
    if not any(counts):
        return []
    doubt = _doubt_text(counts, "settle refunds list --unknown")
    return [("refunds", f"{counts.waiting:,} to be sent, {doubt}, {counts.under_way:,} under way")]


def _doubt_text(counts: ChargeCounts | RefundCounts, command: str) -> str:
    operators = f" ({counts.for_operator:,} for an operator: `{command}`)" if counts.for_operator else ""
    return f"{counts.in_doubt:,} in doubt{operators}"


def _reversal_facts(counts: ReversalCounts) -> list[tuple[str, str]]:
    """Nothing about disputes where none is open, nor about payments taken back where none is owed."""
    facts = []
    if counts.open:
        facts.append(
            (
                "disputes",
                f"{counts.open:,} open, {counts.needs_response:,} to respond to: `settle disputes list --open`",
            )
        )
    if counts.owing_accounts:
        owing = counted(counts.owing_accounts, "account")
        facts.append(("owed for reversals", f"by {owing}: `settle disputes list`"))
    return facts


def _people_facts(counts: PaymentCounts, zone: tzinfo) -> list[tuple[str, str]]:
    """Nothing about what people have under way where they have nothing."""
    facts = []
    if counts.payments:
        facts.append(
            ("manual payments", f"{counts.payments:,} under way: `settle payments list --state running`")
        )
    if counts.settlements:
        since = f"the oldest since {local(counts.waiting_since, zone)}"
        facts.append(
            ("unified settlements", f"{counts.settlements:,} wait for money, {since}: `settle unified list`")
        )
    return facts


def _with_age(count: int, oldest_at: datetime | None, now: datetime) -> str:
    age_s = _age_s(oldest_at, now)
    return f"{count:,}" if age_s is None else f"{count:,}, the oldest for {duration(age_s)}"
