"""Nudges: messages that say "look". The row they are about is committed already, so a lost nudge costs seconds."""

from __future__ import annotations

from collections import Counter

import structlog

from worker import observe
from worker.app import app

log = structlog.stdlib.get_logger(__name__)

# By task name: nudges that could not be sent since this process began. The sweeper made up for each of them.
failures: Counter[str] = Counter()


def nudge(task_name: str, *arguments: str | int, expires_s: float | None = None) -> bool:
    """Sends a task by name, once, after the commit of what it is about. Never raises; true when the broker took it.

    False may also mean that only the broker's answer was lost; a task is safe to get twice. With `expires_s` a worker
    drops the message when it comes to it later than that many seconds.
    """
    bound = observe.correlation_id()
    try:
        app.send_task(
            task_name,
            args=arguments,
            retry=False,
            ignore_result=True,
            expires=expires_s,
            headers={observe.CORRELATION_HEADER: bound} if bound else None,
        )
    except Exception as error:  # noqa: BLE001 - whatever it is, the row is committed and the sweeper will find it
        failures[task_name] += 1
        log.warning(
            "nudge failed", nudged=task_name, error=type(error).__name__, failures=failures[task_name]
        )
        return False
    return True
