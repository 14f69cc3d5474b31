"""An upstream system that sends an event again until it hears that it was taken."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psycopg

from chaos.doors import DoorOut
from chaos.workload import Event, event_of

ACCOUNTS = 50
BATCH = 10
# So many events wait at most, so that what is under load is the servers, and the run ends soon after its last event.
BACKLOG = 2000
AGAIN_AFTER_S = 0.2
# Far beyond what a failover takes.
PATIENCE_S = 300.0


@dataclass
class Sender:
    """Sends top-ups and fees through its doors by turns. Its name is in the ids of its events."""

    name: str
    database_url: str
    doors: Sequence[DoorOut]
    # Between two batches, where it is not to send as much as it can.
    pause_s: float = 0
    accepted: set[str] = field(default_factory=set)
    ends: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Sends until it is told to end."""
        number = 0
        while not self.ends.is_set():
            batch = [_event(self.name, number + place) for place in range(BATCH)]
            self.send(self.doors[number // BATCH % len(self.doors)], batch)
            number += BATCH
            self.ends.wait(self.pause_s)
            while number % 200 == 0 and not self.ends.is_set() and self._is_ahead():
                time.sleep(0.05)
        for door in self.doors:
            door.close()

    def send(self, door: DoorOut, batch: list[Event]) -> None:
        """Until the door takes them. What is known by its id counts once, so that nothing has to be known.

        Nothing is accepted of what no door takes for minutes: its run has failed.
        """
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            try:
                door.send(batch)
            except psycopg.errors.UniqueViolation:
                # An answer was lost with its server, and the standby has the rows.
                break
            except Exception:  # noqa: BLE001 - whatever it is, it is unknown whether they were taken
                time.sleep(AGAIN_AFTER_S)
            else:
                break
        else:
            return
        self.accepted.update(event["event_id"] for event in batch)

    def open_accounts(self) -> None:
        """The accounts that everything is for."""
        self.send(self.doors[0], [_opening(number) for number in range(ACCOUNTS)])

    def _is_ahead(self) -> bool:
        try:
            with psycopg.connect(self.database_url, connect_timeout=2) as connection:
                found = connection.execute("SELECT count(*) FROM inbox WHERE state = 'waiting'").fetchone()
                return found is not None and int(found[0]) > BACKLOG
        except psycopg.Error:
            return True


@contextmanager
def sending(senders: Sequence[Sender]) -> Iterator[None]:
    """All of them send while the block runs."""
    with ExitStack() as stack:
        for sender in senders:
            thread = threading.Thread(target=sender.run, name=f"sender-{sender.name}")
            thread.start()
            stack.callback(thread.join)
            stack.callback(sender.ends.set)
        yield


def _opening(number: int) -> Event:
    return event_of("account_opened", f"a{number}", f"open-{number}", currency="USD")


def _event(name: str, number: int) -> Event:
    account = f"a{number * 7 % ACCOUNTS}"
    if number % 3:
        return event_of("top_up", account, f"top-up-{name}-{number}", amount="1.00", currency="USD")
    fee = {
        "id": f"f-{name}-{number}",
        "amount": "0.50",
        "currency": "USD",
        "product": "ECS",
        "incurred_at": datetime.now(UTC).isoformat(),
    }
    return event_of("fees", account, f"fees-{name}-{number}", fees=[fee])
