"""However many accounts somebody else has locked, the others have their turn soon. Rule: R11.8c."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import pytest
from sqlalchemy import text

from settlement.errors import Busy
from settlement.model.gateway.charges import Unknown
from settlement.operations.gateway.charges import inquire_about_charges, send_charges
from settlement.operations.gateway.engine import CallLimits
from settlement.operations.schedule.collection import collect_due
from settlement.operations.schedule.daily_check import check_days
from settlement.operations.schedule.payments import expire_payments
from settlement.operations.schedule.unified_settlements import settle_unified
from settlement.storage.store import Store
from tests.support.collection import add_card
from tests.support.fake_gateway import FakeGateway
from tests.support.world import World

# Every second one is locked: halves meet a lock until all are alone.
NAMES = [f"a{number:02}" for number in range(32)]
LOCKED = NAMES[::2]
# Each part of a set once waited a quarter of a second: 63 of them.
MOST_S = 6.0


@pytest.fixture(autouse=True)
def audited(world: World) -> Iterator[None]:
    yield
    assert world.faults() == 0


@pytest.fixture
def worker(shared_url: str, world: World) -> Iterator[World]:
    """The same deployment, by a worker that waits a quarter of a second for a lock."""
    store = Store(shared_url, lock_timeout_s=0.25)
    yield World(store)
    store.close()


@contextmanager
def locked(world: World) -> Iterator[None]:
    with world.store.transaction() as tx:
        lock = "SELECT 1 FROM account WHERE external_id = ANY(:names) ORDER BY id FOR UPDATE"
        tx.execute(text(lock), {"names": LOCKED})
        yield


def issued(world: World) -> None:
    """Every account owes 50.00 for October."""
    term = {"from_cycle": "2026-01", "period_days": 10}
    world.open(*NAMES, credit_control=True, auto_write_off=False)
    world.tick()
    world.receive(*(world.message("payment_term_agreed", name, **term) for name in NAMES))
    with_fees(world)
    world.at("2026-11-02 04:00").tick()


def with_fees(world: World, amount: str = "50") -> None:
    fee = {"amount": amount, "currency": "USD", "product": "ECS", "incurred_at": "2026-10-15T00:00:00Z"}
    world.receive(*(world.message("fees", name, fees=[fee | {"id": f"f-{name}"}]) for name in NAMES))
    assert world.drain().refused == 0


def with_charges(world: World, amount: str = "1500") -> None:
    world.open(*NAMES)
    for name in NAMES:
        add_card(world, name)
    with_fees(world, amount)


def with_a_look_due(world: World) -> None:
    with_charges(world, "50")
    with world.store.transaction() as tx:
        tx.execute(text("UPDATE collecting SET due_at = :at"), {"at": world.now})


def with_payments(world: World) -> None:
    issued(world)
    asked = {"payment": "p", "cycle": "2026-10", "currency": "USD", "channel": "visa"}
    for name in NAMES:
        add_card(world, name)
    world.receive(*(world.message("bill_payment_requested", name, **asked) for name in NAMES))
    assert world.drain().refused == 0
    world.at("2026-11-02 05:00")


def past_due(world: World) -> None:
    issued(world)
    world.at("2026-11-12 16:00")


def with_top_ups(world: World) -> None:
    world.open(*NAMES)
    top_up = {"amount": "1.00", "currency": "USD"}
    world.receive(*(world.message("top_up", name, **top_up) for name in NAMES))


def with_month(world: World) -> None:
    world.open(*NAMES, opening_cash="50.00")
    with_fees(world)
    world.at("2026-11-02 04:00")


def with_settlements(world: World) -> None:
    issued(world)
    mains = [f"main-{name}" for name in NAMES]
    world.open(*mains)
    for main, name in zip(mains, NAMES, strict=True):
        world.tie(main, name)
        listed = {"settlement": "u", "accounts": [name], "cycles": ["2026-10"]}
        created = world.message("unified_settlement_created", main, **listed)
        run = world.message("unified_settlement_run", main, settlement="u")
        world.receive(created, run)
    money = {"amount": "50.00", "currency": "USD"}
    assert world.drain().refused == 0
    world.receive(*(world.message("top_up", main, **money) for main in mains))
    world.drain()


class Work(NamedTuple):
    """Something that a tick, a drain or a worker does: what is prepared for it, and whose turn it has been."""

    prepare: Callable[[World], None]
    act: Callable[[World], object]
    done: str


CALLS = CallLimits(batch=len(NAMES), default_per_s=1_000_000)


def with_charges_in_doubt(world: World) -> None:
    with_charges(world)
    gateway = FakeGateway()
    gateway.answers = [Unknown("no response")] * len(NAMES)
    gateways = {"sandbox": gateway}
    send_charges(world.store, gateways, clock=lambda: world.now, policy=world.policy, limits=CALLS)
    world.at("2026-10-05 01:00")


def inquire(worker: World) -> object:
    gateways = {"sandbox": FakeGateway()}
    return inquire_about_charges(
        worker.store, gateways, clock=lambda: worker.now, policy=worker.policy, limits=CALLS
    )


WORK = {
    "collection": Work(
        with_a_look_due, lambda it: collect_due(it.store, at=it.now, policy=it.policy),
        "SELECT external_id FROM collecting c JOIN account a ON a.id = account_id WHERE c.due_at IS NULL",
    ),
    "outcomes": Work(
        with_charges_in_doubt, inquire,
        "SELECT external_id FROM charge_attempt c JOIN account a ON a.id = account_id WHERE c.state = 'succeeded'",
    ),
    "payments": Work(
        with_payments, lambda it: expire_payments(it.store, at=it.now, policy=it.policy),
        "SELECT a.external_id FROM bill_payment p JOIN account a ON a.id = account_id WHERE p.state <> 'running'",
    ),
    "daily check": Work(
        past_due, lambda it: check_days(it.store, at=it.now, policy=it.policy),
        "SELECT external_id FROM bill b JOIN account a ON a.id = account_id WHERE overdue_at IS NOT NULL",
    ),
    "events": Work(
        with_top_ups, lambda it: it.drain(),
        "SELECT external_id FROM account WHERE cash_minor > 0",
    ),
    "month close": Work(
        with_month, lambda it: it.close("2026-10"),
        "SELECT external_id FROM bill b JOIN account a ON a.id = account_id WHERE b.state = 'settled'",
    ),
    "unified settlements": Work(
        with_settlements, lambda it: settle_unified(it.store, at=it.now, policy=it.policy),
        "SELECT external_id FROM bill b JOIN account a ON a.id = account_id WHERE b.state = 'settled'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WORK)
def test_many_locked_accounts_delay_the_others_no_longer_than_one_does(world, worker, name):
    work = WORK[name]
    work.prepare(world)
    worker.now = world.now
    with locked(world):
        begun = time.monotonic()
        with pytest.raises(Busy):
            work.act(worker)
        assert time.monotonic() - begun < MOST_S
        assert {row[0] for row in world.rows(work.done)} == set(NAMES) - set(LOCKED)
    work.act(worker)
    assert {row[0] for row in world.rows(work.done)} >= set(NAMES) - set(LOCKED)
