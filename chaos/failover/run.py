"""Top-ups and fees under load while servers die, and a count of what became of each."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import psycopg

from chaos.books.audit import audited
from chaos.failover.sender import Sender, sending
from chaos.fleet import Fleet
from chaos.waiting import comes_true, wait_for

PREFIX = "chaos:"
WORKERS = {"events-1": ("events",), "events-2": ("events", "upkeep")}
# Far beyond what the last events take.
QUIET_S = 300.0
# By bills: what is not in cash any more.
PAID = "SELECT sum(paid_minor) FROM bill"
UNPUBLISHED = "SELECT count(*) FROM outbox WHERE published_at IS NULL"


class Servers(Protocol):
    """Servers of one kind, of which one does the work and another follows it."""

    def attach(self) -> None:
        """Returns once another server has everything that counts as taken, and can take over."""

    def kill(self) -> None:
        """The one that works dies, with all of its processes."""

    def take_over(self) -> None:
        """Returns once the other has taken its place."""


@dataclass(frozen=True, slots=True)
class Load:
    """Where workers and senders go. `counted`: the condition on the inbox of what shows that all is well again;
    `workers_die`: before each server a worker does, with what it has in hand.
    """

    database_url: str
    broker_url: str
    senders: Sequence[Sender]
    counted: str = "state = 'done'"
    workers_die: bool = False

    @property
    def accepted(self) -> set[str]:
        """The ids of what every sender was told is taken."""
        return {event_id for sender in self.senders for event_id in tuple(sender.accepted)}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the events that were accepted. `gaps_s`: for how long, at each failover, no event was booked."""

    events: int
    failovers: int
    lost: int
    doubled: int
    faults: int
    gaps_s: list[float]
    seconds: float
    unpublished: int = 0

    @property
    def is_good(self) -> bool:
        """Nothing lost, nothing doubled, the books are true, and every announcement is published."""
        return not (self.lost or self.doubled or self.faults or self.unpublished)

    def as_json(self) -> dict[str, Any]:
        """Everything."""
        return asdict(self)


def under_load(
    servers: Servers, load: Load, folder: Path, *, events: int, failovers: int, seed: int
) -> Outcome:
    """So many events at least, and so many servers that die on the way, each with another that follows it."""
    with ExitStack() as stack:
        fleet = Fleet(folder, environment_of(load, folder), WORKERS)
        stack.callback(fleet.kill_all)
        for name in (*WORKERS, "beat"):
            fleet.start(name)
        fleet.wait_until_alive()
        began = time.monotonic()
        load.senders[0].open_accounts()
        with sending(load.senders):
            gaps = [*_storm(servers, load, fleet, events, failovers, random.Random(seed))]
        wait_until_quiet(load)
        return outcome_of(load, failovers, gaps, time.monotonic() - began)


def _storm(
    servers: Servers, load: Load, fleet: Fleet, events: int, failovers: int, chance: random.Random
) -> Iterator[float]:
    """Yields, for each failover, how long nothing was booked."""
    for number in range(failovers):
        servers.attach()
        until(partial(are_accepted, load, (number + 1) * events // (failovers + 1)))
        time.sleep(chance.random() / 2)
        died = time.monotonic()
        dies = [*WORKERS][number % len(WORKERS)] if load.workers_die else None
        if dies is not None:
            fleet.kill(dies)
        servers.kill()
        time.sleep(chance.random())
        servers.take_over()
        if dies is not None:
            fleet.start(dies)
        until(partial(is_more_booked, load, than=booked(load)))
        yield round(time.monotonic() - died, 1)
    until(partial(are_accepted, load, events))


def are_accepted(load: Load, due: int) -> bool:
    """Were senders told of so many events that they are taken."""
    return len(load.accepted) >= due


def is_more_booked(load: Load, *, than: int) -> bool:
    """Are more events booked than that."""
    return booked(load) > than


def booked(load: Load) -> int:
    """How many events are, of those that count."""
    with psycopg.connect(load.database_url) as connection:
        return _one(connection, f"SELECT count(*) FROM inbox WHERE {load.counted}")


def wait_until_quiet(load: Load) -> None:
    """Until every event is booked and every announcement published; what is not after minutes is counted."""

    def is_quiet() -> bool:
        with psycopg.connect(load.database_url) as connection:
            done = _one(connection, "SELECT count(*) FROM inbox WHERE state = 'done'")
            return done >= len(load.accepted) and not _one(connection, UNPUBLISHED)

    comes_true(is_quiet, within_s=QUIET_S, every_s=0.2)


def outcome_of(
    load: Load, failovers: int, gaps: list[float], seconds: float, at: datetime | None = None
) -> Outcome:
    """By the events themselves, and by the money: a top-up of 1.00 and fees of 0.50 are booked once each.

    `at`: the instant (UTC) of the audit, now unless it is said.
    """
    accepted = load.accepted
    with psycopg.connect(load.database_url) as connection:
        done = {str(row[0]) for row in connection.execute("SELECT event_id FROM inbox WHERE state = 'done'")}
        money = _one(connection, "SELECT sum(cash_minor) FROM account") + _one(connection, PAID)
        fees = _one(connection, "SELECT count(*) FROM fee")
        unpublished = _one(connection, UNPUBLISHED)
    top_ups = sum(1 for event_id in accepted if event_id.startswith("top-up-"))
    wanted_fees = sum(1 for event_id in accepted if event_id.startswith("fees-"))
    # Of each kind: what was booked too often counts as doubled, what is missing as lost.
    differences = (money // 100 - top_ups, fees - wanted_fees)
    lost = max(len(accepted - done), -sum(min(0, more) for more in differences))
    doubled = sum(max(0, more) for more in differences)
    report = audited(load.database_url, at=at or datetime.now(UTC))
    return Outcome(
        len(accepted), failovers, lost, doubled, report.violations, gaps, round(seconds, 1), unpublished
    )


def environment_of(load: Load, folder: Path) -> dict[str, str]:
    """What its processes are started with."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SETTLE_")}
    return inherited | {
        "SETTLE_DATABASE_URL": load.database_url,
        "SETTLE_BROKER_URL": load.broker_url,
        # RabbitMQ has no keys that could begin with anything.
        **({} if load.broker_url.startswith("amqp") else {"SETTLE_BROKER_KEY_PREFIX": PREFIX}),
        "SETTLE_STATE_DIR": str(folder),
        "SETTLE_LIMITS__SWEEP_EVERY_S": "1",
        "C_FORCE_ROOT": "1",
    }


def until(condition: Callable[[], bool]) -> None:
    """Waits for minutes until it holds.

    Raises:
        RuntimeError: it does not.
    """
    wait_for(condition, "nothing moves any more", within_s=QUIET_S, every_s=0.02)


def _one(connection: psycopg.Connection, query: str) -> int:
    found = connection.execute(query.encode()).fetchone()
    return int(found[0] or 0) if found else 0
