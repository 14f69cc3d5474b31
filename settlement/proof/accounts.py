"""The part of the proof that is about the accounts' own balances. Rule: R11.3."""

from __future__ import annotations

from collections.abc import Sequence

from settlement.model.rows.accounts import AccountValues
from settlement.model.snapshot import Snapshot
from settlement.proof.faults import Faults
from settlement.proof.transfers import Moved


def check_accounts(rows: Sequence[AccountValues], before: Snapshot, moved: Moved, faults: Faults) -> None:
    """Cash moved by its transfers and did not fall below zero; what is a part of it is no more than it."""
    for row in rows:
        position = before.positions.get(row.id)  # type: ignore[call-overload]
        cash = position.account.cash_minor if position else 0
        expected = cash + moved.pop((row.id, "cash", 0), 0)
        if row.cash_minor != expected or row.cash_minor < 0:
            faults.add(row.id, f"cash would be {row.cash_minor}, transfers say {expected}")
        elif not 0 <= row.returnable_minor <= row.transferred_in_minor <= row.cash_minor:
            faults.add(
                row.id,
                f"{row.returnable_minor} could be pulled back of {row.transferred_in_minor} received, "
                f"with {row.cash_minor} in cash",
            )
        elif not 0 <= row.held_minor <= row.cash_minor:
            faults.add(row.id, f"{row.held_minor} would be set aside of {row.cash_minor}")
