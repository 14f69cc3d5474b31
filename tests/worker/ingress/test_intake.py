"""Into the inbox and out of it, in this process, on a real database."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from config.settings import Settings
from settlement.errors import Unavailable
from settlement.operations.inbox import drain as draining
from settlement.operations.inbox import receive as receiving
from settlement.storage.store import Store
from settlement.storage.work.inbox import Received
from tests.support.processes import opened, top_up
from tests.support.world import World
from worker import runtime, stopping
from worker.ingress import intake
from worker.runtime import Runtime, build_runtime


@pytest.fixture
def rt(database_url: str, monkeypatch: pytest.MonkeyPatch, no_settings: None) -> Iterator[Runtime]:
    monkeypatch.setenv("SETTLE_DATABASE_URL", database_url)
    made = build_runtime(Settings())
    monkeypatch.setattr(runtime, "_runtime", made)
    yield made
    made.close()


def _rows(rt: Runtime, query: str) -> list[tuple[Any, ...]]:
    with rt.store.transaction() as tx:
        return [tuple(row) for row in tx.execute(text(query))]


def test_one_event_that_cannot_be_stored_is_kept_as_text_and_the_others_as_they_are(
    rt: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails_on_poison(store: Store, messages: Sequence[object], *, door: str) -> Received:
        if any(isinstance(message, dict) and message.get("account") == "poison" for message in messages):
            raise ValueError("cannot be stored")
        return receiving.receive_events(store, messages, door=door)

    monkeypatch.setattr(intake, "receive_events", fails_on_poison)
    received = intake.record([opened("a"), opened("poison"), opened("b")], door="test")

    assert received == Received(accepted=2, refused=1, repeated=0)
    kept = _rows(rt, "SELECT account, state, data ->> 'raw' FROM inbox ORDER BY id")
    assert [row[:2] for row in kept] == [("a", "waiting"), ("", "refused"), ("b", "waiting")]
    assert "open-poison" in kept[1][2]


def test_threads_with_one_event_each_settle_all_of_them(rt: Runtime) -> None:
    def bring(event: dict[str, Any]) -> None:
        intake.accept([event])
        intake.drain_soon()

    bring(opened("busy"))
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(bring, [top_up("busy", number) for number in range(60)]))
    intake.drain_soon()

    assert _rows(rt, "SELECT cash_minor FROM account") == [(600_00,)]
    assert _rows(rt, "SELECT state, count(*) FROM inbox GROUP BY state") == [("done", 61)]


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

    monkeypatch.setattr(intake, "drain", slow)
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(intake.drain_waiting)
        assert runs.wait(30)
        # The first drain has seen an empty inbox and is about to leave.
        intake.record([opened("late")], door="test")
        intake.drain_waiting()
        may_go_on.set()
        first.result(30)

    assert _rows(rt, "SELECT state FROM inbox") == [("done",)]


def test_a_drain_that_fails_does_not_keep_the_next_one_out(
    rt: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = draining.drain

    def away(*_: Any, **__: Any) -> Any:
        raise Unavailable("gone")

    intake.record([opened("a")], door="test")
    monkeypatch.setattr(intake, "drain", away)
    intake.drain_soon()
    with pytest.raises(Unavailable):
        intake.drain_waiting()
    monkeypatch.setattr(intake, "drain", really)
    intake.drain_waiting()

    assert _rows(rt, "SELECT state FROM inbox") == [("done",)]


def test_a_settlement_that_waits_for_a_lock_keeps_no_event_waiting(
    rt: Runtime, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As while a month close has the accounts of its list locked."""
    sent: list[str] = []
    monkeypatch.setattr(intake, "nudge", sent.append)
    world = World(database_url)
    world.open("main", "m")
    world.fee("m", "50")
    world.at("2026-11-02 04:00").tick()
    world.tie("main", "m")
    world.send("unified_settlement_created", "main", settlement="u", accounts=["m"], cycles=["2026-10"])
    world.send("unified_settlement_run", "main", settlement="u")
    with psycopg.connect(database_url) as locking, ThreadPoolExecutor(1) as threads:
        locking.execute("SELECT 1 FROM account WHERE external_id = 'm' FOR NO KEY UPDATE")
        intake.record([top_up("main", 1, "50.00")], door="test")
        settling = threads.submit(intake.drain_waiting)
        settling.result(10)
        assert _rows(rt, "SELECT count(*) FROM inbox WHERE state <> 'done'") == [(0,)]
        assert sent == ["tasks.events.settlements"]
        waiting = threads.submit(intake.settle_waiting)
        with pytest.raises(TimeoutError):
            waiting.result(1)
        # One at a time: this one leaves word.
        intake.settle_waiting()
        locking.rollback()
        waiting.result(30)
    assert world.bills("m") == {202610: ("settled", 5_000, 5_000)}
    assert world.announced("unified_settlement.completed") == ["unified_settlement.completed"]
    world.store.close()


def test_a_worker_that_stops_leaves_the_rest_to_a_nudge(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    monkeypatch.setattr(intake, "nudge", sent.append)
    stopping.request()
    try:
        intake.record([opened("a")], door="test")
        intake.drain_waiting()
    finally:
        stopping.clear()

    assert sent == ["tasks.events.drain"]


def test_asking_for_the_time_takes_the_test_clock_only_where_it_is_allowed(
    rt: Runtime, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: Callable[[], int] = lambda: rt.now().year  # noqa: E731
    with rt.store.transaction() as tx:
        tx.exec_driver_sql("INSERT INTO test_clock (now_at) VALUES ('2031-05-01T00:00:00Z')")
    assert read() < 2031
    monkeypatch.setenv("SETTLE_TEST_CLOCK", "1")
    allowed = build_runtime(Settings())
    assert allowed.now().isoformat() == "2031-05-01T00:00:00+00:00"
    allowed.close()
