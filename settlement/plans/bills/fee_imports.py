"""Books the rows of an export: new ones accrue, known ones are left, unknown accounts are refused. Rule: R2.1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from settlement.model.changes import Changes
from settlement.model.commands.fees import FeeLine
from settlement.model.money import EXACT
from settlement.model.policies.policy import Policy
from settlement.model.rows.bills import RepeatRow
from settlement.model.snapshot import RowCounts, Snapshot
from settlement.plans.bills.accrual import accrue
from settlement.plans.charges.collection import collect_reached
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.draft import Draft
from settlement.plans.finish.changes import finish
from settlement.plans.write_off.write_off import write_off

_NEVER_SEEN = RowCounts(0, 0, 0, Decimal(0))


class ExportRow(NamedTuple):
    """One row of an export: for which account, at which line, and the fee it reports."""

    account: str
    line: int
    fee: FeeLine


@dataclass(slots=True)
class Booked:
    """What became of the rows. `totals` are exact sums of accepted fees by currency; `refused` is (line, reason)."""

    accepted: int = 0
    duplicate: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)
    totals: dict[str, Decimal] = field(default_factory=dict)


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
    Without, identical rows of one export are different fees, counted: only those beyond the number booked are new.
    """
    draft = Draft(snapshot, at=at, policy=policy)
    batch = _Batch(snapshot, import_id)
    for row in rows:
        account = draft.by_name.get(row.account)
        if (reason := _refusal(row, account)) is not None:
            batch.booked.refused.append((row.line, reason))
        elif account is not None:
            (batch.take_by_id if by_id else batch.take_counted)(account, row)
    for account_id, fees in batch.fresh.items():
        account = draft.accounts[account_id]  # type: ignore[index]
        accrue(draft, account, fees, import_id=import_id)
        if any(fee.amount < 0 for fee in fees):
            # A credit lowers the frozen amount, which is a release like any other. Each batch is a cause of its own.
            cause = f"import:{import_id}:{rows[0].line}"
            write_off(draft, account, cause=cause, correlation_id=f"import:{import_id}")
        collect_reached(draft, account)
    draft.changes.bills.repeats = [
        RepeatRow(import_id, account_id, key, met) for (account_id, key), met in batch.met.items()
    ]
    return finish(draft), batch.booked


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

    def __init__(self, snapshot: Snapshot, import_id: int) -> None:
        self.known = snapshot.known_rows
        self.import_id = import_id
        self.booked = Booked()
        self.fresh: dict[int, list[FeeLine]] = {}
        self.met: dict[tuple[int, UUID], int] = {}
        self.new: dict[tuple[int, UUID], int] = {}
        self.amounts: dict[tuple[int, UUID], Decimal] = {}

    def take_counted(self, account: WorkingAccount, row: ExportRow) -> None:
        key = (account.id, row.fee.fee_key)
        known = self.known.get(key, _NEVER_SEEN)
        met = self.met.get(key, known.met)
        occurrence = known.by_this_import + met + self.new.get(key, 0)
        if occurrence < known.booked:
            self.met[key] = met + 1
            self.booked.duplicate += 1
        else:
            self._book(account, row, key, occurrence)

    def take_by_id(self, account: WorkingAccount, row: ExportRow) -> None:
        key = (account.id, row.fee.fee_key)
        known = self.known.get(key)
        amount = known.amount if known is not None else self.amounts.get(key)
        if amount is None:
            self.amounts[key] = row.fee.amount
            self._book(account, row, key, 0)
        elif amount == row.fee.amount:
            self.booked.duplicate += 1
        else:
            self.booked.refused.append(
                (row.line, f"its id is known with amount {amount}, not {row.fee.amount}")
            )

    def _book(self, account: WorkingAccount, row: ExportRow, key: tuple[int, UUID], occurrence: int) -> None:
        fee = row.fee
        if occurrence:
            fee = FeeLine(
                fee.fee_key, fee.label, fee.amount, fee.currency, fee.product, fee.order_id, fee.incurred_at,
                fee.ended_at, occurrence,
            )  # fmt: skip
        self.new[key] = self.new.get(key, 0) + 1
        self.fresh.setdefault(account.id, []).append(fee)
        self.booked.accepted += 1
        totals = self.booked.totals
        totals[fee.currency] = EXACT.add(totals.get(fee.currency, Decimal(0)), fee.amount)
