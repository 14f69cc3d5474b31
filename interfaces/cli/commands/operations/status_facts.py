"""What `settle status` prints: servers, queues, processes; then what waits, runs and comes next, as facts."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from interfaces.cli.commands.operations.endpoints import finding_of
from interfaces.cli.commands.sandbox.clock import upcoming, upcoming_text
from interfaces.cli.render.output import print_facts, print_heading, print_rows
from interfaces.fields.operations.processes import processes_of
from interfaces.fields.values import counted, duration, instant, local, words
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


def print_status(runtime: Runtime, database: DatabaseProbe, broker: BrokerProbe, work: Work | None) -> None:
    """Everything, what is down as well. `work`: None where the database cannot be asked."""
    _print_servers(database, broker)
    _print_queues(broker)
    _print_supervision(runtime)
    if work is not None:
        _print_processes(runtime, work.cluster)
        _print_work(runtime, database, work)


def age_s(since: datetime | None, now: datetime) -> float | None:
    """Seconds since then, to a tenth; None where there is nothing."""
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
    if broker.stream is None:
        # RabbitMQ has none, and does not say what workers have in hand.
        print_facts([("messages", waiting)])
        return
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
    age = age_s(oldest_at, now)
    return f"{count:,}" if age is None else f"{count:,}, the oldest for {duration(age)}"
