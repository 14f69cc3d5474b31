"""Traces: what became of an event, from the request that brought it to the receivers of what it announces, as one.

What is carried is the correlation id, which every event has and every announcement that follows from it: a request's
own context becomes the id of an event that names none. Any other id, whichever way its event came, leads to a trace by
its digest, the same in every process. So nothing is kept for traces, and nothing of OpenTelemetry is loaded unless they
are wanted. Spans hold identifiers, codes and months, never an amount. Decision: 0097.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar

import structlog

from config.settings import Settings, SettingsError
from settlement.model.arrival import Arrival

if TYPE_CHECKING:
    from settlement.model.rows.webhooks import Attempt
    from settlement.operations.inbox.drain import DrainResult
    from settlement.storage.work.outbox import OutboxRow
    from settlement.storage.work.programs.webhooks import Message

P = ParamSpec("P")
R = TypeVar("R")
Kind = Literal["SERVER", "CONSUMER", "PRODUCER", "CLIENT", "INTERNAL"]
log = structlog.stdlib.get_logger(__name__)

_CARRIED = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_NAME = "settle"
# The library would try a collector that is away again and again, for half a minute.
END_S = 3.0
# Announcements that say what a repayment did.
_REPAID = frozenset(("bill.settled", "bill.paid_in_part"))

# Of this process; None while no traces are wanted.
_provider: Any = None


def begin(given: Settings, process: str) -> None:
    """Traces from here on, if they are wanted, named for this kind of process.

    Raises:
        SettingsError: they are wanted, and the extra is not installed.
    """
    if not given.traces:
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise SettingsError("SETTLE_TRACES: needs pip install 'settle-worker[traces]'") from error
    named = {} if "OTEL_SERVICE_NAME" in os.environ else {"service.name": f"{_NAME}-{process}"}
    made = TracerProvider(resource=Resource.create(named), shutdown_on_exit=False)
    made.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    use(made)


def use(provider: Any) -> None:
    """Spans go to this provider of tracers from here on; None: to nobody."""
    global _provider  # noqa: PLW0603 - one per process is the point
    _provider = provider


def end() -> None:
    """Sends what has not been sent yet, and ends; a collector that is away is not waited for longer than a moment."""
    provider = _provider
    use(None)
    if provider is not None:
        last = threading.Thread(target=provider.shutdown, name="traces-end", daemon=True)
        last.start()
        last.join(END_S)


def tracer() -> Any:
    """What makes spans; None while no traces are wanted."""
    return None if _provider is None else _provider.get_tracer(_NAME)


def now() -> int:
    """An instant as spans have it, in nanoseconds."""
    return time.time_ns()


def harmless(note: Callable[P, R]) -> Callable[P, R | None]:
    """What is noted is done with a trace or without: an error of a library of traces is logged, and None returned."""

    @functools.wraps(note)
    def noting(*args: P.args, **kwargs: P.kwargs) -> R | None:
        if _provider is None:
            return None
        try:
            return note(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - whatever it is
            log.warning("a trace was not noted", error=f"{type(error).__name__}: {error}"[:200])
            return None

    return noting


def carried(arrivals: Sequence[Arrival]) -> Sequence[Arrival]:
    """The events with the context of the request that brings them, those that name no correlation id of their own."""
    found = _carried(arrivals)
    return arrivals if found is None else found


@harmless
def _carried(arrivals: Sequence[Arrival]) -> Sequence[Arrival]:
    from opentelemetry import trace

    span = trace.get_current_span()
    context = span.get_span_context()
    if not context.is_valid:
        return arrivals
    ours = f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"
    for named in {one.correlation_id for one in arrivals} - {None, ours}:
        span.add_link(_context_of(str(named)))
    return [one if one.correlation_id else one._replace(correlation_id=ours) for one in arrivals]


@harmless
def settled(done: DrainResult, began: int) -> None:
    """Events were settled since then: a span for each, and one for each bill that they paid."""
    ended, codes = now(), {one.inbox_id: one.code for one in done.turned_down}
    for row in done.rows:
        facts = {
            "settle.source": row.source, "settle.event_id": row.event_id, "settle.account": row.account,
            "settle.outcome": codes.get(row.id, "done"),
        }  # fmt: skip
        _note(f"settle {row.type}", "CONSUMER", row.correlation_id, began, ended, facts)
    for one in done.announced:
        if one.topic in _REPAID:
            _note(f"repay {one.topic}", "INTERNAL", one.correlation_id, began, ended, _bill_of(one.payload))


@harmless
def published(rows: Iterable[OutboxRow], began: int) -> None:
    """Announcements were published since then."""
    ended = now()
    for row in rows:
        facts = {"settle.announcement": row.announcement_id}
        _note(f"publish {row.topic}", "PRODUCER", row.correlation_id, began, ended, facts)


@harmless
def delivered(message: Message, attempt: Attempt, began: datetime) -> None:
    """An announcement was sent to a web address since then, whatever came of it."""
    facts = {
        "settle.endpoint": attempt.endpoint_id,
        "settle.attempt": attempt.tries,
        "http.response.status_code": attempt.status or 0,
    }
    _note(
        f"deliver {message.topic}", "CLIENT", message.correlation_id,
        int(began.timestamp() * 1_000_000) * 1000, now(), facts, is_error=not attempt.is_delivered,
    )  # fmt: skip


def _bill_of(payload: str) -> dict[str, str]:
    found = json.loads(payload)
    return {"settle.account": str(found.get("account")), "settle.cycle": str(found.get("cycle"))}


def _note(
    name: str,
    kind: Kind,
    correlation_id: str,
    began: int,
    ended: int,
    facts: dict[str, Any],
    *,
    is_error: bool = False,
) -> None:
    from opentelemetry import trace

    parent = trace.set_span_in_context(trace.NonRecordingSpan(_context_of(correlation_id)))
    span = tracer().start_span(
        name, context=parent, kind=trace.SpanKind[kind], start_time=began,
        attributes={"settle.correlation_id": correlation_id, **facts},
    )  # fmt: skip
    if is_error:
        span.set_status(trace.StatusCode.ERROR)
    span.end(ended)


def _context_of(correlation_id: str) -> Any:
    """The context that an id carries, else the one that follows from its digest."""
    from opentelemetry import trace

    found = _CARRIED.fullmatch(correlation_id)
    if found is not None:
        ids, flags = (int(found[1], 16), int(found[2], 16)), int(found[3], 16)
    else:
        digest = hashlib.sha256(correlation_id.encode()).digest()
        ids, flags = (int.from_bytes(digest[:16]), int.from_bytes(digest[16:24])), 1
    return trace.SpanContext(*ids, is_remote=True, trace_flags=trace.TraceFlags(flags))
