"""Top-ups and fees under load while primaries die, and a count of what became of each."""

from __future__ import annotations

import os
import random
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from chaos.doors import SqlDoor, StreamDoor
from chaos.failover.servers import Pair
from chaos.fleet import Fleet
from chaos.workload import Event, event_of
from sandbox.local.block import broker_server
from settlement.model.policies.policy import Policy
from settlement.operations.reports.audit import audit
from settlement.storage.store import Store

PREFIX = "chaos:"
WORKERS = {"events-1": ("events",), "events-2": ("events", "upkeep")}
ACCOUNTS = 50
BATCH = 10
# So many events wait at most, so that what is under load is the database, and the run ends soon after its last event.
BACKLOG = 2000
AGAIN_AFTER_S = 0.2
# Far beyond what the last events take.
QUIET_S = 300.0


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

    @property
    def is_good(self) -> bool:
        """Nothing lost, nothing doubled, and the books are true."""
        return not (self.lost or self.doubled or self.faults)

    def as_json(self) -> dict[str, Any]:
        """Everything."""
        return asdict(self)


@dataclass
class Sender:
    """An upstream system that sends an event again until it hears that it was taken; by SQL and by stream, by turns."""

    database_url: str
    broker_url: str
    accepted: set[str] = field(default_factory=set)
    ends: threading.Event = field(default_factory=threading.Event)
    _waiting: int = 0

    def run(self) -> None:
        """Sends until it is told to end."""
        doors = (SqlDoor(self.database_url), StreamDoor(self.broker_url, PREFIX))
        number = 0
        while not self.ends.is_set():
            batch = [_event(number + place) for place in range(BATCH)]
            self.send(doors[number // BATCH % 2], batch)
            number += BATCH
            while number % 200 == 0 and not self.ends.is_set() and self._is_ahead():
                time.sleep(0.05)
        for door in doors:
            door.close()

    def send(self, door: SqlDoor | StreamDoor, batch: list[Event]) -> None:
        """Until the door takes them. What is known by its id counts once, so that nothing has to be known."""
        while True:
            try:
                door.send(batch)
            except psycopg.errors.UniqueViolation:
                # An answer was lost with its server, and the standby has the rows.
                break
            except Exception:  # noqa: BLE001 - whatever it is, it is unknown whether they were taken
                time.sleep(AGAIN_AFTER_S)
            else:
                break
        self.accepted.update(event["event_id"] for event in batch)

    def _is_ahead(self) -> bool:
        try:
            with psycopg.connect(self.database_url, connect_timeout=2) as connection:
                return _one(connection, "SELECT count(*) FROM inbox WHERE state = 'waiting'") > BACKLOG
        except psycopg.Error:
            return True


def fail_over(*, events: int, failovers: int, seed: int) -> Outcome:
    """So many events at least, and so many primaries that die on the way, each with a synchronous standby."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="settle-failover-")))
        broker = stack.enter_context(broker_server(folder))
        pair = Pair(folder)
        stack.callback(pair.destroy)
        fleet = Fleet(folder, _environment(pair.url, broker, folder), WORKERS)
        stack.callback(fleet.kill_all)
        for name in (*WORKERS, "beat"):
            fleet.start(name)
        fleet.wait_until_alive()
        began = time.monotonic()
        sender = Sender(pair.url, broker)
        with closing(SqlDoor(pair.url)) as door:
            sender.send(door, [_opening(number) for number in range(ACCOUNTS)])
        with _sending(sender):
            gaps = [*_storm(pair, sender, events, failovers, random.Random(seed))]
        _wait_until_quiet(pair, sender)
        return _outcome(pair, sender, failovers, gaps, time.monotonic() - began)


def _storm(pair: Pair, sender: Sender, events: int, failovers: int, chance: random.Random) -> Iterator[float]:
    """Yields, for each failover, how long nothing was booked."""
    for number in range(failovers):
        pair.attach()
        _wait_for(lambda due=(number + 1) * events // (failovers + 1): len(sender.accepted) >= due)
        time.sleep(chance.random() / 2)
        known, died = _booked(pair), time.monotonic()
        pair.fail_over(chance.random())
        _wait_for(lambda known=known: _booked(pair) > known)
        yield round(time.monotonic() - died, 1)
    _wait_for(lambda: len(sender.accepted) >= events)


def _booked(pair: Pair) -> int:
    with psycopg.connect(pair.url) as connection:
        return _one(connection, "SELECT count(*) FROM inbox WHERE state = 'done'")


def _wait_until_quiet(pair: Pair, sender: Sender) -> None:
    """Until every event is booked and every announcement published."""

    def is_quiet() -> bool:
        with psycopg.connect(pair.url) as connection:
            return _booked(pair) >= len(sender.accepted) and not _one(
                connection, "SELECT count(*) FROM outbox WHERE published_at IS NULL"
            )

    until = time.monotonic() + QUIET_S
    while not is_quiet() and time.monotonic() < until:
        time.sleep(0.2)


def _outcome(pair: Pair, sender: Sender, failovers: int, gaps: list[float], seconds: float) -> Outcome:
    """By the events themselves, and by the money: a top-up of 1.00 and fees of 0.50 are booked once each."""
    with psycopg.connect(pair.url) as connection:
        done = {str(row[0]) for row in connection.execute("SELECT event_id FROM inbox WHERE state = 'done'")}
        cash = _one(connection, "SELECT sum(cash_minor) FROM account")
        fees = _one(connection, "SELECT count(*) FROM fee")
    top_ups = sum(1 for event_id in sender.accepted if event_id.startswith("top-up-"))
    wanted_fees = sum(1 for event_id in sender.accepted if event_id.startswith("fees-"))
    # Of each kind: what was booked too often counts as doubled, what is missing as lost.
    differences = (cash // 100 - top_ups, fees - wanted_fees)
    lost = max(len(sender.accepted - done), -sum(min(0, more) for more in differences))
    doubled = sum(max(0, more) for more in differences)
    store = Store(pair.url)
    try:
        report = audit(store, at=datetime.now(UTC), policy=Policy())
    finally:
        store.close()
    return Outcome(len(sender.accepted), failovers, lost, doubled, report.violations, gaps, round(seconds, 1))


def _opening(number: int) -> Event:
    return event_of("account_opened", f"a{number}", f"open-{number}", currency="USD")


def _event(number: int) -> Event:
    account = f"a{number * 7 % ACCOUNTS}"
    if number % 3:
        return event_of("top_up", account, f"top-up-{number}", amount="1.00", currency="USD")
    fee = {
        "id": f"f-{number}",
        "amount": "0.50",
        "currency": "USD",
        "product": "ECS",
        "incurred_at": datetime.now(UTC).isoformat(),
    }
    return event_of("fees", account, f"fees-{number}", fees=[fee])


def _environment(database_url: str, broker_url: str, folder: Path) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SETTLE_")}
    return inherited | {
        "SETTLE_DATABASE_URL": database_url,
        "SETTLE_BROKER_URL": broker_url,
        "SETTLE_BROKER_KEY_PREFIX": PREFIX,
        "SETTLE_STATE_DIR": str(folder),
        "SETTLE_LIMITS__SWEEP_EVERY_S": "1",
        "C_FORCE_ROOT": "1",
    }


@contextmanager
def _sending(sender: Sender) -> Iterator[None]:
    thread = threading.Thread(target=sender.run, name="sender")
    thread.start()
    try:
        yield
    finally:
        sender.ends.set()
        thread.join()


def _wait_for(condition: Any) -> None:
    until = time.monotonic() + QUIET_S
    while not condition():
        if time.monotonic() > until:
            raise RuntimeError("nothing moves any more")
        time.sleep(0.02)


def _one(connection: psycopg.Connection, query: str) -> int:
    found = connection.execute(query.encode()).fetchone()
    return int(found[0] or 0) if found else 0
