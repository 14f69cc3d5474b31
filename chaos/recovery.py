"""How long it takes until work flows again: after each fault an event of its own is sent and waited for."""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict

import psycopg

from chaos.doors import INSERT
from chaos.journal import Journal
from chaos.servers import DatabaseServer
from chaos.workload import SOURCE, event_of

LONGEST_S = 120.0
LOOK_EVERY_S = 0.05
DONE = "SELECT state <> 'waiting' FROM inbox WHERE source = %s AND event_id = %s"


class Recovery:
    """Times from the end of a fault until an event sent then, by SQL, has its effect; by kind of fault."""

    def __init__(self, database: DatabaseServer, journal: Journal, accounts: int) -> None:
        self._database = database
        self._journal = journal
        self._accounts = accounts
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self.seconds: dict[str, list[float]] = defaultdict(list)
        # Probes that had no effect while the run lasted.
        self.never: list[str] = []

    def after(self, kind: str) -> None:
        """A fault of this kind has just ended."""
        number = len(self._threads)
        thread = threading.Thread(target=self._probe, args=(kind, number), daemon=True)
        self._threads.append(thread)
        thread.start()

    def wait(self) -> None:
        """Until every probe is answered or given up."""
        for thread in self._threads:
            thread.join(LONGEST_S + 20)

    def _probe(self, kind: str, number: int) -> None:
        # An account for each of a few, so that one probe does not wait for another.
        account = f"a{number % self._accounts}"
        event = event_of("top_up", account, f"probe-{number}", amount="0.01", currency="USD")
        began = time.monotonic()
        sent = False
        while (passed := time.monotonic() - began) < LONGEST_S:
            try:
                with self._database.connect() as connection:
                    if not sent:
                        connection.execute(INSERT, event | {"data": json.dumps(event["data"])})
                        with self._lock:
                            self._journal.accepted("sql", [event])
                        sent = True
                    while (passed := time.monotonic() - began) < LONGEST_S:
                        found = connection.execute(DONE, [SOURCE, event["event_id"]]).fetchone()
                        if found is not None and found[0]:
                            self.seconds[kind].append(passed)
                            return
                        time.sleep(LOOK_EVERY_S)
            except psycopg.Error:
                time.sleep(LOOK_EVERY_S)
        self.never.append(kind)
