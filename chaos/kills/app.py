"""The app of a run of kills: one task, which writes the number that it is given into a file that outlives its process.

`KILLS_CLIENT` says by what its workers read: `ours`, or `celery` for kombu's own transport and Celery's own consumer.
All other settings are those of `worker.app`: acknowledged late, with a prefetch of one.
"""

from __future__ import annotations

import os

from celery import Celery, signals
from kombu import Exchange, Queue

from chaos.kills.run import QUEUE, TASK
from worker.app import configuration
from worker.runtime import settings
from worker.servers import broker_url

app = Celery("kills")
app.conf.update(configuration(settings(), broker_url(settings())))
app.conf.update(
    task_queues=(Queue(QUEUE, Exchange(QUEUE), routing_key=QUEUE),),
    task_routes={},
    task_default_queue=QUEUE,
    beat_schedule={},
)
if os.environ["KILLS_CLIENT"] == "celery":
    app.conf.update(broker_transport=None, worker_consumer="celery.worker.consumer:Consumer")

_notes = os.open(os.environ["KILLS_NOTES"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


@app.task(name=TASK, ignore_result=True)  # type: ignore[untyped-decorator]
def note(number: int) -> None:
    """One line in one write: lines of several processes do not mix, and what is written outlives its process."""
    os.write(_notes, b"%d\n" % number)


def _ready(**_: object) -> None:
    os.write(_notes, b"ready\n")


signals.worker_ready.connect(_ready)
