"""When the heartbeat of a worker begins and ends, and how long its tasks take, by Celery's signals."""

from __future__ import annotations

import time
from typing import Any

from celery import signals

from settlement.storage.work.operating.processes import Process
from worker import health
from worker.heartbeat import durations
from worker.heartbeat.writer import Heartbeat, PoolHeartbeat, this_process
from worker.runtime import settings

# One worker may start after another in the same process, as in tests.
_running: list[Heartbeat] = []
# Who the worker is, known before its pool forks, so that the pool's processes know to whom they belong.
_worker: list[Process] = []
_began: dict[str, float] = {}


def start(heartbeat: Heartbeat) -> None:
    """Starts the heartbeat of this process; `stop` ends it."""
    _running.append(heartbeat)
    heartbeat.start()


def stop(**_: Any) -> None:
    """Ends the heartbeat of this process, if there is one."""
    while _running:
        _running.pop().stop()


def _worker_begins(sender: Any, **_: Any) -> None:
    queues = sorted(sender.app.amqp.queues.consume_from)
    _worker[:] = [this_process("worker", sender.hostname.partition("@")[0], queues)]


def _worker_is_ready(**_: Any) -> None:
    process = _worker[0]
    start(Heartbeat(settings(), process, lambda: health.is_fresh(process.name)))


def _child_is_ready(**_: Any) -> None:
    # Thread and connection of the parent stay with it.
    _running.clear()
    _began.clear()
    start(PoolHeartbeat(settings(), _worker[0]))


def _begins(task_id: str, **_: Any) -> None:
    _began[task_id] = time.monotonic()


def _ends(task_id: str, task: Any, **_: Any) -> None:
    began = _began.pop(task_id, None)
    if began is not None:
        durations.note(durations.TASK, task.name, time.monotonic() - began)


signals.worker_init.connect(_worker_begins)
signals.worker_ready.connect(_worker_is_ready)
signals.worker_shutdown.connect(stop)
signals.worker_process_init.connect(_child_is_ready)
signals.worker_process_shutdown.connect(stop)
signals.task_prerun.connect(_begins)
signals.task_postrun.connect(_ends)
