"""The outgoing stream: every row an entry, oldest first; what may not have got there is published again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import redis
from pydantic import SecretStr

from config.settings import Settings
from settlement.errors import Unavailable
from settlement.storage.work.outbox import OutboxRow
from tests.support.brokers import Broker
from worker import announcements


def _row(number: int) -> OutboxRow:
    return OutboxRow(
        1790000000,
        number,
        "bill.settled",
        f'{{"bill": {number}}}',
        f"s/{number}",
        datetime(2026, 1, 1, tzinfo=UTC),
    )


def _use(monkeypatch: pytest.MonkeyPatch, broker: Broker, client: redis.Redis) -> None:
    monkeypatch.setattr(announcements, "_client", lambda: client)
    monkeypatch.setattr(
        announcements,
        "settings",
        lambda: Settings(broker_url=SecretStr(broker.url), broker_key_prefix=broker.prefix),
    )


def _entries(broker: Broker) -> list[Any]:
    with broker.client() as client:
        found: Any = client.xrange(announcements.stream_name(broker.prefix))
    return [fields for _, fields in found]


def test_every_row_is_an_entry_in_its_order(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    with broker.client() as client:
        _use(monkeypatch, broker, client)
        announcements.publish([_row(1), _row(2)])
        announcements.publish([_row(3)])
    entries = _entries(broker)
    assert [fields[b"id"] for fields in entries] == [b"1790000000-1", b"1790000000-2", b"1790000000-3"]
    assert entries[0] == {
        b"id": b"1790000000-1", b"topic": b"bill.settled", b"payload": b'{"bill": 1}', b"correlation_id": b"s/1",
    }  # fmt: skip


def test_the_stream_keeps_about_as_many_as_it_may(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcements, "STREAM_KEPT", 100)
    with broker.client() as client:
        _use(monkeypatch, broker, client)
        announcements.publish([_row(number) for number in range(1000)])
    # Trimmed by whole nodes of the stream, of a hundred entries each.
    assert 100 <= len(_entries(broker)) <= 300


def test_a_broker_that_is_away_is_said_without_its_address(
    fake_broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fake_broker.server is not None
    _use(monkeypatch, fake_broker, fake_broker.client())
    fake_broker.server.connected = False
    with pytest.raises(Unavailable, match=r"^broker: ConnectionError$"):
        announcements.publish([_row(1)])
    fake_broker.server.connected = True
    assert _entries(fake_broker) == []
