"""`settle audit`: does everything add up, over the whole database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import tzinfo
from typing import TYPE_CHECKING

import typer

from interfaces.cli.failures import ExitCode
from interfaces.cli.render.output import (
    JsonOption,
    print_heading,
    print_json,
    print_rows,
    print_table,
    remark,
)
from interfaces.cli.render.progress import Reading, metered
from interfaces.cli.session import opened
from interfaces.fields.field import Column, as_objects
from interfaces.fields.operations.audits import CHECKS
from interfaces.fields.values import Json, counted

if TYPE_CHECKING:
    from settlement.operations.reports.audit import AuditReport, CheckResult


def audit_books(as_json: JsonOption = False) -> None:
    """Proves that everything adds up. Ends with 5 where it does not.

    Balances, bills, repayments, events and upkeep are checked.

    It reads one instant of the whole database, takes no lock and can run beside everything else.
    """
    from settlement.operations.reports.audit import audit

    with opened() as runtime, _progress() as on_check:
        report = audit(
            runtime.store,
            at=runtime.as_of(),
            policy=runtime.policy,
            sessions=runtime.settings.limits.audit_sessions,
            on_check=on_check,
        )
        zone = runtime.policy.zone
    if as_json:
        print_json(_json(report))
    else:
        _print(report, zone)
    if report.violations:
        raise typer.Exit(ExitCode.VIOLATIONS)


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    with metered("audit", unit="checks") as meter:
        yield lambda name, done, total: meter.show(Reading(done, total, name))


def _print(report: AuditReport, zone: tzinfo) -> None:
    print_rows(CHECKS, report.checks, zone)
    for check in report.checks:
        if check.violations:
            print_heading(
                f"{check.name}: {counted(check.violations, 'violation')}. Does not hold: {check.sentence}"
            )
            _print_examples(check)
    sizes = report.sizes
    print_heading(
        f"looked at {sizes.accounts:,} accounts, {sizes.bills:,} bills, {sizes.fees:,} fees, "
        f"{sizes.repayments:,} repayments, {sizes.entries:,} ledger entries, {sizes.events:,} events: "
        + (counted(report.violations, "violation") if report.violations else "everything adds up")
    )
    if report.violations:
        remark("next: `settle explain ACCOUNT` shows an account; nothing was changed")


def _print_examples(check: CheckResult) -> None:
    names = list(dict.fromkeys(name for example in check.examples for name in example))
    print_table(
        [Column(name.replace("_", " ")) for name in names],
        [[example.get(name, "-") for name in names] for example in check.examples],
    )
    if check.violations > len(check.examples):
        remark(f"and {check.violations - len(check.examples):,} more")


def _json(report: AuditReport) -> Json:
    sizes = report.sizes
    return {
        "at": report.at,
        "ok": not report.violations,
        "violations": report.violations,
        "looked_at": {
            "accounts": sizes.accounts,
            "bills": sizes.bills,
            "fees": sizes.fees,
            "repayments": sizes.repayments,
            "entries": sizes.entries,
            "events": sizes.events,
        },
        "checks": as_objects(CHECKS, report.checks),
    }
