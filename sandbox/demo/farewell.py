"""The end of the demonstration: its tables, the audit's verdict, and what to try next."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from interfaces.cli.render.output import print_heading, print_table, printable
from interfaces.fields.field import Column
from interfaces.fields.values import bill_name
from sandbox.demo.credit_control import CUSTOMER
from sandbox.demo.figures import CurrencyFigures, UnsettledBill
from sandbox.demo.stage import Stage
from sandbox.demo.story import CYCLE, Ending
from settlement.model.cycle import cycle_text, next_cycle
from settlement.model.money import decimal_text, money_text
from settlement.operations.reports.audit import AuditReport


def print_ending(ending: Ending) -> None:
    """The tables and the verdict, on standard output."""
    _print_bills(ending.currencies)
    _print_sources(ending.currencies)
    _print_unsettled(ending.unsettled)
    later, late = ending.next_cycle_fees
    _line(
        f"\nBooked to {cycle_text(next_cycle(CYCLE))}: {later:,} fees of its first hours (exports count in UTC, bills "
        f"in the billing zone) and {late:,} late, of {cycle_text(CYCLE)} but reported after its bills were issued."
    )
    _print_verdict(ending.audit)


def _print_bills(rows: Sequence[CurrencyFigures]) -> None:
    print_heading(f"Bills of {cycle_text(CYCLE)} (issued = paid + outstanding)")
    columns = ("currency", "bills", "settled", "unsettled", "issued", "paid", "outstanding")
    print_table(
        [Column(name, right=name != "currency") for name in columns],
        [
            (
                row.currency, f"{row.bills:,}", f"{row.settled:,}", f"{row.unsettled:,}",
                decimal_text(row.issued_minor, row.currency), decimal_text(row.paid_minor, row.currency),
                decimal_text(row.outstanding_minor, row.currency),
            )
            for row in rows
        ],
    )  # fmt: skip


def _print_sources(rows: Sequence[CurrencyFigures]) -> None:
    print_heading("Paid from")
    columns = (
        "currency",
        "coupons",
        "stored value cards",
        "credit refunds",
        "cash",
        "main accounts",
        "payment methods",
    )
    print_table(
        [Column(name, right=name != "currency") for name in columns],
        [
            (
                row.currency,
                *(
                    decimal_text(minor, row.currency)
                    for minor in (
                        row.coupon_minor,
                        row.card_minor,
                        row.refund_minor,
                        row.cash_minor,
                        row.main_account_minor,
                        row.method_minor,
                    )
                ),
            )
            for row in rows
        ],
    )


def _print_unsettled(bills: Sequence[UnsettledBill]) -> None:
    print_heading("Unsettled, and why")
    by_reason = groupby(
        sorted(bills, key=lambda bill: (bill.reason, bill.account_id)), lambda bill: bill.reason
    )
    groups = sorted(((reason, list(group)) for reason, group in by_reason), key=lambda one: -len(one[1]))
    print_table(
        (Column("reason"), Column("bills", right=True), Column("for example"), Column("outstanding")),
        [
            (
                reason.replace("_", " "),
                f"{len(group):,}",
                bill_name(group[0].account, group[0].cycle),
                _sums(group),
            )
            for reason, group in groups
        ],
    )


def _sums(bills: Sequence[UnsettledBill]) -> str:
    sums: dict[str, int] = {}
    for bill in bills:
        sums[bill.currency] = sums.get(bill.currency, 0) + bill.outstanding_minor
    return ", ".join(money_text(minor, currency) for currency, minor in sorted(sums.items()))


def _print_verdict(found: AuditReport) -> None:
    if not found.violations:
        _line(
            f"\nAudit: all {len(found.checks)} checks hold. Nothing lost, nothing twice, every balance adds up."
        )
        return
    _line(f"\nAudit: {found.violations:,} violations.")
    for check in found.checks:
        if check.violations:
            _line(f"  {check.name} ({check.rule}): {check.violations:,} times not so: {check.sentence}")
            for example in check.examples[:3]:
                _line("    " + ", ".join(f"{name} {value}" for name, value in example.items()))


def print_next_steps(stage: Stage, ending: Ending, *, running: bool) -> None:
    """Commands that work as they stand, from the folder in which the demonstration ran."""
    print_heading("What to try next" + ("; servers and workers are running" if running else ""))
    for line in next_steps(stage, ending, running=running):
        _line(f"  {line}")


def next_steps(stage: Stage, ending: Ending, *, running: bool) -> list[str]:
    """The commands, one a line. A database or broker that the environment names is found the same way again."""
    settle = f"{_environment(stage)} {_program()}"
    commands = [] if running else ["up --detach"]
    commands.append("bills list --state unsettled")
    owing = sorted(ending.unsettled, key=lambda bill: bill.reason != "no_funds")
    if owing:
        bill = owing[0]
        money = f"--amount {decimal_text(bill.outstanding_minor, bill.currency)} --currency {bill.currency}"
        commands += [
            f"explain {bill_name(bill.account, bill.cycle)}",
            f"emit top_up --account {bill.account} {money} --wait",
        ]
    commands.append(f"statements show {CUSTOMER} --cycle {cycle_text(next_cycle(CYCLE))}")
    journal = shlex.quote(_from_here(stage.folder / "ledger.journal"))
    commands += ["clock advance --to-next", f"ledger export --format hledger --output {journal}", "down"]
    return [f"{settle} {command}" for command in commands]


def _environment(stage: Stage) -> str:
    values = {"SETTLE_STATE_DIR": _from_here(stage.folder), "SETTLE_TEST_CLOCK": "1"}
    if stage.given_broker:
        values["SETTLE_BROKER_KEY_PREFIX"] = stage.settings.broker_key_prefix
    return " ".join(f"{name}={shlex.quote(value)}" for name, value in values.items())


def _program() -> str:
    """The command by the name under which it was called: on PATH, or in a virtual environment that is not active."""
    command = Path(sys.argv[0])
    found = shutil.which("settle")
    if found is not None and Path(found).resolve() == command.resolve():
        return "settle"
    return shlex.quote(_from_here(command.absolute())) if command.name == "settle" else "settle"


def _from_here(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _line(text: str) -> None:
    sys.stdout.write(printable(text, keep_lines=True) + "\n")
