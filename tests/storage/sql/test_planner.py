"""The first of many waiting rows are read by their index, whatever statistics say of the queue. Rule: R11.1."""

from __future__ import annotations

from sqlalchemy import text

from settlement.storage.sql.planner import in_order_of_an_index
from tests.support.world import World

FIRST = text("EXPLAIN SELECT account FROM inbox WHERE state = 'waiting' ORDER BY id LIMIT 1000")


def test_the_first_rows_of_a_queue_are_not_sorted_out_of_all(world: World) -> None:
    world.open("a")
    world.receive(*(world.message("top_up", "a", amount="1.00", currency="USD") for _ in range(200)))

    with world.store.transaction() as tx:
        with in_order_of_an_index(tx):
            plan = "\n".join(tx.scalars(FIRST))
            assert tx.scalar(text("SHOW enable_bitmapscan")) == "off"
        assert tx.scalar(text("SHOW enable_bitmapscan")) == "on"

    assert "inbox_waiting " in plan, plan
    assert "Sort" not in plan, plan
