"""The server around the app: listens, says where, and ends in good order."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import uvicorn

from interfaces.http.api.routes import build_api, routes
from interfaces.http.app import build_app
from interfaces.http.console.routes import console_routes
from interfaces.http.protocol import ImpatientProtocol
from worker import health, traces
from worker.heartbeat.writer import Heartbeat, this_process
from worker.nudges import nudge
from worker.runtime import Runtime

NOTIFICATIONS_TASK = "tasks.collection.hints"
DRAIN_TASK = "tasks.events.drain"
# For requests that are under way when the end is requested.
GRACE_S = 10
# One nudge wakes a worker for everything that waits; a burst of webhooks needs no more.
WAKE_AT_MOST_EVERY_S = 1.0
DRAIN_AT_MOST_EVERY_S = 0.02
# Under load: a drain costs as much as forty events, however few it finds.
DRAIN_AT_LEAST_EVERY_S = 0.08
# So often in one pause is load. What comes now and then, twenty times a second, must not find a long pause each time.
OFTEN = 4
# The server's loop ticks every tenth of a second.
TICKS_TO_TOUCH = 50


def serve(runtime: Runtime, host: str, port: int, *, announce: Callable[[str], object]) -> None:
    """Serves until SIGTERM or SIGINT, then ends after the requests that are under way.

    `announce` gets the address once it listens; port 0 takes a free one.

    Raises:
        OSError: the address cannot be listened on.
        SettingsError: traces are wanted, and their extra is not installed.
    """
    traces.begin(runtime.settings, "serve")
    api = build_api(
        runtime,
        on_accepted=Waker(DRAIN_TASK, every_s=DRAIN_AT_MOST_EVERY_S, most_s=DRAIN_AT_LEAST_EVERY_S).wake,
    )
    app = build_app(
        runtime,
        on_stored=Waker(NOTIFICATIONS_TASK, every_s=WAKE_AT_MOST_EVERY_S).wake,
        api=[*routes(api), *console_routes(api)],
    )
    protocol: Any = partial(ImpatientProtocol, request_timeout_s=runtime.settings.serve.body_timeout_s)
    # The log is structlog's; what a request was answered with is said there by the app.
    config: Any = uvicorn.Config(
        app, http=protocol, log_config=None, access_log=False, lifespan="off", server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )  # fmt: skip
    server = _Server(config)
    if threading.current_thread() is threading.main_thread():
        # From here on until the server has a handler of its own, and again when it passes the signal on at its end.
        signal.signal(signal.SIGTERM, lambda *_: setattr(server, "should_exit", True))
    with socket.create_server((host, port)) as listener:
        # Set here because the loop does it only for sockets that know their protocol, and these do not.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        announce(f"http://{host}:{listener.getsockname()[1]}")
        health.touch(health.SERVE)
        heartbeat = Heartbeat(runtime.settings, this_process("serve", health.SERVE), _turns)
        heartbeat.start()
        try:
            server.run(sockets=[listener])
        finally:
            heartbeat.stop()
            health.remove(health.SERVE)
            traces.end()


class _Server(uvicorn.Server):
    """Touches the server's file from its loop, so that a loop that hangs is seen."""

    async def on_tick(self, counter: int) -> bool:
        if counter % TICKS_TO_TOUCH == 0:
            health.touch(health.SERVE)
        return await super().on_tick(counter)


def _turns() -> bool:
    return health.is_fresh(health.SERVE)


class Waker:
    """Wakes the workers for what waits: at once after a quiet while, at most once in `every_s`, and once more for what
    came meanwhile. While it is asked often, that pause doubles, up to `most_s`, so that much is handled together.

    A nudge that is lost costs seconds: beat asks too.
    """

    def __init__(self, task: str, *, every_s: float, most_s: float = 0.0) -> None:
        self._task = task
        self._every_s = every_s
        self._most_s = max(every_s, most_s)
        self._wanted = threading.Event()
        self._calls = 0
        threading.Thread(target=self._nudge, name=f"waker of {task}", daemon=True).start()

    def wake(self) -> None:
        """Asks for a nudge; it is sent by a thread of its own."""
        self._calls += 1
        self._wanted.set()

    def _nudge(self) -> None:
        pause_s = self._every_s
        while self._wanted.wait():
            self._wanted.clear()
            self._calls = 0
            nudge(self._task, expires_s=60)
            time.sleep(pause_s)
            pause_s = min(2 * pause_s, self._most_s) if self._calls >= OFTEN else self._every_s
