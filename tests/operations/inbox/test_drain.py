"""Draining: isolation of what fails, trails, the outbox and its relay, the test clock. Rule: R4.1, R11.1."""

from __future__ import annotations

import json
import time

import pytest

from settlement.errors import Busy, TooLong
from settlement.operations.inbox import drain as drain_module
from settlement.operations.inbox.commands import RowCommands
from settlement.operations.inbox.deferral import Deferred
from settlement.operations.inbox.relay import relay
from settlement.plans.events.plan import plan_events
from settlement.storage.work import inbox
from settlement.storage.work.outbox import OutboxRow
from tests.support.builders import utc


def failing_for(monkeypatch, name):
    """From now on a plan that holds this account's events raises something nobody foresaw."""
    sound = plan_events

    def plan(snapshot, *, commands, **more):
        if any(command.head.account == name for command in commands):
            raise RuntimeError("unforeseen")
        return sound(snapshot, commands=commands, **more)

    monkeypatch.setattr(drain_module, "plan_events", plan)
    return sound


def test_an_event_that_fails_holds_up_its_own_account_only_and_that_not_for_ever(world, monkeypatch):
    world.open("a", "b", "c")
    sound = failing_for(monkeypatch, "b")
    world.receive(*(world.message("top_up", name, amount="1.00", currency="USD") for name in "abcab"))
    drained = world.drain(max_attempts=3)
    assert (world.cash("a"), world.cash("b"), world.cash("c")) == (200, 0, 100)
    assert drained.report.parked == 0
    parked = world.rows("SELECT account, attempts, reason FROM inbox WHERE state = 'parked' ORDER BY id")
    assert parked == [("b", 3, "RuntimeError: unforeseen")] * 2

    monkeypatch.setattr(drain_module, "plan_events", sound)
    with world.store.transaction() as tx:
        assert len(inbox.replay(tx, code="failed")) == 2
    world.drain()
    assert world.cash("b") == 200


def test_a_transfer_does_not_pass_a_payer_whose_event_failed(world, monkeypatch):
    world.open("a", "b")
    world.tie("b", "a")
    sound = failing_for(monkeypatch, "b")
    world.receive(
        world.message("top_up", "b", amount="5.00", currency="USD"),
        world.message("transfer", "a", amount="5.00", currency="USD", from_account="b"),
    )
    from settlement.operations.inbox.drain import DrainLimits, drain

    drain(world.store, at=world.now, policy=world.policy, limits=DrainLimits(max_attempts=5))
    monkeypatch.setattr(drain_module, "plan_events", sound)
    assert world.rows("SELECT state FROM inbox WHERE type IN ('top_up', 'transfer') ORDER BY id") == [
        ("waiting",),
        ("waiting",),
    ]
    world.drain()
    assert (world.refused(), world.cash("a"), world.cash("b")) == ([], 500, 0)


def waiting(world):
    return world.rows("SELECT account, attempts FROM inbox WHERE state = 'waiting' ORDER BY id")


def test_an_account_that_somebody_has_locked_keeps_no_other_waiting(world, monkeypatch):
    """One such row once kept all events waiting, for as long as a lock is waited for, again and again."""
    monkeypatch.setattr(drain_module, "PATIENCE_MS", 500)
    names = [f"a{number}" for number in range(20)]
    world.open(*names)
    deferred = Deferred(time.monotonic)
    with world.store.transaction() as locking:
        locking.exec_driver_sql("SELECT 1 FROM account WHERE external_id = 'a7' FOR NO KEY UPDATE")
        for _ in range(2):
            world.receive(*(world.message("top_up", name, amount="1.00", currency="USD") for name in names))
            while drain_module.drain(
                world.store, at=world.now, policy=world.policy, deferred=deferred
            ).events:
                pass
        assert waiting(world) == [("a7", 0)] * 2
        assert deferred.now() == ["a7"]
    world.drain()
    assert [world.cash(name) for name in names] == [200] * 20


def test_a_drain_that_can_handle_nothing_for_locks_says_so(world, monkeypatch):
    monkeypatch.setattr(drain_module, "PATIENCE_MS", 500)
    world.open("a")
    world.receive(world.message("top_up", "a", amount="1.00", currency="USD"))
    with world.store.transaction() as locking:
        locking.exec_driver_sql("SELECT 1 FROM account FOR NO KEY UPDATE")
        with pytest.raises(Busy):
            world.drain()
    assert waiting(world) == [("a", 0)]


def test_an_event_that_always_takes_too_long_is_set_aside_and_its_neighbours_are_not(world, monkeypatch):
    world.open("a", "b", "c")
    sound = plan_events

    def plan(snapshot, *, commands, **more):
        if any(command.head.account == "b" for command in commands):
            raise TooLong("a statement ran into its time limit")
        return sound(snapshot, commands=commands, **more)

    monkeypatch.setattr(drain_module, "plan_events", plan)
    world.receive(*(world.message("top_up", name, amount="1.00", currency="USD") for name in "abc"))
    world.drain(max_attempts=3)
    assert (world.cash("a"), world.cash("c")) == (100, 100)
    assert world.rows("SELECT account, attempts FROM inbox WHERE state = 'parked'") == [("b", 3)]


def test_one_bad_event_of_many_costs_few_tries(world, monkeypatch):
    names = [f"a{number}" for number in range(64)]
    world.open(*names)
    sound, tries = plan_events, []

    def plan(snapshot, *, commands, **more):
        tries.append(len(commands))
        if any(command.head.account == "a21" for command in commands):
            raise RuntimeError("unforeseen")
        return sound(snapshot, commands=commands, **more)

    monkeypatch.setattr(drain_module, "plan_events", plan)
    world.receive(*(world.message("top_up", name, amount="1.00", currency="USD") for name in names))
    drain_module.drain(world.store, at=world.now, policy=world.policy)
    assert len(tries) <= 1 + 2 * 6
    assert waiting(world) == [("a21", 1)]


def long_fees(world, account, count, length):
    """Fees events of about `length` bytes each, packed well."""
    for number in range(count):
        fees = [
            {
                "id": f"{account}-{number}-{line}",
                "amount": "0.01",
                "currency": "USD",
                "product": "P",
                "incurred_at": "2026-10-02T00:00:00Z",
            }
            for line in range(length // 120)
        ]
        world.receive(world.message("fees", account, fees=fees))


def test_a_claim_is_bounded_in_bytes_and_what_is_small_is_not_kept_waiting_by_what_is_large(world):
    world.open("large", "other", "small")
    long_fees(world, "large", 6, 100_000)
    long_fees(world, "other", 1, 100_000)
    world.receive(
        world.message("top_up", "large", amount="1.00", currency="USD"),
        world.message("top_up", "small", amount="1.00", currency="USD"),
    )
    with world.store.transaction() as tx:
        claimed = inbox.claim(tx, accounts=10, events=100, others=RowCommands().others, most_bytes=250_000)
        whole = inbox.claim(tx, accounts=10, events=100, others=RowCommands().others, most_bytes=10_000)
    assert [row.account for row in claimed] == ["large", "large", "small"]
    assert [row.account for row in whole] == ["large", "small"]
    world.drain(most_bytes=250_000)
    assert (world.cash("large"), world.cash("small"), waiting(world)) == (100, 100, [])


def test_a_transfer_does_not_pass_a_payer_whose_events_did_not_fit(world):
    world.open("payer", "member", "first")
    world.tie("payer", "member")
    long_fees(world, "first", 1, 100_000)
    long_fees(world, "payer", 1, 100_000)
    world.receive(
        world.message("top_up", "payer", amount="500.00", currency="USD"),
        world.message("transfer", "member", amount="5.00", currency="USD", from_account="payer"),
    )
    with world.store.transaction() as tx:
        claimed = inbox.claim(tx, accounts=10, events=100, others=RowCommands().others, most_bytes=110_000)
    assert [row.account for row in claimed] == ["first"]
    world.drain(most_bytes=110_000)
    assert (world.refused(), world.cash("member")) == ([], 500)


def test_a_drain_says_what_it_did(world):
    world.open("a")
    world.fee("a", "10")
    world.at("2026-11-03 00:00").tick()
    world.receive(
        world.message("top_up", "a", amount="12.00", currency="USD"),
        world.message("top_up", "a", amount="1.00", currency="EUR"),
    )
    drained = world.drain()
    assert (drained.events, drained.refused) == (2, 1)
    assert drained.report.settled == {"USD": 1}
    assert drained.report.paid_minor == {"USD cash": 1000}
    assert world.drain().events == 0


def test_a_drain_of_all_keeps_figures_and_nothing_for_each_event(world):
    world.open("a")
    world.receive(
        *(world.message("top_up", name, amount="1.00", currency="USD") for name in ("a", "a", "nobody"))
    )
    drained = world.drain(events=1)
    assert (drained.events, drained.refused) == (3, 1)
    assert (drained.top_ups, drained.turned_down) == ([], [])


def test_every_event_leaves_a_trail_from_its_id_to_its_effect(world):
    world.open("a")
    world.fee("a", "10")
    world.at("2026-11-03 00:00").tick()
    message = world.message("top_up", "a", amount="10.00", currency="USD") | {"correlation_id": "req-9f2"}
    world.receive(message)
    world.drain()
    inbox_id = world.one("SELECT id FROM inbox WHERE event_id = :id", id=message["event_id"])
    assert world.one("SELECT cause FROM repayment") == f"event:{inbox_id}"
    assert world.rows("SELECT topic, correlation_id FROM outbox ORDER BY id DESC LIMIT 1") == [
        ("bill.settled", "req-9f2")
    ]
    assert (
        world.one("SELECT count(*) FROM ledger_transfer WHERE cause = :cause", cause=f"event:{inbox_id}") == 2
    )


def test_the_relay_publishes_in_order_marks_what_went_out_and_repeats_what_did_not(world):
    world.open("a", "b", opening_cash="100.00")
    world.fee("a", "10")
    world.fee("b", "10")
    world.at("2026-11-02 04:00").tick()
    published = []

    def broken(rows):
        published.extend(rows)
        raise ConnectionError("the broker is gone")

    with pytest.raises(ConnectionError):
        relay(world.store, broken, limit=3)
    assert world.one("SELECT count(*) FROM outbox WHERE published_at IS NOT NULL") == 0
    again: list[OutboxRow] = []
    assert relay(world.store, again.extend, limit=3) == 3
    assert [row.id for row in again] == [row.id for row in published] == sorted(row.id for row in again)
    assert relay(world.store, again.extend, limit=3) == 1
    assert relay(world.store, again.extend, limit=3) == 0
    assert [row.topic for row in again] == ["bill.issued", "bill.settled"] * 2
    facts = json.loads(again[0].payload)
    assert facts == {
        "account": "a", "cycle": "2026-10", "currency": "USD", "state": "unsettled", "payable": "10.00", "paid": "0.00",
        "outstanding": "10.00",
    }  # fmt: skip


def test_a_second_relay_leaves_what_waits_to_the_first_so_that_the_order_holds(world):
    world.open("a", "b", opening_cash="100.00")
    world.fee("a", "10")
    world.fee("b", "10")
    world.at("2026-11-02 04:00").tick()
    mine: list[OutboxRow] = []
    others: list[OutboxRow] = []

    def publish(rows):
        mine.extend(rows)
        relay(world.store, others.extend, limit=2)

    relay(world.store, publish, limit=2)
    assert (len(mine), others) == (2, [])
    assert relay(world.store, others.extend, limit=10) == 2
    assert [row.id for row in mine + others] == sorted(row.id for row in mine + others)


def standing_still(world, at, until):
    """A worker that read the instant, and then stood still. Gives what it does when it goes on."""
    read_at = world.at(at).now
    world.at(until)
    return lambda: drain_module.drain(world.store, at=read_at, policy=world.policy)


def test_what_came_while_a_worker_stood_still_is_dated_when_it_came(world):
    world.open("a")
    world.fee("a", "10")
    world.at("2026-11-02 04:00").tick()
    go_on = standing_still(world, "2026-11-02 03:59", "2026-11-02 09:00")
    world.receive(world.message("top_up", "a", amount="10.00", currency="USD"))
    assert go_on().events == 1
    assert world.payments("a") == [(202610, "cash", 1000, world.now)]
    assert world.one("SELECT max(posted_at) FROM ledger_transfer WHERE credit = 'cash'") == world.now
    assert world.violated() == {}


def test_what_came_while_a_worker_stood_still_waits_for_a_midnight_that_was_missed_before_it(world):
    world.open("a")
    world.at("2026-10-20 15:30").tick()
    world.receive(world.message("top_up", "a", amount="1.00", currency="USD"))
    go_on = standing_still(world, "2026-10-20 15:59", "2026-10-20 16:30")
    world.receive(world.message("top_up", "a", amount="2.00", currency="USD"))
    assert (go_on().events, go_on().events, world.cash("a")) == (1, 0, 100)
    world.tick()
    assert world.rows("SELECT amount_minor, posted_at FROM ledger_transfer ORDER BY id") == [
        (100, utc("2026-10-20 15:30")),
        (200, world.now),
    ]
    assert world.violated() == {}
