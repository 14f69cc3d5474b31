"""A broker that is there and refuses to write: workers outlive it and lose nothing that they popped. Rule: R11.6c."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from sandbox.local.block import broker_server
from tests.support.running.processes import Deployment, Process, deployment, opened, top_up, wait_for
from tests.support.servers import PostgresForTests


@pytest.fixture
def alone(
    postgres: PostgresForTests, database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """A deployment with a broker of its own, which a test may ruin."""
    with (
        broker_server(tmp_path_factory.mktemp("valkey")) as url,
        deployment(postgres.worker_url(database), url, tmp_path_factory.mktemp("alone")) as made,
    ):
        yield made
        made.redis.config_set("maxmemory", "0")
        made.redis.config_set("min-replicas-to-write", "0")


def _pools(made: Deployment) -> list[Process]:
    return [
        made.worker("events", "events", "upkeep", size=4),
        made.worker("month-close", "month-close", pool="prefork", size=2),
        made.worker("collection", "collection", size=2),
        made.beat("beat"),
    ]


def test_messages_popped_from_a_broker_out_of_memory_are_worked_on(alone: Deployment) -> None:
    pools = _pools(alone)
    worker = pools[0]
    # Messages lie on the queue when it fills up, and the worker comes to them afterwards.
    os.kill(worker.popen.pid, signal.SIGSTOP)
    for number in range(12):
        alone.send("tasks.events.receive", opened(f"full-{number}"))
    alone.redis.config_set("maxmemory-policy", "noeviction")
    alone.redis.config_set("maxmemory", "1")
    os.kill(worker.popen.pid, signal.SIGCONT)
    wait_for(lambda: alone.one("SELECT count(*) FROM account") == 12, *pools)
    alone.insert(top_up("full-0", 1))
    alone.redis.config_set("maxmemory", "0")
    wait_for(lambda: alone.cash_minor("full-0") == 10_00, *pools)
    alone.send("tasks.events.receive", opened("afterwards"))
    wait_for(lambda: alone.cash_minor("afterwards") == 0, *pools)
    wait_for(lambda: not alone.in_hand(), *pools)


def test_a_message_given_back_to_a_broker_out_of_memory_comes_again(alone: Deployment) -> None:
    alone.extra["SETTLE_LIMITS__LOCK_TIMEOUT_S"] = "0.2"
    worker = alone.worker("events", "events", size=4)
    with alone.store.transaction() as tx:
        tx.exec_driver_sql("LOCK TABLE inbox IN SHARE ROW EXCLUSIVE MODE")
        os.kill(worker.popen.pid, signal.SIGSTOP)
        alone.send("tasks.events.receive", opened("given-back"))
        alone.redis.config_set("maxmemory", "1")
        os.kill(worker.popen.pid, signal.SIGCONT)
        wait_for(lambda: worker.said("a dependency is away"), worker)
    alone.redis.config_set("maxmemory", "0")
    wait_for(lambda: alone.cash_minor("given-back") == 0, worker)


def test_workers_outlive_a_broker_that_refuses_every_write(alone: Deployment) -> None:
    """As one whose disk is full does (MISCONF); without its replicas it refuses the same commands."""
    pools = _pools(alone)
    alone.redis.config_set("min-replicas-to-write", "1")
    wait_for(lambda: pools[0].said("consumer: Connection to broker lost. Trying to re-establish the connection...")
             or b"NOREPLICAS" in pools[0].log.read_bytes(), *pools)  # fmt: skip
    alone.insert(opened("meanwhile"))
    late = alone.worker("late", "events", size=2, wait=False)
    wait_for(lambda: b"NOREPLICAS" in late.log.read_bytes(), *pools, late)
    alone.redis.config_set("min-replicas-to-write", "0")
    wait_for(lambda: alone.cash_minor("meanwhile") == 0, *pools, late)
    alone.send("tasks.events.receive", opened("afterwards"))
    wait_for(lambda: alone.cash_minor("afterwards") == 0, *pools, late)
