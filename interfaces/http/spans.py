"""Requests that change something as spans, under the context that their sender gives (`traceparent`)."""

from __future__ import annotations

from typing import Any

from worker import traces

_READS = frozenset(("GET", "HEAD", "OPTIONS"))


class Spans:
    """The app, with a span around each request that changes something, while traces are wanted."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        changes = scope["type"] == "http" and scope["method"] not in _READS
        begun = _begun(scope) if changes else None
        if begun is None:
            await self._app(scope, receive, send)
            return
        around, span = begun

        async def sending(message: Any) -> None:
            if message["type"] == "http.response.start":
                _status_noted(span, message["status"])
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except BaseException as error:
            _ended(around, span, scope, error)
            raise
        _ended(around, span, scope, None)


@traces.harmless
def _begun(scope: Any) -> tuple[Any, Any]:
    """The span of a request, which is current from here on, and what ends it."""
    from opentelemetry import trace
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    parent = TraceContextTextMapPropagator().extract(headers)
    around = traces.tracer().start_as_current_span(
        scope["method"], context=parent, kind=trace.SpanKind.SERVER
    )
    return around, around.__enter__()


@traces.harmless
def _status_noted(span: Any, status: int) -> None:
    from opentelemetry import trace

    span.set_attribute("http.response.status_code", status)
    if status >= 500:
        span.set_status(trace.StatusCode.ERROR)


@traces.harmless
def _ended(around: Any, span: Any, scope: Any, error: BaseException | None) -> None:
    try:
        route = _route_of(scope)
        span.update_name(f"{scope['method']} {route}")
        span.set_attribute("http.route", route)
    finally:
        around.__exit__(type(error) if error else None, error, error.__traceback__ if error else None)


def _route_of(scope: Any) -> str:
    """The path with the names of its parts in the place of what they are."""
    values = {str(value): name for name, value in (scope.get("path_params") or {}).items()}
    parts = scope["path"].split("/")
    return "/".join(f"{{{values[part]}}}" if part in values else part for part in parts)[:200]
