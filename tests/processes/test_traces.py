"""One trace from a request to the receiver of what it led to, over a server and workers of their own. Rule: R11.10d."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from settlement.operations.inbox.senders import create_key, register_sender
from settlement.operations.webhooks import endpoints
from tests.support.running.endpoint import Receiver, receiving
from tests.support.running.month import issues_a_bill
from tests.support.running.processes import Deployment, top_up, wait_for

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
EXPECTED = {
    "POST /v1/events", "settle top_up", "repay bill.settled", "publish bill.settled", "deliver bill.settled",
}  # fmt: skip


def spans(collector: Receiver) -> Iterator[tuple[str, Any]]:
    """What was exported: the service and the span."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    for message in list(collector.messages):
        assert message.path == "/v1/traces"
        for of_service in ExportTraceServiceRequest.FromString(message.body).resource_spans:
            named = {one.key: one.value.string_value for one in of_service.resource.attributes}
            for scope in of_service.scope_spans:
                for span in scope.spans:
                    yield named["service.name"], span


def test_a_request_is_followed_to_the_settled_bill_and_the_receiver_of_its_announcement(
    made: Deployment,
) -> None:
    pytest.importorskip("opentelemetry.sdk", reason="the extra traces is not installed")
    with receiving() as collector, receiving() as receiver:
        made.extra |= {
            "SETTLE_TRACES": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url.removesuffix("/"),
            "OTEL_BSP_SCHEDULE_DELAY": "200", "SETTLE_WEBHOOKS__PRIVATE_ADDRESSES": "true",
        }  # fmt: skip
        workers = issues_a_bill(made)
        register_sender(made.store, "test")
        key = create_key(made.store, "test", ("send",))
        endpoints.add_endpoint(
            made.store, "crm", receiver.url, source=None, topics=["bill.settled"], private=True
        )
        with made.serving() as url:
            sent = httpx.post(
                f"{url}/v1/events", json=top_up("a", 1, "40.00"), timeout=60,
                headers={"Authorization": f"Bearer {key.text}", "traceparent": f"00-{TRACE}-{SPAN}-01"},
            )  # fmt: skip
            assert sent.status_code in (200, 202), sent.text
            wait_for(lambda: bool(receiver.messages), *workers)

            def of_the_request() -> dict[str, tuple[str, Any]]:
                return {
                    span.name: (service, span)
                    for service, span in spans(collector)
                    if span.trace_id.hex() == TRACE
                }

            wait_for(lambda: of_the_request().keys() >= EXPECTED, *workers)
        found = of_the_request()
    assert found.keys() == EXPECTED
    service, request = found.pop("POST /v1/events")
    assert (service, request.parent_span_id.hex()) == ("settle-serve", SPAN)
    assert {span.parent_span_id for _, span in found.values()} == {request.span_id}
    assert {service for service, _ in found.values()} == {"settle-worker"}
    carried = str(receiver.messages[0].json["correlation_id"])
    assert carried.startswith(f"00-{TRACE}-{request.span_id.hex()}-")
    facts = {
        (one.key, one.value.string_value) for _, span in found.values() for one in span.attributes
    }  # fmt: skip
    assert {("settle.event_id", "a-1"), ("settle.outcome", "done"), ("settle.cycle", "2026-10")} <= facts
    assert "40.00" not in str(facts)
