"""The database makes of a plain bill's payment the very rows that are written of any other. Rule: R9.3."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from settlement.errors import Broken
from settlement.model.changes import Changes
from settlement.model.snapshot import Snapshot
from settlement.plans.payments.unified_settlements import plan_unified
from settlement.storage.apply.changes import apply
from settlement.storage.load.scope import PeopleScope, Scope
from settlement.storage.load.snapshot import load
from settlement.storage.work import unified_settlements
from tests.support.builders import POLICY
from tests.support.plain import spelled_out
from tests.support.world import World

OCT_TEXT = "2026-10"
MEMBERS = ("m", "n", 'of "a\\name"')
WRITTEN = {
    "account": "*",
    "bill": "*",
    "repayment": "*",
    "repayment_line": "*",
    "unified_line": "*",
    "unified_settlement": "*",
    "write_off_hold": "*",
    "ledger_transfer": "account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at",
    "outbox": "account_id, topic, CAST(payload AS text), correlation_id, created_at",
}


@pytest.fixture
def waiting(world: World) -> World:
    """A settlement over three bills, one paid in part before, whose main account has money at last."""
    world.open("main")
    world.open(*MEMBERS, credit_control=True)
    for number, name in enumerate(MEMBERS):
        world.fee(name, f"{number + 1}.5")
    world.tie("main", *MEMBERS)
    world.at("2026-11-02 04:00").tick()
    world.send("top_up", "m", amount="0.40", currency="USD")
    about = {"settlement": "october", "accounts": list(MEMBERS), "cycles": [OCT_TEXT]}
    world.send("unified_settlement_created", "main", **about)
    world.send("unified_settlement_run", "main", settlement="october")
    assert world.refused() == []
    with world.store.transaction() as tx:
        # Somebody else's hold stays where it is.
        tx.execute(
            text(
                "INSERT INTO write_off_hold (account_id, reason, ref, held_at) "
                "SELECT id, 'manual', 'm', now() FROM account WHERE external_id = 'n'"
            )
        )
        tx.execute(text("UPDATE account SET cash_minor = 100000 WHERE external_id = 'main'"))
    return world


def planned(world: World, tx: Connection) -> tuple[Snapshot, Changes]:
    (number,) = unified_settlements.named(tx, [("main", "october")])
    scope = Scope(names=["main", *MEMBERS], people=PeopleScope(settlements=[number]))
    before = load(tx, scope)
    changes = plan_unified(before, settlement_ids=[number], at=world.now, policy=POLICY)
    assert [row.amount_minor for row in changes.plain_payments.rows] == [110, 250, 350]
    assert changes.plain_payments.releases
    assert not changes.bills.paid
    return before, changes


def written(world: World, tx: Connection, changes: Changes) -> dict[str, list[Any]]:
    """Every row that there is afterwards, of which nothing is kept."""
    part = tx.begin_nested()
    apply(tx, changes, at=world.now)
    rows = {
        table: sorted((tuple(row) for row in tx.execute(text(f"SELECT {columns} FROM {table}"))), key=repr)
        for table, columns in WRITTEN.items()
    }
    part.rollback()
    return rows


def test_the_rows_are_those_of_any_other_bill(waiting):
    with waiting.store.transaction() as tx:
        before, changes = planned(waiting, tx)
        rows = written(waiting, tx, changes)
        spelled = written(waiting, tx, spelled_out(changes, before, at=waiting.now))
        assert rows == spelled
        assert len(rows["write_off_hold"]) == 1


@pytest.mark.parametrize(
    "meanwhile",
    [
        "UPDATE unified_line SET state = 'dropped' WHERE line_no = 2",
        "UPDATE bill SET reserved_minor = 1 WHERE payable_minor = 250",
        "UPDATE bill SET paid_minor = 1 WHERE payable_minor = 250",
    ],
)
def test_a_bill_that_stands_otherwise_is_not_paid(waiting, meanwhile):
    with waiting.store.transaction() as tx:
        _, changes = planned(waiting, tx)
        part = tx.begin_nested()
        tx.execute(text(meanwhile))
        with pytest.raises(Broken):
            apply(tx, changes, at=waiting.now)
        part.rollback()


def test_a_bill_is_not_paid_twice(waiting):
    def apply_twice() -> None:
        with waiting.store.transaction() as tx:
            _, changes = planned(waiting, tx)
            apply(tx, changes, at=waiting.now)
            apply(tx, changes, at=waiting.now)

    with pytest.raises(IntegrityError):
        apply_twice()
