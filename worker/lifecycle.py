"""From start to stop of a worker: first looks, signs of life, the stream reader, an orderly end."""

from __future__ import annotations

import functools
import gc
import os
import socket
import threading
from contextlib import closing
from typing import Any

import redis
import structlog
from celery import bootsteps, signals

from config.settings import Settings, SettingsError
from settlement.errors import SettingsDiffer, Unavailable, UnusableServer
from settlement.operations.inbox.losses import announce_loss
from settlement.queries.programs import senders
from settlement.storage.revision import current_revision, head_revision, is_at_least
from settlement.storage.server import refuse_old_server
from settlement.storage.store import Store
from worker import health, shutdown, traces
from worker.app import app
from worker.broker import redis_client, speaks_redis, too_old
from worker.heartbeat import signals as _heartbeat  # noqa: F401 - connects them
from worker.ingress.drain import drain_soon
from worker.ingress.receive import record
from worker.ingress.stream import StreamReader
from worker.nudges import nudge
from worker.queues import EVENTS, UPKEEP
from worker.runtime import build_runtime, close_runtime, runtime, settings
from worker.servers import broker_url, database_url

log = structlog.stdlib.get_logger(__name__)

# The stream reader looks at least this often whether it should stop; a batch in hand is finished first.
JOIN_S = 5.0
# Python's own are (700, 10, 10), at which it spends a fifth of a month close walking over the set in hand.
COLLECTOR_THRESHOLDS = (500_000, 20, 100)


class Heartbeat(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery ships no types
    """Touches the worker's file from its main loop, so that a loop that hangs is seen."""

    requires = ("celery.worker.components:Timer",)

    def __init__(self, parent: Any, **_: Any) -> None:
        super().__init__(parent)
        self._name = _short_name(parent.hostname)
        self._entry: Any = None

    def start(self, parent: Any) -> None:
        health.touch(self._name)
        self._entry = parent.timer.call_repeatedly(health.TOUCHED_EVERY_S, health.touch, (self._name,))

    def stop(self, parent: Any) -> None:  # noqa: ARG002 - Celery's signature
        if self._entry is not None:
            self._entry.cancel()
        health.remove(self._name)

    terminate = stop


class StreamIngress(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery ships no types
    """Reads the event stream in a thread of the worker that serves the queue `events`.

    The pool of that worker should be `threads`: with forked processes the thread works beside them, in the parent.
    """

    requires = ("celery.worker.components:Pool",)

    def __init__(self, parent: Any, **_: Any) -> None:
        super().__init__(parent)
        self._reader: StreamReader | None = None
        self._recorded = threading.Event()
        self._threads: list[threading.Thread] = []

    def include_if(self, parent: Any) -> bool:
        return EVENTS in parent.app.amqp.queues.consume_from and speaks_redis(broker_url(settings()))

    def start(self, parent: Any) -> None:  # noqa: ARG002 - Celery's signature
        given = settings()
        reader = StreamReader(
            redis_client(given, broker_url(given)),
            prefix=given.broker_key_prefix,
            consumer=f"{socket.gethostname()}-{os.getpid()}",
            batch=given.limits.stream_batch,
            record=functools.partial(record, door="stream"),
            recorded=self._recorded.set,
            senders=_known_sources,
            lost=_announce_loss,
        )
        self._reader = reader
        # One thread reads and records while the other settles, so that the database serves one when the other computes.
        self._threads = [
            threading.Thread(target=reader.run, name="stream-reader", daemon=True),
            threading.Thread(target=self._settle, args=(reader.stop,), name="stream-drain", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _settle(self, stop: threading.Event) -> None:
        while not stop.is_set():
            self._recorded.wait()
            self._recorded.clear()
            try:
                drain_soon()
            except Exception:
                # The sweep tries again, and says so again.
                log.exception("events of the stream were recorded and not settled")

    def stop(self, parent: Any) -> None:  # noqa: ARG002 - Celery's signature
        if self._reader is not None:
            self._reader.stop.set()
            self._recorded.set()
        for thread in self._threads:
            thread.join(JOIN_S)

    terminate = stop


def _known_sources() -> list[str]:
    """Sources that have a stream of their own, also those that were ended: what they send is refused and kept."""
    with runtime().store.transaction() as tx:
        return senders.sources(tx)


def _announce_loss(source: str, entries: int) -> None:
    announce_loss(runtime().store, source, entries, at=runtime().now())


def _short_name(node: str) -> str:
    return node.partition("@")[0]


app.steps["worker"].update((Heartbeat, StreamIngress))


def _starts(**_: Any) -> None:
    shutdown.clear()
    refuse_an_old_schema()
    refuse_an_old_broker()
    refuse_other_settings()
    _begin_traces()


def _begin_traces() -> None:
    try:
        traces.begin(settings(), "worker")
    except SettingsError as error:
        log.critical("traces cannot be sent", error=str(error))
        raise SystemExit(2) from error


def refuse_an_old_schema() -> None:
    """A worker on a schema older than its code would fail at everything it takes: it ends before it takes anything.

    A newer schema is good, for revisions only add. While PostgreSQL is away a worker starts and waits, as ever.

    Raises:
        SystemExit: the schema is too old, or missing; the log says which revision is needed.
    """
    try:
        with (
            closing(Store(database_url(settings()), pool_size=1)) as store,
            store.transaction() as tx,
        ):
            refuse_old_server(tx)
            found = current_revision(tx)
    except UnusableServer as error:
        log.critical("this server cannot be used", error=str(error))
        raise SystemExit(1) from error
    except Unavailable as error:
        log.warning("the schema could not be looked at", error=str(error))
        return
    if not is_at_least(found, head_revision()):
        log.critical(
            "the schema is older than this program: run `settle db migrate`, then start it again",
            revision=found or "none",
            needed=head_revision(),
        )
        raise SystemExit(1)


def refuse_an_old_broker() -> None:
    """A worker whose broker cannot move messages would wait for ever, since a command refused counts as a broker away.
    One whose queues RabbitMQ has of another kind would end at each connection.

    While the broker is away, or says nothing of its version, a worker starts.

    Raises:
        SystemExit: the broker cannot be used; the log says why.
    """
    given = settings()
    url = broker_url(given)
    if not speaks_redis(url):
        _prepare_rabbitmq(given, url)
        return
    try:
        with redis_client(given, url) as client:
            info: Any = client.info("server")
    except redis.RedisError as error:
        log.warning("the broker could not be looked at", error=str(error))
        return
    if (fault := too_old(info)) is not None:
        log.critical("this server cannot be used", error=fault)
        raise SystemExit(1)


def _prepare_rabbitmq(given: Settings, url: str) -> None:
    from worker import rabbitmq

    try:
        rabbitmq.prepare(given, url)
    except UnusableServer as error:
        log.critical("this server cannot be used", error=str(error))
        raise SystemExit(1) from error
    except Unavailable as error:
        log.warning("the broker could not be looked at", error=str(error))


def refuse_other_settings() -> None:
    """A worker whose environment sets what moves money otherwise than the database, or whose release does not know what
    is set there, ends before it takes anything.

    While PostgreSQL is away it starts and waits; it is asked again before it books anything. Rule: R3.7f.

    Raises:
        SystemExit: with 2, as a command; the log names each variable with both values, and what to do.
    """
    rt = build_runtime(settings())
    try:
        rt.book.agree(rt.as_of())
    except SettingsDiffer as error:
        log.critical("the database has other settings than this process", error=str(error))
        raise SystemExit(2) from error
    except Unavailable as error:
        log.warning("the settings in the database could not be read", error=str(error))
    finally:
        rt.close()


def _spare_the_collector(**_: Any) -> None:
    """A settlement makes some hundred thousand objects and no cycle among them: the collector looks less often.

    What the process has loaded by now stays for good and is not looked at again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTOR_THRESHOLDS)


def _looks_first(sender: Any, **_: Any) -> None:
    """What happened while no worker was there: asked at once and not at the next tick."""
    serves = sender.app.amqp.queues.consume_from
    if EVENTS in serves:
        nudge("tasks.events.drain")
    if UPKEEP in serves:
        nudge("tasks.upkeep.tick")
        nudge("tasks.upkeep.partitions")
    log.info("worker ready", node=sender.hostname, queues=sorted(serves))


def _stops(**_: Any) -> None:
    """Sent in the signal handler, while tasks still run: those that are long end at their next good place."""
    shutdown.request()


def _ends(**_: Any) -> None:
    close_runtime()
    traces.end()


signals.worker_init.connect(_starts)
signals.worker_init.connect(_spare_the_collector)
signals.worker_ready.connect(_looks_first)
signals.worker_shutting_down.connect(_stops)
signals.worker_shutdown.connect(_ends)
# In the processes of a forking pool, each of which has connections of its own.
signals.worker_process_init.connect(_spare_the_collector)
signals.worker_process_shutdown.connect(_ends)
