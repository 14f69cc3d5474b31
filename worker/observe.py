"""Logs: one structured line per thing that happened, with a correlation id that leads from the event to its effect.

A line carries identifiers and counts, never a payload, a balance or a URL.
"""

from __future__ import annotations

import contextlib
import json
import logging
import logging.config
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import structlog
from celery import signals
from structlog.contextvars import bind_contextvars, bound_contextvars, clear_contextvars, get_contextvars

from config.settings import Settings
from settlement.model.arrival import Arrival
from worker.runtime import settings

# The header in which a nudge carries the correlation id of what it was sent for.
CORRELATION_HEADER = "settle_correlation_id"
# A message may bring thousands of events; this many of their ids are logged, and the count of all.
IDS_LOGGED = 20
# A larger event is not decoded for the sake of a log line.
DECODED_BYTES = 20_000

# What Celery says about every single task is logged here better, once, or not at all.
_QUIET = {
    "celery.worker.strategy": "WARNING",
    # Failures are logged by the task decorator, with their traceback.
    "celery.app.trace": "CRITICAL",
    # A tick that came too late and was dropped is no news.
    "celery.worker.request": "WARNING",
    "celery.beat": "WARNING",
    "alembic": "WARNING",
}


def configure(given: Settings) -> None:
    """Sets up logging for this process, the libraries' included: JSON lines, or readable ones on a console."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if given.log_format == "json":
        # Without local variables, which hold payloads.
        render: list[Any] = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    else:
        render = [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "settle": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": shared,
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
                }
            },
            "filters": {"shorter": {"()": _Shorter}},
            "handlers": {
                "stderr": {"class": "logging.StreamHandler", "formatter": "settle", "filters": ["shorter"]}
            },
            "root": {"handlers": ["stderr"], "level": given.log_level},
            "loggers": {}
            if given.log_level == "DEBUG"
            else {name: {"level": least} for name, least in _QUIET.items()},
        }
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


class _Shorter(logging.Filter):
    """Cuts what Celery says too much of.

    The bodies of messages that it could not read, which may hold anything; the stacks of a beat whose broker is away.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        first = str(record.msg).partition("\n")[0]
        subject = record.args[0] if isinstance(record.args, tuple) and record.args else None
        if record.name == "celery.worker.consumer.consumer" and "body" in str(record.msg):
            # With several arguments the first is the task's name or the error; with one it is the body.
            named = isinstance(record.args, tuple) and len(record.args) > 1 and first.count("%") == 1
            record.msg, record.args = (
                (first % subject if named else "a message could not be read; dropped"),
                (),
            )
        elif record.name == "celery.beat" and first.startswith("Message Error"):
            record.msg, record.args, record.exc_info = f"beat could not send: {subject}", (), None
        return True


@contextmanager
def correlated(correlation_id: str, **more: Any) -> Iterator[None]:
    """Binds a correlation id to every line logged, and to every nudge sent, inside the block."""
    with bound_contextvars(correlation_id=correlation_id, **more):
        yield


def correlation_id() -> str | None:
    """The correlation id bound at this place, if any."""
    bound = get_contextvars().get("correlation_id")
    return bound if isinstance(bound, str) else None


def correlation_ids(events: Sequence[object]) -> list[str]:
    """The correlation ids of the first few events of a message, as the inbox will know them."""
    return [_correlation_id(event) for event in events[:IDS_LOGGED]]


def _correlation_id(event: object) -> str:
    if isinstance(event, bytes | str) and len(event) < DECODED_BYTES:
        with contextlib.suppress(ValueError, RecursionError):
            event = json.loads(event)
    if isinstance(event, Arrival):
        event = event._asdict()
    if not isinstance(event, Mapping):
        return "?"
    named = event.get("correlation_id") or f"{event.get('source', '?')}/{event.get('event_id', '?')}"
    return str(named)[:200]


def _setup(**_: Any) -> None:
    """Instead of Celery's own set-up, in worker and beat."""
    configure(settings())


def _bind(task_id: str, task: Any, **_: Any) -> None:
    headers = getattr(task.request, "headers", None) or {}
    clear_contextvars()
    bind_contextvars(
        task=task.name, task_id=task_id, correlation_id=headers.get(CORRELATION_HEADER) or task_id
    )


def _clear(**_: Any) -> None:
    clear_contextvars()


signals.setup_logging.connect(_setup)
signals.task_prerun.connect(_bind)
signals.task_postrun.connect(_clear)
