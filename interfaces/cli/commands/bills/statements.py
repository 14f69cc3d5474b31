"""`settle statements`: what accounts owed, paid and held in a month; to read, to print, for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import tzinfo
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

import typer

from interfaces.cli.arguments import to_cycle
from interfaces.cli.failures import CommandFailed, ExitCode
from interfaces.cli.render.destination import Write, sink
from interfaces.cli.render.output import print_facts, print_heading, print_table, remark
from interfaces.cli.render.progress import Reading, metered
from interfaces.cli.render.records import remark_since
from interfaces.cli.session import opened
from interfaces.cli.single_event import AccountArgument
from interfaces.csv_lines import csv_bytes
from interfaces.fields.values import counted, digits, due_day, json_text
from settlement.model.cycle import Cycle, cycle_text
from settlement.model.terms import is_provisional

if TYPE_CHECKING:
    from settlement.operations.reports.statement_figures import Statement
    from settlement.operations.reports.statements import Batch
    from worker.runtime import Runtime

app = typer.Typer(help="Statements: an account and a month, with every movement.", no_args_is_help=True)

CycleOption = Annotated[int, typer.Option("--cycle", parser=to_cycle, metavar="YYYY-MM", help="The month.")]
JsonFlag = Annotated[bool, typer.Option("--json", help="As JSON.")]
CsvFlag = Annotated[bool, typer.Option("--csv", help="As CSV, one line per figure.")]
INDEX = "index.csv"
INDEX_HEADER = (
    "account",
    "file",
    "currency",
    "payable",
    "paid",
    "outstanding",
    "due_on",
    "cash_at_end",
    "owed_at_end",
)
# A file's name keeps this much of its account's; the number after it tells accounts apart.
NAME_KEPT = 80


class Form(StrEnum):
    """How a statement is written."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    HTML = "html"


@app.command("show")
def show_statement(
    account: AccountArgument,
    cycle: CycleOption,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_html: Annotated[bool, typer.Option("--html", help="As a page to print.")] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Write to this file; .html, .csv, .json say the form too."
        ),
    ] = None,
) -> None:
    """One account's statement: the month's bill with all that paid it, and every balance from beginning to end.

    Movements belong to the month in which they were posted, so the bill of a month is issued in the next one.
    """
    from interfaces.objects.statement_text import title

    form = _form({Form.JSON: as_json, Form.CSV: as_csv, Form.HTML: as_html}, output)
    with opened() as runtime:
        statement = _read(runtime, account, Cycle(cycle))
        remark_since(runtime.policy, cycle)
        zone = runtime.policy.zone
    if form is Form.TEXT:
        print_statement(statement, zone)
        return
    with sink(output) as write:
        write(_written(statement, form, zone))
    if output is not None:
        remark(f"{output}: {title(statement)}")


def _form(flags: dict[Form, bool], output: Path | None) -> Form:
    named = [form for form, wanted in flags.items() if wanted]
    if len(named) > 1:
        raise typer.BadParameter("choose one of --json, --csv and --html")
    if named or output is None:
        return named[0] if named else Form.TEXT
    suffix = output.suffix.lstrip(".").lower()
    if suffix not in flags:
        raise typer.BadParameter(f"say how to write {output}: --json, --csv or --html")
    return Form(suffix)


def _read(runtime: Runtime, account: str, cycle: Cycle) -> Statement:
    from settlement.operations.reports.statements import read_statement

    return read_statement(runtime.store, account, cycle, at=runtime.as_of(), policy=runtime.policy)


def _written(statement: Statement, form: Form, zone: tzinfo) -> bytes:
    from interfaces.cli.render.statement_page import statement_page
    from interfaces.objects.statements import csv_header, csv_lines, statement_json

    if form is Form.JSON:
        return (json_text(statement_json(statement)) + "\n").encode()
    if form is Form.CSV:
        return csv_header() + b"".join(csv_lines([statement]))
    return statement_page(statement, zone).encode()


def print_statement(statement: Statement, zone: tzinfo) -> None:
    """A statement for people, on standard output."""
    from interfaces.objects.statement_text import facts, parts, title

    print(title(statement))
    print_facts(facts(statement, zone))
    for part in parts(statement, zone):
        print_heading(part.heading)
        print_table(part.columns, part.rows)


@app.command("export")
def export_statements(
    cycle: CycleOption,
    as_csv: CsvFlag = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, one statement a line.")] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="DIR|FILE",
            help="A folder for a page per account, with an index; or the file for --csv or --json.",
        ),
    ] = None,
) -> None:  # fmt: skip
    """Statements of all accounts for a month. Memory stays flat however many there are; repeating it is harmless.

    Exits with 5 when statements were withheld because their figures do not add up.
    """
    if as_csv and as_json:
        raise typer.BadParameter("choose one of --csv and --json")
    if not (as_csv or as_json) and output is None:
        raise typer.BadParameter("say where to: --output DIR for pages, or --csv, or --json")
    month = Cycle(cycle)
    with opened() as runtime:
        if as_csv or as_json:
            written, withheld = _as_lines(runtime, month, output, _as_csv if as_csv else _as_json)
        else:
            written, withheld = _as_pages(runtime, month, output or Path())
    remark(f"{cycle_text(month)}: {counted(written, 'statement')}" + (f" in {output}" if output else ""))
    if withheld:
        for account, differs in list(withheld.items())[:10]:
            remark(f"withheld: {account}: {differs}")
        raise CommandFailed(
            ExitCode.VIOLATIONS,
            f"withheld, since they do not add up: {counted(len(withheld), 'statement')}",
            "run `settle audit`",
        )


Exported = tuple[int, dict[str, str]]


def _as_lines(
    runtime: Runtime,
    cycle: Cycle,
    output: Path | None,
    lines: Callable[[Write, Iterable[Statement] | None], None],
) -> Exported:
    written, withheld = 0, dict[str, str]()
    with sink(output) as write:
        lines(write, None)
        for batch in _batches(runtime, cycle):
            lines(write, batch.statements)
            written += len(batch.statements)
            withheld |= batch.withheld
    return written, withheld


def _as_csv(write: Write, statements: Iterable[Statement] | None) -> None:
    from interfaces.objects.statements import csv_header, csv_lines

    if statements is None:
        write(csv_header())
        return
    write(b"".join(csv_lines(statements)))


def _as_json(write: Write, statements: Iterable[Statement] | None) -> None:
    from interfaces.objects.statements import statement_json

    for statement in statements or ():
        write((json_text(statement_json(statement), on_one_line=True) + "\n").encode())


def _as_pages(runtime: Runtime, cycle: Cycle, folder: Path) -> Exported:
    """A file per account, each whole or not there, and at the end an index of them."""
    from interfaces.cli.render.statement_page import statement_page

    folder.mkdir(parents=True, exist_ok=True)
    zone = runtime.policy.zone
    written, withheld = 0, dict[str, str]()
    with sink(folder / INDEX) as index:
        index(csv_bytes([INDEX_HEADER]))
        for batch in _batches(runtime, cycle):
            for statement in batch.statements:
                name = file_name(statement)
                with sink(folder / name) as write:
                    write(statement_page(statement, zone).encode())
                index(csv_bytes([_index_row(statement, name)]))
            written += len(batch.statements)
            withheld |= batch.withheld
    return written, withheld


def _batches(runtime: Runtime, cycle: Cycle) -> Iterator[Batch]:
    """Batch by batch, with progress counted in accounts."""
    from settlement.operations.reports.statements import count_accounts, read_statements

    at, total, done = runtime.as_of(), count_accounts(runtime.store), 0
    with metered("statements", unit="accounts") as meter:
        meter.show(Reading(0, total))
        for batch in read_statements(runtime.store, cycle, at=at, policy=runtime.policy):
            yield batch
            done += batch.accounts
            meter.show(Reading(done, total))


def file_name(statement: Statement) -> str:
    """A name that every file system takes: the account's, as far as it may be written, its number, the month."""
    name = quote(statement.account.external_id, safe=" @+,=").replace("%", "_").strip(" .")[:NAME_KEPT]
    return f"{name}-{statement.account.id}.{cycle_text(statement.cycle)}.html"


def _index_row(statement: Statement, name: str) -> tuple[str, ...]:
    bill, currency = statement.bill, statement.currency
    issued = bill is not None and bill.payable_minor is not None
    return (
        statement.account.external_id,
        name,
        currency,
        digits(bill.payable_minor, currency) if bill is not None and issued else "",
        digits(bill.paid_minor, currency) if bill is not None and issued else "",
        digits(statement.outstanding_minor, currency) if issued else "",
        ""
        if bill is None or bill.due_on is None
        else due_day(bill.due_on, provisional=is_provisional(bill.due_rule)),
        digits(statement.balances["cash"].closing_minor, currency),
        digits(statement.balances["receivable"].closing_minor, currency),
    )
