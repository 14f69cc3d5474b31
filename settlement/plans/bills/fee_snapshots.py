"""Makes what is booked of an export equal to what the export shows now. Rule: R2.1h."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from settlement.model.changes import Changes
from settlement.model.commands.fees import FeeLine
from settlement.model.exports import BookedRow, EarlierCounts, RowKey, taken_back_key
from settlement.model.money import EXACT
from settlement.model.policies.policy import Policy
from settlement.model.rows.bills import RepeatRow
from settlement.model.snapshot import Snapshot
from settlement.plans.bills.accrual import accrue
from settlement.plans.charges.collection import collect_reached
from settlement.plans.draft.draft import Draft
from settlement.plans.finish.changes import finish
from settlement.plans.write_off.write_off import write_off

_NEVER_BEFORE = EarlierCounts(0, 0)


@dataclass(frozen=True, slots=True)
class ExportedRow:
    """A row of an account that the export shows `seen` times, with the fee it reports (none where it is gone), and what
    it is known by if it was booked under the identity before.
    """

    account_id: int
    fee_key: UUID
    seen: int
    fee: FeeLine | None
    earlier_key: UUID | None = None


@dataclass(slots=True)
class Difference:
    """What is booked and taken back, in fees and in exact sums by currency; `late` of them into a later month.

    `elsewhere`: rows shown that are booked, but not as part of this picture.
    """

    booked: int = 0
    taken_back: int = 0
    late: int = 0
    elsewhere: int = 0
    booked_totals: dict[str, Decimal] = field(default_factory=dict)
    taken_back_totals: dict[str, Decimal] = field(default_factory=dict)

    def add(self, other: Difference) -> None:
        """Adds another part of the same difference."""
        self.booked += other.booked
        self.taken_back += other.taken_back
        self.late += other.late
        self.elsewhere += other.elsewhere
        for mine, others in (
            (self.booked_totals, other.booked_totals), (self.taken_back_totals, other.taken_back_totals),
        ):  # fmt: skip
            for currency, amount in others.items():
                _add(mine, currency, amount)


def plan_snapshot(
    snapshot: Snapshot,
    rows: Sequence[ExportedRow],
    *,
    import_id: int,
    export_id: int,
    at: datetime,
    policy: Policy,
) -> tuple[Changes, Difference]:
    """Plans the rows of a set of accounts: what is new is booked, what is gone is taken back, the rest stays.

    How often a row counts is looked up under the accounts' locks, so whatever was booked meanwhile is seen: two
    imports at once, or one that is repeated, come to the same. A row taken back is a fee of its own with the amount
    turned round and the key of what it takes back; it goes to the month of the fee, or, once that is issued, to the
    open one, late.
    """
    draft = Draft(snapshot, at=at, policy=policy)
    comparison = _Comparison(snapshot, export_id)
    fees: dict[int, list[FeeLine]] = {}
    for row in rows:
        account = draft.accounts.get(row.account_id)  # type: ignore[call-overload]
        if account is not None and not account.parked:
            fees.setdefault(row.account_id, []).extend(comparison.fees(row))
    for account_id, fresh in fees.items():
        account = draft.accounts[account_id]  # type: ignore[index]
        accrue(draft, account, fresh, import_id=import_id)
        if any(fee.amount < 0 for fee in fresh):
            # A credit lowers the frozen amount, which is a release like any other. Each set is a cause of its own.
            cause = f"import:{import_id}:{rows[0].account_id}:{rows[0].fee_key}"
            write_off(draft, account, cause=cause, correlation_id=f"import:{import_id}")
        collect_reached(draft, account)
    draft.changes.bills.repeats = [
        RepeatRow(import_id, account_id, key, met) for (account_id, key), met in comparison.met.items()
    ]
    comparison.difference.late = sum(row.late for row in draft.changes.bills.fees)
    return finish(draft), comparison.difference


class _Comparison:
    """Rows as they are shown against rows as they stand."""

    def __init__(self, snapshot: Snapshot, export_id: int) -> None:
        self.booked = snapshot.exports.booked
        self.earlier = snapshot.exports.earlier
        self.export_id = export_id
        self.met: dict[RowKey, int] = {}
        self.difference = Difference()

    def fees(self, row: ExportedRow) -> list[FeeLine]:
        """What makes the row stand as often, and with the amount, that it is shown."""
        known = self.booked.get((row.account_id, row.fee_key))
        stands = 0 if known is None else known.counted
        if known is not None and stands and row.fee is not None and known.amount != row.fee.amount:
            # Only a row with an id of its own can have another amount: the old one goes, the new one comes.
            return [*self._taken_back(row, known, stands), *self._booked(row.fee, known.booked, row.seen)]
        if known is not None and stands > row.seen:
            # What other pictures show of it is theirs to take back.
            return self._taken_back(row, known, min(stands - row.seen, known.here))
        if known is not None and stands > known.here:
            self.difference.elsewhere += stands - known.here
        if row.fee is None:
            return []
        missing = row.seen - stands - self._booked_earlier(row, row.seen - stands)
        return self._booked(row.fee, 0 if known is None else known.booked, missing)

    def _booked(self, fee: FeeLine, first: int, times: int) -> list[FeeLine]:
        self.difference.booked += times
        for _ in range(times):
            _add(self.difference.booked_totals, fee.currency, fee.amount)
        return [fee._replace(occurrence=first + n, export_id=self.export_id) for n in range(times)]

    def _taken_back(self, row: ExportedRow, known: BookedRow, times: int) -> list[FeeLine]:
        self.difference.taken_back += times
        for _ in range(times):
            _add(self.difference.taken_back_totals, known.currency, known.amount)
        key = taken_back_key(row.fee_key)
        return [
            FeeLine(
                key, "", -known.amount, known.currency, known.product, known.order_id, known.incurred_at,
                known.ended_at, known.taken_back + n, self.export_id, row.fee_key,
            )
            for n in range(times)
        ]  # fmt: skip

    def _booked_earlier(self, row: ExportedRow, missing: int) -> int:
        """How many of them are booked under the identity before. Each of those fees is matched once."""
        if row.earlier_key is None:
            return 0
        key = (row.account_id, row.earlier_key)
        earlier = self.earlier.get(key, _NEVER_BEFORE)
        met = self.met.get(key, earlier.met)
        matched = min(missing, earlier.booked - met)
        if matched > 0:
            self.met[key] = met + matched
            self.difference.elsewhere += matched
        return max(matched, 0)


def _add(totals: dict[str, Decimal], currency: str, amount: Decimal) -> None:
    totals[currency] = EXACT.add(totals.get(currency, Decimal(0)), amount)
