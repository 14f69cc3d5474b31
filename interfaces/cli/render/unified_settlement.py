"""A unified settlement shown to people and programs: how far it is, its bills, what its main account lacks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import tzinfo

from interfaces.cli.acts import charges_said, paid_text, write_off_said
from interfaces.cli.arguments import bill_name
from interfaces.cli.render.figures import Json, counted, digits, instant, local, money, shown
from interfaces.cli.render.output import Column, print_facts, print_heading, print_table
from settlement.model.cycle import cycle_text
from settlement.model.money import decimal_text
from settlement.operations.inbox.preview import Preview
from settlement.operations.reports.unified_settlements import Standing
from settlement.queries.unified_settlements import UnifiedLineView, UnifiedView

CSV_HEADER = (
    "line", "account", "cycle", "listed", "outstanding", "paid", "currency", "state", "note"
)  # fmt: skip


def settlement_json(row: UnifiedView) -> dict[str, Json]:
    """A settlement for programs."""
    return {
        "number": row.number,
        "main": row.main,
        "settlement": row.name,
        "state": row.state,
        "bills": row.bills,
        "settled": row.settled,
        "accounts": row.accounts,
        "paid": money(row.paid_minor, row.currency),
        "outstanding": money(row.outstanding_minor, row.currency),
        "created_at": instant(row.created_at),
        "run_at": instant(row.run_at),
        "finished_at": instant(row.finished_at),
        "deleted_at": instant(row.deleted_at),
    }


def standing_json(found: Standing) -> dict[str, Json]:
    """A settlement with its lines and the main account's money, for programs."""
    row = found.settlement
    return {
        **settlement_json(row),
        "main_can_pay": money(found.funds_minor, row.currency),
        "main_lacks": money(found.missing_minor, row.currency),
        "lines": [_line_json(line, row.currency) for line in found.lines],
        "next": found.next_line,
    }


def print_standing(found: Standing, zone: tzinfo) -> None:
    """A settlement for people; its lines where they were asked for."""
    row = found.settlement
    print_facts(_facts(found, zone))
    if found.lines:
        print_heading("bills, in the order of payment")
        columns = (
            Column("no.", right=True), Column("bill"), Column("listed", right=True), Column("outstanding", right=True),
            Column("paid by this", right=True), Column("state"), Column("note"),
        )  # fmt: skip
        print_table(columns, [_row(line, row.currency) for line in found.lines])


def run_said(found: Standing, looked: Preview) -> str:
    """What running it would do: what its main account pays, now and later, and what follows for the others."""
    row = found.settlement
    owed = f"{shown(row.outstanding_minor, row.currency)} of {counted(row.bills, 'bill')}"
    said = [
        f"{row.main} will pay {owed}",
        f"at once {paid_text(looked.repaid_by_settlement, row.currency)}",
    ]
    if found.missing_minor:
        lacks = shown(found.missing_minor, row.currency)
        said.append(f"it lacks {lacks}, and the rest is paid by itself when that comes")
    said += write_off_said(looked.repaid_otherwise, row.currency)
    return "; ".join([*said, *charges_said(looked, row.currency)])


def progress_text(row: UnifiedView) -> str:
    """How far it is."""
    return f"{row.settled:,} of {counted(row.bills, 'bill')} settled"


def csv_rows(row: UnifiedView, lines: Iterable[UnifiedLineView]) -> Iterator[tuple[object, ...]]:
    """The list as rows of a CSV file; amounts are decimals."""
    for line in lines:
        yield (
            line.line_no, line.account, cycle_text(line.cycle), decimal_text(line.listed_minor, row.currency),
            decimal_text(line.outstanding_minor, row.currency), decimal_text(line.paid_minor, row.currency),
            row.currency, line.state, _note(line, row.currency),
        )  # fmt: skip


def _facts(found: Standing, zone: tzinfo) -> list[tuple[str, str]]:
    row = found.settlement
    facts = [
        ("settlement", row.name),
        ("main account", row.main),
        ("state", f"{row.state}, deleted" if row.deleted_at is not None else row.state),
        ("progress", f"{progress_text(row)}, of {counted(row.accounts, 'account')}"),
        ("paid", shown(row.paid_minor, row.currency)),
        ("outstanding", shown(row.outstanding_minor, row.currency)),
    ]
    if row.state in ("draft", "running"):
        facts += [
            (f"{row.main} can pay", shown(found.funds_minor, row.currency)),
            (f"{row.main} lacks", shown(found.missing_minor, row.currency)),
        ]
    facts += [("created", local(row.created_at, zone)), ("run", local(row.run_at, zone))]
    if row.finished_at is not None:
        facts.append(("ended", local(row.finished_at, zone)))
    return facts


def _row(line: UnifiedLineView, currency: str) -> tuple[str, ...]:
    return (
        str(line.line_no), bill_name(line.account, line.cycle), digits(line.listed_minor, currency),
        digits(line.outstanding_minor, currency), digits(line.paid_minor, currency), line.state,
        _note(line, currency) or "-",
    )  # fmt: skip


def _note(line: UnifiedLineView, currency: str) -> str:
    """What keeps a line from being paid, or why it was taken off."""
    if line.state != "open":
        return line.reason or ""
    if line.is_parked:
        return "its account is parked"
    if not line.may_be_paid:
        return "its account has no valid relationship"
    if not line.outstanding_minor:
        return "settled by others"
    if line.paid_by_others_minor:
        return f"{shown(line.paid_by_others_minor, currency)} under way by other means"
    return ""


def _line_json(line: UnifiedLineView, currency: str) -> Json:
    return {
        "line": line.line_no,
        "bill": bill_name(line.account, line.cycle),
        "account": line.account,
        "cycle": cycle_text(line.cycle),
        "listed": money(line.listed_minor, currency),
        "outstanding": money(line.outstanding_minor, currency),
        "paid": money(line.paid_minor, currency),
        "state": line.state,
        "note": _note(line, currency) or None,
    }
