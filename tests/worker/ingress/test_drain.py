"""From the inbox to its effect: one drain at a time, and nobody forgotten."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
import structlog
from sqlalchemy import text

from settlement.errors import Busy, Unavailable
from settlement.operations.inbox import drain as draining
from settlement.operations.schedule import unified_settlements
from tests.support.running.processes import opened, top_up
from tests.support.world import World
from worker import shutdown
from worker.ingress import drain, receive
from worker.runtime import Runtime


def _rows(rt: Runtime, query: str) -> list[tuple[Any, ...]]:
    with rt.store.transaction() as tx:
        return [tuple(row) for row in tx.execute(text(query))]


def test_threads_with_one_event_each_settle_all_of_them(rt: Runtime) -> None:
    def bring(event: dict[str, Any]) -> None:
        receive.submit([event])
        drain.drain_soon()

    bring(opened("busy"))
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(bring, [top_up("busy", number) for number in range(60)]))
    drain.drain_soon()

    assert _rows(rt, "SELECT cash_minor FROM account") == [(600_00,)]
    assert _rows(rt, "SELECT state, count(*) FROM inbox GROUP BY state") == [("done", 61)]


def test_what_is_refused_is_logged_with_its_ids_and_the_reason_whichever_door_it_came_by(rt: Runtime) -> None:
    with rt.store.transaction() as tx:
        tx.execute(
            text(
                "INSERT INTO inbox (source, event_id, type, account, data) "
                "VALUES ('crm', 'e-1', 'top_up', 'nobody', CAST(:data AS jsonb))"
            ),
            {"data": '{"amount": "1.00", "currency": "USD"}'},
        )
    with structlog.testing.capture_logs() as lines:
        drain.drain_soon()
    [line] = [line for line in lines if line["event"] == "event not booked"]
    assert (line["log_level"], line["source"], line["event_id"], line["code"]) == (
        "warning", "crm", "e-1", "unknown_account",
    )  # fmt: skip
    assert line["correlation_id"] == "crm/e-1"
    assert "1.00" not in str(line)


def test_one_drain_at_a_time_and_whoever_asks_meanwhile_is_not_forgotten(
    rt: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    really, runs, may_go_on = draining.drain, threading.Event(), threading.Event()
    inside = threading.Lock()

    def slow(*arguments: Any, **options: Any) -> Any:
        assert inside.acquire(blocking=False), "two drains at once"
        try:
            done = really(*arguments, **options)
            if not runs.is_set():
                runs.set()
                assert may_go_on.wait(30)
            return done
        finally:
            inside.release()

    monkeypatch.setattr(drain, "drain", slow)
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(drain.drain_waiting)
        assert runs.wait(30)
        # The first drain has seen an empty inbox and is about to leave.
        receive.record([opened("late")], door="test")
        drain.drain_waiting()
        may_go_on.set()
        first.result(30)

    assert _rows(rt, "SELECT state FROM inbox") == [("done",)]


def test_a_drain_that_fails_does_not_keep_the_next_one_out(
    rt: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = draining.drain

    def away(*_: Any, **__: Any) -> Any:
        raise Unavailable("gone")

    receive.record([opened("a")], door="test")
    monkeypatch.setattr(drain, "drain", away)
    drain.drain_soon()
    with pytest.raises(Unavailable):
        drain.drain_waiting()
    monkeypatch.setattr(drain, "drain", really)
    drain.drain_waiting()

    assert _rows(rt, "SELECT state FROM inbox") == [("done",)]


def _waiting_for_money(database_url: str) -> World:
    """A settlement of `main` that runs and waits for the 50 that `m` owes."""
    world = World(database_url)
    world.open("main", "m")
    world.fee("m", "50")
    world.at("2026-11-02 04:00").tick()
    world.tie("main", "m")
    world.send("unified_settlement_created", "main", settlement="u", accounts=["m"], cycles=["2026-10"])
    world.send("unified_settlement_run", "main", settlement="u")
    return world


def test_a_settlement_that_waits_for_a_lock_keeps_no_event_waiting(
    rt: Runtime, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As while a month close has the accounts of its list locked."""
    sent: list[str] = []
    monkeypatch.setattr(drain, "nudge", sent.append)
    world = _waiting_for_money(database_url)
    with psycopg.connect(database_url) as locking, ThreadPoolExecutor(1) as threads:
        locking.execute("SELECT 1 FROM account WHERE external_id = 'm' FOR NO KEY UPDATE")
        receive.record([top_up("main", 1, "50.00")], door="test")
        settling = threads.submit(drain.drain_waiting)
        settling.result(10)
        assert _rows(rt, "SELECT count(*) FROM inbox WHERE state <> 'done'") == [(0,)]
        assert sent == ["tasks.events.settlements"]
        waiting = threads.submit(drain.settle_waiting)
        with pytest.raises(TimeoutError):
            waiting.result(1)
        # One at a time: this one leaves word.
        drain.settle_waiting()
        locking.rollback()
        waiting.result(30)
    assert world.bills("m") == {202610: ("settled", 5_000, 5_000)}
    assert world.announced("unified_settlement.completed") == ["unified_settlement.completed"]
    world.store.close()


def _look(monkeypatch: pytest.MonkeyPatch, looks: int) -> threading.Event:
    """Set when the settlements have been looked at so many times."""
    monkeypatch.setattr(drain, "AGAIN_S", 0.0)
    done, enough, really = [], threading.Event(), unified_settlements.settle_unified

    def settle_unified(*arguments: Any, **options: Any) -> int:
        done.append(True)
        if len(done) == looks:
            enough.set()
        return really(*arguments, **options | {"rounds_ms": (1,)})

    monkeypatch.setattr(drain, "settle_unified", settle_unified)
    return enough


def test_a_settlement_is_tried_until_its_accounts_are_free_and_asked_for_by_no_message_meanwhile(
    rt: Runtime, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A month close may have them locked for longer than one look waits, and no other event need ever come."""
    sent: list[str] = []
    monkeypatch.setattr(drain, "nudge", sent.append)
    world = _waiting_for_money(database_url)
    receive.record([top_up("main", 1, "50.00")], door="test")
    with psycopg.connect(database_url) as locking, ThreadPoolExecutor(1) as threads:
        drain.drain_waiting()
        assert sent == [drain.SETTLEMENTS]
        locking.execute("SELECT 1 FROM account WHERE external_id = 'm' FOR NO KEY UPDATE")
        tried_again = _look(monkeypatch, 3)
        waiting = threads.submit(drain.settle_waiting)
        assert tried_again.wait(30)
        receive.record([opened("late")], door="test")
        drain.drain_waiting()
        locking.rollback()
        waiting.result(30)
    assert sent == [drain.SETTLEMENTS], "whoever is at it goes round again"
    assert world.bills("m") == {202610: ("settled", 5_000, 5_000)}
    world.store.close()


def test_a_worker_that_stops_does_not_wait_until_the_accounts_of_a_settlement_are_free(
    rt: Runtime, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = _waiting_for_money(database_url)
    world.top_up("main", "50.00")
    with psycopg.connect(database_url) as locking, ThreadPoolExecutor(1) as threads:
        locking.execute("SELECT 1 FROM account WHERE external_id = 'm' FOR NO KEY UPDATE")
        tried_again = _look(monkeypatch, 2)
        waiting = threads.submit(drain.settle_waiting)
        assert tried_again.wait(30)
        shutdown.request()
        try:
            with pytest.raises(Busy):
                waiting.result(30)
        finally:
            shutdown.clear()
        locking.rollback()
    drain.settle_waiting()
    assert world.bills("m") == {202610: ("settled", 5_000, 5_000)}
    world.store.close()


def test_a_settlement_is_not_tried_for_longer_than_the_time_of_one_message(
    monkeypatch: pytest.MonkeyPatch, rt: Runtime
) -> None:
    """However rare ticks are: the broker would hand the message out again meanwhile."""
    looks: list[bool] = []

    def resume() -> None:
        looks.append(True)
        if len(looks) > 3:
            raise AssertionError("it goes on")
        raise Busy("locked")

    limits = rt.settings.limits.model_copy(update={"tick_every_s": 3600, "visibility_timeout_s": 0})
    settings = rt.settings.model_copy(update={"limits": limits})
    monkeypatch.setattr(drain, "runtime", lambda: SimpleNamespace(settings=settings))
    monkeypatch.setattr(drain, "_resume_settlements", resume)
    monkeypatch.setattr(drain, "AGAIN_S", 0.0)
    with pytest.raises(Busy):
        drain.settle_waiting()
    assert looks == [True]


def test_settlements_are_looked_at_again_after_a_runtime_could_not_be_made(
    rt: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> Runtime:
        raise Unavailable("not yet")

    with monkeypatch.context() as away:
        away.setattr(drain, "runtime", fail)
        with pytest.raises(Unavailable):
            drain.settle_waiting()
    looks: list[bool] = []
    monkeypatch.setattr(drain, "_resume_settlements", lambda: looks.append(True))
    drain.settle_waiting()
    assert looks == [True]


def test_a_worker_that_stops_leaves_the_rest_to_a_nudge(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    monkeypatch.setattr(drain, "nudge", sent.append)
    shutdown.request()
    try:
        receive.record([opened("a")], door="test")
        drain.drain_waiting()
    finally:
        shutdown.clear()

    assert sent == ["tasks.events.drain"]
