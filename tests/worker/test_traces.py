"""Traces of this process: from correlation ids, and from nothing unless they are wanted. Rule: R11.10d."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any
from unittest.mock import MagicMock

import pytest
from sqlalchemy import text

from config.settings import Settings, SettingsError
from interfaces.http.spans import Spans
from settlement.model.arrival import Arrival
from settlement.model.rows.announcements import Announcement
from settlement.model.rows.webhooks import Attempt
from settlement.operations.inbox.drain import DrainResult
from settlement.storage.work.outbox import OutboxRow
from settlement.storage.work.programs.webhooks import Message
from tests.support.running.processes import opened, top_up
from worker import traces
from worker.ingress import drain, receive
from worker.runtime import Runtime

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def exported() -> Iterator[Any]:
    """The spans that are made, in memory."""
    pytest.importorskip("opentelemetry.sdk", reason="the extra traces is not installed")
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    traces.use(provider)
    yield exporter
    traces.use(None)


def by_name(exported: Any) -> dict[str, Any]:
    return {span.name: span for span in exported.get_finished_spans()}


def test_an_event_by_any_ingress_is_in_the_trace_of_its_correlation_id(rt: Runtime, exported: Any) -> None:
    receive.submit([opened("a"), {**top_up("a", 1), "correlation_id": PARENT}, top_up("b", 1)])
    drain.drain_soon()
    found = {span.attributes["settle.event_id"]: span for span in exported.get_finished_spans()}
    assert {name: span.attributes["settle.outcome"] for name, span in found.items()} == {
        "open-a": "done", "a-1": "done", "b-1": "unknown_account",
    }  # fmt: skip
    assert len({span.context.trace_id for span in found.values()}) == 3
    carried = found["a-1"]
    assert f"{carried.context.trace_id:032x}" == PARENT.split("-")[1]
    assert f"{carried.parent.span_id:016x}" == PARENT.split("-")[2]


def test_the_trace_of_an_id_is_the_same_in_every_process(exported: Any) -> None:
    rows = [Announcement(1, "bill.settled", '{"account": "a", "cycle": "2026-10"}', "crm/e-1")]
    traces.settled(DrainResult(announced=rows), traces.now())
    [span] = exported.get_finished_spans()
    assert f"{span.context.trace_id:032x}" == "f6973c98a8abe2ff2ca9af932fec112d"
    assert dict(span.attributes) == {
        "settle.correlation_id": "crm/e-1", "settle.account": "a", "settle.cycle": "2026-10",
    }  # fmt: skip


def test_what_its_sender_does_not_sample_is_not_exported(exported: Any) -> None:
    rows = [Announcement(1, "bill.settled", "{}", PARENT.removesuffix("01") + "00")]
    traces.settled(DrainResult(announced=rows), traces.now())
    assert exported.get_finished_spans() == ()


def test_events_of_a_request_carry_its_context_unless_they_name_an_id(exported: Any) -> None:
    given = [Arrival("s", "1", "t", "a", "{}"), Arrival("s", "2", "t", "a", "{}", correlation_id="own")]
    assert traces.carried(given) == given
    with traces.tracer().start_as_current_span("request") as span:
        first, second = traces.carried(given)
    context = span.get_span_context()
    flags = f"{int(context.trace_flags):02x}"
    assert first.correlation_id == f"00-{context.trace_id:032x}-{context.span_id:016x}-{flags}"
    assert second.correlation_id == "own"
    assert len(by_name(exported)["request"].links) == 1


def test_the_same_event_under_another_context_is_the_same_event(rt: Runtime) -> None:
    other = PARENT.replace("00f067aa0ba902b7", "b7ad6b7169203331")
    receive.submit([opened("a"), {**top_up("a", 1), "correlation_id": PARENT}])
    receive.submit([{**top_up("a", 1), "correlation_id": other}])
    drain.drain_soon()
    with rt.store.transaction() as tx:
        assert tx.execute(text("SELECT state, count(*) FROM inbox GROUP BY state")).all() == [("done", 2)]


def test_an_error_of_the_library_undoes_nothing_that_was_done(rt: Runtime) -> None:
    class Broken:
        def get_tracer(self, *_: object) -> None:
            raise ValueError("no tracer today")

    traces.use(Broken())
    try:
        receive.submit([opened("a"), top_up("a", 1)])
        drain.drain_waiting()
        announced = OutboxRow(1, 1, "bill.settled", "{}", "crm/e-1", rt.now())
        traces.published([announced], traces.now())
        message = Message("e", 1, 1, 0, 1, "bill.settled", "{}", "crm/e-1", rt.now())
        traces.delivered(message, Attempt("e", 1, 1, 1, 200, ""), rt.now())
    finally:
        traces.use(None)
    with rt.store.transaction() as tx:
        assert tx.execute(text("SELECT state, count(*) FROM inbox GROUP BY state")).all() == [("done", 2)]


@pytest.mark.parametrize("broken", ["get_tracer", "start", "set_attribute", "end"])
def test_an_error_of_the_library_ends_no_request(broken: str) -> None:
    pytest.importorskip("opentelemetry", reason="the extra traces is not installed")
    provider, sent = MagicMock(), []
    tracer = provider.get_tracer.return_value
    around = tracer.start_as_current_span.return_value
    {
        "get_tracer": provider.get_tracer, "start": around.__enter__,
        "set_attribute": around.__enter__.return_value.set_attribute, "end": around.__exit__,
    }[broken].side_effect = ValueError("no tracer today")  # fmt: skip

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 202})

    async def send(message: Any) -> None:
        sent.append(message["status"])

    traces.use(provider)
    try:
        scope = {"type": "http", "method": "POST", "path": "/v1/events", "headers": []}
        asyncio.run(Spans(app)(scope, None, send))
    finally:
        traces.use(None)
    assert sent == [202]


@pytest.mark.parametrize("is_installed", [True, False])
def test_nothing_is_loaded_unless_traces_are_wanted(is_installed: bool) -> None:
    code = (
        "import sys\n"
        f"if not {is_installed}: sys.modules['opentelemetry'] = None\n"
        "import tasks.events, tasks.upkeep, worker.lifecycle, interfaces.http.server\n"
        "from config.settings import Settings\n"
        "from worker import traces\n"
        "traces.begin(Settings(), 'worker'); traces.end()\n"
        # The client of Redis loads what there is of metrics.
        "sys.exit(any(name.startswith('opentelemetry.exporter') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_collector_that_is_away_keeps_no_process_from_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("opentelemetry.sdk", reason="the extra traces is not installed")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    traces.begin(Settings(traces=True), "worker")
    traces.settled(DrainResult(announced=[Announcement(1, "bill.settled", "{}", "crm/e-1")]), traces.now())
    began = time.monotonic()
    traces.end()
    assert time.monotonic() - began < 2 * traces.END_S
    assert traces.tracer() is None


def test_without_the_extra_a_process_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.resources", None)
    with pytest.raises(SettingsError, match=r"SETTLE_TRACES: needs pip install 'settle-worker\[traces\]'"):
        traces.begin(Settings(traces=True), "worker")
    assert traces.tracer() is None
