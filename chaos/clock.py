"""The test clock of a run, which goes on by itself and can be moved ahead; the stand-in for gateways follows it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import psycopg

from chaos.servers import DatabaseServer
from sandbox.local.stand_in import GatewayStandIn

# Seldom enough that a webhook signed by one clock mostly arrives before the other has gone on by more than it may.
EVERY_S = 2.0
MOVE = """INSERT INTO test_clock (now_at) VALUES (%(at)s)
          ON CONFLICT (only_row) DO UPDATE SET now_at = greatest(excluded.now_at, test_clock.now_at)"""


class Clock:
    """Moves forwards only. `natural` tells where it should stand by itself."""

    def __init__(
        self, database: DatabaseServer, gateway: GatewayStandIn, natural: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._gateway = gateway
        self._natural = natural
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self.now = natural()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """From now on it goes."""
        self.move(self.now)
        self._thread.start()

    def stop(self) -> None:
        """It stands still; it can still be moved."""
        self._stop.set()
        self._thread.join(10)

    def move(self, at: datetime) -> None:
        """Ahead to this instant, unless it is there already. Tried until the database takes it."""
        with self._lock:
            self.now = max(self.now, at)
            while True:
                try:
                    with self._database.connect() as connection:
                        connection.execute(MOVE, {"at": self.now})
                    break
                except psycopg.Error:
                    if self._stop.wait(0.2):
                        raise
            self._gateway.set_clock(self.now)

    def advance(self, by: timedelta) -> None:
        """Ahead by so much."""
        self.move(self.now + by)

    def _run(self) -> None:
        while not self._stop.wait(EVERY_S):
            try:
                self.move(self._natural())
            except (OSError, psycopg.Error):
                continue
