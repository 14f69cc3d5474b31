"""What dies is started again, servers included, by `settle up` or by a process that `settle up --detach` leaves behind.

What cannot stay alive ends whoever supervises.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from functools import partial

import structlog

from config.settings import Settings, load_settings
from sandbox.local import console, processes
from sandbox.local.lock import exclusive
from sandbox.local.processes import inherited
from sandbox.local.spawn import spawn
from sandbox.local.stack import LocalUrls, ensure_servers, local_urls
from worker import processes as table_of
from worker.processes import (
    SUPERVISOR,
    live_process,
    log_file,
    pid_file,
    process_status,
    reason_file,
    status_of,
)
from worker.servers import LocalServerError

log = structlog.stdlib.get_logger(__name__)

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
        died = _died(self._settings)
        if died or now >= self._servers_at:
            self._urls = ensure_servers(self._settings)
            self._servers_at = now + SERVERS_EVERY_S
        if not died:
            return ()
        restarted = _restart_died(self._settings, self._urls)
        for name in restarted:
            times = self._restarts[name]
            times.append(now)
            if len(times) == MOST_RESTARTS and now - times[0] < SPAN_S:
                raise LocalServerError(
                    f"{name} has ended by itself {MOST_RESTARTS} times within {SPAN_S:g} s; "
                    f"see {log_file(self._settings.state_dir, name)}"
                )
        return restarted


def _how_to_start() -> dict[str, Callable[[Settings, LocalUrls], object]]:
    """All that `settle up` starts beside the servers, by name: worker pools, beat, console."""
    table: dict[str, Callable[[Settings, LocalUrls], object]] = {
        spec.name: partial(processes.launch, spec=spec) for spec in table_of.PROCESSES
    }
    return table | {console.NAME: console.launch}


def _died(settings: Settings) -> list[str]:
    """What has ended without being asked to. What was stopped, or never started, has not."""
    return [name for name in _how_to_start() if status_of(settings.state_dir, name).state == "died"]


def _restart_died(settings: Settings, urls: LocalUrls) -> tuple[str, ...]:
    """Starts it again, and returns the names."""
    # Whoever stops everything holds the lock until nothing is left that looks as if it had died.
    with exclusive(settings.state_dir / "run" / "lock"):
        died, how = _died(settings), _how_to_start()
        for name in died:
            how[name](settings, urls)
    return tuple(died)


def start_supervisor(settings: Settings) -> None:
    """Starts a process that supervises this folder, unless one does. It ends with the others."""
    with exclusive(settings.state_dir / "run" / "lock"):
        if live_process(settings.state_dir, SUPERVISOR) is not None:
            return
        reason_file(settings.state_dir, SUPERVISOR).unlink(missing_ok=True)
        child = spawn(
            (sys.executable, "-m", "sandbox.local.supervision"),
            environment=inherited(settings),
            log=log_file(settings.state_dir, SUPERVISOR),
        )
        child.save(pid_file(settings.state_dir, SUPERVISOR))


def _supervise() -> int:
    """Until somebody stops the processes or this one, which finishes what it is starting; 1 where one cannot stay
    alive.
    """
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    settings = load_settings()
    supervisor = Supervisor(settings, local_urls(settings))
    while not stop.wait(CHECK_EVERY_S):
        try:
            restarted = supervisor.check()
        except LocalServerError as error:
            log.warning("supervision ends", reason=str(error))
            reason_file(settings.state_dir, SUPERVISOR).write_text(str(error).split("\n", 1)[0])
            return 1
        if restarted is None:
            # With what was stopped; not as one that died.
            pid_file(settings.state_dir, SUPERVISOR).unlink(missing_ok=True)
            break
        for name in restarted:
            log.warning("a process has ended by itself and was started again", process=name)
    return 0


if __name__ == "__main__":
    sys.exit(_supervise())
