"""Heartbeats of a worker on the event bus, each sent once.

Celery tries to send a heartbeat again and again, without end, in the worker's main loop: while the broker takes
connections and answers nothing, that loop does nothing else and hears no request to stop. A heartbeat that did not get
through is followed by the next one.
"""

from __future__ import annotations

from typing import Any

from celery.worker import heartbeat
from celery.worker.consumer import heart

from worker import shutdown


class _Heart(heartbeat.Heart):  # type: ignore[misc]  # Celery ships no types
    def _send(self, event: str, retry: bool = False) -> Any:  # noqa: ARG002 - Celery's signature
        if shutdown.requested() and self.eventer._outbound_buffer:  # noqa: SLF001 - where it keeps what did not get out
            # The broker is away, and a stop does not wait for it.
            return None
        return super()._send(event, retry=False)


class Heart(heart.Heart):  # type: ignore[misc]  # as above
    """Celery's step of the same name, with heartbeats that are sent once."""

    def start(self, c: Any) -> None:
        c.heart = _Heart(c.timer, c.event_dispatcher, self.heartbeat_interval)
        c.heart.start()
