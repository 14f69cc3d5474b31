"""The month close as a run: ranges, pause, failure, stragglers, several workers, preview. Rule: R3.1, R4.1, R11.4."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from settlement.errors import NotFound, Unavailable
from settlement.operations.parked_accounts import recheck, release
from settlement.operations.schedule import month_close
from settlement.operations.schedule.month_close import (
    MonthCloseLimits,
    preview_month_close,
    start_month_close,
)
from settlement.operations.schedule.runs import finish_if_done, pause_run, resume_run, work_range, work_run
from settlement.plans.bills.issuance import plan_month_close
from settlement.queries import runs
from settlement.storage.work.runs import claim_range
from tests.support.builders import OCT
from tests.support.world import World

LIMITS = MonthCloseLimits(range_size=4, max_attempts=2)
NAMES = [f"a{n}" for n in range(10)]


def owing(world: World, *names: str, amount: str = "10", cash: str = "100.00") -> None:
    """Accounts with a fee each, on the day of issuance."""
    world.open(*names, opening_cash=cash)
    fee = {"amount": amount, "currency": "USD", "product": "ECS", "incurred_at": "2026-10-15T00:00:00Z"}
    world.receive(*(world.message("fees", name, fees=[fee | {"id": name}]) for name in names))
    assert world.drain().refused == 0
    world.at("2026-11-02 04:00")


def start(world: World) -> int:
    run_id, has_work = start_month_close(world.store, OCT, at=world.now, policy=world.policy, limits=LIMITS)
    assert has_work
    return run_id


def work(world: World, run_id: int) -> bool:
    return work_run(world.store, run_id, policy=world.policy, limits=LIMITS)


def view(world: World, run_id: int) -> runs.RunView:
    with world.store.transaction() as tx:
        return runs.run(tx, run_id)


def pause(world: World, run_id: int, *, paused: bool) -> bool:
    return (pause_run if paused else resume_run)(world.store, run_id)


def states(world: World) -> list[tuple[str, int]]:
    return world.rows("SELECT state, count(*) FROM bill GROUP BY state ORDER BY state")


def test_a_run_is_cut_into_ranges_and_adds_up(world):
    owing(world, *NAMES)
    run_id = start(world)
    assert world.rows("SELECT range_no, accounts, state FROM run_range ORDER BY range_no") == [
        (1, 4, "waiting"), (2, 4, "waiting"), (3, 2, "waiting"),
    ]  # fmt: skip
    part = work_range(world.store, run_id=run_id, policy=world.policy, limits=LIMITS)
    assert part is not None
    assert part.range_no == 1
    half = view(world, run_id)
    assert (half.state, half.accounts, half.accounts_done, half.ranges, half.ranges_done) == (
        "running",
        10,
        4,
        3,
        1,
    )
    assert half.rate is not None
    assert half.rate > 0
    assert half.left_s is not None
    assert half.left_s > 0
    assert work(world, run_id)
    done = view(world, run_id)
    assert (done.state, done.accounts_done, done.ranges_failed) == ("done", 10, 0)
    assert done.report.issued == {"USD": 10}
    assert done.report.issued_minor == {"USD": 10_000}
    assert done.report.settled == {"USD": 10}
    assert done.report.paid_minor == {"USD cash": 10_000}


def test_starting_again_finds_the_same_run(world):
    owing(world, *NAMES)
    run_id = start(world)
    assert start(world) == run_id
    assert world.one("SELECT count(*) FROM run_range") == 3
    work(world, run_id)
    again, has_work = start_month_close(world.store, OCT, at=world.now, policy=world.policy, limits=LIMITS)
    assert (again, has_work) == (run_id, False)


def test_a_paused_run_hands_out_nothing_until_it_is_resumed(world):
    owing(world, *NAMES)
    run_id = start(world)
    work_range(world.store, run_id=run_id, policy=world.policy, limits=LIMITS)
    assert pause(world, run_id, paused=True)
    assert not pause(world, run_id, paused=True)
    assert work_range(world.store, run_id=run_id, policy=world.policy, limits=LIMITS) is None
    assert work_range(world.store, run_id=None, policy=world.policy, limits=LIMITS) is None
    assert not work(world, run_id)
    assert view(world, run_id).state == "paused"
    assert states(world) == [("accruing", 6), ("settled", 4)]
    assert pause(world, run_id, paused=False)
    assert work(world, run_id)
    assert states(world) == [("settled", 10)]


def test_a_run_that_is_not_there_is_not_found(world):
    with pytest.raises(NotFound):
        pause(world, 99, paused=True)


def test_work_stops_when_told_to(world):
    owing(world, *NAMES)
    run_id = start(world)
    answers = iter([True, False])
    assert not work_run(
        world.store, run_id, policy=world.policy, limits=LIMITS, may_continue=lambda: next(answers)
    )
    assert view(world, run_id).ranges_done == 1


def test_a_range_that_fails_is_halved_until_the_account_at_fault_is_alone(world, monkeypatch):
    owing(world, *NAMES)
    run_id = start(world)
    victim = world.one("SELECT id FROM account WHERE external_id = 'a5'")
    sound = plan_month_close

    def failing(snapshot, **more):
        if victim in snapshot.positions:
            raise RuntimeError("the disk is on fire")
        return sound(snapshot, **more)

    monkeypatch.setattr(month_close, "plan_month_close", failing)
    assert work(world, run_id)
    after = view(world, run_id)
    assert (after.state, after.ranges_done, after.ranges_failed) == ("done", 4, 1)
    assert after.failure == "RuntimeError: the disk is on fire"
    assert world.rows("SELECT attempts FROM run_range WHERE state = 'failed'") == [(2,)]
    assert states(world) == [("accruing", 1), ("settled", 9)]
    world.tick()
    assert view(world, run_id).ranges == 5, "a range that failed is not tried again unasked"

    monkeypatch.setattr(month_close, "plan_month_close", sound)
    pause(world, run_id, paused=False)
    assert work(world, run_id)
    assert states(world) == [("settled", 10)]
    assert view(world, run_id).ranges_failed == 0
    assert world.faults() == 0


def test_a_database_that_is_busy_is_no_failure_of_the_range(world, monkeypatch):
    owing(world, *NAMES)
    run_id = start(world)

    def busy(*_, **__):
        raise Unavailable("PostgreSQL: busy")

    monkeypatch.setattr(month_close, "settle", busy)
    with pytest.raises(Unavailable):
        work_range(world.store, run_id=run_id, policy=world.policy, limits=LIMITS)
    assert world.rows("SELECT DISTINCT state, attempts FROM run_range") == [("waiting", 0)]


def test_accounts_that_come_late_become_further_ranges(world):
    owing(world, *NAMES[:6])
    run_id = start(world)
    work_range(world.store, run_id=run_id, policy=world.policy, limits=LIMITS)
    world.at("2026-11-02 03:59")
    owing(world, *NAMES[6:])  # from a worker whose clock is behind
    assert work(world, run_id)
    assert states(world) == [("settled", 10)]
    assert world.one("SELECT count(*) FROM run_range") == 3
    assert world.one("SELECT count(*) FROM run") == 1


def test_several_workers_at_once_close_every_account_once(world):
    owing(world, *NAMES)
    run_id = start(world)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: work(world, run_id), range(3)))
    finish_if_done(world.store, run_id, limits=LIMITS)
    assert view(world, run_id).state == "done"
    assert world.one("SELECT count(*) FROM ledger_transfer WHERE credit = 'revenue'") == 10
    assert world.rows("SELECT DISTINCT attempts FROM run_range") == [(0,)]
    assert view(world, run_id).report.issued == {"USD": 10}
    assert world.faults() == 0


def test_a_range_in_one_workers_hands_is_passed_over_by_the_next(world):
    owing(world, *NAMES)
    run_id = start(world)
    with world.store.transaction() as first, world.store.transaction() as second:
        parts = [claim_range(tx, run_id) for tx in (first, second)]
        assert [part.range_no for part in parts if part is not None] == [1, 2]


def test_a_preview_says_what_would_happen_and_writes_nothing(world):
    owing(world, *NAMES)
    world.at("2026-10-20 00:00")
    owing(world, "poor", cash="0")
    before = world.image()
    seen: list[int] = []
    preview = preview_month_close(
        world.store, OCT, policy=world.policy, limits=LIMITS, on_progress=seen.append
    )
    assert world.image() == before
    assert world.rows("SELECT * FROM run") == []
    assert seen == [4, 4, 3]
    run_id = start(world)
    work(world, run_id)
    assert preview.as_json() == view(world, run_id).report.as_json()
    assert preview.skipped == {"no_available_credit": 1}


def test_an_account_that_does_not_add_up_is_parked_and_its_neighbours_are_settled(world):
    owing(world, *NAMES)
    for number in range(2):
        world.at("2026-10-20 00:00")
        world.fee("a3", "999999999999999999", id=f"big-{number}")
    world.at("2026-11-02 04:00").tick()
    assert states(world) == [("accruing", 1), ("settled", 9)]
    parked = world.rows(
        "SELECT external_id, parked_at, parked_reason FROM account WHERE parked_at IS NOT NULL"
    )
    ((name, parked_at, reason),) = parked
    assert (name, parked_at) == ("a3", world.now)
    assert "more than can be recorded" in reason
    assert world.rows("SELECT payload ->> 'account' FROM outbox WHERE topic = 'account.parked'") == [("a3",)]
    assert world.rows("SELECT state FROM run") == [("done",)]

    world.top_up("a3", "5.00")
    world.top_up("a2", "5.00")
    assert world.refused() == ["account_parked"]
    assert (world.cash("a3"), world.cash("a2")) == (10_000, 9_500)

    world.fee("a2", "1", incurred_at="2026-11-02T00:00:00Z")
    (looked_at,) = recheck(world.store, ["a3", "a2"], at=world.now, policy=world.policy)
    assert [(fault.check, "more than can be recorded" in fault.sentence) for fault in looked_at.faults] == [
        ("what_comes_next", True)
    ]
    assert release(world.store, ["a3"], at=world.now)["a3"].events == 1
    world.send("fees", "a3", fees=[{"id": "late", "amount": "1", "currency": "USD", "product": "x",
                                    "incurred_at": "2026-11-02T00:00:00Z"}])  # fmt: skip
    assert world.cash("a3") == 10_500
    world.at("2026-11-02 04:01").tick()
    assert world.one("SELECT count(*) FROM account WHERE parked_at IS NOT NULL") == 1, (
        "parked again: nothing was repaired"
    )
    assert world.rows("SELECT state FROM run") == [("done",)]
