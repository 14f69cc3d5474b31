"""`settle archive`: months that are over, written out to files and removed from the database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from interfaces.cli.arguments import to_cycle
from interfaces.cli.registry import Group
from interfaces.cli.render.output import (
    AfterOption,
    JsonOption,
    LimitOption,
    print_heading,
    print_json,
    print_page,
    print_rows,
    remark,
)
from interfaces.cli.session import opened, reading
from interfaces.fields.field import as_objects
from interfaces.fields.operations.archives import ARCHIVES, FILES
from interfaces.fields.values import Json, counted

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from settlement.operations.archive.months import ArchiveReport
    from settlement.queries.operating.archives import ArchiveView

KINDS = ("fees", "events", "announcements", "entries", "repayments", "lines")


class ArchiveGroup(Group):
    """Options without a command are of `write`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """What is on the command line, with the command that is meant."""
        if args and args[0].startswith("-") and args[0] != "--help":
            args = ["write", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    help="Old months: write out and remove, list, show.", no_args_is_help=True, cls=ArchiveGroup
)


@app.command("write")
def write(
    before: Annotated[
        int,
        typer.Option(parser=to_cycle, metavar="YYYY-MM", help="Write out what was over before this month."),
    ],
    to: Annotated[
        Path, typer.Option("--to", metavar="FOLDER", help="Where the files go; it has to be there.")
    ],
    as_json: JsonOption = False,
) -> None:
    """Writes out what was over before a month, and removes it. `settle archive --before` is the same.

    Of bills that were settled before that month the fees and the events that reported them; of accounts what they
    moved, with one entry for it that stays: entries, repayments, lines of bills and top-ups; and announcements. They
    are Parquet files with checksums. As the owner of the tables (SETTLE_MIGRATION_URL). Bills stay. Safe to repeat.
    """
    from config.settings import load_settings
    from settlement.model.cycle import Cycle
    from settlement.operations.archive.months import archive_as_owner
    from worker.servers import migration_url

    with opened() as runtime:
        at = runtime.now()
        report = archive_as_owner(
            migration_url(load_settings()), to, Cycle(before), at=at, policy=runtime.policy,
            on_archive=lambda one: remark(f"archive {one.id}: {one.files[0]['name']} and what belongs to it"),
            on_left=lambda ids: remark(f"{counted(len(ids), 'account')} changed meanwhile: for the next run"),
        )  # fmt: skip
    if as_json:
        print_json(_json(report))
    else:
        _print(report)


@app.command("list")
def list_archives(limit: LimitOption = 50, after: AfterOption = None, as_json: JsonOption = False) -> None:
    """Archives, the newest first."""
    from settlement.queries.operating import archives

    with reading() as read:
        found = archives.rows(read.tx, limit=limit + 1, after=after)
    print_page("archives", ARCHIVES, found, read.zone, limit=limit, as_json=as_json)


@app.command("show")
def show(
    name: Annotated[
        str, typer.Argument(metavar="ARCHIVE|YYYY-MM", help="Its number, or a month, for all of it.")
    ],
    folder: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Where the files are now; default: where they were written."),
    ] = None,
    rows: Annotated[
        str | None, typer.Option(metavar="|".join(KINDS), help="Print these rows, a JSON object a line.")
    ] = None,
    account: Annotated[str | None, typer.Option(metavar="ACCOUNT", help="Only rows of this account.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Reads the files of archives again, proves that they are what was written, and shows what is in them.

    Ends with 3 where a file is missing, with 4 where one was changed.
    """
    from settlement.operations.archive import files

    if rows is not None and rows not in KINDS:
        raise typer.BadParameter(f"--rows is one of {', '.join(KINDS)}, not {rows!r}")
    with reading() as read:
        found = _named(read.tx, name)
    for one in found:
        for file in one.files:
            files.refuse_unless_whole(folder or Path(one.folder), files.File(**file))
    if rows is not None:
        for one in found:
            _print_rows(one, folder or Path(one.folder), rows, account)
    elif as_json:
        print_json({"archives": as_objects(ARCHIVES, found)})
    else:
        print_rows(ARCHIVES, found, read.zone)
        print_heading("every file is as it was written")
        print_rows(FILES, [file for one in found for file in one.files], read.zone)


def _named(tx: Connection, name: str) -> list[ArchiveView]:
    from settlement.errors import NotFound
    from settlement.queries.operating import archives

    if name.isascii() and name.isdigit():
        return [archives.one(tx, int(name))]
    found = archives.of_month(tx, to_cycle(name))
    if not found:
        raise NotFound("unknown_archive", f"no archive has bills of {name}; `settle archive list` shows all")
    return found


def _print_rows(one: ArchiveView, folder: Path, kind: str, account: str | None) -> None:
    from settlement.operations.archive import files

    for file in one.files:
        if not file["name"].endswith(f"-{kind}.parquet"):
            continue
        for part in files.read(folder / file["name"]):
            for row in part:
                if account is None or row.get("account") == account:
                    print(json.dumps(row, default=str, ensure_ascii=False))


def _json(report: ArchiveReport) -> Json:
    return {
        "archives": list(report.archives),
        "bills": report.bills,
        "fees": report.fees,
        "events": report.events,
        "announcements": report.announcements,
        "entries": report.entries,
        "repayments": report.repayments,
        "bytes": report.bytes,
        "stays": {reason.name.lower(): count for reason, count in report.stays.items()},
        "not_over": report.unsettled,
        "left": len(report.left),
    }


def _print(report: ArchiveReport) -> None:
    print(
        f"{counted(len(report.archives), 'archive')}: {counted(report.fees, 'fee')} of "
        f"{counted(report.bills, 'bill')}, {report.entries:,} of the ledger's entries, "
        f"{counted(report.events, 'event')} and {counted(report.announcements, 'announcement')} in "
        f"{report.bytes:,} bytes of files"
    )
    for reason, count in report.stays.items():
        print(f"stays: {counted(count, 'bill')}: {reason}")
    if report.unsettled:
        print(f"not over yet: {counted(report.unsettled, 'bill')} not settled before that month")
    if report.left:
        print(
            f"for the next run: {counted(len(report.left), 'account')}, for which something was booked meanwhile; "
            "the same command goes on"
        )
