"""A process writes down that it is there and what it did, and is never hurt by it. Rule: R11.10."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
import structlog
from pydantic import SecretStr

from config.settings import Settings
from settlement.queries.operating import processes
from settlement.queries.operating.processes import Cluster, ProcessView, cluster
from settlement.storage.store import Store
from tests.support.servers import PostgresForTests
from tests.support.world import World
from worker.heartbeat import durations
from worker.heartbeat.fingerprint import RELEASES, fingerprint
from worker.heartbeat.writer import Heartbeat, PoolHeartbeat, this_process


@pytest.fixture
def settings(no_settings: None, postgres: PostgresForTests, shared_database: str, world: World) -> Settings:
    """Of a process of the shared database, which is empty."""
    return Settings(database_url=SecretStr(postgres.worker_url(shared_database)))


@pytest.fixture(autouse=True)
def nothing_counted() -> Iterator[None]:
    durations.take()
    yield
    durations.take()


def known(store: Store) -> list[ProcessView]:
    with store.transaction() as tx:
        return processes.processes(tx)


def taken(store: Store) -> dict[tuple[str, str], tuple[int, float]]:
    with store.transaction() as tx:
        return {(one.measure, one.label): (sum(one.counts), one.seconds) for one in processes.durations(tx)}


def test_a_process_is_on_record_while_it_runs_and_gone_when_it_stops(settings, world):
    process = this_process("worker", "events", ["events", "upkeep"])
    heartbeat = Heartbeat(settings, process)
    heartbeat.write()
    [found] = known(world.store)
    assert (found.host, found.pid, found.kind, found.name) == (process.host, process.pid, "worker", "events")
    assert (found.queues, found.worked) == (["events", "upkeep"], {})
    assert found.version == process.version != "none"
    assert len(found.settings) == 12
    durations.note(durations.TASK, "tasks.events.drain", 0.2)
    heartbeat.start()
    heartbeat.stop()
    assert known(world.store) == []
    assert taken(world.store) == {("task", "tasks.events.drain"): (1, 0.2)}


def test_what_a_pool_did_is_its_workers_and_adds_up(settings, world):
    process = this_process("worker", "month-close", ["month-close"])
    with closing(Heartbeat(settings, process)) as worker, closing(PoolHeartbeat(settings, process)) as child:
        worker.write()
        child.write()
        for seconds in (0.25, 7.0, 1000.0):
            durations.note(durations.TASK, "tasks.month_close.work", seconds)
            child.write()
    [found] = known(world.store)
    assert set(found.worked) == {"tasks.month_close.work"}
    with world.store.transaction() as tx:
        [row] = processes.durations(tx)
    assert row.counts == [0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 1]
    assert row.seconds == 1007.25


def test_while_the_database_is_away_work_goes_on_one_line_is_logged_and_nothing_counted_is_lost(
    settings, world, no_settings
):
    away = Settings(database_url=SecretStr("postgresql://x@127.0.0.1:1/x"))
    heartbeat = Heartbeat(away, this_process("worker", "events", ["events"]))
    durations.note(durations.TASK, "tasks.events.drain", 0.5)
    with structlog.testing.capture_logs() as lines:
        heartbeat.write()
        heartbeat.write()
    assert [line["log_level"] for line in lines] == ["warning"]
    durations.note(durations.TASK, "tasks.events.drain", 0.5)
    with closing(Heartbeat(settings, this_process("worker", "events", ["events"]))) as back:
        back.write()
    assert taken(world.store) == {("task", "tasks.events.drain"): (2, 1.0)}


def test_a_process_whose_loop_hangs_falls_silent(settings, world):
    heartbeat = Heartbeat(settings, this_process("beat", "beat"), lambda: False)
    heartbeat.start()
    heartbeat.stop()
    assert known(world.store) == []


def seen(name: str, silent_s: float, *, started: str = "2026-10-05 00:00", host: str = "a") -> ProcessView:
    from tests.support.builders import utc

    return ProcessView(
        f"{name}{silent_s}{host}", host, 7, "worker", name, [name], "1", "f", utc(started), utc("2026-10-05 01:00"),
        silent_s, {},
    )  # fmt: skip


def test_who_is_silent_is_told_from_who_was_started_again():
    old = seen("events", 100.0)
    assert cluster([old], silent_after_s=30.0) == Cluster([], [old])
    again = seen("events", 1.0, started="2026-10-05 01:01")
    assert cluster([old, again], silent_after_s=30.0) == Cluster([again], [])
    # Two of one name, of which one hangs; and one of another host.
    for beside in (seen("events", 1.0), seen("events", 1.0, started="2026-10-05 01:01", host="b")):
        assert cluster([old, beside], silent_after_s=30.0) == Cluster([beside], [old])


def test_the_fingerprint_differs_where_money_would_move_otherwise(settings, world, monkeypatch):
    same = fingerprint(settings, [], world.now)
    assert fingerprint(settings, [], world.now) == same
    assert fingerprint(settings.model_copy(update={"broker_key_prefix": "other:"}), [], world.now) == same
    billing = settings.billing.model_copy(update={"issue_day": 5})
    others = [
        fingerprint(settings.model_copy(update={"billing": billing}), [], world.now),
        fingerprint(settings.model_copy(update={"test_clock": True}), [], world.now),
    ]
    monkeypatch.setitem(RELEASES, "tzdata", "tomorrow's")
    others.append(fingerprint(settings, [], world.now))
    assert len({same, *others}) == 4


def test_a_library_that_is_replaced_beneath_a_process_changes_nothing_in_it(settings, world, monkeypatch):
    before = fingerprint(settings, [], world.now)
    monkeypatch.setattr("importlib.metadata.Distribution.version", "of tomorrow")
    assert fingerprint(settings, [], world.now) == before


def test_what_died_an_hour_ago_is_forgotten_by_whoever_goes_on(settings, world):
    with (
        closing(Heartbeat(settings, this_process("worker", "old", ["events"]))) as old,
        closing(Heartbeat(settings, this_process("worker", "young", ["events"]))) as young,
        closing(Heartbeat(settings, this_process("worker", "alive", ["events"]))) as alive,
    ):
        for each in (old, young, alive):
            each.write()
        with world.store.transaction() as tx:
            tx.exec_driver_sql(
                "UPDATE process SET seen_at = seen_at - CAST(CASE name WHEN 'old' THEN '61 minutes' "
                "ELSE '59 minutes' END AS interval)"
            )
        alive.write()
    assert sorted(one.name for one in known(world.store)) == ["alive", "young"]
