"""A process that dies before any statement, before a commit or right after it: the end is the same. Rule: R11.1."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.support.builders import OCT
from tests.support.servers import PostgresForTests
from tests.support.world import Killed, World, statements


@pytest.fixture
def twin(postgres: PostgresForTests) -> Iterator[World]:
    """A second deployment, in which nothing ever dies."""
    with postgres.database() as name:
        it = World(postgres.worker_url(name))
        yield it
        it.store.close()


def prepare(world: World) -> None:
    """Five accounts that owe for October and September, with cards, refunds, a hold, and a month of credits."""
    world.at("2026-09-25 00:00")
    names = [f"a{n}" for n in range(5)]
    world.open(*names, credit_limit="5")
    for number, name in enumerate(names):
        world.fee(name, f"{number + 1}0.009", incurred_at="2026-09-20T00:00:00Z")
        world.fee(name, "20.5", product="OSS")
    world.fee("a4", "-200")
    world.send("account_changed", "a3", hold={"reason": "manual"})
    world.tie("a0", "a3")


def more_events(world: World) -> None:
    """Events of every type, for the same accounts, waiting; some of them refused."""
    card = {"valid_from": "2026-01-01T00:00:00Z", "valid_until": "2028-01-01T00:00:00Z", "currency": "USD"}
    refund = {"amount": "7.00", "currency": "USD", "cycle": "2026-10"}
    fee = {
        "id": "x",
        "amount": "3.3",
        "currency": "USD",
        "product": "ECS",
        "incurred_at": "2026-11-01T00:00:00Z",
    }
    world.receive(
        world.message("top_up", "a0", amount="100.00", currency="USD"),
        world.message("top_up", "a1", amount="5.00", currency="EUR"),
        world.message("card_activated", "a1", card="c", amount="15.00", **card),
        world.message("refund", "a2", **refund),
        world.message("refund", "a2", **(refund | {"to": "cash"})),
        world.message(
            "account_changed", "a3", release={"reason": "manual"}, credit_limit="9", currency="USD"
        ),
        world.message("account_changed", "a0", hold={"reason": "unified"}),
        world.message("transfer", "a3", amount="30.00", currency="USD", from_account="a0"),
        world.message("account_opened", "new", currency="JPY", opening_cash="5000"),
        world.message("fees", "a4", fees=[fee]),
        world.message("pay_all", "a4"),
    )


def survive(world: World, work: Callable[[], object], *, unchanged_by_death: bool) -> int:
    """Lets the work die before its first statement, then before its second, and so on until it gets through."""
    deaths = 0
    while True:
        before = world.image()
        try:
            with statements(world.store, die_at=deaths) as sent:
                work()
        except Killed:
            committed = "COMMIT" in sent
            assert committed or not unchanged_by_death or world.image() == before, (
                f"half of it stayed: {sent[-1]}"
            )
            deaths += 1
        else:
            return deaths


def test_events_are_booked_once_however_often_the_process_dies(world, twin):
    for it in (world, twin):
        prepare(it)
        it.at("2026-11-03 00:00").tick()
        more_events(it)
    deaths = survive(world, world.drain, unchanged_by_death=True)
    with statements(twin.store) as sent:
        twin.drain()
    assert deaths > 20
    # Every statement of an undisturbed drain was a place to die at. After its last commit nothing was left to do.
    assert deaths >= sent.index("COMMIT") + 1
    assert world.image() == twin.image()
    assert world.refused() == ["wrong_currency", "unknown_type"]
    assert world.faults() == 0


def test_receiving_is_all_or_nothing_and_sending_again_is_harmless(world, twin):
    for it in (world, twin):
        it.open("a")
    messages = [world.message("top_up", "a", amount="1.00", currency="USD") for _ in range(3)] + [b"not json"]
    survive(world, lambda: world.receive(*messages), unchanged_by_death=True)
    twin.receive(*messages)
    for it in (world, twin):
        it.drain()
        assert it.cash("a") == 300
    assert world.image()["inbox"] == twin.image()["inbox"]


@pytest.mark.parametrize("range_size", [2, 1000])
def test_months_are_closed_once_however_often_the_process_dies(world, twin, range_size):
    for it in (world, twin):
        prepare(it)
        more_events(it)
        it.at("2026-10-20 00:00").drain()
        it.at("2026-11-02 04:00")
    deaths = survive(world, lambda: world.tick(range_size=range_size), unchanged_by_death=False)
    twin.tick(range_size=range_size)
    assert deaths > 30
    assert world.image() == twin.image()
    assert world.rows("SELECT cycle, state FROM run ORDER BY cycle") == [(202609, "done"), (OCT, "done")]
    assert world.one("SELECT count(*) FROM schedule_slot WHERE state = 'owed'") == 0
    assert world.one("SELECT count(*) FROM run_range WHERE state <> 'done' OR attempts > 0") == 0
    assert world.faults() == 0
