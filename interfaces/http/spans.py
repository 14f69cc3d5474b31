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
        tracer = traces.tracer()
        if tracer is None or scope["type"] != "http" or scope["method"] in _READS:
            await self._app(scope, receive, send)
            return
        from opentelemetry import trace
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        parent = TraceContextTextMapPropagator().extract(headers)
        with tracer.start_as_current_span(
            scope["method"], context=parent, kind=trace.SpanKind.SERVER
        ) as span:

            async def sending(message: Any) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                    if message["status"] >= 500:
                        span.set_status(trace.StatusCode.ERROR)
                await send(message)

            try:
                await self._app(scope, receive, sending)
            finally:
                route = _route_of(scope)
                span.update_name(f"{scope['method']} {route}")
                span.set_attribute("http.route", route)


def _route_of(scope: Any) -> str:
    """The path with the names of its parts in the place of what they are."""
    values = {str(value): name for name, value in (scope.get("path_params") or {}).items()}
    parts = scope["path"].split("/")
    return "/".join(f"{{{values[part]}}}" if part in values else part for part in parts)[:200]
