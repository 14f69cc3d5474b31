"""Celery's own speed: a task that does nothing, in an app with the settings of `worker.app` and kombu's own transport.

`celery -A bench.events.noop_app worker -Q noop`
"""

from __future__ import annotations

from celery import Celery
from kombu import Exchange, Queue

from worker.app import configuration
from worker.runtime import settings
from worker.servers import broker_url

QUEUE = "noop"

app = Celery("noop")
app.conf.update(configuration(settings(), broker_url(settings())))
# Kombu's own transport: it is Celery that is measured.
app.conf.update(broker_transport=None, worker_consumer="celery.worker.consumer:Consumer")
app.conf.update(
    task_queues=(Queue(QUEUE, Exchange(QUEUE), routing_key=QUEUE),),
    task_routes={},
    task_default_queue=QUEUE,
    beat_schedule={},
)


@app.task(name="bench.noop", ignore_result=True)  # type: ignore[untyped-decorator]
def noop() -> None:
    """Does nothing."""
