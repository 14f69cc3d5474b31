"""`settle accounts import`: accounts from a file, each opened once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from interfaces.cli.commands.accounts.accounts_cells import AMOUNTS, FLAGS, Cells
from interfaces.cli.commands.events.senders import InboxSender, checked_arrival
from interfaces.cli.failures import CommandFailed, ExitCode
from interfaces.cli.render.output import JsonOption, print_facts, print_json
from interfaces.cli.render.progress import BYTES, Reading, metered
from interfaces.cli.render.refused_rows import Refusals, RefusedRow, default_path
from interfaces.cli.session import opened
from settlement.errors import Refused
from settlement.model.arrival import Arrival

if TYPE_CHECKING:
    from interfaces.cli.commands.events.delivery import Item
    from settlement.focus.table import TableRow
    from settlement.queries.inbox import InboxView
    from worker.runtime import Runtime

SOURCE = "import"
INGRESS = "import"
NEEDED = ("account", "currency")
COLUMNS = (*NEEDED, "name", *FLAGS, *AMOUNTS)
# Events of accounts that another worker holds at this moment are waited for.
TIMEOUT_S = 120.0


@dataclass(slots=True)
class AccountsImported:
    """Counts of rows: rows = opened + duplicate + refused."""

    rows: int = 0
    opened: int = 0
    duplicate: int = 0


def import_accounts(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            readable=True,
            metavar="FILE",
            help=f"CSV, gzipped CSV or Parquet. Columns in any order: {', '.join(COLUMNS)}; the first two are needed.",
        ),
    ],
    refused: Annotated[
        Path | None, typer.Option(dir_okay=False, metavar="FILE", help="Where refused rows are written.")
    ] = None,
    decimal_comma: Annotated[
        bool, typer.Option("--decimal-comma", help="Amounts are written with a comma: 1.234,50.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Opens an account for each row of a file. Importing a file twice changes nothing.

    Exits with 4 when rows were refused; the others are imported.
    """
    with opened() as runtime, Refusals(refused or default_path(file)) as refusals:
        imported = _Import(runtime, file, refusals, decimal_comma=decimal_comma).run()
    if as_json:
        print_json(
            {
                "file": str(file),
                "rows": imported.rows,
                "opened": imported.opened,
                "duplicate": imported.duplicate,
                "refused": refusals.count,
                **refusals.as_json(),
            }
        )
    else:
        print_facts(
            [
                ("rows", f"{imported.rows:,}"),
                ("opened", f"{imported.opened:,}"),
                ("known already", f"{imported.duplicate:,}"),
                ("refused", f"{refusals.count:,}"),
            ]
        )
        refusals.print()
    if refusals.count:
        raise CommandFailed(
            ExitCode.REFUSED,
            f"{refusals.count:,} of {imported.rows:,} rows were refused",
            "put them right in the file and import it again",
        )


class _Import:
    """One import under way."""

    def __init__(self, runtime: Runtime, file: Path, refusals: Refusals, *, decimal_comma: bool) -> None:
        from interfaces.cli.commands.events.delivery import Delivery, Stay

        self._runtime = runtime
        self._file = file
        self._refusals = refusals
        self._cells = Cells.of_accounts(decimal_comma=decimal_comma)
        self._counts = AccountsImported()
        self._delivery = Delivery(
            runtime,
            InboxSender(runtime, INGRESS),
            Stay.HANDLED_HERE,
            timeout_s=TIMEOUT_S,
            on_refused=self._not_opened,
        )

    def run(self) -> AccountsImported:
        """Imports the file chunk by chunk.

        Raises:
            Refused: the file or its header will not do; nothing was imported. Or it breaks off, after the rows before.
        """
        from interfaces.cli.commands.events.delivery import CHUNK_EVENTS

        chunk: dict[Arrival, Item] = {}
        with metered(f"import {self._file.name}", unit=BYTES) as meter:
            size = self._file.stat().st_size
            for row, cells in _rows(self._file):
                self._counts.rows += 1
                item = self._item(row.line, cells)
                if item is None:
                    continue
                if item.arrival in chunk:
                    self._counts.duplicate += 1
                    continue
                chunk[item.arrival] = item
                if len(chunk) >= CHUNK_EVENTS:
                    self._bring(list(chunk.values()))
                    chunk = {}
                    meter.show(Reading(row.bytes_read, size, f"{self._counts.rows:,} rows"))
            if chunk:
                self._bring(list(chunk.values()))
        self._counts.opened = self._delivery.total.done
        return self._counts

    def _bring(self, items: list[Item]) -> None:
        """Rows that opened their account in an earlier import are known; the others go through the inbox."""
        from settlement.queries import inbox

        with self._runtime.store.transaction() as tx:
            known = inbox.outcomes(tx, [item.arrival for item in items])
        done = {at for at, row in known.items() if row.state == "done"}
        self._counts.duplicate += len(done)
        fresh = [item for at, item in enumerate(items) if at not in done]
        if fresh:
            self._delivery.bring(fresh)
            self._delivery.finish()

    def _item(self, line: int, cells: dict[str, str] | str) -> Item | None:
        """The event of a row. One that no event can be made of is refused here and never reaches the inbox."""
        from interfaces.cli.commands.events.delivery import Item

        if isinstance(cells, str):
            self._refuse(line, "", cells)
            return None
        account = cells["account"]
        try:
            account, data = self._cells.read(cells)
            message = {
                "source": SOURCE, "event_id": account, "type": "account_opened", "account": account, "data": data,
            }  # fmt: skip
            arrival = checked_arrival(message, ingress=INGRESS)
        except Refused as refusal:
            self._refuse(line, account, f"{refusal.code}: {refusal.message}")
            return None
        return Item(line, message, arrival)

    def _not_opened(self, item: Item, row: InboxView) -> None:
        reason = f"{row.reason_code}: {row.reason}"
        if row.reason_code == "reused_id":
            reason = (
                f"reused_id: {row.account} was imported with other values; send account_changed to change it"
            )
        self._refuse(item.line, row.account, reason)

    def _refuse(self, line: int, account: str, reason: str) -> None:
        self._refusals.add(RefusedRow(self._file.name, line, account, reason))


def _rows(file: Path) -> Iterator[tuple[TableRow, dict[str, str] | str]]:
    """Rows with their cells by column, or the reason why they are none."""
    from settlement.focus.table import read_table

    rows = read_table(file, "account")
    header = next((row.cells for row in rows), [])
    _check_header(file, header)
    for row in rows:
        if len(row.cells) != len(header):
            yield row, f"{len(row.cells)} fields where the header has {len(header)}"
        else:
            yield row, dict(zip(header, row.cells, strict=True))


def _check_header(file: Path, header: Sequence[str]) -> None:
    if not any(header):
        raise Refused("no_header", f"{file}: there is no header; columns are {', '.join(COLUMNS)}")
    for name in NEEDED:
        if name not in header:
            raise Refused(
                "missing_column", f"{file}: there is no column {name}; the header has {', '.join(header)}"
            )
    for name in header:
        if name not in COLUMNS:
            raise Refused(
                "unknown_column", f"{file}: column {name!r} is not known; columns are {', '.join(COLUMNS)}"
            )
        if header.count(name) > 1:
            raise Refused("ambiguous_column", f"{file}: column {name} appears more than once")
