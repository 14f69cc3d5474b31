"""The database makes of a plain account's close the very rows that are written of any other. Rule: R3.1, R4.1."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from settlement.errors import Broken
from settlement.model.changes import Changes
from settlement.model.snapshot import Snapshot
from settlement.plans.bills.issuance import plan_month_close
from settlement.storage.apply.changes import apply
from settlement.storage.load.scope import Scope
from settlement.storage.load.snapshot import load
from tests.support.builders import OCT, OCT_ISSUED, POLICY
from tests.support.plain import spelled_out
from tests.support.world import World

# Paid, paid in part, not paid, nothing to pay, nothing to pay with, and money that came after the instant.
ACCOUNTS = {
    "paid": ("USD", "100.00", "12.3499"),
    "in-part": ("EUR", "10.00", "12.34"),
    "for-nothing": ("USD", "100.00", "0.009"),
    "of-no-places": ("JPY", "5000", "999.9"),
    "poor": ("USD", None, "5"),
    "late": ("USD", "100.00", "7.5"),
    'of "a\\name"': ("KWD", "100.000", "1.23456"),
}
WRITTEN = {
    "account": "*",
    "bill": "*",
    "repayment": "*",
    "repayment_line": "*",
    "ledger_transfer": "account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at",
    "outbox": "account_id, topic, CAST(payload AS text), correlation_id, created_at",
}


@pytest.fixture
def owing(world: World) -> World:
    """The accounts, with fees of October, on the day of issuance."""
    for name, (currency, cash, amount) in ACCOUNTS.items():
        world.send(
            "account_opened", name, currency=currency, **({} if cash is None else {"opening_cash": cash})
        )
        fee = {"id": f"f-{name}", "amount": amount, "currency": currency, "product": "ECS",
               "incurred_at": "2026-10-15T00:00:00Z"}  # fmt: skip
        world.send("fees", name, fees=[fee])
    world.drain()
    assert world.refused() == []
    later = OCT_ISSUED + timedelta(minutes=5)
    with world.store.transaction() as tx:
        tx.execute(text("UPDATE account SET funds_since = :at WHERE external_id = 'late'"), {"at": later})
    return world


def planned(tx: Connection) -> tuple[Snapshot, Changes]:
    before = load(tx, Scope(names=list(ACCOUNTS), from_cycle=OCT))
    changes = plan_month_close(
        before, cycle=OCT, cause="close:2026-10", correlation_id="run:1", at=OCT_ISSUED, policy=POLICY
    )
    assert len(changes.plain.rows) == len(ACCOUNTS)
    assert not changes.bills.issued
    return before, changes


def written(tx: Connection, changes: Changes) -> dict[str, list[Any]]:
    """Every row that there is afterwards, of which nothing is kept."""
    part = tx.begin_nested()
    apply(tx, changes, at=OCT_ISSUED)
    rows = {
        table: [
            tuple(row) for row in tx.execute(text(f"SELECT {columns} FROM {table} ORDER BY 1, 2, 3, 4, 5"))
        ]
        for table, columns in WRITTEN.items()
    }
    # As lists of the ledger show them.
    in_order = "SELECT account_id, debit FROM ledger_transfer ORDER BY account_id, posted_at, id"
    rows["order of entries"] = [tuple(row) for row in tx.execute(text(in_order))]
    part.rollback()
    return rows


def test_the_rows_are_those_of_any_other_account(owing):
    with owing.store.transaction() as tx:
        before, changes = planned(tx)
        rows = written(tx, changes)
        assert rows == written(tx, spelled_out(changes, before, at=OCT_ISSUED))
        assert len({row[0] for row in rows["repayment"]}) == 5


def test_a_bill_that_accrues_no_more_is_not_written(owing):
    with owing.store.transaction() as tx:
        _, changes = planned(tx)
        # One for which nothing is paid, or the key of repayments would refuse it before.
        (close,) = (row for row in changes.plain.rows if not row.payable_minor)
        changes.plain.rows[:] = [close]
        apply(tx, changes, at=OCT_ISSUED)
        with pytest.raises(Broken) as broken:
            apply(tx, changes, at=OCT_ISSUED)
        assert list(broken.value.reasons) == [close.account_id]


def test_a_bill_is_not_paid_twice(owing):
    def apply_twice() -> None:
        with owing.store.transaction() as tx:
            _, changes = planned(tx)
            apply(tx, changes, at=OCT_ISSUED)
            apply(tx, changes, at=OCT_ISSUED)

    with pytest.raises(IntegrityError):
        apply_twice()
