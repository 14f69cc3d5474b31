"""Beat's scheduler: the stock one, which says at its start what it schedules, and touches a file at every tick, so that
a beat that hangs is seen.
"""

from __future__ import annotations

from typing import Any

import structlog
from celery import signals
from celery.beat import PersistentScheduler
from celery.schedules import crontab

from worker import health
from worker.heartbeat import signals as heartbeat_signals
from worker.heartbeat.writer import Heartbeat, this_process
from worker.runtime import settings

log = structlog.stdlib.get_logger(__name__)


class Scheduler(PersistentScheduler):  # type: ignore[misc]  # Celery ships no types
    """Keeps its schedule in a file, as Celery's default does."""

    _is_closed = False

    def setup_schedule(self) -> None:
        super().setup_schedule()
        for name, entry in self.schedule.items():
            log.info("scheduled", entry=name, scheduled_task=entry.task, when=self._when_of(entry.schedule))

    def _when_of(self, schedule: Any) -> str:
        if isinstance(schedule, crontab):
            fields = (
                schedule._orig_minute, schedule._orig_hour, schedule._orig_day_of_month,  # noqa: SLF001 - as written
                schedule._orig_month_of_year, schedule._orig_day_of_week,  # noqa: SLF001 - as above
            )  # fmt: skip
            return f"{' '.join(map(str, fields))} {self.app.timezone}"
        return f"every {schedule.run_every.total_seconds():g} s"

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
        health.touch(health.BEAT)
        return wait_s

    def close(self) -> None:
        self._is_closed = True
        super().close()
        health.remove(health.BEAT)
        heartbeat_signals.stop()


def _begins(**_: Any) -> None:
    health.touch(health.BEAT)
    process = this_process("beat", health.BEAT)
    heartbeat_signals.start(Heartbeat(settings(), process, lambda: health.is_fresh(health.BEAT)))


signals.beat_init.connect(_begins)
