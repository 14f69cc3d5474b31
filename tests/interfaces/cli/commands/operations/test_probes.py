"""What `settle status` sees of a broker."""

from __future__ import annotations

from typing import Any

import pytest
import redis

from config.settings import load_settings
from interfaces.cli.commands.operations import probes
from interfaces.cli.commands.operations.probes import probe_broker
from tests.support.brokers import Broker
from worker.broker import GROUP, stream_name

# What fakeredis has no words for.
INFO = {
    "server_name": "valkey",
    "valkey_version": "9.1.0",
    "maxmemory_policy": "noeviction",
    "aof_enabled": 1,
}


@pytest.fixture
def client(broker: Broker, monkeypatch: pytest.MonkeyPatch, environment: Any) -> redis.Redis:
    made = broker.client()
    if broker.server is not None:
        monkeypatch.setattr(made, "info", lambda: INFO)
    environment("SETTLE_BROKER_URL", broker.url)
    environment("SETTLE_BROKER_KEY_PREFIX", broker.prefix)
    monkeypatch.setattr(probes, "redis_client", lambda *_: made)
    return made


def test_depths_are_those_of_the_queues_and_of_the_stream(client: redis.Redis, broker: Broker) -> None:
    client.lpush(f"{broker.prefix}events", "a", "b")
    client.lpush(f"{broker.prefix}upkeep", "c")
    client.zadd(f"{broker.prefix}leases", {"events:somebody": 1.0})
    client.lpush(f"{broker.prefix}in-hand:events:somebody", "x")
    stream = stream_name(broker.prefix)
    client.xadd(stream, {"event": "1"})
    probe = probe_broker(load_settings())
    assert (probe.stream, probe.pending) == (1, 0)

    client.xadd(stream_name(broker.prefix, "crm"), {"event": "1"})
    assert probe_broker(load_settings()).stream == 2
    client.delete(stream_name(broker.prefix, "crm"))

    client.xgroup_create(stream, GROUP, id="0")
    client.xreadgroup(GROUP, "reader", {stream: ">"})
    client.xadd(stream, {"event": "2"})
    probe = probe_broker(load_settings())
    assert probe.error is None
    assert probe.queues == {"events": 2, "month-close": 0, "collection": 0, "upkeep": 1}
    assert (probe.unacknowledged, probe.stream, probe.pending) == (1, 2, 1)
    assert (probe.version.partition(" ")[0], probe.eviction) == ("valkey", "noeviction")


def test_a_broker_that_is_away_is_a_finding_and_no_error(
    fake_broker: Broker, monkeypatch: pytest.MonkeyPatch, environment: Any
) -> None:
    assert fake_broker.server is not None
    environment("SETTLE_BROKER_URL", "redis://:secret@fake.invalid/0")
    fake_broker.server.connected = False
    monkeypatch.setattr(probes, "redis_client", lambda *_: fake_broker.client())
    probe = probe_broker(load_settings())
    assert probe.error
    assert "secret" not in repr(probe)
