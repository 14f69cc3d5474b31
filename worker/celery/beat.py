"""Beat's scheduler: the stock one, and a file touched at every tick, so that a beat that hangs is seen."""

from __future__ import annotations

from typing import Any

from celery.beat import PersistentScheduler

from worker import health


class Scheduler(PersistentScheduler):  # type: ignore[misc]  # Celery ships no types
    """Keeps its schedule in a file, as Celery's default does."""

    _is_closed = False

    def tick(self, *arguments: Any, **options: Any) -> Any:
        try:
            wait_s = super().tick(*arguments, **options)
        except Exception:
            if self._is_closed:
                # A request to stop came while a message was being sent, whose client may swallow the way out.
                raise SystemExit from None
            raise
        if self._is_closed:
            raise SystemExit
        health.touch("beat")
        return wait_s

    def close(self) -> None:
        self._is_closed = True
        super().close()
        health.remove("beat")
