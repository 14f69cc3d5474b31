"""`settle status`: servers, processes, queues, what waits, what runs, what comes next; all of it as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interfaces.cli.commands.operations.endpoints import endpoints_json
from interfaces.cli.commands.operations.status_facts import age_s, print_status
from interfaces.cli.commands.sandbox.clock import clock_json
from interfaces.cli.failures import CommandFailed, ExitCode
from interfaces.cli.render.output import JsonOption, print_json
from interfaces.cli.session import opened
from interfaces.fields.field import as_objects
from interfaces.fields.operations.processes import processes_of
from interfaces.fields.runs import RUNS
from interfaces.fields.values import Json, instant

if TYPE_CHECKING:
    from interfaces.cli.commands.operations.probes import BrokerProbe, DatabaseProbe
    from interfaces.cli.commands.operations.work import Work
    from worker.runtime import Runtime


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
            print_status(runtime, database, broker, work)
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
            "oldest_waiting_s": age_s(counts.inbox_oldest_at, counts.database_now),
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
