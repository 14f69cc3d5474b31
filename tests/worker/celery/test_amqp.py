"""Messages over AMQP as a sender may have written them, and what is kept of one that no task can take. Rule: R11.6."""

from __future__ import annotations

import base64
import json
import struct
from types import SimpleNamespace
from typing import Any, NamedTuple

import amqp  # type: ignore[import-untyped]  # it ships none
import pytest

from worker.celery.amqp import MESSAGE_BYTES, RETURNS, Message
from worker.celery.consumer import Consumer
from worker.celery.envelope import contents, original
from worker.celery.suspects import MOST


class Sent(NamedTuple):
    """What was asked of a channel."""

    channel: Any
    rejected: list[tuple[Any, bool]]


@pytest.fixture
def sent() -> Sent:
    rejected: list[tuple[Any, bool]] = []

    def basic_reject(tag: Any, requeue: bool) -> None:
        rejected.append((tag, requeue))

    channel = SimpleNamespace(
        connection=SimpleNamespace(message_bytes=MESSAGE_BYTES),
        consumed={"c1": "events"}, no_ack_consumers=None, basic_reject=basic_reject,
    )  # fmt: skip
    return Sent(channel, rejected)


def came(sent: Sent, raw: bytes, body: bytes = b"{}", **info: Any) -> Message:
    """A message of which these are the properties as they lie on the wire."""
    message = amqp.Message()
    message.inbound_header(struct.pack(">HxxQ", amqp.spec.Basic.CLASS_ID, len(body)) + raw)
    message.inbound_body(body)
    message.delivery_info = {"delivery_tag": 1, "consumer_tag": "c1", "routing_key": "elsewhere", **info}
    return Message(message, channel=sent.channel)


def written(**properties: Any) -> bytes:
    raw: bytes = amqp.Message(**properties)._serialize_properties()
    return raw


def table(content: bytes) -> bytes:
    """Properties with these headers."""
    return struct.pack(">HI", 0x2000, len(content)) + content


def nested(depth: int) -> bytes:
    content = b"\x01nV"
    for _ in range(depth):
        content = b"\x01nF" + struct.pack(">I", len(content)) + content
    return content


@pytest.mark.parametrize(
    "raw",
    [
        written(correlation_id=b"\xff\xfe"),
        written(content_type=b"\xff"),
        table(b"\x01n?"),
        table(b"\x01nT" + b"\xff" * 8),
        table(b"\x01nS\x00"),
        table(nested(5000)),
    ],
    ids=["correlation id", "content type", "no such kind", "no such time", "cut off", "without end"],
)
def test_properties_that_cannot_be_read_are_a_fault_of_the_message_and_are_kept(
    sent: Sent, raw: bytes
) -> None:
    message = came(sent, raw, b"body")
    assert message.fault is not None
    assert message.fault.code == "bad_properties"
    kept = json.loads(original(message)[0])
    assert base64.b64decode(kept["unreadable"]) == raw
    assert base64.b64decode(kept["body"]) == b"body"


def test_a_header_whose_name_is_no_text_is_kept_under_one_that_can_be_read(sent: Sent) -> None:
    inner = b"\x01\xfeV"
    headers = b"\x01\xffA" + struct.pack(">I", len(inner) + 5) + b"F" + struct.pack(">I", len(inner)) + inner
    message = came(sent, table(headers))
    assert message.fault is None
    assert contents(original(message)[0]).headers == {"\\xff": [{"\\xfe": None}]}


def test_a_message_of_which_no_envelope_can_be_made_is_kept_by_its_body(sent: Sent) -> None:
    message = came(sent, written(), b"body")
    for _ in range(5000):
        message.headers = {"n": message.headers}
    assert original(message)[0] == b"body"


def test_what_is_put_back_has_its_ids(sent: Sent) -> None:
    message = came(sent, written(message_id="m", correlation_id="c", app_id="a"))
    assert contents(original(message)[0]).properties == {"message_id": "m", "correlation_id": "c"}


def test_how_often_a_message_came_back_is_the_brokers_to_say(sent: Sent) -> None:
    raw = written(application_headers={RETURNS: MOST})
    first = came(sent, raw, redelivered=False)
    assert (first.fault, first.headers) == (None, {})
    assert came(sent, raw, redelivered=True).fault is not None


def test_what_the_quarantine_cannot_keep_is_given_back_after_a_while_and_counts(
    sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    later: list[Any] = []
    consumer = Consumer.__new__(Consumer)
    consumer.timer = SimpleNamespace(call_after=lambda *call: later.append(call))
    consumer.call_soon = lambda act, *arguments: act(*arguments)
    message = came(sent, written())
    full = SimpleNamespace(put=lambda _misfit, _kept, given_up: given_up())
    monkeypatch.setattr(consumer, "_quarantine", full, raising=False)
    consumer.on_unknown_message(None, message)
    assert sent.rejected == []
    [(delay_s, act, arguments)] = later
    assert delay_s > 0
    act(*arguments)
    assert sent.rejected == [(1, True)]
    act(*arguments)
    assert len(sent.rejected) == 1


def test_a_message_is_set_aside_by_the_queue_on_which_it_lay(sent: Sent) -> None:
    assert came(sent, written()).queue == "events"
    assert came(sent, written(), consumer_tag=None).queue == "elsewhere"
