"""Books the rows of an export: new ones accrue, known ones are left, unknown accounts are refused. Rule: R2.1."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from settlement.model.changes import Changes
from settlement.model.commands.fees import FeeLine
from settlement.model.exports import EarlierCounts, RowCounts, RowKey
from settlement.model.money import EXACT
from settlement.model.policies.policy import Policy
from settlement.model.rows.bills import RepeatRow
from settlement.model.snapshot import Snapshot
from settlement.plans.bills.accrual import accrue
from settlement.plans.charges.collection import collect_reached
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.draft import Draft
from settlement.plans.finish.changes import finish
from settlement.plans.write_off.write_off import write_off

_NEVER_SEEN = RowCounts(0, 0, 0, Decimal(0))
_NEVER_BEFORE = EarlierCounts(0, 0)


class ExportRow(NamedTuple):
    """One row of an export: for which account, at which line, and the fee it reports. `earlier_key`: what it is known
    by if it was booked under the identity before; None where no fee was.
    """

    account: str
    line: int
    fee: FeeLine
    earlier_key: UUID | None = None


@dataclass(slots=True)
class Booked:
    """What became of the rows. `totals` are exact sums of accepted fees by currency; `refused` is (line, reason)."""

    accepted: int = 0
    duplicate: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)
    totals: dict[str, Decimal] = field(default_factory=dict)

    def add(self, other: Booked) -> None:
        """Adds what became of other rows."""
        self.accepted += other.accepted
        self.duplicate += other.duplicate
        self.refused += other.refused
        add_totals(self.totals, other.totals)


def add_totals(mine: dict[str, Decimal], others: Mapping[str, Decimal]) -> None:
    """Adds exact sums by currency."""
    for currency, amount in others.items():
        mine[currency] = EXACT.add(mine.get(currency, Decimal(0)), amount)


def plan_import(
    snapshot: Snapshot,
    rows: Sequence[ExportRow],
    *,
    import_id: int,
    by_id: bool,
    at: datetime,
    policy: Policy,
) -> tuple[Changes, Booked]:
    """Plans one batch of rows.

    With `by_id` a row's key is its id: the second row with that id is a repeat, or refused if the amount differs.
    Without, identical rows of one export are different fees, counted: only those beyond the number booked are new,
    and of those only what is not booked under the identity before. Rule: R2.1e, R2.1i.
    """
    draft = Draft(snapshot, at=at, policy=policy)
    batch = _Batch(snapshot, by_id=by_id)
    for name, some in _by_account(rows).items():
        account = draft.accounts.named(name)
        fees = batch.new_fees(account, some)
        if account is None or not fees:
            continue
        accrue(draft, account, fees, import_id=import_id)
        if any(fee.amount < 0 for fee in fees):
            # A credit lowers the frozen amount, which is a release like any other. Each batch is a cause of its own.
            cause = f"import:{import_id}:{rows[0].line}"
            write_off(draft, account, cause=cause, correlation_id=f"import:{import_id}")
        collect_reached(draft, account)
    draft.changes.bills.repeats = [
        RepeatRow(import_id, account_id, key, met) for (account_id, key), met in batch.met.items()
    ]
    for accrual in draft.changes.bills.accruals:
        add_totals(batch.booked.totals, {accrual.currency: accrual.accrued})
    return finish(draft), batch.booked


def _by_account(rows: Sequence[ExportRow]) -> dict[str, list[ExportRow]]:
    found: dict[str, list[ExportRow]] = defaultdict(list)
    for row in rows:
        found[row.account].append(row)
    return found


def _refusal(row: ExportRow, account: WorkingAccount | None) -> str | None:
    if account is None:
        return f"account {row.account!r} is not known"
    if account.parked:
        return f"account {row.account} is parked"
    if account.currency != row.fee.currency:
        return f"currency {row.fee.currency}: account {row.account} is kept in {account.currency}"
    return None


class _Batch:
    """Counts of one batch on top of what the database knows."""

    def __init__(self, snapshot: Snapshot, *, by_id: bool) -> None:
        self.known = snapshot.exports.rows
        self.earlier = snapshot.exports.earlier
        self.take = self.take_by_id if by_id else self.take_counted
        self.booked = Booked()
        self.fresh: list[FeeLine] = []
        self.met: dict[RowKey, int] = {}
        self.new: dict[RowKey, int] = {}
        self.amounts: dict[RowKey, Decimal] = {}

    def new_fees(self, account: WorkingAccount | None, rows: list[ExportRow]) -> list[FeeLine]:
        """The fees of one account, whose rows these all are, that are not booked yet."""
        self.fresh = []
        if account is not None and self._are_all_new(account, rows):
            self.fresh = [row.fee for row in rows]
        else:
            for row in rows:
                if (reason := _refusal(row, account)) is not None:
                    self.booked.refused.append((row.line, reason))
                elif account is not None:
                    self.take(account, row)
        self.booked.accepted += len(self.fresh)
        return self.fresh

    def _are_all_new(self, account: WorkingAccount, rows: list[ExportRow]) -> bool:
        """Is nothing known of any row of the batch, each row here another, and none refused? Then none is counted."""
        return not (
            self.known or self.earlier or account.parked
            or any(row.fee.currency != account.currency for row in rows)
            or len({row.fee.fee_key for row in rows}) < len(rows)
        )  # fmt: skip

    def take_counted(self, account: WorkingAccount, row: ExportRow) -> None:
        key = (account.id, row.fee.fee_key)
        known = self.known.get(key, _NEVER_SEEN)
        met = self.met.get(key, known.met)
        occurrence = known.by_this_import + met + self.new.get(key, 0)
        if occurrence < known.booked:
            self.met[key] = met + 1
            self.booked.duplicate += 1
        elif self._is_booked_earlier(account, row):
            self.booked.duplicate += 1
        else:
            self._book(row, key, occurrence)

    def _is_booked_earlier(self, account: WorkingAccount, row: ExportRow) -> bool:
        """Is one of the fees booked under the identity before left that says the same? It is matched once."""
        if row.earlier_key is None:
            return False
        key = (account.id, row.earlier_key)
        earlier = self.earlier.get(key, _NEVER_BEFORE)
        met = self.met.get(key, earlier.met)
        if met >= earlier.booked:
            return False
        self.met[key] = met + 1
        return True

    def take_by_id(self, account: WorkingAccount, row: ExportRow) -> None:
        key = (account.id, row.fee.fee_key)
        known = self.known.get(key)
        amount = known.amount if known is not None else self.amounts.get(key)
        if amount is None:
            self.amounts[key] = row.fee.amount
            self._book(row, key, 0)
        elif amount == row.fee.amount:
            self.booked.duplicate += 1
        else:
            self.booked.refused.append(
                (row.line, f"its id is known with amount {amount}, not {row.fee.amount}")
            )

    def _book(self, row: ExportRow, key: RowKey, occurrence: int) -> None:
        self.new[key] = self.new.get(key, 0) + 1
        self.fresh.append(row.fee._replace(occurrence=occurrence) if occurrence else row.fee)
