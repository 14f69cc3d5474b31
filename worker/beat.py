"""Beat's scheduler: the stock one, and a file touched at every tick, so that a beat that hangs is seen."""

from __future__ import annotations

from typing import Any

from celery.beat import PersistentScheduler

from worker import health


class Scheduler(PersistentScheduler):  # type: ignore[misc]  # Celery ships no types
    """Keeps its schedule in a file, as Celery's default does."""

    def tick(self, *arguments: Any, **options: Any) -> Any:
        wait_s = super().tick(*arguments, **options)
        health.touch("beat")
        return wait_s

    def close(self) -> None:
        super().close()
        health.remove("beat")
