"""`settle doctor`: one line per thing that may be wrong, and what to do about it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import typer

from interfaces.cli.commands.operations.checks import Check, Level
from interfaces.cli.commands.operations.endpoints import finding_of, is_well
from interfaces.cli.commands.operations.process_checks import of_all_hosts, of_this_folder, of_this_host
from interfaces.cli.failures import ExitCode
from interfaces.cli.render.output import JsonOption, print_json, print_table
from interfaces.fields.field import Column
from interfaces.fields.values import duration, instant, local, words
from settlement.errors import Misconfigured

if TYPE_CHECKING:
    from config.settings import Settings
    from interfaces.cli.commands.operations.probes import BrokerProbe, DatabaseProbe
    from interfaces.cli.commands.operations.work import Work
    from settlement.queries.audits import AuditRun
    from settlement.queries.credit import CreditCounts
    from settlement.queries.gateway.reversals import ReversalCounts
    from settlement.queries.operating.figures import Waiting
    from settlement.queries.programs.webhooks import EndpointHealth
    from worker.runtime import Runtime

# Where it is not so far off yet that nothing is booked.
SKEW_WARN_S = 2.0
LATE_S = 60.0
# A day, and as long as a month close may keep it waiting.
DAY_LATE_S = 36 * 3600.0


def examine(as_json: JsonOption = False) -> None:
    """Checks everything that may be wrong. Exits with 1 when something is, 6 when a dependency is down."""
    checks = list(_checks())
    if as_json:
        print_json(
            {
                "checks": [
                    {"name": name, "level": level.value, "said": finding, "todo": remedy or None}
                    for name, level, finding, remedy, _ in checks
                ]
            }
        )
    else:
        print_table(
            (Column("check"), Column(""), Column("what was found"), Column("what to do")),
            [(check.name, check.level.value, check.finding, check.remedy or "-") for check in checks],
        )
    raise typer.Exit(_code(checks))


def _code(checks: list[Check]) -> ExitCode:
    failed = [check for check in checks if check.level is Level.FAIL]
    if any(check.name == "settings" for check in failed):
        return ExitCode.USAGE
    if any(check.down for check in failed):
        return ExitCode.UNAVAILABLE
    return ExitCode.ERROR if failed else ExitCode.OK


def _checks() -> Iterator[Check]:
    from config.settings import SettingsError, load_settings
    from interfaces.cli.commands.operations.probes import probe_broker, probe_database
    from worker.runtime import build_runtime
    from worker.servers import LocalServerError

    version = ".".join(map(str, sys.version_info[:3]))
    fits = sys.version_info >= (3, 11)
    yield Check("Python", Level.OK if fits else Level.FAIL, version, "" if fits else "use 3.11 or newer")
    try:
        settings = load_settings()
        runtime = build_runtime(settings)
    except SettingsError as error:
        yield Check("settings", Level.FAIL, str(error), "config/env.example lists every variable")
        return
    except Misconfigured as error:
        yield Check("gateways", Level.FAIL, str(error), "install the extra, or leave its keys unset")
        return
    except LocalServerError as error:
        yield from _settings(settings)
        remedy = "`settle up` starts it, or set SETTLE_DATABASE_URL"
        yield Check("PostgreSQL", Level.FAIL, str(error), remedy, down=True)
        yield from _broker(probe_broker(settings))
        yield from of_this_folder(settings.state_dir)
        yield from of_this_host()
        return
    try:
        yield from _settings(settings)
        yield from _gateways(runtime)
        database = probe_database(runtime)
        yield from _database(database, settings.limits.clock_skew_s)
        yield from _broker(probe_broker(settings))
        yield from of_this_folder(settings.state_dir)
        if database.migrated:
            yield from _work(runtime)
        else:
            yield from of_this_host()
    finally:
        runtime.close()


def _settings(settings: Settings) -> Iterator[Check]:
    if settings.test_clock:
        yield Check(
            "settings", Level.WARN, "the test clock is allowed", "never set SETTLE_TEST_CLOCK in production"
        )
    else:
        yield Check("settings", Level.OK, f"billing zone {settings.billing.zone}")


def _gateways(runtime: Runtime) -> Iterator[Check]:
    """What is set up here; nobody is called. No key is shown."""
    from worker.policies.collection import collection_policy_of

    here, named = set(runtime.gateways), set(collection_policy_of(runtime.settings).gateways)
    given = runtime.settings.gateways
    if here - named:
        yield Check(
            "gateways", Level.WARN, f"keys of {', '.join(sorted(here - named))}, which payment methods may not use",
            "name it in SETTLE_COLLECTION__GATEWAYS too",
        )  # fmt: skip
    elif named - here:
        yield Check(
            "gateways", Level.WARN, f"no keys of {', '.join(sorted(named - here))} here",
            "none are needed but in the pool of the queue collection and in `settle serve`",
        )  # fmt: skip
    else:
        yield Check("gateways", Level.OK, ", ".join(sorted(here)) or "none")
    if "sandbox" in here and len(here) > 1:
        yield Check(
            "sandbox gateway", Level.WARN, "set up beside a real one: it pays bills and moves no money",
            "leave SETTLE_GATEWAYS__SANDBOX empty in production",
        )  # fmt: skip
    secrets = {"stripe": bool(given.stripe_webhook_secrets), "paypal": bool(given.paypal_webhook_id)}
    for name in sorted(here & set(secrets)):
        if secrets[name]:
            yield Check(f"webhooks of {name}", Level.OK, "can be checked")
        else:
            variable = "STRIPE_WEBHOOK_SECRETS" if name == "stripe" else "PAYPAL_WEBHOOK_ID"
            yield Check(
                f"webhooks of {name}", Level.WARN, "are refused: nothing to check their signatures by",
                f"set SETTLE_GATEWAYS__{variable}; without webhooks charges are asked about a little later",
            )  # fmt: skip


def _database(probe: DatabaseProbe, limit_s: float) -> Iterator[Check]:
    if probe.error is not None:
        yield Check(
            "PostgreSQL", Level.FAIL, f"{probe.place}: {probe.error}",
            "check SETTLE_DATABASE_URL and that the server runs; `settle up` starts an embedded one", down=True,
        )  # fmt: skip
        return
    if not probe.is_supported:
        yield Check(
            "PostgreSQL", Level.FAIL, f"version {probe.version}", "use PostgreSQL 15 or newer; 18 is tested"
        )
    else:
        yield Check("PostgreSQL", Level.OK, f"{probe.version}, {probe.place}")
    if probe.migrated:
        newer = "" if probe.revision == probe.expected_revision else f", newer than {probe.expected_revision}"
        yield Check("schema", Level.OK, f"revision {probe.revision}{newer}")
    else:
        finding = f"revision {probe.revision or 'none'}, this program expects {probe.expected_revision}"
        yield Check("schema", Level.FAIL, finding, "run `settle db migrate`")
    if probe.may_change:
        yield Check(
            "ledger", Level.FAIL, f"role {probe.role} may change {', '.join(probe.may_change[:3])}",
            "let SETTLE_DATABASE_URL name the worker's role and SETTLE_MIGRATION_URL the owner",
        )  # fmt: skip
    elif probe.revision is not None:
        yield Check("ledger", Level.OK, f"role {probe.role} may only append to it")
    yield _clocks(probe, limit_s)


def _clocks(probe: DatabaseProbe, limit_s: float) -> Check:
    finding = f"PostgreSQL shows {instant(probe.now)}, this host {instant(probe.host_now)}"
    if abs(probe.skew_s) > limit_s:
        return Check("clocks", Level.FAIL, f"{finding}: nothing is booked here", "run NTP on both")
    if abs(probe.skew_s) > SKEW_WARN_S:
        return Check("clocks", Level.WARN, f"{finding}: {abs(probe.skew_s):.1f} s apart", "run NTP on both")
    return Check("clocks", Level.OK, f"database and this host differ by {abs(probe.skew_s):.1f} s")


def _broker(probe: BrokerProbe) -> Iterator[Check]:
    if probe.error is not None:
        yield Check(
            "broker", Level.FAIL, f"{probe.place}: {probe.error}",
            "check SETTLE_BROKER_URL and that the server runs; `settle up` starts an embedded one", down=True,
        )  # fmt: skip
        return
    if probe.unusable:
        remedy = "point SETTLE_BROKER_URL at a RabbitMQ, Redis or Valkey of a supported version"
        yield Check("broker", Level.FAIL, f"{probe.version}: {probe.unusable}", remedy)
        return
    yield Check("broker", Level.OK, f"{probe.version}, {probe.place}")
    if probe.stream is None:
        finding = "none: RabbitMQ carries Celery's messages alone"
        yield Check("event stream", Level.OK, finding, "send events by SQL, HTTP or Celery")
        return
    if probe.eviction == "noeviction":
        yield Check("broker memory", Level.OK, "evicts nothing")
    else:
        yield Check(
            "broker memory", Level.FAIL, f"maxmemory-policy is {probe.eviction or 'unknown'}: a queue may vanish whole",
            "set maxmemory-policy to noeviction",
        )  # fmt: skip
    if probe.persistent:
        yield Check("broker persistence", Level.OK, "append-only file")
    else:
        yield Check(
            "broker persistence", Level.WARN, "no append-only file: stream entries not yet read die with the server",
            "set appendonly to yes",
        )  # fmt: skip


def _audit(last: AuditRun | None) -> Check:
    if last is None:
        return Check("audit", Level.OK, "none was done yet")
    finding = f"of {last.day.isoformat()}, ended {duration(last.age_s)} ago"
    if last.violations:
        return Check("audit", Level.FAIL, f"{last.violations:,} violations, {finding}", "settle audit")
    if last.age_s > DAY_LATE_S:
        return Check("audit", Level.WARN, finding, "is a worker of the queue upkeep running?")
    return Check("audit", Level.OK, finding)


def _work(runtime: Runtime) -> Iterator[Check]:
    from interfaces.cli.commands.operations.work import read_work

    work = read_work(runtime)
    counts = work.backlog
    yield from of_all_hosts(work.cluster)
    yield _set_aside("events refused", counts.inbox_refused, "settle inbox list --refused")
    yield _set_aside("events parked", counts.inbox_parked, "settle inbox list --parked")
    yield _set_aside("accounts parked", counts.accounts_parked, "settle parked list")
    yield _set_aside("charges in doubt", work.charges.for_operator, "settle charges list --unknown")
    yield _set_aside("refunds in doubt", work.refunds.for_operator, "settle refunds list --unknown")
    yield _disputes(work.reversals)
    yield _differences(work.differences)
    yield _set_aside("messages set aside", work.quarantined, "settle quarantine list")
    yield _set_aside("ranges failed", counts.ranges_failed, "settle runs list")
    yield _set_aside("webhooks paused", counts.webhooks_paused, "settle webhooks list")
    yield _set_aside(
        "webhooks in vain", counts.webhooks_in_vain, "settle webhooks deliveries ENDPOINT --waiting"
    )
    yield from map(_endpoint, work.endpoints)
    yield _daily_check(work.credit, runtime)
    yield _audit(work.audited)
    for name, oldest_at, count, queue in (
        ("events waiting", counts.inbox_oldest_at, counts.inbox_waiting, "events"),
        ("announcements", counts.outbox_oldest_at, counts.outbox_unpublished, "upkeep"),
    ):
        if oldest_at is None:
            yield Check(name, Level.OK, "none waits")
            continue
        # A test clock stamps announcements with its own time, which says nothing about how long they wait.
        age_s = (counts.database_now - oldest_at).total_seconds()
        late = age_s > LATE_S and not (name == "announcements" and runtime.settings.test_clock)
        finding = f"{count:,} waiting, the oldest for {duration(age_s)}"
        remedy = f"is a worker of the queue {queue} running?" if late else ""
        yield Check(name, Level.WARN if late else Level.OK, finding, remedy)
    yield _calendar(work, runtime)


def _calendar(work: Work, runtime: Runtime) -> Check:
    """What has come and is not done, whether or not anybody noticed."""
    from settlement.operations.schedule.owed import unattended_s

    if not work.owed:
        return Check("calendar", Level.OK, "nothing is owed")
    oldest = work.owed[0]
    finding = f"{words(oldest.job)} of {local(oldest.logical_at, runtime.policy.zone)} is not done"
    if len(work.owed) > 1:
        finding += f", nor are {len(work.owed) - 1:,} after it"
    if unattended_s(work.owed, work.at) > runtime.settings.limits.owed_grace_s:
        remedy = "start beat and a worker of the queue upkeep; `settle tick` does it here and now"
        return Check("calendar", Level.FAIL, finding, remedy)
    return Check("calendar", Level.WARN, finding, "settle tick")


def _daily_check(counts: CreditCounts, runtime: Runtime) -> Check:
    """What is owed and known to be owed is the calendar's; this is about nobody having looked for days."""
    overdue = f"{counts.overdue_bills:,} bills overdue"
    if counts.checked_until is None:
        return Check("daily check", Level.OK, f"none was due yet; {overdue}")
    behind_s = (runtime.as_of() - counts.checked_until).total_seconds()
    finding = f"the last day checked ended {duration(behind_s)} ago; {overdue}"
    if behind_s > DAY_LATE_S:
        return Check(
            "daily check", Level.WARN, finding, "is a worker of the queue upkeep running? `settle tick`"
        )
    return Check("daily check", Level.OK, finding)


def _disputes(counts: ReversalCounts) -> Check:
    """Only a person can respond to one, and the gateway sets a time for that."""
    if not counts.open:
        return Check("disputes open", Level.OK, "none")
    finding = f"{counts.open:,}, {counts.needs_response:,} of them to respond to"
    if counts.needs_response:
        remedy = "`settle disputes list --open` names them; respond at the gateway before its time is over"
        return Check("disputes open", Level.WARN, finding, remedy)
    return Check("disputes open", Level.OK, finding)


def _endpoint(one: EndpointHealth) -> Check:
    if is_well(one):
        return Check(f"webhooks to {one.id}", Level.OK, finding_of(one))
    remedy = f"`settle webhooks deliveries {one.id} --waiting` shows what; `settle webhooks resume {one.id}` tries now"
    return Check(f"webhooks to {one.id}", Level.WARN, finding_of(one), remedy)


def _differences(found: Sequence[Waiting]) -> Check:
    """Those with gateways' books that nobody has closed."""
    if not found:
        return Check("gateway differences", Level.OK, "none")
    findings = (
        f"{one.number:,} {words(one.names[1])} ({one.names[0]}), the oldest found {duration(one.oldest_s)} ago"
        for one in found
    )
    return Check("gateway differences", Level.WARN, "; ".join(findings), "`settle reconcile list` shows them")


def _set_aside(name: str, count: int, command: str) -> Check:
    if count:
        return Check(name, Level.WARN, f"{count:,}", f"`{command}` shows why")
    return Check(name, Level.OK, "none")
