"""A deployment for a test, with real servers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.running.processes import Deployment, Process, deployment
from tests.support.servers import PostgresForTests


@pytest.fixture
def made(
    postgres: PostgresForTests, database: str, valkey: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """A deployment without any process yet."""
    with deployment(postgres.worker_url(database), valkey, tmp_path_factory.mktemp("deployment")) as started:
        yield started


@pytest.fixture(scope="module")
def shared(
    postgres: PostgresForTests, valkey: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Deployment, Process]]:
    """A deployment with a worker for everything that events need, and a beat; tests keep to accounts of their own."""
    folder = tmp_path_factory.mktemp("shared")
    with postgres.database() as name, deployment(postgres.worker_url(name), valkey, folder) as started:
        worker = started.worker("events", "events", "upkeep")
        started.beat("beat")
        yield started, worker
