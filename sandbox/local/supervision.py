"""`settle up` while it is there: what dies is started again, servers included; what cannot stay alive ends it."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable

from config.settings import Settings
from sandbox.local.processes import restart_died
from sandbox.local.stack import LocalUrls, ensure_servers
from worker.processes import process_status
from worker.servers import LocalServerError

CHECK_EVERY_S = 0.3
SERVERS_EVERY_S = 5.0
# A process that dies more often than this within the span is not started again.
MOST_RESTARTS = 5
SPAN_S = 60.0


class Supervisor:
    """Looks at the processes of one folder, and at the embedded servers behind them."""

    def __init__(
        self, settings: Settings, urls: LocalUrls, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._urls = urls
        self._clock = clock
        self._servers_at = clock() + SERVERS_EVERY_S
        self._restarts: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=MOST_RESTARTS))

    def check(self) -> tuple[str, ...] | None:
        """The names of what was started again just now; None when somebody else has stopped the processes.

        Raises:
            LocalServerError: a process dies again and again, or a server cannot be started.
        """
        states = {status.name: status.state for status in process_status(self._settings.state_dir)}
        if "stopped" in states.values():
            return None
        now = self._clock()
        if "died" in states.values() or now >= self._servers_at:
            self._urls = ensure_servers(self._settings)
            self._servers_at = now + SERVERS_EVERY_S
        if "died" not in states.values():
            return ()
        restarted = restart_died(self._settings, self._urls)
        for name in restarted:
            times = self._restarts[name]
            times.append(now)
            if len(times) == MOST_RESTARTS and now - times[0] < SPAN_S:
                raise LocalServerError(
                    f"{name} has ended by itself {MOST_RESTARTS} times within {SPAN_S:g} s; see its log"
                )
        return restarted
