"""A run in which the broker is RabbitMQ: its node is stopped, killed and started, and a worker dies each time as well.

Who sends by Celery's name waits for the broker's word; others send by SQL meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from celery import Celery
from kombu import Exchange, Queue

from chaos.doors import PATIENCE_S, SqlDoor
from chaos.failover.rabbitmq.node import Node
from chaos.failover.run import Load, Outcome, under_load
from chaos.failover.sender import Sender
from chaos.folder import in_folder
from chaos.workload import Event
from sandbox.local.postgres import OWNER_ROLE, WORKER_ROLE, EmbeddedPostgres
from settlement.storage.migrate import upgrade

# Between two batches: what is tried here are faults, and not how much there may be.
PAUSE_S = 0.05
# What came by Celery's name: only that shows that the broker is there again.
BY_NAME = "state = 'done' AND event_id LIKE '%-name-%'"


class ConfirmedNameDoor:
    """Celery's own client, which returns when the broker has said that it has the message."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._app: Celery | None = None

    def send(self, events: Sequence[Event]) -> None:
        if self._app is None:
            self._app = self._client()
        given: Any = list(events)
        try:
            self._app.send_task(
                "tasks.events.receive", args=[given], retry=False, queue="events", exchange="events",
                routing_key="events",
            )  # fmt: skip
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self._app is not None:
            self._app.close()
            self._app = None

    def _client(self) -> Celery:
        made = Celery("producer", broker=self._url, set_as_current=False)
        made.conf.broker_transport_options = {
            "confirm_publish": True, "connect_timeout": PATIENCE_S, "read_timeout": PATIENCE_S,
            "write_timeout": PATIENCE_S, "max_retries": 0,
        }  # fmt: skip
        # The workers' to declare, not a sender's.
        exchange = Exchange("events", no_declare=True)
        made.conf.task_queues = [Queue("events", exchange, routing_key="events", no_declare=True)]
        return made


def restart_rabbitmq(*, events: int, restarts: int, seed: int) -> Outcome:
    """So many events at least, and so many times that the node goes away and a worker dies."""

    def run(folder: Path) -> Outcome:
        with ExitStack() as stack:
            database = EmbeddedPostgres(folder)
            stack.callback(database.destroy)
            database.start()
            upgrade(database.url(OWNER_ROLE), worker_role=WORKER_ROLE)
            node = Node()
            stack.callback(node.destroy)
            url = database.url()
            senders = [
                Sender("sql", url, (SqlDoor(url),), pause_s=PAUSE_S),
                Sender("name", url, (ConfirmedNameDoor(node.url()),), pause_s=PAUSE_S),
            ]
            load = Load(url, node.url(), senders, counted=BY_NAME, workers_die=True)
            return under_load(node, load, folder, events=events, failovers=restarts, seed=seed)

    return in_folder("settle-rabbitmq-", run)
