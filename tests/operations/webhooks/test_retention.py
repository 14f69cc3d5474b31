"""What was delivered long ago is forgotten, and nothing else. Rule: R13.3i."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import text
from starlette.responses import Response

from settlement.operations.webhooks import endpoints
from settlement.operations.webhooks.deliveries import DeliveryReport
from settlement.operations.webhooks.retention import forget_delivered
from settlement.storage.work.programs import webhooks
from tests.operations.webhooks.test_deliveries import add, announce, relayed, work
from tests.support.running.endpoint import Receiver, receiving
from tests.support.world import World, statements

DAYS = 30


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that takes everything."""
    with receiving() as it:
        yield it


def age(world: World, days: int) -> None:
    """Everything that was delivered or tried was so many days earlier."""
    with world.store.transaction() as tx:
        tx.exec_driver_sql(
            f"UPDATE webhook_delivery SET delivered_at = delivered_at - make_interval(days => {days}), "
            f"tried_at = tried_at - make_interval(days => {days})"
        )


def known(world: World) -> list[tuple[str, int]]:
    """The deliveries that are known: endpoint and how many."""
    rows = world.rows("SELECT endpoint_id, count(*) FROM webhook_delivery GROUP BY 1 ORDER BY 1")
    return [(row[0], row[1]) for row in rows]


def test_what_was_delivered_long_ago_is_forgotten_and_nothing_else(world: World, receiver: Receiver) -> None:
    with receiving() as other:
        add(world, "crm", receiver.url)
        add(world, "paused", receiver.url)
        other.respond = lambda _: Response(status_code=500)
        add(world, "refusing", other.url)
        announce(world, "a", "b")
        relayed(world)
        work(world)
        age(world, DAYS + 1)
        announce(world, "c")
        relayed(world)
        work(world)
    endpoints.pause_endpoint(world.store, "paused")
    assert known(world) == [("crm", 3), ("paused", 3), ("refusing", 3)]
    assert forget_delivered(world.store, days=DAYS) == 2
    assert known(world) == [("crm", 1), ("paused", 3), ("refusing", 3)]
    endpoints.resume_endpoint(world.store, "paused")
    assert forget_delivered(world.store, days=DAYS) == 2
    assert known(world) == [("crm", 1), ("paused", 1), ("refusing", 3)]


def test_a_range_that_was_forgotten_is_delivered_again(world: World, receiver: Receiver) -> None:
    add(world, "crm", receiver.url)
    announce(world, "a", "b", "a")
    relayed(world)
    work(world)
    # Lanes of several accounts go side by side: what came first need not have been announced first.
    ids = sorted((one.json["id"] for one in receiver.messages), key=lambda name: int(name.rpartition("-")[2]))
    age(world, DAYS + 1)
    assert forget_delivered(world.store, days=DAYS) == 3
    assert endpoints.replay(world.store, "crm", first=ids[0], last=ids[2]) == 3
    assert work(world) == DeliveryReport(3, 0)
    assert sorted(one.json["id"] for one in receiver.messages) == sorted([*ids, *ids])
    assert forget_delivered(world.store, days=DAYS) == 0


def test_it_is_done_in_batches_and_stops_when_it_has_to(world: World, receiver: Receiver) -> None:
    add(world, "crm", receiver.url)
    announce(world, *"abcde")
    relayed(world)
    work(world)
    age(world, DAYS + 1)
    assert forget_delivered(world.store, days=DAYS, may_continue=lambda: False) == 0
    with statements(world.store) as made:
        assert forget_delivered(world.store, days=DAYS, batch=2) == 5
    assert sum("DELETE" in statement for statement in made) == 3


def test_neither_what_paused_endpoints_keep_nor_what_is_not_old_is_walked_over(
    world: World, receiver: Receiver, shared_owner_url: str
) -> None:
    add(world, "crm", receiver.url)
    add(world, "paused", receiver.url)
    announce(world, "a")
    relayed(world)
    work(world)
    age(world, DAYS + 1)
    endpoints.pause_endpoint(world.store, "paused")
    with world.store.transaction() as tx:
        tx.exec_driver_sql(
            """INSERT INTO webhook_delivery (endpoint_id, outbox_id, account_id, delivered_at)
               SELECT endpoint_id, outbox_id + n, account_id,
                      CASE endpoint_id WHEN 'paused' THEN delivered_at - interval '1 day' ELSE clock_timestamp() END
               FROM webhook_delivery, generate_series(1, 20000) AS n"""
        )
    with psycopg.connect(shared_owner_url, autocommit=True) as owner:
        owner.execute("ANALYZE webhook_delivery")
    with world.store.transaction() as tx:
        statement = text(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT json) {webhooks._FORGET.text}")
        plan = tx.execute(statement, {"days": DAYS, "most": 5_000}).scalar_one()[0]["Plan"]
    assert known(world) == [("crm", 20_000), ("paused", 20_001)]
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 100, plan
