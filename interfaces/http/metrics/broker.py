"""Metrics of the broker: is it there, and how many messages stand on each queue."""

from __future__ import annotations

from collections.abc import Iterator

from config.settings import Settings
from interfaces.http.metrics.exposition import Family, gauge, labelled
from settlement.errors import Unavailable
from worker.broker import depths
from worker.servers import broker_url


def families(settings: Settings) -> Iterator[Family]:
    """While it is away there is no depth to give."""
    found = depths_now(settings)
    yield gauge("settle_broker_up", "1 while the broker answers.", int(found is not None))
    yield labelled("settle_queue_messages", "Messages that stand on a queue.", "queue", (found or {}).items())


def depths_now(settings: Settings) -> dict[str, int] | None:
    """Messages that stand on each queue; None while the broker is away."""
    try:
        return depths(settings, broker_url(settings))
    except Unavailable:
        return None
