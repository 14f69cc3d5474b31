"""Whatever is let through survives Celery: its request, the task, and what comes after it. Rule: R11.6a."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from celery import Celery
from celery.app.trace import trace_task_ret
from celery.worker.request import Request
from hypothesis import given
from hypothesis import strategies as st
from kombu.transport.virtual import Channel, Message

from config.settings import Settings
from worker.app import configuration
from worker.celery.shape import _KINDS, fault_of_embedded, fault_of_headers, fault_of_properties

NAMES = sorted(
    {*_KINDS, "called_directly", "delivery_info", "time_limit", "is_eager", "hostname", "logfile", "args", "kwargs",
     "update", "get", "_children", "_protected", "traceparent", "__class__"}
)  # fmt: skip
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
PARTS = st.dictionaries(st.sampled_from(NAMES), ANYTHING, max_size=4)


def _nothing() -> None: ...


@pytest.fixture(scope="module")
def client() -> Iterator[Celery]:
    made = Celery("shape", set_as_current=False)
    made.conf.update(configuration(Settings(), "redis://127.0.0.1:1/0"))
    made.task(name="tasks.events.nothing", queue="events", shared=False, lazy=False)(_nothing)
    yield made
    made.close()


def _survives(
    client: Celery, headers: dict[str, Any], properties: dict[str, Any], embed: dict[str, Any]
) -> None:
    body = json.dumps([[], {}, embed]).encode()
    payload: dict[str, Any] = {
        "body": base64.b64encode(body).decode(),
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "headers": {"task": "tasks.events.nothing", "id": "i"} | headers,
        "properties": {"delivery_tag": "t", "body_encoding": "base64"} | properties,
    }
    payload["properties"].setdefault("delivery_info", {"exchange": "events", "routing_key": "events"})
    message = Message(payload, channel=Channel.__new__(Channel))
    message.accept = {"application/json"}
    # The channel's work.
    message.body = body
    task = client.tasks["tasks.events.nothing"]
    request = Request(message, app=client, task=task)
    assert repr(request)
    assert request.info()
    assert not request.revoked()
    is_failure, _, _ = trace_task_ret(
        task.name, request.id, request.request_dict, message.body, "application/json", "utf-8", app=client
    )
    assert not is_failure


@given(headers=PARTS, properties=PARTS, embed=PARTS)
def test_what_has_the_right_shape_ends_nothing(
    client: Celery, headers: dict[str, Any], properties: dict[str, Any], embed: dict[str, Any]
) -> None:
    headers = {name: value for name, value in headers.items() if name not in ("task", "id", "eta", "expires")}
    good = {name: value for name, value in headers.items() if fault_of_headers({name: value}) is None}
    # Looked at before, with the envelope.
    properties.pop("delivery_info", None)
    beside = {name: value for name, value in properties.items() if fault_of_properties({name: value}) is None}
    inside = {name: value for name, value in embed.items() if fault_of_embedded({name: value}) is None}
    _survives(client, good, beside, inside)


def test_what_our_own_senders_and_those_of_others_send_is_good(client: Celery) -> None:
    sent = client.amqp.as_task_v2("id", "tasks.events.nothing", expires=60, origin="1@host")
    assert fault_of_headers(sent.headers) is None
    assert fault_of_properties(sent.properties) is None
    assert fault_of_embedded(sent.body[2]) is None
    first = client.amqp.as_task_v1("id", "tasks.events.nothing")
    assert fault_of_headers(json.loads(json.dumps(first.body))) is None
    traced = {"traceparent": "00-1", "baggage": {"a": 1}, "celery_beat_task": True}
    assert fault_of_headers(traced | {"settle_correlation_id": "run:7"}) is None


@pytest.mark.parametrize(
    "headers",
    [
        {"shadow": {"a": 1}}, {"root_id": [1]}, {"argsrepr": 5}, {"retries": "3"}, {"retries": -1}, {"retries": True},
        {"stamped_headers": ["a"]}, {"stamps": "x"}, {"timelimit": [1, 2]}, {"ignore_result": "yes"},
        {"callbacks": ["x"]}, {"delivery_info": "x"}, {"update": 1}, {"headers": "x"}, {"expires": 5},
        {"id": "i" * 2000}, {"_children": [1]}, {"__class__": "x"},
    ],
)  # fmt: skip
def test_a_header_of_the_wrong_kind_is_named(headers: dict[str, Any]) -> None:
    fault = fault_of_headers(headers)
    assert fault is not None
    assert next(iter(headers)) in fault.reason


def test_nothing_that_is_to_follow_a_task_is_embedded() -> None:
    assert fault_of_embedded(None) is None
    assert fault_of_embedded({"callbacks": None, "errbacks": [], "chain": None, "chord": None}) is None
    assert fault_of_embedded({"callbacks": "tasks.events.drain"}) is not None
    assert fault_of_embedded({"id": "x"}) is not None
