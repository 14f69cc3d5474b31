"""Nudges: sent once, never raising, on the queue that the name of the task says."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import structlog
from kombu.exceptions import OperationalError

from tests.support.brokers import Broker
from worker import nudges as nudging
from worker import observe
from worker.app import app


def _messages(broker: Broker, queue: str) -> list[dict[str, Any]]:
    with broker.client() as client:
        found: Any = client.lrange(f"{broker.prefix}{queue}", 0, -1)
    return [json.loads(item) for item in found]


def test_a_nudge_lies_on_the_queue_of_its_task_with_its_correlation_id(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = broker.celery()
    monkeypatch.setattr(nudging, "app", client)
    with observe.correlated("run:7"):
        assert nudging.nudge("tasks.month_close.work", 7, expires_s=60)
    assert nudging.nudge("tasks.events.drain")
    (month_close,), (drain,) = _messages(broker, "month-close"), _messages(broker, "events")
    assert month_close["headers"]["task"] == "tasks.month_close.work"
    assert month_close["headers"][observe.CORRELATION_HEADER] == "run:7"
    assert month_close["headers"]["expires"] is not None
    assert (drain["headers"]["task"], drain["headers"]["expires"]) == ("tasks.events.drain", None)
    assert drain["properties"]["delivery_info"]["routing_key"] == "events"
    client.close()


def test_a_nudge_whose_broker_is_away_is_lost_at_once_and_counted(
    fake_broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fake_broker.server is not None
    client = fake_broker.celery()
    monkeypatch.setattr(nudging, "app", client)
    fake_broker.server.connected = False
    before, began = nudging.failures["tasks.upkeep.tick"], time.monotonic()
    assert nudging.nudge("tasks.upkeep.tick") is False
    assert time.monotonic() - began < 2, "it waited for the broker"
    assert nudging.failures["tasks.upkeep.tick"] == before + 1
    fake_broker.server.connected = True
    assert _messages(fake_broker, "upkeep") == []
    assert nudging.nudge("tasks.upkeep.tick") is True
    client.close()


def test_a_nudge_that_cannot_be_sent_shows_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OperationalError("redis://:secret@broker refused")

    monkeypatch.setattr(app, "send_task", refuse)
    with structlog.testing.capture_logs() as lines:
        assert nudging.nudge("tasks.upkeep.tick") is False
    assert "secret" not in json.dumps(lines)


def test_a_nudge_is_sent_once(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(app, "send_task", lambda name, **options: sent.append(options))
    assert nudging.nudge("tasks.month_close.work", 7, expires_s=60) is True
    assert (sent[0]["args"], sent[0]["retry"], sent[0]["expires"], sent[0]["headers"]) == (
        (7,),
        False,
        60,
        None,
    )
