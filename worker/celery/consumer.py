"""The consumer of a worker: alive while its broker is away, and not stopped by a message that no task can take."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, ClassVar

import structlog
from celery.utils.time import maybe_iso8601
from celery.worker import consumer
from redis.exceptions import ResponseError

from settlement.storage.work.quarantine import Misfit
from worker import health, shutdown
from worker.celery.envelope import MISFIT, original
from worker.celery.joined_messages import Joining
from worker.celery.quarantine import AGAIN_AFTER_S, Quarantine
from worker.celery.shape import Fault, fault_of_embedded, fault_of_headers
from worker.task import argument_error, joinable

log = structlog.stdlib.get_logger(__name__)

# Celery waits two seconds longer after every try, up to thirty: too long once the broker is back.
RECONNECT_MOST_S = 5
# Between two tries of a broker that takes connections and refuses commands.
REFUSED_S = 2.0


class Consumer(consumer.Consumer):  # type: ignore[misc]  # Celery ships no types
    """Celery's consumer with habits of its own.

    While it waits for a broker that is away, it touches the health file, since its main loop does not run then, and
    looks again every few seconds. Its heartbeats are sent once (heartbeats.py). A message that no task can take
    is set aside in the quarantine and acknowledged when it is there, where Celery would log and forget it or end the
    worker. Rule: R11.6.
    """

    class Blueprint(consumer.Consumer.Blueprint):  # type: ignore[misc]  # as above
        """Celery's steps, with heartbeats of ours in the place of its own, and without the queues by which RabbitMQ
        would delay messages: none is.
        """

        default_steps: ClassVar = [
            "worker.celery.heartbeats:Heart" if step.endswith(":Heart") else step
            for step in consumer.Consumer.Blueprint.default_steps
            if not str(step).endswith(":DelayedDelivery")
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._quarantine = Quarantine()

    def ensure_connected(self, conn: Any) -> Any:
        name, connect = self.hostname.partition("@")[0], conn.ensure_connection

        def connect_alive(errback: Any, max_retries: Any, callback: Any) -> Any:
            def waiting() -> None:
                # Called about once a second between two tries.
                health.touch(name)
                callback()

            return connect(errback, max_retries, interval_max=RECONNECT_MOST_S, callback=waiting)

        conn.ensure_connection = connect_alive
        return super().ensure_connected(conn)

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        super().on_connection_error_after_connected(exc)
        if isinstance(exc, ResponseError):
            # It is there and refuses: a new connection would be refused at once.
            health.touch(self.hostname.partition("@")[0])
            shutdown.pause(REFUSED_S)

    def create_task_handler(self, *args: Any, **kwargs: Any) -> Callable[[Any], None]:
        handle = super().create_task_handler(*args, **kwargs)
        joining = Joining(self, handle, frozenset(joinable))

        def on_task_received(message: Any) -> None:
            try:
                fault = getattr(message, "fault", None) or self._fault_of(message)
                if fault is not None:
                    self._set_aside(message, fault)
                elif joining.takes(message):
                    joining.put(message)
                else:
                    handle(message)
            except self.connection_errors:
                raise
            except Exception as error:
                if shutdown.requested():
                    # Not the message's fault: a pool that has stopped takes nothing. The broker hands it out again.
                    raise
                log.exception("a message could not be handed to its task")
                self._set_aside(message, _fault("bad_message", error))

        return on_task_received

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        if message.content_type == MISFIT:
            headers = message.headers
            self._set_aside(message, Fault(str(headers["code"]), str(headers["reason"])))
        else:
            self._set_aside(message, _fault("bad_body", exc))

    def on_invalid_task(self, body: Any, message: Any, exc: Exception) -> None:  # noqa: ARG002 - Celery's signature
        self._set_aside(message, _fault("invalid_task", exc))

    def on_unknown_message(self, body: Any, message: Any) -> None:  # noqa: ARG002 - as above
        self._set_aside(message, Fault("no_task", "names no task"))

    def on_unknown_task(self, body: Any, message: Any, exc: Exception) -> None:  # noqa: ARG002 - as above
        self._set_aside(message, Fault("unknown_task", "no task of this name is known here"))

    def _fault_of(self, message: Any) -> Fault | None:
        """What Celery would find out too late, or not survive. Errors of decoding are left for it to report."""
        try:
            payload = message.decode()
        except Exception:  # noqa: BLE001 - Celery decodes it again and calls `on_decode_error` or `on_invalid_task`
            return None
        carried = payload if isinstance(payload, dict) else message.headers
        name, eta = _task_of(message), carried.get("eta")
        if name is None:
            return None
        if isinstance(payload, dict):
            args, kwargs, embed = payload.get("args", []), payload.get("kwargs", {}), {}
        elif isinstance(payload, list) and len(payload) == 3:
            args, kwargs, embed = payload
        else:
            return Fault("bad_arguments", "the body holds no arguments")
        if not (isinstance(args, list) and isinstance(kwargs, dict) and isinstance(embed, dict | None)):
            return Fault("bad_arguments", "the body holds no arguments")
        if not isinstance(carried.get("id"), str):
            return Fault("invalid_task", "no task id")
        fault = fault_of_headers(message.headers) or fault_of_headers(carried) or fault_of_embedded(embed)
        if fault is not None:
            return fault
        error = argument_error(name, args, kwargs)
        if error is not None:
            return Fault("bad_arguments", error)
        return None if eta is None else self._fault_of_eta(eta)

    def _fault_of_eta(self, eta: Any) -> Fault | None:
        """One that waits in a worker longer than the visibility timeout is handed out again and again."""
        try:
            due = maybe_iso8601(eta)
            left_s = ((due if due.tzinfo else due.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is no time
            return _fault("bad_eta", error)
        most_s = self.app.conf.broker_transport_options.get("visibility_timeout", left_s)
        return Fault("bad_eta", f"due in {left_s:.0f} s, later than {most_s} s") if left_s > most_s else None

    def _set_aside(self, message: Any, fault: Fault) -> None:
        raw, size, sha256 = original(message)
        task = _task_of(message)
        queue = str(getattr(message, "queue", None) or message.delivery_info.get("routing_key") or "")
        log.error("message set aside", queue=queue, task=task and task[:100], code=fault.code, size=size)
        tag = getattr(message, "tag", None) or str(message.properties.get("sender_tag", message.delivery_tag))
        misfit = Misfit(queue, tag, task, fault.code, fault.reason, raw, size, sha256)
        self._quarantine.put(
            misfit,
            lambda: self.call_soon(self._acknowledge, message),
            lambda: self.call_soon(self._give_back_later, message),
        )

    def _give_back_later(self, message: Any) -> None:
        """For a broker that takes no message back by itself: what stays in hand leaves less room for others. Not at
        once, since it would be there again at once.
        """
        if hasattr(message, "give_back"):
            self.timer.call_after(AGAIN_AFTER_S, self.call_soon, (self._give_back, message))

    def _give_back(self, message: Any) -> None:
        try:
            if not message.acknowledged:
                message.give_back()
        except Exception as error:  # noqa: BLE001 - then it comes back with the connection
            log.warning("a message could not be given back", error=f"{type(error).__name__}: {error}"[:200])

    def _acknowledge(self, message: Any) -> None:
        try:
            if not message.acknowledged:
                message.ack()
        except Exception as error:  # noqa: BLE001 - it is kept; without the word the broker brings it again
            log.warning(
                "a message that was set aside comes again", error=f"{type(error).__name__}: {error}"[:200]
            )


def _task_of(message: Any) -> str | None:
    name = message.headers.get("for_task" if message.content_type == MISFIT else "task")
    if name is None and message.content_type != MISFIT:
        # The first version of the protocol has everything in the body.
        try:
            payload = message.decode()
        except Exception:  # noqa: BLE001 - then it names nothing
            return None
        name = payload.get("task") if isinstance(payload, dict) else None
    return name if isinstance(name, str) else None


def _fault(code: str, error: Exception) -> Fault:
    return Fault(code, f"{type(error).__name__}: {error}"[:300])
