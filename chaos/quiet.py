"""When nothing moves any more: every fault is off, and what can still move is counted until it is nothing or stays."""

from __future__ import annotations

import time
from datetime import date, timedelta
from typing import Any

import psycopg
import redis

from chaos.clock import Clock
from chaos.servers import PREFIX, BrokerServer, DatabaseServer

STREAM = f"{PREFIX}stream:events"
GROUP = "settle"
SMALL_STEP, LARGE_STEP = timedelta(seconds=20), timedelta(hours=2)
STILL_S = 6.0
MOVING = """
    SELECT (SELECT count(*) FROM inbox WHERE state = 'waiting'),
           (SELECT count(*) FROM schedule_slot WHERE state = 'owed'),
           (SELECT count(*) FROM run WHERE state <> 'done'),
           (SELECT count(*) FROM run_range WHERE state = 'waiting'),
           (SELECT count(*) FROM charge_attempt WHERE finished_at IS NULL),
           (SELECT count(*) FROM gateway_refund
            WHERE (finished_at IS NULL OR next_at <= (SELECT now_at FROM test_clock))
                  AND code IS DISTINCT FROM 'given_back_already'),
           (SELECT count(*) FROM gateway_event WHERE state = 'waiting'),
           (SELECT count(*) FROM bill_payment WHERE finished_at IS NULL),
           (SELECT count(*) FROM outbox WHERE published_at IS NULL)"""
COMPARED = """
    SELECT min(coalesce((SELECT max(day) FROM reconciliation r WHERE r.gateway = t.gateway), '0001-01-01'))
    FROM charge_attempt t WHERE t.sent_at IS NOT NULL"""
NAMES = (
    "events waiting", "slots owed", "runs", "ranges", "charges", "refunds", "webhooks", "payments", "announcements",
    "entries of the stream", "events in messages",
)  # fmt: skip


def pass_time_for_the_dead(broker: BrokerServer) -> None:
    """Instead of waiting until the entries of killed readers count as abandoned, and their messages as lost."""
    with broker.direct() as client:
        try:
            readers: Any = client.xinfo_consumers(STREAM, GROUP)
        except redis.ResponseError:
            return
        for reader in readers:
            pending: Any = client.xpending_range(STREAM, GROUP, "-", "+", 100_000, reader["name"])
            ids = [entry["message_id"] for entry in pending]
            if ids:
                client.xclaim(STREAM, GROUP, reader["name"], 0, ids, idle=120_000, justid=True)
        for worker in client.zrange(f"{PREFIX}leases", 0, -1):
            client.zadd(f"{PREFIX}leases", {worker: 1.0})


def moving(database: DatabaseServer, broker: BrokerServer) -> dict[str, int]:
    """What can still move, by name, as far as there is any."""
    with database.connect() as connection:
        counts: Any = connection.execute(MOVING).fetchone()
    contents = broker.contents()
    counts = [*counts, len(contents["stream"]), len(contents["name"])]
    return {name: count for name, count in zip(NAMES, counts, strict=True) if count}


def compared_until(database: DatabaseServer) -> date:
    """The last day up to which the books of every gateway that has charged are compared."""
    with database.connect() as connection:
        found = connection.execute(COMPARED).fetchone()
    return found[0] if found and found[0] is not None else date.max


def wait_until_quiet(
    database: DatabaseServer,
    broker: BrokerServer,
    clock: Clock,
    *,
    patience_s: float,
    step: timedelta = LARGE_STEP,
) -> dict[str, int]:
    """What still waits when nothing has changed for so long; nothing when all is done. The clock goes on meanwhile, by
    `step` once little happens.
    """
    seen: dict[str, int] = {}
    changed = time.monotonic()
    quiet = 0
    while time.monotonic() - changed < patience_s:
        # In small steps while things move, then in large ones: a charge in doubt may be asked about next day only.
        clock.advance(SMALL_STEP if time.monotonic() - changed < STILL_S else step)
        try:
            found = moving(database, broker)
        except (psycopg.Error, redis.RedisError):
            continue
        quiet = 0 if found else quiet + 1
        if quiet >= 4:
            return {}
        if found != seen:
            seen, changed = found, time.monotonic()
        time.sleep(0.5)
    return seen
