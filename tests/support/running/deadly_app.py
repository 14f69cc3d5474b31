"""The product with one task more, which ends the process that runs it, as a fault of a library or the kernel would."""

from __future__ import annotations

import os
import signal

from worker.app import app
from worker.task import task

__all__ = ["app"]


@task(name="tasks.events.deadly", queue="events")
def die() -> None:
    """Nothing is said, and nothing acknowledged."""
    os.kill(os.getpid(), signal.SIGKILL)
