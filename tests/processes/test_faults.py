"""Processes that die and a broker that forgets: nothing is lost, nothing counts twice. Rule: R11.1."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from settlement.storage.work import test_clock as clock
from tests.support.running.processes import Deployment, age_entries, event, opened, top_up, wait_for
from worker.broker import GROUP
from worker.ingress.stream import DEAD_AFTER_S


def _entries_of(made: Deployment, consumer: bytes) -> list[bytes]:
    pending: Any = made.redis.xpending_range(made.stream, GROUP, "-", "+", 10_000)
    return [entry["message_id"] for entry in pending if entry["consumer"] == consumer]


def _pass_time_for_the_dead(made: Deployment) -> None:
    """Instead of waiting until the entries of a killed reader count as abandoned."""
    readers: Any = made.redis.xinfo_consumers(made.stream, GROUP)
    for reader in readers:
        ids = _entries_of(made, reader["name"])
        if ids:
            age_entries(made, GROUP, reader["name"], ids, int(DEAD_AFTER_S * 2000))


def test_a_worker_killed_in_the_middle_loses_and_doubles_nothing(made: Deployment) -> None:
    made.extra["SETTLE_LIMITS__STREAM_BATCH"] = made.extra["SETTLE_LIMITS__DRAIN_SIZE"] = "20"
    accounts = [f"a{number}" for number in range(20)]
    made.insert(*(opened(account) for account in accounts))
    made.add(*(top_up(account, number) for number in range(100) for account in accounts))

    done = "SELECT count(*) FROM inbox WHERE type = 'top_up' AND state = 'done'"
    victim = made.worker("events", "events")
    wait_for(lambda: made.one(done) > 0, victim)
    victim.kill()
    assert made.one(done) < 2000, "the worker was too quick to be killed in the middle"
    _pass_time_for_the_dead(made)

    heir = made.worker("events", "events", "upkeep")
    made.beat("beat")
    wait_for(lambda: made.one(done) == 2000, heir)
    wait_for(lambda: made.redis.xlen(made.stream) == 0, heir)

    assert made.rows("SELECT DISTINCT cash_minor FROM account") == [(1000_00,)]
    assert made.one("SELECT count(*) FROM ledger_transfer WHERE debit = 'bank_clearing'") == 2000


def test_entries_of_a_dead_reader_are_claimed_and_done(made: Deployment) -> None:
    made.redis.xgroup_create(made.stream, GROUP, id="0", mkstream=True)
    made.add(opened("orphan"), top_up("orphan", 1))
    taken: Any = made.redis.xreadgroup(GROUP, "dead", {made.stream: ">"}, count=10)
    assert len(taken[0][1]) == 2
    _pass_time_for_the_dead(made)

    worker = made.worker("events", "events")
    wait_for(lambda: made.cash_minor("orphan") == 10_00, worker)
    wait_for(lambda: made.redis.xlen(made.stream) == 0, worker)

    assert made.redis.xpending(made.stream, GROUP)["pending"] == 0


def test_a_broker_that_forgets_everything_delays_and_loses_nothing(made: Deployment) -> None:
    worker = made.worker("events", "events", "upkeep")
    made.insert(opened("forgotten"))
    made.send("tasks.events.drain")
    wait_for(lambda: made.cash_minor("forgotten") == 0, worker)

    # The nudge for this one is gone with the broker's memory, and so is the consumer group.
    made.insert(top_up("forgotten", 1))
    made.forget_broker()
    made.beat("beat")
    wait_for(lambda: made.cash_minor("forgotten") == 10_00, worker)
    # And the door opens again.
    made.add(top_up("forgotten", 2))
    wait_for(lambda: made.cash_minor("forgotten") == 20_00, worker)
    made.send("tasks.events.receive", top_up("forgotten", 3))
    wait_for(lambda: made.cash_minor("forgotten") == 30_00, worker)


def test_a_celery_message_is_given_back_while_the_inbox_is_away(made: Deployment) -> None:
    worker = made.worker("events", "events")
    with made.store.transaction() as tx:
        # Nobody else may write to the inbox for as long as this transaction lasts.
        tx.exec_driver_sql("LOCK TABLE inbox IN SHARE ROW EXCLUSIVE MODE")
        made.extra["SETTLE_LIMITS__LOCK_TIMEOUT_S"] = "0.2"
        second = made.worker("impatient", "events")
        for number in range(4):
            made.send("tasks.events.receive", opened(f"patient-{number}"))
        wait_for(lambda: second.said("a dependency is away"), worker, second)

    wait_for(lambda: made.one("SELECT count(*) FROM account") == 4, worker, second)


def test_two_beats_and_two_ticks_make_one_run_and_one_bill(made: Deployment) -> None:
    made.extra["SETTLE_TEST_CLOCK"] = "1"
    with made.store.transaction() as tx:
        clock.move(tx, datetime(2026, 10, 20, tzinfo=UTC))
    worker = made.worker("all", "events", "upkeep", "month-close")
    fee = {
        "id": "f1",
        "amount": "12.345",
        "currency": "USD",
        "product": "ECS",
        "incurred_at": "2026-10-10T00:00:00Z",
    }
    made.send("tasks.events.receive", [opened("b"), top_up("b", 1), event("fees", "b", "fees-1", fees=[fee])])
    wait_for(lambda: made.one("SELECT count(*) FROM bill") == 1, worker)
    beats = [made.beat("beat-1"), made.beat("beat-2")]

    with made.store.transaction() as tx:
        clock.move(tx, datetime(2026, 11, 2, 4, 0, tzinfo=UTC))
    wait_for(
        lambda: made.rows("SELECT state FROM schedule_slot WHERE job = 'month_close'") == [("done",)],
        worker,
        *beats,
    )
    for _ in range(5):
        made.send("tasks.upkeep.tick")
    made.send("tasks.events.receive", opened("after-the-ticks"))
    wait_for(lambda: made.cash_minor("after-the-ticks") is not None, worker, *beats)

    assert made.rows("SELECT kind, cycle, state FROM run") == [("month_close", 202610, "done")]
    assert made.rows("SELECT cycle, state, payable_minor, paid_minor FROM bill") == [
        (202610, "unsettled", 1234, 1000)
    ]
    assert made.one("SELECT count(*) FROM repayment") == 1
    run = worker.said("run has work")[0]
    assert run["correlation_id"] == f"run:{made.one('SELECT id FROM run')}"


def test_a_month_close_stopped_in_the_middle_goes_on_in_the_next_pool(made: Deployment) -> None:
    made.extra.update(SETTLE_TEST_CLOCK="1", SETTLE_LIMITS__RANGE_SIZE="1")
    with made.store.transaction() as tx:
        clock.move(tx, datetime(2026, 10, 20, tzinfo=UTC))
    made.worker("events", "events", "upkeep")
    fee = {
        "id": "f",
        "amount": "1",
        "currency": "USD",
        "product": "ECS",
        "incurred_at": "2026-10-10T00:00:00Z",
    }
    names = [f"m{number}" for number in range(60)]
    made.send("tasks.events.receive", [opened(name) for name in names])
    made.send("tasks.events.receive", [event("fees", name, f"fees-{name}", fees=[fee]) for name in names])
    wait_for(lambda: made.one("SELECT count(*) FROM bill") == 60)
    with made.store.transaction() as tx:
        clock.move(tx, datetime(2026, 11, 2, 4, 0, tzinfo=UTC))

    pool = made.worker("month-close", "month-close", pool="prefork", size=2)
    made.send("tasks.upkeep.tick")
    wait_for(lambda: made.one("SELECT count(*) FROM bill WHERE state <> 'accruing'") > 0, pool)
    assert pool.terminate() == 0
    heir = made.worker("month-close", "month-close", pool="prefork", size=2)
    made.beat("beat")
    wait_for(lambda: made.rows("SELECT state FROM run") == [("done",)], heir)

    assert made.one("SELECT count(*) FROM bill WHERE state = 'unsettled'") == 60
    assert made.one("SELECT count(*) FROM run_range WHERE state = 'done'") == 60
