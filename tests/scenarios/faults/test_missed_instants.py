"""Ticks that come late, early, twice or from two schedulers. Rule: R3.1, R3.6."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text

from settlement.errors import Refused
from settlement.operations.inbox.drain import DrainLimits
from settlement.operations.schedule.month_close import MonthCloseLimits
from settlement.operations.schedule.tick import run_due, start_due
from settlement.storage.work import runs
from tests.support.builders import OCT, utc
from tests.support.parking import park
from tests.support.world import World

SEP, NOV, DEC = 202609, 202611, 202612
LIMITS = MonthCloseLimits()


def slots(world: World):
    return world.rows(
        "SELECT logical_at, state FROM schedule_slot WHERE job = 'month_close' ORDER BY logical_at"
    )


def looked(world: World) -> list[int]:
    return start_due(world.store, at=world.now, policy=world.policy, limits=LIMITS)


def test_months_missed_are_made_up_for_oldest_first_each_at_its_own_time(world):
    world.open("a", opening_cash="1000.00")
    world.fee("a", "10")
    world.at("2026-11-01 00:00")
    world.fee("a", "20", incurred_at="2026-11-01T00:00:00Z")
    world.fee("a", "30", incurred_at="2026-12-01T00:00:00Z")
    world.at("2027-01-20 00:00").tick()
    issued = world.rows("SELECT cycle, issued_at, settled_at FROM bill ORDER BY cycle")
    instants = [utc("2026-11-02 04:00"), utc("2026-12-02 04:00"), utc("2027-01-02 04:00")]
    assert issued == [
        (OCT, instants[0], instants[0]),
        (NOV, instants[1], instants[1]),
        (DEC, instants[2], instants[2]),
    ]
    assert slots(world) == [(instant, "done") for instant in instants]
    assert [row[0] for row in world.payments("a")] == [OCT, NOV, DEC]
    assert world.faults() == 0


def test_one_tick_starts_one_missed_month_at_a_time(world):
    world.open("a")
    world.fee("a", "10")
    world.fee("a", "20", incurred_at="2026-11-20T00:00:00Z")
    world.at("2026-12-20 00:00")
    (first,) = looked(world)
    assert looked(world) == [first], "the next month waits until this one is done"
    assert world.rows("SELECT cycle FROM run") == [(OCT,)]


def test_a_tick_before_the_instant_does_nothing(world):
    world.open("a")
    world.fee("a", "10")
    world.at("2026-11-02 03:59:59")
    assert looked(world) == []
    assert slots(world) == world.rows("SELECT * FROM run") == []


def test_a_close_asked_for_early_is_refused(world):
    with pytest.raises(Refused) as refusal:
        world.at("2026-11-02 03:59:59").close("2026-10")
    assert refusal.value.code == "not_due"


def test_a_tick_that_comes_again_changes_nothing(world):
    world.open("a", opening_cash="100.00")
    world.fee("a", "10")
    world.at("2026-11-02 04:00").tick()
    before, runs_before = world.image(), world.rows("SELECT id, state, finished_at FROM run")
    for instant in ("2026-11-02 04:00", "2026-11-02 04:01", "2026-11-15 00:00"):
        world.at(instant).tick()
    assert world.image() == before
    assert world.rows("SELECT id, state, finished_at FROM run") == runs_before


def test_a_quiet_month_is_a_slot_done_and_not_asked_about_again(world):
    world.open("a")
    world.fee("a", "10")
    world.at("2026-11-02 04:00").tick()
    world.at("2026-12-02 04:00").tick()
    assert slots(world) == [(utc("2026-11-02 04:00"), "done"), (utc("2026-12-02 04:00"), "done")]


def test_two_schedulers_at_once_close_a_month_once(world):
    names = [f"a{n}" for n in range(40)]
    world.open(*names, opening_cash="100.00")
    world.receive(*(world.message("fees", name, fees=[fee_of(name)]) for name in names))
    world.drain()
    world.at("2026-11-02 04:00")

    def schedule(_: int) -> None:
        run_due(
            world.store,
            clock=lambda: world.now,
            policy=world.policy,
            drain_limits=DrainLimits(),
            month_close_limits=MonthCloseLimits(7),
        )

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(schedule, range(3)))
    world.tick(range_size=7)  # whoever found the last ranges taken has gone; the next tick closes the run
    assert world.rows("SELECT cycle, state FROM run") == [(OCT, "done")]
    assert world.one("SELECT count(*) FROM ledger_transfer WHERE credit = 'revenue'") == 40
    assert world.one("SELECT count(*) FROM bill WHERE state = 'settled'") == 40
    assert world.faults() == 0


def fee_of(name: str):
    return {
        "id": name,
        "amount": "10",
        "currency": "USD",
        "product": "ECS",
        "incurred_at": "2026-10-15T00:00:00Z",
    }


def test_a_paused_month_keeps_the_ones_after_it_waiting(world):
    world.open("a", opening_cash="100.00")
    world.fee("a", "10")
    world.fee("a", "20", incurred_at="2026-11-20T00:00:00Z")
    world.at("2026-12-20 00:00")
    (run_id,) = looked(world)
    with world.store.transaction() as tx:
        assert runs.set_paused(tx, run_id, paused=True)
    world.tick()
    assert [state for state, *_ in world.bills("a").values()] == ["accruing", "accruing"]
    with world.store.transaction() as tx:
        assert runs.set_paused(tx, run_id, paused=False)
    world.tick()
    assert [state for state, *_ in world.bills("a").values()] == ["settled", "settled"]


def test_a_paused_month_keeps_no_payment_and_no_settlement_waiting(world):
    world.open("a", "m", "s", "main", auto_write_off=False)
    world.send("account_changed", "a", credit_control=True)
    card = {"method": "visa", "kind": "bank_card", "gateway": "sandbox", "method_token": "ok"}
    world.send("payment_method_added", "a", **card)
    world.fee("a", "10")
    world.fee("m", "10")
    world.at("2026-11-02 04:00").tick()
    world.tie("main", "m")
    world.send("unified_settlement_created", "main", settlement="u1", accounts=["m"], cycles=["2026-10"])
    world.send("unified_settlement_run", "main", settlement="u1")
    world.send("bill_payment_requested", "a", payment="p1", cycle="2026-10", currency="USD", channel="visa")
    straggle(world, "s", OCT)
    world.now += timedelta(minutes=30)
    (run_id,) = looked(world)
    with world.store.transaction() as tx:
        assert runs.set_paused(tx, run_id, paused=True)
        tx.execute(text("UPDATE account SET cash_minor = 1000 WHERE external_id = 'main'"))
    world.tick()
    assert world.bills("s")[OCT][0] == "accruing"
    assert world.rows("SELECT state FROM bill_payment") == [("expired",)]
    assert world.rows("SELECT state FROM unified_settlement") == [("completed",)]


def straggle(world: World, name: str, cycle: int) -> None:
    """A bill of a closed month, as a worker whose clock is behind leaves it."""
    behind = World(world.store, at=f"{cycle // 100}-{cycle % 100}-20 00:00")
    behind.numbers = iter(range(cycle, cycle + 1000))
    behind.fee(name, "7", incurred_at=behind.now.isoformat())


def test_a_bill_that_appears_after_its_month_was_closed_is_issued_by_the_next_tick(world):
    world.open("a", "b", opening_cash="100.00")
    world.fee("a", "10")
    world.at("2026-11-02 04:00").tick()
    straggle(world, "b", OCT)
    world.at("2026-11-02 04:01").tick()
    assert world.bills("b") == {OCT: ("settled", 700, 700)}
    assert world.one(
        "SELECT issued_at FROM bill JOIN account a ON a.id = account_id AND a.external_id = 'b'"
    ) == utc("2026-11-02 04:00")
    assert world.rows("SELECT cycle, state FROM run") == [(OCT, "done")]


def test_a_parked_account_does_not_hide_the_stragglers_of_later_months(world):
    world.open("parked", "b", opening_cash="100.00")
    world.fee("parked", "10")
    park(world, "parked")
    world.at("2026-12-02 04:00").tick()
    straggle(world, "b", NOV)
    world.at("2026-12-02 04:01").tick()
    assert world.bills("b") == {NOV: ("settled", 700, 700)}
    assert world.bills("parked") == {OCT: ("accruing", None, 0)}
