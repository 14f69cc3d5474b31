"""A claim takes no more than it was asked for, however PostgreSQL carries it out. Rule: R5.3, R5.5, R5.6, R7.3.

A subquery that a limit cuts may be carried out once for each row of what it is joined with. Since it skips what it
took before, each time finds other rows, and more than the limit are taken. Which way is chosen follows from
statistics, and these may be old.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection

from settlement.storage.work import authorizations, charges, gateway_events, refunds
from tests.support.collection import with_card
from tests.support.gateways.webhooks_in import Sender, in_doubt, tell
from tests.support.refunds import charged, refund
from tests.support.world import World

NAMES = [f"a{number}" for number in range(6)]
LIMIT = 2
# How joins are carried out: as the planner likes, and as loops only.
WAYS = ((), ("hashjoin",), ("hashjoin", "mergejoin", "material", "memoize"))


@pytest.fixture
def gateway() -> Sender:
    return Sender()


@pytest.fixture
def look(shared_owner_url: str) -> Callable[[], None]:
    """PostgreSQL looks at the tables once, early, and goes on to think of them as small."""
    has_looked = False

    def analyze() -> None:
        nonlocal has_looked
        if not has_looked:
            with psycopg.connect(shared_owner_url, autocommit=True) as owner:
                owner.execute(
                    "ANALYZE charge_attempt, gateway_refund, pre_authorization, gateway_event, account"
                )
        has_looked = True

    return analyze


@contextmanager
def carried_out(world: World, without: tuple[str, ...]) -> Iterator[Connection]:
    """A transaction in which the planner does without these; nothing of it stays."""
    with world.store.engine.connect() as tx:
        for ability in without:
            tx.exec_driver_sql(f"SET LOCAL enable_{ability} = off")
        yield tx
        tx.rollback()


def taken(world: World, claim: Callable[[Connection], Sequence[object]]) -> list[int]:
    """How many are claimed, by way of carrying it out."""
    found = []
    for without in WAYS:
        with carried_out(world, without) as tx:
            found.append(len(claim(tx)))
    return found


def lasting(world: World) -> dict[str, Any]:
    world.now += timedelta(days=1)
    return {"at": world.now, "lease": world.now + timedelta(minutes=5), "limit": LIMIT}


def test_charges_to_be_sent(world, look):
    with_card(world, *NAMES)
    for name in NAMES:
        world.fee(name, "1000")
        look()
    asked = lasting(world)
    assert taken(world, lambda tx: charges.TO_SEND.claim(tx, "sandbox", **asked)) == [LIMIT] * len(WAYS)


def test_charges_to_be_asked_about(world, gateway, look):
    look()
    in_doubt(world, gateway, *NAMES)
    asked = lasting(world)
    assert taken(world, lambda tx: charges.IN_DOUBT.claim(tx, "sandbox", **asked)) == [LIMIT] * len(WAYS)


def test_refunds_to_be_sent_and_asked_about(world, gateway, look):
    charged(world, gateway, *NAMES)
    for name in NAMES:
        refund(world, "1", name)
        look()
    asked = lasting(world)
    assert taken(world, lambda tx: refunds.TO_SEND.claim(tx, "sandbox", **asked)) == [LIMIT] * len(WAYS)
    gateway.loses_refunds = len(NAMES)
    world.give_back(gateway)
    asked = lasting(world)
    assert taken(world, lambda tx: refunds.NOT_OVER.claim(tx, "sandbox", **asked)) == [LIMIT] * len(WAYS)


def test_pre_authorizations(world, look):
    world.open(*NAMES)
    for name in NAMES:
        world.send(
            "payment_method_added", name, method="pp", kind="paypal", gateway="sandbox", method_token="ok",
            threshold="8.00", currency="USD",
        )  # fmt: skip
        world.send("product_activated", name, product="ECS")
        look()
    asked = lasting(world)
    assert taken(world, lambda tx: authorizations.OPEN.claim(tx, "sandbox", **asked)) == [LIMIT] * len(WAYS)


def test_webhooks(world, gateway, look):
    for number in range(len(NAMES)):
        tell(world, gateway, f"e{number}", reference=None, ref="g-1")
        look()
    asked = lasting(world)
    assert taken(world, lambda tx: gateway_events.claim(tx, **asked)) == [LIMIT] * len(WAYS)
