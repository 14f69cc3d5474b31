"""The first of many waiting rows are read by their index, whatever statistics say of the queue. Rule: R11.1."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, text

from settlement.storage.sql.planner import in_order_of_an_index, sums_by_sorting
from settlement.storage.store import Store
from tests.support.world import World

FIRST = text("EXPLAIN SELECT account FROM inbox WHERE state = 'waiting' ORDER BY id LIMIT 1000")


def ways(tx: Connection) -> list[str]:
    return [str(tx.scalar(text(f"SHOW enable_{way}"))) for way in ("bitmapscan", "sort")]


@pytest.mark.parametrize("waiting", [0, 200])
def test_the_first_rows_of_a_queue_are_not_sorted_out_of_all(
    world: World, owner: Store, waiting: int
) -> None:
    """Whatever PostgreSQL knows: of an empty queue, or of one in which some wait."""
    world.open("a")
    world.receive(*(world.message("top_up", "a", amount="1.00", currency="USD") for _ in range(waiting)))
    with owner.transaction() as tx:
        tx.execute(text("ANALYZE inbox"))
    world.receive(*(world.message("top_up", "a", amount="1.00", currency="USD") for _ in range(200)))

    with world.store.transaction() as tx:
        with in_order_of_an_index(tx):
            plan = "\n".join(tx.scalars(FIRST))
            assert ways(tx) == ["off", "off"]
        assert ways(tx) == ["on", "on"]

    assert "inbox_waiting " in plan, plan
    assert "Sort" not in plan, plan


# Of rows that need no statistics: of a table that is nearly empty a sum may be made of sorted rows anyway.
SUMS = text("EXPLAIN SELECT row % 100, sum(row) FROM generate_series(1, 10000) AS counted (row) GROUP BY 1")


def test_sums_are_made_of_sorted_rows_until_the_transaction_ends(world: World) -> None:
    with world.store.transaction() as tx:
        before = "\n".join(tx.scalars(SUMS))
        sums_by_sorting(tx)
        sorted_first = "\n".join(tx.scalars(SUMS))
    with world.store.transaction() as tx:
        after = "\n".join(tx.scalars(SUMS))

    assert "HashAggregate" in before
    assert "GroupAggregate" in sorted_first
    assert after == before
