"""Servers that go away and come back, with nobody there to help. One system, one test after the other. Rule: R11.1."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from chaos.proxy import Proxy
from settlement.operations.inbox.drain import drain_all
from settlement.operations.schedule.collection import collect_due
from settlement.operations.schedule.month_close import MonthCloseLimits
from settlement.operations.schedule.tick import start_due
from settlement.storage.work import test_clock as clock
from tests.support.builders import OCT_ISSUED, POLICY
from tests.support.running.processes import Deployment, Process, deployment, event, opened, top_up, wait_for
from tests.support.servers import PostgresForTests

# A few answers that do not come, one after the other; a supervisor allows 45 s.
STOPS_IN_S = 30.0
OCTOBER = datetime(2026, 10, 20, tzinfo=UTC)


@dataclass
class System:
    """A deployment whose broker is behind a proxy, with a pool of threads, one of processes, and a beat."""

    made: Deployment
    link: Proxy
    running: list[Process]

    def settles(self, account: str, minor: int) -> None:
        """Waits until the account has so much."""
        wait_for(lambda: self.made.cash_minor(account) == minor, *self.running)


@pytest.fixture(scope="module")
def system(
    postgres: PostgresForTests, valkey: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    port = urlsplit(valkey).port
    assert port is not None
    link, folder = Proxy(port), tmp_path_factory.mktemp("recovery")
    with postgres.database() as name, deployment(postgres.worker_url(name), valkey, folder) as made:
        made.extra.update(
            SETTLE_BROKER_URL=valkey.replace(f":{port}", f":{link.port}"),
            SETTLE_TEST_CLOCK="1",
            # Each answer that does not come takes so long, in a deployment five seconds.
            SETTLE_LIMITS__SOCKET_TIMEOUT_S="1.5",
            SETTLE_COLLECTION__EVERY_S="1",
        )
        with made.store.transaction() as tx:
            clock.move(tx, OCTOBER)
        running = [
            made.worker("threads", "events", "collection"),
            made.worker("processes", "upkeep", "month-close", pool="prefork", size=2),
            made.beat("beat"),
        ]
        yield System(made, link, running)
        link.close()


def test_workers_come_back_when_their_connections_were_cut(system: System) -> None:
    system.made.insert(opened("cut"), top_up("cut", 1))
    system.settles("cut", 10_00)
    system.link.cut()
    system.made.send("tasks.events.receive", top_up("cut", 2))
    system.made.add(top_up("cut", 3))
    system.made.insert(top_up("cut", 4))
    system.settles("cut", 40_00)


def test_workers_come_back_when_their_connections_were_half_open(system: System) -> None:
    """Packets go into nothing for a while, and nobody is told."""
    system.made.insert(opened("half"))
    system.link.swallow(on=True)
    time.sleep(4)
    system.made.insert(top_up("half", 1))
    system.link.swallow(on=False)
    system.settles("half", 10_00)
    system.made.send("tasks.events.receive", top_up("half", 2))
    system.made.add(top_up("half", 3))
    system.settles("half", 30_00)


def test_a_broker_that_comes_back_empty_is_given_all_work_anew_from_the_database(system: System) -> None:
    made, store = system.made, system.made.store
    system.link.refuse(on=True)
    fee = {"currency": "USD", "product": "ECS", "incurred_at": "2026-10-10T00:00:00Z"}
    made.insert(
        opened("billed"),
        event("fees", "billed", "f-1", fees=[fee | {"id": "f-1", "amount": "7"}]),
        opened("charged"),
        event("payment_method_added", "charged", "m-1", method="m", kind="bank_card", gateway="sandbox",
              method_token="ok"),
        event("fees", "charged", "f-2", fees=[fee | {"id": "f-2", "amount": "1200"}]),
    )  # fmt: skip
    # What workers leave that die right after each commit, and whose messages are gone with the broker's memory: a
    # charge that may have been made, a run with its ranges, announcements, and events.
    drain_all(store, clock=lambda: OCTOBER, policy=POLICY)
    # A worker that was at it when its broker went has the rest; no run starts before what came in time is booked.
    wait_for(lambda: made.one("SELECT count(*) FROM inbox WHERE state = 'waiting'") == 0, *system.running)
    collect_due(store, at=OCTOBER, policy=POLICY)
    start_due(store, at=OCT_ISSUED, policy=POLICY, limits=MonthCloseLimits(range_size=1))
    with store.transaction() as tx:
        tx.exec_driver_sql(
            "UPDATE charge_attempt SET state = 'sent', sent_at = created_at, next_at = created_at"
        )
        clock.move(tx, OCT_ISSUED)
    made.insert(top_up("billed", 1))
    assert made.rows("SELECT kind, state FROM run") == [("month_close", "running")]
    assert made.rows("SELECT state FROM charge_attempt") == [("sent",)]
    made.forget_broker()
    system.link.refuse(on=False)

    wait_for(
        lambda: made.rows("SELECT DISTINCT state FROM bill WHERE cycle = 202610") == [("settled",)],
        *system.running,
    )
    system.settles("billed", 3_00)
    assert made.rows("SELECT state, charged_minor FROM charge_attempt") == [("succeeded", 1200_00)]
    wait_for(lambda: made.one("SELECT count(*) FROM run WHERE state <> 'done'") == 0, *system.running)
    wait_for(lambda: made.one("SELECT count(*) FROM outbox WHERE published_at IS NULL") == 0, *system.running)
    assert made.one("SELECT count(*) FROM outbox") > 0
    made.send("tasks.events.receive", top_up("billed", 2))
    made.add(top_up("billed", 3))
    system.settles("billed", 23_00)


def test_everything_stops_although_the_broker_answers_nothing(system: System) -> None:
    """The last one: nothing of the system runs after it."""
    system.link.swallow(on=True)
    # Long enough for every one of them to wait for an answer.
    time.sleep(3)
    for process in system.running:
        process.popen.terminate()
    assert [process.popen.wait(STOPS_IN_S) for process in system.running] == [0, 0, 0]
