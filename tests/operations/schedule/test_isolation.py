"""What one piece of work waits for, or dies of, keeps no other from its turn. Rule: R8.2c, R9.3d, R11.1."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from config.settings import Settings
from settlement.errors import Busy, Unavailable
from settlement.operations.schedule import collection as collecting
from settlement.operations.schedule import daily_check as daily
from settlement.operations.schedule import payments as expiring
from settlement.operations.schedule.isolation import in_one_or_in_halves
from settlement.operations.schedule.month_close import MonthCloseLimits
from settlement.operations.schedule.payments import expire_payments
from settlement.operations.schedule.runs import work_range
from settlement.operations.schedule.unified_settlements import settle_unified
from settlement.plans.bills.low_credit import plan_low_credit
from settlement.plans.payments.payments import plan_expired_payments
from settlement.storage.store import Store
from settlement.storage.work import unified_settlements as unified_work
from tasks import upkeep
from tests.support.builders import utc
from tests.support.collection import add_card, with_card
from tests.support.world import World, statements

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


PARTS = ["catch_up", "start_due", "follow_settings", "expire_payments", "settle_unified", "check_days"]


@pytest.mark.parametrize("failing", PARTS)
def test_no_part_of_a_tick_keeps_another_from_its_turn(monkeypatch, failing):
    done = []

    def part(name):
        def act(*_, **__):
            done.append(name)
            if name == failing:
                raise Busy("a lock was not free")
            return []

        return act

    nudged = []
    monkeypatch.setattr(upkeep, "nudge", lambda task, **_: nudged.append(task))
    for name in PARTS:
        monkeypatch.setattr(upkeep, name, part(name))
    monkeypatch.setattr(
        upkeep, "runtime",
        lambda: SimpleNamespace(
            store=None, now=lambda: None, policy=None, month_close_limits=None, drain_limits=None, settings=Settings()
        ),
    )  # fmt: skip
    with pytest.raises(Unavailable):
        upkeep.tick()
    assert done == PARTS
    # Accounts that were locked are not locked until the next tick.
    assert ("tasks.events.settlements" in nudged) is (failing == "settle_unified")


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


def with_contracts(world: World, *names: str) -> None:
    """Accounts whose bills of October, 50.00 each, are issued on 2 November and due on the 12th."""
    world.open(*names, credit_control=True, auto_write_off=False)
    world.tick()
    for name in names:
        term = {"from_cycle": "2026-01", "period_days": 10}
        assert world.send("payment_term_agreed", name, **term).refused == 0
        world.fee(name, "50")
    world.at("2026-11-02 04:00").tick()


def announced_of_bills(world: World, account: str) -> list[tuple[str, str]]:
    """What was announced of an account's bills and due dates, with the month, in order."""
    return world.rows(
        """SELECT topic, payload ->> 'cycle' FROM outbox JOIN account a ON a.id = account_id
           WHERE external_id = :account AND topic LIKE 'bill.%' ORDER BY outbox.id""",
        account=account,
    )


def dates_of_bills(world: World, account: str) -> list[tuple[object, ...]]:
    return world.rows(
        """SELECT cycle, b.state, issued_at, due_on, overdue_at FROM bill b JOIN account a ON a.id = b.account_id
           WHERE external_id = :account ORDER BY cycle""",
        account=account,
    )


def owed_slots(world: World) -> list[tuple[object, ...]]:
    return world.rows("SELECT job, logical_at FROM schedule_slot WHERE state = 'owed' ORDER BY 2, 1")


def test_one_locked_account_stops_no_month_of_the_others_after_an_outage(world, hasty):
    with_contracts(world, "a", "b", "c")
    for name in "abc":
        world.fee(name, "20", incurred_at="2026-11-01T20:00:00Z")
    world.now = hasty.now = utc("2026-12-05 00:00")
    with locked(world, "b"):
        for _ in range(3):
            with pytest.raises(Busy):
                hasty.tick()
        assert owed_slots(world) == []
        issued = utc("2026-12-02 04:00")
        for name in "ac":
            assert [(row[1], row[2]) for row in dates_of_bills(world, name)] == [
                ("unsettled", utc("2026-11-02 04:00")), ("unsettled", issued),
            ]  # fmt: skip
        assert world.faults() == 0, "what waits for a lock is no fault"
    hasty.tick()
    assert dates_of_bills(world, "b") == dates_of_bills(world, "a") == dates_of_bills(world, "c")
    assert dates_of_bills(world, "b")[0][-1] == utc("2026-11-12 16:00")
    assert sorted(announced_of_bills(world, "b")) == sorted(announced_of_bills(world, "a"))
    before = world.announced()
    hasty.tick()
    assert world.announced() == before


def test_one_locked_account_stops_no_day_of_the_others(world, hasty):
    """Without any outage: on the second of these days bills become overdue, and one account is locked for eight."""
    with_contracts(world, "a", "b", "c")
    ends = []
    for day in range(11, 29):
        world.now = hasty.now = utc(f"2026-11-{day} 16:00")
        if 12 <= day < 20:
            with locked(world, "b"), pytest.raises(Busy):
                hasty.tick()
        else:
            hasty.tick()
        assert owed_slots(world) == []
        ends.append((day, announced_of_bills(world, "a")[-1], announced_of_bills(world, "c")[-1]))
    assert all(a == c for _, a, c in ends)
    assert dates_of_bills(world, "b") == dates_of_bills(world, "a")
    reminders = [announced_of_bills(world, name).count(("bill.overdue_reminder", "2026-10")) for name in "ab"]
    assert reminders == [3, 2], "of the days on which it was locked the latest one's"


def test_what_ends_on_a_day_on_which_its_account_is_locked_is_booked_off_when_it_is_free(world, hasty):
    world.open("a", "b")
    world.tick()
    for name in "ab":
        given = {"kind": "amount_off", "amount": "5.00", "currency": "USD"}
        valid = {"valid_from": "2026-10-01T00:00:00Z", "valid_until": "2026-10-08T00:00:00Z"}
        world.send("coupon_granted", name, coupon=name, **given, **valid)
        world.send("account_changed", name, low_credit_line="30", currency="USD")
    world.now = hasty.now = utc("2026-10-08 16:00")
    with locked(world, "b"), pytest.raises(Busy):
        hasty.tick()
    left = "SELECT external_id, balance_minor FROM coupon ORDER BY 1"
    assert world.rows(left) == [("a", 0), ("b", 500)]
    hasty.tick()
    assert world.rows(left) == [("a", 0), ("b", 0)]
    hasty.tick()
    assert world.announced("coupon.expired") == ["coupon.expired"] * 2
    assert len(world.announced("account.low_credit")) == 2 * 2, "told at once, and for the day that it is"


def test_an_account_locked_over_several_month_closes_is_billed_month_by_month(world, hasty):
    world.open("a", "b", opening_cash="25.00")
    for month in ("10", "11"):
        for name in "ab":
            world.fee(name, "20", incurred_at=f"2026-{month}-01T20:00:00Z")
        world.now = utc("2026-11-01 21:00")
    for instant in ("2026-11-02 04:00", "2026-12-02 04:00"):
        world.now = hasty.now = utc(instant)
        with locked(world, "b"), pytest.raises(Busy):
            hasty.tick()
        assert owed_slots(world) == []
    assert [row[1] for row in world.bills("a").items()] == [("settled", 2000, 2000), ("unsettled", 2000, 500)]
    hasty.tick()
    assert world.bills("b") == world.bills("a")
    assert world.rows("SELECT DISTINCT state FROM run") == [("done",)]


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


def test_a_run_whose_last_range_was_done_when_its_worker_died_is_ended_by_a_later_tick(world, hasty):
    """Its instant had ended before, for a locked account, so that no instant leads to it."""
    world.open("a", "b", opening_cash="100.00")
    for name in ("a", "b"):
        world.fee(name, "10")
    world.now = hasty.now = utc("2026-11-02 04:00")
    with locked(world, "b"), pytest.raises(Busy):
        hasty.tick()
    close = "SELECT id, state FROM run WHERE kind = 'month_close'"
    [(run_id, state)] = world.rows(close)
    assert (state, owed_slots(world)) == ("running", [])
    # The worker dies between the range and the end of the run, two transactions.
    assert work_range(world.store, run_id=run_id, policy=world.policy, limits=MonthCloseLimits()) is not None
    assert world.rows(close) == [(run_id, "running")]
    world.tick()
    assert world.rows(close) == [(run_id, "done")]


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


def test_an_account_locked_over_sweep_and_close_is_swept_before_its_bill_is_issued(world, hasty):
    with_card(world, "a", "b")
    for name in "ab":
        world.fee(name, "10")
    for instant in ("2026-10-31 15:00", "2026-11-02 04:00"):
        world.now = hasty.now = utc(instant)
        with locked(world, "b"), pytest.raises(Busy):
            hasty.tick()
        assert owed_slots(world) == []
    assert [world.bills(name)[OCT][0] for name in "ab"] == ["unsettled", "accruing"]
    hasty.tick()
    assert world.attempts("b") == world.attempts("a") == [("sweep", "waiting", 10_00)]
    assert world.bills("b") == world.bills("a")
    assert world.rows("SELECT DISTINCT state FROM run") == [("done",)]


def test_an_account_locked_today_has_the_reminders_that_days_before_have_left_to_this_one(world, hasty):
    """Nobody looked on the days on which a bill was due in seven days and in three."""
    with_contracts(world, "a", "b")
    given = {"kind": "amount_off", "amount": "5.00", "currency": "USD"}
    # What is found locked on this day is found by what ends as it begins.
    world.send(
        "coupon_granted", "b", coupon="c", **given,
        valid_from="2026-10-01T00:00:00Z",
        valid_until="2026-11-09T16:00:00Z",
    )  # fmt: skip
    world.now = hasty.now = utc("2026-11-10 00:00")
    with locked(world, "b"), pytest.raises(Busy):
        hasty.tick()
    reminder = ("bill.due_reminder", "2026-10")
    assert [announced_of_bills(world, name).count(reminder) for name in "ab"] == [1, 0]
    hasty.tick()
    hasty.tick()
    assert [announced_of_bills(world, name).count(reminder) for name in "ab"] == [1, 1]


def test_what_is_made_up_for_at_midnight_and_the_day_that_begins_do_not_miss_each_other(world, monkeypatch):
    """One process makes up for an account as the day ends; another one checks the next day, that of a reminder."""
    with_contracts(world, "a", "b")
    given = {"kind": "amount_off", "amount": "5.00", "currency": "USD"}
    for name in "ab":
        world.send(
            "coupon_granted", name, coupon=name, **given,
            valid_from="2026-10-01T00:00:00Z",
            valid_until="2026-11-07T16:00:00Z",
        )  # fmt: skip
    world.at("2026-11-07 17:00")
    with locked(world, "b"), pytest.raises(Busy):
        daily.check_days(world.store, at=world.now, policy=world.policy)
    made_up, next_day = threading.Event(), threading.Event()

    def plan(snapshot, **more):
        made_up.set()
        # Whether or not the other one goes on meanwhile: it waits for what is at work here, or is done.
        next_day.wait(2)
        return plan_low_credit(snapshot, **more)

    monkeypatch.setattr(daily, "plan_low_credit", plan)
    with ThreadPoolExecutor() as pool:
        first = pool.submit(daily.check_days, world.store, at=utc("2026-11-08 15:59"), policy=world.policy)
        assert made_up.wait(10)
        monkeypatch.undo()
        world.at("2026-11-08 16:00")
        second = pool.submit(daily.check_days, world.store, at=world.now, policy=world.policy)
        second.add_done_callback(lambda _: next_day.set())
        first.result(), second.result()
    world.tick()
    reminder = ("bill.due_reminder", "2026-10")
    assert [announced_of_bills(world, name).count(reminder) for name in "ab"] == [2, 2], (
        "on the 5th and the 9th"
    )


def test_for_accounts_that_stay_locked_no_tick_waits_long(world, monkeypatch):
    """Made up for when they are free, a batch at a time; a bill is overdue since the day that found it so."""
    names = [f"a{number}" for number in range(6)]
    with_contracts(world, *names)
    world.at("2026-11-12 16:00")
    with world.store.transaction() as tx:
        tx.execute(text("SELECT 1 FROM account WHERE external_id <> 'a0' FOR UPDATE"))
        with pytest.raises(Busy):
            daily.check_days(world.store, at=world.now, policy=world.policy)
        world.at("2026-11-13 16:00")
        with pytest.raises(Busy):
            daily.check_days(world.store, at=world.now, policy=world.policy)
        # So patient that it could be seen on any machine.
        monkeypatch.setitem(in_one_or_in_halves.__kwdefaults__, "patience_ms", 15_000)
        begun = time.monotonic()
        with pytest.raises(Busy):
            daily.check_days(world.store, at=world.now, policy=world.policy)
        assert time.monotonic() - begun < 10, "nobody is waited for who is known to be locked"
    with statements(world.store) as sent:
        daily.check_days(world.store, at=world.now, policy=world.policy, batch=2)
    assert sum("SET overdue_at" in one for one in sent) == 3, "once for a batch of two, however many days"
    assert {dates_of_bills(world, name)[0][-1] for name in names} == {utc("2026-11-12 16:00")}
    payloads = world.rows(
        "SELECT DISTINCT payload ->> 'days', created_at FROM outbox WHERE topic = 'bill.overdue'"
    )
    assert payloads == [("1", utc("2026-11-12 16:00"))]


def test_what_is_left_of_a_run_though_nobody_has_it_locked_comes_before_what_was_missed_after_it(
    world, hasty
):
    """An account was locked at the close and is free when the days after an outage are made up for."""
    world.open("a", "b", credit_control=True, auto_write_off=False)
    world.tick()
    for name in "ab":
        term = {"from_cycle": "2026-01", "period_days": 10}
        assert world.send("payment_term_agreed", name, **term).refused == 0
        world.fee(name, "50")
    world.now = hasty.now = utc("2026-11-02 04:00")
    with locked(world, "b"), pytest.raises(Busy):
        hasty.tick()
    assert [world.bills(name)[OCT][0] for name in "ab"] == ["unsettled", "accruing"]
    world.at("2026-11-15 00:00").tick()
    assert dates_of_bills(world, "b") == dates_of_bills(world, "a")
    assert announced_of_bills(world, "b") == announced_of_bills(world, "a")
