"""What one piece of work waits for, or dies of, keeps no other from its turn. Rule: R8.2c, R9.3d, R11.1."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from config.settings import Settings
from settlement.errors import Busy, Unavailable
from settlement.operations.schedule import collection as collecting
from settlement.operations.schedule import daily_check as daily
from settlement.operations.schedule import payments as expiring
from settlement.operations.schedule.payments import expire_payments
from settlement.operations.schedule.unified_settlements import settle_unified
from settlement.plans.payments.payments import plan_expired_payments
from settlement.storage.store import Store
from settlement.storage.work import unified_settlements as unified_work
from tasks import upkeep
from tests.support.builders import utc
from tests.support.collection import add_card, with_card
from tests.support.world import World

OCT = 202610


@pytest.fixture(autouse=True)
def audited(world: World) -> Iterator[None]:
    """Whatever fails, the books add up."""
    yield
    assert world.faults() == 0


@pytest.fixture
def hasty(shared_url: str, world: World) -> Iterator[World]:
    """The same deployment, by a worker that does not wait long for a lock."""
    store = Store(shared_url, lock_timeout_s=0.1)
    worker = World(store)
    worker.now, worker.numbers = world.now, world.numbers
    yield worker
    store.close()


@contextmanager
def locked(world: World, account: str) -> Iterator[None]:
    """Somebody else, a month close, say, works on it."""
    with world.store.transaction() as tx:
        tx.execute(text("SELECT 1 FROM account WHERE external_id = :name FOR UPDATE"), {"name": account})
        yield


def owing(world: World, *names: str) -> None:
    world.open(*names, credit_control=True, auto_write_off=False)
    for name in names:
        world.fee(name, "50")
    world.at("2026-11-02 04:00").tick()


def order(world: World, act: str, main: str, **data: object) -> dict[str, object]:
    return world.message(f"unified_settlement_{act}", main, settlement="u", **data)


@pytest.fixture
def listed(world: World, hasty: World) -> World:
    """Two main accounts, each with a member that owes 50 and is to be on a list."""
    owing(world, "m1", "m2")
    world.open("main1", "main2", "other")
    world.tie("main1", "m1")
    world.tie("main2", "m2")
    hasty.now = world.now
    return world


def lists(world: World) -> list[dict[str, object]]:
    return [order(world, "created", f"main{n}", accounts=[f"m{n}"], cycles=["2026-10"]) for n in (1, 2)]


def test_a_settlement_whose_accounts_are_not_free_does_not_stop_the_next(listed, hasty):
    listed.receive(*lists(listed), order(listed, "run", "main1"), order(listed, "run", "main2"))
    assert listed.drain().refused == 0
    for main in ("main1", "main2"):
        listed.top_up(main, "50.00")
    with locked(listed, "m1"), pytest.raises(Busy):
        settle_unified(hasty.store, at=listed.now, policy=listed.policy)
    assert [listed.bills(name)[OCT][0] for name in ("m1", "m2")] == ["unsettled", "settled"]
    assert settle_unified(hasty.store, at=listed.now, policy=listed.policy) == 1
    assert listed.bills("m1")[OCT][0] == "settled"


def test_events_go_on_while_a_list_waits_for_its_accounts(listed, hasty):
    listed.receive(
        listed.message("top_up", "main1", amount="1.00", currency="USD"),
        *lists(listed),
        listed.message("top_up", "other", amount="2.00", currency="USD"),
        listed.message("top_up", "main1", amount="4.00", currency="USD"),
    )
    with locked(listed, "m1"), pytest.raises(Busy):
        hasty.drain()
    assert [listed.cash(name) for name in ("main1", "main2", "other")] == [100, 0, 200]
    assert listed.rows("SELECT main.external_id FROM unified_settlement JOIN account main ON main.id = main_id") == [
        ("main2",)
    ]  # fmt: skip
    hasty.drain()
    assert (listed.cash("main1"), listed.refused()) == (500, [])
    assert listed.one("SELECT count(*) FROM unified_settlement") == 2


def test_a_busy_account_without_any_list_is_waited_for_as_before(world, hasty):
    world.open("a")
    world.receive(world.message("top_up", "a", amount="1.00", currency="USD"))
    with locked(world, "a"), pytest.raises(Busy):
        hasty.drain()
    assert world.drain().events == 1


def begun(world: World, *names: str) -> None:
    """Payments by card that nobody sends; their leases are over."""
    owing(world, *names)
    for name in names:
        add_card(world, name)
        asked = {"payment": "p", "cycle": "2026-10", "currency": "USD", "channel": "visa"}
        assert world.send("bill_payment_requested", name, **asked).refused == 0
    world.at("2026-11-02 05:00")


@pytest.mark.parametrize("batch", [1, 500])
def test_a_payment_that_cannot_be_ended_does_not_keep_others_from_their_end(world, monkeypatch, batch):
    begun(world, "a", "b", "c")
    bad = world.one("SELECT id FROM account WHERE external_id = 'b'")
    sound = plan_expired_payments

    def plan(snapshot, **more):
        if bad in snapshot.positions:
            raise RuntimeError("unforeseen")
        return sound(snapshot, **more)

    monkeypatch.setattr(expiring, "plan_expired_payments", plan)
    with pytest.raises(RuntimeError, match="unforeseen"):
        expire_payments(world.store, at=world.now, policy=world.policy, batch=batch)
    running = """SELECT a.external_id FROM account a JOIN bill_payment p ON p.account_id = a.id
                 WHERE p.state = 'running'"""
    assert world.rows(running) == [("b",)]


@pytest.mark.parametrize("failing", ["follow_settings", "expire_payments", "settle_unified", "check_days"])
def test_no_part_of_a_tick_keeps_another_from_its_turn(monkeypatch, failing):
    done = []

    def part(name):
        def act(*_, **__):
            done.append(name)
            if name == failing:
                raise Busy("a lock was not free")

        return act

    names = ["follow_settings", "expire_payments", "settle_unified", "check_days"]
    for name in names:
        monkeypatch.setattr(upkeep, name, part(name))
    monkeypatch.setattr(upkeep, "catch_up", lambda *_, **__: [])
    monkeypatch.setattr(upkeep, "start_due", lambda *_, **__: [])
    monkeypatch.setattr(
        upkeep, "runtime",
        lambda: SimpleNamespace(
            store=None, now=lambda: None, policy=None, month_close_limits=None, drain_limits=None, settings=Settings()
        ),
    )  # fmt: skip
    with pytest.raises(Unavailable):
        upkeep.tick()
    assert done == names


def test_those_whose_bills_are_paid_are_not_waited_for_until_a_settlement_ends(world, hasty):
    owing(world, "m1", "m2")
    world.open("main1", opening_cash="50.00")
    world.tie("main1", "m1", "m2")
    world.receive(
        order(world, "created", "main1", accounts=["m1", "m2"], cycles=["2026-10"]),
        order(world, "run", "main1"),
    )
    assert world.drain().refused == 0
    world.top_up("main1", "20.00")
    with locked(world, "m1"):
        assert settle_unified(hasty.store, at=world.now, policy=world.policy) == 1
    assert [world.bills(name)[OCT][2] for name in ("m1", "m2")] == [5_000, 2_000]
    world.top_up("main1", "30.00")
    with locked(world, "m1"), pytest.raises(Busy):
        settle_unified(hasty.store, at=world.now, policy=world.policy)
    assert (world.bills("m2")[OCT][0], world.one("SELECT state FROM unified_settlement")) == (
        "settled",
        "running",
    )
    assert settle_unified(hasty.store, at=world.now, policy=world.policy) == 1
    assert world.announced("unified_settlement.")[-1] == "unified_settlement.completed"
    assert world.rows("SELECT 1 FROM write_off_hold") == []


def test_a_close_before_the_end_of_the_last_round_finds_it_completed(world, monkeypatch):
    """The last bills are paid in one transaction, and everybody is let go of in the next; a close may come between."""
    owing(world, "m1", "m2")
    world.open("main1", opening_cash="50.00")
    world.tie("main1", "m1", "m2")
    world.receive(
        order(world, "created", "main1", accounts=["m1", "m2"], cycles=["2026-10"]),
        order(world, "run", "main1"),
    )
    assert world.drain().refused == 0
    world.top_up("main1", "50.00")
    # As if the process had died in between.
    with monkeypatch.context() as died:
        died.setattr(unified_work, "has_nothing_open", lambda *_: False)
        settle_unified(world.store, at=world.now, policy=world.policy)
    assert world.one("SELECT state FROM unified_settlement") == "running"
    world.receive(order(world, "closed", "main1"))
    world.drain()
    assert world.one("SELECT state FROM unified_settlement") == "completed"
    assert world.announced("unified_settlement.")[-1] == "unified_settlement.completed"
    assert world.rows("SELECT DISTINCT state FROM unified_line") == [("paid",)]
    assert world.rows("SELECT 1 FROM write_off_hold") == []
    settle_unified(world.store, at=world.now, policy=world.policy)
    assert world.announced("unified_settlement.").count("unified_settlement.completed") == 1


def failing_for(monkeypatch, module, name, account_id):
    """From now on a plan of this name that sees the account raises something nobody foresaw."""
    sound = getattr(module, name)

    def plan(snapshot, **more):
        if account_id in snapshot.positions:
            raise RuntimeError("unforeseen")
        return sound(snapshot, **more)

    monkeypatch.setattr(module, name, plan)


def id_of(world, name):
    return world.one("SELECT id FROM account WHERE external_id = :name", name=name)


@pytest.mark.parametrize("batch", [1, 2, 500])
def test_an_account_whose_collection_fails_keeps_no_other_from_being_charged(world, monkeypatch, batch):
    names = [f"a{number}" for number in range(6)]
    world.open(*names)
    for name in names:
        add_card(world, name)
        world.fee(name, "10")
    with world.store.transaction() as tx:
        tx.execute(text("UPDATE collecting SET due_at = :at"), {"at": world.now})
    failing_for(monkeypatch, collecting, "plan_follow_up", id_of(world, "a2"))
    with pytest.raises(RuntimeError, match="unforeseen") as failure:
        collecting.collect_due(world.store, at=world.now, policy=world.policy, batch=batch)
    assert failure.value.__notes__ == [f"account {id_of(world, 'a2')} was left out, the others were not"]
    due = "SELECT a.external_id FROM collecting c JOIN account a ON a.id = c.account_id WHERE c.due_at <= :at"
    assert world.rows(due, at=world.now) == [("a2",)]


@pytest.mark.parametrize("batch", [1, 2, 500])
def test_an_account_whose_daily_check_fails_keeps_no_other_and_no_later_day_from_theirs(
    world, monkeypatch, batch
):
    names = [f"a{number}" for number in range(6)]
    world.open(*names)
    world.tick()
    for name in names:
        world.send(
            "coupon_granted", name, coupon=name, kind="amount_off", amount="5.00", currency="USD",
            valid_from="2026-10-01T00:00:00Z",
            valid_until="2026-10-08T00:00:00Z",
        )  # fmt: skip
    failing_for(monkeypatch, daily, "plan_expiry", id_of(world, "a2"))
    world.at("2026-10-10 00:00")
    with pytest.raises(RuntimeError, match="unforeseen"):
        daily.check_days(world.store, at=world.now, policy=world.policy, batch=batch)
    left = world.rows("SELECT external_id FROM coupon WHERE balance_minor > 0")
    assert left == [("a2",)]
    assert world.rows("SELECT 1 FROM schedule_slot WHERE job = 'daily_check' AND state = 'owed'") == []


def test_a_locked_account_keeps_no_other_bill_from_being_found_overdue(world, hasty):
    world.open("a", "b", "c", credit_control=True, auto_write_off=False)
    world.tick()
    for name in "abc":
        term = {"from_cycle": "2026-01", "period_days": 10}
        assert world.send("payment_term_agreed", name, **term).refused == 0
        world.fee(name, "50")
    world.at("2026-11-02 04:00").tick()
    world.at("2026-11-25 00:00")
    with locked(world, "b"), pytest.raises(Busy):
        daily.check_days(hasty.store, at=world.now, policy=world.policy)
    assert world.one("SELECT count(*) FROM bill WHERE overdue_at IS NOT NULL") == 2
    daily.check_days(hasty.store, at=world.now, policy=world.policy)
    assert world.one("SELECT count(*) FROM bill WHERE overdue_at IS NOT NULL") == 3


@pytest.mark.parametrize("locked_one", ["a0", "a5"])
def test_a_locked_account_keeps_no_other_bill_of_its_range_from_being_issued(world, hasty, locked_one):
    """Nor what is done beside the month close. Its own bill is issued when it is free."""
    names = [f"a{number}" for number in range(8)]
    world.open(*names, "late", opening_cash="100.00")
    for name in names:
        world.fee(name, "10")
    world.send("account_changed", "late", credit_control=True)
    world.fee("late", "150")
    begun_by = world.now = hasty.now = utc("2026-11-02 04:00")
    with locked(world, locked_one), pytest.raises(Busy):
        hasty.tick()
    issued = {name: world.bills(name)[OCT][0] for name in names}
    assert issued == dict.fromkeys(names, "settled") | {locked_one: "accruing"}
    assert world.rows("SELECT DISTINCT attempts FROM run_range") == [(0,)]
    hasty.now = begun_by
    hasty.tick()
    assert world.bills(locked_one)[OCT] == ("settled", 10_00, 10_00)
    assert world.rows("SELECT DISTINCT state FROM run") == [("done",)]


def test_a_locked_account_keeps_no_neighbour_from_being_swept(world, hasty):
    with_card(world, *"abcd")
    for name in "abcd":
        world.fee(name, "10")
    world.now = hasty.now = utc("2026-10-31 15:00")
    with locked(world, "b"), pytest.raises(Busy):
        hasty.tick()
    assert [len(world.attempts(name)) for name in "abcd"] == [1, 0, 1, 1]
    hasty.tick()
    assert world.attempts("b") == [("sweep", "waiting", 10_00)]
