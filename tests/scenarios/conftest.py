"""What stories share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from settlement.events.announcements import read_announcement
from tests.support.fake_gateway import FakeGateway
from tests.support.world import World


@pytest.fixture
def audited(world: World) -> Iterator[None]:
    """Whatever a story does, the books add up at its end, and what was announced has the published shape."""
    yield
    assert world.faults() == 0
    for topic, payload in world.rows("SELECT topic, CAST(payload AS text) FROM outbox"):
        read_announcement(topic, payload)


@pytest.fixture
def gateway() -> FakeGateway:
    """A gateway whose responses the story gives; without any, every charge succeeds."""
    return FakeGateway()
