"""Imports a billing export: reads it as a stream, books it batch by batch, keeps count of every row. Rule: R2.1."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial
from itertools import chain, groupby
from operator import attrgetter
from pathlib import Path

from settlement import focus
from settlement.errors import Busy, Refused
from settlement.focus.ahead import read_ahead
from settlement.focus.columns import FOCUS_COLUMNS, ColumnNames
from settlement.focus.lines import Batch, RefusedLine
from settlement.model.changes import Changes
from settlement.model.commands.fees import FeeLine
from settlement.model.cycle import cycle_of
from settlement.model.exports import earlier_key, uuid_of
from settlement.model.policies.policy import Policy
from settlement.model.snapshot import Snapshot
from settlement.operations.bisection import PATIENCE_MS, SHORT_PATIENCE_MS, halved, is_locked
from settlement.operations.inbox.drain import DrainLimits, drain_all
from settlement.operations.inbox.receive import receive_events
from settlement.operations.settle import settle
from settlement.plans.bills.fee_imports import Booked, ExportRow, add_totals, plan_import
from settlement.storage.load.scope import EarlierRow, ExportScope, Scope
from settlement.storage.sql.locks import wait_at_most
from settlement.storage.store import Store
from settlement.storage.work.fees import fee_imports

_ACCOUNT = attrgetter("account")


@dataclass(slots=True)
class ImportReport:
    """What an import did. rows = accepted + duplicate + refused; `totals` are exact, in major units, by currency."""

    file_name: str
    rows: int = 0
    accepted: int = 0
    duplicate: int = 0
    refused: int = 0
    accounts_created: int = 0
    totals: dict[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far the import is: rows so far, and bytes read of the file's bytes."""

    rows: int
    bytes_read: int
    total_bytes: int


def import_fees(
    store: Store,
    path: Path,
    *,
    at: datetime,
    policy: Policy,
    columns: ColumnNames = FOCUS_COLUMNS,
    create_accounts: bool = False,
    batch_rows: int = 60_000,
    part_rows: int = 20_000,
    on_refused: Callable[[RefusedLine], None] = lambda _: None,
    on_progress: Callable[[ImportProgress], None] = lambda _: None,
) -> ImportReport:
    """Books every row of a FOCUS export that is not booked yet.

    A batch is booked account by account, `part_rows` rows in a transaction: whatever is loaded and written for an
    account serves all that the batch has of it. An import that breaks off is simply run again. `at` is the instant of
    booking (UTC). `on_refused` hears of each row that is not booked, with its line and reason.

    Raises:
        Refused: the file cannot be read, or lacks a column; nothing is booked if that shows at its beginning.
        Unavailable: PostgreSQL is down; the batches before are booked.
    """
    batches = focus.read(
        path, account_column=columns.account, cost_column=columns.cost, id_column=columns.id,
        product_column=columns.product, order_column=columns.order, decimal_comma=columns.decimal_comma,
        batch_rows=batch_rows,
    )  # fmt: skip
    importer: _Importer | None = None
    for batch in read_ahead(batches):
        if importer is None:
            importer = _Importer(store, path, at, policy, columns, part_rows, on_refused=on_refused)
        importer.book(batch, create_accounts=create_accounts)
        on_progress(ImportProgress(importer.report.rows, batch.bytes_read, batch.total_bytes))
    if importer is None:
        raise Refused("empty_file", f"{path}: no rows")
    return importer.finish()


class _Importer:
    """One import in progress."""

    def __init__(
        self,
        store: Store,
        path: Path,
        at: datetime,
        policy: Policy,
        columns: ColumnNames,
        part_rows: int,
        *,
        on_refused: Callable[[RefusedLine], None],
    ) -> None:
        self.store = store
        self.at = at
        self.policy = policy
        self.by_id = columns.id is not None
        self.provider = columns.provider
        self.part_rows = part_rows
        self.on_refused = on_refused
        self.report = ImportReport(path.name)
        self.pictures: dict[fee_imports.Picture, int] = {}
        with store.transaction() as tx:
            self.import_id = fee_imports.begin(tx, path.name, at)
            # An id is an id whichever release read it.
            self.any_earlier = not self.by_id and fee_imports.any_earlier(tx)

    def book(self, batch: Batch, *, create_accounts: bool) -> None:
        if new := {self._picture(row) for row in batch.accepted} - self.pictures.keys():
            with self.store.transaction() as tx:
                self.pictures |= fee_imports.picture_ids(tx, new)
        # In the order of the file within an account, which says which of two rows is the repeat.
        rows = sorted(batch.accepted, key=_ACCOUNT)
        if create_accounts and rows:
            self._create_accounts(rows)
        booked = Booked()
        for first in range(0, len(rows), self.part_rows):
            part = self._rows(rows[first : first + self.part_rows])
            booked.add(_Part(self.settle, part).book())
        refused = [*batch.refused, *(RefusedLine(line, reason, "") for line, reason in booked.refused)]
        for line in sorted(refused):
            self.on_refused(line)
        self.report.rows += batch.rows
        self.report.accepted += booked.accepted
        self.report.duplicate += booked.duplicate
        self.report.refused += len(refused)
        add_totals(self.report.totals, booked.totals)

    def _picture(self, row: focus.FeeLine) -> fee_imports.Picture:
        return row.provider if self.provider is None else self.provider, row.period

    def _rows(self, rows: Sequence[focus.FeeLine]) -> list[ExportRow]:
        pictures, provider, any_earlier = self.pictures, self.provider, self.any_earlier
        # Made past the named tuples' own constructors, as the reader makes its rows.
        of_export, of_fee = partial(tuple.__new__, ExportRow), partial(tuple.__new__, FeeLine)
        return [
            of_export(
                (
                    account,
                    line,
                    of_fee(
                        (
                            uuid_of(key), "", amount, currency, product, order_id, incurred_at, ended_at, 0,
                            pictures[at_provider if provider is None else provider, period], None,
                        )
                    ),
                    earlier_key(amount, product, order_id, incurred_at) if any_earlier else None,
                )
            )
            for (
                line, account, amount, currency, product, order_id, incurred_at, ended_at, key, at_provider, period,
            ) in rows
        ]  # fmt: skip

    def settle(self, rows: list[ExportRow], patience_ms: int) -> Booked:
        """Books the rows in one transaction."""
        booked = Booked()

        def plan(snapshot: Snapshot) -> Changes:
            nonlocal booked
            changes, booked = plan_import(
                snapshot, rows, import_id=self.import_id, by_id=self.by_id, at=self.at, policy=self.policy
            )
            return changes

        scope = Scope(
            names=sorted({row.account for row in rows}),
            from_cycle=min(cycle_of(instant, self.policy.zone) for instant in {row.fee.incurred_at for row in rows}),
            export=ExportScope(
                self.import_id,
                list({(row.account, row.fee.fee_key) for row in rows}),
                list(
                    {
                        EarlierRow(
                            row.account, row.earlier_key, row.fee.incurred_at, row.fee.amount, row.fee.product,
                            row.fee.order_id,
                        )
                        for row in rows
                        if row.earlier_key is not None
                    }
                ),
            ),
        )  # fmt: skip
        with self.store.transaction() as tx:
            wait_at_most(tx, patience_ms)
            settle(tx, scope, plan, at=self.at)
        return booked

    def _create_accounts(self, rows: list[focus.FeeLine]) -> None:
        """Opens the accounts that the batch names and nobody knows."""
        currencies: dict[str, str] = {}
        for row in rows:
            currencies.setdefault(row.account, row.currency)
        with self.store.transaction() as tx:
            unknown = currencies.keys() - fee_imports.known_names(tx, currencies)
        if not unknown:
            return
        some = {name: currencies[name] for name in unknown}
        self.report.accounts_created += open_accounts(self.store, some, at=self.at, policy=self.policy)

    def finish(self) -> ImportReport:
        report = self.report
        facts = {
            "rows": report.rows, "accepted": report.accepted, "duplicate": report.duplicate, "refused": report.refused,
            "totals": {currency: f"{total:f}" for currency, total in report.totals.items()},
        }  # fmt: skip
        with self.store.transaction() as tx:
            fee_imports.finish(tx, self.import_id, self.at, facts)
        return report


class _Part:
    """Rows in the order of their accounts: all at once; where that fails, by ever fewer accounts, then rows, down to
    those at fault.

    Methods, since functions that name themselves are a circle that keeps the rows until the collector of garbage comes.
    Rule: R11.8.
    """

    def __init__(self, settle: Callable[[list[ExportRow], int], Booked], rows: Sequence[ExportRow]) -> None:
        self._settle = settle
        self._accounts = [list(some) for _, some in groupby(rows, _ACCOUNT)]
        self._booked = Booked()

    def book(self) -> Booked:
        """What was booked, and what was refused with the reason."""
        halved(self._accounts, self._book, self._at_fault)
        return self._booked

    def _book(self, part: Sequence[list[ExportRow]]) -> None:
        patience_ms = PATIENCE_MS if len(part) == len(self._accounts) else SHORT_PATIENCE_MS
        self._booked.add(self._settle(list(chain.from_iterable(part)), patience_ms))

    def _at_fault(self, some: list[ExportRow], error: Exception) -> None:
        if is_locked(error):
            reason = f"account {some[0].account} is locked by somebody else: import the file again"
            self._booked.refused += [(row.line, reason) for row in some]
        elif len(some) == 1:
            self._booked.refused.append((some[0].line, f"cannot be booked: {_in_a_line(error)}"))
        else:
            halved([[row] for row in some], self._book, self._at_fault)


def _in_a_line(error: Exception) -> str:
    """What went wrong, without the statement in which it did."""
    return str(getattr(error, "orig", None) or error).partition("\n")[0][:300]


def open_accounts(store: Store, currencies: Mapping[str, str], *, at: datetime, policy: Policy) -> int:
    """Opens accounts by name, each in its currency, through the inbox like any other event. Returns how many."""
    events = [
        {"source": "fee-import", "event_id": name, "type": "account_opened", "account": name,
         "data": {"currency": currencies[name]}}
        for name in sorted(currencies)
    ]  # fmt: skip
    opened = receive_events(store, events, ingress="import").accepted
    with suppress(Busy):  # of accounts that have events too; what is not open then is not known
        drain_all(store, clock=lambda: at, policy=policy, limits=DrainLimits())
    return opened
