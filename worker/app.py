"""The Celery app: `celery -A worker.app worker`, `celery -A worker.app beat`.

Every setting that bears on loss, doubling, blocking or stopping is set here or named as refused, each with its reason
in a line; docs/celery-settings.md has the whole table.
"""

from __future__ import annotations

from typing import Any

import click
from celery import Celery

from config.settings import Settings, SettingsError
from settlement.errors import Unavailable
from worker import queues
from worker.broker import HEARTBEAT_S, kind_of
from worker.runtime import settings
from worker.schedule import beat_schedule
from worker.servers import broker_url

# Tries of a task whose pool process was killed under it.
MAX_RETRIES = 3
# Celery's 180 s would be kept in a worker's memory, and past the visibility timeout.
RETRY_AFTER_S = 1

app = Celery(
    "settle",
    include=("worker.lifecycle", "tasks.collection", "tasks.events", "tasks.month_close", "tasks.upkeep"),
    set_as_current=True,
)


def configuration(given: Settings, url: str) -> dict[str, Any]:
    """Celery's configuration for these settings and this broker."""
    limits, kind = given.limits, kind_of(url)
    return {
        # Broker. A worker never gives up on it: its probes tell the supervisor, an exit would heal nothing.
        "broker_url": kind.celery_url(url),
        "broker_transport": kind.transport,
        "broker_use_ssl": kind.tls(url),
        "broker_transport_options": kind.options(url, limits, given.broker_key_prefix),
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_pool_limit": limits.broker_pool_size,
        # RabbitMQ alone; a host that is gone without a word is noticed after twice this.
        "broker_heartbeat": HEARTBEAT_S,
        # An empty pool must become an error and not a wait without end.
        "broker_pool_acquire_timeout": limits.broker_pool_timeout_s,
        # A blip of the broker must not kill a transaction that would commit. The default changes in Celery 6.
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        # Delivery. Acknowledged after the work; the row refuses a second time.
        "task_acks_late": True,
        "task_acks_on_failure": True,
        "task_acks_on_timeout": True,
        # Rejecting on a lost pool process would repeat for ever a task that kills it; the retry below is counted.
        "task_reject_on_worker_lost": False,
        "task_retry_on_worker_lost": True,
        "task_annotations": {"*": {"max_retries": MAX_RETRIES, "default_retry_delay": RETRY_AFTER_S}},
        "worker_prefetch_multiplier": 1,
        # Publishing. One try after the commit; the sweeper is the retry.
        "task_publish_retry": False,
        # Results are rows. No backend, so no deduplication by it, no `get()`, nothing to clean up.
        "result_backend": None,
        "task_ignore_result": True,
        "task_store_errors_even_if_ignored": False,
        # Else beat schedules the clearing of results that are not kept.
        "result_expires": None,
        # Messages are JSON, never pickle. Not signed: a nudge has nothing to forge; access rules and TLS come first.
        "task_serializer": "json",
        "result_serializer": "json",
        "event_serializer": "json",
        "accept_content": ["json"],
        "result_accept_content": ["json"],
        # Queues are named here, so a typo is an error and not a queue that nobody reads. No priorities: a queue each.
        "task_queues": tuple(map(kind.queue, queues.ALL)),
        "task_routes": queues.ROUTES,
        "task_create_missing_queues": False,
        "task_default_queue": queues.UPKEEP,
        # No task time limits, which kill a process: PostgreSQL's own limits end a statement, a lock, a transaction.
        # No autoscaling, no recycling of children: connections and memory are steady by construction.
        # With SIGQUIT (or REMAP_SIGTERM=SIGQUIT) running tasks get this long before the process ends.
        "worker_soft_shutdown_timeout": 8.0,
        # Events on the bus are for exporters and Flower, switched on with -E.
        "worker_send_task_events": False,
        "task_send_sent_event": False,
        # Alive while it waits for the broker, and not stopped by a message that no task can take.
        "worker_consumer": "worker.celery.consumer:Consumer",
        # Logging is set up once, by worker.observe.
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        # Messages carry instants in UTC. The billing zone is in the database, and no crontab depends on it.
        "enable_utc": True,
        "timezone": "UTC",
        # Beat: the stock file scheduler, plus the touch of a file per tick that the health check looks at.
        "beat_scheduler": "worker.celery.beat:Scheduler",
        "beat_schedule": beat_schedule(given),
        "beat_max_loop_interval": 5.0,
        "beat_enable_remote_control": False,
    }


def _configured() -> dict[str, Any]:
    try:
        given = settings()
        return configuration(given, broker_url(given))
    except (SettingsError, Unavailable) as error:
        # Celery's command line shows this as a sentence; anything else would be a traceback.
        raise click.ClickException(str(error)) from error


# On first use, so that importing a task needs no environment.
app.add_defaults(_configured)
