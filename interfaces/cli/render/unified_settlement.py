"""A unified settlement shown to people and programs: how far it is, its bills, what its main account lacks."""

from __future__ import annotations

from datetime import tzinfo

from interfaces.cli.confirmed_event import charge_clauses, paid_text, write_off_clauses
from interfaces.cli.render.output import print_facts, print_heading, print_rows
from interfaces.fields.field import as_object, as_objects
from interfaces.fields.unified_settlements import LINES, UNIFIED_SETTLEMENTS, progress_text
from interfaces.fields.values import Json, amount_text, counted, local, money
from settlement.operations.inbox.preview import Preview
from settlement.operations.reports.unified_settlements import SettlementPosition


def position_object(found: SettlementPosition) -> dict[str, Json]:
    """A settlement with its lines and the main account's money, for programs."""
    row = found.settlement
    return {
        **as_object(UNIFIED_SETTLEMENTS, row),
        "main_can_pay": money(found.funds_minor, row.currency),
        "main_lacks": money(found.missing_minor, row.currency),
        "lines": as_objects(LINES, found.lines),
        "next": found.next_line,
        "revision": found.revision,
    }


def print_position(found: SettlementPosition, zone: tzinfo) -> None:
    """A settlement for people; its lines where they were requested."""
    print_facts(_facts(found, zone))
    if found.lines:
        print_heading("bills, in the order of payment")
        print_rows(LINES, found.lines, zone)


def run_text(found: SettlementPosition, preview: Preview) -> str:
    """What running it would do: what its main account pays, now and later, and what follows for the others."""
    row = found.settlement
    owed = f"{amount_text(row.outstanding_minor, row.currency)} of {counted(row.bills, 'bill')}"
    sentences = [
        f"{row.main} will pay {owed}",
        f"at once {paid_text(preview.repaid_by_settlement, row.currency)}",
    ]
    if found.missing_minor:
        lacks = amount_text(found.missing_minor, row.currency)
        sentences.append(f"it lacks {lacks}, and the rest is paid by itself when that comes")
    sentences += write_off_clauses(preview.repaid_otherwise, row.currency)
    return "; ".join([*sentences, *charge_clauses(preview, row.currency)])


def _facts(found: SettlementPosition, zone: tzinfo) -> list[tuple[str, str]]:
    row = found.settlement
    facts = [
        ("settlement", row.name),
        ("main account", row.main),
        ("state", f"{row.state}, deleted" if row.deleted_at is not None else row.state),
        ("progress", f"{progress_text(row)}, of {counted(row.accounts, 'account')}"),
        ("paid", amount_text(row.paid_minor, row.currency)),
        ("outstanding", amount_text(row.outstanding_minor, row.currency)),
    ]
    if row.state in ("draft", "running"):
        facts += [
            (f"{row.main} can pay", amount_text(found.funds_minor, row.currency)),
            (f"{row.main} lacks", amount_text(found.missing_minor, row.currency)),
        ]
    facts += [("created", local(row.created_at, zone)), ("run", local(row.run_at, zone))]
    if row.finished_at is not None:
        facts.append(("ended", local(row.finished_at, zone)))
    return facts
