"""What is asked of RabbitMQ outside Celery, as far as no server is needed to see it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, Self

import amqp  # type: ignore[import-untyped]  # it ships none
import pytest

from config.settings import Settings
from settlement.errors import Unavailable
from settlement.storage.work.outbox import OutboxRow
from worker import rabbitmq

URL = "amqp://guest:guest@localhost/"


class _Connection:
    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def ensure_connection(self, **_: Any) -> None:
        pass


@pytest.mark.parametrize(
    "error",
    [amqp.exceptions.MessageNacked(), struct.error("too long"), amqp.ChannelError("NO_ROUTE"), OSError()],
)
def test_whatever_the_server_refuses_can_be_tried_again(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(rabbitmq, "Connection", _Connection)
    with pytest.raises(Unavailable), rabbitmq.connected(Settings(), URL):
        raise error


@pytest.mark.parametrize("correlation_id", ["長" * 300, "x" + "長" * 300, "x" * 300, "crm/1"])
def test_an_announcement_is_published_however_long_its_correlation_id_is(
    monkeypatch: pytest.MonkeyPatch, correlation_id: str
) -> None:
    published: list[amqp.Message] = []

    def publish(body: bytes, *, exchange: str, routing_key: str, headers: Any, **properties: Any) -> None:
        message = amqp.Message(body, application_headers=headers, **properties)
        message._serialize_properties()
        published.append(message)

    @contextmanager
    def connected(*_: Any) -> Iterator[Any]:
        producer = SimpleNamespace(publish=publish, channel=None)
        yield SimpleNamespace(Producer=lambda **_: nullcontext(producer))

    monkeypatch.setattr(rabbitmq, "connected", connected)
    monkeypatch.setattr(rabbitmq, "OUTBOUND", SimpleNamespace(name="outbound", bind=lambda _: _Declared()))
    row = OutboxRow(1, 1, "bill.settled", "{}", correlation_id, datetime(2026, 1, 1, tzinfo=UTC))
    rabbitmq.announce(Settings(), URL, [row])
    [message] = published
    assert message.headers["correlation_id"] == correlation_id
    assert correlation_id.startswith(message.properties["correlation_id"])
    assert len(message.properties["correlation_id"].encode()) in {len(correlation_id), 253, 254, 255}


class _Declared:
    def declare(self) -> None:
        pass
